//! Dates of the calendar: `2013-02-18`, `15/2/2013`, `Monday, Feb 18`, `the 3rd of March`, `October 2014`, `Q4 2018`.

use jiff::{Timestamp, ToSpan, civil};

use super::{
    Context, Grain,
    joined::{Period, Piece, Told},
    relative,
    tokens::{Kind, Read, Reader, longest},
    words,
};

/// Reads any date as a piece.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let period = |(period, end)| (Piece::Period(period), end);
    longest([
        written(reader, at),
        numeric(reader, at).map(period),
        named(reader, at),
        day_of_week(reader, at),
        number_of_month(reader, at).map(period),
        quarter(reader, at).map(period),
        month(reader, at, is_cued(reader, at)).map(period),
        bare_year(reader, at).map(period),
    ])
}

/// Reads `2026-01-31`, `2015-3-3`, `2014-10` and `2026-01-31T15:00:00Z`.
fn written(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let year = i16::try_from(reader.number(at, 4)?).ok()?;
    let sign = reader.text(at + 1);
    let is_year = reader.text(at).len() == 4 && matches!(sign, "-" | "/");
    if !is_year || reader.apart(at + 1) || reader.apart(at + 2) {
        return None;
    }
    let month = i8::try_from(reader.number(at + 2, 2)?).ok()?;
    if !reader.glued(at + 3, &[sign]) || reader.apart(at + 4) || reader.number(at + 4, 2).is_none()
    {
        let is_month = reader.text(at + 2).len() == 2 && (1000..3000).contains(&year);
        let first = civil::Date::new(year, month, 1).ok().filter(|_| is_month)?;
        return Some((Piece::Period(Period::new(first, Grain::Month)), at + 3));
    }
    let day = i8::try_from(reader.number(at + 4, 2)?).ok()?;
    let date = civil::Date::new(year, month, day).ok()?;
    let plain = (Piece::Period(Period::new(date, Grain::Day)), at + 5);
    if sign == "/" {
        return Some(plain);
    }
    let is_joined = reader.glued(at + 5, &["t"]) && !reader.apart(at + 6);
    let start = at + 5 + usize::from(is_joined);
    let is_blank = !is_joined && reader.apart(start);
    match moment(reader, start, date).filter(|_| is_joined || is_blank) {
        Some((moment, end)) => Some((moment, end)),
        None => Some(plain),
    }
}

/// Reads the time of the day that ISO 8601 writes behind a date.
fn moment(reader: Reader<'_>, at: usize, date: civil::Date) -> Read<Piece> {
    let pair = |at: usize| {
        let number = reader
            .number(at, 2)
            .filter(|_| reader.text(at).len() == 2)?;
        i8::try_from(number).ok()
    };
    let after = |at: usize, sign: &str| {
        (reader.glued(at, &[sign]) && !reader.apart(at + 1)).then(|| pair(at + 1))?
    };
    let hour = pair(at)?;
    let minute = after(at + 1, ":")?;
    let mut end = at + 3;
    let second = after(end, ":");
    if second.is_some() {
        end += 2;
        // Fractions of a second are left out.
        if reader.glued(end, &["."])
            && reader.number(end + 1, 9).is_some()
            && !reader.apart(end + 1)
        {
            end += 2;
        }
    }
    let grain = if second.is_some() {
        Grain::Second
    } else {
        Grain::Minute
    };
    let local = date.to_datetime(civil::Time::new(hour, minute, second.unwrap_or(0), 0).ok()?);
    let own = reader.context.now.time_zone().clone();
    let (offset, end) = if reader.glued(end, &["z"]) {
        (Some("Z".to_owned()), end + 1)
    } else if reader.glued(end, &["+", "-"]) && pair(end + 1).is_some() {
        let minutes = after(end + 2, ":")?;
        let hours = reader.text(end + 1);
        (
            Some(format!("{}{hours}:{minutes:02}", reader.text(end))),
            end + 4,
        )
    } else {
        (None, end)
    };
    let moment = match offset {
        None => local.to_zoned(own).ok()?,
        Some(offset) => format!("{local}{offset}")
            .parse::<Timestamp>()
            .ok()?
            .to_zoned(own),
    };
    Some((Piece::Moment(moment, grain), end))
}

