//! What is wrong with pipeline and examples, as far as that can be told without learning.

use std::collections::BTreeSet;

use super::{
    Options, is_of,
    prepare::{Prepared, prepare},
};
#[cfg(feature = "embed")]
use crate::embedding;
use crate::{
    data::{Assistant, Component, Example, MappingKind, TrainingData},
    diagnostic::{Diagnostic, Origin, Result},
    nlu::{
        classifiers::Keywords,
        extractors::{self, CrfExtractor, CrfOptions, RegexExtractor, RegexParams},
        featurizers::{CountFeaturizer, TfidfFeaturizer},
        problem,
        registry::{Spec, short},
        tokenizer::Tokenizer,
    },
};

/// Returns what is wrong with pipeline and examples as far as that can be told without learning.
pub fn check(assistant: &Assistant, options: &Options) -> Result<Vec<Diagnostic>> {
    let Prepared {
        specs,
        examples,
        mut findings,
        ..
    } = prepare(assistant, options)?;
    let texts: Vec<&str> = examples
        .iter()
        .map(|example| example.text.as_str())
        .collect();
    let mut tokenizer = Tokenizer::default();
    let (mut has_features, mut has_featurizer) = (false, false);
    for (component, spec) in &specs {
        has_featurizer |= spec.gives_features() || matches!(spec, Spec::RegexFeatures(_));
        has_features |= match spec {
            Spec::RegexFeatures(params) => {
                RegexExtractor::choose(params, &assistant.training, &|_| true).len() > 0
            }
            spec => spec.gives_features(),
        };
        match spec {
            Spec::Classifier(_) if has_featurizer && !has_features => {
                let name = short(&component.name);
                findings.push(problem::no_features(component.origin, name));
            }
            // What is wrong with its options was told as they were read.
            Spec::Tokenizer(words, options) => {
                tokenizer = Tokenizer::new(*words, options).unwrap_or_default();
            }
            Spec::Counts(options) if options.may_leave_nothing() => {
                if let Ok((featurizer, _)) =
                    CountFeaturizer::fit_transform(options, &texts, &tokenizer, None)
                {
                    findings.extend(count_findings(component, &featurizer));
                }
            }
            Spec::Tfidf(options) if options.may_leave_nothing() => {
                if let Ok((featurizer, _)) = TfidfFeaturizer::fit_transform(options, &texts, None)
                    && featurizer.features() == 0
                {
                    let name = short(&component.name);
                    findings.push(problem::empty_vocabulary(component.origin, name));
                }
            }
            Spec::RegexExtractor(params) => {
                findings.extend(no_usable_pattern(component, params, &assistant.training));
            }
            Spec::Crf(options) => findings.extend(crf_findings(component, options)),
            #[cfg(feature = "embed")]
            Spec::Embedding(options) => {
                let path = assistant
                    .config
                    .folder
                    .join(options.path.as_deref().unwrap_or_default());
                let problem = embedding::check(&path).err();
                findings.extend(problem.map(|problem| problem.label(component.origin, "")));
            }
            Spec::Keywords(options) => {
                Keywords::train(options, &examples, &mut findings);
            }
            Spec::Selector(options) => {
                let wanted = options.retrieval_intent.as_deref();
                if !examples.iter().any(|example| is_of(example, wanted)) {
                    findings.push(problem::nothing_to_select(component.origin, wanted));
                }
                findings.extend(unanswered(assistant, &examples, wanted));
            }
            _ => {}
        }
    }
    Ok(findings)
}

/// Tells of every expression that does not compile, once, whichever components use it.
pub(super) fn broken_patterns(
    assistant: &Assistant,
    specs: &[(Component, Spec)],
) -> Vec<Diagnostic> {
    let training = &assistant.training;
    let is_marked = |name: &str| {
        let mut marks = training
            .examples
            .iter()
            .flat_map(|example| &example.entities);
        marks.any(|mark| mark.entity == name)
    };
    let is_used = |name: &str| {
        specs.iter().any(|(_, spec)| match spec {
            Spec::RegexFeatures(params) => params.use_regexes,
            Spec::RegexExtractor(params) => params.use_regexes && is_marked(name),
            _ => false,
        })
    };
    extractors::broken(training)
        .map(|(pattern, why)| problem::bad_regex(pattern.origin, &why, is_used(&pattern.name)))
        .collect()
}

/// Labels of entities that the models of spaCy know.
const OF_SPACY: [&str; 20] = [
    "CARDINAL",
    "DATE",
    "EVENT",
    "FAC",
    "GPE",
    "LANGUAGE",
    "LAW",
    "LOC",
    "MISC",
    "MONEY",
    "NORP",
    "ORDINAL",
    "ORG",
    "PER",
    "PERCENT",
    "PERSON",
    "PRODUCT",
    "QUANTITY",
    "TIME",
    "WORK_OF_ART",
];

