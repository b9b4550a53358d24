//! `endpoints.yml` and `credentials.yml`.

use super::{problem, reader::Reader};
use crate::{
    data::{Channel, Endpoint, Endpoints, Json, Located},
    yaml::Node,
};

/// Sections that Rasa reads.
const SECTIONS: [&str; 7] = [
    "action_endpoint",
    "nlg",
    "nlu",
    "models",
    "tracker_store",
    "event_broker",
    "lock_store",
];
/// Sections without an address of their own.
const WITHOUT_URL: [&str; 3] = ["tracker_store", "event_broker", "lock_store"];

/// Channels that come with Rasa.
const CHANNELS: [&str; 16] = [
    "rest",
    "callback",
    "socketio",
    "cmdline",
    "facebook",
    "slack",
    "telegram",
    "twilio",
    "twilio_voice",
    "mattermost",
    "rocketchat",
    "botframework",
    "webexteams",
    "hangouts",
    "rasa",
    "webchat",
];

/// Reads the tree of an `endpoints.yml`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node) -> Endpoints {
    let mut endpoints = Endpoints::default();
    for (key, body) in root.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        if name == "version" || name.starts_with("x-") {
            continue;
        }
        let at = reader.origin(key.span);
        if !SECTIONS.contains(&name) {
            reader.note(problem::unused_key(at, name, "endpoints.yml", &SECTIONS));
            continue;
        }
        if body.is_null() {
            continue;
        }
        let endpoint = endpoint(reader, name, body);
        if endpoint.url.is_none()
            && endpoint.kind.is_none()
            && body.entries().is_some()
            && !WITHOUT_URL.contains(&name)
        {
            reader.note(problem::endpoint_without_url(at, name));
        }
        endpoints
            .sections
            .push((Located::new(name.to_owned(), at), endpoint));
    }
    endpoints
}

fn endpoint(reader: &mut Reader<'_>, name: &str, body: &Node) -> Endpoint {
    reader.mapping(body, &format!("`{name}`"));
    let pairs = |key: &str| -> Vec<(String, String)> {
        body.get(key)
            .and_then(Node::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.text()?.to_owned())))
            .collect()
    };
    let word = |key: &str| body.get(key).and_then(Node::text).map(str::to_owned);
    let auth = pairs("basic_auth");
    let part = |name: &str| {
        let found = auth.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    Endpoint {
        url: reader.word(body.get("url")),
        kind: word("type").or_else(|| word("store_type")),
        headers: pairs("headers"),
        params: pairs("params"),
        basic_auth: (!auth.is_empty()).then(|| (part("username"), part("password"))),
        token: word("token"),
        token_name: word("token_name"),
        options: object(body),
    }
}

/// Reads the tree of a `credentials.yml`.
pub(super) fn read_credentials(reader: &mut Reader<'_>, root: &Node) -> Vec<Channel> {
    let mut channels = Vec::new();
    for (key, body) in root.entries().unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        if name == "version" || name.starts_with("x-") {
            continue;
        }
        let at = reader.origin(key.span);
        if !CHANNELS.contains(&name) && !name.contains('.') {
            reader.note(problem::unknown_channel(at, name, &CHANNELS));
            continue;
        }
        if !body.is_null() {
            reader.mapping(body, &format!("the channel `{name}`"));
        }
        channels.push(Channel {
            name: name.to_owned(),
            options: object(body),
            origin: at,
        });
    }
    channels
}

fn object(body: &Node) -> serde_json::Map<String, Json> {
    match body.json() {
        Json::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}
