//! Times of a day: `9:30 pm`, `a quarter past three`, `twenty to noon`, `15h30`.

use jiff::civil;

use super::{
    Grain,
    joined::Piece,
    tokens::{Kind, Read, Reader, longest},
    words, zone,
};

/// A time of a day as it was said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) grain: Grain,
    /// Whether the half of the day is known.
    pub(super) sure: bool,
    /// Whether it is a time only beside a day.
    pub(super) weak: bool,
}

impl Clock {
    /// Returns a whole hour.
    pub(super) fn hour(hour: i8, sure: bool) -> Self {
        Self {
            hour,
            minute: 0,
            second: 0,
            grain: Grain::Hour,
            sure,
            weak: false,
        }
    }

    fn minutes(hour: i8, minute: i8, sure: bool) -> Self {
        Self {
            minute,
            grain: Grain::Minute,
            ..Self::hour(hour, sure)
        }
    }

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

/// Reads `am` or `p.m.`; a single letter only right behind a number that cannot be another thing.
pub(super) fn half(reader: Reader<'_>, at: usize, is_clock: bool) -> Read<bool> {
    match reader.text(at) {
        "am" => return Some((false, at + 1)),
        "pm" => return Some((true, at + 1)),
        "a" | "p" => {}
        _ => return None,
    }
    let is_late = reader.is(at, "p");
    let behind = at + 1 + usize::from(reader.glued(at + 1, &["."]));
    if reader.is(behind, "m") {
        let has_dot = behind > at + 1 && reader.glued(behind + 1, &["."]);
        return Some((is_late, behind + 1 + usize::from(has_dot)));
    }
    (is_clock && !reader.apart(at) && reader.is_over(at + 1)).then_some((is_late, at + 1))
}

/// Returns the hour of the whole day.
pub(super) fn in_half(hour: i8, half: Option<bool>) -> Option<i8> {
    Some(match half {
        Some(_) if !(0..=12).contains(&hour) => return None,
        Some(true) => hour % 12 + 12,
        Some(false) => hour % 12,
        None => hour % 24,
    })
}

/// Reads two digits below sixty, right behind what is before.
fn sixtieth(reader: Reader<'_>, at: usize) -> Read<i8> {
    let is_pair = reader.text(at).len() == 2 && !reader.apart(at);
    let number = reader.number(at, 2).filter(|n| is_pair && *n < 60)?;
    Some((i8::try_from(number).ok()?, at + 1))
}

/// Reads an hour in digits or words.
fn hour(reader: Reader<'_>, at: usize) -> Read<i8> {
    let (hour, end) = words::whole(reader, at, 2)?;
    (0..=24)
        .contains(&hour)
        .then_some((i8::try_from(hour).ok()?, end))
}

/// Reads `in the` before `am`, and the half of the day.
fn said_half(reader: Reader<'_>, at: usize, is_clock: bool) -> Read<bool> {
    match reader.phrase(at, "in the") {
        Some(behind) => half(reader, behind, false),
        None => half(reader, at, is_clock),
    }
}

/// Reads `9:30`, `15:23:24`, `15h30`, `8.30 pm`, `3 pm` and `330 pm`.
fn digital(reader: Reader<'_>, at: usize, is_said: bool) -> Read<Clock> {
    if let Some(number) = reader.number(at, 4).filter(|_| reader.text(at).len() > 2) {
        return run_together(reader, at, number, is_said);
    }
    let hour = i8::try_from(reader.number(at, 2)?).ok()?;
    if hour > 24 {
        return None;
    }
    let behind = at + 1;
    let by = reader.text(behind);
    if matches!(by, ":" | "h") && !reader.apart(behind) {
        let Some((minute, mut end)) = sixtieth(reader, behind + 1) else {
            // `15h` may be a duration, too.
            let in_zone = zone::read(reader, behind + 1).is_some();
            let is_hour = by == "h" && (in_zone || reader.is_over(behind + 1));
            let clock = Clock::minutes(hour % 24, 0, true);
            let weak = !is_said;
            return is_hour.then_some((Clock { weak, ..clock }, behind + 1));
        };
        let mut second = None;
        if reader.glued(end, &[":"])
            && let Some((number, behind)) = sixtieth(reader, end + 1)
        {
            (second, end) = (Some(number), behind);
        }
        let (half, end) =
            said_half(reader, end, true).map_or((None, end), |(is_late, end)| (Some(is_late), end));
        // `03:30` and `3h30` are written by the clock of 24 hours.
        let is_full = reader.text(at).starts_with('0') || by == "h";
        let clock = Clock::minutes(in_half(hour, half)?, minute, half.is_some() || is_full);
        let grain = if second.is_some() {
            Grain::Second
        } else {
            Grain::Minute
        };
        let clock = Clock {
            second: second.unwrap_or(0),
            grain,
            ..clock
        };
        return Some((clock, end));
    }
    if by == "." && !reader.apart(behind) {
        let (minute, end) = sixtieth(reader, behind + 1)?;
        let (is_late, end) = half(reader, end, true)?;
        let hour = in_half(hour, Some(is_late)).filter(|_| hour > 0)?;
        return Some((Clock::minutes(hour, minute, true), end));
    }
    let end = behind + usize::from(reader.glued(behind, &["ish"]));
    let (is_late, end) = said_half(reader, end, is_said)?;
    let hour = in_half(hour, Some(is_late)).filter(|_| hour > 0)?;
    Some((Clock::hour(hour, true), end))
}

/// Reads `330 pm`, and `at 1030` beside a day.
fn run_together(reader: Reader<'_>, at: usize, number: i64, is_said: bool) -> Read<Clock> {
    let hour = i8::try_from(number / 100).ok()?;
    let minute = i8::try_from(number % 100).ok()?;
    if hour > 23 || minute > 59 {
        return None;
    }
    if let Some((is_late, end)) = half(reader, at + 1, false) {
        let hour = in_half(hour, Some(is_late)).filter(|_| hour > 0)?;
        return Some((Clock::minutes(hour, minute, true), end));
    }
    let weak = Clock {
        weak: true,
        ..Clock::minutes(hour, minute, hour > 12 || reader.text(at).starts_with('0'))
    };
    (is_said && minute % 5 == 0 && reader.is_over(at + 1)).then_some((weak, at + 1))
}

/// Reads `ten pm`, `ten thirty am`, `at three twenty`, `5 o'clock`.
fn spelt(reader: Reader<'_>, at: usize, is_said: bool) -> Read<Clock> {
    let (hour, end) = hour(reader, at)?;
    if reader.is(end, "oclock") {
        let (half, end) = said_half(reader, end + 1, false)
            .map_or((None, end + 1), |(is_late, end)| (Some(is_late), end));
        let clock = Clock::hour(in_half(hour, half)?, half.is_some() || hour > 12);
        return Some((clock, end));
    }
    if reader.kind(at)? == Kind::Number {
        return None;
    }
    let minutes = words::small(reader, end).filter(|(minute, _)| (10..60).contains(minute));
    let (minute, end) = minutes.map_or((None, end), |(minute, end)| (Some(minute), end));
    if let Some((is_late, end)) = half(reader, end, false) {
        let hour = in_half(hour, Some(is_late)).filter(|_| hour > 0)?;
        let clock = match minute {
            Some(minute) => Clock::minutes(hour, i8::try_from(minute).ok()?, true),
            None => Clock::hour(hour, true),
        };
        return Some((clock, end));
    }
    let minute = i8::try_from(minute?).ok()?;
    let is_time = is_said && (1..=12).contains(&hour) && reader.is_over(end);
    is_time.then_some((Clock::minutes(hour, minute, false), end))
}

/// Reads `noon` and `midnight`.
fn middle(reader: Reader<'_>, at: usize) -> Read<i8> {
    match reader.text(at) {
        "noon" | "midday" => Some((12, at + 1)),
        "midnight" => Some((0, at + 1)),
        "mid" => reader.phrase(at, "mid day").map(|end| (12, end)),
        _ => None,
    }
}

/// Reads `a quarter past three`, `20 minutes to 2pm`, `ten to noon`.
fn past(reader: Reader<'_>, at: usize, is_said: bool) -> Read<Clock> {
    let start = reader.skip(at, &["a"]);
    let share = match reader.text(start) {
        "half" => Some(30),
        "quarter" => Some(15),
        _ => None,
    };
    let (minutes, end) = match share {
        Some(minutes) => (minutes, start + 1),
        None => words::whole(reader, at, 2)?,
    };
    let is_named = share.is_none() && reader.any(end, &["minute", "minutes", "min", "mins"]);
    let end = end + usize::from(is_named);
    let way = reader.word(end)?;
    let later = matches!(way, "past" | "after" | "from");
    let known = later || matches!(way, "to" | "before" | "till" | "til" | "of");
    if !known || !(1..60).contains(&minutes) || way == "from" && !is_named && share.is_none() {
        return None;
    }
    let (hour, is_marked_hour, sure, end) = if let Some((hour, end)) = middle(reader, end + 1) {
        (hour, true, true, end)
    } else if let Some((clock, end)) = digital(reader, end + 1, false)
        .filter(|(clock, _)| clock.minute == 0 && clock.sure && clock.grain != Grain::Second)
    {
        (clock.hour, true, true, end)
    } else {
        let (hour, end) = hour(reader, end + 1)?;
        let end = reader.skip(end, &["oclock"]);
        let half = half(reader, end, false);
        let (half, end) = half.map_or((None, end), |(is_late, end)| (Some(is_late), end));
        let sure = half.is_some() || hour > 12;
        (in_half(hour, half)?, half.is_some(), sure, end)
    };
    // `half to three` is said by nobody, and `5 to 6` may count things; so may `5 after 6` and `10 minutes to one`.
    let is_marked = is_said && minutes % 5 == 0
        || way == "past"
        || way == "after" && is_named
        || share.is_some();
    let is_time = if way == "from" {
        is_marked_hour
    } else {
        is_marked || way != "of" && is_marked_hour
    };
    if !is_time || !later && share == Some(30) {
        return None;
    }
    let minutes = i8::try_from(minutes).ok()?;
    let (hour, minute) = if later {
        (hour, minutes)
    } else {
        ((hour + 23) % 24, 60 - minutes)
    };
    Some((Clock::minutes(hour, minute, sure), end))
}

/// Reads any time of a day, with the `at` before it.
pub(super) fn read(reader: Reader<'_>, at: usize) -> Read<Clock> {
    let lead = reader.phrase(at, "at about");
    let start = lead.unwrap_or_else(|| reader.skip(at, &["at", "@"]));
    let is_said = start > at;
    let noon = {
        let is_midday = !is_said && reader.phrases(at, &["the midday", "the mid day"]).is_some();
        let begin = start + usize::from(is_midday);
        middle(reader, begin).map(|(hour, end)| (Clock::hour(hour, true), end))
    };
    let bare = || {
        let (hour, end) = hour(reader, start)?;
        let in_zone = zone::read(reader, end).is_some();
        let is_hour = is_said && hour < 24 && (in_zone || reader.is_over(end));
        let weak = Clock {
            weak: true,
            ..Clock::hour(hour, hour > 12)
        };
        is_hour.then_some((weak, end))
    };
    let all = [
        digital(reader, start, is_said),
        spelt(reader, start, is_said),
        past(reader, start, is_said),
        noon,
    ];
    let (clock, end) = longest(all).or_else(bare)?;
    // `3pm-ish` and `150ish` are still that time.
    Some((clock, end + usize::from(reader.glued(end, &["ish"]))))
}

/// Reads a time of a day as a piece.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    read(reader, at).map(|(clock, end)| (Piece::Clock(clock), end))
}
