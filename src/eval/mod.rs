//! How good a model is: single messages, and whole conversations; and which data to find that out with.

pub mod nlu;
pub mod split;
pub mod story;
