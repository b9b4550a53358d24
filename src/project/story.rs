//! `stories:` and `rules:` — in training data and in tests.

use super::{annotation::read_annotations, problem, reader::Reader};
use crate::{
    data::{RuleCondition, SlotValue, Step, StepEntity, StepKind, Story, StoryKind, UserStep},
    diagnostic::{Origin, did_you_mean},
    yaml::Node,
};

const STEP_KEYS: [&str; 9] = [
    "intent",
    "user",
    "entities",
    "or",
    "action",
    "bot",
    "checkpoint",
    "slot_was_set",
    "active_loop",
];

/// Reads the items under `stories:` or `rules:`.
pub(super) fn read(reader: &mut Reader<'_>, list: &Node, rules: bool, into: &mut Vec<Story>) {
    let (kind, what) = if rules {
        ("rule", "`rules`")
    } else {
        ("story", "`stories`")
    };
    for item in reader.list(list, what) {
        if item.entries().is_none_or(<[_]>::is_empty) {
            if !item.is_null() {
                let at = reader.origin(item.span);
                reader.note(problem::story_not_a_mapping(at, kind, item.kind_name()));
            }
            continue;
        }
        let known: &[&str] = if rules {
            &[
                "rule",
                "steps",
                "condition",
                "conversation_start",
                "wait_for_user_input",
                "metadata",
            ]
        } else {
            &["story", "steps", "metadata"]
        };
        for (key, _) in item.entries().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let at = reader.origin(key.span);
                reader.note(problem::unknown_story_key(at, kind, name, known));
            }
        }
        let Some(name_node) = item.get(kind) else {
            // A misspelt key has been told already.
            let keys = item.entries().unwrap_or_default().iter();
            let mut names = keys.filter_map(|(key, _)| key.text());
            if !names.any(|name| did_you_mean(name, known.iter().copied()) == Some(kind)) {
                reader.note(problem::story_without_name(reader.origin(item.span), kind));
            }
            continue;
        };
        let origin = reader.origin(name_node.span);
        let name = name_node.text().unwrap_or_default().trim().to_owned();
        if name.is_empty() {
            reader.note(problem::story_with_empty_name(
                reader.origin(item.span),
                kind,
            ));
        }
        let steps: Vec<Step> = item
            .get("steps")
            .map(|node| reader.list(node, "`steps`"))
            .unwrap_or_default()
            .iter()
            .filter_map(|node| step(reader, node))
            .collect();
        if steps.is_empty() {
            reader.note(problem::story_without_steps(origin, kind, &name));
            continue;
        }
        let kind = if rules {
            rule_kind(reader, item)
        } else {
            StoryKind::Story
        };
        if rules {
            for step in &steps {
                let wrong = match &step.kind {
                    StepKind::Bot(_) => Some("bot"),
                    StepKind::Checkpoint { .. } => Some("checkpoint"),
                    _ => None,
                };
                if let Some(wrong) = wrong {
                    reader.note(problem::step_not_allowed(step.origin, wrong, "a rule"));
                }
            }
        }
        into.push(Story {
            name,
            kind,
            steps,
            origin,
        });
    }
}

fn rule_kind(reader: &mut Reader<'_>, item: &Node) -> StoryKind {
    let mut conditions = Vec::new();
    for node in item
        .get("condition")
        .map(|node| reader.list(node, "`condition`"))
        .unwrap_or_default()
    {
        for (key, value) in reader.mapping(node, "a condition") {
            match key.text().unwrap_or_default() {
                "active_loop" => {
                    let at = reader.origin(value.span);
                    conditions.push(RuleCondition::ActiveLoop(loop_name(value), at));
                }
                "slot_was_set" => conditions.extend(
                    slot_values(reader, value)
                        .into_iter()
                        .map(RuleCondition::SlotWasSet),
                ),
                other => {
                    let at = reader.origin(key.span);
                    reader.note(problem::unknown_step(
                        at,
                        other,
                        &["active_loop", "slot_was_set"],
                    ));
                }
            }
        }
    }
    let flag = |key: &str, default: bool, reader: &mut Reader<'_>| {
        item.get(key).map_or(default, |node| {
            reader.bool(node, &format!("`{key}`")).unwrap_or(default)
        })
    };
    let conversation_start = flag("conversation_start", false, reader);
    let wait_for_user_input = flag("wait_for_user_input", true, reader);
    StoryKind::Rule {
        conditions,
        conversation_start,
        wait_for_user_input,
    }
}

