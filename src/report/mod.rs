//! Ways to show the same things: each file here consumes events or values and decides nothing.

pub mod diagnostic;
pub mod explain;
pub mod graph;
pub mod test;
pub mod train;
