//! The words for mistakes in pipelines and training data.

use crate::diagnostic::{Diagnostic, Origin, Severity, count, did_you_mean};

/// An expression does not compile: an error where a component needs it.
pub(super) fn bad_regex(at: Origin, why: &str, is_used: bool) -> Diagnostic {
    let severity = if is_used {
        Severity::Error
    } else {
        Severity::Warning
    };
    Diagnostic::new(severity, "nlu::bad-regex", "this is no regular expression")
        .label(at, why.lines().last().unwrap_or_default().trim())
        .help(
            "close every bracket, and write `\\` before a special character that stands for itself",
        )
}

pub(super) fn unknown_component(at: Origin, name: &str, known: &[&str]) -> Diagnostic {
    let is_class = name.contains('.') && !name.starts_with("rasa.");
    let help = match did_you_mean(name, known.iter().copied()) {
        _ if is_class => {
            "a Python class cannot run here; remove it, or name one of bot's components".into()
        }
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    Diagnostic::error(
        "config::unknown-component",
        format!("there is no component `{name}`"),
    )
    .label(at, "")
    .help(help)
}

pub(super) fn replaced(at: Origin, name: &str, by: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::component-replaced",
        format!("`{name}` is replaced by `{by}`"),
    )
    .label(at, "")
    .help(match name {
        "LanguageModelFeaturizer" | "ConveRTFeaturizer" => format!(
            "write `{by}` to choose its options; `EmbeddingFeaturizer` beside it reads a sentence embedding from a folder"
        ),
        _ => format!("write `{by}` to choose its options"),
    })
}

/// Counts keep their options and get other weights.
pub(super) fn weighed(at: Origin) -> Diagnostic {
    Diagnostic::advice(
        "config::component-replaced",
        "the counts of `CountVectorsFeaturizer` are weighed as by `TfidfFeaturizer` for what replaces `DIETClassifier`",
    )
    .label(at, "")
    .help("its options are kept; write `TfidfFeaturizer` and `LinearSvmClassifier` to choose yourself")
}

/// A name that Rasa no longer uses.
pub(super) fn old_component(at: Origin, name: &str, now: &str) -> Diagnostic {
    Diagnostic::error(
        "config::unknown-component",
        format!("`{name}` is a name of Rasa 1 or 2"),
    )
    .label(at, "")
    .help(format!("write `{now}`, which does its work in Rasa 3"))
}

pub(super) fn left_out(at: Origin, name: &str) -> Diagnostic {
    let (why, help) = match name {
        "SpacyEntityExtractor" | "MitieEntityExtractor" => (
            "it needs a language model, which nothing here loads, and what it would find is found by nobody",
            "mark its entities in examples, or list their names in a lookup table, and remove it",
        ),
        _ => ("nothing here needs it", "remove it to silence this"),
    };
    Diagnostic::advice(
        "config::component-left-out",
        format!("`{name}` is left out: {why}"),
    )
    .label(at, "left out")
    .help(help)
}

/// A slot is filled from an entity that only a component which is left out would find.
pub(super) fn found_by_nobody(at: Origin, entity: &str, slot: &str, by: Origin) -> Diagnostic {
    Diagnostic::warning(
        "nlu::found-by-nobody",
        format!("nobody finds the entity `{entity}`, from which the slot `{slot}` is filled"),
    )
    .label(at, "never found")
    .label(by, "left out: it needs a language model, which nothing here loads")
    .help(format!(
        "mark `{entity}` in examples for `CRFEntityExtractor`, or list its names in a lookup table for `RegexEntityExtractor`"
    ))
}

pub(super) fn bad_option(at: Origin, component: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "config::bad-option",
        format!("an option of `{component}` cannot be used: {why}"),
    )
    .label(at, "")
    .help("correct the option, or remove its line to use the default")
}

pub(super) fn unknown_option(
    at: Origin,
    component: &str,
    option: &str,
    known: &[&str],
) -> Diagnostic {
    let help = match did_you_mean(option, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if known.is_empty() => "it has none; remove the line".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    };
    Diagnostic::warning(
        "config::unknown-option",
        format!("`{component}` has no option `{option}`: it is not used"),
    )
    .label(at, "")
    .help(help)
}

