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
        "euro" | "euros" | "€" => "EUR".to_owned(),
        "pound" | "pounds" => "£".to_owned(),
        "cent" | "cents" => "cent".to_owned(),
        "rupee" | "rupees" | "₹" => "INR".to_owned(),
        "yen" | "￥" => "¥".to_owned(),
        other => other.to_uppercase(),
    }
}

/// Returns the amounts of money of a text.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Value)> {
    static MONEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let digits = number::DIGITS;
        Regex::new(&format!(
            r"(?i)(?P<minus>\bminus |-)?(?:(?P<before>us\$|[$€£¥￥₹]|\b(?:usd|eur|gbp|chf|jpy|inr)\b) ?(?P<minus2>-)?(?P<a>{digits}(?: ?(?:k|m|bn|thousand|million|billion)\b)?)|(?P<b>[0-9]{{1,3}}(?: [0-9]{{3}})+|{}) ?(?P<after>[€£¥￥₹$]|(?:us )?dollars?\b|euros?\b|pounds?\b|bucks?\b|rupees?\b|yen\b|cents?\b|(?:usd|eur|gbp|chf|jpy|inr)\b)(?: and (?P<cents>[0-9]{{1,2}}) cents?\b)?)",
            number::any()
        ))
        .ok()
    });
    let Some(expression) = MONEY.as_ref() else {
        return Vec::new();
    };
    let read = |found: regex::Captures<'_>| {
        let all = found.get(0)?;
        let amount = found.name("a").or_else(|| found.name("b"))?;
        let name = found.name("before").or_else(|| found.name("after"))?;
        let before = text.get(..all.start())?.chars().next_back();
        let after = text.get(all.end()..)?.chars().next();
        let joined = |c: char| c.is_alphanumeric() || "_.,'/".contains(c);
        // Part of something longer, as `AB5 €` or `€5/6`.
        if before.is_some_and(joined) || after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let grouped = amount
            .as_str()
            .bytes()
            .all(|c| c.is_ascii_digit() || c == b' ');
        let plain = if grouped {
            amount.as_str().replace(' ', "")
        } else {
            amount.as_str().to_owned()
        };
        let mut value = number::read(&plain, true)?;
        if let Some(cents) = found.name("cents") {
            value += cents.as_str().parse::<f64>().ok()? / 100.0;
        }
        if found.name("minus").or(found.name("minus2")).is_some() {
            value = -value;
        }
        let info =
            json!({"value": number::json(value), "type": "value", "unit": unit(name.as_str())});
        Some((all.range(), info))
    };
    expression.captures_iter(text).filter_map(read).collect()
}
