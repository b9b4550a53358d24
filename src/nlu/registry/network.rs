//! What stands in for `DIETClassifier` reads better features than counts, and leaves those to whoever else reads them.

use crate::{
    data::{Component, Json},
    diagnostic::{Diagnostic, Origin},
    nlu::{featurizers::CountOptions, problem},
};

use super::{diet::standing_in, is_classifier, short};

/// Begins the alias of a featurizer that is read only where it is named.
const PRIVATE: &str = "DIETClassifier: ";

/// Tells whether the featurizer of an alias is read only where it is named.
pub(in crate::nlu) fn is_private(alias: &str) -> bool {
    alias.starts_with(PRIVATE)
}

/// Returns the pipeline, after `DIETClassifier` was replaced at the places `with_diet`, with its features.
///
/// Counts that say nothing but what n-grams they are of become `TfidfFeaturizer`; those whose options say more stay,
/// and are weighed alike. Where another classifier reads counts, it still gets Rasa's, and the others stand beside
/// them.
pub(super) fn with_features(
    pipeline: &[Component],
    with_diet: &[Origin],
    findings: &mut Vec<Diagnostic>,
) -> Vec<Component> {
    let is_own = |component: &Component| {
        let name = short(&component.name);
        name == "ResponseSelector"
            || name == "LinearSvmClassifier" && with_diet.contains(&component.origin)
    };
    if with_diet.is_empty() || !pipeline.iter().any(is_own) {
        return pipeline.to_vec();
    }
    let is_other = |component: &Component| {
        let keywords = short(&component.name) == "KeywordIntentClassifier";
        is_classifier(&component.name) && !is_own(component) && !keywords
    };
    let shared = pipeline.iter().any(is_other);
    let is_counted = |component: &&Component| short(&component.name) == "CountVectorsFeaturizer";
    let plain = |component: &Component| is_plain(component, pipeline);
    let all_plain = pipeline.iter().filter(is_counted).all(plain);
    let mut parts: Vec<Component> = Vec::new();
    let mut own_aliases: Vec<Json> = Vec::new();
    for component in pipeline {
        if !is_counted(&component) {
            let mut component = component.clone();
            let chosen = component
                .options
                .get("featurizers")
                .and_then(Json::as_array);
            if shared && is_own(&component) {
                let names = match chosen {
                    Some(names) if !names.is_empty() => {
                        let private =
                            |name: &Json| format!("{PRIVATE}{}", name.as_str().unwrap_or_default());
                        let names = names.iter();
                        names
                            .flat_map(|name| [name.clone(), private(name).into()])
                            .collect()
                    }
                    _ => own_aliases.clone(),
                };
                component
                    .options
                    .insert("featurizers".to_owned(), Json::Array(names));
            }
            parts.push(component);
            continue;
        }
        if shared {
            parts.push(component.clone());
        }
        let mut weighed = weighed(component, all_plain, plain(component));
        findings.push(if weighed.name == "TfidfFeaturizer" {
            problem::replaced(
                component.origin,
                "CountVectorsFeaturizer",
                "TfidfFeaturizer",
            )
        } else {
            problem::weighed(component.origin)
        });
        if shared {
            let alias = weighed.options.get("alias").and_then(Json::as_str);
            let alias = format!("{PRIVATE}{}", alias.unwrap_or_default());
            own_aliases.push(alias.clone().into());
            weighed.options.insert("alias".to_owned(), alias.into());
        }
        let again = all_plain && parts.iter().any(|part| part.name == weighed.name);
        if !again {
            parts.push(weighed);
        }
    }
    parts
}

/// Returns what the classifier reads instead of counts.
fn weighed(component: &Component, all_plain: bool, plain: bool) -> Component {
    if !plain {
        let mut component = component.clone();
        component
            .options
            .insert(CountOptions::WEIGHED.to_owned(), true.into());
        return component;
    }
    let mut tfidf = standing_in(component, "TfidfFeaturizer", &["alias"]);
    if !all_plain {
        let analyzer = component.options.get("analyzer").cloned();
        let analyzer = analyzer.unwrap_or_else(|| "word".into());
        tfidf.options.insert("analyzer".to_owned(), analyzer);
    }
    tfidf
}

/// Tells whether options say nothing but which n-grams to count, and those are among what `TfidfFeaturizer` weighs.
fn is_plain(component: &Component, pipeline: &[Component]) -> bool {
    let is_named = |alias: &Json| {
        pipeline.iter().any(|other| {
            let names = other.options.get("featurizers").and_then(Json::as_array);
            names.is_some_and(|names| names.contains(alias))
        })
    };
    let analyzer = component.options.get("analyzer").and_then(Json::as_str);
    let characters = analyzer == Some("char_wb");
    component
        .options
        .iter()
        .all(|(name, value)| match name.as_str() {
            "alias" => !is_named(value),
            "analyzer" => matches!(analyzer, Some("word" | "char_wb")),
            "min_ngram" => value
                .as_u64()
                .is_some_and(|n| n == 1 || characters && n <= 2),
            "max_ngram" => value
                .as_u64()
                .is_some_and(|n| n <= if characters { 4 } else { 2 }),
            "min_df" => *value == 1,
            "max_df" => value.as_f64() == Some(1.0) && !value.is_u64(),
            "lowercase" => *value == true,
            "OOV_words" => value.is_null() || value.as_array().is_some_and(Vec::is_empty),
            "max_features" | "strip_accents" | "stop_words" | "OOV_token" => value.is_null(),
            // Nothing here goes by lemmas, the names of intents or training in parts.
            "use_lemma" | "use_shared_vocab" | "additional_vocabulary_size" => true,
            _ => false,
        })
}
