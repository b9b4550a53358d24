//! The domain of Rasa 1.x and 2.x: `templates`, forms as a list or with mappings, slots that fill themselves, intents
//! that trigger actions.

use super::problem;
use crate::{
    data::{
        Domain, Located, Mapping, MappingCondition, MappingKind, SlotKind, Step, StepKind, Story,
    },
    diagnostic::Diagnostic,
    project::{domain, merge::merge, migrate, reader::Reader},
    yaml::{Node, NodeKind, Style},
};

/// What an old domain says that a new one says elsewhere.
#[derive(Debug, Default)]
pub(super) struct Old {
    /// Intents with the action each triggers.
    pub(super) triggers: Vec<(String, Located<String>)>,
    /// Forms of which only the name is known.
    forms: Vec<Located<String>>,
    /// Mappings that stand in forms, by slot.
    mapped: Vec<(String, Node)>,
    /// Slots without mappings, and whether an entity of the same name fills them.
    slots: Vec<(String, bool)>,
}

/// Slots that every assistant has, so that a domain need not declare them.
const AUTOMATIC: [&str; 2] = ["requested_slot", "session_started_metadata"];

/// Reads a domain of any version into `into`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node, into: &mut Domain, old: &mut Old) {
    let mut entries: Vec<(Node, Node)> = Vec::new();
    // What forms say of slots has to be known before the slots are read.
    let old_forms = root.get("forms").map(|value| forms(value, reader, old));
    let entities = root.get("entities").and_then(Node::items);
    let is_entity = |name: &str| {
        entities.unwrap_or_default().iter().any(|item| {
            let key = item.entries().and_then(<[_]>::first).map(|(key, _)| key);
            key.unwrap_or(item).text() == Some(name)
        })
    };
    for (key, value) in root.entries().unwrap_or_default() {
        match key.text().unwrap_or_default() {
            // A domain may have both: the newer name comes first.
            "templates" => entries.push((renamed(key, "responses"), responses(value))),
            "responses" => entries.insert(0, (key.clone(), responses(value))),
            "forms" => entries.extend(old_forms.clone().map(|forms| (key.clone(), forms))),
            "slots" => entries.push((key.clone(), slots(value, &is_entity, reader, old))),
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
    // Everything old is said anew by now.
    let read = domain::read(reader, &mapping(parts, root), &mut migrate::Old::default());
    *into = merge(std::mem::take(into), read, reader.findings);
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
    let mut mapped = Vec::new();
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
                Some(entries) => found.extend(
                    entries
                        .iter()
                        .map(|(name, body)| (name.clone(), form(name, body, &mut mapped))),
                ),
                None => named(item, &mut found),
            }
        }
    } else if let Some(entries) = list.entries() {
        for (name, body) in entries {
            if body.is_null() {
                named(name, &mut found);
            } else {
                found.push((name.clone(), form(name, body, &mut mapped)));
            }
        }
    } else {
        return list.clone();
    }
    old.mapped = mapped;
    mapping(found, list)
}

/// Turns the slots of a form of 2.x, each with its mappings, into a list; the mappings go to `mapped`.
fn form(name: &Node, body: &Node, mapped: &mut Vec<(String, Node)>) -> Node {
    let Some(options) = body.entries() else {
        return body.clone();
    };
    let is_ignored = |key: &Node| key.text() == Some("ignored_intents");
    let slots: Vec<(Node, Node)> = match body.get("required_slots") {
        Some(required) => match required.entries() {
            Some(slots) => slots.to_vec(),
            None => return body.clone(),
        },
        // Before 2.6 they stood right under the form.
        None => options
            .iter()
            .filter(|(key, _)| !is_ignored(key))
            .cloned()
            .collect(),
    };
    for (slot, mappings) in &slots {
        for item in mappings.items().unwrap_or_default() {
            let slot_name = slot.text().unwrap_or_default().to_owned();
            mapped.push((slot_name, in_form(item, name, slot)));
        }
    }
    let names = Node {
        kind: NodeKind::Sequence(slots.into_iter().map(|(slot, _)| slot).collect()),
        span: name.span,
    };
    let mut entries = vec![(renamed(name, "required_slots"), names)];
    entries.extend(options.iter().filter(|(key, _)| is_ignored(key)).cloned());
    mapping(entries, body)
}

/// Adds to a mapping that it only applies in a form; one that is not of an entity only while the form asks for the
/// slot.
fn in_form(item: &Node, form: &Node, slot: &Node) -> Node {
    let Some(options) = item.entries().filter(|_| item.get("conditions").is_none()) else {
        return item.clone();
    };
    let mut condition = vec![(renamed(item, "active_loop"), form.clone())];
    let kind = item.get("type").and_then(Node::text);
    if !matches!(kind, Some("from_entity" | "from_trigger_intent")) {
        condition.push((renamed(item, "requested_slot"), slot.clone()));
    }
    let conditions = Node {
        kind: NodeKind::Sequence(vec![mapping(condition, item)].into()),
        span: item.span,
    };
    let mut entries = options.to_vec();
    entries.push((renamed(item, "conditions"), conditions));
    mapping(entries, item)
}

/// Gives slots of old types new ones, and those without mappings an empty list for now.
fn slots(
    map: &Node,
    is_entity: &dyn Fn(&str) -> bool,
    reader: &mut Reader<'_>,
    old: &mut Old,
) -> Node {
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
            let in_forms = old.mapped.iter().filter(|(slot, _)| slot == name);
            let mut mappings: Vec<Node> = in_forms.map(|(_, item)| item.clone()).collect();
            if mappings.is_empty() {
                old.slots.push((name.to_owned(), fills));
            } else if fills && is_entity(name) {
                let kind = (renamed(key, "type"), renamed(key, "from_entity"));
                mappings.push(mapping(
                    vec![kind, (renamed(key, "entity"), key.clone())],
                    key,
                ));
            }
            let list = Node {
                kind: NodeKind::Sequence(mappings.into()),
                span: key.span,
            };
            kept.push((renamed(key, "mappings"), list));
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
            let here = |slot: &String| Located::new(slot.clone(), form.origin);
            form.required_slots = slots.iter().map(here).collect();
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
                    active_loop: Some(Located::new(form.clone(), slot.origin)),
                    requested_slot: (!is_entity).then(|| Located::new(name.clone(), slot.origin)),
                });
        slot.mappings = vec![Mapping {
            kind,
            intent: Vec::new(),
            not_intent: Vec::new(),
            conditions: conditions.into_iter().collect(),
            target: slot.origin,
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
        rules.push(Story::answer(&name, intent, &action.value, action.origin));
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
