//! Windows over the panes.

use std::ops::Range;

use ratatui::{
    Frame,
    layout::{Margin, Position, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

use super::{clean, clip, diff, pad, wrap};
use crate::tui::{
    App,
    popup::{Entry, Marker, Picker, Popup, Purpose},
};

/// Widest window, in columns.
const WIDEST: u16 = 86;
/// Fewest and most rows of a list that are shown at once.
const LEAST: usize = 3;
const ROWS: usize = 10;
/// Most columns for the names of a list.
const LONGEST: usize = 42;
/// Most rows for all of a chosen name.
const MOST: usize = 4;

/// What stands in a window.
struct Content {
    title: String,
    keys: &'static str,
    lines: Vec<Line<'static>>,
    scroll: usize,
    /// Of a list: its lines, and the row that the first of them is.
    list: Option<(Range<usize>, usize)>,
}

/// Returns the place of a window with so many lines.
fn place(area: Rect, lines: usize) -> Rect {
    let (width, height) = (columns(area), rows_of(area, lines));
    Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    )
}

/// Returns the row of a list at a place of the screen.
pub(in crate::tui) fn row_at(app: &App, popup: &Popup, at: Position) -> Option<usize> {
    let Content { lines, list, .. } = content(app, app.size, popup);
    let inner = place(app.size, lines.len()).inner(Margin::new(1, 1));
    let line = inner
        .contains(at)
        .then(|| usize::from(at.y.saturating_sub(inner.y)))?;
    let (of_list, first) = list?;
    of_list
        .contains(&line)
        .then(|| first + line - of_list.start)
}

fn columns(area: Rect) -> u16 {
    area.width.saturating_sub(4).min(WIDEST)
}

fn rows_of(area: Rect, lines: usize) -> u16 {
    u16::try_from(lines + 2)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2))
}

/// Returns by how many lines a window can be scrolled at most.
pub(in crate::tui) fn most_scroll(app: &App, popup: &Popup) -> usize {
    let lines = content(app, app.size, popup).lines.len();
    lines.saturating_sub(rows_of(app.size, lines).saturating_sub(2).into())
}

fn content(app: &App, area: Rect, popup: &Popup) -> Content {
    let inner = usize::from(columns(area).saturating_sub(2)).max(1);
    match popup {
        Popup::Text {
            title,
            text,
            scroll,
        } => {
            let lines = text.lines().flat_map(|line| hang(&clean(line), inner));
            Content {
                title: title.clone(),
                keys: "Esc closes",
                lines: lines.map(Line::from).collect(),
                scroll: *scroll,
                list: None,
            }
        }
        Popup::Confirm { plan, scroll } => Content {
            title: plan.what.clone(),
            keys: "Enter writes it, Esc does not",
            lines: diff::lines(app, plan, inner, 3),
            scroll: *scroll,
            list: None,
        },
        Popup::Pick(picker) => {
            let head = head(app, picker, inner);
            let room = usize::from(area.height).saturating_sub(head.len() + 4);
            // What the choice would change is to be in sight, too.
            let foot = foot(app, picker, inner, room.saturating_sub(LEAST));
            let room = room.saturating_sub(foot.len()).clamp(LEAST, ROWS);
            let (title, keys) = titles(app, picker);
            let all = picker.rows();
            let title = if all > room {
                format!("{title}: {} of {all}", picker.at + 1)
            } else {
                title.to_owned()
            };
            let mut lines = head;
            let start = lines.len();
            lines.extend(rows(app, picker, inner, room));
            let of_list = start..lines.len();
            lines.extend(foot);
            Content {
                title,
                keys: keys_for(keys, inner),
                lines,
                scroll: 0,
                list: Some((of_list, first(picker, room))),
            }
        }
        Popup::Mark(marker) => Content {
            title: "Mark an entity".to_owned(),
            keys: keys_for(&MARK, inner),
            lines: marked(app, marker, inner),
            scroll: 0,
            list: None,
        },
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, popup: &Popup) {
    let width = columns(area);
    let inner = usize::from(width.saturating_sub(2)).max(1);
    let Content {
        title,
        keys,
        lines,
        scroll,
        ..
    } = content(app, area, popup);
    let place = place(area, lines.len());
    let room = usize::from(place.height.saturating_sub(2));
    let keys = if lines.len() > room {
        format!("{keys}   {}", app.theme.pick("↑ ↓ more", "Up Down more"))
    } else {
        keys.to_owned()
    };
    let from = scroll.min(lines.len().saturating_sub(room));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(from).take(room).collect();
    let block = Block::bordered()
        .border_set(app.theme.border(true))
        .title(format!(
            " {} ",
            clip(&clean(&title), inner.saturating_sub(4))
        ))
        .title_bottom(format!(" {} ", clip(&keys, inner.saturating_sub(4))));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(shown).block(block), place);
}

/// What keys do in a window, at length and in short.
type Keys = [&'static str; 2];

const MARK: Keys = [
    "arrows choose a word, + - widen, Enter its type, Del unmarks",
    "arrows, + - widen, Enter, Del unmarks",
];

/// Returns the longer of two texts for which there is room.
fn keys_for(keys: &Keys, width: usize) -> &'static str {
    let [long, short] = keys;
    if long.len() + 2 <= width { long } else { short }
}

