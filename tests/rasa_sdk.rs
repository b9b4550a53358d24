//! The action server of others: Python's rasa-sdk, as its users start it.

use std::{
    fmt::Write as _,
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::common::{Project, server::silent_port, skip};

/// What a user writes in Python.
const ACTIONS: &str = r#"
import datetime

from rasa_sdk import Action
from rasa_sdk.events import FollowupAction, ReminderScheduled, SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection


class Slots(Action):
    def name(self):
        return "action_slots"

    def run(self, dispatcher, tracker, domain):
        city = tracker.get_slot("city")
        entity = next(tracker.get_latest_entity_values("city"), None)
        intent = tracker.latest_message["intent"]["name"]
        channel = tracker.get_latest_input_channel()
        dispatcher.utter_message(
            text=f"{tracker.sender_id} {city} {entity} {intent} {channel} {len(tracker.events)} {sorted(domain['slots'])}"
        )
        return [SlotSet("seats", {"free": [1, 2], "city": city})]


class Rich(Action):
    def name(self):
        return "action_rich"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(
            text="Which?",
            buttons=[{"title": "Rome", "payload": '/slots{"city": "Rome"}'}],
            image="http://localhost/p.png",
        )
        dispatcher.utter_message(json_message={"map": [1, 2]})
        dispatcher.utter_message(attachment={"type": "file", "payload": {"src": "t.pdf"}})
        dispatcher.utter_message(response="utter_late", name="Bo")
        return []


class Followup(Action):
    def name(self):
        return "action_followup"

    async def run(self, dispatcher, tracker, domain):
        return [FollowupAction("utter_bye")]


class Reminder(Action):
    def name(self):
        return "action_reminder"

    def run(self, dispatcher, tracker, domain):
        at = datetime.datetime(2030, 1, 1, 12, 0)
        return [ReminderScheduled("bye", trigger_date_time=at, name="r", kill_on_user_message=False)]


class Boom(Action):
    def name(self):
        return "action_boom"

    def run(self, dispatcher, tracker, domain):
        raise ValueError("boom")


class Refuse(Action):
    def name(self):
        return "action_refuse"

    def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection("action_refuse", "not now")
"#;

const INTENTS: [&str; 7] = [
    "slots", "rich", "followup", "reminder", "boom", "refuse", "unknown",
];

#[test]
fn the_real_action_server_of_python_runs_our_actions() {
    let python = match environment() {
        Ok(python) => python,
        Err(why) => return skip(&format!("rasa-sdk: {why}")),
    };
    let project = project();
    project.train(&["core"]);
    let port = silent_port();
    project.write("endpoints.yml", endpoints(port, ""));
    let server = match Sdk::start(&python, project.path(), port) {
        Ok(server) => server,
        Err(why) => panic!("rasa-sdk does not start: {why}"),
    };
    let turn = |text: &str| -> Value {
        let run = project.run_with(
            &["shell", "--plain", "--json"],
            format!("{text}\n").as_bytes(),
        );
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.json_lines().remove(0)
    };
    let failure = |turn: &Value, action: &str| -> Value {
        let decisions = turn["decisions"].as_array().unwrap();
        let decision = decisions
            .iter()
            .find(|decision| decision["action"] == action);
        decision.unwrap_or_else(|| panic!("{turn}"))["failure"].clone()
    };

    let said = turn("/slots{\"city\": \"Rome\"}");
    assert_eq!(failure(&said, "action_slots"), Value::Null);
    assert_eq!(
        said["slots"]["seats"],
        json!({"free": [1, 2], "city": "Rome"})
    );
    assert_eq!(
        said["replies"][0]["text"],
        "shell Rome Rome slots cmdline 6 ['city', 'seats']"
    );

    let said = turn("/rich");
    let replies = said["replies"].as_array().unwrap();
    assert_eq!(replies.len(), 4, "{said}");
    assert_eq!(replies[0]["text"], "Which?");
    assert_eq!(
        replies[0]["buttons"][0]["payload"],
        "/slots{\"city\": \"Rome\"}"
    );
    assert_eq!(replies[0]["image"], "http://localhost/p.png");
    assert_eq!(replies[1]["custom"], json!({"map": [1, 2]}));
    assert_eq!(replies[2]["attachment"]["payload"]["src"], "t.pdf");
    assert_eq!(replies[3]["text"], "Late, Bo.");

    let said = turn("/followup");
    assert_eq!(said["replies"], json!([{"text": "Bye."}]));
    let said = turn("/reminder");
    assert_eq!(failure(&said, "action_reminder"), Value::Null);
    let said = turn("/refuse");
    assert_eq!(failure(&said, "action_refuse"), "it refused to run");
    let at = format!("the action server at localhost:{port} (endpoints.yml:2)");
    let said = turn("/boom");
    assert_eq!(
        failure(&said, "action_boom"),
        format!("{at} answered 500: boom")
    );
    let said = turn("/unknown");
    assert_eq!(
        failure(&said, "action_unknown"),
        format!("{at} has no such action")
    );

    // Packed, and with the domain only on demand, which newer servers ask for.
    project.write(
        "endpoints.yml",
        endpoints(port, "  enable_selective_domain: true\n"),
    );
    let mut bot = project.bot(&["shell", "--plain", "--json"]);
    bot.env("COMPRESS_ACTION_SERVER_REQUEST", "True");
    let run = crate::common::run(&mut bot, b"/slots{\"city\": \"Rome\"}\n");
    let said = &run.json_lines()[0];
    let failed = failure(said, "action_slots");
    // Servers that do not ask for it have no `domain['slots']`, and stumble over packed requests when they say so.
    let failed = failed.as_str().unwrap_or_default();
    let stumbles = failed.contains("answered 400") || failed.contains("answered 500");
    assert!(failed.is_empty() || stumbles, "{said}");
    let run = crate::common::run(&mut bot, b"/rich\n/followup\n");
    assert_eq!(
        run.json_lines()[0]["replies"].as_array().unwrap().len(),
        4,
        "{}",
        run.stdout
    );

    drop(server);
    // Its workers die a moment after it.
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(20));
    }
    let said = turn("/rich");
    assert_eq!(
        failure(&said, "action_rich"),
        format!("no action server at localhost:{port} (endpoints.yml:2)")
    );
}

