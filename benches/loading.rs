//! Reading projects: whole `bot validate` processes, and a large nlu.yml by itself.
//!
//! The projects are those of the shared data (`$BOT_SHARED`, else `../shared`) and are left out where it is absent; the
//! large file is made up.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

#[path = "common/shared.rs"]
mod shared;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use bot::{
    diagnostic::Sources,
    files,
    project::{Paths, load},
};
use divan::counter::BytesCount;
use shared::shared;

/// The allocator of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Size of the large file.
const LARGE: usize = 25_000_000;

/// Returns a folder with a project whose nlu.yml is large: every text once, every third with an entity.
fn large() -> tempfile::TempDir {
    const WORDS: [&str; 12] = [
        "please", "card", "transfer", "my", "is", "café", "money", "when", "arrive", "lost", "the",
        "top-up",
    ];
    let mut text = "version: \"3.1\"\nnlu:\n".to_owned();
    let mut domain = "version: \"3.1\"\nentities: [number]\nintents:\n".to_owned();
    let mut n = 0_usize;
    while text.len() < LARGE {
        if n.is_multiple_of(500) {
            let intent = n / 500;
            writeln!(text, "- intent: intent_{intent}\n  examples: |").unwrap();
            writeln!(domain, "- intent_{intent}").unwrap();
        }
        text.push_str("    -");
        for word in 0..7 {
            let word = WORDS[(n / WORDS.len().pow(word) + word as usize) % WORDS.len()];
            write!(text, " {word}").unwrap();
        }
        if n.is_multiple_of(3) {
            writeln!(text, " [{n}](number)").unwrap();
        } else {
            writeln!(text, " {n}").unwrap();
        }
        n += 1;
    }
    let folder = tempfile::tempdir().unwrap();
    files::write(&folder.path().join("data/nlu.yml"), text.as_bytes()).unwrap();
    files::write(&folder.path().join("domain.yml"), domain.as_bytes()).unwrap();
    folder
}

fn validate(folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_bot"))
        .args(["validate", "--format", "concise"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Findings of real projects may be errors.
    assert!(status.unwrap().code().is_some());
}

/// Returns one of the shared projects.
fn project(name: &str) -> Option<PathBuf> {
    Some(shared().join("projects").join(name)).filter(|path| path.is_dir())
}

#[divan::bench(sample_count = 20, args = ["RasaHQ__rasa__initial_project", "RasaHQ__carbon-bot"])]
fn validate_a_project(bencher: divan::Bencher<'_, '_>, name: &str) {
    if let Some(folder) = project(name) {
        bencher.bench_local(|| validate(&folder));
    }
}

#[divan::bench(sample_count = 5)]
fn read_a_large_file(bencher: divan::Bencher<'_, '_>) {
    let folder = large();
    bencher
        .counter(BytesCount::new(LARGE))
        .bench_local(|| load(&Paths::of(folder.path()), &mut Sources::new()).unwrap());
}

#[divan::bench(sample_count = 5)]
fn validate_a_large_file(bencher: divan::Bencher<'_, '_>) {
    let folder = large();
    bencher
        .counter(BytesCount::new(LARGE))
        .bench_local(|| validate(folder.path()));
}
