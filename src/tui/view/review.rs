//! Messages of real people: the list in the place of the chat.

use ratatui::{layout::Rect, text::Line};

use super::{clean, clip, pad};
use crate::{
    text::Span,
    tui::App,
    workbench::{Correction, Item},
};

pub(super) fn title(app: &App) -> String {
    let Some(review) = &app.review else {
        return String::new();
    };
    let items = &review.list.items;
    let done = items.iter().filter(|item| item.is_done()).count();
    let dot = app.theme.pick("·", "-");
    format!(
        " Review: {} of {} {dot} {done} looked at {dot} {} to write ",
        review.at + 1,
        items.len(),
        review.unwritten()
    )
}

/// Returns a row for each message around the present one, and what is understood of that one now.
pub(super) fn lines(app: &App, inner: Rect) -> Vec<Line<'static>> {
    let Some(review) = &app.review else {
        return Vec::new();
    };
    let (items, at) = (&review.list.items, review.at);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let room = height.saturating_sub(3).max(1);
    let from = at
        .saturating_sub(room / 2)
        .min(items.len().saturating_sub(room));
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (number, item) in items.iter().enumerate().skip(from).take(room) {
        let chosen = number == at;
        let style = match (chosen, item.is_done()) {
            (true, _) => app.theme.good(),
            (false, true) => app.theme.dim(),
            (false, false) => ratatui::style::Style::new(),
        };
        lines.push(Line::styled(row(app, item, chosen, width), style));
    }
    lines.resize_with(height.saturating_sub(2), Line::default);
    if let Some(item) = items.get(at) {
        let parse = app.state.view.model.preview(&item.text);
        let mut ranking: Vec<String> = parse
            .intent_ranking
            .iter()
            .take(3)
            .map(|score| {
                format!(
                    "{} {:.2}",
                    score.name.as_deref().unwrap_or_default(),
                    score.confidence
                )
            })
            .collect();
        ranking.extend(parse.entities.iter().map(|entity| {
            format!(
                "{}={}",
                entity.entity,
                crate::workbench::show(&entity.value)
            )
        }));
        let dot = app.theme.pick(" · ", " - ");
        let understood = format!("now: {}", ranking.join(dot));
        lines.push(Line::styled(
            clip(&clean(&understood), width),
            app.theme.name(),
        ));
        let said = said(app, item).join(dot);
        lines.push(Line::styled(clip(&clean(&said), width), app.theme.dim()));
    }
    lines
}

/// Returns a message with how sure its first guess was, and what was decided at the end of the line.
fn row(app: &App, item: &Item, chosen: bool, width: usize) -> String {
    let done = match (item.written, item.is_done()) {
        (true, _) => app.theme.pick("✓", "x"),
        (false, true) => app.theme.pick("·", "-"),
        (false, false) => " ",
    };
    let mark = if chosen {
        app.theme.pick("▶", ">")
    } else {
        done
    };
    let guess = item
        .certainty()
        .map_or_else(|| "-".to_owned(), |sure| format!("{sure:.2}"));
    let said = said(app, item);
    let end = clip(
        &clean(&said.first().cloned().unwrap_or_default()),
        width / 3,
    );
    let room = width.saturating_sub(super::width(&end) + 2);
    let text = pad(&clean(&format!("{mark} {guess:>4} {}", item.text)), room);
    format!("{text}  {end}")
}

/// Returns what was decided about a message, piece by piece.
fn said(app: &App, item: &Item) -> Vec<String> {
    let arrow = app.theme.pick("→", "->");
    let mut said = Vec::new();
    if let Some(decision) = &item.decision {
        said.extend(
            decision
                .intent
                .iter()
                .map(|intent| format!("{arrow} {intent}")),
        );
        let piece = |span: &Span| span.of(&item.text).to_owned();
        said.extend(decision.marks.iter().filter_map(|mark| match mark {
            Correction::Mark { span, entity, .. } => Some(format!("{entity}={}", piece(span))),
            Correction::Unmark { span, .. } => Some(format!("no entity: {}", piece(span))),
            Correction::Intent { .. } => None,
        }));
    } else if item.passed {
        said.push("passed over".to_owned());
    }
    if item.written {
        said.push("written".to_owned());
    }
    said
}
