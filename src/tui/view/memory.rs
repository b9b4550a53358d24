//! What the bot remembers: its slots, the conversation as a story, its events.

use ratatui::text::Line;

use super::{clean, pad};
use crate::{
    tui::{App, app::Tab},
    workbench::show,
};

/// Returns the rows of a tab.
pub(super) fn lines(app: &App, tab: Tab) -> Vec<Line<'static>> {
    match tab {
        Tab::Story => story(app),
        Tab::Events => {
            let lines = app.state.events.lines().rev();
            lines.map(|line| Line::raw(clean(line))).collect()
        }
        _ => slots(app),
    }
}

/// Returns a row for each slot of the domain, with the turn that set it; then the loop.
fn slots(app: &App) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = app
        .domain()
        .slots
        .iter()
        .map(|slot| {
            let value = app
                .state
                .slots
                .get(&slot.name)
                .filter(|value| !value.is_null());
            let turn =
                app.state.turns.iter().rposition(|record| {
                    record.turn.slots.iter().any(|(name, _)| *name == slot.name)
                });
            let turn = turn
                .map(|at| format!("turn {}", at + 1))
                .unwrap_or_default();
            let text = match value {
                Some(value) => format!("{} {} {turn}", pad(&slot.name, 14), pad(&show(value), 16)),
                None => format!("{} {}", pad(&slot.name, 14), app.theme.pick("–", "-")),
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
        lines.push(Line::styled("the domain has no slots", app.theme.dim()));
    }
    let conversation = app.state.view.conversation.as_ref();
    if let Some(active) = conversation.and_then(|conversation| conversation.tracker().active_loop())
    {
        let asked = app
            .state
            .slots
            .get("requested_slot")
            .filter(|slot| !slot.is_null());
        let asked = asked.map_or_else(String::new, |slot| format!(", asks for {}", show(slot)));
        lines.push(Line::styled(
            clean(&format!("loop {active}{asked}")),
            app.theme.name(),
        ));
    }
    lines
}

/// Returns the conversation as the steps of a story, the newest first in sight.
fn story(app: &App) -> Vec<Line<'static>> {
    if app.state.turns.is_empty() {
        return vec![Line::styled(
            "the conversation has not begun",
            app.theme.dim(),
        )];
    }
    let mut lines = Vec::new();
    for record in &app.state.turns {
        let intent = record.turn.parse.intent_name();
        if intent.is_empty() {
            lines.push(format!("- {}", record.text.trim_start_matches(':')));
        } else {
            lines.push(format!("- intent: {intent}"));
        }
        lines.extend(
            record
                .turn
                .actions()
                .map(|action| format!("- action: {action}")),
        );
    }
    lines
        .into_iter()
        .map(|line| Line::raw(clean(&line)))
        .collect()
}
