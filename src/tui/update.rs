//! An event changes the state and asks for effects; nothing else happens here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::{Margin, Rect};

use super::{
    app::{App, Health, Tab, Waiting},
    invoke::{self, invoke},
    layout::{Pane, Tier, arrange},
    mouse, news,
    popup::{Outcome, Popup},
    reviewing,
    typing::{complete_with, edited, typed},
    view,
};
use crate::{
    diagnostic::Place,
    workbench::{Command, News, Preview},
};

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Started,
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resized(u16, u16),
    Previewed(Box<Preview>),
    News(News),
    /// Something outside has to be said.
    Told(String),
    /// A command has not been answered for a while; nothing once it is.
    Waiting(Option<Waiting>),
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    Preview(String),
    Run(Command),
    /// Stop learning.
    Cancel,
    /// Wait no longer for the custom action that is run.
    GiveUp,
    /// Open a file where it says something.
    Open(Place),
    /// Put a text on the clipboard.
    Copy(String),
    Suspend,
    /// Draw everything anew.
    Redraw,
    Quit,
}

/// Changes the state for an event.
pub(super) fn update(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Started => vec![Effect::Preview(app.live_text())],
        Event::Key(key) => self::key(app, key),
        Event::Paste(text) => {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            if let Some(Popup::Pick(picker)) = app.popups.last_mut() {
                let asked = picker.paste(&text);
                return asked.map(Effect::Run).into_iter().collect();
            }
            // Windows that take no text do not swallow it either.
            app.focus = Pane::Message;
            app.message.insert_str(text);
            edited(app)
        }
        Event::Mouse(mouse) => mouse::mouse(app, mouse),
        Event::Resized(width, height) => {
            let kept = turn_at_the_end(app);
            app.size = Rect::new(0, 0, width, height);
            if let (Some(turn), Some(inner)) = (kept, chat_inside(app)) {
                let lines = view::chat_scroll(app, inner, turn);
                app.scroll.insert(Pane::Chat, lines);
            }
            if !app.panes().contains(&app.focus) {
                app.focus = Pane::Message;
            }
            app.overlay &= Tier::of(app.size) == Tier::Small;
            Vec::new()
        }
        Event::Previewed(preview) => {
            // An answer to a text that has changed since is of no use.
            if preview.text == app.live_text() {
                app.bars = if preview.text.trim().is_empty() {
                    Vec::new()
                } else if app.text().is_empty() {
                    // A message that is looked at has no keystroke before.
                    news::in_order(&preview)
                } else {
                    news::reorder(&app.bars, &preview)
                };
                app.preview = Some(*preview);
            }
            Vec::new()
        }
        Event::Told(what) => {
            app.status = what;
            Vec::new()
        }
        Event::Waiting(waiting) => {
            app.waiting = waiting;
            Vec::new()
        }
        Event::News(news) => news::news(app, news),
    }
}

/// Returns the inside of the chat, where there is one.
fn chat_inside(app: &App) -> Option<Rect> {
    let mut panes = arrange(app.size).into_iter();
    let (_, place) = panes.find(|(pane, _)| *pane == Pane::Chat)?;
    Some(place.inner(Margin::new(1, 1)))
}

/// Returns the last turn in sight, where the chat is scrolled.
fn turn_at_the_end(app: &App) -> Option<usize> {
    let inner = chat_inside(app).filter(|_| app.scrolled(Pane::Chat) > 0)?;
    let rows = view::chat_rows(app, inner);
    rows.iter().rev().find_map(|row| row.turn)
}

