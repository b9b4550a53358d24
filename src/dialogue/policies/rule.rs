//! `RulePolicy`: what must always happen (dialogue.md §6).

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Policy, Prediction, Reason, RuleOnly, Second, analysis};
use crate::{
    data::Domain,
    diagnostic::{Diagnostic, Place, Sources},
    dialogue::{
        FALLBACK, LISTEN, Moment, Moments, NOT_SET, SNIPPET, Situation, SlotFeature, SlotTable,
        State, Tracker, UserState, state::key, training::TrainingTracker,
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
    pub(super) params: RuleParams,
    pub(super) rules: Vec<Rule>,
    unhappy: Vec<Unhappy>,
    loops: Vec<Loop>,
    /// What rules predict that no story contains.
    pub(super) hidden: BTreeSet<Hidden>,
}

/// States, and the action that follows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) states: Vec<State>,
    pub(super) action: String,
    /// Length of the states written as Rasa writes them: the longest matching rule wins.
    weight: usize,
    pub(super) name: String,
    pub(super) place: Place,
}

/// A turn inside a loop that is not about the loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unhappy {
    states: Vec<State>,
    /// The loop comes back after it, and must not take the user's words for an answer. Else the loop does not come
    /// back by itself.
    returns: bool,
}

/// A form, with the place it is written at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Loop {
    name: String,
    place: Place,
}

/// Where a prediction comes from, in what only rules know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Hidden {
    /// The rule of that number.
    Rule(usize),
    /// The default answer to an intent.
    Default(String),
    /// A loop goes on.
    Loop(String),
    /// The bot listens after a loop has asked.
    LoopListens(String),
    /// No rule matched these states.
    Nothing(String),
}

/// Intents that Rasa answers by itself.
const DEFAULT_ANSWERS: [(&str, &str); 3] = [
    ("restart", "action_restart"),
    ("back", "action_back"),
    ("session_start", "action_session_start"),
];

/// What the policy finds at one moment.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) action: Option<String>,
    pub(super) source: Hidden,
    /// The loop is told that it was interrupted.
    returns: bool,
    /// The user's words decided, not the intent.
    pub(super) by_words: bool,
}

