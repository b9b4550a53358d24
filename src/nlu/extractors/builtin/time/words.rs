//! Names and numbers that phrases of time are made of, in English.

use jiff::civil;

use super::{
    Grain,
    tokens::{Kind, Read, Reader},
};

const WEEKDAYS: [(&str, &[&str]); 7] = [
    ("monday", &["mon"]),
    ("tuesday", &["tue", "tues"]),
    ("wednesday", &["wed"]),
    ("thursday", &["thu", "thur", "thurs"]),
    ("friday", &["fri"]),
    ("saturday", &["sat"]),
    ("sunday", &["sun"]),
];

const MONTHS: [(&str, &[&str]); 12] = [
    ("january", &["jan"]),
    ("february", &["feb"]),
    ("march", &["mar"]),
    ("april", &["apr"]),
    ("may", &[]),
    ("june", &["jun"]),
    ("july", &["jul"]),
    ("august", &["aug"]),
    ("september", &["sep", "sept"]),
    ("october", &["oct"]),
    ("november", &["nov"]),
    ("december", &["dec"]),
];

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

const ORDINALS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

fn place(list: &[&str], word: &str) -> Option<i64> {
    let at = list.iter().position(|known| *known == word)?;
    i64::try_from(at).ok()
}

/// Finds a name, and tells whether it is written whole.
fn named(list: &[(&str, &[&str])], word: &str) -> Option<(i8, bool)> {
    (0_i8..).zip(list).find_map(|(at, (whole, short))| {
        let is_whole = *whole == word;
        (is_whole || short.contains(&word)).then_some((at, is_whole))
    })
}

/// The name of a day or month: its number from 0 on, and whether it was written whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) number: i8,
    pub(super) is_whole: bool,
}

/// Reads a name; a dot behind the short form of one belongs to it where something follows.
fn name(reader: Reader<'_>, at: usize, list: &[(&str, &[&str])]) -> Read<Name> {
    if reader.kind(at)? != Kind::Word {
        return None;
    }
    let (number, is_whole) = named(list, reader.stem(at))?;
    let has_dot = !is_whole && reader.glued(at + 1, &["."]);
    let goes_on =
        reader.kind(at + 2).is_some_and(|kind| kind != Kind::Sign) || reader.glued(at + 2, &[","]);
    let end = at + 1 + usize::from(has_dot && goes_on);
    Some((Name { number, is_whole }, end))
}

/// Reads the day of a week, from Monday on.
pub(super) fn weekday(reader: Reader<'_>, at: usize) -> Read<Name> {
    name(reader, at, &WEEKDAYS)
}

/// Reads a month; January is 0.
pub(super) fn month(reader: Reader<'_>, at: usize) -> Read<Name> {
    name(reader, at, &MONTHS)
}

/// Reads a number below a hundred in words.
pub(super) fn small(reader: Reader<'_>, at: usize) -> Read<i64> {
    let word = reader.text(at);
    if let Some(unit) = place(&UNITS, word) {
        return Some((unit, at + 1));
    }
    let tens = 10 * (place(&TENS, word)? + 2);
    let next = at + 1 + usize::from(reader.glued(at + 1, &["-"]));
    match place(&UNITS, reader.text(next)) {
        Some(unit @ 1..10) => Some((tens + unit, next + 1)),
        _ => Some((tens, at + 1)),
    }
}

/// Reads a whole number of at most so many digits, or one below a hundred in words.
pub(super) fn whole(reader: Reader<'_>, at: usize, most: usize) -> Read<i64> {
    let number = reader.number(at, most).map(|number| (number, at + 1));
    number.or_else(|| small(reader, at))
}

/// Reads a number of things: digits, or words up to `nine hundred and ninety nine`; none within a larger number.
pub(super) fn many(reader: Reader<'_>, at: usize) -> Read<i64> {
    let before = at.checked_sub(1).map_or("", |at| reader.text(at));
    if matches!(before, "hundred" | "thousand" | "million" | "point") {
        return None;
    }
    let (number, end) = whole(reader, at, 9)?;
    if !reader.is(end, "hundred") || !(1..10).contains(&number) {
        return Some((number, end));
    }
    let next = reader.skip(end + 1, &["and"]);
    match small(reader, next) {
        Some((rest, end)) => Some((number * 100 + rest, end)),
        None => Some((number * 100, end + 1)),
    }
}

/// Reads `3rd`, `third` or `twenty-first`.
pub(super) fn ordinal(reader: Reader<'_>, at: usize) -> Read<i64> {
    if let Some(number) = reader.number(at, 2) {
        let is_ordinal = reader.glued(at + 1, &["st", "nd", "rd", "th"]);
        return is_ordinal.then_some((number, at + 2));
    }
    if let Some(number) = place(&ORDINALS, reader.text(at)) {
        return Some((number + 1, at + 1));
    }
    let tens = match reader.text(at) {
        "twenty" => 20,
        "thirty" => 30,
        "thirtieth" => return Some((30, at + 1)),
        _ => return None,
    };
    let next = at + 1 + usize::from(reader.glued(at + 1, &["-"]));
    let unit = place(&ORDINALS, reader.text(next)).filter(|unit| *unit < 9)?;
    Some((tens + unit + 1, next + 1))
}

/// Reads a year: four digits, `two thousand (and) ten` or `'15`.
pub(super) fn year(reader: Reader<'_>, at: usize) -> Read<i16> {
    if let Some(number) = reader.number(at, 4) {
        let is_year = reader.text(at).len() == 4 && (1000..=2999).contains(&number);
        return is_year.then_some((i16::try_from(number).ok()?, at + 1));
    }
    if reader.any(at, &["'", "’"]) && !reader.apart(at + 1) && reader.text(at + 1).len() == 2 {
        let number = i16::try_from(reader.number(at + 1, 2)?).ok()?;
        return Some((century(number), at + 2));
    }
    let behind = reader.phrase(at, "two thousand")?;
    let (rest, end) = small(reader, reader.skip(behind, &["and"])).unwrap_or((0, behind));
    Some((i16::try_from(2000 + rest).ok()?, end))
}

/// Returns the year that two digits are short for, as Duckling does.
pub(super) fn century(year: i16) -> i16 {
    if year < 50 { year + 2000 } else { year + 1900 }
}

/// Reads a unit of time, in the singular or plural.
pub(super) fn unit(reader: Reader<'_>, at: usize) -> Read<Grain> {
    let grain = match reader.stem(at) {
        "second" | "seconds" | "sec" | "secs" => Grain::Second,
        "minute" | "minutes" | "min" | "mins" => Grain::Minute,
        "hour" | "hours" | "hr" | "hrs" | "h" => Grain::Hour,
        "day" | "days" => Grain::Day,
        "week" | "weeks" | "wk" | "wks" => Grain::Week,
        "month" | "months" => Grain::Month,
        "quarter" | "quarters" | "qtr" | "qtrs" => Grain::Quarter,
        "year" | "years" | "yr" | "yrs" => Grain::Year,
        _ => return None,
    };
    (reader.kind(at)? == Kind::Word).then_some((grain, at + 1))
}

/// Returns all names and numbers.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let list = WEEKDAYS.iter().chain(&MONTHS);
    let names = list.flat_map(|(whole, short)| short.iter().chain([whole]));
    let numbers = UNITS.iter().chain(&TENS).chain(&ORDINALS);
    names.chain(numbers).chain(&["thirtieth"]).copied()
}

/// Returns the number of a day of the week, from Monday on.
pub(super) fn day_of_week(date: civil::Date) -> i8 {
    date.weekday().to_monday_zero_offset()
}
