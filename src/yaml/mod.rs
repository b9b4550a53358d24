//! YAML text to a tree in which every node knows where it stands, and back to text.
//!
//! Reading follows YAML 1.2's core schema as Rasa's loader does: `yes` is text, `010` is ten, keys may not repeat.

mod decode;
pub mod emit;
mod expand;
mod json;
mod layout;
mod parse;
mod raw;
mod resolve;
mod tree;

pub use expand::{Environment, expand};
pub use json::parse_json;
pub use layout::lay_out;
pub use parse::{Limits, parse};
pub use tree::{Node, NodeKind, Style};
