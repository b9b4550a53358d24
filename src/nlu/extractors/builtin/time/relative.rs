//! Times told from now: `tomorrow`, `next wednesday`, `last quarter`, `this summer`, `the next 3 days`.

use jiff::{ToSpan, civil};

use super::{
    Context, Grain, clock, date,
    joined::{Period, Piece, Told},
    tokens::{Kind, Read, Reader, longest},
    words,
};

/// Names of the days of the week, from Monday on.
pub(super) const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Reads anything told from now as a piece.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let period = |(period, end)| (Piece::Period(period), end);
    longest([
        now(reader, at),
        day(reader, at).map(period),
        weekday(reader, at).map(period),
        unit(reader, at).map(period),
        month(reader, at).map(period),
        weekend(reader, at),
        season(reader, at),
        several(reader, at),
        whole_week(reader, at),
    ])
}

fn now(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let phrases = [
        "now",
        "right now",
        "just now",
        "at the moment",
        "at this moment",
    ];
    let end = longest(phrases.map(|phrase| reader.phrase(at, phrase).map(|end| ((), end))))?.1;
    let now = reader.context.now;
    let begin = Grain::Second.begin(now.datetime())?;
    let moment = begin.to_zoned(now.time_zone().clone()).ok()?;
    Some((Piece::Moment(moment, Grain::Second), end))
}

/// Reads `tomorrow` and its like.
pub(super) fn day(reader: Reader<'_>, at: usize) -> Read<Period> {
    let start = reader.skip(at, &["the"]);
    let (days, end) = match reader.stem(start) {
        "today" => (0, start + 1),
        "tomorrow" | "tomorrows" | "tmrw" => (1, start + 1),
        "yesterday" => (-1, start + 1),
        "day" => match reader.phrase(start, "day after tomorrow") {
            Some(end) => (2, end),
            None => (-2, reader.phrase(start, "day before yesterday")?),
        },
        _ => return None,
    };
    if start > at && !reader.is(start, "day") {
        return None;
    }
    let date = shifted(reader.context, days)?;
    Some((Period::new(date, Grain::Day), end))
}

fn shifted(context: &Context<'_>, days: i64) -> Option<civil::Date> {
    context.now.date().checked_add(days.days()).ok()
}

/// A word that tells which of several is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Last,
    This,
    Next,
}

impl Which {
    pub(super) fn count(self) -> i64 {
        match self {
            Self::Last => -1,
            Self::This => 0,
            Self::Next => 1,
        }
    }
}

/// Reads `next`, `this past`, `the following` and their like.
pub(super) fn which(reader: Reader<'_>, at: usize) -> Read<Which> {
    let start = reader.skip(at, &["the"]);
    let is_this = reader.is(start, "this");
    let inner = start + usize::from(is_this);
    let which = match reader.text(inner) {
        "last" | "past" | "previous" => Which::Last,
        "next" if !is_this => Which::Next,
        "coming" | "upcoming" | "following" => Which::Next,
        "current" if !is_this => Which::This,
        _ if is_this => return Some((Which::This, inner)),
        _ => return None,
    };
    Some((which, inner + 1))
}

/// Reads `of next year`.
pub(super) fn year(reader: Reader<'_>, at: usize) -> Read<i16> {
    let start = if reader.any(at, &["of", "in"]) {
        at + 1
    } else {
        at
    };
    let (which, end) = which(reader, start)?;
    let years = i16::try_from(which.count()).ok()?;
    let year = reader.context.now.date().year().checked_add(years)?;
    reader.any(end, &["year", "yr"]).then_some((year, end + 1))
}

