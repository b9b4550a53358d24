//! Pieces of a time that stand together, joined to one value: a day with an hour, part of a day, from one hour to
//! another.

use jiff::{ToSpan, Zoned, civil, tz::TimeZone};

use super::{
    Context, Grain,
    clock::{self, Clock},
    cycle, date, duration, holiday,
    hours::{self, Hours},
    part::{self, Part},
    relative,
    tokens::{Kind, Read, Reader, longest},
    value::Value,
    zone,
};

/// What a day, week, month or year was told from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is the only one of that name.
    Whole,
    /// From the name of a day of the week.
    Weekday,
    /// From a month without a year.
    Yearless,
    /// From the number of a day alone.
    Number,
    /// From a holiday.
    Holiday,
}

/// A day, a week, a month or whatever the grain is, by its first day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) first: civil::Date,
    pub(super) grain: Grain,
    pub(super) told: Told,
}

impl Period {
    pub(super) fn new(first: civil::Date, grain: Grain) -> Self {
        let told = Told::Whole;
        Self { first, grain, told }
    }

    pub(super) fn day(first: civil::Date, told: Told) -> Self {
        let grain = Grain::Day;
        Self { first, grain, told }
    }

    /// Returns the first day that is no longer in it.
    pub(super) fn over(self) -> Option<civil::Date> {
        self.grain.days_later(self.first, 1)
    }
}

/// What is said of a time.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Period(Period),
    /// A point in time, complete in itself.
    Moment(Zoned, Grain),
    /// From one point to another.
    Interval(civil::DateTime, civil::DateTime, Grain),
    Part(Part),
    Clock(Clock),
    Hours(Hours),
    /// What says two things at once, or what nobody can tell.
    Unclear,
}

/// Pieces that stand together.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    pub(super) period: Option<Period>,
    moment: Option<(Zoned, Grain)>,
    interval: Option<(civil::DateTime, civil::DateTime, Grain)>,
    part: Option<Part>,
    pub(super) clock: Option<Clock>,
    pub(super) hours: Option<Hours>,
    zone: Option<TimeZone>,
    pub(super) is_unclear: bool,
    /// Whether a time of a day was said first.
    pub(super) is_hour: bool,
}

impl From<Clock> for Joined {
    fn from(clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            is_hour: true,
            ..Self::default()
        }
    }
}

impl From<Period> for Joined {
    fn from(period: Period) -> Self {
        Self {
            period: Some(period),
            ..Self::default()
        }
    }
}

impl Joined {
    /// Takes a piece in, unless it has one of the kind already.
    fn take(&mut self, piece: Piece) -> bool {
        let is_dated = self.period.is_some() || self.moment.is_some() || self.interval.is_some();
        let is_timed = self.clock.is_some() || self.hours.is_some();
        match piece {
            Piece::Period(_) | Piece::Moment(..) | Piece::Interval(..) if is_dated => return false,
            Piece::Clock(_) | Piece::Hours(_) if is_timed => return false,
            Piece::Part(_) if self.part.is_some() => return false,
            Piece::Period(period) => self.period = Some(period),
            Piece::Moment(moment, grain) => self.moment = Some((moment, grain)),
            Piece::Interval(from, to, grain) => self.interval = Some((from, to, grain)),
            Piece::Clock(clock) => self.clock = Some(clock),
            Piece::Hours(hours) => self.hours = Some(hours),
            Piece::Part(part) => self.part = Some(part),
            Piece::Unclear => self.is_unclear = true,
        }
        true
    }

    /// Tells whether a time or a part of a day was said.
    pub(super) fn is_within_day(&self) -> bool {
        self.part.is_some() || self.clock.is_some() || self.hours.is_some()
    }

    /// Makes a day of what has one; an hour of a week, a month or a season is not told.
    fn settle(&mut self) {
        if !self.is_within_day() {
            return;
        }
        if let Some((moment, grain)) = self.moment.take() {
            self.is_unclear |= !matches!(grain, Grain::Hour | Grain::Day);
            self.period = Some(Period::day(moment.date(), Told::Whole));
        }
        let is_long = self.period.is_some_and(|period| period.grain > Grain::Day);
        self.is_unclear |= self.interval.is_some() || is_long;
    }

    /// Tells whether it is counted from now.
    pub(super) fn is_moment(&self) -> bool {
        self.moment.is_some()
    }

    /// Tells whether it is a time only beside another.
    pub(super) fn is_weak(&self) -> bool {
        let is_weak_clock = self.clock.is_some_and(|clock| clock.weak);
        is_weak_clock && self.period.is_none() && self.part.is_none() && self.zone.is_none()
    }

