//! `bot shell`: talk to the bot and see why it answers so; on a screen, or as plain lines.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process,
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};

use jiff::tz::TimeZone;

use super::{Context, Format, duckling_url, runner, stamps};
use crate::{
    console::{ExitStatus, screen::Screen},
    diagnostic::{Diagnostic, Error, Place, Result, count},
    files, plain,
    tui::{self, Session},
    workbench::{Answer, Command, Project, Review, Workbench},
    yaml::Environment,
};

/// How to talk.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "flags are independent")]
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
    /// Understanding alone, whatever dialogue the model has.
    pub nlu: bool,
    /// Another model that listens.
    pub compare: Option<String>,
    /// A story to play first.
    pub replay: Option<String>,
    /// The turn of that story at which to stop.
    pub to: Option<usize>,
    /// Messages to look through.
    pub review: Option<PathBuf>,
    /// Whether the project's files are learnt from as soon as they change.
    pub watch: bool,
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
    workbench.stop_with(Arc::clone(&context.stop));
    workbench.choose(&request.sender);
    if request.nlu {
        workbench.only_understand();
    }
    if paths.config.is_file() || paths.domain.exists() {
        workbench.work_on(Project {
            paths,
            clock: Arc::new(stamps),
        });
    }
    if let Some(name) = &request.compare {
        let command = Command::Compare(Some(name.clone()));
        if let Answer::Refused(why) = workbench.run(&command, now()) {
            return Err(Error::cannot(Diagnostic::error("shell::compare", why)));
        }
    }
    if let Some(story) = &request.replay {
        let commands = [Command::Replay(Some(story.clone())), Command::Rest];
        for command in commands {
            match workbench.run(&command, now()) {
                Answer::Refused(why) if command != Command::Rest => {
                    return Err(Error::cannot(Diagnostic::error("shell::replay", why)));
                }
                _ => {}
            }
        }
        if let Some(turn) = request.to {
            workbench.run(&Command::Rewind(turn), now());
        }
    }
    let json = matches!(context.format, Format::Json | Format::JsonLines);
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let review = match &request.review {
        Some(file) => Some(Review::read(file, workbench.model())?),
        None => None,
    };
    if request.plain || json || !terminal {
        return lines(&mut workbench, review, json, context);
    }
    on_screen(request, workbench, review, context)
}

/// Talks in lines of text.
fn lines(
    workbench: &mut Workbench,
    review: Option<Review>,
    json: bool,
    context: &mut Context,
) -> Result<ExitStatus> {
    let options = plain::Options {
        json,
        interactive: io::stdin().is_terminal() && !json,
    };
    let stop = Arc::clone(&context.stop);
    let stopped = move || stop.load(Ordering::Relaxed);
    let mut input = context.input();
    let console = &mut context.console;
    if let Some(review) = review {
        plain::review(
            review, workbench, &mut input, console, options, &now, &stopped,
        )?;
    }
    plain::run(
        workbench,
        &mut input,
        console,
        options,
        &now,
        &TimeZone::system(),
        &stopped,
    )?;
    context.check_stop()?;
    Ok(ExitStatus::Success)
}

/// Talks on the screen.
fn on_screen(
    request: &Request,
    workbench: Workbench,
    review: Option<Review>,
    context: &mut Context,
) -> Result<ExitStatus> {
    let (keys, wrong) = keys();
    for why in wrong {
        context
            .console
            .message(format!("warning: keys.toml: {why}"));
    }
    let options = tui::Options {
        theme: tui::Theme {
            color: context.console.colors_results(),
            ascii: context.console.ascii(),
        },
        keys,
        watch: request.watch,
        review,
        zone: TimeZone::system(),
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
    let root = workbench
        .project()
        .map_or_else(PathBuf::new, |project| project.paths.root.clone());
    let stop = Arc::clone(&context.stop);
    let path = files::show(workbench.path());
    let ran = {
        let mut screen = Screen::open(!request.no_mouse).map_err(cannot)?;
        let size = screen.size().map_err(cannot)?;
        let session = Session::new(workbench, options, size, Arc::new(now));
        let stopped = move || stop.load(Ordering::Relaxed);
        tui::run(session, &mut screen, &stopped, &|place| edit(&root, place))
    };
    let left = ran.map_err(cannot)?.close();
    if let Some(workbench) = left {
        context.console.say(format!(
            "{} with {}",
            count(workbench.turns().len(), "turn"),
            files::show(workbench.path())
        ));
        let changed = workbench.changed();
        for (what, in_files) in &changed {
            context.console.say(format!("changed: {what}: {in_files}"));
        }
        if changed.is_empty() {
            context.console.say("no file was changed");
        }
        if workbench.project().is_some() && !workbench.turns().is_empty() {
            context.console.say(if workbench.is_saved() {
                "the conversation is among the tests"
            } else {
                "the conversation was not saved: `:save story` adds it to the tests"
            });
        }
    } else {
        context
            .console
            .say(format!("left {path} in the middle of a turn"));
    }
    Ok(if context.stop.load(Ordering::Relaxed) {
        ExitStatus::Interrupted
    } else {
        ExitStatus::Success
    })
}

/// Returns the time in seconds since 1970.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Reads the keys that a person has chosen, and what is wrong with them.
fn keys() -> (tui::Keymap, Vec<String>) {
    let environment = Environment::of_process();
    let folder = match (environment.get("XDG_CONFIG_HOME"), environment.get("HOME")) {
        (Some(folder), _) if !folder.is_empty() => PathBuf::from(folder),
        (_, Some(home)) => Path::new(home).join(".config"),
        _ => return (tui::Keymap::default(), Vec::new()),
    };
    let path = folder.join("bot/keys.toml");
    match files::read(&path) {
        Ok(bytes) => tui::Keymap::read(&String::from_utf8_lossy(&bytes)),
        Err(files::Problem::Missing(_)) => (tui::Keymap::default(), Vec::new()),
        Err(problem) => {
            let error = Diagnostic::from(problem);
            (tui::Keymap::default(), vec![error.message])
        }
    }
}

/// Opens a file of the project in the person's editor; returns why it could not.
fn edit(root: &Path, place: &Place) -> Option<String> {
    let environment = Environment::of_process();
    let chosen = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| environment.get(name).filter(|editor| !editor.is_empty()));
    let mut words = chosen.unwrap_or("vi").split_whitespace();
    let program = words.next().unwrap_or("vi");
    let file = root.join(&place.file);
    // `+LINE` is known by the editors of the terminal.
    let ran = process::Command::new(program)
        .args(words)
        .arg(format!("+{}", place.line))
        .arg(&file)
        .status();
    ran.err()
        .map(|error| format!("{program} cannot be started ($EDITOR): {error}"))
}
