//! What keys and the mouse do beyond commands: letters, lists, scrolling, copying, leaving.

use std::io::Write as _;

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{app, enter, press, shown, state};
use crate::{
    tui::{
        App,
        app::Tab,
        invoke,
        layout::Pane,
        popup::{Picker, Popup},
        reviewing,
        update::{Effect, Event, update},
    },
    workbench::{Answer, Choice, News, Plan, Review},
};

#[test]
fn a_letter_of_several_characters_is_one_to_the_keys() {
    let mut app = app();
    let text = "e\u{301} 👩\u{200d}🔬x";
    update(&mut app, Event::Paste(text.to_owned()));
    for wanted in [6, 3, 2, 0, 0] {
        press(&mut app, KeyCode::Left, KeyModifiers::NONE);
        assert_eq!(app.message.cursor().1, wanted);
    }
    press(&mut app, KeyCode::Right, KeyModifiers::NONE);
    assert_eq!(app.message.cursor().1, 2, "behind the accent");
    press(&mut app, KeyCode::Backspace, KeyModifiers::NONE);
    press(&mut app, KeyCode::Right, KeyModifiers::NONE);
    press(&mut app, KeyCode::Delete, KeyModifiers::NONE);
    assert_eq!(app.text(), " x");
    // What was cut before comes back all the same.
    press(&mut app, KeyCode::Char('u'), KeyModifiers::CONTROL);
    press(&mut app, KeyCode::End, KeyModifiers::NONE);
    press(&mut app, KeyCode::Backspace, KeyModifiers::NONE);
    press(&mut app, KeyCode::Char('y'), KeyModifiers::CONTROL);
    assert_eq!(app.text(), " ");
    // Ends of lines are letters, too.
    update(&mut app, Event::Paste("\na".to_owned()));
    press(&mut app, KeyCode::Home, KeyModifiers::NONE);
    press(&mut app, KeyCode::Backspace, KeyModifiers::NONE);
    assert_eq!(app.text(), " a");
}

/// A picker of the changes of a session.
fn changes(app: &mut App) {
    let plan = |what: &str| Plan {
        what: what.to_owned(),
        changes: Vec::new(),
        retrains: true,
        notes: Vec::new(),
    };
    let plans = vec![plan("first"), plan("first"), plan("last")];
    update(app, Event::News(News::Answer(Answer::Changes(plans))));
}

