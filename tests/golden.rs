//! Single turns, event by event, as the specification of Rasa's dialogue engine lists them: forms with and without
//! stories for what comes in between, fallback in one and two stages, sessions, restarts, actions that ask for others.

use std::sync::Arc;

use bot::{
    actions::{self, Driver},
    agent::{ActionOutcome, ActionRequest, Conversation},
    data::{Event, EventKind},
    model::Folder,
};
use serde_json::json;

use crate::common::Project;

const CONFIG: &str = "\
pipeline:
- name: WhitespaceTokenizer
policies:
- name: MemoizationPolicy
- name: RulePolicy
";

/// Answers custom actions with events by name; a name that is not there answers with nothing.
struct Server {
    answers: Vec<(&'static str, ActionOutcome)>,
    called: Vec<String>,
}

impl Driver for Server {
    fn run(&mut self, request: &ActionRequest, _conversation: &Conversation) -> ActionOutcome {
        self.called.push(request.action.clone());
        let known = self
            .answers
            .iter()
            .find(|(name, _)| *name == request.action);
        known.map_or_else(|| done(Vec::new()), |(_, outcome)| outcome.clone())
    }
}

fn done(events: Vec<EventKind>) -> ActionOutcome {
    ActionOutcome::Done {
        events: events
            .into_iter()
            .map(|kind| bot::data::Event {
                kind,
                timestamp: 0.0,
                metadata: serde_json::Map::new(),
            })
            .collect(),
        messages: Vec::new(),
    }
}

/// A conversation with a project of a domain, rules and stories.
struct Bot {
    conversation: Conversation,
    server: Server,
    now: f64,
}

fn bot(domain: &str, data: &str) -> Bot {
    let project = Project::of(&[
        ("config.yml", CONFIG),
        ("domain.yml", domain),
        ("data/data.yml", data),
    ]);
    let run = project.run(&["train", "core"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let (_, model) = Folder::new(project.path().join("models"))
        .load(None)
        .unwrap();
    Bot {
        conversation: Conversation::new(Arc::new(model), "gold", "collector", 0),
        server: Server {
            answers: Vec::new(),
            called: Vec::new(),
        },
        now: 0.0,
    }
}

impl Bot {
    /// Sends a message; returns the events in the notation of the specification, `user_featurization` left out.
    fn say(&mut self, text: &str) -> Vec<String> {
        self.now += 1.0;
        self.server.called.clear();
        let turn = actions::say(&mut self.conversation, text, self.now, &mut self.server);
        turn.events.iter().filter_map(noted).collect()
    }

    /// Sends messages of which only the last one counts.
    fn after(&mut self, texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| self.say(text)).last().unwrap()
    }
}

fn noted(event: &Event) -> Option<String> {
    Some(match &event.kind {
        EventKind::User { parse_data, .. } => format!("user:{}", parse_data.intent_name()),
        EventKind::Action {
            name,
            policy,
            confidence,
            hide_rule_turn,
            ..
        } => {
            let policy = match policy.as_deref() {
                Some("RulePolicy") => "R",
                Some("MemoizationPolicy") => "M",
                Some("followup_action") => "F",
                Some(other) => other,
                None => "null",
            };
            let confidence = confidence.map_or("null".to_owned(), |number| format!("{number:?}"));
            let star = if *hide_rule_turn { "*" } else { "" };
            format!(
                "{}({policy},{confidence}){star}",
                name.as_deref().unwrap_or_default()
            )
        }
        EventKind::Slot { name, value } => {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            format!("slot {name}={value}")
        }
        EventKind::ActiveLoop { name } => format!("loop {}", name.as_deref().unwrap_or("null")),
        EventKind::Bot { text, .. } => format!("bot {:?}", text.as_deref().unwrap_or_default()),
        EventKind::ActionExecutionRejected { name, .. } => format!("rej {name}"),
        EventKind::Followup { name } => format!("followup:{name}"),
        EventKind::UserFeaturization { .. } => return None,
        other => serde_json::to_value(other).unwrap()["event"]
            .as_str()
            .unwrap()
            .to_owned(),
    })
}

const FORM: &str = "\
intents: [go, tell, faq1, stopit]
entities: [size]
slots:
  size: {type: text, mappings: [{type: from_entity, entity: size}]}
  note: {type: text, mappings: [{type: from_entity, entity: size}]}
forms:
  f: {required_slots: [size, note]}
responses:
  utter_ask_size: [{text: size?}]
  utter_ask_note: [{text: note?}]
  utter_a: [{text: A}]
  utter_b: [{text: B}]
  utter_default: [{text: dflt}]
";

const START: &str = "\
rules:
- rule: begin
  steps:
  - intent: go
  - action: f
  - active_loop: f
";

const LISTENS: &str = "action_listen(R,1.0)*";

/// Project A of the specification: what comes in between is a rule.
fn project_a() -> Bot {
    let rules = format!(
        "{START}- rule: in between
  condition:
  - active_loop: f
  steps:
  - intent: faq1
  - action: utter_a
  - action: f
  - active_loop: f
"
    );
    bot(&format!("{FORM}actions: [validate_f]\n"), &rules)
}

#[test]
fn a_form_with_a_rule_for_what_comes_in_between() {
    let mut bot = project_a();
    assert_eq!(
        bot.say("/go"),
        [
            "action_session_start(null,1.0)",
            "session_started",
            "action_listen(null,null)",
            "user:go",
            "f(R,1.0)*",
            "loop f",
            "slot requested_slot=size",
            "bot \"size?\"",
            LISTENS
        ]
    );
    assert_eq!(bot.server.called, ["validate_f", "validate_f"]);
    assert_eq!(
        bot.say("/faq1"),
        [
            "user:faq1",
            "rej f",
            "utter_a(R,1.0)*",
            "bot \"A\"",
            "f(R,1.0)*",
            "slot requested_slot=size",
            "bot \"size?\"",
            LISTENS
        ]
    );
    // Two slots wait for this entity: it goes to the one that was asked for.
    assert_eq!(
        bot.say("/tell{\"size\": \"L\"}"),
        [
            "user:tell",
            "slot size=L",
            "f(R,1.0)*",
            "slot requested_slot=note",
            "bot \"note?\"",
            LISTENS
        ]
    );
    assert_eq!(
        bot.say("/tell{\"size\": \"M\"}"),
        [
            "user:tell",
            "slot note=M",
            "f(R,1.0)*",
            "slot requested_slot=null",
            "loop null",
            "action_default_fallback(R,0.3)",
            "bot \"dflt\"",
            "rewind",
            LISTENS
        ]
    );
}

#[test]
fn a_validator_refuses_asks_again_or_ends_the_form() {
    let mut bot = project_a();
    bot.say("/go");
    let slot = |name: &str, value: serde_json::Value| EventKind::Slot {
        name: name.into(),
        value,
    };
    bot.server.answers = vec![("validate_f", done(vec![slot("size", json!(null))]))];
    assert_eq!(
        bot.say("/tell{\"size\": \"L\"}"),
        [
            "user:tell",
            "slot size=L",
            "f(R,1.0)*",
            "slot size=null",
            "slot requested_slot=size",
            "bot \"size?\"",
            LISTENS
        ]
    );
    bot.server.answers = vec![("validate_f", ActionOutcome::Rejected)];
    assert_eq!(
        bot.say("/tell{\"size\": \"L\"}")[1..4],
        ["slot size=L", "rej f", "action_default_fallback(R,0.3)"]
    );
    let mut bot = project_a();
    bot.say("/go");
    bot.server.answers = vec![(
        "validate_f",
        done(vec![slot("requested_slot", json!(null))]),
    )];
    assert_eq!(
        bot.say("/tell{\"size\": \"L\"}")[2..5],
        [
            "f(R,1.0)*",
            "slot requested_slot=null",
            "slot requested_slot=null"
        ]
    );
    // A validator that cannot be reached: the form counts as run, what it did is lost.
    let mut bot = project_a();
    bot.server.answers = vec![("validate_f", ActionOutcome::Failed("down".into()))];
    assert_eq!(bot.say("/go")[4], "f(R,1.0)*");
    assert_eq!(bot.conversation.tracker().active_loop(), None);
}

#[test]
fn a_form_with_stories_for_what_comes_in_between() {
    let data = format!(
        "{START}stories:
- story: a question in between
  steps:
  - intent: go
  - action: f
  - active_loop: f
  - intent: faq1
  - action: utter_a
  - action: f
  - active_loop: null
  - action: utter_b
- story: leave
  steps:
  - intent: go
  - action: f
  - active_loop: f
  - intent: stopit
  - action: utter_b
  - action: action_deactivate_loop
  - active_loop: null
  - action: utter_a
"
    );
    let project = || bot(FORM, &data);
    let question = [
        "user:faq1",
        "rej f",
        "utter_a(M,1.0)",
        "bot \"A\"",
        "f(M,1.0)",
        "slot requested_slot=size",
        "bot \"size?\"",
        "action_listen(R,1.0)",
    ];
    let mut bot = project();
    assert_eq!(
        bot.say("/go")[4..],
        [
            "f(R,1.0)",
            "loop f",
            "slot requested_slot=size",
            "bot \"size?\"",
            "action_listen(R,1.0)"
        ]
    );
    assert_eq!(bot.say("/faq1"), question);
    let mut bot = project();
    assert_eq!(
        bot.after(&["/go", "/tell{\"size\": \"L\"}", "/faq1"])[..3],
        ["user:faq1", "rej f", "action_default_fallback(R,0.3)"]
    );
    let mut bot = project();
    assert_eq!(
        bot.after(&["/go", "/stopit"]),
        [
            "user:stopit",
            "rej f",
            "utter_b(M,1.0)",
            "bot \"B\"",
            "action_deactivate_loop(M,1.0)",
            "loop null",
            "slot requested_slot=null",
            "utter_a(M,1.0)",
            "bot \"A\"",
            "action_listen(M,1.0)"
        ]
    );
}

const CHAT: &str = "\
intents: [chat, run]
entities: [size]
slots:
  size: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: size}]}
