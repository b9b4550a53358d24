//! `actions.yml`: what is done in the place of custom actions where there is no action server.

use super::{problem, reader::Reader};
use crate::{
    data::{Event, HttpStub, Json, Located, Reply, Stub, StubKind},
    yaml::Node,
};

/// Keys of an action.
const KEYS: [&str; 6] = ["slots", "responses", "events", "http", "program", "timeout"];
/// Keys of an `http:` block.
const HTTP_KEYS: [&str; 7] = [
    "method",
    "url",
    "headers",
    "body",
    "timeout",
    "slots",
    "responses",
];
/// Keys of a message that channels know; beside `response`, others are arguments.
const REPLY_KEYS: [&str; 8] = [
    "text",
    "response",
    "image",
    "buttons",
    "custom",
    "attachment",
    "elements",
    "quick_replies",
];
/// What a service can be asked for.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Reads the tree of an `actions.yml`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node) -> Vec<Stub> {
    reader.unused_keys(root, "actions.yml", &["version", "actions"]);
    let mut stubs: Vec<Stub> = Vec::new();
    let Some(actions) = root.get("actions") else {
        return stubs;
    };
    for (key, body) in reader.mapping(actions, "`actions`") {
        let Some(name) = reader.name(key, "an action") else {
            continue;
        };
        let action = Located::new(name, reader.origin(key.span));
        if let Some(kind) = stub(reader, &action, body) {
            stubs.push(Stub { action, kind });
        }
    }
    stubs
}

fn stub(reader: &mut Reader<'_>, action: &Located<String>, body: &Node) -> Option<StubKind> {
    let what = format!("`{}`", action.value);
    if !body.is_null() && body.entries().is_none() {
        reader.expected(body, &what, "a mapping");
        return None;
    }
    reader.keys(body, &what, &KEYS);
    let kinds = [
        (
            "http",
            &["program", "slots", "responses", "events", "timeout"][..],
        ),
        ("program", &["slots", "responses", "events"]),
    ];
    let asked = kinds
        .iter()
        .find_map(|(kind, others)| Some((*kind, body.get(kind)?, others)));
    if let Some((kind, node, others)) = asked {
        for other in *others {
            if let Some((key, _)) = body.entry(other) {
                let at = reader.origin(key.span);
                reader.note(problem::stub_of_two_kinds(at, &action.value, kind, other));
            }
        }
        return match kind {
            "http" => http(reader, action, node),
            _ => program(reader, action, node, body.get("timeout")),
        };
    }
    let slots = body.get("slots").map_or_else(Vec::new, |node| {
        let entries = reader.mapping(node, &format!("`slots` of {what}"));
        entries
            .iter()
            .filter_map(|(key, value)| {
                let name = reader.name(key, "a slot")?;
                Some((Located::new(name, reader.origin(key.span)), value.json()))
            })
            .collect()
    });
    let responses = responses(reader, body.get("responses"), &what);
    let events = events(reader, body.get("events"), &what);
    let answers = ["slots", "responses", "events"];
    if !answers.iter().any(|key| body.get(key).is_some()) {
        reader.note(problem::stub_without_answer(action.origin, &action.value));
    }
    Some(StubKind::Fixed {
        slots,
        responses,
        events,
    })
}

fn http(reader: &mut Reader<'_>, action: &Located<String>, node: &Node) -> Option<StubKind> {
    let what = format!("`http` of `{}`", action.value);
    if node.entries().is_none() {
        reader.expected(node, &what, "a mapping");
        return None;
    }
    reader.keys(node, &what, &HTTP_KEYS);
    let Some(url) = node.get("url") else {
        let example = "http://localhost:8000/trains?to={to}";
        reader.note(problem::stub_lacks(action.origin, &what, "url", example));
        return None;
    };
    let address = reader.string(url, &format!("`url` of {what}"))?;
    let address = address.trim();
    // An address may come from a variable, which only its user has.
    let starts = ["http://", "https://", "${"];
    if !starts.iter().any(|start| address.starts_with(start)) {
        let (at, name) = (reader.origin(url.span), format!("`url` of {what}"));
        let example = "http://localhost:8000/trains";
        reader.note(problem::stub_value(at, &name, "an address", example));
    }
    let body = node
        .get("body")
        .map(Node::json)
        .filter(|body| !body.is_null());
    let method = match node.get("method") {
        Some(word) => method(reader, word, &what)?,
        None if body.is_some() => "POST".to_owned(),
        None => "GET".to_owned(),
    };
    Some(StubKind::Http(Box::new(HttpStub {
        method,
        url: address.to_owned(),
        headers: headers(reader, node.get("headers"), &what),
        body,
        timeout: timeout(reader, node.get("timeout"), &what),
        slots: pointers(reader, node.get("slots"), &what),
        responses: responses(reader, node.get("responses"), &what),
    })))
}

