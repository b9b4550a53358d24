//! Stories, rules and policy options to a trained [`Dialogue`].

use std::collections::BTreeSet;

use super::{
    Dialogue, NOT_SET, SlotTable,
    ensemble::Trained as TrainedPolicy,
    policies::{
        Linear, LinearParams, Memoization, MemoizationParams, RuleOnly, RuleParams, RulePolicy,
        Unlikely, UnlikelyParams,
    },
    problem,
    training::{TrainingTracker, trackers},
};
use crate::{
    data::{Assistant, Component, Domain, Json},
    diagnostic::{Diagnostic, Origin, Sources},
};

/// Policies that `config.yml` may name.
const KNOWN: [&str; 6] = [
    "LinearPolicy",
    "MemoizationPolicy",
    "AugmentedMemoizationPolicy",
    "RulePolicy",
    "TEDPolicy",
    "UnexpecTEDIntentPolicy",
];

/// A trained dialogue with what was noticed on the way.
#[derive(Clone, Debug, Default)]
pub struct Trained {
    /// The policies.
    pub dialogue: Dialogue,
    /// Contradictions and what was left out.
    pub findings: Vec<Diagnostic>,
    /// Number of turns learnt from.
    pub turns: usize,
}

/// Trains all policies of the configuration. Deterministic; linear in the number of turns times rules.
pub fn train(assistant: &Assistant, sources: &Sources) -> Trained {
    learn(assistant, sources, true)
}

/// Returns what training would complain of; what only learns, and never complains, is left out.
pub fn check(assistant: &Assistant, sources: &Sources) -> Vec<Diagnostic> {
    learn(assistant, sources, false).findings
}

fn learn(assistant: &Assistant, sources: &Sources, for_use: bool) -> Trained {
    let mut findings = Vec::new();
    let (trackers, left) = trackers(&assistant.stories, &assistant.domain);
    findings.extend(left.iter().map(problem::left_out));
    let learnt: &[TrainingTracker] = if for_use { &trackers } else { &[] };
    let mut policies = Vec::new();
    for component in assistant.config.policies() {
        let name = component.name.rsplit('.').next().unwrap_or_default();
        let is_written = component.origin != Origin::default();
        let mut options = Options {
            component: &component,
            findings: &mut findings,
        };
        match name {
            "RulePolicy" => {
                let params = rule_params(&mut options);
                let fallback = &params.core_fallback_action_name;
                if params.enable_fallback_prediction
                    && !assistant.domain.action_names().contains(fallback)
                {
                    findings.push(problem::unknown_fallback(component.origin, fallback));
                }
                let policy =
                    RulePolicy::train(params, &trackers, &assistant.domain, sources, &mut findings);
                policies.push(TrainedPolicy::Rule(policy));
            }
            "MemoizationPolicy" | "AugmentedMemoizationPolicy" => {
                let defaults = MemoizationParams::default();
                let params = MemoizationParams {
                    max_history: options.count("max_history"),
                    priority: options.whole("priority", defaults.priority),
                    use_nlu_confidence_as_score: options
                        .truth("use_nlu_confidence_as_score", false),
                    augmented: name.starts_with("Augmented"),
                };
                let policy = Memoization::train(params, learnt, &assistant.domain, sources);
                policies.push(TrainedPolicy::Memoization(policy));
            }
            "LinearPolicy" | "TEDPolicy" => {
                let is_ted = name == "TEDPolicy";
                let params = linear_params(&mut options);
                if is_ted && is_written {
                    findings.push(problem::policy_replaced(component.origin, name));
                }
                let policy = Linear::train(params, is_ted, learnt, &assistant.domain);
                policies.push(TrainedPolicy::Linear(policy));
            }
            "UnexpecTEDIntentPolicy" => {
                let params = unlikely_params(&mut options);
                if is_written {
                    findings.push(problem::policy_replaced(component.origin, name));
                }
                let policy = Unlikely::train(params, learnt, &assistant.domain);
                policies.push(TrainedPolicy::Unlikely(policy));
            }
            _ => findings.push(problem::unknown_policy(
                component.origin,
                &component.name,
                &KNOWN,
            )),
        }
    }
    let checks =
        |policy: &TrainedPolicy| matches!(policy, TrainedPolicy::Rule(policy) if policy.checks());
    let hidden = if policies.iter().any(checks) {
        rule_only(&trackers, &assistant.domain)
    } else {
        RuleOnly::default()
    };
    let turns = learnt.iter().map(|tracker| tracker.actions().count()).sum();
    Trained {
        dialogue: Dialogue { policies, hidden },
        findings,
        turns,
    }
}

