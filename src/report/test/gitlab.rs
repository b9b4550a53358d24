//! GitLab's code quality report: findings that a merge request shows at their lines.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::failure::message;
use crate::{
    diagnostic::Place,
    eval::{nlu::NluReport, run::TestReport},
};

/// Returns the report: a list of findings.
pub fn report(report: &TestReport) -> Value {
    let mut found: Vec<Value> = Vec::new();
    for failure in report.stories.iter().flat_map(|stories| &stories.failures) {
        let code = super::failure(failure).code;
        found.push(finding(code, &message(failure), &failure.place, "major"));
    }
    for error in report.nlu.iter().flat_map(NluReport::errors) {
        let words = format!(
            "\"{}\" is understood as {}, expected {}",
            error.text, error.predicted, error.expected
        );
        found.push(finding("test::intent", &words, &error.place, "minor"));
    }
    Value::Array(found)
}

/// The fingerprint leaves the line out, so that a finding that moves stays the same one.
fn finding(code: &str, words: &str, place: &Place, severity: &str) -> Value {
    let mut hash = Sha256::new();
    for part in [code, place.file.as_str(), words] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut fingerprint = String::new();
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(fingerprint, "{byte:02x}");
    }
    json!({
        "description": words, "check_name": code, "fingerprint": fingerprint, "severity": severity,
        "location": {"path": place.file, "lines": {"begin": place.line.max(1)}},
    })
}
