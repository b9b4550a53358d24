//! Phone numbers: international ones, those that begin with a zero or a bracket, and North American ones.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

struct Expressions {
    run: Regex,
    american: Regex,
    date: Regex,
}

/// Country codes of two digits, by ranges; but for 1 and 7 all others have three (ITU-T E.164).
const TWO_DIGITS: [(u32, u32); 13] = [
    (20, 20),
    (27, 27),
    (30, 34),
    (36, 36),
    (39, 41),
    (43, 49),
    (51, 58),
    (60, 66),
    (81, 82),
    (84, 84),
    (86, 86),
    (90, 95),
    (98, 98),
];

/// Returns how many of an international number's digits are the country's.
fn country_code(digits: &str) -> usize {
    let first = |count: usize| digits.get(..count).and_then(|code| code.parse().ok());
    match first(1) {
        Some(1 | 7) => 1,
        _ => match first(2) {
            Some(code)
                if TWO_DIGITS
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&code)) =>
            {
                2
            }
            _ => 3,
        },
    }
}

/// Returns the phone numbers of a text as Duckling writes them: `(+1) 2125550199`, without a country code the digits.
///
/// Other digits are no phone's: an order, an amount and a date look the same.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, String)> {
    static EXPRESSIONS: LazyLock<Option<Expressions>> = LazyLock::new(|| {
        Some(Expressions {
            run: Regex::new(r"(?i)(?P<number>(?:\(\+[0-9]{1,3}\)[ .-]?|\+ ?)?\(?[0-9](?:[ ()./-]{0,2}[0-9])*)(?: ?(?:ext\.?|x) ?(?P<ext>[0-9]{1,6}))?").ok()?,
            american: Regex::new(r"^(?:1[ .-]?)?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}[ .-]?)[0-9]{3}[ .-]?[0-9]{4}$|^[2-9][0-9]{2}-[0-9]{4}$").ok()?,
            date: Regex::new(r"^(?:[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})(?:[^0-9]|$)").ok()?,
        })
    });
    let Some(known) = EXPRESSIONS.as_ref() else {
        return Vec::new();
    };
    let read = |found: regex::Captures<'_>| {
        let (all, number) = (found.get(0)?, found.name("number")?);
        let before = text.get(..all.start())?.chars().next_back();
        let mut after = text.get(all.end()..)?.chars();
        let next = after.next();
        let foreign = number.as_str().starts_with('+') || number.as_str().starts_with("(+");
        // `tel:+49…` is one, a port is none.
        let labelled = foreign && before == Some(':');
        if before.is_some_and(|c| !labelled && (c.is_alphanumeric() || "_.,/:@-+".contains(c)))
            || next.is_some_and(|c| c.is_alphanumeric() || "_:@".contains(c))
            || (next == Some(',') && after.next().is_some_and(|c| c.is_ascii_digit()))
        {
            return None;
        }
        let written = number.as_str();
        // The zero in brackets is dialled within the country only.
        let plain = if foreign {
            written.replacen("(0)", "", 1)
        } else {
            written.to_owned()
        };
        let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
        let local =
            written.starts_with('0') && !written.starts_with("0.") || written.starts_with("(0");
        if !(7..=15).contains(&digits.len())
            || known.date.is_match(written)
            || !(foreign || local || known.american.is_match(written))
        {
            return None;
        }
        let mut value = if foreign {
            let (country, rest) = digits.split_at(country_code(&digits).min(digits.len()));
            format!("(+{country}) {rest}")
        } else {
            digits
        };
        if let Some(ext) = found.name("ext") {
            value = format!("{value} ext {}", ext.as_str());
        }
        Some((all.range(), value))
    };
    known.run.captures_iter(text).filter_map(read).collect()
}
