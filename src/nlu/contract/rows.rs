//! What featurizers must do whatever their options: a text that was learnt gives the row that it was learnt as.

use std::sync::{Arc, atomic::AtomicBool};

use serde_json::json;

use super::{EXAMPLES, component, embeddings};
use crate::{
    data::{Assistant, Component, Config, Example, Pattern},
    diagnostic::Origin,
    ml::{SparseMatrix, SparseVector},
    nlu::{Options, SharedTerms, train::train_on_rows},
};

/// Options of `CountVectorsFeaturizer`, each with each other.
fn counts() -> Vec<serde_json::Value> {
    let axes = [
        vec![
            json!({}),
            json!({"max_ngram": 2}),
            json!({"analyzer": "char", "max_ngram": 3}),
            json!({"analyzer": "char_wb", "max_ngram": 4}),
        ],
        vec![
            json!({}),
            json!({"OOV_token": "oov", "OOV_words": ["hi", "Shop"]}),
            json!({"OOV_token": "hello"}),
            json!({"OOV_token": "never"}),
        ],
        vec![
            json!({}),
            json!({"stop_words": "english"}),
            json!({"stop_words": ["you", "are"]}),
        ],
        vec![
            json!({}),
            json!({"min_df": 2}),
            json!({"max_df": 0.2}),
            json!({"max_features": 6}),
        ],
        vec![
            json!({}),
            json!({"lowercase": false, "strip_accents": "unicode"}),
        ],
    ];
    let mut all = vec![json!({})];
    for axis in axes {
        let longer = |before: &serde_json::Value| {
            let joined = |more: &serde_json::Value| {
                let mut options = before.clone();
                for (name, value) in more.as_object().unwrap() {
                    options[name] = value.clone();
                }
                options
            };
            axis.iter().map(joined).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Every featurizer, with what learns from it.
fn pipelines() -> Vec<Vec<Component>> {
    let with = |featurizer: Component, classifier: &str| {
        vec![
            component("WhitespaceTokenizer", json!({})),
            featurizer,
            component(classifier, json!({})),
        ]
    };
    let plain = counts().into_iter().map(|options| {
        let featurizer = component("CountVectorsFeaturizer", options);
        with(featurizer, "KeywordIntentClassifier")
    });
    // Weighed, for what replaces the network.
    let weighed = counts().into_iter().step_by(7).map(|options| {
        let featurizer = component("CountVectorsFeaturizer", options);
        with(featurizer, "DIETClassifier")
    });
    let others = [
        component("TfidfFeaturizer", json!({})),
        component(
            "TfidfFeaturizer",
            json!({"analyzer": "word", "punctuation": false, "min_df": 2}),
        ),
        component(
            "TfidfFeaturizer",
            json!({"analyzer": "char_wb", "lowercase": false, "max_features": 9}),
        ),
        component("TfidfFeaturizer", json!({"sublinear_tf": false})),
        component("RegexFeaturizer", json!({})),
        component(
            "RegexFeaturizer",
            json!({"case_sensitive": true, "use_word_boundaries": false}),
        ),
    ];
    let others = others
        .into_iter()
        .map(|featurizer| with(featurizer, "KeywordIntentClassifier"));
    plain
        .chain(weighed)
        .chain(others)
        .chain(embeddings())
        .collect()
}

#[test]
fn a_text_that_was_learnt_gives_the_row_it_was_learnt_as() {
    let more = [
        ("greet", "Hi, new-york! 10.5 oov"),
        ("bye", "café oov oov, ciao"),
        ("bye", "Café"),
    ];
    let examples: Vec<(&str, &str)> = EXAMPLES.iter().copied().chain(more).collect();
    let all = pipelines();
    assert!(all.len() > 400, "{}", all.len());
    for pipeline in all {
        let mut assistant = Assistant {
            config: Config {
                pipeline: Some(pipeline.clone()),
                ..Config::default()
            },
            ..Assistant::default()
        };
        assistant.training.patterns = ["when", "[0-9]+", "HI"]
            .map(|pattern| Pattern {
                name: "sign".to_owned(),
                pattern: pattern.to_owned(),
                origin: Origin::default(),
            })
            .to_vec();
        assistant.training.examples = examples
            .iter()
            .map(|(intent, text)| Example {
                text: (*text).to_owned(),
                intent: (*intent).to_owned(),
                ..Example::default()
            })
            .collect();
        let shared = SharedTerms::of(examples.iter().map(|(_, text)| *text));
        for terms in [None, Some(Arc::new(shared))] {
            let options = Options {
                terms,
                ..Options::default()
            };
            let stop = AtomicBool::new(false);
            let (trained, blocks) =
                train_on_rows(&assistant, &options, &stop, &mut |_| {}).unwrap();
            let blocks: Vec<(&SparseMatrix, f32)> =
                blocks.iter().map(|block| (block, 1.0)).collect();
            let learnt = SparseMatrix::hstack(&blocks).unwrap();
            for ((_, text), row) in examples.iter().zip(learnt.iter()) {
                let learnt = SparseVector::from_pairs(row.iter().collect());
                assert_eq!(trained.pipeline.row(text), learnt, "{text} {pipeline:?}");
            }
        }
    }
}
