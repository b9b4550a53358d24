//! Arguments of `bot shell`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::shell::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot shell\n  echo \"hi there\" | bot shell\n  bot shell --plain --json < messages.txt\n  echo '{\"sender\": \"ann\", \"text\": \"hi\"}' | bot shell --plain --json"
)]
pub(super) struct Arguments {
    /// Model: a file, a folder, or a name in models/ [default: the newest]
    #[arg(short, long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Lines of text instead of a screen: for scripts and screen readers
    #[arg(long)]
    plain: bool,
    /// Name of the conversation
    #[arg(long, value_name = "ID", default_value = "shell")]
    sender: String,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    /// Action and response servers [default: endpoints.yml]
    #[arg(long, value_name = "FILE")]
    endpoints: Option<PathBuf>,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            model: arguments.model,
            plain: arguments.plain,
            sender: arguments.sender,
            no_mouse: arguments.no_mouse,
            endpoints: arguments.endpoints,
        }
    }
}
