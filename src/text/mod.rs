//! Pure functions on text: spans, tokens, normal forms, n-grams. Knows nothing of files or chatbots.

pub mod ngram;
mod span;

pub use span::Span;
