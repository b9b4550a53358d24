//! Stories and rules to the text of a story file.

use super::markup::write_annotations;
use crate::{
    data::{
        Example, RuleCondition, SlotValue, Step, StepEntity, StepKind, Story, StoryKind, UserStep,
    },
    yaml::emit::{Node, document},
};

/// Returns the text of a file with the given stories and rules.
pub fn write_stories(stories: &[Story]) -> String {
    let is_rule = |story: &&Story| matches!(story.kind, StoryKind::Rule { .. });
    let (rules, stories): (Vec<&Story>, Vec<&Story>) = stories.iter().partition(is_rule);
    let mut out = "version: \"3.1\"\n".to_owned();
    for (key, list) in [("stories", stories), ("rules", rules)] {
        if !list.is_empty() {
            out.push('\n');
            let items: Vec<Node> = list.into_iter().map(story).collect();
            // A blank line between the items, as people write them.
            let text = document(&[(key.to_owned(), Node::List(items))]);
            for (i, line) in text.lines().enumerate() {
                if i > 1 && line.starts_with("- ") {
                    out.push('\n');
                }
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// Returns one story or rule as an item of its list.
pub(super) fn story(story: &Story) -> Node {
    let mut entries = Vec::new();
    let mut put = |key: &str, value: Node| entries.push((key.to_owned(), value));
    match &story.kind {
        StoryKind::Story => put("story", Node::text(story.name.as_str())),
        StoryKind::Rule {
            conditions,
            conversation_start,
            wait_for_user_input,
        } => {
            put("rule", Node::text(story.name.as_str()));
            if *conversation_start {
                put("conversation_start", Node::Plain("true".into()));
            }
            if !*wait_for_user_input {
                put("wait_for_user_input", Node::Plain("false".into()));
            }
            if !conditions.is_empty() {
                put(
                    "condition",
                    Node::List(conditions.iter().map(condition).collect()),
                );
            }
        }
    }
    put("steps", Node::List(story.steps.iter().map(step).collect()));
    Node::Map(entries)
}

fn name_or_null(name: Option<&String>) -> Node {
    name.map_or_else(
        || Node::Plain("null".into()),
        |name| Node::text(name.as_str()),
    )
}

fn condition(condition: &RuleCondition) -> Node {
    match condition {
        RuleCondition::ActiveLoop(name, _) => {
            Node::map([("active_loop", name_or_null(name.as_ref()))])
        }
        RuleCondition::SlotWasSet(slot) => {
            Node::map([("slot_was_set", slots(std::slice::from_ref(slot)))])
        }
    }
}

fn slots(slots: &[SlotValue]) -> Node {
    let items = slots.iter().map(|slot| match &slot.value {
        Some(value) => Node::Map(vec![(slot.name.clone(), Node::json(value))]),
        None => Node::text(slot.name.as_str()),
    });
    Node::List(items.collect())
}

fn step(step: &Step) -> Node {
    match &step.kind {
        StepKind::User(user) => user_step(user),
        StepKind::Action(name) => Node::map([("action", Node::text(name.as_str()))]),
        StepKind::Bot(text) => Node::map([("bot", Node::text(text.as_str()))]),
        StepKind::SlotWasSet(values) => Node::map([("slot_was_set", slots(values))]),
        StepKind::ActiveLoop(name) => Node::map([("active_loop", name_or_null(name.as_ref()))]),
        StepKind::Or(steps) => {
            Node::map([("or", Node::List(steps.iter().map(self::step).collect()))])
        }
        StepKind::Checkpoint {
            name,
            slots: values,
        } => {
            let mut entries = vec![("checkpoint".to_owned(), Node::text(name.as_str()))];
            if !values.is_empty() {
                entries.push(("slot_was_set".to_owned(), slots(values)));
            }
            Node::Map(entries)
        }
    }
}

fn user_step(user: &UserStep) -> Node {
    let mut entries = Vec::new();
    if let Some(text) = &user.text {
        let entities = user.entities.iter();
        let example = Example {
            text: text.clone(),
            entities: entities
                .filter_map(|entity| annotation(entity, text))
                .collect(),
            ..Example::default()
        };
        // A payload such as `/greet` has no marks.
        let marked = if text.starts_with('/') {
            text.clone()
        } else {
            write_annotations(&example).unwrap_or_else(|| text.clone())
        };
        entries.push(("user".to_owned(), Node::text(marked)));
    }
    if let Some(intent) = &user.intent {
        entries.push(("intent".to_owned(), Node::text(intent.as_str())));
    }
    let unmarked: Vec<Node> = user
        .entities
        .iter()
        .filter(|entity| user.text.is_none() || entity.span.is_none())
        .map(step_entity)
        .collect();
    if !unmarked.is_empty() {
        entries.push(("entities".to_owned(), Node::List(unmarked)));
    }
    Node::Map(entries)
}

fn annotation(entity: &StepEntity, text: &str) -> Option<crate::data::Annotation> {
    let span = entity.span?;
    let value = entity.value.as_str().map(str::to_owned);
    Some(crate::data::Annotation {
        span,
        entity: entity.entity.clone(),
        role: entity.role.clone(),
        group: entity.group.clone(),
        value: value.filter(|value| value != span.of(text)),
        origin: entity.origin,
    })
}

fn step_entity(entity: &StepEntity) -> Node {
    let mut entries = vec![(entity.entity.clone(), Node::json(&entity.value))];
    for (key, value) in [("role", &entity.role), ("group", &entity.group)] {
        if let Some(value) = value {
            entries.push((key.to_owned(), Node::text(value.as_str())));
        }
    }
    Node::Map(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Origin;

    #[test]
    fn rules_stand_apart_with_their_steps() {
        let rule = |name: &str, intent: &str| {
            Story::answer(name, intent, &format!("utter_{intent}"), Origin::default())
        };
        assert_eq!(
            write_stories(&[
                rule("answer greet", "greet"),
                rule("answer bye: now", "bye")
            ]),
            r#"version: "3.1"

rules:
- rule: answer greet
  steps:
  - intent: greet
  - action: utter_greet

- rule: 'answer bye: now'
  steps:
  - intent: bye
  - action: utter_bye
"#
        );
    }
}
