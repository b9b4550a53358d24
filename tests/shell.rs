//! The shell: keys in, screen out; and in a real terminal, started, resized, killed and panicking.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use bot::{
    diagnostic::Sources,
    model,
    project::{self, Paths, scaffold},
    tui::{Flow, Keymap, Options, Session, Theme},
    workbench::{Project, Workbench},
};
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::{Terminal, backend::TestBackend};
use unicode_width::UnicodeWidthStr;

/// Writes the template `support` into a folder and trains it.
pub(crate) fn trained(folder: &Path) -> Workbench {
    for (path, text) in scaffold::template("support", "support").unwrap() {
        bot::files::write(&folder.join(path), text.as_bytes()).unwrap();
    }
    let paths = Paths::of(folder);
    let mut sources = Sources::new();
    let loaded = project::load(&paths, &mut sources).unwrap();
    let options = crate::common::training(model::Part::All, 42, &paths.models);
    model::train(
        &loaded.assistant,
        &sources,
        &options,
        &AtomicBool::new(false),
        &mut |_| {},
    )
    .unwrap();
    let mut workbench = Workbench::open(&paths.models, None, None).unwrap();
    let number = AtomicU32::new(0);
    workbench.work_on(Project {
        paths,
        clock: Arc::new(move || {
            let second = number.fetch_add(1, Ordering::SeqCst);
            (
                format!("20260101-1300{second:02}"),
                "2026-01-01T13:00:00+00:00".to_owned(),
            )
        }),
    });
    workbench
}

pub(crate) const THEME: Theme = Theme {
    color: false,
    ascii: false,
};

/// Presses a key, and waits until all that follows from it has happened.
pub(crate) fn key(session: &mut Session, code: KeyCode, modifiers: KeyModifiers) -> Flow {
    match session.input(Event::Key(KeyEvent::new(code, modifiers))) {
        Flow::Continue => session.settle(),
        flow => flow,
    }
}

pub(crate) fn press(session: &mut Session, code: KeyCode) -> Flow {
    key(session, code, KeyModifiers::NONE)
}

pub(crate) fn type_text(session: &mut Session, text: &str) {
    for c in text.chars() {
        key(session, KeyCode::Char(c), KeyModifiers::NONE);
    }
}

pub(crate) fn send(session: &mut Session, text: &str) -> Flow {
    type_text(session, text);
    key(session, KeyCode::Enter, KeyModifiers::NONE)
}

/// Draws the session and returns the screen with what differs from run to run replaced, width for width.
pub(crate) fn screen(session: &Session, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| session.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide letter covers the cell behind it.
            x += u16::try_from(symbol.width()).unwrap().max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let text = regex::Regex::new(r"\d\.\d ms")
        .unwrap()
        .replace_all(&text, "0.1 ms")
        .into_owned();
    let text = regex::Regex::new(r"in \d\.\d s")
        .unwrap()
        .replace_all(&text, "in 0.1 s")
        .into_owned();
    regex::Regex::new(r"(·|-) (model )?[0-9a-f]{6}\b")
        .unwrap()
        .replace_all(&text, "$1 ${2}3f9c2a")
        .into_owned()
}

/// Runs `check` with a session of the given size.
pub(crate) fn with_session(size: (u16, u16), theme: Theme, check: impl FnOnce(&mut Session)) {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(trained(folder.path()), size, theme);
    check(&mut session);
}

