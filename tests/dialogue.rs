//! Conversations that Rasa 3.6 held with real projects are held again: every event, every slot, every loop is the same.

use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use bot::{
    actions::{self, Driver, NoServer},
    agent::{ActionOutcome, ActionRequest, Conversation},
    data::{Component, Config, Event, EventKind},
    diagnostic::Sources,
    model::{self, Folder, Model},
    project::{self, Paths},
};
use serde_json::{Value, json};

use crate::common::{RunWith, bot, run, shared};

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

/// Returns the project trained with the policies of a recording, or with its own where there is none.
pub(crate) fn train(
    folder: &Path,
    recording: &Value,
    models: &Path,
    stub: bool,
) -> Result<Arc<Model>, String> {
    train_part(folder, recording, models, stub, model::Part::Core)
}

/// The same with the understanding, too, where that part is asked for.
pub(crate) fn train_part(
    folder: &Path,
    recording: &Value,
    models: &Path,
    stub: bool,
    part: model::Part,
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
        part,
        classifier: None,
        seed: 42,
        folder: models.to_owned(),
        name: None,
        resources: Vec::new(),
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
                    .into_iter()
                    .filter(|(_, value)| !value.is_null())
                    .collect();
                let active = json!(ours.tracker().active_loop());
                turns += 1;
                let same = found == recorded
                    && Value::Object(slots.clone()) == turn["slots"]
                    && active == turn["active_loop"];
                if !same {
                    let lines = |events: &[Value]| {
                        let lines: Vec<String> = events
                            .iter()
                            .map(|event| format!("\n    {event}"))
                            .collect();
                        lines.concat()
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

/// Trains through the command line and returns what `bot shell --plain --json` prints for these lines.
fn shell(folder: &Path, policies: &Value, lines: &str) -> Vec<Value> {
    let models = tempfile::tempdir().unwrap();
    let config = models.path().join("config.yml");
    // JSON is YAML.
    fs::write(
        &config,
        json!({"pipeline": [], "policies": policies}).to_string(),
    )
    .unwrap();
    let with = RunWith::of(folder);
    let mut train = bot();
    train.arg("--project").arg(folder);
    train.args(["train", "core", "--out"]).arg(models.path());
    train.arg("--config").arg(&config);
    for (flag, paths) in [("--domain", &with.domain), ("--data", &with.data)] {
        if !paths.is_empty() {
            train.arg(flag).args(paths);
        }
    }
    let trained = run(&mut train, b"");
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let mut shell = bot();
    shell.args(["shell", "--plain", "--json", "--model"]);
    shell.arg(models.path());
    let run = run(&mut shell, lines.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.json_lines()
}

#[test]
fn the_shell_holds_all_conversations_at_once_as_in_rasa() {
    let Some(shared) = shared() else { return };
    for id in ["RasaHQ__rasa__examples_formbot", "RasaHQ__financial-demo"] {
        let path = shared.join(format!("data/rasa-gold/dialogue/refused/{id}.json"));
        let recording: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let conversations = recording["conversations"].as_array().unwrap();
        let mut turns: Vec<(usize, usize, &Value)> = Vec::new();
        for (i, conversation) in conversations.iter().enumerate() {
            let own = conversation["turns"].as_array().unwrap().iter().enumerate();
            turns.extend(own.map(|(number, turn)| (number, i, turn)));
        }
        // Every conversation's first turn comes before any second one.
        turns.sort_by_key(|(number, conversation, _)| (*number, *conversation));
        let lines: Vec<String> = turns
            .iter()
            .map(|(_, sender, turn)| {
                json!({"sender": sender.to_string(), "text": turn["message"]}).to_string()
            })
            .collect();
        let folder = shared.join("data/projects").join(id);
        let answers = shell(&folder, &recording["policies"], &lines.join("\n"));
        assert_eq!(answers.len(), turns.len());
        for ((number, sender, turn), answer) in turns.iter().zip(&answers) {
            let place = format!("{id} {sender} {number}");
            assert_eq!(answer["sender"], sender.to_string(), "{place}");
            assert_eq!(answer["slots"], turn["slots"], "{place}");
            assert_eq!(answer["active_loop"], turn["active_loop"], "{place}");
            let names = |events: &Value| -> Vec<Value> {
                let events = events.as_array().unwrap().iter();
                events
                    .map(|event| {
                        json!([
                            event["event"],
                            event["name"],
                            event["value"],
                            event["policy"]
                        ])
                    })
                    .collect()
            };
            assert_eq!(names(&answer["events"]), names(&turn["events"]), "{place}");
        }
    }
}
