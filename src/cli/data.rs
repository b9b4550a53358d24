//! `bot data …`: Rasa's spelling of commands that deal with training data.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{migrate, split, validate};
use crate::{
    commands::{
        self, Context,
        convert::{self, FileFormat},
    },
    console::ExitStatus,
    diagnostic::Result,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Split examples or stories: the same as `bot split`
    Split(split::Arguments),
    /// Check all files of the project: the same as `bot validate`
    Validate(validate::Arguments),
    /// Bring a project of Rasa 2 to version 3.1: the same as `bot migrate`
    Migrate(migrate::Arguments),
    /// Convert training data to another format: the same as `bot convert FILE --to FILE`
    Convert(ConvertArguments),
}

#[derive(Debug, Args)]
struct ConvertArguments {
    #[command(subcommand)]
    what: Convert,
}

#[derive(Debug, Subcommand)]
enum Convert {
    /// Convert examples, synonyms, regexes and lookup tables
    Nlu(NluArguments),
}

#[derive(Debug, Args)]
struct NluArguments {
    /// Format to write
    #[arg(short, value_enum, value_name = "FORMAT", default_value = "yaml")]
    f: Format,
    /// File or folder to read
    #[arg(long, value_name = "PATH", default_value = "data")]
    data: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE", default_value = "converted_data")]
    out: PathBuf,
    /// Language to read of a Dialogflow export
    #[arg(short, long, value_name = "CODE")]
    language: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Yaml,
    Json,
    Csv,
}

impl From<NluArguments> for convert::Request {
    fn from(arguments: NluArguments) -> Self {
        Self {
            files: vec![arguments.data],
            to: Some(arguments.out),
            file_format: Some(match arguments.f {
                Format::Yaml => FileFormat::Yaml,
                Format::Json => FileFormat::Json,
                Format::Csv => FileFormat::Csv,
            }),
            language: arguments.language,
            force: arguments.force,
            ..Self::default()
        }
    }
}

impl Arguments {
    /// Runs the command that is meant.
    pub(super) fn run(self, context: &mut Context) -> Result<ExitStatus> {
        match self.command {
            Command::Validate(arguments) => commands::validate::run(&arguments.into(), context),
            Command::Migrate(arguments) => commands::migrate::run(&arguments.into(), context),
            Command::Split(arguments) => commands::split::run(&arguments.into(), context),
            Command::Convert(ConvertArguments {
                what: Convert::Nlu(arguments),
            }) => commands::convert::run(&arguments.into(), context),
        }
    }
}
