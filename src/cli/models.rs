//! Arguments of `bot models`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::commands::models::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot models list\n  bot models show 3f9c2a\n  bot models diff 3f9c2a 88e01d"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All models of the project, newest first
    List,
    /// One model
    Show {
        /// A file, or a name or id in models/ [default: the newest]
        model: Option<PathBuf>,
    },
    /// What differs between two models
    Diff {
        /// A file, or a name or id in models/
        a: PathBuf,
        /// Another
        b: PathBuf,
    },
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        match arguments.what {
            None | Some(What::List) => Self::List,
            Some(What::Show { model }) => Self::Show(model),
            Some(What::Diff { a, b }) => Self::Diff(a, b),
        }
    }
}
