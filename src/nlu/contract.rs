//! What every featurizer, classifier and selector must do, whatever it is.

use std::sync::atomic::AtomicBool;

use serde_json::json;

use super::{Options, Pipeline, train};
use crate::data::{Assistant, Component, Domain, Example, Parse};

const EXAMPLES: &[(&str, &str)] = &[
    ("greet", "hello there"),
    ("greet", "good morning"),
    ("greet", "hi, you"),
    ("bye", "see you later"),
    ("bye", "good night then"),
    ("bye", "farewell, friend"),
    ("faq/hours", "when are you open"),
    ("faq/hours", "what are your opening hours"),
    ("faq/place", "where is the shop"),
    ("faq/place", "how do I get to you"),
];

#[expect(
    clippy::needless_pass_by_value,
    reason = "so that options can be written where they are used"
)]
fn component(name: &str, options: serde_json::Value) -> Component {
    Component {
        name: name.to_owned(),
        options: options.as_object().cloned().unwrap_or_default(),
        ..Component::default()
    }
}

/// Every way to turn texts into rows, and every classifier of rows or texts.
fn pipelines() -> Vec<Vec<Component>> {
    let featurizers = [
        component("TfidfFeaturizer", json!({})),
        component("TfidfFeaturizer", json!({"analyzer": "word"})),
        component("CountVectorsFeaturizer", json!({})),
        component(
            "CountVectorsFeaturizer",
            json!({"analyzer": "char", "max_ngram": 3}),
        ),
        component(
            "CountVectorsFeaturizer",
            json!({"analyzer": "char_wb", "max_ngram": 4}),
        ),
        component(
            "CountVectorsFeaturizer",
            json!({"OOV_token": "oov", "OOV_words": ["hi"]}),
        ),
    ];
    let classifiers = [
        component("LinearSvmClassifier", json!({})),
        component("RandomForestClassifier", json!({"n_estimators": 10})),
        component("SvmClassifier", json!({})),
        component("SvmClassifier", json!({"kernel": "rbf"})),
        component("MlpClassifier", json!({"hidden_units": 16})),
        component("LogisticRegressionClassifier", json!({})),
        component("SklearnIntentClassifier", json!({})),
        component("KeywordIntentClassifier", json!({})),
    ];
    let alone = featurizers.into_iter().map(|featurizer| vec![featurizer]);
    let mut all = Vec::new();
    for featurizers in alone.chain(embeddings()) {
        for classifier in &classifiers {
            let mut pipeline = vec![component("WhitespaceTokenizer", json!({}))];
            pipeline.extend(featurizers.clone());
            pipeline.extend([
                classifier.clone(),
                component("ResponseSelector", json!({"retrieval_intent": "faq"})),
                component("ResponseSelector", json!({"alias": "all"})),
            ]);
            all.push(pipeline);
        }
    }
    all
}

/// Words beside the embedding of a tiny transformer, and beside a table.
#[cfg(feature = "embed")]
fn embeddings() -> Vec<Vec<Component>> {
    use std::sync::LazyLock;

    use crate::embedding::testing;

    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        testing::write(&folder.path().join("bert"), &testing::bert(1));
        testing::write(&folder.path().join("table"), &testing::table(1));
        folder
    });
    let of = |kind: &str| {
        let path = FOLDER.path().join(kind);
        vec![
            component("TfidfFeaturizer", json!({"analyzer": "word"})),
            component(
                "EmbeddingFeaturizer",
                json!({"path": path.to_str(), "cache": false}),
            ),
        ]
    };
    vec![of("bert"), of("table")]
}

#[cfg(not(feature = "embed"))]
fn embeddings() -> Vec<Vec<Component>> {
    Vec::new()
}

