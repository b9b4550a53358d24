//! Findings across files: names used but never declared, stories that no one can follow.

mod names;

use crate::{
    data::{Assistant, Story},
    diagnostic::Diagnostic,
};

/// Checks everything that needs more than one file; `tests` are test stories.
pub fn project(assistant: &Assistant, tests: &[Story]) -> Vec<Diagnostic> {
    names::check(assistant, tests)
}
