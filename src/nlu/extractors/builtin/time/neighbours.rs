//! What stands beside a time and belongs to it unread, as in `black friday` or `the end of next week`: the part that
//! was read would then mean another day, and is left out.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// Bytes of a text that are looked at on either side.
const NEAR: usize = 48;

struct Expressions {
    /// Before any time.
    before: Regex,
    /// Before what begins with `after` or `before`.
    before_open: Regex,
    /// Before what begins with a weekday or a week.
    before_day: Regex,
    /// Before an hour.
    before_hour: Regex,
    /// Before `in the morning`.
    before_part: Regex,
    /// Before a holiday.
    before_holiday: Regex,
    /// After any time.
    after: Regex,
    /// After a date: the short form of a year, or a day of the week.
    after_date: Regex,
    /// After a weekday, a week or a weekend.
    after_day: Regex,
    /// After `the 13th`: the end of an interval, in a month that is not read.
    after_ordinal: Regex,
}

static EXPRESSIONS: LazyLock<Option<Expressions>> = LazyLock::new(|| {
    let new = |pattern: &str| Regex::new(&format!("(?i){pattern}")).ok();
    Some(Expressions {
        before: new(concat!(
            r"(?:\b(?:second|minute|hour|day|week|weekend|month|year|quarter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)s? ",
            r"(?:from|after|before|since|past|prior to)(?: the| right)? $",
            r"|\b(?:end|beginning|start|middle|mid|rest|half|part|day|days|week|weekend|weeks|morning|afternoon|evening|night|eve)",
            r" of(?: the| around)* $",
            r"|\b(?:first|second|third|fourth|fifth|last|(?:mon|tues|wednes|thurs|fri|satur|sun)day) (?:of|in|from)(?: the)? $",
            r"|\b(?:spring|summer|fall|autumn|winter) (?:of|in) (?:the )?$",
            r"|\b[0-9]{1,2}/[0-9]{1,2} ?(?:-|–|to|through|thru|until|till|and) ?$",
            r"|\b[0-9]{1,2}(?:st|nd|rd|th)?(?: day)? of(?: the)? $",
            r"|\b(?:thanksgiving|easter|ramadan|eid|diwali|hanukkah|passover|mardi gras|mother['’]?s day|father['’]?s day|labor day|memorial day",
            r"|january|february|march|april|june|july|august|september|october|november|december) (?:of |in )?(?:the )?$",
            r"|\b(?:second|minute|hour|day|week|month|year)s? and |\bclosest (?:[a-z]+ to )?|\bend[ -]of[ -])$"
        ))?,
        before_open: new(
            r"\b(?:second|minute|hour|day|week|weekend|month|year|quarter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)s? (?:right )?$",
        )?,
        before_day: new(concat!(
            r"\b(?:black|good|great|white|branch|trinity|clean|lazarus|cyber|ash|fat|holy|maundy|shrove|palm|easter|whit|super|bloody|boxing",
            r"|first|second|third|fourth|fifth|last|[0-9]+(?:st|nd|rd|th)) $"
        ))?,
        before_hour: new(concat!(
            r"(?:\b[0-9]{1,2}[/.][0-9]{1,2}(?:[/.][0-9]{2,4})?,? (?:at |for )?",
            r"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]",
            r"|\b(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\.?,? (?:at |for |from )?",
            r"|\b(?:[0-9]{1,2}|half|quarter|minutes?|mins?|five|ten|fifteen|twenty|thirty) (?:past|after|before|to|till?|of|from) ",
            r"|\bin [0-9a-z]+ (?:month|year|week)s? )$"
        ))?,
        before_part: new(r"\b(?:early|late) $")?,
        before_holiday: new(
            r"\b(?:chinese|lunar|jewish|orthodox|islamic|persian|hindu|tamil|thai|vietnamese|korean|coptic) $",
        )?,
        after: new(
            r"^(?: ?(?:-|–|to|through|thru|until|till) ?[0-9]{1,2}/[0-9]{1,2}\b| after next\b| before last\b|,? of (?:next|last|this|every) |-(?:ish|end|day)\b|ish\b)",
        )?,
        after_date: new(r"^,? ['’]?[0-9]{2}(?:[.,;!?)]|$)|^, (?:mon|tue|wed|thu|fri|sat|sun)\b")?,
        after_day: new(
            r"^(?:['’]s|[ -]end)? ?(?:end )?(?:of|in) (?:the |this |that |last |next )?(?:month|year|quarter|january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[0-9]{4})\b",
        )?,
        after_ordinal: new(
            r"^ ?(?:to|till|until|through|and|-|–) ?(?:the )?[0-9]|^ (?:floor|birthday|anniversary|time|place|century|street|avenue|grade|edition|row|day|of)\b",
        )?,
    })
});

/// Tells whether a time that was read is part of something that was not.
pub(super) fn belongs(text: &str, range: &Range<usize>, is_hour: bool) -> bool {
    let Some(known) = EXPRESSIONS.as_ref() else {
        return false;
    };
    let mut from = range.start.saturating_sub(NEAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut to = text.len().min(range.end.saturating_add(NEAR));
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let before = text.get(from..range.start).unwrap_or_default();
    let after = text.get(range.end..to).unwrap_or_default();
    let read = text.get(range.clone()).unwrap_or_default().to_lowercase();
    let read = read.strip_prefix("on ").unwrap_or(&read);
    let plain = read
        .trim_start_matches("this ")
        .trim_start_matches("next ")
        .trim_start_matches("last ");
    let is_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "week"]
        .iter()
        .any(|day| plain.starts_with(day));
    let is_ordinal = read
        .strip_prefix("the ")
        .is_some_and(|day| !day.contains(' '));
    let has_year = read.len() > 4 && read.bytes().rev().take(4).all(|byte| byte.is_ascii_digit());
    let is_date = !is_hour
        && !has_year
        && !read.starts_with("in ")
        && read.contains(|c: char| c.is_ascii_digit())
        && read.contains(char::is_alphabetic);
    let is_holiday = ["christmas", "xmas", "new year", "valentine", "halloween"]
        .iter()
        .any(|name| read.starts_with(name));
    let is_open = ["after ", "before ", "from ", "since "]
        .iter()
        .any(|word| read.starts_with(word));
    known.before.is_match(before)
        || is_open && known.before_open.is_match(before)
        || is_day && known.before_day.is_match(before)
        || is_hour && known.before_hour.is_match(before)
        || read.starts_with("in the ") && known.before_part.is_match(before)
        || is_holiday && known.before_holiday.is_match(before)
        || known.after.is_match(after)
        || is_date && known.after_date.is_match(after)
        || is_day && known.after_day.is_match(after)
        || is_ordinal && known.after_ordinal.is_match(after)
}
