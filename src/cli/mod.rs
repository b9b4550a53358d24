//! Words on the command line to requests, errors to exit codes. One file for each subcommand.

mod completions;
mod convert;
mod data;
mod embed;
mod entry;
mod explain;
mod format;
mod init;
mod migrate;
mod models;
mod parse;
mod shell;
mod split;
mod test;
mod train;
mod validate;
mod visualize;

pub use entry::main;

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands::Format;

/// Build, test, debug and run an intent-based chatbot.
#[derive(Debug, Parser)]
#[command(
    name = "bot",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = false
)]
pub struct Cli {
    /// Folder of the project [default: the nearest one upward with config.yml or domain.yml]
    #[arg(long, global = true, value_name = "DIR")]
    project: Option<std::path::PathBuf>,
    /// Form of the results on stdout
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// Short for `--format json`
    #[arg(long, global = true)]
    json: bool,
    /// Say less; twice: say nothing
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    quiet: u8,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// When to colour
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    color: ColorArg,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    ascii: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    /// Returns the form of the results.
    fn form(&self) -> Format {
        if self.json {
            Format::Json
        } else {
            self.format.map(Format::from).unwrap_or_default()
        }
    }

    /// Tells whether the form for people was asked for by its name.
    fn is_for_people(&self) -> bool {
        !self.json && matches!(self.format, Some(FormatArg::Human))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    Human,
    Concise,
    Json,
    JsonLines,
    Github,
    Junit,
    Gitlab,
    Markdown,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Human => Self::Human,
            FormatArg::Concise => Self::Concise,
            FormatArg::Json => Self::Json,
            FormatArg::JsonLines => Self::JsonLines,
            FormatArg::Github => Self::Github,
            FormatArg::Junit => Self::Junit,
            FormatArg::Gitlab => Self::Gitlab,
            FormatArg::Markdown => Self::Markdown,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new project from a template or a table of messages
    Init(init::Arguments),
    /// Make project files from a table of messages, an old Rasa project, Dialogflow, LUIS or Wit
    Convert(convert::Arguments),
    /// Split examples or stories into a part for training and one for testing
    Split(split::Arguments),
    /// Rasa's spelling of `split` and `convert`
    Data(data::Arguments),
    /// Train the project's model
    Train(train::Arguments),
    /// Evaluate messages and test stories
    Test(Box<test::Arguments>),
    /// Draw stories and rules as a graph, with what tests go through
    Visualize(visualize::Arguments),
    /// Talk to the bot and see why it answers so
    Shell(shell::Arguments),
    /// Understand a text: Rasa's parse JSON
    Parse(parse::Arguments),
    /// List, show and compare models
    Models(models::Arguments),
    /// Look at sentence embeddings, or make a faster one
    Embed(embed::Arguments),
    /// Check all files of the project
    Validate(validate::Arguments),
    /// Say what a finding's code means and how to mend it
    Explain(explain::Arguments),
    /// Bring a project of Rasa 2 to version 3.1
    Migrate(migrate::Arguments),
    /// Put YAML files into canonical form, keeping comments
    Format(format::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Print the man page
    Man,
}
