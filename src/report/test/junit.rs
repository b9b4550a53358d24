//! `JUnit` XML, as the schema of Ant's `junit` task has it and every CI server reads it: a suite for the messages and
//! one for the conversations, a test case for each.
//!
//! A case fails where that is why the run does: a message understood otherwise only where a threshold is missed, one
//! that broke where too many did, a conversation not where it is known to. What went wrong there is told in the output
//! of the suite.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::{
    failure::{message, nearest_words, shares},
    misunderstood::{code, words},
    verdict,
};
use crate::eval::{compare::Change, message::Heard, run::TestReport, verdict::Of};

/// When and where a run was made: the schema asks for both.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// `2026-11-25T12:04:31`, without a zone.
    pub timestamp: String,
}

/// Returns the document.
pub fn document(report: &TestReport, run: &Run) -> String {
    let mut suites = Vec::new();
    let missed = |of: Of| report.missed.iter().any(|missed| missed.of == of);
    let all_count = missed(Of::Messages);
    let scope_counts = missed(Of::Refusals);
    let comparison = report.comparison.as_ref();
    let comparison = comparison.filter(|_| missed(Of::Regressions));
    if let Some(nlu) = &report.nlu {
        // The same message twice is two cases, which CI services tell apart by name alone.
        let mut names: FxHashMap<String, usize> = FxHashMap::default();
        let cases = nlu.messages.iter().enumerate().map(|(number, message)| {
            let broken = comparison.and_then(|comparison| comparison.messages_broken.get(&number));
            let is_of = |intent: &str| message.expected == intent || message.predicted == intent;
            let of_intent = report.missed.iter().any(|missed| match &missed.of {
                Of::Intent(intent) => is_of(intent),
                _ => false,
            });
            let strays = scope_counts && message.refused != message.is_outside();
            Case {
                class: message.place.file.clone(),
                name: unlike(&message.text, &mut names),
                counts: all_count || of_intent || strays || broken.is_some(),
                failure: misread(message, broken.map_or(&[], Vec::as_slice), strays),
            }
        });
        suites.push(("messages", cases.collect::<Vec<_>>()));
    }
    if let Some(stories) = &report.stories {
        // The ways of one story are cases of their own, which CI services tell apart by name alone.
        let mut names: FxHashMap<String, usize> = FxHashMap::default();
        let cases = stories.held.iter().map(|held| Case {
            class: held.place.file.clone(),
            name: unlike(&held.name, &mut names),
            counts: held
                .failure
                .as_ref()
                .is_some_and(|failure| report.excuse(failure).is_none()),
            failure: held.failure.as_ref().map(|failure| {
                let finding = super::failure(failure, report.project.as_deref());
                let label = finding
                    .labels
                    .first()
                    .map_or("", |label| label.text.as_str());
                let help = finding.help.clone().unwrap_or_default();
                Failure {
                    kind: finding.code,
                    message: message(failure),
                    text: format!(
                        "{}:{}\n{label}\n{help}",
                        failure.place.file, failure.place.line
                    ),
                }
            }),
        });
        suites.push(("stories", cases.collect()));
    }
    if !report.missed.is_empty() {
        let cases = report.missed.iter().map(|missed| Case {
            class: "thresholds".to_owned(),
            name: missed.flag.clone(),
            counts: true,
            failure: Some(Failure {
                kind: "threshold",
                message: missed.words(),
                text: missed.words(),
            }),
        });
        suites.push(("thresholds", cases.collect()));
    }
    if let Some(nothing) = &report.nothing {
        let case = Case {
            class: "bot test".to_owned(),
            name: "tests".to_owned(),
            counts: true,
            failure: Some(Failure {
                kind: "test::nothing",
                message: nothing.clone(),
                text: nothing.clone(),
            }),
        };
        suites.push(("tests", vec![case]));
    }
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (id, (name, cases)) in suites.iter().enumerate() {
        suite(&mut out, id, name, cases, report, run);
    }
    out.push_str("</testsuites>\n");
    out
}

/// Returns what was understood otherwise than the test says, or broke, if anything did; `strays` where it was refused
/// and is not to be, or the other way round.
fn misread(heard: &Heard, broken: &[Change], strays: bool) -> Option<Failure> {
    let found = heard.misunderstandings();
    if found.is_empty() && broken.is_empty() && !strays {
        return None;
    }
    let mut text = format!("{}:{}", heard.place.file, heard.place.line);
    for one in &found {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}", words(one));
    }
    for deciding in [&heard.words, &heard.answer_words] {
        if !deciding.is_empty() {
            let _ = write!(text, "\n{}", shares(deciding));
        }
    }
    if let Some(near) = &heard.nearest {
        let _ = write!(text, "\nnearest training example: {}", nearest_words(near));
    }
    let broken = broken.iter().map(Change::words);
    let stray = (strays && heard.refused).then(|| format!("refused, expected {}", heard.expected));
    let all = found.iter().map(words).chain(broken).chain(stray);
    let all: Vec<String> = all.collect();
    Some(Failure {
        kind: found.first().map_or("broken", code),
        message: all.join("; "),
        text,
    })
}

/// Returns a name unlike all before it, by a number where it was there before.
fn unlike(name: &str, seen: &mut FxHashMap<String, usize>) -> String {
    let times = seen.entry(name.to_owned()).or_default();
    *times += 1;
    if *times == 1 {
        name.to_owned()
    } else {
        format!("{name} ({times})")
    }
}

struct Case {
    class: String,
    name: String,
    /// Whether a failure is one of the run.
    counts: bool,
    failure: Option<Failure>,
}

struct Failure {
    kind: &'static str,
    message: String,
    text: String,
}

fn suite(out: &mut String, id: usize, name: &str, cases: &[Case], report: &TestReport, run: &Run) {
    let fails = |case: &&Case| case.counts && case.failure.is_some();
    let failures = cases.iter().filter(fails).count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "  <testsuite id=\"{id}\" package=\"bot\" name=\"{name}\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{:.3}\">\n    <properties/>",
        run.timestamp,
        cases.len(),
        report.seconds
    );
    for case in cases {
        let head = format!(
            "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
            escape(&case.class),
            escape(&case.name)
        );
        let _ = match &case.failure {
            None => writeln!(out, "{head}/>"),
            Some(_) if !case.counts => writeln!(out, "{head}/>"),
            Some(failure) => writeln!(
                out,
                "{head}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                escape(failure.kind),
                escape(&failure.message),
                escape(&failure.text)
            ),
        };
    }
    let mut said = verdict(report);
    let passed_over = cases.iter().filter(|case| !case.counts);
    for (case, failure) in passed_over.filter_map(|case| Some((case, case.failure.as_ref()?))) {
        let _ = write!(
            said,
            "\n\n{}: {}\n{}",
            case.name, failure.message, failure.text
        );
    }
    let _ = writeln!(
        out,
        "    <system-out>{}</system-out>\n    <system-err/>\n  </testsuite>",
        escape(&said)
    );
}

/// Returns a text as XML holds it; characters that XML cannot hold at all become a replacement.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c < ' ' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
