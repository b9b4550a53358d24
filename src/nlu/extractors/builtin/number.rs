//! Numbers in digits and in English words.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

/// A number in digits, with whatever may stand between them.
pub(super) const DIGITS: &str = r"[0-9](?:[0-9.,']*[0-9])?";
/// A number in digits with blanks between its thousands.
pub(super) const SPACED: &str = r"[0-9]{1,3}(?:[ \u{a0}\u{202f}][0-9]{3})+(?:[.,][0-9]{1,2})?\b";

const SMALL: &str = r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine)\b)?|zero|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|one|two|three|four|five|six|seven|eight|nine)\b";
const UNITS: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen";
const LARGE: [&str; 8] = [
    "hundred", "thousand", "million", "billion", "lakh", "lac", "lkh", "crore",
];
const ORDINALS: [&str; 9] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
];
const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";

/// Returns the expression of a number in words.
pub(super) fn words() -> String {
    let hundreds = format!(r"(?:(?:{SMALL}|an?) hundred\b(?: (?:and )?{SMALL})?|{SMALL})");
    let large =
        r"(?:thousands?|millions?|billions?|lakhs?|lacs?|lkhs?|crores?|krores?|crs?|koti)\b";
    let digits = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b";
    let point = format!(r"{hundreds} point (?:{digits}(?: {digits})*|[0-9]+\b)(?: {large})?");
    format!(
        r"(?:{point}|(?:{hundreds}|a) {large}(?:,? (?:and )?{hundreds} {large})*(?:,? (?:and )?{hundreds})?|(?:{hundreds}|a) dozens?\b|{hundreds})"
    )
}

/// Returns the expression of a number in digits, perhaps with a power of ten, or in words.
pub(super) fn any() -> String {
    format!(
        r"(?:[0-9]+ point [0-9]+\b|{DIGITS}(?: ?(?:hundred|thousands?|millions?|billions?|dozens?|lakhs?|lacs?|lkhs?|crores?|krores?|crs?|koti|k|bn)\b)?|{})",
        words()
    )
}

/// Returns a number that was written with blanks between its thousands as one without.
pub(super) fn joined(text: &str) -> String {
    text.replace([' ', '\u{a0}', '\u{202f}'], "")
        .replace(',', ".")
}

fn power(word: &str) -> Option<f64> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "dozen" => 12.0,
        "hundred" => 1e2,
        "thousand" | "k" => 1e3,
        "million" => 1e6,
        "billion" | "bn" => 1e9,
        "lakh" | "lac" | "lkh" => 1e5,
        "crore" | "krore" | "cr" | "koti" => 1e7,
        _ => return None,
    })
}

/// Reads digits; `1,000.5`, `1.000.000,5`, `1'000` and `3,5` are all understood.
///
/// One dot before three digits is a decimal point, except in an amount of money.
pub(super) fn digits(text: &str, money: bool) -> Option<f64> {
    static GROUPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?",
            r"|[0-9]{1,3}(?:'[0-9]{3})+(?:[.,][0-9]+)?)$"
        ))
        .ok()
    });
    static GROUPED_BY_DOTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}(?:,[0-9]+)?|\.[0-9]{3}(?P<one>,[0-9]+)?)$")
            .ok()
    });
    if GROUPED.as_ref()?.is_match(text) {
        let last = text.rfind(['.', ',', '\'']).unwrap_or(0);
        let fraction = text.contains('\'') && text.get(last..)?.starts_with(',');
        let plain = if fraction {
            text.replace('\'', "").replace(',', ".")
        } else {
            text.replace([',', '\''], "")
        };
        return plain.parse().ok();
    }
    if let Some(found) = GROUPED_BY_DOTS.as_ref()?.captures(text) {
        let one = text.matches('.').count() == 1 && found.name("one").is_none();
        if money || !one {
            return text.replace('.', "").replace(',', ".").parse().ok();
        }
    }
    let separators = text.matches(['.', ',', '\'']).count();
    if separators > 1 || text.contains('\'') {
        return None;
    }
    text.replace(',', ".").parse().ok()
}

/// Reads `1.2M` and `3G`; in small letters they are metres and grams.
fn capital(text: &str) -> Option<f64> {
    let millions = text.strip_suffix('M').map(|number| (number, 1e6));
    let (number, factor) = millions.or(text.strip_suffix('G').map(|number| (number, 1e9)))?;
    let value =
        digits(number, false).filter(|_| number.starts_with(|c: char| c.is_ascii_digit()))?;
    Some((value * factor * 1e6).round() / 1e6)
}

