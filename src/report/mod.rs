//! Ways to show the same things: each file here consumes events or values and decides nothing.

mod contrast;
pub mod diagnostic;
pub mod explain;
pub mod graph;
pub mod test;
pub mod train;

/// Returns a text as XML holds it.
fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c if c < ' ' => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