/// Reads `31/01/2026`, `3/3/15`, `31.01.2026`, `15/2` and `2/2013`.
fn numeric(reader: Reader<'_>, at: usize) -> Read<Period> {
    let a = i8::try_from(reader.number(at, 2)?).ok()?;
    let sign = reader.text(at + 1);
    let is_wide = reader.apart(at + 1) && reader.apart(at + 2);
    let is_close = !reader.apart(at + 1) && !reader.apart(at + 2);
    if !matches!(sign, "/" | "." | "-") || !(is_close || is_wide && sign == "/") {
        return None;
    }
    let is_second = reader.text(at + 2).len() <= 2;
    if !is_second {
        // `2/2013`
        let year = words::year(reader, at + 2).filter(|_| sign == "/")?;
        let first = civil::Date::new(year.0, a, 1).ok()?;
        return Some((Period::new(first, Grain::Month), year.1));
    }
    let b = i8::try_from(reader.number(at + 2, 2)?).ok()?;
    let has_year = reader.glued(at + 3, &[sign])
        && !reader.apart(at + 4)
        && reader.number(at + 4, 4).is_some();
    if !has_year || is_wide {
        return without_year(reader, at, (a, b), sign);
    }
    let year = i16::try_from(reader.number(at + 4, 4)?).ok()?;
    let year = match reader.text(at + 4).len() {
        4 => year,
        2 if sign != "." => words::century(year),
        _ => return None,
    };
    let (day, month) = order((a, b), sign, reader.context)?;
    let date = civil::Date::new(year, month, day).ok()?;
    Some((Period::new(date, Grain::Day), at + 5))
}

/// Returns day and month; without a known locale one of both must tell.
fn order((a, b): (i8, i8), sign: &str, context: &Context<'_>) -> Option<(i8, i8)> {
    Some(match (a > 12, b > 12) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        // Dots are written where the day comes first.
        _ if a == b || sign == "." => (a, b),
        _ if context.month_first? => (b, a),
        _ => (a, b),
    })
}

/// Reads `15/2` as a day, where it is no share and no score.
fn without_year(reader: Reader<'_>, at: usize, (a, b): (i8, i8), sign: &str) -> Read<Period> {
    let end = at + 3;
    let before = at.checked_sub(1).map_or("", |at| reader.text(at));
    let is_led = matches!(
        before,
        "on" | "by" | "until" | "till" | "since" | "before" | "from"
    ) || at > 1 && words::weekday(reader, at - 1).is_some();
    let has_clock = reader.is(end, "at") && reader.apart(end);
    let one_tells = (a > 12) != (b > 12);
    let is_known = one_tells || (is_led || has_clock) && reader.context.month_first.is_some();
    // `24/7` and `16/9` are said of other things.
    let is_plain =
        sign == "/" && !matches!((a, b), (24, 7) | (16, 9)) || sign == "-" && (is_led || has_clock);
    let goes_on = reader.glued(end, &["/", "-", "."])
        && !reader.apart(end + 1)
        && reader.kind(end + 1).is_some();
    if !is_known || !is_plain || goes_on || !reader.is_over(end) && !has_clock {
        return None;
    }
    let (day, month) = order((a, b), sign, reader.context)?;
    let date = next_date(reader.context, month, day)?;
    Some((Period::day(date, Told::Yearless), end))
}

/// Reads what may stand between day, month and year; glued signs as in `31-Oct-74`, too.
fn between(reader: Reader<'_>, at: usize) -> usize {
    if reader.glued(at, &["-", "/"]) && !reader.apart(at + 1) {
        at + 1
    } else {
        at
    }
}

