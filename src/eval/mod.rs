//! How good a model is: single messages, and whole conversations.

pub mod nlu;
pub mod story;
