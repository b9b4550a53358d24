//! Rules held against each other and against stories: what contradicts, what is missing, what no story contains
//! (dialogue.md §6.5 and §6.6).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::rule::{Hidden, RulePolicy, after_snippet};
use crate::{
    data::{Domain, Event, EventKind, SlotKind},
    diagnostic::{Diagnostic, Origin},
    dialogue::{
        LISTEN, SNIPPET, SlotTable, State, Tracker, problem, state::key, training::TrainingTracker,
    },
};

/// Notes rules with more than one turn of the user.
pub(super) fn one_turn_each(trackers: &[TrainingTracker], findings: &mut Vec<Diagnostic>) {
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

/// What an action does in some rule, and where.
#[derive(Default)]
struct Fingerprint<'t> {
    slots: BTreeMap<&'t str, Origin>,
    loops: BTreeMap<Option<&'t str>, Origin>,
}

/// Notes rules in which an action does not set what it sets in others.
pub(super) fn complete(
    trackers: &[TrainingTracker],
    domain: &Domain,
    table: &Arc<SlotTable>,
    findings: &mut Vec<Diagnostic>,
) {
    let rules: Vec<&TrainingTracker> = trackers.iter().filter(|tracker| tracker.is_rule).collect();
    let seen = |name: &str| {
        domain
            .slot(name)
            .is_some_and(|slot| slot.influence_conversation && slot.kind != SlotKind::Any)
    };
    let mut prints: BTreeMap<&str, Fingerprint<'_>> = BTreeMap::new();
    for tracker in &rules {
        let mut action: Option<&str> = None;
        for event in &tracker.events {
            match (&event.kind, action) {
                (kind @ EventKind::Action { .. }, _) => action = kind.action(),
                // Slots that the user's words set are not the doing of listening.
                (EventKind::User { .. }, _) => action = None,
                (EventKind::Slot { name, .. }, Some(action)) if seen(name) => {
                    let print = prints.entry(action).or_default();
                    print.slots.entry(name).or_insert(event.origin);
                }
                (EventKind::ActiveLoop { name }, Some(action)) => {
                    let print = prints.entry(action).or_default();
                    print.loops.entry(name.as_deref()).or_insert(event.origin);
                }
                _ => {}
            }
        }
    }
    let mut told = BTreeSet::new();
    for tracker in &rules {
        let states = tracker.states(domain, table, false);
        let actions: Vec<(&str, Origin)> = tracker
            .actions()
            .map(|(name, event)| (name, event.origin))
            .collect();
        for (state, (i, (previous, at))) in states.iter().skip(1).zip(actions.iter().enumerate()) {
            let next = actions.get(i + 1).map_or(LISTEN, |(name, _)| *name);
            let Some(print) = prints.get(previous) else {
                continue;
            };
            if *previous == SNIPPET || next == SNIPPET || !told.insert(*at) {
                continue;
            }
            let missing: Vec<(&str, Origin)> = print
                .slots
                .iter()
                .filter(|(name, _)| !state.slots.contains_key(**name))
                .map(|(name, origin)| (*name, *origin))
                .collect();
            if let Some((_, elsewhere)) = missing.first() {
                let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
                findings.push(problem::incomplete_slots(
                    &tracker.name,
                    previous,
                    *at,
                    &names,
                    *elsewhere,
                ));
            }
            if let Some(elsewhere) = print.loops.values().next()
                && !print.loops.contains_key(&state.active_loop.as_deref())
            {
                findings.push(problem::incomplete_loop(
                    &tracker.name,
                    previous,
                    *at,
                    *elsewhere,
                ));
            }
        }
    }
}

/// A point of a rule at which a prediction was right or should have been.
struct Use {
    rule: String,
    at: Origin,
    expected: String,
}

/// What every rule and story says at each of its points, and what the rules predict there.
struct Comparison<'a> {
    policy: &'a RulePolicy,
    domain: &'a Domain,
    table: &'a Arc<SlotTable>,
    /// Keys of the rules.
    keys: Vec<String>,
    /// Rules that were taken away because a story listens where they do, and a longer one goes on.
    gone: BTreeSet<usize>,
    uses: BTreeMap<Hidden, Vec<Use>>,
    in_stories: BTreeSet<Hidden>,
}

