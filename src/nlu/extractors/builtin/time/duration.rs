//! Durations, and times that lie one away from now or from a day: `in two hours`, `3 days ago`, `a week after
//! christmas`.

use jiff::{ToSpan, Zoned};

use super::{
    Grain, date, holiday,
    joined::{Period, Piece, Told},
    relative,
    tokens::{Kind, Read, Reader, longest},
    words,
};

/// So many units; the count may be broken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duration {
    count: f64,
    pub(super) unit: Grain,
}

impl Duration {
    /// Returns the span and the grain that a time has which lies so far away, as in Duckling.
    fn span(self, sign: f64) -> Option<(jiff::Span, Grain)> {
        let count = self.count * sign;
        if count.abs() > 1e9 {
            return None;
        }
        let whole = count.fract() == 0.0;
        let (unit, count, grain) = match self.unit {
            Grain::Second => (Grain::Second, count, Grain::Second),
            Grain::Minute => (Grain::Second, count * 60.0, Grain::Second),
            Grain::Hour if whole => (Grain::Minute, count * 60.0, Grain::Minute),
            Grain::Hour => (Grain::Second, count * 3600.0, Grain::Second),
            Grain::Day if !whole => (Grain::Hour, count * 24.0, Grain::Hour),
            // Half a month has no known length.
            _ if !whole => return None,
            Grain::Day => (Grain::Day, count, Grain::Hour),
            Grain::Week => (Grain::Week, count, Grain::Day),
            Grain::Month => (Grain::Month, count, Grain::Day),
            Grain::Quarter | Grain::Year => (self.unit, count, Grain::Month),
        };
        Some((unit.span(count.round() as i64)?, grain))
    }

    /// Returns the time so far from another, at the grain that such a time is told.
    pub(super) fn from(self, moment: &Zoned, sign: f64) -> Option<(Zoned, Grain)> {
        let (span, grain) = self.span(sign)?;
        let moved = moment.checked_add(span).ok()?;
        let begin = grain.begin(moved.datetime())?;
        Some((begin.to_zoned(moment.time_zone().clone()).ok()?, grain))
    }

    /// Returns the time so far from another to the second.
    pub(super) fn exactly(self, moment: &Zoned, sign: f64) -> Option<Zoned> {
        moment.checked_add(self.span(sign)?.0).ok()
    }

    /// Returns a number where it counts whole units.
    pub(super) fn whole(self) -> Option<i64> {
        (self.count.fract() == 0.0).then_some(self.count as i64)
    }
}

/// Reads a count in digits or words, as `2.5`, `twenty five`, `a couple of`, `half an`.
fn count(reader: Reader<'_>, at: usize) -> Read<f64> {
    for (phrase, count) in [
        ("a couple of", 2.0),
        ("a couple", 2.0),
        ("couple of", 2.0),
        ("a pair of", 2.0),
        ("a few", 3.0),
        ("few", 3.0),
        ("half an", 0.5),
        ("half a", 0.5),
        ("a quarter of an", 0.25),
        ("quarter of an", 0.25),
        ("a hundred", 100.0),
        ("an", 1.0),
        ("a", 1.0),
    ] {
        if let Some(end) = reader.phrase(at, phrase) {
            return Some((count, end));
        }
    }
    if reader.is(at, "three") && reader.glued(at + 1, &["-"]) && reader.is(at + 2, "quarters") {
        return reader.phrase(at + 3, "of an").map(|end| (0.75, end));
    }
    let (whole, end) = words::many(reader, at)?;
    let whole = whole as f64;
    let is_digits = reader.kind(at)? == Kind::Number;
    if is_digits && reader.glued(end, &[".", ","]) && !reader.apart(end + 1) {
        let tenths: f64 = reader.text(end + 1).bytes().map(|_| 10.0).product();
        let fraction = reader.number(end + 1, 4)? as f64;
        return Some((whole + fraction / tenths, end + 2));
    }
    if is_digits && reader.glued(end, &["/"]) && !reader.apart(end + 1) {
        let below = reader.number(end + 1, 1).filter(|below| *below > 0)?;
        return Some((whole / below as f64, end + 2));
    }
    for half in ["and a half", "and an half"] {
        if let Some(end) = reader.phrase(end, half) {
            return Some((whole + 0.5, end));
        }
    }
    Some((whole, end))
}

/// Reads a duration.
pub(super) fn read(reader: Reader<'_>, at: usize) -> Read<Duration> {
    if let Some(end) = reader.phrases(at, &["a fortnight", "one fortnight"]) {
        let unit = Grain::Day;
        return Some((Duration { count: 14.0, unit }, end));
    }
    let (count, end) = count(reader, at)?;
    let end = reader.skip(end, &["more"]);
    if reader.glued(end, &["'", "’"])
        && reader.kind(at)? == Kind::Number
        && !reader.is(end + 1, "s")
    {
        let unit = Grain::Minute;
        return Some((Duration { count, unit }, end + 1));
    }
    let is_letter = reader.is(end, "h") && !reader.apart(end);
    let (unit, end) = words::unit(reader, end)
        .filter(|_| is_letter || !reader.is(end, "h") || reader.apart(end))?;
    if let Some(end) = reader.phrase(end, "and a half") {
        let count = count + 0.5;
        return Some((Duration { count, unit }, end));
    }
    Some(with_smaller(reader, Duration { count, unit }, end))
}

