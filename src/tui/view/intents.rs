//! The intents of the typed text as bars.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use super::{clean, clip};
use crate::{
    data::Parse,
    tui::{App, app::Bar, layout::Tier},
};

/// Returns the title: on small screens it says who leads.
pub(super) fn title(app: &App, place: Rect) -> String {
    match app.bars.first() {
        Some(bar) if place.height <= 3 => {
            let lead = lead(app)
                .map(|words| format!(", {words}"))
                .unwrap_or_default();
            format!(
                " {} ",
                clip(
                    &format!("{}{lead}", bar.name),
                    usize::from(place.width).saturating_sub(4)
                )
            )
        }
        _ => match &app.state.view.other {
            Some(other) => format!(
                " Intents: A {} {} B {} ",
                app.state.view.model.metadata.id,
                app.theme.pick("│", "|"),
                other.model().metadata.id
            ),
            None => " Intents ".to_owned(),
        },
    }
}

/// Returns by how much the best intent leads, or what the lack of a lead means.
pub(super) fn lead(app: &App) -> Option<String> {
    let preview = app.preview.as_ref()?;
    let first = app.bars.first()?;
    if first.name == "nlu_fallback" {
        let (threshold, ambiguity) = app.thresholds().unwrap_or_default();
        let best = preview
            .parse
            .intent_ranking
            .get(1)
            .map_or(0.0, |score| score.confidence);
        return Some(if best < threshold {
            format!("falls back: below {threshold:.2}")
        } else {
            format!("falls back: ambiguous, lead under {ambiguity:.2}")
        });
    }
    Some(format!("{:.2} ahead", preview.parse.lead()))
}

/// Returns a row for each intent, as many as there is room for.
pub(super) fn lines(app: &App, inner: Rect) -> Vec<Line<'static>> {
    let threshold = app.thresholds().map(|(threshold, _)| threshold);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    if app.bars.is_empty() {
        let typed = app
            .preview
            .as_ref()
            .is_some_and(|preview| !preview.text.trim().is_empty());
        let text = if typed {
            "no known word: nothing is understood"
        } else {
            "nothing typed yet"
        };
        return vec![Line::styled(text, app.theme.dim())];
    }
    if height <= 1 {
        // Names that are cut to a letter or two say nothing: then one bar has the whole row.
        let half = width.saturating_sub(3) / 2;
        let (bars, room) = if half < HALF { (1, width) } else { (2, half) };
        let bars = app.bars.iter().take(bars);
        let cells: Vec<String> = bars.map(|bar| row(app, bar, room, 0, threshold)).collect();
        return vec![Line::raw(cells.join("   "))];
    }
    if let Some((other, vote)) = app
        .preview
        .as_ref()
        .and_then(|preview| preview.other.as_ref())
    {
        let action = vote.as_ref().map(|vote| vote.action.as_str());
        return beside(app, inner, other, action, threshold);
    }
    let with_note = Tier::of(app.size) == Tier::Wide && app.thresholds().is_some();
    let rows = height.saturating_sub(usize::from(with_note));
    let mut lines: Vec<Line<'static>> = app
        .bars
        .iter()
        .take(rows)
        .enumerate()
        .map(|(i, bar)| {
            let text = row(app, bar, width, 2, threshold);
            let (mark, style) = if i == 0 {
                (app.theme.pick("▶ ", "> "), app.theme.good())
            } else {
                ("  ", ratatui::style::Style::new())
            };
            Line::from(vec![Span::styled(mark, style), Span::styled(text, style)])
        })
        .collect();
    if with_note && let Some((threshold, ambiguity)) = app.thresholds() {
        while lines.len() < rows {
            lines.push(Line::default());
        }
        let text = format!(
            "{} {threshold:.2} falls back below {} ambiguous under {ambiguity:.2}",
            app.theme.pick("┆", ":"),
            app.theme.pick("·", "-")
        );
        lines.push(Line::styled(clip(&text, width), app.theme.dim()));
    }
    lines
}

/// Returns the bars of both models side by side, and whether they go on alike.
fn beside(
    app: &App,
    inner: Rect,
    other: &Parse,
    action: Option<&str>,
    threshold: Option<f64>,
) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let name_width = (width / 3).min(18);
    let bar_width = width.saturating_sub(name_width + 2 + 2 * 6 + 3) / 2;
    let of_other = |name: &str| {
        let scores = &other.intent_ranking;
        let found = scores
            .iter()
            .find(|score| score.name.as_deref() == Some(name));
        found.map_or(0.0, |score| score.confidence)
    };
    let mark = |wins: bool| {
        if wins {
            app.theme.pick("▶", ">")
        } else {
            " "
        }
    };
    let mut lines: Vec<Line<'static>> = app
        .bars
        .iter()
        .take(height.saturating_sub(1))
        .enumerate()
        .map(|(i, bar)| {
            let name = clip(&clean(&bar.name), name_width.saturating_sub(1));
            let pad = " ".repeat(name_width.saturating_sub(name.width()));
            let theirs = of_other(&bar.name);
            let a = app.theme.bar(bar.confidence, bar_width, threshold);
            let b = app.theme.bar(theirs, bar_width, threshold);
            let text = format!(
                "{} {name}{pad}{a} {:.2} {}{} {b} {theirs:.2}",
                mark(i == 0),
                bar.confidence,
                app.theme.pick("│", "|"),
                mark(other.intent_name() == bar.name),
            );
            Line::raw(clip(&text, width))
        })
        .collect();
    let ours = app
        .preview
        .as_ref()
        .and_then(|preview| preview.vote.as_ref());
    let ours = ours.map(|vote| vote.action.as_str());
    let text = if ours == action {
        format!("= next action: both {}", ours.unwrap_or("none"))
    } else {
        format!(
            "{} next action: A {} {} B {}",
            app.theme.pick("≠", "!"),
            ours.unwrap_or("none"),
            app.theme.pick("·", "-"),
            action.unwrap_or("none")
        )
    };
    let style = if ours == action {
        app.theme.dim()
    } else {
        app.theme.warn()
    };
    lines.push(Line::styled(clip(&clean(&text), width), style));
    lines
}

/// Returns how many columns names take: as many as the longest intent, and room for the bars stays. What is typed does
/// not move them.
fn names(app: &App, room: usize) -> usize {
    let known = app.state.view.model.nlu.intents();
    let longest = known
        .iter()
        .map(|name| name.width())
        .max()
        .unwrap_or_default();
    let most = room.saturating_sub(7 + LEAST_BAR).min(24);
    (longest.max(12) + 1).min(most)
}

/// Columns for an intent at least where two stand beside each other.
const HALF: usize = 24;
/// Columns of a bar at least.
const LEAST_BAR: usize = 6;

/// Returns name, bar, number and direction of one intent in `width` columns less `margin`.
fn row(app: &App, bar: &Bar, width: usize, margin: usize, threshold: Option<f64>) -> String {
    let arrow = match bar.change {
        change if change > 0.0 => app.theme.pick("▲", "^"),
        change if change < 0.0 => app.theme.pick("▼", "v"),
        _ => " ",
    };
    let room = width.saturating_sub(margin);
    let name_width = names(app, room);
    let name = clip(&clean(&bar.name), name_width.saturating_sub(1));
    let pad = name_width.saturating_sub(name.width());
    let number = format!(" {:.2} {arrow}", bar.confidence);
    let bar_width = room.saturating_sub(name_width + number.width());
    let drawn = app.theme.bar(bar.confidence, bar_width, threshold);
    format!("{name}{}{drawn}{number}", " ".repeat(pad))
}
