//! Who runs custom actions: action servers, response servers, `actions.yml`, nobody.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, atomic::AtomicBool},
    time::{Duration, Instant},
};

use bot::{
    actions::{self, Runner, Setup},
    agent::{Conversation, Turn},
    data::{Endpoint, EventKind, Located},
    diagnostic::{Origin, Sources},
    model::{self, Model},
    project::{self, Paths},
};
use serde_json::{Value, json};

use crate::common::{
    Project,
    server::{Say, Server, silent_port},
};

const DOMAIN: &str = r#"version: "3.1"
intents: [greet, ask, bye, other]
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
  utter_done:
  - text: "Done with {seats}."
    id: d1
  utter_late:
  - text: "Late, {name}, with {seats}."
    buttons:
    - title: Wait
      payload: /ask
  utter_bye:
  - text: Bye.
actions:
- action_x
- action_y:
    send_domain: true
- utter_other
"#;

const RULES: &str = r#"version: "3.1"
rules:
- rule: greet
  steps:
  - intent: greet
  - action: action_x
  - action: utter_done
- rule: ask
  steps:
  - intent: ask
  - action: action_y
- rule: other
  steps:
  - intent: other
  - action: utter_other
- rule: bye
  steps:
  - intent: bye
  - action: utter_bye
"#;

/// Returns a model that runs `action_x` and says `utter_done` where it is greeted.
fn model() -> Arc<Model> {
    static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
        let project = Project::of(&[
            ("domain.yml", DOMAIN),
            ("data/rules.yml", RULES),
            (
                "config.yml",
                "language: en\npipeline: []\npolicies:\n- name: RulePolicy\n",
            ),
        ]);
        Arc::new(trained(project.path()))
    });
    Arc::clone(&MODEL)
}

fn trained(folder: &Path) -> Model {
    let paths = Paths::of(folder);
    let mut sources = Sources::new();
    let loaded = project::load(&paths, &mut sources).unwrap();
    let options = crate::common::training(model::Part::Core, 1, &paths.models);
    let stop = AtomicBool::new(false);
    model::train(&loaded.assistant, &sources, &options, &stop, &mut |_| {}).unwrap();
    model::Folder::new(&paths.models).load(None).unwrap().1
}

fn setup() -> Setup {
    Setup {
        stubs: Vec::new(),
        action_endpoint: None,
        nlg: None,
        unused: None,
        folder: PathBuf::from("."),
        compress: false,
        describe: project::domain_json,
    }
}

/// Returns an endpoint with this address and these further keys.
fn endpoint(url: &str, options: &Value) -> (Endpoint, String) {
    let endpoint = Endpoint {
        url: Some(Located::new(url.to_owned(), Origin::default())),
        options: options.as_object().unwrap().clone(),
        ..Endpoint::default()
    };
    (endpoint, "endpoints.yml:2".to_owned())
}

fn runner(server: &Server) -> Runner {
    Runner::new(Setup {
        action_endpoint: Some(endpoint(&server.url(), &json!({}))),
        ..setup()
    })
}

fn conversation() -> Conversation {
    Conversation::new(model(), "ann", "cmdline", 1)
}

fn say(runner: &mut Runner, text: &str) -> Turn {
    actions::say(&mut conversation(), text, 7.0, runner)
}

/// Returns what came of the only custom action: its failure, if any.
fn failure(turn: &Turn) -> Option<&str> {
    let decision = turn
        .decisions
        .iter()
        .find(|d| d.action == "action_x")
        .unwrap();
    decision.failure.as_deref()
}

fn texts(turn: &Turn) -> Vec<&str> {
    let messages = turn.messages.iter();
    messages
        .filter_map(|(_, message)| message.text.as_deref())
        .collect()
}

