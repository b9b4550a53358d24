//! How long vectorising, training and predicting take; `cargo bench --bench learning`.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

mod common;

use bot::ml::{Control, ForestParams, LinearSvmParams, SparseVector};
use common::{Block, DEFAULT, Features, Memory, PLAIN, training_set};
use divan::{Bencher, counter::ItemsCount};
use linfa::ParamGuard;

/// The public sets with the features made of them; generated texts stand in for sets that are missing.
const CASES: &[(&str, &str)] = &[
    ("customer", "plain"),
    ("customer", "default"),
    ("banking77", "plain"),
    ("banking77", "default"),
];

fn main() {
    divan::main();
}

fn recipe(name: &str) -> &'static [(Block, f32)] {
    if name == "plain" { PLAIN } else { DEFAULT }
}

#[divan::bench(args = CASES)]
fn vectorise(bencher: Bencher<'_, '_>, (set, features): (&str, &str)) {
    let data = training_set(set);
    let recipe = recipe(features);
    bencher
        .counter(ItemsCount::new(data.texts.len()))
        .bench_local(|| Features::fit(recipe, &data.texts));
}

#[divan::bench(args = CASES, sample_count = 20)]
fn fit_linear_svm(bencher: Bencher<'_, '_>, (set, features): (&str, &str)) {
    let data = training_set(set);
    let (_, rows) = Features::fit(recipe(features), &data.texts);
    let params = LinearSvmParams::new().c(0.5).check().unwrap();
    bencher
        .counter(ItemsCount::new(data.texts.len()))
        .bench_local(|| params.fit_matrix(&rows, &data.labels, &Control::default()));
}

#[divan::bench(args = CASES, sample_count = 3)]
fn fit_forest(bencher: Bencher<'_, '_>, (set, features): (&str, &str)) {
    let data = training_set(set);
    let (_, rows) = Features::fit(recipe(features), &data.texts);
    let params = ForestParams::new().check().unwrap();
    bencher
        .counter(ItemsCount::new(data.texts.len()))
        .bench_local(|| params.fit_matrix(&rows, &data.labels, &Control::default()));
}

/// From a message to its intent.
#[divan::bench(args = CASES)]
fn predict_message(bencher: Bencher<'_, '_>, (set, features): (&str, &str)) {
    let data = training_set(set);
    let (features, rows) = Features::fit(recipe(features), &data.texts);
    let params = LinearSvmParams::new().c(0.5).check().unwrap();
    let model = params
        .fit_matrix(&rows, &data.labels, &Control::default())
        .unwrap();
    let (mut memory, mut row) = (Memory::default(), SparseVector::default());
    let mut margins = Vec::new();
    let mut messages = data.texts.iter().cycle();
    bencher.bench_local(|| {
        features.row(messages.next().unwrap(), &mut memory, &mut row);
        model.predict_row(row.as_row(), &mut margins)
    });
}
