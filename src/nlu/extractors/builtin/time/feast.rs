//! Movable feasts: when Easter and the Jewish new year fall.

use jiff::{ToSpan, civil};

/// Returns Easter Sunday of the Gregorian calendar.
///
/// The algorithm is the anonymous one of Nature (1876), after J. Meeus, Astronomical Algorithms (1991), chapter 8.
pub(super) fn easter(year: i16) -> Option<civil::Date> {
    let year = i32::from(year);
    let golden = year % 19;
    let (century, of_century) = (year / 100, year % 100);
    let shift = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - shift + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * week) / 451;
    let days = epact + week - 7 * late + 114;
    let (month, day) = (days / 31, days % 31 + 1);
    civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

/// Returns Easter Sunday of the orthodox churches, whose calendar is the Julian one, as a date of the Gregorian.
///
/// The algorithm is that of J. Meeus, Astronomical Algorithms (1991), chapter 8; the calendars are 13 days apart until
/// 2099.
pub(super) fn orthodox_easter(year: i16) -> Option<civil::Date> {
    if !(1900..2100).contains(&year) {
        return None;
    }
    let number = i32::from(year);
    let moon = (19 * (number % 19) + 15) % 30;
    let week = (2 * (number % 4) + 4 * (number % 7) - moon + 34) % 7;
    let days = moon + week + 114;
    let (month, day) = (days / 31, days % 31 + 1);
    let julian = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    julian.checked_add(13.days()).ok()
}

/// Returns how many days lie between the epoch of the Hebrew calendar and a new year, by the mean moon alone.
fn elapsed(year: i64) -> i64 {
    let months = (235 * year - 234).div_euclid(19);
    let parts = 12_084 + 13_753 * months;
    let day = 29 * months + parts.div_euclid(25_920);
    day + i64::from((3 * (day + 1)).rem_euclid(7) < 3)
}

/// Returns the first day of the Hebrew year that begins in a year of the Gregorian calendar.
///
/// The algorithm is that of E. M. Reingold and N. Dershowitz, Calendrical Calculations (1997), chapter 7.
pub(super) fn jewish_new_year(year: i16) -> Option<civil::Date> {
    let hebrew = i64::from(year) + 3761;
    let (before, this, next) = (elapsed(hebrew - 1), elapsed(hebrew), elapsed(hebrew + 1));
    let delay = match (next - this, this - before) {
        (356, _) => 2,
        (_, 382) => 1,
        _ => 0,
    };
    // The epoch is day -1,373,427 before the first of January of the year 1.
    let days = this + delay - 1_373_428;
    civil::date(1, 1, 1)
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feasts_fall_on_known_days() {
        for (year, month, day) in [(1818, 3, 22), (2000, 4, 23), (2013, 3, 31), (2038, 4, 25)] {
            assert_eq!(easter(year), Some(civil::date(year, month, day)));
        }
        for (year, month, day) in [(2018, 4, 8), (2020, 4, 19), (2024, 5, 5)] {
            assert_eq!(orthodox_easter(year), Some(civil::date(year, month, day)));
        }
        for (year, month, day) in [(2013, 9, 5), (2018, 9, 10), (2024, 10, 3), (2026, 9, 12)] {
            assert_eq!(jewish_new_year(year), Some(civil::date(year, month, day)));
        }
    }
}