pub(crate) fn session(workbench: Workbench, size: (u16, u16), theme: Theme) -> Session {
    let options = Options {
        theme,
        keys: Keymap::default(),
        watch: false,
        review: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut session = Session::new(workbench, options, size, Arc::new(|| 0.0));
    session.settle();
    session
}

#[test]
fn screens_of_every_size_show_a_conversation() {
    for (width, height) in [(120, 36), (80, 24), (60, 20), (39, 11), (10, 3)] {
        with_session((width, height), THEME, |session| {
            send(session, "hello there");
            send(session, "where is my order AB-12345");
            type_text(session, "i want to return");
            insta::assert_snapshot!(
                format!("shell_{width}x{height}"),
                screen(session, width, height)
            );
        });
    }
}

#[test]
fn ascii_terminals_get_ascii_only() {
    let theme = Theme {
        color: false,
        ascii: true,
    };
    with_session((80, 24), theme, |session| {
        send(session, "hello there");
        type_text(session, "where is");
        let shown = screen(session, 80, 24);
        assert!(shown.is_ascii(), "{shown}");
        insta::assert_snapshot!("shell_ascii", shown);
    });
}

#[test]
fn bars_follow_every_keystroke() {
    with_session((80, 24), THEME, |session| {
        assert!(screen(session, 80, 24).contains("nothing typed yet"));
        type_text(session, "refund");
        let refund = screen(session, 80, 24);
        assert!(refund.contains("▶ refund_status"), "{refund}");
        for _ in 0.."refund".len() {
            key(session, KeyCode::Backspace, KeyModifiers::NONE);
        }
        type_text(session, "bye");
        let bye = screen(session, 80, 24);
        assert!(bye.contains("▶ goodbye"), "{bye}");
    });
}

#[test]
fn undo_leads_back_to_the_screen_before() {
    with_session((120, 36), THEME, |session| {
        send(session, "hello there");
        let before = screen(session, 120, 36);
        send(session, "where is my order AB-12345");
        assert_ne!(screen(session, 120, 36), before);
        key(session, KeyCode::Up, KeyModifiers::ALT);
        press(session, KeyCode::Esc);
        let after = screen(session, 120, 36);
        assert!(
            after.contains("(taken back, Alt-↓ brings it back)"),
            "{after}"
        );
        // But for that line, which moves the others up by one, all is as it was.
        let halves = |screen: &str| -> (Vec<String>, Vec<String>) {
            let half = |line: &str, from, to| -> String {
                let cut = line.chars().skip(from).take(to);
                cut.collect::<String>().trim_matches([' ', '│']).to_owned()
            };
            let left = screen.lines().map(|line| half(line, 0, 68));
            let left = left.filter(|line| !line.is_empty() && !line.contains("taken back"));
            let right = screen.lines().map(|line| half(line, 68, 60));
            (left.collect(), right.collect())
        };
        assert_eq!(halves(&after), halves(&before));
        key(session, KeyCode::Down, KeyModifiers::ALT);
        assert!(screen(session, 120, 36).contains("order_number=AB-12345"));
    });
}

#[test]
fn leaving_takes_ctrl_d_or_two_ctrl_c_on_an_empty_line() {
    with_session((80, 24), THEME, |session| {
        type_text(session, "half a mess");
        assert_eq!(
            key(session, KeyCode::Char('d'), KeyModifiers::CONTROL),
            Flow::Continue
        );
        assert_eq!(
            key(session, KeyCode::Char('c'), KeyModifiers::CONTROL),
            Flow::Continue
        );
        assert_eq!(session.text(), "");
        assert_eq!(
            key(session, KeyCode::Char('c'), KeyModifiers::CONTROL),
            Flow::Continue
        );
        assert_eq!(
            key(session, KeyCode::Char('c'), KeyModifiers::CONTROL),
            Flow::Quit
        );
        assert_eq!(
            key(session, KeyCode::Char('d'), KeyModifiers::CONTROL),
            Flow::Quit
        );
        assert_eq!(send(session, ":quit"), Flow::Quit);
    });
}

#[test]
fn commands_popups_and_completion_answer() {
    with_session((80, 24), THEME, |session| {
        key(session, KeyCode::F(1), KeyModifiers::NONE);
        insta::assert_snapshot!("shell_help", screen(session, 80, 24));
        key(session, KeyCode::Esc, KeyModifiers::NONE);
        send(session, ":wyh");
        assert!(screen(session, 80, 24).contains("did you mean `:why`?"));
        send(session, "hello there");
        send(session, ":why");
        let why = screen(session, 80, 24);
        assert!(
            why.contains("intent greet") && why.contains("action utter_greet"),
            "{why}"
        );
        key(session, KeyCode::Esc, KeyModifiers::NONE);
        type_text(session, "/gre");
        assert!(screen(session, 80, 24).contains("  /greet  intent"));
        key(session, KeyCode::Tab, KeyModifiers::NONE);
        assert_eq!(session.text(), "/greet");
    });
}

#[test]
fn earlier_messages_come_back_and_a_paste_never_sends() {
    with_session((80, 24), THEME, |session| {
        send(session, "first");
        send(session, "second");
        type_text(session, "draft");
        for (code, text) in [
            (KeyCode::Up, "second"),
            (KeyCode::Up, "first"),
            (KeyCode::Up, "first"),
            (KeyCode::Down, "second"),
            (KeyCode::Down, "draft"),
        ] {
            key(session, code, KeyModifiers::NONE);
            assert_eq!(session.text(), text);
        }
        key(session, KeyCode::Char('c'), KeyModifiers::CONTROL);
        let pasted = "line one\r\nline two\n".repeat(5000);
        session.input(Event::Paste(pasted));
        assert_eq!(session.text().lines().count(), 10_000);
        screen(session, 80, 24);
    });
}

/// What people may write: wide, combined, from right to left, joined, with escapes of terminals.
const FOREIGN: &[&str] = &[
    "你好世界，我想退款",
    "e\u{301}te\u{301} n\u{303}",
    "مرحبا بالعالم",
    "שלום עולם",
    "ทดสอบภาษาไทย",
    "👩‍👩‍👧 🇳🇴 👍🏽",
    "\u{1b}[31mred\u{7}",
    "tab\there\u{200b}\u{feff}",
];

#[test]
fn columns_stand_whatever_is_written() {
    for (width, height) in [(120, 36), (80, 24), (60, 20)] {
        with_session((width, height), THEME, |session| {
            let plain = columns(session, width, height);
            for text in FOREIGN {
                send(session, text);
                assert!(!screen(session, width, height).contains('\u{1b}'), "{text}");
                assert_eq!(columns(session, width, height), plain, "{text}");
                type_text(session, text);
                assert_eq!(columns(session, width, height), plain, "{text}");
                // In a window, too.
                press(session, KeyCode::F(2));
                type_text(session, "退款");
                screen(session, width, height);
                press(session, KeyCode::Esc);
                key(session, KeyCode::Char('c'), KeyModifiers::CONTROL);
            }
        });
    }
}

/// Returns where the borders of panes stand: those of the chat, the message line and what is beside them.
fn columns(session: &Session, width: u16, height: u16) -> Vec<(u16, u16)> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| session.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let all = (1..height - 1).flat_map(|y| (0..width).map(move |x| (x, y)));
    let is_border = |(x, y): &(u16, u16)| "│┃╭╮╰╯┏┓┗┛".contains(buffer[(*x, *y)].symbol());
    all.filter(is_border).collect()
}

