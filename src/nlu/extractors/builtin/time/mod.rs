//! Dates and times in English: phrases are read from a text word by word, and what stands together is joined to one
//! value.
//!
//! The phrases, their values and the grain of each follow Duckling's English rules; what can be read in two ways is
//! left out.

mod clock;
mod cycle;
mod date;
mod duration;
mod feast;
mod holiday;
mod hours;
mod joined;
mod neighbours;
mod part;
mod range;
mod relative;
mod starts;
mod tokens;
mod value;
mod words;
mod zone;

use std::ops::Range;

use jiff::{ToSpan, Zoned, civil};
use serde_json::Value as Json;

use tokens::Reader;

/// What phrases are read against.
pub(super) struct Context<'a> {
    pub(super) now: &'a Zoned,
    /// Whether months come before days, where the locale tells.
    pub(super) month_first: Option<bool>,
}

/// How fine a time is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grain {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    /// Returns the name in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Returns where the second, hour, week or whatever it is begins that a time lies in.
    fn begin(self, time: civil::DateTime) -> Option<civil::DateTime> {
        let (date, clock) = (time.date(), time.time());
        let (hour, minute) = (clock.hour(), clock.minute());
        Some(match self {
            Self::Second => date.at(hour, minute, clock.second(), 0),
            Self::Minute => date.at(hour, minute, 0, 0),
            Self::Hour => date.at(hour, 0, 0, 0),
            _ => self.first(date)?.at(0, 0, 0, 0),
        })
    }

    /// Returns the first day of the week, month or whatever it is that a day lies in.
    fn first(self, date: civil::Date) -> Option<civil::Date> {
        Some(match self {
            Self::Week => date
                .checked_sub(i64::from(words::day_of_week(date)).days())
                .ok()?,
            Self::Month => date.first_of_month(),
            Self::Quarter => {
                let month = (date.month() - 1) / 3 * 3 + 1;
                civil::Date::new(date.year(), month, 1).ok()?
            }
            Self::Year => date.first_of_year(),
            _ => date,
        })
    }

    /// Returns a span of so many of them; none where it is too long.
    fn span(self, count: i64) -> Option<jiff::Span> {
        let empty = jiff::Span::new();
        match self {
            Self::Second => empty.try_seconds(count),
            Self::Minute => empty.try_minutes(count),
            Self::Hour => empty.try_hours(count),
            Self::Day => empty.try_days(count),
            Self::Week => empty.try_weeks(count),
            Self::Month => empty.try_months(count),
            Self::Quarter => empty.try_months(count.checked_mul(3)?),
            Self::Year => empty.try_years(count),
        }
        .ok()
    }

    /// Returns a time so many of them later.
    fn later(self, time: civil::DateTime, count: i64) -> Option<civil::DateTime> {
        time.checked_add(self.span(count)?).ok()
    }

    /// Returns a day so many of them later.
    fn days_later(self, date: civil::Date, count: i64) -> Option<civil::Date> {
        date.checked_add(self.span(count)?).ok()
    }
}

/// Returns whether what follows a text belongs to its last word, as in `1.2`, `v-3` and `:80`.
fn is_bound(before: &str) -> bool {
    let mut before = before.chars().rev();
    match (before.next(), before.next()) {
        (Some('@' | '_'), Some(c)) => !c.is_whitespace(),
        (Some('.' | ':' | ','), Some(c)) => c.is_ascii_digit(),
        (Some('$' | '€' | '£'), _) => true,
        (Some('/' | '-' | '\'' | '’'), Some(c)) | (Some(c), _) => c.is_alphanumeric(),
        _ => false,
    }
}

/// Returns whether what follows is part of the last word, or of a version, an address or a longer number.
fn is_cut(after: &str) -> bool {
    let mut after = after.chars();
    let (next, then) = (after.next(), after.next());
    next.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '%')
        || next.is_some_and(|c| "./:-,".contains(c)) && then.is_some_and(|c| c.is_ascii_digit())
        || next.is_some_and(|c| "/-@".contains(c)) && then.is_some_and(char::is_alphanumeric)
}

/// Returns the times of a text, with what Duckling says of each.
pub(super) fn find(text: &str, context: &Context<'_>) -> Vec<(Range<usize>, Json)> {
    let small = text.to_ascii_lowercase();
    let tokens = tokens::tokens(&small);
    let reader = Reader {
        tokens: &tokens,
        context,
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = text.get(..token.start).unwrap_or_default();
        let read = if !starts::at(reader, at) || is_bound(before) {
            None
        } else {
            range::expression(reader, at)
        };
        let Some((said, next)) = read else {
            at += 1;
            continue;
        };
        let end = next.checked_sub(1).and_then(|last| tokens.get(last));
        let span = token.start..end.map_or(token.end, |token| token.end);
        let after = text.get(span.end..).unwrap_or_default();
        at = next.max(at + 1);
        let Some(value) = said.value.filter(|_| !is_cut(after)) else {
            continue;
        };
        if !neighbours::belongs(&small, &span, said.is_hour) {
            found.push((span, value.json()));
        }
    }
    found
}
