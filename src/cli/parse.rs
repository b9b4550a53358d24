//! Arguments of `bot parse`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::parse::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot parse \"where is my order\"\n  bot parse --file messages.txt > parses.jsonl\n  tail -f chat.log | bot parse --file -"
)]
pub(super) struct Arguments {
    /// Text to understand
    #[arg(conflicts_with = "file")]
    text: Option<String>,
    /// File with one text a line; `-` is stdin
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Model: a file, a folder, or a name in models/ [default: the newest]
    #[arg(short, long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Also say which words decided and which examples are nearest; lines on a terminal, JSON elsewhere
    #[arg(long)]
    explain: bool,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            text: arguments.text,
            file: arguments.file,
            model: arguments.model,
            explain: arguments.explain,
        }
    }
}