fn fit(pipeline: &[Component], examples: &[(&str, &str)]) -> Pipeline {
    let mut assistant = Assistant::default();
    assistant.config.pipeline = Some(pipeline.to_vec());
    assistant.training.examples = examples
        .iter()
        .map(|(intent, text)| Example {
            text: (*text).to_owned(),
            intent: intent.split('/').next().unwrap().to_owned(),
            response_key: intent.contains('/').then(|| (*intent).to_owned()),
            ..Example::default()
        })
        .collect();
    let stop = AtomicBool::new(false);
    train(&assistant, &Options::default(), &stop, &mut |_| {})
        .unwrap()
        .pipeline
}

mod rows;
mod table;

fn parse(pipeline: &Pipeline, text: &str) -> Parse {
    pipeline.parse(text, &Domain::default())
}

/// Checks that numbers are confidences, in falling order.
fn check(parse: &Parse, of: &[Component]) {
    let scores: Vec<f64> = parse.intent_ranking.iter().map(|s| s.confidence).collect();
    assert!(
        scores.iter().all(|score| (0.0..=1.0).contains(score)),
        "{of:?} {scores:?}"
    );
    assert!(scores.is_sorted_by(|a, b| a >= b), "{of:?} {scores:?}");
    if !scores.is_empty() {
        assert!(
            (scores.iter().sum::<f64>() - 1.0).abs() < 1e-4,
            "{of:?} {scores:?}"
        );
        let first = parse.intent_ranking.first();
        assert_eq!(first.map(|one| &one.name), Some(&parse.intent.name));
        assert_eq!(
            first.map(|one| one.confidence.to_bits()),
            Some(parse.intent.confidence.to_bits())
        );
    }
    let selected = parse.response_selector.as_ref().unwrap();
    for name in ["faq", "default"] {
        let ranking = selected[name]["ranking"].as_array().unwrap();
        assert_eq!(
            selected[name]["response"]["intent_response_key"],
            ranking
                .first()
                .map_or(json!(null), |first| first["intent_response_key"].clone())
        );
    }
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "hello",
    "where is the shop",
    "zzzz qqqq",
    "HELLO\u{0}\u{202e}مرحبا 你好 🎉 e\u{301}",
    "1234 56.7",
];

#[test]
fn whatever_is_said_gets_confidences_and_a_saved_pipeline_says_the_same() {
    for components in pipelines() {
        let pipeline = fit(&components, EXAMPLES);
        let (json, tensors) = pipeline.save();
        assert_eq!(
            fit(&components, EXAMPLES).save(),
            (json.clone(), tensors.clone()),
            "{components:?}"
        );
        let loaded = Pipeline::load(&json, &tensors, &[]).unwrap();
        for text in TEXTS {
            let found = parse(&pipeline, text);
            check(&found, &components);
            assert_eq!(parse(&loaded, text), found, "{components:?}");
        }
    }
}

#[test]
fn what_was_learnt_is_known() {
    for components in pipelines() {
        let pipeline = fit(&components, EXAMPLES);
        let found = parse(&pipeline, "what are your opening hours");
        let selected = found.response_selector.as_ref().unwrap();
        for name in ["faq", "default"] {
            assert_eq!(
                selected[name]["response"]["utter_action"], "utter_faq/hours",
                "{components:?}"
            );
        }
        assert_eq!(selected["all_retrieval_intents"], json!(["faq"]));
        assert_eq!(found.intent_name(), "faq", "{components:?}");
    }
}

#[test]
fn one_example_and_one_intent_are_enough() {
    for components in pipelines() {
        let pipeline = fit(&components, &EXAMPLES[6..7]);
        for text in TEXTS {
            check(&parse(&pipeline, text), &components);
        }
        let found = parse(&pipeline, "when are you open");
        // Rasa's grid search does not learn a single intent.
        let is_idle = |one: &Component| one.name == "SklearnIntentClassifier";
        let expected = if components.iter().any(is_idle) {
            ""
        } else {
            "faq"
        };
        assert_eq!(found.intent_name(), expected, "{components:?}");
    }
}

