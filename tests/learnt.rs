//! What is learnt from stories beyond their letter, through the real binary: unseen paths, words of user and bot; and
//! branches and reminders of conversations.

use std::{fmt::Write as _, sync::Arc};

use bot::{
    actions::{self, Driver},
    agent::{ActionOutcome, ActionRequest, Agent, Conversation, Incoming},
    data::{Event, EventKind},
    model::Folder,
};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::common::Project;

const DOMAIN: &str = r#"version: "3.1"
intents: [greet, order, affirm, deny, thank, remind, reminder]
actions: [action_remind]
responses:
  utter_greet:
  - text: Hello
  utter_what:
  - text: What?
  utter_done:
  - text: Done
  utter_stopped:
  - text: Stopped
  utter_welcome:
  - text: Welcome
  utter_reminder:
  - text: Time is up
"#;

const NLU: &str = r#"version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
- intent: order
  examples: |
    - a pizza
    - bring food
"#;

const STORIES: &str = r#"version: "3.1"
stories:
- story: ordered
  steps:
  - intent: greet
  - action: utter_greet
  - intent: order
  - action: utter_what
  - intent: affirm
  - action: utter_done
- story: stopped
  steps:
  - intent: greet
  - action: utter_greet
  - intent: order
  - action: utter_what
  - intent: deny
  - action: utter_stopped
- story: at once
  steps:
  - intent: order
  - action: utter_what
  - intent: affirm
  - action: utter_done
  - intent: thank
  - action: utter_welcome
"#;

fn project(policies: &str, stories: &str) -> Project {
    Project::of(&[
        (
            "config.yml",
            &format!(
                "recipe: default.v1\nlanguage: en\npipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\npolicies:\n{policies}"
            ),
        ),
        ("domain.yml", DOMAIN),
        ("data/nlu.yml", NLU),
        ("data/stories.yml", stories),
    ])
}