#[test]
fn a_server_gets_what_rasa_sends_and_its_slots_and_messages_come_back() {
    let server = Server::always(
        200,
        json!({
            "events": [{"event": "slot", "timestamp": null, "name": "seats", "value": 3}],
            "responses": [
                {"text": "Looking.", "buttons": [], "elements": [], "custom": {}, "image": null, "attachment": null, "template": null, "response": null},
                {"text": null, "buttons": [{"title": "More", "payload": "/ask"}], "elements": [], "custom": {}, "template": "utter_late", "response": "utter_late", "image": "http://h/p.png", "name": "Bo"},
                {"text": null, "custom": {"a": 1}, "attachment": {"type": "file"}, "elements": [{"title": "Card"}], "quick_replies": [{"title": "Q"}]},
                {"response": "utter_unknown"},
            ],
        }),
    );
    let turn = say(&mut runner(&server), "/greet{\"city\": \"Rome\"}");
    assert_eq!(failure(&turn), None);
    assert_eq!(
        texts(&turn),
        ["Looking.", "Late, Bo, with None.", "Done with 3."]
    );
    let message = &turn.messages[1].1;
    assert_eq!(message.buttons.len(), 2);
    assert_eq!(message.buttons[1]["title"], "More");
    assert_eq!(message.image.as_deref(), Some("http://h/p.png"));
    let rich = &turn.messages[2].1;
    assert_eq!(rich.custom, Some(json!({"a": 1})));
    assert_eq!(rich.attachment, Some(json!({"type": "file"})));
    let order: Vec<Value> = turn.events.iter().map(|event| json!(event)).collect();
    let place = |wanted: &dyn Fn(&Value) -> bool| order.iter().position(wanted).unwrap();
    let run = place(&|event| event["name"] == "action_x");
    let said = place(&|event| event["text"] == "Looking.");
    let set = place(&|event| event["name"] == "seats");
    assert!(run < said && said < set, "messages come before events");
    assert_eq!(order[set]["timestamp"], 7.0);
    let late = order
        .iter()
        .find(|event| event["text"] == "Late, Bo, with None.")
        .unwrap();
    assert_eq!(
        late["metadata"],
        json!({"template": "utter_late", "name": "Bo", "utter_action": "utter_late"})
    );
    assert_eq!(
        late["data"]["attachment"], "http://h/p.png",
        "as in Rasa, the picture counts as the attachment"
    );
    let cards = order
        .iter()
        .find(|event| event["data"]["custom"]["a"] == 1)
        .unwrap();
    assert_eq!(cards["data"]["elements"], json!([{"title": "Card"}]));
    assert_eq!(cards["data"]["quick_replies"], json!([{"title": "Q"}]));

    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].target.as_str()),
        ("POST", "/webhook")
    );
    assert_eq!(asked[0].headers["content-type"], "application/json");
    let body = asked[0].json();
    assert_eq!(body["next_action"], "action_x");
    assert_eq!(body["sender_id"], "ann");
    assert_eq!(body["version"], "3.6.21");
    let tracker = &body["tracker"];
    assert_eq!(tracker["sender_id"], "ann");
    assert_eq!(
        tracker["slots"],
        json!({"seats": null, "city": "Rome", "session_started_metadata": null})
    );
    assert_eq!(tracker["latest_message"]["intent"]["name"], "greet");
    assert_eq!(tracker["latest_message"]["entities"][0]["value"], "Rome");
    assert_eq!(tracker["latest_input_channel"], "cmdline");
    assert_eq!(tracker["latest_action_name"], "action_listen");
    assert_eq!(tracker["active_loop"], json!({}));
    assert_eq!(tracker["paused"], false);
    assert_eq!(tracker["followup_action"], Value::Null);
    assert_eq!(tracker["latest_event_time"], 7.0);
    let events: Vec<&str> = tracker["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let expected = "action session_started action user slot user_featurization";
    assert_eq!(events.join(" "), expected);
    assert_eq!(
        body["domain"]["slots"]["city"]["mappings"][0]["entity"],
        "city"
    );
    assert_eq!(
        body["domain"]["actions"],
        json!(["action_x", {"action_y": {"send_domain": true}}, "utter_other"])
    );
    assert_eq!(
        body["domain"]["responses"]["utter_done"][0]["text"],
        "Done with {seats}."
    );
}

