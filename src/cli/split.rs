//! Arguments of `bot split`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::commands::split::{Request, What};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bot split nlu                                    a fifth of each intent's examples for testing
  bot split nlu --training-fraction 0.7 --random-seed 1
  bot split stories --data data/stories.yml --out parts")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Split examples: `training_data.yml` and `test_data.yml`, each intent on both sides
    Nlu(PartArguments),
    /// Split stories: `train_FILE` and `test_FILE` for each story file
    Stories(PartArguments),
}

#[derive(Debug, Args)]
struct PartArguments {
    /// File or folder with the data [default: data]
    #[arg(
        short = 'u',
        long = "nlu",
        visible_alias = "data",
        alias = "stories",
        value_name = "PATH"
    )]
    data: Option<PathBuf>,
    /// Share for training
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = super::convert::share)]
    training_fraction: f64,
    /// Seed of the choice
    #[arg(long, value_name = "N", default_value_t = 42)]
    random_seed: u64,
    /// Folder for the parts
    #[arg(long, value_name = "DIR", default_value = "train_test_split")]
    out: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        let (what, part) = match arguments.what {
            Part::Nlu(part) => (What::Nlu, part),
            Part::Stories(part) => (What::Stories, part),
        };
        Self {
            what,
            data: part.data,
            fraction: part.training_fraction,
            seed: part.random_seed,
            out: part.out,
            force: part.force,
        }
    }
}
