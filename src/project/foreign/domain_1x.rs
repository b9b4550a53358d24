//! The domain of Rasa 1.x: `templates`, forms as a list, slots that fill themselves, intents that trigger actions.

use super::{dialogflow::rule, problem};
use crate::{
    data::{
        Domain, Located, Mapping, MappingCondition, MappingKind, SlotKind, Step, StepKind, Story,
    },
    diagnostic::Diagnostic,
    project::{domain, reader::Reader},
    yaml::{Node, NodeKind, Style},
};

/// What an old domain says that a new one says elsewhere.
#[derive(Debug, Default)]
pub(super) struct Old {
    /// Intents with the action each triggers.
    pub(super) triggers: Vec<(String, Located<String>)>,
    /// Forms of which only the name is known.
    forms: Vec<Located<String>>,
    /// Slots without mappings, and whether an entity of the same name fills them.
    slots: Vec<(String, bool)>,
}

/// Slots that every assistant has, so that a domain need not declare them.
const AUTOMATIC: [&str; 2] = ["requested_slot", "session_started_metadata"];

/// Reads a domain of any version into `into`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node, into: &mut Domain, old: &mut Old) {
    let mut entries: Vec<(Node, Node)> = Vec::new();
    for (key, value) in root.entries().unwrap_or_default() {
        match key.text().unwrap_or_default() {
            // A domain may have both: the newer name comes first.
            "templates" => entries.push((renamed(key, "responses"), responses(value))),
            "responses" => entries.insert(0, (key.clone(), responses(value))),
            "forms" => entries.push((key.clone(), forms(value, reader, old))),
            "slots" => entries.push((key.clone(), slots(value, reader, old))),
            "intents" => {
                triggers(value, reader, old);
                entries.push((key.clone(), value.clone()));
            }
            _ => entries.push((key.clone(), value.clone())),
        }
    }
    let mut parts: Vec<(Node, Node)> = Vec::new();
    for (key, value) in entries {
        let name = key.text().unwrap_or_default().to_owned();
        match parts
            .iter_mut()
            .find(|(known, _)| known.text() == Some(&name))
        {
            Some((_, known)) => {
                let both = known.entries().unwrap_or_default().iter().cloned();
                let more = value.entries().unwrap_or_default().iter();
                let more =
                    more.filter(|(key, _)| known.get(key.text().unwrap_or_default()).is_none());
                known.kind = NodeKind::Mapping(both.chain(more.cloned()).collect());
            }
            None => parts.push((key, value)),
        }
    }
    domain::read(reader, &mapping(parts, root), into);
}

fn mapping(entries: Vec<(Node, Node)>, at: &Node) -> Node {
    Node {
        kind: NodeKind::Mapping(entries.into()),
        span: at.span,
    }
}

fn scalar(text: &str, style: Style, at: &Node) -> Node {
    Node {
        kind: NodeKind::Scalar {
            value: text.into(),
            style,
            text: false,
        },
        span: at.span,
    }
}

fn renamed(key: &Node, name: &str) -> Node {
    scalar(name, Style::Plain, key)
}

/// Turns variations that are bare texts into such with the key `text`.
fn responses(map: &Node) -> Node {
    let Some(entries) = map.entries() else {
        return map.clone();
    };
    let entries = entries.iter().map(|(name, list)| {
        let Some(items) = list.items() else {
            return (name.clone(), list.clone());
        };
        let items = items.iter().map(|item| match item.text() {
            Some(_) => mapping(vec![(renamed(item, "text"), item.clone())], item),
            None => item.clone(),
        });
        let list = Node {
            kind: NodeKind::Sequence(items.collect()),
            span: list.span,
        };
        (name.clone(), list)
    });
    mapping(entries.collect(), map)
}