/// Reads a day of the week, with what tells which.
fn weekday(reader: Reader<'_>, at: usize) -> Read<Period> {
    let today = words::day_of_week(reader.context.now.date());
    let date = |days: i64| {
        let date = shifted(reader.context, days)?;
        Some(Period::day(date, Told::Weekday))
    };
    let chosen = which(reader, at);
    // `next week's monday`, `last week on friday`
    if let Some((which, end)) = chosen
        && reader.any(end, &["week", "weeks"])
        && let Some((name, end)) = words::weekday(reader, reader.skip(end + 1, &["on"]))
    {
        let days = i64::from(name.number - today) + 7 * which.count();
        return Some((date(days)?, end));
    }
    let start = chosen.map_or(at, |(_, end)| end);
    let (name, end) = words::weekday(reader, start)?;
    let ahead = i64::from((name.number - today + 6).rem_euclid(7) + 1);
    if let Some((which, end)) = chosen {
        // Today's own name means another day than today; `next` is that of the week to come.
        let is_close = reader.any(end - 1, &["coming", "upcoming"]);
        let days = match which {
            Which::Last => -i64::from((today - name.number + 6).rem_euclid(7) + 1),
            Which::Next if !is_close => i64::from(name.number - today) + 7,
            _ => ahead,
        };
        return Some((date(days)?, words::weekday(reader, end)?.1));
    }
    if let Some(end) = reader.phrase(end, "after next") {
        return Some((date(ahead + 7)?, end));
    }
    let of = reader.skip(end, &["of", "in", "from"]);
    if let Some((which, end)) = self::which(reader, of)
        && reader.is(end, "week")
    {
        let days = i64::from(name.number - today) + 7 * which.count();
        return Some((date(days)?, end + 1));
    }
    let before = at.checked_sub(1).map_or("", |at| reader.text(at));
    let is_led = matches!(
        before,
        "on" | "by" | "until" | "till" | "before" | "since" | "to" | "through"
    );
    // `sun`, `sat` and `mon` are words and names, too.
    let is_plain = name.is_whole
        || reader.any(at, &["tue", "tues", "thu", "thur", "thurs", "fri"]) && reader.is_over(end)
        || is_led && reader.is_over(end)
        || !reader.any(at, &["sun", "sat"]) && clock::read(reader, end).is_some();
    is_plain.then_some((date(ahead)?, end))
}

/// Reads `next month`, `this quarter`, `last yr`, `the week of october 6th`.
pub(super) fn unit(reader: Reader<'_>, at: usize) -> Read<Period> {
    let start = reader.skip(at, &["the"]);
    if let Some(end) = reader.phrase(start, "week of") {
        let end = reader.skip(end, &["the"]);
        let (Piece::Period(period), end) = date::piece(reader, end)? else {
            return None;
        };
        // The week of a Sunday begins or ends with it.
        let is_clear = period.grain == Grain::Day && words::day_of_week(period.first) < 6;
        let first = Grain::Week.first(period.first).filter(|_| is_clear)?;
        return Some((Period::new(first, Grain::Week), end));
    }
    let (which, end) = which(reader, at)?;
    let (grain, behind) = words::unit(reader, reader.skip(end, &["around"]))?;
    let is_one = !reader.stem(end).ends_with('s');
    let is_long = grain >= Grain::Week || grain == Grain::Day && which != Which::This;
    let first = grain.first(reader.context.now.date())?;
    let first = grain.days_later(first, which.count())?;
    // `the next day` is told from another.
    (is_one && is_long && grain > Grain::Day).then_some((Period::new(first, grain), behind))
}

/// Reads `next march` and `march after next`.
fn month(reader: Reader<'_>, at: usize) -> Read<Period> {
    let today = reader.context.now.date();
    let of = |number: i8, years: i16| {
        let first = civil::Date::new(today.year().checked_add(years)?, number + 1, 1).ok()?;
        Some(Period::new(first, Grain::Month))
    };
    if let Some((name, end)) = words::month(reader, at) {
        let end = reader.phrase(end, "after next")?;
        let is_over = i16::from(name.number < today.month());
        return Some((of(name.number, is_over + 1)?, end));
    }
    let (which, end) = which(reader, at)?;
    let (name, end) = words::month(reader, end).filter(|(name, _)| name.is_whole)?;
    let month = name.number + 1;
    let years = match which {
        Which::Last => -i16::from(month >= today.month()),
        Which::This => i16::from(month < today.month()),
        Which::Next => i16::from(month <= today.month()),
    };
    reader
        .is_over(end)
        .then_some((of(name.number, years)?, end))
}

/// Reads `weekend` however it is written.
pub(super) fn weekend_word(reader: Reader<'_>, at: usize) -> Option<usize> {
    match reader.text(at) {
        "weekend" | "wkend" => Some(at + 1),
        "week" if reader.glued(at + 1, &["-"]) && reader.is(at + 2, "end") => Some(at + 3),
        "week" => reader.phrase(at, "week end"),
        _ => None,
    }
}

/// Returns the weekend of the week of a day: from Friday evening on.
pub(super) fn weekend_of(date: civil::Date) -> Option<Piece> {
    let monday = Grain::Week.first(date)?;
    let friday = monday.checked_add(4.days()).ok()?.at(18, 0, 0, 0);
    let over = monday.checked_add(7.days()).ok()?.at(0, 0, 0, 0);
    Some(Piece::Interval(friday, over, Grain::Hour))
}

fn weekend(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let (which, end) = which(reader, at)?;
    let is_coming = reader.any(end - 1, &["coming", "upcoming"]);
    let end = weekend_word(reader, end)?;
    let weeks = if is_coming { 0 } else { which.count() };
    let date = Grain::Week.days_later(reader.context.now.date(), weeks)?;
    Some((weekend_of(date)?, end))
}

