//! Everything behind the `bot` command: from a table of customer messages or a Rasa 3.x project to a trained,
//! tested, talking assistant.
//!
//! The modules form layers, each importing only from those below it; `tests/layers.rs` holds the table and
//! ARCHITECTURE.md the reasons.

pub mod actions;
pub mod agent;
pub mod check;
pub mod cli;
pub mod commands;
pub mod console;
pub mod data;
pub mod dataset;
pub mod diagnostic;
pub mod dialogue;
#[cfg(feature = "embed")]
pub mod embedding;
pub mod eval;
pub mod files;
pub mod ml;
pub mod model;
pub mod nlu;
pub mod plain;
pub mod project;
pub mod report;
pub mod text;
pub mod tui;
pub mod workbench;
pub mod yaml;
