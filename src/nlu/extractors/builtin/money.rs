//! Amounts of money: a number beside a currency.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;
use serde_json::{Value, json};

use super::number;

/// Returns the unit of a currency, as Duckling names it.
fn unit(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "$" | "dollar" | "dollars" | "buck" | "bucks" => "$".to_owned(),
        "us dollar" | "us dollars" | "us$" => "USD".to_owned(),
        "canadian dollar" | "canadian dollars" => "CAD".to_owned(),
        "australian dollar" | "australian dollars" => "AUD".to_owned(),
        "euro" | "euros" | "€" => "EUR".to_owned(),
        "pound" | "pounds" => "£".to_owned(),
        "cent" | "cents" | "¢" => "cent".to_owned(),
        "rupee" | "rupees" | "rs" | "rs." | "₹" => "INR".to_owned(),
        "riyal" | "riyals" => "riyal".to_owned(),
        "yuan" | "rmb" => "CNY".to_owned(),
        "yen" | "￥" => "¥".to_owned(),
        other => other.to_uppercase(),
    }
}

/// Codes of currencies that are no words of a language.
const CODES: &str = "usd|eur|gbp|chf|jpy|inr|cad|aud|cny|rmb|sgd|nzd|hkd|sek|nok|dkk|pln|brl|mxn|zar|krw|aed|sar|qar|kwd";

/// Returns where `between ten and`, `from 10 to` or `10 to` begins before an amount, with that number.
fn lower_end(text: &str, end: usize) -> Option<(usize, f64)> {
    static LOWER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let any = number::any();
        Regex::new(&format!(
            r"(?i)\b(?:(?:between |from )(?P<a>{any}) (?:and|to|-) |(?P<b>{any}) to )$"
        ))
        .ok()
    });
    let mut from = end.saturating_sub(64);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let found = LOWER.as_ref()?.captures(text.get(from..end)?)?;
    let number = found.name("a").or_else(|| found.name("b"))?;
    let start = from + found.get(0)?.start();
    Some((start, number::read(number.as_str(), true)?))
}

/// Returns the amounts of money of a text.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Value)> {
    static MONEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let (digits, spaced, any) = (number::DIGITS, number::SPACED, number::any());
        Regex::new(&format!(
            r"(?i)(?P<minus>\b(?:minus|negative) |-)?(?:(?P<before>us\$|[$€£¥￥₹]|\b(?:{CODES})|\brs\.?) ?(?P<minus2>-)?(?:(?P<spaced>{spaced})|(?P<a>{digits}(?: ?(?:k|m|bn|thousand|million|billion|lakhs?|crores?)\b)?))|(?:(?P<spaced2>{spaced})|(?P<b>{any})) ?(?P<after>[€£¥￥₹$¢]|(?:us |canadian |australian )?dollars?\b|euros?\b|pounds?\b|bucks?\b|rupees?\b|riyals?\b|yen\b|yuan\b|cents?\b|(?:{CODES})\b)(?:,?(?: and)? (?P<cents>[0-9]{{1,2}}) cents?\b)?)",
        ))
        .ok()
    });
    let Some(expression) = MONEY.as_ref() else {
        return Vec::new();
    };
    let read = |found: regex::Captures<'_>| {
        let all = found.get(0)?;
        let name = found.name("before").or_else(|| found.name("after"))?;
        let before = text.get(..all.start())?.chars().next_back();
        let after = text.get(all.end()..)?.chars().next();
        let joined = |c: char| c.is_alphanumeric() || "_.,'/".contains(c);
        // Part of something longer, as `AB5 €` or `€5/6`.
        if before.is_some_and(joined) || after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let spaced = found.name("spaced").or_else(|| found.name("spaced2"));
        let mut value = if let Some(amount) = spaced {
            number::joined(amount.as_str()).parse().ok()?
        } else {
            let amount = found.name("a").or_else(|| found.name("b"))?;
            number::read(amount.as_str(), true)?
        };
        if let Some(cents) = found.name("cents") {
            value += cents.as_str().parse::<f64>().ok()? / 100.0;
        }
        if found.name("minus").or(found.name("minus2")).is_some() {
            value = -value;
        }
        let unit = unit(name.as_str());
        if let Some((start, low)) = lower_end(text, all.start())
            && found.name("after").is_some()
        {
            let side = |value| json!({"value": number::json(value), "unit": unit});
            let one = json!({"type": "interval", "from": side(low), "to": side(value)});
            return Some((start..all.end(), one));
        }
        let info = json!({"value": number::json(value), "type": "value", "unit": unit});
        Some((all.range(), info))
    };
    expression.captures_iter(text).filter_map(read).collect()
}
