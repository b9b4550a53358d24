//! Where the text of a message has something of a dimension, and what Duckling says of it.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};
use serde_json::{Value as Json, json};

use super::{DIMENSIONS, digits::Plain, money, number, phone, time};

static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\w.+%-]*[\w+%-]@[\w-]+(?:\.[\w-]+)*\.\w{2,}").ok());
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Without a scheme a domain is one by its path, or by an ending that nothing else has.
    Regex::new(concat!(
        r#"(?i)(?:\b[a-z][a-z0-9+.-]*://|\bwww\.)(?P<host>[^\s/?#"'<>()]+)[^\s"'<>]*"#,
        r#"|\b(?:[a-z0-9][a-z0-9-]*\.)+(?:com|org|net|edu|gov)(?:\.[a-z]{2})?\b(?::[0-9]+)?(?:[/?#][^\s"'<>]*)?"#,
        r#"|\b(?:[a-z][a-z0-9-]*\.)+[a-z]{2,}(?::[0-9]+)?/[^\s"'<>]*"#
    ))
    .ok()
});

/// Places of a text with what Duckling says of each.
type Found = Vec<(Range<usize>, Json)>;

/// Returns where the wanted dimensions are found, one after another, with what Duckling says of each place.
pub(super) fn all(
    text: &str,
    context: &time::Context<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<(&'static str, Found)> {
    let plain = Plain::new(text);
    let own = |found: Found| -> Found {
        let found = found.into_iter();
        found
            .map(|(range, info)| (plain.range(&range), info))
            .collect()
    };
    // What is no number because of the others is known only with all of them.
    let has_numbers = wanted("number");
    let is_needed = |name: &str| has_numbers || wanted(name);
    let others: Vec<(&'static str, Found)> = DIMENSIONS
        .iter()
        .filter(|name| **name != "number" && is_needed(name))
        .map(|name| {
            let found = match *name {
                "amount-of-money" => own(money::find(&plain.text)),
                "email" => emails(text),
                "url" => urls(text),
                "phone-number" => own(phones(&plain.text)),
                _ => own(time::find(&plain.text, context)),
            };
            (*name, found)
        })
        .collect();
    let mut all = Vec::new();
    if has_numbers {
        let found = number::find(&plain.text).into_iter();
        let found = found.map(|(range, value)| (plain.range(&range), value));
        all.push(("number", numbers(found.collect(), &others)));
    }
    all.extend(others.into_iter().filter(|(name, _)| wanted(name)));
    all
}

fn emails(text: &str) -> Found {
    let all = EMAIL.iter().flat_map(|known| known.find_iter(text));
    all.map(|found| (found.range(), json!({"value": found.as_str()})))
        .collect()
}

fn urls(text: &str) -> Found {
    let all = URL.iter().flat_map(|known| known.captures_iter(text));
    all.filter_map(|found| read_url(text, &found)).collect()
}

fn phones(text: &str) -> Found {
    let all = phone::find(text).into_iter();
    all.map(|(range, value)| (range, json!({"value": value})))
        .collect()
}

/// Returns the numbers that are no part of a date, a phone number or an address.
fn numbers(mut numbers: Vec<(Range<usize>, f64)>, others: &[(&'static str, Found)]) -> Found {
    let (amounts, taken): (Vec<_>, Vec<_>) = others
        .iter()
        .partition(|(name, _)| *name == "amount-of-money");
    let mut taken: Vec<_> = taken
        .into_iter()
        .flat_map(|(_, found)| found)
        .map(|(range, _)| range)
        .collect();
    taken.sort_by_key(|range| range.start);
    let mut taken = taken.into_iter().peekable();
    let mut amounts = amounts.into_iter().flat_map(|(_, found)| found).peekable();
    numbers.retain(|(range, value)| {
        while taken.next_if(|other| other.end <= range.start).is_some() {}
        while amounts
            .next_if(|(other, _)| other.end <= range.start)
            .is_some()
        {}
        // The three digits of `€ 1.500` are thousands only because it is money.
        let agrees = amounts.peek().is_none_or(|(other, info)| {
            let amount = info.get("value").and_then(Json::as_f64);
            let is_interval = info.get("value").is_none();
            range.end <= other.start || is_interval || amount.map(f64::abs) == Some(value.abs())
        });
        agrees && taken.peek().is_none_or(|other| range.end <= other.start)
    });
    let info = |value| json!({"value": number::json(value), "type": "value"});
    let numbers = numbers.into_iter();
    numbers.map(|(range, value)| (range, info(value))).collect()
}

fn read_url(whole: &str, found: &Captures<'_>) -> Option<(Range<usize>, Json)> {
    let all = found.get(0)?;
    let mut text = all
        .as_str()
        .trim_end_matches(['.', ',', ';', ':', '!', '?']);
    // A bracket is part of it only where it was opened in it.
    if text.ends_with(')') && !text.contains('(') {
        text = text.trim_end_matches(')');
    }
    let host = if let Some(host) = found.name("host") {
        host.as_str()
    } else {
        // The domain of an e-mail address is none, and neither is a part of a path.
        let before = whole.get(..all.start())?.chars().next_back();
        let after = whole.get(all.end()..)?.chars().next();
        if before.is_some_and(|c| "@./-".contains(c)) || after == Some('@') {
            return None;
        }
        text.split(['/', '?', '#', ':']).next().unwrap_or_default()
    };
    let host = host.trim_end_matches(['.', ',']);
    let domain = host.strip_prefix("www.").unwrap_or(host);
    Some((
        all.start()..all.start() + text.len(),
        json!({"value": text, "domain": domain.to_lowercase()}),
    ))
}
