//! How long a keystroke takes in the shell until it is drawn, and how much memory the shell needs.
//!
//! `cargo bench --bench shell` converts and trains BANKING77's training part (`examples/support.csv` where the shared
//! data is absent), types messages of it key by key at 120 × 36 through the real update and draw, corrects one, and
//! prints the figures.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

#[path = "common/shared.rs"]
mod shared;

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bot::{
    project::Paths,
    tui::{Keymap, Options, Session, Theme},
    workbench::{Project, Workbench},
};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend};

/// The allocator of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keystrokes measured.
const KEYS: usize = 5_000;
const MESSAGES: [&str; 4] = [
    "i want to change the shipping address of order 1234",
    "why has my card payment been declined twice today",
    "can somebody tell me where the money is",
    "top up did not work, what now?",
];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let set = shared::shared().join("intents/banking77/train.csv");
    let csv = if set.exists() {
        set
    } else {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/support.csv")
    };
    bot(
        &["convert", csv.to_str().unwrap(), "--to", "."],
        folder.path(),
    );
    bot(&["train"], folder.path());

    let before = resident();
    let paths = Paths::of(folder.path());
    let mut workbench = Workbench::open(&paths.models, None, None).unwrap();
    workbench.work_on(Project {
        paths,
        clock: Arc::new(|| {
            (
                "20260101-120000".to_owned(),
                "2026-01-01T12:00:00Z".to_owned(),
            )
        }),
    });
    let options = Options {
        theme: Theme {
            color: true,
            ascii: false,
        },
        keys: Keymap::default(),
        watch: false,
        review: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut session = Session::new(workbench, options, (120, 36), Arc::new(|| 0.0));
    session.settle();
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let mut press = |session: &mut Session, code: KeyCode| -> Duration {
        let start = Instant::now();
        session.input(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        terminal.draw(|frame| session.draw(frame)).unwrap();
        start.elapsed()
    };
    let mut times: Vec<Duration> = Vec::with_capacity(KEYS);
    'typing: loop {
        for message in MESSAGES {
            for c in message.chars() {
                times.push(press(&mut session, KeyCode::Char(c)));
                if times.len() == KEYS {
                    break 'typing;
                }
            }
            press(&mut session, KeyCode::Enter);
            session.settle();
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "keystroke to frame: median {:.2} ms, p99 {:.2} ms, slowest {:.2} ms ({} keys, {} turns said)",
        at(50),
        at(99),
        at(100),
        times.len(),
        times.len() / 40,
    );
    if let (Some(before), Some(now)) = (before, resident()) {
        println!(
            "memory: {:.0} MiB, {:.0} MiB of it by the shell",
            now,
            now - before
        );
    }
    // From Enter on a correction to the screen that shows what changed.
    session.input(Event::Paste(
        "an unheard-of thing about a parrot".to_owned(),
    ));
    session.settle();
    press(&mut session, KeyCode::F(2));
    session.settle();
    let start = Instant::now();
    press(&mut session, KeyCode::Enter);
    session.settle();
    terminal.draw(|frame| session.draw(frame)).unwrap();
    println!(
        "correction to changed screen: {:.2} s",
        start.elapsed().as_secs_f64()
    );
}

fn bot(arguments: &[&str], folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_bot"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

/// Returns the memory of this process, in MiB, where the system tells it.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
