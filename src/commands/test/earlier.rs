//! What a run is compared with: another model, the JSON of an earlier run, or the project's baseline.

use std::path::{Path, PathBuf};

use super::{Request, measure};
use crate::{
    commands::Context,
    data::Assistant,
    diagnostic::{Diagnostic, Error, Result},
    eval::{
        baseline,
        compare::{Comparison, Earlier},
        run::{How, TestReport},
    },
    files,
    project::Paths,
    report::test::json,
};

/// Where a project keeps its baseline.
const BASELINE: &str = "tests/baseline.txt";

/// Returns what to compare with, if anything.
pub(super) fn find(
    request: &Request,
    paths: &Paths,
    project: Option<&Assistant>,
    report: &TestReport,
    context: &mut Context,
) -> Result<Option<Earlier>> {
    if let Some(path) = &request.compare {
        return compared(path, request, paths, project, report, context).map(Some);
    }
    if request.baseline.is_none() {
        return Ok(None);
    }
    let path = baseline_path(request, paths);
    if !path.exists() && request.update_baseline {
        return Ok(None);
    }
    if !path.exists() {
        return Err(no_baseline(request, &path));
    }
    read_file(&path, context).map(Some)
}

/// Refuses what cannot be compared with before any work.
pub(super) fn check(request: &Request, paths: &Paths, context: &mut Context) -> Result<()> {
    match &request.compare {
        Some(path) if path.components().count() > 1 && !path.exists() => {
            return Err(files::Problem::Missing(path.clone()).into());
        }
        Some(path) if path.is_file() && !is_archive(path)? => {
            read_file(path, context)?;
        }
        _ => {}
    }
    if request.baseline.is_some() {
        let path = baseline_path(request, paths);
        if path.exists() {
            read_file(&path, context)?;
        } else if !request.update_baseline {
            return Err(no_baseline(request, &path));
        }
    }
    Ok(())
}

fn no_baseline(request: &Request, path: &Path) -> Error {
    let shown = files::show(path);
    let flag = match request.baseline {
        Some(Some(_)) => format!(" --baseline {shown}"),
        _ => String::new(),
    };
    let what = format!("there is no baseline `{shown}` yet");
    Error::cannot(Diagnostic::error("test::no-baseline", what).help(format!(
        "`bot test{flag} --update-baseline` writes one: commit it"
    )))
}

/// Says that two runs have no test in common.
pub(super) fn of_other_tests(comparison: &Comparison) -> Error {
    let what = format!(
        "nothing that `{}` holds was tested in this run",
        comparison.name
    );
    Error::cannot(Diagnostic::error("test::cannot-compare", what).help(
        "compare with a run of the same tests: cross-validation with cross-validation, files with files of the same names",
    ))
}

fn compared(
    path: &Path,
    request: &Request,
    paths: &Paths,
    project: Option<&Assistant>,
    report: &TestReport,
    context: &mut Context,
) -> Result<Earlier> {
    if path.is_file() && !is_archive(path)? {
        return read_file(path, context);
    }
    if report.how != How::Files {
        return Err(Error::cannot(
            Diagnostic::error(
                "test::cannot-compare",
                "a model has learnt the very examples that are validated here",
            )
            .help("compare with the JSON of an earlier run: `--compare earlier.json`"),
        ));
    }
    let (nlu, stories) = measure::another(path, request, paths, project, context)?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let name = name.strip_suffix(".tar.gz").unwrap_or(&name).to_owned();
    Ok(Earlier::of(&name, nlu.as_ref(), stories.as_ref()))
}

/// Tells whether a file is a model, by its first bytes.
fn is_archive(path: &Path) -> Result<bool> {
    Ok(files::read(path)?.starts_with(&[0x1f, 0x8b]))
}

/// Reads a report or a baseline.
fn read_file(path: &Path, context: &mut Context) -> Result<Earlier> {
    let shown = files::show(path);
    let unreadable = |why: String| {
        Error::cannot(
            Diagnostic::error(
                "test::cannot-compare",
                format!("`{shown}` is nothing to compare with: {why}"),
            )
            .help("name a model, a report of `bot test --format json`, or a baseline"),
        )
    };
    let bytes = files::read(path)?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is no UTF-8".to_owned()))?;
    // Editors on Windows write one.
    let text = text.trim_start_matches('\u{feff}').to_owned();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if text.trim_start().starts_with('{') {
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        return json::read(&stem, &value)
            .ok_or_else(|| unreadable("it is no report of schema 1".to_owned()));
    }
    let is_head = |line: &str| line.starts_with("messages: ") || line.starts_with("stories: ");
    if !text.lines().any(is_head) {
        return Err(unreadable("it is neither".to_owned()));
    }
    match baseline::read(&stem, &text) {
        Ok(earlier) => Ok(earlier),
        Err((line, why)) => {
            let start = text.lines().take(line - 1).map(|line| line.len() + 1).sum();
            let end = start + text.lines().nth(line - 1).unwrap_or_default().len();
            let source = context.sources.add(shown, text);
            let at = crate::diagnostic::Origin::new(source, start..end);
            Err(Error::cannot(
                Diagnostic::error(
                    "test::bad-baseline",
                    format!("this is no line of a baseline: {why}"),
                )
                .label(at, "")
                .help("`bot test --update-baseline` writes the file anew"),
            ))
        }
    }
}

fn baseline_path(request: &Request, paths: &Paths) -> PathBuf {
    let named = request.baseline.clone().flatten();
    named.unwrap_or_else(|| paths.root.join(BASELINE))
}

/// Returns what a baseline holds that a run was not to test.
fn lost(earlier: &Earlier, request: &Request, report: &TestReport) -> Vec<&'static str> {
    let mut lost = Vec::new();
    if report.nlu.is_none() && !earlier.messages.is_empty() {
        lost.push("its messages");
    }
    let some = !request.names.is_empty();
    if (report.stories.is_none() || some) && !earlier.stories.is_empty() {
        lost.push("its stories");
    }
    lost
}

/// Writes the baseline of a run.
pub(super) fn write_baseline(
    request: &Request,
    paths: &Paths,
    report: &TestReport,
    context: &mut Context,
) -> Result<()> {
    let path = baseline_path(request, paths);
    if path.exists() && !request.force {
        let earlier = read_file(&path, context)?;
        let lost = lost(&earlier, request, report);
        if !lost.is_empty() {
            let what = format!(
                "this run is a part of what `{}` holds: {} would be lost",
                files::show(&path),
                lost.join(" and ")
            );
            return Err(Error::cannot(
                Diagnostic::error("test::partial-baseline", what).help(
                    "run everything that it holds, name another with `--baseline FILE`, or write it anew with `--force`",
                ),
            ));
        }
    }
    files::write(&path, baseline::write(report).as_bytes())?;
    context.console.say(format!("Wrote {}", files::show(&path)));
    Ok(())
}
