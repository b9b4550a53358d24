//! Rasa's JSON training data: `{"rasa_nlu_data": {"common_examples": […], …}}`, read and written.

use std::path::Path;

use serde_json::json;

use super::{
    problem,
    text::{Raw, byte_span, example, lookup_file},
};
use crate::{
    data::{Annotation, Assistant, Example, Json, Located, Lookup, Pattern, Synonym, TrainingData},
    diagnostic::Sources,
    project::{domain, reader::Reader, write_nlu::written_intent},
    yaml::Node,
};

const KEYS: [&str; 7] = [
    "common_examples",
    "intent_examples",
    "entity_examples",
    "regex_features",
    "lookup_tables",
    "entity_synonyms",
    "responses",
];

/// Reads what stands under `rasa_nlu_data`; `path` is where lookup tables in files of their own are looked for.
pub(super) fn read(
    reader: &mut Reader<'_>,
    data: &Node,
    path: &Path,
    sources: &mut Sources,
    into: &mut Assistant,
) {
    let training = &mut into.training;
    for (key, value) in reader.mapping(data, "`rasa_nlu_data`") {
        match key.text().unwrap_or_default() {
            // The last two are of Rasa NLU 0.x.
            name @ ("common_examples" | "intent_examples" | "entity_examples") => {
                for item in reader.list(value, &format!("`{name}`")) {
                    training.examples.extend(message(reader, item));
                }
            }
            "regex_features" => {
                for item in reader.list(value, "`regex_features`") {
                    let (Some(name), Some(pattern)) = (
                        text(reader, item, "name", "a regex"),
                        text(reader, item, "pattern", "a regex"),
                    ) else {
                        continue;
                    };
                    training.patterns.push(Pattern {
                        name: name.value,
                        pattern: pattern.value,
                        origin: pattern.origin,
                    });
                }
            }
            "entity_synonyms" => {
                for item in reader.list(value, "`entity_synonyms`") {
                    let Some(stands_for) = text(reader, item, "value", "a synonym") else {
                        continue;
                    };
                    let list = item.get("synonyms");
                    for spelling in list.map_or(&[][..], |list| reader.list(list, "`synonyms`")) {
                        let Some(word) = reader.string(spelling, "a synonym") else {
                            continue;
                        };
                        training.synonyms.push(Synonym {
                            spelling: word,
                            value: stands_for.value.clone(),
                            origin: reader.origin(spelling.span),
                        });
                    }
                }
            }
            "lookup_tables" => {
                for item in reader.list(value, "`lookup_tables`") {
                    lookup(reader, item, path, sources, training);
                }
            }
            "responses" => domain::responses(reader, value, &mut into.domain),
            name => {
                let at = reader.origin(key.span);
                reader.note(problem::unknown_key(at, name, &KEYS));
            }
        }
    }
}

/// Returns the text under a key of an object; where it is missing or no text, that is noted.
pub(super) fn text(
    reader: &mut Reader<'_>,
    item: &Node,
    key: &str,
    what: &str,
) -> Option<Located<String>> {
    if item.entries().is_none() {
        reader.expected(item, what, "an object");
        return None;
    }
    let Some(node) = item.get(key) else {
        reader.note(problem::missing_key(reader.origin(item.span), what, key));
        return None;
    };
    let value = reader.string(node, &format!("`{key}`"))?;
    Some(Located::new(value, reader.origin(node.span)))
}

fn lookup(
    reader: &mut Reader<'_>,
    item: &Node,
    path: &Path,
    sources: &mut Sources,
    training: &mut TrainingData,
) {
    let Some(name) = text(reader, item, "name", "a lookup table") else {
        return;
    };
    let entries = match item.get("elements") {
        None => {
            let at = reader.origin(item.span);
            reader.note(problem::missing_key(at, "a lookup table", "elements"));
            return;
        }
        Some(node) => match node.string() {
            Some(file) => {
                let at = reader.origin(node.span);
                lookup_file(file, path, at, reader, sources)
            }
            None => reader
                .list(node, "`elements`")
                .iter()
                .filter_map(|entry| {
                    let word = entry
                        .text()
                        .map(str::trim)
                        .filter(|word| !word.is_empty())?;
                    Some(Located::new(word.to_owned(), reader.origin(entry.span)))
                })
                .collect(),
        },
    };
    match training
        .lookups
        .iter_mut()
        .find(|known| known.name == name.value)
    {
        Some(known) => known.entries.extend(entries),
        None => training.lookups.push(Lookup {
            name: name.value,
            entries,
            origin: name.origin,
        }),
    }
}

