//! Messages of real people: the list in the place of the chat.

use ratatui::{layout::Rect, text::Line};

use super::{clean, clip};
use crate::{tui::App, workbench::Item};

pub(super) fn title(app: &App) -> String {
    let Some((review, at)) = &app.review else {
        return String::new();
    };
    let done = review
        .items
        .iter()
        .filter(|item| item.done.is_some())
        .count();
    format!(
        " Review: {} of {}, {done} looked at ",
        at + 1,
        review.items.len()
    )
}

/// Returns a row for each message around the present one, and what is understood of that one now.
pub(super) fn lines(app: &App, inner: Rect) -> Vec<Line<'static>> {
    let Some((review, at)) = &app.review else {
        return Vec::new();
    };
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let room = height.saturating_sub(3).max(1);
    let from = at
        .saturating_sub(room / 2)
        .min(review.items.len().saturating_sub(room));
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (number, item) in review.items.iter().enumerate().skip(from).take(room) {
        let chosen = number == *at;
        let mark = match (chosen, &item.done) {
            (true, _) => app.theme.pick("▶", ">"),
            (false, Some(_)) => app.theme.pick("✓", "x"),
            (false, None) => " ",
        };
        let text = format!("{mark} {:>4} {}", guess(item), item.text);
        let style = match (chosen, &item.done) {
            (true, _) => app.theme.good(),
            (false, Some(_)) => app.theme.dim(),
            (false, None) => ratatui::style::Style::new(),
        };
        lines.push(Line::styled(clip(&clean(&text), width), style));
    }
    lines.resize_with(height.saturating_sub(2), Line::default);
    if let Some(item) = review.items.get(*at) {
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
        let understood = ranking.join(app.theme.pick(" · ", " - "));
        lines.push(Line::styled(
            clip(&clean(&understood), width),
            app.theme.name(),
        ));
        let done = item.done.clone().unwrap_or_default();
        lines.push(Line::styled(clip(&clean(&done), width), app.theme.dim()));
    }
    lines
}

/// Returns how sure the first guess was.
fn guess(item: &Item) -> String {
    let mut scores = item.parse.intent_ranking.iter();
    let best = scores.find(|score| score.name.as_deref() != Some("nlu_fallback"));
    best.map_or_else(
        || "-".to_owned(),
        |score| format!("{:.2}", score.confidence),
    )
}
