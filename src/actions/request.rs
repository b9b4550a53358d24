//! What an action server is told: the action, the conversation so far, the domain (http.md §3).

use serde_json::{Map, json};

use crate::{agent::Conversation, data::Json, dialogue::Verbosity};

/// The version of Rasa whose protocol this is.
const VERSION: &str = "3.6.21";

/// Returns the body of a request; without a domain where none is given.
pub(super) fn body(action: &str, conversation: &Conversation, domain: Option<&Json>) -> Json {
    let tracker = conversation.tracker();
    let mut body = json!({
        "next_action": action,
        "sender_id": tracker.sender_id,
        "tracker": tracker.state(Verbosity::Session),
        "version": VERSION,
    });
    if let Some(domain) = domain {
        body["domain"] = domain.clone();
    }
    body
}

/// Returns the body of a request to a response server (dialogue.md §13).
pub(super) fn response_body(
    name: &str,
    arguments: &Map<String, Json>,
    conversation: &Conversation,
) -> Json {
    json!({
        "response": name,
        "id": response_id(name, conversation),
        "arguments": arguments,
        "tracker": conversation.tracker().state(Verbosity::Session),
        "channel": {"name": conversation.channel()},
    })
}

/// Returns the `id` that the domain gives to the first variation that fits, conditional ones left aside.
fn response_id<'c>(name: &str, conversation: &'c Conversation) -> Option<&'c str> {
    let response = conversation.model().domain.response(name)?;
    let channel = conversation.channel();
    let fits = |wanted: Option<&str>| {
        response.variations.iter().find(|variation| {
            variation.conditions.is_empty() && variation.channel.as_deref() == wanted
        })
    };
    fits(Some(channel))
        .or_else(|| fits(None))?
        .other
        .get("id")?
        .as_str()
}
