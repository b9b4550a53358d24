//! How much sentence embeddings help, and what they cost.
//!
//! `cargo bench --features embed --bench embedding -- FOLDER...` measures each folder of an embedding: the time to open
//! it and to embed a message, accuracy on two fifths of BANKING77's training part held out, and on the validation part
//! of CLINC150 with the AUROC of messages out of scope. Of a transformer also a static table, distilled with what is
//! learnt. Only training and validation parts of the public sets are used.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may fail loudly, prints its figures and writes a table for itself"
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
use tempfile::TempDir;

/// What messages have beside their words.
#[derive(Clone, Copy)]
enum Beside<'a> {
    Nothing,
    Folder(&'a Path),
    /// A static table out of a transformer, fitted to the messages that are learnt.
    TableOf(&'a Path),
}

fn main() {
    let folders: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if folders.is_empty() {
        println!("name folders of embeddings, in full");
    }
    println!("words alone");
    measure(Beside::Nothing);
    for folder in &folders {
        let path = Path::new(folder);
        println!("{folder}");
        speed(path);
        measure(Beside::Folder(path));
        if !Embedder::open(path, 128).unwrap().is_table() {
            println!("a table out of it");
            measure(Beside::TableOf(path));
        }
    }
}

fn measure(beside: Beside<'_>) {
    for classifier in ["LinearSvmClassifier", "MlpClassifier"] {
        held_out(beside, classifier);
        scope(beside, classifier);
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

/// Writes a table out of a transformer to a folder of its own.
fn distilled(transformer: &Path, texts: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let embedder = Embedder::open(transformer, 128).unwrap();
    let made = embedder.distill(256, texts, &AtomicBool::new(false), &mut |_, _| {});
    for (name, content) in made.unwrap().files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Trains on rows of a set; also returns the CPU seconds that took.
fn fit(beside: Beside<'_>, classifier: &str, data: &Labelled, rows: &[usize]) -> (Pipeline, f64) {
    let mut assistant = common::assistant(&data.examples(rows), &[]);
    let component = |name: &str, options: serde_json::Value| Component {
        name: name.to_owned(),
        options: options.as_object().cloned().unwrap(),
        ..Component::default()
    };
    let table = match beside {
        Beside::TableOf(transformer) => {
            let texts: Vec<&str> = rows.iter().map(|&row| data.texts[row].as_str()).collect();
            Some(distilled(transformer, &texts))
        }
        _ => None,
    };
    let folder = match beside {
        Beside::Folder(folder) => Some(folder),
        _ => table.as_ref().map(TempDir::path),
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

fn held_out(beside: Beside<'_>, classifier: &str) {
    let data = common::training_set("banking77");
    let (mut right, mut all, mut fitting, mut parsing) = (0, 0, 0.0, 0.0);
    for seed in [42, 43] {
        let split = stratified_hold_out(&data.labels, 0.2, seed);
        let (pipeline, seconds) = fit(beside, classifier, &data, &split.train);
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

fn scope(beside: Beside<'_>, classifier: &str) {
    let file = |name: &str| common::shared().join("intents/clinc150").join(name);
    let sets = common::read(&["train.csv", "valid.csv"].map(file));
    let strange = common::read(&["oos_train.csv", "oos_valid.csv"].map(file));
    let (Some(sets), Some(strange)) = (sets, strange) else {
        println!("  clinc150 is not there");
        return;
    };
    let rows: Vec<usize> = (0..sets[0].texts.len()).collect();
    let (pipeline, _) = fit(beside, classifier, &sets[0], &rows);
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
