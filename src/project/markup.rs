//! Entities of an example to marks in its text, and every other bracket so that it stays a bracket.

use super::read_annotations;
use crate::data::{Annotation, Example};

/// A literal `[` that begins no mark: Rasa reads `[` marked with an empty list of entities.
const LITERAL_BRACKET: &str = "[[][]";

/// Returns the text with its entities marked; `None` where no marked form is read back exactly.
///
/// Rasa has no escape for a text that merely looks like a mark. An annotation with an empty list of entities, which
/// is replaced by its text and adds none, stands in for one.
pub fn write_annotations(example: &Example) -> Option<String> {
    let text = example.text.as_str();
    if example.entities.is_empty() && !text.contains('[') {
        return Some(text.to_owned());
    }
    [false, true]
        .into_iter()
        .filter_map(|escape| marked(text, &example.entities, escape))
        .find(|written| {
            read_annotations(written)
                .is_ok_and(|(clean, entities)| clean == text && entities == example.entities)
        })
}

fn marked(text: &str, entities: &[Annotation], escape: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len() + entities.len() * 16);
    let plain = |out: &mut String, piece: &str| {
        if escape {
            out.push_str(&piece.replace('[', LITERAL_BRACKET));
        } else {
            out.push_str(piece);
        }
    };
    let (mut at, mut rest) = (0, entities);
    while let Some(first) = rest.first() {
        let same = rest
            .iter()
            .take_while(|other| other.span == first.span)
            .count();
        let (here, later) = rest.split_at_checked(same)?;
        plain(&mut out, text.get(at..first.span.start)?);
        out.push('[');
        out.push_str(text.get(first.span.range())?);
        out.push(']');
        match here {
            [one] if is_simple(one) => {
                out.push('(');
                out.push_str(&one.entity);
                out.push(')');
            }
            [one] => out.push_str(&object(one)),
            several => {
                let all: Vec<String> = several.iter().map(object).collect();
                out.push('[');
                out.push_str(&all.join(", "));
                out.push(']');
            }
        }
        (at, rest) = (first.span.end, later);
    }
    plain(&mut out, text.get(at..)?);
    Some(out)
}

fn is_simple(entity: &Annotation) -> bool {
    entity.role.is_none()
        && entity.group.is_none()
        && entity.value.is_none()
        && !entity.entity.contains([':', ')'])
}

/// Returns the JSON form of an entity; braces inside values are escaped, for the reader stops at the first one.
fn object(entity: &Annotation) -> String {
    let fields = [
        ("entity", Some(&entity.entity)),
        ("role", entity.role.as_ref()),
        ("group", entity.group.as_ref()),
        ("value", entity.value.as_ref()),
    ];
    let inner: Vec<String> = fields
        .into_iter()
        .filter_map(|(key, value)| {
            let json = serde_json::Value::String(value?.clone()).to_string();
            let json = json.replace('}', "\\u007d").replace(']', "\\u005d");
            Some(format!("\"{key}\": {json}"))
        })
        .collect();
    format!("{{{}}}", inner.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    fn example(text: &str, entities: &[(usize, usize, &str, Option<&str>)]) -> Example {
        Example {
            text: text.to_owned(),
            entities: entities
                .iter()
                .map(|(start, end, entity, value)| Annotation {
                    span: Span::new(*start, *end),
                    entity: (*entity).to_owned(),
                    value: value.map(str::to_owned),
                    ..Annotation::default()
                })
                .collect(),
            ..Example::default()
        }
    }

    #[test]
    fn entities_are_marked_in_the_shortest_form() {
        let write = |e| write_annotations(&e).unwrap();
        assert_eq!(
            write(example("to Oslo!", &[(3, 7, "city", None)])),
            "to [Oslo](city)!"
        );
        assert_eq!(
            write(example("to oslo", &[(3, 7, "city", Some("Oslo}"))])),
            "to [oslo]{\"entity\": \"city\", \"value\": \"Oslo\\u007d\"}"
        );
        assert_eq!(
            write(example("a", &[(0, 1, "x", None), (0, 1, "y", None)])),
            "[a][{\"entity\": \"x\"}, {\"entity\": \"y\"}]"
        );
    }

    #[test]
    fn brackets_that_mean_nothing_stay_brackets() {
        for text in [
            "[a](b) c",
            "[a]{b}",
            "[a][b]",
            "[",
            "[]",
            "[[x]](y)",
            "a [b] (c)",
            "[x](y)[z](w)",
            "[a][{]",
        ] {
            let written = write_annotations(&example(text, &[])).unwrap();
            assert_eq!(
                read_annotations(&written).unwrap(),
                (text.to_owned(), vec![]),
                "{written}"
            );
        }
        let both = example("[x] Oslo [a](b)", &[(4, 8, "city", None)]);
        let written = write_annotations(&both).unwrap();
        assert_eq!(
            read_annotations(&written).unwrap(),
            (both.text.clone(), both.entities.clone())
        );
    }

    #[test]
    fn an_entity_that_no_mark_can_hold_is_refused() {
        assert_eq!(
            write_annotations(&example("a] b", &[(0, 2, "x", None)])),
            None
        );
    }
}
