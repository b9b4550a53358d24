//! `RulePolicy`: what must always happen (dialogue.md §6), for rules without loops.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Policy, Prediction, Reason, RuleOnly};
use crate::{
    data::{Domain, Event, EventKind},
    diagnostic::{Diagnostic, Origin, Place, Sources},
    dialogue::{
        FALLBACK, LISTEN, NOT_SET, SNIPPET, SlotFeature, State, Tracker, problem,
        state::key,
        tracker::{initial_slots, states_of},
        training::TrainingTracker,
    },
};

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the options of Rasa's policy"
)]
pub struct RuleParams {
    /// Confidence of the fallback action.
    pub core_fallback_threshold: f64,
    /// The fallback action.
    pub core_fallback_action_name: String,
    /// Whether to fall back at all.
    pub enable_fallback_prediction: bool,
    /// Whether a rule may hold only one turn of the user.
    pub restrict_rules: bool,
    /// Whether rules and stories that contradict each other are errors.
    pub check_for_contradictions: bool,
    /// Whether the confidence of the understanding becomes that of the prediction.
    pub use_nlu_confidence_as_score: bool,
    /// Decides between equal confidences.
    pub priority: i64,
}

impl Default for RuleParams {
    fn default() -> Self {
        Self {
            core_fallback_threshold: 0.3,
            core_fallback_action_name: FALLBACK.to_owned(),
            enable_fallback_prediction: true,
            restrict_rules: true,
            check_for_contradictions: true,
            use_nlu_confidence_as_score: false,
            priority: 4,
        }
    }
}

/// The trained policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RulePolicy {
    params: RuleParams,
    rules: Vec<Rule>,
    /// Default intents whose handling some story contains.
    default_intents_in_stories: Vec<String>,
}

/// States, and the action that follows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rule {
    states: Vec<State>,
    action: String,
    /// Length of the states written as Rasa writes them: the longest matching rule wins.
    weight: usize,
    name: String,
    place: Place,
    /// Whether some story contains the turn.
    in_stories: bool,
}

/// Intents that Rasa answers by itself.
const DEFAULT_ANSWERS: [(&str, &str); 3] = [
    ("restart", "action_restart"),
    ("back", "action_back"),
    ("session_start", "action_session_start"),
];

impl RulePolicy {
    /// Learns rules, and checks them against each other and against stories.
    pub(in crate::dialogue) fn train(
        params: RuleParams,
        trackers: &[TrainingTracker],
        domain: &Domain,
        sources: &Sources,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        if params.restrict_rules {
            for tracker in trackers.iter().filter(|tracker| tracker.is_rule) {
                let mut turns = tracker
                    .events
                    .iter()
                    .filter(|event| matches!(event.kind, EventKind::User { .. }));
                if let Some(second) = turns.nth(1) {
                    findings.push(problem::several_user_turns(
                        &tracker.name,
                        tracker.origin,
                        second.origin,
                    ));
                }
            }
        }
        let (rules, origins) = learn(trackers, domain, sources);
        let mut policy = Self {
            params,
            rules,
            default_intents_in_stories: Vec::new(),
        };
        if policy.params.check_for_contradictions {
            policy.compare(trackers, domain, origins, findings);
        }
        policy
    }

    /// Returns the number of learnt rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Tells whether nothing was learnt.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the action of last resort.
    pub fn fallback_action(&self) -> Option<&str> {
        self.params
            .enable_fallback_prediction
            .then_some(self.params.core_fallback_action_name.as_str())
    }