/// Adds the minutes and seconds behind, as in `2 hours and 30 minutes`.
fn with_smaller(reader: Reader<'_>, mut duration: Duration, mut end: usize) -> (Duration, usize) {
    for (larger, smaller) in [(Grain::Hour, Grain::Minute), (Grain::Minute, Grain::Second)] {
        let next = reader.skip(end, &["and"]);
        if duration.unit == larger
            && let Some((count, behind)) = words::whole(reader, next, 2)
            && let Some((unit, behind)) = words::unit(reader, behind)
            && unit == smaller
        {
            duration.count = duration.count * 60.0 + count as f64;
            (duration.unit, end) = (unit, behind);
        }
    }
    (duration, end)
}

/// Reads a time that lies a duration away.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    longest([
        later(reader, at),
        ago(reader, at),
        weekdays(reader, at),
        neighbour(reader, at),
    ])
}

fn moment(found: (Zoned, Grain)) -> Piece {
    Piece::Moment(found.0, found.1)
}

/// Reads `in two hours`, `in about a week`.
fn later(reader: Reader<'_>, at: usize) -> Read<Piece> {
    if !reader.is(at, "in") {
        return None;
    }
    let start = reader.skip(at + 1, &["about", "exactly", "around"]);
    let (duration, end) = read(reader, start)?;
    let is_bare = reader.is(start, "few");
    // `in a second` is said of no second.
    if duration.unit == Grain::Second && duration.count <= 1.0 {
        return Some((Piece::Unclear, end));
    }
    let end = reader.phrases(end, &["time", "from now"]).unwrap_or(end);
    let found = duration.from(reader.context.now, 1.0)?;
    (!is_bare || duration.unit <= Grain::Year).then_some((moment(found), end))
}

/// Reads `3 days ago`, `a week from now`, `3 years from today` and `two days after easter`.
fn ago(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let (duration, end) = read(reader, at)?;
    let now = reader.context.now;
    let is_moment = duration.unit == Grain::Second && duration.count <= 1.0;
    if reader.any(end, &["ago", "back"]) {
        // `call me 2 minutes back`
        let found = duration.from(now, -1.0)?;
        return (!is_moment).then(|| (moment(found), end + 1));
    }
    if let Some(end) = reader.phrases(end, &["hence", "from now"]) {
        let found = duration.from(now, 1.0)?;
        return (!is_moment).then(|| (moment(found), end));
    }
    if let Some(end) = reader.phrase(end, "from right now") {
        let moved = duration.exactly(now, 1.0)?;
        let begin = Grain::Second.begin(moved.datetime())?;
        let moved = begin.to_zoned(now.time_zone().clone()).ok()?;
        return Some((Piece::Moment(moved, Grain::Second), end));
    }
    let sign = match reader.text(end) {
        "after" | "from" | "past" => 1,
        "before" => -1,
        _ => return None,
    };
    let start = end + 1;
    let (period, end) = longest([
        holiday::read(reader, start),
        relative::day(reader, start),
        match date::piece(reader, start) {
            Some((Piece::Period(period), end)) => Some((period, end)),
            _ => None,
        },
    ])?;
    // A year after Christmas is counted from the last one or the next.
    let is_open =
        duration.unit > Grain::Week && matches!(period.told, Told::Holiday | Told::Yearless);
    if period.grain != Grain::Day || duration.unit < Grain::Day || is_open {
        return Some((Piece::Unclear, end));
    }
    let count = duration.whole()?.checked_mul(sign)?;
    let date = duration.unit.days_later(period.first, count)?;
    Some((Piece::Period(Period::day(date, Told::Whole)), end))
}

/// Reads `the day after christmas` and `the week before easter`, of which only days are told.
fn neighbour(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let start = reader.skip(at, &["the"]);
    let sign = match reader.phrases(start, &["day after", "day before"])? {
        end if reader.is(end - 1, "after") => 1_i64,
        _ => -1,
    };
    let (period, end) =
        holiday::read(reader, start + 2).or_else(|| relative::day(reader, start + 2))?;
    let date = period.first.checked_add(sign.days()).ok()?;
    Some((Piece::Period(Period::day(date, Told::Whole)), end))
}

/// Reads `3 fridays from now` and `2 thursdays ago`.
fn weekdays(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let (count, end) = words::whole(reader, at, 2)?;
    let name = reader.text(end).strip_suffix('s').unwrap_or_default();
    let wanted = (0_i8..)
        .zip(relative::WEEKDAYS)
        .find_map(|(day, known)| (known == name).then_some(day))?;
    let today = words::day_of_week(reader.context.now.date());
    let (days, end) = if let Some(end) = reader.phrases(end + 1, &["from now", "hence"]) {
        let first = i64::from((wanted - today + 6).rem_euclid(7) + 1);
        (first + 7 * (count - 1), end)
    } else {
        let end = reader.phrases(end + 1, &["ago", "back"])?;
        let first = i64::from((today - wanted + 6).rem_euclid(7) + 1);
        (-first - 7 * (count - 1), end)
    };
    let date = reader
        .context
        .now
        .date()
        .checked_add(days.days())
        .ok()
        .filter(|_| count > 0)?;
    Some((Piece::Period(Period::day(date, Told::Whole)), end))
}
