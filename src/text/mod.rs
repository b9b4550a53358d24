//! Pure functions on text: spans, tokens, normal forms, n-grams. Knows nothing of files or chatbots.

pub mod diff;
mod lines;
pub mod ngram;
mod span;
mod tokenize;

pub use lines::{line_end, line_start, next_line};
pub use span::Span;
pub use tokenize::whitespace_tokens;

/// Returns the number of characters before each of two byte offsets: spans in bytes to spans in characters.
pub fn characters(text: &str, span: Span) -> (usize, usize) {
    let start = text
        .get(..span.start)
        .map_or(0, |head| head.chars().count());
    (start, start + span.of(text).chars().count())
}
