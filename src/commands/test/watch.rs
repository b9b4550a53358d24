//! `--watch`: after each change of a file only what it touches is done again.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use notify::{RecursiveMode, Watcher};

use super::{Request, once};
use crate::{
    commands::{Context, show_findings, train},
    console::{ExitStatus, Keys, Role},
    diagnostic::{Diagnostic, Error, Result, Sources, count},
    files,
    project::{self, Paths},
};

/// Changes that come this close together are one: editors write several times.
const TOGETHER: Duration = Duration::from_millis(100);

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Touched {
    /// Something that is learnt from: train, then test everything.
    Training,
    /// These test files.
    Tests(BTreeSet<PathBuf>),
    /// Nothing, but everything is to be tested.
    All,
}

/// Tests, and tests again, until told to stop.
pub(super) fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let paths = context.project()?;
    let (sender, receiver) = channel();
    let mut watcher = notify::recommended_watcher(move |event| {
        // Nobody listens any more once the command has ended.
        let _ = sender.send(event);
    })
    .map_err(|error| unwatchable(&error))?;
    let mut places = vec![(paths.root.clone(), RecursiveMode::NonRecursive)];
    let folders = paths.data.iter().chain(&paths.tests).chain([&paths.domain]);
    for folder in folders.filter(|path| path.is_dir()) {
        places.push((folder.clone(), RecursiveMode::Recursive));
    }
    for file in request.nlu.iter().chain(&request.stories) {
        let folder = if file.is_dir() {
            Some(file.as_path())
        } else {
            file.parent()
        };
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        places.push((folder, RecursiveMode::Recursive));
    }
    for (place, mode) in &places {
        watcher
            .watch(place, *mode)
            .map_err(|error| unwatchable(&error))?;
    }
    let mut touched = Touched::Training;
    loop {
        round(request, &paths, &touched, context)?;
        let files = files_of(&paths);
        let keys = match (context.console.interactive(), context.console.ascii()) {
            (false, _) => "",
            (true, false) => " · a all · q quit",
            (true, true) => " - a all - q quit",
        };
        context
            .console
            .message(format!("watching {}{keys}", count(files, "file")));
        match wait(&receiver, request, &paths, context) {
            Some(change) => touched = change,
            None if context.check_stop().is_err() => return Ok(ExitStatus::Interrupted),
            None => return Ok(ExitStatus::Success),
        }
    }
}

fn unwatchable(error: &notify::Error) -> Error {
    Error::cannot(
        Diagnostic::error(
            "test::cannot-watch",
            format!("changes cannot be watched: {error}"),
        )
        .help("without `--watch` everything is tested once"),
    )
}

/// Does what a change asks for. What is wrong is told, and the next change is waited for.
fn round(request: &Request, paths: &Paths, touched: &Touched, context: &mut Context) -> Result<()> {
    context.sources = Sources::new();
    let needs_model = !request.validates() && request.model.is_none();
    if *touched == Touched::Training && needs_model {
        let training = train::Request {
            // Half a model would be the newest for everybody.
            seed: request.seed.unwrap_or(super::measure::SEED),
            ..train::Request::default()
        };
        if let Err(error) = train::train(paths, &training, context) {
            return told(error, context);
        }
        context.sources = Sources::new();
    }
    let mut part = Request {
        watch: false,
        partial: matches!(touched, Touched::Tests(_)),
        ..request.clone()
    };
    if let Touched::Tests(files) = touched
        && request.nlu.is_empty()
        && request.stories.is_empty()
        && !request.validates()
    {
        let shown: Vec<String> = files.iter().map(|file| files::show(file)).collect();
        context
            .console
            .message(format!("Changed: {}", shown.join(", ")));
        part.nlu = files.iter().cloned().collect();
        part.stories = part.nlu.clone();
        part.stories.retain(|file| project::holds_stories(file));
    }
    match once(&part, context) {
        Ok(_) => Ok(()),
        Err(error) => told(error, context),
    }
}

fn told(error: Error, context: &mut Context) -> Result<()> {
    if error == Error::Interrupted {
        return Err(error);
    }
    show_findings(context, error.diagnostics());
    let line = context.console.paint(Role::Bad, "Not tested");
    context.console.message(line);
    Ok(())
}

/// Waits for a change that matters; `None` where the person wants to stop.
fn wait(
    receiver: &Receiver<notify::Result<notify::Event>>,
    request: &Request,
    paths: &Paths,
    context: &Context,
) -> Option<Touched> {
    let keys = Keys::new(context.console.interactive());
    let mut changed: BTreeSet<PathBuf> = BTreeSet::new();
    loop {
        if context.check_stop().is_err() {
            return None;
        }
        match keys.pressed() {
            Some('q') => return None,
            Some('a') => return Some(Touched::All),
            _ => {}
        }
        match receiver.recv_timeout(TOGETHER) {
            Ok(Ok(event)) if !matches!(event.kind, notify::EventKind::Access(_)) => {
                let paths = event.paths.iter().filter(|path| matters(path));
                changed.extend(paths.map(|path| from(&context.folder, path)));
            }
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) if changed.is_empty() => {}
            Err(RecvTimeoutError::Timeout) => return Some(sort_out(&changed, request, paths)),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// Returns a path as people name it who are in that folder.
fn from(folder: &Path, path: &Path) -> PathBuf {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    inside.components().collect()
}

/// Tells whether a file is one that people write: no temporary and no hidden ones.
fn matters(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let end = path.extension().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && ["yml", "yaml", "csv", "tsv", "json", "md"].contains(&end.as_ref())
}

fn sort_out(changed: &BTreeSet<PathBuf>, request: &Request, paths: &Paths) -> Touched {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let roots: Vec<PathBuf> = paths
        .tests
        .iter()
        .chain(&request.nlu)
        .chain(&request.stories)
        .map(|root| real(root))
        .collect();
    let is_test = |path: &PathBuf| roots.iter().any(|root| real(path).starts_with(root));
    if !changed.iter().all(is_test) {
        return Touched::Training;
    }
    let there: BTreeSet<PathBuf> = changed
        .iter()
        .filter(|path| path.is_file() && project::is_yaml(path))
        .cloned()
        .collect();
    if there.is_empty() {
        return Touched::All;
    }
    Touched::Tests(there)
}

fn files_of(paths: &Paths) -> usize {
    let roots = paths
        .data
        .iter()
        .chain(&paths.tests)
        .chain([&paths.domain, &paths.config]);
    roots
        .filter(|root| root.exists())
        .map(|root| files::walk(root, &matters).0.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_alone_are_tested_alone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of(folder.path());
        let file = folder.path().join("tests/test_a.yml");
        files::write(&file, b"").unwrap();
        let request = Request::default();
        let touched = |files: &[&Path]| {
            let files = files.iter().map(|file| (*file).to_owned()).collect();
            sort_out(&files, &request, &paths)
        };
        assert_eq!(touched(&[&file]), Touched::Tests([file.clone()].into()));
        // A table lies there for a `--nlu` of its own, and the baseline is no test.
        let baseline = folder.path().join("tests/baseline.json");
        files::write(&baseline, b"").unwrap();
        assert_eq!(touched(&[&baseline]), Touched::All);
        let data = folder.path().join("data/nlu.yml");
        assert_eq!(touched(&[&file, &data]), Touched::Training);
        assert_eq!(
            touched(&[&folder.path().join("tests/gone.yml")]),
            Touched::All
        );
        assert!(
            matters(&file)
                && !matters(Path::new(".nlu.yml.swp"))
                && !matters(Path::new("models/a.tar.gz"))
        );
    }
}
