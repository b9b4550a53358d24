//! Policies: each predicts the next action from the conversation so far.

mod analysis;
mod features;
mod linear;
mod memoization;
mod ranker;
mod rule;
mod unlikely;

use serde::{Deserialize, Serialize};

pub use linear::{Linear, LinearParams};
pub use memoization::{Memoization, MemoizationParams};
pub use ranker::Evidence;
pub use rule::{RuleParams, RulePolicy};
pub use unlikely::{Unlikely, UnlikelyParams};

use crate::{
    data::Domain,
    diagnostic::Place,
    dialogue::{Moments, State, Tracker},
};

/// Why a policy predicts what it predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A rule says so.
    Rule {
        /// Its name.
        name: String,
        /// Where it stands.
        place: Place,
    },
    /// A story goes so.
    Story {
        /// Its name.
        name: String,
        /// Where it stands.
        place: Place,
    },
    /// A loop goes on by itself, or waits for the answer to its question.
    Loop {
        /// Its name.
        name: String,
        /// Where it stands; none for loops that are no forms.
        place: Option<Place>,
    },
    /// Rasa's own handling of `restart`, `back` and `session_start`.
    DefaultIntent,
    /// No policy is sure.
    Fallback,
    /// Another action asked for it.
    Followup,
    /// Stories go so at points like this one.
    Learnt {
        /// What speaks most for it, or against it.
        because: Vec<Evidence>,
        /// The action that it was preferred to.
        rather_than: String,
    },
    /// No story has this intent at a point like this one.
    Unlikely {
        /// The intent.
        intent: String,
        /// What speaks most for it, or against it.
        because: Vec<Evidence>,
        /// The intent that would be likeliest.
        rather_than: String,
    },
}

/// What a policy predicts.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, as in Rasa's predictions"
)]
pub struct Prediction {
    /// The action; `None` where the policy has nothing to say.
    pub action: Option<String>,
    /// Between 0 and 1.
    pub confidence: f64,
    /// Why.
    pub reason: Option<Reason>,
    /// Whether memoization must not see the turn: only rules know it.
    pub hide_rule_turn: bool,
    /// Whether it was made without regard to the user's words: a loop on its happy path. Overrules all others.
    pub ignores_user: bool,
    /// Whether the user's words decided, not the intent. Overrules what the intent decided.
    pub by_words: bool,
    /// Whether the loop is told that it was interrupted.
    pub interrupts_loop: bool,
    /// What the policy would say if the action were none: the fallback, or the next best.
    pub second: Option<Second>,
}

/// What a policy would predict if its first choice were none.
#[derive(Clone, Debug, PartialEq)]
pub struct Second {
    /// The action.
    pub action: String,
    /// Between 0 and 1.
    pub confidence: f64,
    /// Why.
    pub reason: Option<Reason>,
}

impl Prediction {
    /// Returns the prediction of a policy that has nothing to say.
    pub fn nothing() -> Self {
        Self {
            action: None,
            confidence: 0.0,
            reason: None,
            hide_rule_turn: false,
            ignores_user: false,
            by_words: false,
            interrupts_loop: false,
            second: None,
        }
    }

    /// Takes an action out of the running: it has just refused to run.
    #[must_use]
    pub fn without(mut self, action: &str) -> Self {
        if self
            .second
            .as_ref()
            .is_some_and(|second| second.action == action)
        {
            self.second = None;
        }
        if self.action.as_deref() == Some(action) {
            let second = self.second.take();
            self.confidence = second.as_ref().map_or(0.0, |second| second.confidence);
            self.reason = second.as_ref().and_then(|second| second.reason.clone());
            self.action = second.map(|second| second.action);
        }
        self
    }
}

/// Slots and loops that only rules name: memoization does not see them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleOnly {
    /// Slots.
    pub slots: Vec<String>,
    /// Loops.
    pub loops: Vec<String>,
}

/// A trained policy.
pub trait Policy {
    /// Returns the name as in `config.yml`.
    fn name(&self) -> &'static str;

    /// Returns the priority that decides between equal confidences.
    fn priority(&self) -> i64;

    /// Returns how far back it looks: in actions, and in states without hidden turns.
    fn horizon(&self) -> (usize, usize);

    /// Predicts the next action. `moments` are those of the tracker.
    fn predict(
        &self,
        tracker: &Tracker,
        moments: &Moments,
        domain: &Domain,
        hidden: &RuleOnly,
    ) -> Prediction;
}

/// Returns the states of a conversation without the turns that only rules know (dialogue.md §6.5), and without the
/// slots and loops that only they name.
pub(super) fn visible_states(moments: &Moments, hidden: &RuleOnly) -> Vec<State> {
    let mut seen = moments.seen.clone();
    for moment in &moments.recent {
        seen.see(moment);
    }
    let mut states = seen.states;
    for state in &mut states {
        state.slots.retain(|name, _| !hidden.slots.contains(name));
        if let Some(name) = &state.active_loop
            && hidden.loops.contains(name)
        {
            state.active_loop = None;
        }
    }
    states.retain(|state| state.prev_action.as_deref() != Some("action_unlikely_intent"));
    states
}
