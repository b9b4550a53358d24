//! Windows over the panes.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

use super::{clean, clip, wrap};
use crate::{
    tui::{
        App,
        popup::{Marker, Picker, Popup, Purpose},
    },
    workbench::Plan,
};

/// Widest window, in columns.
const WIDEST: u16 = 86;
/// Most rows of a list that are shown at once.
const ROWS: usize = 10;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, popup: &Popup) {
    let width = area.width.saturating_sub(4).min(WIDEST);
    let inner = usize::from(width.saturating_sub(2)).max(1);
    let (title, keys, lines, scroll) = match popup {
        Popup::Text {
            title,
            text,
            scroll,
        } => {
            let lines = text.lines().flat_map(|line| wrap(&clean(line), inner));
            (
                title.clone(),
                "Esc closes",
                lines.map(Line::from).collect(),
                *scroll,
            )
        }
        Popup::Confirm { plan, scroll } => (
            plan.what.clone(),
            "Enter writes it, Esc does not",
            diff(app, plan, inner),
            *scroll,
        ),
        Popup::Pick(picker) => {
            let room = usize::from(area.height).saturating_sub(12).clamp(3, ROWS);
            let (title, keys) = titles(picker);
            (title.to_owned(), keys, rows(app, picker, inner, room), 0)
        }
        Popup::Mark(marker) => (
            "Mark an entity".to_owned(),
            "arrows choose a word, + - widen, Enter its type, Del unmarks",
            marked(app, marker, inner),
            0,
        ),
    };
    let height = u16::try_from(lines.len() + 2)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2));
    let place = Rect::new(
        (area.width - width) / 2,
        (area.height - height) / 2,
        width,
        height,
    );
    let room = usize::from(height.saturating_sub(2));
    let from = scroll.min(lines.len().saturating_sub(room));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(from).take(room).collect();
    let block = Block::bordered()
        .border_set(app.theme.border(true))
        .title(format!(
            " {} ",
            clip(&clean(&title), inner.saturating_sub(4))
        ))
        .title_bottom(format!(" {} ", clip(keys, inner.saturating_sub(4))));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(shown).block(block), place);
}

fn titles(picker: &Picker) -> (&'static str, &'static str) {
    match &picker.purpose {
        Purpose::Intent { at_once: true, .. } => ("Correct intent", "Enter adds it   Esc"),
        Purpose::Intent { .. } => (
            "Correct intent",
            "Enter add and retrain   Space this turn only   Esc",
        ),
        Purpose::Entity { .. } => ("What is it?", "Enter add and retrain   Esc"),
        Purpose::Palette => ("Commands", "Enter does it   Esc"),
        Purpose::Model => ("Listen to another model", "Enter   Esc"),
        Purpose::Story => ("Play a story", "Enter   Esc"),
        Purpose::History => ("Earlier messages", "Enter   Esc"),
    }
}

/// Returns what a list is about, what was typed, its rows, and what the choice would change.
fn rows(app: &App, picker: &Picker, width: usize, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Purpose::Intent { text, .. } = &picker.purpose {
        lines.push(Line::styled(clip(&clean(text), width), app.theme.you()));
    }
    if let Purpose::Entity { text, span } = &picker.purpose {
        let piece = span.of(text);
        lines.push(Line::styled(clip(&clean(piece), width), app.theme.you()));
    }
    let cursor = app.theme.pick("▏", "|");
    let typed = if picker.filter.is_empty() {
        Span::styled(format!("{cursor}type to narrow"), app.theme.dim())
    } else {
        Span::raw(clean(&format!("{}{cursor}", picker.filter)))
    };
    lines.push(Line::from(typed));
    let matching = picker.matching();
    let new = picker.new_name();
    let all = matching.len() + usize::from(new.is_some());
    let from = picker
        .at
        .saturating_sub(room.saturating_sub(1))
        .min(all.saturating_sub(room));
    let mark = |at: usize| {
        if at == picker.at {
            app.theme.pick("▶ ", "> ")
        } else {
            "  "
        }
    };
    for (at, entry) in matching.iter().enumerate().skip(from).take(room) {
        let text = if entry.note.is_empty() {
            format!("{}{}", mark(at), entry.name)
        } else {
            format!("{}{:<20} {}", mark(at), entry.name, entry.note)
        };
        let style = match (&entry.grey, at == picker.at) {
            (Some(_), _) => app.theme.dim(),
            (None, true) => app.theme.good(),
            (None, false) => ratatui::style::Style::new(),
        };
        lines.push(Line::styled(clip(&clean(&text), width), style));
    }
    if let Some(name) = new
        && matching.len() < from + room
    {
        let text = format!("{}+ new: {name}", mark(matching.len()));
        lines.push(Line::styled(clip(&clean(&text), width), app.theme.name()));
    }
    if all == 0 {
        lines.push(Line::styled("nothing is called so", app.theme.dim()));
    }
    if let Some(why) = &picker.refused {
        lines.push(Line::default());
        let wrapped = why.lines().flat_map(|line| wrap(&clean(line), width));
        lines.extend(wrapped.map(|line| Line::styled(line, app.theme.warn())));
    }
    if let Some(plan) = &picker.plan {
        lines.push(Line::default());
        lines.extend(diff(app, plan, width));
    }
    lines
}

/// Returns the changed lines of a plan, each file under its name.
fn diff(app: &App, plan: &Plan, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        lines.push(Line::styled(
            clip(
                &clean(&format!("{} {}", change.shown, change.status())),
                width,
            ),
            app.theme.name(),
        ));
        for line in change.diff().lines().skip(2) {
            let style = match line.chars().next() {
                Some('+') => app.theme.good(),
                Some('-') => app.theme.bad(),
                _ => app.theme.dim(),
            };
            lines.push(Line::styled(clip(&clean(line), width), style));
        }
    }
    if plan.changes.is_empty() {
        lines.push(Line::styled("the files say that already", app.theme.dim()));
    }
    lines
}

/// Returns a message with the chosen words in brackets.
fn marked(app: &App, marker: &Marker, width: usize) -> Vec<Line<'static>> {
    let span = marker.span();
    let text = &marker.text;
    let (before, after) = (
        text.get(..span.start).unwrap_or_default(),
        text.get(span.end..).unwrap_or_default(),
    );
    let shown = format!("{before}[{}]{after}", span.of(text));
    wrap(&clean(&shown), width)
        .into_iter()
        .map(|line| Line::styled(line, app.theme.you()))
        .collect()
}
