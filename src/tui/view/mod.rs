//! Drawing the state; one file for each pane.

mod chat;
mod completion;
mod diff;
mod hints;
mod intents;
mod memory;
mod message;
mod next;
mod popup;
mod review;
mod text;
mod words;

use ratatui::{
    Frame,
    layout::{Margin, Rect},
    text::{Line, Span},
    widgets::{Block, Paragraph, Wrap},
};
use unicode_width::UnicodeWidthStr;

pub(super) use chat::{rows as chat_rows, scroll_of as chat_scroll};
pub(super) use hints::{Does, hint_at};
pub(super) use memory::story;
pub(super) use popup::{most_scroll as most_scroll_of_popup, row_at};
use text::{clean, clip, pad, start_of, width, wrap, wrap_with};

use super::{
    app::{App, Health, Tab},
    layout::{LEAST, Pane, Tier, arrange},
};

/// Draws everything; with an ASCII theme nothing else is left on the screen, whatever the texts hold.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    panes(frame, app);
    if app.theme.ascii {
        for cell in &mut frame.buffer_mut().content {
            if !cell.symbol().is_ascii() {
                let plain = match cell.symbol() {
                    "…" => "~",
                    "·" | "–" | "−" => "-",
                    "→" => ">",
                    _ => "?",
                };
                cell.set_symbol(plain);
            }
        }
    }
}

