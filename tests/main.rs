//! All integration tests, in one binary.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, write files and read the environment"
)]

/// Tables become projects.
mod convert;
/// Imports follow the layers.
mod layers;

/// The shell, with and without a terminal.
mod shell;
