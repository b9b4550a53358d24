//! Every name that is used must be declared.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::{
    Subject, button_intents, has_custom_actions,
    problem::{self, Missing},
    retrieval_intents,
};
use crate::{
    data::{
        Assistant, DEFAULT_ACTIONS, DEFAULT_INTENTS, Domain, MappingKind, RuleCondition, Slot,
        Step, StepKind, Story, StoryKind, UserStep,
    },
    diagnostic::{Diagnostic, Origin, Severity, SourceId},
};

/// Slots that are there without being declared.
const OWN_SLOTS: [&str; 5] = [
    "requested_slot",
    "session_started_metadata",
    "knowledge_base_listed_objects",
    "knowledge_base_last_object",
    "knowledge_base_last_object_type",
];

/// Test stories of `rasa init`, which many projects never touch.
const TEMPLATE_TESTS: [&str; 7] = [
    "happy path 1",
    "happy path 2",
    "sad path 1",
    "sad path 2",
    "sad path 3",
    "say goodbye",
    "bot challenge",
];

/// Tells whether a test story bears a name of those that `rasa init` writes.
pub fn is_template_test(name: &str) -> bool {
    TEMPLATE_TESTS.contains(&name)
}

/// Checks names in slots, responses, forms, examples, stories, rules and tests.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let assistant = subject.assistant;
    let mut names = Names::of(assistant);
    names.domain(&assistant.domain);
    names.examples(assistant);
    for story in &assistant.stories {
        names.story(story);
    }
    names.tests(subject.tests);
    names.findings
}

/// Names that are declared, and the findings about those that are not.
struct Names<'a> {
    domain: &'a Domain,
    intents: BTreeSet<&'a str>,
    entities: BTreeSet<&'a str>,
    slots: BTreeSet<&'a str>,
    actions: BTreeSet<String>,
    in_tests: bool,
    findings: Vec<Diagnostic>,
}

impl<'a> Names<'a> {
    fn of(assistant: &'a Assistant) -> Self {
        let domain = &assistant.domain;
        let mut actions: BTreeSet<String> = domain.action_names().into_iter().collect();
        // A retrieval intent `faq` brings the action `utter_faq`.
        let retrieval = retrieval_intents(assistant);
        actions.extend(retrieval.iter().map(|intent| format!("utter_{intent}")));
        let own = OWN_SLOTS.into_iter();
        Self {
            domain,
            intents: domain
                .intents
                .iter()
                .map(|intent| intent.name.as_str())
                .chain(DEFAULT_INTENTS)
                .chain(retrieval)
                .collect(),
            entities: domain
                .entities
                .iter()
                .map(|entity| entity.name.as_str())
                .collect(),
            slots: domain
                .slots
                .iter()
                .map(|slot| slot.name.as_str())
                .chain(own)
                .collect(),
            actions,
            in_tests: false,
            findings: Vec::new(),
        }
    }

    fn domain(&mut self, domain: &'a Domain) {
        for slot in &domain.slots {
            self.slot_mappings(slot);
        }
        for intent in &domain.intents {
            let used = intent.use_entities.iter().flatten();
            for entity in used.chain(&intent.ignore_entities) {
                // `type#role` names a label of the type.
                let kind = entity.value.split('#').next().unwrap_or_default();
                self.entity(kind, entity.origin);
            }
        }
        for form in &domain.forms {
            for slot in &form.required_slots {
                self.slot(&slot.value, slot.origin);
            }
            for intent in &form.ignored_intents {
                self.intent(&intent.value, intent.origin);
            }
        }
        let text_severity = if has_custom_actions(domain) {
            // An action may bring values that are no slots.
            Severity::Advice
        } else {
            Severity::Warning
        };
        for response in &domain.responses {
            for variation in &response.variations {
                for condition in &variation.conditions {
                    self.slot(&condition.name, condition.origin);
                }
                for name in places(variation.text.as_deref().unwrap_or_default()) {
                    if !self.slots.contains(name) {
                        let at = variation.text_origin;
                        self.findings
                            .push(problem::slot_in_text(at, name, text_severity));
                    }
                }
            }
        }
        for (intent, at) in button_intents(domain) {
            self.intent(intent, at);
        }
        for action in &domain.actions {
            let name = action.value.as_str();
            let is_retrieval = name
                .strip_prefix("utter_")
                .is_some_and(|intent| self.is_retrieval(intent));
            if name.starts_with("utter_") && domain.response(name).is_none() && !is_retrieval {
                self.findings
                    .push(problem::action_without_response(action.origin, name));
            }
        }
    }

