//! Arguments of `bot migrate`.

use clap::Args;

use super::validate::PlacesArguments;
use crate::commands::migrate::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Writes what Rasa 2 left unsaid (mappings of slots, slots of forms, versions) as version 3.1. The old files are kept in original/.\nA project of Rasa 1 with Markdown files is for `bot convert OLD --to DIR`.\n\nExamples:\n  bot migrate --diff                                    show what would change\n  bot migrate"
)]
pub(super) struct Arguments {
    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    places: PlacesArguments,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            places: arguments.places.into(),
            diff: arguments.diff,
        }
    }
}
