//! Times of a day in English: `9:30 pm`, `a quarter past three`, `twenty to noon`, with the time zone they are said in.

use jiff::{
    civil,
    tz::{self, TimeZone},
};
use regex::{Captures, Regex};
use std::sync::LazyLock;

use super::{
    number,
    time::{Context, HOUR, Piece, digits, part},
};

/// The half of the day, in whichever way it is written.
const HALF: &str = r"[ap]\. ?m\b\.?|[ap] ?m\b";

/// A time of a day as it was said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) grain: &'static str,
    /// Whether the half of the day is known.
    pub(super) sure: bool,
    /// Whether it is a time only beside a day.
    pub(super) weak: bool,
}

/// Returns the expression of hours and minutes in digits.
pub(super) fn digital() -> String {
    format!(
        r"(?:at )?(?P<h>[01]?[0-9]|2[0-4])(?P<by>:|h)(?P<min>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?(?: ?(?P<half>{HALF}))?|(?:at )?(?P<h2>1[0-2]|0?[1-9])(?:\.(?P<min2>[0-5][0-9]))? ?(?P<half2>{HALF})"
    )
}

pub(super) fn read_digital(found: &Captures<'_>, _: &Context<'_>) -> Option<Piece> {
    let hour = digits(found, &["h", "h2"])?;
    let minute = digits(found, &["min", "min2"]);
    let second = digits(found, &["s"]);
    let half = part(found, &["half", "half2"]);
    // `03:30` and `3h30` are written by the clock of 24 hours.
    let is_full = part(found, &["h"]).is_some_and(|hour| hour.starts_with('0'))
        || part(found, &["by"]).is_some_and(|by| by == "h");
    let hour = in_half(hour, half.as_deref())?;
    let grain = match (second, minute) {
        (Some(_), _) => "second",
        (None, Some(_)) => "minute",
        (None, None) => "hour",
    };
    Some(Piece::Clock(Clock {
        hour,
        minute: minute.unwrap_or(0),
        second: second.unwrap_or(0),
        grain,
        sure: half.is_some() || is_full,
        weak: false,
    }))
}

/// Returns the hour of the whole day.
fn in_half(hour: i8, half: Option<&str>) -> Option<i8> {
    Some(match half.and_then(|half| half.chars().next()) {
        Some(_) if hour > 12 => return None,
        Some('p') => hour % 12 + 12,
        Some(_) => hour % 12,
        None => hour % 24,
    })
}

/// Returns the expression of hours in words.
pub(super) fn spoken() -> String {
    let minutes = r"(?:a )?(?P<share>half|quarter)|(?P<minutes>[0-5]?[0-9]|five|ten|fifteen|twenty(?:[ -]five)?|thirty|forty(?:[ -]five)?)(?P<named> minutes?| mins?)?";
    let hour =
        format!(r"(?P<word>noon|midnight)|(?P<h>{HOUR})(?: o['’]clock)?(?: ?(?P<half>{HALF}))?");
    format!(
        r"(?:at )?(?:{minutes}) (?P<way>past|after|to|before|till|til|of) (?:{hour})|(?:at )?(?P<h2>{HOUR}) o['’]clock(?: ?(?P<half2>{HALF}))?"
    )
}