/// Turns a list of names into a mapping without slots.
fn forms(list: &Node, reader: &Reader<'_>, old: &mut Old) -> Node {
    let mut named = |name: &Node, into: &mut Vec<(Node, Node)>| {
        old.forms.push(Located::new(
            name.text().unwrap_or_default().to_owned(),
            reader.origin(name.span),
        ));
        let none = Node {
            kind: NodeKind::Sequence(Vec::new().into()),
            span: name.span,
        };
        let body = mapping(vec![(renamed(name, "required_slots"), none)], name);
        into.push((name.clone(), body));
    };
    let mut found = Vec::new();
    if let Some(items) = list.items() {
        for item in items {
            match item.entries() {
                Some(entries) => found.extend(entries.iter().cloned()),
                None => named(item, &mut found),
            }
        }
    } else if let Some(entries) = list.entries() {
        for (name, body) in entries {
            if body.is_null() {
                named(name, &mut found);
            } else {
                found.push((name.clone(), body.clone()));
            }
        }
    } else {
        return list.clone();
    }
    mapping(found, list)
}

/// Gives slots of old types new ones, and those without mappings an empty list for now.
fn slots(map: &Node, reader: &mut Reader<'_>, old: &mut Old) -> Node {
    let Some(entries) = map.entries() else {
        return map.clone();
    };
    let mut found = Vec::new();
    for (key, body) in entries {
        let name = key.text().unwrap_or_default();
        if AUTOMATIC.contains(&name) {
            continue;
        }
        let Some(options) = body.entries() else {
            found.push((key.clone(), body.clone()));
            continue;
        };
        let mut kept = Vec::new();
        for (option, value) in options {
            match (option.text().unwrap_or_default(), value.text()) {
                ("auto_fill", _) => {}
                ("type", Some(kind)) => {
                    let (kind, known) = slot_type(kind);
                    if !known {
                        let at = reader.origin(value.span);
                        let written = value.text().unwrap_or_default();
                        reader.note(problem::custom_slot_type(at, name, written));
                    }
                    kept.push((option.clone(), scalar(kind, Style::Plain, value)));
                }
                _ => kept.push((option.clone(), value.clone())),
            }
        }
        let is_any = body.get("type").and_then(Node::text).map(slot_type) == Some(("any", true))
            || body
                .get("type")
                .and_then(Node::text)
                .is_some_and(|kind| !slot_type(kind).1);
        if is_any {
            // What is never seen by policies cannot be told to be.
            kept.retain(|(option, _)| option.text() != Some("influence_conversation"));
        }
        if body.get("mappings").is_none() {
            let fills = body.get("auto_fill").and_then(Node::bool) != Some(false);
            old.slots.push((name.to_owned(), fills));
            let none = Node {
                kind: NodeKind::Sequence(Vec::new().into()),
                span: key.span,
            };
            kept.push((renamed(key, "mappings"), none));
        }
        found.push((key.clone(), mapping(kept, body)));
    }
    mapping(found, map)
}

/// Returns today's name of a slot type, and whether there is one.
fn slot_type(written: &str) -> (&str, bool) {
    let class = written.rsplit('.').next().unwrap_or_default();
    match class {
        "unfeaturized" | "UnfeaturizedSlot" | "AnySlot" => ("any", true),
        "TextSlot" => ("text", true),
        "BooleanSlot" => ("bool", true),
        "FloatSlot" => ("float", true),
        "ListSlot" => ("list", true),
        "CategoricalSlot" => ("categorical", true),
        _ if written.contains('.') => ("any", false),
        _ => (written, true),
    }
}

fn triggers(list: &Node, reader: &Reader<'_>, old: &mut Old) {
    for item in list.items().unwrap_or_default() {
        let Some([(name, body)]) = item.entries() else {
            continue;
        };
        if let (Some(intent), Some(action)) = (name.text(), body.get("triggers"))
            && let Some(written) = action.text()
        {
            let action = Located::new(written.to_owned(), reader.origin(action.span));
            old.triggers.push((intent.to_owned(), action));
        }
    }
}

