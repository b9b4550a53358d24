//! What was imported to the files of a project, or to one file.

use std::path::{Path, PathBuf};

use super::Import;
use crate::{
    data::{Example, Response, Story, StoryKind, TrainingData},
    diagnostic::count,
    project::{write_config, write_domain, write_nlu, write_stories},
    yaml::emit::{Node, document},
};

/// Returns the files of a project below `root`: path, text, and what is in it. A file with nothing in it is none; `id`
/// is the assistant's where the configuration names none. Without a domain or a configuration both are made of what the
/// rest says.
pub fn project_files(root: &Path, import: &Import, id: &str) -> Vec<(PathBuf, String, String)> {
    let mut whole = import.completed();
    whole
        .config
        .assistant_id
        .get_or_insert_with(|| id.to_owned());
    let mut files = Vec::new();
    if !is_empty(&whole.training) {
        let about = [
            (whole.training.examples.len(), "example"),
            (whole.training.synonyms.len(), "synonym"),
            (whole.training.patterns.len(), "regex"),
            (whole.training.lookups.len(), "lookup table"),
        ];
        files.push((
            root.join("data/nlu.yml"),
            write_nlu(&whole.training),
            told(&about),
        ));
    }
    let (stories, rules): (Vec<Story>, Vec<Story>) = whole
        .stories
        .iter()
        .cloned()
        .partition(|story| story.kind == StoryKind::Story);
    for (name, list, thing) in [("stories", stories, "story"), ("rules", rules, "rule")] {
        if !list.is_empty() {
            let path = root.join(format!("data/{name}.yml"));
            files.push((path, write_stories(&list), count(list.len(), thing)));
        }
    }
    let domain = [
        (whole.domain.intents.len(), "intent"),
        (whole.domain.responses.len(), "response"),
        (whole.domain.slots.len(), "slot"),
        (whole.domain.forms.len(), "form"),
    ];
    files.push((
        root.join("domain.yml"),
        write_domain(&whole.domain),
        told(&domain),
    ));
    files.push((
        root.join("config.yml"),
        write_config(&whole.config),
        "pipeline and policies".to_owned(),
    ));
    if !import.tests.is_empty() {
        files.push((
            root.join("tests/test_stories.yml"),
            write_stories(&import.tests),
            count(import.tests.len(), "test story"),
        ));
    }
    if !import.test_examples.is_empty() {
        files.push((
            root.join("tests/nlu.yml"),
            write_nlu(&of_examples(&import.test_examples)),
            count(import.test_examples.len(), "example"),
        ));
    }
    files
}

/// Returns training data and the answers to its retrieval intents as one YAML file.
pub fn write_yaml(training: &TrainingData, responses: &[Response]) -> String {
    let mut text = write_nlu(training);
    if !responses.is_empty() {
        text.push('\n');
        text.push_str(&document(&[section(responses)]));
    }
    text
}

/// Returns responses as a YAML file of training data.
pub fn write_responses(responses: &[Response]) -> String {
    document(&[
        ("version".to_owned(), Node::Quoted("3.1".to_owned())),
        section(responses),
    ])
}

fn section(responses: &[Response]) -> (String, Node) {
    let map = responses.iter().map(crate::project::write_domain::response);
    ("responses".to_owned(), Node::Map(map.collect()))
}

fn of_examples(examples: &[Example]) -> TrainingData {
    TrainingData {
        examples: examples.to_vec(),
        ..TrainingData::default()
    }
}

fn is_empty(training: &TrainingData) -> bool {
    training.examples.is_empty()
        && training.synonyms.is_empty()
        && training.patterns.is_empty()
        && training.lookups.is_empty()
}

fn told(parts: &[(usize, &str)]) -> String {
    let told: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, thing)| count(*n, thing))
        .collect();
    told.join(", ")
}
