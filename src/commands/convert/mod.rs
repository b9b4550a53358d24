//! `bot convert`: tables of messages, and training data of other formats, to the files of a project or to one file.

mod foreign;
mod report;
mod single;

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
    /// Tables (`-` is stdin), files of other formats, or folders of those.
    pub files: Vec<PathBuf>,
    /// Folder of the project, or one file whose ending says its format.
    pub to: Option<PathBuf>,
    /// Format of that file where its ending does not say it.
    pub file_format: Option<FileFormat>,
    /// What was said about the tables.
    pub options: Options,
    /// Language to read of files that hold several.
    pub language: Option<String>,
    /// Whether a table that is written has entities as marks in its texts.
    pub marks: bool,
    /// Whether to write nothing.
    pub dry_run: bool,
    /// Whether to replace files that are there.
    pub force: bool,
}

/// A format of one file of training data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Rasa's YAML.
    Yaml,
    /// Rasa's JSON.
    Json,
    /// A table of messages.
    Csv,
}

impl FileFormat {
    /// Returns the format that the ending of a path names.
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "yml" | "yaml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

impl Request {
    /// Returns the one file that is to be written, with its format.
    fn single(&self) -> Option<(PathBuf, FileFormat)> {
        let to = self.to.clone()?;
        let format = self.file_format.or_else(|| FileFormat::of(&to))?;
        (!to.is_dir()).then_some((to, format))
    }

    /// Returns the folder to write to.
    fn root(&self, context: &Context) -> PathBuf {
        self.to
            .clone()
            .or_else(|| context.project.clone())
            .unwrap_or_else(|| PathBuf::from("."))
    }
}

/// Tells whether a path is a folder, or a file of training data that is no table.
fn is_foreign(path: &Path) -> bool {
    let ends = ["md", "json", "yml", "yaml"];
    let end = path.extension().and_then(|end| end.to_str());
    path.is_dir() || end.is_some_and(|end| ends.contains(&end.to_lowercase().as_str()))
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
    match convert_any(request, last, start, context) {
        Ok(()) => Ok(ExitStatus::Success),
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

/// Converts tables or other training data, and tells what came of it.
fn convert_any(request: &Request, last: bool, start: Instant, context: &mut Context) -> Result<()> {
    let foreign = request.files.iter().filter(|path| is_foreign(path)).count();
    if foreign > 0 && foreign < request.files.len() {
        return Err(Error::cannot(
            Diagnostic::error(
                "convert::mixed",
                "tables and other training data cannot be converted in one go",
            )
            .help("convert them one after the other; a table is added to what is there"),
        ));
    }
    // A table from tables would be no conversion: a folder may be called `data.csv`.
    let single = request.single();
    if foreign > 0 || single.is_some_and(|(_, format)| format != FileFormat::Csv) {
        return foreign::run(request, last, start, context);
    }
    let mut outcome = convert(request, context)?;
    outcome.seconds = start.elapsed().as_secs_f64();
    if context.format == Format::Json {
        let json = report::json(&outcome, &context.sources);
        context.console.result(json.to_string())
    } else {
        report::human(&outcome, last, context);
        Ok(())
    }
}

/// Reads the tables into one set, without what cannot be written.
fn gather(request: &Request, context: &mut Context) -> Result<Dataset> {
    let options = &request.options;
    let mut tables: Vec<Table> = Vec::new();
    for path in &request.files {
        let (name, bytes) = read(path, context)?;
        tables.push(dataset::read(&name, &bytes, options, &mut context.sources)?);
        context.check_stop()?;
    }
    let mut set = Dataset::gather(tables, options)?;
    set.leave_out(&mut |example| (!project::can_write(example)).then_some(Why::NotWritable));
    Ok(set)
}

fn convert(request: &Request, context: &mut Context) -> Result<Outcome> {
    let options = &request.options;
    let mut set = gather(request, context)?;
    let root = request.root(context);
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
