//! Drawing the state; one file for each pane.

mod chat;
mod intents;
mod memory;
mod next;
mod words;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};
use unicode_width::UnicodeWidthStr;

use super::{
    app::{App, Popup, Tab},
    layout::{LEAST, Pane, Tier, arrange},
};

/// Draws everything; with an ASCII theme nothing else is left on the screen, whatever the texts hold.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    panes(frame, app);
    if app.theme.ascii {
        for cell in &mut frame.buffer_mut().content {
            if !cell.symbol().is_ascii() {
                let plain = if cell.symbol() == "…" { "~" } else { "?" };
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
            Pane::Hints => hints(frame, place, app),
            Pane::Message => message(frame, place, app),
            Pane::Chat if app.overlay => inspector(frame, place, app),
            Pane::Chat => boxed(frame, place, app, pane, " Chat ", |inner| {
                chat::lines(app, inner)
            }),
            Pane::Intents => boxed(
                frame,
                place,
                app,
                pane,
                &intents::title(app, place),
                |inner| intents::lines(app, inner),
            ),
            Pane::Words => boxed(frame, place, app, pane, &words::title(app), |inner| {
                words::lines(app, inner)
            }),
            Pane::Entities => boxed(frame, place, app, pane, " Entities ", |_| {
                words::entities(app)
            }),
            Pane::Next => boxed(frame, place, app, pane, " Next action, if sent ", |inner| {
                next::lines(app, inner.width.into())
            }),
            Pane::Memory => boxed(frame, place, app, pane, " Slots ", |_| memory::lines(app)),
            Pane::Inspector => inspector(frame, place, app),
        }
    }
    for popup in &app.popups {
        draw_popup(frame, area, app, popup);
    }
}

/// Draws a pane with a border; the focused one has the heavy border.
fn boxed<'a>(
    frame: &mut Frame<'_>,
    place: Rect,
    app: &App,
    pane: Pane,
    title: &str,
    lines: impl FnOnce(Rect) -> Vec<Line<'a>>,
) {
    let block = Block::bordered()
        .border_set(app.theme.border(app.focus == pane))
        .title(clean(title));
    let inner = block.inner(place);
    frame.render_widget(Paragraph::new(lines(inner)).block(block), place);
}

fn inspector(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let names: Vec<String> = Tab::ALL
        .iter()
        .map(|tab| {
            if *tab == app.tab {
                format!("[{}]", tab.name())
            } else {
                tab.name().to_owned()
            }
        })
        .collect();
    let title = format!(" {} ", names.join(app.theme.pick(" │ ", " | ")));
    boxed(
        frame,
        place,
        app,
        Pane::Inspector,
        &title,
        |inner| match app.tab {
            Tab::Words => {
                let mut lines = vec![Line::from(words::title(app).trim().to_owned())];
                lines.extend(words::lines(app, inner));
                lines.push(Line::default());
                lines.extend(words::entities(app));
                lines.push(Line::default());
                lines.extend(next::lines(app, inner.width.into()).into_iter().take(2));
                lines
            }
            Tab::Next => next::lines(app, inner.width.into()),
            Tab::Slots => memory::lines(app),
        },
    );
}

fn title(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let dot = app.theme.pick("·", "-");
    let turn = format!("turn {} ", app.turns.len());
    let left = match Tier::of(frame.area()) {
        Tier::Wide => format!(" {} {dot} model {}, {}", app.name, app.model, app.trained),
        Tier::Medium => format!(" {} {dot} model {}", app.name, app.model),
        _ => format!(" {} {dot} {}", app.name, app.model),
    };
    let left = clip(
        &clean(&left),
        usize::from(place.width).saturating_sub(turn.width() + 1),
    );
    let gap = usize::from(place.width).saturating_sub(left.width() + turn.width());
    frame.render_widget(
        Paragraph::new(format!("{left}{}{turn}", " ".repeat(gap))),
        place,
    );
}

