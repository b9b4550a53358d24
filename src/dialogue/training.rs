//! Stories and rules to the event lists that policies learn from.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    LISTEN, NOT_SET, SNIPPET, Situation, SlotTable, State,
    slots::fitting,
    state::key,
    tracker::{applied, moments},
};
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

    /// Returns the events that count: a running loop looks like one step.
    pub(super) fn applied(&self) -> Vec<&TrainingEvent> {
        let kinds: Vec<&EventKind> = self.kinds().collect();
        applied(&kinds)
            .into_iter()
            .filter_map(|at| self.events.get(at))
            .collect()
    }

    /// Returns the states before each action that counts and after the last; see [`moments`].
    pub(super) fn states(
        &self,
        domain: &Domain,
        table: &Arc<SlotTable>,
        only_touched: bool,
    ) -> Vec<State> {
        let events = self.applied();
        let kinds = events.into_iter().map(|event| &event.kind);
        moments(kinds, domain, table, only_touched)
            .into_iter()
            .map(|moment| moment.state)
            .collect()
    }

    /// Returns the actions that count, with their places.
    pub(super) fn actions(&self) -> impl Iterator<Item = (&str, &TrainingEvent)> {
        self.applied()
            .into_iter()
            .filter_map(|event| Some((event.kind.action()?, event)))
    }
}

/// Most ways that one story's `or` steps, or the paths into one checkpoint, may multiply into.
pub(super) const MOST_PATHS: usize = 1000;

/// Returns every way through every story, from start to end over checkpoints; what cannot be learnt from is named.
///
/// Parts are taken in an order in which all that leads to a checkpoint comes before what goes on from it. Where
/// checkpoints run in a circle, the circle is gone through once more with what came around it.
pub(super) fn trackers(stories: &[Story], domain: &Domain) -> (Vec<TrainingTracker>, Vec<Left>) {
    let mut left = Vec::new();
    let mut parts: Vec<Part<'_>> = Vec::new();
    for story in stories {
        match split(story) {
            Some(found) => parts.extend(found),
            None => left.push(Left::of(story)),
        }
    }
    let mut graph = Graph {
        table: SlotTable::of(domain),
        domain,
        arrived: BTreeMap::new(),
        finished: Vec::new(),
        left,
    };
    let mut open: Vec<&Part<'_>> = parts.iter().collect();
    let mut passed: Vec<(&Part<'_>, Vec<usize>)> = Vec::new();
    while !open.is_empty() {
        let ready = open.iter().position(|part| {
            part.starts.iter().all(|start| {
                !open
                    .iter()
                    .any(|other| other.ends.contains(&start.name) && !std::ptr::eq(*other, *part))
            })
        });
        // In a circle nothing is ready: cut it at the first part that something leads to.
        let at = ready.or_else(|| {
            open.iter()
                .position(|part| part.starts.iter().any(|start| graph.has(start.name)))
        });
        let part = open.remove(at.unwrap_or(0));
        let before = graph.counts(part);
        graph.walk(part, &vec![0; part.starts.len()]);
        passed.push((part, before));
    }
    // What came around a circle only now.
    for (part, before) in passed {
        if graph.counts(part) != before {
            graph.walk(part, &before);
        }
    }
    (graph.finished, graph.left)
}

/// A stretch of a story between checkpoints.
struct Part<'s> {
    story: &'s Story,
    /// Checkpoints that lead here; none for the start of a conversation.
    starts: Vec<Start<'s>>,
    paths: Vec<Vec<&'s Step>>,
    /// Checkpoints it leads to; none for the end of a conversation.
    ends: Vec<&'s str>,
}

/// A checkpoint, and the slots that who comes through it must have.
struct Start<'s> {
    name: &'s str,
    slots: &'s [SlotValue],
}