/// Words that nobody learnt change no ranking, and leave less to be sure of.
#[test]
fn unknown_words_make_every_fitted_classifier_less_sure() {
    let examples = [
        ("greet", "hello there"),
        ("greet", "hello you"),
        ("greet", "good morning"),
        ("greet", "hello and good day"),
        ("bye", "bye bye"),
        ("bye", "see you later"),
        ("bye", "good bye"),
        ("bye", "see you soon"),
        ("order", "a large pizza"),
        ("order", "order a pizza"),
        ("order", "a small pizza please"),
        ("order", "pizza and salad"),
    ];
    let weighed = vec![component("TfidfFeaturizer", json!({}))];
    let counted = vec![
        component("WhitespaceTokenizer", json!({})),
        component("CountVectorsFeaturizer", json!({})),
        component(
            "CountVectorsFeaturizer",
            json!({"analyzer": "char_wb", "max_ngram": 4}),
        ),
    ];
    for (features, name) in [
        (&weighed, "LinearSvmClassifier"),
        (&weighed, "MlpClassifier"),
        (&weighed, "RandomForestClassifier"),
        (&weighed, "SvmClassifier"),
        (&counted, "DIETClassifier"),
    ] {
        let mut pipeline = features.clone();
        pipeline.push(component(name, json!({})));
        let pipeline = fit(&pipeline, &examples);
        let sure = |text| {
            let found = parse(&pipeline, text);
            assert_eq!(found.intent_name(), "order", "{name} {text}");
            found.intent.confidence
        };
        let (known, half) = (sure("a pizza"), sure("a pizza qwxjk"));
        let little = sure("qwxjk zzvkq a pizza wqyyx kkqzz jjxwv");
        assert!(
            known > half && half > little,
            "{name}: {known} {half} {little}"
        );
    }
}

#[test]
fn a_sign_of_chinese_writing_counts_alone_in_both_blocks() {
    let examples = [("a", "你好"), ("b", "再见")];
    let features = component("TfidfFeaturizer", json!({"analyzer": "char_wb"}));
    let linear = component("LinearSvmClassifier", json!({}));
    let pipeline = fit(&[features, linear], &examples);
    // No two signs of it stand side by side in any example.
    assert_eq!(parse(&pipeline, "好吗你").intent_name(), "a");
    assert_eq!(parse(&pipeline, "见你再").intent_name(), "b");
}

#[test]
fn two_intents_of_a_few_examples_do_not_fall_back_on_what_they_learnt() {
    let greet = ["hello there", "hi", "hi you", "good morning"];
    let bye = ["bye bye", "see you", "ciao", "good night"];
    let featurizer = component("TfidfFeaturizer", json!({}));
    for name in ["LinearSvmClassifier", "MlpClassifier"] {
        for count in [2, 3, 4] {
            let of = |intent, texts: [&'static str; 4]| {
                texts
                    .into_iter()
                    .take(count)
                    .map(move |text| (intent, text))
            };
            let examples: Vec<_> = of("greet", greet).chain(of("bye", bye)).collect();
            let pipeline = [
                featurizer.clone(),
                component(name, json!({})),
                component("FallbackClassifier", json!({})),
            ];
            let pipeline = fit(&pipeline, &examples);
            for (intent, text) in examples {
                let found = parse(&pipeline, text);
                assert_eq!(found.intent_name(), intent, "{name} {count} {text}");
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for components in pipelines() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| fit(&components, EXAMPLES).save())
        };
        assert_eq!(with(1), with(3), "{components:?}");
    }
}

#[test]
fn a_text_of_a_megabyte_is_read_and_explained() {
    let long = "hello there, when are you open 7 ".repeat(1 << 15);
    // One classifier with every featurizer, one featurizer with every classifier.
    for components in pipelines().iter().step_by(8).chain(&pipelines()[..8]) {
        let pipeline = fit(components, EXAMPLES);
        check(&parse(&pipeline, &long), components);
        if let Some(why) = pipeline.explain(&long) {
            // A sentence embedding stands after the words.
            let words: Vec<_> = why.words.iter().filter(|word| word.end > 0).collect();
            assert_eq!(words.len(), 7 << 15, "{components:?}");
            assert_eq!(words.last().unwrap().end, long.len() - 1);
        }
    }
}