/// Returns what the shell answers to these lines.
fn shell(project: &Project, lines: &str) -> Vec<Value> {
    let run = project.run_with(&["shell", "--plain", "--json"], lines.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.json_lines()
}

/// Returns the actions of a turn, listening apart.
fn actions(answer: &Value) -> Vec<&str> {
    let decisions = answer["decisions"].as_array().unwrap();
    let names = decisions.iter().map(|one| one["action"].as_str().unwrap());
    names.filter(|name| *name != "action_listen").collect()
}

#[test]
fn a_path_that_no_story_has_is_foreseen_with_its_reasons() {
    for name in ["TEDPolicy", "LinearPolicy"] {
        let policies = format!(
            "- name: MemoizationPolicy\n- name: RulePolicy\n- name: {name}\n  epochs: 5\n  constrain_similarities: true\n"
        );
        let project = project(&policies, STORIES);
        let trained = project.run(&["train"]);
        assert_eq!(trained.code, 0, "{}", trained.stderr);
        assert_eq!(trained.stderr.contains("linear model"), name == "TEDPolicy");
        // No story orders twice, so memoization has nothing to say.
        let answers = shell(&project, "/greet\n/greet\n/order\n/deny\n");
        assert_eq!(actions(&answers[2]), ["utter_what"]);
        assert_eq!(actions(&answers[3]), ["utter_stopped"]);
        let winner = &answers[3]["trace"][0]["winner"];
        assert_eq!(winner["policy"], name);
        let confidence = winner["confidence"].as_f64().unwrap();
        assert!((0.3..1.0).contains(&confidence), "{confidence}");
        let because = &winner["because"]["learnt"];
        let first = &because["because"][0];
        assert!(
            first["feature"].as_str().unwrap().contains("intent deny"),
            "{because}"
        );
        assert!(first["share"].as_f64().unwrap() > 0.0);
        let turns: Vec<u64> = because["because"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["turns_ago"].as_u64().unwrap())
            .collect();
        assert!(turns.contains(&0));
        assert!(
            winner["reason"]
                .as_str()
                .unwrap()
                .starts_with("learnt from stories: ")
        );
        // What has nothing to do with any story is left to the fallback.
        let lost = shell(&project, "/thank\n");
        assert_eq!(actions(&lost[0])[0], "utter_welcome");
    }
}

#[test]
fn without_the_learnt_policy_the_same_path_ends_in_the_fallback() {
    let project = project("- name: MemoizationPolicy\n- name: RulePolicy\n", STORIES);
    project.train(&[]);
    let answers = shell(&project, "/greet\n/greet\n");
    assert_eq!(actions(&answers[1]), ["action_default_fallback"]);
}

#[test]
fn learnt_policies_are_the_same_on_any_number_of_threads() {
    let policies = "- name: UnexpecTEDIntentPolicy\n- name: TEDPolicy\n";
    let mut models = Vec::new();
    for threads in ["1", "2"] {
        let project = project(policies, STORIES);
        let mut train = project.bot(&["train", "core", "--fixed-model-name", "m"]);
        train.env("RAYON_NUM_THREADS", threads);
        assert_eq!(crate::common::run(&mut train, b"").code, 0);
        let (_, model) = Folder::new(project.path().join("models"))
            .load(None)
            .unwrap();
        models.push(serde_json::to_string(&model.dialogue).unwrap());
    }
    assert_eq!(models[0], models[1]);
}

const WORDS: &str = r#"version: "3.1"
stories:
- story: by intent
  steps:
  - intent: greet
  - action: utter_greet
- story: by words
  steps:
  - intent: order
  - action: utter_what
  - user: "something with mushrooms and olives"
  - bot: "Mushrooms and olives it is."
  - action: utter_done
- story: by other words
  steps:
  - intent: order
  - action: utter_what
  - user: "never mind forget it please"
  - action: utter_stopped
"#;

#[test]
fn words_of_the_user_and_texts_of_the_bot_are_learnt() {
    let project = project(
        "- name: MemoizationPolicy\n- name: RulePolicy\n- name: TEDPolicy\n",
        WORDS,
    );
    let trained = project.run(&["train"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    assert!(
        !trained.stderr.contains("story-left-out"),
        "{}",
        trained.stderr
    );
    let answers = shell(&project, "/order\nsomething with mushrooms and olives\n");
    let turn = &answers[1];
    assert_eq!(turn["responses"][0]["text"], "Mushrooms and olives it is.");
    let events = turn["events"].as_array().unwrap();
    let featurised = events
        .iter()
        .find(|event| event["event"] == "user_featurization")
        .unwrap();
    assert_eq!(featurised["use_text_for_featurization"], true);
    let said = events
        .iter()
        .find(|event| event["event"] == "action")
        .unwrap();
    assert_eq!(said["name"], Value::Null);
    assert_eq!(said["action_text"], "Mushrooms and olives it is.");
    assert_eq!(said["policy"], "TEDPolicy");
    // From there on the story is remembered word by word.
    let next = events
        .iter()
        .filter(|event| event["event"] == "action")
        .nth(1)
        .unwrap();
    assert_eq!(
        (&next["name"], &next["policy"]),
        (&json!("utter_done"), &json!("MemoizationPolicy"))
    );
}

#[test]
fn test_stories_hold_texts_of_the_bot() {
    let project = project(
        "- name: MemoizationPolicy\n- name: RulePolicy\n- name: TEDPolicy\n",
        WORDS,
    );
    project.train(&[]);
    project.write("tests/test_stories.yml", WORDS);
    let run = project.run(&["test", "core", "--format", "json"]);
    assert_eq!(run.json()["stories"]["total"], 3);
    assert_eq!(run.json()["stories"]["passed"], 3, "{}", run.stdout);
}

/// Reminds of something in five seconds.
struct Reminding;

impl Driver for Reminding {
    fn run(&mut self, _request: &ActionRequest, _conversation: &Conversation) -> ActionOutcome {
        let reminder = Event {
            kind: EventKind::Reminder {
                intent: "reminder".into(),
                entities: json!({"what": "pizza"}),
                date_time: "1970-01-01T00:00:15".into(),
                name: Some("pizza".into()),
                kill_on_user_msg: false,
            },
            timestamp: 0.0,
            metadata: serde_json::Map::new(),
        };
        ActionOutcome::Done {
            events: vec![reminder],
            messages: Vec::new(),
        }
    }
}

const RULES: &str = r#"version: "3.1"
rules:
- rule: remind
  steps:
  - intent: remind
  - action: action_remind
- rule: reminder
  steps:
  - intent: reminder
  - action: utter_reminder
"#;

fn say(agent: &mut Agent, sender: &str, text: &str, now: f64) {
    let message = Incoming {
        sender: sender.to_owned(),
        text: text.to_owned(),
        ..Incoming::default()
    };
    let step = agent.handle(message, now);
    actions::finish(agent.conversation(sender), step, now, &mut Reminding);
}

fn agent(project: &Project) -> Agent {
    project.train(&[]);
    let (_, model) = Folder::new(project.path().join("models"))
        .load(None)
        .unwrap();
    Agent::new(Arc::new(model), "cmdline", 0)
}

#[test]
fn reminders_come_once_at_their_time_and_go_with_what_is_taken_back() {
    let project = project("- name: RulePolicy\n", RULES);
    let mut agent = agent(&project);
    let zone = TimeZone::UTC;
    say(&mut agent, "ann", "/remind", 10.0);
    say(&mut agent, "bob", "/remind", 11.0);
    agent.conversation("bob").rewind_to(0);
    assert_eq!(agent.due(14.9, &zone), []);
    let due = agent.due(15.0, &zone);
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].sender.as_str(), due[0].intent.as_str()),
        ("ann", "reminder")
    );
    assert_eq!(due[0].entities[0].value, "pizza");
    let step = agent.trigger(due[0].clone(), 15.0);
    let turn = actions::finish(agent.conversation("ann"), step, 15.0, &mut Reminding);
    assert_eq!(turn.messages[0].1.text.as_deref(), Some("Time is up"));
    let event = serde_json::to_value(&turn.events[0]).unwrap();
    assert_eq!(event["text"], "EXTERNAL: reminder");
    assert_eq!(event["metadata"], json!({"is_external": true}));
    assert_eq!(agent.due(1e9, &zone), []);
}

