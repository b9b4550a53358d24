//! Policies: each predicts the next action from the conversation so far.

mod memoization;
mod rule;

use serde::{Deserialize, Serialize};

pub use memoization::{Memoization, MemoizationParams};
pub use rule::{RuleParams, RulePolicy};

use crate::{
    data::Domain,
    diagnostic::Place,
    dialogue::{State, Tracker},
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
    /// Rasa's own handling of `restart`, `back` and `session_start`.
    DefaultIntent,
    /// No policy is sure.
    Fallback,
    /// Another action asked for it.
    Followup,
}

/// What a policy predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The action; `None` where the policy has nothing to say.
    pub action: Option<String>,
    /// Between 0 and 1.
    pub confidence: f64,
    /// Why.
    pub reason: Option<Reason>,
    /// Whether memoization must not see the turn: only rules know it.
    pub hide_rule_turn: bool,
}

impl Prediction {
    /// Returns the prediction of a policy that has nothing to say.
    pub fn nothing() -> Self {
        Self {
            action: None,
            confidence: 0.0,
            reason: None,
            hide_rule_turn: false,
        }
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

    /// Predicts the next action. Linear in the length of the conversation and the number of rules.
    fn predict(&self, tracker: &Tracker, domain: &Domain, hidden: &RuleOnly) -> Prediction;
}

/// Returns the states of a conversation without the turns that only rules know (dialogue.md §6.5).
pub(super) fn visible_states(tracker: &Tracker, domain: &Domain, hidden: &RuleOnly) -> Vec<State> {
    let all = tracker.states(domain);
    let mut kept: Vec<State> = Vec::with_capacity(all.len());
    let mut last_action: Option<String> = None;
    let mut was_hidden = false;
    let followup_pending = tracker.followup().is_some();
    for (mut state, hide) in all {
        if !was_hidden {
            last_action.clone_from(&state.prev_action);
        }
        let loop_ran = state.prev_action.is_some() && state.prev_action == state.active_loop;
        if !(followup_pending || loop_ran) {
            was_hidden = hide;
        }
        if was_hidden {
            continue;
        }
        state.slots.retain(|name, _| !hidden.slots.contains(name));
        if state
            .active_loop
            .as_ref()
            .is_some_and(|name| hidden.loops.contains(name))
        {
            state.active_loop = None;
        }
        if let Some(before) = kept.last()
            && state.prev_action.as_deref() != Some(super::LISTEN)
        {
            state.user.clone_from(&before.user);
        }
        state.prev_action.clone_from(&last_action);
        kept.push(state);
    }
    kept.retain(|state| state.prev_action.as_deref() != Some("action_unlikely_intent"));
    kept
}
