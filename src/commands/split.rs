//! `bot split`: training data or stories in two parts, one to train on and one to test with.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Context, Format, has_errors};
use crate::{
    console::{ExitStatus, Role},
    data::{Example, Response, TrainingData},
    diagnostic::{Diagnostic, Error, Result, count},
    eval,
    files::{self, Problem},
    project::{self, Change, foreign},
};

/// What is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Examples.
    Nlu,
    /// Stories.
    Stories,
}

/// What to split, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// Examples or stories.
    pub what: What,
    /// File or folder with the data.
    pub data: Option<PathBuf>,
    /// Share for training.
    pub fraction: f64,
    /// Seed of the choice.
    pub seed: u64,
    /// Folder for the parts.
    pub out: PathBuf,
    /// Whether to replace files that are there.
    pub force: bool,
}

/// Path, text, and what is in it.
type Planned = (PathBuf, String, String);

/// Splits, writes and tells.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let data = match &request.data {
        Some(data) => data.clone(),
        None => context.project_or_current().root.join("data"),
    };
    if !data.exists() {
        return Err(Problem::Missing(data).into());
    }
    if request.out.is_file() {
        return Err(Problem::NotFolder(request.out.clone()).into());
    }
    let (planned, notes) = match request.what {
        What::Nlu => nlu(request, &data, context)?,
        What::Stories => stories(request, &data, context)?,
    };
    context.check_stop()?;
    let changes = project::plan_files(planned, request.force)?;
    project::apply(&changes)?;
    tell(request, &changes, &notes, context)?;
    Ok(ExitStatus::Success)
}

fn nothing(what: &str, data: &Path) -> Error {
    Error::cannot(
        Diagnostic::error(
            "split::nothing",
            format!("there are no {what} in `{}`", files::show(data)),
        )
        .help("name a file or folder of training data with `--data PATH`"),
    )
}

fn nlu(
    request: &Request,
    data: &Path,
    context: &mut Context,
) -> Result<(Vec<Planned>, Vec<String>)> {
    let import = foreign::import(&[data.to_owned()], None, &mut context.sources)?;
    if has_errors(&import.findings) {
        return Err(Error::Findings(import.findings));
    }
    let training = &import.assistant.training;
    if training.examples.is_empty() {
        return Err(nothing("examples", data));
    }
    let groups: Vec<&str> = training
        .examples
        .iter()
        .map(|example| example.response_key.as_deref().unwrap_or(&example.intent))
        .collect();
    let chosen = eval::split::choose(&groups, request.fraction, request.seed);
    let mut files = Vec::new();
    let (mut single, mut last) = (0, groups.clone());
    last.sort_unstable();
    last.chunk_by(|a, b| a == b)
        .for_each(|group| single += usize::from(group.len() == 1));
    for (name, wanted) in [("training_data", true), ("test_data", false)] {
        let examples: Vec<Example> = training
            .examples
            .iter()
            .zip(&chosen)
            .filter(|(_, train)| **train == wanted)
            .map(|(example, _)| example.clone())
            .collect();
        let answers = answers(&examples, &import.assistant.domain.responses);
        let about = count(examples.len(), "example");
        let part = TrainingData {
            examples,
            ..training.clone()
        };
        let path = request.out.join(format!("{name}.yml"));
        files.push((path, project::write_nlu(&part), about));
        if !answers.is_empty() {
            let path = request.out.join(format!("nlg_{name}.yml"));
            let about = count(answers.len(), "response");
            files.push((path, foreign::write_responses(&answers), about));
        }
    }
    let mut notes = Vec::new();
    if single > 0 {
        let groups = count(single, "intent");
        notes.push(format!("{groups} with one example: it is for training"));
    }
    Ok((files, notes))
}

/// Returns the responses that examples of retrieval intents need.
fn answers(examples: &[Example], responses: &[Response]) -> Vec<Response> {
    let needed = |response: &&Response| {
        examples
            .iter()
            .filter_map(|example| example.response_key.as_ref())
            .any(|key| response.name.strip_prefix("utter_") == Some(key))
    };
    responses.iter().filter(needed).cloned().collect()
}

fn stories(
    request: &Request,
    data: &Path,
    context: &mut Context,
) -> Result<(Vec<Planned>, Vec<String>)> {
    let mut findings = Vec::new();
    let found = project::story_files(data, &mut context.sources, &mut findings)?;
    if has_errors(&findings) {
        return Err(Error::Findings(findings));
    }
    if found.is_empty() {
        return Err(nothing("stories", data));
    }
    let (mut files, mut notes): (Vec<Planned>, Vec<String>) = (Vec::new(), Vec::new());
    for file in &found {
        let groups = vec![""; file.stories.len()];
        let chosen = eval::split::choose(&groups, request.fraction, request.seed);
        let is_train = |i: usize| chosen.get(i).copied().unwrap_or(true);
        let train = chosen.iter().filter(|train| **train).count();
        let name = free_name(&file.path, &request.out, &files);
        let path = request.out.join(format!("train_{name}"));
        files.push((path, file.keeping(&is_train), count(train, "story")));
        let test = chosen.len() - train;
        if test == 0 {
            let shown = files::show(&file.path);
            notes.push(format!("`{shown}` has one story only: it is for training"));
            continue;
        }
        let path = request.out.join(format!("test_{name}"));
        files.push((path, file.only(&|i| !is_train(i)), count(test, "story")));
    }
    Ok((files, notes))
}

/// Returns the name of a file, with that of its folder where another file has it.
fn free_name(path: &Path, out: &Path, planned: &[Planned]) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let is_free = |name: &str| {
        let wanted = out.join(format!("train_{name}"));
        !planned.iter().any(|(path, ..)| *path == wanted)
    };
    let mut found = name;
    for folder in path.ancestors().skip(1).filter_map(Path::file_name) {
        if is_free(&found) {
            break;
        }
        found = format!("{}_{found}", folder.to_string_lossy());
    }
    found
}

fn tell(
    request: &Request,
    changes: &[Change],
    notes: &[String],
    context: &mut Context,
) -> Result<()> {
    if context.format == Format::Json {
        let files: Vec<Value> = changes
            .iter()
            .map(|change| json!({"file": change.shown, "status": change.status(), "about": change.about}))
            .collect();
        let json = json!({
            "bot": env!("CARGO_PKG_VERSION"),
            "schema": 1,
            "training_fraction": request.fraction,
            "seed": request.seed,
            "files": files,
            "notes": notes,
        });
        return context.console.result(json.to_string());
    }
    let console = &mut context.console;
    let names = changes.iter().map(|change| change.shown.chars().count());
    let width = names.max().unwrap_or_default();
    for change in changes {
        let status = change.status();
        console.say(format!(
            "  {:<width$}  {status:<9}  {}",
            change.shown, change.about
        ));
    }
    for note in notes {
        let head = console.paint(Role::Name, "note:");
        console.say(format!("{head} {note}"));
    }
    console.message(format!(
        "{} {:.0} % for training (seed {})",
        console.paint(Role::Good, "Split"),
        request.fraction * 100.0,
        request.seed
    ));
    Ok(())
}
