//! Slots: what policies see of a value, and how messages fill them.

use super::Situation;
use crate::data::{Domain, Form, Json, Mapping, MappingKind, Parse, Slot, SlotKind};

/// Returns the features of a value: files.md §6.3 of Rasa's specification.
pub fn featurize(kind: &SlotKind, value: &Json) -> Vec<f64> {
    match kind {
        SlotKind::Text => vec![f64::from(u8::from(!value.is_null()))],
        SlotKind::List => vec![f64::from(u8::from(match value {
            Json::Null => false,
            Json::Array(items) => !items.is_empty(),
            Json::String(text) => !text.is_empty(),
            _ => true,
        }))],
        SlotKind::Any => Vec::new(),
        SlotKind::Bool => match truth(value) {
            Some(true) => vec![1.0, 1.0],
            Some(false) => vec![1.0, 0.0],
            None => vec![0.0, 0.0],
        },
        SlotKind::Float { min, max } => {
            let number = match value {
                Json::Number(number) => number.as_f64(),
                Json::String(text) => text.trim().parse().ok(),
                Json::Bool(truth) => Some(f64::from(u8::from(*truth))),
                _ => None,
            };
            match number {
                Some(number) if !number.is_nan() => {
                    vec![1.0, (number.clamp(*min, *max) - min) / (max - min)]
                }
                _ => vec![0.0, 0.0],
            }
        }
        SlotKind::Categorical(values) => {
            let mut features = vec![0.0; values.len() + 1];
            if !value.is_null() {
                let text = plain(value).to_lowercase();
                let at = values
                    .iter()
                    .position(|known| *known == text)
                    .unwrap_or(values.len());
                if let Some(feature) = features.get_mut(at) {
                    *feature = 1.0;
                }
            }
            features
        }
    }
}

/// Returns the truth value that Rasa sees in a value.
fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(truth) => Some(*truth),
        Json::Number(number) => Some(number.as_f64() == Some(1.0)),
        Json::String(text) => match text.to_lowercase().as_str() {
            "true" | "1" | "1.0" => Some(true),
            "false" => Some(false),
            text => text
                .parse::<f64>()
                .ok()
                .map(|number| (number - 1.0).abs() < f64::EPSILON),
        },
        _ => None,
    }
}

