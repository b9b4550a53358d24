//! All policies together: the most confident wins, priority decides between equals (dialogue.md §7).

use serde::{Deserialize, Serialize};

use super::{
    LISTEN, Tracker,
    policies::{Linear, Memoization, Policy, Prediction, RuleOnly, RulePolicy, Unlikely},
};
use crate::data::{Domain, EventKind};

/// Actions and states that are kept beyond what policies look back to.
const MARGIN: usize = 4;

/// The trained dialogue part of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dialogue {
    pub(super) policies: Vec<Trained>,
    pub(super) hidden: RuleOnly,
}

/// One trained policy of whatever kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Trained {
    Rule(RulePolicy),
    Memoization(Memoization),
    Linear(Linear),
    Unlikely(Unlikely),
}

impl Trained {
    fn policy(&self) -> &dyn Policy {
        match self {
            Self::Rule(policy) => policy,
            Self::Memoization(policy) => policy,
            Self::Linear(policy) => policy,
            Self::Unlikely(policy) => policy,
        }
    }
}

/// What all policies said, the winner first named.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// Policy that decided.
    pub policy: &'static str,
    /// What it said.
    pub winner: Prediction,
    /// Action that runs: the winner's, or listening where nobody has anything to say.
    pub action: String,
    /// What each policy said, in the order of the configuration.
    pub all: Vec<(&'static str, Prediction)>,
    /// Events that come before the action's own.
    pub events: Vec<EventKind>,
}

impl Dialogue {
    /// Tells whether there is no policy: a model that only understands.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Lets the tracker forget what no policy looks back to; then predictions take no longer in long conversations.
    pub fn settle(&self, tracker: &mut Tracker, domain: &Domain) {
        let horizons = self
            .policies
            .iter()
            .map(|trained| trained.policy().horizon());
        let (actions, states) = horizons.fold((0, 0), |most, one| {
            (usize::max(most.0, one.0), usize::max(most.1, one.1))
        });
        tracker.settle(domain, actions + MARGIN, states + MARGIN);
    }

    /// Predicts the next action. Linear in the number of rules, and in what was said since [`Dialogue::settle`].
    pub fn predict(&self, tracker: &Tracker, domain: &Domain) -> Vote {
        let rejected = match tracker
            .events()
            .iter()
            .rev()
            .map(|event| &event.kind)
            .find(|kind| {
                matches!(
                    kind,
                    EventKind::Action { .. } | EventKind::ActionExecutionRejected { .. }
                )
            }) {
            Some(EventKind::ActionExecutionRejected { name, .. }) => Some(name.as_str()),
            _ => None,
        };
        let moments = tracker.moments(domain);
        let all: Vec<(&'static str, Prediction)> = self
            .policies
            .iter()
            .map(|trained| {
                let policy = trained.policy();
                let prediction = policy.predict(tracker, &moments, domain, &self.hidden);
                let prediction = match rejected {
                    Some(action) => prediction.without(action),
                    None => prediction,
                };
                (policy.name(), prediction)
            })
            .collect();
        // A loop on its happy path overrules everything that was predicted from the user's words.
        let ignores_user = all.iter().any(|(_, prediction)| prediction.ignores_user);
        let by_words = !ignores_user && all.iter().any(|(_, prediction)| prediction.by_words);
        let counts = |prediction: &Prediction| {
            prediction.ignores_user == ignores_user && (!by_words || prediction.by_words)
        };
        let mut best: Option<(f64, i64, usize)> = None;
        for (at, (trained, (_, prediction))) in self.policies.iter().zip(&all).enumerate() {
            let rank = (prediction.confidence, trained.policy().priority());
            if counts(prediction)
                && best.is_none_or(|(confidence, priority, _)| rank > (confidence, priority))
            {
                best = Some((rank.0, rank.1, at));
            }
        }
        let mut events = Vec::new();
        for _ in all.iter().filter(|(_, one)| one.interrupts_loop) {
            events.push(EventKind::LoopInterrupted {
                is_interrupted: true,
            });
        }
        let (policy, winner) = best
            .and_then(|(_, _, at)| all.get(at).cloned())
            .unwrap_or(("", Prediction::nothing()));
        if tracker.latest_action() == Some(LISTEN) {
            events.push(EventKind::UserFeaturization {
                use_text_for_featurization: winner.by_words,
            });
        }
        let action = winner.action.clone().unwrap_or_else(|| LISTEN.to_owned());
        Vote {
            policy,
            winner,
            action,
            all,
            events,
        }
    }

    /// Returns the numbers of rules and of remembered points, for a summary.
    pub fn sizes(&self) -> Vec<(&'static str, usize)> {
        self.policies
            .iter()
            .map(|trained| match trained {
                Trained::Rule(policy) => ("rules", policy.len()),
                Trained::Memoization(policy) => ("memory", policy.len()),
                Trained::Linear(policy) => ("points", policy.len()),
                Trained::Unlikely(policy) => ("intents", policy.len()),
            })
            .collect()
    }
}
