//! Which words decided, and which entities were found.

use ratatui::{layout::Rect, text::Line};
use unicode_width::UnicodeWidthStr;

use super::{clean, clip, pad, wrap};
use crate::{
    data::Entity,
    nlu::Explanation,
    tui::{App, theme::cells},
    workbench::show,
};

fn explanation(app: &App) -> Option<&Explanation> {
    app.preview.as_ref()?.explanation.as_ref()
}

/// Tells whether there is a text whose meaning is shown.
pub(super) fn is_typed(app: &App) -> bool {
    let preview = app.preview.as_ref();
    preview.is_some_and(|preview| !preview.text.trim().is_empty())
}

/// Returns the title: which intent against which.
pub(super) fn title(app: &App) -> String {
    explanation(app).map_or_else(
        || " Words ".to_owned(),
        |explanation| {
            format!(
                " Words: why {}, not {} ",
                explanation.winner, explanation.runner_up
            )
        },
    )
}

/// Returns the title as a line of a pane that shows other things, too.
pub(super) fn heading(app: &App, width: usize) -> Vec<Line<'static>> {
    let title = explanation(app).map(|explanation| {
        let text = format!("why {}, not {}", explanation.winner, explanation.runner_up);
        Line::raw(clip(&clean(&text), width))
    });
    title.into_iter().collect()
}

/// Returns a row for each word that counts, then the others and the sum.
pub(super) fn lines(app: &App, inner: Rect) -> Vec<Line<'static>> {
    let Some(explanation) = explanation(app) else {
        let text = if is_typed(app) {
            "no words to weigh"
        } else {
            "nothing typed yet"
        };
        return vec![Line::styled(text, app.theme.dim())];
    };
    let (width, height) = (
        usize::from(inner.width),
        usize::from(inner.height).clamp(3, 8),
    );
    let mut words: Vec<_> = explanation.words.iter().collect();
    words.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
    let room = height.saturating_sub(2);
    let others = explanation.others + words.iter().skip(room).map(|word| word.share).sum::<f64>();
    let largest = words
        .iter()
        .map(|word| word.share.abs())
        .chain([others.abs()])
        .fold(0.0, f64::max);
    let shown = words
        .iter()
        .take(room)
        .map(|word| (word.word.as_str(), word.share));
    let name_width = 10.min(width / 3);
    let bar_width = width.saturating_sub(name_width + 8);
    let row = |name: &str, share: f64| {
        let name = clip(&clean(name), name_width.saturating_sub(1));
        let pad = " ".repeat(name_width.saturating_sub(name.width()));
        let length = if largest > 0.0 {
            cells(share.abs() / largest, bar_width)
        } else {
            0
        };
        let (mark, style) = if share < 0.0 {
            (app.theme.pick("░", "-"), app.theme.bad())
        } else {
            (app.theme.pick("█", "+"), app.theme.good())
        };
        let sign = if share < 0.0 {
            app.theme.pick("−", "-")
        } else {
            "+"
        };
        Line::styled(
            format!(
                "{name}{pad}{sign}{:<6.2} {}",
                share.abs(),
                mark.repeat(length)
            ),
            style,
        )
    };
    let mut lines: Vec<Line<'static>> = shown.map(|(name, share)| row(name, share)).collect();
    lines.push(row("others", others));
    let ratio = app.preview.as_ref().and_then(|preview| {
        let scores = |name: &str| {
            let ranking = &preview.parse.intent_ranking;
            ranking
                .iter()
                .find(|score| score.name.as_deref() == Some(name))
                .map(|score| score.confidence)
        };
        let (winner, runner_up) = (
            scores(&explanation.winner)?,
            scores(&explanation.runner_up)?,
        );
        Some(format!("= ln({winner:.2} / {})", small(runner_up)))
    });
    let sum = format!("{:<name_width$}{:+.2}", "sum", explanation.sum);
    // The sum is told in any case, where it comes from only where there is room.
    let whole = format!("{sum}  {}", ratio.unwrap_or_default());
    let sum = if whole.width() > width { sum } else { whole };
    lines.push(Line::raw(clip(&sum, width)));
    lines
}

