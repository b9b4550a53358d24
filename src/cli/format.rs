//! Arguments of `bot format`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::format::Request;

#[derive(Debug, Args)]
#[command(after_help = "\
Puts YAML into the form that Rasa writes: two blanks a level, lists not indented below their key, `version` in double
quotes. Comments, order, quotes and anchors stay; a file that would say something else is left alone.

Examples:
  bot format                                            all files of the project
  bot format --check                                    write nothing, exit with 1 if a file would change
  bot format --diff data/nlu.yml                        write nothing, show what would change")]
pub(super) struct Arguments {
    /// Files, or folders with YAML files [default: all of the project]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing; list files that would change and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change and exit with 1 if anything would
    #[arg(long)]
    diff: bool,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            files: arguments.files,
            check: arguments.check,
            diff: arguments.diff,
        }
    }
}
