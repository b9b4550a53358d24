//! The message line: letters, readline's keys, completion, earlier lines, and sending.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{Input as Typed, Key};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::{
    app::App,
    invoke::{help, invoke},
    keymap::OWN,
    reviewing,
    update::Effect,
};
use crate::workbench::{Command, Input, clash, complete, read_input};

pub(super) fn typed(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Enter if alt => {
            app.message.insert_newline();
            edited(app)
        }
        KeyCode::Enter => send(app),
        KeyCode::Up if app.message.cursor().0 == 0 => recall(app, -1),
        KeyCode::Down if app.message.cursor().0 + 1 >= app.message.lines().len() => recall(app, 1),
        _ => {
            let before = app.text();
            edit(app, key);
            if app.text() == before {
                Vec::new()
            } else {
                edited(app)
            }
        }
    }
}

/// Edits the message line as readline does.
fn edit(app: &mut App, key: KeyEvent) {
    let mut input = Typed::from(key);
    // What is selected cannot be seen here, and would be lost with the next letter.
    if !matches!(input.key, Key::Char(_)) {
        input.shift = false;
    }
    match input.key {
        // Handled elsewhere; whatever else would break a line must not.
        Key::Enter | Key::Tab => {}
        Key::Char('u') if input.ctrl => {
            app.message.delete_line_by_head();
        }
        // What is one letter to a person is one to these keys: an accent or an emoji is not taken apart.
        Key::Left | Key::Right if !input.ctrl && !input.alt => {
            app.message.input(input.clone());
            while !at_a_letter(app) {
                app.message.input(input.clone());
            }
        }
        Key::Backspace if !input.ctrl && !input.alt => {
            let (line, at) = line_and_cursor(app);
            let before = line.get(..at).unwrap_or_default();
            for _ in 0..characters(before.graphemes(true).next_back()) {
                app.message.delete_char();
            }
        }
        Key::Delete if !input.ctrl && !input.alt => {
            let (line, at) = line_and_cursor(app);
            let after = line.get(at..).unwrap_or_default();
            for _ in 0..characters(after.graphemes(true).next()) {
                app.message.delete_next_char();
            }
        }
        // A line feed, as some terminals send for Shift-Enter or Ctrl-Enter.
        Key::Char('j') if input.ctrl => app.message.insert_newline(),
        // Ctrl-_ as terminals send it.
        Key::Char('7' | '_' | '/') if input.ctrl => {
            app.message.undo();
        }
        _ => {
            app.message.input(input);
        }
    }
}

/// Returns of how many characters a letter is; where there is none, the end of a line is one.
fn characters(letter: Option<&str>) -> usize {
    letter.map_or(1, |letter| letter.chars().count())
}

/// Returns the line with the cursor, and its byte there.
fn line_and_cursor(app: &App) -> (&str, usize) {
    let cursor = app.message.cursor();
    let line = app.message.lines().get(cursor.0);
    let line = line.map(String::as_str).unwrap_or_default();
    let at = line.char_indices().nth(cursor.1);
    (line, at.map_or(line.len(), |(at, _)| at))
}

/// Tells whether the cursor stands between two letters, as people see them.
fn at_a_letter(app: &App) -> bool {
    let (line, at) = line_and_cursor(app);
    let mut cursor = GraphemeCursor::new(at, line.len(), true);
    cursor.is_boundary(line, 0).unwrap_or(true)
}

/// Puts the chosen completion, or the first, into the message line.
pub(super) fn complete_with(app: &mut App) -> Vec<Effect> {
    let at = app.completing.unwrap_or_default();
    let text = app.completions.get(at).cloned().unwrap_or_default();
    app.set_text(&text);
    edited(app)
}

/// After every change of the text: everything live follows it.
pub(super) fn edited(app: &mut App) -> Vec<Effect> {
    let text = app.text();
    app.status.clear();
    app.completing = None;
    app.completions = complete(&text, app.domain());
    if !app.told_clash
        && let Some(told) = clash(&text, app.domain())
    {
        app.told_clash = true;
        app.status = told;
    }
    if app.completions == [text.clone()] {
        app.completions.clear();
    }
    vec![Effect::Preview(app.live_text())]
}

fn send(app: &mut App) -> Vec<Effect> {
    let text = app.text();
    let Input::Command(command) = read_input(&text, app.domain()) else {
        return Vec::new();
    };
    if app.sent.last() != Some(&text) {
        app.sent.push(text);
    }
    app.recalled = None;
    app.set_text("");
    app.completions.clear();
    app.completing = None;
    // Words that only a screen can answer.
    match command {
        Command::Help => {
            app.popups.push(help(app));
            Vec::new()
        }
        Command::Quit => reviewing::quit(app),
        Command::Correct(None) => invoke(app, "correct"),
        Command::Changes(None) => invoke(app, "changes"),
        Command::Branches(None) => invoke(app, "branches"),
        Command::Entity(words) if words.is_empty() => invoke(app, "entity"),
        Command::Compare(None) if !app.state.situation.compared => invoke(app, "compare"),
        Command::Replay(None) => invoke(app, "replay"),
        Command::Unknown(word) if OWN.iter().any(|(own, ..)| *own == word) => invoke(app, &word),
        command => vec![Effect::Run(command), Effect::Preview(app.live_text())],
    }
}

fn recall(app: &mut App, step: isize) -> Vec<Effect> {
    let last = app.sent.len();
    let at = match app.recalled {
        None if step < 0 && last > 0 => {
            app.draft = app.text();
            Some(last - 1)
        }
        None => return Vec::new(),
        Some(at) if step < 0 => Some(at.saturating_sub(1)),
        Some(at) => Some(at + 1).filter(|at| *at < last),
    };
    app.recalled = at;
    let text = at
        .and_then(|at| app.sent.get(at))
        .cloned()
        .unwrap_or_else(|| std::mem::take(&mut app.draft));
    app.set_text(&text);
    edited(app)
}
