//! Findings across files: names used but never declared, declared but never used; examples and stories that contradict
//! each other.

mod blocks;
mod codes;
mod counts;
mod entities;
mod examples;
mod fix;
mod forms;
mod names;
mod pipeline;
mod problem;
mod stories;
mod stubs;
mod unused;

pub use codes::{explain, names as codes};
pub use counts::{Counts, Events, counts};
pub use fix::{Mended, mend};
pub use names::is_template_test;
pub use stubs::check as stubs;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::{
    data::{Assistant, Domain, Example, Story},
    diagnostic::{Diagnostic, Result, Sources},
    dialogue, nlu,
};

/// What is checked: a project with its tests.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Configuration, domain and training data.
    pub assistant: &'a Assistant,
    /// Test stories.
    pub tests: &'a [Story],
    /// Single messages of test files.
    pub test_examples: &'a [Example],
    /// Every file was read without an error, so that what is not there is truly missing.
    pub is_whole: bool,
}

/// Checks what training cannot do well without: that every name is declared, that intents have examples enough, that
/// entities begin and end with words, and that a spelling stands for one value.
pub fn training(assistant: &Assistant) -> Vec<Diagnostic> {
    let mut findings = examples::few(&assistant.training);
    findings.extend(entities::misaligned(assistant));
    findings.extend(examples::synonyms(&assistant.training));
    findings.extend(names::check(&Subject {
        assistant,
        tests: &[],
        test_examples: &[],
        is_whole: false,
    }));
    findings
}

/// Checks the names in test stories alone.
pub fn test_names(assistant: &Assistant, tests: &[Story]) -> Vec<Diagnostic> {
    let mut findings = names::check(&Subject {
        assistant,
        tests,
        test_examples: &[],
        is_whole: false,
    });
    findings.retain(|finding| finding.code.starts_with("test::"));
    findings
}

/// Checks everything that needs more than one place to see.
pub fn project(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let assistant = subject.assistant;
    let whole = |check: &dyn Fn() -> Vec<Diagnostic>| {
        let is_whole = subject.is_whole;
        is_whole.then(check).unwrap_or_default()
    };
    let checks: [&(dyn Fn() -> Vec<Diagnostic> + Sync); 7] = [
        &|| names::check(subject),
        &|| whole(&|| unused::check(subject)),
        &|| whole(&|| forms::check(assistant)),
        &|| examples::check(subject),
        &|| entities::check(assistant),
        &|| stories::check(assistant),
        &|| configuration(assistant),
    ];
    let found: Vec<_> = checks
        .par_iter()
        .with_max_len(1)
        .map(|check| check())
        .collect();
    found.into_iter().flatten().collect()
}

/// Checks what a configuration makes of the data.
pub fn configuration(assistant: &Assistant) -> Vec<Diagnostic> {
    let mut findings = pipeline::check(assistant);
    findings.extend(codes::check(&assistant.config));
    findings
}

/// How stories are held against each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conversations {
    /// States that tell two points of stories apart; all of them, if none.
    pub max_history: Option<usize>,
}

/// Checks everything that learning would complain about: pipeline, options and regexes; policies, and rules that
/// contradict stories, and stories that contradict each other.
///
/// Only for projects that were read without errors, so that one mistake is not told twice.
pub fn learning(
    assistant: &Assistant,
    sources: &Sources,
    understanding: Option<&nlu::Options>,
    conversations: Option<&Conversations>,
) -> Result<Vec<Diagnostic>> {
    let mut findings = match understanding {
        Some(options) => nlu::check(assistant, options)?,
        None => Vec::new(),
    };
    if let Some(conversations) = conversations {
        findings.extend(dialogue::check(assistant, sources));
        findings.extend(dialogue::conflicts(assistant, conversations.max_history));
    }
    Ok(findings)
}

/// Tells whether code outside the project's files takes part, which may use what no file names.
fn has_custom_actions(domain: &Domain) -> bool {
    domain
        .actions
        .iter()
        .any(|action| !action.value.starts_with("utter_"))
}

/// Returns the intents that buttons name: `/intent` or `/intent{…}`.
fn button_intents(domain: &Domain) -> impl Iterator<Item = (&str, crate::diagnostic::Origin)> {
    domain
        .responses
        .iter()
        .flat_map(|response| &response.variations)
        .flat_map(|variation| &variation.buttons)
        .filter_map(|button| {
            let intent = button.payload.as_deref()?.trim().strip_prefix('/')?;
            let end = intent.find(['{', '@', ' ']).unwrap_or(intent.len());
            Some((intent.get(..end)?, button.origin))
        })
        .filter(|(intent, _)| !intent.is_empty())
}

/// Returns the retrieval intents: those with examples under `intent/key`.
fn retrieval_intents(assistant: &Assistant) -> BTreeSet<&str> {
    assistant
        .training
        .examples
        .iter()
        .filter(|example| example.response_key.is_some())
        .map(|example| example.intent.as_str())
        .collect()
}
