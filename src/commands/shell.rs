//! `bot shell`: talk to the bot and see why it answers so; on a screen, or as plain lines.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    sync::atomic::Ordering,
    time::SystemTime,
};

use super::{Context, Format, duckling_url, runner};
use jiff::tz::TimeZone;

use crate::{
    console::{ExitStatus, screen::Screen},
    diagnostic::{Diagnostic, Error, Result, count},
    plain, tui,
    workbench::Workbench,
};

/// How to talk.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Model: a file, a folder, or a name in `models/`.
    pub model: Option<PathBuf>,
    /// Lines of text instead of a screen.
    pub plain: bool,
    /// Name of the conversation.
    pub sender: String,
    /// Leave the mouse to the terminal.
    pub no_mouse: bool,
    /// `endpoints.yml`, elsewhere.
    pub endpoints: Option<PathBuf>,
}

/// Runs the shell.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let paths = context.project_or_current();
    let mut workbench = Workbench::open(
        &paths.models,
        request.model.as_deref(),
        duckling_url(&paths),
    )?;
    workbench.run_actions(runner(&paths, request.endpoints.as_deref(), context)?);
    workbench.choose(&request.sender);
    let json = matches!(context.format, Format::Json | Format::JsonLines);
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let stop = std::sync::Arc::clone(&context.stop);
    let stopped = move || stop.load(Ordering::Relaxed);
    let now = || {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64())
    };
    if request.plain || json || !terminal {
        let options = plain::Options {
            json,
            interactive: io::stdin().is_terminal() && !json,
        };
        plain::run(
            &mut workbench,
            &mut context.input(),
            &mut context.console,
            options,
            &now,
            &TimeZone::system(),
            &stopped,
        )?;
        context.check_stop()?;
        return Ok(ExitStatus::Success);
    }
    let theme = tui::Theme {
        color: context.console.colors_results(),
        ascii: context.console.ascii(),
    };
    let cannot = |error: io::Error| {
        Error::cannot(
            Diagnostic::error(
                "shell::terminal",
                format!("the terminal cannot be used as a screen: {error}"),
            )
            .help("`bot shell --plain` needs no screen"),
        )
    };
    let ran = {
        let mut screen = Screen::open(!request.no_mouse).map_err(cannot)?;
        tui::run(&mut workbench, &mut screen, theme, &now, &stopped)
    };
    ran.map_err(cannot)?;
    context.console.say(format!(
        "{} with {}",
        count(workbench.turns().len(), "turn"),
        crate::files::show(workbench.path())
    ));
    Ok(if context.stop.load(Ordering::Relaxed) {
        ExitStatus::Interrupted
    } else {
        ExitStatus::Success
    })
}