fn message(reader: &mut Reader<'_>, item: &Node) -> Option<Example> {
    let message = text(reader, item, "text", "an example")?;
    let key = ["intent_response_key", "intent"]
        .into_iter()
        .find_map(|key| item.get(key).filter(|node| !node.is_null()));
    let intent = match key {
        Some(node) => reader.string(node, "`intent`")?,
        None => String::new(),
    };
    if intent.trim().is_empty() {
        reader.note(problem::example_without_intent(
            message.origin,
            &message.value,
        ));
        return None;
    }
    let list = item.get("entities");
    let entities = list
        .map_or(&[][..], |list| reader.list(list, "`entities`"))
        .iter()
        .filter_map(|node| entity(reader, node, &message.value, ["start", "end"], 0))
        .collect();
    example(
        reader,
        Raw {
            intent,
            intent_origin: key.map_or(message.origin, |node| reader.origin(node.span)),
            entities,
            origin: message.origin,
            text: message.value,
        },
    )
}

/// Reads an entity whose place stands under two keys; `past_end` is added to the second.
pub(super) fn entity(
    reader: &mut Reader<'_>,
    node: &Node,
    of: &str,
    keys: [&str; 2],
    past_end: usize,
) -> Option<Located<Annotation>> {
    let name = text(reader, node, "entity", "an entity")?;
    let span = place(reader, node, of, keys, past_end)?;
    let word = |key: &str| {
        node.get(key)
            .filter(|value| !value.is_null())
            .and_then(Node::text)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
    };
    let annotation = Annotation {
        span,
        entity: name.value,
        role: word("role"),
        group: word("group"),
        value: word("value"),
        origin: reader.origin(node.span),
    };
    Some(Located::new(annotation, reader.origin(node.span)))
}

/// Returns the bytes between two characters of a text that stand under two keys.
fn place(
    reader: &mut Reader<'_>,
    node: &Node,
    of: &str,
    keys: [&str; 2],
    past_end: usize,
) -> Option<crate::text::Span> {
    let mut number = |key: &str| {
        let Some(value) = node.get(key) else {
            reader.note(problem::missing_key(
                reader.origin(node.span),
                "an entity",
                key,
            ));
            return None;
        };
        reader.number(value, &format!("`{key}`"))
    };
    let (start, end) = (number(keys[0])?, number(keys[1])?);
    #[expect(
        clippy::cast_sign_loss,
        reason = "a negative number becomes 0, a huge one the largest; neither is a whole place in the text"
    )]
    let whole = |number: f64| (number >= 0.0 && number.fract() == 0.0).then_some(number as usize);
    let chars = of.chars().count();
    let span = match (whole(start), whole(end)) {
        (Some(start), Some(end)) => byte_span(of, start, end.saturating_add(past_end).min(chars)),
        _ => None,
    };
    let at = reader.origin(node.span);
    if span.is_none() {
        reader.note(problem::entity_outside(at, start, end, chars));
    } else if end + past_end as f64 > chars as f64 {
        reader.note(problem::entity_too_long(at, end, chars));
    }
    span
}

/// Returns training data as Rasa's JSON.
pub fn write_json(training: &TrainingData) -> String {
    let examples: Vec<Json> = training.examples.iter().map(written).collect();
    let patterns: Vec<Json> = training
        .patterns
        .iter()
        .map(|pattern| json!({"name": pattern.name, "pattern": pattern.pattern}))
        .collect();
    let lookups: Vec<Json> = training
        .lookups
        .iter()
        .map(|lookup| {
            let elements: Vec<&str> = lookup.entries.iter().map(|e| e.value.as_str()).collect();
            json!({"name": lookup.name, "elements": elements})
        })
        .collect();
    let mut synonyms: Vec<(&str, Vec<&str>)> = Vec::new();
    for synonym in &training.synonyms {
        match synonyms.last_mut() {
            Some((value, spellings)) if *value == synonym.value => {
                spellings.push(&synonym.spelling);
            }
            _ => synonyms.push((&synonym.value, vec![&synonym.spelling])),
        }
    }
    let synonyms: Vec<Json> = synonyms
        .into_iter()
        .map(|(value, synonyms)| json!({"value": value, "synonyms": synonyms}))
        .collect();
    let data = json!({"rasa_nlu_data": {
        "common_examples": examples,
        "regex_features": patterns,
        "lookup_tables": lookups,
        "entity_synonyms": synonyms,
    }});
    format!("{data:#}\n")
}

fn written(example: &Example) -> Json {
    let mut object = json!({"text": example.text, "intent": written_intent(example)});
    if !example.entities.is_empty() {
        let chars = |at: usize| {
            example
                .text
                .get(..at)
                .map_or(0, |head| head.chars().count())
        };
        let entities: Json = example
            .entities
            .iter()
            .map(|entity| {
                let mut found = json!({
                    "start": chars(entity.span.start),
                    "end": chars(entity.span.end),
                    "value": entity.value(&example.text),
                    "entity": entity.entity,
                });
                for (key, word) in [("role", &entity.role), ("group", &entity.group)] {
                    if let Some(word) = word {
                        found[key] = word.as_str().into();
                    }
                }
                found
            })
            .collect();
        object["entities"] = entities;
    }
    if let Some(notes) = &example.metadata {
        let mut metadata = serde_json::Map::new();
        for (key, note) in [("intent", &notes.intent), ("example", &notes.example)] {
            metadata.extend(note.clone().map(|note| (key.to_owned(), note)));
        }
        object["metadata"] = metadata.into();
    }
    object
}
