//! A domain and a configuration for files that have none.

use super::Import;
use crate::{
    data::{
        Assistant, Component, Config, DEFAULT_ACTIONS, DEFAULT_INTENTS, Domain, EntityType, Form,
        Intent, Located, Response, Slot, SlotKind, SlotValue, Step, StepKind, TrainingData,
        Variation,
    },
    diagnostic::Origin,
};

impl Import {
    /// Returns the assistant with a domain and a configuration made for it where none was among the files.
    pub(super) fn completed(&self) -> Assistant {
        let mut whole = self.assistant.clone();
        if !self.has_domain {
            complete_domain(&mut whole);
        }
        if !self.has_config {
            whole.config = default_config(&whole, self.language.as_deref());
        }
        whole
    }
}

/// Declares what examples, stories and rules use, where no domain does.
fn complete_domain(whole: &mut Assistant) {
    let domain = &mut whole.domain;
    for example in &whole.training.examples {
        if domain.intent(&example.intent).is_none() {
            domain.intents.push(Intent {
                name: example.intent.clone(),
                origin: example.origin,
                ..Intent::default()
            });
        }
        for entity in &example.entities {
            declare_entity(
                domain,
                &entity.entity,
                entity.role.as_ref(),
                entity.group.as_ref(),
                example.origin,
            );
        }
    }
    for lookup in &whole.training.lookups {
        declare_entity(domain, &lookup.name, None, None, lookup.origin);
    }
    let steps: Vec<&Step> = whole
        .stories
        .iter()
        .flat_map(|story| &story.steps)
        .collect();
    for step in steps {
        declare_step(domain, step, &whole.training);
    }
}

fn declare_entity(
    domain: &mut Domain,
    name: &str,
    role: Option<&String>,
    group: Option<&String>,
    origin: Origin,
) {
    if domain.entity(name).is_none() {
        domain.entities.push(EntityType {
            name: name.to_owned(),
            roles: Vec::new(),
            groups: Vec::new(),
            influence_conversation: true,
            origin,
        });
    }
    let Some(known) = domain.entities.iter_mut().find(|known| known.name == name) else {
        return;
    };
    for (label, labels) in [(role, &mut known.roles), (group, &mut known.groups)] {
        if let Some(label) = label.filter(|label| !labels.contains(label)) {
            labels.push(label.clone());
        }
    }
}

fn declare_step(domain: &mut Domain, step: &Step, training: &TrainingData) {
    let origin = step.origin;
    match &step.kind {
        StepKind::User(user) => {
            let intent = user.intent.as_deref().unwrap_or_default();
            let base = intent.split('/').next().unwrap_or_default();
            if !base.is_empty() && domain.intent(base).is_none() && !DEFAULT_INTENTS.contains(&base)
            {
                domain.intents.push(Intent {
                    name: base.to_owned(),
                    origin,
                    ..Intent::default()
                });
            }
            for entity in &user.entities {
                let (role, group) = (entity.role.as_ref(), entity.group.as_ref());
                declare_entity(domain, &entity.entity, role, group, origin);
            }
        }
        StepKind::Or(choices) => choices
            .iter()
            .for_each(|choice| declare_step(domain, choice, training)),
        StepKind::Action(name) => {
            let answers = name.strip_prefix("utter_").is_some_and(|group| {
                let mut examples = training.examples.iter();
                examples.any(|example| example.response_key.is_some() && example.intent == group)
            });
            let is_known = DEFAULT_ACTIONS.contains(&name.as_str())
                || answers
                || domain.response(name).is_some()
                || domain.form(name).is_some()
                || domain.actions.iter().any(|known| known.value == *name);
            if is_known {
                return;
            }
            if name.starts_with("utter_") {
                let text = format!("Write what to say here under {name} in domain.yml.");
                domain.responses.push(Response {
                    name: name.clone(),
                    variations: vec![Variation {
                        text: Some(text),
                        origin,
                        ..Variation::default()
                    }],
                    in_data: false,
                    origin,
                });
            } else {
                domain.actions.push(Located::new(name.clone(), origin));
            }
        }
        StepKind::SlotWasSet(slots) | StepKind::Checkpoint { slots, .. } => {
            for SlotValue { name, .. } in slots {
                if domain.slot(name).is_none() && name != "requested_slot" {
                    domain.slots.push(Slot {
                        name: name.clone(),
                        kind: SlotKind::Any,
                        initial_value: serde_json::Value::Null,
                        influence_conversation: false,
                        mappings: Vec::new(),
                        origin,
                    });
                }
            }
        }
        StepKind::ActiveLoop(Some(name)) => {
            domain.actions.retain(|action| action.value != *name);
            if domain.form(name).is_none() && !DEFAULT_ACTIONS.contains(&name.as_str()) {
                domain.forms.push(Form {
                    name: name.clone(),
                    required_slots: Vec::new(),
                    ignored_intents: Vec::new(),
                    origin,
                });
            }
        }
        StepKind::ActiveLoop(None) | StepKind::Bot(_) => {}
    }
}

fn default_config(whole: &Assistant, language: Option<&str>) -> Config {
    let mut config = Config {
        recipe: Some("default.v1".to_owned()),
        language: Some(language.unwrap_or("en").to_owned()),
        ..Config::default()
    };
    let mut examples = whole.training.examples.iter();
    let marked = examples.any(|example| !example.entities.is_empty());
    let mut pipeline: Vec<Component> = config.pipeline(marked);
    if whole.training.lookups.is_empty() && whole.training.patterns.is_empty() {
        pipeline.retain(|component| !component.name.starts_with("Regex"));
    }
    config.pipeline = Some(pipeline);
    config.policies = Some(Config::plain_policies());
    config
}
