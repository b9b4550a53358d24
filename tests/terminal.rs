//! The shell in a real terminal: slow servers, editors, signals, the clipboard, reminders, long and foreign texts.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::Engine as _;
use serde_json::json;

use crate::{
    common::{
        self,
        server::{Say, Server},
    },
    screens::slow_project,
    shell::{
        terminal::{Pty, shell},
        trained,
    },
};

fn started(folder: &Path, set: &[(&str, &str)]) -> Pty {
    let pty = Pty::start(env!("CARGO_BIN_EXE_bot"), &["shell"], folder, set);
    pty.expect("Message");
    pty
}

/// A server that gives its answer only when it is let, and flags that let it and that say that it has.
fn late() -> (Server, Arc<AtomicBool>, Arc<AtomicBool>) {
    let (may, told) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (wait, flag) = (Arc::clone(&may), Arc::clone(&told));
    let server = Server::start(move |_| {
        while !wait.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
        flag.store(true, Ordering::SeqCst);
        let slot = json!({"event": "slot", "name": "seats", "value": 9});
        Say::json(200, &json!({"events": [slot], "responses": []}))
    });
    (server, may, told)
}

#[test]
fn escape_gives_up_a_slow_server_and_its_late_answer_is_dropped() {
    let (server, may, told) = late();
    let folder = tempfile::tempdir().unwrap();
    slow_project(folder.path(), &server.url());
    let mut pty = started(folder.path(), &[]);
    pty.send(b"/greet\r");
    pty.expect("waiting for action_slow");
    pty.expect("not answered yet");
    pty.send(b"\x1b");
    // The turn ends as one whose action has failed.
    pty.expect("was waited for no");
    may.store(true, Ordering::SeqCst);
    pty.until("answered late", |_| told.load(Ordering::SeqCst));
    pty.send(b"/bye\r");
    pty.expect("utter_bye");
    pty.send(b":slots\r");
    pty.expect("no slot");
    assert!(!pty.screen().contains("9 seats"), "{}", pty.screen());
    assert_eq!(server.asked().len(), 1, "nothing is sent twice");
    // Escape and the next key must not come as one.
    pty.send(b"\x1b");
    pty.until("closed", |pty| !pty.screen().contains("Esc closes"));
    pty.send(&[4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_review_in_plain_lines_warns_a_person_who_leaves_with_decisions() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    fs::write(folder.path().join("said.txt"), "hello you\nbye then\n").unwrap();
    let mut pty = Pty::start(
        env!("CARGO_BIN_EXE_bot"),
        &["shell", "--plain", "--review", "said.txt"],
        folder.path(),
        &[],
    );
    pty.expect("1 of 2");
    pty.send(b"\n");
    pty.expect("2 of 2");
    pty.send(b"q\n");
    pty.expect("1 not written yet");
    pty.send(b":quit\n");
    pty.expect("1 decided and not written");
    pty.expect("you:");
    pty.send(b":quit\n");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_stub_answers_for_a_server_that_is_waited_for() {
    let server = Server::start(|_| Say::Silence(Duration::from_secs(60)));
    let folder = tempfile::tempdir().unwrap();
    slow_project(folder.path(), &server.url());
    let mut pty = started(folder.path(), &[]);
    pty.send(b"/greet\r");
    pty.expect("waiting for action_slow");
    pty.send(b":stub action_slow seats=3\r");
    pty.expect("bot  3 seats");
    // From now on the server is not asked at all.
    pty.send(b"/greet\r");
    pty.until("answered twice", |pty| {
        pty.screen().matches("bot  3 seats").count() == 2
    });
    assert_eq!(server.asked().len(), 1);
    pty.send(&[4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn leaving_does_not_wait_for_a_slow_server() {
    let server = Server::start(|_| Say::Silence(Duration::from_secs(60)));
    let folder = tempfile::tempdir().unwrap();
    slow_project(folder.path(), &server.url());
    let mut pty = started(folder.path(), &[]);
    pty.send(b"/greet\r");
    pty.expect("waiting for action_slow");
    pty.send(&[4]);
    pty.expect("1 turn with");
    assert_eq!(pty.end(), 0);
    // Plain lines end with Ctrl-C, too.
    let mut plain = Pty::start(
        env!("CARGO_BIN_EXE_bot"),
        &["shell", "--plain"],
        folder.path(),
        &[],
    );
    plain.expect("you:");
    plain.send(b"/greet\r");
    common::tell("waiting for a server that does not answer");
    plain.until("asked", |_| server.asked().len() == 2);
    plain.signal("-INT");
    assert_eq!(plain.end(), 130);
}

#[test]
fn an_editor_gets_the_terminal_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    let editor = folder.path().join("editor.sh");
    fs::write(
        &editor,
        "#!/bin/sh\necho \"editing $*\"\nread line\necho \"$*\" > edited.txt\n",
    )
    .unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let command = format!("{} --wait", editor.display());
    let mut pty = started(folder.path(), &[("EDITOR", &command), ("VISUAL", "")]);
    pty.send(b"hello there");
    pty.expect("\u{25b6} greet");
    // Message, chat, intents, inspector.
    pty.send(b"\t\t\t\r");
    pty.expect("editing --wait +");
    pty.until("given back", Pty::is_given_back);
    // Whoever stops the editor stops the shell with it, else nobody could get at the terminal.
    pty.signal("-TSTP");
    pty.until("stopped", Pty::is_stopped);
    pty.signal("-CONT");
    pty.send(b"\r");
    pty.expect("Message");
    pty.expect("hello there");
    let edited = fs::read_to_string(folder.path().join("edited.txt")).unwrap();
    let (line, file) = edited
        .trim()
        .split_once(' ')
        .unwrap()
        .1
        .split_once(' ')
        .unwrap();
    let line: usize = line.trim_start_matches('+').parse().unwrap();
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    let rule = text.lines().nth(line - 1).unwrap();
    assert!(rule.contains("utter_greet"), "{edited}: {rule}");
    assert!(!pty.is_given_back(), "the screen is ours again");
    pty.send(&[3, 4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn an_editor_that_is_not_there_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    let mut pty = started(
        folder.path(),
        &[("EDITOR", "/nonexistent/editor"), ("VISUAL", "")],
    );
    pty.send(b"hello there");
    pty.expect("\u{25b6} greet");
    pty.send(b"\t\t\t\r");
    pty.expect("/nonexistent/editor");
    pty.send(&[3, 4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn suspending_gives_the_terminal_back_and_going_on_draws_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = shell(folder.path());
    pty.send(b"hello there\r");
    pty.expect("utter_greet");
    pty.send(b"half a mess");
    pty.expect("half a mess");
    for by_key in [true, false] {
        if by_key {
            pty.send(&[0x1a]);
        } else {
            pty.signal("-TSTP");
        }
        pty.until("stopped", Pty::is_stopped);
        pty.until("given back", Pty::is_given_back);
        assert!(!pty.screen().contains("utter_greet"), "{}", pty.screen());
        pty.signal("-CONT");
        pty.expect("utter_greet");
        pty.expect("half a mess");
        assert!(!pty.is_given_back());
    }
    // One that was stopped from outside finds its screen again.
    pty.signal("-STOP");
    pty.until("stopped", Pty::is_stopped);
    pty.signal("-CONT");
    pty.send(b"age");
    pty.expect("half a message");
    pty.send(&[3, 4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn copying_reaches_the_clipboard_of_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = shell(folder.path());
    pty.send(b"hello there\r");
    pty.expect("utter_greet");
    pty.send(b"\t\x1b[Ay");
    let packed = base64::engine::general_purpose::STANDARD.encode("hello there\n");
    // What the bot said follows, so that only the whole groups of the start are the same.
    let start = format!(
        "\x1b]52;c;{}",
        packed.trim_end_matches('=').get(..12).unwrap()
    );
    pty.until("copied", |pty| pty.has_written(start.as_bytes()));
    pty.expect("copied");
    pty.send(&[4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn reminders_come_by_themselves() {
    let server = Server::start(|asked| {
        let body = asked.json();
        assert_eq!(body["next_action"], "action_slow");
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
        let reminder = json!({
            "event": "reminder", "intent": "bye", "entities": {}, "name": "bye",
            "date_time": time.to_string(), "kill_on_user_msg": false,
        });
        Say::json(
            200,
            &json!({"events": [reminder], "responses": [{"text": "I will remind you"}]}),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    slow_project(folder.path(), &server.url());
    let mut pty = started(folder.path(), &[]);
    pty.send(b"/greet\r");
    pty.expect("I will remind you");
    pty.send(b"not sent yet");
    // Nobody presses a key any more.
    pty.expect("bye comes by itself");
    pty.expect("see you");
    pty.expect("turn 2");
    pty.expect("not sent yet");
    pty.send(&[3, 4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_message_of_a_megabyte_and_a_paste_of_ten_thousand_lines_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = shell(folder.path());
    let lines: Vec<String> = (1..=10_000)
        .map(|number| format!("line number {number}"))
        .collect();
    pty.send(format!("\x1b[200~{}\x1b[201~", lines.join("\n")).as_bytes());
    pty.expect("line 10000 of 10000");
    pty.expect("line number 10000");
    pty.send(&[3]);
    pty.expect("\u{250f} Message \u{2501}");
    let long = format!("{} the very end", "where is my order ".repeat(60_000));
    assert!(long.len() > 1_000_000);
    pty.send(format!("\x1b[200~{long}\x1b[201~").as_bytes());
    pty.expect("the very end");
    pty.send(b"\r");
    pty.expect("turn 1");
    pty.send(b"hello there");
    pty.expect("hello there");
    pty.send(&[3, 4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn the_cursor_stands_behind_wide_and_combined_letters() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = shell(folder.path());
    pty.expect("nothing typed yet");
    let row = pty.cursor().0;
    for (text, columns) in [
        ("abc", 3),
        ("你好", 4),
        ("e\u{301}e\u{301}", 2),
        ("مرحبا", 5),
        ("שלום", 4),
        ("ทดสอบ", 5),
        ("한국", 4),
    ] {
        pty.send(text.as_bytes());
        pty.until("there", |pty| pty.cursor() == (row, 1 + columns));
        pty.send(&[3]);
        pty.until("empty", |pty| pty.cursor() == (row, 1));
    }
    pty.send(&[4]);
    assert_eq!(pty.end(), 0);
}

#[test]
fn readline_keys_edit_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = shell(folder.path());
    pty.send(b"one two three");
    pty.expect("one two three");
    // Ctrl-W takes a word, Ctrl-A and Ctrl-K the rest, Ctrl-Y brings it back, Ctrl-U takes what is before.
    for (keys, text) in [
        (&b"\x17"[..], "┃one two  "),
        (b"\x01\x0b", "┃   "),
        (b"\x19!", "┃one two !"),
        (b"\x02\x15", "┃!  "),
        (b"\x05?", "┃!?  "),
    ] {
        pty.send(keys);
        pty.expect(text);
    }
    pty.send(&[3]);
    // Ctrl-R finds an earlier line.
    pty.send(b"hello there\r");
    pty.expect("utter_greet");
    pty.send(b"\x12");
    pty.expect("Earlier messages");
    pty.send(b"hel\r");
    pty.expect("┃hello there");
    pty.send(&[3, 4]);
    assert_eq!(pty.end(), 0);
}
