//! Markdown for the comment of a pull request, and for the step summary of GitHub.

use std::fmt::Write as _;

use super::{
    apart, failed,
    failure::message,
    luck,
    misunderstood::{expected, found},
    share as three, verdict,
};
use crate::{
    diagnostic::{Place, Sources, count},
    eval::{
        compare::{Change, Comparison, Part},
        coverage::{Coverage, Part as Touched},
        figures::Figures,
        nlu::NluReport,
        run::TestReport,
    },
};

/// Most rows of a table.
const ROWS: usize = 20;

/// Returns the comment. By its first line, which nobody sees, a workflow finds the one that it wrote before; it names
/// the folder in the repository, so that several bots of one have comments of their own.
pub fn comment(report: &TestReport, sources: &Sources) -> String {
    let folder = match sources.folder() {
        "" => String::new(),
        folder => format!(" {folder}"),
    };
    format!(
        "[//]: # (bot test{folder})\n\n{}",
        document(report, sources)
    )
}

/// Returns what the comment says, with files named from the top of the repository.
pub fn document(report: &TestReport, sources: &Sources) -> String {
    let mut out = String::new();
    let mark = if report.passed() { "✅" } else { "❌" };
    let word = if report.passed() { "passed" } else { "failed" };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "### {mark} `bot test` {word}: {}\n", head(report));
    for missed in &report.missed {
        let _ = writeln!(out, "- {}", with_code(&missed.words()));
    }
    if !report.missed.is_empty() {
        out.push('\n');
    }
    figures(&mut out, report);
    if let Some(comparison) = &report.comparison {
        compared(&mut out, comparison, sources);
    }
    if let Some(stories) = report.stories.as_ref().filter(|s| !s.failures.is_empty()) {
        let _ = writeln!(out, "\n| failed story | where |\n|---|---|");
        for failure in stories.failures.iter().take(ROWS) {
            let known = report.excuse(failure);
            let known = known.map_or(String::new(), |known| format!("{}: ", known.words()));
            let told = text(&message(failure));
            let place = within(&failure.place, sources);
            let _ = writeln!(out, "| {known}{told} | `{place}` |");
        }
        more(&mut out, stories.failures.len());
    }
    if let Some(nlu) = &report.nlu {
        misunderstood(&mut out, nlu, sources);
    }
    if let Some(coverage) = &report.coverage {
        untouched(&mut out, coverage);
    }
    out
}

fn misunderstood(out: &mut String, nlu: &NluReport, sources: &Sources) {
    let all: Vec<_> = nlu.misunderstandings().collect();
    if all.is_empty() {
        return;
    }
    let messages = nlu.messages.iter();
    let wrong = messages
        .filter(|message| !message.misunderstandings().is_empty())
        .count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "\n<details><summary>{} understood wrongly</summary>\n\n| message | expected | understood as | where |\n|---|---|---|---|",
        count(wrong, "message")
    );
    for (message, one) in all.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | `{}` |",
            text(&message.text),
            text(expected(one)),
            text(&found(one)),
            within(&message.place, sources)
        );
    }
    more(out, all.len());
    out.push_str("\n</details>\n");
}

/// Says what no test touches, by name.
fn untouched(out: &mut String, coverage: &Coverage) {
    let parts = coverage.parts.iter();
    let parts: Vec<_> = parts.filter(|part| !part.untouched.is_empty()).collect();
    if parts.is_empty() {
        return;
    }
    let left = |part: &&Touched| format!("{} of {} {}", part.untouched.len(), part.of, part.what);
    let heads: Vec<String> = parts.iter().map(left).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "\n<details><summary>Not tested: {}</summary>\n",
        heads.join(" · ")
    );
    for part in parts {
        let names = part.untouched.iter().take(ROWS);
        let mut names: Vec<String> = names.map(|(name, _)| text(name)).collect();
        if part.untouched.len() > ROWS {
            names.push(format!("and {} more", part.untouched.len() - ROWS));
        }
        let _ = writeln!(out, "- {}: {}", part.what, names.join(", "));
    }
    out.push_str("\n</details>\n");
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
        part.map(|part| three(part.right_before as f64 / part.shared as f64))
            .unwrap_or_default()
    };
    let comparison = report.comparison.as_ref();
    if let Some(nlu) = &report.nlu {
        let (low, high) = nlu.intervals.accuracy;
        let own = |figures: &Figures, interval: &str| {
            let macro_f1 = figures.macro_average.f1;
            format!(
                "{} | {} | {interval}",
                three(figures.accuracy),
                three(macro_f1)
            )
        };
        if nlu.intents.examples > 0 {
            row(
                "intents",
                (nlu.intents.right, nlu.intents.examples),
                own(&nlu.intents, &format!("{low:.3} – {high:.3}")),
                share(comparison.map(|comparison| &comparison.intents)),
            );
        }
        if let Some(outside) = &nlu.outside {
            row(
                "out of scope, refused",
                (outside.refused, outside.outside),
                format!("{:.3} | | ", outside.recall),
                String::new(),
            );
        }
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
                format!("{} | {} | ", three(recall), three(macro_f1)),
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
            format!("{} | |", three(stories.accuracy())),
            before.unwrap_or_default(),
        );
    }
}

fn compared(out: &mut String, comparison: &Comparison, sources: &Sources) {
    let chance = comparison.chance();
    let chance = chance.map_or(String::new(), |chance| {
        format!(" (chance of as much by luck {})", luck(chance))
    });
    let _ = writeln!(
        out,
        "\nCompared with `{}`: **{}**{chance}",
        comparison.name,
        comparison.verdict.word(),
    );
    let apart = apart(comparison);
    if !apart.is_empty() {
        let _ = writeln!(out, "\nNot compared: {apart}");
    }
    for (word, stories) in [
        ("broken", &comparison.stories_broken),
        ("fixed", &comparison.stories_fixed),
    ] {
        for (name, place) in stories.iter().take(ROWS) {
            let place = within(place, sources);
            let _ = writeln!(out, "\n- {word} story {} `{place}`", text(name));
        }
    }
    for (head, _, all) in comparison.lists() {
        changes(out, &head, all, sources);
    }
}

fn changes(out: &mut String, word: &str, changes: &[Change], sources: &Sources) {
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
            within(&change.place, sources)
        );
    }
    more(out, changes.len());
}

fn more(out: &mut String, all: usize) {
    if all > ROWS {
        let _ = writeln!(out, "\n… and {} more", all - ROWS);
    }
}

/// Returns a place by its file in the repository.
fn within(place: &Place, sources: &Sources) -> Place {
    Place {
        file: sources.in_repository(&place.file),
        ..place.clone()
    }
}

/// Returns the verdict without what the list below it tells.
fn head(report: &TestReport) -> String {
    if report.missed.is_empty() {
        return text(&verdict(report));
    }
    let missed = count(report.missed.len(), "threshold") + " missed";
    let reasons: Vec<String> = failed(report).into_iter().chain([missed]).collect();
    reasons.join(", ")
}

/// Returns a text whose parts between backticks are code.
fn with_code(words: &str) -> String {
    let parts = words.split('`').enumerate();
    let shown = parts.map(|(number, part)| match number % 2 {
        0 => text(part),
        _ => format!("`{part}`"),
    });
    shown.collect()
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