    /// Tells whether it is a time of a day, and of no day that is known.
    pub(super) fn is_timed_only(&self) -> bool {
        (self.clock.is_some() || self.hours.is_some()) && self.period.is_none()
    }

    /// Returns a time of a day in the zone it is said in, as one of the zone that is asked for.
    fn at(&self, date: civil::Date, time: civil::Time, context: &Context<'_>) -> Option<Zoned> {
        let own = context.now.time_zone();
        let zone = self.zone.as_ref().unwrap_or(own).clone();
        let moment = date.to_datetime(time).to_zoned(zone).ok()?;
        Some(moment.with_time_zone(own.clone()))
    }

    /// Returns the day that is meant where none is said.
    fn today(&self, context: &Context<'_>) -> Option<civil::Date> {
        let zone = self.zone.as_ref();
        let today = zone.map_or(context.now.date(), |zone| {
            context.now.with_time_zone(zone.clone()).date()
        });
        let shift = self.part.map_or(0, |part| part.shift);
        today.checked_add(shift.days()).ok()
    }

    fn day(&self) -> Option<civil::Date> {
        self.period.map(|period| period.first)
    }

    /// Returns what it comes to.
    pub(super) fn value(&self, context: &Context<'_>) -> Option<Value> {
        if self.is_unclear {
            return None;
        }
        let own = |time: civil::DateTime| time.to_zoned(context.now.time_zone().clone()).ok();
        if let Some((moment, grain)) = &self.moment {
            return Some(Value::Once(moment.clone(), *grain));
        }
        if let Some((from, to, grain)) = self.interval {
            return Some(Value::Interval(Some(own(from)?), Some(own(to)?), grain));
        }
        if let Some(clock) = self.clock {
            return self.moment(clock, context);
        }
        if let Some(hours) = self.hours {
            return self.between(hours, context);
        }
        let Some(part) = self.part else {
            let period = self.period?;
            let first = own(period.first.at(0, 0, 0, 0))?;
            return Some(Value::Once(first, period.grain));
        };
        if part.weak && self.period.is_none() {
            return None;
        }
        let day = self.day().or(self.today(context))?;
        let at = |hour: i8| {
            let date = if hour == 24 {
                day.tomorrow().ok()?
            } else {
                day
            };
            self.at(date, civil::Time::new(hour % 24, 0, 0, 0).ok()?, context)
        };
        let (from, to) = part.hours;
        Some(Value::Interval(Some(at(from)?), Some(at(to)?), Grain::Hour))
    }

    fn between(&self, hours: Hours, context: &Context<'_>) -> Option<Value> {
        if hours.weak && self.period.is_none() && self.part.is_none() {
            return None;
        }
        let (mut from, mut to) = (hours.from, hours.to);
        if !hours.sure && self.part.is_some_and(|part| part.hours.0 >= 12) {
            from.0 = from.0 % 12 + 12;
            to.0 = to.0 % 12 + 12;
        }
        let day = self.day().or(self.today(context))?;
        let at = |(hour, minute): (i8, i8)| {
            self.at(day, civil::Time::new(hour, minute, 0, 0).ok()?, context)
        };
        let (mut first, mut last) = (at(from)?, at(to)?);
        // Past midnight, and without a day the next such time.
        let late = i64::from(to < from);
        let is_free = self.period.is_none() && !self.part.is_some_and(|part| part.today);
        let later = i64::from(is_free && first < *context.now);
        first = first.checked_add(later.days()).ok()?;
        last = last.checked_add((late + later).days()).ok()?;
        // As in Duckling the end is that of the last hour or minute.
        let last = last.checked_add(hours.grain.span(1)?).ok()?;
        Some(Value::Interval(Some(first), Some(last), hours.grain))
    }