/// Returns a confidence with so many digits that it is not nothing.
fn small(confidence: f64) -> String {
    let digits = [2, 3, 4, 5];
    let text = digits.map(|digits| format!("{confidence:.digits$}"));
    let told = text
        .iter()
        .find(|text| text.contains(|c| ('1'..='9').contains(&c)));
    told.or(text.last()).cloned().unwrap_or_default()
}

/// Returns a row for each entity found, and under it the lookup table that ought to list it and does not; in the same
/// row where there would else be more rows than `room`.
pub(super) fn entities(app: &App, width: usize, room: usize) -> Vec<Line<'static>> {
    let Some(preview) = &app.preview else {
        return vec![Line::styled("no entity", app.theme.dim())];
    };
    let found = preview.parse.entities.as_slice();
    if found.is_empty() {
        return vec![Line::styled("no entity", app.theme.dim())];
    }
    let notes = preview.lacking.iter().map(Option::as_deref);
    let shown: Vec<(&Entity, Option<String>)> = found
        .iter()
        .zip(notes.chain(std::iter::repeat(None)))
        .take(MOST)
        .map(|(entity, table)| {
            let note = table.map(|table| clean(&format!("not in the lookup \"{table}\"")));
            (entity, note)
        })
        .collect();
    let mut lines = Vec::new();
    for (entity, note) in &shown {
        lines.push(Line::raw(self::entity(app, entity, width, width >= BESIDE)));
        if let Some(note) = note {
            // Where there are columns it stands under the value.
            let indent = if width < BESIDE { 2 } else { NAMES + 1 };
            let wrapped = wrap(note, width.saturating_sub(indent)).into_iter();
            lines.extend(wrapped.map(|line| {
                Line::styled(format!("{}{line}", " ".repeat(indent)), app.theme.warn())
            }));
        }
    }
    if lines.len() > room {
        let dot = app.theme.pick("·", "-");
        let short = |(entity, note): &(&Entity, Option<String>)| match note {
            Some(note) => {
                let name = format!("{}={}", entity.entity, show(&entity.value));
                let text = format!("{} {dot} {note}", clean(&name));
                Line::styled(clip(&text, width), app.theme.warn())
            }
            None => Line::raw(self::entity(app, entity, width, false)),
        };
        lines = shown.iter().map(short).collect();
    }
    if found.len() > MOST {
        let more = format!("and {} more", found.len() - MOST);
        lines.push(Line::styled(more, app.theme.dim()));
    }
    lines
}

/// Most entities that are listed.
const MOST: usize = 200;
/// From how many columns on the name of an entity, its value and its place stand in columns.
const BESIDE: usize = 40;
/// Columns for the name of an entity.
const NAMES: usize = 14;

/// Returns what was found, where, by whom and how sure; in columns or as short as can be.
fn entity(app: &App, entity: &Entity, width: usize, columns: bool) -> String {
    let sure = entity
        .confidence_entity
        .map(|sure| format!(" {sure:.2}"))
        .unwrap_or_default();
    let by = match entity.extractor.as_deref() {
        Some("CRFEntityExtractor") => "crf",
        Some("DIETClassifier") => "diet",
        Some("DucklingEntityExtractor") => "duckling",
        Some("RegexEntityExtractor") => "regex",
        Some("RegexMessageHandler") => "payload",
        other => other.unwrap_or_default(),
    };
    let dash = app.theme.pick("–", "-");
    let (start, end) = (entity.start, entity.end);
    let (name, value) = (clean(&entity.entity), clean(&show(&entity.value)));
    let mut text = if columns {
        format!("{} {}", pad(&name, NAMES), pad(&value, 12))
    } else {
        clip(&format!("{name}={value}"), width)
    };
    // What there is no room for is left out as a whole.
    for piece in [
        format!(" {start}{dash}{end}"),
        clean(&format!(" {by}{sure}")),
    ] {
        if text.width() + piece.width() <= width {
            text += &piece;
        }
    }
    text
}
