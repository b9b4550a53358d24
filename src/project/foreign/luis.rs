//! Exports of LUIS (`luis_schema_version`, up to 7).

use super::{
    json_nlu::{entity, text},
    problem,
    text::{Raw, example},
};
use crate::{
    data::{Located, Lookup, Pattern, Synonym, TrainingData},
    project::reader::Reader,
    yaml::Node,
};

/// Reads the export.
///
/// Utterances and regular expressions are what Rasa takes, closed lists and phrase lists are more.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node, training: &mut TrainingData) {
    for (key, value) in root.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        match name {
            "utterances" => {
                for item in reader.list(value, "`utterances`") {
                    utterance(reader, item, training);
                }
            }
            "regex_features" => {
                for item in reader.list(value, "`regex_features`") {
                    if item.get("activated").and_then(Node::bool) != Some(false) {
                        pattern(reader, item, "pattern", training);
                    }
                }
            }
            "regex_entities" => {
                for item in reader.list(value, "`regex_entities`") {
                    pattern(reader, item, "regexPattern", training);
                }
            }
            "closedLists" => {
                for item in reader.list(value, "`closedLists`") {
                    closed_list(reader, item, training);
                }
            }
            "phraselists" | "model_features" => {
                for item in reader.list(value, &format!("`{name}`")) {
                    phrase_list(reader, item, training);
                }
            }
            "patterns" | "patternAnyEntities" | "composites" | "hierarchicals"
            | "prebuiltEntities" | "bing_entities" | "actions" => {
                for item in value.items().unwrap_or_default() {
                    let named = ["name", "pattern"].iter().find_map(|key| item.get(key));
                    let shown = named
                        .and_then(Node::text)
                        .or(item.text())
                        .unwrap_or_default();
                    let at = reader.origin(named.unwrap_or(item).span);
                    reader.note(problem::not_mapped(
                        at,
                        format!("`{name}` of LUIS have no counterpart: `{shown}`"),
                        "mark such entities in the examples, or find them with a regex or a lookup table",
                    ));
                }
            }
            _ => {}
        }
    }
}

fn utterance(reader: &mut Reader<'_>, item: &Node, training: &mut TrainingData) {
    let Some(message) = text(reader, item, "text", "an utterance") else {
        return;
    };
    let Some(intent) = item.get("intent").and_then(Node::string) else {
        reader.note(problem::example_without_intent(
            message.origin,
            &message.value,
        ));
        return;
    };
    let list = item.get("entities").filter(|list| !list.is_null());
    let entities = list
        .map_or(&[][..], |list| reader.list(list, "`entities`"))
        .iter()
        // LUIS names the last character of an entity, not the first after it.
        .filter_map(|node| entity(reader, node, &message.value, ["startPos", "endPos"], 1))
        .collect();
    let raw = Raw {
        intent: intent.to_owned(),
        intent_origin: message.origin,
        entities,
        origin: message.origin,
        text: message.value,
    };
    training.examples.extend(example(reader, raw));
}

fn pattern(reader: &mut Reader<'_>, item: &Node, key: &str, training: &mut TrainingData) {
    let (Some(name), Some(pattern)) = (
        text(reader, item, "name", "a regular expression"),
        text(reader, item, key, "a regular expression"),
    ) else {
        return;
    };
    training.patterns.push(Pattern {
        name: name.value,
        pattern: pattern.value,
        origin: pattern.origin,
    });
}

fn closed_list(reader: &mut Reader<'_>, item: &Node, training: &mut TrainingData) {
    let Some(name) = text(reader, item, "name", "a closed list") else {
        return;
    };
    let mut entries = Vec::new();
    let lists = item.get("subLists");
    for sub in lists.map_or(&[][..], |list| reader.list(list, "`subLists`")) {
        let Some(main) = text(reader, sub, "canonicalForm", "an item of a closed list") else {
            continue;
        };
        let spellings = sub.get("list");
        for node in spellings.map_or(&[][..], |list| reader.list(list, "`list`")) {
            let Some(spelling) = reader.string(node, "a spelling") else {
                continue;
            };
            let origin = reader.origin(node.span);
            training.synonyms.push(Synonym {
                spelling: spelling.clone(),
                value: main.value.clone(),
                origin,
            });
            entries.push(Located::new(spelling, origin));
        }
        entries.push(main);
    }
    training.lookups.push(Lookup {
        name: name.value,
        entries,
        origin: name.origin,
    });
}

fn phrase_list(reader: &mut Reader<'_>, item: &Node, training: &mut TrainingData) {
    let (Some(name), Some(words)) = (
        text(reader, item, "name", "a phrase list"),
        text(reader, item, "words", "a phrase list"),
    ) else {
        return;
    };
    let entries = words
        .value
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| Located::new(word.to_owned(), words.origin))
        .collect();
    training.lookups.push(Lookup {
        name: name.value,
        entries,
        origin: name.origin,
    });
}
