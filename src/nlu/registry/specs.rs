//! A component with its options, checked.

use super::{
    Kind, Spec,
    options::{
        FALLBACK_OPTIONS, NETWORK_OPTIONS, REGEX_OPTIONS, TOKENIZER_OPTIONS, known, options,
    },
    short,
};
use crate::{
    data::Component,
    diagnostic::Diagnostic,
    nlu::{
        classifiers::{
            self, KernelOptions, KeywordOptions, LinearOptions, Listed, LogisticOptions,
            SklearnOptions,
        },
        extractors::{BuiltinOptions, CrfOptions, DIMENSIONS},
        featurizers::{Analyzer, CountOptions, EmbeddingOptions, TfidfOptions},
        pipeline::FallbackOptions,
        problem,
        tokenizer::{Tokenizer, TokenizerOptions, Words},
    },
};

pub(super) fn spec(
    component: &Component,
    kind: Kind,
    findings: &mut Vec<Diagnostic>,
) -> Option<Spec> {
    Some(match kind {
        Kind::Tokenizer(words) => tokenizer_spec(component, words, findings)?,
        Kind::RegexFeatures => {
            let sensitive = serde_json::json!({"case_sensitive": true});
            let mut component = component.clone();
            if let serde_json::Value::Object(default) = sensitive {
                for (name, value) in default {
                    component.options.entry(name).or_insert(value);
                }
            }
            let mut names = REGEX_OPTIONS.to_vec();
            names.push("number_additional_patterns");
            Spec::RegexFeatures(options(&component, &names, findings)?)
        }
        Kind::Crf => Spec::Crf(Box::new(options(component, &CrfOptions::NAMES, findings)?)),
        Kind::Builtin => {
            let options: BuiltinOptions = options(component, &BuiltinOptions::NAMES, findings)?;
            if let Some(why) = options.problem() {
                findings.push(problem::bad_option(component.origin, &component.name, &why));
                return None;
            }
            let missing = options.missing();
            if !missing.is_empty() {
                findings.push(problem::dimensions_left_out(
                    component.origin,
                    &missing,
                    &DIMENSIONS,
                ));
            }
            Spec::Builtin(options)
        }
        Kind::Synonyms => {
            known(component, &[], findings);
            Spec::Synonyms
        }
        Kind::Tfidf => {
            let options: TfidfOptions = options(component, &TfidfOptions::NAMES, findings)?;
            sound(component, options.problem(), findings)?;
            Spec::Tfidf(options)
        }
        Kind::Counts => {
            let weighed = component.options.contains_key(CountOptions::WEIGHED);
            let mut written = component.clone();
            written.options.remove(CountOptions::WEIGHED);
            let mut options: CountOptions = options(&written, &CountOptions::NAMES, findings)?;
            options.weighed = weighed;
            sound(component, options.problem(), findings)?;
            for finding in unheeded(component, &options) {
                // Counts may stand beside their weighed twin.
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
            Spec::Counts(Box::new(options))
        }
        Kind::Embedding => {
            let options: EmbeddingOptions = options(component, &EmbeddingOptions::NAMES, findings)?;
            sound(component, options.problem(), findings)?;
            if !cfg!(feature = "embed") {
                let missing = problem::not_built("`EmbeddingFeaturizer`");
                findings.push(missing.label(component.origin, ""));
            }
            Spec::Embedding(options)
        }
        Kind::Keyword => Spec::Keywords(options(component, &KeywordOptions::NAMES, findings)?),
        Kind::Selector => selector_spec(component, findings)?,
        Kind::Regex => Spec::RegexExtractor(options(component, &REGEX_OPTIONS, findings)?),
        Kind::Fallback => {
            known(component, &FALLBACK_OPTIONS, findings);
            let mut share = |name: &str| {
                let value = component
                    .options
                    .get(name)
                    .filter(|value| !value.is_null())?;
                let share = value.as_f64().filter(|value| (0.0..=1.0).contains(value));
                if share.is_none() {
                    let why = format!("`{name}` must be between 0 and 1, not {value}");
                    findings.push(problem::bad_option(component.origin, &component.name, &why));
                }
                share
            };
            Spec::Fallback(FallbackOptions {
                threshold: share("threshold").unwrap_or(0.3),
                ambiguity_threshold: share("ambiguity_threshold").unwrap_or(0.1),
                scope_threshold: share("scope_threshold"),
            })
        }
        kind => Spec::Classifier(classifier_spec(component, kind, findings)?),
    })
}

/// Returns what a classifier lists, as far as its options say.
pub(in crate::nlu) fn listed(
    component: &Component,
    findings: &mut Vec<Diagnostic>,
) -> Option<Listed> {
    let mut own = component.clone();
    own.options
        .retain(|name, _| Listed::NAMES.contains(&name.as_str()));
    options(&own, &Listed::NAMES, findings)
}

/// Returns a tokenizer with its options, checked.
fn tokenizer_spec(
    component: &Component,
    words: Words,
    findings: &mut Vec<Diagnostic>,
) -> Option<Spec> {
    let options: TokenizerOptions = options(component, &TOKENIZER_OPTIONS, findings)?;
    sound(component, Tokenizer::new(words, &options).err(), findings)?;
    let without = without_effect(component);
    if !without.is_empty() {
        let why = "intents and answers are told apart by their whole names";
        let name = short(&component.name);
        findings.push(problem::options_not_used(
            component.origin,
            name,
            &without,
            why,
        ));
    }
    Some(Spec::Tokenizer(words, options))
}

/// Tells of options of counts that change nothing here, or nothing beside others.
fn unheeded(component: &Component, options: &CountOptions) -> Vec<Diagnostic> {
    let at = component.origin;
    let name = short(&component.name);
    let mut findings = Vec::new();
    let mut without = Vec::new();
    if options.use_shared_vocab {
        without.push("use_shared_vocab");
    }
    if options.additional_vocabulary_size.is_some() {
        without.push("additional_vocabulary_size");
    }
    if !without.is_empty() {
        let why = "words are counted in messages alone, and all are learnt at once";
        findings.push(problem::options_not_used(at, name, &without, why));
    }
    let words = [
        ("OOV_token", options.oov_token.is_some()),
        ("OOV_words", !options.oov_words.is_empty()),
        ("stop_words", options.stop_words.is_some()),
    ];
    let of_words = words.into_iter().filter(|(_, is_set)| *is_set);
    let of_words: Vec<&str> = of_words.map(|(name, _)| name).collect();
    if options.analyzer != Analyzer::Word && !of_words.is_empty() {
        let why = "`analyzer` counts characters, not words";
        findings.push(problem::options_not_used(at, name, &of_words, why));
    } else if options.oov_token.is_none() && !options.oov_words.is_empty() {
        findings.push(problem::oov_words_alone(at));
    }
    findings
}

/// Returns a selector with its options.
fn selector_spec(component: &Component, findings: &mut Vec<Diagnostic>) -> Option<Spec> {
    let mut names = NETWORK_OPTIONS.to_vec();
    names.push("retrieval_intent");
    let used = [
        "featurizers",
        "ranking_length",
        "renormalize_confidences",
        "use_text_as_label",
    ];
    let of_network: Vec<&str> = NETWORK_OPTIONS
        .into_iter()
        .filter(|name| component.options.contains_key(*name) && !used.contains(name))
        .collect();
    if !of_network.is_empty() {
        let why = "answers are learnt as by `LinearSvmClassifier`, not by a network";
        findings.push(problem::options_not_used(
            component.origin,
            short(&component.name),
            &of_network,
            why,
        ));
    }
    if component.options.get("use_text_as_label") == Some(&true.into()) {
        let why = "answers are told apart by the messages that ask for them";
        let name = short(&component.name);
        let option = ["use_text_as_label"];
        findings.push(problem::options_not_used(
            component.origin,
            name,
            &option,
            why,
        ));
    }
    options(component, &names, findings).map(Spec::Selector)
}

/// Returns the options of a tokenizer that ask for something and change nothing.
fn without_effect(component: &Component) -> Vec<&'static str> {
    let asks = |name: &&str| {
        let value = component.options.get(*name);
        value.is_some_and(|value| !value.is_null() && *value != false)
    };
    let names = ["intent_tokenization_flag", "prefix_separator_symbol"];
    names.into_iter().filter(asks).collect()
}

