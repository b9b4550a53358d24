//! GitLab's code quality report: findings that a merge request shows at their lines.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::fmt::Write as _;

use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{failure::message, misunderstood::code};
use crate::{
    diagnostic::{Place, Sources},
    eval::run::{Excuse, TestReport},
};

/// Returns the report: a list of findings.
pub fn report(report: &TestReport, sources: &Sources) -> Value {
    let mut found: Vec<Finding<'_>> = Vec::new();
    let mut add = |code, words, place, severity| {
        found.push(Finding {
            code,
            words,
            place,
            severity,
            again: 0,
        });
    };
    for failure in report.stories.iter().flat_map(|stories| &stories.failures) {
        let code = super::failure(failure, None).code;
        let severity = match report.excuse(failure) {
            Some(Excuse::Known) => "info",
            Some(Excuse::Allowed) => "minor",
            None => "major",
        };
        add(code, message(failure), &failure.place, severity);
    }
    let messages = report.nlu.iter().flat_map(|nlu| &nlu.messages);
    for (number, message) in messages.enumerate() {
        let comparison = report.comparison.as_ref();
        let broken = comparison.and_then(|comparison| comparison.messages_broken.get(&number));
        let severity = if broken.is_some() { "major" } else { "minor" };
        let found = message.misunderstandings();
        for change in broken.into_iter().flatten().filter(|_| found.is_empty()) {
            let words = format!(
                "\"{}\" was {}, now {}",
                message.text, change.before.0, change.now.0
            );
            add("broken", words, &message.place, severity);
        }
        for one in &found {
            // Without confidences, so that a finding stays the same one from model to model.
            let side = |found: &Option<String>| found.clone().unwrap_or("nothing".to_owned());
            let words = format!(
                "\"{}\": {} in the place of {}",
                message.text,
                side(&one.found),
                side(&one.expected)
            );
            add(code(one), words, &message.place, severity);
        }
    }
    let mut seen: FxHashMap<String, usize> = FxHashMap::default();
    for one in &mut found {
        one.again = *seen
            .entry(one.key())
            .and_modify(|times| *times += 1)
            .or_default();
    }
    found.iter().map(|one| one.json(sources)).collect()
}

/// Something to look at, at its line.
struct Finding<'a> {
    code: &'static str,
    words: String,
    place: &'a Place,
    severity: &'static str,
    /// How many of the same stand before it.
    again: usize,
}

impl Finding<'_> {
    /// Returns what makes it the one it is. The line is none of that, so that a finding that moves stays the same one.
    fn key(&self) -> String {
        [self.code, &self.place.file, &self.words].join("\0")
    }

    fn json(&self, sources: &Sources) -> Value {
        let hash = Sha256::new()
            .chain_update(self.key())
            .chain_update((self.again as u64).to_le_bytes());
        let mut fingerprint = String::new();
        for byte in hash.finalize().iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(fingerprint, "{byte:02x}");
        }
        let path = sources.in_repository(&self.place.file);
        json!({
            "description": self.words, "check_name": self.code, "fingerprint": fingerprint, "severity": self.severity,
            "location": {"path": path, "lines": {"begin": self.place.line.max(1)}},
        })
    }
}