pub(super) fn key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let was_leaving = std::mem::take(&mut app.leaving);
    if control && key.code == KeyCode::Char('c') {
        return interrupt(app, was_leaving);
    }
    if app.keys.command(key) == Some("suspend") {
        return vec![Effect::Suspend];
    }
    if let Some(popup) = app.popups.last_mut() {
        let outcome = popup.key(key);
        limit_popup(app);
        return popped(app, outcome);
    }
    if let Some(effects) = reviewing::key(app, key, was_leaving) {
        return effects;
    }
    if let Some(name) = app.keys.command(key).map(str::to_owned) {
        return invoke(app, &name);
    }
    let playing = app.state.situation.replaying && app.text().is_empty();
    match key.code {
        KeyCode::Char('l') if control => vec![Effect::Redraw],
        KeyCode::Char('d') if control && app.text().is_empty() => {
            reviewing::leave(app, was_leaving)
        }
        KeyCode::Char(' ') if playing && app.focus == Pane::Message => {
            vec![Effect::Run(Command::Next)]
        }
        KeyCode::Enter if playing && app.focus == Pane::Message => {
            vec![Effect::Run(Command::Rest)]
        }
        KeyCode::Esc if app.is_calling() => vec![Effect::GiveUp],
        KeyCode::Esc if app.health == Health::Training => vec![Effect::Cancel],
        KeyCode::Esc => {
            app.focus = Pane::Message;
            app.overlay = false;
            app.chosen = None;
            app.scroll.clear();
            app.status.clear();
            app.completions.clear();
            app.completing = None;
            Vec::new()
        }
        KeyCode::Char(digit @ '1'..='9') if alt || app.focus == Pane::Chat => {
            let at = digit as usize - '1' as usize;
            match app.buttons().into_iter().nth(at) {
                Some((_, payload)) => vec![Effect::Run(Command::Say(payload))],
                None => Vec::new(),
            }
        }
        KeyCode::Tab if !app.completions.is_empty() => complete_with(app),
        KeyCode::Enter if app.completing.is_some() && !alt => complete_with(app),
        KeyCode::Up | KeyCode::Down if !app.completions.is_empty() && app.recalled.is_none() => {
            choose_completion(app, key.code == KeyCode::Down);
            Vec::new()
        }
        KeyCode::Tab => focus_next(app, 1),
        KeyCode::BackTab => focus_next(app, -1),
        KeyCode::PageUp => scroll(app, app.focus, 5),
        KeyCode::PageDown => scroll(app, app.focus, -5),
        KeyCode::Char(digit @ '1'..='5') if app.focus == Pane::Inspector => {
            let at = digit as usize - '1' as usize;
            app.open_tab(Tab::ALL.get(at).copied());
            Vec::new()
        }
        KeyCode::Char(digit @ '1'..='3') if app.focus == Pane::Memory => {
            let at = digit as usize - '1' as usize;
            app.open_memory(Tab::MEMORY.get(at).copied());
            Vec::new()
        }
        KeyCode::Char('y') if app.focus != Pane::Message => invoke::copy(app),
        KeyCode::Up if app.focus == Pane::Chat => choose(app, -1),
        KeyCode::Down if app.focus == Pane::Chat => choose(app, 1),
        KeyCode::Enter if app.focus == Pane::Chat && app.chosen.is_some() => {
            let turn = app.chosen.unwrap_or_default() + 1;
            vec![Effect::Run(Command::Rewind(turn))]
        }
        KeyCode::Enter if matches!(app.focus, Pane::Next | Pane::Chat | Pane::Inspector) => {
            invoke::place(app).map(Effect::Open).into_iter().collect()
        }
        KeyCode::Up if app.focus != Pane::Message => scroll(app, app.focus, 1),
        KeyCode::Down if app.focus != Pane::Message => scroll(app, app.focus, -1),
        _ => {
            // Letters always go to the message line.
            app.focus = Pane::Message;
            typed(app, key)
        }
    }
}

/// Keeps the topmost popup from being scrolled further than there is something to see.
pub(super) fn limit_popup(app: &mut App) {
    let most = app
        .popups
        .last()
        .map(|popup| view::most_scroll_of_popup(app, popup));
    if let Some((popup, most)) = app.popups.last_mut().zip(most) {
        popup.limit(most);
    }
}

/// Ctrl-C: closes what is open, clears what is typed, leaves at the second time.
fn interrupt(app: &mut App, was_leaving: bool) -> Vec<Effect> {
    if !app.popups.is_empty() {
        app.popups.pop();
    } else if app.text().is_empty() {
        if was_leaving {
            return vec![Effect::Quit];
        }
        if reviewing::holds(app, false, "Ctrl-C once more leaves") {
            return Vec::new();
        }
        app.leaving = true;
        "Ctrl-C once more leaves".clone_into(&mut app.status);
    } else {
        app.set_text("");
        return edited(app);
    }
    Vec::new()
}

