//! Where a verdict goes: stdout in one form, files in as many as wanted.

use std::path::{Path, PathBuf};

use super::Request;
use crate::{
    commands::{Context, Format},
    diagnostic::{Diagnostic, Error, Result, Severity, count},
    eval::run::TestReport,
    files,
    report::{
        diagnostic,
        test::{concise, failure, github, gitlab, html, human, json, junit, lines, markdown, rasa},
    },
};

/// Stories that failed, in Rasa's form.
const FAILED: &str = "failed_test_stories.yml";
/// Where Rasa's files go by default.
const RESULTS: &str = "results";

/// Form of a report that is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line for each mistake.
    Concise,
    /// One JSON document.
    Json,
    /// `JUnit` XML.
    Junit,
    /// GitHub's annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// Markdown for a comment.
    Markdown,
    /// One page with everything.
    Html,
}

/// Refuses to overwrite what nobody named, and to mix two documents on stdout, before any work.
pub(super) fn check_places(request: &Request, format: Format) -> Result<()> {
    let is_document = !matches!(format, Format::Human | Format::Github | Format::Concise);
    let on_stdout = request.reports.iter();
    let on_stdout = on_stdout
        .filter(|(_, path)| path.as_os_str() == "-")
        .count();
    if on_stdout + usize::from(is_document) > 1 {
        let help = "write all but one of them to files";
        let finding = Diagnostic::error("test::one-document", "stdout can hold one document only");
        return Err(Error::cannot(finding.help(help)));
    }
    let mut files = std::collections::BTreeSet::new();
    for (_, path) in &request.reports {
        if !files.insert(crate::files::absolute(path)) {
            let what = format!(
                "two reports would be written to {}",
                crate::files::show(path)
            );
            return Err(Error::cannot(
                Diagnostic::error("test::one-document", what)
                    .help("give each report a file of its own"),
            ));
        }
    }
    let Some(folder) = results(request) else {
        return Ok(());
    };
    let names: &[&str] = if request.rasa_results {
        &["intent_report.json", "story_report.json", FAILED]
    } else {
        &[FAILED]
    };
    let there = names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists());
    match there.filter(|_| !request.force) {
        Some(path) => {
            let what = format!("{} exists", files::show(&path));
            Err(Error::cannot(
                Diagnostic::error("file::exists", what).help("`--force` overwrites it"),
            ))
        }
        None => Ok(()),
    }
}

/// Returns the folder of result files, where any are wanted.
fn results(request: &Request) -> Option<PathBuf> {
    match &request.out {
        Some(out) => Some(out.clone()),
        None if request.rasa_results => Some(PathBuf::from(RESULTS)),
        None => None,
    }
}

fn this_run(context: &Context) -> junit::Run {
    junit::Run {
        timestamp: context.now().1.chars().take(19).collect(),
    }
}

/// Writes the reports of a run that had nothing to test, so that whoever reads them is not left with older ones; on
/// stdout nothing is told but the error.
pub(super) fn write_nothing(request: &Request, why: &str, context: &mut Context) -> Result<()> {
    let report = TestReport {
        nothing: Some(why.to_owned()),
        ..TestReport::default()
    };
    let run = this_run(context);
    write_reports(request, &report, &run, context)?;
    summary(&report, context)
}

fn write_reports(
    request: &Request,
    report: &TestReport,
    run: &junit::Run,
    context: &mut Context,
) -> Result<()> {
    for (kind, path) in &request.reports {
        save(path, &document(*kind, report, run, context), context)?;
    }
    Ok(())
}

/// Returns a report in one form, with the end of its last line.
fn document(kind: Kind, report: &TestReport, run: &junit::Run, context: &Context) -> String {
    match kind {
        Kind::Concise => concise::lines(report, true).join("\n") + "\n",
        Kind::Json => json::json(report).to_string() + "\n",
        Kind::Junit => junit::document(report, run),
        Kind::Github => annotations(report, context).join("\n") + "\n",
        Kind::Gitlab => gitlab::report(report, &context.sources).to_string() + "\n",
        Kind::Markdown => markdown::comment(report, &context.sources),
        Kind::Html => html::page(report),
    }
}

