//! Special days by their English names: those of one date, of a weekday of a month, and those that move with Easter or
//! with the Hebrew calendar.

use jiff::{ToSpan, civil};

use super::{
    Context, Grain, duration, feast,
    joined::{Period, Piece, Told},
    relative::{self, Which},
    tokens::{Read, Reader, longest},
    words,
};

/// When a special day is.
#[derive(Clone, Copy)]
enum Rule {
    /// Month and day.
    Date(i8, i8),
    /// Month, day of the week from Monday on, and which of them; below zero from the last on.
    Weekday(i8, i8, i8),
    /// The same in the United States only.
    American(i8, i8, i8),
    /// Days from Easter on.
    Easter(i16),
    /// Days from the Easter of the orthodox churches on.
    Orthodox(i16),
    /// Days from the Hebrew new year of the same year on, and how many.
    Hebrew(i16, i16),
    /// Hanukkah, whose place in the Hebrew year moves by a day.
    Hanukkah,
    /// Days from Easter on, and how many.
    Lent(i16, i16),
    OrthodoxLent(i16, i16),
    /// Days behind a weekday of a month.
    After(i8, i8, i8, i64),
    /// The Monday before a day.
    MondayBefore(i8, i8),
    /// A day, or the nearest of the week's working days.
    Working(i8, i8),
    /// A day, or the one before where it is a Sunday.
    NoSunday(i8, i8),
}

use Rule::{
    After, American, Date, Easter, Hanukkah, Hebrew, Lent, MondayBefore, NoSunday, Orthodox,
    OrthodoxLent, Weekday, Working,
};

/// Names without apostrophes, of which the longest that fits counts.
const HOLIDAYS: &[(&str, Rule)] = &[
    ("christmas eve", Date(12, 24)),
    ("xmas eve", Date(12, 24)),
    ("christmas day", Date(12, 25)),
    ("christmas", Date(12, 25)),
    ("xmas day", Date(12, 25)),
    ("xmas", Date(12, 25)),
    ("boxing day", Date(12, 26)),
    ("new years eve", Date(12, 31)),
    ("new year eve", Date(12, 31)),
    ("new years day", Date(1, 1)),
    ("new year day", Date(1, 1)),
    ("new years", Date(1, 1)),
    ("epiphany", Date(1, 6)),
    ("australia day", Date(1, 26)),
    ("mlk day", Weekday(1, 0, 3)),
    ("mlk jr day", Weekday(1, 0, 3)),
    ("martin luther king day", Weekday(1, 0, 3)),
    ("martin luther kings day", Weekday(1, 0, 3)),
    ("civil rights day", Weekday(1, 0, 3)),
    ("groundhog day", Date(2, 2)),
    ("valentines day", Date(2, 14)),
    ("valentine day", Date(2, 14)),
    ("presidents day", Weekday(2, 0, 3)),
    ("international womens day", Date(3, 8)),
    ("womens day", Date(3, 8)),
    ("st patricks day", Date(3, 17)),
    ("saint patricks day", Date(3, 17)),
    ("st paddys day", Date(3, 17)),
    ("saint paddys day", Date(3, 17)),
    ("april fools day", Date(4, 1)),
    ("april fools", Date(4, 1)),
    ("earth day", Date(4, 22)),
    ("anzac day", Date(4, 25)),
    ("kings day", NoSunday(4, 27)),
    ("koningsdag", NoSunday(4, 27)),
    ("cinco de mayo", Date(5, 5)),
    ("mothers day", American(5, 6, 2)),
    ("victoria day", MondayBefore(5, 25)),
    ("memorial day", Weekday(5, 0, -1)),
    ("fathers day", American(6, 6, 3)),
    ("juneteenth", Date(6, 19)),
    ("canada day", Date(7, 1)),
    ("bastille day", Date(7, 14)),
    ("labor day", Weekday(9, 0, 1)),
    ("columbus day", Weekday(10, 0, 2)),
    ("bosss day", Working(10, 16)),
    ("boss day", Working(10, 16)),
    ("halloween", Date(10, 31)),
    ("all saints day", Date(11, 1)),
    ("world vegan day", Date(11, 1)),
    ("all souls day", Date(11, 2)),
    ("guy fawkes night", Date(11, 5)),
    ("bonfire night", Date(11, 5)),
    ("remembrance day", Date(11, 11)),
    ("veterans day", Date(11, 11)),
    ("thanksgiving day", American(11, 3, 4)),
    ("thanksgiving", American(11, 3, 4)),
    ("black friday", After(11, 3, 4, 1)),
    ("cyber monday", After(11, 3, 4, 4)),
    ("mardi gras", Easter(-47)),
    ("shrove tuesday", Easter(-47)),
    ("pancake day", Easter(-47)),
    ("fat tuesday", Easter(-47)),
    ("ash wednesday", Easter(-46)),
    ("palm sunday", Easter(-7)),
    ("branch sunday", Easter(-7)),
    ("maundy thursday", Easter(-3)),
    ("covenant thursday", Easter(-3)),
    ("covenant thu", Easter(-3)),
    ("thu of mysteries", Easter(-3)),
    ("good friday", Easter(-2)),
    ("holy saturday", Easter(-1)),
    ("easter", Easter(0)),
    ("easter sunday", Easter(0)),
    ("easter monday", Easter(1)),
    ("easter mon", Easter(1)),
    ("ascension day", Easter(39)),
    ("pentecost", Easter(49)),
    ("whit sunday", Easter(49)),
    ("white sunday", Easter(49)),
    ("whit monday", Easter(50)),
    ("monday of the holy spirit", Easter(50)),
    ("trinity sunday", Easter(56)),
    ("corpus christi", Easter(60)),
    ("orthodox easter", Orthodox(0)),
    ("orthodox easter sunday", Orthodox(0)),
    ("orthodox easter monday", Orthodox(1)),
    ("orthodox good friday", Orthodox(-2)),
    ("orthodox great friday", Orthodox(-2)),
    ("clean monday", Orthodox(-48)),
    ("orthodox shrove monday", Orthodox(-48)),
    ("lazarus saturday", Orthodox(-8)),
    ("great lent", OrthodoxLent(-48, 40)),
    ("great fast", OrthodoxLent(-48, 40)),
    ("rosh hashanah", Hebrew(-1, 3)),
    ("rosh hashana", Hebrew(-1, 3)),
    ("rosh hashanna", Hebrew(-1, 3)),
    ("yom kippur", Hebrew(8, 1)),
    ("sukkot", Hebrew(13, 9)),
    ("shemini atzeret", Hebrew(20, 1)),
    ("simchat torah", Hebrew(21, 1)),
    ("hanukkah", Hanukkah),
    ("chanukah", Hanukkah),
    ("hanukah", Hanukkah),
    ("purim", Hebrew(-194, 1)),
    ("passover", Hebrew(-164, 9)),
    ("shavuot", Hebrew(-114, 3)),
];

