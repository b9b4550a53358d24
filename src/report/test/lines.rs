//! The run as a stream: one JSON document a line, as things happen, and the whole report in the end.

use serde_json::{Value, json};

use super::{failure::message, json};
use crate::eval::{
    run::{Event, TestReport},
    story::Held,
};

/// Returns the line of something that happened, if it has one.
pub fn event(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Stage { name, total } => {
            Some(json!({"event": "stage", "name": name, "total": total}).to_string())
        }
        Event::Message(message) => {
            let mut value = json::heard(message);
            if let Value::Object(map) = &mut value {
                map.insert("event".to_owned(), "message".into());
                map.insert(
                    "passed".to_owned(),
                    message.misunderstandings().is_empty().into(),
                );
            }
            Some(value.to_string())
        }
        Event::Story(held) => Some(story(held).to_string()),
    }
}

fn story(held: &Held) -> Value {
    json!({
        "event": "story", "story": held.name, "passed": held.passed(),
        "message": held.failure.as_ref().map(message),
        "file": held.failure.as_ref().map_or(&held.place.file, |failure| &failure.place.file),
        "line": held.failure.as_ref().map_or(held.place.line, |failure| failure.place.line),
    })
}

/// Returns the last line.
pub fn report(report: &TestReport) -> String {
    let mut value = json::json(report);
    if let Value::Object(map) = &mut value {
        map.insert("event".to_owned(), "report".into());
    }
    value.to_string()
}
