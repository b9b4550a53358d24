//! Calls of custom actions that somebody may have to wait for: each runs on a thread of its own, so that waiting for it
//! can be given up, or ended by an answer made by hand. What comes too late is dropped.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::record::stubbed;
use crate::{
    actions::{Driver, Runner},
    agent::{ActionOutcome, ActionRequest, Conversation},
    data::Json,
};

/// How often a call that is waited for looks whether the process was asked to end.
const STOPS: Duration = Duration::from_millis(100);

/// The call that is waited for, if there is one; shared with whoever may give it up.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: Mutex<Option<Open>>,
    /// Nothing is waited for any more.
    leaving: AtomicBool,
}

#[derive(Debug)]
struct Open {
    call: Call,
    tell: Sender<Word>,
}

/// A call of a custom action that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The action.
    pub action: String,
    /// Who was asked.
    pub whom: String,
    /// Since when.
    pub since: Instant,
}

/// What ends the waiting; whatever comes first counts.
#[derive(Debug)]
enum Word {
    Answered(ActionOutcome, Box<Runner>),
    /// Slots that a person gave in the place of the answer.
    ByHand(Vec<(String, Json)>),
    GivenUp,
}

/// Ends the waiting even where the thread that runs the call does not live to answer.
struct LastWord(Sender<Word>);

impl Drop for LastWord {
    fn drop(&mut self) {
        // Whoever waits no longer needs no word.
        let _ = self.0.send(Word::GivenUp);
    }
}

impl Calls {
    /// Returns the call that is waited for.
    pub(super) fn open(&self) -> Option<Call> {
        self.lock().as_ref().map(|open| open.call.clone())
    }

    /// Waits no longer for the call under way.
    pub(super) fn give_up(&self) {
        self.tell(|_| Some(Word::GivenUp));
    }

    /// Answers the call under way by hand, if it is of that action.
    pub(super) fn answer(&self, action: &str, slots: &[(String, Json)]) {
        self.tell(|call| (call.action == action).then(|| Word::ByHand(slots.to_vec())));
    }

    /// Waits for nothing any more, now or later.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        self.give_up();
    }

    fn tell(&self, word: impl FnOnce(&Call) -> Option<Word>) {
        if let Some(open) = self.lock().as_ref()
            && let Some(word) = word(&open.call)
        {
            // A call that has just ended needs no word.
            let _ = open.tell.send(word);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs custom actions through a project's runner, and waits only as long as somebody wants to.
pub(super) struct Patient<'a> {
    pub(super) runner: &'a mut Runner,
    pub(super) calls: &'a Calls,
    /// Set where the process is to end.
    pub(super) stop: &'a AtomicBool,
}

impl Driver for Patient<'_> {
    fn run(&mut self, request: &ActionRequest, conversation: &Conversation) -> ActionOutcome {
        match self.runner.asks(&request.action) {
            Some(whom) => self.wait(request, conversation, whom),
            None => self.runner.run(request, conversation),
        }
    }

    fn words_responses(&self) -> bool {
        self.runner.words_responses()
    }
}

impl Patient<'_> {
    fn wait(
        &mut self,
        request: &ActionRequest,
        conversation: &Conversation,
        whom: String,
    ) -> ActionOutcome {
        let no_longer = ActionOutcome::Failed(format!("{whom} was waited for no longer"));
        let (tell, told) = mpsc::channel();
        *self.calls.lock() = Some(Open {
            call: Call {
                action: request.action.clone(),
                whom,
                since: Instant::now(),
            },
            tell: tell.clone(),
        });
        let (mut runner, request, conversation) = (
            Box::new(self.runner.clone()),
            request.clone(),
            conversation.clone(),
        );
        let last = LastWord(tell);
        thread::spawn(move || {
            let outcome = runner.run(&request, &conversation);
            // Nobody hears what comes too late.
            let _ = last.0.send(Word::Answered(outcome, runner));
        });
        let word = loop {
            if self.calls.leaving.load(Ordering::SeqCst) || self.stop.load(Ordering::SeqCst) {
                break Word::GivenUp;
            }
            match told.recv_timeout(STOPS) {
                Ok(word) => break word,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break Word::GivenUp,
            }
        };
        *self.calls.lock() = None;
        match word {
            Word::Answered(outcome, runner) => {
                *self.runner = *runner;
                outcome
            }
            Word::ByHand(slots) => stubbed(&slots),
            Word::GivenUp => no_longer,
        }
    }
}
