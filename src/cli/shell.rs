//! Arguments of `bot shell`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::shell::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bot shell\n  echo \"hi there\" | bot shell\n  bot shell --plain --json < messages.txt\n  echo '{\"sender\": \"ann\", \"text\": \"hi\"}' | bot shell --plain --json"
)]
#[expect(clippy::struct_excessive_bools, reason = "flags are independent")]
pub(super) struct Arguments {
    /// `nlu`: understanding alone, as in Rasa
    #[arg(value_name = "PART", value_parser = ["nlu"])]
    part: Option<String>,
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
    /// Understanding alone: no dialogue
    #[arg(long)]
    nlu: bool,
    /// Another model that hears everything, too
    #[arg(long, value_name = "MODEL")]
    compare: Option<String>,
    /// Story to play first
    #[arg(long, value_name = "STORY")]
    replay: Option<String>,
    /// Turn of that story at which to stop
    #[arg(long, value_name = "TURN", requires = "replay")]
    to: Option<usize>,
    /// Messages to look through, least certain first: text, csv, JSON lines or trackers
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    review: Option<PathBuf>,
    /// Do not learn from the project's files as soon as they change
    #[arg(long)]
    no_watch: bool,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            model: arguments.model,
            plain: arguments.plain,
            sender: arguments.sender,
            no_mouse: arguments.no_mouse,
            endpoints: arguments.endpoints,
            nlu: arguments.nlu || arguments.part.is_some(),
            compare: arguments.compare,
            replay: arguments.replay,
            to: arguments.to,
            review: arguments.review,
            watch: !arguments.no_watch,
        }
    }
}
