//! Featurizers turn a text into a sparse row.

mod counts;
mod embedding;
mod features;
mod stop_words;
mod terms;
pub(crate) mod tfidf;

pub(crate) use counts::{Analyzer, CountFeaturizer, CountOptions, SavedCounts};
#[cfg(feature = "embed")]
pub(crate) use embedding::EmbeddingFeaturizer;
pub(crate) use embedding::{EmbeddingOptions, SavedEmbedding};
pub(crate) use features::{Features, Known};
pub use terms::SharedTerms;
pub(crate) use tfidf::{TfidfFeaturizer, TfidfOptions, Working};
