//! What must hold of the extractor whatever it learns from and reads.

use super::*;
use crate::{
    data::{Annotation, Json, Located, Lookup, Pattern},
    diagnostic::Origin,
    nlu::tensors::{Reader, Writer},
};

/// Reads `from [Rome](city:from)`: text with marks, role after a colon, group after a second.
fn example(marked: &str) -> Example {
    let mut example = Example::default();
    let mut rest = marked;
    while let Some((before, inside)) = rest.split_once('[') {
        let (words, inside) = inside.split_once("](").unwrap();
        let (name, after) = inside.split_once(')').unwrap();
        example.text.push_str(before);
        let start = example.text.len();
        example.text.push_str(words);
        let mut names = name.split(':').map(str::to_owned);
        example.entities.push(Annotation {
            span: Span::new(start, example.text.len()),
            entity: names.next().unwrap(),
            role: names.next().filter(|role| !role.is_empty()),
            group: names.next(),
            ..Annotation::default()
        });
        rest = after;
    }
    example.text.push_str(rest);
    example
}

fn training(marked: &[&str]) -> TrainingData {
    TrainingData {
        examples: marked.iter().map(|marked| example(marked)).collect(),
        ..TrainingData::default()
    }
}

const TRIPS: &[&str] = &[
    "a flight from [Berlin](city:from) to [New York](city:to)",
    "from [Rome](city:from) to [Paris](city:to) please",
    "to [Oslo](city:to) from [São Paulo](city:from)",
    "i go to [Kyiv](city:to)",
    "fly to [Berlin](city:to) from [Lima](city:from)",
    "hello there",
    "what can you do",
    "i want a pizza",
];

fn learn(options: &str, training: &TrainingData) -> CrfExtractor {
    let options: CrfOptions = serde_json::from_str(options).unwrap();
    let examples: Vec<&Example> = training.examples.iter().collect();
    let patterns = RegexParams::default();
    let control = Control::default();
    let tokenizer = Tokenizer::default();
    CrfExtractor::train(
        &options,
        Some(&patterns),
        training,
        &examples,
        &tokenizer,
        &control,
    )
    .unwrap()
}

fn extract(extractor: &CrfExtractor, text: &str) -> Vec<Entity> {
    extractor.extract(text, &Tokenizer::default().tokens(text))
}

/// Every way to configure it.
const ALL: [&str; 4] = [
    "{}",
    r#"{"BILOU_flag": true}"#,
    r#"{"BILOU_flag": false, "L1_c": 0.01, "L2_c": 0.01}"#,
    r#"{"features": [["low", "title"], ["bias", "low", "suffix3", "prefix2", "pattern"], ["low"]], "L1_c": 0.01}"#,
];

fn saved(extractor: &CrfExtractor) -> (SavedCrf, Vec<u8>) {
    let mut tensors = Writer::default();
    let saved = extractor.save("0", &mut tensors);
    (saved, tensors.finish())
}

#[test]
fn entities_and_roles_are_found_with_character_offsets() {
    for options in ALL {
        let extractor = learn(options, &training(TRIPS));
        let found = extract(&extractor, "é from Paris to New York");
        let list: Vec<_> = found
            .iter()
            .map(|e| (e.value.as_str().unwrap(), e.role.as_deref(), e.start, e.end))
            .collect();
        assert_eq!(
            list,
            [
                ("Paris", Some("from"), 7, 12),
                ("New York", Some("to"), 16, 24)
            ],
            "{options}"
        );
        for entity in found {
            let confidence = entity.confidence_entity.unwrap();
            assert!(confidence > 0.5 && confidence <= 1.0, "{confidence}");
            assert!(entity.confidence_role.unwrap() > 0.4);
            assert_eq!(entity.extractor.as_deref(), Some(NAME));
        }
        assert!(extract(&extractor, "hello there").is_empty(), "{options}");
    }
}

#[test]
fn groups_are_told_apart() {
    let orders = training(&[
        "[small](size::1) pizza and [large](size::2) pizza",
        "[large](size::1) pizza and [small](size::2) pizza",
        "a [small](size::1) pizza and a [small](size::2) one",
    ]);
    let found = extract(&learn("{}", &orders), "large pizza and large pizza");
    let groups: Vec<_> = found.iter().map(|e| e.group.as_deref()).collect();
    assert_eq!(groups, [Some("1"), Some("2")]);
}