impl RulePolicy {
    /// Learns rules, and checks them against each other and against stories.
    pub(in crate::dialogue) fn train(
        params: RuleParams,
        trackers: &[TrainingTracker],
        domain: &Domain,
        sources: &Sources,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let table = SlotTable::of(domain);
        if params.restrict_rules {
            analysis::one_turn_each(trackers, findings);
        }
        if params.check_for_contradictions {
            analysis::complete(trackers, domain, &table, findings);
        }
        let loops = domain.forms.iter().map(|form| Loop {
            name: form.name.clone(),
            place: sources.place(form.origin),
        });
        let mut policy = Self {
            rules: learn(trackers, domain, &table, sources),
            unhappy: unhappy_paths(trackers, domain, &table),
            loops: loops.collect(),
            hidden: BTreeSet::new(),
            params,
        };
        if policy.params.check_for_contradictions {
            analysis::compare(&mut policy, trackers, domain, &table, findings);
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

    /// Tells whether it is known what no story contains.
    pub fn checks(&self) -> bool {
        self.params.check_for_contradictions
    }

    /// Returns the action of last resort.
    pub fn fallback_action(&self) -> Option<&str> {
        self.params
            .enable_fallback_prediction
            .then_some(self.params.core_fallback_action_name.as_str())
    }

    /// Returns every prediction that does not come from a single rule.
    pub(super) fn common_sources(&self) -> impl Iterator<Item = Hidden> {
        let defaults = DEFAULT_ANSWERS
            .iter()
            .map(|(intent, _)| Hidden::Default((*intent).to_owned()));
        let loops = self.loops.iter().flat_map(|known| {
            [
                Hidden::Loop(known.name.clone()),
                Hidden::LoopListens(known.name.clone()),
            ]
        });
        defaults.chain(loops)
    }

    /// Returns what comes next: the default answer to an intent (unless a rule on the user's words matches), else what
    /// a loop does by itself, else what the longest rule says, those on words first. `gone` are numbers of rules that
    /// do not count.
    pub(super) fn find(
        &self,
        now: &Situation,
        moments: &[Moment],
        gone: &BTreeSet<usize>,
    ) -> Found {
        let words = self.find_by_words(now, moments, gone);
        if now.latest_action() == Some(LISTEN)
            && words.is_none()
            && let Some(message) = now.latest_message()
            && let Some((intent, action)) = DEFAULT_ANSWERS
                .iter()
                .find(|(intent, _)| *intent == message.intent_name())
        {
            return Found {
                action: Some((*action).to_owned()),
                source: Hidden::Default((*intent).to_owned()),
                returns: false,
                by_words: false,
            };
        }
        if let Some(name) = now.active_loop()
            && !now.is_loop_rejected()
            && let Some(last) = now.latest_action()
        {
            let (action, source) = if last == name {
                (LISTEN, Hidden::LoopListens(name.to_owned()))
            } else {
                (name, Hidden::Loop(name.to_owned()))
            };
            return Found {
                action: Some(action.to_owned()),
                source,
                returns: false,
                by_words: false,
            };
        }
        words.unwrap_or_else(|| self.find_rule(now, moments, gone))
    }

    /// Returns what a rule on the words of the message just heard says, if there is one.
    fn find_by_words(
        &self,
        now: &Situation,
        moments: &[Moment],
        gone: &BTreeSet<usize>,
    ) -> Option<Found> {
        let on_words = |rule: &Rule| {
            let mut users = rule.states.iter().filter_map(|state| state.user.as_ref());
            users.any(|user| user.text.is_some())
        };
        if now.latest_action() != Some(LISTEN) || !self.rules.iter().any(on_words) {
            return None;
        }
        let mut moments = moments.to_vec();
        let text = now.latest_message()?.text.as_str();
        moments.last_mut()?.state.user = Some(UserState::of_text(text));
        let found = self.find_rule(now, &moments, gone);
        found.action.is_some().then_some(Found {
            by_words: true,
            ..found
        })
    }

    fn find_rule(&self, now: &Situation, moments: &[Moment], gone: &BTreeSet<usize>) -> Found {
        let best = self
            .rules
            .iter()
            .enumerate()
            .filter(|(at, rule)| matches(&rule.states, moments) && !gone.contains(at))
            // The longest key wins; of equals the first rule in the files.
            .max_by_key(|(at, rule)| (rule.weight, std::cmp::Reverse(*at)));
        let source = match best {
            Some((at, _)) => Hidden::Rule(at),
            None => Hidden::Nothing(String::new()),
        };
        let mut found = Found {
            action: best.map(|(_, rule)| rule.action.clone()),
            source,
            returns: false,
            by_words: false,
        };
        let Some(active) = now.active_loop() else {
            return found;
        };
        let (mut returns, mut leaves) = (false, false);
        for path in &self.unhappy {
            if matches(&path.states, moments) {
                returns |= path.returns;
                leaves |= !path.returns;
            }
        }
        // A rule that knows nothing of the loop ends in listening: the loop asks again.
        let general = best.is_some_and(|(_, rule)| {
            rule.action == LISTEN
                && rule
                    .states
                    .last()
                    .and_then(|state| state.active_loop.as_deref())
                    .is_none_or(|name| name == NOT_SET)
        });
        if general && !leaves {
            found.action = Some(active.to_owned());
            return found;
        }
        if general {
            found.action = None;
        }
        found.returns = returns;
        found
    }

    fn reason(&self, found: &Found) -> Option<Reason> {
        Some(match &found.source {
            Hidden::Default(_) => Reason::DefaultIntent,
            Hidden::Loop(name) | Hidden::LoopListens(name) => Reason::Loop {
                name: name.clone(),
                place: self
                    .loops
                    .iter()
                    .find(|known| known.name == *name)
                    .map(|known| known.place.clone()),
            },
            Hidden::Rule(at) => {
                let rule = self.rules.get(*at)?;
                Reason::Rule {
                    name: rule.name.clone(),
                    place: rule.place.clone(),
                }
            }
            Hidden::Nothing(_) => return None,
        })
    }
}

/// Returns the states of a list up to the last `...`, which stands for anything before.
pub(super) fn after_snippet(states: &[State]) -> &[State] {
    let from = states
        .iter()
        .rposition(|state| state.prev_action.as_deref() == Some(SNIPPET))
        .map_or(0, |snippet| snippet + 1);
    states.get(from..).unwrap_or_default()
}

/// Returns the rules. States after which rules disagree are nobody's; the contradiction is found later.
fn learn(
    trackers: &[TrainingTracker],
    domain: &Domain,
    table: &Arc<SlotTable>,
    sources: &Sources,
) -> Vec<Rule> {
    let mut known: std::collections::BTreeMap<String, Option<usize>> =
        std::collections::BTreeMap::new();
    let mut rules: Vec<Rule> = Vec::new();
    for tracker in trackers.iter().filter(|tracker| tracker.is_rule) {
        let states = tracker.states(domain, table, true);
        for (i, (action, event)) in tracker.actions().enumerate() {
            let states = after_snippet(states.get(..=i).unwrap_or_default());
            if event.unpredictable || states.is_empty() {
                continue;
            }
            let text = key(states);
            let weight = text.len();
            match known.get(&text).copied() {
                None => {
                    known.insert(text, Some(rules.len()));
                    rules.push(Rule {
                        states: states.to_vec(),
                        action: action.to_owned(),
                        weight,
                        name: tracker.name.clone(),
                        place: sources.place(event.origin),
                    });
                }
                Some(Some(at)) if rules.get(at).is_some_and(|rule| rule.action != action) => {
                    known.insert(text, None);
                    if let Some(rule) = rules.get_mut(at) {
                        SNIPPET.clone_into(&mut rule.action);
                    }
                }
                Some(_) => {}
            }
        }
    }
    rules.retain(|rule| rule.action != SNIPPET);
    rules
}

/// Returns the turns of rules and stories inside loops that are not about the loop.
fn unhappy_paths(
    trackers: &[TrainingTracker],
    domain: &Domain,
    table: &Arc<SlotTable>,
) -> Vec<Unhappy> {
    let mut seen = BTreeSet::new();
    let mut paths = Vec::new();
    for tracker in trackers {
        let states = tracker.states(domain, table, tracker.is_rule);
        for (i, (action, event)) in tracker.actions().enumerate() {
            let (Some(last), false) = (states.get(i), event.unpredictable) else {
                continue;
            };
            let Some(active) = last
                .active_loop
                .as_deref()
                .filter(|active| *active != NOT_SET)
            else {
                continue;
            };
            let listened = last.prev_action.as_deref() == Some(LISTEN);
            if listened != (action == active) {
                continue;
            }
            let before = i.checked_sub(1).and_then(|before| states.get(before));
            let before = before.filter(|state| state.prev_action.is_some());
            let turn: Vec<State> = before
                .map(|state| State {
                    prev_action: state.prev_action.clone(),
                    prev_is_text: state.prev_is_text,
                    ..State::default()
                })
                .into_iter()
                .chain([last.clone()])
                .collect();
            let turn = after_snippet(&turn);
            if !turn.is_empty() && seen.insert(key(turn)) {
                paths.push(Unhappy {
                    states: turn.to_vec(),
                    returns: listened,
                });
            }
        }
    }
    paths
}

/// Tells whether the conversation ends as the states say. Features that they do not name play no part.
fn matches(states: &[State], conversation: &[Moment]) -> bool {
    states.len() <= conversation.len()
        && states
            .iter()
            .rev()
            .zip(conversation.iter().rev())
            .all(|(rule, moment)| fits(rule, &moment.state))
}

fn fits(rule: &State, state: &State) -> bool {
    match (&rule.prev_action, &state.prev_action) {
        // The start of a conversation: slots are not compared.
        (None, None) => return true,
        (Some(a), Some(b)) if a == b && rule.prev_is_text == state.prev_is_text => {}
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
            (&user.intent, &user.text) == (&wanted.intent, &wanted.text)
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

    fn horizon(&self) -> (usize, usize) {
        let rules = self.rules.iter().map(|rule| rule.states.len());
        (rules.max().unwrap_or(0).max(2) + 2, 0)
    }

    fn predict(
        &self,
        tracker: &Tracker,
        moments: &Moments,
        _domain: &Domain,
        _hidden: &RuleOnly,
    ) -> Prediction {
        let moments = moments.recent.as_slice();
        let found = self.find(tracker.situation(), moments, &BTreeSet::new());
        let source = match found.source {
            Hidden::Nothing(_)
                if self
                    .hidden
                    .iter()
                    .any(|one| matches!(one, Hidden::Nothing(_))) =>
            {
                let states: Vec<State> = moments.iter().map(|one| one.state.clone()).collect();
                Hidden::Nothing(key(after_snippet(&states)))
            }
            ref source => source.clone(),
        };
        let fallback = self
            .fallback_action()
            .map(|action| (action.to_owned(), self.params.core_fallback_threshold));
        let mut prediction = Prediction {
            reason: self.reason(&found),
            hide_rule_turn: self.hidden.contains(&source),
            ignores_user: matches!(found.source, Hidden::Loop(_) | Hidden::LoopListens(_)),
            by_words: found.by_words,
            interrupts_loop: found.returns,
            ..Prediction::nothing()
        };
        let confidence = match tracker.latest_message() {
            Some(message) if self.params.use_nlu_confidence_as_score => message.intent.confidence,
            _ => 1.0,
        };
        match (found.action, fallback) {
            (Some(action), Some(fallback)) if fallback.1 <= confidence || fallback.0 == action => {
                prediction.second = (fallback.0 != action).then_some(Second {
                    action: fallback.0,
                    confidence: fallback.1,
                    reason: Some(Reason::Fallback),
                });
                prediction.action = Some(action);
                prediction.confidence = confidence;
            }
            (Some(action), None) => {
                prediction.action = Some(action);
                prediction.confidence = confidence;
            }
            (_, Some(fallback)) => {
                prediction.action = Some(fallback.0);
                prediction.confidence = fallback.1;
                prediction.reason = Some(Reason::Fallback);
            }
            (None, None) => {}
        }
        prediction
    }
}