/// Returns a classifier with its options, checked.
fn classifier_spec(
    component: &Component,
    kind: Kind,
    findings: &mut Vec<Diagnostic>,
) -> Option<classifiers::Spec> {
    listed(component, findings)?;
    let spec = match kind {
        Kind::Linear => {
            classifiers::Spec::Linear(options(component, &LinearOptions::NAMES, findings)?)
        }
        Kind::Forest => classifiers::Spec::Forest(options(
            component,
            &classifiers::ForestOptions::NAMES,
            findings,
        )?),
        Kind::Kernel => {
            classifiers::Spec::Kernel(options(component, &KernelOptions::NAMES, findings)?)
        }
        Kind::Mlp => classifiers::Spec::Mlp(options(
            component,
            &classifiers::MlpOptions::NAMES,
            findings,
        )?),
        Kind::Logistic => {
            classifiers::Spec::Logistic(options(component, &LogisticOptions::NAMES, findings)?)
        }
        Kind::Sklearn => {
            let options: SklearnOptions = options(component, &SklearnOptions::NAMES, findings)?;
            let left_out = options.left_out();
            if !left_out.is_empty() {
                let name = short(&component.name);
                findings.push(problem::kernels_left_out(component.origin, name, &left_out));
            }
            classifiers::Spec::Sklearn(options)
        }
        _ => return None,
    };
    sound(component, spec.problem(), findings)?;
    Some(spec)
}

/// Notes what is wrong with options, if anything is.
fn sound(component: &Component, why: Option<String>, findings: &mut Vec<Diagnostic>) -> Option<()> {
    match why {
        None => Some(()),
        Some(why) => {
            findings.push(problem::bad_option(component.origin, &component.name, &why));
            None
        }
    }
}
