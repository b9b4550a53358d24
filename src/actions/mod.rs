//! Who runs custom actions: until an action server can be reached, nobody, and that is said.

use crate::agent::{ActionOutcome, ActionRequest, Conversation, Step, Turn};

/// Runs custom actions for a conversation.
pub trait Driver {
    /// Runs one action.
    fn run(&mut self, request: &ActionRequest, conversation: &Conversation) -> ActionOutcome;
}

/// Runs nothing: every custom action fails, and the conversation goes on as it does in Rasa without its server.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoServer;

impl Driver for NoServer {
    fn run(&mut self, request: &ActionRequest, _conversation: &Conversation) -> ActionOutcome {
        ActionOutcome::Failed(format!(
            "`{}` is a custom action, and no action server is called",
            request.action
        ))
    }
}

/// Takes a message through a whole turn.
pub fn say(conversation: &mut Conversation, text: &str, now: f64, driver: &mut dyn Driver) -> Turn {
    let step = conversation.say(text, now);
    finish(conversation, step, now, driver)
}

/// Runs a begun turn to its end.
pub fn finish(
    conversation: &mut Conversation,
    mut step: Step,
    now: f64,
    driver: &mut dyn Driver,
) -> Turn {
    loop {
        match step {
            Step::Done(turn) => return *turn,
            Step::NeedsAction(request) => {
                let outcome = driver.run(&request, conversation);
                step = conversation.answer(outcome, now);
            }
        }
    }
}
