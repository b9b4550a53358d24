//! Arguments of `bot test`.

use std::path::PathBuf;

use clap::Args;

use super::train::{PartArg, part};
use crate::commands::test::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot test\n  bot test nlu --nlu held-out.csv --min-accuracy 0.9\n  bot test --format json > report.json"
)]
pub(super) struct Arguments {
    /// Only this part
    #[arg(value_enum)]
    part: Option<PartArg>,
    /// Model: a file, a folder, or a name in models/ [default: the newest]
    #[arg(short, long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Messages to understand: yml or csv files, or folders [default: tests/]
    #[arg(short = 'u', long, value_name = "PATH", num_args = 1..)]
    nlu: Vec<PathBuf>,
    /// Test stories: files or folders [default: tests/]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    stories: Vec<PathBuf>,
    /// Fail below this share of messages understood rightly
    #[arg(long, value_name = "SHARE", value_parser = share)]
    min_accuracy: Option<f64>,
    /// Fail below this mean F1 over intents
    #[arg(long, value_name = "SHARE", value_parser = share)]
    min_f1: Option<f64>,
    /// Folder for the stories that failed, in Rasa's form
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite it
    #[arg(long, requires = "out")]
    force: bool,
}

/// Reads a share between 0 and 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share is a number between 0 and 1".to_owned()),
    }
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            part: part(arguments.part),
            model: arguments.model,
            nlu: arguments.nlu,
            stories: arguments.stories,
            min_accuracy: arguments.min_accuracy,
            min_f1: arguments.min_f1,
            out: arguments.out,
            force: arguments.force,
        }
    }
}
