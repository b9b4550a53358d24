//! `DucklingEntityExtractor` with a server, with one that is away, and with none.

use std::time::{Duration, Instant};

use bot::workbench::Workbench;
use crossterm::event::{Event, KeyCode};
use serde_json::{Value, json};

use crate::{
    common::{
        Project,
        server::{Say, Server, silent_port},
    },
    screens::wait_for,
    shell::{THEME, press, screen, session, type_text},
};

/// Returns a trained project whose extractor has these options.
fn project(options: &str) -> Project {
    let config = format!(
        "language: en\npipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: DucklingEntityExtractor\n{options}"
    );
    let project = Project::of(&[
        ("config.yml", config.as_str()),
        ("domain.yml", "version: \"3.1\"\nintents: [book, greet]\n"),
        (
            "data/nlu.yml",
            "version: \"3.1\"\nnlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi there\n    - good day\n- intent: book\n  examples: |\n    - a table for two\n    - book a table\n    - reserve for tonight\n",
        ),
    ]);
    project.train(&[]);
    project
}

/// What Duckling says of `for two tonight`.
fn answer() -> Value {
    json!([
        {"body": "two", "start": 4, "end": 7, "dim": "number", "latent": false,
         "value": {"value": 2, "type": "value"}},
        {"body": "tonight", "start": 8, "end": 15, "dim": "time", "latent": false,
         "value": {"type": "interval", "from": {"value": "18:00", "grain": "hour"}, "to": {"value": "00:00", "grain": "hour"}}},
        {"body": "two", "start": 4, "end": 7, "dim": "distance", "value": {"value": 2, "type": "value"}},
        {"body": "beyond", "start": 40, "end": 47, "dim": "number", "value": {"value": 2, "type": "value"}}
    ])
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[test]
fn a_server_is_asked_as_rasa_asks_it_and_its_answer_read_as_rasa_reads_it() {
    let server = Server::always(200, answer());
    let options = format!(
        "  url: {}\n  dimensions: [time, number]\n  locale: en_GB\n  timezone: Europe/Berlin\n",
        url(server.port)
    );
    let run = project(&options).run(&["parse", "for two tonight"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let entities = run.json()["entities"].clone();
    assert_eq!(
        entities,
        json!([
            {"entity": "number", "start": 4, "end": 7, "value": 2, "extractor": "DucklingEntityExtractor",
             "text": "two", "confidence": 1.0, "additional_info": {"value": 2, "type": "value"}},
            {"entity": "time", "start": 8, "end": 15, "value": {"to": "00:00", "from": "18:00"},
             "extractor": "DucklingEntityExtractor", "text": "tonight", "confidence": 1.0,
             "additional_info": answer()[1]["value"]}
        ])
    );
    let asked = server.asked();
    let [asked] = asked.as_slice() else {
        panic!("asked {} times", asked.len());
    };
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/parse")
    );
    assert!(asked.headers["content-type"].starts_with("application/x-www-form-urlencoded"));
    let body = String::from_utf8(asked.body.clone()).unwrap();
    let start = "text=for+two+tonight&locale=en_GB&tz=Europe%2FBerlin&dims=%5B%22time%22%2C%22number%22%5D&reftime=";
    let time: u64 = body.strip_prefix(start).unwrap().parse().unwrap();
    assert!(time > 1_700_000_000_000, "{time}");
}

#[test]
fn the_environment_names_the_server_too_and_wins() {
    let server = Server::always(200, answer());
    for options in ["", "  url: http://127.0.0.1:1\n"] {
        let project = project(options);
        let mut command = project.bot(&["parse", "for two tonight"]);
        command.env("RASA_DUCKLING_HTTP_URL", url(server.port));
        let run = crate::common::run(&mut command, b"");
        assert_eq!(
            run.json()["entities"].as_array().unwrap().len(),
            3,
            "{options}"
        );
    }
}

#[test]
fn a_server_that_is_away_is_told_of_once_and_messages_are_understood_without_it() {
    let project = project(&format!("  url: {}\n", url(silent_port())));
    let run = project.run_with(&["parse"], b"hello\nfor two\ngood day\n");
    assert_eq!(run.code, 0);
    let intents: Vec<Value> = run
        .json_lines()
        .iter()
        .map(|parse| parse["intent"]["name"].clone())
        .collect();
    assert_eq!(intents, ["greet", "book", "greet"]);
    let told = run
        .stderr
        .matches("no Duckling server at 127.0.0.1")
        .count();
    assert_eq!(told, 1, "{}", run.stderr);
    let shell = project.run_with(&["shell", "--plain"], b"hello\nfor two\n");
    assert_eq!(
        shell.stderr.matches("no Duckling server at").count(),
        1,
        "{}",
        shell.stderr
    );
}

#[test]
fn a_server_that_says_nothing_holds_a_message_up_no_longer_than_the_timeout() {
    let server = Server::start(|_| Say::Silence(Duration::from_secs(30)));
    let project = project(&format!("  url: {}\n  timeout: 0.3\n", url(server.port)));
    let start = Instant::now();
    let run = project.run_with(&["parse"], b"hello\nfor two\ngood day\n");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!((run.code, run.json_lines().len()), (0, 3));
    assert!(
        run.stderr.contains("gave no answer within 0.3 s"),
        "{}",
        run.stderr
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn escape_gives_up_a_server_that_says_nothing() {
    let server = Server::start(|_| Say::Silence(Duration::from_secs(60)));
    let project = project(&format!("  url: {}\n  timeout: 60\n", url(server.port)));
    let workbench = Workbench::open(&project.path().join("models"), None, None).unwrap();
    let size = (100, 24);
    let mut session = session(workbench, size, THEME);
    // Nobody is asked while a message is typed.
    type_text(&mut session, "for two");
    assert!(server.asked().is_empty());
    session.input(Event::Key(KeyCode::Enter.into()));
    wait_for(
        &mut session,
        size,
        "waiting for the Duckling server at 127.0.0.1",
    );
    let shown = screen(&session, size.0, size.1);
    assert!(shown.contains("has not answered yet"), "{shown}");
    assert!(shown.contains("Esc gives up"), "{shown}");
    assert!(!shown.contains(":stub"), "{shown}");
    press(&mut session, KeyCode::Esc);
    let shown = screen(&session, size.0, size.1);
    assert!(shown.contains("was waited for no"), "{shown}");
    assert!(shown.contains("book "), "understood without it: {shown}");
    // It is left alone for a while.
    type_text(&mut session, "hello");
    press(&mut session, KeyCode::Enter);
    let shown = screen(&session, size.0, size.1);
    assert!(shown.contains("greet "), "{shown}");
    assert_eq!(server.asked().len(), 1);
    assert!(session.close().is_some(), "nothing is waited for");
}

#[test]
fn leaving_does_not_wait_for_a_server_that_says_nothing() {
    let server = Server::start(|_| Say::Silence(Duration::from_secs(60)));
    let project = project(&format!("  url: {}\n  timeout: 60\n", url(server.port)));
    let workbench = Workbench::open(&project.path().join("models"), None, None).unwrap();
    let size = (100, 24);
    let mut session = session(workbench, size, THEME);
    type_text(&mut session, "for two");
    session.input(Event::Key(KeyCode::Enter.into()));
    wait_for(&mut session, size, "waiting for the Duckling server");
    assert!(session.close().is_some());
}

#[test]
fn another_model_that_answers_now_asks_the_server_too() {
    let server = Server::always(200, answer());
    let project = project(&format!("  url: {}\n", url(server.port)));
    project.train(&["--force", "--fixed-model-name", "other"]);
    let run = project.run_with(
        &["shell", "--plain", "--json", "--compare", "other"],
        b":swap\nfor two tonight\n",
    );
    let turn = run.json_lines().pop().unwrap();
    assert_eq!(
        turn["parse"]["entities"].as_array().unwrap().len(),
        3,
        "{turn}"
    );
}

#[test]
fn answers_that_are_none_are_told_of() {
    for say in [
        Say::json(500, &json!({})),
        Say::json(200, &json!({"error": "no"})),
        Say::Raw(b"nonsense".to_vec()),
    ] {
        let server = Server::start(move |_| say.clone());
        let run = project(&format!("  url: {}\n", url(server.port))).run(&["parse", "for two"]);
        assert_eq!((run.code, run.json()["entities"].clone()), (0, json!([])));
        assert!(
            run.stderr.contains("Duckling server at 127.0.0.1"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn without_a_server_numbers_are_found_all_the_same() {
    let run = project("").run(&["parse", "a table for 12"]);
    assert_eq!(run.json()["entities"][0]["value"], 12);
}
