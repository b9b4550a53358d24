//! Trains on one CSV and tests on another, on one thread, and prints the CPU milliseconds of each step as JSON.
//!
//! `benches/sklearn_compare.py` calls it beside scikit-learn: `peer TRAIN.csv TEST.csv [ROUNDS]`. Called without
//! files, as `cargo bench` does, it takes the public sets.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use bot::ml::{Control, ForestParams, LinearSvmParams, SparseVector};
use common::{DEFAULT, Features, Labelled, Memory, PLAIN, least_cpu};
use linfa::ParamGuard;

fn main() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .unwrap();
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let (files, rounds) = match words.as_slice() {
        [train, test] => ([train.into(), test.into()], 5),
        [train, test, rounds] => ([train.into(), test.into()], rounds.parse().unwrap()),
        _ => {
            let folder = common::shared().join("intents/customer");
            ([folder.join("train.csv"), folder.join("test.csv")], 5)
        }
    };
    let Some(sets) = common::read(&files) else {
        println!("{{}}");
        return;
    };
    let [train, test] = sets.as_slice() else {
        return;
    };
    let mut report = serde_json::Map::new();
    for (name, recipe, c) in [("word_svm", PLAIN, 1.0), ("default_svm", DEFAULT, 0.5)] {
        let ((features, rows), vectorise) =
            least_cpu(rounds, || Features::fit(recipe, &train.texts));
        let params = LinearSvmParams::new().c(c).check().unwrap();
        let (model, fit) = least_cpu(rounds, || {
            params
                .fit_matrix(&rows, &train.labels, &Control::default())
                .unwrap()
        });
        let (predicted, predict) = least_cpu(rounds, || {
            let mut margins = Vec::new();
            each_row(&features, test, |row| {
                model.predict_row(row.as_row(), &mut margins)
            })
        });
        let primal = params.primal(&model, &rows, &train.labels).unwrap();
        report.insert(
            name.into(),
            serde_json::json!({
                "rows": rows.rows(), "features": rows.cols(), "entries": rows.entries(), "vectorise_ms": vectorise, "fit_ms": fit,
                "predict_ms": predict, "accuracy": accuracy(&predicted, test), "primal": primal,
            }),
        );
    }
    for (name, recipe) in [("word_forest", PLAIN), ("default_forest", DEFAULT)] {
        let ((features, rows), vectorise) =
            least_cpu(rounds, || Features::fit(recipe, &train.texts));
        let params = ForestParams::new().check().unwrap();
        let (model, fit) = least_cpu(rounds.min(2), || {
            params
                .fit_matrix(&rows, &train.labels, &Control::default())
                .unwrap()
        });
        let (predicted, predict) = least_cpu(rounds.min(2), || {
            let mut probabilities = Vec::new();
            each_row(&features, test, |row| {
                model.predict_row(row.as_row(), &mut probabilities)
            })
        });
        report.insert(
            name.into(),
            serde_json::json!({
                "features": rows.cols(), "vectorise_ms": vectorise, "fit_ms": fit,
                "predict_ms": predict, "accuracy": accuracy(&predicted, test),
            }),
        );
    }
    println!("{}", serde_json::Value::Object(report));
}

fn each_row(
    features: &Features,
    test: &Labelled,
    mut predict: impl FnMut(&SparseVector) -> usize,
) -> Vec<usize> {
    let (mut memory, mut row) = (Memory::default(), SparseVector::default());
    test.texts
        .iter()
        .map(|text| {
            features.row(text, &mut memory, &mut row);
            predict(&row)
        })
        .collect()
}

fn accuracy(predicted: &[usize], test: &Labelled) -> f64 {
    let pairs = predicted.iter().zip(&test.labels);
    pairs.filter(|(a, b)| a == b).count() as f64 / test.labels.len() as f64
}
