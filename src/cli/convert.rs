//! Arguments of `bot convert`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    commands::convert::Request,
    commands::convert::options::{Delimiter, OnConflict, Options},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bot convert messages.csv                              into the current folder
  bot convert faq.csv --to my-bot --holdout 0.2         with a fifth held out for testing
  bot convert data.txt --text 2 --intent 1 --no-header  columns by number
  cat messages.csv | bot convert - --dry-run            shows what would be written
  bot convert old-bot --to new-bot                      a Rasa 1.x project, a Dialogflow export
  bot convert luis.json --to my-bot                     LUIS, Wit, Rasa's JSON or Markdown
  bot convert data/nlu.yml --to nlu.json                one file to another: yml, json, csv")]
pub(super) struct Arguments {
    /// Tables of messages (CSV, TSV or other delimited text; `-` is stdin), or training data of Rasa (Markdown, JSON,
    /// YAML), Dialogflow, LUIS or Wit: files or folders
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder of the project [default: --project, else the current folder], or one file that ends in yml, json or csv
    #[arg(long, value_name = "DIR|FILE")]
    to: Option<PathBuf>,
    /// Language to read of a Dialogflow export, and to write into config.yml
    #[arg(short, long, value_name = "CODE")]
    language: Option<String>,
    /// Write entities into a CSV file as marks such as `[Berlin](city)`
    #[arg(long)]
    marks: bool,
    #[command(flatten)]
    tables: TableArguments,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

/// What can be said about tables of messages.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct TableArguments {
    /// Column with the messages, by name or number
    #[arg(long, value_name = "COL")]
    text: Option<String>,
    /// Column with the intents
    #[arg(long, value_name = "COL")]
    intent: Option<String>,
    /// Column with the answers
    #[arg(long, value_name = "COL")]
    response: Option<String>,
    /// What stands between cells: a character, or tab, comma, semicolon, pipe, space (the first blank)
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<Delimiter>,
    /// Encoding of the files, such as utf-8, latin1, windows-1252, utf-16
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The first row names the columns
    #[arg(long, overrides_with = "no_header")]
    header: bool,
    /// The first row is a message
    #[arg(long)]
    no_header: bool,
    /// Leave marks such as `[Berlin](city)` as they are instead of making entities of them
    #[arg(long, overrides_with = "entities")]
    no_entities: bool,
    /// Make entities of marks (the default)
    #[arg(long, hide = true)]
    entities: bool,
    /// Share of each intent's examples to hold out in tests/nlu.yml, such as 0.2
    #[arg(long, value_name = "SHARE", value_parser = share)]
    holdout: Option<f64>,
    /// Seed of the choice what is held out
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Leave out intents with fewer examples
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_examples: usize,
    /// What to do with a text that has two labels
    #[arg(long, value_enum, value_name = "HOW", default_value = "majority")]
    on_conflict: Conflict,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Conflict {
    /// The most frequent label wins, of equally frequent ones the first
    Majority,
    /// The first label wins
    First,
    /// All such rows are left out
    Drop,
    /// Nothing is converted
    Error,
}

fn delimiter(text: &str) -> Result<Delimiter, String> {
    text.parse().map_err(|error: crate::diagnostic::Error| {
        let found = error.diagnostics().first();
        found.map_or_else(String::new, |one| {
            format!(
                "{}; {}",
                one.message,
                one.help.as_deref().unwrap_or_default()
            )
        })
    })
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("a share lies between 0 and 1, such as 0.2".to_owned()),
    }
}

impl From<TableArguments> for Options {
    fn from(arguments: TableArguments) -> Self {
        Self {
            text: arguments.text,
            intent: arguments.intent,
            response: arguments.response,
            delimiter: arguments.delimiter,
            encoding: arguments.encoding,
            header: match (arguments.header, arguments.no_header) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            entities: !arguments.no_entities,
            on_conflict: match arguments.on_conflict {
                Conflict::Majority => OnConflict::Majority,
                Conflict::First => OnConflict::First,
                Conflict::Drop => OnConflict::Drop,
                Conflict::Error => OnConflict::Error,
            },
            min_examples: arguments.min_examples,
            holdout: arguments.holdout,
            seed: arguments.seed,
        }
    }
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            files: arguments.files,
            to: arguments.to,
            file_format: None,
            language: arguments.language,
            marks: arguments.marks,
            options: arguments.tables.into(),
            dry_run: arguments.dry_run,
            force: arguments.force,
        }
    }
}
