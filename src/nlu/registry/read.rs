//! The components of a configuration, in their order, to what they are here.

use super::{
    COMPONENTS, Kind, Spec,
    diet::{standing_in, without_diet},
    lexical, names, network,
    options::{TOKENIZER_OPTIONS, accepted, known},
    short,
    specs::spec,
};
use crate::{
    data::{Component, Config},
    diagnostic::Diagnostic,
    nlu::{featurizers::TfidfOptions, problem},
};

/// Names that components had in Rasa 1 and 2, with those they have now.
const OLD_NAMES: &[(&str, &str)] = &[
    ("EmbeddingIntentClassifier", "DIETClassifier"),
    ("ConveRTTokenizer", "WhitespaceTokenizer"),
    ("HFTransformersNLP", "LanguageModelFeaturizer"),
    ("LanguageModelTokenizer", "WhitespaceTokenizer"),
    ("DucklingHTTPExtractor", "DucklingEntityExtractor"),
    ("intent_classifier_keyword", "KeywordIntentClassifier"),
    ("intent_classifier_mitie", "MitieIntentClassifier"),
    ("intent_classifier_sklearn", "SklearnIntentClassifier"),
    ("intent_classifier_tensorflow_embedding", "DIETClassifier"),
    ("intent_entity_featurizer_regex", "RegexFeaturizer"),
    ("intent_featurizer_count_vectors", "CountVectorsFeaturizer"),
    ("intent_featurizer_mitie", "MitieFeaturizer"),
    ("intent_featurizer_ngrams", "CountVectorsFeaturizer"),
    ("intent_featurizer_spacy", "SpacyFeaturizer"),
    ("ner_crf", "CRFEntityExtractor"),
    ("ner_duckling", "DucklingEntityExtractor"),
    ("ner_duckling_http", "DucklingEntityExtractor"),
    ("ner_mitie", "MitieEntityExtractor"),
    ("ner_spacy", "SpacyEntityExtractor"),
    ("ner_synonyms", "EntitySynonymMapper"),
    ("nlp_mitie", "MitieNLP"),
    ("nlp_spacy", "SpacyNLP"),
    ("tokenizer_jieba", "JiebaTokenizer"),
    ("tokenizer_mitie", "MitieTokenizer"),
    ("tokenizer_spacy", "SpacyTokenizer"),
    ("tokenizer_whitespace", "WhitespaceTokenizer"),
];

