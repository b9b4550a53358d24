//! Training data that the configured pipeline and policies make no use of, and components that exclude each other.

use std::collections::BTreeMap;

use super::problem;
use crate::{
    data::{Assistant, Component, StoryKind},
    diagnostic::{Diagnostic, Origin, Severity},
};

const EXTRACTORS: [&str; 6] = [
    "DIETClassifier",
    "CRFEntityExtractor",
    "RegexEntityExtractor",
    "DucklingEntityExtractor",
    "SpacyEntityExtractor",
    "MitieEntityExtractor",
];

/// Checks a written-out configuration; defaults fit everything.
pub(super) fn check(assistant: &Assistant) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if let Some(pipeline) = &assistant.config.pipeline {
        unused(assistant, pipeline, &mut findings);
        exclusive(pipeline, &mut findings);
    }
    if let Some(policies) = &assistant.config.policies {
        rules(assistant, policies, &mut findings);
    }
    findings
}

/// Returns the class name of a component, without the module before it.
fn class(component: &Component) -> &str {
    component.name.rsplit('.').next().unwrap_or_default()
}

fn unused(assistant: &Assistant, pipeline: &[Component], findings: &mut Vec<Diagnostic>) {
    let training = &assistant.training;
    let has = |names: &[&str]| {
        pipeline
            .iter()
            .any(|component| names.contains(&class(component)))
    };
    // A class of the project's own may do anything.
    if pipeline
        .iter()
        .any(|component| component.name.contains('.') && !component.name.starts_with("rasa."))
    {
        return;
    }
    let marked = training
        .examples
        .iter()
        .find_map(|example| example.entities.first());
    if let Some(first) = marked
        && !has(&EXTRACTORS)
    {
        findings.push(problem::no_extractor(first.origin, &first.entity));
    }
    let retrieval = training
        .examples
        .iter()
        .find(|example| example.response_key.is_some());
    if let Some(first) = retrieval
        && !has(&["ResponseSelector"])
    {
        findings.push(problem::not_in_pipeline(
            "config::no-response-selector",
            first.origin,
            "retrieval intents",
            "`- name: ResponseSelector`",
        ));
    }
    let regex = ["RegexFeaturizer", "RegexEntityExtractor"];
    if let Some(pattern) = training.patterns.first()
        && !has(&regex)
    {
        findings.push(problem::not_in_pipeline(
            "config::unused-regex",
            pattern.origin,
            "regular expressions",
            "`- name: RegexFeaturizer` or `- name: RegexEntityExtractor`",
        ));
    }
    // Our random field knows the entries of lookup tables unless Rasa's features are named.
    let in_field = |component: &Component| match class(component) {
        "DIETClassifier" => true,
        "CRFEntityExtractor" => component.options.get("features").is_none(),
        _ => false,
    };
    let read_by_field = marked.is_some() && pipeline.iter().any(in_field);
    if let Some(lookup) = training.lookups.first()
        && !has(&regex)
        && !read_by_field
    {
        findings.push(problem::not_in_pipeline(
            "config::unused-lookup",
            lookup.origin,
            "lookup tables",
            "`- name: RegexFeaturizer` or `- name: RegexEntityExtractor`",
        ));
    }
    if let Some(synonym) = training.synonyms.first()
        && !has(&["EntitySynonymMapper"])
    {
        findings.push(problem::not_in_pipeline(
            "config::unused-synonyms",
            synonym.origin,
            "synonyms",
            "`- name: EntitySynonymMapper`",
        ));
    }
}

fn exclusive(pipeline: &[Component], findings: &mut Vec<Diagnostic>) {
    let mut tokenizers = pipeline
        .iter()
        .filter(|component| class(component).ends_with("Tokenizer"));
    if let Some(first) = tokenizers.next() {
        for second in tokenizers {
            findings.push(problem::twice_in_pipeline(
                second.origin,
                first.origin,
                "tokenizer",
            ));
        }
    }
    let mut aliases: BTreeMap<&str, Origin> = BTreeMap::new();
    for component in pipeline {
        let alias = component
            .options
            .get("alias")
            .and_then(|alias| alias.as_str());
        let Some(alias) = alias else { continue };
        match aliases.get(alias) {
            Some(first) => findings.push(problem::same_alias(component.origin, *first, alias)),
            None => drop(aliases.insert(alias, component.origin)),
        }
    }
}

fn rules(assistant: &Assistant, policies: &[Component], findings: &mut Vec<Diagnostic>) {
    if policies
        .iter()
        .any(|component| class(component) == "RulePolicy")
    {
        return;
    }
    if let Some(form) = assistant.domain.forms.first() {
        findings.push(problem::no_rule_policy(
            form.origin,
            "forms",
            Severity::Error,
        ));
        return;
    }
    let rule = assistant
        .stories
        .iter()
        .find(|story| story.kind != StoryKind::Story);
    if let Some(rule) = rule {
        findings.push(problem::no_rule_policy(
            rule.origin,
            "rules",
            Severity::Warning,
        ));
    }
}
