//! Arguments of `bot train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{commands::train::Request, model::Part};

/// Which part of the assistant.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PartArg {
    /// Understanding alone
    Nlu,
    /// Dialogue alone
    Core,
}

/// Returns the part that a word stands for.
pub(super) fn part(word: Option<PartArg>) -> Part {
    match word {
        None => Part::All,
        Some(PartArg::Nlu) => Part::Nlu,
        Some(PartArg::Core) => Part::Core,
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot train\n  bot train --classifier RandomForestClassifier\n  bot train nlu --data data/nlu.yml --out /tmp/models"
)]
pub(super) struct Arguments {
    /// Only this part
    #[arg(value_enum)]
    part: Option<PartArg>,
    /// Pipeline and policies
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Domain file or folder
    #[arg(short, long, value_name = "PATH")]
    domain: Option<PathBuf>,
    /// Training data: files or folders
    #[arg(long, value_name = "PATH", num_args = 1..)]
    data: Vec<PathBuf>,
    /// Folder of models
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Name of the model file, in the place of time and fingerprint
    #[arg(long, value_name = "NAME")]
    fixed_model_name: Option<String>,
    /// Intent classifier, in the place of the configured one: `LinearSvmClassifier`, `RandomForestClassifier`,
    /// `SvmClassifier`, `MlpClassifier`, `LogisticRegressionClassifier` or `SklearnIntentClassifier`
    #[arg(long, value_name = "NAME")]
    classifier: Option<String>,
    /// Train although nothing changed
    #[arg(long)]
    force: bool,
    /// Do not look for unknown names and the like first
    #[arg(long)]
    skip_validation: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 42, value_name = "N")]
    seed: u64,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            part: part(arguments.part),
            config: arguments.config,
            domain: arguments.domain,
            data: arguments.data,
            out: arguments.out,
            name: arguments.fixed_model_name,
            classifier: arguments.classifier,
            force: arguments.force,
            skip_validation: arguments.skip_validation,
            seed: arguments.seed,
        }
    }
}