/// Turns the components of a configuration into what they are here; notes what is replaced, left out or wrong.
///
/// `marked` tells whether examples have marked entities.
pub(in crate::nlu) fn read(
    pipeline: &[Component],
    config: &Config,
    marked: bool,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(Component, Spec)> {
    let mut specs: Vec<(Component, Spec)> = Vec::new();
    languages(pipeline, config, findings);
    words_of_english(pipeline, config, findings);
    unknown_aliases(pipeline, findings);
    let with_diet: Vec<_> = pipeline
        .iter()
        .filter(|component| short(&component.name) == "DIETClassifier")
        .map(|component| component.origin)
        .collect();
    let is_heard = lexical::is_heard(pipeline, marked);
    let pipeline = network::with_features(
        &without_diet(pipeline, marked, findings),
        &with_diet,
        findings,
    );
    let cuts_words = cuts_words(&pipeline);
    let mut custom = Vec::new();
    let mut told = lexical::Told::default();
    for component in &pipeline {
        // Rasa also takes dotted module paths.
        let name = short(&component.name);
        let row = COMPONENTS.iter().find(|(known, _)| *known == name);
        let is_custom = row.is_none() && is_python_class(&component.name);
        let kind = match row {
            Some((_, kind)) => kind,
            // Words are cut somehow in any case: as where a tokenizer of spaCy stands.
            None if is_custom && name.contains("Tokenizer") && !cuts_words => &Kind::OfLanguage,
            None => {
                if is_custom {
                    custom.push(component);
                } else {
                    findings.push(not_known(component));
                }
                continue;
            }
        };
        if let Some(accepted) = accepted(name) {
            known(component, accepted, findings);
        }
        let by = match kind {
            Kind::LeftOut => {
                findings.push(problem::left_out(component.origin, name));
                continue;
            }
            Kind::Lexical => {
                told.add(component, is_heard, findings);
                continue;
            }
            Kind::OfLanguage if config.has_no_blanks() => Some("IcuTokenizer"),
            Kind::OfLanguage => Some("WhitespaceTokenizer"),
            Kind::Replaced(by) => Some(*by),
            _ => None,
        };
        let (component, kind) = match by {
            // Options of the replaced component mean nothing to its replacement, but where words are cut by a pattern.
            Some(by) => {
                let written = if is_custom { &component.name } else { name };
                let Some((_, kind)) = COMPONENTS.iter().find(|(known, _)| *known == by) else {
                    continue;
                };
                // Several of Rasa's featurizers or classifiers become one of ours.
                let again = specs.iter().any(|(known, _)| known.name == by)
                    && !matches!(kind, Kind::Tokenizer(_));
                findings.push(if again {
                    problem::replaced_again(component.origin, written, by)
                } else {
                    problem::replaced(component.origin, written, by)
                });
                if again {
                    continue;
                }
                let kept = match kind {
                    Kind::Tokenizer(_) => &TOKENIZER_OPTIONS[..],
                    _ => &["alias", "featurizers"],
                };
                (standing_in(component, by, kept), *kind)
            }
            None => (component.clone(), *kind),
        };
        if let Some(mut spec) = spec(&component, kind, findings) {
            told.stand_in(&component, &mut spec, by.map(|_| name), is_heard);
            // Some of Rasa's classifiers read the text itself; ours needs features.
            let replaced = by.is_some()
                || with_diet.contains(&component.origin)
                || matches!(kind, Kind::Sklearn);
            let has_features = specs.iter().any(|(_, spec)| spec.gives_features());
            if replaced && matches!(spec, Spec::Classifier(_)) && !has_features {
                let featurizer = standing_in(&component, "TfidfFeaturizer", &[]);
                specs.push((featurizer, Spec::Tfidf(TfidfOptions::default())));
            }
            specs.push((component, spec));
        }
    }
    findings.extend(left_out(&custom, &specs));
    specs
}

/// Returns what is said of Python classes: they are left out where the pipeline still makes sense.
fn left_out(custom: &[&Component], specs: &[(Component, Spec)]) -> Vec<Diagnostic> {
    let understands = specs.iter().any(|(_, spec)| {
        matches!(
            spec,
            Spec::Classifier(_) | Spec::Keywords(_) | Spec::Crf(_) | Spec::RegexExtractor(_)
        )
    });
    let tell = |component: &&Component| {
        if understands {
            problem::custom_component(component.origin, &component.name)
        } else {
            not_known(component)
        }
    };
    custom.iter().map(tell).collect()
}

/// Returns the finding that a component is none of those that are known, or what an old one is called now.
fn not_known(component: &Component) -> Diagnostic {
    let name = short(&component.name);
    match OLD_NAMES.iter().find(|(old, _)| *old == name) {
        Some((_, now)) => problem::old_component(component.origin, name, now),
        None => problem::unknown_component(component.origin, &component.name, &names()),
    }
}

/// Tells whether any tokenizer that is known cuts messages into words.
fn cuts_words(pipeline: &[Component]) -> bool {
    pipeline.iter().any(|component| {
        let name = short(&component.name);
        name.ends_with("Tokenizer") && COMPONENTS.iter().any(|(known, _)| *known == name)
    })
}

/// Notes components that do not read the language, as Rasa does.
fn languages(pipeline: &[Component], config: &Config, findings: &mut Vec<Diagnostic>) {
    let Some(language) = config.language.as_deref() else {
        return;
    };
    for component in pipeline {
        let name = short(&component.name);
        let (reads, other) = match name {
            "WhitespaceTokenizer" => (!["zh", "ja", "th"].contains(&language), "IcuTokenizer"),
            "JiebaTokenizer" if ["ja", "th"].contains(&language) => (false, "IcuTokenizer"),
            "JiebaTokenizer" => (language == "zh", "WhitespaceTokenizer"),
            "ConveRTFeaturizer" => (language == "en", "LanguageModelFeaturizer"),
            _ => continue,
        };
        if !reads {
            findings.push(problem::wrong_language(
                component.origin,
                name,
                language,
                other,
            ));
        }
    }
}

/// Notes that the words of numbers and times are read in English alone, where another language is spoken.
fn words_of_english(pipeline: &[Component], config: &Config, findings: &mut Vec<Diagnostic>) {
    for component in pipeline {
        let option = |name: &str| component.options.get(name);
        let asks = option("url").is_some_and(|url| !url.is_null());
        let wanted = option("dimensions").and_then(|names| names.as_array());
        let has_words = |name: &serde_json::Value| {
            let name = name.as_str().unwrap_or_default();
            ["number", "amount-of-money", "time"].contains(&name)
        };
        if short(&component.name) != "DucklingEntityExtractor"
            || asks
            || wanted.is_some_and(|names| !names.iter().any(has_words))
        {
            continue;
        }
        let locale = option("locale").and_then(|locale| locale.as_str());
        let Some(language) = locale.or(config.language.as_deref()) else {
            continue;
        };
        let name = language.split(['_', '-']).next().unwrap_or_default();
        if !name.eq_ignore_ascii_case("en") {
            findings.push(problem::english_alone(component.origin, language));
        }
    }
}

/// Notes aliases under `featurizers` that no component has.
fn unknown_aliases(pipeline: &[Component], findings: &mut Vec<Diagnostic>) {
    let aliases: Vec<&str> = pipeline
        .iter()
        .filter_map(|component| component.options.get("alias")?.as_str())
        .collect();
    for component in pipeline {
        let named = component.options.get("featurizers");
        let named = named
            .and_then(|named| named.as_array())
            .into_iter()
            .flatten();
        for name in named.filter_map(|name| name.as_str()) {
            if !aliases.contains(&name) {
                let why = format!("`featurizers` names `{name}`, which is no component's `alias`");
                findings.push(problem::bad_option(component.origin, &component.name, &why));
            }
        }
    }
}

/// Tells whether a name is that of a class in a Python module of the person's own.
fn is_python_class(name: &str) -> bool {
    name.contains('.') && !name.starts_with("rasa.")
}
