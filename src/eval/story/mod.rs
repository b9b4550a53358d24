//! Test stories: every conversation is held with the model, and each step compared.

mod run;
mod understood;
mod ways;
mod why;
mod written;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use self::run::Run;
use super::{figures::Figures, message::Heard, nearest::Near};
use crate::{
    data::{Json, Story},
    diagnostic::{Origin, Place, Sources},
    dialogue::SlotTable,
    model::Model,
};

pub use self::{
    ways::{MOST, Way, choices_of, ways},
    why::why,
};

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
    /// The intent of everything users say, and what it was taken for: payloads, and right ones where the story has no
    /// text, too.
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
    /// Number of its conversation in the report, from 0.
    pub held: usize,
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

/// Holds conversations with the model. `on` gets each as it is done; once `stop` is set no other begins.
///
/// As in `rasa test`, what stands in the story is what happens, whatever was predicted: custom actions are not run, and
/// one mistake does not lead to the next. A loop that the story leaves is taken to have refused.
pub fn evaluate(
    setting: &Setting<'_>,
    stories: &[Story],
    ways: &[Way<'_>],
    stop: &AtomicBool,
    on: &mut dyn FnMut(&Held),
) -> StoryReport {
    let slots = SlotTable::of(&setting.model.domain);
    let mut held = Vec::with_capacity(ways.len());
    for way in ways {
        let last = way.through.last().and_then(|at| stories.get(*at));
        let Some(story) = last.filter(|_| !stop.load(Ordering::Relaxed)) else {
            continue;
        };
        let one = Run::new(setting, &slots).hold(story, &way.steps);
        on(&one);
        held.push(one);
    }
    StoryReport::of(held)
}

impl StoryReport {
    /// Works out the figures of conversations.
    pub fn of(mut held: Vec<Held>) -> Self {
        for (number, one) in held.iter_mut().enumerate() {
            if let Some(failure) = &mut one.failure {
                failure.held = number;
            }
        }
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
