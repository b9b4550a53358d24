//! An event changes the state and asks for effects; nothing else happens here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use ratatui_textarea::{Input as Typed, Key};

use super::{
    app::{App, Bar, Popup, Tab},
    layout::{Pane, Tier, arrange},
};
use crate::{
    dialogue::Slots,
    workbench::{Answer, Command, Input, Preview, Record, complete, read_input},
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
    Conversation(Vec<Record>, Slots),
    Answered(Answer),
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Preview(String),
    Run(Command),
    Suspend,
    Quit,
}

/// Rows change places only where one leads its upper neighbour by so much: bars that dance cannot be read.
const OVERTAKE: f64 = 0.05;
/// Changes smaller than this are not marked.
const NOTICEABLE: f64 = 0.005;

/// Changes the state for an event.
pub(super) fn update(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Started => vec![Effect::Preview(String::new())],
        Event::Key(key) => self::key(app, key),
        Event::Paste(text) => {
            app.popups.clear();
            app.focus = Pane::Message;
            app.message
                .insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
            edited(app)
        }
        Event::Mouse(mouse) => self::mouse(app, mouse),
        Event::Resized(width, height) => {
            app.size = Rect::new(0, 0, width, height);
            if !app.panes().contains(&app.focus) {
                app.focus = Pane::Message;
            }
            Vec::new()
        }
        Event::Previewed(preview) => {
            // An answer to a text that has changed since is of no use.
            if preview.text == app.text() {
                app.bars = if preview.text.trim().is_empty() {
                    Vec::new()
                } else {
                    reorder(&app.bars, &preview)
                };
                app.preview = Some(*preview);
            }
            Vec::new()
        }
        Event::Conversation(turns, slots) => {
            app.turns = turns;
            app.slots = slots;
            app.chat_scroll = 0;
            vec![Effect::Preview(app.text())]
        }
        Event::Answered(answer) => {
            match answer {
                Answer::Turn(_) | Answer::Quit => app.status.clear(),
                Answer::Changed(text) => app.status = text,
                Answer::Refused(why) => app.status = why,
                Answer::Text(text) => app.popups.push(Popup {
                    title: "Answer".to_owned(),
                    text,
                    scroll: 0,
                }),
            }
            Vec::new()
        }
    }
}

/// Returns the rows of intents for a new preview: the winner first, the others in their old order unless one clearly
/// leads.
fn reorder(old: &[Bar], preview: &Preview) -> Vec<Bar> {
    let ranking = preview.parse.intent_ranking.iter();
    let mut bars: Vec<Bar> = ranking
        .map(|score| {
            let name = score.name.clone().unwrap_or_default();
            let before = old
                .iter()
                .find(|bar| bar.name == name)
                .map_or(0.0, |bar| bar.confidence);
            let change = score.confidence - before;
            Bar {
                name,
                confidence: score.confidence,
                change: if change.abs() < NOTICEABLE {
                    0.0
                } else {
                    change
                },
            }
        })
        .collect();
    if bars.is_empty() {
        return bars;
    }
    let winner = bars.remove(0);
    let place = |bar: &Bar| {
        old.iter()
            .position(|known| known.name == bar.name)
            .unwrap_or(usize::MAX)
    };
    bars.sort_by_key(place);
    // A few passes of bubbling, each only over a clear lead.
    for _ in 0..bars.len() {
        for i in 1..bars.len() {
            if bars[i].confidence > bars[i - 1].confidence + OVERTAKE {
                bars.swap(i, i - 1);
            }
        }
    }
    bars.insert(0, winner);
    bars
}