#[test]
fn a_branch_goes_its_own_way() {
    let project = project("- name: MemoizationPolicy\n- name: RulePolicy\n", STORIES);
    let mut agent = agent(&project);
    say(&mut agent, "ann", "/greet", 1.0);
    let branch_at = agent.get("ann").unwrap().tracker().events().len();
    say(&mut agent, "ann", "/order", 2.0);
    let whole = agent.get("ann").unwrap().tracker().events().to_vec();
    assert!(agent.fork("nobody", 1, "x").is_none());
    let branch = agent.fork("ann", branch_at, "branch").unwrap();
    assert_eq!(branch.tracker().events(), &whole[..branch_at]);
    assert_eq!(branch.tracker().sender_id, "branch");
    say(&mut agent, "branch", "/order", 2.0);
    let same = |sender: &str| -> Vec<Value> {
        let events = agent.get(sender).unwrap().tracker().events().iter();
        let names = events.map(|event| serde_json::to_value(event).unwrap());
        names
            .map(|event| json!([event["event"], event["name"], event["text"]]))
            .collect()
    };
    assert_eq!(same("branch"), same("ann"));
    assert_eq!(agent.get("ann").unwrap().tracker().events(), whole);
}

#[test]
#[cfg(unix)]
fn a_reminder_comes_in_the_plain_shell_before_the_next_line() {
    let project = project(
        "- name: RulePolicy\n",
        "version: \"3.1\"\nrules:\n- rule: remind\n  steps:\n  - intent: remind\n  - action: action_remind\n- rule: reminder\n  steps:\n  - intent: reminder\n  - action: utter_reminder\n- rule: greet\n  steps:\n  - intent: greet\n  - action: utter_greet\n",
    );
    let event = json!({
        "events": [{
            "event": "reminder", "timestamp": null, "intent": "reminder", "entities": [],
            "date_time": "2020-01-01T00:00:00", "name": "r1", "kill_on_user_msg": false,
        }],
        "responses": [],
    });
    project.write(
        "actions.yml",
        format!(
            "actions:\n  action_remind:\n    program: [sh, -c, 'cat >/dev/null; echo \"$0\"', '{event}']\n"
        ),
    );
    project.train(&[]);
    let run = project.run_with(&["shell", "--plain"], b"/remind\n/greet\n/greet\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let said: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(said, ["Time is up", "Hello", "Hello"], "{}", run.stderr);
}

#[test]
fn an_intent_that_no_story_has_at_such_a_point_is_unlikely() {
    // People affirm after each of many questions, and never at the start.
    let mut stories = "version: \"3.1\"\nstories:\n- story: greet\n  steps:\n  - intent: greet\n  - action: utter_greet\n  - intent: thank\n  - action: utter_welcome\n".to_owned();
    for question in ["what", "done", "stopped", "welcome", "reminder", "greet"] {
        for first in ["order", "remind"] {
            writeln!(
                stories,
                "- story: {question} {first}\n  steps:\n  - intent: {first}\n  - action: utter_{question}\n  - intent: affirm\n  - action: utter_done"
            )
            .unwrap();
        }
    }
    let project = project(
        "- name: UnexpecTEDIntentPolicy\n  max_history: 3\n- name: LinearPolicy\n",
        &stories,
    );
    project.train(&[]);
    let answers = shell(&project, "/affirm\n");
    let trace = &answers[0]["trace"];
    assert_eq!(actions(&answers[0])[0], "action_unlikely_intent", "{trace}");
    let answers = shell(&project, "/greet\n");
    assert_eq!(actions(&answers[0]), ["utter_greet"]);
}
