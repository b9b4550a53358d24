//! Stories of Rasa 1.x: `## name`, `* intent{"entity": "value"}`, `- action`, checkpoints; test stories with texts;
//! answers of retrieval intents, which look alike.

use super::{problem, text::lines};
use crate::{
    data::{
        Json, Response, SlotValue, Step, StepEntity, StepKind, Story, StoryKind, UserStep,
        Variation,
    },
    diagnostic::Origin,
    project::{problem as project_problem, read_annotations, reader::Reader},
    text::Span,
};

/// Events that old stories could name and that no step can be.
const EVENTS: [&str; 11] = [
    "restart",
    "reset_slots",
    "undo",
    "rewind",
    "pause",
    "resume",
    "export",
    "followup",
    "reminder",
    "cancel_reminder",
    "loop_interrupted",
];

/// Reads stories from a file whose comments are blanks already.
pub(super) fn read(reader: &mut Reader<'_>, clean: &str) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    let mut told_outside = false;
    for (start, line) in lines(clean) {
        let source = reader.source;
        let place = |piece: &str| {
            let at = start + (piece.as_ptr() as usize - line.as_ptr() as usize);
            Origin::new(source, Span::new(at, at + piece.len()))
        };
        let line = line.trim();
        let origin = place(line);
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix(">>") {
            let kind = StoryKind::Rule {
                conditions: Vec::new(),
                conversation_start: false,
                wait_for_user_input: true,
            };
            stories.push(begun(name.trim(), kind, place(name.trim())));
            continue;
        }
        if line.starts_with('#') {
            let name = line.trim_matches(['#', ' ']);
            stories.push(begun(name, StoryKind::Story, place(name)));
            continue;
        }
        // Written by old interactive learning inside forms; Rasa passes over them as well.
        let inside = |mark: char| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.trim_start().starts_with("form: "))
        };
        if inside('*') || inside('-') {
            continue;
        }
        let step = if let Some(rest) = line.strip_prefix('>') {
            checkpoint(reader, rest, origin)
        } else if let Some(rest) = line.strip_prefix('-') {
            event(reader, rest, origin)
        } else if let Some(rest) = line.strip_prefix('*') {
            said(reader, rest, origin)
        } else {
            reader.note(problem::skipped_line(
                origin,
                "it is neither a story, a message, an action nor a checkpoint",
                "start a message with `* `, an action with `- `, a story with `## `",
            ));
            None
        };
        let Some(kind) = step else { continue };
        match stories.last_mut() {
            Some(story) => story.steps.push(Step { kind, origin }),
            None if told_outside => {}
            None => {
                told_outside = true;
                reader.note(problem::outside_story(origin));
            }
        }
    }
    // Headings without steps are titles of the file.
    stories.retain(|story| !story.steps.is_empty());
    stories
}

fn begun(name: &str, kind: StoryKind, origin: Origin) -> Story {
    Story {
        name: name.to_owned(),
        kind,
        steps: Vec::new(),
        origin,
    }
}

/// Splits `name{"key": value}`; braces that hold no JSON object are noted.
fn parameters<'l>(
    reader: &mut Reader<'_>,
    line: &'l str,
    origin: Origin,
) -> Option<(&'l str, serde_json::Map<String, Json>)> {
    let (name, json) = match line.find('{') {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    let name = name.trim();
    if json.trim().is_empty() {
        return Some((name, serde_json::Map::new()));
    }
    match serde_json::from_str(json.trim()) {
        Ok(Json::Object(map)) => Some((name, map)),
        Ok(_) => {
            reader.note(problem::bad_json(origin, "it is no object"));
            None
        }
        Err(error) => {
            reader.note(problem::bad_json(origin, &error.to_string()));
            None
        }
    }
}

fn values(map: serde_json::Map<String, Json>, origin: Origin) -> Vec<SlotValue> {
    map.into_iter()
        .map(|(name, value)| SlotValue {
            name,
            value: Some(value),
            origin,
        })
        .collect()
}

fn checkpoint(reader: &mut Reader<'_>, line: &str, origin: Origin) -> Option<StepKind> {
    let (name, slots) = parameters(reader, line, origin)?;
    let slots = values(slots, origin);
    (!name.is_empty()).then(|| StepKind::Checkpoint {
        name: name.to_owned(),
        slots,
    })
}

fn event(reader: &mut Reader<'_>, line: &str, origin: Origin) -> Option<StepKind> {
    let (name, map) = parameters(reader, line, origin)?;
    match name {
        "" => None,
        "slot" => {
            let slots = values(map, origin);
            (!slots.is_empty()).then_some(StepKind::SlotWasSet(slots))
        }
        "form" | "active_loop" => Some(StepKind::ActiveLoop(
            map.get("name").and_then(Json::as_str).map(str::to_owned),
        )),
        name if EVENTS.contains(&name) => {
            reader.note(problem::not_mapped(
                origin,
                format!("the event `{name}` in a story"),
                "let an action do it: `action_restart`, `action_back`, or one of your own",
            ));
            None
        }
        name => Some(StepKind::Action(name.to_owned())),
    }
}

fn said(reader: &mut Reader<'_>, line: &str, origin: Origin) -> Option<StepKind> {
    let mut choices: Vec<UserStep> = line
        .split(" OR ")
        .filter_map(|choice| message(reader, choice.trim(), origin))
        .collect();
    if choices.len() > 1 {
        return Some(StepKind::Or(
            choices
                .into_iter()
                .map(|user| Step {
                    kind: StepKind::User(user),
                    origin,
                })
                .collect(),
        ));
    }
    choices.pop().map(StepKind::User)
}

/// Reads `intent`, `intent{"entity": "value"}` or, of test stories, `intent: text`.
fn message(reader: &mut Reader<'_>, message: &str, origin: Origin) -> Option<UserStep> {
    let (head, text) = split_text(message);
    let (name, map) = parameters(reader, head, origin)?;
    let name = name.trim_start_matches('/').trim();
    if name.is_empty() {
        return None;
    }
    let mut user = UserStep {
        intent: Some(name.to_owned()),
        intent_origin: origin,
        ..UserStep::default()
    };
    let listed = map.into_iter().flat_map(|(entity, value)| {
        let values = match value {
            Json::Array(values) => values,
            value => vec![value],
        };
        values.into_iter().map(move |value| StepEntity {
            entity: entity.clone(),
            role: None,
            group: None,
            value,
            span: None,
            origin,
        })
    });
    match text {
        None => user.entities = listed.collect(),
        Some(text) if text.starts_with('/') => user.text = Some(text.to_owned()),
        Some(text) => match read_annotations(text) {
            Ok((clean, entities)) => {
                user.entities = entities
                    .into_iter()
                    .map(|found| StepEntity::marked(found, &clean, origin))
                    .collect();
                user.text = Some(clean);
            }
            Err(bad) => reader.note(project_problem::bad_annotation(origin, &bad.why)),
        },
    }
    Some(user)
}

/// Splits a message at the first colon outside of braces.
fn split_text(message: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, c) in message.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                let (head, text) = message.split_at(at);
                let text = text.trim_start_matches(':').trim();
                return (head, (!text.is_empty()).then_some(text));
            }
            _ => {}
        }
    }
    (message, None)
}

