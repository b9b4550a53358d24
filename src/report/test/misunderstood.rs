//! Something of a message that was understood otherwise than the test says, in the words that all reports share.

use crate::eval::message::{Aspect, Misunderstanding};

/// Returns the code of the finding.
pub(super) fn code(one: &Misunderstanding) -> &'static str {
    match one.aspect {
        Aspect::Intent => "test::intent",
        Aspect::Answer => "test::answer",
        Aspect::Entity => "test::entity",
    }
}

/// Returns what was expected.
pub(super) fn expected(one: &Misunderstanding) -> &str {
    one.expected.as_deref().unwrap_or("nothing")
}

/// Returns what was found, with how surely.
pub(super) fn found(one: &Misunderstanding) -> String {
    let found = one.found.as_deref().unwrap_or("nothing");
    match one.confidence.filter(|_| one.found.is_some()) {
        Some(sure) => format!("{found} {sure:.2}"),
        None => found.to_owned(),
    }
}

/// Returns both in one clause.
pub(super) fn words(one: &Misunderstanding) -> String {
    let verb = match one.aspect {
        Aspect::Intent => "understood as",
        Aspect::Answer => "answered by",
        Aspect::Entity => "found",
    };
    format!("{verb} {}, expected {}", found(one), expected(one))
}
