//! Dates and times in English: pieces of a time are found one by one; those that stand together are joined (`joined`).

use std::{ops::Range, sync::LazyLock};

use jiff::{Span as Duration, Timestamp, ToSpan, Unit, Zoned, civil};
use regex::{Captures, Regex};

use super::{
    clock::{self, Clock},
    holiday, hours, number,
};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAY: &str = "monday|tuesday|wednesday|thursday|friday|saturday|sunday";
const MONTH: &str = "(?P<month>january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)";
const SHORT_WEEKDAY: &str = "(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?";
pub(super) const HOUR: &str = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:[ -](?:one|two|three|four))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9]{1,2}";

/// What is said of a time.
#[derive(Clone)]
pub(super) enum Piece {
    /// A point in time, complete in itself.
    Moment(Zoned, &'static str),
    /// From one point to another.
    Interval(Zoned, Zoned, &'static str),
    Day(civil::Date),
    /// Something of a time that says two things at once, or what nobody can tell.
    Unclear,
    /// Part of a day, as `evening`: its first hour, whether it is a time only beside a day (`good evening`), and whether
    /// it is said to be today's.
    Part {
        hour: i8,
        weak: bool,
        today: bool,
    },
    Clock(Clock),
    /// From one time of a day to another, as `between 3 and 5 pm`: hours and minutes.
    Hours {
        from: (i8, i8),
        to: (i8, i8),
        grain: &'static str,
        /// Whether it is a time only beside a day.
        weak: bool,
    },
}

/// Words after which an hour or the number of a day is over, where it would else count what follows.
const FUNCTION_WORDS: [&str; 46] = [
    "and",
    "as",
    "at",
    "because",
    "between",
    "but",
    "by",
    "for",
    "friday",
    "from",
    "i",
    "if",
    "in",
    "is",
    "it",
    "monday",
    "my",
    "next",
    "now",
    "of",
    "on",
    "or",
    "our",
    "please",
    "saturday",
    "sharp",
    "so",
    "sunday",
    "thanks",
    "that",
    "the",
    "then",
    "this",
    "thursday",
    "till",
    "to",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "until",
    "we",
    "wednesday",
    "when",
    "with",
    "you",
];

/// Tells whether what follows an hour or the number of a day is nothing that it counts, as in `at two people`.
fn is_over(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(' ') else {
        return true;
    };
    let end = rest.find(|c: char| !c.is_alphanumeric());
    let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let known = |known: &&str| known.eq_ignore_ascii_case(word);
    !word.starts_with(char::is_alphabetic) || FUNCTION_WORDS.iter().any(known)
}

/// What pieces are read against.
pub(super) struct Context<'a> {
    pub(super) now: &'a Zoned,
    /// Whether months come before days, where the locale tells.
    pub(super) month_first: Option<bool>,
}

type Read = fn(&Captures<'_>, &Context<'_>) -> Option<Piece>;

/// Expressions with their readers, and whether what follows must not be a thing that is counted.
static RULES: LazyLock<Vec<(Regex, Read, bool)>> = LazyLock::new(|| {
    let amount = format!("(?P<count>{}|an?|half an?)", number::any());
    let unit = "(?P<unit>second|sec|minute|min|hour|day|week|month|year)s?";
    let rules: [(String, Read); 18] = [
        (r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?:[T ](?P<h>[0-9]{2}):(?P<min>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.[0-9]+)?)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?".into(), read_iso),
        (r"(?P<a>[0-9]{1,2})(?P<sep>[/.])(?P<b>[0-9]{1,2})(?P<sep2>[/.])(?P<y>[0-9]{4})|(?P<y2>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})".into(), read_digits),
        (format!(r"(?:(?P<named>{SHORT_WEEKDAY})\.?,? )?(?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? (?P<y>[0-9]{{4}}))?"), read_date),
        (format!(r"(?:(?P<named>{SHORT_WEEKDAY})\.?,? )?{MONTH}\.? (?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>[0-9]{{4}}))?"), read_date),
        (format!("(?P<weekday>{WEEKDAY}),? (?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)"), read_day_of_week),
        ("(?P<word>right now|now|today|tomorrow|yesterday|(?:the )?day after tomorrow|(?:the )?day before yesterday)".into(), read_word),
        (format!("(?P<week>next|last|this) week(?:['’]s)? (?:on )?(?P<weekday2>{WEEKDAY})|(?P<weekday3>{WEEKDAY}) (?:of |in |from )?(?P<week2>next|last|this) week|(?:(?P<which>last|next|this) )?(?P<weekday>{WEEKDAY})"), read_weekday),
        ("(?P<which>this|next|last) (?P<unit>weekend|week|month|year)".into(), read_period),
        (format!("in {amount}(?P<half> and a half)? {unit}(?P<half2> and a half)?"), read_later),
        (format!("{amount}(?P<half> and a half)? {unit}(?P<half2> and a half)? (?P<way>ago|from now)"), read_later),
        ("(?P<sure>in (?:the )?|this )?(?P<part>morning|afternoon|evening)|(?P<part2>tonight|night)".into(), read_part),
        (clock::digital(), clock::read_digital),
        (clock::spoken(), clock::read_spoken),
        ("(?:at )?(?P<word>noon|midnight)".into(), clock::read_noon),
        (holiday::pattern(), holiday::read),
        (hours::pattern(HOUR), hours::read),
        ("the (?P<d>[0-9]{1,2})(?:st|nd|rd|th)".into(), read_day),
        (format!("at (?P<h>{HOUR})"), clock::read_hour),
    ];
    let compile = |(number, (pattern, read)): (usize, (String, Read))| {
        let expression = Regex::new(&format!(r"(?i)\b(?:{pattern})")).ok()?;
        // The last two.
        Some((expression, read, number >= 16))
    };
    rules.into_iter().enumerate().filter_map(compile).collect()
});

pub(super) fn part(found: &Captures<'_>, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| found.name(name))
        .map(|part| part.as_str().to_lowercase())
}

pub(super) fn digits(found: &Captures<'_>, names: &[&str]) -> Option<i8> {
    part(found, names)?.parse().ok()
}

pub(super) fn start(date: civil::Date, context: &Context<'_>) -> Option<Zoned> {
    date.to_zoned(context.now.time_zone().clone()).ok()
}

fn read_iso(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let date = civil::Date::new(
        part(found, &["y"])?.parse().ok()?,
        digits(found, &["m"])?,
        digits(found, &["d"])?,
    )
    .ok()?;
    let Some(hour) = digits(found, &["h"]) else {
        return Some(Piece::Day(date));
    };
    let second = digits(found, &["s"]);
    let time = civil::Time::new(hour, digits(found, &["min"])?, second.unwrap_or(0), 0).ok()?;
    let grain = if second.is_some() { "second" } else { "minute" };
    let zone = context.now.time_zone().clone();
    let moment = match part(found, &["zone"]) {
        None => date.to_datetime(time).to_zoned(zone).ok()?,
        Some(offset) => {
            let written = format!("{}{}", date.to_datetime(time), offset.to_uppercase());
            written.parse::<Timestamp>().ok()?.to_zoned(zone)
        }
    };
    Some(Piece::Moment(moment, grain))
}

fn read_digits(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    if let Some(year) = part(found, &["y2"]) {
        let (month, day) = (digits(found, &["m"])?, digits(found, &["d"])?);
        return civil::Date::new(year.parse().ok()?, month, day)
            .ok()
            .map(Piece::Day);
    }
    if part(found, &["sep"]) != part(found, &["sep2"]) {
        return None;
    }
    let year = part(found, &["y"])?.parse().ok()?;
    let (a, b) = (digits(found, &["a"])?, digits(found, &["b"])?);
    // Dots are written where the day comes first.
    let dots = part(found, &["sep"]).as_deref() == Some(".");
    let (day, month) = match (a > 12, b > 12) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ if a == b || dots => (a, b),
        _ if context.month_first? => (b, a),
        _ => (a, b),
    };
    civil::Date::new(year, month, day).ok().map(Piece::Day)
}

