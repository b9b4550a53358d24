//! Exports of Wit.ai: `utterances` of today, `data` of before 2020.

use super::{
    json_nlu::{entity, text},
    problem,
    text::{Raw, example},
};
use crate::{
    data::{Annotation, Located, TrainingData},
    project::reader::Reader,
    yaml::Node,
};

/// What a message without intent is, as in Rasa.
const NO_INTENT: &str = "out_of_scope";

/// Reads the items under `utterances`.
pub(super) fn read(reader: &mut Reader<'_>, list: &Node, training: &mut TrainingData) {
    for item in reader.list(list, "`utterances`") {
        let Some(message) = text(reader, item, "text", "an utterance") else {
            continue;
        };
        let list = item.get("entities").filter(|list| !list.is_null());
        let entities = list
            .map_or(&[][..], |list| reader.list(list, "`entities`"))
            .iter()
            .filter_map(|node| {
                let mut found = entity(reader, node, &message.value, ["start", "end"], 0)?;
                with_role(&mut found.value);
                Some(found)
            })
            .collect();
        for wit_trait in item.get("traits").and_then(Node::items).unwrap_or_default() {
            let name = wit_trait.get("trait").or(wit_trait.get("name"));
            let shown = name.and_then(Node::text).unwrap_or_default();
            let at = reader.origin(name.unwrap_or(wit_trait).span);
            reader.note(problem::not_mapped(
                at,
                format!("traits of Wit have no counterpart: `{shown}`"),
                "make intents of it, or a categorical slot that an action sets",
            ));
        }
        let intent = item
            .get("intent")
            .and_then(Node::string)
            .unwrap_or(NO_INTENT)
            .to_owned();
        push(reader, training, message, intent, entities);
    }
}

/// Reads the items under `data`, where the intent is an entity and values are JSON in a text.
pub(super) fn read_old(reader: &mut Reader<'_>, list: &Node, training: &mut TrainingData) {
    for item in reader.list(list, "`data`") {
        let Some(message) = text(reader, item, "text", "an item of `data`") else {
            continue;
        };
        let (mut intent, mut entities) = (NO_INTENT.to_owned(), Vec::new());
        let list = item.get("entities").filter(|list| !list.is_null());
        for node in list.map_or(&[][..], |list| reader.list(list, "`entities`")) {
            let value = node.get("value").and_then(Node::text).unwrap_or_default();
            let value = value.trim_matches('"');
            if node.get("entity").and_then(Node::text) == Some("intent") {
                value.clone_into(&mut intent);
            } else if let Some(mut found) =
                entity(reader, node, &message.value, ["start", "end"], 0)
            {
                found.value.value = Some(value.to_owned());
                entities.push(found);
            }
        }
        push(reader, training, message, intent, entities);
    }
}

fn push(
    reader: &mut Reader<'_>,
    training: &mut TrainingData,
    message: Located<String>,
    intent: String,
    entities: Vec<Located<Annotation>>,
) {
    let raw = Raw {
        intent,
        intent_origin: message.origin,
        entities,
        origin: message.origin,
        text: message.value,
    };
    training.examples.extend(example(reader, raw));
}

/// Splits `location:from` into type and role; a role that repeats the type is none.
fn with_role(entity: &mut Annotation) {
    if let Some((kind, role)) = entity.entity.split_once(':') {
        let role = (role != kind && !role.is_empty()).then(|| role.to_owned());
        entity.role = role.or(entity.role.take());
        entity.entity = kind.to_owned();
    }
}
