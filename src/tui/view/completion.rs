//! What may follow a `:` or `/` typed so far: a list over the chat, just above the message line.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

use super::{clean, clip, pad};
use crate::{tui::App, workbench::COMMANDS};

/// Most rows that are shown at once.
const ROWS: usize = 8;

/// Draws the list; `message` is the place of the message line.
pub(super) fn draw(frame: &mut Frame<'_>, message: Rect, app: &App) {
    let room = usize::from(message.y.saturating_sub(3)).min(ROWS);
    let width = message.width;
    if app.completions.is_empty() || room == 0 || width < 8 {
        return;
    }
    let inner = usize::from(width.saturating_sub(2));
    let at = app.completing.unwrap_or_default();
    let from = at.saturating_sub(room.saturating_sub(1));
    let longest = app.completions.iter().map(|text| super::width(text));
    let column = longest.max().unwrap_or_default().min(inner / 2) + 2;
    let lines: Vec<Line<'static>> = app
        .completions
        .iter()
        .enumerate()
        .skip(from)
        .take(room)
        .map(|(number, text)| {
            let mark = match app.completing {
                Some(at) if at == number => app.theme.pick("▶ ", "> "),
                _ => "  ",
            };
            let text = format!("{mark}{}{}", pad(&clean(text), column), about(app, text));
            let style = match app.completing {
                Some(at) if at == number => app.theme.good(),
                _ => ratatui::style::Style::new(),
            };
            Line::styled(clip(&clean(&text), inner), style)
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let place = Rect::new(message.x, message.y.saturating_sub(height), width, height);
    let (first, all) = (from + 1, app.completions.len());
    let last = from + lines.len();
    let title = if all > lines.len() {
        format!(" {first}{}{last} of {all} ", app.theme.pick("–", "-"))
    } else {
        String::new()
    };
    let block = Block::bordered()
        .border_set(app.theme.border(false))
        .title(title);
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

/// Returns what a line would do.
fn about(app: &App, text: &str) -> String {
    let name = text.trim_start_matches([':', '/']);
    let is_intent = app.domain().has_intent(name);
    match COMMANDS.iter().find(|info| info.name == name) {
        // Of a name that both have, `/` is the intent.
        Some(info) if text.starts_with(':') || !is_intent => info.help.replace('`', ""),
        _ => "intent".to_owned(),
    }
}
