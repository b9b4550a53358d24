//! A mistake in a test story: as a finding at its line, and in one sentence.

use std::fmt::Write as _;

use super::visible;
use crate::{
    diagnostic::Diagnostic,
    eval::{
        nearest::Near,
        story::{Failure, Meant, Mistake},
    },
};

/// Adds to a label the words that decided.
fn because(label: String, words: &[(String, f64)]) -> String {
    if words.is_empty() {
        return label;
    }
    format!("{label}   ({})", shares(words))
}

/// Returns words with what each gave in log-odds.
pub(super) fn shares(words: &[(String, f64)]) -> String {
    let parts: Vec<String> = words
        .iter()
        .map(|(word, share)| format!("{word} {share:+.2}"))
        .collect();
    parts.join(", ")
}

/// Returns a training example with its intent and place.
pub(super) fn nearest_words(near: &Near) -> String {
    format!(
        "\"{}\" ({}, {})",
        visible(&near.text),
        near.intent,
        near.place
    )
}

/// Returns a text as a shell takes it for one word that means what it says.
pub(super) fn quoted(text: &str) -> String {
    let text = visible(text);
    if text.contains(['"', '$', '`', '\\', '!']) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    format!("\"{text}\"")
}

/// Returns the words that name a project to a command, with a blank before; none where its folder is the current one.
fn naming(project: Option<&str>) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    match project {
        Some(folder) if folder.chars().all(is_plain) => format!(" --project {folder}"),
        Some(folder) => format!(" --project {}", quoted(folder)),
        None => String::new(),
    }
}

/// Returns the command that holds one story again.
pub(super) fn again(story: &str, project: Option<&str>) -> String {
    let words = match story {
        // Alone they name a part of the tests.
        "nlu" | "core" => format!("core {}", quoted(story)),
        _ if story.starts_with('-') => format!("-- {}", quoted(story)),
        _ => quoted(story),
    };
    format!("bot test{} {words}", naming(project))
}

/// Returns the command that opens a story before one of its turns.
pub(super) fn replay(failure: &Failure, project: Option<&str>) -> String {
    let sign = if failure.story.starts_with('-') {
        '='
    } else {
        ' '
    };
    let (story, turn) = (quoted(&failure.story), failure.turn);
    format!(
        "bot shell{} --replay{sign}{story} --to {turn}",
        naming(project)
    )
}

/// Returns what failed, in one sentence.
pub(super) fn message(failure: &Failure) -> String {
    let Failure {
        story,
        turn,
        mistake,
        ..
    } = failure;
    match mistake {
        Mistake::Intent {
            expected, ranking, ..
        } => {
            let found = ranking.first().map_or("nothing", |(name, _)| name.as_str());
            format!("{story}: turn {turn} was understood as `{found}`, expected `{expected}`")
        }
        Mistake::Entity { expected, .. } => {
            format!("{story}: turn {turn} has no entity `{expected}`")
        }
        Mistake::SurplusEntity { found, .. } => {
            format!("{story}: turn {turn} has the entity `{found}`, which the test does not mark")
        }
        Mistake::Action {
            expected,
            found: Some(found),
            ..
        } => {
            format!("{story}: after turn {turn} the bot ran `{found}`, expected `{expected}`")
        }
        Mistake::Action {
            expected,
            found: None,
            ..
        } => {
            format!("{story}: after turn {turn} the bot listened, expected `{expected}`")
        }
        Mistake::Surplus { found, .. } => {
            format!("{story}: after turn {turn} the bot ran `{found}` too")
        }
        Mistake::Slot {
            name,
            expected,
            found,
        } => {
            format!("{story}: after turn {turn} the slot `{name}` is {found}, expected {expected}")
        }
    }
}

/// Returns a failed story as a finding at its line; `project` is its folder where commands have to name it.
pub fn failure(failure: &Failure, project: Option<&str>) -> Diagnostic {
    let (code, label, help) = match &failure.mistake {
        Mistake::Intent {
            expected,
            ranking,
            words,
            nearest,
            unknown,
            text,
        } => {
            let wanted = ranking.iter().skip(1).find(|(name, _)| name == expected);
            let second = wanted.or(ranking.get(1));
            let best: Vec<String> = ranking
                .iter()
                .take(1)
                .chain(second)
                .map(|(name, confidence)| format!("{name} {confidence:.2}"))
                .collect();
            let mut help = nearest
                .as_ref()
                .map(|near| format!("nearest training example: {}\n", nearest_words(near)))
                .unwrap_or_default();
            // Nothing is learnt from a payload.
            let is_payload = text.starts_with('/');
            if is_payload {
                help.clear();
            }
            let _ = match unknown {
                Some(Meant(Some(name))) => write!(
                    help,
                    "the model has no intent `{expected}`: did you mean `{name}`?"
                ),
                Some(Meant(None)) => write!(
                    help,
                    "the model has no intent `{expected}`: add examples of it and train again"
                ),
                _ if is_payload => write!(
                    help,
                    "the message names its intent itself: correct it, or `{expected}` in the test"
                ),
                None => write!(help, "add a similar message under `{expected}`"),
            };
            let _ = write!(help, "\nrun `{}` to look at it", replay(failure, project));
            ("test::intent", because(best.join(", "), words), help)
        }
        Mistake::Entity { found, .. } => {
            let found = if found.is_empty() {
                "none were found".to_owned()
            } else {
                format!("found: {}", found.join(", "))
            };
            (
                "test::entity",
                found,
                "add the value to a lookup table or a regex of that name".to_owned(),
            )
        }
        Mistake::SurplusEntity { found, marked, .. } => (
            "test::entity",
            format!("found: {found}"),
            format!("mark it in the test where it is right: {marked}"),
        ),
        Mistake::Action { found, why, .. } => (
            "test::action",
            found
                .as_ref()
                .map_or("the bot listened".to_owned(), |found| {
                    format!("the bot ran `{found}`")
                }),
            why.as_ref().map_or(
                "add a rule or a story that goes on like this".to_owned(),
                |why| format!("reason: {why}"),
            ),
        ),
        Mistake::Surplus { found, why } => (
            "test::action",
            format!("after this the bot ran `{found}`"),
            why.as_ref()
                .map_or("add the action to the test".to_owned(), |why| {
                    format!("reason: {why}")
                }),
        ),
        Mistake::Slot { found, .. } => (
            "test::slot",
            format!("it is {found}"),
            "check the slot's mappings".to_owned(),
        ),
    };
    Diagnostic::error(code, message(failure))
        .label(failure.origin, label)
        .help(help)
}
