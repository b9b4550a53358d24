//! One file of training data: YAML, JSON or a table.

use std::path::{Path, PathBuf};

use super::FileFormat;
use crate::{
    data::{Assistant, Response, Story, StoryKind},
    dataset,
    diagnostic::{Diagnostic, Error, Result, count},
    project::{
        self,
        foreign::{self, Import},
    },
};

/// Path, text, and what is in it.
type Planned = (PathBuf, String, String);

/// Returns the file, and what the format has no place for.
pub(super) fn file(
    path: &Path,
    format: FileFormat,
    import: &Import,
    marks: bool,
) -> Result<(Vec<Planned>, Option<String>)> {
    let whole = &import.assistant;
    let training = &whole.training;
    if training.examples.is_empty() && format == FileFormat::Csv {
        return Err(Error::cannot(
            Diagnostic::error(
                "convert::no-examples",
                "there are no examples to write into a table",
            )
            .help(
                "a table holds messages with their intents; write `.yml` or `.json` for the rest",
            ),
        ));
    }
    let answers = answers(whole);
    let text = match format {
        FileFormat::Yaml => foreign::write_yaml(training, &answers),
        FileFormat::Json => foreign::write_json(training),
        FileFormat::Csv => table(whole, marks)?,
    };
    let is_table = format == FileFormat::Csv;
    let entities: usize = training
        .examples
        .iter()
        .map(|example| example.entities.len())
        .sum();
    let written = match format {
        FileFormat::Json => 0,
        FileFormat::Yaml | FileFormat::Csv => answers.len(),
    };
    let responses = whole.domain.responses.len() - written;
    let is_rule = |story: &&Story| story.kind != StoryKind::Story;
    let rules = whole.stories.iter().filter(is_rule).count();
    let lost = [
        (if is_table && !marks { entities } else { 0 }, "entity"),
        (
            if is_table { training.synonyms.len() } else { 0 },
            "synonym",
        ),
        (if is_table { training.patterns.len() } else { 0 }, "regex"),
        (
            if is_table { training.lookups.len() } else { 0 },
            "lookup table",
        ),
        (responses, "response"),
        (whole.stories.len() - rules, "story"),
        (rules, "rule"),
        (import.tests.len(), "test story"),
    ];
    let lost: Vec<String> = lost
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, thing)| count(*n, thing))
        .collect();
    let about = count(training.examples.len(), "example");
    let lost =
        (!lost.is_empty()).then(|| format!("{}: no place for them in this file", lost.join(", ")));
    Ok((vec![(path.to_owned(), text, about)], lost))
}

/// Returns the answers to retrieval intents, which belong to training data.
fn answers(whole: &Assistant) -> Vec<Response> {
    let examples = &whole.training.examples;
    let keys: std::collections::BTreeSet<String> = examples
        .iter()
        .filter_map(|example| example.response_key.as_ref())
        .map(|key| format!("utter_{key}"))
        .collect();
    let answers = whole.domain.responses.iter();
    answers
        .filter(|response| keys.contains(&response.name))
        .cloned()
        .collect()
}

/// Returns a table of texts, intents, and answers where there are any.
fn table(whole: &Assistant, marks: bool) -> Result<String> {
    let answer = |key: Option<&String>| {
        let response = whole.domain.response(&format!("utter_{}", key?))?;
        response
            .variations
            .iter()
            .rev()
            .find_map(|variation| variation.text.clone())
    };
    let examples = &whole.training.examples;
    let any = examples
        .iter()
        .any(|example| answer(example.response_key.as_ref()).is_some());
    let header: &[&str] = if any {
        &["text", "intent", "response"]
    } else {
        &["text", "intent"]
    };
    let mut rows: Vec<Vec<String>> = vec![header.iter().map(|name| (*name).to_owned()).collect()];
    for example in examples {
        let text = if marks {
            project::write_annotations(example).unwrap_or_else(|| example.text.clone())
        } else {
            example.text.clone()
        };
        let intent = example.response_key.as_ref().unwrap_or(&example.intent);
        let mut row = vec![text, intent.clone()];
        if any {
            row.push(answer(example.response_key.as_ref()).unwrap_or_default());
        }
        rows.push(row);
    }
    dataset::write_rows(&rows)
}
