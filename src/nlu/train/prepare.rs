//! Everything that learning begins with: components, examples, intents.

use rustc_hash::FxHashSet;

use super::{
    Options,
    findings::{broken_patterns, found_by_nobody},
    is_idle,
    order::{order, overruled},
};
use crate::{
    data::{Assistant, Component, Example},
    diagnostic::{Diagnostic, Error, Result},
    ml::kernel_svm::MOST_ROWS_KERNEL,
    nlu::{
        classifiers, problem,
        registry::{self, Spec},
    },
};

/// Everything that learning begins with.
pub(super) struct Prepared<'a> {
    pub(super) specs: Vec<(Component, Spec)>,
    pub(super) examples: Vec<&'a Example>,
    /// Intents, sorted.
    pub(super) labels: Vec<String>,
    pub(super) findings: Vec<Diagnostic>,
}

pub(super) fn prepare<'a>(assistant: &'a Assistant, options: &Options) -> Result<Prepared<'a>> {
    let mut findings = Vec::new();
    let examples = distinct(&assistant.training.examples);
    let marked = examples.iter().any(|example| !example.entities.is_empty());
    let pipeline = with_classifier(assistant, options, marked)?;
    let mut specs = registry::read(&pipeline, &assistant.config, marked, &mut findings);
    order(&specs, &pipeline, &mut findings);
    overruled(&specs, &mut findings);
    for (component, spec) in &mut specs {
        if let Spec::Classifier(classifiers::Spec::Sklearn(options)) = spec {
            let rows = examples.len();
            let slow = options.leave_out_slow(rows);
            if !slow.is_empty() {
                findings.push(problem::kernels_too_slow(
                    component.origin,
                    registry::short(&component.name),
                    &slow,
                    rows,
                    MOST_ROWS_KERNEL,
                ));
            }
        }
    }
    findings.extend(broken_patterns(assistant, &specs));
    let by_nobody = found_by_nobody(assistant, &specs);
    // Those say what is left out, too.
    findings.retain(|finding| {
        let is_said = |other: &Diagnostic| {
            let mut labels = other.labels.iter().skip(1);
            labels.any(|label| Some(label.origin) == finding.labels.first().map(|own| own.origin))
        };
        finding.code != "config::component-left-out" || !by_nobody.iter().any(is_said)
    });
    findings.extend(by_nobody);
    let at = assistant.domain.origin;
    let labels: Vec<String> = {
        let names = examples.iter().map(|example| example.intent.as_str());
        let names: FxHashSet<&str> = names.collect();
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    let classifies = specs
        .iter()
        .any(|(_, spec)| matches!(spec, Spec::Classifier(_) | Spec::Keywords(_)));
    if classifies {
        match labels.as_slice() {
            [] => {
                // As in Rasa, stories alone make a model of dialogue alone.
                findings.push(problem::no_examples(at, assistant.stories.is_empty()));
                specs.clear();
            }
            [only] => {
                let first = examples.first().map_or(at, |example| example.origin);
                let idle = |(_, spec): &(_, Spec)| is_idle(spec, &labels);
                findings.push(match specs.iter().find(|spec| idle(spec)) {
                    Some((component, _)) => problem::one_intent_alone(first, &component.name),
                    None => problem::one_intent(first, only),
                });
            }
            _ => {}
        }
    }
    Ok(Prepared {
        specs,
        examples,
        labels,
        findings,
    })
}

/// Returns the configured pipeline with another intent classifier, where one is asked for.
fn with_classifier(
    assistant: &Assistant,
    options: &Options,
    marked: bool,
) -> Result<Vec<Component>> {
    let mut pipeline = assistant.config.pipeline(marked);
    let Some(name) = &options.classifier else {
        return Ok(pipeline);
    };
    let Some(name) = registry::classifier(name) else {
        return Err(Error::cannot(
            Diagnostic::error(
                "train::unknown-classifier",
                format!("there is no intent classifier `{name}`"),
            )
            .help(format!(
                "known here: {}",
                registry::classifiers().collect::<Vec<_>>().join(", ")
            )),
        ));
    };
    let chosen = |component: &Component| Component {
        name: name.to_owned(),
        origin: component.origin,
        ..Component::default()
    };
    let mut placed = false;
    pipeline = pipeline
        .into_iter()
        .flat_map(|component| {
            if !registry::is_classifier(&component.name) {
                return [Some(component), None];
            }
            let keep = !placed;
            placed = true;
            if component.name == name {
                return [keep.then_some(component), None];
            }
            // What Rasa's one component does, two do here; only one is another now.
            let extractor = (marked && registry::finds_entities_too(&component)).then(|| {
                let mut component = component.clone();
                let option = "intent_classification".to_owned();
                component.options.insert(option, false.into());
                component
            });
            [keep.then(|| chosen(&component)), extractor]
        })
        .flatten()
        .collect();
    if !placed {
        let at = pipeline
            .iter()
            .position(|component| component.name == "FallbackClassifier")
            .unwrap_or(pipeline.len());
        pipeline.insert(at, chosen(&Component::default()));
    }
    Ok(pipeline)
}

/// Returns the examples without those that say the same again.
fn distinct(examples: &[Example]) -> Vec<&Example> {
    let mut seen = FxHashSet::default();
    seen.reserve(examples.len());
    examples
        .iter()
        .filter(|example| {
            let marks: Vec<_> = example
                .entities
                .iter()
                .map(|e| (e.span, &e.entity, &e.role, &e.group))
                .collect();
            !example.text.is_empty()
                && seen.insert((&example.text, &example.intent, &example.response_key, marks))
        })
        .collect()
}
