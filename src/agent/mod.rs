//! A loaded model in conversation, without any input or output of its own.
//!
//! [`Conversation::say`] takes a message and runs until the bot listens again ([`Step::Done`]) or until something
//! outside has to run a custom action ([`Step::NeedsAction`]), whose outcome goes in through
//! [`Conversation::answer`]. An [`Agent`] holds many of them. The shell, plain mode, tests and the server all answer through this.

#[expect(clippy::module_inception, reason = "the type gives both their name")]
mod agent;
mod fallback;
mod form;
mod reminder;
mod run;
mod scene;
mod turn;

pub use agent::{Agent, Incoming};
pub use reminder::{Due, entities};
pub use run::Conversation;
pub use turn::{ActionOutcome, ActionRequest, Decision, Step, Turn};