/// Reads the year behind day and month.
fn year_behind(reader: Reader<'_>, at: usize, is_signed: bool) -> Read<i16> {
    let start = at + usize::from(reader.glued(at, &[","]));
    if let Some(found) = relative::year(reader, at) {
        return Some(found);
    }
    if reader.apart(start) || start > at {
        return words::year(reader, reader.skip(start, &["of", "in"]))
            .filter(|(_, end)| !reader.glued(*end, &[":", "-"]));
    }
    let start = between(reader, at);
    let year = reader
        .number(start, 4)
        .filter(|_| start > at && is_signed)?;
    let year = i16::try_from(year).ok()?;
    match reader.text(start).len() {
        4 => Some((year, start + 1)),
        2 => Some((words::century(year), start + 1)),
        _ => None,
    }
}

/// Reads day and month in either order.
fn day_and_month(reader: Reader<'_>, at: usize) -> Read<(i8, i8)> {
    let start = reader.skip(at, &["the"]);
    if let Some((name, end)) = words::month(reader, at) {
        let end = between(reader, end);
        let end = reader.skip(end, &["the"]);
        let (day, end) = words::ordinal(reader, end)
            .or_else(|| reader.number(end, 2).map(|day| (day, end + 1)))?;
        // `may 5:30` is no fifth of May, and `March 13:00` no thirteenth.
        let is_clock = reader.glued(end, &[":"]) || reader.any(end, &["am", "pm", "oclock"]);
        let day = i8::try_from(day).ok().filter(|_| !is_clock)?;
        return Some(((name.number + 1, day), end));
    }
    if let Some(end) = reader.phrase(start, "ides of march") {
        return Some(((3, 15), end));
    }
    let (day, end) = words::ordinal(reader, start)
        .or_else(|| reader.number(start, 2).map(|day| (day, start + 1)))?;
    let end = reader.skip(between(reader, end), &["day"]);
    let end = reader.skip(end, &["of"]);
    let (name, end) = words::month(reader, reader.skip(end, &["the"]))?;
    let day = i8::try_from(day).ok()?;
    Some(((name.number + 1, day), end))
}

/// Reads a day of a month, with the day of the week before or behind.
fn named(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let mut start = at;
    let mut weekday = None;
    if let Some((name, end)) = words::weekday(reader, at) {
        let end = end + usize::from(reader.glued(end, &["."]));
        weekday = Some(name.number);
        start = end + usize::from(reader.glued(end, &[","]));
        start = reader.skip(start, &["the"]);
    }
    let ((month, day), mut end) = day_and_month(reader, start)?;
    let mut year = None;
    // `31-Oct-74`, but not `Oct 13-15`.
    let is_signed = (start..end).any(|at| reader.glued(at, &["-", "/"]));
    if let Some((number, behind)) = year_behind(reader, end, is_signed) {
        (year, end) = (Some(number), behind);
    }
    if weekday.is_none()
        && reader.glued(end, &[","])
        && let Some((name, behind)) = words::weekday(reader, end + 1)
    {
        (weekday, end) = (Some(name.number), behind);
    }
    let date = match (year, weekday) {
        (Some(year), _) => civil::Date::new(year, month, day).ok(),
        (None, None) => next_date(reader.context, month, day),
        (None, Some(weekday)) => near_date(reader.context, month, day, weekday),
    };
    // A date that falls on another day of the week is not the one that is meant.
    let fits = |date: &civil::Date| weekday.is_none_or(|day| day == words::day_of_week(*date));
    let told = if year.is_some() {
        Told::Whole
    } else {
        Told::Yearless
    };
    match date.filter(fits) {
        Some(date) => Some((Piece::Period(Period::day(date, told)), end)),
        None if weekday.is_some() => Some((Piece::Unclear, end)),
        None => None,
    }
}