/// Writes the report wherever it is wanted.
pub(super) fn write(request: &Request, report: &TestReport, context: &mut Context) -> Result<()> {
    let run = this_run(context);
    if let Some(folder) = results(request) {
        let found = if request.rasa_results {
            rasa::files(report, request.rasa)
        } else {
            let stories = report.stories.iter();
            stories
                .map(|stories| (FAILED.to_owned(), rasa::failed(stories)))
                .collect()
        };
        if request.rasa_results {
            older(&folder, &found, context);
        }
        for (name, text) in found {
            save(&folder.join(name), &text, context)?;
        }
    }
    write_reports(request, report, &run, context)?;
    let tell = |kind, context: &mut Context| {
        let text = document(kind, report, &run, context);
        context.console.raw(text)
    };
    match context.format {
        Format::Json => tell(Kind::Json, context)?,
        Format::Junit => tell(Kind::Junit, context)?,
        Format::Gitlab => tell(Kind::Gitlab, context)?,
        Format::Markdown => tell(Kind::Markdown, context)?,
        Format::JsonLines => context.console.result(lines::report(report))?,
        Format::Concise => concise::print(&mut context.console, report)?,
        Format::Human | Format::Github => {
            human::print(&mut context.console, report)?;
            human::hint(&mut context.console, report);
        }
    }
    let is_github = context.format == Format::Github;
    if is_github || (context.github.is_some() && context.format == Format::Human) {
        for line in annotations(report, context) {
            context.console.result(line)?;
        }
    }
    summary(report, context)
}

/// Names the results of an earlier run that this one does not write anew: they would pass for its own.
fn older(folder: &Path, found: &[(String, String)], context: &mut Context) {
    let Ok(there) = std::fs::read_dir(folder) else {
        return;
    };
    let names = there.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut old: Vec<String> = names
        .filter(|name| rasa::ENDS.iter().any(|end| name.ends_with(end)))
        .filter(|name| found.iter().all(|(own, _)| own != name))
        .collect();
    if old.is_empty() {
        return;
    }
    old.sort();
    context.console.message(format!(
        "warning: {} still holds {} of an earlier run: {}",
        files::show(folder),
        count(old.len(), "file"),
        old.join(", ")
    ));
}

fn annotations(report: &TestReport, context: &Context) -> Vec<String> {
    let failures = report.stories.iter().flat_map(|stories| &stories.failures);
    failures
        .map(|one| {
            let mut finding = failure(one, report.project.as_deref());
            if let Some(excuse) = report.excuse(one) {
                finding.severity = Severity::Warning;
                finding.message = format!("{}: {}", excuse.words(), finding.message);
            }
            diagnostic::github(&context.sources, &finding)
        })
        .chain(github::annotations(report, &context.sources))
        .collect()
}

/// Adds the report to the summary of GitHub's step, where there is one.
fn summary(report: &TestReport, context: &Context) -> Result<()> {
    let Some(path) = context
        .github
        .as_ref()
        .and_then(|github| github.summary.as_ref())
    else {
        return Ok(());
    };
    let mut text = if path.exists() {
        String::from_utf8_lossy(&files::read(path)?).into_owned()
    } else {
        String::new()
    };
    text.push_str(&markdown::document(report, &context.sources));
    files::write(path, text.as_bytes())?;
    Ok(())
}

fn save(path: &Path, text: &str, context: &mut Context) -> Result<()> {
    if path.as_os_str() == "-" {
        return context.console.raw(text);
    }
    files::write(path, text.as_bytes())?;
    context.console.say(format!("Wrote {}", files::show(path)));
    Ok(())
}
