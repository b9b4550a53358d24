//! Entities marked in a text: `[Oslo](city)`, `[Oslo]{"entity": "city"}`, `[Oslo][{…}, {…}]`.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    data::Annotation,
    diagnostic::{Origin, SourceId},
    text::Span,
};

/// Rasa's expression, group for group.
#[expect(
    clippy::unwrap_used,
    reason = "the pattern is a constant and a test compiles it"
)]
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\[(?P<text>[^\]]+?)\](?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)|\{(?P<object>[^}]+?)\}|\[(?P<list>.*?)\])",
    )
    .unwrap()
});

/// An annotation that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAnnotation {
    /// Where in the marked text.
    pub span: Span,
    /// What is wrong with it.
    pub why: String,
}

/// Returns the text without marks, and the marked entities with their places in it.
///
/// The `origin` of each is relative: the bytes of `marked` that its mark takes.
pub fn read_annotations(marked: &str) -> Result<(String, Vec<Annotation>), BadAnnotation> {
    let mut clean = String::with_capacity(marked.len());
    let (mut entities, mut at) = (Vec::new(), 0);
    if !marked.contains('[') {
        return Ok((marked.to_owned(), entities));
    }
    for found in MARK.captures_iter(marked) {
        let (Some(whole), Some(text)) = (found.get(0), found.name("text")) else {
            continue;
        };
        clean.push_str(marked.get(at..whole.start()).unwrap_or_default());
        let start = clean.len();
        clean.push_str(text.as_str());
        let span = Span::new(start, clean.len());
        at = whole.end();
        let origin = Origin::new(SourceId::default(), whole.range());
        let wrong = |why: String| BadAnnotation {
            span: whole.range().into(),
            why,
        };
        if let Some(entity) = found.name("entity") {
            let value = found
                .name("value")
                .map(|value| value.as_str().to_owned())
                .filter(|value| value != text.as_str());
            entities.push(Annotation {
                span,
                entity: entity.as_str().to_owned(),
                value,
                origin,
                ..Annotation::default()
            });
        } else if let Some(object) = found.name("object") {
            entities.push(
                from_json(
                    &format!("{{{}}}", object.as_str()),
                    span,
                    text.as_str(),
                    origin,
                )
                .map_err(wrong)?,
            );
        } else if let Some(list) = found.name("list") {
            let items: Vec<serde_json::Value> =
                serde_json::from_str(&format!("[{}]", list.as_str()))
                    .map_err(|error| wrong(format!("no JSON: {error}")))?;
            for item in items {
                entities.push(
                    from_json(&item.to_string(), span, text.as_str(), origin).map_err(wrong)?,
                );
            }
        }
    }
    clean.push_str(marked.get(at..).unwrap_or_default());
    // Most texts have one mark, and there may be half a million of them.
    entities.shrink_to_fit();
    Ok((clean, entities))
}

/// Returns for each mark where its text stands in the clean text, and where the mark stands in the marked one.
pub(super) fn marks(marked: &str) -> Vec<(Span, Span)> {
    let (mut taken, mut found) = (0, Vec::new());
    for captures in MARK.captures_iter(marked) {
        if let (Some(whole), Some(text)) = (captures.get(0), captures.name("text")) {
            let start = whole.start() - taken;
            found.push((Span::new(start, start + text.len()), whole.range().into()));
            taken += whole.len() - text.len();
        }
    }
    found
}

fn from_json(json: &str, span: Span, text: &str, origin: Origin) -> Result<Annotation, String> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json).map_err(|error| format!("no JSON: {error}"))?;
    let word = |key: &str| match object.get(key) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(value)) => Ok(Some(value.clone())),
        Some(serde_json::Value::Number(value)) if key == "value" => Ok(Some(value.to_string())),
        Some(_) => Err(format!("`{key}` must be text")),
    };
    Ok(Annotation {
        span,
        entity: word("entity")?.ok_or("`entity` is missing")?,
        role: word("role")?,
        group: word("group")?,
        value: word("value")?.filter(|value| value != text),
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covered text, type, value, role.
    type Mark = (String, String, Option<String>, Option<String>);

    fn read(marked: &str) -> (String, Vec<Mark>) {
        let (text, found) = read_annotations(marked).unwrap();
        let list = found
            .iter()
            .map(|e| {
                (
                    e.span.of(&text).to_owned(),
                    e.entity.clone(),
                    e.value.clone(),
                    e.role.clone(),
                )
            })
            .collect();
        (text, list)
    }

    #[test]
    fn every_form_of_annotation_is_read() {
        assert_eq!(
            read("to [Oslo](city)!"),
            (
                "to Oslo!".into(),
                vec![("Oslo".into(), "city".into(), None, None)]
            )
        );
        assert_eq!(
            read("[oslo](city:Oslo)").1,
            vec![("oslo".into(), "city".into(), Some("Oslo".into()), None)]
        );
        assert_eq!(
            read(r#"é [Oslo]{"entity":"city","role":"from","value":12}"#).1,
            vec![(
                "Oslo".into(),
                "city".into(),
                Some("12".into()),
                Some("from".into())
            )]
        );
        assert_eq!(read(r#"[Oslo][{"entity":"a"},{"entity":"b"}]"#).1.len(), 2);
        assert_eq!(
            read("[not closed (x) and a [ b"),
            ("[not closed (x) and a [ b".into(), vec![])
        );
    }

    #[test]
    fn broken_json_is_told_with_its_place() {
        let wrong = read_annotations(r#"go [Oslo]{"entity": }"#).unwrap_err();
        assert_eq!(wrong.span, Span::new(3, 21));
        assert!(read_annotations(r#"[Oslo]{"role": "x"}"#).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[\\[\\](){}\":a-zé, ]{0,40}") {
            if let Ok((clean, found)) = read_annotations(&text) {
                for entity in found {
                    assert!(clean.get(entity.span.range()).is_some());
                }
            }
        }
    }
}
