//! What the learnt policies see of a conversation: the states of the last turns as features that people can read.

use std::fmt::Write as _;

use crate::dialogue::{LISTEN, SlotFeature, State, UserState};

/// By how much an action counts less for each step that it lies back.
const FADING: f32 = 0.7;
/// The same for what the user said, turn by turn.
const FADING_TURNS: f32 = 0.6;
/// Most actions and messages that are looked back to one by one.
const ACTIONS: usize = 4;
const MESSAGES: usize = 3;

/// A feature of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Feature {
    /// What it is; two features are the same if this is.
    pub(super) name: String,
    /// Turn it is of: 0 for the present one, 1 for the one before.
    pub(super) turn: usize,
    pub(super) value: f32,
    /// Whether it is a slot or an entity by itself.
    pub(super) is_context: bool,
}

/// Returns the features of the moment at the end of these states.
pub(super) fn features(states: &[State]) -> Vec<Feature> {
    let mut found = Vec::with_capacity(48);
    let Some(now) = states.last() else {
        return found;
    };
    let mut add = |turn: usize, value: f32, name: String| {
        found.push(Feature {
            is_context: name.starts_with("slot ") || name.starts_with("entity "),
            name,
            turn,
            value,
        });
    };
    let after = now.prev_action.as_deref().unwrap_or("the start");
    let listened = after == LISTEN;
    let said = now.user.as_ref().map(said).unwrap_or_default();
    let active = now.active_loop.as_deref().unwrap_or("no loop");
    let actions: Vec<(usize, &str)> = earlier_actions(states);
    let messages = earlier_messages(states);

    // What stands there now.
    add(0, 1.0, format!("after {after}"));
    add(0, 1.0, format!("in {active}"));
    add(0, 1.0, said.clone());
    let phase = if listened {
        "the user spoke"
    } else {
        "the bot acted"
    };
    add(0, 1.0, phase.to_owned());
    add(0, 1.0, format!("after {after}, {said}"));
    add(0, 1.0, format!("after {after}, {said}, in {active}"));
    add(0, 1.0, format!("after {after}, in {active}"));
    if let Some(user) = &now.user {
        for entity in &user.entities {
            add(0, 1.0, format!("entity {entity}"));
            add(0, 1.0, format!("after {after}, {said}, entity {entity}"));
        }
        if let Some(text) = &user.text {
            for word in words(text) {
                add(0, 1.0, format!("word {word}"));
            }
        }
    }
    for (name, feature) in &now.slots {
        let slot = slot(name, feature);
        add(0, 1.0, slot.clone());
        add(0, 1.0, format!("after {after}, {slot}"));
        add(0, FADING, format!("after {after}, {said}, {slot}"));
    }

    // What the bot did before, listening apart.
    if let Some((turn, last)) = actions.iter().find(|(_, action)| *action != LISTEN) {
        add(*turn, 1.0, format!("last {last}"));
        add(*turn, 1.0, format!("last {last}, after {after}"));
        add(*turn, 1.0, format!("last {last}, after {after}, {said}"));
    }
    let mut weight = FADING;
    for (back, (turn, action)) in (1..=ACTIONS).zip(actions.iter().skip(1)) {
        add(*turn, weight, format!("{back} back {action}"));
        weight *= FADING;
    }

    // What the user said before.
    let mut weight = FADING_TURNS;
    // The first is of the present turn.
    let before = messages.get(1..).unwrap_or_default();
    for (turns, message) in (1..=MESSAGES).zip(before) {
        if turns == 1 {
            let name = format!("after {after}, {said}, earlier {message}");
            add(turns, weight, name);
        }
        add(turns, weight, format!("{turns} before {message}"));
        weight *= FADING_TURNS;
    }
    found
}

/// Returns a message as a feature: its intent, or the words where they count.
fn said(user: &UserState) -> String {
    match &user.text {
        Some(text) => format!("text \"{text}\""),
        None => format!("intent {}", user.intent_name()),
    }
}

/// Returns the words of a text in small letters, without what stands around them.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

fn slot(name: &str, feature: &SlotFeature) -> String {
    let mut out = format!("slot {name}");
    if let SlotFeature::Values(values) = feature
        && values.as_slice() != [1.0]
    {
        // Writing to a String cannot fail.
        let _ = write!(out, "={values:?}");
    }
    out
}

/// Returns the actions that led here, the last first, with the turn of each.
fn earlier_actions(states: &[State]) -> Vec<(usize, &str)> {
    let mut turn = 0;
    let mut actions = Vec::with_capacity(states.len());
    for state in states.iter().rev() {
        let Some(action) = state.prev_action.as_deref() else {
            continue;
        };
        actions.push((turn, action));
        turn += usize::from(action == LISTEN);
    }
    actions
}

/// Returns what the user said, the last first.
fn earlier_messages(states: &[State]) -> Vec<String> {
    states
        .iter()
        .rev()
        .filter(|state| state.prev_action.as_deref() == Some(LISTEN))
        .map(|state| state.user.as_ref().map(said).unwrap_or_default())
        .collect()
}
