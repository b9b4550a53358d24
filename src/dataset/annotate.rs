//! Entities that are marked in a text: `[Berlin](city)`, `[time : five am]`, `[Berlin]{"entity": "city"}`.

use std::sync::LazyLock;

use regex::Regex;

use super::names::safe_name;
use crate::{data::Annotation, text::Span};

/// Every kind of mark. A single letter in parentheses is no name of an entity: `[a](b)` is just text.
#[expect(
    clippy::unwrap_used,
    reason = "the pattern is a constant and a test compiles it"
)]
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"\[(?P<text>[^\[\]]+)\](?:\((?P<entity>[\p{L}_][\p{L}\p{N}\p{M}_.-]+)(?::(?P<value>[^)/][^)]*))?\)|(?P<object>\{[^}\[\]]*"entity"[^}\[\]]*\}))|\[(?P<name>[\p{L}_][\p{L}\p{N}\p{M}_.-]*) : (?P<words>[^\[\]]+)\]"#,
    )
    .unwrap()
});

/// Tells whether the text has marks.
pub(super) fn is_marked(text: &str) -> bool {
    text.contains('[') && MARK.is_match(text)
}

/// Returns the text without marks, and its entities.
pub(super) fn read(marked: &str) -> (String, Vec<Annotation>) {
    if !marked.contains('[') {
        return (marked.to_owned(), Vec::new());
    }
    let mut clean = String::with_capacity(marked.len());
    let (mut entities, mut at) = (Vec::new(), 0);
    for found in MARK.captures_iter(marked) {
        let Some(whole) = found.get(0) else { continue };
        let word = |name: &str| found.name(name).map(|part| part.as_str().trim());
        let Some(text) = word("text")
            .or(word("words"))
            .filter(|text| !text.is_empty())
        else {
            continue;
        };
        let (entity, role, group, value) = match (word("entity").or(word("name")), word("object")) {
            (Some(name), _) => (
                name.to_owned(),
                None,
                None,
                word("value").map(str::to_owned),
            ),
            (None, Some(object)) => {
                let Ok(serde_json::Value::Object(map)) = serde_json::from_str(object) else {
                    continue;
                };
                let get = |key: &str| {
                    map.get(key)
                        .and_then(|value| value.as_str())
                        .map(str::to_owned)
                };
                let Some(name) = get("entity") else { continue };
                (name, get("role"), get("group"), get("value"))
            }
            _ => continue,
        };
        clean.push_str(marked.get(at..whole.start()).unwrap_or_default());
        let start = clean.len();
        clean.push_str(text);
        at = whole.end();
        entities.push(Annotation {
            span: Span::new(start, clean.len()),
            entity: safe_name(&entity),
            role,
            group,
            value: value.filter(|value| value != text),
            ..Annotation::default()
        });
    }
    clean.push_str(marked.get(at..).unwrap_or_default());
    (clean, entities)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(marked: &str) -> (String, Vec<(String, String)>) {
        let (text, found) = read(marked);
        let found = found
            .iter()
            .map(|one| (one.entity.clone(), one.span.of(&text).to_owned()))
            .collect();
        (text, found)
    }

    #[test]
    fn each_kind_of_mark_becomes_an_entity() {
        assert_eq!(
            list("wake me at [time : five am] [general_frequency : each day]"),
            (
                "wake me at five am each day".into(),
                vec![
                    ("time".into(), "five am".into()),
                    ("general_frequency".into(), "each day".into())
                ]
            )
        );
        assert_eq!(
            list("to [Berlin](city)").1,
            [("city".into(), "Berlin".into())]
        );
        assert_eq!(
            list(r#"to [Berlin]{"entity": "city", "role": "to"}"#).1,
            [("city".into(), "Berlin".into())]
        );
    }

    #[test]
    fn brackets_that_mark_nothing_stay() {
        for text in [
            "[a](b) I want",
            "[x]",
            "see [docs](http://a.b/c)",
            "[not closed (x)",
            "a[0]: b",
            "[]( )",
        ] {
            assert_eq!(read(text), (text.to_owned(), vec![]));
        }
    }
}
