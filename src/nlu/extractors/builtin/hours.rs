//! From one time of a day to another, in English: `between 3 and 5 pm`, `from 9:30 to 11`, `8-10am`.

use regex::Captures;

use super::{
    number,
    time::{Context, Piece, part},
};

/// Returns the expression; `hour` is that of an hour.
pub(super) fn pattern(hour: &str) -> String {
    let half = r"(?: ?(?P<HALF>[ap]\. ?m\b\.?|[ap] ?m\b))?";
    let side = |place: &str| {
        let half = half.replace("HALF", &format!("half_{place}"));
        format!("(?P<h_{place}>{hour})(?:[:.h](?P<min_{place}>[0-5][0-9]))?{half}")
    };
    format!(
        "(?:(?P<between>between )|(?P<from>from ))?{}(?: (?P<word>and|to|untill?|till|through|thru) | ?(?P<dash>[-–]) ?){}",
        side("a"),
        side("b")
    )
}

/// Returns hour and minute, and whether the half of the day is known, and which.
fn side(found: &Captures<'_>, place: &str) -> Option<((i8, i8), Option<bool>)> {
    let hour = number::read(&part(found, &[&format!("h_{place}")])?, false)? as i8;
    let minute = match part(found, &[&format!("min_{place}")]) {
        Some(minute) => minute.parse().ok()?,
        None => 0,
    };
    let half = part(found, &[&format!("half_{place}")]).map(|half| half.starts_with('p'));
    let most = if half.is_some() { 12 } else { 23 };
    (hour <= most).then_some(((hour, minute), half))
}

pub(super) fn read(found: &Captures<'_>, _: &Context<'_>) -> Option<Piece> {
    let word = part(found, &["word"]);
    let fits = match word.as_deref() {
        // `between … and …` belong together, and so do `from … to …`.
        Some("and") => found.name("between").is_some(),
        _ => found.name("between").is_none(),
    };
    if !fits {
        return None;
    }
    let ((from, half), (to, half_of_end)) = (side(found, "a")?, side(found, "b")?);
    let minutes = found.name("min_a").is_some() || found.name("min_b").is_some();
    let both = found.name("min_a").is_some() && found.name("min_b").is_some();
    let is_marked = found.name("from").is_some() || found.name("between").is_some();
    let is_sure = half_of_end.is_some() || half.is_some() && is_marked;
    // `2 to 3` counts things, and so does `3-5`.
    let weak = !(is_sure || both || minutes && is_marked);
    if weak && !is_marked {
        return None;
    }
    let in_half = |(hour, minute): (i8, i8), afternoon: bool| {
        (hour % 12 + if afternoon { 12 } else { 0 }, minute)
    };
    let (from, to) = match (half, half_of_end) {
        (Some(first), Some(second)) => (in_half(from, first), in_half(to, second)),
        // `11 to 1 pm` begins in the morning.
        (None, Some(second)) if from.0 <= 12 => {
            let end = in_half(to, second);
            let start = in_half(from, second);
            let other = in_half(from, !second);
            (if start < end { start } else { other }, end)
        }
        (Some(first), None) if to.0 <= 12 => {
            let start = in_half(from, first);
            let end = in_half(to, first);
            (
                start,
                if start < end {
                    end
                } else {
                    in_half(to, !first)
                },
            )
        }
        (None, None) if to < from && to.0 < 12 => (from, (to.0 + 12, to.1)),
        _ => (from, to),
    };
    Some(Piece::Hours {
        from,
        to,
        grain: if minutes { "minute" } else { "hour" },
        weak,
    })
}
