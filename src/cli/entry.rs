//! The way from the process to a command and back to an exit code.

use std::{
    ffi::OsString,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use clap::Parser;

use super::{Cli, ColorArg, Command};
use crate::{
    commands::{self, Context, Format, Github},
    console::{self, ColorChoice, Console, ExitStatus, Loudness, Surroundings, Waiting},
    diagnostic::{Error, Result, Sources},
    files,
};

/// How long a screen has to end after the process was asked to.
const GRACE: std::time::Duration = std::time::Duration::from_millis(700);

/// What `bot` alone shows.
const GREETING: &str = "\
bot: build, test, debug and run an intent-based chatbot

  bot init my-bot                   a new project from a template; `--csv FILE`: from your own messages
  bot convert messages.csv          a table of messages to project files
  bot train                         train the project's model
  bot test                          evaluate intents, entities and test stories
  bot shell                         talk to the bot and see why it answers so

`bot help` lists everything, `bot help COMMAND` explains one.";

/// Runs the command line and returns the exit code.
pub fn main(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() {
                ExitStatus::Error
            } else {
                ExitStatus::Success
            };
            // A closed stream is no reason to fail louder.
            let _ = error.print();
            return status.into();
        }
    };
    let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
    let text = |name: &str| {
        environment(name)
            .and_then(|value| value.into_string().ok())
            .unwrap_or_default()
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .map(text)
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    let utf8 = locale.is_empty() || locale.to_lowercase().replace('-', "").contains("utf8");
    let surroundings = Surroundings {
        color: match cli.color {
            ColorArg::Auto => ColorChoice::Auto,
            ColorArg::Always => ColorChoice::Always,
            ColorArg::Never => ColorChoice::Never,
        },
        loudness: match (cli.quiet, cli.verbose) {
            (0, 0) => Loudness::Normal,
            (0, _) => Loudness::Verbose,
            (1, _) => Loudness::Quiet,
            _ => Loudness::Silent,
        },
        no_color: set("NO_COLOR"),
        force_color: set("CLICOLOR_FORCE"),
        dumb: text("TERM") == "dumb",
        ci: set("CI"),
        ascii: cli.ascii || text("TERM") == "dumb" || !utf8,
        columns: text("COLUMNS").parse().ok(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let waiting = Waiting {
        stop: Arc::clone(&stop),
        ..Waiting::default()
    };
    let flags = waiting.clone();
    // The second Ctrl-C does not wait for a good moment, and who waits for input has one already.
    let handler = ctrlc::set_handler(move || {
        let again = flags.stop.swap(true, Ordering::SeqCst);
        if again || flags.now.load(Ordering::SeqCst) {
            console::screen::restore();
            std::process::exit(130);
        }
        if console::screen::is_open() {
            // A terminal that has gone away never lets its reader return: it reads the end over and over.
            std::thread::sleep(GRACE);
            console::screen::restore();
            std::process::exit(130);
        }
    });
    #[cfg(unix)]
    let limits = outlive_file_limits();
    let (format, for_people) = (cli.form(), cli.is_for_people());
    let mut context = Context {
        console: Console::new(surroundings),
        sources: Sources::new(),
        folder: std::env::current_dir().unwrap_or_default(),
        project: cli.project,
        format,
        for_people,
        github: set("GITHUB_ACTIONS").then(|| Github {
            summary: environment("GITHUB_STEP_SUMMARY")
                .filter(|path| !path.is_empty())
                .map(Into::into),
        }),
        stop,
        waiting,
    };
    if let Err(error) = handler {
        context
            .console
            .detail(format!("Ctrl-C will not be noticed: {error}"));
    }
    #[cfg(unix)]
    if let Err(error) = limits {
        context
            .console
            .detail(format!("a limit of file sizes ends the process: {error}"));
    }
    let result = match cli.command {
        Some(command) => dispatch(command, &mut context),
        None => context
            .console
            .result(GREETING)
            .map(|()| ExitStatus::Success),
    };
    finish(result, &mut context).into()
}

/// Makes a write beyond the limit of file sizes fail like any other, instead of ending the process half way.
#[cfg(unix)]
fn outlive_file_limits() -> std::io::Result<()> {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen).map(|_| ())
}

/// Shows what went wrong and returns how the command ended.
fn finish(result: Result<ExitStatus>, context: &mut Context) -> ExitStatus {
    let result = result.and_then(|status| context.console.flush().map(|()| status));
    match result {
        Ok(status) => status,
        Err(error) if is_broken_pipe(&error) => ExitStatus::Success,
        Err(error) => {
            commands::show_findings(context, error.diagnostics());
            match error {
                Error::Findings(_) => ExitStatus::Failure,
                Error::Cannot(_) => ExitStatus::Error,
                Error::Nothing(_) => ExitStatus::Nothing,
                Error::Interrupted => {
                    context.console.message("interrupted; nothing was changed");
                    ExitStatus::Interrupted
                }
            }
        }
    }
}

fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::Cannot(one) if one.code == console::BROKEN_PIPE)
}

fn dispatch(command: Command, context: &mut Context) -> Result<ExitStatus> {
    // Annotations name files from there; any command has them, and `bot test` also writes them into files.
    let annotates = context.github.is_some() || context.format == Format::Github;
    if annotates || matches!(command, Command::Test(_)) {
        let root = context.project_or_current().root;
        if let Some((top, folder)) = files::in_repository(&root) {
            context.sources.lie_in(top, folder);
        }
    }
    match command {
        Command::Init(arguments) => commands::init::run(&arguments.into(), context),
        Command::Convert(arguments) => commands::convert::run(&arguments.into(), context),
        Command::Split(arguments) => commands::split::run(&arguments.into(), context),
        Command::Data(arguments) => arguments.run(context),
        Command::Train(arguments) => commands::train::run(&arguments.into(), context),
        Command::Test(arguments) => commands::test::run(&(*arguments).into(), context),
        Command::Shell(arguments) => commands::shell::run(&arguments.into(), context),
        Command::Parse(arguments) => commands::parse::run(&arguments.into(), context),
        Command::Models(arguments) => commands::models::run(&arguments.into(), context),
        Command::Completions(arguments) => arguments.run(context),
        Command::Man => super::completions::man(context),
        Command::Format(arguments) => commands::format::run(&arguments.into(), context),
        Command::Embed(arguments) => commands::embed::run(&arguments.into(), context),
        Command::Validate(arguments) => commands::validate::run(&arguments.into(), context),
        Command::Visualize(arguments) => commands::visualize::run(&arguments.into(), context),
        Command::Explain(arguments) => commands::explain::run(&arguments.into(), context),
        Command::Migrate(arguments) => commands::migrate::run(&arguments.into(), context),
    }
}
