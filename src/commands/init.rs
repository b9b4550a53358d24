//! `bot init`: a new project from a template, or from a table of messages, trained and tested.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Context, Format, convert, test, train};
use crate::{
    actions::{self, NoServer},
    agent::Conversation,
    console::{ExitStatus, Role},
    dataset,
    diagnostic::{Diagnostic, Error, Result, count, did_you_mean},
    files,
    model::Folder,
    project::{self, Paths, scaffold},
};

/// What to make.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Folder of the project.
    pub folder: Option<PathBuf>,
    /// Template.
    pub template: Option<String>,
    /// Tables of messages in the place of a template.
    pub csv: Vec<PathBuf>,
    /// What was said about the tables.
    pub options: dataset::Options,
    /// Replace files that are in the way.
    pub force: bool,
    /// Add only what is missing.
    pub keep: bool,
    /// CI service to write a recipe for.
    pub ci: Option<&'static str>,
    /// List the templates.
    pub list: bool,
}

/// Share of the messages that is kept for testing.
const HOLDOUT: f64 = 0.2;
/// Messages shown with the bot's answers.
const SHOWN: usize = 4;

/// Makes a project.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    if request.list {
        return list(context);
    }
    if let (None, Some(service)) = (&request.folder, request.ci) {
        let root = context.project()?.root;
        check_recipe(service, &root, request.force)?;
        write_recipe(service, &root, context)?;
        return Ok(ExitStatus::Success);
    }
    let Some(folder) = &request.folder else {
        let names: Vec<&str> = scaffold::ALL.iter().map(|(name, _)| *name).collect();
        return Err(Error::cannot(
            Diagnostic::error(
                "init::no-folder",
                "the folder of the new project is missing",
            )
            .help(format!(
                "`bot init DIR` takes the template `{}`; others with `--template`: {}",
                names.first().copied().unwrap_or_default(),
                names.get(1..).unwrap_or_default().join(", ")
            )),
        ));
    };
    if folder.is_file() {
        return Err(files::Problem::NotFolder(folder.clone()).into());
    }
    if let Some(service) = request.ci {
        check_recipe(service, folder, request.force)?;
    }
    let status = if request.csv.is_empty() {
        from_template(request, folder, context)?
    } else {
        from_csv(request, folder, context)?
    };
    if let Some(service) = request.ci {
        write_recipe(service, folder, context)?;
    }
    Ok(status)
}

/// Refuses to overwrite the file of a CI service.
fn check_recipe(service: &str, root: &Path, force: bool) -> Result<()> {
    let Some(recipe) = project::recipe(service, root) else {
        return Ok(());
    };
    if !recipe.is_plain() {
        let what = format!("the folder `{}` cannot stand in a recipe", recipe.folder);
        return Err(Error::cannot(
            Diagnostic::error("init::odd-folder", what).help(
                "name it with letters, digits, `.`, `_` and `-`, as shells and patterns take them",
            ),
        ));
    }
    if recipe.path.exists() && !force {
        let what = format!("{} exists", files::show(&recipe.path));
        return Err(Error::cannot(
            Diagnostic::error("file::exists", what)
                .help("`--force` overwrites it; to keep both, move it aside first and bring them together after"),
        ));
    }
    Ok(())
}

fn write_recipe(service: &str, root: &Path, context: &mut Context) -> Result<()> {
    if let Some(recipe) = project::recipe(service, root) {
        files::write(&recipe.path, recipe.text.as_bytes())?;
        context
            .console
            .message(format!("Created {}", files::show(&recipe.path)));
        context
            .console
            .say("Next: `bot train && bot test --update-baseline`, then commit tests/baseline.txt");
    }
    Ok(())
}

