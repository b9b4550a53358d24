//! All integration tests, in one binary.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, write files and read the environment"
)]

/// How well public sets are understood, lest a change makes it worse unseen.
mod accuracy;
/// Who runs custom actions: servers, stubs, programs, nobody.
mod actions;
/// A hand-written project: stories, slots and fallback decide what is said.
mod agent;
/// What Rasa did as a server of whole bots.
mod bots;
/// The HTML report in a real browser.
mod browser;
/// Each command, when it works and when it does not.
mod cli;
/// A project in a folder, a run of `bot`.
mod common;
/// Tables become projects.
mod convert;
/// The same bytes on any number of threads.
mod determinism;
/// Every mistake in a file of its own.
mod diagnostics;
/// What Rasa did in the same conversations.
mod dialogue;
/// What the documents show.
mod docs;
/// The Duckling server.
mod duckling;
/// Edits of project files.
mod edit;
/// Sentence embeddings, from the command line.
mod embed;
/// The example projects do what they are there to show.
mod examples;
/// Canonical files.
mod format;
/// Foreign and older formats become projects, and go back.
mod formats;
/// Single turns, event by event, as Rasa's specification lists them.
mod golden;
/// Imports follow the layers.
mod layers;
/// What is learnt from stories beyond their letter: unseen paths, unlikely intents, words, branches, reminders.
mod learnt;
/// The shell corrects, learns, saves, replays, compares and takes back.
mod mend;
/// Projects as they come from Rasa.
mod migration;
/// The pictures of the documents.
mod pictures;
/// Real projects, against what Rasa's loader returned.
mod projects;
/// The action server of others: Python's rasa-sdk.
mod rasa_sdk;
/// Damaged files, full disks, signals, odd encodings.
mod robustness;
/// What the shell shows in each state, at every size.
mod screens;
/// The shell, with and without a terminal.
mod shell;
/// What real files do that surprises a loader.
mod surprises;
/// Templates are whole projects.
mod templates;
/// The shell in a real terminal: signals, editors, slow servers, reminders, long and foreign texts.
#[cfg(unix)]
mod terminal;
/// What is done in the shell can be taken back.
mod undo;
/// Checking, mending and migrating whole projects.
mod validate;
/// Tests that go on while files change, and bars, in a terminal.
mod watch;