fn rule_params(options: &mut Options<'_>) -> RuleParams {
    let defaults = RuleParams::default();
    RuleParams {
        core_fallback_threshold: options
            .number("core_fallback_threshold", defaults.core_fallback_threshold),
        core_fallback_action_name: options.text(
            "core_fallback_action_name",
            &defaults.core_fallback_action_name,
        ),
        enable_fallback_prediction: options.truth("enable_fallback_prediction", true),
        restrict_rules: options.truth("restrict_rules", true),
        check_for_contradictions: options.truth("check_for_contradictions", true),
        use_nlu_confidence_as_score: options.truth("use_nlu_confidence_as_score", false),
        priority: options.whole("priority", defaults.priority),
    }
}

fn linear_params(options: &mut Options<'_>) -> LinearParams {
    let defaults = LinearParams::default();
    LinearParams {
        max_history: options.count("max_history").unwrap_or(defaults.max_history),
        priority: options.whole("priority", defaults.priority),
        e2e_confidence_threshold: options.number(
            "e2e_confidence_threshold",
            defaults.e2e_confidence_threshold,
        ),
    }
}

fn unlikely_params(options: &mut Options<'_>) -> UnlikelyParams {
    let defaults = UnlikelyParams::default();
    UnlikelyParams {
        max_history: options.count("max_history").unwrap_or(defaults.max_history),
        priority: options.whole("priority", defaults.priority),
        tolerance: options.number("tolerance", defaults.tolerance),
        ignore_intents_list: options.texts("ignore_intents_list"),
    }
}

/// Returns the slots and loops that the states of rules hold and those of no story do.
fn rule_only(trackers: &[TrainingTracker], domain: &Domain) -> RuleOnly {
    let table = SlotTable::of(domain);
    let names = |rules: bool| {
        let (mut slots, mut loops) = (BTreeSet::new(), BTreeSet::new());
        for tracker in trackers.iter().filter(|tracker| tracker.is_rule == rules) {
            let states = tracker.states(domain, &table, rules);
            for ((_, event), state) in tracker.actions().zip(states) {
                if !event.unpredictable {
                    slots.extend(state.slots.into_keys());
                    loops.extend(state.active_loop);
                }
            }
        }
        (slots, loops)
    };
    let ((rule_slots, rule_loops), (slots, loops)) = (names(true), names(false));
    RuleOnly {
        slots: rule_slots.difference(&slots).cloned().collect(),
        loops: rule_loops
            .difference(&loops)
            .filter(|name| *name != NOT_SET)
            .cloned()
            .collect(),
    }
}

/// Options of a policy, each checked for its kind.
struct Options<'a> {
    component: &'a Component,
    findings: &'a mut Vec<Diagnostic>,
}

impl Options<'_> {
    fn get(&self, name: &str) -> Option<&Json> {
        self.component
            .options
            .get(name)
            .filter(|value| !value.is_null())
    }

    fn wrong(&mut self, name: &str, wanted: &str) {
        self.findings.push(problem::bad_option(
            self.component.origin,
            &self.component.name,
            name,
            wanted,
        ));
    }

    fn number(&mut self, name: &str, default: f64) -> f64 {
        match self.get(name).map(Json::as_f64) {
            None => default,
            Some(Some(value)) => value,
            Some(None) => {
                self.wrong(name, "a number");
                default
            }
        }
    }

    fn whole(&mut self, name: &str, default: i64) -> i64 {
        match self.get(name).map(Json::as_i64) {
            None => default,
            Some(Some(value)) => value,
            Some(None) => {
                self.wrong(name, "a whole number");
                default
            }
        }
    }

    fn count(&mut self, name: &str) -> Option<usize> {
        match self
            .get(name)
            .map(|value| value.as_u64().and_then(|n| usize::try_from(n).ok()))
        {
            None => None,
            Some(Some(value)) => Some(value),
            Some(None) => {
                self.wrong(name, "a whole number that is not negative");
                None
            }
        }
    }

    fn truth(&mut self, name: &str, default: bool) -> bool {
        match self.get(name).map(Json::as_bool) {
            None => default,
            Some(Some(value)) => value,
            Some(None) => {
                self.wrong(name, "`true` or `false`");
                default
            }
        }
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let list = value.as_array().map(|list| {
            let texts = list.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>()
        });
        list.flatten().unwrap_or_else(|| {
            self.wrong(name, "a list of names");
            Vec::new()
        })
    }

    fn text(&mut self, name: &str, default: &str) -> String {
        match self.get(name).map(Json::as_str) {
            None => default.to_owned(),
            Some(Some(value)) => value.to_owned(),
            Some(None) => {
                self.wrong(name, "text");
                default.to_owned()
            }
        }
    }
}
