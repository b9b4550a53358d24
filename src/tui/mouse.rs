//! The mouse: a click focuses, chooses a turn, a button, a bar, a tab, a hint or a row of a list; the wheel scrolls
//! what is under it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{
    app::{App, Tab},
    invoke::{self, invoke},
    layout::{Pane, arrange},
    popup::Popup,
    update::{self, Effect, limit_popup, scroll},
    view::{self, Does},
};
use crate::workbench::Command;

/// Lines that a turn of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn mouse(app: &mut App, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    let hit = arrange(app.size)
        .into_iter()
        .find(|(_, place)| place.contains(at));
    match mouse.kind {
        MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
            let lines = if mouse.kind == MouseEventKind::ScrollUp {
                WHEEL
            } else {
                -WHEEL
            };
            if let Some(popup) = app.popups.last_mut() {
                let asked = popup.wheel(lines);
                limit_popup(app);
                return asked.map(Effect::Run).into_iter().collect();
            }
            scroll(app, hit.map_or(Pane::Chat, |(pane, _)| pane), lines)
        }
        MouseEventKind::Down(MouseButton::Left) => match (app.popups.last(), hit) {
            (Some(popup), _) => {
                let row = view::row_at(app, popup, at);
                row.map_or_else(Vec::new, |row| choose(app, row))
            }
            (None, Some((pane, place))) => click(app, pane, place, at),
            (None, None) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Chooses a row of the topmost list; the chosen one is taken.
fn choose(app: &mut App, row: usize) -> Vec<Effect> {
    let Some(Popup::Pick(picker)) = app.popups.last_mut() else {
        return Vec::new();
    };
    if picker.at == row {
        return update::key(app, KeyCode::Enter.into());
    }
    let asked = picker.go(row);
    asked.map(Effect::Run).into_iter().collect()
}

fn click(app: &mut App, pane: Pane, place: Rect, at: Position) -> Vec<Effect> {
    if pane == Pane::Hints {
        return match view::hint_at(app, at.x - place.x) {
            Some(Does::Command(name)) => invoke(app, name),
            Some(Does::Key(code)) => update::key(app, code.into()),
            Some(Does::Alt(code)) => update::key(app, KeyEvent::new(code, KeyModifiers::ALT)),
            None => Vec::new(),
        };
    }
    if app.panes().contains(&pane) {
        app.focus = pane;
    }
    let inner = Rect::new(
        place.x + 1,
        place.y + 1,
        place.width.saturating_sub(2),
        place.height.saturating_sub(2),
    );
    let on_title = at.y == place.y;
    match pane {
        Pane::Chat if on_title && app.overlay => {
            let tab = view::tab_at(app, &Tab::ALL, app.tab, place.width, at.x - place.x);
            app.open_tab(tab);
        }
        Pane::Inspector if on_title => {
            let tab = view::tab_at(app, &Tab::ALL, app.tab, place.width, at.x - place.x);
            app.open_tab(tab);
        }
        Pane::Memory if on_title => {
            let tab = view::tab_at(app, &Tab::MEMORY, app.memory, place.width, at.x - place.x);
            app.open_memory(tab);
        }
        Pane::Intents if inner.contains(at) => {
            let bar = app.bars.get(usize::from(at.y - inner.y));
            if let Some(name) = bar.map(|bar| bar.name.clone()) {
                return invoke::correct(app, Some(&name));
            }
        }
        Pane::Chat if inner.contains(at) && !app.overlay => {
            let rows = view::chat_rows(app, inner);
            if let Some(row) = rows.get(usize::from(at.y - inner.y)) {
                let column = at.x - inner.x;
                let button = row
                    .buttons
                    .iter()
                    .find(|(columns, _)| columns.contains(&column));
                if let Some((_, payload)) = button {
                    return vec![Effect::Run(Command::Say(payload.clone()))];
                }
                app.chosen = row.turn;
            }
        }
        _ => {}
    }
    Vec::new()
}
