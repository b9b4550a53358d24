//! Which components `config.yml` may name, what they stand for here, and their options.

mod lexical;
pub(super) mod network;

use super::{
    classifiers::{
        self, KernelOptions, KeywordOptions, LinearOptions, Listed, LogisticOptions, SklearnOptions,
    },
    extractors::{BuiltinOptions, CrfOptions, DIMENSIONS, RegexParams},
    featurizers::{CountOptions, EmbeddingOptions, TfidfOptions},
    pipeline::FallbackOptions,
    problem,
    selector::SelectorOptions,
    tokenizer::{Tokenizer, TokenizerOptions, Words},
};
use crate::{
    data::{Component, Config},
    diagnostic::Diagnostic,
};

/// What a component of `config.yml` does here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spec {
    Tokenizer(Words, TokenizerOptions),
    Tfidf(TfidfOptions),
    Counts(Box<CountOptions>),
    Embedding(EmbeddingOptions),
    Keywords(KeywordOptions),
    Selector(SelectorOptions),
    Classifier(classifiers::Spec),
    /// Gives a feature for each pattern, and its patterns to the extractors after it.
    RegexFeatures(RegexParams),
    Crf(Box<CrfOptions>),
    RegexExtractor(RegexParams),
    Builtin(BuiltinOptions),
    Synonyms,
    Fallback(FallbackOptions),
}

/// Names with what they are here; Rasa's components that others stand in for name the replacement.
const COMPONENTS: &[(&str, Kind)] = &[
    ("WhitespaceTokenizer", Kind::Tokenizer(Words::Whitespace)),
    ("IcuTokenizer", Kind::Tokenizer(Words::Dictionary)),
    ("TfidfFeaturizer", Kind::Tfidf),
    ("EmbeddingFeaturizer", Kind::Embedding),
    ("LinearSvmClassifier", Kind::Linear),
    ("RandomForestClassifier", Kind::Forest),
    ("SvmClassifier", Kind::Kernel),
    ("MlpClassifier", Kind::Mlp),
    ("CRFEntityExtractor", Kind::Crf),
    ("RegexEntityExtractor", Kind::Regex),
    ("RegexFeaturizer", Kind::RegexFeatures),
    ("EntitySynonymMapper", Kind::Synonyms),
    ("FallbackClassifier", Kind::Fallback),
    ("JiebaTokenizer", Kind::Replaced("IcuTokenizer")),
    ("MitieTokenizer", Kind::OfLanguage),
    ("SpacyTokenizer", Kind::OfLanguage),
    ("CountVectorsFeaturizer", Kind::Counts),
    ("SpacyFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("MitieFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("LanguageModelFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("ConveRTFeaturizer", Kind::Replaced("TfidfFeaturizer")),
    ("DIETClassifier", Kind::Diet),
    ("LogisticRegressionClassifier", Kind::Logistic),
    ("SklearnIntentClassifier", Kind::Sklearn),
    (
        "MitieIntentClassifier",
        Kind::Replaced("LinearSvmClassifier"),
    ),
    ("KeywordIntentClassifier", Kind::Keyword),
    ("SpacyNLP", Kind::LeftOut),
    ("MitieNLP", Kind::LeftOut),
    ("LexicalSyntacticFeaturizer", Kind::Lexical),
    ("SpacyEntityExtractor", Kind::LeftOut),
    ("MitieEntityExtractor", Kind::Replaced("CRFEntityExtractor")),
    ("DucklingEntityExtractor", Kind::Builtin),
    ("ResponseSelector", Kind::Selector),
];

/// Intent classifiers of our own.
pub(super) const CLASSIFIERS: [&str; 4] = [
    "LinearSvmClassifier",
    "RandomForestClassifier",
    "SvmClassifier",
    "MlpClassifier",
];

/// Intent classifiers of Rasa that are here as they are there.
const RASAS: [&str; 2] = ["LogisticRegressionClassifier", "SklearnIntentClassifier"];

/// Returns the names of the classifiers that may stand in the place of the configured one.
pub(super) fn classifiers() -> impl Iterator<Item = &'static str> {
    CLASSIFIERS.into_iter().chain(RASAS)
}

/// Returns the intent classifier of that name.
pub(super) fn classifier(name: &str) -> Option<&'static str> {
    classifiers().find(|known| *known == name)
}

