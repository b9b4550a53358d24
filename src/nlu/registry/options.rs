//! Which options components have, and how they are read into their types.

use super::{is_classifier, short};
use crate::{data::Component, diagnostic::Diagnostic, nlu::problem};

/// Reads options into their type; each that does not fit is noted.
pub(super) fn options<T: serde::de::DeserializeOwned>(
    component: &Component,
    names: &[&str],
    findings: &mut Vec<Diagnostic>,
) -> Option<T> {
    known(component, names, findings);
    let chosen: serde_json::Map<_, _> = component
        .options
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let read = |chosen| serde_json::from_value::<T>(serde_json::Value::Object(chosen));
    // In YAML an option without a value is the same as none.
    let chosen: serde_json::Map<_, _> = chosen
        .into_iter()
        .filter(|(name, value)| {
            let alone = [(name.clone(), value.clone())].into_iter().collect();
            !value.is_null() || read(alone).is_ok()
        })
        .collect();
    let Err(error) = read(chosen.clone()) else {
        return read(chosen).ok();
    };
    let before = findings.len();
    for (name, value) in chosen {
        let alone = [(name.clone(), value.clone())].into_iter().collect();
        if let Err(error) = read(alone) {
            let why = problem::not_an_option(&name, &value, &error.to_string());
            findings.push(problem::bad_option(component.origin, &component.name, &why));
        }
    }
    if findings.len() == before {
        let why = error.to_string();
        findings.push(problem::bad_option(component.origin, &component.name, &why));
    }
    None
}

/// Options that every component may have.
const COMMON_OPTIONS: [&str; 1] = ["alias"];

/// Notes options that the component does not have.
pub(super) fn known(component: &Component, names: &[&str], findings: &mut Vec<Diagnostic>) {
    let choosing: &[&str] = if is_classifier(&component.name) {
        &["featurizers", "ranking_length", "renormalize_confidences"]
    } else {
        &[]
    };
    let all = || names.iter().chain(&COMMON_OPTIONS).chain(choosing);
    for option in component
        .options
        .keys()
        .filter(|option| all().all(|name| name != option))
    {
        findings.push(problem::unknown_option(
            component.origin,
            short(&component.name),
            option,
            names,
        ));
    }
}

/// Returns the options of a component of Rasa that is replaced or left out: they are accepted and not used.
pub(super) fn accepted(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "MitieTokenizer" | "SpacyTokenizer" => &TOKENIZER_OPTIONS,
        "JiebaTokenizer" => &[
            "intent_tokenization_flag",
            "intent_split_symbol",
            "token_pattern",
            "prefix_separator_symbol",
            "dictionary_path",
        ],
        "SpacyNLP" => &["model", "case_sensitive"],
        "MitieNLP" => &["model"],
        "SpacyFeaturizer" | "MitieFeaturizer" => &["pooling"],
        "LanguageModelFeaturizer" => &["model_name", "model_weights", "cache_dir"],
        "ConveRTFeaturizer" => &["model_url"],
        "LexicalSyntacticFeaturizer" => &["features"],
        "MitieIntentClassifier" | "MitieEntityExtractor" => &["num_threads"],
        "SpacyEntityExtractor" => &["dimensions"],
        _ => return None,
    })
}

/// Options of what reads expressions and lookup tables.
pub(super) const REGEX_OPTIONS: [&str; 4] = [
    "case_sensitive",
    "use_lookup_tables",
    "use_regexes",
    "use_word_boundaries",
];

/// Options of `FallbackClassifier`.
pub(super) const FALLBACK_OPTIONS: [&str; 3] =
    ["threshold", "ambiguity_threshold", "scope_threshold"];

/// Options of tokenizers.
pub(super) const TOKENIZER_OPTIONS: [&str; 4] = [
    "intent_tokenization_flag",
    "intent_split_symbol",
    "token_pattern",
    "prefix_separator_symbol",
];

/// Options of the networks that Rasa trains.
pub(super) const NETWORK_OPTIONS: [&str; 49] = [
    "hidden_layers_sizes",
    "share_hidden_layers",
    "transformer_size",
    "number_of_transformer_layers",
    "number_of_attention_heads",
    "use_key_relative_attention",
    "use_value_relative_attention",
    "max_relative_position",
    "unidirectional_encoder",
    "batch_size",
    "batch_strategy",
    "epochs",
    "random_seed",
    "learning_rate",
    "embedding_dimension",
    "dense_dimension",
    "concat_dimension",
    "number_of_negative_examples",
    "similarity_type",
    "loss_type",
    "ranking_length",
    "maximum_positive_similarity",
    "maximum_negative_similarity",
    "use_maximum_negative_similarity",
    "scale_loss",
    "regularization_constant",
    "negative_margin_scale",
    "drop_rate",
    "drop_rate_attention",
    "connection_density",
    "use_sparse_input_dropout",
    "use_dense_input_dropout",
    "evaluate_every_number_of_epochs",
    "evaluate_on_number_of_examples",
    "intent_classification",
    "entity_recognition",
    "use_masked_language_model",
    "BILOU_flag",
    "tensorboard_log_directory",
    "tensorboard_log_level",
    "checkpoint_model",
    "featurizers",
    "split_entities_by_comma",
    "constrain_similarities",
    "model_confidence",
    "renormalize_confidences",
    "run_eagerly",
    "drop_small_last_batch",
    "use_text_as_label",
];