#[test]
fn what_is_saved_loads_to_the_same() {
    for options in ALL {
        let extractor = learn(options, &training(TRIPS));
        let (json, bytes) = saved(&extractor);
        let json: SavedCrf = serde_json::from_str(&serde_json::to_string(&json).unwrap()).unwrap();
        let again = CrfExtractor::load(json, "0", &Reader::new(&bytes).unwrap()).unwrap();
        for text in ["from Rome to Berlin", "", "to Mars, please!"] {
            assert_eq!(extract(&again, text), extract(&extractor, text), "{text}");
        }
        assert_eq!(saved(&again).1, bytes);
    }
}

#[test]
fn learning_twice_and_with_other_threads_gives_the_same_bytes() {
    let data = training(TRIPS);
    let once = saved(&learn("{}", &data)).1;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let again = pool.unwrap().install(|| saved(&learn("{}", &data)).1);
    assert_eq!(once, again);
}

#[test]
fn degenerate_training_data_give_an_extractor() {
    for examples in [
        &[][..],
        &["no marks at all"],
        &["[only](x)"],
        &["cut [with](x)in a word", "and [another](x)"],
        &["", "[🦀](crab) 你好"],
    ] {
        for options in ALL {
            let extractor = learn(options, &training(examples));
            for text in [
                "",
                " ",
                "only",
                "🦀",
                "unseen words, all of them",
                "\u{301}\u{200d}",
            ] {
                extract(&extractor, text);
            }
        }
    }
}

#[test]
fn a_text_of_a_megabyte_is_read_in_bounded_time() {
    let mut data = training(TRIPS);
    data.patterns.push(Pattern {
        name: "capital".into(),
        pattern: "[A-Z][a-z]+".into(),
        origin: Origin::default(),
    });
    let extractor = learn("{}", &data);
    let text = "from Rome to Paris, ".repeat(50_000);
    let start = std::time::Instant::now();
    let found = extract(&extractor, &text);
    assert!(found.len() > 50_000, "{}", found.len());
    // Debug builds on busy machines take seconds; anything quadratic takes hours.
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}

#[test]
fn signs_that_never_ended_an_entity_end_none() {
    let extractor = learn("{}", &training(TRIPS));
    for (text, value) in [
        ("i go to Rome!", Some("Rome")),
        ("from Sa\u{303}o Paulo to Ro\u{301}me!", None),
        ("i go to 😀", None),
        ("to 👍🏽", None),
    ] {
        for entity in extract(&extractor, text) {
            let found = entity.value.as_str().unwrap();
            assert!(found.ends_with(char::is_alphanumeric), "{text} {found}");
        }
        if let Some(value) = value {
            assert_eq!(extract(&extractor, text)[0].value, value);
        }
    }
    let shouts = [
        "play [help !](song)",
        "play [go go !](song)",
        "play [hey](song) now",
        "stop",
    ];
    let found = extract(
        &learn("{}", &training(&shouts)),
        "play [run !](song)".replace(['[', ']'], "").as_str(),
    );
    assert!(
        found
            .iter()
            .any(|entity| entity.value.as_str().unwrap().contains('!')),
        "{found:?}"
    );
}

#[test]
fn expressions_and_lookup_tables_help() {
    let mut data = training(&[
        "track [AB-123](parcel)",
        "track [QX-999](parcel) now",
        "where is [KL-555](parcel)",
        "play [hey jude](song)",
        "play [yesterday](song) now",
        "play [help](song)",
        "play [angie](song) now",
        "play [hello](song) now",
        "play something now",
        "where is my order",
        "track my order",
    ]);
    data.patterns.push(Pattern {
        name: "code".into(),
        pattern: r"[A-Z]{2}-\d+".into(),
        origin: Origin::default(),
    });
    let entry = |value: &str| Located::new(value.to_owned(), Origin::default());
    data.lookups.push(Lookup {
        name: "titles".into(),
        entries: ["hey jude", "yesterday", "let it be", "jump"]
            .map(entry)
            .to_vec(),
        origin: Origin::default(),
    });
    for options in ALL {
        let extractor = learn(options, &data);
        let found = extract(&extractor, "where is ZZ-000");
        assert_eq!(found.len(), 1, "{options}");
        assert_eq!(found[0].entity, "parcel", "{options}");
    }
    let found = extract(&learn("{}", &data), "play jump now");
    let values: Vec<_> = found.iter().map(|e| e.value.as_str().unwrap()).collect();
    assert_eq!(values, ["jump"]);
}

