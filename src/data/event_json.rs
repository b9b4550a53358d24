//! Events as others write them.

use serde_json::{Map, json};

use super::{Event, EventKind, Json, kind_of};

impl Event {
    /// Reads an event as action servers and stories of others write it: without a time, under a name of an older
    /// version, with gaps in what was understood of a message. The error says what is wrong with it.
    pub fn read(json: Json) -> Result<Event, String> {
        let Json::Object(mut map) = json else {
            return Err(format!("an event is {}, not an object", kind_of(&json)));
        };
        let name = match map.get("event") {
            Some(Json::String(name)) => name.clone(),
            _ => return Err("an event has no `event` that says which".to_owned()),
        };
        let metadata = match map.remove("metadata") {
            Some(Json::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        map.remove("timestamp");
        match name.as_str() {
            "form" => drop(map.insert("event".into(), "active_loop".into())),
            "form_validation" => {
                let validates = map.get("validate").and_then(Json::as_bool).unwrap_or(true);
                map.insert("event".into(), "loop_interrupted".into());
                map.insert("is_interrupted".into(), (!validates).into());
            }
            "user" => {
                let text = map.get("text").cloned().unwrap_or_default();
                let parse = map.remove("parse_data").unwrap_or_default();
                map.insert("text".into(), text.clone());
                map.insert("parse_data".into(), parse_data(parse, &text));
            }
            "bot" if !map.get("data").is_some_and(Json::is_object) => {
                map.insert("data".into(), json!({}));
            }
            "slot" if !map.contains_key("value") => {
                return Err("a `slot` event has no `value`".to_owned());
            }
            _ => {}
        }
        let kind: EventKind = serde_json::from_value(Json::Object(map))
            .map_err(|error| format!("the event `{name}` cannot be read: {error}"))?;
        Ok(Event {
            kind,
            timestamp: 0.0,
            metadata,
        })
    }
}

/// Fills the gaps in what an action server says was understood.
fn parse_data(parse: Json, text: &Json) -> Json {
    let mut parse = match parse {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    if !parse.get("text").is_some_and(Json::is_string) {
        parse.insert("text".into(), text.as_str().unwrap_or_default().into());
    }
    let intent = parse.entry("intent").or_insert_with(|| json!({}));
    if !intent.is_object() {
        *intent = json!({});
    }
    if let Some(intent) = intent.as_object_mut() {
        intent.entry("name").or_insert(Json::Null);
        if !intent.get("confidence").is_some_and(Json::is_number) {
            intent.insert("confidence".into(), 1.0.into());
        }
    }
    let entities = parse.get_mut("entities").and_then(Json::as_array_mut);
    for entity in entities
        .into_iter()
        .flatten()
        .filter_map(Json::as_object_mut)
    {
        for key in ["start", "end"] {
            if !entity.get(key).is_some_and(Json::is_u64) {
                entity.insert(key.into(), 0.into());
            }
        }
        entity.entry("value").or_insert(Json::Null);
    }
    Json::Object(parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_as_they_were_written() {
        for json in [
            json!({"event": "slot", "name": "a", "value": {"b": [1, null]}}),
            json!({"event": "active_loop", "name": null}),
            json!({"event": "loop_interrupted", "is_interrupted": false}),
            json!({"event": "followup", "name": "utter_x", "metadata": {"k": 1}}),
            json!({"event": "action_execution_rejected", "name": "f", "policy": null, "confidence": null}),
            json!({"event": "cancel_reminder", "name": null, "intent": "i", "entities": null}),
            json!({"event": "agent", "text": "t", "data": null}),
            json!({"event": "session_started"}),
            json!({"event": "restart"}),
            json!({"event": "rewind"}),
            json!({"event": "undo"}),
        ] {
            let event = Event::read(json.clone()).unwrap();
            let mut back = json!(event);
            assert_eq!(
                back.as_object_mut().unwrap().remove("timestamp"),
                Some(json!(0.0))
            );
            assert_eq!(back, json);
            assert_eq!(Event::read(back).unwrap(), event);
        }
    }

    #[test]
    fn gaps_in_a_message_are_filled() {
        for parse in [
            json!(null),
            json!({"intent": null}),
            json!({"text": 5, "entities": [{"entity": "e"}]}),
        ] {
            let json = json!({"event": "user", "text": "hi", "parse_data": parse});
            let EventKind::User {
                text, parse_data, ..
            } = Event::read(json).unwrap().kind
            else {
                panic!("no message");
            };
            assert_eq!(text.as_deref(), Some("hi"));
            assert_eq!(
                (&*parse_data.text, parse_data.intent.name.as_deref()),
                ("hi", None)
            );
        }
    }

    #[test]
    fn a_reminder_ends_with_the_next_message_unless_it_says_otherwise() {
        let json = json!({"event": "reminder", "intent": "i", "date_time": "2030-01-01T00:00:00"});
        let kind = Event::read(json).unwrap().kind;
        assert!(matches!(
            kind,
            EventKind::Reminder {
                kill_on_user_msg: true,
                ..
            }
        ));
    }

    proptest::proptest! {
        /// Whatever stands in an event, reading it ends with an event or with words.
        #[test]
        fn any_event_is_read_or_refused(name in "user|bot|slot|form|reminder|entities|x", key in "name|text|data|parse_data|entities|value", value in 0..6u8) {
            let values = [json!(null), json!([{}]), json!({"intent": {"name": 1}}), json!("t"), json!(-1), json!([[]])];
            let mut map = Map::new();
            map.insert("event".into(), name.into());
            map.insert(key, values[usize::from(value)].clone());
            if let Err(why) = Event::read(Json::Object(map)) {
                assert!(!why.is_empty());
            }
        }
    }
}