fn read_date(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let name = part(found, &["month"])?;
    let month = (1_i8..)
        .zip(MONTHS)
        .find_map(|(month, known)| name.starts_with(known).then_some(month))?;
    let day = digits(found, &["d"])?;
    let date = match part(found, &["y"]) {
        Some(year) => civil::Date::new(year.parse().ok()?, month, day).ok()?,
        None => next_date(context, month, day)?,
    };
    // A date that falls on another day of the week is not the one that is meant.
    if let Some(named) = part(found, &["named"])
        && weekday(&named)? != i64::from(date.weekday().to_monday_zero_offset())
    {
        return Some(Piece::Unclear);
    }
    Some(Piece::Day(date))
}

/// Returns the number of a day of the week, from Monday on.
fn weekday(name: &str) -> Option<i64> {
    (0_i64..)
        .zip(WEEKDAYS)
        .find_map(|(day, known)| name.starts_with(known).then_some(day))
}

/// Reads `Friday the 13th`: the next 13th that is a Friday.
fn read_day_of_week(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let (wanted, day) = (
        weekday(&part(found, &["weekday"])?)?,
        digits(found, &["d"])?,
    );
    let today = context.now.date();
    let first = today.first_of_month();
    let date = (0_i32..48)
        .filter_map(|months| first.checked_add(months.months()).ok())
        .filter_map(|first| civil::Date::new(first.year(), first.month(), day).ok())
        .find(|date| *date >= today && i64::from(date.weekday().to_monday_zero_offset()) == wanted);
    Some(date.map_or(Piece::Unclear, Piece::Day))
}

