//! Holidays of one date, in English.

use jiff::civil;
use regex::Captures;

use super::time::{Context, Piece, next_date, part};

/// Names, of which the first that fits counts, with month and day.
const HOLIDAYS: [(&str, i8, i8); 8] = [
    ("(?:christmas|xmas) eve", 12, 24),
    ("(?:christmas|xmas)(?: day)?", 12, 25),
    ("boxing day", 12, 26),
    ("new year['’]?s eve", 12, 31),
    ("new year['’]?s(?: day)?", 1, 1),
    ("(?:saint |st\\.? )?valentine['’]?s day", 2, 14),
    ("april fools?['’]?s? day", 4, 1),
    ("halloween", 10, 31),
];

/// Returns the expression of all of them; a wish is no time.
pub(super) fn pattern() -> String {
    let names = HOLIDAYS.iter().enumerate();
    let names: Vec<String> = names
        .map(|(at, (name, ..))| format!("(?P<day{at}>{name})"))
        .collect();
    let names = names.join("|");
    format!("(?P<wish>(?:happy|merry) )?(?:{names})(?:,? (?P<y>[0-9]{{4}}))?")
}

pub(super) fn read(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    if found.name("wish").is_some() {
        return None;
    }
    let known = |at: &usize| found.name(&format!("day{at}")).is_some();
    let (_, month, day) = HOLIDAYS.get((0..HOLIDAYS.len()).find(known)?)?;
    let date = match part(found, &["y"]) {
        Some(year) => civil::Date::new(year.parse().ok()?, *month, *day).ok(),
        None => next_date(context, *month, *day),
    };
    date.map(Piece::Day)
}
