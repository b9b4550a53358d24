//! Several configurations side by side, cross-validated on the same folds.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    Request, load,
    measure::{SEED, Steps},
};
use crate::{
    commands::{Context, Format},
    console::ExitStatus,
    diagnostic::Result,
    eval::{compare, message::Heard, nlu::NluReport, validate},
    files,
    project::Paths,
    report::test::configs::{self, Scored},
};

/// Cross-validates each configuration.
pub(super) fn run(request: &Request, paths: &Paths, context: &mut Context) -> Result<ExitStatus> {
    super::in_words_or_json(context, "a comparison of configurations")?;
    let folds = request.folds.unwrap_or(5);
    let options = validate::Options {
        classifier: request.classifier.clone(),
        seed: request.seed.unwrap_or(SEED),
    };
    let mut scored: Vec<Scored> = Vec::new();
    let mut first: Vec<bool> = Vec::new();
    for config in &request.configs {
        if !config.is_file() {
            return Err(files::Problem::Missing(config.clone()).into());
        }
        let start = Instant::now();
        let paths = Paths {
            config: config.clone(),
            ..paths.clone()
        };
        let assistant = load::training(request, &paths, context)?;
        let steps = Steps::new(&context.console, "Folds", folds);
        let (sources, stop) = (&context.sources, &context.stop);
        let on = || steps.step();
        let messages = validate::cross_validate(&assistant, folds, &options, sources, stop, &on)?;
        drop(steps);
        let right: Vec<bool> = messages.iter().map(Heard::is_right).collect();
        let chance = (!first.is_empty()).then(|| compare::chance(&first, &right));
        let nlu = NluReport::of(messages, options.seed);
        scored.push(Scored {
            name: files::show(config),
            examples: nlu.intents.examples,
            right: nlu.intents.right,
            accuracy: nlu.intents.accuracy,
            interval: nlu.intervals.accuracy,
            macro_f1: nlu.intents.macro_average.f1,
            entity_f1: nlu.entities.as_ref().map(|entities| entities.micro.f1),
            ece: nlu.ece,
            chance,
            seconds: start.elapsed().as_secs_f64(),
        });
        if first.is_empty() {
            first = right;
        }
    }
    if matches!(context.format, Format::Json | Format::JsonLines) {
        let configs: Vec<Value> = scored.iter().map(configs::json).collect();
        let report = json!({
            "bot": env!("CARGO_PKG_VERSION"), "schema": 1, "seed": options.seed, "folds": folds, "configs": configs,
        });
        context.console.result(report.to_string())?;
    } else {
        configs::print(&mut context.console, &scored)?;
    }
    Ok(ExitStatus::Success)
}
