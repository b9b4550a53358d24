//! How well messages are understood where it is hard: typing errors, few examples, no blanks, out of scope; and how the
//! cost of learning grows.
//!
//! `cargo bench --bench quality -- [typing] [small] [sure] [blanks] [scope] [growth]`; without words all of them. Only
//! training and validation parts of the public sets are used; what is missing is said and passed over.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use bot::{
    data::{Component, Domain},
    ml::{
        calibration::expected_calibration_error,
        sampling::{Random, stratified_folds, stratified_hold_out},
    },
    nlu::Pipeline,
};
use common::{Labelled, cpu_time, intent};

/// A name, the classifier with options as JSON, and those of its featurizer.
type Recipe = (&'static str, (&'static str, &'static str), &'static str);

const LINEAR: (&str, &str) = ("LinearSvmClassifier", "{}");
const DEFAULT: Recipe = ("default", LINEAR, "{}");
/// Never softmax regression.
const MACHINES: Recipe = (
    "machines",
    ("LinearSvmClassifier", r#"{"loss": "squared_hinge"}"#),
    "{}",
);
const PLAIN: Recipe = (
    "plain words",
    LINEAR,
    r#"{"analyzer": "word", "max_ngram": 1, "punctuation": false}"#,
);
const WORDS: Recipe = ("words", LINEAR, r#"{"analyzer": "word"}"#);
const MLP: Recipe = ("networks", ("MlpClassifier", "{}"), "{}");

fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let parts: [(&str, fn()); 6] = [
        ("typing", typing),
        ("small", small),
        ("sure", sure),
        ("blanks", blanks),
        ("scope", scope),
        ("growth", growth),
    ];
    for (name, part) in parts {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            println!("{name}");
            part();
        }
    }
}

/// Trains on rows of a set.
fn fit(data: &Labelled, rows: &[usize], recipe: Recipe) -> Pipeline {
    let mut assistant = common::assistant(&data.examples(rows), &[]);
    let component = |name: &str, options: &str| Component {
        name: name.to_owned(),
        options: serde_json::from_str(options).unwrap(),
        ..Component::default()
    };
    assistant.config.pipeline = Some(vec![
        component("TfidfFeaturizer", recipe.2),
        component(recipe.1.0, recipe.1.1),
    ]);
    common::understand(&assistant)
}

/// Returns the share of texts understood rightly, in per cent.
fn accuracy(pipeline: &Pipeline, texts: &[String], labels: &[usize]) -> f64 {
    let domain = Domain::default();
    let right = texts
        .iter()
        .zip(labels)
        .filter(|(text, label)| pipeline.parse(text, &domain).intent_name() == intent(**label));
    100.0 * right.count() as f64 / texts.len().max(1) as f64
}

/// Returns by how much confidence and accuracy differ, in per cent.
fn calibration_error(pipeline: &Pipeline, texts: &[String], labels: &[usize]) -> f64 {
    let domain = Domain::default();
    let both = texts.iter().zip(labels);
    let sure: Vec<(f32, bool)> = both
        .map(|(text, label)| {
            let parse = pipeline.parse(text, &domain);
            let right = parse.intent_name() == intent(*label);
            (parse.intent.confidence as f32, right)
        })
        .collect();
    100.0 * f64::from(expected_calibration_error(&sure, 15))
}

fn pick(data: &Labelled, rows: &[usize]) -> (Vec<String>, Vec<usize>) {
    let texts = rows.iter().map(|&row| data.texts[row].clone()).collect();
    (texts, rows.iter().map(|&row| data.labels[row]).collect())
}

/// Changes every fourth word by one letter left out, doubled, swapped with the next, or replaced.
fn mistype(text: &str, random: &mut Random) -> String {
    let words = text.split(' ').map(|word| {
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() < 2 || random.below(4) != 0 {
            return word.to_owned();
        }
        let at = random.below(letters.len() - 1);
        match random.below(4) {
            0 => {
                letters.remove(at);
            }
            1 => letters.insert(at, letters[at]),
            2 => letters.swap(at, at + 1),
            _ => letters[at] = char::from(b'a' + random.below(26) as u8),
        }
        letters.into_iter().collect()
    });
    words.collect::<Vec<String>>().join(" ")
}

fn typing() {
    for set in ["banking77", "clinc150", "snips", "customer"] {
        let data = common::training_set(set);
        let split = stratified_hold_out(&data.labels, 0.2, 42);
        let (texts, labels) = pick(&data, &split.test);
        let mut random = Random::new(1);
        let wrong: Vec<String> = texts.iter().map(|t| mistype(t, &mut random)).collect();
        for recipe in [PLAIN, WORDS, DEFAULT] {
            let pipeline = fit(&data, &split.train, recipe);
            let clean = accuracy(&pipeline, &texts, &labels);
            let typed = accuracy(&pipeline, &wrong, &labels);
            println!(
                "  {set:10} {:12} {clean:.2} % clean, {typed:.2} % mistyped, lost {:.2} points",
                recipe.0,
                clean - typed
            );
        }
    }
}

