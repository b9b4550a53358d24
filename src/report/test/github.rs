//! GitHub: annotations at the lines of a pull request.

use super::misunderstood::{code, words};
use crate::{
    diagnostic::{Diagnostic, Sources},
    eval::run::TestReport,
    report::diagnostic,
};

/// Most annotations of messages: GitHub shows ten of a step.
const SHOWN: usize = 10;

/// Returns an annotation for each regression, else for each thing understood wrongly, and for each missed threshold.
/// Conversations that fail are findings, and annotated as such.
pub fn annotations(report: &TestReport, sources: &Sources) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(comparison) = &report.comparison {
        let parts = comparison.parts();
        let broken = parts.iter().flat_map(|(_, part)| &part.broken);
        for change in broken.take(SHOWN) {
            lines.push(format!(
                "::warning file={},line={},title=bot (broken)::{}",
                property(&sources.in_repository(&change.place.file)),
                change.place.line,
                data(&format!("\"{}\" {}", change.text, change.words()))
            ));
        }
    } else if let Some(nlu) = &report.nlu {
        for (message, one) in nlu.misunderstandings().take(SHOWN) {
            let finding = Diagnostic::warning(code(&one), words(&one)).label(message.origin, "");
            lines.push(diagnostic::github(sources, &finding));
        }
    }
    let mut error = |title: &str, words: &str| {
        lines.push(format!("::error title=bot ({title})::{}", data(words)));
    };
    for missed in &report.missed {
        error("threshold", &missed.words());
    }
    if let Some(nothing) = &report.nothing {
        error("nothing to test", nothing);
    }
    lines
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
