//! Which components `config.yml` may name, and what they stand for here.

mod diet;
mod lexical;
#[cfg(test)]
mod manual;
pub(super) mod network;
mod options;
mod read;
mod specs;

#[cfg(test)]
pub(super) use self::manual::{Row, rows};
pub(super) use self::{read::read, specs::listed};
use super::{
    classifiers::{self, KeywordOptions},
    extractors::{BuiltinOptions, CrfOptions, RegexParams},
    featurizers::{CountOptions, EmbeddingOptions, TfidfOptions},
    pipeline::FallbackOptions,
    selector::SelectorOptions,
    tokenizer::{TokenizerOptions, Words},
};
use crate::data::Component;

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

impl Spec {
    /// Tells whether it makes rows that classifiers learn from.
    pub(super) fn gives_features(&self) -> bool {
        matches!(self, Self::Tfidf(_) | Self::Counts(_) | Self::Embedding(_))
    }
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
