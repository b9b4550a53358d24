//! What the bot remembers: its slots.

use ratatui::text::Line;

use super::clean;
use crate::{tui::App, workbench::show};

/// Returns a row for each slot of the domain, with the turn that set it.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let lines: Vec<Line<'static>> =
        app.domain
            .slots
            .iter()
            .map(|slot| {
                let value = app.slots.get(&slot.name).filter(|value| !value.is_null());
                let turn = app.turns.iter().rposition(|record| {
                    record.turn.slots.iter().any(|(name, _)| *name == slot.name)
                });
                let turn = turn
                    .map(|at| format!("turn {}", at + 1))
                    .unwrap_or_default();
                let text = match value {
                    Some(value) => format!("{:<14} {:<16} {turn}", slot.name, show(value)),
                    None => format!("{:<14} {}", slot.name, app.theme.pick("–", "-")),
                };
                Line::styled(
                    clean(&text),
                    if value.is_some() {
                        ratatui::style::Style::new()
                    } else {
                        app.theme.dim()
                    },
                )
            })
            .collect();
    if lines.is_empty() {
        vec![Line::styled("the domain has no slots", app.theme.dim())]
    } else {
        lines
    }
}