/// Splits a story at its checkpoints and at its `or` steps; `None` where there are too many ways.
fn split(story: &Story) -> Option<Vec<Part<'_>>> {
    let (mut parts, mut steps): (Vec<Part<'_>>, Vec<&Step>) = (Vec::new(), Vec::new());
    let (mut starts, mut ends): (Vec<Start<'_>>, Vec<&str>) = (Vec::new(), Vec::new());
    for step in &story.steps {
        match &step.kind {
            StepKind::Checkpoint { name, slots } if steps.is_empty() => {
                starts.push(Start { name, slots });
            }
            StepKind::Checkpoint { name, .. } => ends.push(name),
            _ => {
                if !ends.is_empty() {
                    let next = ends.iter().map(|name| Start { name, slots: &[] }).collect();
                    parts.push(Part {
                        story,
                        starts: std::mem::replace(&mut starts, next),
                        paths: paths(&std::mem::take(&mut steps))?,
                        ends: std::mem::take(&mut ends),
                    });
                }
                steps.push(step);
            }
        }
    }
    if !steps.is_empty() {
        parts.push(Part {
            story,
            starts,
            paths: paths(&steps)?,
            ends,
        });
    }
    Some(parts)
}

/// A way through stories that has come to a checkpoint.
#[derive(Clone, Default)]
struct Path {
    names: Vec<String>,
    events: Vec<TrainingEvent>,
}

/// What has come where.
struct Graph<'d> {
    domain: &'d Domain,
    table: Arc<SlotTable>,
    arrived: BTreeMap<String, Arrived>,
    finished: Vec<TrainingTracker>,
    left: Vec<Left>,
}

/// Paths into a checkpoint, each seen once.
#[derive(Default)]
struct Arrived {
    paths: Vec<Path>,
    seen: BTreeSet<String>,
}

impl Graph<'_> {
    fn has(&self, checkpoint: &str) -> bool {
        self.arrived.contains_key(checkpoint)
    }

    fn counts(&self, part: &Part<'_>) -> Vec<usize> {
        let count = |start: &Start<'_>| self.arrived.get(start.name).map_or(0, |at| at.paths.len());
        part.starts.iter().map(count).collect()
    }

    /// Goes on with all paths into a part but the first so many of each checkpoint.
    fn walk(&mut self, part: &Part<'_>, known: &[usize]) {
        let mut incoming: Vec<Path> = Vec::new();
        if part.starts.is_empty() {
            incoming.push(Path::default());
        }
        for (start, known) in part.starts.iter().zip(known) {
            let arrived = self.arrived.get(start.name).map(|at| at.paths.as_slice());
            let new = arrived
                .and_then(|paths| paths.get(*known..))
                .unwrap_or_default();
            incoming.extend(new.iter().filter(|path| self.passes(path, start)).cloned());
        }
        for before in incoming {
            for steps in &part.paths {
                let mut path = before.clone();
                if !path.names.contains(&part.story.name) {
                    path.names.push(part.story.name.clone());
                }
                path.events.extend(events(part, steps, self.domain));
                if part.ends.is_empty() {
                    self.finished.push(TrainingTracker {
                        name: path.names.join(" > "),
                        origin: part.story.origin,
                        is_rule: part.story.is_rule(),
                        events: path.events,
                    });
                } else {
                    self.arrive(part, &path);
                }
            }
        }
    }

    fn passes(&self, path: &Path, start: &Start<'_>) -> bool {
        let mut now = Situation::new(Arc::clone(&self.table));
        for event in &path.events {
            now.apply(&event.kind);
        }
        start.slots.iter().all(|wanted| {
            let found = now.slot(&wanted.name);
            wanted
                .value
                .as_ref()
                .map_or(!found.is_null(), |value| value == found)
        })
    }

    fn arrive(&mut self, part: &Part<'_>, path: &Path) {
        let kinds = path.events.iter().map(|event| &event.kind);
        let states: Vec<State> = moments(kinds, self.domain, &self.table, false)
            .into_iter()
            .map(|moment| moment.state)
            .collect();
        let seen = key(&states);
        for end in &part.ends {
            let arrived = self.arrived.entry((*end).to_owned()).or_default();
            if arrived.paths.len() >= MOST_PATHS {
                self.left.push(Left::of(part.story));
            } else if arrived.seen.insert(seen.clone()) {
                arrived.paths.push(path.clone());
            }
        }
    }
}