#[test]
fn a_change_to_take_back_is_chosen_from_a_list() {
    let mut app = app();
    assert_eq!(shown(&enter(&mut app, ":changes")), "Run(Choose(Change))");
    for (downs, wanted) in [(0, 3), (1, 2), (2, 1), (9, 1)] {
        changes(&mut app);
        assert_eq!(state(&app), "change|");
        for _ in 0..downs {
            press(&mut app, KeyCode::Down, KeyModifiers::NONE);
        }
        let effects = press(&mut app, KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(shown(&effects), format!("Run(Changes(Some({wanted})))"));
        assert_eq!(state(&app), "|");
    }
    changes(&mut app);
    press(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(state(&app), "|");
}

#[test]
fn a_way_to_go_on_with_is_chosen_from_a_list() {
    let mut app = app();
    assert_eq!(shown(&enter(&mut app, ":branches")), "Run(Choose(Branch))");
    let names = vec![
        "1 after turn 0: a".to_owned(),
        "2 after turn 1: b".to_owned(),
    ];
    let answer = Answer::Choices(Choice::Branch, names);
    update(&mut app, Event::News(News::Answer(answer)));
    press(&mut app, KeyCode::Down, KeyModifiers::NONE);
    let effects = press(&mut app, KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(shown(&effects), "Run(Branches(Some(2)))");
}

#[test]
fn every_pane_copies_what_it_shows() {
    let mut app = app();
    update(&mut app, Event::Paste("hello".to_owned()));
    let preview = app.state.view.preview("hello");
    update(&mut app, Event::Previewed(Box::new(preview)));
    for (pane, tab, wanted) in [
        (Pane::Chat, Tab::Words, "hello"),
        (Pane::Intents, Tab::Words, "greet 1.0"),
        (Pane::Words, Tab::Words, "sum"),
        (Pane::Entities, Tab::Words, "no entity"),
        (Pane::Next, Tab::Words, "Rule"),
        (Pane::Memory, Tab::Slots, "city=null"),
        (
            Pane::Memory,
            Tab::Story,
            "- action: action_default_fallback",
        ),
        (Pane::Memory, Tab::Events, "user     hello"),
        (Pane::Inspector, Tab::Story, "- intent: "),
    ] {
        (app.focus, app.tab, app.memory) = (pane, tab, tab);
        let effects = invoke::copy(&mut app);
        let [Effect::Copy(text)] = effects.as_slice() else {
            panic!("{pane:?}: {effects:?}");
        };
        assert!(text.contains(wanted), "{pane:?} {tab:?}: {text}");
        assert_eq!(app.status, "copied");
    }
    app.bars.clear();
    app.focus = Pane::Words;
    assert!(invoke::copy(&mut app).is_empty());
    assert_eq!(app.status, "there is nothing to copy");
}

#[test]
fn nothing_is_scrolled_further_than_there_is_something_to_see() {
    let mut app = app();
    update(&mut app, Event::Resized(80, 24));
    enter(&mut app, ":help");
    for code in [KeyCode::End, KeyCode::Down, KeyCode::PageDown] {
        press(&mut app, code, KeyModifiers::NONE);
    }
    let Some(Popup::Text { scroll: end, .. }) = app.popups.last().cloned() else {
        panic!("no help");
    };
    press(&mut app, KeyCode::Up, KeyModifiers::NONE);
    let Some(Popup::Text { scroll, .. }) = app.popups.last() else {
        panic!("no help");
    };
    assert_eq!(*scroll + 1, end, "one up from the end");
    press(&mut app, KeyCode::Esc, KeyModifiers::NONE);
    for _ in 0..20 {
        press(&mut app, KeyCode::PageUp, KeyModifiers::NONE);
    }
    assert!(
        app.scrolled(Pane::Chat) < 12,
        "{}",
        app.scrolled(Pane::Chat)
    );
    // A story shows its end, and is scrolled up from there.
    app.focus = Pane::Inspector;
    press(&mut app, KeyCode::Char('4'), KeyModifiers::NONE);
    assert!(app.is_from_its_end(Pane::Inspector));
    press(&mut app, KeyCode::PageUp, KeyModifiers::NONE);
    assert_eq!(
        app.scrolled(Pane::Inspector),
        0,
        "a short one has nothing above"
    );
}

#[test]
fn every_way_out_of_a_review_warns_of_what_is_not_written() {
    type Way = fn(&mut App) -> Vec<Effect>;
    let ways: [(&str, Way); 5] = [
        (":quit", |app| enter(app, ":quit")),
        ("palette", |app| invoke::invoke(app, "quit")),
        ("Ctrl-D", |app| {
            press(app, KeyCode::Char('d'), KeyModifiers::CONTROL)
        }),
        ("Ctrl-C", |app| {
            press(app, KeyCode::Char('c'), KeyModifiers::CONTROL)
        }),
        ("q", |app| {
            press(app, KeyCode::Char('q'), KeyModifiers::NONE)
        }),
    ];
    for (name, leave) in ways {
        let mut file = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        file.write_all(b"hello you\nsee you\n").unwrap();
        let mut app = app();
        let list = Review::read(file.path(), &app.state.view.model).unwrap();
        app.review = Some(reviewing::Reviewing::new(list));
        press(&mut app, KeyCode::Enter, KeyModifiers::NONE);
        let first = leave(&mut app);
        assert_eq!(shown(&first), "", "{name}");
        assert!(
            app.status.contains("1 not written yet"),
            "{name}: {}",
            app.status
        );
        assert!(app.review.is_some(), "{name}");
        // More is decided: it is said once more.
        if name.starts_with(':') {
            press(&mut app, KeyCode::Enter, KeyModifiers::NONE);
            assert_eq!(shown(&leave(&mut app)), "", "{name}");
            assert!(
                app.status.contains("2 not written yet"),
                "{name}: {}",
                app.status
            );
        }
        let second = leave(&mut app);
        if name == "q" {
            assert!(app.review.is_none());
        } else {
            assert_eq!(shown(&second), "Quit", "{name}");
        }
    }
}

#[test]
fn what_was_not_understood_at_all_is_not_right() {
    let mut app = app();
    update(&mut app, Event::Paste("退款".to_owned()));
    let effects = press(&mut app, KeyCode::F(4), KeyModifiers::NONE);
    assert_eq!(shown(&effects), "");
    assert_eq!(
        app.status,
        "\"退款\" was not understood at all: F2 chooses its intent"
    );
}

fn mouse(app: &mut App, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
    let event = MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    };
    update(app, Event::Mouse(event))
}

fn click(app: &mut App, at: (u16, u16)) -> Vec<Effect> {
    mouse(app, MouseEventKind::Down(MouseButton::Left), at)
}

fn picker(app: &App) -> &Picker {
    match app.popups.last() {
        Some(Popup::Pick(picker)) => picker,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_of_a_list_are_chosen_and_taken_by_the_mouse() {
    let mut app = app();
    press(&mut app, KeyCode::Char('p'), KeyModifiers::CONTROL);
    // Every row of the screen: only those of the list choose, one after the other.
    let mut chosen = Vec::new();
    for y in 0..36 {
        let before = picker(&app).at;
        assert!(click(&mut app, (40, y)).is_empty());
        match app.popups.last() {
            Some(Popup::Pick(picker)) if picker.at != before => chosen.push(picker.at),
            Some(_) => {}
            None => panic!("row {y} took {before}"),
        }
        // The first row is chosen already, and a click takes it.
        if y == 0 {
            mouse(&mut app, MouseEventKind::ScrollDown, (40, y));
            assert_eq!(picker(&app).at, 1);
        }
    }
    assert_eq!(chosen[..4], [0, 1, 2, 3], "{chosen:?}");
    assert!(app.text().is_empty(), "nothing under the window is clicked");
    mouse(&mut app, MouseEventKind::ScrollUp, (40, 10));
    let name = picker(&app).chosen().unwrap().to_owned();
    let effects = press(&mut app, KeyCode::Enter, KeyModifiers::NONE);
    assert_ne!((name.as_str(), shown(&effects).as_str()), ("", ""));
}

#[test]
fn every_hint_can_be_clicked() {
    let mut app = app();
    assert_eq!(shown(&click(&mut app, (3, 35))), "Run(Next)");
    assert_eq!(shown(&click(&mut app, (14, 35))), "Run(Rest)");
    app.state.situation.replaying = false;
    update(&mut app, Event::Paste("hello".to_owned()));
    assert_eq!(shown(&click(&mut app, (3, 35))), "Run(Say(\"hello\"))");
    // A command, and the key of a list that is looked through.
    assert_eq!(shown(&click(&mut app, (29, 35))), "Run(Undo)");
    let before = app.focus;
    click(&mut app, (40, 35));
    assert_ne!(app.focus, before);
}
