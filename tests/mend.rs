//! The shell mends the bot: what is misunderstood is corrected, learnt, tested, saved, taken back; from keys, from
//! words, from real traffic, and from an editor beside it.

use std::{fs, path::Path, sync::Arc};

use bot::{
    tui::{Flow, Keymap, Options, Session},
    workbench::{Review, Workbench},
};
use crossterm::event::{Event, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::common;
use crate::shell::{THEME, key, press, screen, send, session, trained, type_text};

const SIZE: (u16, u16) = (120, 36);
/// Understood as something else by the template's first model.
const UNKNOWN: &str = "can somebody pick up the box at my home";

fn shown(session: &Session) -> String {
    screen(session, SIZE.0, SIZE.1)
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

/// Returns the lines that the second text has more, and fails if it has any less.
fn added(old: &str, new: &str) -> Vec<String> {
    let mut left = old.lines().peekable();
    let mut more = Vec::new();
    for line in new.lines() {
        if left.peek() == Some(&line) {
            left.next();
        } else {
            more.push(line.to_owned());
        }
    }
    assert_eq!(left.next(), None, "a line is gone");
    more
}

fn with(check: impl FnOnce(&Path, &mut Session)) {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(trained(folder.path()), SIZE, THEME);
    check(folder.path(), &mut session);
}

#[test]
fn a_correction_is_one_line_and_changes_past_turns() {
    with(|folder, session| {
        let before = read(folder, "data/nlu.yml");
        send(session, UNKNOWN);
        assert!(!shown(session).contains("return_item 1.00"));
        press(session, KeyCode::F(2));
        type_text(session, "return_i");
        insta::assert_snapshot!("mend_correct", shown(session));
        press(session, KeyCode::Enter);
        let after = shown(session);
        assert_eq!(
            added(&before, &read(folder, "data/nlu.yml")),
            [format!("    - {UNKNOWN}")]
        );
        assert!(
            after.contains("1 of 1 turn changed · tests 16/16"),
            "{after}"
        );
        assert!(after.contains("Δ  return_item "), "{after}");
        assert!(after.contains("   (was utter_"), "{after}");
        assert!(after.contains("utter_ask_return_reason"), "{after}");
        // The same once more is refused, with the place.
        press(session, KeyCode::F(4));
        assert!(
            shown(session).contains("data/nlu.yml:"),
            "{}",
            shown(session)
        );
    });
}

#[test]
fn what_was_changed_can_be_taken_back_to_the_byte() {
    with(|folder, session| {
        let before = read(folder, "data/nlu.yml");
        type_text(session, UNKNOWN);
        press(session, KeyCode::F(2));
        press(session, KeyCode::Enter);
        assert_ne!(read(folder, "data/nlu.yml"), before);
        press(session, KeyCode::Esc);
        for _ in UNKNOWN.chars() {
            press(session, KeyCode::Backspace);
        }
        send(session, ":changes");
        assert!(
            shown(session).contains("data/nlu.yml -1 line"),
            "{}",
            shown(session)
        );
        press(session, KeyCode::Enter);
        assert_eq!(read(folder, "data/nlu.yml"), before);
        assert!(shown(session).contains("retrained"), "{}", shown(session));
    });
}

#[test]
fn new_intents_and_entities_come_from_the_popups() {
    with(|folder, session| {
        let before = read(folder, "data/nlu.yml");
        type_text(session, "do you deliver to Norway");
        press(session, KeyCode::F(2));
        type_text(session, "deliver_abroad");
        assert!(shown(session).contains("+ new intent: deliver_abroad"));
        press(session, KeyCode::Enter);
        assert!(
            read(folder, "data/nlu.yml").contains(
                "- intent: deliver_abroad\n  examples: |\n    - do you deliver to Norway\n"
            )
        );
        assert!(read(folder, "domain.yml").contains("deliver_abroad"));
        // The last word of what is typed is a country.
        press(session, KeyCode::F(3));
        for _ in 0..4 {
            press(session, KeyCode::Right);
        }
        assert!(
            shown(session).contains("do you deliver to [Norway]"),
            "{}",
            shown(session)
        );
        press(session, KeyCode::Enter);
        type_text(session, "country");
        press(session, KeyCode::Enter);
        assert!(
            read(folder, "data/nlu.yml").contains("    - do you deliver to [Norway](country)\n"),
            "{}",
            added(&before, &read(folder, "data/nlu.yml")).join("\n")
        );
        assert!(read(folder, "domain.yml").contains("country"));
    });
}

#[test]
fn a_conversation_becomes_a_test_and_a_turn_a_rule() {
    with(|folder, session| {
        let tests = read(folder, "tests/test_stories.yml");
        send(session, "hello there");
        send(session, "where is my order AB-12345");
        send(session, ":save story two turns");
        insta::assert_snapshot!("mend_save", shown(session));
        press(session, KeyCode::Enter);
        let lines = added(&tests, &read(folder, "tests/test_stories.yml"));
        assert_eq!(
            lines.join("\n"),
            "\n- story: two turns\n  steps:\n  - user: hello there\n    intent: greet\n  - action: utter_greet\n  - user: where is my order [AB-12345](order_number)\n    intent: order_status\n  - action: utter_order_status"
        );
        let rules = read(folder, "data/rules.yml");
        send(session, ":save rule hello again");
        press(session, KeyCode::Enter);
        let lines = added(&rules, &read(folder, "data/rules.yml"));
        assert!(
            lines.contains(&"- rule: hello again".to_owned()),
            "{lines:?}"
        );
    });
}

#[test]
fn recording_writes_every_turn_as_it_comes() {
    with(|folder, session| {
        let tests = read(folder, "tests/test_stories.yml");
        press(session, KeyCode::F(8));
        assert!(shown(session).contains("recording on"));
        send(session, "hello there");
        let once = added(&tests, &read(folder, "tests/test_stories.yml"));
        send(session, "bye");
        let twice = added(&tests, &read(folder, "tests/test_stories.yml"));
        assert_eq!(
            twice.get(2..once.len()),
            once.get(2..),
            "{once:?} {twice:?}"
        );
        assert!(twice.len() > once.len());
        press(session, KeyCode::F(8));
        send(session, "hello there");
        assert_eq!(
            added(&tests, &read(folder, "tests/test_stories.yml")),
            twice
        );
    });
}

#[test]
fn stories_are_played_step_by_step_and_mistakes_are_marked() {
    with(|folder, session| {
        let story = "\n- story: wrong on purpose\n  steps:\n  - user: hello there\n    intent: greet\n  - action: utter_goodbye\n  - user: bye\n    intent: goodbye\n  - action: utter_goodbye\n";
        let path = folder.join("tests/test_stories.yml");
        fs::write(&path, read(folder, "tests/test_stories.yml") + story).unwrap();
        press(session, KeyCode::F(9));
        type_text(session, "wrong on");
        press(session, KeyCode::Enter);
        let first = shown(session);
        assert!(first.contains("1 of 2 played, 1 turn otherwise"), "{first}");
        assert!(
            first.contains("✗ the story has `utter_goodbye`, not `utter_greet`"),
            "{first}"
        );
        press(session, KeyCode::Esc);
        press(session, KeyCode::Char(' '));
        assert!(
            shown(session).contains("2 of 2 played, 1 turn otherwise"),
            "{}",
            shown(session)
        );
    });
}

#[test]
fn another_model_listens_and_takes_over() {
    with(|_, session| {
        type_text(session, UNKNOWN);
        press(session, KeyCode::F(2));
        type_text(session, "return_i");
        press(session, KeyCode::Enter);
        press(session, KeyCode::F(7));
        press(session, KeyCode::Enter);
        let beside = shown(session);
        assert!(beside.contains("Intents: A "), "{beside}");
        assert!(
            beside.contains("≠ next action: A utter_ask_return_reason"),
            "{beside}"
        );
        press(session, KeyCode::Enter);
        press(session, KeyCode::F(7));
        let swapped = shown(session);
        assert!(swapped.contains("≠ B: return_item"), "{swapped}");
        assert!(
            swapped.contains("answers now; 1 of 1 turn otherwise"),
            "{swapped}"
        );
        send(session, ":compare");
        assert!(!shown(session).contains("Intents: A "));
    });
}

#[test]
fn turns_go_back_and_forth_and_leave_branches() {
    with(|_, session| {
        for text in ["hello there", "where is my order", "bye"] {
            send(session, text);
        }
        send(session, ":rewind 1");
        let back = shown(session);
        assert!(
            back.contains("at turn 1; 2 turns after it can be brought back"),
            "{back}"
        );
        send(session, "thanks");
        send(session, ":branches");
        assert!(shown(session).contains("1 after turn 1: where is my order · bye (2 turns)"));
        press(session, KeyCode::Enter);
        let other = shown(session);
        assert!(
            other.contains("turn 3 ·") && other.contains("you  bye"),
            "{other}"
        );
        // A turn chosen in the chat is gone back to with Enter.
        press(session, KeyCode::Tab);
        for code in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Enter] {
            press(session, code);
        }
        assert!(shown(session).contains("turn 1 ·"), "{}", shown(session));
    });
}

#[test]
fn slots_intents_and_stubs_are_set_by_hand() {
    with(|_, session| {
        send(session, ":slot order_number=AB-77777");
        assert!(
            shown(session).contains("order_number   AB-77777"),
            "{}",
            shown(session)
        );
        send(session, ":slot oder_number=1");
        assert!(shown(session).contains("did you mean `order_number`?"));
        send(session, ":intent order_status");
        assert!(
            shown(session).contains("Order AB-77777 has left"),
            "{}",
            shown(session)
        );
        send(session, ":stub action_check seats=3");
        assert!(shown(session).contains("`action_check` sets 1 slot from now on"));
        send(session, ":events");
        assert!(shown(session).contains("slot     order_number=AB-77777"));
    });
}

#[test]
fn buttons_bars_hints_and_tabs_can_be_clicked() {
    with(|_, session| {
        let click = |session: &mut Session, wanted: &str| {
            let text = shown(session);
            let (row, line) = text
                .lines()
                .enumerate()
                .find(|(_, line)| line.contains(wanted))
                .unwrap_or_else(|| panic!("no {wanted} in {text}"));
            let at = line.find(wanted).unwrap();
            let column = unicode_width::UnicodeWidthStr::width(line.get(..at).unwrap());
            session.input(Event::Mouse(MouseEvent {
                kind: MouseEventKind::Down(MouseButton::Left),
                column: u16::try_from(column + 1).unwrap(),
                row: u16::try_from(row).unwrap(),
                modifiers: KeyModifiers::NONE,
            }));
            session.settle();
        };
        send(session, "hello there");
        click(session, "[Return something]");
        assert!(shown(session).contains("turn 2 ·"), "{}", shown(session));
        key(session, KeyCode::Char('1'), KeyModifiers::ALT);
        assert!(shown(session).contains("turn 3 ·"), "{}", shown(session));
        click(session, "Story │ Events");
        assert!(
            shown(session).contains("- action: utter_greet"),
            "{}",
            shown(session)
        );
        click(session, "Ctrl-P commands");
        assert!(shown(session).contains("Commands"));
        press(session, KeyCode::Esc);
        type_text(session, UNKNOWN);
        click(session, "  damaged_item");
        let correct = shown(session);
        assert!(correct.contains("▶ damaged_item"), "{correct}");
    });
}

#[test]
fn the_palette_says_why_a_command_is_grey() {
    with(|_, session| {
        key(session, KeyCode::Char('p'), KeyModifiers::CONTROL);
        type_text(session, "undo");
        let grey = shown(session);
        assert!(grey.contains("there is no turn yet"), "{grey}");
        press(session, KeyCode::Enter);
        assert!(
            shown(session).contains("Commands"),
            "a grey command does nothing"
        );
        press(session, KeyCode::Esc);
        key(session, KeyCode::Char('p'), KeyModifiers::CONTROL);
        type_text(session, "event");
        press(session, KeyCode::Enter);
        assert!(shown(session).contains("nothing has happened yet"));
    });
}

#[test]
fn a_file_that_is_saved_in_an_editor_is_learnt_and_a_broken_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        theme: THEME,
        keys: Keymap::default(),
        watch: true,
        review: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut session = Session::new(trained(folder.path()), options, SIZE, Arc::new(|| 0.0));
    let path = folder.path().join("data/nlu.yml");
    let good = fs::read_to_string(&path).unwrap();
    let wait = |session: &mut Session, wanted: &str| {
        let start = std::time::Instant::now();
        while !shown(session).contains(wanted) {
            assert!(
                start.elapsed().as_secs() < 20,
                "no {wanted} in {}",
                shown(session)
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
            session.catch_up();
        }
    };
    fs::write(&path, good.replacen("nlu:", "nlu: [", 1)).unwrap();
    wait(
        &mut session,
        "1 mistake in the files; the old model goes on",
    );
    assert!(shown(&session).contains("data/nlu.yml:"));
    send(&mut session, "x");
    let better = good.replacen("    - hello\n", "    - hello\n    - ahoy captain\n", 1);
    assert_ne!(good, better);
    fs::write(&path, better).unwrap();
    wait(&mut session, "retrained in");
    // A test that is added is held at once, though there is nothing to learn.
    let tests = folder.path().join("tests/test_stories.yml");
    let more = "\n- story: wrong on purpose\n  steps:\n  - user: hello there\n    intent: greet\n  - action: utter_goodbye\n";
    let old = fs::read_to_string(&tests).unwrap();
    fs::write(&tests, old + more).unwrap();
    wait(&mut session, "tests 16/16 → 16/17");
    assert!(!shown(&session).contains("mistake"), "{}", shown(&session));
}

#[test]
fn real_messages_are_looked_through_the_least_certain_first() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = trained(folder.path());
    let messages = folder.path().join("messages.csv");
    let rows = format!(
        "when,message\n1,hello there\n2,{UNKNOWN}\n3,hello there\n4,what a lovely day on mars\n"
    );
    fs::write(&messages, rows).unwrap();
    let review = Review::read(&messages, workbench.model()).unwrap();
    let texts: Vec<&str> = review.items.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(texts.len(), 3);
    assert_eq!(texts.last(), Some(&"hello there"), "the surest comes last");
    let at = texts.iter().position(|text| *text == UNKNOWN).unwrap();
    let before = read(folder.path(), "data/nlu.yml");
    let options = Options {
        theme: THEME,
        keys: Keymap::default(),
        watch: false,
        review: Some(review),
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut session = Session::new(workbench, options, SIZE, Arc::new(|| 0.0));
    session.settle();
    insta::assert_snapshot!("mend_review", shown(&session));
    for _ in 0..at {
        press(&mut session, KeyCode::Char('s'));
    }
    press(&mut session, KeyCode::Char('c'));
    type_text(&mut session, "return_i");
    press(&mut session, KeyCode::Enter);
    assert_eq!(
        read(folder.path(), "data/nlu.yml"),
        before,
        "nothing is written before the diff was seen"
    );
    // What is not written is not lost by leaving.
    press(&mut session, KeyCode::Char('q'));
    assert!(shown(&session).contains("1 not written yet"));
    press(&mut session, KeyCode::Char('w'));
    assert!(shown(&session).contains("1 message of the review"));
    press(&mut session, KeyCode::Enter);
    assert_eq!(
        added(&before, &read(folder.path(), "data/nlu.yml")),
        [format!("    - {UNKNOWN}")]
    );
    assert!(
        shown(&session).contains("0 to write"),
        "{}",
        shown(&session)
    );
    press(&mut session, KeyCode::Char('q'));
    assert!(
        shown(&session).contains("The conversation starts"),
        "{}",
        shown(&session)
    );
}

#[test]
fn words_do_the_same_in_plain_mode() {
    let folder = tempfile::tempdir().unwrap();
    drop::<Workbench>(trained(folder.path()));
    let before = read(folder.path(), "data/nlu.yml");
    let input = format!(
        "{UNKNOWN}\n:correct return_item\n:why\n:changes\n:save story from plain\n:rewind 0\n"
    );
    let run = common::run(
        common::bot()
            .args(["shell", "--plain"])
            .current_dir(folder.path()),
        input.as_bytes(),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        added(&before, &read(folder.path(), "data/nlu.yml")),
        [format!("    - {UNKNOWN}")]
    );
    assert!(
        run.stdout.contains(&format!("+    - {UNKNOWN}")),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("data/nlu.yml +1 line"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("+- story: from plain"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("retrained in"), "{}", run.stderr);
}

#[test]
fn the_word_for_leaving_leaves() {
    with(|_, session| {
        assert_eq!(send(session, ":q"), Flow::Quit);
    });
}

#[test]
fn models_stories_and_messages_that_are_not_there_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = trained(folder.path());
    for (arguments, message) in [
        (["--compare", "nothing"], "there is no file `nothing`"),
        (
            ["--replay", "Ordr status"],
            "there is no story `Ordr status`",
        ),
    ] {
        let run = common::run(
            common::bot()
                .args(["shell", "--plain"])
                .args(arguments)
                .current_dir(folder.path()),
            b"",
        );
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
    let empty = folder.path().join("empty.txt");
    fs::write(&empty, "/greet\n\n").unwrap();
    let error = Review::read(&empty, workbench.model()).unwrap_err();
    assert!(
        format!("{error:?}").contains("review::no-messages"),
        "{error:?}"
    );
}

#[test]
fn a_list_is_looked_through_line_by_line_too() {
    let folder = tempfile::tempdir().unwrap();
    drop::<Workbench>(trained(folder.path()));
    let before = read(folder.path(), "data/nlu.yml");
    let lines = format!("hello there\n{UNKNOWN}\nwhat a lovely day on mars\n");
    fs::write(folder.path().join("said.txt"), lines).unwrap();
    let run = common::run(
        common::bot()
            .args(["shell", "--plain", "--json", "--review", "said.txt"])
            .current_dir(folder.path()),
        b"",
    );
    let texts: Vec<String> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|json| json["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts.len(), 3);
    // A slip, then a correction, a new intent, a known message, the change, and then a conversation.
    let mut input = String::from("retrun_item\n");
    for text in &texts {
        input += match text.as_str() {
            UNKNOWN => "return_item\n",
            "hello there" => "\n",
            _ => "new weather\n",
        };
    }
    input += "w\nq\nwhat a lovely day on mars\n";
    let run = common::run(
        common::bot()
            .args(["shell", "--plain", "--review", "said.txt"])
            .current_dir(folder.path()),
        input.as_bytes(),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("there is no intent `retrun_item`"),
        "{}",
        run.stderr
    );
    let after = added(&before, &read(folder.path(), "data/nlu.yml"));
    let after = after.join("\n");
    assert!(after.contains(&format!("    - {UNKNOWN}")), "{after}");
    assert!(
        after.contains("- intent: weather\n  examples: |\n    - what a lovely day on mars"),
        "{after}"
    );
    assert!(
        run.stdout.contains(&format!(" of 3: {UNKNOWN}")),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains(&format!("+    - {UNKNOWN}")),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("left out: \"hello there\""),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("retrained in"), "{}", run.stderr);
}

/// A server that never answers holds up the turn, and nothing else.
#[cfg(unix)]
#[test]
fn the_screen_stays_alive_while_an_action_server_does_not_answer() {
    use crate::shell::terminal::Pty;
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        bot::files::write(&folder.path().join(name), text.as_bytes()).unwrap();
    };
    write(
        "domain.yml",
        "intents: [greet, bye]\nactions: [action_slow]\nresponses:\n  utter_bye:\n  - text: see you\n",
    );
    write(
        "data/nlu.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi there\n- intent: bye\n  examples: |\n    - bye\n    - see you later\n",
    );
    write(
        "data/rules.yml",
        "rules:\n- rule: slow\n  steps:\n  - intent: greet\n  - action: action_slow\n- rule: bye\n  steps:\n  - intent: bye\n  - action: utter_bye\n",
    );
    write(
        "endpoints.yml",
        &format!("action_endpoint:\n  url: http://127.0.0.1:{port}/webhook\n"),
    );
    let train = common::run(common::bot().arg("train").current_dir(folder.path()), b"");
    assert_eq!(train.code, 0, "{}", train.stderr);
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_bot"), &["shell"], folder.path(), &[]);
    pty.expect("Message");
    pty.send(b"/greet\r");
    pty.expect("waiting for action_slow");
    // What is typed meanwhile is understood as ever.
    pty.send(b"see you");
    pty.expect("why bye, not greet");
    pty.send(&[3]);
    pty.send(&[4]);
    assert_eq!(pty.end(), 0);
    drop(server);
}

/// The whole loop in a real terminal, as a person would see it.
#[cfg(unix)]
#[test]
fn the_loop_that_matters_in_a_real_terminal() {
    use crate::shell::terminal;
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments)
            .current_dir(folder.path())
            .output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    if git(&["init", "-q"]).is_err() {
        common::skip("there is no git here");
        return;
    }
    let mut pty = terminal::shell(folder.path());
    git(&["add", "data", "domain.yml", "config.yml", "tests"]).unwrap();
    git(&["commit", "-q", "-m", "before"]).unwrap();
    pty.send(format!("{UNKNOWN}\r").as_bytes());
    pty.expect("turn 1");
    // F2, narrow, agree.
    pty.send(b"\x1bOQ");
    pty.expect("Correct intent");
    pty.send(b"return_i");
    pty.expect("\u{2502}     - can somebody");
    pty.send(b"\r");
    pty.expect("1 of 1 turn changed");
    pty.expect("tests 16/16");
    pty.send(b":save story picked up at home\r");
    pty.expect("\u{2502} - story: picked up");
    pty.send(b"\r");
    pty.expect("test_stories.yml");
    pty.send(&[4]);
    assert_eq!(pty.end(), 0);
    let diff = git(&["diff", "--unified=0", "--no-color"]).unwrap();
    let changed: Vec<&str> = diff
        .lines()
        .filter(|line| {
            (line.starts_with('+') && !line.starts_with("+++"))
                || (line.starts_with('-') && !line.starts_with("---"))
        })
        .collect();
    assert_eq!(
        changed,
        [
            "+    - can somebody pick up the box at my home",
            "+",
            "+- story: picked up at home",
            "+  steps:",
            "+  - user: can somebody pick up the box at my home",
            "+    intent: return_item",
            "+  - action: utter_ask_return_reason",
        ]
    );
}
