//! What stands in for `DIETClassifier`, which is two components here.

use super::{
    finds_entities_too, is_on,
    options::{NETWORK_OPTIONS, known},
    short,
};
use crate::{data::Component, diagnostic::Diagnostic, nlu::problem};

/// Returns what stands in for `DIETClassifier`: a classifier, an extractor where examples are marked, or both.
fn instead_of_diet(component: &Component, marked: bool) -> Vec<&'static str> {
    let mut parts = Vec::new();
    if is_on(component, "intent_classification") {
        parts.push("LinearSvmClassifier");
    }
    if marked && finds_entities_too(component) {
        parts.push("CRFEntityExtractor");
    }
    parts
}

/// Splits `DIETClassifier` into what stands in for it, with one note each.
pub(super) fn without_diet(
    pipeline: &[Component],
    marked: bool,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Component> {
    let listed = |name: &str| pipeline.iter().any(|other| short(&other.name) == name);
    let mut parts = Vec::new();
    // What stood in for others since the last change of the features.
    let mut before: Vec<Component> = Vec::new();
    for component in pipeline {
        if short(&component.name) != "DIETClassifier" {
            if component.name.contains("Featurizer") {
                before.clear();
            }
            parts.push(component.clone());
            continue;
        }
        known(component, &NETWORK_OPTIONS, findings);
        for option in ["intent_classification", "entity_recognition"] {
            let value = component.options.get(option);
            if value.is_some_and(|value| !value.is_boolean()) {
                let why = format!("`{option}` must be `true` or `false`");
                findings.push(problem::bad_option(
                    component.origin,
                    "DIETClassifier",
                    &why,
                ));
            }
        }
        let instead = instead_of_diet(component, marked);
        let (mut new, mut again) = (Vec::new(), Vec::new());
        for name in &instead {
            // What means the same there.
            let kept: &[&str] = match *name {
                "CRFEntityExtractor" => &["featurizers", "split_entities_by_comma"],
                _ => &["featurizers", "ranking_length", "renormalize_confidences"],
            };
            let part = standing_in(component, name, kept);
            let is_same =
                |other: &Component| other.name == part.name && other.options == part.options;
            let is_listed = *name == "CRFEntityExtractor" && listed(name);
            if is_listed || before.iter().any(is_same) {
                again.push(*name);
            } else {
                new.push(*name);
                before.push(part.clone());
                parts.push(part);
            }
        }
        let at = component.origin;
        if instead.is_empty() {
            let is_to_find = finds_entities_too(component);
            findings.push(problem::no_marked_entities(
                at,
                "DIETClassifier",
                is_to_find,
            ));
        }
        if !new.is_empty() {
            findings.push(problem::replaced(
                at,
                "DIETClassifier",
                &new.join("` and `"),
            ));
        }
        if !again.is_empty() {
            findings.push(problem::replaced_again(
                at,
                "DIETClassifier",
                &again.join("` and the `"),
            ));
        }
    }
    parts
}

/// Returns a component in the place of another, with some of its options.
pub(super) fn standing_in(component: &Component, name: &str, kept: &[&str]) -> Component {
    let options = component.options.iter();
    let options =
        options.filter(|(option, value)| kept.contains(&option.as_str()) && !value.is_null());
    Component {
        name: name.to_owned(),
        options: options
            .map(|(option, value)| (option.clone(), value.clone()))
            .collect(),
        origin: component.origin,
    }
}
