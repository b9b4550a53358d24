//! What comes back from an action: events and messages in Rasa's JSON form.

use super::problem::short;
use crate::{
    data::{Event, Json, Reply, kind_of as kind},
    dialogue::Message,
};

/// What an action server, a program or a stub answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) events: Vec<Event>,
    pub(super) replies: Vec<Reply>,
}

impl Answer {
    /// Reads an answer; the error says what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let json: Json = serde_json::from_slice(bytes).map_err(|error| {
            match short(&String::from_utf8_lossy(bytes)) {
                text if text.is_empty() => "nothing".to_owned(),
                text => format!("`{text}` is no JSON ({error})"),
            }
        })?;
        let Json::Object(mut map) = json else {
            return Err(format!(
                "{} in the place of `{{\"events\": [], \"responses\": []}}`",
                kind(&json)
            ));
        };
        let mut list = |key: &str| match map.remove(key) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items),
            Some(other) => Err(format!("`{key}` is {}, not a list", kind(&other))),
        };
        let (events, replies) = (list("events")?, list("responses")?);
        let replies = replies.into_iter().map(|reply| match reply {
            Json::Object(reply) => Ok(reply),
            other => Err(format!("a response is {}, not an object", kind(&other))),
        });
        Ok(Self {
            events: events
                .into_iter()
                .map(|event| Event::read(event).map_err(|why| short(&why)))
                .collect::<Result<_, _>>()?,
            replies: replies.collect::<Result<_, _>>()?,
        })
    }
}

/// Returns a message from the keys of a reply; `draft` is what the response it names says.
///
/// As in Rasa, buttons are added to the draft's, every other key that is not empty replaces the draft's, and what no
/// channel knows is kept as metadata.
pub(super) fn message(draft: Option<Message>, reply: Reply) -> Message {
    let mut message = draft.unwrap_or_default();
    let list = |value: Json| match value {
        Json::Array(items) => items,
        other => vec![other],
    };
    for (key, value) in reply {
        if is_empty(&value) {
            continue;
        }
        match key.as_str() {
            "text" => message.text = Some(as_text(value)),
            "image" => message.image = Some(as_text(value)),
            "buttons" => message.buttons.extend(list(value)),
            "elements" => message.elements = Some(list(value).into()),
            "quick_replies" => message.quick_replies = Some(list(value).into()),
            "attachment" => message.attachment = Some(value),
            "custom" => message.custom = Some(value),
            _ => drop(message.metadata.insert(key, value)),
        }
    }
    message
}

fn as_text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(yes) => !yes,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
    }
}