#[test]
fn wrong_options_are_told() {
    let window = |options: &str| {
        serde_json::from_str::<CrfOptions>(options)
            .unwrap()
            .window()
    };
    assert!(
        window(r#"{"features": [["low"], ["low"]]}"#)
            .unwrap_err()
            .contains("odd")
    );
    assert!(
        window(r#"{"features": [["lowly"]]}"#)
            .unwrap_err()
            .contains("`lowly`")
    );
    assert_eq!(
        window(r#"{"features": [["pos", "low"]]}"#).unwrap().1,
        ["pos"]
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn spans_of_any_text_lie_in_it_and_are_its_text(text in "\\PC{0,40}( to Paris, )?\\PC{0,20}") {
        static EXTRACTOR: std::sync::LazyLock<CrfExtractor> =
            std::sync::LazyLock::new(|| learn("{}", &training(TRIPS)));
        for entity in extract(&EXTRACTOR, &text) {
            let value: String =
                text.chars().skip(entity.start).take(entity.end - entity.start).collect();
            assert_eq!(entity.value, Json::from(value));
            assert!((0.0..=1.0).contains(&entity.confidence_entity.unwrap()));
        }
    }
}

#[test]
fn emoji_and_punctuation_are_entities_only_where_examples_say_so() {
    let parcels = [
        "track parcel [D4](parcel)!",
        "track parcel [B2](parcel) 👍",
        "track parcel [X9](parcel) now",
        "where is parcel [K7](parcel)?",
        "😀 hello",
        "thanks !",
    ];
    let extractor = learn("{}", &training(&parcels));
    let values = |extractor: &CrfExtractor, text: &str| -> Vec<Json> {
        let found = extract(extractor, text).into_iter();
        found.map(|entity| entity.value).collect()
    };
    for text in [
        "track parcel 😀 D4!",
        "👍 track parcel D4",
        "track parcel … D4 😀",
    ] {
        assert_eq!(values(&extractor, text), ["D4"], "{text}");
    }
    for text in ["track parcel 👍🏽", "track parcel ?!", "👍🏽"] {
        assert!(values(&extractor, text).is_empty(), "{text}");
    }
    let moods = [
        "i feel [😀](mood)",
        "i feel [😡](mood)",
        "i feel [😀](mood) today",
        "i feel nothing",
        "today is monday",
    ];
    let extractor = learn("{}", &training(&moods));
    assert_eq!(values(&extractor, "now i feel 😀"), ["😀"]);
}

#[test]
fn lists_are_split_at_commas_as_options_say_or_as_examples_are_marked() {
    let whole = training(&[
        "with [salt, pepper](spice) please",
        "and [sugar, milk](spice) please",
        "more [milk, salt](spice)",
        "more [salt, sugar](spice) now",
        "hello there",
        "good day to you",
    ]);
    let lists = training(&[
        "with [salt](spice), [pepper](spice) please",
        "and [sugar](spice), [milk](spice) please",
        "more [milk](spice), [salt](spice)",
        "more [salt](spice), [sugar](spice) now",
        "hello there",
        "good day to you",
    ]);
    let features = r#""features": [["low"], ["bias", "low", "suffix3"], ["low"]], "L1_c": 0.01"#;
    for (options, of_whole, of_lists) in [
        ("{}", 1, 2),
        (r#"{"BILOU_flag": true}"#, 1, 2),
        (r#"{"BILOU_flag": false}"#, 1, 2),
        (&format!("{{{features}}}"), 1, 2),
        (r#"{"split_entities_by_comma": true}"#, 2, 2),
        (r#"{"split_entities_by_comma": false}"#, 1, 2),
        (r#"{"split_entities_by_comma": {"spice": false}}"#, 1, 2),
        (r#"{"split_entities_by_comma": {"spice": true}}"#, 2, 2),
        // Types that are not named go by their marks.
        (r#"{"split_entities_by_comma": {"city": true}}"#, 1, 2),
        (
            &format!(r#"{{{features}, "split_entities_by_comma": {{"spice": true}}}}"#),
            2,
            2,
        ),
    ] {
        for (training, expected) in [(&whole, of_whole), (&lists, of_lists)] {
            let entities = extract(&learn(options, training), "with milk, salt please");
            assert_eq!(entities.len(), expected, "{options} {entities:?}");
        }
    }
}
