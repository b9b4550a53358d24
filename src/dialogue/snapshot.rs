//! A conversation as Rasa's JSON shows it (dialogue.md §2).

use serde_json::json;

use super::Tracker;
use crate::data::{Event, EventKind, Json};

/// Which events are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// None.
    None,
    /// Those that still count.
    Applied,
    /// Those since the last restart.
    #[default]
    AfterRestart,
    /// Those of the session: what action servers are sent.
    Session,
    /// All.
    All,
}

impl Tracker {
    /// Returns the conversation as JSON.
    pub fn state(&self, verbosity: Verbosity) -> Json {
        let now = self.situation();
        let message = now.latest_message().map_or_else(
            || json!({"intent": {}, "entities": [], "text": null, "message_id": null, "metadata": {}}),
            |message| with_usual_keys(json!(message)),
        );
        let active = now.loop_state().map_or_else(
            || json!({}),
            |active| {
                json!({
                    "name": active.name,
                    "is_interrupted": active.is_interrupted,
                    "rejected": active.rejected,
                    "trigger_message": active.trigger_message.as_deref().map(|message| with_usual_keys(json!(message))),
                })
            },
        );
        let channel = self
            .events()
            .iter()
            .rev()
            .find_map(|event| match &event.kind {
                EventKind::User { input_channel, .. } => Some(input_channel.as_deref()),
                _ => None,
            });
        let events = self.shown(verbosity).map(|events| {
            let whole = |event: &&Event| {
                let mut event = json!(event);
                if let Some(parse) = event.get_mut("parse_data") {
                    *parse = with_usual_keys(parse.take());
                }
                event
            };
            events.iter().map(whole).collect::<Json>()
        });
        let (name, text) = self.latest_action_parts();
        let latest_action = match (name, text) {
            (Some(name), _) => json!({"action_name": name}),
            (None, Some(text)) => json!({"action_text": text}),
            (None, None) => json!({}),
        };
        json!({
            "sender_id": self.sender_id,
            "slots": now.slots(),
            "latest_message": message,
            "latest_event_time": self.events().last().map(|event| event.timestamp),
            "followup_action": now.followup(),
            "paused": now.is_paused(),
            "events": events,
            "latest_input_channel": channel.flatten(),
            "active_loop": active,
            "latest_action": latest_action,
            "latest_action_name": now.latest_action(),
        })
    }

    /// Returns the events of that verbosity; nothing for [`Verbosity::None`].
    pub fn shown(&self, verbosity: Verbosity) -> Option<Vec<&Event>> {
        let events = self.events();
        let restarted = events
            .iter()
            .rposition(|event| matches!(event.kind, EventKind::Restart))
            .map_or(0, |at| at + 1);
        match verbosity {
            Verbosity::None => None,
            Verbosity::Applied => Some(self.applied().collect()),
            Verbosity::AfterRestart => {
                Some(events.get(restarted..).unwrap_or_default().iter().collect())
            }
            Verbosity::Session => {
                let start = events.iter().rposition(|event| {
                    matches!(&event.kind, EventKind::Action { name: Some(name), .. } if name == "action_session_start")
                });
                let session = events.get(start.unwrap_or(0)..).unwrap_or_default();
                Some(session.iter().collect())
            }
            Verbosity::All => Some(events.iter().collect()),
        }
    }

    /// Returns name and text of the last action that counts.
    fn latest_action_parts(&self) -> (Option<&str>, Option<&str>) {
        let latest = self.situation().latest_action();
        let found = self
            .events()
            .iter()
            .rev()
            .find_map(|event| match &event.kind {
                EventKind::Action {
                    name, action_text, ..
                } => {
                    let own = name.as_deref().or(action_text.as_deref());
                    (own == latest).then_some((name.as_deref(), action_text.as_deref()))
                }
                _ => None,
            });
        found.filter(|_| latest.is_some()).unwrap_or_default()
    }
}

/// Adds the keys that every parse has in Rasa.
fn with_usual_keys(mut parse: Json) -> Json {
    if let Some(map) = parse.as_object_mut() {
        map.entry("message_id").or_insert(Json::Null);
        map.entry("metadata").or_insert_with(|| json!({}));
    }
    parse
}
