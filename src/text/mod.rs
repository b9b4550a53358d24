//! Pure functions on text: spans, tokens, normal forms, n-grams. Knows nothing of files or chatbots.

pub mod diff;
mod fold;
mod lines;
pub mod ngram;
mod segment;
mod span;
mod tokenize;

pub use fold::{fold_case, fold_char};
pub use lines::{line_end, line_start, next_line};
pub use segment::{dictionary_tokens, has_no_blanks};
pub use span::Span;
pub use tokenize::whitespace_tokens;

/// Tells whether a character belongs to a word, as `\w` of Python's `re` does: letters, numbers and `_`, but neither
/// the vowel signs and accents that stand beside letters, nor letters in circles.
pub fn is_python_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    let is_mark = unicode_normalization::char::is_combining_mark(c);
    let is_symbol = matches!(c as u32, 0x24B6..=0x24E9 | 0x1F130..=0x1F149 | 0x1F150..=0x1F169 | 0x1F170..=0x1F189);
    c.is_alphanumeric() && !is_mark && !is_symbol
}

/// Turns spans in bytes into spans in characters, fast where they ascend.
#[derive(Clone, Debug)]
pub struct CharacterCounter<'a> {
    text: &'a str,
    /// A place in bytes, and in characters.
    at: (usize, usize),
}

impl<'a> CharacterCounter<'a> {
    /// Begins at the start of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: (0, 0) }
    }

    /// Returns first and one past last character of a span.
    pub fn of(&mut self, span: Span) -> (usize, usize) {
        if span.start < self.at.0 {
            self.at = (0, 0);
        }
        (self.advance(span.start), self.advance(span.end))
    }

    fn advance(&mut self, to: usize) -> usize {
        let between = self.text.get(self.at.0..to).unwrap_or_default();
        self.at = (to, self.at.1 + between.chars().count());
        self.at.1
    }
}

/// Returns the number of characters before each of two byte offsets: spans in bytes to spans in characters.
pub fn characters(text: &str, span: Span) -> (usize, usize) {
    let start = text
        .get(..span.start)
        .map_or(0, |head| head.chars().count());
    (start, start + span.of(text).chars().count())
}