fn method(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<String> {
    let name = format!("`method` of {what}");
    let word = reader.string(node, &name)?.to_ascii_uppercase();
    if METHODS.contains(&word.as_str()) {
        return Some(word);
    }
    let wanted = format!("one of {}", METHODS.join(", "));
    let at = reader.origin(node.span);
    reader.note(problem::stub_value(at, &name, &wanted, "GET"));
    None
}

fn headers(reader: &mut Reader<'_>, node: Option<&Node>, what: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some(node) = node else {
        return found;
    };
    for (key, value) in reader.mapping(node, &format!("`headers` of {what}")) {
        let Some(name) = reader.name(key, "a header") else {
            continue;
        };
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if !name.bytes().all(token) {
            let at = reader.origin(key.span);
            let wanted = "a name without blanks";
            reader.note(problem::stub_value(
                at,
                "a header",
                wanted,
                "Accept-Language",
            ));
            continue;
        }
        match value.text() {
            Some(text) => found.push((name, text.to_owned())),
            None => reader.expected(value, &format!("the header `{name}`"), "text"),
        }
    }
    found
}

/// Reads which slots are set from where in an answer.
fn pointers(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    what: &str,
) -> Vec<(Located<String>, String)> {
    let mut found = Vec::new();
    let Some(node) = node else {
        return found;
    };
    for (key, value) in reader.mapping(node, &format!("`slots` of {what}")) {
        let Some(name) = reader.name(key, "a slot") else {
            continue;
        };
        let place = format!("the place of `{name}` in the answer");
        let Some(pointer) = reader.string(value, &place) else {
            continue;
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let at = reader.origin(value.span);
            let example = format!("/{}", pointer.replace('.', "/"));
            let wanted = "a JSON pointer, which starts with `/`";
            reader.note(problem::stub_value(at, &place, wanted, &example));
            continue;
        }
        found.push((Located::new(name, reader.origin(key.span)), pointer));
    }
    found
}

fn program(
    reader: &mut Reader<'_>,
    action: &Located<String>,
    node: &Node,
    limit: Option<&Node>,
) -> Option<StubKind> {
    let what = format!("`program` of `{}`", action.value);
    let command: Vec<String> = reader
        .strings(node, &what)
        .into_iter()
        .map(|word| word.value)
        .collect();
    if command
        .first()
        .is_none_or(|program| program.trim().is_empty())
    {
        let at = reader.origin(node.span);
        reader.note(problem::stub_value(
            at,
            &what,
            "a program with its arguments, one to an item",
            "[python3, actions/trains.py]",
        ));
        return None;
    }
    Some(StubKind::Program {
        command,
        timeout: timeout(reader, limit, &format!("`{}`", action.value)),
    })
}

fn timeout(reader: &mut Reader<'_>, node: Option<&Node>, what: &str) -> Option<f64> {
    let node = node?;
    let name = format!("`timeout` of {what}");
    let seconds = reader.number(node, &name)?;
    if seconds > 0.0 && seconds.is_finite() {
        return Some(seconds);
    }
    let at = reader.origin(node.span);
    reader.note(problem::stub_value(
        at,
        &name,
        "a number of seconds above 0",
        "30",
    ));
    None
}

fn responses(reader: &mut Reader<'_>, node: Option<&Node>, what: &str) -> Vec<Reply> {
    let Some(node) = node else {
        return Vec::new();
    };
    let items = reader.list(node, &format!("`responses` of {what}"));
    let mut found = Vec::new();
    for item in items {
        // A text alone is a message.
        if let Some(text) = item.string() {
            found.push(Reply::from_iter([("text".to_owned(), text.into())]));
            continue;
        }
        let Json::Object(reply) = item.json() else {
            reader.expected(item, &format!("a response of {what}"), "a mapping");
            continue;
        };
        if !reply.contains_key("response") {
            reader.unused_keys(item, &format!("a response of {what}"), &REPLY_KEYS);
        }
        found.push(reply);
    }
    found
}

fn events(reader: &mut Reader<'_>, node: Option<&Node>, what: &str) -> Vec<Event> {
    let mut found = Vec::new();
    let Some(node) = node else {
        return found;
    };
    for item in reader.list(node, &format!("`events` of {what}")) {
        match Event::read(item.json()) {
            Ok(event) => found.push(event),
            Err(why) => {
                let at = reader.origin(item.span);
                reader.note(problem::stub_event(at, &why));
            }
        }
    }
    found
}