    /// Runs every rule and story through the rules: notes contradictions, drops listening where a longer rule goes on,
    /// and finds the rules that some story contains.
    fn compare(
        &mut self,
        trackers: &[TrainingTracker],
        domain: &Domain,
        mut origins: Vec<Origin>,
        findings: &mut Vec<Diagnostic>,
    ) {
        // Rasa runs over all trackers twice: once to learn which rule stands where, once to compare.
        let mut told = BTreeSet::new();
        for tracker in trackers {
            let mut running = Tracker::new(tracker.name.clone(), domain);
            let mut unpredictable = true;
            for event in &tracker.events {
                if let EventKind::Action {
                    name: Some(expected),
                    ..
                } = &event.kind
                {
                    if expected == SNIPPET {
                        unpredictable = true;
                    } else if unpredictable || event.unpredictable {
                        unpredictable = false;
                    } else {
                        match self.find(&running, domain) {
                            Some(Found::Rule(at)) => {
                                let Some(rule) = self.rules.get(at).cloned() else {
                                    continue;
                                };
                                if rule.action == *expected {
                                    if !tracker.is_rule
                                        && let Some(rule) = self.rules.get_mut(at)
                                    {
                                        rule.in_stories = true;
                                    }
                                } else if !tracker.is_rule && self.goes_on_after(&rule) {
                                    self.rules.remove(at);
                                    origins.remove(at);
                                } else if told.insert((rule.place.clone(), event.origin)) {
                                    findings.push(problem::conflict(&problem::Conflict {
                                        rule: &rule.name,
                                        rule_at: origins.get(at).copied().unwrap_or_default(),
                                        predicted: &rule.action,
                                        other: &tracker.name,
                                        other_is_rule: tracker.is_rule,
                                        other_at: event.origin,
                                        expected,
                                    }));
                                }
                            }
                            Some(Found::Default(intent, action))
                                if action == expected && !tracker.is_rule =>
                            {
                                self.default_intents_in_stories.push(intent.to_owned());
                            }
                            Some(Found::Default(_, action)) => {
                                findings.push(problem::default_conflict(
                                    action,
                                    &tracker.name,
                                    event.origin,
                                    expected,
                                ));
                            }
                            None => {}
                        }
                    }
                }
                running.apply(Event {
                    kind: event.kind.clone(),
                    timestamp: 0.0,
                    metadata: serde_json::Map::new(),
                });
            }
        }
        self.default_intents_in_stories.sort();
        self.default_intents_in_stories.dedup();
    }

    /// Tells whether a rule that listens is the beginning of another one that goes on: then a story may, too.
    fn goes_on_after(&self, rule: &Rule) -> bool {
        rule.action == LISTEN
            && rule.states.len() <= 1
            && self.rules.iter().any(|other| {
                other.states.len() > rule.states.len()
                    && other.states.get(..rule.states.len()) == Some(rule.states.as_slice())
            })
    }

    fn find(&self, tracker: &Tracker, domain: &Domain) -> Option<Found<'_>> {
        if tracker.latest_action() == Some(LISTEN)
            && let Some(message) = tracker.latest_message()
            && let Some((intent, action)) = DEFAULT_ANSWERS
                .iter()
                .find(|(intent, _)| *intent == message.intent_name())
        {
            return Some(Found::Default(intent, action));
        }
        let states = tracker.states(domain);
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.matches(&states))
            // The longest key wins; of equals the first rule in the files.
            .max_by_key(|(at, rule)| (rule.weight, std::cmp::Reverse(*at)))
            .map(|(at, _)| Found::Rule(at))
    }
}

/// What answers a state.
enum Found<'a> {
    Rule(usize),
    Default(&'static str, &'a str),
}