/// Returns a value as Python's `str` shows it.
pub(super) fn plain(value: &Json) -> String {
    match value {
        Json::Null => "None".into(),
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::String(text) => text.clone(),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => format!("{float:?}"),
            _ => number.to_string(),
        },
        Json::Array(items) => format!(
            "[{}]",
            items.iter().map(quoted).collect::<Vec<_>>().join(", ")
        ),
        Json::Object(map) => {
            let items: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("'{key}': {}", quoted(value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

fn quoted(value: &Json) -> String {
    match value {
        Json::String(text) => format!("'{text}'"),
        _ => plain(value),
    }
}

/// What the latest message gives a slot.
#[derive(Clone, Debug, PartialEq)]
pub enum Filling {
    /// A value.
    Value(String, Json),
    /// A custom action may give one.
    Custom(String),
}

/// Returns what the latest message gives, slot by slot: `action_extract_slots` (dialogue.md §8). Each custom action is
/// named once.
pub fn extract(now: &Situation, domain: &Domain) -> Vec<Filling> {
    let Some(message) = now.latest_message() else {
        return Vec::new();
    };
    let mut found: Vec<Filling> = Vec::new();
    for slot in &domain.slots {
        for mapping in &slot.mappings {
            if !is_valid(mapping, domain) || !applies(now, domain, slot, mapping) {
                continue;
            }
            if let MappingKind::Custom(Some(action)) = &mapping.kind {
                let asked = Filling::Custom(action.clone());
                if !found.contains(&asked) {
                    found.push(asked);
                }
            }
            // An empty value only takes a value away.
            if let Some(value) = value(now, message, slot, mapping)
                && !(value.is_null() && now.slot(&slot.name).is_null())
            {
                found.push(Filling::Value(slot.name.clone(), value));
                break;
            }
        }
    }
    found
}

/// Tells whether a mapping names only what the domain has; others are passed over.
fn is_valid(mapping: &Mapping, domain: &Domain) -> bool {
    match &mapping.kind {
        MappingKind::FromEntity { entity, .. } => domain.entity(entity).is_some(),
        MappingKind::FromIntent(_) => mapping
            .intent
            .iter()
            .all(|intent| domain.has_intent(&intent.value)),
        _ => true,
    }
}

/// Tells whether a mapping is meant for a message with this intent in this state of a form.
fn applies(now: &Situation, domain: &Domain, slot: &Slot, mapping: &Mapping) -> bool {
    let intent = now
        .latest_message()
        .map_or("", |message| message.intent_name());
    let form = now.active_loop().and_then(|name| domain.form(name));
    if mapping.intent.is_empty() {
        let ignored = form
            .filter(|form| {
                mapping.conditions.is_empty()
                    || mapping
                        .conditions
                        .iter()
                        .any(|condition| condition.names_loop(Some(&form.name)))
            })
            .map(|form| form.ignored_intents.as_slice())
            .unwrap_or_default();
        let mut blocked = mapping.not_intent.iter().chain(ignored);
        if blocked.any(|name| name.value == intent) {
            return false;
        }
    } else if !mapping.intent.iter().any(|name| name.value == intent) {
        return false;
    }
    let is_requested = now.requested_slot() == Some(&slot.name);
    if !mapping.conditions.is_empty() && !matches!(mapping.kind, MappingKind::FromTriggerIntent(_))
    {
        if now.is_loop_rejected() && is_requested {
            return false;
        }
        let holds = mapping.conditions.iter().any(|condition| {
            condition.names_loop(now.active_loop())
                && (now.active_loop().is_none()
                    || condition
                        .requested_slot
                        .as_ref()
                        .is_none_or(|slot| Some(slot.value.as_str()) == now.requested_slot()))
        });
        if !holds {
            return false;
        }
    }
    // An entity that several slots of a form wait for goes to the one that is asked for.
    let shared = |form: &Form| {
        let required = |name: &str| form.required_slots.iter().any(|slot| slot.value == name);
        let alike = form
            .required_slots
            .iter()
            .filter_map(|slot| domain.slot(&slot.value))
            .flat_map(|slot| &slot.mappings)
            .filter(|other| other.is_same(mapping))
            .count();
        required(&slot.name) && alike != 1
    };
    !(matches!(mapping.kind, MappingKind::FromEntity { .. })
        && !is_requested
        && form.is_some_and(shared))
}

fn value(now: &Situation, message: &Parse, slot: &Slot, mapping: &Mapping) -> Option<Json> {
    let single = |value: &Json| fitting(&slot.kind, &[value]);
    match &mapping.kind {
        MappingKind::FromEntity {
            entity,
            role,
            group,
        } => {
            let found: Vec<&Json> = message
                .entities
                .iter()
                .filter(|found| {
                    found.entity == *entity && found.role == *role && found.group == *group
                })
                .map(|found| &found.value)
                .collect();
            fitting(&slot.kind, &found)
        }
        MappingKind::FromText => single(&Json::String(message.text.clone())),
        MappingKind::FromIntent(value) => single(value),
        MappingKind::FromTriggerIntent(value) => {
            let name = now.active_loop()?;
            let mut loops = mapping
                .conditions
                .iter()
                .map(|condition| condition.active_loop.as_ref());
            let meant = mapping.conditions.is_empty()
                || loops.any(|known| known.is_some_and(|known| known.value == name));
            meant.then(|| single(value)).flatten()
        }
        MappingKind::Custom(_) => None,
    }
}

/// Returns what a slot keeps of several values: a list keeps all, others the last.
pub(super) fn fitting(kind: &SlotKind, values: &[&Json]) -> Option<Json> {
    let last = (*values.last()?).clone();
    Some(match kind {
        SlotKind::List => Json::Array(values.iter().map(|value| (*value).clone()).collect()),
        _ => last,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn features_are_those_of_the_specification() {
        let float = SlotKind::Float {
            min: 0.0,
            max: 10.0,
        };
        let size = SlotKind::Categorical(vec!["s".into(), "m".into()]);
        for (kind, value, features) in [
            (&SlotKind::Text, json!(""), vec![1.0]),
            (&SlotKind::Text, json!(null), vec![0.0]),
            (&SlotKind::Bool, json!("true"), vec![1.0, 1.0]),
            (&SlotKind::Bool, json!(0), vec![1.0, 0.0]),
            (&SlotKind::Bool, json!("maybe"), vec![0.0, 0.0]),
            (&float, json!(20), vec![1.0, 1.0]),
            (&float, json!("5"), vec![1.0, 0.5]),
            (&float, json!("five"), vec![0.0, 0.0]),
            (&size, json!("M"), vec![0.0, 1.0, 0.0]),
            (&size, json!("xl"), vec![0.0, 0.0, 1.0]),
            (&size, json!(null), vec![0.0, 0.0, 0.0]),
            (&SlotKind::List, json!([]), vec![0.0]),
            (&SlotKind::List, json!(["a"]), vec![1.0]),
            (&SlotKind::Any, json!("a"), vec![]),
        ] {
            assert_eq!(featurize(kind, &value), features, "{kind:?} {value}");
        }
    }

    #[test]
    fn values_print_as_in_python() {
        assert_eq!(
            plain(&json!([1, "b", null, 2.0, {"k": true}])),
            "[1, 'b', None, 2.0, {'k': True}]"
        );
    }
}
