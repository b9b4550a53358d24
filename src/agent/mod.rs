//! A loaded model in conversation, without any input or output of its own.
//!
//! [`Conversation::say`] takes a message and runs until the bot listens again ([`Step::Done`]) or until something
//! outside has to run a custom action ([`Step::NeedsAction`]), whose outcome goes in through
//! [`Conversation::answer`]. The shell, plain mode, tests and the server all answer through this.

mod fallback;
mod form;
mod run;
mod scene;
mod turn;

pub use run::Conversation;
pub use turn::{ActionOutcome, ActionRequest, Decision, Step, Turn};