/// Chooses the next completion or the one before.
fn choose_completion(app: &mut App, down: bool) {
    let all = app.completions.len().max(1);
    app.completing = Some(match (app.completing, down) {
        (None, true) => 0,
        (None, false) => all - 1,
        (Some(at), true) => (at + 1) % all,
        (Some(at), false) => (at + all - 1) % all,
    });
}

/// Does what came of a key in a popup.
pub(super) fn popped(app: &mut App, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Agreed(correction, _) if app.review.is_some() => {
            app.popups.pop();
            reviewing::decide(app, correction)
        }
        // A correction waits until it is known what would be changed.
        Outcome::Open | Outcome::Agreed(_, None) => Vec::new(),
        Outcome::Ask(command) => vec![Effect::Run(command)],
        Outcome::Closed => {
            app.popups.pop();
            Vec::new()
        }
        Outcome::Agreed(_, Some(plan)) => {
            app.popups.pop();
            vec![Effect::Run(Command::Accept(plan))]
        }
        Outcome::Do(Command::Plan(correction)) if app.review.is_some() => {
            app.popups.pop();
            reviewing::decide(app, correction)
        }
        Outcome::Do(command) => {
            app.popups.pop();
            let said = matches!(command, Command::SayAs(..));
            if said && app.review.is_none() {
                app.set_text("");
            }
            vec![Effect::Run(command)]
        }
        Outcome::Then(popup) => {
            app.popups.pop();
            invoke::open(app, popup)
        }
        Outcome::Type(text) => {
            app.popups.pop();
            app.set_text(&text);
            edited(app)
        }
        Outcome::Invoke(name) => {
            app.popups.pop();
            invoke(app, &name)
        }
    }
}

fn focus_next(app: &mut App, step: isize) -> Vec<Effect> {
    if matches!(Tier::of(app.size), Tier::Small) {
        let stage = match (app.focus, app.overlay) {
            (Pane::Chat, _) => 2,
            (_, true) => 1,
            _ => 0,
        };
        let panes = [Pane::Message, Pane::Inspector, Pane::Chat];
        let next = (stage + step).rem_euclid(3).cast_unsigned();
        app.focus = panes.get(next).copied().unwrap_or(Pane::Message);
        app.overlay = app.focus == Pane::Inspector;
        return Vec::new();
    }
    let panes = app.panes();
    let at = panes
        .iter()
        .position(|pane| *pane == app.focus)
        .unwrap_or_default();
    let next = (at.cast_signed() + step).rem_euclid(panes.len().cast_signed());
    app.focus = panes
        .get(next.cast_unsigned())
        .copied()
        .unwrap_or(Pane::Message);
    Vec::new()
}

/// Scrolls a pane up, or down by a negative number of lines; no further than there is something to see.
pub(super) fn scroll(app: &mut App, pane: Pane, lines: isize) -> Vec<Effect> {
    let pane = match pane {
        Pane::Chat | Pane::Message if app.overlay => Pane::Inspector,
        Pane::Message => Pane::Chat,
        pane => pane,
    };
    let lines = if app.is_from_its_end(pane) {
        lines
    } else {
        -lines
    };
    let most = view::most_scroll(app, pane);
    let at = app.scroll.entry(pane).or_default();
    *at = at.saturating_add_signed(lines).min(most);
    Vec::new()
}

/// Chooses the next or the previous turn of the chat.
fn choose(app: &mut App, step: isize) -> Vec<Effect> {
    let all = app.all_turns().count();
    let Some(last) = all.checked_sub(1) else {
        return Vec::new();
    };
    app.chosen = Some(match app.chosen {
        None => app.state.turns.len().saturating_sub(1).min(last),
        Some(at) => at.saturating_add_signed(step).min(last),
    });
    Vec::new()
}