    /// Returns the value of a time of the day.
    fn moment(&self, clock: Clock, context: &Context<'_>) -> Option<Value> {
        if clock.weak && self.period.is_none() && self.part.is_none() && self.zone.is_none() {
            return None;
        }
        let grain = if self.zone.is_some() {
            clock.grain.min(Grain::Minute)
        } else {
            clock.grain
        };
        let today = self.today(context)?;
        let mut day = self.day().unwrap_or(today);
        let Some(part) = self.part else {
            // Without a day it is the next such time, of both halves of the day where neither is said.
            if self.period.is_some() {
                let moment = self.at(day, clock.time()?, context)?;
                return Some(Value::Once(moment, grain));
            }
            let tomorrow = today.tomorrow().ok()?;
            let moments = [Some(clock), clock.other_half()]
                .into_iter()
                .flatten()
                .flat_map(|clock| [today, tomorrow].map(|day| (clock, day)))
                .filter_map(|(clock, day)| self.at(day, clock.time()?, context));
            let next = moments.filter(|moment| *moment >= *context.now).min()?;
            return Some(Value::Once(next, grain));
        };
        let mut hour = clock.hour;
        if !clock.sure {
            match (part.hours.0, hour) {
                // Twelve in the morning is no noon, nor one in the afternoon for sure; twelve in the evening is
                // midnight.
                (0 | 12, 12) => return None,
                (18 | 21, 12) => {
                    hour = 0;
                    day = day.tomorrow().ok()?;
                }
                (12.., 0..12) => hour += 12,
                _ => {}
            }
        }
        let time = Clock { hour, ..clock }.time()?;
        let mut moment = self.at(day, time, context)?;
        if self.period.is_none() && !part.today && moment < *context.now {
            moment = self.at(day.tomorrow().ok()?, time, context)?;
        }
        Some(Value::Once(moment, grain))
    }
}

/// Reads a single piece.
fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    longest([
        date::piece(reader, at),
        holiday::piece(reader, at),
        cycle::piece(reader, at),
        relative::piece(reader, at),
        duration::piece(reader, at),
        hours::piece(reader, at),
        clock::piece(reader, at),
        part::read(reader, at),
    ])
}

/// Reads a piece that a word leads in, as in `on monday`, `in march`, `around noon`.
fn led(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let word = reader.text(at);
    if !matches!(
        word,
        "on" | "in" | "during" | "at" | "for" | "around" | "about" | "approximately" | "exactly"
    ) {
        return None;
    }
    let (piece, end) = piece(reader, at + 1)?;
    let fits = match (&piece, word) {
        (Piece::Period(period), "on") => period.grain == Grain::Day,
        (Piece::Period(period), "in" | "during") => period.grain > Grain::Day,
        (Piece::Period(period), "at") => period.told == Told::Holiday,
        (Piece::Clock(clock), "for") => !clock.weak && clock.sure,
        (Piece::Interval(..), "at" | "on" | "in" | "during")
        | (Piece::Clock(_) | Piece::Moment(..), "about")
        | (Piece::Unclear, _)
        | (_, "around" | "approximately" | "exactly") => true,
        _ => false,
    };
    fits.then_some((piece, end))
}

/// Returns the next piece, where what stands between joins it to the one before.
fn next(reader: Reader<'_>, at: usize, before: &Joined) -> Read<Piece> {
    let comma = reader.glued(at, &[","]);
    let start = at + usize::from(comma);
    if !reader.apart(start) {
        return None;
    }
    // `morning of the 15th`
    if before.part.is_some() && before.period.is_none() && reader.is(start, "of") {
        let (piece, end) = piece(reader, start + 1)?;
        return matches!(piece, Piece::Period(_)).then_some((piece, end));
    }
    let plain = piece(reader, start);
    let found = plain.or_else(|| {
        let (piece, end) = match reader.text(start) {
            "on" => piece(reader, start + 1)?,
            "in" => {
                piece(reader, start + 1).filter(|(piece, _)| matches!(piece, Piece::Part(_)))?
            }
            // `on Saturday for 9am`
            "for" => piece(reader, start + 1)
                .filter(|(piece, _)| matches!(piece, Piece::Clock(clock) if !clock.weak))?,
            _ => return None,
        };
        Some((piece, end))
    });
    found.filter(|(piece, _)| !comma || !matches!(piece, Piece::Interval(..)))
}

/// Reads the pieces that stand together.
pub(super) fn read(reader: Reader<'_>, at: usize) -> Read<Joined> {
    let (first, mut end) = piece(reader, at).or_else(|| led(reader, at))?;
    let mut joined = Joined {
        is_hour: matches!(first, Piece::Clock(_) | Piece::Hours(_)),
        ..Joined::default()
    };
    joined.take(first);
    loop {
        if (joined.clock.is_some() || joined.hours.is_some())
            && joined.zone.is_none()
            && let Some((zone, behind)) = zone::read(reader, end)
        {
            joined.zone = Some(zone);
            end = behind;
        }
        let Some((piece, behind)) = next(reader, end, &joined) else {
            break;
        };
        if !joined.take(piece) {
            break;
        }
        end = behind;
    }
    joined.settle();
    // `8am` in `8am 5` is over; a word right behind is not.
    let is_whole = reader.kind(end) != Some(Kind::Word) || reader.apart(end);
    is_whole.then_some((joined, end))
}
