//! Understanding a message: its intent and its entities.
//!
//! A [`Pipeline`] is what `config.yml` lists, step by step; components are chosen by name through `registry.rs`.

mod classifiers;
#[cfg(test)]
mod contract;
mod decision;
mod explain;
mod expression;
mod extractors;
mod featurizers;
mod lookups;
mod nearest;
mod outside;
mod payload;
mod pipeline;
mod problem;
#[cfg(test)]
mod reference;
mod registry;
mod selector;
mod tensors;
mod tokenizer;
mod train;

pub use classifiers::Fallback;
pub use decision::Decision;
pub use explain::{Explanation, Neighbour, WordShare};
pub use featurizers::SharedTerms;
pub use nearest::Neighbours;
pub use outside::{Outside, Question};
pub use payload::{payload_doubts, read_payload};
pub use pipeline::{Pipeline, Unloadable};
pub use problem::not_built;
pub(crate) use tokenizer::Tokenizer;
pub use train::{CrossValidation, Event, Options, Trained, check, resources, train};