/// Names that are ordinary words without a year.
const WITH_YEAR: &[(&str, Rule)] = &[("lent", Lent(-46, 46)), ("ascension", Easter(39))];

/// Returns the words that their names begin with.
pub(super) fn starts() -> impl Iterator<Item = &'static str> {
    let all = HOLIDAYS.iter().chain(WITH_YEAR);
    all.filter_map(|(name, _)| name.split(' ').next())
}

/// Returns so many of a weekday in a month.
fn weekday(year: i16, month: i8, day: i8, number: i8) -> Option<civil::Date> {
    let name = jiff::civil::Weekday::from_monday_zero_offset(day).ok()?;
    let first = civil::Date::new(year, month, 1).ok()?;
    first.nth_weekday_of_month(number, name).ok()
}

/// Returns the first day in a year, and how many days it has.
fn days(rule: Rule, year: i16, context: &Context<'_>) -> Option<(civil::Date, i64)> {
    let later = |date: civil::Date, days: i64| date.checked_add(days.days()).ok();
    let easter = |days: i16| later(feast::easter(year)?, days.into());
    let orthodox = |days: i16| later(feast::orthodox_easter(year)?, days.into());
    let date = |month, day| civil::Date::new(year, month, day).ok();
    let one = match rule {
        Date(month, day) => date(month, day)?,
        Weekday(month, day, number) => weekday(year, month, day, number)?,
        // Other countries have another day of that name.
        American(month, day, number) if context.month_first != Some(false) => {
            weekday(year, month, day, number)?
        }
        American(..) => return None,
        After(month, day, number, days) => later(weekday(year, month, day, number)?, days)?,
        Easter(days) => easter(days)?,
        Orthodox(days) => orthodox(days)?,
        Lent(from, days) => return Some((easter(from)?, days.into())),
        OrthodoxLent(from, days) => return Some((orthodox(from)?, days.into())),
        Hebrew(from, days) => {
            let first = later(feast::jewish_new_year(year)?, from.into())?;
            return Some((first, days.into()));
        }
        Hanukkah => {
            let first = feast::jewish_new_year(year)?;
            let next = feast::jewish_new_year(year.checked_add(1)?)?;
            // Years of 355 and of 385 days have a longer second month.
            let length = first.until(next).ok()?.get_days();
            let days = if matches!(length, 355 | 385) { 83 } else { 82 };
            return Some((later(first, days)?, 8));
        }
        MondayBefore(month, day) => {
            let date = date(month, day)?.yesterday().ok()?;
            later(date, -i64::from(words::day_of_week(date)))?
        }
        Working(month, day) => {
            let date = date(month, day)?;
            match words::day_of_week(date) {
                5 => date.yesterday().ok()?,
                6 => date.tomorrow().ok()?,
                _ => date,
            }
        }
        NoSunday(month, day) => {
            let date = date(month, day)?;
            if words::day_of_week(date) == 6 {
                date.yesterday().ok()?
            } else {
                date
            }
        }
    };
    Some((one, 1))
}