/// Returns the next such day; the 29th of February may be years away.
pub(super) fn next_date(context: &Context<'_>, month: i8, day: i8) -> Option<civil::Date> {
    let today = context.now.date();
    (today.year()..today.year().saturating_add(9))
        .filter_map(|year| civil::Date::new(year, month, day).ok())
        .find(|date| *date >= today)
}

/// Returns the next such day that has the name, of this year or the next; or the last where it is but days ago.
fn near_date(context: &Context<'_>, month: i8, day: i8, weekday: i8) -> Option<civil::Date> {
    let today = context.now.date();
    let near = today.checked_sub(31.days()).ok()?;
    let far = today.checked_add(2.years()).ok()?;
    let years = today.year().saturating_sub(1)..=today.year().saturating_add(2);
    let next = next_date(context, month, day)?;
    let dates = years.filter_map(|year| civil::Date::new(year, month, day).ok());
    let mut dates: Vec<_> = dates.filter(|date| *date >= near && *date < far).collect();
    dates.sort_by_key(|date| (*date != next, *date));
    dates
        .into_iter()
        .find(|date| words::day_of_week(*date) == weekday)
}

/// Reads `Friday the 13th`: the next 13th that is a Friday.
fn day_of_week(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let (name, end) = words::weekday(reader, at)?;
    let start = reader.skip(end + usize::from(reader.glued(end, &[","])), &["the"]);
    let (day, end) = words::ordinal(reader, start)?;
    if reader.kind(start)? != Kind::Number || !reader.is_over(end) {
        return None;
    }
    let day = i8::try_from(day).ok()?;
    let date = days(reader.context, day, 48).find(|date| words::day_of_week(*date) == name.number);
    let piece = date.map_or(Piece::Unclear, |date| {
        Piece::Period(Period::day(date, Told::Number))
    });
    Some((piece, end))
}

/// Returns the days of that number from today on.
fn days(context: &Context<'_>, day: i8, months: i32) -> impl Iterator<Item = civil::Date> {
    let today = context.now.date();
    let first = today.first_of_month();
    let dates = (0..months)
        .filter_map(move |months| first.checked_add(months.months()).ok())
        .filter_map(move |first| civil::Date::new(first.year(), first.month(), day).ok());
    dates.filter(move |date| *date >= today)
}

/// Reads `the 15th`, `on the first` and `20th of next month`.
fn number_of_month(reader: Reader<'_>, at: usize) -> Read<Period> {
    let start = reader.skip(at, &["the"]);
    let (number, end) = words::ordinal(reader, start)
        .or_else(|| reader.number(start, 2).map(|day| (day, start + 1)))?;
    let day = i8::try_from(number).ok()?;
    let of = reader.skip(end, &["day"]);
    if reader.is(of, "of") {
        let of = reader.skip(of + 1, &["the"]);
        let months = match reader.text(of) {
            "this" | "current" => 0,
            "next" | "following" | "coming" => 1,
            "last" | "previous" => -1,
            _ => return None,
        };
        if reader.is(of + 1, "month") {
            let first = reader.context.now.date().first_of_month();
            let first = first.checked_add(months.months()).ok()?;
            let date = civil::Date::new(first.year(), first.month(), day).ok()?;
            return Some((Period::new(date, Grain::Day), of + 2));
        }
        return None;
    }
    let is_digits = reader.kind(start)? == Kind::Number && end == start + 2;
    let is_on = at > 0 && reader.is(at - 1, "on");
    let is_day = start > at && (is_digits || is_on && !reader.is(start, "second"));
    if !is_day || !reader.is_over(end) {
        return None;
    }
    let date = days(reader.context, day, 4).next()?;
    Some((Period::day(date, Told::Number), end))
}

