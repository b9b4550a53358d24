use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::common::{Project, shared, skip, tell};

/// Returns the folder of a public set, where it is there.
fn set(name: &str) -> Option<PathBuf> {
    let folder = shared()?.join("data/intents").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("there is no folder {}", folder.display()));
    None
}

/// Returns the rows of a table of texts and intents.
fn rows(file: &Path) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Writes rows as training data or a test.
fn written(rows: &[(String, String)]) -> String {
    let mut intents: Vec<&str> = rows.iter().map(|(_, intent)| intent.as_str()).collect();
    intents.sort_unstable();
    intents.dedup();
    let mut text = "version: \"3.1\"\nnlu:\n".to_owned();
    for intent in intents {
        let _ = writeln!(text, "- intent: {intent}\n  examples: |");
        for (example, _) in rows.iter().filter(|(_, of)| of == intent) {
            let words: Vec<&str> = example.split_whitespace().collect();
            let _ = writeln!(text, "    - {}", words.join(" "));
        }
    }
    text
}

/// Reads lines of messages with entities, and marks these in the text.
fn marked(file: &Path) -> Vec<(String, String)> {
    let lines = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        let characters: Vec<char> = json["text"].as_str().unwrap().chars().collect();
        let (mut text, mut from) = (String::new(), 0);
        for mark in json["entities"].as_array().unwrap() {
            let place = |key: &str| usize::try_from(mark[key].as_u64().unwrap()).unwrap();
            text.extend(&characters[from..place("start")]);
            let value: String = characters[place("start")..place("end")].iter().collect();
            let entity = mark["entity"].as_str().unwrap();
            let _ = write!(text, "[{value}]({entity})");
            from = place("end");
        }
        text.extend(&characters[from..]);
        (text, json["intent"].as_str().unwrap().to_owned())
    };
    lines.lines().map(row).collect()
}

/// Learns from some rows and returns the report of testing others.
fn report(config: &str, learnt: &[(String, String)], tested: &[(String, String)]) -> Value {
    let project = Project::of(&[
        ("config.yml", config),
        ("data/nlu.yml", &written(learnt)),
        ("held_out.yml", &written(tested)),
    ]);
    project.train(&["nlu"]);
    let run = project.run(&["test", "nlu", "--nlu", "held_out.yml", "--format", "json"]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
}

/// Asserts that a figure is no less than it was, but for what a harmless change makes of it.
fn holds(what: &str, report: &Value, pointer: &str, floor: f64) {
    let found = report.pointer(pointer).and_then(Value::as_f64).unwrap();
    tell(&format!("{what} {pointer}: {found}"));
    assert!(found >= floor, "{what} {pointer}: {found}, not {floor}");
}

const DEFAULT: &str = "language: en\n";

#[test]
fn intents_of_banking77_held_out() {
    let Some(folder) = set("banking77") else {
        return;
    };
    let (tested, learnt): (Vec<_>, Vec<_>) = rows(&folder.join("train.csv"))
        .into_iter()
        .enumerate()
        .partition(|(row, _)| row % 5 == 0);
    let only = |rows: Vec<(usize, (String, String))>| -> Vec<_> {
        rows.into_iter().map(|(_, row)| row).collect()
    };
    let report = report(DEFAULT, &only(learnt), &only(tested));
    holds("banking77", &report, "/intents/accuracy", 0.9);
    let error = report["intents"]["ece"].as_f64().unwrap();
    assert!(error < 0.03, "{error}");
}

#[test]
fn what_is_in_and_out_of_scope_of_clinc150() {
    let Some(folder) = set("clinc150") else {
        return;
    };
    let learnt = rows(&folder.join("train.csv"));
    let mut tested = rows(&folder.join("valid.csv"));
    for part in ["oos_train.csv", "oos_valid.csv"] {
        let strange = rows(&folder.join(part)).into_iter();
        tested.extend(strange.map(|(text, _)| (text, "out_of_scope".to_owned())));
    }
    let report = report(DEFAULT, &learnt, &tested);
    holds("clinc150", &report, "/intents/accuracy", 0.93);
    holds("clinc150", &report, "/out_of_scope/auroc", 0.96);
}

#[test]
fn entities_of_spanish_messages() {
    let Some(folder) = set("fb_multi_es") else {
        return;
    };
    let config = "language: es\npipeline:\n- name: WhitespaceTokenizer\n- name: CRFEntityExtractor\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n";
    let learnt = marked(&folder.join("train_entities.jsonl"));
    let tested = marked(&folder.join("valid_entities.jsonl"));
    let report = report(config, &learnt, &tested);
    holds("fb_multi_es", &report, "/intents/accuracy", 0.97);
    holds("fb_multi_es", &report, "/entities/micro_f1", 0.875);
}