    fn is_retrieval(&self, intent: &str) -> bool {
        let prefix = format!("utter_{intent}/");
        let mut responses = self.domain.responses.iter();
        responses.any(|response| response.name.starts_with(&prefix))
    }

    fn slot_mappings(&mut self, slot: &Slot) {
        for mapping in &slot.mappings {
            if let MappingKind::FromEntity { entity, .. } = &mapping.kind {
                self.entity(entity, mapping.target);
            }
            for intent in mapping.intent.iter().chain(&mapping.not_intent) {
                self.intent(&intent.value, intent.origin);
            }
            for condition in &mapping.conditions {
                let Some(active) = &condition.active_loop else {
                    continue;
                };
                let Some(form) = self.domain.form(&active.value) else {
                    let known = self.domain.forms.iter().map(|form| form.name.as_str());
                    let missing = Missing {
                        code: "check::unknown-form",
                        severity: Severity::Warning,
                        what: "form",
                        name: &active.value,
                        at: active.origin,
                        list: "forms",
                    };
                    self.findings.push(problem::missing(&missing, known));
                    continue;
                };
                if let Some(asked) = &condition.requested_slot
                    && !form
                        .required_slots
                        .iter()
                        .any(|slot| slot.value == asked.value)
                {
                    self.findings.push(problem::slot_not_in_form(
                        asked.origin,
                        &form.name,
                        &asked.value,
                    ));
                }
            }
        }
    }

    fn examples(&mut self, assistant: &'a Assistant) {
        let domain = self.domain;
        if domain.origin == Origin::default()
            && domain.intents.is_empty()
            && domain.entities.is_empty()
            && let Some(first) = assistant.training.examples.first()
        {
            self.findings.push(problem::no_domain(first.origin));
            return;
        }
        let mut told = FxHashSet::default();
        for example in &assistant.training.examples {
            for entity in &example.entities {
                if told.insert(("entity", entity.entity.as_str())) {
                    self.entity(&entity.entity, entity.origin);
                }
            }
            if told.insert(("intent", example.intent.as_str()))
                && self.domain.intent(&example.intent).is_none()
                && !DEFAULT_INTENTS.contains(&example.intent.as_str())
                && example.response_key.is_none()
                // Where the domain names no intent at all, as that of understanding alone may, one of them says it.
                && (!self.domain.intents.is_empty() || told.insert(("intents", "")))
            {
                let known = self.intents.iter().copied();
                let missing = Missing {
                    code: "check::undeclared-intent",
                    severity: Severity::Warning,
                    what: "intent",
                    name: &example.intent,
                    at: example.origin,
                    list: "intents",
                };
                let mut finding = problem::missing(&missing, known);
                // The mark is an example, not the name.
                finding.fix = None;
                self.findings.push(finding);
            }
        }
    }

    fn tests(&mut self, tests: &[Story]) {
        self.in_tests = true;
        let mut files: BTreeMap<SourceId, Vec<&Story>> = BTreeMap::new();
        for story in tests {
            files.entry(story.origin.source).or_default().push(story);
        }
        for stories in files.values() {
            let (mut untouched, mut of_template) = (Vec::new(), Vec::new());
            for story in stories {
                let before = self.findings.len();
                self.story(story);
                if is_template_test(&story.name) {
                    untouched.push(story);
                    of_template.extend(self.findings.drain(before..));
                }
            }
            match untouched.first() {
                Some(first)
                    if untouched.len() == TEMPLATE_TESTS.len() && !of_template.is_empty() =>
                {
                    let finding = problem::untouched_template(first.origin, untouched.len());
                    self.findings.push(finding);
                }
                _ => self.findings.extend(of_template),
            }
        }
    }

    /// Notes a name that the domain lacks; in tests all such findings are warnings of one code.
    fn note(&mut self, missing: &Missing<'_>, known: &BTreeSet<&str>) {
        let test = Missing {
            code: "test::unknown-name",
            severity: Severity::Warning,
            ..*missing
        };
        let missing = if self.in_tests { &test } else { missing };
        self.findings
            .push(problem::missing(missing, known.iter().copied()));
    }

