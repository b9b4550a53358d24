//! Stories and rules as a picture: one file for each form.

mod dot;
mod html;
mod json;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use html::html;
pub use json::json;
pub use mermaid::mermaid;
pub use svg::svg;
