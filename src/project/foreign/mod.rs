//! Training data of other makers and of older days: Rasa 1.x Markdown, Rasa JSON, Dialogflow, LUIS, Wit.
//!
//! One file a format; [`import()`] reads whole projects of them, [`read_json`] one file below a project's data.

mod complete;
mod config_1x;
mod dialogflow;
mod domain_old;
mod files;
mod import;
mod json_nlu;
mod luis;
mod markdown;
mod markdown_nlu;
mod markdown_stories;
mod problem;
mod text;
mod wit;

use std::path::Path;

pub use files::{project_files, write_responses, write_yaml};
pub use import::{Import, import};
pub use json_nlu::write_json;

use super::reader::Reader;
use crate::{
    data::Assistant,
    diagnostic::{Diagnostic, Sources},
    yaml::{self, Node},
};

/// Code of findings about what has no counterpart.
pub const NOT_MAPPED: &str = "foreign::not-mapped";
/// Code of findings about what an old file leaves open.
const ASSUMED: &str = "foreign::assumed";

/// What a JSON file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JsonKind {
    Rasa,
    Luis,
    Wit,
    OldWit,
    DialogflowIntent,
    DialogflowEntity,
}

/// Tells what a JSON file holds by its keys, as Rasa does; none for anything else.
fn json_kind(root: &Node) -> Option<JsonKind> {
    let is_list = |key: &str| root.get(key).is_some_and(|node| node.items().is_some());
    if root.get("rasa_nlu_data").is_some() {
        Some(JsonKind::Rasa)
    } else if root.get("luis_schema_version").is_some() {
        Some(JsonKind::Luis)
    } else if is_list("utterances") {
        Some(JsonKind::Wit)
    } else if is_list("responses") && root.get("name").is_some() {
        Some(JsonKind::DialogflowIntent)
    } else if root.get("isEnum").is_some() {
        Some(JsonKind::DialogflowEntity)
    } else {
        let items = root.get("data").and_then(Node::items);
        let first = items.and_then(<[_]>::first);
        let is_wit =
            first.is_some_and(|item| item.get("text").is_some() && item.get("entities").is_some());
        is_wit.then_some(JsonKind::OldWit)
    }
}

/// Reads a `.json` file below a project's data: Rasa's own JSON, LUIS, Wit, or a file of a Dialogflow export, told
/// apart by their keys. Anything else, JSON or not, is no training data and gives none.
///
/// `path` is where files that belong to it are looked for (lookup tables, Dialogflow's texts of one `language`), `name`
/// is its path as shown to people. Of the result a project takes `training` and, of Rasa's JSON, `domain.responses`;
/// what else Dialogflow says is for a conversion.
pub fn read_json(
    path: &Path,
    name: &str,
    text: &str,
    language: Option<&str>,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Option<Assistant> {
    let source = sources.add(name, text);
    let root = match yaml::parse_json(source, text, yaml::Limits::default()) {
        Ok(root) => root,
        Err(wrong) => {
            // Only a file that means to be training data has to be JSON.
            let keys = [
                "\"rasa_nlu_data\"",
                "\"luis_schema_version\"",
                "\"utterances\"",
            ];
            if keys.iter().any(|key| text.contains(key)) {
                findings.push(wrong);
            }
            return None;
        }
    };
    let kind = json_kind(&root)?;
    let mut found = Assistant::default();
    let mut reader = Reader {
        source,
        text,
        findings,
    };
    let under = |key: &str| root.get(key).unwrap_or(&root);
    match kind {
        JsonKind::Rasa => json_nlu::read(
            &mut reader,
            under("rasa_nlu_data"),
            path,
            sources,
            &mut found,
        ),
        JsonKind::Luis => luis::read(&mut reader, &root, &mut found.training),
        JsonKind::Wit => wit::read(&mut reader, under("utterances"), &mut found.training),
        JsonKind::OldWit => wit::read_old(&mut reader, under("data"), &mut found.training),
        JsonKind::DialogflowIntent => {
            dialogflow::read_intent(&mut reader, &root, path, language, sources, &mut found);
        }
        JsonKind::DialogflowEntity => {
            dialogflow::read_entity(&mut reader, &root, path, language, sources, &mut found);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Trees of the keys that some format knows, with values of every kind.
    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3..40_i64).prop_map(Value::from),
            "[a-z/é\\[\\](): ]{0,8}".prop_map(Value::from),
        ];
        let keys = "text|intent|entities|start|end|startPos|endPos|entity|role|value|name|pattern|elements|synonyms|common_examples|regex_features|lookup_tables|entity_synonyms|utterances|data|responses|messages|speech|closedLists|subLists|canonicalForm|list|isEnum|parameters";
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((keys, inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(tree in tree(), head in 0..5_usize) {
            let root = match head {
                0 => json!({"rasa_nlu_data": tree}),
                1 => json!({"luis_schema_version": "7", "utterances": tree, "closedLists": tree}),
                2 => json!({"utterances": [tree]}),
                3 => json!({"name": "x", "responses": [tree], "parentId": "y"}),
                _ => tree,
            };
            let text = root.to_string();
            let mut findings = Vec::new();
            let found = read_json(Path::new("no/such.json"), "x", &text, None, &mut Sources::new(), &mut findings);
            for example in found.iter().flat_map(|found| &found.training.examples) {
                for entity in &example.entities {
                    prop_assert!(example.text.get(entity.span.range()).is_some_and(|covered| !covered.is_empty()));
                }
            }
        }
    }
}
