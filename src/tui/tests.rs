//! Every command: the line that is typed, the key, the palette; and what comes of each in the state and as effects.

mod behaviour;

use std::sync::LazyLock;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;

use super::{
    App, Keymap, Theme,
    keymap::OWN,
    layout::Pane,
    popup::{Popup, Purpose},
    update::{Effect, Event, update},
};
use crate::workbench::{self, COMMANDS, Command, News, State};

/// A bot that has been greeted twice, and was taken back once. As if a story were played and another model listened:
/// nothing is grey then.
static STATE: LazyLock<State> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = workbench::sample(folder.path());
    for text in ["hello", "see you later"] {
        workbench.run(&Command::Say(text.to_owned()), 0.0);
    }
    workbench.run(&Command::Undo, 0.0);
    let mut state = workbench.state();
    state.situation.replaying = true;
    state.situation.compared = true;
    state
});

fn app() -> App {
    let theme = Theme {
        color: false,
        ascii: false,
    };
    let mut app = App::new(STATE.clone(), theme, Keymap::default(), TimeZone::UTC);
    update(&mut app, Event::Resized(120, 36));
    app
}

fn press(app: &mut App, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
    update(app, Event::Key(KeyEvent::new(code, modifiers)))
}

/// Types a line and sends it; returns the effects of sending.
fn enter(app: &mut App, line: &str) -> Vec<Effect> {
    for c in line.chars() {
        press(app, KeyCode::Char(c), KeyModifiers::NONE);
    }
    press(app, KeyCode::Enter, KeyModifiers::NONE)
}

/// Returns the topmost popup in a word, and the status.
fn state(app: &App) -> String {
    let popup = match app.popups.last() {
        None => String::new(),
        Some(Popup::Text { title, .. }) => format!("text {title}"),
        Some(Popup::Confirm { plan, .. }) => format!("confirm {}", plan.what),
        Some(Popup::Mark(marker)) => format!("mark {}", marker.text),
        Some(Popup::Pick(picker)) => match &picker.purpose {
            Purpose::Intent { text } => format!("intent of {text}"),
            Purpose::Entity { text, .. } => format!("entity in {text}"),
            Purpose::Palette => "palette".to_owned(),
            Purpose::Model => "model".to_owned(),
            Purpose::Story => "story".to_owned(),
            Purpose::History => "history".to_owned(),
            Purpose::Branch => "branch".to_owned(),
            Purpose::Change(_) => "change".to_owned(),
        },
    };
    [popup.as_str(), app.status.as_str()].join("|")
}

/// Name, line, effects of the line, state after it, effects of the key (or of the palette where there is no key), state
/// after that.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const FORESEE: &str = "Run(Foresee(Intent { text: \"hello\", intent: \"bye\" }))";

const ROWS: &[Row] = &[
    ("undo", ":undo", "Run(Undo)", "|", "Run(Undo)", "|"),
    ("redo", ":redo", "Run(Redo)", "|", "Run(Redo)", "|"),
    (
        "rewind",
        ":rewind 0",
        "Run(Rewind(0))",
        "|",
        "",
        "type :rewind",
    ),
    (
        "branches",
        ":branches 1",
        "Run(Branches(Some(1)))",
        "|",
        "Run(Choose(Branch))",
        "|",
    ),
    (
        "correct",
        ":correct bye",
        "Run(Correct(Some(\"bye\")))",
        "|",
        FORESEE,
        "intent of hello|",
    ),
    (
        "entity",
        ":entity city=hello",
        "Run(Entity(\"city=hello\"))",
        "|",
        "",
        "mark hello|",
    ),
    (
        "right",
        ":right",
        "Run(Right)",
        "|",
        "Run(Plan(Intent { text: \"hello\", intent: \"greet\" }))",
        "|",
    ),
    ("train", ":train", "Run(Train)", "|", "Run(Train)", "|"),
    (
        "save",
        ":save rule always",
        "Run(SaveRule(Some(\"always\")))",
        "|",
        "Run(SaveStory(None))",
        "|",
    ),
    (
        "compare",
        ":compare x",
        "Run(Compare(Some(\"x\")))",
        "|",
        "Run(Swap)",
        "|",
    ),
    ("swap", ":swap", "Run(Swap)", "|", "Run(Swap)", "|"),
    ("record", ":rec", "Run(Record)", "|", "Run(Record)", "|"),
    (
        "replay",
        ":replay a b",
        "Run(Replay(Some(\"a b\")))",
        "|",
        "Run(Choose(Story))",
        "|",
    ),
    ("next", ":next", "Run(Next)", "|", "Run(Next)", "|"),
    ("rest", ":rest", "Run(Rest)", "|", "Run(Rest)", "|"),
    (
        "slot",
        ":slot city=Rome",
        "Run(SetSlot(\"city\", String(\"Rome\")))",
        "|",
        "",
        "type :slot",
    ),
    (
        "intent",
        ":intent bye",
        "Run(Say(\"/bye\"))",
        "|",
        "",
        "type :intent",
    ),
    (
        "stub",
        ":stub action_x n=1",
        "Run(Stub(\"action_x n=1\"))",
        "|",
        "",
        "type :stub",
    ),
    (
        "why",
        ":why 1",
        "Run(Why(Some(1)))",
        "|",
        "Run(Why(None))",
        "|",
    ),
    ("slots", ":slots", "Run(Slots)", "|", "Run(Slots)", "|"),
    ("events", ":events", "Run(Events)", "|", "Run(Events)", "|"),
    (
        "changes",
        ":changes undo 2",
        "Run(Changes(Some(2)))",
        "|",
        "Run(Choose(Change))",
        "|",
    ),
    ("restart", ":new", "Run(Restart)", "|", "Run(Restart)", "|"),
    ("model", ":model", "Run(Model)", "|", "Run(Model)", "|"),
    ("help", ":help", "", "text Help|", "", "text Help|"),
    ("quit", ":q", "Quit", "|", "Quit", "|"),
    ("palette", ":palette", "", "palette|", "", "palette|"),
    ("history", ":history", "", "history|", "", "history|"),
    ("suspend", ":suspend", "Suspend", "|", "Suspend", "|"),
];