/// Tells whether a component classifies intents, or stands for one that does.
pub(super) fn is_classifier(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or_default();
    COMPONENTS.iter().any(|(known, kind)| {
        *known == name
            && match kind {
                Kind::Linear
                | Kind::Forest
                | Kind::Kernel
                | Kind::Mlp
                | Kind::Logistic
                | Kind::Sklearn
                | Kind::Keyword
                | Kind::Diet => true,
                Kind::Replaced(by) => CLASSIFIERS.contains(by),
                _ => false,
            }
    })
}

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

/// Options of what reads expressions and lookup tables.
const REGEX_OPTIONS: [&str; 4] = [
    "case_sensitive",
    "use_lookup_tables",
    "use_regexes",
    "use_word_boundaries",
];

/// Options of `FallbackClassifier`.
const FALLBACK_OPTIONS: [&str; 3] = ["threshold", "ambiguity_threshold", "scope_threshold"];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Tokenizer(Words),
    /// Another's tokenizer, replaced by what fits the language.
    OfLanguage,
    Tfidf,
    Embedding,
    Linear,
    Forest,
    Kernel,
    Mlp,
    Counts,
    Logistic,
    Sklearn,
    Keyword,
    Selector,
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
pub(super) fn names() -> Vec<&'static str> {
    COMPONENTS.iter().map(|(name, _)| *name).collect()
}

/// Tells whether a component is Rasa's classifier that also finds entities, and is to find them.
pub(super) fn finds_entities_too(component: &Component) -> bool {
    short(&component.name) == "DIETClassifier" && is_on(component, "entity_recognition")
}

