//! Whole processes: what a person waits for.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

#[path = "common/shared.rs"]
mod shared;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use shared::shared;

fn main() {
    divan::main();
}

/// Returns a file of the shared data, or the example table where that is absent.
fn table(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = shared().join("intents/customer").join(name);
    if path.exists() {
        path
    } else {
        root.join("examples/support.csv")
    }
}

fn bot(arguments: &[&str], folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_bot"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

/// Returns a folder with a trained project made from the train part.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let csv = table("train.csv");
    bot(
        &["convert", csv.to_str().unwrap(), "--to", "."],
        folder.path(),
    );
    bot(&["train"], folder.path());
    folder
}

#[divan::bench(sample_count = 10)]
fn convert_the_seed_table(bencher: divan::Bencher<'_, '_>) {
    let csv = table("raw_Customer_data.csv");
    bencher
        .with_inputs(|| tempfile::tempdir().unwrap())
        .bench_values(|folder| {
            bot(
                &["convert", csv.to_str().unwrap(), "--to", "p"],
                folder.path(),
            );
            folder
        });
}

#[divan::bench(sample_count = 10, args = ["LinearSvmClassifier", "RandomForestClassifier"])]
fn train(bencher: divan::Bencher<'_, '_>, classifier: &str) {
    let folder = project();
    bencher.bench_local(|| {
        bot(
            &["train", "--force", "--classifier", classifier],
            folder.path(),
        );
    });
}

#[divan::bench(sample_count = 20)]
fn parse_from_a_cold_start(bencher: divan::Bencher<'_, '_>) {
    let folder = project();
    bencher.bench_local(|| bot(&["parse", "where is my order"], folder.path()));
}