actions: [action_a]
responses:
  utter_chat: [{text: chat}]
  utter_default: [{text: dflt}]
  utter_ask_rephrase: [{text: again?}]
";

const CHAT_RULES: &str = "\
rules:
- rule: chat
  steps:
  - intent: chat
  - action: utter_chat
- rule: run
  steps:
  - intent: run
  - action: action_a
- rule: not understood
  steps:
  - intent: nlu_fallback
  - action: action_two_stage_fallback
  - active_loop: action_two_stage_fallback
";

fn chat() -> Bot {
    bot(CHAT, CHAT_RULES)
}

#[test]
fn actions_that_ask_for_others_pause_or_refuse() {
    let followup = |name: &str| done(vec![EventKind::Followup { name: name.into() }]);
    let mut bot = chat();
    bot.server.answers = vec![("action_a", followup("utter_chat"))];
    assert_eq!(
        bot.after(&["/chat", "/run"]),
        [
            "user:run",
            "action_a(R,1.0)*",
            "followup:utter_chat",
            "utter_chat(F,1.0)",
            "bot \"chat\"",
            "action_default_fallback(R,0.3)",
            "bot \"dflt\"",
            "rewind",
            LISTENS
        ]
    );
    let mut bot = chat();
    bot.server.answers = vec![("action_a", followup("action_nobody_knows"))];
    assert_eq!(
        bot.say("/run")[4..],
        ["action_a(R,1.0)*", "followup:action_nobody_knows", LISTENS]
    );
    let mut bot = chat();
    bot.server.answers = vec![("action_a", done(vec![EventKind::Pause]))];
    assert_eq!(bot.say("/run")[4..], ["action_a(R,1.0)*", "pause"]);
    assert_eq!(bot.say("/chat"), ["user:chat"]);
    // Only right after the bot has listened does the intent bring its default answer.
    assert_eq!(bot.say("/restart")[1], "action_default_fallback(R,0.3)");
    let mut bot = chat();
    let refuses = EventKind::ActionExecutionRejected {
        name: "action_a".into(),
        policy: None,
        confidence: None,
    };
    bot.server.answers = vec![("action_a", done(vec![refuses]))];
    assert_eq!(
        bot.say("/run")[4..6],
        ["rej action_a", "action_default_fallback(R,0.3)*"]
    );
}