fn titles(app: &App, picker: &Picker) -> (&'static str, &'static Keys) {
    const DECIDES: Keys = ["Enter decides it   Esc"; 2];
    const ENTER: Keys = ["Enter   Esc"; 2];
    match &picker.purpose {
        Purpose::Intent { .. } if app.review.is_some() => ("Correct intent", &DECIDES),
        Purpose::Entity { .. } if app.review.is_some() => ("What is it?", &DECIDES),
        Purpose::Intent { .. } => (
            "Correct intent",
            &[
                "Enter add and retrain   Space this turn only   Esc",
                "Enter add   Space this turn   Esc",
            ],
        ),
        Purpose::Entity { .. } => ("What is it?", &["Enter add and retrain   Esc"; 2]),
        Purpose::Palette => ("Commands", &["Enter does it   Esc"; 2]),
        Purpose::Model => ("Listen to another model", &ENTER),
        Purpose::Story => ("Play a story", &ENTER),
        Purpose::History => ("Earlier messages", &ENTER),
        Purpose::Branch => (
            "Ways the conversation went",
            &["Enter goes on with it   Esc"; 2],
        ),
        Purpose::Change(_) => ("Changes of this session", &["Enter takes it back   Esc"; 2]),
    }
}

/// Wraps a line; what follows stands under its last column, or two columns further in.
fn hang(line: &str, width: usize) -> Vec<String> {
    let start = line.len() - line.trim_start().len();
    let gap = line.get(start..).and_then(|rest| {
        let at = rest.find("  ")?;
        let after = rest.get(at..)?;
        Some(start + at + after.len() - after.trim_start().len())
    });
    let column = gap.and_then(|gap| line.get(..gap)).map(super::width);
    let column = column.filter(|column| *column < width / 2);
    let indent = " ".repeat(column.unwrap_or(start + usize::from(start > 0) * 2));
    super::wrap_with(line, width, &indent)
}

/// Returns what a list is about, and what was typed.
fn head(app: &App, picker: &Picker, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Purpose::Intent { text } = &picker.purpose {
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
    lines
}

/// Returns what the choice would change or why it cannot be made; of a row that is cut all of it.
fn foot(app: &App, picker: &Picker, width: usize, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    // As many rows for every choice: the window does not jump about.
    let whole = |entry: &Entry| wholly(picker, entry, width);
    let rows = picker.entries.iter().map(|entry| whole(entry).len()).max();
    if let Some(rows) = rows.filter(|rows| *rows > 0) {
        let matching = picker.matching();
        let mut said = matching
            .get(picker.at)
            .map_or_else(Vec::new, |entry| whole(entry));
        said.resize(rows, String::new());
        lines.push(Line::default());
        lines.extend(
            said.into_iter()
                .map(|line| Line::styled(line, app.theme.dim())),
        );
    }
    if let Some(why) = &picker.refused {
        lines.push(Line::default());
        let wrapped = why.lines().flat_map(|line| wrap(&clean(line), width));
        lines.extend(wrapped.map(|line| Line::styled(line, app.theme.warn())));
    }
    if let Some(plan) = picker.foreseen() {
        let mut change = diff::lines(app, plan, width, 1);
        if lines.len() + change.len() >= room {
            // The lines around it are the first that can be done without.
            change = diff::lines(app, plan, width, 0);
        }
        if lines.len() + change.len() < room {
            lines.push(Line::default());
        }
        lines.extend(change);
    }
    lines
}

/// Returns what a row that is cut says, in lines; nothing for one that is not.
fn wholly(picker: &Picker, entry: &Entry, width: usize) -> Vec<String> {
    let short = matches!(
        picker.purpose,
        Purpose::Intent { .. } | Purpose::Entity { .. }
    );
    if short || super::width(&entry_text(picker, entry, "  ")) <= width {
        return Vec::new();
    }
    let said = match picker.purpose {
        // Of a command its name is short.
        Purpose::Palette => &entry.note,
        _ => &entry.name,
    };
    wrap(&clip(&clean(said), width * (MOST - 1)), width)
}

/// Returns a row of a list: a mark, its name, and what is to be said of it.
fn entry_text(picker: &Picker, entry: &Entry, mark: &str) -> String {
    if entry.note.is_empty() {
        return format!("{mark}{}", entry.name);
    }
    let longest = picker.entries.iter().map(|entry| super::width(&entry.name));
    let column = longest.max().unwrap_or_default().min(LONGEST);
    format!("{mark}{}  {}", pad(&entry.name, column), entry.note)
}

/// Returns the first row of a list that is shown.
fn first(picker: &Picker, room: usize) -> usize {
    let from = picker.at.saturating_sub(room.saturating_sub(1));
    from.min(picker.rows().saturating_sub(room))
}

/// Returns the rows of a list around the chosen one.
fn rows(app: &App, picker: &Picker, width: usize, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let matching = picker.matching();
    let all = picker.rows();
    let from = first(picker, room);
    let mark = |at: usize| {
        if at == picker.at {
            app.theme.pick("▶ ", "> ")
        } else {
            "  "
        }
    };
    for (at, entry) in matching.iter().enumerate().skip(from).take(room) {
        let text = entry_text(picker, entry, mark(at));
        let style = match (&entry.grey, at == picker.at) {
            (Some(_), _) => app.theme.dim(),
            (None, true) => app.theme.good(),
            (None, false) => ratatui::style::Style::new(),
        };
        lines.push(Line::styled(clip(&clean(&text), width), style));
    }
    if let Some(what) = picker.new_row()
        && matching.len() < from + room
    {
        let text = match picker.new_name() {
            Some(name) => format!("{}+ new {what}: {name}", mark(matching.len())),
            None => format!(
                "{}+ new {what}{}",
                mark(matching.len()),
                app.theme.pick("…", "...")
            ),
        };
        lines.push(Line::styled(clip(&clean(&text), width), app.theme.name()));
    }
    if all == 0 {
        lines.push(Line::styled("nothing is called so", app.theme.dim()));
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
