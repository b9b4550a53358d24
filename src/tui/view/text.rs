//! Texts as they are drawn: without control characters, cut, filled, wrapped.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::diagnostic::count;

/// Most letters and lines that are shown of a message.
const LETTERS: usize = 4_000;
const LINES: usize = 60;

/// Returns the text without control characters, which could move the cursor or change colours.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Returns the text cut to a width, with a mark where something is missing.
pub(super) fn clip(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
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

/// Returns how many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns the text in so many columns: cut, or filled with blanks.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let text = clip(text, columns);
    let blank = columns.saturating_sub(text.width());
    text + &" ".repeat(blank)
}

/// Returns the lines of a text wrapped at a width; always at least one.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    wrap_with(text, width, "")
}

/// Wraps a text, with something before each line but the first.
pub(super) fn wrap_with(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut options = textwrap::Options::new(width.max(1))
        .subsequent_indent(indent)
        // Numbers and names with hyphens, and paths, are to be read in one piece.
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    if !text
        .chars()
        .any(|c| c.width().is_some_and(|width| width > 1))
    {
        options = options.word_separator(textwrap::WordSeparator::AsciiSpace);
    }
    textwrap::wrap(text, options)
        .into_iter()
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// Returns so much of a text as can be read, and how much more there is: nobody reads a megabyte line by line, and each
/// keystroke draws anew.
pub(super) fn start_of(text: &str) -> (&str, Option<String>) {
    let letters = text.char_indices().nth(LETTERS).map(|(at, _)| at);
    let lines = text.match_indices('\n').nth(LINES - 1).map(|(at, _)| at);
    let end = match (letters, lines) {
        (Some(letters), Some(lines)) => letters.min(lines),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => return (text, None),
    };
    let (shown, rest) = text.split_at(end);
    let more = match lines {
        Some(lines) if lines == end => count(rest.matches('\n').count(), "more line"),
        _ => count(rest.chars().count(), "more letter"),
    };
    (shown, Some(format!("[{more}]")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shown_from_their_start() {
        assert_eq!(start_of("hello\nyou"), ("hello\nyou", None));
        let lines = "x\n".repeat(LINES + 2);
        let (shown, more) = start_of(&lines);
        assert_eq!(
            (shown.lines().count(), more.unwrap()),
            (LINES, "[3 more lines]".to_owned())
        );
        let letters = "é".repeat(LETTERS + 1);
        let (shown, more) = start_of(&letters);
        assert_eq!(
            (shown.chars().count(), more.unwrap()),
            (LETTERS, "[1 more letter]".to_owned())
        );
        assert_eq!(start_of(shown), (shown, None));
    }
}
