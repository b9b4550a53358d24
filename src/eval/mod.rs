//! How good a model is: single messages, and whole conversations; and which data to find that out with.

pub mod baseline;
pub mod compare;
pub mod coverage;
pub mod curve;
pub mod differences;
pub mod duplicates;
pub mod entities;
pub mod figures;
pub mod graph;
pub mod lists;
pub mod message;
pub mod nearest;
pub mod nlu;
pub mod run;
pub mod split;
pub mod story;
pub mod validate;
pub mod verdict;
