//! How much sentence embeddings help, and what they cost.
//!
//! `cargo bench --features embed --bench embedding -- FOLDER...` measures each folder of an embedding: the time to open it
//! and to embed a message, accuracy on a fifth of BANKING77's training part held out, and on the validation part of
//! CLINC150 with the AUROC of messages out of scope. Only training and validation parts of the public sets are used.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use std::{path::Path, sync::atomic::AtomicBool, time::Instant};

use bot::{
    data::{Component, Domain},
    embedding::Embedder,
    ml::sampling::stratified_hold_out,
    nlu::Pipeline,
};
use common::{Labelled, cpu_time, intent};

fn main() {
    let folders: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if folders.is_empty() {
        println!("name folders of embeddings, in full");
    }
    for folder in std::iter::once(None).chain(folders.iter().map(Some)) {
        let folder = folder.map(|folder| Path::new(folder.as_str()));
        println!(
            "{}",
            folder.map_or("words alone".into(), Path::to_string_lossy)
        );
        if let Some(folder) = folder {
            speed(folder);
        }
        for classifier in ["LinearSvmClassifier", "MlpClassifier"] {
            held_out(folder, classifier);
            scope(folder, classifier);
        }
    }
}

/// Tells how long opening takes, and embedding one message and many.
fn speed(folder: &Path) {
    let data = common::training_set("banking77");
    let start = Instant::now();
    let embedder = Embedder::open(folder, 128).unwrap();
    println!("  opened in {:.0} ms", 1e3 * start.elapsed().as_secs_f64());
    let texts: Vec<&str> = data.texts.iter().map(String::as_str).collect();
    let before = cpu_time();
    for text in texts.iter().take(500) {
        std::hint::black_box(embedder.embed(text));
    }
    let each = cpu_time().saturating_sub(before).as_secs_f64() / 500.0;
    println!("  one message {:.0} µs of CPU", 1e6 * each);
    let (start, before) = (Instant::now(), cpu_time());
    embedder
        .embed_all(&texts, &AtomicBool::new(false), &mut |_| {})
        .unwrap();
    println!(
        "  {} messages {:.1} s, {:.1} s of CPU",
        texts.len(),
        start.elapsed().as_secs_f64(),
        cpu_time().saturating_sub(before).as_secs_f64()
    );
}

fn fit(
    folder: Option<&Path>,
    classifier: &str,
    data: &Labelled,
    rows: &[usize],
) -> (Pipeline, f64) {
    let mut assistant = common::assistant(&data.examples(rows), &[]);
    let component = |name: &str, options: serde_json::Value| Component {
        name: name.to_owned(),
        options: options.as_object().cloned().unwrap(),
        ..Component::default()
    };
    let mut pipeline = vec![component("TfidfFeaturizer", serde_json::json!({}))];
    pipeline.extend(folder.map(|folder| {
        let options = serde_json::json!({"path": folder.to_str(), "cache": false});
        component("EmbeddingFeaturizer", options)
    }));
    pipeline.push(component(classifier, serde_json::json!({})));
    assistant.config.pipeline = Some(pipeline);
    let before = cpu_time();
    let pipeline = common::understand(&assistant);
    (pipeline, cpu_time().saturating_sub(before).as_secs_f64())
}

fn held_out(folder: Option<&Path>, classifier: &str) {
    let data = common::training_set("banking77");
    let (mut right, mut all, mut fitting, mut parsing) = (0, 0, 0.0, 0.0);
    for seed in [42, 43] {
        let split = stratified_hold_out(&data.labels, 0.2, seed);
        let (pipeline, seconds) = fit(folder, classifier, &data, &split.train);
        fitting += seconds;
        let domain = Domain::default();
        let before = cpu_time();
        for &row in &split.test {
            let parse = pipeline.parse(&data.texts[row], &domain);
            right += usize::from(parse.intent_name() == intent(data.labels[row]));
        }
        all += split.test.len();
        parsing += cpu_time().saturating_sub(before).as_secs_f64();
    }
    println!(
        "  {classifier}: banking77 {:.2} % of {all} held out; learnt in {:.1} s, a message in {:.0} µs of CPU",
        100.0 * right as f64 / all as f64,
        fitting / 2.0,
        1e6 * parsing / all as f64
    );
}

fn scope(folder: Option<&Path>, classifier: &str) {
    let file = |name: &str| common::shared().join("intents/clinc150").join(name);
    let sets = common::read(&["train.csv", "valid.csv"].map(file));
    let strange = common::read(&["oos_train.csv", "oos_valid.csv"].map(file));
    let (Some(sets), Some(strange)) = (sets, strange) else {
        println!("  clinc150 is not there");
        return;
    };
    let rows: Vec<usize> = (0..sets[0].texts.len()).collect();
    let (pipeline, _) = fit(folder, classifier, &sets[0], &rows);
    let domain = Domain::default();
    let read = |text: &String| pipeline.parse(text, &domain);
    let inside: Vec<_> = sets[1].texts.iter().map(read).collect();
    let right = inside
        .iter()
        .zip(&sets[1].labels)
        .filter(|(parse, label)| parse.intent_name() == intent(**label));
    let right = right.count() as f64 / inside.len() as f64;
    let scores = |parses: &[bot::data::Parse]| -> Vec<f64> {
        parses
            .iter()
            .map(|parse| parse.in_scope.unwrap_or_default())
            .collect()
    };
    let outside: Vec<_> = strange
        .iter()
        .flat_map(|set| &set.texts)
        .map(read)
        .collect();
    let (inside, outside) = (scores(&inside), scores(&outside));
    let caught = outside.iter().filter(|score| **score < 0.05).count();
    println!(
        "  {classifier}: clinc150 {:.2} % of {}; AUROC of in_scope {:.2} %, below 0.05 {:.1} % of those out of scope",
        100.0 * right,
        inside.len(),
        100.0 * common::area(&inside, &outside),
        100.0 * caught as f64 / outside.len() as f64
    );
}
