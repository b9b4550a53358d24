//! Arguments of `bot validate`.

use clap::Args;

use crate::commands::validate::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot validate\n  bot validate --fail-on-warnings --format concise"
)]
pub(super) struct Arguments {
    /// Exit with 1 on warnings too
    #[arg(long)]
    fail_on_warnings: bool,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            fail_on_warnings: arguments.fail_on_warnings,
        }
    }
}