fn step(reader: &mut Reader<'_>, node: &Node) -> Option<Step> {
    if node.entries().is_none() {
        if !node.is_null() {
            let at = reader.origin(node.span);
            reader.note(problem::step_not_a_mapping(at, node.kind_name()));
        }
        return None;
    }
    let origin =
        node.entries()
            .and_then(<[_]>::first)
            .map_or(reader.origin(node.span), |(key, value)| {
                Origin::new(
                    reader.source,
                    crate::text::Span::new(key.span.start, value.span.end.max(key.span.end)),
                )
            });
    let origin = reader.origin(origin.span);
    let kind = kind(reader, node)?;
    beside(reader, node, &kind);
    Some(Step { kind, origin })
}

fn kind(reader: &mut Reader<'_>, node: &Node) -> Option<StepKind> {
    if node.get("intent").is_some() || node.get("user").is_some() {
        return Some(StepKind::User(user(reader, node)));
    }
    if let Some(list) = node.get("or") {
        let mut choices = Vec::new();
        for item in reader.list(list, "`or`") {
            if item.get("user").is_some() && item.get("intent").is_none() {
                // Rasa drops the whole `or` then.
                reader.note(problem::text_in_or(reader.origin(item.span)));
                return None;
            }
            // Each slot of a `slot_was_set` list is a choice of its own.
            match step(reader, item) {
                Some(Step {
                    kind: StepKind::SlotWasSet(slots),
                    origin,
                }) => choices.extend(slots.into_iter().map(|slot| Step {
                    kind: StepKind::SlotWasSet(vec![slot]),
                    origin,
                })),
                Some(step) => choices.push(step),
                None => {}
            }
        }
        return Some(StepKind::Or(choices));
    }
    if let Some(action) = node.get("action") {
        if action.is_null() || action.text().is_some_and(|name| name.trim().is_empty()) {
            reader.note(problem::empty_step(reader.origin(node.span), "action"));
            return None;
        }
        return reader.name(action, "`action`").map(StepKind::Action);
    }
    if let Some(text) = node.get("bot") {
        return reader.string(text, "`bot`").map(StepKind::Bot);
    }
    if let Some(name) = node.get("checkpoint") {
        let slots = node
            .get("slot_was_set")
            .map(|list| slot_values(reader, list))
            .unwrap_or_default();
        return reader
            .name(name, "`checkpoint`")
            .map(|name| StepKind::Checkpoint { name, slots });
    }
    if let Some(list) = node.get("slot_was_set") {
        return Some(StepKind::SlotWasSet(slot_values(reader, list)));
    }
    if let Some(value) = node.get("active_loop") {
        return Some(StepKind::ActiveLoop(loop_name(value)));
    }
    let (key, _) = node.entries()?.first()?;
    if key.text() != Some("metadata") {
        reader.note(problem::unknown_step(
            reader.origin(key.span),
            key.text().unwrap_or_default(),
            &STEP_KEYS,
        ));
    }
    None
}

