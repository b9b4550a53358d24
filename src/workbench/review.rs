//! Messages of real people, the least certain first: each is kept as an example of its intent, corrected, or passed
//! over. What was decided is gathered, and becomes one change of the files.

use std::{collections::HashSet, path::Path};

use super::Correction;
use crate::{
    data::{IntentScore, Json, Parse},
    dataset,
    diagnostic::{Diagnostic, Error, Result, Sources},
    files,
    model::Model,
};

/// A list of messages to look through.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// The messages, the least certain first.
    pub items: Vec<Item>,
}

/// A message to look at.
#[derive(Clone, Debug)]
pub struct Item {
    /// What somebody wrote.
    pub text: String,
    /// How it was understood when the list was made.
    pub parse: Parse,
    /// Whether it was passed over.
    pub passed: bool,
    /// What was decided about it, if anything.
    pub decision: Option<Decision>,
    /// Whether the files say so by now.
    pub written: bool,
}

/// What a person says about a message of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Its intent; without one, the one that it is understood as.
    pub intent: Option<String>,
    /// Its entities, as far as they are others than those that are found.
    pub marks: Vec<Correction>,
}

/// How the name of the change ends that a review comes to.
pub const OF_REVIEW: &str = " of the review";

impl Review {
    /// Reads messages: lines of text, a table, JSON lines, or trackers as Rasa dumps them; each text once.
    pub fn read(path: &Path, model: &Model) -> Result<Self> {
        let mut texts = texts(path)?;
        let mut seen = HashSet::new();
        texts.retain(|text| {
            !text.trim().is_empty() && !text.starts_with('/') && seen.insert(text.clone())
        });
        if texts.is_empty() {
            let shown = files::show(path);
            return Err(Error::cannot(
                Diagnostic::error(
                    "review::no-messages",
                    format!("`{shown}` has no message to review"),
                )
                .help("lines of text, a table, JSON lines with a `text`, or dumps of trackers"),
            ));
        }
        let mut items: Vec<Item> = texts
            .into_iter()
            .map(|text| Item {
                parse: model.preview(&text),
                text,
                passed: false,
                decision: None,
                written: false,
            })
            .collect();
        items.sort_by(|a, b| certainty(&a.parse).total_cmp(&certainty(&b.parse)));
        Ok(Self { items })
    }

    /// Returns what is decided and not written yet: numbers of messages, and what about them.
    pub fn decided(&self) -> (Vec<usize>, Vec<(String, Decision)>) {
        let open = self.items.iter().enumerate();
        open.filter(|(_, item)| !item.written)
            .filter_map(|(at, item)| Some((at, (item.text.clone(), item.decision.clone()?))))
            .unzip()
    }
}

impl Item {
    /// Tells whether it was looked at.
    pub fn is_done(&self) -> bool {
        self.passed || self.decision.is_some()
    }

    /// Adds what was said about it.
    pub fn decide(&mut self, correction: Correction) {
        self.passed = false;
        self.written = false;
        let decision = self.decision.get_or_insert_default();
        match correction {
            Correction::Intent { intent, .. } => decision.intent = Some(intent),
            mark => decision.marks.push(mark),
        }
    }

    /// Returns how sure the classifier was of its first guess; nothing where it had none.
    pub fn certainty(&self) -> Option<f64> {
        first(&self.parse).map(|score| score.confidence)
    }
}

/// Returns how sure the classifier is, whatever a fallback made of it.
fn certainty(parse: &Parse) -> f64 {
    first(parse).map_or(0.0, |score| score.confidence)
}

fn first(parse: &Parse) -> Option<&IntentScore> {
    let mut scores = parse.intent_ranking.iter();
    scores.find(|score| score.name.as_deref() != Some("nlu_fallback"))
}

fn texts(path: &Path) -> Result<Vec<String>> {
    let bytes = files::read(path)?;
    let kind = path
        .extension()
        .map(|end| end.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    match kind.as_str() {
        "csv" | "tsv" => {
            let mut sources = Sources::new();
            let options = dataset::Options::default();
            let table = dataset::read(&files::show(path), &bytes, &options, &mut sources)?;
            Ok(table.messages().into_iter().map(str::to_owned).collect())
        }
        "json" | "jsonl" | "ndjson" => Ok(of_json(&String::from_utf8_lossy(&bytes))),
        _ => {
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.trim_start_matches('\u{feff}').lines();
            Ok(lines.map(|line| line.trim().to_owned()).collect())
        }
    }
}

/// Returns the messages of JSON documents, one after the other: `text` of objects, and of the user's events in
/// trackers.
fn of_json(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        // What follows a mistake cannot be read: what came before it can.
        let Ok(document) = document else { break };
        collect(&document, &mut found);
    }
    found
}

fn collect(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::String(text) => found.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(object) => {
            if let Some(events) = object.get("events").and_then(Json::as_array) {
                let users = events
                    .iter()
                    .filter(|event| event.get("event").and_then(Json::as_str) == Some("user"));
                let texts = users.filter_map(|event| event.get("text")?.as_str());
                found.extend(texts.map(str::to_owned));
            } else if let Some(text) = ["text", "message"]
                .iter()
                .find_map(|key| object.get(*key)?.as_str())
            {
                found.push(text.to_owned());
            } else {
                // Trackers by sender, or messages below another key.
                let below = object
                    .values()
                    .filter(|value| value.is_object() || value.is_array());
                below.for_each(|value| collect(value, found));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_json_lines_and_trackers() {
        assert_eq!(
            of_json("{\"text\": \"a\"}\n{\"message\": \"b\"}\n\"c\""),
            ["a", "b", "c"]
        );
        let tracker = r#"{"ann": {"sender_id": "ann", "events": [
            {"event": "action", "name": "action_listen"},
            {"event": "user", "text": "hi"}, {"event": "bot", "text": "hello"}]}}"#;
        assert_eq!(of_json(tracker), ["hi"]);
        assert_eq!(of_json("{\"text\": \"a\"}\n{broken"), ["a"]);
    }
}