fn hints(frame: &mut Frame<'_>, place: Rect, app: &App) {
    if !app.status.is_empty() {
        let text = clip(&clean(&format!(" {}", app.status)), place.width.into());
        frame.render_widget(Paragraph::new(Span::styled(text, app.theme.warn())), place);
        return;
    }
    if !app.completions.is_empty() {
        let text = clip(
            &format!(" Tab {}", app.completions.join("  ")),
            place.width.into(),
        );
        frame.render_widget(Paragraph::new(Span::styled(text, app.theme.name())), place);
        return;
    }
    let small = Tier::of(frame.area()) == Tier::Small;
    let undo = if app.theme.ascii {
        "Alt-Up undo"
    } else {
        "Alt-↑ undo"
    };
    let mut all: Vec<&str> = vec!["Enter send"];
    if !app.turns.is_empty() {
        all.push(undo);
    }
    all.push(if small { "Tab inspect" } else { "Tab panes" });
    all.extend(["F1 help", ":why", ":restart", "Ctrl-D leave"]);
    let mut text = String::new();
    for hint in all {
        if text.width() + hint.width() + 2 < place.width.into() {
            text.push(' ');
            text.push_str(hint);
            text.push(' ');
        }
    }
    frame.render_widget(Paragraph::new(Span::styled(text, app.theme.dim())), place);
}

fn message(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let block = Block::bordered()
        .border_set(app.theme.border(app.focus == Pane::Message))
        .title(" Message ");
    let mut inner = block.inner(place);
    frame.render_widget(block, place);
    if inner.height > 1 {
        let [text, below] = ratatui::layout::Layout::vertical([
            ratatui::layout::Constraint::Min(1),
            ratatui::layout::Constraint::Length(1),
        ])
        .areas(inner);
        frame.render_widget(
            Paragraph::new(Span::styled(
                clip(&summary(app), inner.width.into()),
                app.theme.dim(),
            )),
            below,
        );
        inner = text;
    }
    frame.render_widget(&app.message, inner);
}

/// Returns the state of the typed text in a line: time, lead, what comes next.
fn summary(app: &App) -> String {
    let Some(preview) = app
        .preview
        .as_ref()
        .filter(|preview| !preview.text.trim().is_empty())
    else {
        return "type a message; what it means shows while you type".to_owned();
    };
    let dot = app.theme.pick(" · ", " - ");
    let mut parts = vec![format!("{:.1} ms", preview.seconds * 1e3)];
    if let Some(words) = intents::lead(app) {
        parts.push(words);
    }
    if let Some(vote) = &preview.vote {
        parts.push(format!("next: {}", vote.action));
    }
    clean(&parts.join(dot))
}

fn draw_popup(frame: &mut Frame<'_>, area: Rect, app: &App, popup: &Popup) {
    let width = area.width.saturating_sub(4).min(86);
    let inner = usize::from(width.saturating_sub(2)).max(1);
    let lines: Vec<String> = popup
        .text
        .lines()
        .flat_map(|line| wrap(&clean(line), inner))
        .collect();
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
    let from = popup.scroll.min(lines.len().saturating_sub(room));
    let shown: Vec<Line<'_>> = lines
        .into_iter()
        .skip(from)
        .take(room)
        .map(Line::from)
        .collect();
    let block = Block::bordered()
        .border_set(app.theme.border(true))
        .title(format!(" {} ", popup.title))
        .title_bottom(" Esc closes ");
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(shown).block(block), place);
}

/// Returns the text without control characters, which could move the cursor or change colours.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Returns the text cut to a width, with a mark where something is missing.
fn clip(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for grapheme in unicode_segmentation::UnicodeSegmentation::graphemes(text, true) {
        if out.width() + grapheme.width() + 1 > width {
            break;
        }
        out.push_str(grapheme);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// Returns the lines of a text wrapped at a width; always at least one.
fn wrap(text: &str, width: usize) -> Vec<String> {
    textwrap::wrap(text, width.max(1))
        .into_iter()
        .map(std::borrow::Cow::into_owned)
        .collect()
}
