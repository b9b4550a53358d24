//! Everything that a workbench can be asked for.

use super::{Correction, Decision, Plan};
use crate::data::Json;

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Send a message.
    Say(String),
    /// Send a message that is to be understood as this intent; a turn with the same text goes back first.
    SayAs(String, String),
    /// Take back the last turn.
    Undo,
    /// Bring back what was taken back.
    Redo,
    /// Go back to the end of a turn; 0 is the start.
    Rewind(usize),
    /// List the ways that the conversation went, or go on with one of them.
    Branches(Option<usize>),
    /// Begin a new conversation.
    Restart,
    /// Show the slots that are set.
    Slots,
    /// Show the values that a slot gets by hand; `name=value`.
    SetSlot(String, Json),
    /// Show how a turn came about; the last one without a number.
    Why(Option<usize>),
    /// The last message belongs to another intent.
    Correct(Option<String>),
    /// A piece of the last message is an entity: `type=words`; `-words` is none.
    Entity(String),
    /// The last message was understood rightly: keep it as an example.
    Right,
    /// A correction of any message.
    Plan(Correction),
    /// What a correction would change, for whoever has not decided yet.
    Foresee(Correction),
    /// What was decided about messages of a list, as one change.
    Gather(Vec<(String, Decision)>),
    /// Make the changes that were shown.
    Accept(Box<Plan>),
    /// Learn anew.
    Train,
    /// Add the conversation to the tests.
    SaveStory(Option<String>),
    /// Add the last turn to the rules.
    SaveRule(Option<String>),
    /// List what one of several can be chosen from.
    Choose(Choice),
    /// Listen to another model beside this one; without a name, to none.
    Compare(Option<String>),
    /// Let the other model answer, and listen to this one.
    Swap,
    /// Record the conversation to the tests as it goes on, or stop that.
    Record,
    /// Play a story.
    Replay(Option<String>),
    /// Play the next message of the story.
    Next,
    /// Play the rest of the story.
    Rest,
    /// Answer for a custom action: `action_name slot=value …`.
    Stub(String),
    /// List the changes of this session, or take one back.
    Changes(Option<usize>),
    /// List the events of the conversation.
    Events,
    /// Show which model answers.
    Model,
    /// List the commands.
    Help,
    /// Leave.
    Quit,
    /// No command of that name.
    Unknown(String),
    /// A command whose words make no sense.
    Wrong(String),
}

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A model to listen to.
    Model,
    /// A story to play.
    Story,
    /// A change of this session to take back.
    Change,
    /// A way that the conversation went, to go on with.
    Branch,
}
