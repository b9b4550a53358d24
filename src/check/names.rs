//! Every name that is used must be declared.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    data::{
        Assistant, DEFAULT_ACTIONS, DEFAULT_INTENTS, MappingKind, RuleCondition, Step, StepKind,
        Story, StoryKind, UserStep,
    },
    diagnostic::{Diagnostic, Origin, count, did_you_mean},
};

/// Checks names in slots, examples, stories, rules and tests.
pub(super) fn check(assistant: &Assistant, tests: &[Story]) -> Vec<Diagnostic> {
    let mut names = Names::of(assistant);
    for slot in &assistant.domain.slots {
        for mapping in &slot.mappings {
            if let MappingKind::FromEntity { entity, .. } = &mapping.kind {
                names.entity(entity, mapping.origin);
            }
            for intent in mapping.intent.iter().chain(&mapping.not_intent) {
                names.intent(intent, mapping.origin);
            }
        }
    }
    for response in &assistant.domain.responses {
        for variation in &response.variations {
            for condition in &variation.conditions {
                names.slot(&condition.name, variation.origin);
            }
        }
    }
    let mut told = BTreeSet::new();
    let mut examples: BTreeMap<&str, (usize, Origin)> = BTreeMap::new();
    for example in &assistant.training.examples {
        examples
            .entry(&example.intent)
            .or_insert((0, example.origin))
            .0 += 1;
        for entity in &example.entities {
            if told.insert(("entity", entity.entity.as_str())) {
                names.entity(&entity.entity, example.origin);
            }
        }
        if told.insert(("intent", example.intent.as_str())) {
            names.example_intent(&example.intent, example.origin);
        }
    }
    for (intent, (n, origin)) in &examples {
        if *n < 2 {
            names.findings.push(
                Diagnostic::warning(
                    "nlu::few-examples",
                    format!("the intent `{intent}` has only {}", count(*n, "example")),
                )
                .label(*origin, "the only one")
                .help("give at least 5, better 20, in different words"),
            );
        }
    }
    for story in assistant.stories.iter().chain(tests) {
        names.story(story);
    }
    names.findings
}

/// Names that are declared, and the findings about those that are not.
struct Names<'a> {
    intents: BTreeSet<&'a str>,
    entities: BTreeSet<&'a str>,
    slots: BTreeSet<&'a str>,
    actions: BTreeSet<String>,
    findings: Vec<Diagnostic>,
}

impl<'a> Names<'a> {
    fn of(assistant: &'a Assistant) -> Self {
        let domain = &assistant.domain;
        let mut actions: BTreeSet<String> = domain.action_names().into_iter().collect();
        // A retrieval intent `faq` brings the action `utter_faq`.
        actions.extend(
            assistant
                .training
                .examples
                .iter()
                .filter(|example| example.response_key.is_some())
                .map(|example| format!("utter_{}", example.intent)),
        );
        let mut slots: BTreeSet<&str> =
            domain.slots.iter().map(|slot| slot.name.as_str()).collect();
        slots.extend(["requested_slot", "session_started_metadata"]);
        Self {
            intents: domain
                .intents
                .iter()
                .map(|intent| intent.name.as_str())
                .chain(DEFAULT_INTENTS)
                .collect(),
            entities: domain
                .entities
                .iter()
                .map(|entity| entity.name.as_str())
                .collect(),
            slots,
            actions,
            findings: Vec::new(),
        }
    }

    fn intent(&mut self, name: &str, at: Origin) {
        let base = name.split('/').next().unwrap_or(name);
        if !self.intents.contains(base) {
            let help = help(name, self.intents.iter().copied(), "intents");
            self.findings
                .push(missing("check::unknown-intent", "intent", name, at, help));
        }
    }

    /// An intent that only the examples know is declared nowhere, but trains: a warning, as in Rasa.
    fn example_intent(&mut self, name: &str, at: Origin) {
        if !self.intents.contains(name) {
            let help = help(name, self.intents.iter().copied(), "intents");
            let mut finding = missing("check::undeclared-intent", "intent", name, at, help);
            finding.severity = crate::diagnostic::Severity::Warning;
            self.findings.push(finding);
        }
    }

    fn entity(&mut self, name: &str, at: Origin) {
        if !self.entities.contains(name) {
            let help = help(name, self.entities.iter().copied(), "entities");
            let mut finding = missing("check::unknown-entity", "entity", name, at, help);
            finding.severity = crate::diagnostic::Severity::Warning;
            self.findings.push(finding);
        }
    }

    fn slot(&mut self, name: &str, at: Origin) {
        if !self.slots.contains(name) {
            let help = help(name, self.slots.iter().copied(), "slots");
            self.findings
                .push(missing("check::unknown-slot", "slot", name, at, help));
        }
    }

    fn action(&mut self, name: &str, at: Origin) {
        if !self.actions.contains(name) {
            let known = self
                .actions
                .iter()
                .map(String::as_str)
                .filter(|known| !DEFAULT_ACTIONS.contains(known));
            let list = if name.starts_with("utter_") {
                "responses"
            } else {
                "actions"
            };
            let help = help(name, known, list);
            let what = if name.starts_with("utter_") {
                "response"
            } else {
                "action"
            };
            self.findings
                .push(missing("check::unknown-action", what, name, at, help));
        }
    }

    fn story(&mut self, story: &Story) {
        if let StoryKind::Rule { conditions, .. } = &story.kind {
            for condition in conditions {
                match condition {
                    RuleCondition::SlotWasSet(slot, _) => self.slot(slot, story.origin),
                    RuleCondition::ActiveLoop(Some(name)) => self.action(name, story.origin),
                    RuleCondition::ActiveLoop(None) => {}
                }
            }
        }
        for step in &story.steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::User(user) => self.user(user, step.origin),
            StepKind::Action(name) | StepKind::ActiveLoop(Some(name)) => {
                self.action(name, step.origin);
            }
            StepKind::SlotWasSet(slots) => slots
                .iter()
                .for_each(|(name, _)| self.slot(name, step.origin)),
            StepKind::Or(choices) => choices.iter().for_each(|choice| self.step(choice)),
            StepKind::Checkpoint { slots, .. } => slots
                .iter()
                .for_each(|(name, _)| self.slot(name, step.origin)),
            StepKind::Bot(_) | StepKind::ActiveLoop(None) => {}
        }
    }

    fn user(&mut self, user: &UserStep, at: Origin) {
        if let Some(intent) = &user.intent {
            self.intent(intent, user.intent_origin);
        }
        for entity in &user.entities {
            self.entity(&entity.entity, at);
        }
    }
}

fn help<'k>(name: &str, known: impl Iterator<Item = &'k str>, list: &str) -> String {
    match did_you_mean(name, known) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("add it under `{list}:` in the domain"),
    }
}

fn missing(code: &'static str, what: &str, name: &str, at: Origin, help: String) -> Diagnostic {
    Diagnostic::error(code, format!("the domain has no {what} `{name}`"))
        .label(at, "not in the domain")
        .help(help)
}
