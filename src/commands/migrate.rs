//! `bot migrate`: a project of Rasa 2 becomes one of version 3.1; the old files are kept.

use serde_json::json;

use super::{Context, Format, Places};
use crate::{
    console::ExitStatus,
    diagnostic::{Diagnostic, Error, Result, count},
    files,
    project::{self, Migration},
};

/// Folder of the project that the old files go to.
const ORIGINALS: &str = "original";

/// What to migrate.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders in the place of the project's usual ones.
    pub places: Places,
    /// Only show what would change.
    pub diff: bool,
}

/// Migrates the project.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let paths = context.project_or_named(&request.places)?;
    let Migration { changes, rewritten } = project::migration(&paths, &mut context.sources)?;
    let originals = paths.root.join(ORIGINALS);
    if originals.exists() && !changes.is_empty() && !request.diff {
        let there = files::show(&originals);
        return Err(Error::cannot(
            Diagnostic::error(
                "migrate::in-the-way",
                format!("`{there}` is there already, and the old files would go there; nothing was written"),
            )
            .help("move it away"),
        ));
    }
    if !request.diff {
        let mut all = project::kept_originals(&changes, &paths, ORIGINALS);
        all.extend(changes.iter().cloned());
        project::apply(&all)?;
    }
    if context.format == Format::Json {
        let shown: Vec<&str> = changes.iter().map(|change| change.shown.as_str()).collect();
        let report = json!({
            "bot": env!("CARGO_PKG_VERSION"), "schema": 1,
            "files": shown, "rewritten": rewritten, "written": !request.diff,
        });
        context.console.result(report.to_string())?;
        return Ok(ExitStatus::Success);
    }
    for change in &changes {
        if request.diff {
            context.console.result(change.diff().trim_end())?;
        } else {
            context.console.say(format!("  {}", change.shown));
        }
    }
    for file in &rewritten {
        context.console.say(format!(
            "note: {file} could not be changed line by line; it is written anew, without its comments"
        ));
    }
    context.console.message(if changes.is_empty() {
        "Everything is of version 3.1 already".to_owned()
    } else if request.diff {
        format!("{} would change", count(changes.len(), "file"))
    } else {
        format!(
            "Migrated {} to version 3.1; the old ones are in {ORIGINALS}/. Next: bot validate",
            count(changes.len(), "file")
        )
    });
    Ok(ExitStatus::Success)
}
