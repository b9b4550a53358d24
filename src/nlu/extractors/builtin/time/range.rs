//! From one time to another, and open ends: `july 13-15`, `from monday to friday`, `until tomorrow`, `by end of day`.

use jiff::{ToSpan, Zoned, civil};

use super::{
    Grain,
    clock::Clock,
    cycle, date, duration,
    joined::{self, Joined, Period, Told},
    tokens::{Kind, Read, Reader, longest},
    value::Value,
    words,
};

/// What was said of a time.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Its value; none where it has two meanings or is a time only beside another.
    pub(super) value: Option<Value>,
    /// Whether it begins with a time of a day.
    pub(super) is_hour: bool,
}

impl Said {
    fn of(value: Option<Value>) -> Self {
        let is_hour = false;
        Self { value, is_hour }
    }
}

/// Reads the longest phrase of time.
pub(super) fn expression(reader: Reader<'_>, at: usize) -> Read<Said> {
    let whole = joined::read(reader, at);
    let plain = whole.as_ref().map(|(joined, end)| {
        let value = joined.value(reader.context);
        let is_hour = joined.is_hour;
        (Said { value, is_hour }, *end)
    });
    longest([
        plain,
        days(reader, at),
        slashed(reader, at),
        two(reader, at, whole.as_ref()),
        open(reader, at, whole.as_ref()),
        lasting(reader, at, whole.as_ref()),
    ])
}

/// Reads the pieces from a place on; those from the place of the whole phrase on are known.
fn pieces(
    reader: Reader<'_>,
    start: usize,
    at: usize,
    whole: Option<&(Joined, usize)>,
) -> Read<Joined> {
    if start == at {
        whole.cloned()
    } else {
        joined::read(reader, start)
    }
}

/// Reads what stands between the two ends; `and` only behind `between`.
fn connector(reader: Reader<'_>, at: usize, is_between: bool) -> Option<usize> {
    let is_one = match reader.text(at) {
        "and" => is_between && reader.apart(at),
        "to" | "until" | "untill" | "till" | "til" | "through" | "thru" => {
            !is_between && reader.apart(at)
        }
        "-" | "–" => reader.apart(at) == reader.apart(at + 1),
        _ => false,
    };
    is_one.then_some(at + 1)
}

/// Reads the word that leads a range in, and whether it is `between`.
fn lead(reader: Reader<'_>, at: usize) -> (bool, usize) {
    match reader.phrases(at, &["in between", "between"]) {
        Some(end) => (true, end),
        None => (false, reader.skip(at, &["from", "on"])),
    }
}

/// Reads `july 13-15`, `from the 13th to the 15th of July`.
fn days(reader: Reader<'_>, at: usize) -> Read<Said> {
    let (is_between, start) = lead(reader, at);
    let day = |at: usize| {
        let at = reader.skip(at, &["the"]);
        let (day, end) =
            words::ordinal(reader, at).or_else(|| reader.number(at, 2).map(|day| (day, at + 1)))?;
        Some((i8::try_from(day).ok()?, end))
    };
    let ((month, first, last), end) = if let Some((name, end)) = words::month(reader, start) {
        let (first, to) = day(end)?;
        let (last, end) = day(connector(reader, to, is_between)?)?;
        // `may 5 to 10 people`
        let is_day = reader.is_over(end)
            || start > at
            || reader.any(to, &["-", "–"])
            || words::ordinal(reader, end - 2).is_some();
        is_day.then_some(((name.number + 1, first, last), end))?
    } else {
        let (first, end) = day(start)?;
        let (last, end) = day(connector(reader, end, is_between)?)?;
        let (name, end) = words::month(reader, reader.skip(end, &["of"]))?;
        ((name.number + 1, first, last), end)
    };
    let start = end + usize::from(reader.glued(end, &[","]));
    let year = words::year(reader, start).filter(|_| reader.apart(start));
    let end = year.map_or(end, |(_, end)| end);
    let date = match year {
        Some((year, _)) => civil::Date::new(year, month, last).ok(),
        None => date::next_date(reader.context, month, last),
    };
    let value = date.and_then(|last| {
        let from = civil::Date::new(last.year(), month, first).ok()?;
        let zone = || reader.context.now.time_zone().clone();
        let to = last.tomorrow().ok()?.to_zoned(zone()).ok()?;
        let from = from.to_zoned(zone()).ok().filter(|from| *from < to)?;
        Some(Value::Interval(Some(from), Some(to), Grain::Day))
    });
    Some((Said::of(value), end))
}

