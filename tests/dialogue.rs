//! Conversations that Rasa 3.6 held with real projects are held again: the same actions by the same policies, the same
//! slots. Projects with forms wait until forms are run.

use std::{fs, path::Path, sync::Arc, sync::atomic::AtomicBool};

use bot::{
    actions::{self, NoServer},
    agent::Conversation,
    data::{Component, Config},
    diagnostic::Sources,
    model::{self, Folder},
    project::{self, Paths},
};
use serde_json::Value;

use crate::common::{RunWith, shared};

/// Returns the project trained with the policies of a recording; `None` where it cannot be trained alike.
fn train(folder: &Path, recording: &Value, models: &Path) -> Option<Arc<model::Model>> {
    let paths = Paths {
        data: RunWith::of(folder).data,
        named: true,
        ..Paths::of(folder)
    };
    let mut sources = Sources::new();
    let mut assistant = project::load(&paths, &mut sources).ok()?.assistant;
    if !assistant.domain.forms.is_empty() {
        return None;
    }
    let policies = recording["policies"].as_array()?.iter().map(|policy| {
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
    assistant.config = Config {
        policies: Some(policies.collect()),
        ..Config::default()
    };
    let options = model::Options {
        part: model::Part::Core,
        classifier: None,
        seed: 42,
        folder: models.to_owned(),
        name: None,
        now: ("20260101-000000".to_owned(), String::new()),
    };
    let stop = AtomicBool::new(false);
    model::train(&assistant, &sources, &options, &stop, &mut |_| {}).ok()?;
    Some(Arc::new(Folder::new(models).load(None).ok()?.1))
}

/// Returns name and policy of every predicted action of a recorded turn.
fn recorded(turn: &Value) -> Vec<(String, String)> {
    let events = turn["events"].as_array().into_iter().flatten();
    events
        .filter(|event| event["event"] == "action")
        .filter_map(|event| {
            Some((
                event["name"].as_str()?.to_owned(),
                event["policy"].as_str()?.to_owned(),
            ))
        })
        .collect()
}

#[test]
fn conversations_without_forms_go_as_in_rasa() {
    let Some(shared) = shared() else { return };
    let (mut turns, mut projects) = (0, 0);
    let mut wrong = Vec::new();
    for entry in fs::read_dir(shared.join("data/rasa-gold/dialogue/refused")).unwrap() {
        let path = entry.unwrap().path();
        let recording: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap();
        let models = tempfile::tempdir().unwrap();
        let folder = shared.join("data/projects").join(name);
        let Some(model) = train(&folder, &recording, models.path()) else {
            continue;
        };
        projects += 1;
        for conversation in recording["conversations"].as_array().into_iter().flatten() {
            let mut ours = Conversation::new(Arc::clone(&model), "gold", "collector", 0);
            for turn in conversation["turns"].as_array().into_iter().flatten() {
                let message = turn["message"].as_str().unwrap();
                let done = actions::say(&mut ours, message, 0.0, &mut NoServer);
                let found: Vec<(String, String)> = done
                    .decisions
                    .iter()
                    .filter_map(|decision| {
                        let policy = decision.vote.as_ref()?.policy;
                        Some((decision.action.clone(), policy.to_owned()))
                    })
                    .collect();
                let slots: serde_json::Map<String, Value> = ours
                    .tracker()
                    .slots()
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                turns += 1;
                if found != recorded(turn) || Value::Object(slots.clone()) != turn["slots"] {
                    wrong.push(format!(
                        "{} · {} · {message}\n  rasa {:?} {}\n  bot  {found:?} {slots:?}",
                        name.display(),
                        conversation["name"],
                        recorded(turn),
                        turn["slots"]
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {turns} turns differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        projects >= 10 && turns >= 300,
        "only {projects} projects, {turns} turns"
    );
}
