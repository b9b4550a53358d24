//! Amounts of money: a number beside a currency, with cents, as an interval or with one end open.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};
use serde_json::{Value, json};

use super::{currency, number};

/// Bytes of a text that are looked at before an amount.
const NEAR: usize = 64;

struct Expressions {
    amount: Regex,
    /// Before an amount whose currency is behind: the lower end of an interval.
    lower: Regex,
    /// Behind an amount whose currency is before: the upper end.
    upper: Regex,
    /// Between two amounts of one currency.
    between: Regex,
    /// Before an amount: a word that opens one of its ends.
    most: Regex,
    least: Regex,
    /// Before an amount: how exact it is.
    precision: Regex,
    /// At the end of a number: a power of ten.
    power: Regex,
    /// Before an amount of cents: the rest of it, unread.
    rest: Regex,
}

static EXPRESSIONS: LazyLock<Option<Expressions>> = LazyLock::new(|| {
    let (digits, spaced, any) = (number::DIGITS, number::SPACED, number::any());
    let (before, after) = (currency::before(), currency::after());
    let large = r"(?: ?(?:k|m|bn|thousand|million|billion|lakhs?|crores?)\b)?";
    let cents = r"(?:,?(?: and)? (?P<cents>[0-9]{1,2}|[a-z]+(?:-[a-z]+)?) ?(?:cents?|c|pence|p|sens?|kopiykas?|paise)\b)?";
    let new = |pattern: &str| Regex::new(&format!("(?i){pattern}")).ok();
    Some(Expressions {
        amount: new(&format!(
            r"(?P<minus>\b(?:minus|negative) |-)?(?:(?P<before>{before}) ?(?P<minus2>-)?(?:(?P<spaced>{spaced})|(?P<a>{digits}{large}))|(?:(?P<spaced2>{spaced})|(?P<b>{any})) ?(?P<after>{after})){cents}"
        ))?,
        lower: new(&format!(
            r"(?:\b(?:(?:between |from )(?P<a>{any}) (?:and|to|-|–) |(?P<b>{any}) to )|\b(?P<c>{any}) ?[-–] ?)$"
        ))?,
        upper: new(&format!(
            r"^(?: ?[-–] ?)(?P<a>{digits}{large})(?:[^0-9a-z./:-]|[.]?$|[.] )"
        ))?,
        between: new(r"^ ?(?:(?P<and>and)|to|-|–) ?$")?,
        most: new(r"\b(?:under|below|less than|lower than|(?:no|not) more than|at most|up to) $")?,
        least: new(r"\b(?:above|more than|at least|(?:no|not) less than) $")?,
        power: new(r"(?:k|m|bn|thousands?|millions?|billions?|lakhs?|crores?)$")?,
        rest: new(r"\ban? (?:dollar|buck|euro|pound) (?:and )?$")?,
        precision: new(r"\b(?:around|about|exactly|approximately|almost|nearly|roughly) $")?,
    })
});

/// An amount as it was found.
struct Amount {
    range: Range<usize>,
    /// The lower end of an interval.
    low: Option<f64>,
    value: f64,
    unit: String,
    /// Whether it is written with a power of ten, which may be meant of a number before, too.
    is_large: bool,
}

/// Returns the text before a place, as far as it is looked at.
fn near(text: &str, end: usize) -> &str {
    let mut from = end.saturating_sub(NEAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..end).unwrap_or_default()
}

/// Returns hundredths that are written as a number behind an amount.
fn hundredths(text: &str) -> Option<f64> {
    let cents = number::read(text, false)?;
    (cents.fract() == 0.0 && (0.0..100.0).contains(&cents)).then_some(cents / 100.0)
}

fn read(text: &str, found: &Captures<'_>, known: &Expressions) -> Option<Amount> {
    let all = found.get(0)?;
    let name = found.name("before").or_else(|| found.name("after"))?;
    let mut range = all.range();
    // A word that is no number of cents ends the amount before it.
    let unread = found
        .name("cents")
        .is_some_and(|cents| hundredths(cents.as_str()).is_none());
    if unread {
        let number = ["spaced", "a"].iter().find_map(|name| found.name(name));
        range.end = number.map_or(name.end(), |number| number.end().max(name.end()));
    }
    let minus = found.name("minus");
    // In `10-20 dollars` it is no sign.
    let is_dash = minus.is_some_and(|minus| {
        let before = text.get(..minus.start()).unwrap_or_default();
        minus.as_str() == "-" && before.ends_with(|c: char| c.is_ascii_digit())
    });
    if is_dash {
        range.start += 1;
    }
    let before = text.get(..range.start)?.chars().next_back();
    let after = text.get(range.end..)?.chars().next();
    let joined = |c: char| c.is_alphanumeric() || "_.,'/".contains(c);
    // Part of something longer, as `AB5 €` or `€5/6`.
    if before.is_some_and(joined) || after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let spaced = found.name("spaced").or_else(|| found.name("spaced2"));
    let written = found.name("a").or_else(|| found.name("b"));
    let mut value = if let Some(amount) = spaced {
        number::joined(amount.as_str()).parse().ok()?
    } else {
        number::read(written?.as_str(), true)?
    };
    let is_large = written.is_some_and(|number| known.power.is_match(number.as_str()));
    if let Some(cents) = found.name("cents") {
        value += hundredths(cents.as_str()).unwrap_or(0.0);
        value = (value * 1e6).round() / 1e6;
    }
    if minus.is_some() && !is_dash || found.name("minus2").is_some() {
        value = -value;
    }
    let unit = currency::unit(name.as_str());
    let amount = Amount {
        range,
        low: None,
        value,
        unit,
        is_large,
    };
    if found.name("after").is_some() {
        lower_end(text, amount, is_dash, known)
    } else {
        upper_end(text, amount, known)
    }
}