/// Tells of slots that are filled from an entity which a component that is left out would find, and nobody else does.
pub(super) fn found_by_nobody(
    assistant: &Assistant,
    specs: &[(Component, Spec)],
) -> Vec<Diagnostic> {
    let pipeline = assistant.config.pipeline.as_deref().unwrap_or_default();
    let of_spacy = |component: &Component| short(&component.name) == "SpacyEntityExtractor";
    let Some(component) = pipeline.iter().find(|component| of_spacy(component)) else {
        return Vec::new();
    };
    let dimensions = component.options.get("dimensions");
    let dimensions: Option<Vec<&str>> = dimensions
        .and_then(|names| names.as_array())
        .map(|names| names.iter().filter_map(|name| name.as_str()).collect());
    let would_find = |entity: &str| match &dimensions {
        Some(names) => names.contains(&entity),
        None => OF_SPACY.contains(&entity),
    };
    let examples = &assistant.training.examples;
    let is_marked = |entity: &str| {
        let mut marks = examples.iter().flat_map(|example| &example.entities);
        marks.any(|mark| mark.entity == entity)
    };
    let learns = specs
        .iter()
        .any(|(_, spec)| matches!(spec, Spec::Crf(_) | Spec::RegexExtractor(_)));
    let mut findings = Vec::new();
    for slot in &assistant.domain.slots {
        for mapping in &slot.mappings {
            if let MappingKind::FromEntity { entity, .. } = &mapping.kind
                && would_find(entity)
                && !(learns && is_marked(entity))
            {
                let at = mapping.target;
                findings.push(problem::found_by_nobody(
                    at,
                    entity,
                    &slot.name,
                    component.origin,
                ));
            }
        }
    }
    findings
}

/// Returns the note on features of a random field that are left out, if there are any, or what is wrong with them.
pub(super) fn crf_findings(component: &Component, options: &CrfOptions) -> Option<Diagnostic> {
    match CrfExtractor::left_out(options) {
        Ok(names) if names.is_empty() => None,
        Ok(names) => Some(problem::features_left_out(
            component.origin,
            &component.name,
            &names,
        )),
        Err(why) => Some(problem::bad_option(component.origin, &component.name, &why)),
    }
}

/// Tells of answers that a selector of an intent learns to choose, and that nobody wrote; each once.
pub(super) fn unanswered(
    assistant: &Assistant,
    examples: &[&Example],
    wanted: Option<&str>,
) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for example in examples.iter().filter(|example| is_of(example, wanted)) {
        let Some(key) = &example.response_key else {
            continue;
        };
        let is_written = |key: &str| assistant.domain.response(&format!("utter_{key}")).is_some();
        if told.insert(key) && !is_written(key) {
            findings.push(problem::no_answer(example.origin, key));
        }
    }
    findings
}

/// Returns what is wrong with what a featurizer counts: nothing is left of it, or what stands for unknown words never
/// occurs.
pub(super) fn count_findings(
    component: &Component,
    featurizer: &CountFeaturizer,
) -> Option<Diagnostic> {
    if featurizer.features() == 0 {
        let name = "CountVectorsFeaturizer";
        return Some(problem::empty_vocabulary(component.origin, name));
    }
    featurizer
        .lacks_unknown()
        .then(|| problem::unknown_word_never_learnt(component.origin))
}

/// Returns the finding that there is no expression or lookup table whose name is an entity that is marked, or none at
/// all beside a component that somebody wrote down.
pub(super) fn no_usable_pattern(
    component: &Component,
    params: &RegexParams,
    training: &TrainingData,
) -> Option<Diagnostic> {
    let patterns = training.patterns.iter();
    let patterns = patterns.map(|pattern| (&pattern.name, pattern.origin));
    let lookups = training.lookups.iter();
    let lookups = lookups.map(|lookup| (&lookup.name, lookup.origin));
    let named: Vec<_> = patterns
        .filter(|_| params.use_regexes)
        .chain(lookups.filter(|_| params.use_lookup_tables))
        .collect();
    let marked = |name: &String| {
        let mut marks = training
            .examples
            .iter()
            .flat_map(|example| &example.entities);
        marks.any(|mark| mark.entity == *name)
    };
    let Some((_, first)) = named.first() else {
        let is_written = component.origin != Origin::default();
        return is_written.then(|| problem::no_pattern(component.origin));
    };
    let usable = named.iter().any(|(name, _)| marked(name));
    (!usable).then(|| problem::no_usable_pattern(*first))
}
