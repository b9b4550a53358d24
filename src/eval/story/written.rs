//! Pieces of a story as YAML writes them.

use crate::data::{Entity, Json, Parse};

/// Returns a word as YAML writes it.
pub(super) fn word(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || " _-/().+".contains(c))
        && !text.ends_with(' ')
        && !matches!(
            text.to_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        text.to_owned()
    } else {
        Json::from(text).to_string()
    }
}

/// Returns a text with the entities found marked in it.
pub(super) fn marked(parse: &Parse) -> String {
    let mut found: Vec<&Entity> = parse.entities.iter().collect();
    found.sort_by_key(|entity| entity.start);
    let (mut out, mut at) = (String::new(), 0);
    for entity in found {
        if entity.start < at || entity.end <= entity.start {
            continue;
        }
        let part = |from: usize, to: usize| -> String {
            parse.text.chars().skip(from).take(to - from).collect()
        };
        out.push_str(&part(at, entity.start));
        let text = part(entity.start, entity.end);
        let is_plain = entity.role.is_none() && entity.group.is_none();
        let mark = if is_plain && entity.value.as_str() == Some(&text) {
            format!("({})", entity.entity)
        } else {
            let mut mark = serde_json::Map::new();
            mark.insert("entity".to_owned(), entity.entity.clone().into());
            for (key, value) in [("role", &entity.role), ("group", &entity.group)] {
                if let Some(value) = value {
                    mark.insert(key.to_owned(), value.clone().into());
                }
            }
            if entity.value.as_str() != Some(&text) {
                mark.insert("value".to_owned(), entity.value.clone());
            }
            Json::from(mark).to_string()
        };
        out.extend(["[", &text, "]", &mark]);
        at = entity.end;
    }
    out.extend(parse.text.chars().skip(at));
    out.replace(['\n', '\r'], " ")
}

/// Returns a value as YAML writes it.
pub(super) fn value(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), word)
}

/// Returns a text as it is, anything else as JSON.
pub(super) fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
