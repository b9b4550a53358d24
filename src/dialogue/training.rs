//! Stories and rules to the event lists that policies learn from.

use std::collections::BTreeMap;

use super::{LISTEN, NOT_SET, SNIPPET, slots::fitting};
use crate::{
    data::{
        Domain, Entity, EventKind, IntentScore, Json, MappingKind, Parse, RuleCondition, SlotKind,
        SlotValue, Step, StepKind, Story, StoryKind, UserStep,
    },
    diagnostic::Origin,
};

/// One way through a story or rule, as events.
#[derive(Clone, Debug)]
pub(super) struct TrainingTracker {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) is_rule: bool,
    pub(super) events: Vec<TrainingEvent>,
}

/// An event with the place it comes from.
#[derive(Clone, Debug)]
pub(super) struct TrainingEvent {
    pub(super) kind: EventKind,
    pub(super) origin: Origin,
    /// An action that starts a story, so that nothing can predict it.
    pub(super) unpredictable: bool,
}

impl TrainingTracker {
    /// Returns the events alone.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &EventKind> {
        self.events.iter().map(|event| &event.kind)
    }

    /// Returns the actions with their places.
    pub(super) fn actions(&self) -> impl Iterator<Item = (&str, &TrainingEvent)> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Action {
                name: Some(name), ..
            } => Some((name.as_str(), event)),
            _ => None,
        })
    }
}

/// Most ways that one story's `or` steps may multiply into.
const MOST_PATHS: usize = 1000;

/// Returns every way through every story; those with checkpoints or end-to-end steps are left out and counted.
pub(super) fn trackers(stories: &[Story], domain: &Domain) -> (Vec<TrainingTracker>, Vec<Left>) {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for story in stories {
        if let Some(why) = unsupported(&story.steps) {
            left.push(Left {
                name: story.name.clone(),
                origin: story.origin,
                why,
            });
            continue;
        }
        let Some(paths) = paths(&story.steps) else {
            left.push(Left {
                name: story.name.clone(),
                origin: story.origin,
                why: Why::TooManyPaths(MOST_PATHS),
            });
            continue;
        };
        found.extend(paths.iter().map(|path| tracker(story, path, domain)));
    }
    (found, left)
}

/// A story that is not learnt from.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) why: Why,
}

/// Why a story is not learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Checkpoint,
    EndToEnd,
    TooManyPaths(usize),
}

fn unsupported(steps: &[Step]) -> Option<Why> {
    steps.iter().find_map(|step| match &step.kind {
        StepKind::Checkpoint { .. } => Some(Why::Checkpoint),
        StepKind::Bot(_) => Some(Why::EndToEnd),
        StepKind::User(user) if user.intent.is_none() => Some(Why::EndToEnd),
        StepKind::Or(choices) => unsupported(choices),
        _ => None,
    })
}

/// Returns the cartesian product over all `or` steps.
fn paths(steps: &[Step]) -> Option<Vec<Vec<&Step>>> {
    let mut paths: Vec<Vec<&Step>> = vec![Vec::new()];
    for step in steps {
        let choices: Vec<&Step> = match &step.kind {
            StepKind::Or(choices) if !choices.is_empty() => choices.iter().collect(),
            _ => vec![step],
        };
        if paths.len() * choices.len() > MOST_PATHS {
            return None;
        }
        paths = paths
            .iter()
            .flat_map(|path| {
                choices
                    .iter()
                    .map(move |choice| path.iter().copied().chain([*choice]).collect())
            })
            .collect();
    }
    Some(paths)
}

fn tracker(story: &Story, path: &[&Step], domain: &Domain) -> TrainingTracker {
    let mut builder = Builder {
        events: Vec::new(),
        domain,
        in_rule: false,
    };
    if let StoryKind::Rule {
        conditions,
        conversation_start,
        ..
    } = &story.kind
    {
        builder.in_rule = true;
        for condition in conditions {
            match condition {
                RuleCondition::ActiveLoop(name, origin) => {
                    builder.active_loop(name.as_deref(), *origin);
                }
                RuleCondition::SlotWasSet(slot) => builder.slot(slot),
            }
        }
        if !conversation_start {
            builder.action(SNIPPET, story.origin);
        }
    }
    let starts_with_action = matches!(
        path.first().map(|step| &step.kind),
        Some(StepKind::Action(_))
    );
    for (i, step) in path.iter().enumerate() {
        match &step.kind {
            StepKind::User(user) => builder.user(user, step.origin),
            StepKind::Action(name) => {
                builder.action(name, step.origin);
                if let Some(last) = builder.events.last_mut() {
                    last.unpredictable = i == 0 && starts_with_action;
                }
            }
            StepKind::SlotWasSet(slots) => {
                for slot in slots {
                    builder.slot(slot);
                }
            }
            StepKind::ActiveLoop(name) => builder.active_loop(name.as_deref(), step.origin),
            StepKind::Bot(_) | StepKind::Or(_) | StepKind::Checkpoint { .. } => {}
        }
    }
    let last = path.last().map_or(story.origin, |step| step.origin);
    let waits = !matches!(
        story.kind,
        StoryKind::Rule {
            wait_for_user_input: false,
            ..
        }
    );
    if !waits {
        builder.action(SNIPPET, last);
    } else if !builder.ends_in(LISTEN) {
        builder.action(LISTEN, last);
    }
    TrainingTracker {
        name: story.name.clone(),
        origin: story.origin,
        is_rule: builder.in_rule,
        events: builder.events,
    }
}

