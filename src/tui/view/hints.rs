//! The lowest line: what would work now, most useful first; a status or completions in its place.

use crossterm::event::KeyCode;
use ratatui::{Frame, layout::Rect, text::Span, widgets::Paragraph};
use unicode_width::UnicodeWidthStr;

use super::{clean, clip};
use crate::tui::{
    App,
    app::{Health, Waiting},
    layout::Tier,
};

pub(super) fn draw(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let width = usize::from(place.width);
    let status = match &app.waiting {
        Some(waiting) => &self::waiting(app, waiting),
        None => &app.status,
    };
    if !status.is_empty() {
        let text = clip(&clean(&format!(" {}", fitted(app, status, width))), width);
        frame.render_widget(Paragraph::new(Span::styled(text, app.theme.warn())), place);
        return;
    }
    let texts: Vec<String> = shown(app, width)
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    let text = texts.concat();
    frame.render_widget(Paragraph::new(Span::styled(text, app.theme.dim())), place);
}

/// Returns a status without the parts that can be done without, if there is no room for all: what changed is worth more
/// than how long it took.
fn fitted(app: &App, status: &str, width: usize) -> String {
    let dot = app.theme.pick(" · ", " - ");
    let mut parts: Vec<&str> = status.split(" · ").collect();
    let is_long = |parts: &[&str]| parts.join(dot).width() >= width;
    if is_long(&parts) && parts.last() == Some(&":changes") {
        parts.pop();
    }
    let is_time = |part: &&str| part.starts_with("retrained");
    if is_long(&parts) && parts.len() > 1 && parts.first().is_some_and(is_time) {
        parts.remove(0);
    }
    parts.join(dot)
}

/// Returns what is waited for, and the ways out.
fn waiting(app: &App, waiting: &Waiting) -> String {
    let seconds = waiting.seconds;
    match &waiting.call {
        Some((Some(action), _)) => {
            let dot = app.theme.pick("·", "-");
            format!(
                "waiting for {action}, {seconds} s {dot} Esc gives up {dot} :stub answers for it"
            )
        }
        Some((None, whom)) => {
            let dot = app.theme.pick("·", "-");
            format!("waiting for {whom}, {seconds} s {dot} Esc gives up")
        }
        None => format!("at work, {seconds} s"),
    }
}

/// What a click on a hint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Does {
    /// The command of this name.
    Command(&'static str),
    /// What the key does.
    Key(KeyCode),
    /// What the key does with Alt.
    Alt(KeyCode),
}

/// Returns what the hint at a column does.
pub(in crate::tui) fn hint_at(app: &App, column: u16) -> Option<Does> {
    if !app.status.is_empty() || app.waiting.is_some() {
        return None;
    }
    let mut end = 0;
    shown(app, app.size.width.into())
        .into_iter()
        .find(|(text, _)| {
            end += text.width();
            usize::from(column) < end
        })
        .map(|(_, does)| does)
}

/// Returns the hints that there is room for, each with what it does.
fn shown(app: &App, width: usize) -> Vec<(String, Does)> {
    let mut used = 0;
    all(app)
        .into_iter()
        .map(|(text, does)| (format!(" {text} "), does))
        .filter(|(text, _)| {
            let fits = used + text.width() <= width;
            used += if fits { text.width() } else { 0 };
            fits
        })
        .collect()
}

fn all(app: &App) -> Vec<(String, Does)> {
    let keys = |hints: &[(&str, KeyCode)]| {
        let hint = |(text, code): &(&str, KeyCode)| ((*text).to_owned(), Does::Key(*code));
        hints.iter().map(hint).collect()
    };
    if app.review.is_some() {
        return keys(&[
            ("Enter right", KeyCode::Enter),
            ("c correct", KeyCode::Char('c')),
            ("e entity", KeyCode::Char('e')),
            ("s skip", KeyCode::Char('s')),
            ("w write", KeyCode::Char('w')),
            ("q leave", KeyCode::Char('q')),
            ("u undecide", KeyCode::Char('u')),
        ]);
    }
    if !app.completions.is_empty() {
        let choose = app.theme.pick("↑ ↓ choose", "Up Down choose");
        return keys(&[
            ("Tab complete", KeyCode::Tab),
            (choose, KeyCode::Down),
            ("Esc close", KeyCode::Esc),
        ]);
    }
    let now = app.state.situation;
    let key = |name: &'static str, word: &str| {
        let key = app.keys.shown(name);
        let key = if app.theme.ascii {
            key.replace('↑', "Up").replace('↓', "Down")
        } else {
            key.to_owned()
        };
        (!key.is_empty()).then(|| (format!("{key} {word}"), Does::Command(name)))
    };
    let plain = |text: &str, code: KeyCode| Some((text.to_owned(), Does::Key(code)));
    let mut hints = Vec::new();
    if app.health == Health::Training {
        hints.push(plain("Esc stops the training", KeyCode::Esc));
    }
    if now.replaying && app.text().is_empty() {
        hints.extend([
            plain("Space next", KeyCode::Char(' ')),
            plain("Enter to the end", KeyCode::Enter),
        ]);
    } else {
        hints.push(plain("Enter send", KeyCode::Enter));
    }
    let can_correct = now.project && app.subject().is_some();
    if can_correct {
        hints.push(key("correct", "correct"));
    }
    if now.turns {
        hints.push(key("undo", "undo"));
    }
    let small = Tier::of(app.size) == Tier::Small;
    let tab = if small { "Tab inspect" } else { "Tab panes" };
    hints.push(plain(tab, KeyCode::Tab));
    hints.extend([key("palette", "commands"), key("help", "help")]);
    // What there is no room for stands in the palette.
    let buttons = app.buttons().len();
    if buttons > 0 {
        let more = if app.theme.ascii { "+" } else { "…" };
        let text = format!("Alt-1{} button", if buttons > 1 { more } else { "" });
        hints.push(Some((text, Does::Alt(KeyCode::Char('1')))));
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
    hints.push(key("quit", "leave"));
    hints.into_iter().flatten().collect()
}