#[test]
fn shares_of_words_add_up_where_a_decision_can_be_explained() {
    let mut explained = 0;
    for components in pipelines() {
        let pipeline = fit(&components, EXAMPLES);
        let text = "hello, when are you open";
        let Some(why) = pipeline.explain(text) else {
            continue;
        };
        let found = parse(&pipeline, text);
        let [first, second, ..] = found.intent_ranking.as_slice() else {
            panic!()
        };
        let odds = (first.confidence / second.confidence).ln();
        assert!(
            (why.sum - odds).abs() < 1e-3,
            "{components:?} {} {odds}",
            why.sum
        );
        explained += 1;
    }
    assert!(explained >= 30, "{explained}");
}

#[test]
fn shares_of_words_add_up_for_answers_too() {
    let text = "what are your opening hours";
    let mut explained = 0;
    for components in pipelines() {
        let pipeline = fit(&components, EXAMPLES);
        let found = parse(&pipeline, text);
        let selected = found.response_selector.as_ref().unwrap();
        // An intent without a selector of its own has that of all.
        for (intent, name) in [("faq", "faq"), ("greet", "default")] {
            let ranking = &selected[name]["ranking"];
            let Some(why) = pipeline.explain_answer(text, intent) else {
                continue;
            };
            assert_eq!(why.winner, ranking[0]["intent_response_key"]);
            assert_eq!(why.runner_up, ranking[1]["intent_response_key"]);
            let sure = |at: usize| ranking[at]["confidence"].as_f64().unwrap();
            let odds = (sure(0) / sure(1)).ln();
            assert!(
                (why.sum - odds).abs() < 1e-3,
                "{components:?} {why:?} {odds}"
            );
            explained += 1;
        }
    }
    assert!(explained >= 30, "{explained}");
}

#[test]
fn a_component_looks_only_at_the_featurizers_it_names() {
    let words = || {
        component(
            "TfidfFeaturizer",
            json!({"analyzer": "word", "alias": "words"}),
        )
    };
    let signs = component(
        "CountVectorsFeaturizer",
        json!({"analyzer": "char", "alias": "signs"}),
    );
    let selector = |only: serde_json::Value| {
        component(
            "ResponseSelector",
            json!({"retrieval_intent": "faq", "featurizers": only}),
        )
    };
    let classifier = |only| component("LinearSvmClassifier", json!({"featurizers": only}));
    let answers = |components: &[Component]| {
        let pipeline = fit(components, EXAMPLES);
        let (json, tensors) = pipeline.save();
        let loaded = Pipeline::load(&json, &tensors, &[]).unwrap();
        TEXTS
            .iter()
            .map(|text| {
                let found = parse(&pipeline, text);
                assert_eq!(parse(&loaded, text), found);
                (found.intent.confidence, found.response_selector)
            })
            .collect::<Vec<_>>()
    };
    let alone = answers(&[words(), classifier(json!([])), selector(json!([]))]);
    let both = [
        component("WhitespaceTokenizer", json!({})),
        words(),
        signs.clone(),
    ];
    let named = [classifier(json!(["words"])), selector(json!(["words"]))];
    let chosen = answers(&[&both[..], &named].concat());
    let all = answers(&[&both[..], &[classifier(json!([])), selector(json!([]))]].concat());
    // Only texts with known words: a text of known signs alone is a row of nothing to the one, and none to the other.
    for at in [2, 3] {
        assert_eq!(chosen[at], alone[at]);
        assert_ne!(chosen[at], all[at]);
    }
}

