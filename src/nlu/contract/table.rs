//! The contract of every name that `pipeline:` may hold: one table, made of the registry, so that none is forgotten.

use std::sync::atomic::AtomicBool;

use serde_json::json;

use crate::{
    data::{
        Annotation, Assistant, Component, Config, Domain, Example, Located, Lookup, Parse, Pattern,
        Synonym,
    },
    diagnostic::Origin,
    ml::sampling::Random,
    nlu::{Options, Pipeline, registry, train},
    text::Span,
};

fn component(name: &str, options: &serde_json::Value) -> Component {
    Component {
        name: name.to_owned(),
        options: options.as_object().cloned().unwrap_or_default(),
        ..Component::default()
    }
}

/// Options under which a component is tried, beside none.
fn variants(name: &str) -> Vec<serde_json::Value> {
    let mut all = vec![json!({})];
    all.extend(match name {
        "WhitespaceTokenizer" | "IcuTokenizer" => vec![json!({"token_pattern": "(?:[a-z]+|[0-9]+)"})],
        "CountVectorsFeaturizer" => vec![
            json!({"stop_words": "english", "strip_accents": "unicode"}),
            json!({"max_features": 5, "lowercase": false}),
            json!({"min_df": 2, "max_df": 0.5}),
            json!({"OOV_token": "oov", "OOV_words": ["hi"], "use_shared_vocab": true}),
            json!({"analyzer": "char", "max_ngram": 3}),
            json!({"analyzer": "char_wb", "max_ngram": 4, "strip_accents": "ascii"}),
        ],
        "TfidfFeaturizer" => vec![json!({"analyzer": "word"}), json!({"min_df": 2, "max_features": 9})],
        "RegexFeaturizer" | "RegexEntityExtractor" => vec![
            json!({"case_sensitive": true, "use_word_boundaries": false}),
            json!({"use_regexes": false}),
            json!({"use_lookup_tables": false}),
        ],
        "CRFEntityExtractor" => vec![
            json!({"BILOU_flag": false}),
            json!({"features": [["low"], ["low", "bias", "prefix2", "suffix3", "pattern"], ["low"]]}),
            json!({"split_entities_by_comma": false}),
        ],
        "SvmClassifier" => vec![json!({"kernel": "rbf"}), json!({"kernel": "poly"})],
        "SklearnIntentClassifier" => vec![json!({"kernels": ["linear", "rbf"], "C": [1, 10], "gamma": ["scale"]})],
        "RandomForestClassifier" => vec![json!({"n_estimators": 5})],
        "MlpClassifier" => vec![json!({"hidden_units": 8, "ranking_length": 2, "renormalize_confidences": true})],
        "LogisticRegressionClassifier" => vec![json!({"ranking_length": 1}), json!({"ranking_length": 0})],
        "KeywordIntentClassifier" => vec![json!({"case_sensitive": false})],
        "DIETClassifier" => vec![
            json!({"entity_recognition": false}),
            json!({"intent_classification": false}),
        ],
        "ResponseSelector" => vec![json!({"retrieval_intent": "faq"}), json!({"ranking_length": 1})],
        "FallbackClassifier" => vec![json!({"threshold": 0.9, "scope_threshold": 0.5})],
        _ => Vec::new(),
    });
    all
}

/// Every component of the registry in a pipeline that has what it needs and reads what it gives.
fn pipelines() -> Vec<Vec<Component>> {
    let plain = |name: &str| component(name, &json!({}));
    let mut all = Vec::new();
    // What needs a folder of its own has tests of its own, and a product with every classifier.
    for name in registry::names()
        .into_iter()
        .filter(|name| *name != "EmbeddingFeaturizer")
    {
        for options in variants(name) {
            let it = component(name, &options);
            let mut pipeline = Vec::new();
            if !name.ends_with("Tokenizer") {
                pipeline.push(plain("WhitespaceTokenizer"));
            }
            if name == "RegexEntityExtractor" || name.starts_with("CRF") {
                pipeline.push(plain("RegexFeaturizer"));
            }
            let needs_features = name.ends_with("Classifier") || name == "ResponseSelector";
            if needs_features && name != "KeywordIntentClassifier" {
                pipeline.push(plain("CountVectorsFeaturizer"));
            }
            if name == "FallbackClassifier" {
                pipeline.push(plain("LinearSvmClassifier"));
            }
            pipeline.push(it);
            if name.ends_with("Tokenizer") {
                pipeline.push(plain("CountVectorsFeaturizer"));
                pipeline.push(plain("CRFEntityExtractor"));
            }
            if name.ends_with("Tokenizer")
                || name.ends_with("Featurizer") && !name.starts_with("Lexical")
            {
                pipeline.push(plain("LogisticRegressionClassifier"));
            }
            if name == "EntitySynonymMapper" {
                pipeline.insert(1, plain("RegexEntityExtractor"));
            }
            all.push(pipeline);
        }
    }
    all
}

