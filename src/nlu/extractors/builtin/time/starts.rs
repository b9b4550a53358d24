//! Words that a phrase of time may begin with; all others are passed over at once.

use std::{collections::HashSet, sync::LazyLock};

use super::{
    holiday,
    tokens::{Kind, Reader},
    words,
};

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

/// Words of many other phrases, too: the word behind has to belong to a time.
const LEADS: [&str; 10] = [
    "a", "about", "around", "at", "by", "for", "from", "in", "on", "the",
];

/// Words that may stand behind one of these and begin no phrase.
const BEHIND: [&str; 14] = [
    "close",
    "cob",
    "eod",
    "eow",
    "fortnight",
    "hundred",
    "ides",
    "moment",
    "pair",
    "school",
    "h",
    "wkend",
    "work",
    "weekend",
];

fn is_known(reader: Reader<'_>, at: usize) -> bool {
    match reader.kind(at) {
        Some(Kind::Word) => STARTS.contains(reader.stem(at)) || STARTS.contains(reader.text(at)),
        Some(Kind::Number) => true,
        _ => reader.is(at, "@"),
    }
}

/// Tells whether a phrase of time may begin at a token.
pub(super) fn at(reader: Reader<'_>, at: usize) -> bool {
    is_known(reader, at)
        && (!LEADS.contains(&reader.text(at))
            || is_known(reader, at + 1)
            || words::unit(reader, at + 1).is_some()
            || BEHIND.contains(&reader.text(at + 1)))
}
