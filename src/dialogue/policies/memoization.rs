//! `MemoizationPolicy` and `AugmentedMemoizationPolicy`: what a story said at exactly this point (dialogue.md §4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Policy, Prediction, Reason, RuleOnly, visible_states};
use crate::{
    data::{Domain, EventKind},
    diagnostic::{Place, Sources},
    dialogue::{
        LISTEN, Moments, SNIPPET, SlotTable, State, Tracker,
        state::{key, last},
        tracker::{Seen, applied, moments as moments_of},
        training::TrainingTracker,
    },
};

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoizationParams {
    /// Number of states looked back; none means the whole session.
    pub max_history: Option<usize>,
    /// Decides between equal confidences.
    pub priority: i64,
    /// Whether the confidence of the understanding becomes that of the prediction.
    pub use_nlu_confidence_as_score: bool,
    /// Whether to forget the beginning step by step where nothing matches.
    pub augmented: bool,
}

impl Default for MemoizationParams {
    fn default() -> Self {
        Self {
            max_history: None,
            priority: 3,
            use_nlu_confidence_as_score: false,
            augmented: false,
        }
    }
}

/// The trained policy: a table from states to the action that followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memoization {
    params: MemoizationParams,
    table: BTreeMap<String, Memory>,
    /// Most states that a point remembers.
    longest: usize,
    /// What the user said last at any point that is remembered; none where nobody had spoken.
    said: BTreeSet<Option<String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Memory {
    action: String,
    story: String,
    place: Place,
}

impl Memoization {
    /// Learns from stories. A point after which two stories differ is forgotten for good.
    pub(in crate::dialogue) fn train(
        params: MemoizationParams,
        trackers: &[TrainingTracker],
        domain: &Domain,
        sources: &Sources,
    ) -> Self {
        let slots = SlotTable::of(domain);
        let mut table: BTreeMap<String, Memory> = BTreeMap::new();
        let (mut longest, mut said) = (0, BTreeSet::new());
        let mut ambiguous = BTreeSet::new();
        for tracker in trackers.iter().filter(|tracker| !tracker.is_rule) {
            let states = tracker.states(domain, &slots, false);
            for (i, (action, event)) in tracker.actions().enumerate() {
                if event.unpredictable || action == SNIPPET {
                    continue;
                }
                let seen = last(states.get(..=i).unwrap_or_default(), params.max_history);
                longest = longest.max(seen.len());
                let user = seen.last().and_then(|state| state.user.as_ref());
                // What was said by its words alone is not recalled before the bot has answered.
                said.insert(user.and_then(|user| user.intent.clone()));
                let key = key(seen);
                match table.get(&key) {
                    Some(known) if known.action != action => {
                        ambiguous.insert(key);
                    }
                    Some(_) => {}
                    None => {
                        let place = sources.place(event.origin);
                        let story = tracker.name.clone();
                        table.insert(
                            key,
                            Memory {
                                action: action.to_owned(),
                                story,
                                place,
                            },
                        );
                    }
                }
            }
        }
        table.retain(|key, _| !ambiguous.contains(key));
        Self {
            params,
            table,
            longest,
            said,
        }
    }

    /// Returns the number of points remembered.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Tells whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    fn recall(&self, states: &[State]) -> Option<&Memory> {
        self.table.get(&key(last(states, self.params.max_history)))
    }

    /// Returns the events from the first action on that is worth trying, as more states follow each before it than any
    /// point remembers; nothing where no point remembers what the user said last. Takes no longer in long
    /// conversations.
    fn worth_trying<'t>(&self, tracker: &'t Tracker) -> Option<Vec<&'t EventKind>> {
        if tracker.latest_action() == Some(LISTEN) {
            let message = tracker.latest_message();
            let intent = message.and_then(|message| message.intent.name.clone());
            if !self.said.contains(&intent) && !self.said.contains(&None) {
                return None;
            }
        }
        // Counted backwards: the states that are surely seen, whatever came before them.
        let mut events: Vec<&EventKind> = Vec::new();
        let (mut seen, mut actions, mut tried) = (0, 0, 0);
        let mut visible = true;
        for kind in tracker.applied().rev().map(|event| &event.kind) {
            events.push(kind);
            match kind {
                EventKind::Followup { .. } => visible = false,
                EventKind::Action {
                    name,
                    hide_rule_turn,
                    ..
                } => {
                    let name = name.as_deref().unwrap_or_default();
                    actions += 1;
                    if let Some(most) = self.params.max_history.filter(|most| *most > 0) {
                        // What the user said last must stay whole, so the cut is where the bot listened.
                        tried = events.len();
                        if actions > most && name == LISTEN {
                            break;
                        }
                        continue;
                    }
                    let sure = !tracker.had_loop(name) && name != "action_unlikely_intent";
                    seen += usize::from(visible && sure);
                    if self.params.max_history.is_none() && seen > self.longest {
                        break;
                    }
                    tried = events.len();
                    visible = !hide_rule_turn;
                }
                _ => {}
            }
        }
        events.truncate(tried);
        events.reverse();
        Some(events)
    }

    /// Forgets the beginning of the conversation action by action, and with it the slots that were set there, until
    /// something is remembered.
    fn recall_later(
        &self,
        mut before: Vec<State>,
        tracker: &Tracker,
        domain: &Domain,
        hidden: &RuleOnly,
    ) -> Option<&Memory> {
        let mut events = self.worth_trying(tracker)?;
        let mut skip = 0;
        loop {
            let from = events
                .iter()
                .enumerate()
                .filter(|(_, kind)| matches!(kind, EventKind::Action { .. }))
                .nth(skip)?
                .0;
            skip = 1;
            let rest: Vec<&EventKind> = events.drain(from..).collect();
            events = applied(&rest)
                .into_iter()
                .filter_map(|at| rest.get(at).copied())
                .collect();
            let moments = Moments {
                seen: Seen::default(),
                recent: moments_of(events.iter().copied(), domain, tracker.table(), false),
            };
            let states = visible_states(&moments, hidden);
            if states != before {
                if let Some(memory) = self.recall(&states) {
                    return Some(memory);
                }
                before = states;
            }
        }
    }
}

impl Policy for Memoization {
    fn name(&self) -> &'static str {
        if self.params.augmented {
            "AugmentedMemoizationPolicy"
        } else {
            "MemoizationPolicy"
        }
    }

    fn priority(&self) -> i64 {
        self.params.priority
    }

    fn horizon(&self) -> (usize, usize) {
        // One state more than any point remembers is enough to tell that none matches.
        (0, self.params.max_history.unwrap_or(self.longest + 1))
    }

    fn predict(
        &self,
        tracker: &Tracker,
        moments: &Moments,
        domain: &Domain,
        hidden: &RuleOnly,
    ) -> Prediction {
        let states = visible_states(moments, hidden);
        let mut found = self.recall(&states);
        if self.params.augmented && found.is_none() {
            found = self.recall_later(states, tracker, domain, hidden);
        }
        let Some(memory) = found else {
            return Prediction::nothing();
        };
        let confidence = if self.params.use_nlu_confidence_as_score {
            tracker
                .latest_message()
                .map_or(1.0, |message| message.intent.confidence)
        } else {
            1.0
        };
        Prediction {
            action: Some(memory.action.clone()),
            confidence,
            reason: Some(Reason::Story {
                name: memory.story.clone(),
                place: memory.place.clone(),
            }),
            ..Prediction::nothing()
        }
    }
}