#[test]
fn every_kind_of_event_comes_back() {
    let events = json!([
        {"event": "slot", "name": "seats", "value": [1, {"a": null}], "timestamp": null},
        {"event": "reset_slots"},
        {"event": "reminder", "timestamp": null, "intent": "ask", "entities": {"city": "Rome"}, "date_time": "2026-01-01T12:00:00", "name": "r", "kill_on_user_msg": true},
        {"event": "cancel_reminder", "timestamp": null, "intent": null, "entities": null, "name": "r"},
        {"event": "pause"},
        {"event": "resume"},
        {"event": "active_loop", "name": "f"},
        {"event": "loop_interrupted", "is_interrupted": true},
        {"event": "form_validation", "validate": false},
        {"event": "form", "name": null},
        {"event": "bot", "text": "b", "data": null, "metadata": {"k": 1}},
        {"event": "agent", "text": "a", "data": {"by": "x"}},
        {"event": "export", "path": "s.yml"},
        {"event": "entities", "entities": [{"entity": "city", "start": 0, "end": 1, "value": "R"}]},
        {"event": "user_featurization", "use_text_for_featurization": false},
        {"event": "action", "name": "action_y", "policy": null, "confidence": null},
        {"event": "followup", "name": "utter_bye", "metadata": {"why": "test"}},
    ]);
    let count = events.as_array().unwrap().len();
    let server = Server::always(200, json!({"events": events, "responses": []}));
    let turn = say(&mut runner(&server), "/greet");
    assert_eq!(failure(&turn), None);
    assert_eq!(
        texts(&turn),
        ["b", "Bye."],
        "what it said, then the followup action"
    );
    let start = turn.events.iter().position(|event| matches!(&event.kind, EventKind::Action { name: Some(name), .. } if name == "action_x")).unwrap();
    let came: Vec<Value> = turn.events[start + 1..]
        .iter()
        .take(count)
        .map(|event| json!(event))
        .collect();
    let names: Vec<&str> = came
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "slot",
            "reset_slots",
            "reminder",
            "cancel_reminder",
            "pause",
            "resume",
            "active_loop",
            "loop_interrupted",
            "loop_interrupted",
            "active_loop",
            "bot",
            "agent",
            "export",
            "entities",
            "user_featurization",
            "action",
            "followup",
        ]
    );
    assert_eq!(came[8]["is_interrupted"], true);
    assert_eq!(came[10]["metadata"], json!({"k": 1}));
    assert_eq!(came[16]["metadata"], json!({"why": "test"}));
    assert!(came.iter().all(|event| event["timestamp"] == 7.0));
}

#[test]
fn a_message_that_an_action_returns_fills_slots_and_is_answered() {
    let server = Server::start(|asked| {
        let body = asked.json();
        let events = if body["tracker"]["latest_message"]["text"] == "/greet" {
            json!([
                {"event": "action", "name": "action_listen"},
                {"event": "user", "text": "hi from Rome", "timestamp": null, "input_channel": null, "parse_data": {
                    "intent": {"name": "bye"}, "entities": [{"entity": "city", "value": "Rome"}]}},
            ])
        } else {
            json!([])
        };
        Say::json(200, &json!({"events": events}))
    });
    let mut conversation = conversation();
    let turn = actions::say(&mut conversation, "/greet", 7.0, &mut runner(&server));
    assert_eq!(texts(&turn), ["Bye."]);
    assert_eq!(conversation.tracker().slots()["city"], "Rome");
}

#[test]
fn events_that_undo_the_action_end_all_the_same() {
    for events in [
        json!([{"event": "undo"}]),
        json!([{"event": "action", "name": "action_listen"}, {"event": "followup", "name": "action_x"}]),
    ] {
        let server = Server::always(200, json!({"events": events}));
        let turn = say(&mut runner(&server), "/greet");
        assert!(turn.decisions.len() <= 101, "{}", turn.decisions.len());
    }
}

#[test]
fn a_refusal_is_not_written_down_as_run() {
    let server = Server::always(400, json!({"error": "not now", "action_name": "action_x"}));
    let turn = say(&mut runner(&server), "/greet");
    assert_eq!(failure(&turn), Some("it refused to run"));
    let events: Vec<Value> = turn.events.iter().map(|event| json!(event)).collect();
    let refused = events
        .iter()
        .find(|event| event["event"] == "action_execution_rejected")
        .unwrap();
    assert_eq!(
        (&refused["name"], &refused["policy"]),
        (&json!("action_x"), &json!("RulePolicy"))
    );
    assert!(
        !events
            .iter()
            .any(|event| event["event"] == "action" && event["name"] == "action_x")
    );

    let said = json!({"event": "action_execution_rejected", "name": "action_x", "policy": null, "confidence": null});
    let server = Server::always(200, json!({"events": [said]}));
    let turn = say(&mut runner(&server), "/greet");
    assert_eq!(failure(&turn), Some("it refused to run"));
    assert!(!turn.events.iter().any(|event| matches!(&event.kind, EventKind::Action { name: Some(name), .. } if name == "action_x")));
}