/// Reads `from 3/28 to 4/5`, where one of both ends or the locale tells which number is the month.
fn slashed(reader: Reader<'_>, at: usize) -> Read<Said> {
    let (is_between, start) = lead(reader, at);
    let pair = |at: usize| {
        let is_close = reader.glued(at + 1, &["/"]) && !reader.apart(at + 2);
        let (a, b) = (reader.number(at, 2)?, reader.number(at + 2, 2)?);
        let pair = (i8::try_from(a).ok()?, i8::try_from(b).ok()?);
        is_close.then_some((pair, at + 3))
    };
    let (a, end) = pair(start)?;
    let (b, end) = pair(connector(reader, end, is_between)?)?;
    let dates = |is_month_first: bool| {
        let date = |(first, second): (i8, i8)| {
            let (month, day) = if is_month_first {
                (first, second)
            } else {
                (second, first)
            };
            date::next_date(reader.context, month, day)
        };
        Some((date(a)?, date(b)?))
    };
    let both = (dates(true), dates(false));
    let (from, to) = match (both, reader.context.month_first) {
        ((Some(dates), None) | (None, Some(dates)), _) => Some(dates),
        ((month_first, day_first), Some(is_month_first)) => {
            if is_month_first {
                month_first
            } else {
                day_first
            }
        }
        _ => None,
    }?;
    let joined = |date| Joined::from(Period::day(date, Told::Yearless));
    let (mut from, mut to) = (joined(from), joined(to));
    order(&mut from, &mut to);
    let value = between(from.value(reader.context), to.value(reader.context));
    Some((Said::of(value), end))
}

/// Moves ends that were told without a week or a year, so that the second comes after the first.
fn order(a: &mut Joined, b: &mut Joined) {
    let (Some(first), Some(last)) = (a.period.as_mut(), b.period.as_mut()) else {
        return;
    };
    if last.first >= first.first {
        return;
    }
    match (first.told, last.told) {
        (_, Told::Weekday) => {
            let later = last.first.checked_add(7.days()).ok();
            if let Some(later) = later.filter(|later| *later >= first.first) {
                last.first = later;
            }
        }
        (Told::Yearless, Told::Yearless) => {
            if let Ok(earlier) = first.first.checked_sub(1.years()) {
                first.first = earlier;
            }
        }
        (_, Told::Number) => {
            let day = last.first.day();
            let same = civil::Date::new(first.first.year(), first.first.month(), day);
            if let Some(same) = same.ok().filter(|same| *same >= first.first) {
                last.first = same;
            }
        }
        _ => {}
    }
}

/// Reads two whole times with `to` or `and` between.
fn two(reader: Reader<'_>, at: usize, whole: Option<&(Joined, usize)>) -> Read<Said> {
    let (is_between, start) = lead(reader, at);
    let (mut a, end) = pieces(reader, start, at, whole)?;
    let (mut b, end) = joined::read(reader, connector(reader, end, is_between)?)?;
    let is_hour = a.is_hour;
    // `monday through friday 9am to 5pm` is each of those days.
    if b.hours.is_some() && b.period.is_some() {
        let value = None;
        return Some((Said { value, is_hour }, end));
    }
    if b.is_timed_only() {
        // `move it from tomorrow to 5pm`
        a.clock?;
        b.period = a.period;
    } else if a.is_timed_only() && b.clock.is_some() {
        a.period = b.period;
    }
    order(&mut a, &mut b);
    let value = between(a.value(reader.context), b.value(reader.context));
    Some((Said { value, is_hour }, end))
}

