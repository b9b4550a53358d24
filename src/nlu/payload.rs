//! Messages that name their intent: `/greet{"name": "Ann"}`, as buttons send them (nlu.md §9).

use crate::data::{Domain, Entity, IntentScore, Json, Parse};

/// Returns what a payload says, or `None` where the text is none: no slash, or an intent that the domain lacks. Where
/// the domain names nothing at all, as with understanding alone, any intent and entity may be meant.
pub fn read_payload(text: &str, domain: &Domain) -> Option<Parse> {
    let text = text.trim();
    let body = text.strip_prefix('/')?;
    let name = name_of(body);
    let rest = body.find(['{', '@']).and_then(|end| body.get(end..));
    let rest = rest.unwrap_or_default();
    let is_known = domain.has_intent(name) || (domain.intents.is_empty() && !name.is_empty());
    if !is_known {
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

/// Returns the intent that stands behind the slash.
fn name_of(body: &str) -> &str {
    let name = body.split(['{', '@']).next();
    name.unwrap_or_default().trim()
}

/// Returns what of a payload was not understood as it stands, in words; nothing where the text begins with no slash.
pub fn payload_doubts(text: &str, domain: &Domain) -> Vec<String> {
    let Some(parse) = read_payload(text, domain) else {
        let name = text.trim().strip_prefix('/').map(name_of);
        let unknown = name.filter(|name| !name.is_empty()).map(|name| {
            format!("the domain has no intent `{name}`: the message is read as any other text")
        });
        return unknown.into_iter().collect();
    };
    let text = parse.text.as_str();
    let mut doubts = Vec::new();
    let head = text.split('{').next().unwrap_or_default();
    if let Some((_, number)) = head.split_once('@') {
        let number = number.trim();
        match number.parse::<f64>() {
            Ok(number) if number > 1.0 => {
                doubts.push(format!(
                    "the confidence {number} is above 1: it counts as 1"
                ));
            }
            Ok(_) => {}
            Err(_) => doubts.push(format!(
                "the confidence `{number}` is no number: it counts as {}",
                parse.intent.confidence
            )),
        }
    }
    if let (Some(start), Some(end)) = (text.find('{'), text.rfind('}'))
        && start < end
    {
        match text.get(start..=end).map(serde_json::from_str) {
            Some(Ok(Json::Object(map))) => {
                let unknown = map.keys().filter(|name| !has_entity(domain, name));
                doubts.extend(
                    unknown
                        .map(|name| format!("the domain has no entity `{name}`: it is left out")),
                );
            }
            _ => doubts
                .push("what stands in braces is no JSON object: there are no entities".to_owned()),
        }
        let rest = text.get(end + 1..).unwrap_or_default().trim();
        if !rest.is_empty() {
            doubts.push(format!("`{rest}` behind the payload is not read"));
        }
    }
    doubts
}

/// Tells whether an entity may be meant: any may where the domain names no intent.
fn has_entity(domain: &Domain, name: &str) -> bool {
    domain.intents.is_empty() || domain.entity(name).is_some()
}

fn entities(text: &str, start: usize, end: usize, domain: &Domain) -> Vec<Entity> {
    let Some(Ok(Json::Object(map))) = text.get(start..end).map(serde_json::from_str) else {
        return Vec::new();
    };
    let (first, last) = crate::text::characters(text, crate::text::Span::new(start, end));
    map.into_iter()
        .filter(|(name, _)| has_entity(domain, name))
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

    #[test]
    fn without_a_domain_any_intent_and_entity_may_be_meant() {
        let nothing = Domain::default();
        let parse = read_payload("/hello{\"num\": 5}", &nothing).unwrap();
        assert_eq!(parse.intent_name(), "hello");
        assert_eq!(parse.entities[0].entity, "num");
        assert_eq!(read_payload("/", &nothing), None);
        assert_eq!(
            payload_doubts("/hello{\"num\": 5}", &nothing),
            Vec::<String>::new()
        );
    }
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

    #[test]
    fn what_is_not_read_of_a_payload_is_told() {
        for (text, doubts) in [
            ("/greet", &[][..]),
            ("/greet@0.5{\"name\": \"Bob\"}", &[]),
            ("/greet@7", &["the confidence 7 is above 1: it counts as 1"]),
            (
                "/greet@x",
                &["the confidence `x` is no number: it counts as 0"],
            ),
            (
                "/greet {\"name\": \"Bob\"} trailing",
                &["`trailing` behind the payload is not read"],
            ),
            (
                "/greet{\"other\": 1}",
                &["the domain has no entity `other`: it is left out"],
            ),
            (
                "/greet{bad}",
                &["what stands in braces is no JSON object: there are no entities"],
            ),
            ("hello {bad}", &[]),
            (
                "/nope{\"name\": \"Bob\"}",
                &["the domain has no intent `nope`: the message is read as any other text"],
            ),
            ("/", &[]),
        ] {
            assert_eq!(payload_doubts(text, &domain()), doubts, "{text}");
        }
    }
}
