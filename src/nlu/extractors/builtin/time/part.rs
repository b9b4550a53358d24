//! Parts of a day: `this morning`, `late tonight`, `at lunch`, `after work`.

use super::{
    joined::Piece,
    tokens::{Read, Reader},
};

/// Part of a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// First hour, and the hour at which it is over.
    pub(super) hours: (i8, i8),
    /// Whether it is a time only beside a day.
    pub(super) weak: bool,
    /// Whether it is said to be today's.
    pub(super) today: bool,
    /// Days from today on, where it tells.
    pub(super) shift: i64,
}

/// Reads the name of a part with its hours.
fn name(reader: Reader<'_>, at: usize) -> Read<(i8, i8)> {
    let (is_early, is_late) = (reader.is(at, "early"), reader.is(at, "late"));
    let mut start = at + usize::from(is_early || is_late);
    if is_early {
        start = reader.phrase(start, "in the").unwrap_or(start);
        start = reader.phrase(start, "hours of the").unwrap_or(start);
    }
    let hours = match reader.stem(start) {
        "morning" | "mornings" if is_early => (0, 9),
        "night" | "nite" | "tonight" | "tonite" | "evening" if is_late => (21, 24),
        _ if is_early || is_late => return None,
        "morning" => (0, 12),
        "afternoon" | "afternoonish" => (12, 19),
        "evening" | "night" | "nite" | "tonight" | "tonite" => (18, 24),
        "lunch" | "lunchtime" => (12, 14),
        _ => return None,
    };
    Some((hours, start + 1))
}

/// Reads a part of a day.
pub(super) fn read(reader: Reader<'_>, at: usize) -> Read<Piece> {
    for (words, hours) in [
        ("after lunch", (13, 17)),
        ("after school", (15, 21)),
        ("after work", (17, 21)),
    ] {
        if let Some(end) = reader.phrase(at, words) {
            let part = Part {
                hours,
                weak: false,
                today: true,
                shift: 0,
            };
            return Some((Piece::Part(part), end));
        }
    }
    let late = usize::from(reader.is(at, "late"));
    if let Some(end) = reader.phrases(at + late, &["last night", "last nite"]) {
        let part = Part {
            hours: (if late == 1 { 21 } else { 18 }, 24),
            weak: false,
            today: true,
            shift: -1,
        };
        return Some((Piece::Part(part), end));
    }
    let (mut today, mut sure) = (false, false);
    let start = if reader.is(at, "this") {
        (today, sure) = (true, true);
        at + 1
    } else if let Some(behind) = reader
        .phrase(at, "in the")
        .or(reader.phrase(at, "during the"))
    {
        sure = true;
        behind
    } else if reader.is(at, "in") {
        // `3:20 in afternoon`
        sure = true;
        at + 1
    } else {
        reader.skip(at, &["at", "the"])
    };
    let (hours, end) = name(reader, start)?;
    let is_tonight = ["tonight", "tonite"].contains(&reader.stem(end - 1));
    if is_tonight && start > at {
        return None;
    }
    let part = Part {
        hours,
        weak: !sure && !is_tonight,
        today: today || is_tonight,
        shift: 0,
    };
    Some((Piece::Part(part), end))
}
