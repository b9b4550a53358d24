//! What happened in a conversation, turn by turn, so that any turn can be taken back, brought back, or held once more
//! with another model.

use std::collections::BTreeMap;

use crate::{
    actions::Driver,
    agent::{ActionOutcome, ActionRequest, Conversation, Turn},
    data::{Event, EventKind, Json, Parse},
};

/// A turn of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was typed.
    pub text: String,
    /// What came of it.
    pub turn: Turn,
    /// What it was with the model before, where that differs.
    pub was: Option<Was>,
    /// What a story expects here that did not happen, where one is being replayed.
    pub mistake: Option<String>,
    /// The turn in whose place it was said.
    pub(super) instead_of: Option<Box<Record>>,
    /// Where it came from.
    pub(super) origin: From,
    /// Events before the turn: where going back leads to.
    pub(super) events_before: usize,
    /// What custom actions answered.
    pub(super) outcomes: Vec<(String, ActionOutcome)>,
}

/// Where a turn came from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum From {
    /// A message that the model understood.
    Text,
    /// A message that came with its understanding.
    Parse(Box<Parse>),
    /// Events that no message caused: a slot set by hand, a reminder.
    Elsewhere,
}

/// How a turn went with the model before.
#[derive(Clone, Debug, PartialEq)]
pub struct Was {
    /// Its intent, with its confidence.
    pub intent: (String, f64),
    /// Its actions.
    pub actions: Vec<String>,
}

impl Record {
    /// Compares with the same turn of another model.
    pub(super) fn compare(&mut self, before: &Self) {
        let intent = before.turn.parse.intent_name();
        let actions: Vec<String> = before.turn.actions().map(str::to_owned).collect();
        let same = intent == self.turn.parse.intent_name()
            && before.turn.actions().eq(self.turn.actions());
        self.was = (!same).then(|| Was {
            intent: (intent.to_owned(), before.turn.parse.intent.confidence),
            actions,
        });
    }
}

/// A way that the conversation went, and then did not.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Turns before it parted.
    pub after: usize,
    /// Its own turns.
    pub records: Vec<Record>,
}

/// A conversation of the session that is not the present one.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub(super) number: usize,
    pub(super) seed: u64,
    pub(super) turns: Vec<Record>,
    pub(super) undone: Vec<Record>,
    pub(super) branches: Vec<Branch>,
}

impl Aside {
    /// Tells whether it has not begun.
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty() && self.undone.is_empty() && self.branches.is_empty()
    }
}

/// Slot values that answer for a custom action, by its name.
pub(super) type Stubs = BTreeMap<String, Vec<(String, Json)>>;

/// Runs custom actions through another driver and keeps what they answer; stubs made by hand come first.
pub(super) struct Noting<'a> {
    pub(super) stubs: &'a Stubs,
    pub(super) driver: &'a mut dyn Driver,
    pub(super) outcomes: Vec<(String, ActionOutcome)>,
}

impl Driver for Noting<'_> {
    fn run(&mut self, request: &ActionRequest, conversation: &Conversation) -> ActionOutcome {
        let outcome = match self.stubs.get(&request.action) {
            Some(slots) => stubbed(slots),
            None => self.driver.run(request, conversation),
        };
        self.outcomes
            .push((request.action.clone(), outcome.clone()));
        outcome
    }

    fn words_responses(&self) -> bool {
        self.driver.words_responses()
    }
}

/// Returns what an action answers that sets these slots.
pub(super) fn stubbed(slots: &[(String, Json)]) -> ActionOutcome {
    let events = slots.iter().map(|(name, value)| Event {
        kind: EventKind::Slot {
            name: name.clone(),
            value: value.clone(),
        },
        timestamp: 0.0,
        metadata: serde_json::Map::new(),
    });
    ActionOutcome::Done {
        events: events.collect(),
        messages: Vec::new(),
    }
}

/// Answers for custom actions with what they answered before: no server is ever asked twice.
pub(super) struct Remembering<'a> {
    pub(super) stubs: &'a Stubs,
    pub(super) outcomes: Vec<(String, ActionOutcome)>,
    /// What those answer that have not answered before.
    pub(super) otherwise: ActionOutcome,
}

impl Driver for Remembering<'_> {
    fn run(&mut self, request: &ActionRequest, _conversation: &Conversation) -> ActionOutcome {
        let known = self
            .outcomes
            .iter()
            .position(|(action, _)| *action == request.action);
        match known {
            Some(at) => self.outcomes.remove(at).1,
            None => match self.stubs.get(&request.action) {
                Some(slots) => stubbed(slots),
                None => self.otherwise.clone(),
            },
        }
    }
}
