//! What the bot says: choosing a variation, filling in slots (dialogue.md §13).

use serde::Serialize;

use super::{SlotValues, slots::plain};
use crate::data::{Domain, EventKind, Json, Variation};

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
    /// Buttons that vanish once one is pressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quick_replies: Option<Json>,
    /// File or other attachment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Json>,
    /// Elements that some channels show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elements: Option<Json>,
    /// Name of the response.
    #[serde(skip)]
    pub utter_action: Option<String>,
    /// Every other key of the response.
    #[serde(skip)]
    pub metadata: serde_json::Map<String, Json>,
}

impl Message {
    /// Returns the message of an event.
    pub fn from_event(text: Option<String>, data: &serde_json::Map<String, Json>) -> Self {
        let get = |key: &str| data.get(key).filter(|value| !value.is_null()).cloned();
        let image = get("image").and_then(|image| Some(image.as_str()?.to_owned()));
        Self {
            text,
            buttons: match get("buttons") {
                Some(Json::Array(buttons)) => buttons,
                _ => Vec::new(),
            },
            // The picture is also the attachment where there is no other.
            attachment: get("attachment").filter(|other| other.as_str() != image.as_deref()),
            image,
            custom: get("custom"),
            quick_replies: get("quick_replies"),
            elements: get("elements"),
            ..Self::default()
        }
    }

    /// Returns the elements.
    pub fn cards(&self) -> &[Json] {
        items(self.elements.as_ref())
    }

    /// Returns the buttons that vanish once one is pressed.
    pub fn replies(&self) -> &[Json] {
        items(self.quick_replies.as_ref())
    }

    /// Returns the message as Rasa's REST channel sends it: one part after the other, text cut at blank lines.
    pub fn parts(&self, recipient: &str) -> Vec<Json> {
        let part = |key: &str, value: &Json| {
            let mut map = serde_json::Map::new();
            map.insert("recipient_id".to_owned(), recipient.into());
            map.insert(key.to_owned(), value.clone());
            map
        };
        let mut parts = Vec::new();
        let text = self.text.as_deref().unwrap_or_default();
        let buttons = match &self.quick_replies {
            Some(Json::Array(replies)) if !replies.is_empty() => replies,
            _ => &self.buttons,
        };
        if !buttons.is_empty() {
            let mut map = part("text", &text.into());
            map.insert("buttons".to_owned(), buttons.clone().into());
            parts.push(map);
        } else if !text.is_empty() {
            let trimmed = text.trim();
            parts.extend(trimmed.split("\n\n").map(|text| part("text", &text.into())));
        }
        if let Some(custom) = &self.custom {
            parts.push(part("custom", custom));
        }
        if let Some(image) = &self.image {
            parts.push(part("image", &image.as_str().into()));
        }
        if let Some(attachment) = &self.attachment {
            parts.push(part("attachment", attachment));
        }
        if let Some(Json::Array(elements)) = &self.elements {
            for element in elements {
                let word = |key: &str| element.get(key).and_then(Json::as_str).unwrap_or_default();
                let text = format!("{} : {}", word("title"), word("subtitle"));
                let mut map = part("text", &text.into());
                if let Some(buttons) = element.get("buttons") {
                    map.insert("buttons".to_owned(), buttons.clone());
                }
                parts.push(map);
            }
        }
        parts.into_iter().map(Json::Object).collect()
    }

    /// Returns the event of saying this, and its metadata.
    pub fn to_event(&self) -> (EventKind, serde_json::Map<String, Json>) {
        let mut data = serde_json::Map::new();
        let mut add = |key: &str, value: Option<Json>| {
            data.insert(key.to_owned(), value.unwrap_or(Json::Null));
        };
        let image = self.image.clone().map(Json::String);
        let buttons = (!self.buttons.is_empty()).then(|| Json::Array(self.buttons.clone()));
        add("elements", self.elements.clone());
        add("quick_replies", self.quick_replies.clone());
        add("buttons", buttons);
        add(
            "attachment",
            self.attachment.clone().or_else(|| image.clone()),
        );
        add("image", image);
        add("custom", self.custom.clone());
        let mut metadata = self.metadata.clone();
        if let Some(name) = &self.utter_action {
            metadata.insert("utter_action".to_owned(), name.clone().into());
        }
        let text = self.text.clone();
        (EventKind::Bot { text, data }, metadata)
    }
}

fn items(list: Option<&Json>) -> &[Json] {
    list.and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Returns what a response says now, or `None` where no variation fits.
///
/// `choice` picks among the fitting variations of the best group (conditional and for the channel, for the channel,
/// conditional, plain): the same number always gives the same one.
pub fn respond(
    domain: &Domain,
    name: &str,
    slots: &impl SlotValues,
    channel: &str,
    choice: u64,
) -> Option<Message> {
    let response = domain.response(name)?;
    let holds = |variation: &Variation| {
        variation.conditions.iter().all(|condition| {
            match (
                slots.value(&condition.name).unwrap_or(&Json::Null),
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
    let mut metadata = variation.other.clone();
    if !variation.conditions.is_empty() {
        let conditions = variation.conditions.iter().map(|condition| {
            serde_json::json!({"type": "slot", "name": condition.name, "value": condition.value})
        });
        metadata.insert("condition".to_owned(), conditions.collect());
    }
    if let Some(channel) = &variation.channel {
        metadata.insert("channel".to_owned(), channel.as_str().into());
    }
    let mut take = |key: &str| metadata.shift_remove(key);
    let quick_replies = take("quick_replies").map(|value| fill_all(&value, slots));
    let attachment = take("attachment").map(|value| fill_all(&value, slots));
    let elements = take("elements");
    Some(Message {
        text: variation.text.as_ref().map(|text| fill(text, slots)),
        buttons,
        image: variation.image.as_ref().map(|image| fill(image, slots)),
        custom: variation
            .custom
            .as_ref()
            .map(|custom| fill_all(custom, slots)),
        quick_replies,
        attachment,
        elements,
        utter_action: Some(name.to_owned()),
        metadata,
    })
}

fn fill_all(value: &Json, slots: &impl SlotValues) -> Json {
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
pub fn fill(text: &str, slots: &impl SlotValues) -> String {
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
            let Some(value) = slots.value(name) else {
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
    use crate::dialogue::Slots;

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