#[test]
fn an_action_that_brings_itself_about_is_stopped() {
    let listens = EventKind::Action {
        name: Some("action_listen".into()),
        policy: None,
        confidence: None,
        action_text: None,
        hide_rule_turn: false,
    };
    for (event, runs) in [(listens, 100), (EventKind::Undo, 10)] {
        let mut bot = chat();
        bot.server.answers = vec![("action_a", done(vec![event]))];
        bot.say("/run");
        assert_eq!(bot.server.called.len(), runs);
        // The conversation is still there.
        assert!(bot.say("/chat").contains(&"user:chat".to_owned()));
    }
}

#[test]
fn restart_back_and_a_new_session() {
    let mut bot = chat();
    assert_eq!(
        bot.after(&["/chat", "/restart"]),
        [
            "user:restart",
            "action_restart(R,1.0)*",
            "restart",
            "action_session_start(F,1.0)",
            "session_started",
            "action_listen(null,null)"
        ]
    );
    let mut bot = chat();
    assert_eq!(
        bot.after(&["/chat", "/back"]),
        [
            "user:back",
            "action_back(R,1.0)*",
            "rewind",
            "rewind",
            "action_listen(F,1.0)"
        ]
    );
    let mut bot = chat();
    bot.say("/chat{\"size\": \"L\"}");
    bot.now += 60.0 * 60.0;
    assert_eq!(
        bot.say("/chat")[..5],
        [
            "action_session_start(null,1.0)",
            "session_started",
            "slot size=L",
            "action_listen(null,null)",
            "user:chat"
        ]
    );
}

