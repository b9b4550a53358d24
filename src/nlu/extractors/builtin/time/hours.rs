//! From one time of a day to another: `between 3 and 5 pm`, `from 9:30 to 11`, `8-10am`.

use super::{
    Grain, clock,
    joined::Piece,
    tokens::{Read, Reader},
    words, zone,
};

/// From one time of a day to another: hours and minutes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hours {
    pub(super) from: (i8, i8),
    pub(super) to: (i8, i8),
    pub(super) grain: Grain,
    /// Whether the half of the day is known.
    pub(super) sure: bool,
    /// Whether it is a time only beside a day.
    pub(super) weak: bool,
}

struct Side {
    hour: i8,
    minute: Option<i8>,
    half: Option<bool>,
    is_noon: bool,
}

impl Side {
    fn time(&self) -> (i8, i8) {
        (self.hour, self.minute.unwrap_or(0))
    }
}

fn side(reader: Reader<'_>, at: usize) -> Read<Side> {
    let noon = match reader.text(at) {
        "noon" | "midday" => Some(12),
        "midnight" => Some(24),
        _ => None,
    };
    if let Some(hour) = noon {
        let side = Side {
            hour: 12,
            minute: None,
            half: Some(hour == 12),
            is_noon: true,
        };
        return Some((side, at + 1));
    }
    let (hour, mut end) = words::whole(reader, at, 2)?;
    let is_digits = reader.number(at, 2).is_some();
    let mut minute = None;
    if is_digits && reader.glued(end, &[":", ".", "h"]) {
        let number = reader.number(end + 1, 2);
        let is_pair = reader.text(end + 1).len() == 2 && !reader.apart(end + 1);
        if let Some(number) = number.filter(|number| is_pair && *number < 60) {
            minute = Some(i8::try_from(number).ok()?);
            end += 2;
        } else if reader.is(end, "h") {
            minute = Some(0);
            end += 1;
        }
    }
    let is_clock = is_digits && (minute.is_some() || !reader.apart(end));
    let half = match reader.phrase(end, "in the") {
        Some(behind) => clock::half(reader, behind, false),
        None => clock::half(reader, end, is_clock),
    };
    let (half, end) = half.map_or((None, end), |(is_late, end)| (Some(is_late), end));
    let hour = i8::try_from(hour).ok()?;
    let most = if half.is_some() { 12 } else { 23 };
    let side = Side {
        hour,
        minute,
        half,
        is_noon: false,
    };
    (0..=most).contains(&hour).then_some((side, end))
}

fn in_half((hour, minute): (i8, i8), is_late: bool) -> (i8, i8) {
    (hour % 12 + if is_late { 12 } else { 0 }, minute)
}

/// Puts both ends into the halves of the day that are meant.
fn ends(a: &Side, b: &Side) -> ((i8, i8), (i8, i8)) {
    let (from, to) = (a.time(), b.time());
    match (a.half, b.half) {
        (Some(first), Some(second)) => (in_half(from, first), in_half(to, second)),
        // `11 to 1 pm` begins in the morning.
        (None, Some(second)) if from.0 <= 12 => {
            let (start, end) = (in_half(from, second), in_half(to, second));
            let is_same = start < end;
            (
                if is_same {
                    start
                } else {
                    in_half(from, !second)
                },
                end,
            )
        }
        (Some(first), None) if to.0 <= 12 => {
            let (start, end) = (in_half(from, first), in_half(to, first));
            let is_same = start < end;
            (start, if is_same { end } else { in_half(to, !first) })
        }
        (None, None) if to < from && to.0 < 12 => (from, (to.0 + 12, to.1)),
        _ => (from, to),
    }
}

/// Reads both times.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let behind = reader.phrases(at, &["in between", "between"]);
    let is_between = behind.is_some();
    let is_from = reader.is(at, "from");
    let (a, end) = side(reader, behind.unwrap_or(at + usize::from(is_from)))?;
    let end = zone::read(reader, end).map_or(end, |(_, end)| end);
    let word = reader.text(end);
    let is_dash = matches!(word, "-" | "–");
    let fits = match word {
        // `between … and …` belong together, and so do `from … to …`.
        "and" => is_between,
        "to" | "until" | "untill" | "till" | "til" | "through" | "thru" => !is_between,
        _ => is_dash,
    };
    // A dash stands close on both sides or far.
    if !fits
        || !is_dash && !reader.apart(end)
        || is_dash && reader.apart(end) != reader.apart(end + 1)
    {
        return None;
    }
    let (b, end) = side(reader, end + 1)?;
    let minutes = a.minute.is_some() || b.minute.is_some();
    let both = a.minute.is_some() && b.minute.is_some();
    let is_marked = is_from || is_between;
    // `15 to noon` is a quarter to.
    if !is_marked && (a.is_noon || b.is_noon) && a.half.or(a.minute.map(|_| true)).is_none() {
        return None;
    }
    let is_sure = b.half.is_some() || a.half.is_some() && is_marked || a.half.is_some() && !is_dash;
    // `2 to 3` counts things, and so does `3-5`.
    let weak = !(is_sure || both || minutes && is_marked);
    if weak && (!is_marked || !reader.is_over(end)) {
        return None;
    }
    let (from, to) = ends(&a, &b);
    let hours = Hours {
        from,
        to,
        grain: if minutes { Grain::Minute } else { Grain::Hour },
        sure: is_sure || from.0 > 12 || to.0 > 12,
        weak,
    };
    Some((Piece::Hours(hours), end))
}
