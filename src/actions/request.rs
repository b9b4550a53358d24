//! What an action server is told: the action, the conversation so far, the domain (http.md §3).

use serde_json::{Map, json};

use crate::{
    agent::Conversation,
    data::{Event, EventKind, Json},
    dialogue::Tracker,
};

/// The version of Rasa whose protocol this is.
const VERSION: &str = "3.6.21";

/// Returns the body of a request; without a domain where none is given.
pub(super) fn body(action: &str, conversation: &Conversation, domain: Option<&Json>) -> Json {
    let tracker = conversation.tracker();
    let mut body = json!({
        "next_action": action,
        "sender_id": tracker.sender_id,
        "tracker": state(tracker),
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
        "tracker": state(conversation.tracker()),
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

/// Returns the state of a conversation with all events of its session, under Rasa's names.
pub(super) fn state(tracker: &Tracker) -> Json {
    let events = session(tracker.events());
    let latest_message = tracker.latest_message().map_or_else(
        || json!({"intent": {}, "entities": [], "text": null, "message_id": null, "metadata": {}}),
        |parse| with_usual_keys(json!(parse)),
    );
    let channel = events.iter().rev().find_map(|event| match &event.kind {
        EventKind::User { input_channel, .. } => Some(input_channel.clone()),
        _ => None,
    });
    json!({
        "sender_id": tracker.sender_id,
        "slots": tracker.slots(),
        "latest_message": latest_message,
        "latest_event_time": events.last().map(|event| event.timestamp),
        "followup_action": tracker.followup(),
        "paused": tracker.is_paused(),
        "events": events.iter().map(event).collect::<Vec<_>>(),
        "latest_input_channel": channel.flatten(),
        "active_loop": active_loop(tracker),
        "latest_action": tracker.latest_action().map_or_else(|| json!({}), |name| json!({"action_name": name})),
        "latest_action_name": tracker.latest_action(),
    })
}

/// Returns the events from the last start of a session on.
fn session(events: &[Event]) -> &[Event] {
    let start = events.iter().rposition(|event| {
        matches!(&event.kind, EventKind::Action { name: Some(name), .. } if name == "action_session_start")
    });
    events.get(start.unwrap_or(0)..).unwrap_or_default()
}

fn event(event: &Event) -> Json {
    let mut event = json!(event);
    if let Some(parse) = event.get_mut("parse_data") {
        *parse = with_usual_keys(parse.take());
    }
    event
}

/// Adds the keys that every parse has in Rasa.
fn with_usual_keys(mut parse: Json) -> Json {
    if let Some(map) = parse.as_object_mut() {
        map.entry("message_id").or_insert(Json::Null);
        map.entry("metadata").or_insert_with(|| json!({}));
    }
    parse
}

/// Returns the active loop as Rasa describes it; `{}` without one.
fn active_loop(tracker: &Tracker) -> Json {
    let mut active = json!({});
    let mut latest = Json::Null;
    for event in tracker.applied() {
        match &event.kind {
            EventKind::User { parse_data, .. } => latest = with_usual_keys(json!(parse_data)),
            EventKind::ActiveLoop { name: Some(name) } => {
                active = json!({
                    "name": name,
                    "is_interrupted": false,
                    "rejected": false,
                    "trigger_message": latest,
                });
            }
            EventKind::ActiveLoop { name: None } => active = json!({}),
            // Without a loop there is nothing to mark.
            _ if active.get("name").is_none() => {}
            EventKind::LoopInterrupted { is_interrupted } => {
                active["is_interrupted"] = (*is_interrupted).into();
            }
            EventKind::ActionExecutionRejected { name, .. } if active["name"] == **name => {
                active["rejected"] = true.into();
            }
            EventKind::Action { name, .. } => {
                active["is_interrupted"] = false.into();
                if name.as_deref() == active["name"].as_str() {
                    active["rejected"] = false.into();
                }
            }
            _ => {}
        }
    }
    active
}
