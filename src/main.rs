//! The `bot` command.

use std::process::ExitCode;

/// A fifth faster in training than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bot::cli::main(std::env::args_os(), &|name| std::env::var_os(name))
}
