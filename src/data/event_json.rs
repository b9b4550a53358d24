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