/// Reads a key as the tables write it.
fn code(shown: &str) -> (KeyCode, KeyModifiers) {
    let (modifiers, rest) = match shown.split_once('-') {
        Some(("Ctrl", rest)) => (KeyModifiers::CONTROL, rest),
        Some(("Alt", rest)) => (KeyModifiers::ALT, rest),
        _ => (KeyModifiers::NONE, shown),
    };
    let code = match rest {
        "↑" => KeyCode::Up,
        "↓" => KeyCode::Down,
        _ => match rest
            .strip_prefix('F')
            .and_then(|number| number.parse().ok())
        {
            Some(number) => KeyCode::F(number),
            None => KeyCode::Char(rest.to_lowercase().chars().next().unwrap()),
        },
    };
    (code, modifiers)
}

fn shown(effects: &[Effect]) -> String {
    let others = effects
        .iter()
        .filter(|effect| !matches!(effect, Effect::Preview(_)));
    let shown: Vec<String> = others.map(|effect| format!("{effect:?}")).collect();
    shown.join(" ")
}

fn outcome(app: &App) -> String {
    match app.text().trim_end() {
        "" => state(app),
        typed => format!("type {typed}"),
    }
}

#[test]
fn every_command_does_what_its_row_says_by_word_by_key_and_from_the_palette() {
    let names: Vec<&str> = COMMANDS
        .iter()
        .map(|info| info.name)
        .chain(OWN.iter().map(|(name, ..)| *name))
        .collect();
    let rows: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(
        names, rows,
        "each command has a row, in the order of the tables"
    );
    for (name, line, by_line, after_line, by_key, after_key) in ROWS {
        let mut typed = app();
        let effects = enter(&mut typed, line);
        assert_eq!(shown(&effects), *by_line, "{line}");
        assert_eq!(state(&typed), *after_line, "{line}");
        assert_eq!(typed.text(), "", "{line}");
        let keys = Keymap::default();
        let key = keys.shown(name);
        if !key.is_empty() {
            let mut app = app();
            let (code, modifiers) = code(key);
            let effects = press(&mut app, code, modifiers);
            assert_eq!(shown(&effects), *by_key, "{name} by {key}");
            assert_eq!(outcome(&app), *after_key, "{name} by {key}");
        }
        let mut chosen = app();
        press(&mut chosen, KeyCode::Char('p'), KeyModifiers::CONTROL);
        for c in name.chars() {
            press(&mut chosen, KeyCode::Char(c), KeyModifiers::NONE);
        }
        let Some(Popup::Pick(picker)) = chosen.popups.last() else {
            panic!("no palette");
        };
        assert_eq!(
            picker.chosen(),
            Some(*name),
            "the palette finds it by its name"
        );
        let effects = press(&mut chosen, KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(shown(&effects), *by_key, "{name} from the palette");
        assert_eq!(outcome(&chosen), *after_key, "{name} from the palette");
    }
}

#[test]
fn what_can_do_nothing_says_why() {
    for info in COMMANDS {
        let mut app = app();
        app.state.situation = crate::workbench::Situation::default();
        let Some(why) = info.grey(app.state.situation) else {
            continue;
        };
        let effects = super::invoke::invoke(&mut app, info.name);
        assert_eq!(
            (shown(&effects).as_str(), app.status.as_str()),
            ("", why),
            "{}",
            info.name
        );
    }
}

#[test]
fn escape_leads_back_one_step_at_a_time() {
    let mut app = app();
    enter(&mut app, ":help");
    press(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(state(&app), "|");
    press(&mut app, KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(app.focus, Pane::Chat);
    press(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(app.focus, Pane::Message);
    // What is waited for is given up, what is learnt is stopped, in that order.
    update(&mut app, Event::News(News::Training));
    let waiting = super::app::Waiting {
        text: Some("hello".to_owned()),
        call: Some((Some("action_x".to_owned()), "the action server".to_owned())),
        seconds: 1,
    };
    update(&mut app, Event::Waiting(Some(waiting)));
    let esc = press(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(esc, [Effect::GiveUp]);
    update(&mut app, Event::Waiting(None));
    let esc = press(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(esc, [Effect::Cancel]);
}

#[test]
fn completions_are_chosen_and_a_clash_is_told_once() {
    let mut app = app();
    for c in ":re".chars() {
        press(&mut app, KeyCode::Char(c), KeyModifiers::NONE);
    }
    assert!(app.completions.iter().all(|line| line.starts_with(":re")));
    press(&mut app, KeyCode::Down, KeyModifiers::NONE);
    press(&mut app, KeyCode::Down, KeyModifiers::NONE);
    press(&mut app, KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(app.text(), ":rewind", "chosen, not sent");
    app.set_text("");
    for c in "/restart".chars() {
        press(&mut app, KeyCode::Char(c), KeyModifiers::NONE);
    }
    assert!(
        app.status.contains("the command is `:restart`"),
        "{}",
        app.status
    );
    press(&mut app, KeyCode::Backspace, KeyModifiers::NONE);
    press(&mut app, KeyCode::Char('t'), KeyModifiers::NONE);
    assert_eq!(app.status, "");
}