#[test]
fn a_retrieval_intent_tells_the_answer_that_its_own_selector_chose() {
    let components = &pipelines()[0];
    let pipeline = fit(components, EXAMPLES);
    let found = parse(&pipeline, "when are you open");
    let full = found.intent.full_retrieval_intent_name.as_deref();
    assert_eq!(full, Some("faq/hours"));
    let other = parse(&pipeline, "good morning").intent;
    assert_eq!(other.full_retrieval_intent_name, None);
    let unnamed = fit(
        &components
            .iter()
            .filter(|component| !component.options.contains_key("retrieval_intent"))
            .cloned()
            .collect::<Vec<_>>(),
        EXAMPLES,
    );
    let found = parse(&unnamed, "when are you open").intent;
    assert_eq!(found.name.as_deref(), Some("faq"));
    assert_eq!(found.full_retrieval_intent_name, None);
}

/// A pipeline, how many examples it learns from, a text, and the confidences it must get.
type Golden<'a> = (&'a [Component], usize, &'a str, &'a [(&'a str, f64)]);

/// Confidences that Rasa 3.6.21 gave.
#[test]
fn logistic_regression_on_counts_gives_the_confidences_of_rasa() {
    let examples = [
        ("hello", "hello there"),
        ("hello", "hi"),
        ("hello", "hi you"),
        ("bye", "bye bye"),
        ("bye", "see you"),
        ("track", "track my parcel"),
        ("track", "where is my parcel"),
        ("track", "parcel 12"),
    ];
    let words = component("CountVectorsFeaturizer", json!({}));
    let characters = component(
        "CountVectorsFeaturizer",
        json!({"analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4}),
    );
    let classifier = component("LogisticRegressionClassifier", json!({}));
    let tokenizer = component("WhitespaceTokenizer", json!({}));
    let both = vec![
        tokenizer.clone(),
        words.clone(),
        characters,
        classifier.clone(),
    ];
    let alone = vec![tokenizer, words, classifier];
    let golden: &[Golden<'_>] = &[
        (
            &alone,
            8,
            "hi there",
            &[("hello", 0.7529), ("bye", 0.1240), ("track", 0.1232)],
        ),
        (
            &alone,
            8,
            "parcel",
            &[("track", 0.5259), ("hello", 0.2687), ("bye", 0.2054)],
        ),
        (
            &alone,
            8,
            "zzz",
            &[("hello", 0.4289), ("bye", 0.3031), ("track", 0.2680)],
        ),
        (
            &alone,
            8,
            "see my parcel 99",
            &[("track", 0.7062), ("bye", 0.1949), ("hello", 0.0989)],
        ),
        (
            &both,
            8,
            "hi there",
            &[("hello", 0.9601), ("bye", 0.0201), ("track", 0.0198)],
        ),
        (
            &both,
            8,
            "parcel",
            &[("track", 0.5318), ("hello", 0.3488), ("bye", 0.1194)],
        ),
        (
            &both,
            8,
            "zzz",
            &[("hello", 0.7625), ("bye", 0.1962), ("track", 0.0413)],
        ),
        (
            &both,
            8,
            "see my parcel 99",
            &[("track", 0.9779), ("bye", 0.0215), ("hello", 0.0006)],
        ),
        (&alone, 5, "hi there", &[("hello", 0.7436), ("bye", 0.2564)]),
        (&alone, 5, "zzz", &[("hello", 0.5621), ("bye", 0.4379)]),
    ];
    for (pipeline, count, text, scores) in golden {
        let found = parse(&fit(pipeline, &examples[..*count]), text).intent_ranking;
        assert_eq!(found.len(), scores.len(), "{text} {found:?}");
        for (score, (name, confidence)) in found.iter().zip(*scores) {
            assert_eq!(score.name.as_deref(), Some(*name), "{text} {found:?}");
            let gap = (score.confidence - confidence).abs();
            assert!(gap < 2e-3, "{text} {found:?}");
        }
    }
}
