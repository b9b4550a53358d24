//! Arguments of `bot explain`.

use clap::Args;

use crate::commands::explain::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot explain check::unknown-intent\n  bot explain                                           all codes"
)]
pub(super) struct Arguments {
    /// Code of a finding, as it stands above it [default: list all]
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            code: arguments.code,
        }
    }
}
