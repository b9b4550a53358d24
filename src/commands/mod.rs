//! One file for each subcommand: `run(Request, &mut Context) -> Result<ExitStatus>`. Wires the layers, holds no logic.

mod context;
mod runner;

use context::stamps;
pub use context::{Context, Format, Github, Places};
use runner::{duckling_url, runner};

pub mod convert;
pub mod embed;
pub mod explain;
pub mod format;
pub mod init;
pub mod migrate;
pub mod models;
pub mod parse;
pub mod shell;
pub mod split;
pub mod test;
pub mod train;
pub mod validate;
pub mod visualize;

use crate::{
    console::Console,
    diagnostic::{Diagnostic, Severity, Sources},
    report,
};

/// Prints findings in the form that was asked for: pictures for people, else one line or JSON object each.
pub fn show_findings(context: &mut Context, findings: &[Diagnostic]) {
    let Context {
        console,
        sources,
        format,
        ..
    } = context;
    show_with(console, sources, *format, findings);
}

/// As [`show_findings`], while the rest of the context is in use.
fn show_with(console: &mut Console, sources: &Sources, format: Format, findings: &[Diagnostic]) {
    match format {
        Format::Github => {
            for finding in findings {
                let line = report::diagnostic::github(sources, finding);
                // What cannot be written now cannot be written in the end either, where it is told.
                let _ = console.result(line);
            }
        }
        Format::Concise => {
            let mut findings = findings.to_vec();
            sort(&mut findings);
            for finding in &findings {
                let line = report::diagnostic::concise(sources, finding);
                console.message(line);
            }
        }
        _ => report::diagnostic::print(console, sources, findings),
    }
}

/// Sorts findings by file and place; those without a place come last.
pub fn sort(findings: &mut [Diagnostic]) {
    findings.sort_by_key(|finding| (finding.origin().is_none(), finding.origin()));
}

/// Tells whether some finding is an error.
pub fn has_errors(findings: &[Diagnostic]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}