/// Reads the name of a special day.
fn name(reader: Reader<'_>, at: usize, list: &[(&str, Rule)]) -> Read<Rule> {
    let first = reader.text(at);
    let known = list.iter().filter(|(name, _)| name.starts_with(first));
    longest(known.map(|(name, rule)| Some((*rule, reader.phrase(at, name)?))))
}

/// Returns the day on or after a date, or the last before it.
fn near(
    rule: Rule,
    today: civil::Date,
    which: Option<Which>,
    context: &Context<'_>,
) -> Option<(civil::Date, i64)> {
    let year = today.year();
    let all = (-1..3).filter_map(|years| days(rule, year.checked_add(years)?, context));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(date, _)| *date);
    let mut dates = all.iter();
    let found = match which {
        Some(Which::Last) => dates.rfind(|(date, _)| *date < today),
        Some(Which::Next) => dates.find(|(date, _)| *date > today),
        _ => dates.find(|(date, _)| *date >= today),
    };
    found.copied()
}

/// Reads the year that is meant: a number, or one told from now.
fn year(reader: Reader<'_>, at: usize) -> Read<i16> {
    let start = at + usize::from(reader.glued(at, &[","]));
    let start = reader.skip(start, &["of", "in"]);
    if let Some(found) = relative::year(reader, start) {
        return Some(found);
    }
    words::year(reader, start)
        .filter(|(year, _)| reader.apart(start) && (1900..2200).contains(year))
}

/// Reads a special day with the first day and the number of days.
fn found(reader: Reader<'_>, at: usize) -> Read<(civil::Date, i64)> {
    let context = reader.context;
    let before = at.checked_sub(1).map_or("", |at| reader.text(at));
    // A wish is no time.
    if matches!(before, "happy" | "merry" | "joyous") {
        return None;
    }
    let chosen = relative::which(reader, at);
    let (which, start) = chosen.map_or((None, at), |(which, end)| (Some(which), end));
    if let Some((rule, end)) = name(reader, start, WITH_YEAR) {
        let (year, end) = year(reader, end)?;
        return Some((days(rule, year, context)?, end));
    }
    let (rule, end) = name(reader, start, HOLIDAYS)?;
    if which.is_none()
        && let Some((year, end)) = year(reader, end)
    {
        return Some((days(rule, year, context)?, end));
    }
    let end = end + usize::from(matches!(which, Some(Which::This)) && reader.is(end, "coming"));
    let now = context.now;
    let moved = if reader.is(end, "in") {
        duration::read(reader, end + 1)
            .and_then(|(duration, end)| Some((duration.from(now, 1.0)?.0, end)))
    } else {
        duration::read(reader, end).and_then(|(duration, behind)| {
            if reader.is(behind, "ago") {
                return Some((duration.from(now, -1.0)?.0, behind + 1));
            }
            let end = reader.phrases(behind, &["from now", "hence"])?;
            Some((duration.from(now, 1.0)?.0, end))
        })
    };
    match moved.filter(|_| which.is_none()) {
        Some((moment, end)) => Some((near(rule, moment.date(), None, context)?, end)),
        None => Some((near(rule, now.date(), which, context)?, end)),
    }
}

/// Reads a special day that is a single one.
pub(super) fn read(reader: Reader<'_>, at: usize) -> Read<Period> {
    let ((date, days), end) = found(reader, at)?;
    (days == 1).then_some((Period::day(date, Told::Holiday), end))
}

/// Reads a special day as a piece.
pub(super) fn piece(reader: Reader<'_>, at: usize) -> Read<Piece> {
    let ((date, days), end) = found(reader, at)?;
    if days == 1 {
        return Some((Piece::Period(Period::day(date, Told::Holiday)), end));
    }
    let over = date.checked_add(days.days()).ok()?;
    let midnight = |date: civil::Date| date.at(0, 0, 0, 0);
    Some((
        Piece::Interval(midnight(date), midnight(over), Grain::Day),
        end,
    ))
}
