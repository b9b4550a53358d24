//! Test stories: every conversation is held with the model, and each step compared.

mod run;
mod understood;
mod why;
mod written;

use std::{collections::BTreeSet, sync::Arc};

use self::run::Run;
use super::{figures::Figures, message::Heard, nearest::Near};
use crate::{
    data::{Json, Step, StepKind, Story},
    diagnostic::{Origin, Place, Sources},
    dialogue::SlotTable,
    model::Model,
};

pub use self::why::why;

/// What became of all test stories.
#[derive(Clone, Debug, Default)]
pub struct StoryReport {
    /// Number of stories.
    pub total: usize,
    /// Number that went as written.
    pub passed: usize,
    /// Each story, in file order.
    pub held: Vec<Held>,
    /// The first mistake of each that did not go as written.
    pub failures: Vec<Failure>,
    /// Number of user turns held.
    pub turns: usize,
    /// The bot's actions, listening included: expected against predicted.
    pub actions: Figures,
    /// The same pairs one by one.
    pub action_pairs: Vec<(String, String)>,
    /// The intents of what users say, payloads left out.
    pub intents: Figures,
}

/// One conversation as it was held.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Name of the story.
    pub name: String,
    /// Where it stands.
    pub origin: Origin,
    /// Its address.
    pub place: Place,
    /// Number of user turns.
    pub turns: usize,
    /// Its first mistake, if any.
    pub failure: Option<Failure>,
    /// Each action, expected and predicted.
    pub actions: Vec<(String, String)>,
    /// What users say, payloads left out.
    pub messages: Vec<Heard>,
    /// The intent of everything users say, and what it was taken for: payloads, and right ones where the story has no text,
    /// too.
    pub intents: Vec<(String, String)>,
    /// What happens in it, in order.
    pub path: Vec<Met>,
    /// Rules and stories that decided about an action: whether it is a rule, and its name.
    pub followed: BTreeSet<(bool, String)>,
    /// Whether `action_unlikely_intent` was predicted on the way.
    pub is_unlikely: bool,
    /// The story as Rasa's result files show it, mistakes noted.
    pub text: String,
}

impl Held {
    /// Tells whether it went as written.
    pub fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// Something that a story touches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// The user says something of this intent.
    Intent(String),
    /// The bot does something.
    Action(String),
    /// A form asks for a slot or fills it.
    FormSlot(String, String),
}

/// Where a story left its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Name of the story.
    pub story: String,
    /// Number of the user's turn, from 1; 0 before the first.
    pub turn: usize,
    /// Step that failed.
    pub origin: Origin,
    /// Its address.
    pub place: Place,
    /// What went wrong.
    pub mistake: Mistake,
}

/// A name like one that nothing has, if there is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant(pub Option<String>);

/// What can go wrong in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Mistake {
    /// A message was understood as something else.
    Intent {
        /// The message.
        text: String,
        /// Intent in the story.
        expected: String,
        /// Intents found, best first, with their confidence.
        ranking: Vec<(String, f64)>,
        /// Words that decided between the best two, the strongest first, with what each gave in log-odds.
        words: Vec<(String, f64)>,
        /// The training example most like it.
        nearest: Option<Near>,
        /// Where the model has no such intent at all: the one that may be meant.
        unknown: Option<Meant>,
    },
    /// An entity of the story was not found, or found otherwise.
    Entity {
        /// The message.
        text: String,
        /// Entity in the story, `type=value`.
        expected: String,
        /// Entities found.
        found: Vec<String>,
    },
    /// An entity was found that the story does not mark.
    SurplusEntity {
        /// The message.
        text: String,
        /// The entity, `type=value`.
        found: String,
        /// The message as the story would mark it.
        marked: String,
    },
    /// Another action ran.
    Action {
        /// Action in the story.
        expected: String,
        /// Action that ran; `None` if the bot listened.
        found: Option<String>,
        /// Who chose it, and where that is written.
        why: Option<String>,
    },
    /// An action ran that the story does not have.
    Surplus {
        /// The action.
        found: String,
        /// Who chose it, and where that is written.
        why: Option<String>,
    },
    /// A slot has another value.
    Slot {
        /// The slot.
        name: String,
        /// Value in the story.
        expected: Json,
        /// Value found.
        found: Json,
    },
}

/// What conversations are held with.
pub struct Setting<'a> {
    /// The model.
    pub model: &'a Arc<Model>,
    /// Texts that places lie in.
    pub sources: &'a Sources,
    /// Finds the training example most like a text.
    pub nearest: &'a dyn Fn(&str, Option<&Place>) -> Option<Near>,
}

