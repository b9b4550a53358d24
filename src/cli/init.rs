//! Arguments of `bot init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::convert::TableArguments;
use crate::commands::init::Request;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bot init my-bot                                       from the template `starter`
  bot init shop --template support
  bot init my-bot --csv messages.csv                    from your own messages: converted, trained, tested
  bot init --ci github                                  let GitHub test the project that is here")]
pub(super) struct Arguments {
    /// Folder of the new project
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Template; see `--list-templates`
    #[arg(long, value_name = "NAME", conflicts_with = "csv")]
    template: Option<String>,
    /// Tables of messages in the place of a template: converted, trained, tested on a held-out part
    #[arg(long, value_name = "FILE", num_args = 1..)]
    csv: Vec<PathBuf>,
    #[command(flatten, next_help_heading = "With --csv")]
    tables: TableArguments,
    /// Replace files that are in the way
    #[arg(long, conflicts_with = "keep")]
    force: bool,
    /// Add only what is missing
    #[arg(long)]
    keep: bool,
    /// Also write what a CI service needs to test the project; without DIR, into the project that is here
    #[arg(long, value_enum, value_name = "SERVICE")]
    ci: Option<CiArg>,
    /// List the templates
    #[arg(long)]
    list_templates: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CiArg {
    /// .github/workflows/bot.yml
    Github,
    /// .gitlab-ci.yml
    Gitlab,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            folder: arguments.folder,
            template: arguments.template,
            csv: arguments.csv,
            options: arguments.tables.into(),
            force: arguments.force,
            keep: arguments.keep,
            ci: arguments.ci.map(|ci| match ci {
                CiArg::Github => "github",
                CiArg::Gitlab => "gitlab",
            }),
            list: arguments.list_templates,
        }
    }
}