pub(super) fn read_spoken(found: &Captures<'_>, _: &Context<'_>) -> Option<Piece> {
    let half = part(found, &["half", "half2"]);
    let word = part(found, &["word"]);
    let hour = match word.as_deref() {
        Some("noon") => 12,
        Some(_) => 0,
        None => {
            let hour = number::read(&part(found, &["h", "h2"])?, false)? as i8;
            if hour > 24 {
                return None;
            }
            in_half(hour, half.as_deref())?
        }
    };
    let sure = half.is_some() || word.is_some() || hour > 12;
    let Some(way) = part(found, &["way"]) else {
        return Some(Piece::Clock(Clock {
            hour,
            minute: 0,
            second: 0,
            grain: "hour",
            sure,
            weak: false,
        }));
    };
    let minutes = match part(found, &["share"]).as_deref() {
        Some("half") => 30,
        Some(_) => 15,
        None => number::read(&part(found, &["minutes"])?, false)? as i8,
    };
    let later = matches!(way.as_str(), "past" | "after");
    // `half to three` is said by nobody, and `5 to 6` may count things; so may `5 after 6` and `10 minutes to one`.
    let is_said_at = found.get(0)?.as_str().to_lowercase().starts_with("at ") && minutes % 5 == 0;
    let is_marked = is_said_at
        || way == "past"
        || later && found.name("named").is_some()
        || found.name("share").is_some();
    let is_time = is_marked || way != "of" && (half.is_some() || word.is_some());
    if !(1..60).contains(&minutes)
        || !is_time
        || !later && found.name("share").is_some() && minutes == 30
    {
        return None;
    }
    let (hour, minute) = if later {
        (hour, minutes)
    } else {
        ((hour + 23) % 24, 60 - minutes)
    };
    Some(Piece::Clock(Clock {
        hour,
        minute,
        second: 0,
        grain: "minute",
        sure,
        weak: false,
    }))
}

pub(super) fn read_noon(found: &Captures<'_>, _: &Context<'_>) -> Option<Piece> {
    let hour = if part(found, &["word"])? == "noon" {
        12
    } else {
        0
    };
    Some(Piece::Clock(Clock {
        hour,
        minute: 0,
        second: 0,
        grain: "hour",
        sure: true,
        weak: false,
    }))
}

pub(super) fn read_hour(found: &Captures<'_>, _: &Context<'_>) -> Option<Piece> {
    let hour = number::read(&part(found, &["h"])?, false)? as i8;
    (hour < 24).then_some(Piece::Clock(Clock {
        hour,
        minute: 0,
        second: 0,
        grain: "hour",
        sure: hour > 12,
        weak: true,
    }))
}

/// Names of time zones that are said after a time, with their distance from UTC in minutes.
const ZONES: [(&str, i32); 18] = [
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("IST", 330),
    ("JST", 540),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("PST", -480),
    ("PDT", -420),
];

/// Names of zones whose distance from UTC depends on the day.
const AREAS: [(&str, &str); 4] = [
    ("eastern", "America/New_York"),
    ("central", "America/Chicago"),
    ("mountain", "America/Denver"),
    ("pacific", "America/Los_Angeles"),
];

/// Returns the time zone that is named behind a time, and where its name ends.
pub(super) fn zone(text: &str, from: usize) -> Option<(TimeZone, usize)> {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^ ?(?:\((?P<a>(?i:[a-z]{3,4}))\)|(?P<b>(?i:[a-z]{3,4}))\b|(?P<area>(?i:eastern|central|mountain|pacific))(?i: standard| daylight)?(?i: time)\b)").ok()
    });
    let rest = text.get(from..)?;
    let found = NAME.as_ref()?.captures(rest)?;
    let end = from + found.get(0)?.end();
    if let Some(area) = found.name("area") {
        let area = area.as_str().to_lowercase();
        let (_, name) = AREAS.iter().find(|(known, _)| *known == area)?;
        return Some((TimeZone::get(name).ok()?, end));
    }
    let name = found.name("a").or_else(|| found.name("b"))?.as_str();
    let (_, minutes) = ZONES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let offset = tz::Offset::from_seconds(minutes * 60).ok()?;
    Some((TimeZone::fixed(offset), end))
}

impl Clock {
    /// Returns the time of the day.
    pub(super) fn time(self) -> Option<civil::Time> {
        civil::Time::new(self.hour, self.minute, self.second, 0).ok()
    }

    /// Returns the clock twelve hours later or earlier, where it may be meant.
    pub(super) fn other_half(self) -> Option<Self> {
        let may_be = !self.sure && self.hour <= 12;
        may_be.then_some(Self {
            hour: (self.hour + 12) % 24,
            ..self
        })
    }
}
