//! Which components `config.yml` may name, what they stand for here, and their options.

use super::{
    classifiers::{
        self, KernelName, KernelOptions, KeywordOptions, LinearOptions, LogisticOptions,
    },
    extractors::{BuiltinOptions, CrfOptions, DIMENSIONS, RegexParams},
    featurizers::{CountOptions, EmbeddingOptions, TfidfOptions},
    pipeline::FallbackOptions,
    problem,
    selector::SelectorOptions,
};
use crate::{data::Component, diagnostic::Diagnostic};

/// What a component of `config.yml` does here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spec {
    Tokenizer,
    Tfidf(TfidfOptions),
    Counts(Box<CountOptions>),
    Embedding(EmbeddingOptions),
    Keywords(KeywordOptions),
    Selector(SelectorOptions),
    Classifier(classifiers::Spec),
    /// Gives its patterns to the extractors after it.
    RegexFeatures(RegexParams),
    Crf(Box<CrfOptions>),
    RegexExtractor(RegexParams),
    Builtin(BuiltinOptions),
    Synonyms,
    Fallback(FallbackOptions),
}

/// Names with what they are here; Rasa's components that others stand in for name the replacement.
const COMPONENTS: &[(&str, Kind)] = &[
    ("WhitespaceTokenizer", Kind::Tokenizer),
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
    ("JiebaTokenizer", Kind::Replaced("WhitespaceTokenizer")),
    ("MitieTokenizer", Kind::Replaced("WhitespaceTokenizer")),
    ("SpacyTokenizer", Kind::Replaced("WhitespaceTokenizer")),
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
    Tokenizer,
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
        known(component, &NETWORK_OPTIONS, findings);
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
    let mut custom = Vec::new();
    for component in &pipeline {
        // Rasa also takes dotted module paths.
        let name = short(&component.name);
        let Some((_, kind)) = COMPONENTS.iter().find(|(known, _)| *known == name) else {
            if is_python_class(&component.name) {
                custom.push(component);
            } else {
                findings.push(problem::unknown_component(
                    component.origin,
                    &component.name,
                    &names(),
                ));
            }
            continue;
        };
        if let Some(accepted) = accepted(name) {
            known(component, accepted, findings);
        }
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
            // What stands in for the network is best on these.
            Kind::Counts if !with_diet.is_empty() => {
                spec(component, Kind::Counts, findings);
                (Some(Kind::Tfidf), Some("TfidfFeaturizer"))
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
            let replaced = replaced.is_some()
                || with_diet.contains(&component.origin)
                || matches!(kind, Kind::Sklearn);
            let has_features = specs.iter().any(|(_, spec)| spec.gives_features());
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
            problem::unknown_component(component.origin, &component.name, &names())
        });
    }
    specs
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
        Kind::Tfidf => {
            let options: TfidfOptions = options(component, &TfidfOptions::NAMES, findings)?;
            sound(component, options.problem(), findings)?;
            Spec::Tfidf(options)
        }
        Kind::Counts => {
            let options: CountOptions = options(component, &CountOptions::NAMES, findings)?;
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
        Kind::Selector => {
            let mut names = NETWORK_OPTIONS.to_vec();
            names.push("retrieval_intent");
            Spec::Selector(options(component, &names, findings)?)
        }
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

/// Returns a classifier with its options, checked.
fn classifier_spec(
    component: &Component,
    kind: Kind,
    findings: &mut Vec<Diagnostic>,
) -> Option<classifiers::Spec> {
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
        Kind::Sklearn => instead_of_sklearn(component, findings)?,
        _ => return None,
    };
    sound(component, spec.problem(), findings)?;
    Some(spec)
}