#[test]
fn the_fallback_in_two_stages() {
    let mut bot = chat();
    assert_eq!(
        bot.say("/nlu_fallback")[4..],
        [
            "action_two_stage_fallback(R,1.0)*",
            "loop action_two_stage_fallback",
            "bot \"Did you mean 'nlu_fallback'?\"",
            "action_listen(R,1.0)*"
        ]
    );
    assert_eq!(
        bot.say("/chat"),
        [
            "user:chat",
            "action_two_stage_fallback(R,1.0)",
            "loop null",
            "rewind",
            "action_listen(null,null)",
            "user:chat",
            "utter_chat(R,1.0)*",
            "bot \"chat\"",
            LISTENS
        ]
    );
    let mut bot = chat();
    bot.say("/nlu_fallback");
    assert_eq!(bot.say("/out_of_scope")[2], "bot \"again?\"");
    assert_eq!(
        bot.say("/nlu_fallback")[2],
        "bot \"Did you mean 'nlu_fallback'?\""
    );
    assert_eq!(
        bot.say("/out_of_scope")[2..],
        [
            "loop null",
            "bot \"dflt\"",
            "rewind",
            "action_listen(F,1.0)"
        ]
    );
}

#[test]
fn json_lines_choose_the_conversation_and_bring_their_own_understanding() {
    let project = Project::of(&[
        ("config.yml", CONFIG),
        ("domain.yml", CHAT),
        ("data/data.yml", CHAT_RULES),
    ]);
    assert_eq!(project.run(&["train", "core"]).code, 0);
    let lines = [
        json!({"sender": "ann", "text": "so to say", "parse_data": {
            "text": "so to say",
            "intent": {"name": "chat", "confidence": 0.5},
            "entities": [{"entity": "size", "value": "L", "confidence_role": 0.5}],
            "metadata": {"k": 1},
        }})
        .to_string(),
        json!({"sender": 7, "text": "/run"}).to_string(),
        "{\"sender\": \"ann\"}".to_owned(),
        "{nonsense".to_owned(),
        "/chat".to_owned(),
    ];
    let run = project.run_with(
        &["shell", "--plain", "--json", "--sender", "bob"],
        lines.join("\n").as_bytes(),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let answers = run.json_lines();
    assert_eq!(answers.len(), 5);
    let ann = &answers[0];
    assert_eq!(ann["slots"], json!({"size": "L"}));
    assert_eq!(
        ann["responses"],
        json!([{"recipient_id": "ann", "text": "chat"}])
    );
    assert_eq!(ann["active_loop"], json!(null));
    let user = &ann["events"][3];
    assert_eq!(user["text"], "so to say");
    assert_eq!(
        user["parse_data"]["intent"],
        json!({"name": "chat", "confidence": 0.5})
    );
    assert_eq!(user["parse_data"]["entities"][0]["confidence_role"], 0.5);
    assert_eq!(user["parse_data"]["metadata"], json!({"k": 1}));
    let winner = &ann["trace"][0]["winner"];
    assert_eq!(winner["policy"], "RulePolicy");
    assert_eq!(winner["because"]["rule"]["name"], "chat");
    assert!(
        winner["reason"]
            .as_str()
            .unwrap()
            .contains("data/data.yml:5"),
        "{winner}"
    );
    let said = ann["trace"][0]["predictions"].as_array().unwrap();
    assert_eq!(said.len(), 2, "one of each policy");
    // Nobody runs this one; that is said, and the conversation goes on.
    assert_eq!(answers[1]["sender"], "7");
    assert_eq!(answers[1]["slots"], json!({}));
    assert!(answers[1]["trace"][0]["failure"].is_string());
    assert!(answers[2]["error"].as_str().unwrap().contains("`text`"));
    assert!(answers[3]["error"].is_string());
    assert_eq!(answers[4]["sender"], "bob");
}

#[test]
fn test_stories_hold_forms_choices_and_checkpoints() {
    let data = format!(
        "{START}- rule: end
  condition:
  - active_loop: f
  steps:
  - action: f
  - active_loop: null
  - action: action_send
  - action: utter_b
"
    );
    let project = Project::of(&[
        ("config.yml", CONFIG),
        ("domain.yml", &format!("{FORM}actions: [action_send]\n")),
        ("data/data.yml", &data),
        (
            "tests/test_form.yml",
            "stories:
- story: the beginning
  steps:
  - intent: go
  - action: f
  - active_loop: f
  - checkpoint: asked
- story: the answers
  steps:
  - checkpoint: asked
  - or:
    - user: '/tell{\"size\": \"L\"}'
      intent: tell
    - user: /go
      intent: go
  - action: f
  - active_loop: null
  - action: action_send
  - slot_was_set:
    - note: sent
  - action: utter_b
- story: wrong
  steps:
  - user: /go
    intent: faq1
  - action: utter_a
",
        ),
    ]);
    assert_eq!(project.run(&["train", "core"]).code, 0);
    let run = project.run(&["test", "core", "--out", "results", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["stories"]["total"], 3);
    assert_eq!(report["stories"]["passed"], 2, "{report}");
    assert_eq!(
        project.read("results/failed_test_stories.yml"),
        "version: \"3.1\"
stories:
- story: wrong (tests/test_form.yml)
  steps:
  - intent: faq1  # predicted: go: /go
  - action: utter_a  # predicted: action_default_fallback
  - action: action_listen  # predicted: action_default_fallback
"
    );
    let again = project.run(&["test", "core", "--out", "results"]);
    assert_eq!(again.code, 2, "it is not overwritten: {}", again.stderr);
    let forced = project.run(&["test", "core", "--out", "results", "--force"]);
    assert_eq!(forced.code, 1);
}

#[test]
fn something_outside_may_act_for_the_user() {
    let mut bot = chat();
    bot.say("/chat");
    let step = bot.conversation.trigger("run", Vec::new(), 2.0);
    let turn = actions::finish(&mut bot.conversation, step, 2.0, &mut bot.server);
    let events: Vec<String> = turn.events.iter().filter_map(noted).collect();
    assert_eq!(events, ["user:run", "action_a(R,1.0)*", LISTENS]);
    let EventKind::User { text, .. } = &turn.events[0].kind else {
        panic!("{:?}", turn.events[0]);
    };
    assert_eq!(text.as_deref(), Some("EXTERNAL: run"));
    assert_eq!(turn.events[0].metadata["is_external"], true);
    assert_eq!(bot.server.called, ["action_a"]);
}

#[test]
fn checkpoints_join_stories_under_their_conditions_and_in_circles() {
    let domain = "\
intents: [go, chat, faq1]
entities: [size]
slots:
  size: {type: text, mappings: [{type: from_entity, entity: size}]}
responses:
  utter_a: [{text: A}]
  utter_b: [{text: B}]
  utter_default: [{text: dflt}]
";
    let stories = "\
stories:
- story: with a size
  steps:
  - or:
    - intent: go
      entities: [{size: L}]
    - intent: go
  - action: utter_a
  - checkpoint: told
- story: goes on
  steps:
  - checkpoint: told
    slot_was_set:
    - size: L
  - intent: chat
  - action: utter_b
- story: round and round
  steps:
  - intent: faq1
  - action: utter_b
  - checkpoint: again
- story: once more
  steps:
  - checkpoint: again
  - intent: chat
  - action: utter_a
  - checkpoint: again
- story: the end
  steps:
  - checkpoint: again
  - intent: go
  - action: utter_b
";
    let last = |texts: &[&str]| bot(domain, stories).after(texts)[1].clone();
    // Policies see that the slot is set, not what it holds.
    let sized = "/go{\"size\": \"M\"}";
    assert!(last(&[sized, "/chat"]).starts_with("utter_b(M"));
    assert!(last(&["/go", "/chat"]).starts_with("action_default_fallback"));
    assert!(last(&["/faq1", "/go"]).starts_with("utter_b(M"));
    assert!(last(&["/faq1", "/chat", "/go"]).starts_with("utter_b(M"));
}
