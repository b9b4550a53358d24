//! What the manual says of every component: docs/components.md is made of it.

use super::{
    COMPONENTS, Kind,
    options::{REGEX_OPTIONS, TOKENIZER_OPTIONS, accepted},
};
use crate::nlu::{
    classifiers::{
        self, KernelOptions, KeywordOptions, LinearOptions, LogisticOptions, SklearnOptions,
    },
    extractors::{BuiltinOptions, CrfOptions, RegexParams},
    featurizers::{CountOptions, EmbeddingOptions, TfidfOptions},
    selector::SelectorOptions,
    tokenizer::Words,
};

/// The default of `split_entities_by_comma`.
const SPLIT: &str = "`true`, but of types marked across commas";

/// A component as its page of the manual tells of it.
pub(in crate::nlu) struct Row {
    pub(in crate::nlu) name: &'static str,
    pub(in crate::nlu) does: String,
    pub(in crate::nlu) needs: &'static str,
    pub(in crate::nlu) gives: &'static str,
    /// Names with defaults.
    pub(in crate::nlu) options: Vec<(String, String)>,
}

/// Returns all components in the order of the table.
pub(in crate::nlu) fn rows() -> Vec<Row> {
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
            "Weighs n-grams of words and of characters within words, side by side. A sign of Chinese or Japanese writing counts alone, too. The less of a message was learnt, the less sure classifiers are of it.",
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
            "Linear support vector machines, the default: learns in a second or two and explains every decision. Up to 20 examples an intent, in the mean, and up to 60 where that does not take long, softmax regression finds the planes, each by what it has in common with others (`loss: auto`, unless `C` is given or examples times intents are more than 1.5 million, 400,000 above 20 examples; otherwise `squared_hinge` or `softmax`). `C` is 0.5 for machines and 30 for softmax where none is given.",
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
            "Softmax regression with Rasa's own probabilities; `class_weight` is `balanced` or null, `solver` and `random_state` change nothing.",
            INTENT,
        ),
        Kind::Sklearn => (
            "Support vector machines: tries every `C`, `gamma` and kernel by stratified cross-validation, keeps the best by `scoring_function` (`f1_weighted`, `f1_macro` or `accuracy`), and gives probabilities by a calibrated softmax where scikit-learn takes Platt's. Machines are one against the rest; on more than 1,500 examples, where other kernels take minutes, only linear ones are learnt. A single intent is not learnt.",
            INTENT,
        ),
        Kind::Keyword => (
            "Finds examples as whole words in a message; the first example that matches decides. A classifier after it that has an answer overrules it, one before it is overruled.",
            ("nothing", "the intent"),
        ),
        Kind::Selector => (
            "Tells which answer of a retrieval intent is asked for. Options of Rasa's network are accepted, not used, and told of.",
            ("a featurizer", "`response_selector`"),
        ),
        Kind::Regex => (
            "Finds entities by expressions and word lists. Where case is ignored, letters are the same as for Python's `re.IGNORECASE`; in word lists a sharp s is also `SS`, and the ligature `ﬁ` also `fi`.",
            ENTITIES,
        ),
        Kind::RegexFeatures => (
            "Tells of each expression and lookup table whether it matches, and gives them to the `CRFEntityExtractor` after it.",
            ("a tokenizer", "features of messages and of entities"),
        ),
        Kind::Lexical => (
            "What its option `features` names is told to the extractor that stands in for `DIETClassifier`, beside its own features, which already say more than the default ones; nobody else reads it. `pos` and `pos2` need a language model and are left out.",
            ("a tokenizer", "features of entities"),
        ),
        Kind::Crf => (
            "Learns entities by a conditional random field; options without a default choose the best known. As in Rasa a list as `salt, milk` is two entities, but of types for which `split_entities_by_comma` says `false`, and, where it does not say, of types that an example marks across a comma (`[Main Street 5, Berlin](address)`). Pairs of neighbouring labels that no example has share one weight, where crfsuite gives each its own.",
            ("a tokenizer", "entities"),
        ),
        Kind::Diet => (
            "Replaced by `LinearSvmClassifier` and, where examples mark entities, `CRFEntityExtractor`. Options of Rasa's network are accepted and not used, but for these.",
            ("nothing", "the intent and its ranking, entities"),
        ),
        Kind::Builtin => (
            "Finds numbers, amounts, addresses, dates and times by itself, without a server, with the values that Duckling gives: `monday at 5pm`, `july 13-15`, `by end of month`, `thanksgiving`, `$10-20`, `two dozen`. It knows the words of English; in other languages it finds what is written in digits, of any script. What can be read in two ways is left out, as `3/4`. `locale` says whether months come before days, and is passed on to a server.",
            ENTITIES,
        ),
        Kind::Synonyms => (
            "Gives entities the value that their spelling stands for.",
            ("an extractor", "values of entities"),
        ),
        Kind::Fallback => (
            "Puts `nlu_fallback` first where the best intent is unsure or hardly leads; with `scope_threshold` also where no more than this share of known messages look as strange, which `in_scope` of a parse tells: a key that Rasa does not have, and that is missing where no word of the message is known.",
            ("an intent classifier", "the intent"),
        ),
        Kind::Replaced(_) => ("Replaced by", ("nothing", "what its replacement gives")),
        Kind::LeftOut => (
            "Left out: nothing here does its work. Entities that it would find are found by nobody unless examples mark them.",
            ("nothing", "nothing"),
        ),
    };
    (does, needs, gives)
}

/// Returns the options of a component with their defaults.
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
        Kind::Counts => {
            let mut options = of::<CountOptions>(&CountOptions::NAMES);
            for (name, default) in &mut options {
                let is_idle = [
                    "use_lemma",
                    "use_shared_vocab",
                    "additional_vocabulary_size",
                ];
                if is_idle.contains(&name.as_str()) {
                    "accepted, not used".clone_into(default);
                }
            }
            options
        }
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
            .map(|name| {
                let is_split = *name == "split_entities_by_comma";
                let default = if is_split { SPLIT } else { "none" };
                ((*name).to_owned(), default.to_owned())
            })
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
        Kind::Diet => [
            ("intent_classification", "`true`"),
            ("entity_recognition", "`true`"),
            ("featurizers", "none"),
            ("ranking_length", "`10`"),
            ("renormalize_confidences", "`false`"),
            ("split_entities_by_comma", SPLIT),
        ]
        .map(|(name, default)| (name.to_owned(), default.to_owned()))
        .to_vec(),
        Kind::Synonyms => Vec::new(),
    }
}
