//! What is told within a month, a year or a week: `first monday of march`, `last week of 2018`, `end of next month`.

use jiff::{ToSpan, civil};

use super::{
    Grain, date,
    joined::{Period, Piece, Told},
    relative,
    tokens::{Read, Reader, longest},
    words,
};

/// Reads anything of the kind as a piece.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    longest([nth(reader, at), edge(reader, at)])
}

/// Reads what something is told within: `next month`, `the year`, `october 2014`, `2018`.
fn whole(reader: Reader<'_>, at: usize) -> Read<Period> {
    let this = || {
        let start = reader.skip(at, &["the"]);
        let grain = match reader.text(start) {
            "week" => Grain::Week,
            "month" => Grain::Month,
            "quarter" => Grain::Quarter,
            "year" => Grain::Year,
            _ => return None,
        };
        let first = grain.first(reader.context.now.date())?;
        Some((Period::new(first, grain), start + 1))
    };
    let year = || {
        let (year, end) =
            words::year(reader, at).filter(|(year, _)| (1900..2200).contains(year))?;
        Some((
            Period::new(civil::Date::new(year, 1, 1).ok()?, Grain::Year),
            end,
        ))
    };
    let start = reader.skip(at, &["around"]);
    longest([
        date::month(reader, at, true),
        relative::unit(reader, start).filter(|(period, _)| period.grain > Grain::Day),
        month_of(reader, start),
        this(),
        year(),
    ])
}

/// Reads `next march` within another phrase.
fn month_of(reader: Reader<'_>, at: usize) -> Read<Period> {
    match relative::piece(reader, at)? {
        (Piece::Period(period), end) if period.grain == Grain::Month => Some((period, end)),
        _ => None,
    }
}

/// Which of several, counted from the first or from the last on.
enum Place {
    First(i64),
    Last(i64),
}

fn place(reader: Reader<'_>, at: usize) -> Read<Place> {
    if reader.is(at, "last") {
        return Some((Place::Last(1), at + 1));
    }
    let (number, end) = words::ordinal(reader, at).filter(|(number, _)| *number > 0)?;
    if reader.is(end, "last") {
        return Some((Place::Last(number), end + 1));
    }
    Some((Place::First(number), end))
}

/// Returns the first of a week's days within a period, so many counted from its begin or its end, where a stretch that
/// begins there lies in it.
fn day_within(period: Period, place: &Place, weekday: i8, days: i64) -> Option<civil::Date> {
    let over = period.over()?;
    let date = match place {
        Place::First(number) => {
            let ahead = (weekday - words::day_of_week(period.first)).rem_euclid(7);
            let first = period.first.checked_add(i64::from(ahead).days()).ok()?;
            first.checked_add((7 * (number - 1)).days()).ok()?
        }
        Place::Last(number) => {
            let last = over.checked_sub(days.days()).ok()?;
            let behind = (words::day_of_week(last) - weekday).rem_euclid(7);
            let last = last.checked_sub(i64::from(behind).days()).ok()?;
            last.checked_sub((7 * (number - 1)).days()).ok()?
        }
    };
    (date >= period.first && date < over).then_some(date)
}

/// Reads `first monday of march`, `third last week of 2018`, `last day of october`.
fn nth(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let start = reader.skip(at, &["the"]);
    let (place, end) = place(reader, start)?;
    let weekend = relative::weekend_word(reader, end);
    let weekday = words::weekday(reader, end);
    let unit = words::unit(reader, end);
    let behind = weekend
        .or(weekday.map(|(_, end)| end))
        .or(unit.map(|(_, end)| end))?;
    if !reader.any(behind, &["of", "in"]) {
        return None;
    }
    let (period, end) = whole(reader, behind + 1)?;
    if period.grain < Grain::Month && unit.is_none_or(|(unit, _)| unit != Grain::Day) {
        return None;
    }
    let piece = if weekend.is_some() {
        relative::weekend_of(day_within(period, &place, 4, 3)?)?
    } else if let Some((name, _)) = weekday {
        let date = day_within(period, &place, name.number, 1)?;
        Piece::Period(Period::day(date, Told::Whole))
    } else {
        let (unit, _) = unit?;
        let first = match unit {
            Grain::Week => day_within(period, &place, 0, 7)?,
            Grain::Day | Grain::Month | Grain::Quarter if unit < period.grain => match place {
                Place::First(number) => unit.days_later(period.first, number - 1)?,
                Place::Last(number) => unit.days_later(period.over()?, -number)?,
            },
            _ => return None,
        };
        let is_within = first >= period.first && first < period.over()?;
        Piece::Period(is_within.then_some(Period::new(first, unit))?)
    };
    Some((piece, end))
}

