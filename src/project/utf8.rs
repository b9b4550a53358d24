//! Files as text; the first byte that is none is told with its line.

use std::path::Path;

use super::problem;
use crate::{
    diagnostic::{Diagnostic, Origin, Sources},
    files::{self, Problem},
    text::Span,
};

/// Reads a file as text; what is not UTF-8 is noted under its `name` and gives none.
pub(super) fn read(
    path: &Path,
    name: &str,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<String>, Problem> {
    let error = match String::from_utf8(files::read(path)?) {
        Ok(text) => return Ok(Some(text)),
        Err(error) => error,
    };
    let valid = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    // Up to there both are the same.
    let head = text.get(..valid).unwrap_or_default();
    let line = head.matches('\n').count() + 1;
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    let source = sources.add(name, text.as_str());
    findings.push(problem::not_utf8(
        Origin::new(source, Span::new(start, valid)),
        line,
    ));
    Ok(None)
}