/// Returns the next such day; the 29th of February may be years away.
pub(super) fn next_date(context: &Context<'_>, month: i8, day: i8) -> Option<civil::Date> {
    let today = context.now.date();
    (today.year()..today.year().saturating_add(9))
        .filter_map(|year| civil::Date::new(year, month, day).ok())
        .find(|date| *date >= today)
}

/// Reads a day of this month, or of the next that has it.
fn read_day(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let day = digits(found, &["d"])?;
    let today = context.now.date();
    let first = today.first_of_month();
    (0_i32..4)
        .filter_map(|months| first.checked_add(months.months()).ok())
        .filter_map(|first| civil::Date::new(first.year(), first.month(), day).ok())
        .find(|date| *date >= today)
        .map(Piece::Day)
}

pub(super) fn shifted(context: &Context<'_>, days: i64) -> Option<civil::Date> {
    context.now.date().checked_add(days.days()).ok()
}

fn read_word(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let word = part(found, &["word"])?;
    let days = match word.trim_start_matches("the ") {
        "now" | "right now" => {
            return Some(Piece::Moment(
                context.now.round(Unit::Second).ok()?,
                "second",
            ));
        }
        "today" => 0,
        "tomorrow" => 1,
        "yesterday" => -1,
        "day after tomorrow" => 2,
        _ => -2,
    };
    shifted(context, days).map(Piece::Day)
}

fn read_weekday(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let name = part(found, &["weekday", "weekday2", "weekday3"])?;
    let wanted = weekday(&name)?;
    let today = i64::from(context.now.weekday().to_monday_zero_offset());
    if let Some(week) = part(found, &["week", "week2"]) {
        let weeks = match week.as_str() {
            "next" => 1,
            "last" => -1,
            _ => 0,
        };
        return shifted(context, wanted - today + 7 * weeks).map(Piece::Day);
    }
    // Today's own name means another day than today; `next` is that of the week to come.
    let days = match part(found, &["which"]).as_deref() {
        Some("last") => -((today - wanted + 6).rem_euclid(7) + 1),
        Some("next") => wanted - today + 7,
        _ => (wanted - today + 6).rem_euclid(7) + 1,
    };
    shifted(context, days).map(Piece::Day)
}

fn read_period(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let count: i32 = match part(found, &["which"])?.as_str() {
        "next" => 1,
        "last" => -1,
        _ => 0,
    };
    let today = context.now.date();
    let monday = shifted(
        context,
        -i64::from(context.now.weekday().to_monday_zero_offset()),
    )?;
    let (date, grain) = match part(found, &["unit"])?.as_str() {
        "month" => (
            today.first_of_month().checked_add(count.months()).ok()?,
            "month",
        ),
        "year" => (
            today.first_of_year().checked_add(count.years()).ok()?,
            "year",
        ),
        "week" => (monday.checked_add(count.weeks()).ok()?, "week"),
        _ => {
            let monday = monday.checked_add(count.weeks()).ok()?;
            let friday = monday.checked_add(4.days()).ok()?.at(18, 0, 0, 0);
            let from = friday.to_zoned(context.now.time_zone().clone()).ok()?;
            let to = start(monday.checked_add(7.days()).ok()?, context)?;
            return Some(Piece::Interval(from, to, "hour"));
        }
    };
    Some(Piece::Moment(start(date, context)?, grain))
}