fn panes(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    if Tier::of(area) == Tier::None {
        let text = format!(
            "{}x{} needed, this is {}x{} {} or: bot shell --plain",
            LEAST.0,
            LEAST.1,
            area.width,
            area.height,
            app.theme.pick("—", "-")
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    for (pane, place) in arrange(area) {
        match pane {
            Pane::Title => title(frame, place, app),
            Pane::Hints => hints::draw(frame, place, app),
            Pane::Message => message::draw(frame, place, app),
            Pane::Chat if app.overlay => boxed(frame, place, app, Pane::Inspector),
            _ => boxed(frame, place, app, pane),
        }
    }
    let message = arrange(area)
        .into_iter()
        .find(|(pane, _)| *pane == Pane::Message);
    if let Some((_, place)) = message {
        completion::draw(frame, place, app);
    }
    for popup in &app.popups {
        popup::draw(frame, area, app, popup);
    }
}

/// Draws a pane with a border; the focused one has the heavy border.
fn boxed(frame: &mut Frame<'_>, place: Rect, app: &App, pane: Pane) {
    let block = Block::bordered()
        .border_set(app.theme.border(app.focus == pane))
        .title(clean(&heading(app, pane, place)));
    let inner = block.inner(place);
    let mut lines = lines(app, pane, inner);
    // The chat scrolls by itself.
    if pane != Pane::Chat {
        let most = lines.len().saturating_sub(inner.height.into());
        let scrolled = app.scrolled(pane).min(most);
        let from = if app.is_from_its_end(pane) {
            most - scrolled
        } else {
            scrolled
        };
        lines.drain(..from);
    }
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

/// Returns by how many lines a pane can be scrolled at most.
pub(super) fn most_scroll(app: &App, pane: Pane) -> usize {
    let mut places = arrange(app.size).into_iter();
    let drawn = if pane == Pane::Inspector && app.overlay {
        Pane::Chat
    } else {
        pane
    };
    let Some((_, place)) = places.find(|(other, _)| *other == drawn) else {
        return 0;
    };
    let inner = place.inner(Margin::new(1, 1));
    let all = match pane {
        Pane::Chat if app.review.is_none() => chat::length(app, inner),
        _ => lines(app, pane, inner).len(),
    };
    all.saturating_sub(inner.height.into())
}

/// Returns what stands in a pane as text.
pub(super) fn text_of(app: &App, pane: Pane) -> String {
    let mut places = arrange(app.size).into_iter();
    let place = places.find(|(other, _)| *other == pane);
    let inner = place.map_or(app.size, |(_, place)| place.inner(Margin::new(1, 1)));
    let lines = lines(app, pane, inner).into_iter().map(|line| {
        let text = line.to_string();
        text.trim_end().to_owned()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim_end().to_owned()
}

/// Returns the title of a pane.
fn heading(app: &App, pane: Pane, place: Rect) -> String {
    match pane {
        Pane::Chat if app.review.is_some() => review::title(app),
        Pane::Chat => match &app.state.replay {
            Some((name, at, all)) => {
                let name = clip(name, usize::from(place.width).saturating_sub(24));
                format!(" Chat: {at} of {all} of `{name}` ")
            }
            None => " Chat ".to_owned(),
        },
        Pane::Intents => intents::title(app, place),
        Pane::Words => words::title(app),
        Pane::Entities => " Entities ".to_owned(),
        Pane::Next => " Next action, if sent ".to_owned(),
        Pane::Memory => tabs(app, &Tab::MEMORY, app.memory, place.width),
        Pane::Inspector => tabs(app, &Tab::ALL, app.tab, place.width),
        Pane::Title | Pane::Hints | Pane::Message => String::new(),
    }
}

/// Returns what stands in a pane: of the chat what is in sight, of others all.
fn lines(app: &App, pane: Pane, inner: Rect) -> Vec<Line<'static>> {
    let width = usize::from(inner.width);
    match pane {
        Pane::Chat if app.review.is_some() => review::lines(app, inner),
        Pane::Chat => {
            let rows = chat::rows(app, inner).into_iter();
            rows.map(|row| row.line).collect()
        }
        Pane::Intents => intents::lines(app, inner),
        Pane::Words => words::lines(app, inner),
        Pane::Entities => words::entities(app, width, inner.height.into()),
        Pane::Next => next::lines(app, width),
        Pane::Memory => memory::lines(app, app.memory, inner),
        Pane::Inspector => match app.tab {
            Tab::Words => all_of_words(app, inner),
            Tab::Next => next::lines(app, width),
            tab => memory::lines(app, tab, inner),
        },
        Pane::Title | Pane::Hints | Pane::Message => Vec::new(),
    }
}

/// Returns a title with tabs, the open one in brackets.
fn tabs(app: &App, all: &[Tab], open: Tab, columns: u16) -> String {
    let titles = tab_titles(all, open);
    let separator = separator(app, &titles, columns);
    format!("{0}{1}{0}", separator.1, titles.join(separator.0))
}

fn tab_titles(all: &[Tab], open: Tab) -> Vec<String> {
    let title = |tab: &Tab| {
        if *tab == open {
            format!("[{}]", tab.name())
        } else {
            tab.name().to_owned()
        }
    };
    all.iter().map(title).collect()
}

/// Returns what stands between tabs and beside them: less where there is little room.
fn separator(app: &App, titles: &[String], columns: u16) -> (&'static str, &'static str) {
    let all: usize = titles.iter().map(|title| title.width() + 3).sum();
    if all + 2 <= usize::from(columns) {
        (app.theme.pick(" │ ", " | "), " ")
    } else {
        (app.theme.pick("│", "|"), "")
    }
}

/// Returns the tab at a column of a pane that has tabs in its title.
pub(super) fn tab_at(app: &App, all: &[Tab], open: Tab, columns: u16, column: u16) -> Option<Tab> {
    let titles = tab_titles(all, open);
    let (between, beside) = separator(app, &titles, columns);
    // The corner of the border.
    let mut end = 1 + beside.width();
    let at = titles.iter().position(|title| {
        let start = end;
        end += title.width() + between.width();
        (start..end).contains(&usize::from(column))
    })?;
    all.get(at).copied()
}

/// Rows of words that come before blank lines between the parts of the inspector.
const WORDS: usize = 4;

/// Returns words, entities and the next action one below the other: what there is no room for goes from the words, then
/// from the blank lines.
fn all_of_words(app: &App, inner: Rect) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let mut lines = words::heading(app, width);
    if !words::is_typed(app) {
        lines.extend(words::lines(app, inner));
        return lines;
    }
    let entities = words::entities(app, width, height / 3);
    let next = next::brief(app, width);
    let others = lines.len() + entities.len() + next.len();
    let all = height.saturating_sub(others);
    // A few words come before blank lines.
    let room = all.saturating_sub(2).max(all.min(WORDS)).max(3);
    let blanks = all.saturating_sub(room);
    let room = Rect {
        height: u16::try_from(room).unwrap_or(u16::MAX),
        ..inner
    };
    lines.extend(words::lines(app, room));
    lines.extend((blanks > 0).then(Line::default));
    lines.extend(entities);
    lines.extend((blanks > 1).then(Line::default));
    lines.extend(next);
    lines
}

fn title(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let dot = app.theme.pick("·", "-");
    let tier = Tier::of(frame.area());
    let metadata = &app.state.view.model.metadata;
    let name = metadata.assistant_id.as_deref().unwrap_or("bot");
    let fresh = match app.health {
        Health::Training => "training…",
        Health::Broken => "files have mistakes",
        Health::Fresh => "fresh",
    };
    let fresh = if app.theme.ascii {
        fresh.replace('…', "...")
    } else {
        fresh.to_owned()
    };
    let clock = metadata.trained_at.get(11..16).unwrap_or_default();
    let left = match tier {
        Tier::Wide => format!(
            " {name} {dot} model {} {fresh}, trained {clock} in {:.1} s",
            metadata.id, metadata.figures.seconds
        ),
        Tier::Medium => format!(" {name} {dot} model {} {fresh}", metadata.id),
        _ => format!(" {name} {dot} {} {fresh}", metadata.id),
    };
    let turns = app.state.turns.len();
    let recording = if app.state.recording { "on" } else { "off" };
    let tests = match app.state.tests {
        Some(tests) if tier == Tier::Wide => {
            format!("tests {}/{} {dot} ", tests.passed, tests.total)
        }
        _ => String::new(),
    };
    let turn = match tier {
        Tier::Wide => format!(
            "{tests}conversation {} {dot} turn {turns} {dot} recording {recording} ",
            app.state.number
        ),
        Tier::Medium => format!("turn {turns} {dot} rec {recording} "),
        _ => format!("turn {turns} "),
    };
    let left = clip(
        &clean(&left),
        usize::from(place.width).saturating_sub(turn.width() + 1),
    );
    let gap = usize::from(place.width).saturating_sub(left.width() + turn.width());
    let style = if app.health == Health::Broken {
        app.theme.bad()
    } else {
        ratatui::style::Style::new()
    };
    let text = format!("{left}{}{turn}", " ".repeat(gap));
    frame.render_widget(Paragraph::new(Span::styled(text, style)), place);
}
