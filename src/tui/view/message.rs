//! The message line: what is typed around the cursor, however long it is, and what it would do.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::{Line, Span},
    widgets::{Block, Paragraph},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{clean, clip, intents};
use crate::tui::{App, layout::Pane};

pub(super) fn draw(frame: &mut Frame<'_>, place: Rect, app: &App) {
    let (row, column) = cursor(app);
    let all = app.message.lines();
    let title = if all.len() > 1 {
        format!(" Message: line {} of {} ", row + 1, all.len())
    } else {
        " Message ".to_owned()
    };
    let block = Block::bordered()
        .border_set(app.theme.border(app.focus == Pane::Message))
        .title(title);
    let mut inner = block.inner(place);
    frame.render_widget(block, place);
    if inner.height > 1 {
        let [text, below] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(inner);
        frame.render_widget(
            Paragraph::new(Span::styled(
                clip(&summary(app), inner.width.into()),
                app.theme.dim(),
            )),
            below,
        );
        inner = text;
    }
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let line = all.get(row).map(String::as_str).unwrap_or_default();
    let before = columns_of(line, column);
    let from = window(before, width);
    let top = (row + 1).saturating_sub(height);
    let lines: Vec<Line<'_>> = all
        .iter()
        .skip(top)
        .take(height)
        .map(|line| Line::raw(part(line, from, width)))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
    // The terminal's own cursor stands there: that is where input methods and screen readers look.
    if app.popups.is_empty() && width > 0 && height > 0 {
        let cell = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        frame.set_cursor_position(Position::new(
            inner.x.saturating_add(cell(before - from)),
            inner.y.saturating_add(cell(row - top)),
        ));
    }
}

/// Returns line and letter of the cursor.
fn cursor(app: &App) -> (usize, usize) {
    let at = app.message.cursor();
    (at.0, at.1)
}

/// Returns how many columns the first letters of a line take.
fn columns_of(line: &str, letters: usize) -> usize {
    if line.is_ascii() {
        return letters.min(line.len());
    }
    let end = line
        .char_indices()
        .nth(letters)
        .map_or(line.len(), |(at, _)| at);
    line.get(..end)
        .unwrap_or_default()
        .graphemes(true)
        .map(columns)
        .sum()
}

/// Returns how many columns a letter takes; control characters are drawn as blanks.
fn columns(grapheme: &str) -> usize {
    if grapheme.starts_with(char::is_control) {
        1
    } else {
        grapheme.width()
    }
}

/// Returns the first column of a line that is shown: the cursor stays inside, and what is shown moves by halves.
fn window(cursor: usize, width: usize) -> usize {
    if cursor < width {
        return 0;
    }
    let half = (width / 2).max(1);
    (cursor - width + 1).div_ceil(half) * half
}

/// Returns the part of a line that stands in a window; letters that the window cuts leave blanks.
fn part(line: &str, from: usize, width: usize) -> String {
    if line.is_ascii() {
        let end = (from + width).min(line.len());
        return clean(line.get(from..end).unwrap_or_default());
    }
    let mut text = String::new();
    let mut at = 0;
    for grapheme in line.graphemes(true) {
        let (start, end) = (at, at + columns(grapheme));
        at = end;
        if start >= from + width {
            break;
        }
        if start >= from && end <= from + width {
            text.push_str(&clean(grapheme));
        } else if end > from {
            let cut = end.min(from + width) - start.max(from);
            text.push_str(&" ".repeat(cut));
        }
    }
    text
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is typed and wherever the cursor stands: it is inside, and behind the letters before it.
        #[test]
        fn the_cursor_is_inside_and_parts_are_as_wide_as_the_window(
            line in "[a-z你好\u{301}ש\u{200d}👩\t]{0,60}",
            letters in 0..70usize,
            width in 1..40usize,
        ) {
            let before = columns_of(&line, letters);
            let from = window(before, width);
            prop_assert!(from <= before && before - from < width);
            let shown = part(&line, from, width);
            let shown: usize = shown.graphemes(true).map(columns).sum();
            prop_assert!(shown <= width, "{shown} of {width}");
        }
    }

    #[test]
    fn cut_letters_leave_blanks() {
        assert_eq!(part("你好吗", 1, 4), " 好 ");
        assert_eq!(part("hello", 3, 10), "lo");
        assert_eq!(columns_of("你a\u{301}b", 3), 3);
        assert_eq!(window(9, 10), 0);
        assert_eq!(window(10, 10), 5);
        assert_eq!(window(1_000_000, 40), 999_980);
    }
}