/// Returns what stands in for Rasa's machine of scikit-learn: the linear one, or the kernel that alone is listed.
fn instead_of_sklearn(
    component: &Component,
    findings: &mut Vec<Diagnostic>,
) -> Option<classifiers::Spec> {
    let options: SklearnOptions = options(component, &SklearnOptions::NAMES, findings)?;
    let (spec, name) = match options.kernels.as_slice() {
        [kernel @ (KernelName::Rbf | KernelName::Poly)] => {
            let default = KernelOptions::default();
            let machine = KernelOptions {
                kernel: *kernel,
                c: options.c.first().copied().unwrap_or(default.c),
                gamma: options.gamma.first().copied().unwrap_or(default.gamma),
                ..default
            };
            (classifiers::Spec::Kernel(machine), "SvmClassifier")
        }
        _ => (
            classifiers::Spec::Linear(LinearOptions::default()),
            "LinearSvmClassifier",
        ),
    };
    findings.push(problem::replaced(
        component.origin,
        "SklearnIntentClassifier",
        name,
    ));
    Some(spec)
}

/// Options of `SklearnIntentClassifier`: of what Rasa tries, the first counts.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct SklearnOptions {
    #[serde(rename = "C")]
    c: Vec<f32>,
    gamma: Vec<f32>,
    kernels: Vec<KernelName>,
    max_cross_validation_folds: usize,
    scoring_function: String,
    num_threads: usize,
}

impl Default for SklearnOptions {
    fn default() -> Self {
        Self {
            c: vec![1.0, 2.0, 5.0, 10.0, 20.0, 100.0],
            gamma: vec![0.1],
            kernels: vec![KernelName::Linear],
            max_cross_validation_folds: 5,
            scoring_function: "f1_weighted".to_owned(),
            num_threads: 1,
        }
    }
}

impl SklearnOptions {
    const NAMES: [&'static str; 6] = [
        "C",
        "gamma",
        "kernels",
        "max_cross_validation_folds",
        "scoring_function",
        "num_threads",
    ];
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
        &["featurizers"]
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
        "WhitespaceTokenizer" | "MitieTokenizer" | "SpacyTokenizer" => &TOKENIZER_OPTIONS,
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
        Kind::Tokenizer => (
            "Cuts a message into words exactly as Rasa does.",
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
            "Counts n-grams of words or characters as Rasa does. Beside `DIETClassifier` it is replaced by `TfidfFeaturizer`.",
            FEATURES,
        ),
        Kind::Linear => (
            "Linear support vector machines, the default: learns in a second and explains every decision. Up to 20 examples an intent, in the mean, softmax regression finds the planes (`loss: auto`, unless `C` is given; otherwise `squared_hinge` or `softmax`). `C` is 0.5 for machines and 30 for softmax where none is given.",
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
            "Replaced by `LinearSvmClassifier`, or by `SvmClassifier` where `kernels` lists another kernel alone.",
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
            "Gives its expressions to the `CRFEntityExtractor` after it.",
            ("nothing", "features of entities"),
        ),
        Kind::Lexical => (
            "Left out: `CRFEntityExtractor` makes these features itself.",
            ("nothing", "nothing"),
        ),
        Kind::Crf => (
            "Learns entities by a conditional random field; options without a default choose the best known.",
            ENTITIES,
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
            "Puts `nlu_fallback` first where the best intent is unsure or hardly leads; with `scope_threshold` also where no more than this share of known messages look as strange, which `in_scope` of a parse tells.",
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
    fn of<T: Default + serde::Serialize>(names: &[&str]) -> Vec<(String, String)> {
        let all = serde_json::to_value(T::default()).unwrap_or_default();
        let default = |name: &str| match all.get(name) {
            None | Some(serde_json::Value::Null) => "none".to_owned(),
            // What a short number is stored as is not what anybody would write.
            Some(value) => match value.as_f64() {
                Some(number) if !value.is_u64() => format!("`{}`", number as f32),
                _ => format!("`{value}`"),
            },
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
        Kind::Selector => of::<SelectorOptions>(&["retrieval_intent"]),
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
        Kind::Tokenizer | Kind::Lexical | Kind::Replaced(_) | Kind::LeftOut => accepted(name)
            .unwrap_or_default()
            .iter()
            .map(|name| ((*name).to_owned(), "accepted, not used".to_owned()))
            .collect(),
        Kind::Diet | Kind::Synonyms => Vec::new(),
    }
}