fn endpoints(port: u16, more: &str) -> String {
    format!("action_endpoint:\n  url: http://localhost:{port}/webhook\n{more}")
}

fn project() -> Project {
    let mut domain = r#"version: "3.1"
entities: [city]
slots:
  seats:
    type: any
    mappings:
    - type: custom
  city:
    type: text
    influence_conversation: false
    mappings:
    - type: from_entity
      entity: city
responses:
  utter_late:
  - text: "Late, {name}."
  utter_bye:
  - text: Bye.
"#
    .to_owned();
    writeln!(domain, "intents: [bye, {}]", INTENTS.join(", ")).unwrap();
    writeln!(domain, "actions: [action_{}]", INTENTS.join(", action_")).unwrap();
    let rule = |name: &str| {
        format!("- rule: {name}\n  steps:\n  - intent: {name}\n  - action: action_{name}\n")
    };
    let rules = format!("version: \"3.1\"\nrules:\n{}", INTENTS.map(rule).concat());
    Project::of(&[
        ("domain.yml", &domain),
        ("data/rules.yml", &rules),
        (
            "config.yml",
            "language: en\npipeline: []\npolicies:\n- name: RulePolicy\n",
        ),
        ("actions.py", ACTIONS),
    ])
}

/// A running action server; it ends with this value.
struct Sdk(Child);

impl Sdk {
    fn start(python: &Path, folder: &Path, port: u16) -> Result<Self, String> {
        let log = fs::File::create(folder.join("sdk.log")).unwrap();
        let mut command = Command::new(python);
        command
            .args([
                "-m",
                "rasa_sdk",
                "--actions",
                "actions",
                "--port",
                &port.to_string(),
            ])
            .current_dir(folder)
            .env("SANIC_HOST", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        // A group of its own, so that its workers end with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut sdk = Self(command.spawn().map_err(|error| error.to_string())?);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = sdk.0.try_wait().unwrap();
            if ended.is_some() || start.elapsed() > Duration::from_secs(90) {
                let log = fs::read_to_string(folder.join("sdk.log")).unwrap();
                return Err(format!("{ended:?}\n{log}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(sdk)
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            let group = format!("-{}", self.0.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a Python that has rasa-sdk: from a virtual environment that is made once and kept beside other results of
/// the build. The error says what is missing.
fn environment() -> Result<PathBuf, String> {
    let (python, version) = python()?;
    // Newer Pythons need a newer SDK.
    let wanted = if version < (3, 11) {
        "rasa-sdk==3.6.2"
    } else {
        "rasa-sdk"
    };
    let name = format!("rasa-sdk-{}.{}", version.0, version.1);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let inside = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let inside = folder.join(inside);
    let ready = folder.join("ready");
    if ready.exists() && inside.exists() {
        return Ok(inside);
    }
    let _ = fs::remove_dir_all(&folder);
    run(Command::new(&python).args(["-m", "venv"]).arg(&folder), 120)?;
    let options = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--timeout",
        "20",
        "--retries",
        "1",
    ];
    run(Command::new(&inside).args(options).arg(wanted), 400)?;
    run(Command::new(&inside).args(["-c", "import rasa_sdk"]), 60)?;
    fs::write(ready, wanted).map_err(|error| error.to_string())?;
    Ok(inside)
}

/// Returns a Python of a version that some rasa-sdk is made for; `BOT_PYTHON` names one.
fn python() -> Result<(PathBuf, (u32, u32)), String> {
    let named = std::env::var_os("BOT_PYTHON").map(PathBuf::from);
    let usual = [
        "python3",
        "python3.11",
        "python3.10",
        "python3.9",
        "python3.8",
        "python",
    ];
    let mut seen = Vec::new();
    for candidate in named.into_iter().chain(usual.map(PathBuf::from)) {
        let script = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
        let Ok(output) = Command::new(&candidate).args(["-c", script]).output() else {
            continue;
        };
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let version = text
            .split_once(' ')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        match version {
            Some(version @ (3, 8..=11)) => return Ok((candidate, version)),
            Some((major, minor)) => seen.push(format!("Python {major}.{minor}")),
            None => {}
        }
    }
    Err(format!(
        "there is no Python 3.8 to 3.11 with venv and pip here (seen: {seen:?})"
    ))
}

/// Runs a command that must work within some seconds.
fn run(command: &mut Command, seconds: u64) -> Result<(), String> {
    let shown = format!("{command:?}");
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| format!("{shown}: {error}"))?;
    let start = Instant::now();
    while child
        .try_wait()
        .map_err(|error| error.to_string())?
        .is_none()
    {
        if start.elapsed() > Duration::from_secs(seconds) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{shown} takes longer than {seconds} s"));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{shown}: {}",
        words.lines().last().unwrap_or_default()
    ))
}
