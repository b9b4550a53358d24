//! Featurizers turn a text into a sparse row.

pub(crate) mod tfidf;

pub(crate) use tfidf::{TfidfFeaturizer, TfidfOptions, Working};
