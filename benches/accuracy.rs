//! Cross-validates the default recipe and others on the training parts of the public sets.
//!
//! `cargo bench --bench accuracy -- [SET…]` prints, for five seeded folds, accuracy and macro F1 by C, and the
//! calibration error with the temperature that is fitted on the margins of the other folds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use bot::ml::{
    Control, LinearSvmParams, SparseVector, argmax,
    calibration::{expected_calibration_error, fit_temperature, softmax},
    metrics::Report,
    sampling::stratified_folds,
};
use common::{Block, DEFAULT, Features, Labelled, Memory, PLAIN};
use linfa::ParamGuard;
use ndarray::{Array2, Axis};

const WORDS: &[(Block, f32)] = &[(Block::FullWords, 1.0)];

fn main() {
    let mut sets: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if sets.is_empty() {
        sets = ["customer", "banking77"].map(String::from).to_vec();
    }
    for set in sets {
        let data = common::training_set(&set);
        println!("{set}: {} examples", data.texts.len());
        for (name, recipe) in [
            ("plain words", PLAIN),
            ("words", WORDS),
            ("default", DEFAULT),
        ] {
            for c in [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0] {
                let figures = cross_validate(&data, recipe, c);
                println!("  {name:12} C {c:<4} {figures}");
            }
        }
    }
}

fn cross_validate(data: &Labelled, recipe: &[(Block, f32)], c: f32) -> String {
    let folds = stratified_folds(&data.labels, 5, 42);
    let classes = data.labels.iter().max().unwrap() + 1;
    // Margins of every row by the model that did not see it; a class that was not learned is out of the question.
    let mut margins = Array2::from_elem((data.texts.len(), classes), -10.0_f32);
    let params = LinearSvmParams::new().c(c).check().unwrap();
    let mut fold_of = vec![0; data.texts.len()];
    for (number, fold) in folds.iter().enumerate() {
        let texts: Vec<String> = fold.train.iter().map(|&i| data.texts[i].clone()).collect();
        let labels: Vec<usize> = fold.train.iter().map(|&i| data.labels[i]).collect();
        let (features, rows) = Features::fit(recipe, &texts);
        let model = params
            .fit_matrix(&rows, &labels, &Control::default())
            .unwrap();
        let (mut memory, mut row) = (Memory::default(), SparseVector::default());
        let mut known = vec![0.0; model.classes().len()];
        for &i in &fold.test {
            fold_of[i] = number;
            features.row(&data.texts[i], &mut memory, &mut row);
            model.decision(row.as_row(), &mut known);
            for (&class, &margin) in model.classes().iter().zip(&known) {
                margins[(i, class)] = margin;
            }
        }
    }
    let predicted: Vec<usize> = margins
        .outer_iter()
        .map(|row| argmax(&row.to_vec()))
        .collect();
    let report = Report::new(&data.labels, &predicted).unwrap();

    let mut judged = Vec::new();
    let mut temperatures = Vec::new();
    for number in 0..folds.len() {
        let others: Vec<usize> = (0..fold_of.len())
            .filter(|&i| fold_of[i] != number)
            .collect();
        let labels: Vec<usize> = others.iter().map(|&i| data.labels[i]).collect();
        let temperature = fit_temperature(margins.select(Axis(0), &others).view(), &labels);
        temperatures.push(temperature);
        for i in (0..fold_of.len()).filter(|&i| fold_of[i] == number) {
            let mut row = margins.row(i).to_vec();
            softmax(&mut row, temperature);
            judged.push((row[predicted[i]], predicted[i] == data.labels[i]));
        }
    }
    format!(
        "accuracy {:.2} %  macro F1 {:.2} %  ECE {:.2} %  temperature {:.2}",
        100.0 * report.accuracy,
        100.0 * report.macro_average.f1,
        100.0 * expected_calibration_error(&judged, 15),
        temperatures.iter().sum::<f32>() / temperatures.len() as f32,
    )
}
