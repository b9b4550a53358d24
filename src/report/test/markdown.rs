//! Markdown for the comment of a pull request, and for the step summary of GitHub.

use std::fmt::Write as _;

use super::{failure::message, luck, verdict};
use crate::diagnostic::count;
use crate::eval::{
    compare::{Change, Comparison, Part},
    figures::Figures,
    run::TestReport,
};

/// Most rows of a table.
const ROWS: usize = 20;

/// Returns the comment.
pub fn document(report: &TestReport) -> String {
    let mut out = String::new();
    let mark = if report.passed() { "✅" } else { "❌" };
    let word = if report.passed() { "passed" } else { "failed" };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "### {mark} `bot test` {word}: {}\n",
        text(&verdict(report))
    );
    figures(&mut out, report);
    if let Some(comparison) = &report.comparison {
        compared(&mut out, comparison);
    }
    if let Some(stories) = report.stories.as_ref().filter(|s| !s.failures.is_empty()) {
        let _ = writeln!(out, "\n| failed story | where |\n|---|---|");
        for failure in stories.failures.iter().take(ROWS) {
            let _ = writeln!(out, "| {} | `{}` |", text(&message(failure)), failure.place);
        }
        more(&mut out, stories.failures.len());
    }
    if let Some(nlu) = report
        .nlu
        .as_ref()
        .filter(|nlu| nlu.errors().next().is_some())
    {
        let wrong = nlu.errors().count();
        let _ = writeln!(
            out,
            "\n<details><summary>{} understood wrongly</summary>\n\n| message | expected | understood as | where |\n|---|---|---|---|",
            count(wrong, "message")
        );
        for error in nlu.errors().take(ROWS) {
            let _ = writeln!(
                out,
                "| {} | {} | {} {:.2} | `{}` |",
                text(&error.text),
                text(&error.expected),
                text(&error.predicted),
                error.confidence,
                error.place
            );
        }
        more(&mut out, wrong);
        out.push_str("\n</details>\n");
    }
    if let Some(coverage) = &report.coverage {
        let left: Vec<String> = coverage
            .parts
            .iter()
            .filter(|part| !part.untouched.is_empty())
            .map(|part| format!("{} of {} {}", part.untouched.len(), part.of, part.what))
            .collect();
        if !left.is_empty() {
            let _ = writeln!(out, "\nNot tested: {}", left.join(" · "));
        }
    }
    out
}

fn figures(out: &mut String, report: &TestReport) {
    let has_before = report.comparison.is_some();
    let (head, rule) = if has_before {
        (" before |", "---:|")
    } else {
        ("", "")
    };
    let _ = writeln!(
        out,
        "| | right | of | accuracy | macro F1 | 95 % |{head}\n|---|---:|---:|---:|---:|---|{rule}"
    );
    let mut row = |name: &str, (right, of): (usize, usize), figures: String, before: String| {
        let before = if has_before {
            format!(" {before} |")
        } else {
            String::new()
        };
        let _ = writeln!(out, "| {name} | {right} | {of} | {figures} |{before}");
    };
    let share = |part: Option<&Part>| {
        let part = part.filter(|part| part.shared > 0);
        part.map(|part| format!("{:.3}", part.right_before as f64 / part.shared as f64))
            .unwrap_or_default()
    };
    let comparison = report.comparison.as_ref();
    if let Some(nlu) = &report.nlu {
        let (low, high) = nlu.intervals.accuracy;
        let own = |figures: &Figures, interval: &str| {
            let macro_f1 = figures.macro_average.f1;
            format!("{:.3} | {macro_f1:.3} | {interval}", figures.accuracy)
        };
        row(
            "intents",
            (nlu.intents.right, nlu.intents.examples),
            own(&nlu.intents, &format!("{low:.3} – {high:.3}")),
            share(comparison.map(|comparison| &comparison.intents)),
        );
        if let Some(selectors) = &nlu.selectors {
            row(
                "answers",
                (selectors.right, selectors.examples),
                own(selectors, ""),
                share(comparison.map(|comparison| &comparison.answers)),
            );
        }
        if let Some(entities) = &nlu.entities {
            let (recall, macro_f1) = (entities.micro.recall, entities.macro_average.f1);
            row(
                "entities",
                (entities.right, entities.expected),
                format!("{recall:.3} | {macro_f1:.3} | "),
                String::new(),
            );
        }
    }
    if let Some(stories) = &report.stories {
        let before = comparison
            .filter(|comparison| comparison.stories.0 > 0)
            .map(|comparison| format!("{}/{}", comparison.stories.1, comparison.stories.0));
        row(
            "stories",
            (stories.passed, stories.total),
            format!("{:.3} | |", stories.accuracy()),
            before.unwrap_or_default(),
        );
    }
}

fn compared(out: &mut String, comparison: &Comparison) {
    let _ = writeln!(
        out,
        "\nCompared with `{}`: **{}** (chance of as much by luck {})",
        comparison.name,
        comparison.verdict.word(),
        luck(comparison.intents.chance())
    );
    for (word, stories) in [
        ("broken", &comparison.stories_broken),
        ("fixed", &comparison.stories_fixed),
    ] {
        for (name, place) in stories.iter().take(ROWS) {
            let _ = writeln!(out, "\n- {word} story {} `{place}`", text(name));
        }
    }
    for (head, _, all) in comparison.lists() {
        changes(out, &head, all);
    }
}

fn changes(out: &mut String, word: &str, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n| {word} {} | expected | before | now | where |\n|---|---|---|---|---|",
        changes.len()
    );
    for change in changes.iter().take(ROWS) {
        let side = |(found, sure): &(String, Option<f64>)| {
            let sure = sure.map(|sure| format!(" {sure:.2}")).unwrap_or_default();
            format!("{}{sure}", text(found))
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | `{}` |",
            text(&change.text),
            text(&change.expected),
            side(&change.before),
            side(&change.now),
            change.place
        );
    }
    more(out, changes.len());
}

fn more(out: &mut String, all: usize) {
    if all > ROWS {
        let _ = writeln!(out, "\n… and {} more", all - ROWS);
    }
}

/// Returns a text that stays what it is in a cell of a table.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Nobody is called by a message that names somebody, and nothing is linked.
            '@' => out.push_str("@\u{200b}"),
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
