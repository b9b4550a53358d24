//! Messages that name their intent: `/greet{"name": "Ann"}`, as buttons send them (nlu.md §9).

use crate::data::{Domain, Entity, IntentScore, Json, Parse};

/// Returns what a payload says, or `None` where the text is none: no slash, or an intent that the domain lacks.
pub fn read_payload(text: &str, domain: &Domain) -> Option<Parse> {
    let text = text.trim();
    let body = text.strip_prefix('/')?;
    let name_end = body.find(['{', '@']).unwrap_or(body.len());
    let (name, rest) = body.split_at(name_end);
    let name = name.trim();
    if !domain.has_intent(name) {
        return None;
    }
    let confidence = match rest.strip_prefix('@') {
        None => 1.0,
        Some(rest) => {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            rest.get(..digits)
                .and_then(|digits| digits.parse::<f64>().ok())
                .unwrap_or(0.0)
                .min(1.0)
        }
    };
    let entities = match (text.find('{'), text.rfind('}')) {
        (Some(start), Some(end)) if start < end => entities(text, start, end + 1, domain),
        _ => Vec::new(),
    };
    let intent = IntentScore {
        name: Some(name.to_owned()),
        confidence,
        ..IntentScore::default()
    };
    Some(Parse {
        text: text.to_owned(),
        intent_ranking: vec![intent.clone()],
        intent,
        entities,
        ..Parse::default()
    })
}

fn entities(text: &str, start: usize, end: usize, domain: &Domain) -> Vec<Entity> {
    let Some(Ok(Json::Object(map))) = text.get(start..end).map(serde_json::from_str) else {
        return Vec::new();
    };
    let (first, last) = crate::text::characters(text, crate::text::Span::new(start, end));
    map.into_iter()
        .filter(|(name, _)| domain.entity(name).is_some())
        .flat_map(|(name, value)| {
            let values = match value {
                Json::Array(items) => items,
                other => vec![other],
            };
            values.into_iter().map(move |value| (name.clone(), value))
        })
        .map(|(entity, value)| Entity {
            entity,
            start: first,
            end: last,
            value,
            extractor: Some("RegexMessageHandler".to_owned()),
            ..Entity::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{EntityType, Intent},
        diagnostic::Origin,
    };

    fn domain() -> Domain {
        let entity = |name: &str| EntityType {
            name: name.into(),
            roles: Vec::new(),
            groups: Vec::new(),
            influence_conversation: true,
            origin: Origin::default(),
        };
        let intent = Intent {
            name: "greet".into(),
            ..Intent::default()
        };
        Domain {
            intents: vec![intent],
            entities: vec![entity("name")],
            ..Domain::default()
        }
    }

    #[test]
    fn payloads_are_read_as_in_rasa() {
        for (text, confidence, values) in [
            ("/greet", 1.0, vec![]),
            (" / greet ", 1.0, vec![]),
            ("/greet@0.4", 0.4, vec![]),
            ("/greet@7{\"name\": \"Ann\"}", 1.0, vec!["\"Ann\""]),
            (
                "/greet{\"name\": [\"a\", 1], \"other\": 2}",
                1.0,
                vec!["\"a\"", "1"],
            ),
            ("/greet{broken}", 1.0, vec![]),
        ] {
            let parse = read_payload(text, &domain()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(parse.intent_name(), "greet");
            assert!(
                (parse.intent.confidence - confidence).abs() < 1e-9,
                "{text}"
            );
            let found: Vec<String> = parse
                .entities
                .iter()
                .map(|entity| entity.value.to_string())
                .collect();
            assert_eq!(found, values, "{text}");
        }
        for text in ["greet", "/greet junk", "/unknown", "/greet/x", ""] {
            assert_eq!(read_payload(text, &domain()), None, "{text}");
        }
        assert!(read_payload("/restart", &domain()).is_some());
    }
}
