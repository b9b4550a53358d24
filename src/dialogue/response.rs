//! What the bot says: choosing a variation, filling in slots (dialogue.md §13).

use serde::Serialize;

use super::{Slots, slots::plain};
use crate::data::{Domain, Json, Variation};

/// A message of the bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Message {
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Buttons as JSON objects with `title` and `payload`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Json>,
    /// Address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Free JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Json>,
    /// A file or the like, as the channel wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Json>,
    /// Cards as JSON objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<Json>,
    /// Buttons that go away once one is chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quick_replies: Vec<Json>,
    /// Name of the response.
    #[serde(skip)]
    pub utter_action: Option<String>,
    /// Everything else that a custom action or a response server said about it.
    #[serde(skip)]
    pub metadata: serde_json::Map<String, Json>,
}

/// Returns what a response says now, or `None` where no variation fits.
///
/// `choice` picks among the fitting variations of the best group (conditional and for the channel, for the channel,
/// conditional, plain): the same number always gives the same one.
pub fn respond(
    domain: &Domain,
    name: &str,
    slots: &Slots,
    channel: &str,
    choice: u64,
) -> Option<Message> {
    let response = domain.response(name)?;
    let holds = |variation: &Variation| {
        variation.conditions.iter().all(|condition| {
            match (
                slots.get(&condition.name).unwrap_or(&Json::Null),
                &condition.value,
            ) {
                (Json::String(a), Json::String(b)) => a.to_lowercase() == b.to_lowercase(),
                (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
                (a, b) => a == b,
            }
        })
    };
    let fitting: Vec<&Variation> = response
        .variations
        .iter()
        .filter(|variation| holds(variation))
        .collect();
    let group = |conditional: bool, on_channel: bool| -> Vec<&Variation> {
        fitting
            .iter()
            .filter(|variation| variation.conditions.is_empty() != conditional)
            .filter(|variation| variation.channel.as_deref() == on_channel.then_some(channel))
            .copied()
            .collect()
    };
    let group = [(true, true), (false, true), (true, false), (false, false)]
        .into_iter()
        .map(|(conditional, on_channel)| group(conditional, on_channel))
        .find(|group| !group.is_empty())?;
    let variation = *group.get(usize::try_from(choice % group.len() as u64).ok()?)?;
    let buttons = variation
        .buttons
        .iter()
        .map(|button| {
            let mut map = serde_json::Map::new();
            map.insert("title".into(), fill(&button.title, slots).into());
            let payload = button.payload.as_deref().unwrap_or(&button.title);
            map.insert("payload".into(), fill(payload, slots).into());
            map.extend(button.other.clone());
            Json::Object(map)
        })
        .collect();
    Some(Message {
        text: variation.text.as_ref().map(|text| fill(text, slots)),
        buttons,
        image: variation.image.as_ref().map(|image| fill(image, slots)),
        custom: variation
            .custom
            .as_ref()
            .map(|custom| fill_all(custom, slots)),
        utter_action: Some(name.to_owned()),
        ..Message::default()
    })
}

fn fill_all(value: &Json, slots: &Slots) -> Json {
    match value {
        Json::String(text) => fill(text, slots).into(),
        Json::Array(items) => items.iter().map(|item| fill_all(item, slots)).collect(),
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), fill_all(value, slots)))
            .collect(),
        other => other.clone(),
    }
}

/// Puts slot values into `{name}` places.
///
/// As in Rasa, the whole text stays as it is where one name is unknown, or where a real place stands beside an escaped
/// `{{name}}`; that one alone becomes `{name}`. Inserted values are not filled again.
pub fn fill(text: &str, slots: &Slots) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let (mut escaped, mut filled) = (false, false);
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        if let Some(after) = tail.strip_prefix("{{") {
            escaped |= after
                .find(['{', '}'])
                .is_some_and(|end| end > 0 && after[end..].starts_with("}}"));
            out.push('{');
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else if let Some(after) = tail.strip_prefix('{') {
            let Some(end) = after.find('}') else {
                return text.to_owned();
            };
            let (name, after) = after.split_at(end);
            let Some(value) = slots.get(name) else {
                return text.to_owned();
            };
            out.push_str(&plain(value));
            filled = true;
            rest = after.strip_prefix('}').unwrap_or(after);
        } else {
            return text.to_owned();
        }
    }
    if escaped && filled {
        return text.to_owned();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::{Condition, Response};

    fn slots() -> Slots {
        json!({"name": "Ann", "n": 2.0, "none": null, "brace": "{name}"})
            .as_object()
            .unwrap()
            .clone()
    }

    #[test]
    fn slots_are_filled_as_in_rasa() {
        for (text, filled) in [
            ("hi {name}, {n} {none}", "hi Ann, 2.0 None"),
            ("{name} {unknown}", "{name} {unknown}"),
            ("{ name }", "{ name }"),
            ("{brace}", "{name}"),
            ("{\"j\": 1} {name}", "{\"j\": 1} {name}"),
            ("open { brace", "open { brace"),
            ("{{{name}}}", "{Ann}"),
            ("{{name}}", "{name}"),
            ("{{name}} {name}", "{{name}} {name}"),
            ("plain", "plain"),
        ] {
            assert_eq!(fill(text, &slots()), filled, "{text}");
        }
    }

    #[test]
    fn a_variation_whose_condition_holds_comes_first() {
        let plain = Variation {
            text: Some("plain".into()),
            ..Variation::default()
        };
        let mut vip = Variation {
            text: Some("vip".into()),
            ..Variation::default()
        };
        vip.conditions.push(Condition {
            name: "name".into(),
            value: json!("ann"),
            origin: crate::diagnostic::Origin::default(),
        });
        let mut other = Variation {
            text: Some("other".into()),
            ..Variation::default()
        };
        other.channel = Some("slack".into());
        let origin = crate::diagnostic::Origin::default();
        let variations = vec![plain, vip, other];
        let domain = Domain {
            responses: vec![Response {
                name: "utter_x".into(),
                variations,
                in_data: false,
                origin,
            }],
            ..Domain::default()
        };
        let say = |slots: &Slots, channel: &str| {
            respond(&domain, "utter_x", slots, channel, 7)
                .unwrap()
                .text
                .unwrap()
        };
        assert_eq!(say(&slots(), "cmdline"), "vip");
        assert_eq!(say(&Slots::new(), "cmdline"), "plain");
        assert_eq!(say(&Slots::new(), "slack"), "other");
        assert_eq!(respond(&domain, "utter_none", &slots(), "cmdline", 0), None);
    }
}