/// Returns the interval; as in Duckling its end is that of the last grain.
fn between(a: Option<Value>, b: Option<Value>) -> Option<Value> {
    let (a, b) = (a?, b?);
    let grain = a.grain().min(b.grain());
    let from = a.begin()?.clone();
    let to = match &b {
        Value::Once(moment, _) => moment.checked_add(grain.span(1)?).ok()?,
        Value::Interval(_, to, _) => to.clone()?,
    };
    (a.begin()? <= b.begin()?).then_some(Value::Interval(Some(from), Some(to), grain))
}

/// Reads an hour that stands alone behind `after` or `until`.
fn hour(reader: Reader<'_>, at: usize) -> Read<Joined> {
    let hour = reader.number(at, 2).filter(|hour| (1..24).contains(hour))?;
    let is_last = reader.kind(at + 1).is_none()
        || reader.kind(at + 1) == Some(Kind::Word) && reader.is_over(at + 1)
        || reader.glued(at + 1, &[",", ".", "?", "!", ";", ")"]);
    let clock = Clock::hour(i8::try_from(hour).ok().filter(|_| is_last)?, hour > 12);
    Some((Joined::from(clock), at + 1))
}

/// Returns the moment of asking, to the second.
fn now(reader: Reader<'_>) -> Option<Zoned> {
    let now = reader.context.now;
    let begin = Grain::Second.begin(now.datetime())?;
    begin.to_zoned(now.time_zone().clone()).ok()
}

/// Reads `until tomorrow`, `before 5pm`, `since monday`, `by end of day`, `within 2 weeks`.
fn open(reader: Reader<'_>, at: usize, whole: Option<&(Joined, usize)>) -> Read<Said> {
    if let Some(end) = reader.phrases(at, &["asap", "as soon as possible"]) {
        let value = Value::Interval(Some(now(reader)?), None, Grain::Second);
        return Some((Said::of(Some(value)), end));
    }
    let first = at;
    let at = reader.skip(at, &["anytime", "sometime", "sometimes"]);
    let word = reader.text(at);
    let start = at + 1;
    let until = |to, end| {
        let value = Value::Interval(Some(now(reader)?), Some(to), Grain::Second);
        Some((Said::of(Some(value)), end))
    };
    match word {
        "within" => {
            let start = reader.skip(reader.skip(start, &["the"]), &["next"]);
            let (duration, end) = duration::read(reader, start)?;
            return until(duration.from(reader.context.now, 1.0)?.0, end);
        }
        "by" | "before" | "until" | "till" => {
            if let Some((period, end)) = cycle::end(reader, start) {
                let to = period
                    .over()?
                    .to_zoned(reader.context.now.time_zone().clone())
                    .ok()?;
                return until(to, end);
            }
        }
        "after" | "from" | "since" | "through" => {}
        // `friday after 3`
        _ => {
            let (joined, end) = pieces(reader, at, first, whole)?;
            let day = joined.period.filter(|period| period.grain == Grain::Day);
            let is_bare = !joined.is_within_day();
            let words = ["after", "before", "by", "until", "till"];
            let is_led = day.is_some() && is_bare && reader.any(end, &words) && reader.apart(end);
            return if is_led {
                reach(reader, end, day)
            } else {
                None
            };
        }
    }
    reach(reader, at, None)
}

/// Returns the last time that a period was which is told without a week or a year.
fn past(period: Period, today: civil::Date) -> Option<civil::Date> {
    let first = period.first;
    match period.told {
        _ if first <= today => Some(first),
        Told::Weekday => first.checked_sub(7.days()).ok(),
        Told::Yearless => first.checked_sub(1.years()).ok(),
        Told::Number | Told::Holiday => None,
        Told::Whole => Some(first),
    }
}

