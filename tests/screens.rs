//! What the screen shows in each of its main states, at every size: one snapshot a state, with all sizes in it.

use std::{fmt::Write as _, fs, path::Path, sync::Arc, time::Instant};

use bot::{
    actions::{Runner, Setup},
    diagnostic::Sources,
    project::{self, Paths},
    tui::{Keymap, Options, Session},
    workbench::{Review, Workbench},
};
use crossterm::event::{KeyCode, KeyModifiers};

use crate::{
    common::{
        self,
        server::{Say, Server},
    },
    shell::{THEME, key, press, screen, send, session, trained, type_text},
};

/// One of each tier, and one that is too small.
const SIZES: [(u16, u16); 4] = [(120, 36), (80, 24), (60, 20), (39, 11)];
/// Understood as something else by the template's first model.
const UNKNOWN: &str = "can somebody pick up the box at my home";

/// Draws a state at every size.
fn snapshot(name: &str, reach: impl Fn(&Path, (u16, u16)) -> Session) {
    let mut all = String::new();
    for (width, height) in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let session = reach(folder.path(), (width, height));
        let shown = screen(&session, width, height);
        let mut shown = shown;
        for (pattern, steady) in [
            (r"127\.0\.0\.1:\d{5}", "127.0.0.1:55055"),
            (r", \d+ s ", ", 0 s "),
            (r"trained \d\d:\d\d", "trained 12:00"),
            (r"\b(A|B) [0-9a-f]{6}\b", "$1 3f9c2a"),
        ] {
            let pattern = regex::Regex::new(pattern).unwrap();
            shown = pattern.replace_all(&shown, steady).into_owned();
        }
        write!(all, "{width} × {height}\n{shown}\n").unwrap();
    }
    insta::assert_snapshot!(format!("screen_{name}"), all);
}

/// Draws a state of the template `support` at every size.
fn of_support(name: &str, reach: impl Fn(&Path, &mut Session)) {
    snapshot(name, |folder, size| {
        let mut session = session(trained(folder), size, THEME);
        reach(folder, &mut session);
        session
    });
}

fn talk(session: &mut Session) {
    send(session, "hello there");
    send(session, "where is my order AB-12345");
}

/// Makes a small project whose bot runs `action_slow` when greeted.
pub(crate) fn slow_project(folder: &Path, url: &str) {
    let write = |name: &str, text: &str| {
        bot::files::write(&folder.join(name), text.as_bytes()).unwrap();
    };
    write(
        "domain.yml",
        "intents: [greet, bye]\nactions: [action_slow]\nslots:\n  seats:\n    type: any\n    mappings: [{type: custom}]\nresponses:\n  utter_bye:\n  - text: see you\n  utter_done:\n  - text: \"{seats} seats\"\n",
    );
    write(
        "data/nlu.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi there\n- intent: bye\n  examples: |\n    - bye\n    - see you later\n",
    );
    write(
        "data/rules.yml",
        "rules:\n- rule: slow\n  steps:\n  - intent: greet\n  - action: action_slow\n  - action: utter_done\n- rule: bye\n  steps:\n  - intent: bye\n  - action: utter_bye\n",
    );
    write(
        "endpoints.yml",
        &format!("action_endpoint:\n  url: {url}\n"),
    );
    let train = common::run(
        common::bot()
            .args(["train", "--fixed-model-name", "model"])
            .current_dir(folder),
        b"",
    );
    assert_eq!(train.code, 0, "{}", train.stderr);
}

/// Opens that project with the server that its files name.
pub(crate) fn slow_session(folder: &Path, size: (u16, u16)) -> Session {
    let paths = Paths::of(folder);
    let mut sources = Sources::new();
    let file = folder.join("endpoints.yml");
    let endpoints = project::load_endpoints(&file, &paths, &mut sources).unwrap();
    let server = endpoints.section("action_endpoint").unwrap().clone();
    let mut workbench = Workbench::open(&paths.models, None, None).unwrap();
    workbench.run_actions(Runner::new(Setup {
        stubs: Vec::new(),
        action_endpoint: Some((server, "endpoints.yml:2".to_owned())),
        nlg: None,
        unused: None,
        folder: folder.to_owned(),
        compress: false,
        describe: project::domain_json,
    }));
    session(workbench, size, THEME)
}

