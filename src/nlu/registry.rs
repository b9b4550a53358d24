//! Which components `config.yml` may name, what they stand for here, and their options.

use super::{
    classifiers,
    extractors::{BuiltinOptions, CrfOptions, DIMENSIONS, RegexParams},
    featurizers::TfidfOptions,
    problem,
};
use crate::{data::Component, diagnostic::Diagnostic};

/// What a component of `config.yml` does here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spec {
    Tokenizer,
    Tfidf(TfidfOptions),
    Classifier(classifiers::Spec),
    /// Gives its patterns to the extractors after it.
    RegexFeatures(RegexParams),
    Crf(Box<CrfOptions>),
    RegexExtractor(RegexParams),
    Builtin(BuiltinOptions),
    Synonyms,
    Fallback {
        threshold: f64,
        ambiguity_threshold: f64,
    },
}

/// Names with what they are here; Rasa's components that others stand in for name the replacement.
const COMPONENTS: &[(&str, Kind)] = &[
    ("WhitespaceTokenizer", Kind::Tokenizer),
    ("TfidfFeaturizer", Kind::Tfidf),
    ("LinearSvmClassifier", Kind::Linear),
    ("RandomForestClassifier", Kind::Forest),
    ("SvmClassifier", Kind::Kernel),
    ("CRFEntityExtractor", Kind::Crf),
    ("RegexEntityExtractor", Kind::Regex),
    ("RegexFeaturizer", Kind::RegexFeatures),
    ("EntitySynonymMapper", Kind::Synonyms),
    ("FallbackClassifier", Kind::Fallback),
    ("JiebaTokenizer", Kind::Replaced("WhitespaceTokenizer")),
    ("MitieTokenizer", Kind::Replaced("WhitespaceTokenizer")),
    ("SpacyTokenizer", Kind::Replaced("WhitespaceTokenizer")),
    ("CountVectorsFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("SpacyFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("MitieFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("LanguageModelFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("ConveRTFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("DIETClassifier", Kind::Diet),
    (
        "LogisticRegressionClassifier",
        Kind::Replaced("LinearSvmClassifier"),
    ),
    (
        "SklearnIntentClassifier",
        Kind::Replaced("LinearSvmClassifier"),
    ),
    (
        "MitieIntentClassifier",
        Kind::Replaced("LinearSvmClassifier"),
    ),
    (
        "KeywordIntentClassifier",
        Kind::Replaced("LinearSvmClassifier"),
    ),
    ("SpacyNLP", Kind::LeftOut),
    ("MitieNLP", Kind::LeftOut),
    ("LexicalSyntacticFeaturizer", Kind::Lexical),
    ("SpacyEntityExtractor", Kind::LeftOut),
    ("MitieEntityExtractor", Kind::Replaced("CRFEntityExtractor")),
    ("DucklingEntityExtractor", Kind::Builtin),
    ("ResponseSelector", Kind::LeftOut),
];

/// Intent classifiers of our own.
pub(super) const CLASSIFIERS: [&str; 3] = [
    "LinearSvmClassifier",
    "RandomForestClassifier",
    "SvmClassifier",
];

/// Returns the intent classifier of that name.
pub(super) fn classifier(name: &str) -> Option<&'static str> {
    CLASSIFIERS.into_iter().find(|known| *known == name)
}

/// Tells whether a component classifies intents, or stands for one that does.
pub(super) fn is_classifier(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or_default();
    COMPONENTS.iter().any(|(known, kind)| {
        *known == name
            && match kind {
                Kind::Linear | Kind::Forest | Kind::Kernel | Kind::Diet => true,
                Kind::Replaced(by) => CLASSIFIERS.contains(by),
                _ => false,
            }
    })
}

/// Options of what reads expressions and lookup tables.
const REGEX_OPTIONS: [&str; 4] = [
    "case_sensitive",
    "use_lookup_tables",
    "use_regexes",
    "use_word_boundaries",
];

/// Options of `FallbackClassifier`.
const FALLBACK_OPTIONS: [&str; 2] = ["threshold", "ambiguity_threshold"];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Tokenizer,
    Tfidf,
    Linear,
    Forest,
    Kernel,
    Regex,
    RegexFeatures,
    Lexical,
    Crf,
    Diet,
    Builtin,
    Synonyms,
    Fallback,
    Replaced(&'static str),
    LeftOut,
}

/// Returns the names of all components.
fn names() -> Vec<&'static str> {
    COMPONENTS.iter().map(|(name, _)| *name).collect()
}

/// Tells whether a component is Rasa's classifier that also finds entities, and is to find them.
pub(super) fn finds_entities_too(component: &Component) -> bool {
    short(&component.name) == "DIETClassifier" && is_on(component, "entity_recognition")
}

/// Returns a component's name without the path of its Python module.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

fn is_on(component: &Component, option: &str) -> bool {
    component.options.get(option) != Some(&false.into())
}

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
fn without_diet(
    pipeline: &[Component],
    marked: bool,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Component> {
    let listed = |name: &str| pipeline.iter().any(|other| short(&other.name) == name);
    let mut parts = Vec::new();
    for component in pipeline {
        if short(&component.name) != "DIETClassifier" {
            parts.push(component.clone());
            continue;
        }
        let instead = instead_of_diet(component, marked);
        findings.push(match instead.as_slice() {
            [] => problem::left_out(component.origin, "DIETClassifier"),
            both => problem::replaced(component.origin, "DIETClassifier", &both.join("` and `")),
        });
        for name in instead {
            if name == "CRFEntityExtractor" && listed(name) {
                continue;
            }
            parts.push(Component {
                name: name.to_owned(),
                origin: component.origin,
                ..Component::default()
            });
        }
    }
    parts
}

/// Turns the components of a configuration into what they are here; notes what is replaced, left out or wrong.
///
/// `marked` tells whether examples have marked entities.
pub(super) fn read(
    pipeline: &[Component],
    marked: bool,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(Component, Spec)> {
    let mut specs: Vec<(Component, Spec)> = Vec::new();
    let with_diet: Vec<_> = pipeline
        .iter()
        .filter(|component| short(&component.name) == "DIETClassifier")
        .map(|component| component.origin)
        .collect();
    let pipeline = without_diet(pipeline, marked, findings);
    for component in &pipeline {
        // Rasa also takes dotted module paths.
        let name = short(&component.name);
        let Some((_, kind)) = COMPONENTS.iter().find(|(known, _)| *known == name) else {
            findings.push(problem::unknown_component(
                component.origin,
                &component.name,
                &names(),
            ));
            continue;
        };
        let (kind, replaced) = match kind {
            Kind::LeftOut => {
                findings.push(problem::left_out(component.origin, name));
                continue;
            }
            Kind::Lexical => {
                let crf = pipeline
                    .iter()
                    .any(|other| short(&other.name) == "CRFEntityExtractor");
                if !crf {
                    findings.push(problem::left_out(component.origin, name));
                }
                continue;
            }
            Kind::Replaced(by) => (
                COMPONENTS
                    .iter()
                    .find(|(known, _)| known == by)
                    .map(|(_, kind)| *kind),
                Some(*by),
            ),
            kind => (Some(*kind), None),
        };
        let Some(kind) = kind else { continue };
        let component = match replaced {
            // Options of the replaced component mean nothing to its replacement.
            Some(by) => {
                if !matches!(kind, Kind::Tokenizer) {
                    findings.push(problem::replaced(component.origin, name, by));
                }
                Component {
                    name: by.to_owned(),
                    origin: component.origin,
                    ..Component::default()
                }
            }
            None => component.clone(),
        };
        if let Some(spec) = spec(&component, kind, findings) {
            // Some of Rasa's classifiers read the text itself; ours needs features.
            let replaced = replaced.is_some() || with_diet.contains(&component.origin);
            let has_features = specs.iter().any(|(_, spec)| matches!(spec, Spec::Tfidf(_)));
            if replaced && matches!(spec, Spec::Classifier(_)) && !has_features {
                let featurizer = Component {
                    name: "TfidfFeaturizer".to_owned(),
                    origin: component.origin,
                    ..Component::default()
                };
                specs.push((featurizer, Spec::Tfidf(TfidfOptions::default())));
            }
            // Several of Rasa's featurizers or classifiers become one of ours.
            let again = replaced && specs.iter().any(|(known, _)| known.name == component.name);
            if !again {
                specs.push((component, spec));
            }
        }
    }
    specs
}

fn spec(component: &Component, kind: Kind, findings: &mut Vec<Diagnostic>) -> Option<Spec> {
    Some(match kind {
        Kind::Tokenizer => Spec::Tokenizer,
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
        Kind::Tfidf => Spec::Tfidf(options(component, &TfidfOptions::NAMES, findings)?),
        Kind::Linear => Spec::Classifier(classifiers::Spec::Linear(options(
            component,
            &classifiers::LinearOptions::NAMES,
            findings,
        )?)),
        Kind::Forest => Spec::Classifier(classifiers::Spec::Forest(options(
            component,
            &classifiers::ForestOptions::NAMES,
            findings,
        )?)),
        Kind::Kernel => Spec::Classifier(classifiers::Spec::Kernel(options(
            component,
            &classifiers::KernelOptions::NAMES,
            findings,
        )?)),
        Kind::Regex => Spec::RegexExtractor(options(component, &REGEX_OPTIONS, findings)?),
        Kind::Fallback => {
            known(component, &FALLBACK_OPTIONS, findings);
            let mut share = |name: &str, default: f64| match component.options.get(name) {
                None => default,
                Some(value) => value
                    .as_f64()
                    .filter(|value| (0.0..=1.0).contains(value))
                    .unwrap_or_else(|| {
                        let why = format!("`{name}` must be between 0 and 1, not {value}");
                        findings.push(problem::bad_option(component.origin, &component.name, &why));
                        default
                    }),
            };
            Spec::Fallback {
                threshold: share("threshold", 0.3),
                ambiguity_threshold: share("ambiguity_threshold", 0.1),
            }
        }
        Kind::Replaced(_) | Kind::LeftOut | Kind::Lexical | Kind::Diet => return None,
    })
}

/// Reads options into their type; what does not fit is noted.
fn options<T: serde::de::DeserializeOwned>(
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
    match serde_json::from_value(serde_json::Value::Object(chosen)) {
        Ok(options) => Some(options),
        Err(error) => {
            findings.push(problem::bad_option(
                component.origin,
                &component.name,
                &error.to_string(),
            ));
            None
        }
    }
}

/// Notes options that the component does not have.
fn known(component: &Component, names: &[&str], findings: &mut Vec<Diagnostic>) {
    for option in component
        .options
        .keys()
        .filter(|option| !names.contains(&option.as_str()))
    {
        findings.push(problem::unknown_option(
            component.origin,
            &component.name,
            option,
            names,
        ));
    }
}
