//! `bot train`: check the project, learn, write one model file.

use std::{path::PathBuf, time::Instant};

use serde_json::json;

use super::{Context, Format, has_errors, show_findings};
use crate::{
    check,
    console::ExitStatus,
    data::{Assistant, StoryKind},
    diagnostic::{Diagnostic, Error, Result, Severity, count},
    files,
    model::{self, Part},
    nlu,
    project::{self, Loaded, Paths},
    report,
};

/// What to train.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Which part.
    pub part: Part,
    /// Other places than the project's own.
    pub config: Option<PathBuf>,
    /// Domain file or folder.
    pub domain: Option<PathBuf>,
    /// Training data.
    pub data: Vec<PathBuf>,
    /// Folder of models.
    pub out: Option<PathBuf>,
    /// Name of the model file.
    pub name: Option<String>,
    /// Intent classifier.
    pub classifier: Option<String>,
    /// Train although nothing changed.
    pub force: bool,
    /// Train without checking names across files first.
    pub skip_validation: bool,
    /// Seed.
    pub seed: u64,
}

/// Trains.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let mut paths = context.project_or_current();
    if let Some(config) = &request.config {
        paths.config.clone_from(config);
    }
    if let Some(domain) = &request.domain {
        paths.domain.clone_from(domain);
    }
    if !request.data.is_empty() {
        paths.data.clone_from(&request.data);
    }
    if let Some(out) = &request.out {
        paths.models.clone_from(out);
    }
    let outcome = train(&paths, request, context)?;
    if context.format == Format::Json {
        let value = match &outcome {
            Outcome::Unchanged(entry) => {
                json!({"model": files::show(&entry.path), "trained": false, "metadata": entry.metadata})
            }
            Outcome::Trained(trained) => json!({
                "model": files::show(&trained.path), "trained": true, "bytes": trained.bytes,
                "metadata": trained.model.metadata,
            }),
        };
        let mut report = serde_json::Map::new();
        report.insert("bot".into(), env!("CARGO_PKG_VERSION").into());
        report.insert("schema".into(), 1.into());
        report.extend(value.as_object().cloned().unwrap_or_default());
        context
            .console
            .result(serde_json::Value::Object(report).to_string())?;
    } else if matches!(outcome, Outcome::Trained(_)) {
        context.console.say("Next: bot shell");
    }
    Ok(ExitStatus::Success)
}

/// What became of it.
pub(super) enum Outcome {
    /// Nothing has changed since that model.
    Unchanged(Box<model::Entry>),
    /// A model was written.
    Trained(Box<model::Trained>),
}

/// Loads, checks and trains the project at `paths`, saying so on the way.
pub(super) fn train(paths: &Paths, request: &Request, context: &mut Context) -> Result<Outcome> {
    let start = Instant::now();
    let (assistant, findings, files) = load(paths, request, context)?;
    let options = model::Options {
        part: request.part,
        classifier: request.classifier.clone(),
        seed: request.seed,
        folder: paths.models.clone(),
        name: request.name.clone(),
        resources: nlu::resources(&assistant),
        now: context.now(),
    };
    if !request.force
        && let Some(entry) = model::unchanged(&context.sources, &options)
    {
        show_findings(context, &findings);
        let seconds = start.elapsed().as_secs_f64();
        context.console.message(format!(
            "Unchanged since {} ({seconds:.2} s)",
            files::show(&entry.path)
        ));
        return Ok(Outcome::Unchanged(Box::new(entry)));
    }
    let rules = assistant
        .stories
        .iter()
        .filter(|story| story.kind != StoryKind::Story)
        .count();
    let dot = if context.console.ascii() {
        " - "
    } else {
        " · "
    };
    let counts = [
        count(assistant.training.intents().len(), "intent"),
        count(assistant.training.examples.len(), "example"),
        count(rules, "rule"),
        count(assistant.stories.len() - rules, "story"),
    ];
    let checked = format!("{:<12} {}", count(files, "file"), counts.join(dot));
    context.console.say(report::train::stage_line(
        "Checked",
        &checked,
        start.elapsed().as_secs_f64(),
    ));
    let trained = {
        let mut reporter = report::train::TrainReporter::new(&mut context.console);
        model::train(
            &assistant,
            &context.sources,
            &options,
            &context.stop,
            &mut |event| reporter.on(&event),
        )
    };
    let trained = match trained {
        Err(Error::Findings(found)) => {
            show_findings(context, &found);
            let errors = count(found.len(), "error");
            context.console.message(format!("{errors}. Not trained."));
            return Err(Error::Findings(Vec::new()));
        }
        other => other?,
    };
    context.console.say("");
    show_findings(context, &findings);
    context.console.message(format!(
        "Trained {} in {:.2} s ({}, seed {})",
        files::show(&trained.path),
        start.elapsed().as_secs_f64(),
        size(trained.bytes),
        request.seed
    ));
    if let Some(line) = report::train::quality(&trained.model.metadata.figures) {
        context.console.say(line);
    }
    let figures = &trained.model.metadata.figures;
    for line in [
        report::train::fallback(figures),
        report::train::scope(figures),
    ]
    .into_iter()
    .flatten()
    {
        context.console.say(line);
    }
    if !trained.deleted.is_empty() {
        let deleted = count(trained.deleted.len(), "older model");
        context
            .console
            .say(format!("Deleted {deleted}, keeping the newest 5"));
    }
    Ok(Outcome::Trained(Box::new(trained)))
}

/// Loads and checks the project: what it says, its warnings, and the number of its files.
fn load(
    paths: &Paths,
    request: &Request,
    context: &mut Context,
) -> Result<(Assistant, Vec<Diagnostic>, usize)> {
    let Loaded {
        assistant,
        mut findings,
        files,
        domain_is_partial,
    } = project::load(paths, &mut context.sources)?;
    if !domain_is_partial && !request.skip_validation {
        findings.extend(check::training(&assistant));
    }
    let config = &assistant.config;
    findings = config.judge(findings, &context.sources);
    if !has_errors(&findings) {
        let understanding = nlu::Options {
            classifier: request.classifier.clone(),
            seed: request.seed,
            ..nlu::Options::default()
        };
        let learning = check::learning(
            &assistant,
            &context.sources,
            (request.part != Part::Core).then_some(&understanding),
            (request.part != Part::Nlu).then_some(&check::Conversations::default()),
        )?;
        findings.extend(config.judge(learning, &context.sources));
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    if errors > 0 {
        let warnings = count(findings.len() - errors, "warning");
        let (files, errors) = (count(files.len(), "file"), count(errors, "error"));
        show_findings(context, &findings);
        context.console.message(format!(
            "Checked {files}: {errors}, {warnings}. Not trained."
        ));
        return Err(Error::Findings(Vec::new()));
    }
    Ok((assistant, findings, files.len()))
}

/// Returns a number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 {
        format!("{:.1} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.0} kB", bytes as f64 / 1e3)
    }
}
