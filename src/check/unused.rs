//! What the domain declares and no file uses.

use std::collections::BTreeSet;

use super::{
    Subject, button_intents, has_custom_actions, names::places, problem, retrieval_intents,
};
use crate::{
    data::{
        Assistant, DEFAULT_ACTIONS, DEFAULT_INTENTS, Domain, Form, MappingKind, RuleCondition,
        Step, StepKind, StoryKind,
    },
    diagnostic::{Diagnostic, Severity},
};

/// Responses that Rasa's own actions say.
const OWN_RESPONSES: [&str; 4] = [
    "utter_default",
    "utter_restart",
    "utter_ask_rephrase",
    "utter_out_of_scope",
];

/// Checks intents, entities, slots, responses, actions and forms for being used.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let used = Used::of(subject.assistant);
    let mut findings = intents(subject.assistant, &used);
    findings.extend(responses(subject.assistant, &used));
    findings.extend(others(&subject.assistant.domain, &used));
    findings
}

fn intents(assistant: &Assistant, used: &Used<'_>) -> Vec<Diagnostic> {
    let learnt: BTreeSet<&str> = assistant.training.intents().into_iter().collect();
    let declared = assistant.domain.intents.iter();
    declared
        .filter(|intent| {
            let name = intent.name.as_str();
            !learnt.contains(name)
                && !learnt.is_empty()
                && !DEFAULT_INTENTS.contains(&name)
                && !used.buttons.contains(name)
        })
        .map(|intent| problem::intent_without_examples(intent.origin, &intent.name))
        .collect()
}

/// Returns how bad it is that no file uses something: code may say, set or run what no file names.
fn unless_custom(domain: &Domain) -> Severity {
    if has_custom_actions(domain) {
        Severity::Advice
    } else {
        Severity::Warning
    }
}

fn responses(assistant: &Assistant, used: &Used<'_>) -> Vec<Diagnostic> {
    let domain = &assistant.domain;
    let retrieval = retrieval_intents(assistant);
    let is_used = |name: &str| {
        let base = name.split('/').next().unwrap_or_default();
        let of_retrieval = name.contains('/')
            && base
                .strip_prefix("utter_")
                .is_some_and(|intent| retrieval.contains(intent));
        let asks = |form: &Form| {
            form.required_slots.iter().any(|slot| {
                name == format!("utter_ask_{}", slot.value)
                    || name == format!("utter_ask_{}_{}", form.name, slot.value)
            })
        };
        used.actions.contains(name)
            || of_retrieval
            || OWN_RESPONSES.contains(&name)
            || domain.forms.iter().any(asks)
    };
    domain
        .responses
        .iter()
        .filter(|response| !is_used(&response.name))
        .map(|response| {
            problem::unused(
                "check::unused-response",
                unless_custom(domain),
                "response",
                &response.name,
                response.origin,
                "name it in a rule or story, or remove it",
            )
        })
        .collect()
}

/// Actions, forms, entities and slots.
fn others(domain: &Domain, used: &Used<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut unused = |code, severity, what: &str, name: &str, at, help: &str| {
        findings.push(problem::unused(code, severity, what, name, at, help));
    };
    for action in &domain.actions {
        let name = action.value.as_str();
        let serves = name.starts_with("validate_")
            || name.starts_with("action_ask_")
            || name.starts_with("utter_")
            || DEFAULT_ACTIONS.contains(&name);
        if !used.actions.contains(name) && !serves && domain.response(name).is_none() {
            unused(
                "check::unused-action",
                Severity::Advice,
                "action",
                name,
                action.origin,
                "name it in a rule or story, or remove it",
            );
        }
    }
    for form in &domain.forms {
        if !used.actions.contains(form.name.as_str()) {
            unused(
                "check::unused-form",
                unless_custom(domain),
                "form",
                &form.name,
                form.origin,
                "start it in a rule: `- action: FORM` and `- active_loop: FORM`",
            );
        }
    }
    for entity in &domain.entities {
        if !used.entities.contains(entity.name.as_str()) {
            unused(
                "check::unused-entity",
                Severity::Advice,
                "entity",
                &entity.name,
                entity.origin,
                "mark it in examples, name a regex or lookup table after it, or remove it",
            );
        }
    }
    let custom = has_custom_actions(domain);
    for slot in &domain.slots {
        let reads = used.slots.contains(slot.name.as_str());
        if !reads && !slot.influence_conversation && !custom {
            unused(
                "check::unused-slot",
                Severity::Advice,
                "slot",
                &slot.name,
                slot.origin,
                "no story, form, condition or response reads it: remove it",
            );
        }
    }
    findings
}

/// Names that some file uses.
#[derive(Default)]
struct Used<'a> {
    /// Actions, responses and forms.
    actions: BTreeSet<&'a str>,
    entities: BTreeSet<&'a str>,
    slots: BTreeSet<&'a str>,
    /// Intents of buttons.
    buttons: BTreeSet<String>,
}

impl<'a> Used<'a> {
    fn of(assistant: &'a Assistant) -> Self {
        let mut used = Self::default();
        for story in &assistant.stories {
            if let StoryKind::Rule { conditions, .. } = &story.kind {
                for condition in conditions {
                    match condition {
                        RuleCondition::SlotWasSet(slot) => drop(used.slots.insert(&slot.name)),
                        RuleCondition::ActiveLoop(name, _) => used.actions.extend(name.as_deref()),
                    }
                }
            }
            story.steps.iter().for_each(|step| used.step(step));
        }
        used.domain(assistant);
        used
    }

    fn step(&mut self, step: &'a Step) {
        match &step.kind {
            StepKind::Action(name) => drop(self.actions.insert(name)),
            StepKind::ActiveLoop(name) => self.actions.extend(name.as_deref()),
            StepKind::SlotWasSet(slots) | StepKind::Checkpoint { slots, .. } => {
                self.slots
                    .extend(slots.iter().map(|slot| slot.name.as_str()));
            }
            StepKind::Or(choices) => choices.iter().for_each(|choice| self.step(choice)),
            StepKind::User(user) => self
                .entities
                .extend(user.entities.iter().map(|entity| entity.entity.as_str())),
            StepKind::Bot(_) => {}
        }
    }

    fn domain(&mut self, assistant: &'a Assistant) {
        let (domain, training) = (&assistant.domain, &assistant.training);
        self.buttons = button_intents(domain)
            .map(|(intent, _)| intent.to_owned())
            .collect();
        for slot in &domain.slots {
            for mapping in &slot.mappings {
                match &mapping.kind {
                    MappingKind::FromEntity { entity, .. } => drop(self.entities.insert(entity)),
                    MappingKind::Custom(action) => self.actions.extend(action.as_deref()),
                    _ => {}
                }
            }
        }
        for form in &domain.forms {
            self.slots
                .extend(form.required_slots.iter().map(|slot| slot.value.as_str()));
        }
        for variation in domain
            .responses
            .iter()
            .flat_map(|response| &response.variations)
        {
            self.slots.extend(
                variation
                    .conditions
                    .iter()
                    .map(|condition| condition.name.as_str()),
            );
            self.slots
                .extend(places(variation.text.as_deref().unwrap_or_default()));
        }
        let marked = training
            .examples
            .iter()
            .flat_map(|example| &example.entities);
        self.entities
            .extend(marked.map(|entity| entity.entity.as_str()));
        self.entities
            .extend(training.lookups.iter().map(|lookup| lookup.name.as_str()));
        self.entities.extend(
            training
                .patterns
                .iter()
                .map(|pattern| pattern.name.as_str()),
        );
    }
}