/// Notes keys of a step that are none beside what it is.
fn beside(reader: &mut Reader<'_>, node: &Node, kind: &StepKind) {
    let known: &[&str] = match kind {
        StepKind::User(_) => &["user", "intent", "entities", "metadata"],
        StepKind::Action(_) => &["action", "metadata"],
        StepKind::Bot(_) => &["bot", "metadata"],
        StepKind::SlotWasSet(_) => &["slot_was_set", "metadata"],
        StepKind::ActiveLoop(_) => &["active_loop", "metadata"],
        StepKind::Or(_) => &["or", "metadata"],
        StepKind::Checkpoint { .. } => &["checkpoint", "slot_was_set", "metadata"],
    };
    for (key, _) in node.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        if !known.contains(&name) {
            let at = reader.origin(key.span);
            reader.note(problem::unknown_beside(at, name, known, &STEP_KEYS));
        }
    }
}

fn user(reader: &mut Reader<'_>, node: &Node) -> UserStep {
    let mut user = UserStep::default();
    if let Some(name) = node.get("intent") {
        user.intent_origin = reader.origin(name.span);
        if name.is_null() || name.text().is_some_and(|name| name.trim().is_empty()) {
            reader.note(problem::empty_step(reader.origin(node.span), "intent"));
            user.intent = Some(String::new());
        } else if let Some(intent) = reader.name(name, "`intent`") {
            if let Some(plain) = intent.strip_prefix('/') {
                reader.note(problem::slash_in_step(user.intent_origin, &intent));
                user.intent = Some(plain.to_owned());
            } else {
                user.intent = Some(intent);
            }
        }
    }
    if let Some(text) = node.get("user")
        && let Some(marked) = reader.string(text, "`user`")
    {
        let marked = marked.trim();
        if user.intent.is_none() {
            user.intent_origin = reader.origin(text.span);
        }
        if marked.starts_with('/') {
            user.text = Some(marked.to_owned());
        } else {
            match read_annotations(marked) {
                Ok((clean, entities)) => {
                    user.entities = entities
                        .into_iter()
                        .map(|found| StepEntity::marked(found, &clean, reader.origin(text.span)))
                        .collect();
                    user.text = Some(clean);
                }
                Err(bad) => {
                    reader.note(problem::bad_annotation(reader.origin(text.span), &bad.why));
                }
            }
        }
    }
    for item in node
        .get("entities")
        .map(|list| reader.list(list, "`entities`"))
        .unwrap_or_default()
    {
        user.entities.extend(entity(reader, item));
    }
    user
}

fn entity(reader: &mut Reader<'_>, item: &Node) -> Option<StepEntity> {
    let mut found = StepEntity {
        entity: String::new(),
        role: None,
        group: None,
        value: "".into(),
        span: None,
        origin: reader.origin(item.span),
    };
    match item.entries() {
        None => found.entity = reader.name(item, "an entity")?,
        Some(entries) => {
            for (key, value) in entries {
                match key.text().unwrap_or_default() {
                    "role" => found.role = value.text().map(str::to_owned),
                    "group" => found.group = value.text().map(str::to_owned),
                    name => {
                        name.clone_into(&mut found.entity);
                        found.value = value.json();
                    }
                }
            }
        }
    }
    (!found.entity.is_empty()).then_some(found)
}

fn slot_values(reader: &mut Reader<'_>, list: &Node) -> Vec<SlotValue> {
    let mut found = Vec::new();
    // A single mapping instead of a list of them is accepted, as by Rasa.
    let items = if list.entries().is_some() {
        std::slice::from_ref(list)
    } else {
        reader.list(list, "`slot_was_set`")
    };
    for item in items {
        match item.entries() {
            Some(entries) => found.extend(entries.iter().filter_map(|(key, value)| {
                Some(SlotValue {
                    name: key.text()?.to_owned(),
                    value: Some(value.json()),
                    origin: reader.origin(key.span),
                })
            })),
            None => found.extend(reader.name(item, "a slot").map(|name| SlotValue {
                name,
                value: None,
                origin: reader.origin(item.span),
            })),
        }
    }
    found
}

fn loop_name(value: &Node) -> Option<String> {
    if value.is_null() {
        None
    } else {
        value.text().map(str::to_owned)
    }
}