/// Returns a component's name without the path of its Python module.
pub(super) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// Returns the name under which other components may choose a featurizer.
pub(super) fn alias(component: &Component) -> &str {
    let alias = component
        .options
        .get("alias")
        .and_then(|alias| alias.as_str());
    alias.unwrap_or_default()
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
            findings.push(problem::no_marked_entities(at, "DIETClassifier"));
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
fn standing_in(component: &Component, name: &str, kept: &[&str]) -> Component {
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

/// Turns the components of a configuration into what they are here; notes what is replaced, left out or wrong.
///
/// `marked` tells whether examples have marked entities.
pub(super) fn read(
    pipeline: &[Component],
    config: &Config,
    marked: bool,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(Component, Spec)> {
    let mut specs: Vec<(Component, Spec)> = Vec::new();
    languages(pipeline, config, findings);
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
    let understands = specs.iter().any(|(_, spec)| {
        matches!(
            spec,
            Spec::Classifier(_) | Spec::Keywords(_) | Spec::Crf(_) | Spec::RegexExtractor(_)
        )
    });
    for component in custom {
        findings.push(if understands {
            problem::custom_component(component.origin, &component.name)
        } else {
            not_known(component)
        });
    }
    specs
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

impl Spec {
    /// Tells whether it makes rows that classifiers learn from.
    pub(super) fn gives_features(&self) -> bool {
        matches!(self, Self::Tfidf(_) | Self::Counts(_) | Self::Embedding(_))
    }
}

/// Tells whether a name is that of a class in a Python module of the person's own.
fn is_python_class(name: &str) -> bool {
    name.contains('.') && !name.starts_with("rasa.")
}

fn spec(component: &Component, kind: Kind, findings: &mut Vec<Diagnostic>) -> Option<Spec> {
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
pub(super) fn listed(component: &Component, findings: &mut Vec<Diagnostic>) -> Option<Listed> {
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

/// Reads options into their type; each that does not fit is noted.
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
fn known(component: &Component, names: &[&str], findings: &mut Vec<Diagnostic>) {
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
fn accepted(name: &str) -> Option<&'static [&'static str]> {
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

/// Options of tokenizers.
const TOKENIZER_OPTIONS: [&str; 4] = [
    "intent_tokenization_flag",
    "intent_split_symbol",
    "token_pattern",
    "prefix_separator_symbol",
];

/// Options of the networks that Rasa trains.
const NETWORK_OPTIONS: [&str; 49] = [
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

/// A component as its page of the manual tells of it.
#[cfg(test)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) does: String,
    pub(super) needs: &'static str,
    pub(super) gives: &'static str,
    /// Names with defaults.
    pub(super) options: Vec<(String, String)>,
}

/// Returns all components in the order of the table.
#[cfg(test)]
pub(super) fn rows() -> Vec<Row> {
    COMPONENTS
        .iter()
        .map(|(name, kind)| {
            let (does, needs, gives) = about(*kind);
            let does = match kind {
                Kind::Replaced(by) => format!("{does} `{by}`."),
                _ => does.to_owned(),
            };
            Row {
                name,
                does,
                needs,
                gives,
                options: defaults(name, *kind),
            }
        })
        .collect()
}

/// Returns what a component does, what it needs before it, and what it gives.
#[cfg(test)]
fn about(kind: Kind) -> (&'static str, &'static str, &'static str) {
    const FEATURES: (&str, &str) = ("nothing", "features");
    const INTENT: (&str, &str) = ("a featurizer", "the intent and its ranking");
    const ENTITIES: (&str, &str) = ("nothing", "entities");
    let (does, (needs, gives)) = match kind {
        Kind::Tokenizer(Words::Whitespace) => (
            "Cuts a message into words exactly as Rasa does. Options that cut the names of intents change nothing.",
            ("nothing", "tokens"),
        ),
        Kind::Tokenizer(Words::Dictionary) => (
            "Cuts a message into the words of a dictionary where the script has no blanks between them (Chinese, Japanese, Thai, Lao, Khmer, Burmese), else as `WhitespaceTokenizer`.",
            ("nothing", "tokens"),
        ),
        Kind::OfLanguage => (
            "Replaced by `WhitespaceTokenizer`, or by `IcuTokenizer` where the language has no blanks between words; `token_pattern` is kept.",
            ("nothing", "tokens"),
        ),
        Kind::Tfidf => (
            "Weighs n-grams of words and of characters within words, side by side.",
            FEATURES,
        ),
        Kind::Embedding => (
            "Adds the vector of the whole message by a sentence embedding, a folder on this machine: see [embeddings.md](embeddings.md). `path` must be given; needs a build with `--features embed`.",
            FEATURES,
        ),
        Kind::Counts => (
            "Counts n-grams of words or characters as Rasa does. What stands in for `DIETClassifier` reads a `TfidfFeaturizer` instead; where options say what to count, these counts, weighed as there.",
            ("a tokenizer", "features"),
        ),
        Kind::Linear => (
            "Linear support vector machines, the default: learns in a second or two and explains every decision. Up to 20 examples an intent, in the mean, softmax regression finds the planes, each by what it has in common with others (`loss: auto`, unless `C` is given; otherwise `squared_hinge` or `softmax`). `C` is 0.5 for machines and 30 for softmax where none is given.",
            INTENT,
        ),
        Kind::Forest => ("Random forest: the votes of many trees.", INTENT),
        Kind::Kernel => (
            "Support vector machines with a linear, RBF (`rbf`) or polynomial (`poly`) kernel.",
            INTENT,
        ),
        Kind::Mlp => (
            "The mean of a few small neural networks: the most accurate, and takes seconds to learn.",
            INTENT,
        ),
        Kind::Logistic => (
            "Softmax regression with Rasa's own probabilities; `solver` and `random_state` change nothing.",
            INTENT,
        ),
        Kind::Sklearn => (
            "Support vector machines: tries every `C`, `gamma` and kernel by stratified cross-validation, keeps the best by `scoring_function` (`f1_weighted`, `f1_macro` or `accuracy`), and gives probabilities by a calibrated softmax where scikit-learn takes Platt's. Machines are one against the rest; kernels that are not linear are for a few thousand examples. A single intent is not learnt.",
            INTENT,
        ),
        Kind::Keyword => (
            "Finds examples as whole words in a message; the first example that matches decides.",
            ("nothing", "the intent"),
        ),
        Kind::Selector => (
            "Tells which answer of a retrieval intent is asked for. Options of Rasa's network are accepted and not used.",
            ("a featurizer", "`response_selector`"),
        ),
        Kind::Regex => ("Finds entities by expressions and word lists.", ENTITIES),
        Kind::RegexFeatures => (
            "Tells of each expression and lookup table whether it matches, and gives them to the `CRFEntityExtractor` after it.",
            ("a tokenizer", "features of messages and of entities"),
        ),
        Kind::Lexical => (
            "What its option `features` names is told to the extractor that stands in for `DIETClassifier`, beside its own features, which already say more than the default ones; nobody else reads it. `pos` and `pos2` need a language model and are left out.",
            ("a tokenizer", "features of entities"),
        ),
        Kind::Crf => (
            "Learns entities by a conditional random field; options without a default choose the best known. Pairs of neighbouring labels that no example has share one weight, where crfsuite gives each its own.",
            ("a tokenizer", "entities"),
        ),
        Kind::Diet => (
            "Replaced by `LinearSvmClassifier` and, where examples mark entities, `CRFEntityExtractor`. Options of Rasa's network are accepted and not used.",
            ("nothing", "the intent and its ranking, entities"),
        ),
        Kind::Builtin => (
            "Finds numbers, amounts, addresses, dates and times by itself, without a server.",
            ENTITIES,
        ),
        Kind::Synonyms => (
            "Gives entities the value that their spelling stands for.",
            ("an extractor", "values of entities"),
        ),
        Kind::Fallback => (
            "Puts `nlu_fallback` first where the best intent is unsure or hardly leads; with `scope_threshold` also where no more than this share of known messages look as strange, which `in_scope` of a parse tells, its last key and one that Rasa does not have.",
            ("an intent classifier", "the intent"),
        ),
        Kind::Replaced(_) => ("Replaced by", ("nothing", "what its replacement gives")),
        Kind::LeftOut => (
            "Left out: nothing here does its work.",
            ("nothing", "nothing"),
        ),
    };
    (does, needs, gives)
}

/// Returns the options of a component with their defaults.
#[cfg(test)]
fn defaults(name: &str, kind: Kind) -> Vec<(String, String)> {
    // What a short number is stored as is not what anybody would write; one that is no count keeps its point.
    fn written(value: &serde_json::Value) -> String {
        match (value.as_f64(), value.as_array()) {
            (Some(number), _) if !value.is_u64() => format!("{:?}", number as f32),
            (_, Some(items)) => {
                let items: Vec<String> = items.iter().map(written).collect();
                format!("[{}]", items.join(","))
            }
            _ => value.to_string(),
        }
    }
    fn of<T: Default + serde::Serialize>(names: &[&str]) -> Vec<(String, String)> {
        let all = serde_json::to_value(T::default()).unwrap_or_default();
        let default = |name: &str| match all.get(name) {
            None | Some(serde_json::Value::Null) => "none".to_owned(),
            Some(value) => format!("`{}`", written(value)),
        };
        names
            .iter()
            .map(|name| ((*name).to_owned(), default(name)))
            .collect()
    }
    match kind {
        Kind::Tfidf => of::<TfidfOptions>(&TfidfOptions::NAMES),
        Kind::Counts => of::<CountOptions>(&CountOptions::NAMES),
        Kind::Embedding => of::<EmbeddingOptions>(&EmbeddingOptions::NAMES),
        Kind::Linear => of::<LinearOptions>(&LinearOptions::NAMES),
        Kind::Forest => of::<classifiers::ForestOptions>(&classifiers::ForestOptions::NAMES),
        Kind::Kernel => of::<KernelOptions>(&KernelOptions::NAMES),
        Kind::Mlp => of::<classifiers::MlpOptions>(&classifiers::MlpOptions::NAMES),
        Kind::Logistic => of::<LogisticOptions>(&LogisticOptions::NAMES),
        Kind::Sklearn => of::<SklearnOptions>(&SklearnOptions::NAMES),
        Kind::Keyword => of::<KeywordOptions>(&KeywordOptions::NAMES),
        Kind::Selector => of::<SelectorOptions>(&[
            "retrieval_intent",
            "ranking_length",
            "renormalize_confidences",
        ]),
        Kind::Regex => of::<RegexParams>(&REGEX_OPTIONS),
        Kind::RegexFeatures => {
            let mut options = of::<RegexParams>(&REGEX_OPTIONS);
            if let Some((_, default)) = options.first_mut() {
                "`true`".clone_into(default);
            }
            options
        }
        Kind::Builtin => of::<BuiltinOptions>(&BuiltinOptions::NAMES),
        Kind::Crf => CrfOptions::NAMES
            .iter()
            .map(|name| ((*name).to_owned(), "none".to_owned()))
            .collect(),
        Kind::Fallback => vec![
            ("threshold".to_owned(), "`0.3`".to_owned()),
            ("ambiguity_threshold".to_owned(), "`0.1`".to_owned()),
            ("scope_threshold".to_owned(), "none".to_owned()),
        ],
        Kind::Tokenizer(_) => TOKENIZER_OPTIONS
            .iter()
            .map(|name| match *name {
                "token_pattern" => ((*name).to_owned(), "none".to_owned()),
                _ => ((*name).to_owned(), "accepted, not used".to_owned()),
            })
            .collect(),
        Kind::Lexical => vec![("features".to_owned(), "none".to_owned())],
        Kind::OfLanguage | Kind::Replaced(_) | Kind::LeftOut => accepted(name)
            .unwrap_or_default()
            .iter()
            .map(|name| match *name {
                "token_pattern" => ((*name).to_owned(), "none".to_owned()),
                _ => ((*name).to_owned(), "accepted, not used".to_owned()),
            })
            .collect(),
        Kind::Diet | Kind::Synonyms => Vec::new(),
    }
}