/// Tells whether the word before makes a month of a name that is an ordinary word, too.
fn is_cued(reader: Reader<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |at| reader.text(at));
    let is_to = |at: usize| reader.any(at, &["to", "until", "till", "through", "thru", "and", "-"]);
    let is_month = |at: usize| words::month(reader, at).is_some();
    let is_range = before == "from" && is_to(at + 1) && is_month(at + 2)
        || is_to(at.wrapping_sub(1)) && at.checked_sub(2).is_some_and(is_month);
    is_range
        || matches!(
            before,
            "in" | "during"
                | "since"
                | "until"
                | "till"
                | "of"
                | "between"
                | "early"
                | "mid"
                | "late"
        )
}

/// Reads a month alone or with its year; `may` and `march` only where another word says that they are months.
pub(super) fn month(reader: Reader<'_>, at: usize, is_cued: bool) -> Read<Period> {
    let (name, end) = words::month(reader, at)?;
    let month = name.number + 1;
    if let Some((year, behind)) = year_behind(reader, end, true) {
        let first = civil::Date::new(year, month, 1).ok()?;
        return Some((Period::new(first, Grain::Month), behind));
    }
    let is_word = matches!(month, 3 | 5);
    if !is_cued && (is_word || !name.is_whole) || !reader.is_over(end) {
        return None;
    }
    let today = reader.context.now.date();
    let later = i16::from(month < today.month());
    let first = civil::Date::new(today.year().checked_add(later)?, month, 1).ok()?;
    let told = Told::Yearless;
    Some((
        Period {
            first,
            grain: Grain::Month,
            told,
        },
        end,
    ))
}

/// Reads `third quarter`, `4th qtr of 2018`, `Q4 2018` and `2018Q4`.
fn quarter(reader: Reader<'_>, at: usize) -> Read<Period> {
    let of_year = |number: i64, year: i16, end: usize| {
        let month = i8::try_from(number.checked_sub(1)? * 3 + 1).ok()?;
        let first = civil::Date::new(year, month, 1).ok()?;
        (1..=4)
            .contains(&number)
            .then_some((Period::new(first, Grain::Quarter), end))
    };
    let this = reader.context.now.date().year();
    if let Some((year, end)) = words::year(reader, at)
        && reader.glued(end, &["q"])
    {
        return of_year(reader.number(end + 1, 1)?, year, end + 2);
    }
    let start = reader.skip(at, &["the"]);
    let (number, end) = if reader.is(start, "q") && !reader.apart(start + 1) {
        (reader.number(start + 1, 1)?, start + 2)
    } else {
        let (number, end) = words::ordinal(reader, start)?;
        let is_quarter = reader.any(end, &["quarter", "qtr"]);
        (is_quarter.then_some(number)?, end + 1)
    };
    match words::year(reader, reader.skip(end, &["of", "in"])) {
        Some((year, end)) => of_year(number, year, end),
        None => of_year(number, this, end),
    }
}

/// Reads a year behind a word that says it is one, as in `in 2014`.
fn bare_year(reader: Reader<'_>, at: usize) -> Read<Period> {
    let before = at.checked_sub(1).map_or("", |at| reader.text(at));
    let is_led = matches!(
        before,
        "in" | "since" | "during" | "until" | "till" | "through" | "before" | "after" | "of"
    );
    let (year, mut end) = words::year(reader, at)?;
    if reader.any(end, &["ad"]) {
        end += 1;
    } else if reader.phrase(end, "a").is_some()
        && reader.glued(end + 1, &["."])
        && reader.glued(end + 2, &["d"])
    {
        end += 3 + usize::from(reader.glued(end + 3, &["."]));
    }
    // `the best of 2010's`
    let is_over = reader.is_over(end) && !reader.glued(end, &["'", "’"]);
    let is_year = is_led && (1900..=2199).contains(&year) && is_over;
    let first = civil::Date::new(year, 1, 1).ok().filter(|_| is_year)?;
    Some((Period::new(first, Grain::Year), end))
}