/// Part of a month, a week or a year.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    Middle,
    End,
}

/// Returns the days of a part, as Duckling counts them.
fn days(period: Period, edge: Edge) -> Option<Piece> {
    let (first, over) = (period.first, period.over()?);
    let (from, to, grain) = match (period.grain, edge) {
        (Grain::Week, Edge::Begin) => (first, first.checked_add(3.days()).ok()?, Grain::Day),
        (Grain::Week, Edge::End) => (first.checked_add(4.days()).ok()?, over, Grain::Day),
        (Grain::Month, Edge::Begin) => (first, first.checked_add(10.days()).ok()?, Grain::Day),
        (Grain::Month, Edge::Middle) => (
            first.checked_add(10.days()).ok()?,
            first.checked_add(20.days()).ok()?,
            Grain::Day,
        ),
        (Grain::Month, Edge::End) => (first.checked_add(20.days()).ok()?, over, Grain::Day),
        (Grain::Year, Edge::Begin) => (first, first.checked_add(3.months()).ok()?, Grain::Month),
        (Grain::Year, Edge::End) => (first.checked_add(8.months()).ok()?, over, Grain::Month),
        _ => return None,
    };
    let midnight = |date: civil::Date| date.at(0, 0, 0, 0);
    Some(Piece::Interval(midnight(from), midnight(to), grain))
}

/// Reads `end of next month`, `early march`, `mid-february`, `EOM`.
fn edge(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let start = reader.skip(reader.skip(at, &["at"]), &["the"]);
    let this = |grain: Grain| {
        let first = grain.first(reader.context.now.date())?;
        Some(Period::new(first, grain))
    };
    let (edge, end) = match reader.text(start) {
        "eom" => return Some((days(this(Grain::Month)?, Edge::End)?, start + 1)),
        "bom" => return Some((days(this(Grain::Month)?, Edge::Begin)?, start + 1)),
        "eoy" => return Some((days(this(Grain::Year)?, Edge::End)?, start + 1)),
        "early" => (Edge::Begin, start + 1),
        "mid" => (
            Edge::Middle,
            start + 1 + usize::from(reader.glued(start + 1, &["-"])),
        ),
        "late" => (Edge::End, start + 1),
        "beginning" | "start" => (Edge::Begin, reader.phrase(start + 1, "of")?),
        "middle" => (Edge::Middle, reader.phrase(start + 1, "of")?),
        "end" => (Edge::End, reader.phrase(start + 1, "of")?),
        _ => return None,
    };
    let (period, behind) = if reader.is(end - 1, "of") {
        whole(reader, end)?
    } else {
        date::month(reader, end, true)?
    };
    Some((days(period, edge)?, behind))
}

/// Reads the period whose end is said, as in `the end of the month`, `EOD` and `end of tomorrow`.
pub(super) fn end(reader: Reader<'_>, at: usize) -> Read<Period> {
    let start = reader.skip(reader.skip(at, &["at"]), &["the"]);
    let today = reader.context.now.date();
    let this = |grain: Grain| Some((Period::new(grain.first(today)?, grain), start + 1));
    match reader.text(start) {
        "eod" | "cob" => return this(Grain::Day),
        "eow" => return this(Grain::Week),
        "eom" => return this(Grain::Month),
        "eoy" => return this(Grain::Year),
        "end" | "close" => {}
        _ => return None,
    }
    let of = reader.phrase(start + 1, "of")?;
    let day = reader.phrases(
        of,
        &[
            "day",
            "the day",
            "business",
            "business day",
            "the business day",
        ],
    );
    // `end of day friday`
    let of_day = day.and_then(|end| match relative::piece(reader, end)? {
        (Piece::Period(period), end) if period.grain == Grain::Day => Some((period, end)),
        _ => None,
    });
    longest([
        of_day.or(day.map(|end| (Period::new(today, Grain::Day), end))),
        relative::day(reader, of),
        match relative::piece(reader, of) {
            Some((Piece::Period(period), end)) => Some((period, end)),
            _ => None,
        },
        whole(reader, of).filter(|_| reader.is(start, "end")),
    ])
}