/// Messages with marks, expressions, lookup tables and synonyms.
fn assistant(pipeline: &[Component], examples: &[(&str, &str)]) -> Assistant {
    let jieba = pipeline.iter().any(|one| one.name == "JiebaTokenizer");
    let mut assistant = Assistant {
        config: Config {
            pipeline: Some(pipeline.to_vec()),
            language: jieba.then(|| "zh".to_owned()),
            ..Config::default()
        },
        ..Assistant::default()
    };
    let training = &mut assistant.training;
    training.examples = examples
        .iter()
        .map(|(intent, text)| {
            let marks = ["Rome", "New York", "B2"].iter();
            let marks = marks.filter_map(|word| Some((text.find(word)?, word.len(), *word)));
            Example {
                text: (*text).to_owned(),
                intent: intent.split('/').next().unwrap().to_owned(),
                response_key: intent.contains('/').then(|| (*intent).to_owned()),
                entities: marks
                    .map(|(start, length, word)| Annotation {
                        span: Span::new(start, start + length),
                        entity: if word == "B2" { "parcel" } else { "city" }.to_owned(),
                        role: (word == "Rome").then(|| "to".to_owned()),
                        ..Annotation::default()
                    })
                    .collect(),
                ..Example::default()
            }
        })
        .collect();
    let origin = Origin::default();
    training.patterns = vec![Pattern {
        name: "parcel".to_owned(),
        pattern: r"\b[A-Z]\d\b".to_owned(),
        origin,
    }];
    let entries = ["Rome", "New York", "Oslo"].map(|word| Located::new(word.to_owned(), origin));
    training.lookups = vec![Lookup {
        name: "city".to_owned(),
        entries: entries.to_vec(),
        origin,
    }];
    training.synonyms = vec![Synonym {
        spelling: "new york".to_owned(),
        value: "NYC".to_owned(),
        origin,
    }];
    assistant
}

fn fit(pipeline: &[Component], examples: &[(&str, &str)]) -> Pipeline {
    let assistant = assistant(pipeline, examples);
    let stop = AtomicBool::new(false);
    let trained = train(&assistant, &Options::default(), &stop, &mut |_| {});
    trained
        .unwrap_or_else(|error| panic!("{pipeline:?} {error:?}"))
        .pipeline
}

const EXAMPLES: &[(&str, &str)] = &[
    ("greet", "hello there"),
    ("greet", "good morning"),
    ("greet", "hi, you"),
    ("travel", "fly to Rome tomorrow"),
    ("travel", "a flight to New York"),
    ("travel", "i go to Rome"),
    ("track", "where is parcel B2"),
    ("track", "track B2 now"),
    ("faq/hours", "when are you open"),
    ("faq/hours", "what are your opening hours"),
    ("faq/place", "where is the shop"),
    ("faq/place", "how do I get to you"),
];

/// Checks one list of confidences: finite, falling, ties by name, 1 together where all are listed.
fn check_ranking(ranking: &[(String, f64)], is_all: bool, told: &str) {
    for (_, confidence) in ranking {
        assert!((0.0..=1.0 + 1e-6).contains(confidence), "{told}");
    }
    let ordered = |a: &(String, f64), b: &(String, f64)| {
        b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)).is_le()
    };
    assert!(ranking.is_sorted_by(ordered), "{told}");
    let sum: f64 = ranking.iter().map(|(_, confidence)| confidence).sum();
    assert!(sum < 1.0 + 1e-4, "{told}");
    assert!(!is_all || ranking.is_empty() || sum > 1.0 - 1e-4, "{told}");
}