/// Nobody reads the features of `LexicalSyntacticFeaturizer`.
pub(super) fn lexical_left_out(at: Origin) -> Diagnostic {
    Diagnostic::advice(
        "config::component-left-out",
        "`LexicalSyntacticFeaturizer` is left out: only the entities that `DIETClassifier` finds are learnt from it",
    )
    .label(at, "left out")
    .help("remove it to silence this")
}

pub(super) fn features_left_out(at: Origin, component: &str, names: &[String]) -> Diagnostic {
    Diagnostic::advice(
        "config::features-left-out",
        format!(
            "features of `{component}` are left out: {}",
            names.join(", ")
        ),
    )
    .label(at, "")
    .help("they need a language model, which nothing here loads; without `features` the best ones known are used")
}

pub(super) fn dimensions_left_out(at: Origin, missing: &[&str], known: &[&str]) -> Diagnostic {
    Diagnostic::advice(
        "config::dimensions-left-out",
        format!(
            "dimensions of `DucklingEntityExtractor` are left out: {}",
            missing.join(", ")
        ),
    )
    .label(at, "")
    .help(format!("found without a server: {}", known.join(", ")))
}

/// The words of what finds numbers and times without a server are English.
pub(super) fn english_alone(at: Origin, language: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::dimensions-left-out",
        format!(
            "`DucklingEntityExtractor` knows the words of English, not of `{language}`: of numbers, amounts and times it finds those in digits"
        ),
    )
    .label(at, "")
    .help("ask a server of Duckling: give its address as `url`")
}

/// Returns the finding that something needs sentence embeddings, which this `bot` was built without.
pub fn not_built(what: &str) -> Diagnostic {
    Diagnostic::error(
        "embed::not-built",
        format!("{what} needs sentence embeddings, which this `bot` was built without"),
    )
    .help("build it with them: `cargo install --path . --features embed`")
}

pub(super) fn forest_and_embedding(at: Origin) -> Diagnostic {
    Diagnostic::advice(
        "config::embedding-not-used",
        "`RandomForestClassifier` does not use the sentence embedding: it asks which features are there, and of an embedding all are",
    )
    .label(at, "")
    .help("use `LinearSvmClassifier` or `MlpClassifier`, or remove `EmbeddingFeaturizer`")
}

pub(super) fn needs(at: Origin, component: &str, needed: &str) -> Diagnostic {
    Diagnostic::error(
        "config::component-needs",
        format!("`{component}` needs {needed} before it in the pipeline"),
    )
    .label(at, "")
    .help(format!("put {needed} above it"))
}

/// There is nothing to understand messages by; nothing to learn at all where there are no stories either.
pub(super) fn no_examples(at: Origin, is_all: bool) -> Diagnostic {
    let (severity, what) = if is_all {
        (
            Severity::Error,
            "there are no examples to learn intents from",
        )
    } else {
        (
            Severity::Warning,
            "there are no examples: only the dialogue is learnt, and messages must be payloads such as `/greet`",
        )
    };
    Diagnostic::new(severity, "nlu::nothing-to-learn", what)
        .label(at, "")
        .help(
            "add examples under `nlu:` in data/nlu.yml, or `bot convert data.csv` a table of them",
        )
}

pub(super) fn one_intent(at: Origin, intent: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::one-intent",
        format!("all examples have the intent `{intent}`: no message can get another"),
    )
    .label(at, "")
    .help("add examples of a second intent")
}

pub(super) fn one_intent_alone(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::one-intent",
        format!(
            "all examples have one intent: `{name}` is not trained, and no message gets an intent"
        ),
    )
    .label(at, "")
    .help("add examples of a second intent")
}