/// Holds every conversation with the model. `on` gets each as it is done.
///
/// As in `rasa test`, what stands in the story is what happens, whatever was predicted: custom actions are not run, and
/// one mistake does not lead to the next. A loop that the story leaves is taken to have refused.
pub fn evaluate(
    setting: &Setting<'_>,
    stories: &[Story],
    on: &mut dyn FnMut(&Held),
) -> StoryReport {
    let ways: Vec<(&Story, Vec<&Step>)> = stories
        .iter()
        .flat_map(|story| {
            let ways = ways(story, stories, 0).into_iter();
            ways.map(move |steps| (story, steps))
        })
        .collect();
    let slots = SlotTable::of(&setting.model.domain);
    let mut held = Vec::with_capacity(ways.len());
    for (story, steps) in ways {
        let one = Run::new(setting, &slots).hold(story, &steps);
        on(&one);
        held.push(one);
    }
    StoryReport::of(held)
}

impl StoryReport {
    /// Works out the figures of conversations.
    pub fn of(held: Vec<Held>) -> Self {
        let action_pairs: Vec<(String, String)> =
            held.iter().flat_map(|one| one.actions.clone()).collect();
        let pairs: Vec<(&str, &str)> = action_pairs
            .iter()
            .map(|(expected, predicted)| (expected.as_str(), predicted.as_str()))
            .collect();
        let said: Vec<(&str, &str)> = held
            .iter()
            .flat_map(|one| &one.messages)
            .map(|message| (message.expected.as_str(), message.predicted.as_str()))
            .collect();
        Self {
            total: held.len(),
            passed: held.iter().filter(|one| one.passed()).count(),
            failures: held.iter().filter_map(|one| one.failure.clone()).collect(),
            turns: held.iter().map(|one| one.turns).sum(),
            actions: Figures::of(&pairs),
            intents: Figures::of(&said),
            action_pairs,
            held,
        }
    }

    /// Returns the share of conversations that went as written.
    pub fn accuracy(&self) -> f64 {
        if self.total == 0 {
            0.0
        } else {
            self.passed as f64 / self.total as f64
        }
    }

    /// Returns what users say in all conversations, payloads left out.
    pub fn messages(&self) -> impl Iterator<Item = &Heard> {
        self.held.iter().flat_map(|one| &one.messages)
    }
}

/// Returns every way through a story: each choice of its `or` steps; after every one of `all` that leads to its
/// checkpoint.
pub(super) fn ways_of<'s>(story: &'s Story, all: &'s [Story]) -> Vec<Vec<&'s Step>> {
    if all.is_empty() {
        return choices(&story.steps, vec![Vec::new()], true);
    }
    ways(story, all, 0)
}

/// Most stories that checkpoints may join to one.
const DEEPEST: usize = 8;

/// Returns every way through a story: each choice of its `or` steps, after every story that leads to its checkpoint.
/// One that itself leads to a checkpoint of another is only a part of that.
fn ways<'s>(story: &'s Story, all: &'s [Story], depth: usize) -> Vec<Vec<&'s Step>> {
    fn checkpoint(step: Option<&Step>) -> Option<&str> {
        match &step?.kind {
            StepKind::Checkpoint { name, .. } => Some(name),
            _ => None,
        }
    }
    let goes_on = checkpoint(story.steps.last()).is_some_and(|name| {
        all.iter()
            .any(|other| checkpoint(other.steps.first()) == Some(name))
    });
    if depth == 0 && goes_on {
        return Vec::new();
    }
    let mut ways: Vec<Vec<&Step>> = match checkpoint(story.steps.first()) {
        Some(name) if depth < DEEPEST => all
            .iter()
            .filter(|other| checkpoint(other.steps.last()) == Some(name))
            .flat_map(|other| self::ways(other, all, depth + 1))
            .collect(),
        _ => Vec::new(),
    };
    if ways.is_empty() {
        ways.push(Vec::new());
    }
    choices(&story.steps, ways, false)
}

/// Goes on with each way by every choice of the steps.
fn choices<'s>(
    steps: &'s [Step],
    mut ways: Vec<Vec<&'s Step>>,
    with_checkpoints: bool,
) -> Vec<Vec<&'s Step>> {
    for step in steps {
        let choices: Vec<&Step> = match &step.kind {
            StepKind::Or(choices) if !choices.is_empty() => choices.iter().collect(),
            StepKind::Checkpoint { .. } if !with_checkpoints => continue,
            _ => vec![step],
        };
        ways = ways
            .iter()
            .flat_map(|way| {
                let next = |choice: &&'s Step| way.iter().copied().chain([*choice]).collect();
                choices.iter().map(next).collect::<Vec<_>>()
            })
            .collect();
    }
    ways
}
