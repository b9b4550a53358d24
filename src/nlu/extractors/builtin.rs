//! `DucklingEntityExtractor`: asks a server, and without one finds by itself numbers, amounts of money, e-mail
//! addresses, URLs, phone numbers, dates and times, under the names and in the JSON form of Duckling's dimensions (nlu.md §6).
//!
//! Numerals are read in any language, words (`tomorrow`, `in two hours`, `twenty five`) in English. Every dimension is
//! looked for by itself, as Duckling does: `$5` is an amount of money and a number.

use std::sync::LazyLock;

use jiff::{Span as Duration, ToSpan, Unit, Zoned, civil, tz::TimeZone};
use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::{
    data::{Entity, Json},
    nlu::{Outside, Question},
    text::{CharacterCounter, Span},
};

/// Name in `config.yml`.
pub(crate) const NAME: &str = "DucklingEntityExtractor";

/// Seconds that a server has to answer.
const TIMEOUT: f64 = 3.0;

/// Dimensions that are found without a server.
pub(crate) const DIMENSIONS: [&str; 6] = [
    "number",
    "amount-of-money",
    "email",
    "url",
    "phone-number",
    "time",
];

/// Options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BuiltinOptions {
    /// Dimensions wanted; all where there are none.
    pub(crate) dimensions: Option<Vec<String>>,
    /// Time zone of dates and times, as `Europe/Berlin`; the machine's where there is none.
    pub(crate) timezone: Option<String>,
    /// Address of a server, asked in the place of what is built in.
    pub(crate) url: Option<String>,
    locale: Option<String>,
    timeout: Option<f64>,
}

impl BuiltinOptions {
    /// Names of all options.
    pub(crate) const NAMES: [&'static str; 5] =
        ["dimensions", "url", "locale", "timezone", "timeout"];

    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        if self
            .timeout
            .is_some_and(|seconds| !(seconds > 0.0 && seconds < 3600.0))
        {
            return Some("`timeout` must be above 0 and below an hour, in seconds".to_owned());
        }
        let name = self.timezone.as_deref()?;
        let known = TimeZone::get(name).is_ok();
        (!known).then(|| format!("there is no time zone `{name}`"))
    }

    /// Returns the dimensions that are wanted and not found here.
    pub(crate) fn missing(&self) -> Vec<&str> {
        if self.url.is_some() {
            return Vec::new();
        }
        let wanted = self.dimensions.iter().flatten().map(String::as_str);
        wanted.filter(|name| !DIMENSIONS.contains(name)).collect()
    }

    fn now(&self) -> Zoned {
        let zone = self.timezone.as_deref().map(TimeZone::get);
        match zone {
            Some(Ok(zone)) => Zoned::now().with_time_zone(zone),
            _ => Zoned::now(),
        }
    }

    /// Returns what is found in a text, dimension by dimension.
    pub(crate) fn extract(&self, text: &str) -> Vec<Entity> {
        self.extract_at(text, &self.now())
    }