pub(super) fn too_many_for_kernel(at: Origin, rows: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "config::too-many-examples",
        format!(
            "support vector machines with this kernel would take minutes on {}",
            count(rows, "example")
        ),
    )
    .label(at, format!("up to {} it is quick", count(most, "example")))
    .help("use `LinearSvmClassifier`, or `kernel: linear`")
}

pub(super) fn kernels_left_out(at: Origin, name: &str, kernels: &[&str]) -> Diagnostic {
    Diagnostic::advice(
        "config::option-not-used",
        format!("kernels of `{name}` are not tried: {}", kernels.join(", ")),
    )
    .label(at, "")
    .help("known here: linear, rbf, poly; a linear one is learnt where no other is listed")
}

/// Kernels that are not linear compare every example with every other.
pub(super) fn kernels_too_slow(
    at: Origin,
    name: &str,
    kernels: &[String],
    rows: usize,
    most: usize,
) -> Diagnostic {
    Diagnostic::advice(
        "config::option-not-used",
        format!(
            "`{name}` learns a linear kernel in the place of {}, which would take minutes on {}",
            kernels.join(", "),
            count(rows, "example")
        ),
    )
    .label(at, format!("up to {} they are tried", count(most, "example")))
    .help("write `kernels: [linear]` to silence this; on as many words as messages have, other kernels are hardly better")
}

/// Says what an option must be; `why` is what the reader of its type said.
pub(super) fn not_an_option(name: &str, value: &serde_json::Value, why: &str) -> String {
    let expected = why.split_once("expected ").map(|(_, rest)| rest);
    let must_be = match expected {
        Some(kinds) if why.starts_with("unknown variant") => {
            kinds.strip_prefix("one of ").unwrap_or(kinds)
        }
        Some("f32" | "f64") => "a number",
        Some("a boolean") => "`true` or `false`",
        Some("a string") => "text",
        Some("a sequence") => "a list",
        Some("a map") => "a mapping",
        Some("i32" | "i64") => "a whole number",
        Some(kind) if kind.starts_with(['u', 'i']) => "a whole number of 0 or more",
        _ => return format!("`{name}` cannot be {value}"),
    };
    format!("`{name}` must be {must_be}, not {value}")
}

/// A component of the person's own, without which the rest still works.
pub(super) fn custom_component(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "config::custom-component",
        format!("`{name}` is left out: a Python class cannot run here"),
    )
    .label(at, "left out")
    .help("remove it, or name one of bot's components, which docs/components.md lists")
}

pub(super) fn keyword_twice(at: Origin, keyword: &str, one: &str, other: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::ambiguous-keyword",
        format!("`{keyword}` is a keyword of `{one}` and of `{other}`: it stands for neither"),
    )
    .label(at, "")
    .help("leave it with one intent")
}

pub(super) fn keyword_within(at: Origin, keyword: &str, longer: &str, of: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::ambiguous-keyword",
        format!("the keyword `{keyword}` stands in `{longer}` of `{of}`: it is left out"),
    )
    .label(at, "")
    .help("use another word, or remove one of both")
}

/// An answer can be chosen, and has no words.
pub(super) fn no_answer(at: Origin, key: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::no-answer",
        format!("the answer `{key}` has no words: a parse gives its name in their place"),
    )
    .label(at, "the first message that asks for it")
    .help(format!("add `utter_{key}:` under `responses:`"))
}

pub(super) fn nothing_to_select(at: Origin, intent: Option<&str>) -> Diagnostic {
    let of = intent.map_or_else(String::new, |intent| format!(" of `{intent}`"));
    Diagnostic::warning(
        "nlu::nothing-to-select",
        format!("`ResponseSelector` has no examples{of} to learn answers from"),
    )
    .label(at, "")
    .help("add examples whose intent is written `intent/key`, or remove the selector")
}

/// Several of the pipeline become one of ours, which does the work of all.
pub(super) fn replaced_again(at: Origin, name: &str, by: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::component-replaced",
        format!("`{name}` is replaced by the `{by}` that stands in the pipeline already: it would do the same again"),
    )
    .label(at, "")
    .help("remove it to silence this")
}