/// Draws so many rows of each intent, as many as there are.
fn few(data: &Labelled, rows: &[usize], each: usize, seed: u64) -> Vec<usize> {
    let mut rows = rows.to_vec();
    Random::new(seed).shuffle(&mut rows);
    let mut taken = std::collections::HashMap::new();
    rows.retain(|&row| {
        let count = taken.entry(data.labels[row]).or_insert(0);
        *count += 1;
        *count <= each
    });
    rows
}

fn small() {
    for set in ["banking77", "clinc150", "fb_multi_es"] {
        let data = common::training_set(set);
        let split = stratified_hold_out(&data.labels, 0.2, 42);
        let (texts, labels) = pick(&data, &split.test);
        for each in [5, 10, 20, 40, 60, 80] {
            for recipe in [PLAIN, WORDS, MACHINES, DEFAULT, MLP] {
                let (mut sum, mut error, mut seconds) = (0.0, 0.0, 0.0);
                for seed in 0..3 {
                    let rows = few(&data, &split.train, each, seed);
                    let before = cpu_time();
                    let pipeline = fit(&data, &rows, recipe);
                    seconds += cpu_time().saturating_sub(before).as_secs_f64();
                    sum += accuracy(&pipeline, &texts, &labels);
                    error += calibration_error(&pipeline, &texts, &labels);
                }
                println!(
                    "  {set:10} {each:2} examples each  {:12} {:.2} %, calibration error {:.2} %, {:.2} CPU s to learn",
                    recipe.0,
                    sum / 3.0,
                    error / 3.0,
                    seconds / 3.0,
                );
            }
        }
    }
}

/// Texts that say nothing of any intent.
const NONSENSE: [&str; 20] = [
    "asdf qwer",
    "xyzzy plugh",
    "aaaaaaa",
    "???",
    "12345",
    "blorp flim",
    "the",
    "is",
    "what",
    "qpwoeiruty zmxncb",
    "!!!",
    "fjdksl ajfkd",
    "how",
    "lorem ipsum dolor sit amet",
    "hmm",
    "my cat is sleeping on the sofa",
    "i like turtles",
    "what is the meaning of life",
    "and",
    "to",
];

/// How sure the default is with ever more examples an intent: of messages held out, of questions about something else,
/// and of nonsense.
fn sure() {
    let file = |name: &str| common::shared().join("intents/clinc150").join(name);
    let strange: Vec<String> = common::read(&["oos_train.csv", "oos_valid.csv"].map(file))
        .into_iter()
        .flatten()
        .flat_map(|set| set.texts)
        .collect();
    let nonsense = NONSENSE.map(str::to_owned);
    for set in ["banking77", "clinc150", "snips", "customer", "smalltalk_en"] {
        let data = common::training_set(set);
        let split = stratified_hold_out(&data.labels, 0.2, 42);
        let (texts, labels) = pick(&data, &few(&data, &split.test, 40, 0));
        for each in [2, 5, 10, 25, 40, 80] {
            let (mut right, mut sure, mut error) = (0.0, 0.0, 0.0);
            let (mut area, mut strange_half, mut nonsense_half) = (0.0, 0.0, 0.0);
            for seed in 0..3 {
                let pipeline = fit(&data, &few(&data, &split.train, each, seed), DEFAULT);
                let confidences = |texts: &[String]| -> Vec<f64> {
                    let parse = |text: &String| pipeline.parse(text, &Domain::default());
                    let all = texts.iter().map(parse);
                    all.map(|parse| parse.intent.confidence).collect()
                };
                let half = |all: &[f64]| {
                    let above = all.iter().filter(|sure| **sure >= 0.5).count();
                    100.0 * above as f64 / all.len().max(1) as f64
                };
                let known = confidences(&texts);
                let outside = confidences(&strange);
                right += accuracy(&pipeline, &texts, &labels);
                sure += 100.0 * known.iter().sum::<f64>() / known.len().max(1) as f64;
                error += calibration_error(&pipeline, &texts, &labels);
                area += 100.0 * common::area(&known, &outside);
                strange_half += half(&outside);
                nonsense_half += half(&confidences(&nonsense));
            }
            println!(
                "  {set:12} {each:2} examples each: {:.1} % right, {:.1} % sure, calibration error {:.2} %; AUROC of what is out of scope {:.1} %, at least half sure of {:.0} % of it and of {:.0} % of nonsense",
                right / 3.0,
                sure / 3.0,
                error / 3.0,
                area / 3.0,
                strange_half / 3.0,
                nonsense_half / 3.0,
            );
        }
    }
}