fn key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let was_leaving = std::mem::take(&mut app.leaving);
    if let KeyCode::Char('c') = key.code
        && control
    {
        if !app.popups.is_empty() {
            app.popups.pop();
        } else if app.text().is_empty() {
            if was_leaving {
                return vec![Effect::Quit];
            }
            app.leaving = true;
            "Ctrl-C once more leaves".clone_into(&mut app.status);
        } else {
            app.set_text("");
            return edited(app);
        }
        return Vec::new();
    }
    if control && key.code == KeyCode::Char('z') {
        return vec![Effect::Suspend];
    }
    if let Some(popup) = app.popups.last_mut() {
        match key.code {
            KeyCode::Up => popup.scroll = popup.scroll.saturating_sub(1),
            KeyCode::Down => popup.scroll += 1,
            KeyCode::PageUp => popup.scroll = popup.scroll.saturating_sub(10),
            KeyCode::PageDown => popup.scroll += 10,
            KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) | KeyCode::Char('q') => {
                drop(app.popups.pop());
            }
            _ => {}
        }
        return Vec::new();
    }
    match key.code {
        KeyCode::F(1) => {
            app.popups.push(help(app));
            Vec::new()
        }
        KeyCode::Char('d') if control && app.text().is_empty() => vec![Effect::Quit],
        KeyCode::Esc => {
            app.focus = Pane::Message;
            app.overlay = false;
            app.chat_scroll = 0;
            app.status.clear();
            app.completions.clear();
            Vec::new()
        }
        KeyCode::Up if alt => vec![Effect::Run(Command::Undo)],
        KeyCode::Down if alt => vec![Effect::Run(Command::Redo)],
        KeyCode::Tab if !app.completions.is_empty() => {
            let first = app.completions.first().cloned().unwrap_or_default();
            app.set_text(&first);
            edited(app)
        }
        KeyCode::Tab => focus_next(app, 1),
        KeyCode::BackTab => focus_next(app, -1),
        KeyCode::PageUp => scroll(app, 5),
        KeyCode::PageDown => scroll(app, -5),
        KeyCode::Char(digit @ '1'..='3')
            if app.focus == Pane::Inspector || app.focus == Pane::Memory =>
        {
            let at = digit as usize - '1' as usize;
            app.tab = Tab::ALL.get(at).copied().unwrap_or_default();
            Vec::new()
        }
        KeyCode::Up if app.focus != Pane::Message => scroll(app, 1),
        KeyCode::Down if app.focus != Pane::Message => scroll(app, -1),
        _ => {
            // Letters always go to the message line.
            app.focus = Pane::Message;
            typed(app, key)
        }
    }
}

fn typed(app: &mut App, key: KeyEvent) -> Vec<Effect> {
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
            let input = Typed::from(key);
            // Tab and Enter are handled above; whatever else would break a line must not.
            if !matches!(input.key, Key::Enter | Key::Tab) {
                app.message.input(input);
            }
            if app.text() == before {
                Vec::new()
            } else {
                edited(app)
            }
        }
    }
}

/// After every change of the text: everything live follows it.
fn edited(app: &mut App) -> Vec<Effect> {
    let text = app.text();
    app.status.clear();
    app.completions = if text.contains(' ') {
        Vec::new()
    } else {
        complete(&text, &app.domain)
    };
    if app.completions == [text.clone()] {
        app.completions.clear();
    }
    vec![Effect::Preview(text)]
}

fn send(app: &mut App) -> Vec<Effect> {
    let text = app.text();
    let Input::Command(command) = read_input(&text, &app.domain) else {
        return Vec::new();
    };
    if app.sent.last() != Some(&text) {
        app.sent.push(text);
    }
    app.recalled = None;
    app.set_text("");
    app.completions.clear();
    vec![Effect::Run(command)]
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

fn focus_next(app: &mut App, step: isize) -> Vec<Effect> {
    if matches!(Tier::of(app.size), Tier::Small) {
        app.overlay = !app.overlay;
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

fn scroll(app: &mut App, lines: isize) -> Vec<Effect> {
    app.chat_scroll = app.chat_scroll.saturating_add_signed(lines);
    Vec::new()
}

fn mouse(app: &mut App, mouse: MouseEvent) -> Vec<Effect> {
    match mouse.kind {
        MouseEventKind::ScrollUp => scroll(app, 3),
        MouseEventKind::ScrollDown => scroll(app, -3),
        MouseEventKind::Down(MouseButton::Left) => {
            let at = Position::new(mouse.column, mouse.row);
            let hit = arrange(app.size)
                .into_iter()
                .find(|(_, place)| place.contains(at));
            if let Some((pane, _)) = hit
                && app.panes().contains(&pane)
            {
                app.focus = pane;
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn help(app: &App) -> Popup {
    let here = match app.focus {
        Pane::Message => {
            "Enter send · Alt-Enter new line · ↑ ↓ earlier messages · Tab completes after / and :"
        }
        Pane::Chat => "↑ ↓ PgUp PgDn scroll · Esc back to the message",
        Pane::Inspector | Pane::Memory => "1 2 3 tabs · Esc back to the message",
        _ => "Esc back to the message",
    };
    let mut text = format!(
        "{here}\n\nTab, Shift-Tab   next pane, previous pane\nPgUp, PgDn       scroll the chat\n\
         Esc              back to the message line\nCtrl-C           clears the line; twice on an empty line leaves\n\
         Ctrl-Z           suspends\n\n"
    );
    for info in crate::workbench::COMMANDS {
        let name = format!(":{}", info.name);
        let key = if info.key.is_empty() {
            String::new()
        } else {
            format!(" ({})", info.key)
        };
        text = format!("{text}{name:<16} {}{key}\n", info.help);
    }
    text += "\n/intent{\"entity\": \"value\"} sends an intent by name";
    let text = if app.theme.ascii {
        text.replace('·', "-")
            .replace('↑', "Up")
            .replace('↓', "Down")
    } else {
        text
    };
    Popup {
        title: "Help".to_owned(),
        text,
        scroll: 0,
    }
}
