//! Calls that somebody may have to wait for, of custom actions and of a Duckling server: each runs on a thread of its
//! own, so that waiting for it can be given up, or ended by an answer made by hand. What comes too late is dropped.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::record::stubbed;
use crate::{
    actions::{Driver, Duckling, Runner},
    agent::{ActionOutcome, ActionRequest, Conversation},
    data::Json,
    nlu::{Outside, Question},
};

/// How often a call that is waited for looks whether the process was asked to end.
const STOPS: Duration = Duration::from_millis(100);

/// The call that is waited for, if there is one; shared with whoever may give it up.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: Mutex<Option<Open>>,
    /// Nothing is waited for any more.
    leaving: AtomicBool,
    /// Set where the process is to end.
    stop: OnceLock<Arc<AtomicBool>>,
}

#[derive(Debug)]
struct Open {
    call: Call,
    tell: Sender<Word>,
}

/// A call that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The custom action that is run; nothing where a message is being understood.
    pub action: Option<String>,
    /// Who was asked.
    pub whom: String,
    /// Since when.
    pub since: Instant,
}

/// What ends the waiting; whatever comes first counts.
#[derive(Debug)]
enum Word {
    Answered,
    /// Slots that a person gave in the place of the answer.
    ByHand(Vec<(String, Json)>),
    GivenUp,
}

/// How the waiting ended.
enum Ended<T> {
    Answered(T),
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
        self.tell(|call| {
            (call.action.as_deref() == Some(action)).then(|| Word::ByHand(slots.to_vec()))
        });
    }

    /// Waits for nothing any more, now or later.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        self.give_up();
    }

    /// Waits for nobody any more once `stop` is set.
    pub(super) fn stop_with(&self, stop: Arc<AtomicBool>) {
        // There is one process, and so one word that it is to end.
        let _ = self.stop.set(stop);
    }

    /// Does some work on a thread of its own, and waits for it as long as somebody wants to.
    fn wait<T: Send + 'static>(
        &self,
        action: Option<String>,
        whom: String,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Ended<T> {
        let (tell, told) = mpsc::channel();
        *self.lock() = Some(Open {
            call: Call {
                action,
                whom,
                since: Instant::now(),
            },
            tell: tell.clone(),
        });
        let answer = Arc::new(Mutex::new(None));
        let (last, place) = (LastWord(tell), Arc::clone(&answer));
        thread::spawn(move || {
            let done = job();
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            // Nobody hears what comes too late.
            let _ = last.0.send(Word::Answered);
        });
        let stopped = || {
            let stop = self.stop.get();
            self.leaving.load(Ordering::SeqCst)
                || stop.is_some_and(|stop| stop.load(Ordering::SeqCst))
        };
        let word = loop {
            if stopped() {
                break Word::GivenUp;
            }
            match told.recv_timeout(STOPS) {
                Ok(word) => break word,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break Word::GivenUp,
            }
        };
        *self.lock() = None;
        match word {
            Word::ByHand(slots) => Ended::ByHand(slots),
            Word::GivenUp => Ended::GivenUp,
            Word::Answered => {
                let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
                answer.take().map_or(Ended::GivenUp, Ended::Answered)
            }
        }
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
}

impl Driver for Patient<'_> {
    fn run(&mut self, request: &ActionRequest, conversation: &Conversation) -> ActionOutcome {
        let Some(whom) = self.runner.asks(&request.action) else {
            return self.runner.run(request, conversation);
        };
        let no_longer = ActionOutcome::Failed(format!("{whom} was waited for no longer"));
        let action = Some(request.action.clone());
        let (mut runner, request, conversation) =
            (self.runner.clone(), request.clone(), conversation.clone());
        let ended = self.calls.wait(action, whom, move || {
            let outcome = runner.run(&request, &conversation);
            (outcome, runner)
        });
        match ended {
            Ended::Answered((outcome, runner)) => {
                *self.runner = runner;
                outcome
            }
            Ended::ByHand(slots) => stubbed(&slots),
            Ended::GivenUp => no_longer,
        }
    }

    fn words_responses(&self) -> bool {
        self.runner.words_responses()
    }
}

/// Asks a Duckling server, and waits only as long as somebody wants to.
#[derive(Debug)]
pub(super) struct PatientDuckling {
    pub(super) server: Arc<Duckling>,
    pub(super) calls: Arc<Calls>,
}

impl Outside for PatientDuckling {
    fn ask(&self, question: &Question) -> Option<Json> {
        if !self.server.asks() {
            return None;
        }
        let (server, sent) = (Arc::clone(&self.server), question.clone());
        let whom = Duckling::whom(question);
        match self.calls.wait(None, whom, move || server.ask(&sent)) {
            Ended::Answered(answer) => answer,
            Ended::ByHand(_) | Ended::GivenUp => {
                self.server.give_up(question);
                None
            }
        }
    }
}