    /// Returns what a server finds in a text; nothing where it gives no answer.
    pub(crate) fn ask(&self, text: &str, url: &str, outside: &dyn Outside) -> Vec<Entity> {
        let fields = [
            ("text", Some(text.to_owned())),
            ("locale", self.locale.clone()),
            ("tz", self.timezone.clone()),
            ("dims", Some(json!(self.dimensions).to_string())),
            (
                "reftime",
                Some(self.now().timestamp().as_millisecond().to_string()),
            ),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let answer = outside.ask(&Question {
            url: format!("{}/parse", url.trim_end_matches('/')),
            fields: fields.collect(),
            timeout: self.timeout.unwrap_or(TIMEOUT),
        });
        let length = text.chars().count();
        let found = answer.as_ref().and_then(Json::as_array);
        found
            .into_iter()
            .flatten()
            .filter_map(|found| self.read(found, length))
            .collect()
    }

    /// Reads what Duckling says of one place, as Rasa does; other dimensions than the wanted ones are passed over.
    fn read(&self, found: &Json, length: usize) -> Option<Entity> {
        let dimension = found.get("dim")?.as_str()?;
        let wanted = self.dimensions.as_ref();
        if wanted.is_some_and(|wanted| !wanted.iter().any(|name| name == dimension)) {
            return None;
        }
        let place = |key: &str| usize::try_from(found.get(key)?.as_u64()?).ok();
        let (start, end) = (place("start")?, place("end")?);
        if start > end || end > length {
            return None;
        }
        let info = found.get("value")?;
        let value = if info.get("type").and_then(Json::as_str) == Some("interval") {
            let side = |key: &str| info.get(key).and_then(|side| side.get("value"));
            json!({"to": side("to"), "from": side("from")})
        } else {
            info.get("value").cloned().unwrap_or_default()
        };
        let mut entity = Entity {
            entity: dimension.to_owned(),
            start,
            end,
            value,
            extractor: Some(NAME.to_owned()),
            ..Entity::default()
        };
        let text = found.get("body").or_else(|| found.get("text"));
        entity
            .other
            .insert("text".into(), text.cloned().unwrap_or_default());
        entity.other.insert("confidence".into(), 1.0.into());
        entity.other.insert("additional_info".into(), info.clone());
        Some(entity)
    }

    fn extract_at(&self, text: &str, now: &Zoned) -> Vec<Entity> {
        let wanted = |name: &&&str| match &self.dimensions {
            None => true,
            Some(names) => names.iter().any(|wanted| wanted == **name),
        };
        let mut entities = Vec::new();
        for name in DIMENSIONS.iter().filter(wanted) {
            let mut counter = CharacterCounter::new(text);
            for (span, value) in find(name, text, now) {
                let (start, end) = counter.of(span);
                entities.push(entity(name, (start, end), span.of(text), value));
            }
        }
        entities
    }
}

fn entity(
    name: &str,
    (start, end): (usize, usize),
    text: &str,
    value: Map<String, Json>,
) -> Entity {
    let mut entity = Entity {
        entity: name.to_owned(),
        start,
        end,
        value: value.get("value").cloned().unwrap_or_default(),
        extractor: Some(NAME.to_owned()),
        ..Entity::default()
    };
    entity.other.insert("text".into(), text.into());
    entity.other.insert("confidence".into(), 1.0.into());
    entity.other.insert("additional_info".into(), value.into());
    entity
}

/// What a number looks like.
const NUMBER: &str = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?";
/// Numbers in words, up to ninety-nine.
const WORDS: &str = r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)";
const UNITS: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen";
const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Compiles an expression of this file; `N` stands for a number in digits, `W` for one in digits or words.
fn expression(pattern: &str) -> Option<Regex> {
    let pattern = pattern
        .replace("{W}", &format!("(?:{NUMBER}|{WORDS})"))
        .replace("{N}", NUMBER);
    Regex::new(&format!("(?i){pattern}")).ok()
}

type Expression = LazyLock<Option<Regex>>;

static A_NUMBER: Expression =
    LazyLock::new(|| expression(&format!(r"(?:^|[^\w.,])(-?{{N}}|\b{WORDS})\b")));
static MONEY: Expression = LazyLock::new(|| {
    expression(
        r"(?P<before>[$€£¥])\s?(?P<a>{N})|\b(?P<b>{W})\s?(?P<after>€|£|¥|\$|dollars?|euros?|pounds?|usd|eur|gbp|chf|jpy)",
    )
});
static EMAIL: Expression =
    LazyLock::new(|| expression(r"[\w.+%-]*[\w+%-]@[\w-]+(?:\.[\w-]+)*\.\w{2,}"));