struct Builder<'a> {
    events: Vec<TrainingEvent>,
    domain: &'a Domain,
    in_rule: bool,
}

impl Builder<'_> {
    fn push(&mut self, kind: EventKind, origin: Origin) {
        self.events.push(TrainingEvent {
            kind,
            origin,
            unpredictable: false,
        });
    }

    fn ends_in(&self, action: &str) -> bool {
        matches!(self.events.last().map(|event| &event.kind), Some(EventKind::Action { name: Some(name), .. }) if name == action)
    }

    fn action(&mut self, name: &str, origin: Origin) {
        self.push(
            EventKind::Action {
                name: Some(name.to_owned()),
                policy: None,
                confidence: None,
                action_text: None,
                hide_rule_turn: false,
            },
            origin,
        );
    }

    fn active_loop(&mut self, name: Option<&str>, origin: Origin) {
        let name = name
            .map(str::to_owned)
            .or_else(|| self.in_rule.then(|| NOT_SET.to_owned()));
        self.push(EventKind::ActiveLoop { name }, origin);
    }

    fn slot(&mut self, slot: &SlotValue) {
        let value = match &slot.value {
            Some(Json::Null) if self.in_rule => NOT_SET.into(),
            Some(value) => value.clone(),
            None => match self.domain.slot(&slot.name).map(|slot| &slot.kind) {
                Some(SlotKind::Text) => "filled".into(),
                Some(SlotKind::List) => Json::Array(vec!["filled".into()]),
                _ => Json::Null,
            },
        };
        self.push(
            EventKind::Slot {
                name: slot.name.clone(),
                value,
            },
            slot.origin,
        );
    }

    /// The bot listens, the user speaks, and entities fill the slots that map from them everywhere.
    fn user(&mut self, user: &UserStep, origin: Origin) {
        if !self.ends_in(LISTEN) {
            self.action(LISTEN, origin);
        }
        let intent = user.intent.as_deref().unwrap_or_default();
        let entities: Vec<Entity> = user
            .entities
            .iter()
            .map(|found| Entity {
                entity: found.entity.clone(),
                role: found.role.clone(),
                group: found.group.clone(),
                value: found.value.clone(),
                ..Entity::default()
            })
            .collect();
        let parse = Parse {
            text: user.text.clone().unwrap_or_default(),
            intent: IntentScore {
                // The key of a retrieval intent plays no part in the dialogue.
                name: intent.split('/').next().map(str::to_owned),
                confidence: 1.0,
            },
            entities: entities.clone(),
            ..Parse::default()
        };
        let kind = EventKind::User {
            text: user.text.clone(),
            parse_data: parse,
            input_channel: None,
            message_id: None,
        };
        self.push(kind, user.intent_origin);
        let domain = self.domain;
        if domain.keeps_entities_from_slots {
            return;
        }
        let mut values: BTreeMap<&str, Json> = BTreeMap::new();
        for slot in &domain.slots {
            let mapped = slot.mappings.iter().filter(|mapping| {
                mapping
                    .conditions
                    .iter()
                    .all(|condition| condition.active_loop.is_none())
            });
            for mapping in mapped {
                let MappingKind::FromEntity {
                    entity,
                    role,
                    group,
                } = &mapping.kind
                else {
                    continue;
                };
                let found: Vec<&Json> = entities
                    .iter()
                    .filter(|found| {
                        found.entity == *entity && found.role == *role && found.group == *group
                    })
                    .map(|found| &found.value)
                    .collect();
                if let Some(value) = fitting(&slot.kind, &found) {
                    values.insert(&slot.name, value);
                }
            }
        }
        for (name, value) in values {
            self.push(
                EventKind::Slot {
                    name: name.to_owned(),
                    value,
                },
                origin,
            );
        }
    }
}