/// Returns the rules, and beside each where its action stands.
fn learn(
    trackers: &[TrainingTracker],
    domain: &Domain,
    sources: &Sources,
) -> (Vec<Rule>, Vec<Origin>) {
    let initial = initial_slots(domain);
    let mut known: BTreeSet<String> = BTreeSet::new();
    let (mut rules, mut origins): (Vec<Rule>, Vec<Origin>) = (Vec::new(), Vec::new());
    for tracker in trackers.iter().filter(|tracker| tracker.is_rule) {
        let states: Vec<State> = states_of(tracker.kinds(), domain, &initial, true)
            .into_iter()
            .map(|(state, _)| state)
            .collect();
        for (i, (action, event)) in tracker.actions().enumerate() {
            if event.unpredictable || action == SNIPPET {
                continue;
            }
            let seen = states.get(..=i).unwrap_or_default();
            let from = seen
                .iter()
                .rposition(|state| state.prev_action.as_deref() == Some(SNIPPET))
                .map_or(0, |snippet| snippet + 1);
            let states = seen.get(from..).unwrap_or_default();
            if states.is_empty() {
                continue;
            }
            let text = key(states);
            let weight = text.len();
            if !known.insert(text) {
                // The same action again changes nothing; another one shows up as a contradiction.
                continue;
            }
            rules.push(Rule {
                states: states.to_vec(),
                action: action.to_owned(),
                weight,
                name: tracker.name.clone(),
                place: sources.place(event.origin),
                in_stories: false,
            });
            origins.push(event.origin);
        }
    }
    (rules, origins)
}

impl Rule {
    /// Tells whether the conversation ends as the rule says. Features that the rule does not name play no part.
    fn matches(&self, conversation: &[(State, bool)]) -> bool {
        self.states.len() <= conversation.len()
            && self
                .states
                .iter()
                .rev()
                .zip(conversation.iter().rev())
                .all(|(rule, (state, _))| fits(rule, state))
    }
}

fn fits(rule: &State, state: &State) -> bool {
    match (&rule.prev_action, &state.prev_action) {
        // The start of a conversation: slots are not compared.
        (None, None) => return true,
        (Some(a), Some(b)) if a == b => {}
        _ => return false,
    }
    let slots = rule.slots.iter().all(|(name, wanted)| match wanted {
        SlotFeature::NotSet(_) => match state.slots.get(name) {
            None | Some(SlotFeature::NotSet(_)) => true,
            Some(SlotFeature::Values(_)) => false,
        },
        SlotFeature::Values(_) => state.slots.get(name) == Some(wanted),
    });
    let in_loop = match rule.active_loop.as_deref() {
        None => true,
        Some(NOT_SET) => {
            state.active_loop.is_none() || state.active_loop.as_deref() == Some(NOT_SET)
        }
        wanted => state.active_loop.as_deref() == wanted,
    };
    let user = rule.user.as_ref().is_none_or(|wanted| {
        state.user.as_ref().is_some_and(|user| {
            user.intent == wanted.intent
                && (wanted.entities.is_empty() || user.entities == wanted.entities)
        })
    });
    slots && in_loop && user
}

impl Policy for RulePolicy {
    fn name(&self) -> &'static str {
        "RulePolicy"
    }

    fn priority(&self) -> i64 {
        self.params.priority
    }

    fn predict(&self, tracker: &Tracker, domain: &Domain, _hidden: &RuleOnly) -> Prediction {
        let confidence = if self.params.use_nlu_confidence_as_score {
            tracker
                .latest_message()
                .map_or(1.0, |message| message.intent.confidence)
        } else {
            1.0
        };
        match self.find(tracker, domain) {
            Some(Found::Default(intent, action)) => Prediction {
                action: Some(action.to_owned()),
                confidence,
                reason: Some(Reason::DefaultIntent),
                hide_rule_turn: !self
                    .default_intents_in_stories
                    .iter()
                    .any(|known| known == intent),
            },
            Some(Found::Rule(at)) if self.rules.get(at).is_some() => {
                let Some(rule) = self.rules.get(at) else {
                    return Prediction::nothing();
                };
                Prediction {
                    action: Some(rule.action.clone()),
                    confidence,
                    reason: Some(Reason::Rule {
                        name: rule.name.clone(),
                        place: rule.place.clone(),
                    }),
                    hide_rule_turn: !rule.in_stories,
                }
            }
            _ => match self.fallback_action() {
                Some(action) => Prediction {
                    action: Some(action.to_owned()),
                    confidence: self.params.core_fallback_threshold,
                    reason: Some(Reason::Fallback),
                    hide_rule_turn: false,
                },
                None => Prediction::nothing(),
            },
        }
    }
}