/// First days of spring, summer, autumn and winter, as Duckling has them.
const SEASONS: [(i8, i8); 4] = [(3, 20), (6, 21), (9, 23), (12, 21)];

/// Returns when a season begins that is so many behind the spring of a year.
fn season_begin(year: i16, season: i64) -> Option<civil::Date> {
    let year = year.checked_add(i16::try_from(season.div_euclid(4)).ok()?)?;
    let (month, day) = SEASONS.get(usize::try_from(season.rem_euclid(4)).ok()?)?;
    civil::Date::new(year, *month, *day).ok()
}

/// Reads `this summer`, `last season`.
fn season(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let (which, end) = which(reader, at)?;
    let today = reader.context.now.date();
    let year = today.year();
    let named = match reader.text(end) {
        "season" | "seasons" => None,
        "spring" => Some(0),
        "summer" => Some(1),
        "fall" | "autumn" => Some(2),
        "winter" => Some(3),
        _ => return None,
    };
    let interval = |from: civil::Date, to: civil::Date| {
        let midnight = |date: civil::Date| date.at(0, 0, 0, 0);
        (
            Piece::Interval(midnight(from), midnight(to), Grain::Day),
            end + 1,
        )
    };
    let Some(named) = named else {
        let begun = |season: &i64| season_begin(year, *season).is_some_and(|begin| begin <= today);
        let current = (-4..4).rev().find(begun)?;
        let season = current + which.count();
        let last = season_begin(year, season + 1)?.yesterday().ok()?;
        return Some(interval(season_begin(year, season)?, last));
    };
    let all = (-2..3).filter_map(|years| {
        let season = named + 4 * years;
        let next = season_begin(year, season + 1)?;
        // But for summer the first day of the next belongs to it, too.
        let over = if named == 3 || named == 0 || named == 1 {
            next.tomorrow().ok()?
        } else {
            next
        };
        Some((season_begin(year, season)?, over))
    });
    let all: Vec<_> = all.collect();
    let found = match which {
        Which::Last => all.iter().rfind(|(_, over)| *over <= today),
        Which::This => all.iter().find(|(_, over)| *over > today),
        Which::Next => all.iter().find(|(from, _)| *from > today),
    };
    let (from, to) = found?;
    reader.is_over(end + 1).then_some(interval(*from, *to))
}

/// Reads `next 3 days`, `the last two weeks` and `upcoming two weeks`.
fn several(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let number = |at: usize| match reader.text(at) {
        "few" => Some((3, at + 1)),
        "couple" => Some((2, reader.skip(at + 1, &["of"]))),
        _ => words::many(reader, at).filter(|(count, _)| *count < 10_000),
    };
    if let Some((count, end)) = number(at)
        && reader.is(end, "upcoming")
    {
        return upcoming(reader, count, end + 1);
    }
    let (which, end) = which(reader, at)?;
    if which == Which::This {
        return None;
    }
    let is_upcoming = reader.is(end - 1, "upcoming");
    let (count, end) = number(end)?;
    if is_upcoming {
        return upcoming(reader, count, end);
    }
    let (grain, end) = words::unit(reader, end).filter(|_| count > 0)?;
    if weekend_word(reader, end).is_some() {
        return None;
    }
    let now = grain.begin(reader.context.now.datetime())?;
    let (from, to) = match which {
        Which::Last => (grain.later(now, -count)?, now),
        _ => (grain.later(now, 1)?, grain.later(now, count + 1)?),
    };
    Some((Piece::Interval(from, to, grain), end))
}

/// Reads the unit of `upcoming two weeks`: in Duckling the one so many ahead.
fn upcoming(reader: Reader<'_>, count: i64, at: usize) -> Read<Piece> {
    let (grain, end) = words::unit(reader, at).filter(|(grain, _)| *grain >= Grain::Day)?;
    let first = grain.days_later(grain.first(reader.context.now.date())?, count)?;
    let is_count = count > 0 && reader.kind(at)? == Kind::Word;
    is_count.then_some((Piece::Period(Period::new(first, grain)), end))
}

/// Reads `all week` and `rest of the week`, which as in Duckling end with Saturday.
fn whole_week(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let today = reader.context.now.date();
    let monday = Grain::Week.first(today)?;
    let start = reader.skip(at, &["the"]);
    let (from, end) = match reader.phrases(start, &["rest of the week", "rest of this week"]) {
        Some(end) => (today, end),
        None => (monday, reader.phrase(at, "all week")?),
    };
    let to = monday.checked_add(6.days()).ok()?;
    let is_ahead = from < to && !reader.is(end, "long");
    is_ahead.then_some((
        Piece::Interval(from.at(0, 0, 0, 0), to.at(0, 0, 0, 0), Grain::Day),
        end,
    ))
}
