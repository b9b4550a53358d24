//! `bot format`: YAML files in canonical form, comments kept.

use std::path::PathBuf;

use serde_json::json;

use super::{Context, Format, show_findings, sort};
use crate::{
    console::ExitStatus,
    diagnostic::{Diagnostic, Result, count},
    project::{self, Change, Formatted},
    report,
};

/// What to put into canonical form.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders; empty: all of the project.
    pub files: Vec<PathBuf>,
    /// Only say which files would change.
    pub check: bool,
    /// Only show what would change.
    pub diff: bool,
}

/// Formats the files, or says what formatting would do.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let files = if request.files.is_empty() {
        project::yaml_files_of(&context.project()?)?
    } else {
        request.files.clone()
    };
    let formatted = project::format(&files, &mut context.sources)?;
    let dry = request.check || request.diff;
    let changes: Vec<Change> = formatted
        .iter()
        .filter_map(|file| file.change.clone())
        .filter(Change::is_change)
        .collect();
    if !dry {
        project::apply(&changes)?;
    }
    let mut findings: Vec<Diagnostic> = formatted
        .iter()
        .flat_map(|file| file.findings.clone())
        .collect();
    sort(&mut findings);
    let broken = formatted.iter().filter(|file| file.is_broken()).count();
    if context.format == Format::Json {
        context
            .console
            .result(json(&formatted, request, &findings, context).to_string())?;
    } else {
        show(&formatted, &changes, request, &findings, context)?;
    }
    Ok(if broken > 0 || dry && !changes.is_empty() {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    })
}

fn show(
    formatted: &[Formatted],
    changes: &[Change],
    request: &Request,
    findings: &[Diagnostic],
    context: &mut Context,
) -> Result<()> {
    for change in changes {
        if request.diff {
            context.console.result(change.diff().trim_end())?;
        } else if request.check {
            context.console.result(&change.shown)?;
        } else {
            context.console.say(format!("  {}", change.shown));
        }
    }
    show_findings(context, findings);
    let left = formatted
        .iter()
        .filter(|file| file.change.is_none())
        .count();
    let mut parts = vec![
        if request.check || request.diff {
            format!("{} would change", count(changes.len(), "file"))
        } else {
            format!("{} formatted", count(changes.len(), "file"))
        },
        format!(
            "{} in canonical form",
            formatted.len() - changes.len() - left
        ),
    ];
    if left > 0 {
        parts.push(format!("{left} left alone"));
    }
    context.console.message(parts.join(", "));
    Ok(())
}

fn json(
    formatted: &[Formatted],
    request: &Request,
    findings: &[Diagnostic],
    context: &Context,
) -> serde_json::Value {
    let files: Vec<_> = formatted
        .iter()
        .map(|file| {
            let status = match &file.change {
                None if file.is_broken() => "broken",
                None => "left-alone",
                Some(change) if !change.is_change() => "unchanged",
                Some(_) if request.check || request.diff => "would-change",
                Some(_) => "formatted",
            };
            let mut entry = json!({"file": file.shown, "status": status});
            if request.diff
                && let Some(change) = file.change.as_ref().filter(|change| change.is_change())
                && let Some(entry) = entry.as_object_mut()
            {
                entry.insert("diff".into(), change.diff().into());
            }
            entry
        })
        .collect();
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| report::diagnostic::json(&context.sources, finding))
        .collect();
    json!({
        "bot": env!("CARGO_PKG_VERSION"), "schema": 1,
        "check": request.check || request.diff,
        "files": files,
        "findings": findings,
    })
}
