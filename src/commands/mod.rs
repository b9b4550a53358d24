//! One file for each subcommand: `run(Request, &mut Context) -> Result<ExitStatus>`. Wires the layers, holds no logic.

mod context;
mod runner;

use context::stamps;
pub use context::{Context, Format, Places};
use runner::{duckling_url, runner};

pub mod convert;
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

use crate::{
    diagnostic::{Diagnostic, Severity},
    report,
};

/// Prints findings in the form that was asked for: pictures for people, else one line or JSON object each.
pub fn show_findings(context: &mut Context, findings: &[Diagnostic]) {
    match context.format {
        Format::Github => {
            for finding in findings {
                let line = report::diagnostic::github(&context.sources, finding);
                // What cannot be written now cannot be written in the end either, where it is told.
                let _ = context.console.result(line);
            }
        }
        Format::Concise => {
            let mut findings = findings.to_vec();
            sort(&mut findings);
            for finding in &findings {
                let line = report::diagnostic::concise(&context.sources, finding);
                context.console.message(line);
            }
        }
        _ => report::diagnostic::print(&mut context.console, &context.sources, findings),
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
