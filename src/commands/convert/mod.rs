//! `bot convert`: tables of messages to the files of a project.

mod report;

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    time::Instant,
};

use rustc_hash::FxHashMap;

use super::{Context, Format, show_findings};
use crate::{
    console::ExitStatus,
    data::Example,
    dataset::{self, Dataset, Options, Table, Why},
    diagnostic::{Diagnostic, Error, Result, Severity, Sources, count},
    files::{self, Problem},
    project::{self, Change, Loaded, Paths, Tests},
};

/// What can be said about tables, for those who make a [`Request`].
pub mod options {
    pub use crate::dataset::{Delimiter, OnConflict, Options};
}

/// What to convert, and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Tables; `-` is stdin.
    pub files: Vec<PathBuf>,
    /// Folder of the project.
    pub to: Option<PathBuf>,
    /// What was said about the tables.
    pub options: Options,
    /// Whether to write nothing.
    pub dry_run: bool,
    /// Whether to replace files that are there.
    pub force: bool,
}

/// Everything that was found out and done, for the report.
pub(super) struct Outcome {
    set: Dataset,
    changes: Vec<Change>,
    left_out: Option<Change>,
    root: PathBuf,
    dry_run: bool,
    seed: u64,
    seconds: f64,
}

/// Converts the tables.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    run_step(request, true, context)
}

/// Converts the tables; `last` tells whether the person goes on from here, so that the next command is named.
pub(super) fn run_step(request: &Request, last: bool, context: &mut Context) -> Result<ExitStatus> {
    let start = Instant::now();
    match convert(request, context) {
        Ok(mut outcome) => {
            outcome.seconds = start.elapsed().as_secs_f64();
            if context.format == Format::Json {
                let json = report::json(&outcome, &context.sources);
                context.console.result(json.to_string())?;
            } else {
                report::human(&outcome, last, context);
            }
            Ok(ExitStatus::Success)
        }
        Err(Error::Findings(findings)) => {
            show_findings(context, &findings);
            let errors = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .count();
            context.console.message(format!(
                "{} found; nothing was written",
                count(errors, "mistake")
            ));
            Ok(ExitStatus::Failure)
        }
        Err(other) => Err(other),
    }
}

fn convert(request: &Request, context: &mut Context) -> Result<Outcome> {
    let options = &request.options;
    let mut tables: Vec<Table> = Vec::new();
    for path in &request.files {
        let (name, bytes) = read(path, context)?;
        tables.push(dataset::read(&name, &bytes, options, &mut context.sources)?);
        context.check_stop()?;
    }
    let mut set = Dataset::gather(tables, options)?;
    set.leave_out(&mut |example| (!project::can_write(example)).then_some(Why::NotWritable));
    let root = request
        .to
        .clone()
        .or_else(|| context.project.clone())
        .unwrap_or_else(|| PathBuf::from("."));
    if root.is_file() {
        return Err(Problem::NotFolder(root).into());
    }
    let paths = Paths::of(&root);
    let existing = if request.force {
        None
    } else {
        existing(&paths, &mut context.sources)?
    };
    if let Some((loaded, tests)) = &existing {
        leave_out_known(&mut set, loaded, tests, &context.sources);
    }
    if let Some(share) = options.holdout {
        set.hold_out(share, options.seed);
    }
    set.warn_about_intents();
    let assistant = set.assistant(&folder_name(&root, &context.folder));
    let loaded = existing.as_ref().map(|(loaded, _)| loaded);
    let changes = project::plan(
        &paths,
        &assistant,
        &set.held_out,
        loaded,
        request.force,
        &context.sources,
    )?;
    let left_out = if set.left.is_empty() {
        None
    } else {
        Some(left_out(&root, &set, request.force)?)
    };
    context.check_stop()?;
    if !request.dry_run {
        let all: Vec<Change> = changes.iter().chain(&left_out).cloned().collect();
        project::apply(&all)?;
    }
    Ok(Outcome {
        set,
        changes,
        left_out,
        root,
        dry_run: request.dry_run,
        seed: options.seed,
        seconds: 0.0,
    })
}

/// Reads a file, or stdin for `-`.
fn read(path: &Path, context: &Context) -> Result<(String, Vec<u8>)> {
    if path.as_os_str() != "-" {
        return Ok((files::show(path), files::read(path)?));
    }
    let mut bytes = Vec::new();
    context
        .input()
        .take(files::LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::Unreadable(path.to_owned(), error))?;
    if bytes.len() as u64 > files::LIMIT {
        return Err(Problem::TooLarge(path.to_owned(), files::LIMIT).into());
    }
    Ok(("stdin".to_owned(), bytes))
}

/// Reads the project that is to be added to, if there is one; its mistakes must be mended first.
fn existing(paths: &Paths, sources: &mut Sources) -> Result<Option<(Loaded, Tests)>> {
    if !paths.domain.exists() {
        return Ok(None);
    }
    let mut there = paths.clone();
    there.data.retain(|path| path.exists());
    let loaded = project::load(&there, sources)?;
    let tests = project::load_tests(&there.tests, &there, sources)?;
    let wrong: Vec<Diagnostic> = loaded
        .findings
        .iter()
        .chain(&tests.findings)
        .filter(|finding| finding.severity == Severity::Error)
        .cloned()
        .collect();
    if wrong.is_empty() {
        Ok(Some((loaded, tests)))
    } else {
        Err(Error::Findings(wrong))
    }
}

/// Leaves out what the project has already, for training or for testing.
fn leave_out_known(set: &mut Dataset, loaded: &Loaded, tests: &Tests, sources: &Sources) {
    let known: FxHashMap<String, &Example> = loaded
        .assistant
        .training
        .examples
        .iter()
        .chain(&tests.examples)
        .map(|example| (dataset::text_key(&example.text), example))
        .collect();
    set.leave_out(&mut |example| {
        let there = known.get(&dataset::text_key(&example.text))?;
        Some(Why::InProject {
            place: sources.place(there.origin).to_string(),
            other: (there.intent != example.intent).then(|| there.intent.clone()),
        })
    });
}

/// Plans the list of rows left out; a list that is there keeps its name.
fn left_out(root: &Path, set: &Dataset, force: bool) -> Result<Change> {
    let new = dataset::to_csv(&set.left)?;
    let mut path = root.join("left-out.csv");
    let mut n = 2;
    let mut old = None;
    while path.exists() {
        let there = files::read(&path)?;
        if force || there == new {
            old = Some(there);
            break;
        }
        path = root.join(format!("left-out-{n}.csv"));
        n += 1;
    }
    Ok(Change {
        shown: files::show(&path),
        path,
        old,
        new,
        about: format!("{} left out", count(set.left.len(), "row")),
    })
}

/// Returns the name of the project's folder.
pub(super) fn folder_name(root: &Path, current: &Path) -> String {
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let whole = current.join(root);
    name(root)
        .or_else(|| name(&whole.canonicalize().unwrap_or(whole)))
        .unwrap_or_else(|| "bot".to_owned())
}
