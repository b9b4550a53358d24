//! The verdict of `bot test`, in many forms: one file for each.

pub mod concise;
pub mod configs;
mod failure;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod lines;
pub mod lists;
pub mod markdown;
mod misunderstood;
pub mod rasa;
mod svg;
mod table;
mod told;

pub use failure::failure;
pub use told::misunderstood;

use crate::{
    diagnostic::count,
    eval::{
        compare::Comparison,
        run::{Excuse, How, TestReport},
        verdict::Missed,
    },
};

/// Returns the verdict in one sentence, without the time.
fn verdict(report: &TestReport) -> String {
    if report.passed() {
        return tested(report);
    }
    if let Some(nothing) = &report.nothing {
        return nothing.clone();
    }
    let missed = report.missed.iter().map(Missed::words);
    let reasons: Vec<String> = failed(report).into_iter().chain(missed).collect();
    reasons.join("; ")
}

/// Returns how many conversations failed that may not, where any did.
fn failed(report: &TestReport) -> Option<String> {
    let fatal = report.fatal().count();
    let stories = report.stories.as_ref().filter(|_| fatal > 0)?;
    Some(format!(
        "{fatal} of {}",
        count(stories.total, "conversation")
    ))
}

/// Returns a text in one line, without anything that a terminal would obey.
fn visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// Returns a name, or that there is none.
fn or_nothing(name: &str) -> &str {
    if name.is_empty() { "nothing" } else { name }
}

/// Returns a share with three digits, or as many as tell it from one: what is not all right must not read so.
fn share(value: f64) -> String {
    share_in(value, 3)
}

/// Returns a share with so many digits, or more.
fn share_in(value: f64, least: usize) -> String {
    let with = |digits: usize| format!("{value:.digits$}");
    let differs = |text: &String| value >= 1.0 || !text.starts_with('1');
    (least..9)
        .map(with)
        .find(differs)
        .unwrap_or_else(|| with(least))
}

/// Returns a chance in words.
fn luck(chance: f64) -> String {
    if chance < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{chance:.3}")
    }
}

/// Returns what only one of two runs tested.
fn apart(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    let (here, there) = comparison.stories_apart;
    for (what, here, there) in [
        ("message", comparison.added, comparison.removed),
        ("story", here, there),
    ] {
        if here + there > 0 {
            parts.push(format!(
                "{} only here, {there} only there",
                count(here, what)
            ));
        }
    }
    parts.join("; ")
}

/// Returns what was tested.
fn tested(report: &TestReport) -> String {
    let mut tested = Vec::new();
    if let Some(stories) = &report.stories {
        let excuses = stories.failures.iter();
        let excuses: Vec<Excuse> = excuses.filter_map(|one| report.excuse(one)).collect();
        let of = |wanted: Excuse| {
            let number = excuses.iter().filter(|excuse| **excuse == wanted).count();
            (number > 0).then(|| format!("{number} {}", wanted.words()))
        };
        let told = [Excuse::Known, Excuse::Allowed].into_iter().filter_map(of);
        let told: Vec<String> = told.collect();
        let told = match told.as_slice() {
            [] => String::new(),
            told => format!(" ({})", told.join(", ")),
        };
        tested.push(count(stories.total, "conversation") + &told);
    }
    if let Some(nlu) = &report.nlu {
        let messages = count(nlu.messages.len(), "message");
        tested.push(match report.how {
            How::Files => messages,
            How::CrossValidation { folds } => format!("{messages} in {folds} folds"),
            How::HoldOut { .. } => format!("{messages} held out"),
        });
    }
    tested.join(", ")
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn what_is_not_all_right_does_not_read_so() {
        let shares = [1.0, 0.9, 8_173.0 / 8_175.0, 0.999_999_9, 0.0].map(share);
        assert_eq!(shares, ["1.000", "0.900", "0.9998", "0.9999999", "0.000"]);
    }
}
