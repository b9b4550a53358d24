//! `LinearPolicy`: what stories say at points like this one. Generalises to paths that no story has, in the place of
//! Rasa's `TEDPolicy` (dialogue.md §7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Policy, Prediction, Reason, RuleOnly, Second,
    features::{Feature, features},
    ranker::{Ranker, Ranking, rows},
    visible_states,
};
use crate::{
    data::Domain,
    dialogue::{
        LISTEN, Moments, SNIPPET, SlotTable, State, Tracker, UserState,
        state::{key, last},
        training::TrainingTracker,
    },
};

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearParams {
    /// Number of states looked back.
    pub max_history: usize,
    /// Decides between equal confidences.
    pub priority: i64,
    /// How sure a prediction from the user's words must be to count before that from the intent.
    pub e2e_confidence_threshold: f64,
}

impl Default for LinearParams {
    fn default() -> Self {
        Self {
            max_history: 5,
            priority: 1,
            e2e_confidence_threshold: 0.5,
        }
    }
}

/// The trained policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    params: LinearParams,
    /// The name under which the configuration has it.
    is_ted: bool,
    /// None where the stories leave nothing to choose.
    ranker: Option<Ranker>,
    /// Whether stories have messages of which the words count, and such of which the intent does.
    by_words: bool,
    by_intent: bool,
    points: usize,
}

impl Linear {
    /// Learns from stories; what several stories say at just the same point counts once.
    pub(in crate::dialogue) fn train(
        params: LinearParams,
        is_ted: bool,
        trackers: &[TrainingTracker],
        domain: &Domain,
    ) -> Self {
        let points = points(trackers, domain, params.max_history);
        let names = domain.action_names();
        let rank = |action: &str| {
            names
                .iter()
                .position(|name| name == action)
                .unwrap_or(names.len())
        };
        let mut labels: Vec<String> = points.iter().map(|point| point.action.clone()).collect();
        labels.sort_by_cached_key(|action| (rank(action), action.clone()));
        labels.dedup();
        let seen = |point: &Point| (features(&point.states), point.action.clone(), point.story);
        let rows = rows(&labels, points.iter().map(seen));
        let said = |wanted: fn(&UserState) -> bool| {
            let states = points.iter().filter_map(|point| point.states.last());
            states.filter_map(|state| state.user.as_ref()).any(wanted)
        };
        Self {
            params,
            is_ted,
            ranker: Ranker::train(&labels, &rows).map(|(ranker, _)| ranker),
            by_words: said(|user| user.text.is_some()),
            by_intent: said(|user| user.intent.is_some()),
            points: rows.len(),
        }
    }

    /// Returns the number of points learnt from.
    pub fn len(&self) -> usize {
        self.points
    }

    /// Tells whether nothing was learnt.
    pub fn is_empty(&self) -> bool {
        self.points == 0
    }

    /// Ranks what may come next, from the intent or from the words of the message just heard; tells from which.
    fn rank(
        &self,
        ranker: &Ranker,
        states: &[State],
        text: Option<&str>,
    ) -> (Vec<Feature>, Ranking, bool) {
        let by_intent = features(states);
        let intent = ranker.rank(&by_intent);
        let Some(text) = text.filter(|_| self.by_words) else {
            return (by_intent, intent, false);
        };
        let mut states = states.to_vec();
        if let Some(last) = states.last_mut() {
            last.user = Some(UserState::of_text(text));
        }
        let by_words = features(&states);
        let words = ranker.rank(&by_words);
        let margin = |ranking: &Ranking| ranking.margins.get(ranking.best().0).copied();
        let sure = words.confidence(words.best().0) > self.params.e2e_confidence_threshold;
        if !self.by_intent || sure && margin(&words) > margin(&intent) {
            (by_words, words, true)
        } else {
            (by_intent, intent, false)
        }
    }
}

impl Policy for Linear {
    fn name(&self) -> &'static str {
        if self.is_ted {
            "TEDPolicy"
        } else {
            "LinearPolicy"
        }
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
        _domain: &Domain,
        hidden: &RuleOnly,
    ) -> Prediction {
        let Some(ranker) = &self.ranker else {
            return Prediction::nothing();
        };
        let states = visible_states(moments, hidden);
        let seen = last(&states, Some(self.params.max_history));
        let heard = tracker.latest_message();
        let text = heard
            .filter(|_| tracker.latest_action() == Some(LISTEN))
            .map(|message| message.text.as_str());
        let (features, ranking, by_words) = self.rank(ranker, seen, text);
        let (best, next) = ranking.best();
        let labels = ranker.labels();
        let reason = |label: usize, other: usize| {
            Some(Reason::Learnt {
                because: ranker.explain(&features, label, other),
                rather_than: labels.get(other).cloned().unwrap_or_default(),
            })
        };
        Prediction {
            action: labels.get(best).cloned(),
            confidence: ranking.confidence(best),
            reason: reason(best, next),
            by_words,
            second: labels.get(next).map(|action| Second {
                action: action.clone(),
                confidence: ranking.confidence(next),
                reason: reason(next, best),
            }),
            ..Prediction::nothing()
        }
    }
}

/// A point of a story after which an action follows.
pub(super) struct Point {
    /// What is seen there, the last state being that of the point.
    pub(super) states: Vec<State>,
    pub(super) action: String,
    /// The number of the story's first part: stories that begin alike are held out together.
    pub(super) story: usize,
}

/// Returns all points of stories, each once for each action that follows it.
pub(super) fn points(
    trackers: &[TrainingTracker],
    domain: &Domain,
    max_history: usize,
) -> Vec<Point> {
    let slots = SlotTable::of(domain);
    let mut seen = std::collections::BTreeSet::new();
    let mut stories: BTreeMap<&str, usize> = BTreeMap::new();
    let mut points = Vec::new();
    for tracker in trackers.iter().filter(|tracker| !tracker.is_rule) {
        let first = tracker.name.split(" > ").next().unwrap_or_default();
        let next = stories.len();
        let story = *stories.entry(first).or_insert(next);
        let states = tracker.states(domain, &slots, false);
        for (at, (action, event)) in tracker.actions().enumerate() {
            if event.unpredictable || action == SNIPPET {
                continue;
            }
            let states = last(states.get(..=at).unwrap_or_default(), Some(max_history));
            if seen.insert((key(states), action.to_owned())) {
                points.push(Point {
                    states: states.to_vec(),
                    action: action.to_owned(),
                    story,
                });
            }
        }
    }
    points
}