/// Takes in the number before, as in `between ten and twenty dollars` and `10-20 dollars`.
fn lower_end(text: &str, amount: Amount, is_dash: bool, known: &Expressions) -> Option<Amount> {
    let before = near(text, amount.range.start);
    let found = known.lower.captures(before);
    let number = found
        .as_ref()
        .and_then(|found| ["a", "b", "c"].iter().find_map(|name| found.name(name)));
    let (Some(found), Some(number)) = (&found, number) else {
        return (!is_dash).then_some(amount);
    };
    let shift = amount.range.start - before.len();
    let start = shift + found.get(0)?.start();
    let outer = text.get(..start)?.chars().next_back();
    let is_free = !outer.is_some_and(|c| c.is_alphanumeric() || "_.,'/:-–$€£".contains(c));
    // `7-9 million dollars` begins with seven or with seven million.
    if amount.is_large && !known.power.is_match(number.as_str()) {
        return None;
    }
    let low = number::read(number.as_str(), true).filter(|low| is_free && *low < amount.value);
    match low {
        Some(low) => Some(Amount {
            range: start..amount.range.end,
            low: Some(low),
            ..amount
        }),
        None => (!is_dash).then_some(amount),
    }
}

/// Takes in the number behind, as in `$10-20`.
fn upper_end(text: &str, amount: Amount, known: &Expressions) -> Option<Amount> {
    let after = text.get(amount.range.end..).unwrap_or_default();
    let number = known.upper.captures(after).and_then(|found| {
        let number = found.name("a")?;
        let high = number::read(number.as_str(), true)?;
        let is_clear = amount.is_large || !known.power.is_match(number.as_str());
        Some((is_clear.then_some(high), number.end()))
    });
    let amount = match number {
        Some((None, _)) => return None,
        Some((Some(high), end)) if high > amount.value => Amount {
            range: amount.range.start..amount.range.end + end,
            low: Some(amount.value),
            value: high,
            ..amount
        },
        _ => amount,
    };
    Some(amount)
}

/// Joins two amounts of one currency, as in `from 10 dollars to 20 dollars`.
fn join(text: &str, a: &Amount, b: &Amount, known: &Expressions) -> Option<Amount> {
    let gap = text.get(a.range.end..b.range.start)?;
    let found = known.between.captures(gap)?;
    let before = near(text, a.range.start).to_lowercase();
    let led = ["between ", "from "]
        .iter()
        .find(|word| before.ends_with(*word));
    let is_between = led.is_some_and(|word| word.starts_with('b'));
    let fits = is_between == found.name("and").is_some();
    let is_one = a.unit == b.unit && a.low.is_none() && b.low.is_none() && a.value < b.value;
    (fits && is_one).then(|| Amount {
        range: a.range.start - led.map_or(0, |word| word.len())..b.range.end,
        low: Some(a.value),
        value: b.value,
        unit: b.unit.clone(),
        is_large: b.is_large,
    })
}

/// Returns what Duckling says of an amount, with the words before that belong to it.
fn told(text: &str, amount: Amount, known: &Expressions) -> (Range<usize>, Value) {
    let Amount {
        range,
        low,
        value,
        unit,
        ..
    } = amount;
    let before = near(text, range.start);
    let led = |expression: &Regex| {
        let start = expression.find(before)?.start();
        Some(range.start - before.len() + start..range.end)
    };
    let side = |value| json!({"value": number::json(value), "unit": unit});
    if let Some(low) = low {
        let range = led(&known.precision).unwrap_or(range);
        return (
            range,
            json!({"type": "interval", "from": side(low), "to": side(value)}),
        );
    }
    // `no more than` is longer than `more than`.
    let (most, least) = (led(&known.most), led(&known.least));
    let key = match (&most, &least) {
        (Some(most), Some(least)) if least.start < most.start => "from",
        (Some(_), _) => "to",
        _ => "from",
    };
    let opened = if key == "to" { most } else { least };
    if let Some(range) = opened {
        let mut info = json!({"type": "interval"});
        if let Some(fields) = info.as_object_mut() {
            fields.insert(key.to_owned(), side(value));
        }
        return (range, info);
    }
    let range = led(&known.precision).unwrap_or(range);
    (
        range,
        json!({"value": number::json(value), "type": "value", "unit": unit}),
    )
}

/// Returns the amounts of money of a text.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Value)> {
    let Some(known) = EXPRESSIONS.as_ref() else {
        return Vec::new();
    };
    let mut amounts: Vec<Amount> = Vec::new();
    let mut at = 0;
    while let Some(found) = known.amount.captures_at(text, at) {
        let Some(all) = found.get(0) else { break };
        at = all.end().max(at + 1);
        let Some(amount) = read(text, &found, known) else {
            continue;
        };
        at = amount.range.end;
        if amount.unit == "cent" && known.rest.is_match(near(text, amount.range.start)) {
            continue;
        }
        let last = amounts.last();
        if let Some(both) = last.and_then(|last| join(text, last, &amount, known)) {
            amounts.pop();
            amounts.push(both);
        } else if last.is_none_or(|last| last.range.end <= amount.range.start) {
            amounts.push(amount);
        }
    }
    let told = |amount| told(text, amount, known);
    amounts.into_iter().map(told).collect()
}