/// Reads a number in digits or words.
pub(super) fn read(text: &str, money: bool) -> Option<f64> {
    let text = text.to_lowercase();
    if let Some((whole, rest)) = text.split_once(" point ") {
        return fraction(whole, rest, money);
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        let end = text
            .find(|c: char| c.is_ascii_alphabetic() || c == ' ')
            .unwrap_or(text.len());
        let (number, word) = text.split_at(end);
        if let Some(exponent) = word.strip_prefix('e') {
            let is_whole = exponent.len() < 4 && exponent.parse::<i16>().is_ok();
            let value = text.parse::<f64>().ok();
            return value.filter(|value| is_whole && value.is_finite());
        }
        let factor = match word.trim() {
            "" => 1.0,
            // Else they are metres or minutes.
            "m" if money => 1e6,
            word => power(word)?,
        };
        // Half a cent is not lost: `1.1 million` is no 1100000.0000000001.
        return Some((digits(number, money)? * factor * 1e6).round() / 1e6);
    }
    let place = |list: &str, word: &str| list.split(' ').position(|known| known == word);
    let (mut sum, mut part) = (0.0, 0.0);
    for word in text.split([' ', '-', ',']) {
        if matches!(word, "" | "and") {
        } else if matches!(word, "a" | "an") {
            part = 1.0;
        } else if let Some(power) = power(word) {
            part *= power;
            if power >= 1e3 {
                sum += part;
                part = 0.0;
            }
        } else if let Some(unit) = place(UNITS, word) {
            part += unit as f64;
        } else {
            part += 20.0 + 10.0 * place(TENS, word)? as f64;
        }
    }
    Some(sum + part)
}

/// Reads what stands before and after `point`, digit by digit, and a power of ten behind.
fn fraction(whole: &str, rest: &str, money: bool) -> Option<f64> {
    let mut written = format!("{}.", read(whole, money)?);
    let mut factor = 1.0;
    for word in rest.split(' ') {
        let digit = UNITS.split(' ').take(10).position(|known| known == word);
        match digit {
            Some(digit) => written.push_str(&digit.to_string()),
            None if word == "oh" => written.push('0'),
            None if word.bytes().all(|byte| byte.is_ascii_digit()) => written.push_str(word),
            None => factor = power(word)?,
        }
    }
    let value: f64 = written.parse().ok()?;
    Some((value * factor * 1e6).round() / 1e6)
}

/// Returns a number as JSON: whole ones without a fraction.
pub(super) fn json(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

/// Returns the numbers of a text: whole words only, so that no part of a version, an address or a date is one.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, f64)> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(
            r"(?i)(?P<minus>\b(?:minus|negative) |-)?(?P<all>[0-9]{{4}}(?: [0-9]{{4}}){{2,}}(?: [0-9]{{1,3}}\b)?|(?P<spaced>[0-9]{{1,3}}(?:[ \u{{a0}}\u{{202f}}][0-9]{{3}})+[.,][0-9]{{1,2}}\b|[0-9]{{1,3}}(?:[ \u{{a0}}\u{{202f}}][0-9]{{3}}){{2,}}\b|[0-9]{{1,3}}[ \u{{a0}}\u{{202f}}]000\b)|[0-9]+ point [0-9]+\b|\.[0-9]+\b|[0-9][\w.,:/'’-]*(?: (?:hundred|thousands?|millions?|billions?|dozens?|lakhs?|lacs?|lkhs?|crores?|krores?|crs?|koti)\b)?|\b{})",
            words()
        ))
        .ok()
    });
    let Some(expression) = NUMBER.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(captures) = expression.captures_at(text, at) {
        let (Some(whole), Some(all)) = (captures.get(0), captures.name("all")) else {
            break;
        };
        let mut number = all
            .as_str()
            .trim_end_matches(['.', ',', ':', '/', '\'', '’', '-']);
        let next = text.get(all.end()..).unwrap_or("");
        let next = next.trim_start_matches([' ', '-']);
        let follows = |word: &&str| {
            let start = next.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        let larger = LARGE.iter().any(&follows);
        // In `one hundred and two hundred` the first number ends before the `and`.
        if larger {
            number = number
                .rfind(" and ")
                .and_then(|end| number.get(..end))
                .unwrap_or(number);
        }
        let end = all.start() + number.len();
        at = end.max(whole.start() + 1);
        if end < all.end() && !larger {
            at = all.end();
        }
        let before = text.get(..whole.start()).unwrap_or("").chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_.,:/'@+-".contains(c)) {
            continue;
        }
        let groups = number.bytes().all(|c| c.is_ascii_digit() || c == b' ');
        let compact = if captures.name("spaced").is_some() {
            joined(number)
        } else {
            number.to_owned()
        };
        // What stands behind `point` is no whole number.
        let head = text.get(..whole.start()).unwrap_or("").as_bytes();
        let tail = head.get(head.len().saturating_sub(6)..).unwrap_or(&[]);
        if tail.eq_ignore_ascii_case(b"point ") {
            continue;
        }
        // A card number, written in fours.
        if groups && number.len() > 4 && number.find(' ') == Some(4) {
            continue;
        }
        if let Some(value) = capital(&compact).or_else(|| read(&compact, false)) {
            // `twenty-first` is no twenty.
            let tens = value >= 20.0 && value % 10.0 == 0.0;
            if tens && ORDINALS.iter().any(follows) {
                continue;
            }
            let minus = captures.name("minus").is_some();
            found.push((whole.start()..end, if minus { -value } else { value }));
        }
    }
    found
}
