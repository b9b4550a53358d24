//! The same files, options and seed give the same bytes, whatever the number of threads.

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use serde_json::Value;

use crate::common::{Project, run};

const CLASSIFIERS: &[&str] = &[
    "LinearSvmClassifier",
    "RandomForestClassifier",
    "SvmClassifier",
    "MlpClassifier",
    "LogisticRegressionClassifier",
];

/// Returns every part of a model; of the metadata what does not tell the time.
fn parts(model: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = fs::File::open(model).unwrap();
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
    let mut parts = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if name == "metadata.json" {
            let mut metadata: Value = serde_json::from_slice(&content).unwrap();
            assert!(metadata["trained_at"].take().is_string());
            assert!(metadata["figures"]["seconds"].take().is_number());
            content = metadata.to_string().into_bytes();
        }
        parts.insert(name, content);
    }
    parts
}

fn train(project: &Project, name: &str, threads: &str, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let arguments = ["train", "--force", "--fixed-model-name", name];
    let mut command = project.bot(&[&arguments, more].concat());
    let trained = run(command.env("RAYON_NUM_THREADS", threads), b"");
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    parts(&project.path().join("models").join(format!("{name}.tar.gz")))
}

fn assert_same(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>, what: &str) {
    assert_eq!(
        a.keys().collect::<Vec<_>>(),
        b.keys().collect::<Vec<_>>(),
        "{what}"
    );
    for (name, content) in a {
        assert!(*content == b[name], "{what}: `{name}` differs");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let project = Project::template("support");
    for classifier in CLASSIFIERS {
        let flags = ["--classifier", classifier];
        let one = train(&project, "one", "1", &flags);
        assert!(one.len() >= 6, "{:?}", one.keys());
        for threads in ["2", "5"] {
            let more = train(&project, "more", threads, &flags);
            assert_same(&one, &more, &format!("{classifier} on {threads} threads"));
        }
    }
}

#[test]
fn another_folder_gives_the_same_bytes() {
    let (a, b) = (Project::template("starter"), Project::template("starter"));
    assert_same(
        &train(&a, "model", "2", &[]),
        &train(&b, "model", "2", &[]),
        "two folders",
    );
}

#[test]
fn another_seed_or_example_gives_other_bytes() {
    let project = Project::template("starter");
    let flags = ["--classifier", "RandomForestClassifier"];
    let first = train(&project, "first", "2", &flags);
    let seed = train(
        &project,
        "seed",
        "2",
        &[&flags[..], &["--seed", "7"]].concat(),
    );
    assert!(first["model.safetensors"] != seed["model.safetensors"]);
    project.replace(
        "data/nlu.yml",
        "    - hello\n",
        "    - hello\n    - salutations\n",
    );
    let example = train(&project, "example", "2", &flags);
    assert!(first["model.safetensors"] != example["model.safetensors"]);
}

#[test]
fn every_classifier_passes_the_test_stories_of_a_template() {
    let project = Project::template("starter");
    for classifier in CLASSIFIERS {
        project.train(&["--classifier", classifier, "--fixed-model-name", "model"]);
        let shown = project.run(&["models", "show", "--json"]).json();
        assert_eq!(shown["metadata"]["figures"]["classifier"], *classifier);
        let parse = project.run(&["parse", "hello there"]).json();
        assert_eq!(parse["intent"]["name"], "greet", "{classifier}");
        let sum: f64 = parse["intent_ranking"]
            .as_array()
            .unwrap()
            .iter()
            .map(|score| score["confidence"].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-3, "{classifier}: {sum}");
    }
}
