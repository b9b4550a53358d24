//! The `bot` command.
fn main() {}
