//! What policies see of a conversation at one moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::{Deserialize, Serialize};

use super::{NOT_SET, slots, tracker::Situation};
use crate::data::{Domain, Located};

/// What policies see at one moment; empty parts are `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Name of the active loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_loop: Option<String>,
    /// The last action, or the text that the bot said end to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_action: Option<String>,
    /// Whether the last action was such a text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prev_is_text: bool,
    /// Features of slots that are set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<String, SlotFeature>,
    /// What the user said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserState>,
}

/// What the user said, as policies see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserState {
    /// Types of entities, sorted; `type#role` and `type#group` beside the type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<String>,
    /// Intent; none where the words count instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The words, where they count and not the intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl UserState {
    /// Returns what policies see of a message of which the words count.
    pub(super) fn of_text(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            ..Self::default()
        }
    }

    /// Returns the intent; nothing where the words count.
    pub fn intent_name(&self) -> &str {
        self.intent.as_deref().unwrap_or_default()
    }
}

/// A slot, as policies see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SlotFeature {
    /// Numbers, not all zero.
    Values(Vec<f64>),
    /// In a rule: must not be set. Holds [`NOT_SET`].
    NotSet(String),
}

/// Returns the state that a conversation is in.
pub(super) fn of(now: &Situation, domain: &Domain, only_touched: bool) -> State {
    let user = now.latest_message().and_then(|message| {
        if now.counts_words {
            return Some(UserState::of_text(&message.text));
        }
        let intent = message.intent.name.clone()?;
        let mut entities = BTreeSet::new();
        for found in &message.entities {
            entities.insert(found.entity.clone());
            entities.extend(
                found
                    .role
                    .iter()
                    .map(|role| format!("{}#{role}", found.entity)),
            );
            entities.extend(
                found
                    .group
                    .iter()
                    .map(|group| format!("{}#{group}", found.entity)),
            );
        }
        let entities = entities
            .into_iter()
            .filter(|label| is_used(domain, &intent, label))
            .collect();
        Some(UserState {
            entities,
            intent: Some(intent),
            text: None,
        })
    });
    let mut features = BTreeMap::new();
    for slot in domain
        .slots
        .iter()
        .filter(|slot| slot.influence_conversation)
    {
        if only_touched && !now.is_set(&slot.name) {
            continue;
        }
        let value = now.slot(&slot.name);
        if value.as_str() == Some(NOT_SET) {
            features.insert(slot.name.clone(), SlotFeature::NotSet(NOT_SET.to_owned()));
            continue;
        }
        let values = slots::featurize(&slot.kind, value);
        if values.iter().any(|value| *value != 0.0) {
            features.insert(slot.name.clone(), SlotFeature::Values(values));
        }
    }
    State {
        active_loop: now.loop_state().map(|active| active.name.clone()),
        prev_action: now.latest_action.clone(),
        prev_is_text: now.latest_is_text,
        slots: features,
        user,
    }
}

/// Returns the last states that a policy looks at: so many, or all.
pub(super) fn last(states: &[State], max_history: Option<usize>) -> &[State] {
    let from = max_history.map_or(0, |most| states.len().saturating_sub(most));
    states.get(from..).unwrap_or_default()
}

/// Tells whether policies see an entity label (`type`, `type#role`, `type#group`) beside an intent.
fn is_used(domain: &Domain, intent: &str, label: &str) -> bool {
    let kind = label.split('#').next().unwrap_or(label);
    let names = |list: &[Located<String>]| {
        list.iter()
            .any(|name| name.value == kind || name.value == label)
    };
    let declared = domain.intent(intent);
    if !domain.has_intent(intent) {
        return true;
    }
    let listed = declared.and_then(|intent| intent.use_entities.as_ref());
    let by_default = domain
        .entity(kind)
        .is_some_and(|entity| entity.influence_conversation);
    let wanted = listed.map_or(by_default, |list| names(list));
    wanted && !declared.is_some_and(|intent| names(&intent.ignore_entities))
}

impl State {
    /// Appends the state as Python's `json.dumps(…, sort_keys=True)` writes it: this text is the key of rules and
    /// memories, and its length decides between rules.
    pub(super) fn write_key(&self, out: &mut String) {
        let mut first = true;
        let mut part = |out: &mut String, name: &str| {
            out.push_str(if first { "{\"" } else { ", \"" });
            first = false;
            out.push_str(name);
            out.push_str("\": ");
        };
        if let Some(name) = &self.active_loop {
            part(out, "active_loop");
            out.push_str("{\"name\": ");
            string(name, out);
            out.push('}');
        }
        if let Some(name) = &self.prev_action {
            part(out, "prev_action");
            out.push_str(if self.prev_is_text {
                "{\"action_text\": "
            } else {
                "{\"action_name\": "
            });
            string(name, out);
            out.push('}');
        }
        if !self.slots.is_empty() {
            part(out, "slots");
            for (i, (name, feature)) in self.slots.iter().enumerate() {
                out.push_str(if i == 0 { "{" } else { ", " });
                string(name, out);
                out.push_str(": ");
                match feature {
                    SlotFeature::NotSet(text) => string(text, out),
                    SlotFeature::Values(values) => {
                        let list: Vec<String> =
                            values.iter().map(|value| format!("{value:?}")).collect();
                        out.push('[');
                        out.push_str(&list.join(", "));
                        out.push(']');
                    }
                }
            }
            out.push('}');
        }
        if let Some(user) = &self.user {
            part(out, "user");
            out.push('{');
            if !user.entities.is_empty() {
                out.push_str("\"entities\": [");
                for (i, name) in user.entities.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    string(name, out);
                }
                out.push_str("], ");
            }
            let (name, value) = match &user.text {
                Some(text) => ("\"text\": ", text.as_str()),
                None => ("\"intent\": ", user.intent_name()),
            };
            out.push_str(name);
            string(value, out);
            out.push('}');
        }
        out.push_str(if first { "{}" } else { "}" });
    }
}

/// Returns a list of states as one key.
pub(super) fn key(states: &[State]) -> String {
    let mut out = String::from("[");
    for (i, state) in states.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        state.write_key(&mut out);
    }
    out.push(']');
    out
}

/// Writes a JSON string in ASCII, as Python does.
fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_python_writes_them() {
        let mut state = State {
            prev_action: Some("action_listen".into()),
            ..State::default()
        };
        state
            .slots
            .insert("t".into(), SlotFeature::Values(vec![1.0]));
        state.user = Some(UserState {
            entities: Vec::new(),
            intent: Some("a".into()),
            text: None,
        });
        assert_eq!(
            key(&[state]),
            r#"[{"prev_action": {"action_name": "action_listen"}, "slots": {"t": [1.0]}, "user": {"intent": "a"}}]"#
        );
        assert_eq!(key(&[State::default()]), "[{}]");
        let user = UserState {
            entities: vec!["b".into(), "c#d".into()],
            intent: Some("é😀".into()),
            text: None,
        };
        let state = State {
            active_loop: Some("f".into()),
            user: Some(user),
            ..State::default()
        };
        assert_eq!(
            key(std::slice::from_ref(&state)),
            r#"[{"active_loop": {"name": "f"}, "user": {"entities": ["b", "c#d"], "intent": "\u00e9\ud83d\ude00"}}]"#
        );
        let state = State {
            prev_action: Some("hi!".into()),
            prev_is_text: true,
            user: Some(UserState::of_text("hello")),
            ..State::default()
        };
        assert_eq!(
            key(&[state]),
            r#"[{"prev_action": {"action_text": "hi!"}, "user": {"text": "hello"}}]"#
        );
    }
}