static URL: Expression = LazyLock::new(|| {
    expression(r#"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.)(?P<host>[^\s/?#"'<>()]+)[^\s"'<>]*"#)
});
static PHONE: Expression = LazyLock::new(|| {
    expression(r"(?:^|[^\w.,])(?P<all>\+?\(?\d{1,4}\)?(?:[ ./-]?\(?\d{2,5}\)?){1,5})")
});
static TIME: Expression = LazyLock::new(|| {
    expression(&format!(
        r"\b(?:(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)(?:[T ](?P<dh>\d\d):(?P<dm>\d\d)(?::\d\d)?)?|(?P<word>now|today|tonight|tomorrow|yesterday)|(?:(?:on|next|this)\s+)?(?P<weekday>{})|in\s+(?P<count>{{W}}|an?)\s+(?P<unit>minute|hour|day|week|month|year)s?|(?:at\s+)?(?P<h>[01]?\d|2[0-4]):(?P<min>[0-5]\d)\s?(?P<half>[ap]\.?m\b\.?)?|(?:at\s+)?(?P<h12>1[0-2]|0?[1-9])\s?(?P<half12>[ap]\.?m\b\.?))",
        WEEKDAYS.join("|")
    ))
});

/// Makes of a match its place and its value.
type Read = fn(&Captures<'_>, &Zoned) -> Option<(Span, Json)>;

fn find(dimension: &str, text: &str, now: &Zoned) -> Vec<(Span, Map<String, Json>)> {
    let (expression, read): (_, Read) = match dimension {
        "number" => (&A_NUMBER, read_number),
        "amount-of-money" => (&MONEY, read_money),
        "email" => (&EMAIL, |found, _| {
            let all = found.get(0)?;
            let value = json!({"value": all.as_str()});
            Some((all.range().into(), value))
        }),
        "url" => (&URL, read_url),
        "phone-number" => (&PHONE, read_phone),
        "time" => (&TIME, read_time),
        _ => return Vec::new(),
    };
    let Some(expression) = expression.as_ref() else {
        return Vec::new();
    };
    expression
        .captures_iter(text)
        .filter_map(|found| match read(&found, now)? {
            (span, Json::Object(value)) => Some((span, value)),
            _ => None,
        })
        .collect()
}

/// Reads a number in digits or in words.
fn number(text: &str) -> Option<Json> {
    let text = text.to_lowercase();
    if text.chars().any(|c| c.is_ascii_digit()) {
        let digits = text.replace(',', "");
        let whole: Option<i64> = digits.parse().ok();
        return whole
            .map(Json::from)
            .or_else(|| digits.parse::<f64>().ok().map(Json::from));
    }
    let place = |list: &str, word: &str| list.split(' ').position(|known| known == word);
    let mut sum = 0;
    for word in text.split([' ', '-']) {
        sum += match place(UNITS, word) {
            Some(unit) => unit,
            None => 20 + 10 * place(TENS, word)?,
        };
    }
    Some(sum.into())
}

fn read_number(found: &Captures<'_>, _: &Zoned) -> Option<(Span, Json)> {
    let all = found.get(1)?;
    let value = number(all.as_str())?;
    Some((all.range().into(), json!({"value": value, "type": "value"})))
}

fn read_money(found: &Captures<'_>, _: &Zoned) -> Option<(Span, Json)> {
    let amount = found.name("a").or_else(|| found.name("b"))?;
    let unit = found.name("before").or_else(|| found.name("after"))?;
    let unit = match unit.as_str().to_lowercase().as_str() {
        "dollar" | "dollars" => "$".to_owned(),
        "euro" | "euros" | "€" => "EUR".to_owned(),
        "pound" | "pounds" => "£".to_owned(),
        other => other.to_uppercase(),
    };
    let value = number(amount.as_str())?;
    let info = json!({"value": value, "type": "value", "unit": unit});
    Some((found.get(0)?.range().into(), info))
}

fn read_url(found: &Captures<'_>, _: &Zoned) -> Option<(Span, Json)> {
    let all = found.get(0)?;
    let mut text = all
        .as_str()
        .trim_end_matches(['.', ',', ';', ':', '!', '?']);
    // A bracket is part of it only where it was opened in it.
    if text.ends_with(')') && !text.contains('(') {
        text = text.trim_end_matches(')');
    }
    let host = found.name("host")?.as_str().trim_end_matches(['.', ',']);
    let span = Span::new(all.start(), all.start() + text.len());
    let domain = host.strip_prefix("www.").unwrap_or(host);
    Some((
        span,
        json!({"value": text, "domain": domain.to_lowercase()}),
    ))
}

fn read_phone(found: &Captures<'_>, _: &Zoned) -> Option<(Span, Json)> {
    let all = found.name("all")?;
    let digits: String = all
        .as_str()
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    let count = digits.trim_start_matches('+').len();
    // Shorter ones are numbers, longer ones are no phone's; `2024-05-01` is a date.
    let is_date = all.as_str().parse::<civil::Date>().is_ok();
    ((7..=15).contains(&count) && !is_date).then(|| (all.range().into(), json!({"value": digits})))
}

fn read_time(found: &Captures<'_>, now: &Zoned) -> Option<(Span, Json)> {
    let part = |name: &str| found.name(name).map(|part| part.as_str().to_lowercase());
    let digits = |name: &str| part(name)?.parse::<i8>().ok();
    let day = |days: i64| -> Option<Zoned> {
        let moved = now.checked_add(days.days()).ok()?;
        moved.start_of_day().ok()
    };
    let (value, grain) = if let Some(year) = part("y") {
        let date = civil::Date::new(year.parse().ok()?, digits("m")?, digits("d")?).ok()?;
        match (digits("dh"), digits("dm")) {
            (Some(hour), Some(minute)) => {
                let time = civil::Time::new(hour, minute, 0, 0).ok()?;
                (
                    date.to_datetime(time)
                        .to_zoned(now.time_zone().clone())
                        .ok()?,
                    "minute",
                )
            }
            _ => (date.to_zoned(now.time_zone().clone()).ok()?, "day"),
        }
    } else if let Some(word) = part("word") {
        match word.as_str() {
            "now" => (now.round(Unit::Second).ok()?, "second"),
            "tonight" => (day(0)?.checked_add(18.hours()).ok()?, "hour"),
            "tomorrow" => (day(1)?, "day"),
            "yesterday" => (day(-1)?, "day"),
            _ => (day(0)?, "day"),
        }
    } else if let Some(name) = part("weekday") {
        let wanted = (0_i64..)
            .zip(WEEKDAYS)
            .find_map(|(day, known)| (known == name).then_some(day))?;
        let today = i64::from(now.weekday().to_monday_zero_offset());
        // Today's own name means the next one.
        (day((wanted - today + 6).rem_euclid(7) + 1)?, "day")
    } else if let Some(count) = part("count") {
        let count = match count.as_str() {
            "a" | "an" => 1,
            other => number(other)?.as_i64()?,
        };
        later(now, count, &part("unit")?)?
    } else {
        let (hour, minute, half) = match digits("h") {
            Some(hour) => (hour, digits("min")?, part("half")),
            None => (digits("h12")?, 0, part("half12")),
        };
        let hour = match half.as_deref().and_then(|half| half.chars().next()) {
            Some('p') => hour % 12 + 12,
            Some(_) => hour % 12,
            None => hour % 24,
        };
        let at = |days: i64| {
            let date = day(days)?.date();
            let time = civil::Time::new(hour, minute, 0, 0).ok()?;
            date.to_datetime(time)
                .to_zoned(now.time_zone().clone())
                .ok()
        };
        let today = at(0)?;
        let next = if today < *now { at(1)? } else { today };
        (
            next,
            if found.name("h").is_some() {
                "minute"
            } else {
                "hour"
            },
        )
    };
    let value = value.strftime("%Y-%m-%dT%H:%M:%S.000%:z").to_string();
    let once = json!({"value": value, "grain": grain, "type": "value"});
    let mut info = once.clone();
    info["values"] = json!([once]);
    Some((found.get(0)?.range().into(), info))
}

/// Returns the time after so many units, and how exact it is.
fn later(now: &Zoned, count: i64, unit: &str) -> Option<(Zoned, &'static str)> {
    let empty = Duration::new();
    let (span, grain) = match unit {
        "minute" => (empty.try_minutes(count), "second"),
        "hour" => (empty.try_hours(count), "minute"),
        "day" => (empty.try_days(count), "hour"),
        "week" => (empty.try_weeks(count), "day"),
        "month" => (empty.try_months(count), "day"),
        _ => (empty.try_years(count), "month"),
    };
    let moved = now.checked_add(span.ok()?).ok()?;
    Some((moved.round(Unit::Second).ok()?, grain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String, Json)> {
        let now: Zoned = "2024-05-15T10:30:00+00:00[UTC]".parse().unwrap();
        let entities = BuiltinOptions::default().extract_at(text, &now);
        let entities = entities.into_iter().map(|entity| {
            let text = entity.other["text"].as_str().unwrap().to_owned();
            (entity.entity, text, entity.value)
        });
        entities.collect()
    }

    fn of(dimension: &str, text: &str) -> Vec<(String, Json)> {
        let found = found(text).into_iter();
        let wanted = found.filter(|(name, _, _)| name == dimension);
        wanted.map(|(_, text, value)| (text, value)).collect()
    }

    fn one(text: &str, value: impl Into<Json>) -> Vec<(String, Json)> {
        vec![(text.to_owned(), value.into())]
    }

    #[test]
    fn numbers_are_read_in_digits_and_words() {
        assert_eq!(of("number", "é 1,000.5 items"), one("1,000.5", 1000.5));
        assert_eq!(of("number", "-3 degrees"), one("-3", -3));
        assert_eq!(of("number", "Twenty-five people"), one("Twenty-five", 25));
        assert_eq!(of("number", "order AB123 someone"), vec![]);
    }

    #[test]
    fn amounts_addresses_and_phone_numbers_are_found() {
        assert_eq!(of("amount-of-money", "it is $5.99!"), one("$5.99", 5.99));
        assert_eq!(of("amount-of-money", "ten euros"), one("ten euros", 10));
        assert_eq!(
            of("email", "to joe.b+x@mail.example.org, ok"),
            one("joe.b+x@mail.example.org", "joe.b+x@mail.example.org")
        );
        assert_eq!(
            of("url", "see https://example.org/a(b)?c=1."),
            one(
                "https://example.org/a(b)?c=1",
                "https://example.org/a(b)?c=1"
            )
        );
        assert_eq!(
            of("phone-number", "call +1-555-010-0123 now"),
            one("+1-555-010-0123", "+15550100123")
        );
        assert_eq!(of("phone-number", "on 2024-05-01 or 12345"), vec![]);
    }

    #[test]
    fn times_are_counted_from_now() {
        for (text, value) in [
            ("tomorrow", "2024-05-16T00:00:00.000+00:00"),
            ("in two hours", "2024-05-15T12:30:00.000+00:00"),
            ("on 2024-12-24", "2024-12-24T00:00:00.000+00:00"),
            ("at 9:15", "2024-05-16T09:15:00.000+00:00"),
            ("at 9 pm", "2024-05-15T21:00:00.000+00:00"),
            ("next friday", "2024-05-17T00:00:00.000+00:00"),
            ("wednesday", "2024-05-22T00:00:00.000+00:00"),
        ] {
            let times = of("time", text);
            assert_eq!(times.len(), 1, "{text}");
            assert_eq!(times[0].1, Json::from(value), "{text}");
        }
        assert_eq!(
            of("time", "2024-13-99, in 99999999999999 years, in 12 monkeys"),
            vec![]
        );
    }

    #[test]
    fn only_wanted_dimensions_are_found() {
        let options = BuiltinOptions {
            dimensions: Some(vec!["number".into(), "volume".into()]),
            ..BuiltinOptions::default()
        };
        assert_eq!(options.missing(), ["volume"]);
        let names: Vec<_> = options
            .extract("2 at 9:15 for $5")
            .into_iter()
            .map(|e| e.entity)
            .collect();
        assert!(!names.is_empty() && names.iter().all(|name| name == "number"));
    }

    proptest::proptest! {
        #[test]
        fn spans_of_any_text_are_its_text(text in "[ -~é日]{0,40}( in (an|9+) years| 3 pm)?\\PC{0,20}") {
            for entity in BuiltinOptions::default().extract(&text) {
                let part: String =
                    text.chars().skip(entity.start).take(entity.end - entity.start).collect();
                assert_eq!(entity.other["text"], Json::from(part));
            }
        }
    }
}