/// Returns where the cursor of the terminal is put.
fn cursor(session: &Session, width: u16, height: u16) -> (u16, u16) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| session.draw(frame)).unwrap();
    let at = ratatui::backend::Backend::get_cursor_position(terminal.backend_mut()).unwrap();
    (at.x, at.y)
}

#[test]
fn the_cursor_follows_the_letters_that_are_drawn() {
    with_session((80, 24), THEME, |session| {
        let (left, row) = cursor(session, 80, 24);
        for text in FOREIGN
            .iter()
            .filter(|text| !text.contains(char::is_control))
        {
            type_text(session, text);
            let drawn = u16::try_from(text.width()).unwrap();
            assert_eq!(cursor(session, 80, 24), (left + drawn, row), "{text}");
            key(session, KeyCode::Char('a'), KeyModifiers::CONTROL);
            assert_eq!(cursor(session, 80, 24), (left, row), "{text}");
            key(session, KeyCode::Char('c'), KeyModifiers::CONTROL);
        }
        // A line longer than the pane moves under the cursor.
        type_text(session, &"word ".repeat(40));
        let (x, y) = cursor(session, 80, 24);
        assert!(y == row && x > left && x < 45, "{x} {y}");
    });
}

/// Something that a person may do.
fn event(kind: u8, code: u8, modifier: u8, (width, height): (u16, u16)) -> Event {
    let modifiers = [
        KeyModifiers::NONE,
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
        KeyModifiers::SHIFT,
    ];
    let modifiers = modifiers[usize::from(modifier) % 4];
    let mouse = |kind| {
        Event::Mouse(MouseEvent {
            kind,
            column: u16::from(code) * 7 % width.max(1),
            row: u16::from(modifier) * 5 % height.max(1),
            modifiers: KeyModifiers::NONE,
        })
    };
    match kind {
        0 => mouse(MouseEventKind::Down(MouseButton::Left)),
        1 => mouse(MouseEventKind::ScrollUp),
        2 => mouse(MouseEventKind::ScrollDown),
        3 => Event::Resize(u16::from(code) * 5 % 150, u16::from(modifier) * 7 % 50),
        4 => Event::Paste(FOREIGN[usize::from(code) % FOREIGN.len()].to_owned()),
        5 => Event::Paste(":why\r\n/greet\n".to_owned()),
        _ => {
            let code = match code {
                0 => KeyCode::Enter,
                1 => KeyCode::Tab,
                2 => KeyCode::BackTab,
                3 => KeyCode::Esc,
                4 => KeyCode::Up,
                5 => KeyCode::Down,
                6 => KeyCode::PageUp,
                7 => KeyCode::PageDown,
                8 => KeyCode::Backspace,
                9..=17 => KeyCode::F(code - 8),
                18 => KeyCode::Left,
                19 => KeyCode::Home,
                20 => KeyCode::Delete,
                21 => KeyCode::Right,
                22 => KeyCode::End,
                n => KeyCode::Char(
                    [
                        '/', ':', 'a', 'p', 'u', ' ', '1', '{', 'é', 'r', 'y', 'k', '你',
                    ][usize::from(n) % 13],
                ),
            };
            Event::Key(KeyEvent::new(code, modifiers))
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 16, ..Default::default() })]

    /// No sequence of keys, pastes, clicks and sizes panics.
    #[test]
    fn anything_at_any_size_is_survived(
        events in proptest::collection::vec((0..24u8, 0..40u8, 0..12u8), 0..60),
        width in 1..140u16,
        height in 1..50u16,
    ) {
        with_session((width, height), THEME, |session| {
            for (kind, code, modifier) in events {
                session.input(event(kind, code, modifier, (width, height)));
                session.settle();
                screen(session, width, height);
            }
        });
    }

    /// What is typed stays, whatever is looked at meanwhile.
    #[test]
    fn what_is_typed_stays(
        events in proptest::collection::vec((0..20u8, 0..24u8, 0..12u8), 0..40),
        text in "[a-zé你]{1,12}( [a-z]{1,8}){0,4}",
    ) {
        with_session((100, 30), THEME, |session| {
            send(session, "hello there");
            type_text(session, &text);
            for (kind, code, modifier) in events {
                let happened = event(kind, code, modifier, (100, 30));
                let harmless = match &happened {
                    Event::Paste(_) => false,
                    // Sending, recalling and editing are there to change it.
                    Event::Key(key) => !matches!(
                        key.code,
                        KeyCode::Enter | KeyCode::Up | KeyCode::Down | KeyCode::Backspace | KeyCode::Delete | KeyCode::Char(_)
                    ),
                    _ => true,
                };
                if harmless {
                    session.input(happened);
                    session.settle();
                    assert_eq!(session.text(), text);
                }
            }
        });
    }
}