/// Reads `before 5pm`, `until tomorrow`, and `after 3` of a day.
fn reach(reader: Reader<'_>, at: usize, day: Option<Period>) -> Read<Said> {
    let now = now(reader)?;
    let word = reader.text(at);
    let start = at + 1;
    let alone = || match word {
        "before" | "until" | "till" | "after" => hour(reader, start),
        _ => None,
    };
    let (mut joined, end) = joined::read(reader, start)
        .filter(|(joined, _)| !joined.is_weak())
        .or_else(alone)?;
    if day.is_some() {
        if !joined.is_timed_only() || joined.clock.is_none() {
            return None;
        }
        joined.period = day;
        // The half of that day is not told.
        joined.is_unclear |= reader.number(start, 2).is_some() && end == start + 1;
    }
    match (word, joined.period.as_mut()) {
        // What has been since Friday began with the last one.
        ("since", Some(period)) => period.first = past(*period, now.date())?,
        // `it did not go through today`
        ("through", Some(period)) if period.grain == Grain::Day => return None,
        _ => {}
    }
    let said = joined.value(reader.context);
    let is_hour = joined.is_hour;
    if word == "from" && joined.hours.is_some() {
        return Some((
            Said {
                value: said,
                is_hour,
            },
            end,
        ));
    }
    let Some(said) = said else {
        let value = None;
        return joined.is_unclear.then_some((Said { value, is_hour }, end));
    };
    let grain = said.grain();
    let side = said.begin()?.clone();
    let value = match word {
        "by" if side > now => Value::Interval(Some(now), Some(side), Grain::Second),
        "before" | "until" | "till" | "through" => Value::Interval(None, Some(side), grain),
        "after" | "since" => Value::Interval(Some(side), None, grain),
        // What is from Monday does not always last from there on.
        "from" if joined.is_timed_only() && side > now => Value::Interval(Some(side), None, grain),
        _ => return None,
    };
    Some((
        Said {
            value: Some(value),
            is_hour,
        },
        end,
    ))
}

/// Reads `from 4pm for thirty minutes` and `18th Dec for 10 days`.
fn lasting(reader: Reader<'_>, at: usize, whole: Option<&(Joined, usize)>) -> Read<Said> {
    let (begin, duration, end) = if reader.is(at, "for") {
        let (duration, end) = duration::read(reader, at + 1)?;
        let end = reader.phrases(
            end,
            &[
                "starting from",
                "starting on",
                "starting at",
                "starting",
                "from",
            ],
        )?;
        // `a table for one hour from now`
        let (begin, end) = joined::read(reader, end).filter(|(begin, _)| !begin.is_moment())?;
        (begin, duration, end)
    } else {
        let (begin, end) = pieces(reader, reader.skip(at, &["from"]), at, whole)?;
        let end = reader.phrase(end, "for")?;
        let (duration, end) = duration::read(reader, end)?;
        (begin, duration, end)
    };
    let value = match begin.value(reader.context)? {
        Value::Once(moment, grain) => {
            // An hour lasts minutes, and a day lasts days.
            let is_clock = grain < Grain::Day;
            let fits = if is_clock {
                duration.unit < Grain::Day
            } else {
                grain == Grain::Day && duration.unit >= Grain::Day
            };
            let grain = if is_clock {
                Grain::Minute.min(grain)
            } else {
                Grain::Day
            };
            let to = duration.exactly(&moment, 1.0).filter(|_| fits)?;
            let to = to.checked_add(grain.span(1)?).ok()?;
            Value::Interval(Some(moment), Some(to), grain)
        }
        Value::Interval(..) => return None,
    };
    let is_hour = begin.is_hour;
    Some((
        Said {
            value: Some(value),
            is_hour,
        },
        end,
    ))
}
