//! Values that `actions.yml` may name in braces: slots, and what is known of the latest message.

use serde_json::Map;

use super::{http::encode, problem::Failure};
use crate::{agent::Conversation, data::Json};

/// Values by name.
pub(super) type Values = Map<String, Json>;

/// Returns the slots by name, and `sender_id`, `latest.text`, `latest.intent`, `latest.entities.TYPE`.
pub(super) fn values(conversation: &Conversation) -> Values {
    let tracker = conversation.tracker();
    let mut values = Values::new();
    values.insert("sender_id".into(), tracker.sender_id.clone().into());
    if let Some(parse) = tracker.latest_message() {
        values.insert("latest.text".into(), parse.text.clone().into());
        values.insert("latest.intent".into(), parse.intent_name().into());
        for entity in &parse.entities {
            values
                .entry(format!("latest.entities.{}", entity.entity))
                .or_insert_with(|| entity.value.clone());
        }
    }
    values.extend(tracker.slots());
    values
}

/// Puts values into the `{name}` places of an address.
pub(super) fn fill_url(text: &str, values: &Values) -> Result<String, Failure> {
    fill_with(text, values, &|value| encode(&plain(value)))
}

/// Puts values into the `{name}` places of a text; `{{` and `}}` stand for braces.
pub(super) fn fill_text(text: &str, values: &Values) -> Result<String, Failure> {
    fill_with(text, values, &|value| plain(value))
}

/// Puts values into every text of a JSON document; a text that is nothing but one place becomes the value itself.
pub(super) fn fill_json(json: &Json, values: &Values) -> Result<Json, Failure> {
    Ok(match json {
        Json::String(text) => {
            let name = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'));
            match name.filter(|name| !name.contains(['{', '}'])) {
                Some(name) => find(name, values)?.clone(),
                None => fill_text(text, values)?.into(),
            }
        }
        Json::Array(items) => items
            .iter()
            .map(|item| fill_json(item, values))
            .collect::<Result<_, _>>()?,
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| Ok((key.clone(), fill_json(value, values)?)))
            .collect::<Result<_, Failure>>()?,
        other => other.clone(),
    })
}

fn find<'v>(name: &str, values: &'v Values) -> Result<&'v Json, Failure> {
    static NOTHING: Json = Json::Null;
    match values.get(name) {
        Some(value) => Ok(value),
        // The message may have had none of that type: that is no mistake.
        None if name.starts_with("latest.") => Ok(&NOTHING),
        None => Err(Failure::NoValue(name.to_owned())),
    }
}

fn fill_with(
    text: &str,
    values: &Values,
    write: &dyn Fn(&Json) -> String,
) -> Result<String, Failure> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        rest = if let Some(after) = tail.strip_prefix("{{") {
            out.push('{');
            after
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push('}');
            after
        } else if let Some((name, after)) =
            tail.strip_prefix('{').and_then(|tail| tail.split_once('}'))
        {
            out.push_str(&write(find(name, values)?));
            after
        } else {
            out.push_str(tail.get(..1).unwrap_or_default());
            tail.get(1..).unwrap_or_default()
        };
    }
    out.push_str(rest);
    Ok(out)
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn some() -> Values {
        json!({"city": "São Paulo/1", "n": 2, "none": null, "sure": true})
            .as_object()
            .unwrap()
            .clone()
    }

    #[test]
    fn places_in_addresses_cannot_change_the_address() {
        let filled = fill_url("http://h/{city}?n={n}&x={none}", &some()).unwrap();
        assert_eq!(filled, "http://h/S%C3%A3o%20Paulo%2F1?n=2&x=");
    }

    #[test]
    fn bodies_keep_the_kinds_of_values() {
        let body = json!({"a": "{n}", "b": ["{sure} {city}"], "c": "{{n}}", "d": 7, "e": "{latest.entities.x}"});
        assert_eq!(
            fill_json(&body, &some()).unwrap(),
            json!({"a": 2, "b": ["true São Paulo/1"], "c": "{n}", "d": 7, "e": null})
        );
        assert_eq!(fill_text("{n", &some()).unwrap(), "{n");
    }

    #[test]
    fn a_name_without_a_value_is_a_mistake() {
        assert_eq!(
            fill_url("http://h/{town}", &some()),
            Err(Failure::NoValue("town".into()))
        );
    }
}
