//! What one turn consists of.

use crate::{
    data::{Event, EventKind, Json, Parse},
    dialogue::{Message, Vote},
};

/// Where a turn stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Something outside must run a custom action.
    NeedsAction(ActionRequest),
    /// The bot listens again.
    Done(Box<Turn>),
}

/// An action to be run outside: a custom one, or a response (`utter_…`) where others word it
/// ([`Conversation::ask_for_responses`](super::Conversation::ask_for_responses)).
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRequest {
    /// Its name.
    pub action: String,
    /// What it must see at the end of the conversation's events, though it has not happened: values that it is to
    /// check, the slot that it is to ask for.
    pub events: Vec<EventKind>,
}

/// What became of a custom action.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionOutcome {
    /// It ran.
    Done {
        /// Events it returned, in order; the conversation gives them the time at which it takes them.
        events: Vec<Event>,
        /// Messages it sent; they come before the events.
        messages: Vec<Message>,
    },
    /// It refused to run: other predictions get their chance.
    Rejected,
    /// It could not be run; the reason is shown, the conversation goes on without its events.
    Failed(String),
}

/// One action of a turn, and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Action that ran.
    pub action: String,
    /// What the policies said; `None` for what needs no policy, such as the start of a session.
    pub vote: Option<Vote>,
    /// Why it could not run as meant, if so.
    pub failure: Option<String>,
}

/// One message of the user and all that followed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The message as understood.
    pub parse: Parse,
    /// Actions in order, the final listening included.
    pub decisions: Vec<Decision>,
    /// Messages of the bot, each with the number of its decision.
    pub messages: Vec<(usize, Message)>,
    /// Slots set in this turn, in order.
    pub slots: Vec<(String, Json)>,
    /// Events added by the turn.
    pub events: Vec<Event>,
    /// What did not go as meant outside of any decision.
    pub notes: Vec<String>,
}

impl Turn {
    /// Returns the names of the actions without listening and session starts.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.decisions
            .iter()
            .map(|decision| decision.action.as_str())
            .filter(|name| !matches!(*name, "action_listen" | "action_session_start"))
    }
}