/// Lets the session go on until the screen holds a text.
pub(crate) fn wait_for(session: &mut Session, size: (u16, u16), wanted: &str) {
    let start = Instant::now();
    loop {
        session.catch_up();
        let shown = screen(session, size.0, size.1);
        if shown.contains(wanted) {
            return;
        }
        assert!(start.elapsed().as_secs() < 20, "no {wanted} in\n{shown}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn an_empty_chat() {
    of_support("empty", |_, _| {});
}

#[test]
fn a_chat_with_its_trace() {
    of_support("trace", |_, session| talk(session));
}

#[test]
fn live_intents_while_typing() {
    of_support("typing", |_, session| {
        talk(session);
        type_text(session, "my parcel AB-12345 came broken");
    });
}

/// Makes a small project whose cities are listed, and opens it.
fn travel(folder: &Path, size: (u16, u16)) -> Session {
    for (name, text) in [
        (
            "config.yml",
            "language: en\npipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n- name: DIETClassifier\n- name: CRFEntityExtractor\npolicies:\n- name: RulePolicy\n",
        ),
        (
            "domain.yml",
            "intents: [greet, book_flight]\nentities: [to, from]\nslots:\n  to:\n    type: text\n    mappings: [{type: from_entity, entity: to}]\nresponses:\n  utter_booked: [{text: \"To {to} it is\"}]\n",
        ),
        (
            "data/nlu.yml",
            "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi there\n    - good day\n- intent: book_flight\n  examples: |\n    - a flight from [Berlin](from) to [Oslo](to)\n    - from [Oslo](from) to [Bergen](to)\n    - fly to [Paris](to)\n    - a flight to [Berlin](to)\n    - i want to go to [Bergen](to)\n- lookup: cities\n  examples: |\n    - Berlin\n    - Oslo\n    - Bergen\n    - Paris\n",
        ),
        (
            "data/rules.yml",
            "rules:\n- rule: book\n  steps:\n  - intent: book_flight\n  - action: utter_booked\n",
        ),
    ] {
        bot::files::write(&folder.join(name), text.as_bytes()).unwrap();
    }
    let mut train = common::bot();
    train.args(["train", "--fixed-model-name", "model"]);
    let train = common::run(train.current_dir(folder), b"");
    assert_eq!(train.code, 0, "{}", train.stderr);
    let workbench = Workbench::open(&Paths::of(folder).models, None, None).unwrap();
    session(workbench, size, THEME)
}

#[test]
fn a_value_that_is_in_no_lookup() {
    snapshot("lookup", |folder, size| {
        let mut session = travel(folder, size);
        type_text(&mut session, "a flight from Oslo to Rome");
        session
    });
}

#[test]
fn completion() {
    of_support("completion", |_, session| {
        send(session, "hello there");
        type_text(session, "/re");
        press(session, KeyCode::Down);
    });
}

#[test]
fn the_palette() {
    of_support("palette", |_, session| {
        key(session, KeyCode::Char('p'), KeyModifiers::CONTROL);
    });
}

#[test]
fn help() {
    of_support("help", |_, session| {
        press(session, KeyCode::F(1));
    });
}

#[test]
fn correcting() {
    of_support("correct", |_, session| {
        send(session, UNKNOWN);
        press(session, KeyCode::F(2));
        type_text(session, "return");
    });
}

#[test]
fn marking_an_entity() {
    of_support("entity", |_, session| {
        send(session, "where is my order AB-12345");
        press(session, KeyCode::F(3));
        press(session, KeyCode::Right);
    });
}

#[test]
fn a_diff_to_agree_to() {
    of_support("diff", |_, session| {
        talk(session);
        send(session, ":save story two turns");
    });
}

#[test]
fn what_was_learnt_and_what_it_changed() {
    of_support("learnt", |_, session| {
        send(session, UNKNOWN);
        press(session, KeyCode::F(2));
        type_text(session, "return_item");
        press(session, KeyCode::Enter);
    });
}

#[test]
fn changes_of_the_session() {
    of_support("changes", |_, session| {
        send(session, UNKNOWN);
        press(session, KeyCode::F(2));
        type_text(session, "return_item");
        press(session, KeyCode::Enter);
        send(session, ":changes");
    });
}

#[test]
fn why() {
    of_support("why", |_, session| {
        talk(session);
        send(session, ":why");
    });
}

#[test]
fn two_models() {
    of_support("compare", |_, session| {
        type_text(session, UNKNOWN);
        press(session, KeyCode::F(2));
        type_text(session, "return_item");
        press(session, KeyCode::Enter);
        press(session, KeyCode::F(7));
        press(session, KeyCode::Enter);
    });
}

#[test]
fn branches() {
    of_support("branches", |_, session| {
        talk(session);
        send(session, ":rewind 1");
        send(session, "thanks a lot");
        key(session, KeyCode::Up, KeyModifiers::ALT);
        send(session, ":branches");
    });
}

#[test]
fn turns_taken_back() {
    of_support("rewind", |_, session| {
        talk(session);
        send(session, "thanks a lot");
        send(session, ":rewind 1");
        press(session, KeyCode::Tab);
        press(session, KeyCode::Up);
    });
}

/// Opens a list of messages.
pub(crate) fn review(folder: &Path, size: (u16, u16)) -> Session {
    let workbench = trained(folder);
    let messages = folder.join("messages.txt");
    let lines = format!(
        "hello there\n{UNKNOWN}\nwhat a lovely day on mars\nmy order AB-12345 came broken\nich möchte 退款 bitte\n"
    );
    fs::write(&messages, lines).unwrap();
    let options = Options {
        theme: THEME,
        keys: Keymap::default(),
        watch: false,
        review: Some(Review::read(&messages, workbench.model()).unwrap()),
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut session = Session::new(workbench, options, size, Arc::new(|| 0.0));
    session.settle();
    session
}

#[test]
fn a_review_half_done() {
    snapshot("review", |folder, size| {
        let mut session = review(folder, size);
        press(&mut session, KeyCode::Char('s'));
        press(&mut session, KeyCode::Char('c'));
        type_text(&mut session, "return_item");
        press(&mut session, KeyCode::Enter);
        press(&mut session, KeyCode::Enter);
        session
    });
}

#[test]
fn the_change_of_a_review() {
    snapshot("review_diff", |folder, size| {
        let mut session = review(folder, size);
        press(&mut session, KeyCode::Enter);
        press(&mut session, KeyCode::Enter);
        press(&mut session, KeyCode::Char('w'));
        session
    });
}

#[test]
fn a_server_that_does_not_answer() {
    let server = Server::start(|_| Say::Silence(std::time::Duration::from_secs(60)));
    snapshot("waiting", |folder, size| {
        slow_project(folder, &server.url());
        let mut session = slow_session(folder, size);
        type_text(&mut session, "/greet");
        session.input(crossterm::event::Event::Key(KeyCode::Enter.into()));
        let wanted = if size.0 < 40 {
            "needed"
        } else {
            "waiting for action_slow"
        };
        wait_for(&mut session, size, wanted);
        session
    });
}

#[test]
fn a_server_that_is_not_there() {
    let port = common::server::silent_port();
    snapshot("no_server", |folder, size| {
        slow_project(folder, &format!("http://127.0.0.1:{port}/webhook"));
        let mut session = slow_session(folder, size);
        send(&mut session, "/greet");
        session
    });
}

#[test]
fn files_with_mistakes() {
    of_support("broken", |folder, session| {
        let path = folder.join("domain.yml");
        let good = fs::read_to_string(&path).unwrap();
        fs::write(&path, good.replacen("intents:", "intents: [", 1)).unwrap();
        send(session, "hello there");
        press(session, KeyCode::F(5));
    });
}

#[test]
fn a_command_that_is_refused() {
    of_support("refused", |_, session| {
        send(session, "hello there");
        send(session, ":slot oder_number=7");
    });
}

#[test]
fn understanding_alone() {
    snapshot("nlu", |folder, size| {
        let mut workbench = trained(folder);
        workbench.only_understand();
        let mut session = session(workbench, size, THEME);
        send(&mut session, "where is my order AB-12345");
        type_text(&mut session, "i want to return");
        session
    });
}
