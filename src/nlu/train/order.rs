//! Components that stand where they cannot do their work.

use crate::{
    data::Component,
    diagnostic::{Diagnostic, Severity},
    nlu::{
        classifiers, problem,
        registry::{self, Spec},
    },
};

/// Notes components that stand before what they need, or beside what excludes them.
///
/// What was refused counts as if it stood there, and a component goes by the name that it has in the configuration.
pub(super) fn order(
    specs: &[(Component, Spec)],
    pipeline: &[Component],
    findings: &mut Vec<Diagnostic>,
) {
    let refused: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .filter_map(|finding| {
            let at = finding.origin()?;
            // The component that it is about is the last one that begins before it.
            let before = |one: &&Component| {
                one.origin.source == at.source && one.origin.span.start <= at.span.start
            };
            let before = pipeline.iter().filter(before);
            let own = before.max_by_key(|component| component.origin.span.start)?;
            Some(own.name.as_str())
        })
        .collect();
    let is_refused = |kind: &str| refused.iter().any(|name| name.contains(kind));
    let lost_words = is_refused("Tokenizer");
    let (mut words, mut features) = (false, is_refused("Featurizer"));
    let (mut embedding, mut intents) = (false, is_refused("Classifier"));
    for (component, spec) in specs {
        let mut needs = |what: &str| {
            let written = pipeline.iter().find(|one| one.origin == component.origin);
            let name = written.map_or(&component.name, |written| &written.name);
            findings.push(problem::needs(component.origin, name, what));
        };
        match spec {
            Spec::Tokenizer(..) if words => {
                findings.push(problem::two_tokenizers(component.origin));
            }
            Spec::Tokenizer(..) => words = true,
            // Our own featurizers read the text itself.
            Spec::Tfidf(_) => features = true,
            Spec::Embedding(_) => (features, embedding) = (true, true),
            Spec::Counts(_) | Spec::RegexFeatures(_) => {
                if !words && !lost_words {
                    needs("a tokenizer");
                }
                features = true;
            }
            Spec::Crf(_) if !words && !lost_words => needs("a tokenizer"),
            Spec::Keywords(_) => intents = true,
            Spec::Selector(_) if !features => needs("a featurizer"),
            Spec::Classifier(classifier) => {
                if !features {
                    needs("a featurizer");
                }
                if embedding && matches!(classifier, classifiers::Spec::Forest(_)) {
                    findings.push(problem::forest_and_embedding(component.origin));
                }
                intents = true;
            }
            Spec::Fallback { .. } if !intents => needs("an intent classifier"),
            _ => {}
        }
    }
}

/// Notes classifiers that another after them overrules.
pub(super) fn overruled(specs: &[(Component, Spec)], findings: &mut Vec<Diagnostic>) {
    let last = specs
        .iter()
        .rposition(|(_, spec)| matches!(spec, Spec::Classifier(_)));
    let Some((before, (by, _))) = last.and_then(|at| Some((specs.get(..at)?, specs.get(at)?)))
    else {
        return;
    };
    for (component, spec) in before {
        if matches!(spec, Spec::Classifier(_) | Spec::Keywords(_)) {
            findings.push(problem::overruled(
                component.origin,
                registry::short(&component.name),
                registry::short(&by.name),
            ));
        }
    }
}
