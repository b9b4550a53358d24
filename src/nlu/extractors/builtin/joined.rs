//! Pieces of a time that stand together, joined to one value: a day with an hour, part of a day, from one hour to another.

use std::ops::Range;

use jiff::{ToSpan, Zoned, civil, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    clock::{self, Clock},
    neighbours,
    time::{Context, Piece, pieces, shifted, start},
};

/// First and last hour with minutes, the grain, and whether it is a time only beside a day.
type Hours = ((i8, i8), (i8, i8), &'static str, bool);

#[derive(Default)]
struct Joined {
    day: Option<civil::Date>,
    part: Option<Part>,
    clock: Option<Clock>,
    hours: Option<Hours>,
    zone: Option<TimeZone>,
}

/// Part of a day.
#[derive(Clone, Copy)]
struct Part {
    hour: i8,
    /// Whether it is a time only beside a day.
    weak: bool,
    /// Whether it is said to be today's.
    today: bool,
}

impl Joined {
    /// Takes a piece in, unless it has one of the kind already.
    fn take(&mut self, piece: &Piece) -> bool {
        match *piece {
            Piece::Day(day) if self.day.is_none() => self.day = Some(day),
            Piece::Part { hour, weak, today } if self.part.is_none() && self.hours.is_none() => {
                self.part = Some(Part { hour, weak, today });
            }
            Piece::Hours {
                from,
                to,
                grain,
                weak,
            } if self.hours.is_none() && self.clock.is_none() && self.part.is_none() => {
                self.hours = Some((from, to, grain, weak));
            }
            Piece::Clock(clock) if self.clock.is_none() && self.hours.is_none() => {
                self.clock = Some(clock);
            }
            _ => return false,
        }
        true
    }

    /// Returns a time of a day in the zone it is said in, as one of the zone that is asked for.
    fn at(&self, date: civil::Date, time: civil::Time, context: &Context<'_>) -> Option<Zoned> {
        let own = context.now.time_zone();
        let zone = self.zone.as_ref().unwrap_or(own).clone();
        let moment = date.to_datetime(time).to_zoned(zone).ok()?;
        Some(moment.with_time_zone(own.clone()))
    }

    /// Returns the day that is meant where none is said.
    fn today(&self, context: &Context<'_>) -> civil::Date {
        let zone = self.zone.as_ref();
        zone.map_or(context.now.date(), |zone| {
            context.now.with_time_zone(zone.clone()).date()
        })
    }

    fn value(&self, context: &Context<'_>) -> Option<Value> {
        let today = self.today(context);
        let day = self.day.unwrap_or(today);
        if let Some(clock) = self.clock {
            return self.moment(clock, context);
        }
        if let Some((from, to, grain, weak)) = self.hours {
            if weak && self.day.is_none() {
                return None;
            }
            let at = |(hour, minute): (i8, i8)| {
                self.at(day, civil::Time::new(hour, minute, 0, 0).ok()?, context)
            };
            let (mut first, mut last) = (at(from)?, at(to)?);
            // Past midnight, and without a day the next such time.
            let late = i64::from(to < from);
            let later = i64::from(self.day.is_none() && first < *context.now);
            first = first.checked_add(later.days()).ok()?;
            last = last.checked_add((late + later).days()).ok()?;
            // As in Duckling the end is that of the last hour or minute.
            let one = if grain == "hour" {
                1.hours()
            } else {
                1.minutes()
            };
            return Some(interval(&first, &last.checked_add(one).ok()?, grain));
        }
        let Some(Part { hour, weak, .. }) = self.part else {
            return Some(once(&start(day, context)?, "day"));
        };
        if weak && self.day.is_none() {
            return None;
        }
        let at = |date, hour| self.at(date, civil::Time::new(hour, 0, 0, 0).ok()?, context);
        let to = match hour {
            0 => at(day, 12)?,
            12 => at(day, 19)?,
            _ => at(day.tomorrow().ok()?, 0)?,
        };
        Some(interval(&at(day, hour)?, &to, "hour"))
    }

    /// Returns the value of a time of the day.
    fn moment(&self, clock: Clock, context: &Context<'_>) -> Option<Value> {
        if clock.weak && self.day.is_none() && self.part.is_none() && self.zone.is_none() {
            return None;
        }
        let today = self.today(context);
        let mut day = self.day.unwrap_or(today);
        let Some(part) = self.part else {
            // Without a day it is the next such time, of both halves of the day where neither is said.
            if self.day.is_some() {
                let moment = self.at(day, clock.time()?, context)?;
                return Some(once(&moment, clock.grain));
            }
            let tomorrow = shifted(context, 1)?.max(today.tomorrow().ok()?);
            let moments = [Some(clock), clock.other_half()]
                .into_iter()
                .flatten()
                .flat_map(|clock| [today, tomorrow].map(|day| (clock, day)))
                .filter_map(|(clock, day)| self.at(day, clock.time()?, context));
            let next = moments.filter(|moment| *moment >= *context.now).min()?;
            return Some(once(&next, clock.grain));
        };
        let mut hour = clock.hour;
        if !clock.sure {
            match (part.hour, hour) {
                // Twelve in the morning is no noon, and twelve in the evening is midnight.
                (0, 12) => return None,
                (18, 12) => {
                    hour = 0;
                    day = day.tomorrow().ok()?;
                }
                (12 | 18, 0..12) => hour += 12,
                _ => {}
            }
        }
        let time = Clock { hour, ..clock }.time()?;
        let mut moment = self.at(day, time, context)?;
        if self.day.is_none() && !part.today && moment < *context.now {
            moment = self.at(day.tomorrow().ok()?, time, context)?;
        }
        Some(once(&moment, clock.grain))
    }
}

fn written(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.000%:z").to_string()
}

fn once(moment: &Zoned, grain: &str) -> Value {
    let value = written(moment);
    let one = json!({"value": value, "grain": grain, "type": "value"});
    json!({"value": value, "grain": grain, "type": "value", "values": [one]})
}

fn interval(from: &Zoned, to: &Zoned, grain: &str) -> Value {
    let side = |moment| json!({"value": written(moment), "grain": grain});
    let one = json!({"from": side(from), "to": side(to), "type": "interval"});
    json!({"from": side(from), "to": side(to), "type": "interval", "values": [one]})
}

/// Tells whether what stands between two pieces joins them.
fn joins(gap: &str, next: &Piece) -> bool {
    match gap {
        " " | ", " | " on " | ", on " | " in the " | " @ " => true,
        // `on Saturday for 9am`
        " for " => matches!(next, Piece::Clock(clock) if !clock.weak),
        _ => false,
    }
}

/// Returns the times of a text.
pub(super) fn find(text: &str, context: &Context<'_>) -> Vec<(Range<usize>, Value)> {
    let mut found = Vec::new();
    let mut pieces = pieces(text, context).into_iter().peekable();
    while let Some((range, piece)) = pieces.next() {
        let mut joined = Joined::default();
        let (mut start, mut end) = (range.start, range.end);
        // `2 days ago at 5pm` is an hour of that day; `in 4 years at 5pm` is one of no day that is known.
        let at_hour = pieces.peek().is_some_and(|(next, piece)| {
            matches!(piece, Piece::Clock(_)) && text.get(range.end..next.start) == Some(" ")
        });
        let piece = match piece {
            Piece::Moment(moment, "hour" | "day") if at_hour => Piece::Day(moment.date()),
            Piece::Moment(..) if at_hour => Piece::Unclear,
            piece => piece,
        };
        let mut is_unclear = matches!(piece, Piece::Unclear);
        let is_hour = matches!(piece, Piece::Clock(_) | Piece::Hours { .. });
        let value = match &piece {
            Piece::Moment(moment, grain) => Some(once(moment, grain)),
            Piece::Interval(from, to, grain) => Some(interval(from, to, grain)),
            first => {
                joined.take(first);
                loop {
                    if (joined.clock.is_some() || joined.hours.is_some())
                        && joined.zone.is_none()
                        && let Some((zone, after)) = clock::zone(text, end)
                    {
                        joined.zone = Some(zone);
                        end = after;
                    }
                    let Some((next, piece)) = pieces.peek() else {
                        break;
                    };
                    // What a zone took is behind.
                    let gap = text.get(end..next.start).unwrap_or("").to_lowercase();
                    if !joins(&gap, piece) {
                        break;
                    }
                    let unclear = matches!(piece, Piece::Unclear);
                    if !unclear && !joined.take(piece) {
                        break;
                    }
                    is_unclear |= unclear;
                    end = next.end;
                    pieces.next();
                }
                joined.value(context)
            }
        };
        // The `on` of a day belongs to it.
        let before = text.get(..start).unwrap_or("");
        let bytes = before.as_bytes();
        let tail = bytes.get(bytes.len().saturating_sub(3)..).unwrap_or(&[]);
        let word = bytes.len() == 3 || bytes.iter().rev().nth(3).is_some_and(|c| *c == b' ');
        if tail.eq_ignore_ascii_case(b"on ") && word && matches!(piece, Piece::Day(_)) {
            start -= 3;
        }
        let is_part = is_unclear || neighbours::belongs(text, &(start..end), is_hour);
        if let Some(value) = value.filter(|_| !is_part) {
            found.push((start..end, value));
        }
    }
    found
}
