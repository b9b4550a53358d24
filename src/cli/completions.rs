//! `bot completions SHELL` and `bot man`: made from the same definitions as the commands themselves.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::{commands::Context, console::ExitStatus, diagnostic::Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

impl Arguments {
    pub(super) fn run(&self, context: &mut Context) -> Result<ExitStatus> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "bot", &mut script);
        print(&script, context)
    }
}

pub(super) fn man(context: &mut Context) -> Result<ExitStatus> {
    let mut page = Vec::new();
    // Writing to memory cannot fail; the page of every subcommand follows the main one.
    let mut command = Cli::command();
    command.build();
    let _ = clap_mangen::Man::new(command.clone()).render(&mut page);
    for sub in command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
    {
        let name = format!("bot-{}", sub.get_name());
        let _ = clap_mangen::Man::new(sub.clone().name(name)).render(&mut page);
    }
    print(&page, context)
}

fn print(bytes: &[u8], context: &mut Context) -> Result<ExitStatus> {
    context.console.raw(String::from_utf8_lossy(bytes))?;
    Ok(ExitStatus::Success)
}