/// A story that is not learnt from, or not wholly: there are more than [`MOST_PATHS`] ways through it.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) name: String,
    pub(super) origin: Origin,
}

impl Left {
    fn of(story: &Story) -> Self {
        Self {
            name: story.name.clone(),
            origin: story.origin,
        }
    }
}

/// Returns the cartesian product over all `or` steps.
fn paths<'s>(steps: &[&'s Step]) -> Option<Vec<Vec<&'s Step>>> {
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

/// Returns the events of one way through a part.
fn events(part: &Part<'_>, path: &[&Step], domain: &Domain) -> Vec<TrainingEvent> {
    let story = part.story;
    let mut builder = Builder {
        events: Vec::new(),
        domain,
        in_rule: story.is_rule(),
    };
    if let StoryKind::Rule {
        conditions,
        conversation_start,
        ..
    } = &story.kind
    {
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
    // What starts a conversation without the user cannot be foreseen.
    let mut is_start = part.starts.is_empty();
    for step in path {
        match &step.kind {
            StepKind::User(user) => {
                is_start = false;
                builder.user(user, step.origin);
            }
            StepKind::Action(action) | StepKind::Bot(action) => {
                let is_text = matches!(step.kind, StepKind::Bot(_));
                builder.act(action, is_text, step.origin);
                if let Some(last) = builder.events.last_mut() {
                    last.unpredictable = std::mem::take(&mut is_start);
                }
            }
            StepKind::SlotWasSet(slots) => {
                for slot in slots {
                    builder.slot(slot);
                }
            }
            StepKind::ActiveLoop(name) => builder.active_loop(name.as_deref(), step.origin),
            StepKind::Or(_) | StepKind::Checkpoint { .. } => {}
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
    } else if part.ends.is_empty() && !builder.ends_in(LISTEN) {
        builder.action(LISTEN, last);
    }
    builder.events
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
        self.act(name, false, origin);
    }

    /// The bot does something, or says a text.
    fn act(&mut self, action: &str, is_text: bool, origin: Origin) {
        self.push(
            EventKind::Action {
                name: (!is_text).then(|| action.to_owned()),
                policy: None,
                confidence: None,
                action_text: is_text.then(|| action.to_owned()),
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
        let entities: Vec<Entity> = user.entities.iter().map(Entity::from).collect();
        let parse = Parse {
            text: user.text.clone().unwrap_or_default(),
            intent: IntentScore {
                // The key of a retrieval intent plays no part in the dialogue.
                name: intent.split('/').next().map(str::to_owned),
                confidence: 1.0,
                ..IntentScore::default()
            },
            entities: entities.clone(),
            ..Parse::default()
        };
        let kind = EventKind::User {
            text: user.text.clone(),
            parse_data: Arc::new(parse),
            input_channel: None,
            message_id: None,
        };
        self.push(kind, user.intent_origin);
        if user.intent.is_none() {
            let words_count = EventKind::UserFeaturization {
                use_text_for_featurization: true,
            };
            self.push(words_count, origin);
        }
        let domain = self.domain;
        if domain.keeps_entities_from_slots {
            return;
        }
        for slot in &domain.slots {
            let mapped = slot.mappings.iter().filter(|mapping| {
                mapping
                    .conditions
                    .first()
                    .is_none_or(|condition| condition.active_loop.is_none())
            });
            let found: Vec<&Json> = mapped
                .filter_map(|mapping| match &mapping.kind {
                    MappingKind::FromEntity {
                        entity,
                        role,
                        group,
                    } => Some((entity, role, group)),
                    _ => None,
                })
                .flat_map(|wanted| {
                    entities
                        .iter()
                        .filter(move |found| (&found.entity, &found.role, &found.group) == wanted)
                })
                .map(|found| &found.value)
                .collect();
            if let Some(value) = fitting(&slot.kind, &found) {
                let name = slot.name.clone();
                self.push(EventKind::Slot { name, value }, origin);
            }
        }
    }
}