/// Reads the answers of retrieval intents: `* faq/name` over a list of texts.
pub(super) fn read_responses(reader: &mut Reader<'_>, clean: &str) -> Vec<Response> {
    let mut responses: Vec<Response> = Vec::new();
    for (start, whole) in lines(clean) {
        let line = whole.trim();
        let at = start + (line.as_ptr() as usize - whole.as_ptr() as usize);
        let origin = Origin::new(reader.source, Span::new(at, at + line.len()));
        if let Some(intent) = line.strip_prefix('*') {
            responses.push(Response {
                name: format!("utter_{}", intent.trim()),
                variations: Vec::new(),
                in_data: true,
                origin,
            });
        } else if let (Some(text), Some(response)) = (line.strip_prefix('-'), responses.last_mut())
            && !text.trim().is_empty()
        {
            response.variations.push(Variation {
                text: Some(text.trim().replace("\\n", "\n")),
                origin,
                ..Variation::default()
            });
        }
    }
    responses.retain(|response| !response.variations.is_empty());
    responses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;

    fn stories(text: &str) -> (Vec<Story>, Vec<&'static str>) {
        let mut findings = Vec::new();
        let mut reader = Reader {
            source: SourceId::default(),
            text,
            findings: &mut findings,
        };
        let found = read(&mut reader, text);
        (found, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn every_kind_of_line_is_a_step() {
        let (found, wrong) = stories(
            "# Title\n\n## one\n> start{\"vip\": true}\n* greet{\"name\": \"a: b\"} OR hello\n  - utter_a\n  - form{\"name\": \"f\"}\n  - form{\"name\": null}\n  - slot{\"x\": 1, \"z\": null}\n  - restart\n> end\n",
        );
        assert_eq!(wrong, ["foreign::not-mapped"]);
        assert_eq!(found.len(), 1);
        let text = crate::project::write_stories(&found);
        insta::assert_snapshot!(text, @r#"
        version: "3.1"

        stories:
        - story: one
          steps:
          - checkpoint: start
            slot_was_set:
            - vip: true
          - or:
            - intent: greet
              entities:
              - name: 'a: b'
            - intent: hello
          - action: utter_a
          - active_loop: f
          - active_loop: null
          - slot_was_set:
            - x: 1
            - z: null
          - checkpoint: end
        "#);
    }

    #[test]
    fn test_stories_have_texts_with_entities() {
        let (found, wrong) = stories(
            "## t\n* inform{\"city\": \"Oslo\"}: to [Oslo](city)!\n - utter_a\n* bye: /bye{\"a\": 1}\n* form: inform: x\n - form: f\n",
        );
        assert!(wrong.is_empty());
        assert_eq!(found[0].steps.len(), 3);
        let StepKind::User(first) = &found[0].steps[0].kind else {
            panic!("{found:?}");
        };
        assert_eq!(first.text.as_deref(), Some("to Oslo!"));
        assert_eq!(first.entities.len(), 1);
        let StepKind::User(last) = &found[0].steps[2].kind else {
            panic!("{found:?}");
        };
        assert_eq!(last.text.as_deref(), Some("/bye{\"a\": 1}"));
    }

    #[test]
    fn mistakes_are_told_once() {
        assert_eq!(
            stories("* a\n- b\n## s\n* x{\"a\": }\nwhat\n- utter\n").1,
            [
                "foreign::outside-story",
                "foreign::bad-json",
                "foreign::skipped-line"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[#>*\\- a-cé{}\":\\[\\]()\\n]{0,60}") {
            let clean = super::super::markdown::without_comments(&text);
            stories(&clean);
            let _ = super::super::markdown::kind(&clean);
        }
    }
}
