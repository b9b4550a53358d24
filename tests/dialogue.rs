//! Conversations that Rasa 3.6 held with real projects are held again: every event, every slot, every loop is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use bot::{
    actions::{self, Driver, NoServer},
    agent::{ActionOutcome, ActionRequest, Agent, Conversation, Incoming},
    data::{Component, Config, Event, EventKind, Parse},
    diagnostic::Sources,
    dialogue::Verbosity,
    model::{self, Folder, Model},
    project::{self, Paths},
};
use serde_json::{Value, json};

use crate::common::{RunWith, shared};

/// Answers every call with nothing, as the stub server of the recordings did.
struct Stub;

impl Driver for Stub {
    fn run(&mut self, _request: &ActionRequest, _conversation: &Conversation) -> ActionOutcome {
        ActionOutcome::Done {
            events: Vec::new(),
            messages: Vec::new(),
        }
    }
}

/// Actions that the recordings with the stub server take out of the domain first, beside `validate_*` and
/// `action_ask_*`.
const TAKEN_OUT: [&str; 12] = [
    "action_session_start",
    "action_restart",
    "action_back",
    "action_listen",
    "action_default_fallback",
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    "action_revert_fallback_events",
    "action_two_stage_fallback",
    "action_unlikely_intent",
    "action_validate_slot_mappings",
    "action_extract_slots",
];

/// Returns the project trained with the policies of a recording.
fn train(
    folder: &Path,
    recording: &Value,
    models: &Path,
    stub: bool,
) -> Result<Arc<Model>, String> {
    let paths = if recording.is_null() {
        Paths::of(folder)
    } else {
        Paths {
            data: RunWith::of(folder).data,
            named: true,
            ..Paths::of(folder)
        }
    };
    let mut sources = Sources::new();
    let mut assistant = project::load(&paths, &mut sources)
        .map_err(|error| format!("{error:?}"))?
        .assistant;
    if stub {
        assistant.domain.actions.retain(|action| {
            let name = action.value.as_str();
            !TAKEN_OUT.contains(&name)
                && !name.starts_with("validate_")
                && !name.starts_with("action_ask_")
        });
    }
    let empty = Vec::new();
    let policies = recording["policies"].as_array().unwrap_or(&empty);
    let policies = policies.iter().map(|policy| {
        let mut options = policy.as_object().cloned().unwrap_or_default();
        let name = options
            .remove("name")
            .and_then(|name| Some(name.as_str()?.to_owned()));
        Component {
            name: name.unwrap_or_default(),
            options,
            ..Component::default()
        }
    });
    if recording["policies"].is_array() {
        assistant.config = Config {
            policies: Some(policies.collect()),
            ..Config::default()
        };
    }
    let options = model::Options {
        part: model::Part::Core,
        classifier: None,
        seed: 42,
        folder: models.to_owned(),
        name: None,
        now: ("20260101-000000".to_owned(), String::new()),
    };
    let stop = AtomicBool::new(false);
    model::train(&assistant, &sources, &options, &stop, &mut |_| {})
        .map_err(|error| format!("{error:?}"))?;
    let (_, model) = Folder::new(models)
        .load(None)
        .map_err(|error| format!("{error:?}"))?;
    Ok(Arc::new(model))
}

/// Returns an event as the recordings write it. Where a response has several variations, only its name is kept.
fn written(event: &Event, model: &Model) -> Value {
    let whole = serde_json::to_value(event).unwrap();
    let pick = |keys: &[&str]| -> Value {
        let picked = keys
            .iter()
            .map(|key| ((*key).to_owned(), whole[*key].clone()));
        Value::Object(picked.collect())
    };
    match &event.kind {
        EventKind::Action { .. } | EventKind::ActionExecutionRejected { .. } => {
            pick(&["event", "name", "policy"])
        }
        EventKind::Slot { .. } => pick(&["event", "name", "value"]),
        EventKind::ActiveLoop { .. } => pick(&["event", "name"]),
        EventKind::User {
            text, parse_data, ..
        } => json!({"event": "user", "text": text, "intent": parse_data.intent.name}),
        EventKind::Bot { text, data } => {
            let data: serde_json::Map<String, Value> = data
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            let bot = json!({"event": "bot", "utter_action": event.metadata.get("utter_action"), "text": text, "data": data});
            known_variation(bot, model)
        }
        _ => pick(&["event"]),
    }
}