fn check(parse: &Parse, pipeline: &[Component]) {
    let told = format!("{pipeline:?} {parse:?}");
    let is_cut = |one: &Component| {
        one.options
            .get("ranking_length")
            .is_some_and(|length| *length != 0)
            && !one.options.contains_key("renormalize_confidences")
    };
    // Ten are listed where nothing else is said.
    let is_all = !pipeline.iter().any(is_cut) && parse.intent_ranking.len() < 10;
    let score =
        |one: &crate::data::IntentScore| (one.name.clone().unwrap_or_default(), one.confidence);
    let mut ranking: Vec<(String, f64)> = parse.intent_ranking.iter().map(score).collect();
    if let Some(first) = ranking.first() {
        assert_eq!(*first, score(&parse.intent), "{told}");
    }
    // Rasa puts it before all others, whatever they are.
    if ranking
        .first()
        .is_some_and(|(name, _)| name == "nlu_fallback")
    {
        ranking.remove(0);
    }
    check_ranking(&ranking, is_all, &told);
    assert!((0.0..=1.0).contains(&parse.intent.confidence), "{told}");
    let selected = parse
        .response_selector
        .as_ref()
        .and_then(|all| all.as_object());
    for (_, selector) in selected
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "all_retrieval_intents")
    {
        let ranking: Vec<(String, f64)> = selector["ranking"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let key = one["intent_response_key"].as_str().unwrap();
                (key.to_owned(), one["confidence"].as_f64().unwrap())
            })
            .collect();
        check_ranking(&ranking, is_all, &told);
        let first = ranking.first().map_or(json!(null), |(key, _)| json!(key));
        assert_eq!(selector["response"]["intent_response_key"], first, "{told}");
    }
    let length = parse.text.chars().count();
    for entity in &parse.entities {
        assert!(entity.start <= entity.end && entity.end <= length, "{told}");
        let confidences = [
            entity.confidence_entity,
            entity.confidence_role,
            entity.confidence_group,
        ];
        for confidence in confidences.into_iter().flatten() {
            assert!((0.0..=1.0).contains(&confidence), "{told}");
        }
        let own = ["RegexEntityExtractor", "CRFEntityExtractor"];
        let is_own = entity
            .extractor
            .as_deref()
            .is_some_and(|name| own.contains(&name));
        if is_own && entity.processors.is_empty() {
            let slice = parse
                .text
                .chars()
                .skip(entity.start)
                .take(entity.end - entity.start);
            assert_eq!(entity.value, json!(slice.collect::<String>()), "{told}");
        }
    }
    for (start, end) in parse.text_tokens.iter().flatten() {
        assert!(start <= end && *end <= length, "{told}");
    }
}

/// Texts of nothing, of words never seen, and of any characters.
fn texts() -> Vec<String> {
    let mut random = Random::new(7);
    let mut all: Vec<String> = [
        "",
        " ",
        "\n",
        "zzzz qqqq",
        "hello",
        "to Oslo, NEW YORK and B2!",
        "1234 56.7",
        "你好 กขค 👍🏽",
    ]
    .map(str::to_owned)
    .to_vec();
    for _ in 0..24 {
        let one = (0..random.below(40)).map(|_| {
            let most = [0x80, 0x800, 0x10000, 0x0011_0000][random.below(4)];
            char::from_u32(random.below(most) as u32).unwrap_or(' ')
        });
        all.push(one.collect());
    }
    all
}

fn parse(pipeline: &Pipeline, text: &str) -> Parse {
    pipeline.parse(text, &Domain::default())
}

#[test]
fn what_was_fit_is_the_same_however_often_by_however_many_and_once_saved() {
    let texts = texts();
    for components in pipelines() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| fit(&components, EXAMPLES))
        };
        let pipeline = with(2);
        let (json, tensors) = pipeline.save();
        assert_eq!(
            with(1).save(),
            (json.clone(), tensors.clone()),
            "{components:?}"
        );
        let loaded = Pipeline::load(&json, &tensors, &[]).unwrap();
        for text in &texts {
            let found = parse(&pipeline, text);
            check(&found, &components);
            assert_eq!(parse(&loaded, text), found, "{components:?}");
        }
    }
}

#[test]
fn few_examples_and_few_intents_are_enough() {
    let one_each: Vec<(String, String)> = (0..12)
        .map(|i| (format!("intent{i:02}"), format!("word{i} again")))
        .collect();
    let one_each: Vec<(&str, &str)> = one_each
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    for components in pipelines() {
        for examples in [
            &EXAMPLES[..1],
            &EXAMPLES[..3],
            &EXAMPLES[8..9],
            &EXAMPLES[8..12],
            &one_each,
        ] {
            let pipeline = fit(&components, examples);
            for text in ["", "hello there", "zzzz", "word3 again", "to Rome"] {
                check(&parse(&pipeline, text), &components);
            }
        }
    }
}

#[test]
fn equal_examples_tie_in_the_order_of_their_intents() {
    let examples = [
        ("b", "one two"),
        ("a", "two one"),
        ("c", "one two"),
        ("d", "nothing like it"),
    ];
    for components in pipelines() {
        let pipeline = fit(&components, &examples);
        for text in ["one two", "two", "one one"] {
            check(&parse(&pipeline, text), &components);
        }
    }
}

#[test]
fn a_megabyte_is_read_by_every_component() {
    let long = "hello to Rome, when is B2 open 7 你好! ".repeat(1 << 15);
    for components in pipelines() {
        let pipeline = fit(&components, EXAMPLES);
        let found = parse(&pipeline, &long);
        assert_eq!(found.text.len(), long.len());
        assert!(
            (0.0..=1.0).contains(&found.intent.confidence),
            "{components:?}"
        );
    }
}
