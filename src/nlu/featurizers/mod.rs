//! Featurizers turn a text into a sparse row.

mod counts;
mod stop_words;
pub(crate) mod tfidf;

pub(crate) use counts::{CountFeaturizer, CountOptions, SavedCounts};
pub(crate) use tfidf::{TfidfFeaturizer, TfidfOptions, Working};
