//! A conversation as a test story or a rule, in the form that Rasa reads.

use super::Record;
use crate::{
    data::{
        Entity, EventKind, Json, Parse, SlotValue, Step, StepEntity, StepKind, Story, StoryKind,
        UserStep,
    },
    diagnostic::Origin,
    text::Span,
};

/// Returns turns as a test story: the words of the user, what they mean, what the bot did.
pub(super) fn test_story(name: &str, turns: &[Record]) -> Story {
    Story {
        name: name.to_owned(),
        kind: StoryKind::Story,
        steps: turns
            .iter()
            .flat_map(|record| steps(record, true))
            .collect(),
        origin: Origin::default(),
    }
}

/// Returns a turn as a rule: this intent is always answered so.
pub(super) fn rule(name: &str, record: &Record) -> Story {
    Story {
        name: name.to_owned(),
        kind: StoryKind::Rule {
            conditions: Vec::new(),
            conversation_start: false,
            wait_for_user_input: true,
        },
        steps: steps(record, false),
        origin: Origin::default(),
    }
}

/// Actions that stories do not name.
const SILENT: [&str; 3] = [
    "action_listen",
    "action_session_start",
    "action_extract_slots",
];

fn step(kind: StepKind) -> Step {
    Step {
        kind,
        origin: Origin::default(),
    }
}

/// Returns the steps of a turn, with the user's words or without.
fn steps(record: &Record, with_text: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    // Slots that the user's words filled need no step of their own; those that an action set do.
    let mut by_action = false;
    for event in &record.turn.events {
        match &event.kind {
            EventKind::User { parse_data, .. } => {
                let has_intent = !parse_data.intent_name().is_empty();
                if has_intent || with_text {
                    steps.push(step(StepKind::User(user_step(parse_data, with_text))));
                }
                by_action = false;
            }
            EventKind::Action {
                name, action_text, ..
            } => {
                by_action = false;
                if let Some(name) = name.as_deref().filter(|name| !SILENT.contains(name)) {
                    by_action = !name.starts_with("utter_");
                    steps.push(step(StepKind::Action(name.to_owned())));
                } else if let (None, Some(text)) = (name, action_text) {
                    steps.push(step(StepKind::Bot(text.clone())));
                }
            }
            EventKind::ActiveLoop { name } => {
                steps.push(step(StepKind::ActiveLoop(name.clone())));
            }
            EventKind::Slot { name, value } if by_action && name != "requested_slot" => {
                let set = SlotValue {
                    name: name.clone(),
                    value: Some(value.clone()),
                    origin: Origin::default(),
                };
                match steps.last_mut().map(|step| &mut step.kind) {
                    Some(StepKind::SlotWasSet(slots)) => slots.push(set),
                    _ => steps.push(step(StepKind::SlotWasSet(vec![set]))),
                }
            }
            _ => {}
        }
    }
    steps
}

fn user_step(parse: &Parse, with_text: bool) -> UserStep {
    let text = with_text.then(|| parse.text.clone());
    let is_payload = parse.text.starts_with('/');
    UserStep {
        intent: parse.intent.name.clone(),
        entities: match &text {
            Some(_) if is_payload => Vec::new(),
            Some(text) => marked(&parse.entities, text),
            None => parse
                .entities
                .iter()
                .map(|entity| step_entity(entity, None))
                .collect(),
        },
        text,
        intent_origin: Origin::default(),
    }
}

/// Returns the entities that can be marked in a text: each piece of it once, no two overlapping.
pub(super) fn marked(entities: &[Entity], text: &str) -> Vec<StepEntity> {
    let mut found: Vec<StepEntity> = Vec::new();
    for entity in entities {
        let Some(span) = bytes(text, entity.start, entity.end) else {
            continue;
        };
        let taken = found
            .iter()
            .any(|other| other.span.is_some_and(|other| other.overlaps(span)));
        if !taken {
            found.push(step_entity(entity, Some(span)));
        }
    }
    found
}

fn step_entity(entity: &Entity, span: Option<Span>) -> StepEntity {
    StepEntity {
        entity: entity.entity.clone(),
        role: entity.role.clone(),
        group: entity.group.clone(),
        value: match &entity.value {
            Json::Null => Json::String(String::new()),
            value => value.clone(),
        },
        span,
        origin: Origin::default(),
    }
}

/// Returns the bytes between two characters of a text; nothing where there is no such piece.
pub(super) fn bytes(text: &str, start: usize, end: usize) -> Option<Span> {
    let at = |character: usize| {
        let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        places.nth(character)
    };
    let (start, end) = (at(start)?, at(end)?);
    (start < end).then(|| Span::new(start, end))
}
