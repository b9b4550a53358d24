//! Arguments of `bot validate`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::{Places, validate::Request};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot validate\n  bot validate --fail-on-warnings --format concise\n  bot validate --diff                                   what `--fix` would change\n  bot explain check::unknown-intent                     what a code means"
)]
pub(super) struct Arguments {
    /// Exit with 1 on warnings too
    #[arg(long)]
    fail_on_warnings: bool,
    /// Mend what can be mended safely (spelling, quotes of `version`, repetitions), and show it as a diff
    #[arg(long)]
    fix: bool,
    /// Show what `--fix` would change, and write nothing
    #[arg(long)]
    diff: bool,
    /// States that tell two points of stories apart [default: all of them]
    #[arg(long, value_name = "N")]
    max_history: Option<usize>,
    #[command(flatten)]
    places: PlacesArguments,
}

/// Places in the stead of the project's usual ones.
#[derive(Debug, Args)]
pub(super) struct PlacesArguments {
    /// Pipeline and policies; may repeat
    #[arg(short, long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Domain files or folders; may repeat
    #[arg(short, long, value_name = "PATH")]
    domain: Vec<PathBuf>,
    /// Training data, files or folders; may repeat
    #[arg(long, value_name = "PATH", num_args = 1..)]
    data: Vec<PathBuf>,
}

impl From<PlacesArguments> for Places {
    fn from(arguments: PlacesArguments) -> Self {
        Self {
            config: arguments.config,
            domain: arguments.domain,
            data: arguments.data,
        }
    }
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            fail_on_warnings: arguments.fail_on_warnings,
            fix: arguments.fix,
            diff: arguments.diff,
            max_history: arguments.max_history,
            places: arguments.places.into(),
        }
    }
}