/// Leaves of a message of the bot only the response's name, where chance chose between several variations.
fn known_variation(mut bot: Value, model: &Model) -> Value {
    let name = bot["utter_action"].as_str().unwrap_or_default();
    let response = model.domain.response(name);
    if response.is_some_and(|response| response.variations.len() > 1) {
        bot["text"] = Value::Null;
        bot["data"] = Value::Null;
    }
    bot
}

/// Holds the conversations of one folder of recordings again.
fn replay(name: &str, driver: &mut dyn Driver) {
    let Some(shared) = shared() else { return };
    let (mut turns, mut projects) = (0, 0);
    let mut wrong = Vec::new();
    let folder = shared.join("data/rasa-gold/dialogue").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let recording: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        if recording.get("error").is_some() {
            continue;
        }
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        let models = tempfile::tempdir().unwrap();
        let project = shared.join("data/projects").join(&id);
        let model = match train(&project, &recording, models.path(), name == "stub") {
            Ok(model) => model,
            Err(why) => {
                wrong.push(format!("{id}: not trained: {why}"));
                continue;
            }
        };
        projects += 1;
        for conversation in recording["conversations"].as_array().into_iter().flatten() {
            let mut ours = Conversation::new(Arc::clone(&model), "gold", "collector", 0);
            for (number, turn) in conversation["turns"].as_array().unwrap().iter().enumerate() {
                let message = turn["message"].as_str().unwrap();
                let done = actions::say(&mut ours, message, 0.0, driver);
                let found: Vec<Value> = done
                    .events
                    .iter()
                    .map(|event| written(event, &model))
                    .collect();
                let recorded: Vec<Value> = turn["events"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|event| known_variation_of(event, &model))
                    .collect();
                let slots: serde_json::Map<String, Value> = ours
                    .tracker()
                    .slots()
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                let active = json!(ours.tracker().active_loop());
                turns += 1;
                let same = found == recorded
                    && Value::Object(slots.clone()) == turn["slots"]
                    && active == turn["active_loop"];
                if !same {
                    let lines = |events: &[Value]| {
                        events
                            .iter()
                            .map(|event| format!("\n    {event}"))
                            .collect::<String>()
                    };
                    wrong.push(format!(
                        "{id} · {} · turn {number} {message}\n  rasa {} {}{}\n  bot  {} {active}{}",
                        conversation["name"],
                        turn["slots"],
                        turn["active_loop"],
                        lines(&recorded),
                        Value::Object(slots),
                        lines(&found),
                    ));
                    break;
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} conversations differ, {turns} turns held:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(projects, 30, "{turns} turns");
    assert!(turns >= 700, "only {turns} turns");
}

fn known_variation_of(event: &Value, model: &Model) -> Value {
    if event["event"] == "bot" {
        known_variation(event.clone(), model)
    } else {
        event.clone()
    }
}

#[test]
fn conversations_go_as_in_rasa_with_a_server_that_answers_nothing() {
    replay("stub", &mut Stub);
}

#[test]
fn conversations_go_as_in_rasa_where_no_server_listens() {
    replay("refused", &mut NoServer);
}

/// Requests to a whole bot, one conversation after the other, as Rasa's server answered them.
struct Recorded {
    number: u64,
    sender: String,
    path: String,
    method: String,
    body: Value,
    answer: Value,
}

fn requests(folder: &Path) -> Vec<Recorded> {
    let mut found: Vec<Recorded> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .filter_map(|path| {
            let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let request = &file["request"];
            let path = request["path"].as_str()?.to_owned();
            let sender = match path.strip_prefix("/conversations/") {
                Some(rest) => rest.split('/').next()?.to_owned(),
                None if path == "/webhooks/rest/webhook" => request["body"]["sender"]
                    .as_str()
                    .unwrap_or("default")
                    .to_owned(),
                None => return None,
            };
            Some(Recorded {
                number: file["n"].as_u64()?,
                sender,
                method: request["method"].as_str()?.to_owned(),
                body: request["body"].clone(),
                answer: file["response"]["body"].clone(),
                path,
            })
        })
        .collect();
    found.sort_by_key(|request| request.number);
    found
}

/// Leaves of an event of Rasa's or ours what does not change from run to run.
fn lasting(event: &Value) -> Value {
    let mut event = event.clone();
    for key in ["timestamp", "message_id", "confidence", "parse_data"] {
        event.as_object_mut().unwrap().remove(key);
    }
    if let Some(metadata) = event["metadata"].as_object_mut() {
        metadata.remove("model_id");
        metadata.remove("assistant_id");
    }
    if event["metadata"]
        .as_object()
        .is_none_or(serde_json::Map::is_empty)
    {
        event.as_object_mut().unwrap().remove("metadata");
    }
    event
}

/// Whole bots, with the understanding that Rasa's own classifiers had: what rules and stories decide is the same in
/// every event, slot, loop and response; what TEDPolicy or UnexpecTEDIntentPolicy decided is only named.
#[test]
fn whole_bots_go_as_in_rasa() {
    let Some(shared) = shared() else { return };
    let (mut wrong, mut learnt) = (Vec::new(), Vec::new());
    let (mut compared, mut answers) = (0, 0);
    for bot in ["moodbot", "formbot"] {
        let folder = shared.join("data/rasa-gold").join(bot);
        let models = tempfile::tempdir().unwrap();
        let model = train(&folder.join("project"), &Value::Null, models.path(), false).unwrap();
        let mut agent = Agent::new(model, "collector", 0);
        let all = requests(&folder);
        // Rasa's in-memory store forgets what was before a restart; the same words were understood alike elsewhere.
        let known: BTreeMap<&str, &Value> = all
            .iter()
            .filter_map(|request| request.answer["events"].as_array())
            .flatten()
            .filter_map(|event| Some((event["text"].as_str()?, event.get("parse_data")?)))
            .collect();
        let mut unknown: BTreeSet<&str> = BTreeSet::new();
        let mut unsaid: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (at, request) in all.iter().enumerate() {
            let sender = request.sender.as_str();
            let place = format!("{bot} {:03} {sender}", request.number);
            let message = request.body["message"].as_str();
            match (request.method.as_str(), message) {
                ("POST", Some(text)) if request.path.starts_with("/webhooks") => {
                    // How it was understood stands in the next tracker of the conversation.
                    let rest = all[at..].iter().filter(|other| other.sender == sender);
                    let rest: Vec<&Recorded> = rest.collect();
                    let until = rest
                        .iter()
                        .position(|other| other.answer["events"].is_array());
                    let parse = until.and_then(|until| {
                        let later = rest[..until]
                            .iter()
                            .filter(|other| other.body["message"].is_string())
                            .count();
                        let events = rest[until].answer["events"].as_array().unwrap();
                        let users: Vec<&Value> = events
                            .iter()
                            .filter(|event| event["event"] == "user")
                            .collect();
                        let user = users.get(users.len().checked_sub(later)?)?;
                        (user["text"] == text).then(|| {
                            serde_json::from_value::<Parse>(user["parse_data"].clone()).unwrap()
                        })
                    });
                    let parse = parse.or_else(|| {
                        let known = (*known.get(text)?).clone();
                        Some(serde_json::from_value(known).unwrap())
                    });
                    if parse.is_none() && !text.starts_with('/') {
                        unknown.insert(sender);
                        continue;
                    }
                    let message = Incoming {
                        sender: sender.to_owned(),
                        text: text.to_owned(),
                        parse,
                        input_channel: Some("rest".to_owned()),
                        metadata: request.body["metadata"]
                            .as_object()
                            .cloned()
                            .unwrap_or_default(),
                    };
                    let step = agent.handle(message, 1.0);
                    let turn =
                        actions::finish(agent.conversation(sender), step, 1.0, &mut NoServer);
                    let said: Vec<Value> = turn
                        .messages
                        .iter()
                        .flat_map(|(_, message)| message.parts(sender))
                        .collect();
                    answers += 1;
                    if Value::Array(said.clone()) != request.answer {
                        unsaid.entry(sender).or_default().push(format!(
                            "{place}: says {}\n  not {}",
                            Value::Array(said),
                            request.answer
                        ));
                    }
                }
                ("GET", _)
                    if request.answer["events"].is_array() && !request.path.contains('?') =>
                {
                    let recorded = request.answer["events"].as_array().unwrap();
                    let learned = recorded.iter().any(|event| {
                        matches!(
                            event["policy"].as_str(),
                            Some("TEDPolicy" | "UnexpecTEDIntentPolicy")
                        )
                    });
                    let events: Vec<Event> = recorded
                        .iter()
                        .map(|event| serde_json::from_value(event.clone()).unwrap())
                        .collect();
                    let differs = unsaid.remove(sender).unwrap_or_default();
                    if learned || unknown.contains(sender) || agent.get(sender).is_none() {
                        learnt.push(place);
                    } else {
                        compared += 1;
                        wrong.extend(differs);
                        let tracker = agent.conversation(sender).tracker();
                        let ours: Vec<Value> = tracker
                            .events()
                            .iter()
                            .skip(tracker.events().len().saturating_sub(recorded.len()))
                            .map(|event| lasting(&serde_json::to_value(event).unwrap()))
                            .collect();
                        let theirs: Vec<Value> = recorded.iter().map(lasting).collect();
                        for (a, b) in ours.iter().zip(&theirs).filter(|(a, b)| a != b) {
                            wrong.push(format!("{place}:\n  rasa {b}\n  bot  {a}"));
                        }
                        let state = tracker.state(Verbosity::None);
                        for key in [
                            "slots",
                            "followup_action",
                            "paused",
                            "latest_input_channel",
                            "latest_action",
                            "latest_action_name",
                        ] {
                            if state[key] != request.answer[key] {
                                wrong.push(format!(
                                    "{place}: {key} is {}, not {}",
                                    state[key], request.answer[key]
                                ));
                            }
                        }
                        if state["active_loop"]["name"] != request.answer["active_loop"]["name"] {
                            wrong.push(format!("{place}: another loop"));
                        }
                        continue;
                    }
                    // What was learnt is taken over; from there on the rules must agree again.
                    unknown.remove(sender);
                    agent.forget(sender, 0);
                    agent.conversation(sender).record(events);
                }
                ("POST", _) if request.path.ends_with("/tracker/events") => {
                    let event = serde_json::from_value::<EventKind>(request.body.clone());
                    match event {
                        Ok(kind) => agent.conversation(sender).record([Event {
                            kind,
                            timestamp: 1.0,
                            metadata: serde_json::Map::new(),
                        }]),
                        Err(_) => drop(unknown.insert(sender)),
                    }
                }
                _ => drop(unknown.insert(sender)),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} things differ in {compared} trackers, {answers} answers:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        compared >= 50,
        "{compared} trackers compared; learnt: {learnt:?}"
    );
    println!(
        "{compared} trackers and {answers} answers are the same; decided by what is learnt: {learnt:?}"
    );
}
