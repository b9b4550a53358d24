//! The verdict in few lines: one for each mistake, one in the end.

use super::{
    failure::message,
    misunderstood::{expected, found},
    share, verdict, visible,
};
use crate::{
    console::Console,
    diagnostic::Result,
    eval::{
        lists,
        run::{Excuse, TestReport},
    },
};

/// Returns a line for each story that failed, where nobody has told them yet; for each thing understood wrongly, each
/// regression, and the verdict.
pub fn lines(report: &TestReport, with_stories: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let failures = report.stories.iter().flat_map(|stories| &stories.failures);
    for failure in failures.filter(|_| with_stories) {
        let known = match report.excuse(failure) {
            Some(Excuse::Known) => "known",
            Some(Excuse::Allowed) => "broken",
            None => "failed",
        };
        lines.push(format!(
            "{}:{}: {known}: {}",
            failure.place.file,
            failure.place.line,
            visible(&message(failure))
        ));
    }
    if let Some(nlu) = &report.nlu {
        for (heard, one) in nlu.misunderstandings() {
            lines.push(format!(
                "{}:{}: wrong: {} -> {}: {}",
                heard.place.file,
                heard.place.line,
                visible(expected(&one)),
                visible(&found(&one)),
                visible(&heard.text)
            ));
        }
        if nlu.intents.examples > 0 {
            let shaky = lists::shaky(&nlu.messages).len();
            lines.push(format!(
                "intents {}/{} accuracy {} macro-f1 {} ece {:.3} shaky {shaky}",
                nlu.intents.right,
                nlu.intents.examples,
                share(nlu.intents.accuracy),
                share(nlu.intents.macro_average.f1),
                nlu.ece
            ));
        }
        if let Some(outside) = &nlu.outside {
            lines.push(format!(
                "out-of-scope {}/{} refused f1 {}",
                outside.refused,
                outside.outside,
                share(outside.f1)
            ));
        }
        if let Some(entities) = &nlu.entities {
            lines.push(format!(
                "entities {}/{} f1 {}",
                entities.right,
                entities.expected,
                share(entities.micro.f1)
            ));
        }
    }
    if let Some(stories) = &report.stories {
        lines.push(format!("stories {}/{}", stories.passed, stories.total));
    }
    if let Some(comparison) = &report.comparison {
        let parts = comparison.parts();
        for change in parts.iter().flat_map(|(_, part)| &part.broken) {
            let (file, line) = (&change.place.file, change.place.line);
            lines.push(format!(
                "{file}:{line}: broken: {} -> {}: {}",
                change.before.0,
                change.now.0,
                visible(&change.text)
            ));
        }
        lines.push(format!(
            "compared with {}: {}, fixed {} broken {} changed {}",
            comparison.name,
            comparison.verdict.word(),
            comparison.mended(),
            comparison.regressions(),
            parts
                .iter()
                .map(|(_, part)| part.changed.len())
                .sum::<usize>()
        ));
    }
    let word = if report.passed() { "passed" } else { "failed" };
    lines.push(format!("{word}: {}", verdict(report)));
    lines
}

/// Prints them.
pub fn print(console: &mut Console, report: &TestReport) -> Result<()> {
    for line in lines(report, false) {
        console.result(line)?;
    }
    Ok(())
}
