//! Findings across files: names used but never declared, stories that no one can follow.

mod names;

use crate::{
    data::{Assistant, Story},
    diagnostic::{Diagnostic, Result, Sources},
    dialogue, nlu,
};

/// Checks everything that needs more than one file; `tests` are test stories.
pub fn project(assistant: &Assistant, tests: &[Story]) -> Vec<Diagnostic> {
    names::check(assistant, tests)
}

/// Checks everything that learning would complain about: pipeline, options and regexes; policies, and rules that
/// contradict stories.
///
/// Only for projects that were read without errors, so that one mistake is not told twice.
pub fn learning(
    assistant: &Assistant,
    sources: &Sources,
    understanding: Option<&nlu::Options>,
    conversations: bool,
) -> Result<Vec<Diagnostic>> {
    let mut findings = match understanding {
        Some(options) => nlu::check(assistant, options)?,
        None => Vec::new(),
    };
    if conversations && !assistant.stories.is_empty() {
        findings.extend(dialogue::train(assistant, sources).findings);
    }
    Ok(findings)
}