/// Gives forms their slots and slots their mappings, as far as the domain tells them; the rest is noted.
pub(super) fn finish(domain: &mut Domain, old: &Old, findings: &mut Vec<Diagnostic>) {
    let asked = |form: &str, only: bool| -> Vec<String> {
        domain
            .slots
            .iter()
            .map(|slot| slot.name.clone())
            .filter(|slot| {
                domain
                    .response(&format!("utter_ask_{form}_{slot}"))
                    .is_some()
                    || only && domain.response(&format!("utter_ask_{slot}")).is_some()
            })
            .collect()
    };
    let slots_of: Vec<(String, Vec<String>)> = old
        .forms
        .iter()
        .map(|form| {
            let slots = asked(&form.value, old.forms.len() == 1);
            findings.push(problem::old_form(form.origin, &form.value, &slots));
            (form.value.clone(), slots)
        })
        .collect();
    for (name, slots) in &slots_of {
        if let Some(form) = domain.forms.iter_mut().find(|form| form.name == *name) {
            form.required_slots.clone_from(slots);
        }
    }
    for (name, fills) in &old.slots {
        let is_entity = domain.entity(name).is_some();
        let form = slots_of.iter().find(|(_, slots)| slots.contains(name));
        let Some(slot) = domain.slots.iter_mut().find(|slot| slot.name == *name) else {
            continue;
        };
        let kind = match (form, is_entity) {
            (Some(_), true) => from_entity(name),
            (None, true) if *fills => from_entity(name),
            (Some(_), false) => MappingKind::FromText,
            (None, _) => MappingKind::Custom(None),
        };
        // A slot that fills itself does so outside of its form too.
        let conditions =
            form.filter(|_| !(*fills && is_entity))
                .map(|(form, _)| MappingCondition {
                    active_loop: Some(form.clone()),
                    requested_slot: (!is_entity).then(|| name.clone()),
                });
        slot.mappings = vec![Mapping {
            kind,
            intent: Vec::new(),
            not_intent: Vec::new(),
            conditions: conditions.into_iter().collect(),
            origin: slot.origin,
        }];
    }
    for slot in &mut domain.slots {
        if slot.kind == SlotKind::Any {
            slot.influence_conversation = false;
        }
    }
}

fn from_entity(name: &str) -> MappingKind {
    MappingKind::FromEntity {
        entity: name.to_owned(),
        role: None,
        group: None,
    }
}

/// Returns the rules that stand for `triggers`, each with the place of its action.
///
/// In Rasa 1.x stories won over triggers, today rules win over stories: where the two disagree there is no rule.
pub(super) fn rules(old: &Old, stories: &[Story], findings: &mut Vec<Diagnostic>) -> Vec<Story> {
    let mut rules = Vec::new();
    for (intent, action) in &old.triggers {
        if let Some(story) = stories
            .iter()
            .find(|story| answers_otherwise(story, intent, &action.value))
        {
            findings.push(problem::assumed(
                action.origin,
                format!(
                    "`{intent}` triggers `{}`, but goes on otherwise in the story `{}`: stories decide, there is no rule",
                    action.value, story.name
                ),
            ));
            continue;
        }
        let name = format!("{intent} triggers {}", action.value);
        rules.push(rule(&name, intent, &action.value, action.origin));
    }
    rules
}

/// Tells whether a story has something else follow an intent than this action alone.
fn answers_otherwise(story: &Story, intent: &str, action: &str) -> bool {
    let is_it = |step: &Step| {
        match &step.kind {
        StepKind::User(user) => user.intent.as_deref() == Some(intent),
        StepKind::Or(choices) => choices.iter().any(|choice| {
            matches!(&choice.kind, StepKind::User(user) if user.intent.as_deref() == Some(intent))
        }),
        _ => false,
    }
    };
    let is_action = |step: &&Step| matches!(&step.kind, StepKind::Action(_));
    let is_turn = |step: &&Step| matches!(&step.kind, StepKind::User(_) | StepKind::Or(_));
    let starts = story
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| is_it(step));
    starts.into_iter().any(|(at, _)| {
        let rest = story.steps.iter().skip(at + 1);
        let answers: Vec<&Step> = rest
            .take_while(|step| !is_turn(step))
            .filter(is_action)
            .collect();
        match answers.as_slice() {
            [] => false,
            [only] => only.kind != StepKind::Action(action.to_owned()),
            _ => true,
        }
    })
}
