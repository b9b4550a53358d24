//! Words that a phrase of time may begin with; all others are passed over at once.

use std::{collections::HashSet, sync::LazyLock};

use super::{holiday, words};

/// Words besides the names and numbers of the tables.
const WORDS: &str = "a about after afternoon afternoonish all an anytime approximately around as asap at before beginning \
    between bom by coming couple current day during early end eom eoy evening exactly few following for from half in just \
    last late lunch lunchtime mid midday middle midnight morning mornings next night nite noon now on past previous q \
    quarter rest right since sometime sometimes start the this through till tmrw today tomorrow tomorrows tonight tonite \
    until upcoming week within yesterday";

static STARTS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let fixed = WORDS.split_whitespace();
    fixed.chain(words::all()).chain(holiday::starts()).collect()
});

/// Tells whether a phrase of time may begin with a word.
pub(super) fn contains(word: &str) -> bool {
    STARTS.contains(word)
}