fn read_later(found: &Captures<'_>, context: &Context<'_>) -> Option<Piece> {
    let count = match part(found, &["count"])?.as_str() {
        "a" | "an" => 1.0,
        "half a" | "half an" => 0.5,
        other => number::read(other, false)?,
    };
    let half = if part(found, &["half", "half2"]).is_some() {
        0.5
    } else {
        0.0
    };
    let sign = if part(found, &["way"]).as_deref() == Some("ago") {
        -1.0
    } else {
        1.0
    };
    let count = (count + half) * sign;
    if count.abs() > 1e9 {
        return None;
    }
    let unit = part(found, &["unit"])?;
    let empty = Duration::new();
    let whole = count as i64;
    let (span, grain) = match unit.as_str() {
        // `in a second` is said of no second.
        "second" | "sec" if count.abs() <= 1.0 => return Some(Piece::Unclear),
        "second" | "sec" => (empty.try_seconds(whole), "second"),
        "minute" | "min" => (empty.try_seconds((count * 60.0) as i64), "second"),
        "hour" => (empty.try_minutes((count * 60.0) as i64), "minute"),
        "day" if count.fract() != 0.0 => (empty.try_hours((count * 24.0) as i64), "hour"),
        // Half a month has no known length.
        _ if count.fract() != 0.0 => return None,
        "day" => (empty.try_days(whole), "hour"),
        "week" => (empty.try_weeks(whole), "day"),
        "month" => (empty.try_months(whole), "day"),
        _ => (empty.try_years(whole), "month"),
    };
    let moved = context.now.checked_add(span.ok()?).ok()?;
    Some(Piece::Moment(begun(&moved, grain)?, grain))
}

/// Returns where the hour, day or month of a moment begins, or whatever else the grain is.
fn begun(moment: &Zoned, grain: &str) -> Option<Zoned> {
    let (date, time) = (moment.date(), moment.time());
    let zone = moment.time_zone().clone();
    let (hour, minute) = (time.hour(), time.minute());
    let start = match grain {
        "month" => date.first_of_month().at(0, 0, 0, 0),
        "day" => date.at(0, 0, 0, 0),
        "hour" => date.at(hour, 0, 0, 0),
        "minute" => date.at(hour, minute, 0, 0),
        _ => date.at(hour, minute, time.second(), 0),
    };
    start.to_zoned(zone).ok()
}

fn read_part(found: &Captures<'_>, _: &Context<'_>) -> Option<Piece> {
    let name = part(found, &["part", "part2"])?;
    let hour = match name.as_str() {
        "morning" => 0,
        "afternoon" => 12,
        _ => 18,
    };
    let sure = part(found, &["sure"]);
    let today = name == "tonight" || sure.as_deref() == Some("this ");
    Some(Piece::Part {
        hour,
        weak: sure.is_none() && name != "tonight",
        today,
    })
}

/// Returns whether what follows a text belongs to its last word, as in `1.2`, `v-3` and `:80`.
fn bound(before: &str) -> bool {
    let mut before = before.chars().rev();
    match (before.next(), before.next()) {
        (Some('@'), _) => true,
        (Some('.' | ':'), Some(c)) => c.is_ascii_digit(),
        (Some('/' | '-'), Some(c)) => c.is_alphanumeric(),
        _ => false,
    }
}

/// Returns the pieces of a text in their order; where two overlap, the first and longest.
pub(super) fn pieces(text: &str, context: &Context<'_>) -> Vec<(Range<usize>, Piece)> {
    let mut all = Vec::new();
    for (expression, read, counts) in RULES.iter() {
        for found in expression.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let before = text.get(..whole.start()).unwrap_or("");
            let mut after = text.get(whole.end()..).unwrap_or("").chars();
            let (next, then) = (after.next(), after.next());
            // Part of a word, or of a version, an address or a longer number.
            let cut = next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                || next.is_some_and(|c| "./:-,".contains(c))
                    && then.is_some_and(|c| c.is_ascii_digit());
            let counts = *counts && !is_over(text.get(whole.end()..).unwrap_or(""));
            if cut || counts || bound(before) {
                continue;
            }
            if let Some(piece) = read(&found, context) {
                all.push((whole.range(), piece));
            }
        }
    }
    all.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut end = 0;
    all.retain(|(range, _)| {
        let free = range.start >= end;
        if free {
            end = range.end;
        }
        free
    });
    // In `from monday to friday` the second day comes after the first.
    let mut last: Option<(usize, civil::Date)> = None;
    for (range, piece) in &mut all {
        let Piece::Day(day) = piece else { continue };
        if let Some((end, first)) = last
            && matches!(
                text.get(end..range.start),
                Some(" to " | " until " | " till ")
            )
            && let Ok(later) = day.checked_add(7.days())
            && *day < first
            && later > first
        {
            *day = later;
        }
        last = Some((range.end, *day));
    }
    all
}
