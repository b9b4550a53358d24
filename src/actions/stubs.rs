//! Custom actions that `actions.yml` answers: fixed, through a web service, or by a program.

use serde_json::json;

use super::{
    answer::Answer,
    http::{Call, Http, authority},
    problem::{Failure, Peer, short},
    program, request,
    values::{Values, fill_json, fill_text, fill_url, values},
};
use crate::{
    agent::Conversation,
    data::{Event, EventKind, HttpStub, Json, Located, Reply, StubKind},
    dialogue::fill,
};

/// Seconds until a call is given up where the file does not say.
const TIMEOUT: f64 = 30.0;

/// Runs what stands in the place of an action. `domain` is asked for only where a program needs it.
pub(super) fn run(
    action: &str,
    kind: &StubKind,
    conversation: &Conversation,
    http: &Http,
    folder: &std::path::Path,
    domain: impl FnOnce() -> Json,
) -> Result<Answer, Failure> {
    match kind {
        StubKind::Fixed {
            slots,
            responses,
            events,
        } => {
            let mut values = values(conversation);
            let slots = slots
                .iter()
                .map(|(name, value)| Ok((name, fill_json(value, &values)?)))
                .collect::<Result<Vec<_>, Failure>>()?;
            let mut answer = said(slots, responses, &mut values);
            answer.events.extend(events.iter().cloned());
            Ok(answer)
        }
        StubKind::Http(stub) => call(stub, conversation, http),
        StubKind::Program { command, timeout } => {
            let body = request::body(action, conversation, Some(&domain()));
            let input = serde_json::to_vec(&body).unwrap_or_default();
            let output = program::run(command, folder, input, timeout.unwrap_or(program::TIMEOUT))?;
            Answer::parse(&output).map_err(|what| {
                let name = command.first().map(|name| format!("`{name}`"));
                let peer = Peer {
                    what: "program",
                    name: name.unwrap_or_default(),
                    place: "actions.yml".to_owned(),
                };
                Failure::Form(peer, what)
            })
        }
    }
}

fn call(stub: &HttpStub, conversation: &Conversation, http: &Http) -> Result<Answer, Failure> {
    let mut values = values(conversation);
    let url = fill_url(&stub.url, &values)?;
    let mut headers = Vec::new();
    for (name, value) in &stub.headers {
        headers.push((name.clone(), fill_text(value, &values)?));
    }
    let has_type = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let body = match &stub.body {
        None => None,
        Some(Json::String(text)) => Some(fill_text(text, &values)?.into_bytes()),
        Some(json) => {
            if !has_type {
                headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            Some(serde_json::to_vec(&fill_json(json, &values)?).unwrap_or_default())
        }
    };
    let peer = Peer {
        what: "service",
        name: authority(&url).to_owned(),
        place: "actions.yml".to_owned(),
    };
    let timeout = stub.timeout.unwrap_or(TIMEOUT);
    let answer = http.send(&Call {
        method: &stub.method,
        url: &url,
        headers: &headers,
        body: body.as_deref(),
        timeout,
        connect_timeout: timeout,
        peer: &peer,
    })?;
    if !(200..300).contains(&answer.status) {
        let words = short(&String::from_utf8_lossy(&answer.body));
        let words = (!words.is_empty()).then_some(words);
        return Err(Failure::Status(peer, answer.status, words));
    }
    let mut slots = Vec::new();
    if !stub.slots.is_empty() {
        let json: Json = serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::Form(peer, format!("no JSON ({error})")))?;
        for (name, pointer) in &stub.slots {
            slots.push((name, json.pointer(pointer).cloned().unwrap_or_default()));
        }
    }
    Ok(said(slots, &stub.responses, &mut values))
}

/// Returns slots and messages as an action server would; messages see the slots.
fn said<'s>(
    slots: impl IntoIterator<Item = (&'s Located<String>, Json)>,
    responses: &[Reply],
    values: &mut Values,
) -> Answer {
    let mut answer = Answer::default();
    for (name, value) in slots {
        values.insert(name.value.clone(), value.clone());
        answer.events.push(Event {
            kind: EventKind::Slot {
                name: name.value.clone(),
                value,
            },
            timestamp: 0.0,
            metadata: serde_json::Map::new(),
        });
    }
    for reply in responses {
        let mut reply: Reply = reply
            .iter()
            .map(|(key, value)| (key.clone(), spoken(value, values)))
            .collect();
        // A response of the domain says the new values too, though they are set only after it.
        if reply.contains_key("response") {
            for event in &answer.events {
                if let EventKind::Slot { name, value } = &event.kind {
                    reply.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        answer.replies.push(reply);
    }
    answer
}

/// Fills every text as the domain's responses are filled: a text with an unknown name stays as it is.
fn spoken(json: &Json, values: &Values) -> Json {
    match json {
        Json::String(text) => fill(text, values).into(),
        Json::Array(items) => items.iter().map(|item| spoken(item, values)).collect(),
        Json::Object(map) => json!(
            map.iter()
                .map(|(key, value)| (key.clone(), spoken(value, values)))
                .collect::<Values>()
        ),
        other => other.clone(),
    }
}