/// A real terminal.
#[cfg(unix)]
pub(crate) mod terminal {
    use std::{
        io::{Read, Write},
        path::Path,
        sync::{Arc, Mutex},
        time::{Duration, Instant},
    };

    use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

    use super::trained;
    use crate::common::SURROUNDINGS;

    pub(crate) struct Pty {
        child: Box<dyn Child + Send + Sync>,
        master: Box<dyn MasterPty + Send>,
        writer: Box<dyn Write + Send>,
        parser: Arc<Mutex<vt100::Parser>>,
        /// Every byte that the program has written.
        written: Arc<Mutex<Vec<u8>>>,
    }

    const SIZE: PtySize = PtySize {
        rows: 24,
        cols: 80,
        pixel_width: 0,
        pixel_height: 0,
    };

    /// Returns a program with nothing of the outside that changes how it behaves.
    fn plain(program: &str) -> CommandBuilder {
        let mut command = CommandBuilder::new(program);
        for name in SURROUNDINGS {
            command.env_remove(name);
        }
        command
    }

    impl Pty {
        pub(crate) fn start(
            program: &str,
            arguments: &[&str],
            folder: &Path,
            set: &[(&str, &str)],
        ) -> Self {
            let pair = native_pty_system().openpty(SIZE).unwrap();
            let mut command = plain(program);
            command.args(arguments);
            command.cwd(folder);
            command.env("TERM", "xterm-256color");
            command.env("LANG", "C.UTF-8");
            for (name, value) in set {
                command.env(name, value);
            }
            let child = pair.slave.spawn_command(command).unwrap();
            drop(pair.slave);
            let parser = Arc::new(Mutex::new(vt100::Parser::new(SIZE.rows, SIZE.cols, 1000)));
            let mut reader = pair.master.try_clone_reader().unwrap();
            let shared = Arc::clone(&parser);
            let written = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&written);
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = reader.read(&mut bytes) {
                    log.lock().unwrap().extend_from_slice(&bytes[..n]);
                    shared.lock().unwrap().process(&bytes[..n]);
                }
            });
            let writer = pair.master.take_writer().unwrap();
            Self {
                child,
                master: pair.master,
                writer,
                parser,
                written,
            }
        }

        pub(crate) fn screen(&self) -> String {
            self.parser.lock().unwrap().screen().contents()
        }

        /// Tells whether the program has written these bytes.
        pub(crate) fn has_written(&self, bytes: &[u8]) -> bool {
            let written = self.written.lock().unwrap();
            written.windows(bytes.len()).any(|window| window == bytes)
        }

        /// Returns row and column of the cursor.
        pub(crate) fn cursor(&self) -> (u16, u16) {
            self.parser.lock().unwrap().screen().cursor_position()
        }

        /// Sends a signal to the program.
        pub(crate) fn signal(&self, name: &str) {
            let process = self.child.process_id().unwrap().to_string();
            let sent = std::process::Command::new("kill")
                .args([name, &process])
                .status();
            assert!(sent.unwrap().success());
        }

        /// Tells whether the program stands still, as after Ctrl-Z.
        pub(crate) fn is_stopped(&self) -> bool {
            let process = self.child.process_id().unwrap().to_string();
            let told = std::process::Command::new("ps")
                .args(["-o", "stat=", "-p", &process])
                .output()
                .unwrap();
            String::from_utf8_lossy(&told.stdout)
                .trim()
                .starts_with('T')
        }

        /// Waits until something is so.
        pub(crate) fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
            let start = Instant::now();
            while !is(self) {
                assert!(
                    start.elapsed() < Duration::from_secs(20),
                    "not {what}:\n{}",
                    self.screen()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }

        /// Checks that the terminal is as a shell expects it: what programs draw, and how it reads.
        pub(crate) fn is_given_back(&self) -> bool {
            let parser = self.parser.lock().unwrap();
            let screen = parser.screen();
            let drawn = !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None;
            // Line by line, not key by key.
            drawn && self.reads_lines()
        }

        fn reads_lines(&self) -> bool {
            let modes = self.master.get_termios().unwrap();
            let modes = format!("{:?}", modes.local_flags);
            modes.contains("ICANON")
        }

        /// Waits until the screen holds a text.
        pub(crate) fn expect(&self, text: &str) {
            let start = Instant::now();
            while !self.screen().contains(text) {
                assert!(
                    start.elapsed() < Duration::from_secs(20),
                    "no `{text}` in:\n{}",
                    self.screen()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }

        pub(crate) fn send(&mut self, bytes: &[u8]) {
            self.writer.write_all(bytes).unwrap();
            self.writer.flush().unwrap();
        }

        /// Waits for the end, checks that the terminal is as it was, and returns the exit code.
        pub(crate) fn end(mut self) -> u32 {
            let status = self.child.wait().unwrap();
            drop(self.writer);
            drop(self.master);
            std::thread::sleep(Duration::from_millis(200));
            let parser = self.parser.lock().unwrap();
            let screen = parser.screen();
            assert!(!screen.alternate_screen(), "still in the alternate screen");
            assert!(!screen.hide_cursor(), "the cursor is hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is on");
            assert_eq!(
                screen.mouse_protocol_mode(),
                vt100::MouseProtocolMode::None,
                "the mouse is captured"
            );
            status.exit_code()
        }
    }

    pub(crate) fn shell(folder: &Path) -> Pty {
        trained(folder);
        let pty = Pty::start(env!("CARGO_BIN_EXE_bot"), &["shell"], folder, &[]);
        pty.expect("Message");
        pty
    }

    #[test]
    fn a_conversation_in_a_terminal_and_a_clean_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut pty = shell(folder.path());
        pty.send(b"hello there");
        pty.expect("\u{25b6} greet");
        pty.send(b"\r");
        pty.expect("utter_greet");
        pty.master
            .resize(PtySize {
                rows: 9,
                cols: 38,
                ..SIZE
            })
            .unwrap();
        pty.parser.lock().unwrap().screen_mut().set_size(9, 38);
        pty.expect("40x12 needed, this is 38x9");
        // What reads the terminal must have grown before the first wide line comes.
        pty.parser
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(SIZE.rows, SIZE.cols);
        pty.master.resize(SIZE).unwrap();
        pty.expect("utter_greet");
        pty.send(&[4]);
        assert_eq!(pty.end(), 0);
    }

    #[test]
    fn a_killed_shell_gives_the_terminal_back() {
        for signal in ["-TERM", "-HUP", "-INT"] {
            let folder = tempfile::tempdir().unwrap();
            let pty = shell(folder.path());
            pty.signal(signal);
            assert_eq!(pty.end(), 130, "{signal}");
        }
    }

    #[test]
    fn a_shell_whose_terminal_is_gone_ends() {
        let folder = tempfile::tempdir().unwrap();
        trained(folder.path());
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = plain(env!("CARGO_BIN_EXE_bot"));
        command.arg("shell");
        command.cwd(folder.path());
        command.env("TERM", "xterm-256color");
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut seen = Vec::new();
        let mut bytes = [0; 4096];
        while !String::from_utf8_lossy(&seen).contains("Message") {
            let n = reader.read(&mut bytes).unwrap();
            assert!(n > 0, "{}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&bytes[..n]);
        }
        // As when the window is closed.
        drop(reader);
        drop(pair.master);
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(20), "it goes on");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Not a test of its own: the child of the test below, which takes the screen and panics.
    #[test]
    fn child_that_panics_on_screen() {
        if std::env::var_os("BOT_TEST_PANIC").is_none() {
            return;
        }
        let mut screen = bot::console::screen::Screen::open(true).unwrap();
        screen
            .draw(|frame| frame.render_widget("about to panic", frame.area()))
            .unwrap();
        panic!("a bug of ours");
    }

    #[test]
    fn a_panic_gives_the_terminal_back_and_is_readable() {
        let folder = tempfile::tempdir().unwrap();
        let myself = std::env::current_exe().unwrap();
        let arguments = [
            "--exact",
            "shell::terminal::child_that_panics_on_screen",
            "--nocapture",
        ];
        let pty = Pty::start(
            myself.to_str().unwrap(),
            &arguments,
            folder.path(),
            &[("BOT_TEST_PANIC", "1")],
        );
        pty.expect("a bug of ours");
        assert_eq!(pty.end(), 101);
    }
}