    fn intent(&mut self, name: &str, at: Origin) {
        let base = name.split('/').next().unwrap_or(name);
        if !base.is_empty() && !self.intents.contains(base) {
            let missing = Missing {
                code: "check::unknown-intent",
                severity: Severity::Warning,
                what: "intent",
                name,
                at,
                list: "intents",
            };
            let known = self.intents.clone();
            self.note(&missing, &known);
        }
    }

    fn entity(&mut self, name: &str, at: Origin) {
        if !self.entities.contains(name) {
            let missing = Missing {
                code: "check::unknown-entity",
                severity: Severity::Warning,
                what: "entity",
                name,
                at,
                list: "entities",
            };
            let known = self.entities.clone();
            self.note(&missing, &known);
        }
    }

    fn slot(&mut self, name: &str, at: Origin) {
        if !self.slots.contains(name) {
            let missing = Missing {
                code: "check::unknown-slot",
                severity: Severity::Error,
                what: "slot",
                name,
                at,
                list: "slots",
            };
            let known = self.slots.clone();
            self.note(&missing, &known);
        }
    }

    fn action(&mut self, name: &str, at: Origin) {
        if !self.actions.contains(name) {
            let (what, list) = if name.starts_with("utter_") {
                ("response", "responses")
            } else {
                ("action", "actions")
            };
            let missing = Missing {
                code: "check::unknown-action",
                severity: Severity::Error,
                what,
                name,
                at,
                list,
            };
            let actions = std::mem::take(&mut self.actions);
            let known = actions
                .iter()
                .map(String::as_str)
                .filter(|known| !DEFAULT_ACTIONS.contains(known))
                .collect();
            self.note(&missing, &known);
            self.actions = actions;
        }
    }

    fn active_loop(&mut self, name: &str, at: Origin) {
        if self.domain.form(name).is_some() || name == "action_two_stage_fallback" {
            return;
        }
        if self.actions.contains(name) {
            self.findings.push(problem::no_form(at, name));
            return;
        }
        let missing = Missing {
            code: "check::unknown-form",
            severity: Severity::Error,
            what: "form",
            name,
            at,
            list: "forms",
        };
        let known = self
            .domain
            .forms
            .iter()
            .map(|form| form.name.as_str())
            .collect();
        self.note(&missing, &known);
    }

    fn story(&mut self, story: &Story) {
        if let StoryKind::Rule { conditions, .. } = &story.kind {
            for condition in conditions {
                match condition {
                    RuleCondition::SlotWasSet(slot) => self.slot(&slot.name, slot.origin),
                    RuleCondition::ActiveLoop(Some(name), at) => self.active_loop(name, *at),
                    RuleCondition::ActiveLoop(None, _) => {}
                }
            }
        }
        for step in &story.steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::User(user) => self.user(user),
            StepKind::Action(name) => self.action(name, step.origin),
            StepKind::ActiveLoop(Some(name)) => self.active_loop(name, step.origin),
            StepKind::SlotWasSet(slots) | StepKind::Checkpoint { slots, .. } => slots
                .iter()
                .for_each(|slot| self.slot(&slot.name, slot.origin)),
            StepKind::Or(choices) => choices.iter().for_each(|choice| self.step(choice)),
            StepKind::Bot(_) | StepKind::ActiveLoop(None) => {}
        }
    }

    fn user(&mut self, user: &UserStep) {
        if let Some(intent) = &user.intent {
            self.intent(intent, user.intent_origin);
        }
        for entity in &user.entities {
            self.entity(&entity.entity, entity.origin);
        }
    }
}

/// Returns the names in `{name}` places of a text; `{{name}}` is no place.
pub(super) fn places(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let after = rest.get(at + 1..).unwrap_or_default();
        if let Some(escaped) = after.strip_prefix('{') {
            let end = escaped.find("}}").map_or(escaped.len(), |end| end + 2);
            rest = escaped.get(end..).unwrap_or_default();
            continue;
        }
        let Some(end) = after.find(['}', '\n', '{']) else {
            break;
        };
        let name = after.get(..end).unwrap_or_default();
        if after.get(end..).is_some_and(|rest| rest.starts_with('}')) && !name.is_empty() {
            found.push(name);
        }
        rest = after.get(end..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_text_are_found_and_escaped_ones_are_not() {
        assert_eq!(places("hi {name}, {a b} {{no}} {} {c"), ["name", "a b"]);
        assert!(places("no {\n} {x{").is_empty());
    }
}
