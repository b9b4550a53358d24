//! Files as text; the first byte that is none is told with its line.

use std::path::Path;

use super::problem;
use crate::{
    diagnostic::{Diagnostic, Origin, Sources},
    files::{self, Problem},
    text::{Span, line_start},
};

/// Reads a file as text; what is not UTF-8 is noted under its `name` and gives none.
pub(super) fn read(
    path: &Path,
    name: &str,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<String>, Problem> {
    match decode(
        files::read_limited(path, files::PROJECT_LIMIT)?,
        name,
        sources,
    ) {
        Ok(text) => Ok(Some(text)),
        Err(finding) => {
            findings.push(finding);
            Ok(None)
        }
    }
}

/// Returns the text of a file of that `name`, or where it stops being UTF-8.
pub(super) fn decode(
    bytes: Vec<u8>,
    name: &str,
    sources: &mut Sources,
) -> Result<String, Diagnostic> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        // Up to there both are the same.
        let head = text.get(..valid).unwrap_or_default();
        let (start, line) = (line_start(head, valid), head.matches('\n').count() + 1);
        let source = sources.add(name, text.as_ref());
        problem::not_utf8(Origin::new(source, Span::new(start, valid)), line)
    })
}
