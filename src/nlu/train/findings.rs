//! What is wrong with pipeline and examples, as far as that can be told without learning.

use super::{
    Options, is_of,
    prepare::{Prepared, prepare},
};
#[cfg(feature = "embed")]
use crate::embedding;
use crate::{
    data::{Assistant, Component, TrainingData},
    diagnostic::{Diagnostic, Origin, Result},
    nlu::{
        classifiers::Keywords,
        extractors::{self, CrfExtractor, CrfOptions, RegexParams},
        featurizers::CountFeaturizer,
        problem,
        registry::Spec,
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
    for (component, spec) in &specs {
        match spec {
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

/// Returns what is wrong with what a featurizer counts: nothing is left of it, or what stands for unknown words never
/// occurs.
pub(super) fn count_findings(
    component: &Component,
    featurizer: &CountFeaturizer,
) -> Option<Diagnostic> {
    if featurizer.features() == 0 {
        return Some(problem::empty_vocabulary(component.origin));
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
