//! The lowest line: what would work now, most useful first; a status or completions in its place.

use ratatui::{Frame, layout::Rect, text::Span, widgets::Paragraph};
use unicode_width::UnicodeWidthStr;

use super::{clean, clip};
use crate::tui::{App, app::Health, layout::Tier};

pub(super) fn draw(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let width = usize::from(place.width);
    let status = if app.waiting {
        "waiting for an answer; Ctrl-D leaves, `:stub ACTION` answers the next time"
    } else {
        &app.status
    };
    if !status.is_empty() {
        let text = clip(&clean(&format!(" {status}")), width);
        frame.render_widget(Paragraph::new(Span::styled(text, app.theme.warn())), place);
        return;
    }
    if !app.completions.is_empty() {
        let text = clip(&format!(" Tab {}", app.completions.join("  ")), width);
        frame.render_widget(Paragraph::new(Span::styled(text, app.theme.name())), place);
        return;
    }
    let texts: Vec<String> = shown(app, width)
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    let text = texts.concat();
    frame.render_widget(Paragraph::new(Span::styled(text, app.theme.dim())), place);
}

/// Returns the command of the hint at a column.
pub(in crate::tui) fn hint_at(app: &App, column: u16) -> Option<&'static str> {
    if !app.status.is_empty() || !app.completions.is_empty() {
        return None;
    }
    let mut end = 0;
    shown(app, app.size.width.into())
        .into_iter()
        .find(|(text, _)| {
            end += text.width();
            usize::from(column) < end
        })?
        .1
}

/// Returns the hints that there is room for, each with its command.
fn shown(app: &App, width: usize) -> Vec<(String, Option<&'static str>)> {
    let mut used = 0;
    all(app)
        .into_iter()
        .map(|(text, name)| (format!(" {text} "), name))
        .filter(|(text, _)| {
            let fits = used + text.width() <= width;
            used += if fits { text.width() } else { 0 };
            fits
        })
        .collect()
}

fn all(app: &App) -> Vec<(String, Option<&'static str>)> {
    if app.review.is_some() {
        let words = [
            "Enter right",
            "c correct",
            "e entity",
            "s pass over",
            "q leave the list",
        ];
        return words.map(|word| (word.to_owned(), None)).into();
    }
    let now = app.state.situation;
    let key = |name: &'static str, word: &str| {
        let key = app.keys.shown(name);
        let key = if app.theme.ascii {
            key.replace('↑', "Up").replace('↓', "Down")
        } else {
            key.to_owned()
        };
        (!key.is_empty()).then(|| (format!("{key} {word}"), Some(name)))
    };
    let plain = |text: &str| Some((text.to_owned(), None));
    let mut hints = Vec::new();
    if app.health == Health::Training {
        hints.push(plain("Esc stops the training"));
    }
    if now.replaying && app.text().is_empty() {
        hints.extend([plain("Space next"), plain("Enter to the end")]);
    } else {
        hints.push(plain("Enter send"));
    }
    let can_correct = now.project && app.subject().is_some();
    if can_correct {
        hints.push(key("correct", "correct"));
    }
    if now.turns {
        hints.push(key("undo", "undo"));
    }
    let small = Tier::of(app.size) == Tier::Small;
    hints.push(plain(if small { "Tab inspect" } else { "Tab panes" }));
    hints.extend([key("palette", "commands"), key("help", "help")]);
    // What there is no room for stands in the palette.
    let buttons = app.buttons().len();
    if buttons > 0 {
        let more = if app.theme.ascii { "+" } else { "…" };
        hints.push(plain(&format!(
            "Alt-1{} button",
            if buttons > 1 { more } else { "" }
        )));
    }
    if can_correct {
        hints.push(key("entity", "entity"));
    }
    if now.project && now.turns {
        hints.push(key("save", "save story"));
    }
    if now.project {
        hints.push(key("train", "retrain"));
    }
    hints.push(plain("Ctrl-D leave"));
    hints.into_iter().flatten().collect()
}
