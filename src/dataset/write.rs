//! Rows of cells to CSV.

use crate::diagnostic::{Diagnostic, Error, Result};

/// Returns rows as CSV, quoted where needed.
pub(super) fn rows<R: AsRef<[String]>>(rows: &[R]) -> Result<Vec<u8>> {
    let wrong = |error: String| {
        Error::from(Diagnostic::error(
            "csv::write",
            format!("the table cannot be written: {error}"),
        ))
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row.as_ref())
            .map_err(|error| wrong(error.to_string()))?;
    }
    writer
        .into_inner()
        .map_err(|error| wrong(error.to_string()))
}

/// Returns rows as the text of a CSV file.
pub fn write_rows(table: &[Vec<String>]) -> Result<String> {
    let bytes = rows(table)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