fn list(context: &mut Context) -> Result<ExitStatus> {
    if context.format == Format::Json {
        let templates: Vec<_> = scaffold::ALL
            .iter()
            .map(|(name, about)| serde_json::json!({"name": name, "about": about}))
            .collect();
        let report = serde_json::json!({"bot": env!("CARGO_PKG_VERSION"), "schema": 1, "templates": templates});
        context.console.result(report.to_string())?;
    } else {
        for (name, about) in scaffold::ALL {
            context.console.result(format!("{name:<10} {about}"))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn from_template(request: &Request, folder: &Path, context: &mut Context) -> Result<ExitStatus> {
    let wanted = request.template.as_deref().unwrap_or(scaffold::ALL[0].0);
    let name = convert::folder_name(folder, &context.folder);
    let Some(mut all) = scaffold::template(wanted, &name) else {
        let names = scaffold::ALL.iter().map(|(name, _)| *name);
        let help = match did_you_mean(wanted, names.clone()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
        };
        return Err(Error::cannot(
            Diagnostic::error(
                "init::unknown-template",
                format!("there is no template `{wanted}`"),
            )
            .help(help),
        ));
    };
    let in_the_way: Vec<String> = all
        .iter()
        .filter(|(path, _)| folder.join(path).exists())
        .map(|(path, _)| path.clone())
        .collect();
    if request.keep {
        all.retain(|(path, _)| !in_the_way.contains(path));
    } else if !in_the_way.is_empty() && !request.force {
        let shown = in_the_way
            .iter()
            .take(2)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let more = in_the_way.len().saturating_sub(2);
        let more = match (more, in_the_way.len()) {
            (0, 1) => " is".to_owned(),
            (0, _) => " are".to_owned(),
            (more, _) => format!(" and {more} more are"),
        };
        return Err(Error::cannot(
            Diagnostic::error(
                "init::not-empty",
                format!(
                    "`{}` is not empty: {shown}{more} in the way",
                    files::show(folder)
                ),
            )
            .help(format!(
                "`bot init {} --keep` adds only what is missing",
                files::show(folder)
            )),
        ));
    }
    for (path, text) in &all {
        files::write(&folder.join(path), text.as_bytes())?;
    }
    let loaded = project::load(&Paths::of(folder), &mut context.sources)?;
    let tests = project::load_tests(
        &Paths::of(folder).tests,
        &Paths::of(folder),
        &mut context.sources,
    )?;
    context.console.message(format!(
        "Created {}/ from the template `{wanted}`",
        files::show(folder)
    ));
    context.console.say("");
    let assistant = &loaded.assistant;
    let rules = assistant
        .stories
        .iter()
        .filter(|story| story.kind != crate::data::StoryKind::Story)
        .count();
    for (path, _) in &all {
        let about = match path.as_str() {
            "config.yml" => "pipeline and policies".to_owned(),
            "domain.yml" => format!(
                "{}, {}",
                count(assistant.domain.intents.len(), "intent"),
                count(assistant.domain.responses.len(), "response")
            ),
            "data/nlu.yml" => count(assistant.training.examples.len(), "example"),
            "data/rules.yml" => count(rules, "rule"),
            "data/stories.yml" => count(assistant.stories.len() - rules, "story"),
            "tests/test_stories.yml" => count(tests.stories.len(), "conversation"),
            ".gitignore" => "models/".to_owned(),
            _ => String::new(),
        };
        context.console.say(format!("  {path:<24} {about}"));
    }
    context.console.say("");
    context.console.say(format!(
        "Next: cd {} && bot train && bot shell",
        files::show(folder)
    ));
    Ok(ExitStatus::Success)
}

/// Converts, trains, tests on held-out rows, and shows a few answers.
fn from_csv(request: &Request, folder: &Path, context: &mut Context) -> Result<ExitStatus> {
    let mut options = request.options.clone();
    options.holdout = options.holdout.or(Some(HOLDOUT));
    let conversion = convert::Request {
        files: request.csv.clone(),
        to: Some(folder.to_owned()),
        options,
        force: request.force,
        ..convert::Request::default()
    };
    if project::find_root(folder).is_some_and(|root| root == folder)
        && !request.force
        && !request.keep
    {
        return Err(Error::cannot(
            Diagnostic::error(
                "init::not-empty",
                format!("`{}` is a project already", files::show(folder)),
            )
            .help(format!(
                "`bot convert {} --to {}` adds to it",
                request
                    .csv
                    .first()
                    .map(|path| files::show(path))
                    .unwrap_or_default(),
                files::show(folder)
            )),
        ));
    }
    let status = convert::run_step(&conversion, false, context)?;
    if status != ExitStatus::Success {
        return Ok(status);
    }
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        files::write(&ignore, b"models/\nresults/\nleft-out.csv\n")?;
    }
    context.check_stop()?;
    context.console.say("");
    context.project = Some(folder.to_owned());
    // Findings of the table's text are told; from here on the project's own files are what counts.
    context.sources = crate::diagnostic::Sources::new();
    let paths = Paths::of(folder);
    train::train(
        &paths,
        &train::Request {
            seed: conversion.options.seed,
            ..train::Request::default()
        },
        context,
    )?;
    let tests = project::load_tests(&paths.tests, &paths, &mut context.sources)?;
    context.console.say("");
    if tests.examples.is_empty() {
        context
            .console
            .say("No test: no intent has enough messages to keep some back");
    } else {
        test::run(&test::Request::default(), context)?;
    }
    answers(&paths, &tests.examples, context)?;
    context.console.say("");
    context
        .console
        .say(format!("Next: cd {} && bot shell", files::show(folder)));
    Ok(ExitStatus::Success)
}

/// Shows what the bot answers to a few messages that it has not seen, each of another intent.
fn answers(paths: &Paths, unseen: &[crate::data::Example], context: &mut Context) -> Result<()> {
    if context.format == Format::Json {
        return Ok(());
    }
    let (_, model) = Folder::new(&paths.models).load(None)?;
    let model = Arc::new(model);
    let mut intents: Vec<&str> = Vec::new();
    let mut chosen = Vec::new();
    // Spread over the file, so that neighbours in it do not all come from one corner.
    let step = (unseen.len() / SHOWN.max(1)).max(1);
    for example in unseen.iter().step_by(step).chain(unseen) {
        if chosen.len() < SHOWN && !intents.contains(&example.intent.as_str()) {
            intents.push(&example.intent);
            chosen.push(example);
        }
    }
    if chosen.is_empty() {
        return Ok(());
    }
    context.console.result("")?;
    for (number, example) in chosen.into_iter().enumerate() {
        let mut conversation = Conversation::new(
            Arc::clone(&model),
            "init",
            "cmdline",
            model.metadata.seed + number as u64,
        );
        let turn = actions::say(&mut conversation, &example.text, 0.0, &mut NoServer);
        let name = turn.parse.intent_name().to_owned();
        let you = context.console.paint_result(Role::Name, "you");
        context.console.result(format!("{you}  {}", example.text))?;
        context
            .console
            .result(format!("     {name} {:.2}", turn.parse.intent.confidence))?;
        for (_, message) in &turn.messages {
            let bot = context.console.paint_result(Role::Strong, "bot");
            let text = message.text.as_deref().unwrap_or_default();
            for (i, line) in textwrap::wrap(text, context.console.width().saturating_sub(5))
                .iter()
                .enumerate()
            {
                context.console.result(if i == 0 {
                    format!("{bot}  {line}")
                } else {
                    format!("     {line}")
                })?;
            }
        }
    }
    Ok(())
}
