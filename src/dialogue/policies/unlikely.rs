//! `UnexpecTEDIntentPolicy`: whether stories ever have this intent at a point like this one (dialogue.md §7).

use serde::{Deserialize, Serialize};

use super::{
    Policy, Prediction, Reason, RuleOnly,
    features::{Feature, features},
    linear::points,
    ranker::{HeldOut, Ranker, Row, rows},
    visible_states,
};
use crate::{
    data::{Domain, EventKind},
    dialogue::{LISTEN, Moments, State, Tracker, state::last, training::TrainingTracker},
};

/// What the policy predicts.
const UNLIKELY: &str = "action_unlikely_intent";

/// Fewest different points at which stories have an intent, for it to be judged at others.
const ENOUGH: usize = 5;

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnlikelyParams {
    /// Number of states looked back.
    pub max_history: usize,
    /// Decides between equal confidences.
    pub priority: i64,
    /// How much is put up with, from 0 to 1.
    pub tolerance: f64,
    /// Intents that are never unlikely.
    pub ignore_intents_list: Vec<String>,
}

impl Default for UnlikelyParams {
    fn default() -> Self {
        Self {
            max_history: 5,
            priority: 2,
            tolerance: 0.0,
            ignore_intents_list: Vec::new(),
        }
    }
}

/// The trained policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unlikely {
    params: UnlikelyParams,
    /// Ranks intents at a point; none where the stories have fewer than two.
    ranker: Option<Ranker>,
    /// Margin below which each intent of the ranker is unlikely; none for those that stories have too seldom.
    thresholds: Vec<Option<f32>>,
}

impl Unlikely {
    /// Learns from stories at which point users say what.
    pub(in crate::dialogue) fn train(
        params: UnlikelyParams,
        trackers: &[TrainingTracker],
        domain: &Domain,
    ) -> Self {
        let mut heard: Vec<(Vec<Feature>, String, usize)> = Vec::new();
        for point in points(trackers, domain, params.max_history) {
            let last = point.states.last();
            let intent = last
                .filter(|state| state.prev_action.as_deref() == Some(LISTEN))
                .and_then(|state| state.user.as_ref()?.intent.clone());
            if let Some(intent) = intent {
                heard.push((context(&point.states), intent, point.story));
            }
        }
        let mut labels: Vec<String> = heard.iter().map(|(_, intent, _)| intent.clone()).collect();
        labels.sort_unstable();
        labels.dedup();
        let rows = rows(&labels, heard);
        match Ranker::train(&labels, &rows) {
            None => Self {
                params,
                ranker: None,
                thresholds: Vec::new(),
            },
            Some((ranker, held_out)) => {
                let thresholds = thresholds(&ranker, &rows, &held_out, params.tolerance);
                Self {
                    params,
                    ranker: Some(ranker),
                    thresholds,
                }
            }
        }
    }

    /// Returns the number of intents that can be unlikely.
    pub fn len(&self) -> usize {
        self.thresholds.iter().flatten().count()
    }

    /// Tells whether no intent can be unlikely.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn judge(&self, states: &[State], intent: &str) -> Option<Prediction> {
        let ranker = self.ranker.as_ref()?;
        let label = ranker.labels().iter().position(|known| known == intent)?;
        let context = context(last(states, Some(self.params.max_history)));
        let ranking = ranker.rank(&context);
        let (best, _) = ranking.best();
        let margin = ranking.margins.get(label)?;
        if best == label || *margin >= (*self.thresholds.get(label)?)? {
            return None;
        }
        Some(Prediction {
            action: Some(UNLIKELY.to_owned()),
            confidence: 1.0,
            reason: Some(Reason::Unlikely {
                intent: intent.to_owned(),
                because: ranker.explain(&context, label, best),
                rather_than: ranker.labels().get(best).cloned().unwrap_or_default(),
            }),
            ..Prediction::nothing()
        })
    }
}

/// Returns the features of a point without what the user says there, and without the slots that it set.
fn context(states: &[State]) -> Vec<Feature> {
    let mut states = states.to_vec();
    let before = states.len().checked_sub(2).and_then(|at| states.get(at));
    let slots = before.map(|state| state.slots.clone());
    if let Some(last) = states.last_mut() {
        last.user = None;
        last.slots = slots.unwrap_or_default();
    }
    features(&states)
}

/// Returns for each intent the margin below which it is unlikely: the lowest that it has where stories have it, even in
/// a model that has not learnt them. Some tolerance puts up with that share of the margins where stories do not have
/// it.
fn thresholds(
    ranker: &Ranker,
    rows: &[Row],
    held_out: &[HeldOut],
    tolerance: f64,
) -> Vec<Option<f32>> {
    let rankings: Vec<(usize, Vec<f32>)> = rows
        .iter()
        .map(|row| (row.label, ranker.rank(&row.features).margins))
        .collect();
    (0..ranker.labels().len())
        .map(|label| {
            let margins = |own: bool| {
                let rankings = rankings
                    .iter()
                    .filter(move |(known, _)| (*known == label) == own);
                rankings.filter_map(move |(_, margins)| margins.get(label).copied())
            };
            if margins(true).count() < ENOUGH {
                return None;
            }
            let unlearnt = held_out
                .iter()
                .filter(|point| point.label == label)
                .filter_map(|point| point.margins.get(label).copied())
                .filter(|margin| !margin.is_nan());
            let lowest = margins(true).chain(unlearnt).fold(f32::INFINITY, f32::min);
            let mut others: Vec<f32> = margins(false).collect();
            others.sort_by(|a, b| b.total_cmp(a));
            #[expect(clippy::cast_sign_loss, reason = "a share between 0 and 1")]
            let skipped = (tolerance.clamp(0.0, 1.0) * others.len() as f64) as usize;
            let tolerated = others.get(skipped.min(others.len().saturating_sub(1)));
            Some(match tolerated {
                Some(other) if skipped > 0 => lowest.min(*other),
                _ => lowest,
            })
        })
        .collect()
}

impl Policy for Unlikely {
    fn name(&self) -> &'static str {
        "UnexpecTEDIntentPolicy"
    }

    fn priority(&self) -> i64 {
        self.params.priority
    }

    fn horizon(&self) -> (usize, usize) {
        (0, self.params.max_history)
    }

    fn predict(
        &self,
        tracker: &Tracker,
        moments: &Moments,
        domain: &Domain,
        hidden: &RuleOnly,
    ) -> Prediction {
        // Only what was just said is judged.
        let last = tracker
            .applied()
            .rev()
            .map(|event| &event.kind)
            .find(|kind| matches!(kind, EventKind::Action { .. } | EventKind::User { .. }));
        let Some(EventKind::User { parse_data, .. }) = last else {
            return Prediction::nothing();
        };
        let intent = parse_data.intent_name();
        if !domain.has_intent(intent)
            || self
                .params
                .ignore_intents_list
                .iter()
                .any(|name| name == intent)
        {
            return Prediction::nothing();
        }
        let states = visible_states(moments, hidden);
        self.judge(&states, intent)
            .unwrap_or_else(Prediction::nothing)
    }
}
