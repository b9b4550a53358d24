//! How long a turn takes without a network, and how much an idle conversation holds.
//!
//! `cargo bench --bench dialogue -- [PROJECT…]` trains the dialogue of the recorded projects with all five policies and
//! holds their recorded conversations again and again. It prints how long training took, the time by turn, the time by
//! turn in the middle of the last tenth of one conversation of 2,000 turns, and the bytes that a conversation holds
//! after its first turn, those of its events apart.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

#[path = "common/shared.rs"]
mod shared;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use bot::{
    actions::{self, NoServer},
    agent::{Agent, Incoming},
    data::{Component, Config, Event, EventKind, Parse},
    diagnostic::Sources,
    dialogue,
    model::{self, Folder, Model},
    project::{self, Paths},
};
use serde_json::Value;
use shared::shared;

/// Turns to measure at least.
const TURNS: usize = 20_000;
/// Conversations to hold at once.
const HELD: usize = 10_000;
/// Turns of a long conversation.
const LONG: usize = 2_000;

fn main() {
    let shared = shared();
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let folder = shared.join("rasa-gold/dialogue/refused");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    if wanted.len() != 1 {
        println!(
            "{:>8} {:>9} {:>9} {:>9} {:>7} {:>7}  project",
            "train ms", "µs/turn", "slowest", "long µs", "bytes", "events"
        );
    }
    for path in paths {
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        let recording: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        if wanted != [id.clone()] {
            if wanted.is_empty() || wanted.contains(&id) {
                // What one project leaves behind must not be counted for the next.
                let own = std::env::current_exe().unwrap();
                Command::new(own).arg(&id).status().unwrap();
            }
            continue;
        }
        let Some((model, seconds)) = train(&shared.join("projects").join(&id), &recording) else {
            continue;
        };
        print!("{:8.1} ", seconds * 1e3);
        measure(&id, &model, &recording);
    }
}

fn train(folder: &Path, recording: &Value) -> Option<(Arc<Model>, f64)> {
    let mut sources = Sources::new();
    let mut assistant = project::load(&Paths::of(folder), &mut sources)
        .ok()?
        .assistant;
    let learnt = ["TEDPolicy", "UnexpecTEDIntentPolicy"].map(|name| Component {
        name: name.to_owned(),
        ..Component::default()
    });
    let policies = recording["policies"].as_array()?.iter().map(|policy| {
        let mut options = policy.as_object().cloned().unwrap_or_default();
        let name = options.remove("name").unwrap();
        Component {
            name: name.as_str().unwrap().to_owned(),
            options,
            ..Component::default()
        }
    });
    assistant.config = Config {
        policies: Some(policies.chain(learnt).collect()),
        ..Config::default()
    };
    let models = tempfile::tempdir().unwrap();
    let options = model::Options {
        part: model::Part::Core,
        classifier: None,
        seed: 42,
        folder: models.path().to_owned(),
        name: None,
        resources: Vec::new(),
        now: ("20260101-000000".to_owned(), String::new()),
    };
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    dialogue::train(&assistant, &sources);
    let seconds = start.elapsed().as_secs_f64();
    model::train(&assistant, &sources, &options, &stop, &mut |_| {}).ok()?;
    let model = Folder::new(models.path()).load(None).ok()?.1;
    Some((Arc::new(model), seconds))
}

fn measure(id: &str, model: &Arc<Model>, recording: &Value) {
    let Some(conversations) = recording["conversations"].as_array() else {
        return;
    };
    let messages: Vec<Vec<&str>> = conversations
        .iter()
        .map(|conversation| {
            let turns = conversation["turns"].as_array().unwrap().iter();
            turns
                .map(|turn| turn["message"].as_str().unwrap())
                .collect()
        })
        .collect();
    let mut crowd = Agent::new(Arc::clone(model), "collector", 0);
    crowd.conversation("first");
    let before = resident();
    for i in 0..HELD {
        say(&mut crowd, &i.to_string(), messages[0][0]);
    }
    let held = (resident() - before) / HELD as f64;
    let before = resident();
    let events: Vec<Vec<Event>> = (0..HELD)
        .map(|i| {
            crowd
                .conversation(&i.to_string())
                .tracker()
                .events()
                .iter()
                .map(copy)
                .collect()
        })
        .collect();
    let own = (resident() - before) / HELD as f64;
    drop(events);
    let mut agent = Agent::new(Arc::clone(model), "collector", 0);
    let (mut turns, mut seconds, mut slowest) = (0, 0.0, 0.0_f64);
    while turns < TURNS {
        for (i, texts) in messages.iter().enumerate() {
            let sender = i.to_string();
            agent.forget(&sender, 0);
            for text in texts {
                let start = Instant::now();
                say(&mut agent, &sender, text);
                let took = start.elapsed().as_secs_f64();
                seconds += took;
                slowest = slowest.max(took);
                turns += 1;
            }
        }
    }
    let all: Vec<&str> = messages.concat();
    let mut long = Vec::with_capacity(LONG / 10);
    let mut talker = Agent::new(Arc::clone(model), "collector", 0);
    for turn in 0..LONG {
        let start = Instant::now();
        say(&mut talker, "long", all[turn % all.len()]);
        if turn >= LONG - LONG / 10 {
            long.push(start.elapsed().as_secs_f64());
        }
    }
    long.sort_by(f64::total_cmp);
    println!(
        "{:9.1} {:9.1} {:9.1} {:7.0} {own:7.0}  {id}",
        seconds * 1e6 / f64::from(u32::try_from(turns).unwrap()),
        slowest * 1e6,
        long[long.len() / 2] * 1e6,
        held - own,
    );
}

fn say(agent: &mut Agent, sender: &str, text: &str) {
    let message = Incoming {
        sender: sender.to_owned(),
        text: text.to_owned(),
        ..Incoming::default()
    };
    let step = agent.handle(message, 1.0);
    actions::finish(agent.conversation(sender), step, 1.0, &mut NoServer);
}

/// Copies an event with all that it points to.
fn copy(event: &Event) -> Event {
    let mut event = event.clone();
    if let EventKind::User { parse_data, .. } = &mut event.kind {
        *parse_data = Arc::new(Parse::clone(parse_data));
    }
    event
}

/// Returns the bytes of memory in use; 0 where the system does not tell.
fn resident() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0
}