/// Greets a bot whose action server answers so: returns how often it was asked, and what is told of its answer.
fn told(say: Say) -> (usize, String) {
    let server = Server::start(move |_| say.clone());
    let turn = self::say(&mut runner(&server), "/greet");
    let failure = failure(&turn).unwrap_or_default();
    assert_eq!(
        texts(&turn),
        ["Done with None."],
        "it counts as run: {failure}"
    );
    let port = server.port;
    let told = failure.strip_prefix(&format!(
        "the action server at 127.0.0.1:{port} (endpoints.yml:2) "
    ));
    let told = told.unwrap_or_else(|| panic!("{failure}"));
    (server.asked().len(), told.to_owned())
}

#[test]
fn errors_of_a_server_are_told_and_the_conversation_goes_on() {
    let unknown = json!({"error": "No registered action", "action_name": "action_x"});
    for (say, words) in [
        (
            Say::json(
                500,
                &json!({"error": "boom\n\u{1b}[31m", "request_body": {}}),
            ),
            "answered 500: boom [31m",
        ),
        (Say::json(404, &unknown), "has no such action"),
        (
            Say::Answer(404, Vec::new(), b"<html>".to_vec()),
            "answered 404",
        ),
        (
            Say::json(400, &json!({"error": "Invalid body request"})),
            "answered 400: Invalid body request",
        ),
        (Say::json(503, &json!([])), "answered 503"),
        (
            Say::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{".to_vec()),
            "gave no whole answer: the connection was closed",
        ),
        (
            Say::Raw(Vec::new()),
            "gave no whole answer: the connection was closed",
        ),
        (
            Say::moved(302, "http://127.0.0.1:9/x"),
            "sends us to http://127.0.0.1:9/x: write that address instead",
        ),
    ] {
        assert_eq!(told(say), (1, words.to_owned()));
    }
    let (asked, words) = told(Say::Raw(b"SSH-2.0-x\r\n\r\n".to_vec()));
    assert!(
        asked == 1 && words.starts_with("gave no whole answer: "),
        "{words}"
    );
    let (asked, words) = told(Say::moved(308, "/webhook"));
    assert!(
        asked == 6 && words.ends_with("/webhook: write that address instead"),
        "{asked} {words}"
    );
}

#[test]
fn answers_that_are_none_are_told_and_the_conversation_goes_on() {
    for (answer, words) in [
        (
            "null",
            "null in the place of `{\"events\": [], \"responses\": []}`",
        ),
        ("", "nothing"),
        (
            "{\"events\": [",
            "`{\"events\": [` is no JSON (EOF while parsing a list at line 1 column 12)",
        ),
        ("{\"events\": {}}", "`events` is an object, not a list"),
        (
            "{\"events\": [{\"name\": \"x\"}]}",
            "an event has no `event` that says which",
        ),
        (
            "{\"events\": [{\"event\": \"slot\", \"name\": \"x\"}]}",
            "a `slot` event has no `value`",
        ),
        (
            "{\"events\": [{\"event\": \"slot\", \"value\": 1}]}",
            "the event `slot` cannot be read: missing field `name`",
        ),
        (
            "{\"responses\": [\"hi\"]}",
            "a response is a text, not an object",
        ),
    ] {
        let say = Say::Answer(200, Vec::new(), answer.into());
        let told = told(say);
        assert_eq!(
            told,
            (
                1,
                format!("answered with something else than is asked for: {words}")
            )
        );
    }
    let (_, words) = told(Say::Answer(
        200,
        Vec::new(),
        "[".repeat(100_000).into_bytes(),
    ));
    assert!(
        words.contains("recursion limit exceeded") && words.len() < 400,
        "{words}"
    );
    let (_, words) = told(Say::json(
        200,
        &json!({"events": [{"event": "session_ended"}]}),
    ));
    assert!(
        words.contains("the event `session_ended` cannot be read: unknown variant")
            && words.len() < 400,
        "{words}"
    );
}

#[test]
fn without_a_server_the_place_of_its_address_is_told() {
    let port = silent_port();
    let url = format!("http://localhost:{port}/webhook");
    let mut runner = Runner::new(Setup {
        action_endpoint: Some(endpoint(&url, &json!({}))),
        ..setup()
    });
    let turn = say(&mut runner, "/greet");
    assert_eq!(
        failure(&turn),
        Some(format!("no action server at localhost:{port} (endpoints.yml:2)").as_str())
    );
    assert_eq!(texts(&turn), ["Done with None."]);

    let turn = say(&mut Runner::new(setup()), "/greet");
    assert!(
        failure(&turn).unwrap().starts_with("no action server: "),
        "{turn:?}"
    );
    for url in ["ftp://x/y", "localhost:5055/webhook", ""] {
        let turn = say(
            &mut Runner::new(Setup {
                action_endpoint: Some(endpoint(url, &json!({}))),
                ..setup()
            }),
            "/greet",
        );
        assert!(
            failure(&turn)
                .unwrap()
                .contains("no address of a server (endpoints.yml:2)"),
            "{turn:?}"
        );
    }
    let missing = json!({"cafile": "no/such.pem"});
    let turn = say(
        &mut Runner::new(Setup {
            action_endpoint: Some(endpoint("https://127.0.0.1:9/x", &missing)),
            ..setup()
        }),
        "/greet",
    );
    assert!(failure(&turn).unwrap().contains("no/such.pem"), "{turn:?}");
}

#[test]
fn nobody_is_waited_for_longer_than_the_file_says() {
    let server = Server::start(|_| Say::Silence(Duration::from_secs(20)));
    let options = json!({"timeout": 0.3});
    let mut runner = Runner::new(Setup {
        action_endpoint: Some(endpoint(&server.url(), &options)),
        ..setup()
    });
    let start = Instant::now();
    let turn = say(&mut runner, "/greet");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(
        failure(&turn)
            .unwrap()
            .ends_with("gave no answer within 0.3 s"),
        "{turn:?}"
    );
    assert_eq!(
        server.asked().len(),
        1,
        "what may have arrived is not sent again"
    );
}

#[test]
fn one_connection_serves_many_actions_and_a_closed_one_is_made_anew() {
    let server = Server::always(200, json!({"events": [], "responses": []}));
    let mut runner = runner(&server);
    for _ in 0..5 {
        assert_eq!(failure(&say(&mut runner, "/greet")), None);
    }
    let connections: Vec<usize> = server
        .asked()
        .iter()
        .map(|asked| asked.connection)
        .collect();
    assert_eq!(connections, [1; 5]);

    let closing =
        Server::start(|_| Say::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()));
    let mut runner = self::runner(&closing);
    for _ in 0..3 {
        assert_eq!(failure(&say(&mut runner, "/greet")), None);
        // The server's end of the connection is closed by now.
        std::thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(closing.asked().len(), 3);
}

#[test]
fn requests_are_packed_where_the_environment_says_so() {
    use std::io::Read;
    let server = Server::always(200, json!({}));
    let mut runner = Runner::new(Setup {
        action_endpoint: Some(endpoint(&server.url(), &json!({}))),
        compress: true,
        ..setup()
    });
    assert_eq!(failure(&say(&mut runner, "/greet")), None);
    let asked = server.asked();
    assert_eq!(asked[0].headers["content-encoding"], "deflate");
    let mut text = String::new();
    flate2::read::ZlibDecoder::new(asked[0].body.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["next_action"], "action_x");
    assert!(asked[0].body.len() < text.len() / 2);
}

#[test]
fn the_domain_goes_only_to_those_who_want_it() {
    let server = Server::always(200, json!({}));
    let options = json!({"enable_selective_domain": true});
    let mut runner = Runner::new(Setup {
        action_endpoint: Some(endpoint(&server.url(), &options)),
        ..setup()
    });
    say(&mut runner, "/greet");
    say(&mut runner, "/ask");
    let domains: Vec<bool> = server
        .asked()
        .iter()
        .map(|asked| asked.json().get("domain").is_some())
        .collect();
    assert_eq!(domains, [false, true], "action_y says `send_domain: true`");

    // Newer servers say that they lack the domain: they get it.
    let server = Server::start(|asked| match asked.json().get("domain") {
        None => Say::json(
            449,
            &json!({"error": "Domain context is missing", "action_name": "action_x"}),
        ),
        Some(_) => Say::json(200, &json!({"responses": [{"text": "Now."}]})),
    });
    let mut runner = Runner::new(Setup {
        action_endpoint: Some(endpoint(&server.url(), &options)),
        ..setup()
    });
    assert_eq!(
        texts(&say(&mut runner, "/greet")),
        ["Now.", "Done with None."]
    );
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn headers_parameters_token_and_password_go_with_every_request() {
    let server = Server::always(200, json!({}));
    let (mut endpoint, place) = endpoint(&format!("{}?a=1", server.url()), &json!({}));
    endpoint.headers = vec![
        ("X-Key".into(), "k v".into()),
        (
            "content-type".into(),
            "application/json; charset=utf-8".into(),
        ),
    ];
    endpoint.params = vec![("b c".into(), "d&e".into())];
    endpoint.basic_auth = Some(("ann".into(), "ge:heim".into()));
    endpoint.token = Some("t/1".into());
    endpoint.token_name = Some("key".into());
    let mut runner = Runner::new(Setup {
        action_endpoint: Some((endpoint, place)),
        ..setup()
    });
    assert_eq!(failure(&say(&mut runner, "/greet")), None);
    let asked = server.asked();
    assert_eq!(asked[0].target, "/webhook?a=1&b%20c=d%26e&key=t%2F1");
    assert_eq!(asked[0].headers["x-key"], "k v");
    assert_eq!(
        asked[0].headers["content-type"],
        "application/json; charset=utf-8"
    );
    assert_eq!(asked[0].headers["authorization"], "Basic YW5uOmdlOmhlaW0=");
}

#[test]
fn a_moved_server_is_followed_but_secrets_stay() {
    let there = Server::always(200, json!({"responses": [{"text": "There."}]}));
    let to = there.url();
    let here = Server::start(move |_| Say::Answer(307, vec![("Location", to.clone())], Vec::new()));
    let (mut endpoint, place) = endpoint(&here.url(), &json!({}));
    endpoint.headers = vec![("X-Key".into(), "secret".into())];
    endpoint.basic_auth = Some(("ann".into(), "secret".into()));
    let mut runner = Runner::new(Setup {
        action_endpoint: Some((endpoint, place)),
        ..setup()
    });
    assert_eq!(
        texts(&say(&mut runner, "/greet")),
        ["There.", "Done with None."]
    );
    let asked = there.asked();
    assert_eq!(asked[0].method, "POST");
    assert_eq!(asked[0].json()["next_action"], "action_x");
    assert!(
        !asked[0].headers.contains_key("x-key") && !asked[0].headers.contains_key("authorization")
    );
    assert_eq!(here.asked()[0].headers["x-key"], "secret");
}

#[test]
fn large_answers_come_whole_and_endless_ones_end() {
    let long = "x".repeat(10 << 20);
    let server = Server::always(200, json!({"responses": [{"text": long}]}));
    let turn = say(&mut runner(&server), "/greet");
    assert_eq!(texts(&turn)[0].len(), 10 << 20);

    let server = Server::start(|_| {
        let mut endless = b"HTTP/1.1 200 OK\r\n\r\n{\"a\": \"".to_vec();
        endless.resize(70 << 20, b'x');
        Say::Raw(endless)
    });
    let turn = say(&mut runner(&server), "/greet");
    assert!(
        failure(&turn)
            .unwrap()
            .ends_with("answered with more than 64 MiB"),
        "{:?}",
        failure(&turn)
    );
}

#[test]
fn a_response_server_words_what_the_bot_says() {
    let server = Server::start(|asked| {
        let body = asked.json();
        Say::json(
            200,
            &match body["response"].as_str().unwrap() {
                "utter_done" => {
                    json!({"text": "Worded {seats}.", "buttons": [{"title": "B", "payload": "/b"}], "elements": null, "image": null, "mood": "glad"})
                }
                "utter_bye" => json!({}),
                _ => {
                    json!({"text": format!("For {}", body["arguments"]["name"].as_str().unwrap())})
                }
            },
        )
    });
    let actions = Server::always(
        200,
        json!({"responses": [{"response": "utter_late", "name": "Bo", "buttons": [{"title": "C"}]}]}),
    );
    let mut runner = Runner::new(Setup {
        action_endpoint: Some(endpoint(&actions.url(), &json!({}))),
        nlg: Some(endpoint(&server.url(), &json!({}))),
        ..setup()
    });
    let turn = say(&mut runner, "/greet");
    assert_eq!(texts(&turn), ["For Bo", "Worded {seats}."]);
    assert_eq!(turn.messages[0].1.buttons, [json!({"title": "C"})]);
    assert_eq!(turn.messages[1].1.buttons.len(), 1);
    assert_eq!(
        turn.actions().collect::<Vec<_>>(),
        ["action_x", "utter_done"]
    );
    let event = turn
        .events
        .iter()
        .map(|event| json!(event))
        .find(|event| event["text"] == "Worded {seats}.")
        .unwrap();
    assert_eq!(
        event["metadata"],
        json!({"mood": "glad", "utter_action": "utter_done"})
    );
    let body = server.asked()[1].json();
    assert_eq!(body["response"], "utter_done");
    assert_eq!(body["id"], "d1");
    assert_eq!(body["arguments"], json!({}));
    assert_eq!(body["channel"], json!({"name": "cmdline"}));
    assert_eq!(body["tracker"]["latest_message"]["intent"]["name"], "greet");
    let turn = say(&mut runner, "/bye");
    assert_eq!(
        (texts(&turn), turn.actions().collect::<Vec<_>>()),
        (vec![], vec!["utter_bye"])
    );
}

#[test]
fn a_response_server_may_know_responses_that_the_domain_does_not() {
    let server = Server::always(200, json!({"text": "Other."}));
    let mut runner = Runner::new(Setup {
        nlg: Some(endpoint(&server.url(), &json!({}))),
        ..setup()
    });
    assert_eq!(texts(&say(&mut runner, "/other")), ["Other."]);
    let turn = say(&mut Runner::new(setup()), "/other");
    assert_eq!(
        turn.decisions[0].failure.as_deref(),
        Some("the domain has no response `utter_other`")
    );
}

#[test]
fn a_response_server_words_what_default_actions_say() {
    let server = Server::always(200, json!({"text": "From anew."}));
    let mut runner = Runner::new(Setup {
        nlg: Some(endpoint(&server.url(), &json!({}))),
        ..setup()
    });
    assert_eq!(texts(&say(&mut runner, "/restart")), ["From anew."]);
    assert_eq!(server.asked()[0].json()["response"], "utter_restart");
}

#[test]
fn a_silent_response_server_leaves_the_action_without_words() {
    for (server, words) in [
        (Server::always(500, json!({})), " answered 500"),
        (
            Server::always(200, json!({"text": 5})),
            "`text` is a number, not a text",
        ),
        (Server::always(200, json!([1])), "a list"),
    ] {
        let mut runner = Runner::new(Setup {
            nlg: Some(endpoint(&server.url(), &json!({}))),
            ..setup()
        });
        let turn = say(&mut runner, "/bye");
        assert!(turn.messages.is_empty());
        let decision = &turn.decisions[0];
        assert_eq!(decision.action, "utter_bye");
        let failure = decision.failure.as_deref().unwrap();
        assert!(
            failure.starts_with("the response server at 127.0.0.1:") && failure.ends_with(words),
            "{failure}"
        );
    }
    let (mut own, place) = endpoint("http://127.0.0.1:9/nlg", &json!({}));
    own.kind = Some("response".into());
    let turn = say(
        &mut Runner::new(Setup {
            nlg: Some((own, place)),
            ..setup()
        }),
        "/bye",
    );
    assert_eq!(
        texts(&turn),
        ["Bye."],
        "`type: response` is the domain's own"
    );
}
