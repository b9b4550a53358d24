//! Slots: what policies see of a value, and how messages fill them.

use super::Tracker;
use crate::data::{Domain, EventKind, Json, Mapping, MappingKind, Slot, SlotKind};

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

/// Returns the slot events that the latest message gives: `action_extract_slots` (dialogue.md §8) for mappings that
/// need no action server.
pub fn extract(tracker: &Tracker, domain: &Domain) -> Vec<EventKind> {
    domain
        .slots
        .iter()
        .filter_map(|slot| {
            let value = slot
                .mappings
                .iter()
                .find_map(|mapping| value(tracker, domain, slot, mapping))?;
            Some(EventKind::Slot {
                name: slot.name.clone(),
                value,
            })
        })
        .collect()
}

fn value(tracker: &Tracker, domain: &Domain, slot: &Slot, mapping: &Mapping) -> Option<Json> {
    let message = tracker.latest_message()?;
    let intent = message.intent_name();
    let form = tracker.active_loop();
    if mapping.intent.is_empty() {
        let ignored = form
            .and_then(|name| domain.form(name))
            .filter(|form| {
                mapping.conditions.is_empty()
                    || mapping
                        .conditions
                        .iter()
                        .any(|condition| condition.names_loop(Some(&form.name)))
            })
            .map(|form| form.ignored_intents.as_slice())
            .unwrap_or_default();
        if mapping
            .not_intent
            .iter()
            .chain(ignored)
            .any(|name| name.value == intent)
        {
            return None;
        }
    } else if !mapping.intent.iter().any(|name| name.value == intent) {
        return None;
    }
    let requested = tracker.slots().get("requested_slot").and_then(Json::as_str);
    let holds = mapping.conditions.is_empty()
        || mapping.conditions.iter().any(|condition| {
            condition.names_loop(form)
                && condition
                    .requested_slot
                    .as_ref()
                    .is_none_or(|slot| Some(slot.value.as_str()) == requested)
        });
    if !holds && !matches!(mapping.kind, MappingKind::FromTriggerIntent(_)) {
        return None;
    }
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
        MappingKind::FromText => {
            (!message.text.is_empty()).then(|| Json::String(message.text.clone()))
        }
        MappingKind::FromIntent(value) => Some(value.clone()),
        MappingKind::FromTriggerIntent(value) => form.map(|_| value.clone()),
        MappingKind::Custom(_) => None,
    }
}

/// Returns what a slot keeps of several values: a list keeps all, others the last.
pub(super) fn fitting(kind: &SlotKind, values: &[&Json]) -> Option<Json> {
    let last = (*values.last()?).clone();
    Some(match kind {
        SlotKind::List => Json::Array(
            values
                .iter()
                .flat_map(|value| match value {
                    Json::Array(items) => items.clone(),
                    other => vec![(*other).clone()],
                })
                .collect(),
        ),
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