/// What a classifier finds is overruled by one after it.
pub(super) fn overruled(at: Origin, name: &str, by: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::several-classifiers",
        format!("`{name}` decides only about messages of which `{by}` after it knows no word"),
    )
    .label(at, "")
    .help("as in Rasa the last classifier that has an answer decides: remove one of both, or change their order")
}

/// There is nothing at all to find entities by.
pub(super) fn no_pattern(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "nlu::no-pattern",
        "`RegexEntityExtractor` finds nothing: there is no expression and no lookup table",
    )
    .label(at, "")
    .help("add a `regex:` or `lookup:` with the name of an entity that examples mark, or remove the component")
}

/// An expression or lookup table must have the name of an entity that some example marks.
pub(super) fn no_usable_pattern(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "nlu::no-usable-pattern",
        "`RegexEntityExtractor` finds nothing: no expression or lookup table has the name of an entity that examples mark",
    )
    .label(at, "")
    .help("mark the entity in at least one example, or give the expression its name")
}

pub(super) fn empty_vocabulary(at: Origin, name: &str) -> Diagnostic {
    let options = match name {
        "CountVectorsFeaturizer" => "`stop_words`, `min_df` or `max_df`",
        _ => "`min_df` or `max_features`",
    };
    Diagnostic::warning(
        "nlu::empty-vocabulary",
        format!("`{name}` gives no features: its options leave out every word of the examples"),
    )
    .label(at, "")
    .help(format!("loosen {options}, or remove the component"))
}

/// A classifier reads features, and there are none.
pub(super) fn no_features(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::empty-vocabulary",
        format!("`{name}` has nothing to learn from: no featurizer before it gives a feature"),
    )
    .label(at, "")
    .help("add `TfidfFeaturizer` before it, or expressions for `RegexFeaturizer`")
}

/// Words that are to become one, and nothing that they become.
pub(super) fn oov_words_alone(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "nlu::unused-oov-token",
        "`OOV_words` of `CountVectorsFeaturizer` are passed over: there is no `OOV_token` that they become",
    )
    .label(at, "")
    .help("add `OOV_token: oov`, or remove `OOV_words`")
}

pub(super) fn unknown_word_never_learnt(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "nlu::unused-oov-token",
        "the `OOV_token` of `CountVectorsFeaturizer` stands in no example: unknown words are passed over",
    )
    .label(at, "")
    .help("write the token in some examples, or list words that become it under `OOV_words`")
}

/// As in Rasa a message is cut into words once.
pub(super) fn two_tokenizers(at: Origin) -> Diagnostic {
    Diagnostic::error(
        "config::only-one",
        "the pipeline has more than one tokenizer",
    )
    .label(at, "")
    .help("remove one of both: a message is cut into words once")
}

/// Some components read some languages only.
pub(super) fn wrong_language(at: Origin, name: &str, language: &str, other: &str) -> Diagnostic {
    Diagnostic::error(
        "config::wrong-language",
        format!("`{name}` does not read the language `{language}`"),
    )
    .label(at, "")
    .help(format!("use `{other}`, or correct `language`"))
}

/// Options that Rasa has and that make no difference here.
pub(super) fn options_not_used(at: Origin, name: &str, options: &[&str], why: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::option-not-used",
        format!(
            "`{}` of `{name}` {} nothing here: {why}",
            options.join("` and `"),
            if options.len() > 1 {
                "change"
            } else {
                "changes"
            }
        ),
    )
    .label(at, "")
    .help("remove it to silence this")
}

/// A classifier that also finds entities is to find entities alone, and none are marked.
pub(super) fn no_marked_entities(at: Origin, name: &str, is_to_find: bool) -> Diagnostic {
    let why = if is_to_find {
        "it is to find entities alone, and no example marks one"
    } else {
        "`intent_classification` and `entity_recognition` are both `false`"
    };
    Diagnostic::advice(
        "config::component-left-out",
        format!("`{name}` is left out: {why}"),
    )
    .label(at, "left out")
    .help("mark entities in examples, or remove it to silence this")
}
