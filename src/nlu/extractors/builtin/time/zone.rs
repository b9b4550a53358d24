//! Time zones that are named behind a time of the day.

use jiff::tz::{Offset, TimeZone};

use super::tokens::{Kind, Read, Reader};

/// Names with their distance from UTC in minutes.
const ZONES: [(&str, i32); 26] = [
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("bst", 60),
    ("west", 60),
    ("cet", 60),
    ("cest", 120),
    ("sast", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("ist", 330),
    ("sgt", 480),
    ("hkt", 480),
    ("jst", 540),
    ("kst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
];

/// Names of zones whose distance from UTC depends on the day.
const AREAS: [(&str, &str); 4] = [
    ("eastern", "America/New_York"),
    ("central", "America/Chicago"),
    ("mountain", "America/Denver"),
    ("pacific", "America/Los_Angeles"),
];

fn fixed(minutes: i32) -> Option<TimeZone> {
    Some(TimeZone::fixed(Offset::from_seconds(minutes * 60).ok()?))
}

/// Reads the hours of `UTC+2`.
fn distance(reader: Reader<'_>, at: usize) -> Read<i32> {
    let is_signed = reader.glued(at, &["+", "-"]) && !reader.apart(at + 1);
    let hours = i32::try_from(reader.number(at + 1, 2).filter(|_| is_signed)?).ok()?;
    let sign = if reader.is(at, "-") { -1 } else { 1 };
    (hours <= 14).then_some((sign * hours * 60, at + 2))
}

/// Reads a time zone.
pub(super) fn read(reader: Reader<'_>, at: usize) -> Read<TimeZone> {
    let is_open = reader.is(at, "(");
    let start = at + usize::from(is_open);
    if reader.kind(start)? != Kind::Word {
        return None;
    }
    let name = reader.text(start);
    if let Some((_, area)) = AREAS.iter().find(|(known, _)| *known == name) {
        let end = reader.skip(start + 1, &["standard", "daylight"]);
        let is_time = !is_open && reader.is(end, "time");
        return is_time.then_some((TimeZone::get(area).ok()?, end + 1));
    }
    let (_, minutes) = ZONES.iter().find(|(known, _)| *known == name)?;
    if is_open {
        let is_closed = reader.is(start + 1, ")");
        return is_closed.then_some((fixed(*minutes)?, start + 2));
    }
    match distance(reader, start + 1).filter(|_| matches!(name, "utc" | "gmt")) {
        Some((minutes, end)) => Some((fixed(minutes)?, end)),
        None => Some((fixed(*minutes)?, start + 1)),
    }
}
