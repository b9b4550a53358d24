//! A story played step by step: its messages are sent, and what the bot does is held against what the story says.

use std::sync::Arc;

use super::{
    Record,
    editing::{Project, told},
};
use crate::{
    agent::ActionOutcome,
    data::{Event, EventKind, Json, SlotValue, Step, StepKind, Story, UserStep},
    diagnostic::{Sources, did_you_mean},
    project,
};

/// A story being played.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Its name.
    pub name: String,
    turns: Arc<[Played]>,
    at: usize,
}

/// One message of a story with what is to follow.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub(super) text: String,
    intent: Option<String>,
    actions: Vec<String>,
    pub(super) outcomes: Vec<(String, ActionOutcome)>,
}

impl Replay {
    /// Returns the names of all stories that can be played, tests first.
    pub(super) fn names(project: &Project) -> Result<Vec<String>, String> {
        let stories = stories(project)?.into_iter().map(|story| story.name);
        let mut names: Vec<String> = Vec::new();
        for name in stories {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Returns the story of that name, or one whose name begins so or holds it, from tests and training data.
    pub(super) fn find(project: &Project, wanted: &str) -> Result<Self, String> {
        let stories = stories(project)?;
        let named =
            |matches: &dyn Fn(&str) -> bool| stories.iter().find(|story| matches(&story.name));
        let story = named(&|name| name == wanted)
            .or_else(|| named(&|name| name.starts_with(wanted)))
            .or_else(|| named(&|name| name.contains(wanted)));
        let Some(story) = story else {
            let all = stories.iter().map(|story| story.name.as_str());
            let close = did_you_mean(wanted, all.clone());
            let hint = close.map_or_else(
                || format!("there are {}", all.take(5).collect::<Vec<_>>().join(", ")),
                |close| format!("did you mean `{close}`?"),
            );
            return Err(format!("there is no story `{wanted}`; {hint}"));
        };
        Ok(Self {
            name: story.name.clone(),
            turns: played(story).into(),
            at: 0,
        })
    }

    /// Returns the next message, and goes on to the one after it.
    pub(super) fn next(&mut self) -> Option<Played> {
        let turn = self.turns.get(self.at).cloned();
        self.at += usize::from(turn.is_some());
        turn
    }

    /// Returns how many messages were played, and of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.at, self.turns.len())
    }
}

impl Played {
    /// Returns what the story says otherwise, if anything.
    pub(super) fn mistake(&self, record: &Record) -> Option<String> {
        let found = record.turn.parse.intent_name();
        if let Some(intent) = &self.intent
            && intent.split('/').next() != Some(found)
        {
            return Some(format!("the story has intent `{intent}`"));
        }
        let did: Vec<&str> = record.turn.actions().collect();
        if self.actions == did {
            return None;
        }
        let at = self
            .actions
            .iter()
            .zip(&did)
            .take_while(|(expected, did)| expected.as_str() == **did)
            .count();
        Some(match (self.actions.get(at), did.get(at)) {
            (Some(expected), Some(did)) => format!("the story has `{expected}`, not `{did}`"),
            (Some(expected), None) => format!("the story goes on with `{expected}`"),
            _ => "the story listens earlier".to_owned(),
        })
    }
}

/// Returns the stories of the tests, then those of the training data.
fn stories(project: &Project) -> Result<Vec<Story>, String> {
    let (paths, mut sources) = (&project.paths, Sources::new());
    let tests = project::load_tests(&paths.tests, paths, &mut sources);
    let mut stories = tests.map_err(|error| told(&error))?.stories;
    let loaded = project::load(paths, &mut sources).map_err(|error| told(&error))?;
    stories.extend(loaded.assistant.stories);
    stories.retain(|story| !story.is_rule());
    Ok(stories)
}

/// Returns the messages of a story; of an `or` the first choice.
fn played(story: &Story) -> Vec<Played> {
    let mut turns: Vec<Played> = Vec::new();
    for step in &story.steps {
        let step: &Step = match &step.kind {
            StepKind::Or(choices) => match choices.first() {
                Some(first) => first,
                None => continue,
            },
            _ => step,
        };
        match (&step.kind, turns.last_mut()) {
            (StepKind::User(user), _) => turns.push(Played {
                text: said(user),
                intent: user.intent.clone(),
                actions: Vec::new(),
                outcomes: Vec::new(),
            }),
            (StepKind::Action(action) | StepKind::Bot(action), Some(turn))
                if action != "action_listen" =>
            {
                turn.actions.push(action.clone());
                turn.outcomes.push((action.clone(), done(&[])));
            }
            (StepKind::SlotWasSet(slots), Some(turn)) => {
                if let Some((_, outcome)) = turn.outcomes.last_mut() {
                    *outcome = done(slots);
                }
            }
            _ => {}
        }
    }
    turns
}

/// Returns the outcome of an action after which these slots are set.
pub(super) fn done(slots: &[SlotValue]) -> ActionOutcome {
    let events = slots.iter().filter_map(|slot| {
        Some(Event {
            kind: EventKind::Slot {
                name: slot.name.clone(),
                value: slot.value.clone()?,
            },
            timestamp: 0.0,
            metadata: serde_json::Map::new(),
        })
    });
    ActionOutcome::Done {
        events: events.collect(),
        messages: Vec::new(),
    }
}

/// Returns what to send for a step: its words, else its intent by name.
fn said(user: &UserStep) -> String {
    if let Some(text) = &user.text {
        return text.clone();
    }
    let intent = user.intent.as_deref().unwrap_or_default();
    let entities: serde_json::Map<String, Json> = user
        .entities
        .iter()
        .map(|entity| (entity.entity.clone(), entity.value.clone()))
        .collect();
    if entities.is_empty() {
        format!("/{intent}")
    } else {
        format!("/{intent}{}", Json::Object(entities))
    }
}