/// Runs every rule and story through the rules: notes contradictions, drops listening where a longer rule goes on, and
/// finds what no story contains.
pub(super) fn compare(
    policy: &mut RulePolicy,
    trackers: &[TrainingTracker],
    domain: &Domain,
    table: &Arc<SlotTable>,
    findings: &mut Vec<Diagnostic>,
) {
    let mut comparison = Comparison {
        policy,
        domain,
        table,
        keys: policy.rules.iter().map(|rule| key(&rule.states)).collect(),
        gone: BTreeSet::new(),
        uses: BTreeMap::new(),
        in_stories: BTreeSet::new(),
    };
    for tracker in trackers.iter().filter(|tracker| tracker.is_rule) {
        comparison.run(tracker, None);
    }
    for tracker in trackers {
        comparison.run(tracker, Some(findings));
    }
    let Comparison {
        gone,
        uses,
        in_stories,
        ..
    } = comparison;
    let hidden: Vec<Hidden> = uses
        .into_keys()
        .chain(policy.common_sources())
        .filter(|source| !in_stories.contains(source))
        .collect();
    // The rules that are gone leave gaps in the numbers.
    let renumber = |source: Hidden| match source {
        Hidden::Rule(at) if gone.contains(&at) => None,
        Hidden::Rule(at) => Some(Hidden::Rule(at - gone.range(..at).count())),
        other => Some(other),
    };
    policy.hidden = hidden.into_iter().filter_map(renumber).collect();
    let mut at = 0;
    policy.rules.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

impl Comparison<'_> {
    /// Runs one tracker; collects which rule stands where in a first pass, compares in a second one.
    fn run(&mut self, tracker: &TrainingTracker, mut findings: Option<&mut Vec<Diagnostic>>) {
        let mut running = Tracker::with_slots(tracker.name.clone(), Arc::clone(self.table));
        let mut unpredictable = true;
        for event in tracker.applied() {
            if let Some(expected) = event.kind.action() {
                if expected == SNIPPET {
                    unpredictable = true;
                } else if unpredictable || event.unpredictable {
                    unpredictable = false;
                } else {
                    let (action, source) = self.predict(&mut running, expected, tracker.is_rule);
                    if let Some(findings) = findings.as_deref_mut() {
                        if !tracker.is_rule && action.as_deref() == Some(expected) {
                            self.in_stories.insert(source);
                        } else if let Some(action) = action.filter(|action| action != expected) {
                            let point = (event.origin, expected);
                            self.check(tracker, point, &action, &source, findings);
                        }
                    } else {
                        let own = matches!(source, Hidden::Rule(_) | Hidden::Nothing(_));
                        let expected = if own {
                            Some(expected.to_owned())
                        } else {
                            action
                        };
                        self.uses.entry(source).or_default().push(Use {
                            rule: tracker.name.clone(),
                            at: event.origin,
                            expected: expected.unwrap_or_default(),
                        });
                    }
                }
            }
            running.apply(happened(event.kind.clone()));
        }
    }

    /// Returns what the rules predict. A loop that a tracker does not go on with is taken to have refused.
    fn predict(
        &self,
        running: &mut Tracker,
        expected: &str,
        is_rule: bool,
    ) -> (Option<String>, Hidden) {
        let mut found = self.find(running, is_rule);
        if let Some(active) = running.active_loop().map(str::to_owned)
            && found.0.as_deref() == Some(&active)
            && active != expected
        {
            running.apply(happened(EventKind::ActionExecutionRejected {
                name: active,
                policy: None,
                confidence: None,
            }));
            found = self.find(running, is_rule);
        }
        found
    }

    fn find(&self, running: &Tracker, is_rule: bool) -> (Option<String>, Hidden) {
        let moments = running.moments(self.domain).recent;
        let found = self.policy.find(running.situation(), &moments, &self.gone);
        let source = match found.source {
            Hidden::Nothing(_) => {
                let states: Vec<State> = moments.into_iter().map(|moment| moment.state).collect();
                Hidden::Nothing(key(after_snippet(&states)))
            }
            source => source,
        };
        // A rule must always be followed, so where nothing is predicted the fallback counts as a prediction.
        let or = || {
            let fallback = self.policy.fallback_action().unwrap_or(LISTEN);
            is_rule.then(|| fallback.to_owned())
        };
        (found.action.or_else(or), source)
    }

    fn check(
        &mut self,
        tracker: &TrainingTracker,
        (at, expected): (Origin, &str),
        predicted: &str,
        source: &Hidden,
        findings: &mut Vec<Diagnostic>,
    ) {
        if let Hidden::Rule(number) = source
            && !tracker.is_rule
            && predicted == LISTEN
            && self.goes_on_after(*number)
        {
            self.gone.insert(*number);
            return;
        }
        let Some(uses) = self.uses.get(source) else {
            return;
        };
        let other = uses.iter().find(|other| {
            other.expected != expected
                // Of two rules that disagree, the later one is told of.
                && (!tracker.is_rule || !matches!(source, Hidden::Nothing(_)) || other.at < at)
        });
        let Some(other) = other else { return };
        let finding = match source {
            Hidden::Rule(_) | Hidden::Nothing(_) => problem::conflict(&problem::Conflict {
                rule: &other.rule,
                rule_at: other.at,
                predicted: &other.expected,
                other: &tracker.name,
                other_is_rule: tracker.is_rule,
                other_at: at,
                expected,
            }),
            Hidden::Default(_) => problem::default_conflict(predicted, &tracker.name, at, expected),
            Hidden::Loop(name) | Hidden::LoopListens(name) => {
                problem::loop_conflict(name, predicted, &tracker.name, at, expected)
            }
        };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }

    /// Tells whether a rule that listens is the beginning of another one that goes on: then a story may, too.
    fn goes_on_after(&self, number: usize) -> bool {
        let (Some(rule), Some(own)) = (self.policy.rules.get(number), self.keys.get(number)) else {
            return false;
        };
        let acted = rule
            .states
            .iter()
            .filter(|state| state.prev_action.is_some());
        let beginning = own.strip_suffix("}]").unwrap_or(own);
        acted.count() <= 1
            && self.keys.iter().enumerate().any(|(at, other)| {
                at != number && !self.gone.contains(&at) && other.starts_with(beginning)
            })
    }
}

fn happened(kind: EventKind) -> Event {
    Event {
        kind,
        timestamp: 0.0,
        metadata: serde_json::Map::new(),
    }
}