/// Reads texts and labels of a table by the numbers of its columns.
fn table(set: &str, file: &str, label: usize) -> Option<Labelled> {
    let path = common::shared().join("intents").join(set).join(file);
    let mut reader = csv::Reader::from_path(path).ok()?;
    let mut rows: Vec<(String, String)> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            (row[0].to_owned(), row[label].to_owned())
        })
        .collect();
    rows.sort();
    rows.dedup();
    let mut names: Vec<String> = rows.iter().map(|row| row.1.clone()).collect();
    names.sort();
    names.dedup();
    Some(Labelled {
        labels: rows
            .iter()
            .map(|row| names.binary_search(&row.1).unwrap())
            .collect(),
        texts: rows.into_iter().map(|row| row.0).collect(),
    })
}

fn blanks() {
    for (set, file, label) in [
        ("smalltalk_zh", "train.csv", 1),
        ("faq_chatterbot_chinese", "faq.csv", 2),
        ("faq_chatterbot_japanese", "faq.csv", 2),
        ("fb_multi_th", "train.csv", 1),
    ] {
        let Some(data) = table(set, file, label) else {
            println!("  {set} is not there");
            continue;
        };
        for recipe in [PLAIN, DEFAULT] {
            let folds = stratified_folds(&data.labels, 3, 42);
            let mut sum = 0.0;
            for fold in &folds {
                let (texts, labels) = pick(&data, &fold.test);
                sum += accuracy(&fit(&data, &fold.train, recipe), &texts, &labels);
            }
            println!(
                "  {set:24} {:12} {:.2} %",
                recipe.0,
                sum / folds.len() as f64
            );
        }
    }
}

fn scope() {
    let file = |name: &str| common::shared().join("intents/clinc150").join(name);
    let sets = common::read(&["train.csv", "valid.csv"].map(file));
    let strange = common::read(&["oos_train.csv", "oos_valid.csv"].map(file));
    let (Some(sets), Some(strange)) = (sets, strange) else {
        println!("  clinc150 is not there");
        return;
    };
    let strange: Vec<&String> = strange.iter().flat_map(|set| &set.texts).collect();
    for recipe in [DEFAULT, MLP] {
        let rows: Vec<usize> = (0..sets[0].texts.len()).collect();
        let pipeline = fit(&sets[0], &rows, recipe);
        let domain = Domain::default();
        let read = |text: &String| {
            let parse = pipeline.parse(text, &domain);
            (
                parse.intent.confidence,
                parse.in_scope.unwrap_or_default(),
                parse,
            )
        };
        let inside: Vec<_> = sets[1].texts.iter().map(read).collect();
        let outside: Vec<_> = strange.iter().map(|text| read(text)).collect();
        let sure: Vec<(f32, bool)> = inside
            .iter()
            .zip(&sets[1].labels)
            .map(|(one, label)| (one.0 as f32, one.2.intent_name() == intent(*label)))
            .collect();
        let right = sure.iter().filter(|one| one.1).count() as f64 / sure.len() as f64;
        println!(
            "  clinc150 {:9} accuracy {:.2} %, ECE {:.2} %; {} out of scope: AUROC of confidence {:.2} %, of in_scope {:.2} %; below 0.05 {:.1} % of those in and {:.1} % of those out of scope",
            recipe.0,
            100.0 * right,
            100.0 * expected_calibration_error(&sure, 15),
            outside.len(),
            100.0
                * common::area(
                    &inside.iter().map(|o| o.0).collect::<Vec<_>>(),
                    &outside.iter().map(|o| o.0).collect::<Vec<_>>()
                ),
            100.0
                * common::area(
                    &inside.iter().map(|o| o.1).collect::<Vec<_>>(),
                    &outside.iter().map(|o| o.1).collect::<Vec<_>>()
                ),
            100.0 * inside.iter().filter(|o| o.1 < 0.05).count() as f64 / inside.len() as f64,
            100.0 * outside.iter().filter(|o| o.1 < 0.05).count() as f64 / outside.len() as f64,
        );
    }
}

fn growth() {
    for (rows, intents) in [
        (1_000, 50),
        (10_000, 50),
        (50_000, 50),
        (200_000, 50),
        (20_000, 10),
        (20_000, 100),
        (20_000, 1_000),
    ] {
        let data = common::generated(rows, intents);
        let all: Vec<usize> = (0..rows).collect();
        let start = cpu_time();
        let pipeline = fit(&data, &all, DEFAULT);
        let seconds = cpu_time().saturating_sub(start).as_secs_f64();
        let (_, tensors) = pipeline.save();
        println!(
            "  {rows:7} rows, {intents:5} intents: {seconds:7.2} CPU s, {:6.1} µs a row, model {:.1} MB",
            1e6 * seconds / rows as f64,
            tensors.len() as f64 / 1e6
        );
    }
}
