//! `DucklingEntityExtractor`: asks a server, and without one finds by itself numbers, amounts of money, e-mail
//! addresses, URLs, phone numbers, dates and times, under the names and in the JSON form of Duckling's dimensions
//! (nlu.md §6).
//!
//! Decimal digits are read in any script (`12`, `١٢`, `१२`, `１２`), words (`tomorrow`, `in two hours`, `twenty five`) in
//! English. Every dimension is looked for by itself, as Duckling does: `$5` is an amount of money and a number; but the
//! digits of dates, phone numbers and addresses are no numbers too. What can be read in two ways is rather left out
//! than guessed.

mod currency;
mod digits;
mod find;
mod money;
mod number;
mod phone;
mod time;

use jiff::{Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::json;

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
        let value = value(info);
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

    /// Returns whether the locale writes months before days; none where no country is named.
    fn month_first(&self) -> Option<bool> {
        let locale = self.locale.as_deref()?;
        match locale.split_once(['_', '-']) {
            Some((_, country)) => Some(country.eq_ignore_ascii_case("us")),
            None => (!locale.eq_ignore_ascii_case("en")).then_some(false),
        }
    }

    fn extract_at(&self, text: &str, now: &Zoned) -> Vec<Entity> {
        let wanted = |name: &str| match &self.dimensions {
            None => true,
            Some(names) => names.iter().any(|wanted| wanted == name),
        };
        let context = time::Context {
            now,
            month_first: self.month_first(),
        };
        let mut entities = Vec::new();
        for (name, found) in find::all(text, &context, wanted) {
            let mut counter = CharacterCounter::new(text);
            for (range, info) in found {
                let span = Span::from(range);
                let (start, end) = counter.of(span);
                entities.push(entity(name, (start, end), span.of(text), info));
            }
        }
        entities
    }
}

/// Returns the value that Rasa makes of what Duckling says: both ends of an interval.
fn value(info: &Json) -> Json {
    if info.get("type").and_then(Json::as_str) == Some("interval") {
        let side = |key: &str| info.get(key).and_then(|side| side.get("value"));
        json!({"to": side("to"), "from": side("from")})
    } else {
        info.get("value").cloned().unwrap_or_default()
    }
}

fn entity(name: &str, (start, end): (usize, usize), text: &str, info: Json) -> Entity {
    let mut entity = Entity {
        entity: name.to_owned(),
        start,
        end,
        value: value(&info),
        extractor: Some(NAME.to_owned()),
        ..Entity::default()
    };
    entity.other.insert("text".into(), text.into());
    entity.other.insert("confidence".into(), 1.0.into());
    entity.other.insert("additional_info".into(), info);
    entity
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
            one("+1-555-010-0123", "(+1) 5550100123")
        );
        assert_eq!(of("phone-number", "on 2024-05-01 or 12345"), vec![]);
    }

    #[test]
    fn times_are_counted_from_now() {
        for (text, value) in [
            ("tomorrow", "2024-05-16T00:00:00.000+00:00"),
            ("in two hours", "2024-05-15T12:30:00.000+00:00"),
            ("on 2024-12-24", "2024-12-24T00:00:00.000+00:00"),
            ("at 9:15", "2024-05-15T21:15:00.000+00:00"),
            ("at 09:15", "2024-05-16T09:15:00.000+00:00"),
            ("at 9 pm", "2024-05-15T21:00:00.000+00:00"),
            ("next friday", "2024-05-24T00:00:00.000+00:00"),
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

    #[test]
    fn everyday_forms_have_their_place_and_value() {
        let now: Zoned = "2026-11-26T03:50:00+01:00[Europe/Berlin]".parse().unwrap();
        let mut wrong = Vec::new();
        for line in include_str!("examples.tsv").lines() {
            let mut columns = line.split('\t');
            let text = columns.next().unwrap();
            let expected: Vec<_> = columns.collect();
            let entities = BuiltinOptions::default().extract_at(text, &now);
            let found: Vec<_> = entities
                .iter()
                .map(|entity| {
                    let text = entity.other["text"].as_str().unwrap();
                    format!("{} [{text}] {}", entity.entity, entity.value)
                })
                .collect();
            if found != expected {
                wrong.push(format!("{text}: {found:?} instead of {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_locale_says_whether_months_come_first() {
        let now: Zoned = "2026-11-26T03:50:00+01:00[Europe/Berlin]".parse().unwrap();
        for (locale, value) in [
            (Some("en_US"), Some("2026-03-04T00:00:00.000+01:00")),
            (Some("en_GB"), Some("2026-04-03T00:00:00.000+02:00")),
            (Some("de"), Some("2026-04-03T00:00:00.000+02:00")),
            (None, None),
        ] {
            let options = BuiltinOptions {
                locale: locale.map(str::to_owned),
                ..BuiltinOptions::default()
            };
            let found = options.extract_at("03/04/2026", &now);
            let found: Vec<_> = found.iter().map(|entity| &entity.value).collect();
            let expected = value.map(Json::from);
            assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{locale:?}");
        }
    }

    #[test]
    fn a_megabyte_of_text_is_read_to_its_end() {
        let pieces = [
            "1",
            "1 ",
            "one hundred and ",
            "$5 ",
            "monday at 5 ",
            "+49 30 123456 ",
            "1.",
            "a@",
        ];
        let mut text: String = pieces
            .iter()
            .map(|piece| piece.repeat(125_000 / piece.len()))
            .collect();
        text.push_str(" tomorrow");
        let found = BuiltinOptions::default().extract(&text);
        assert_eq!(found.last().unwrap().other["text"], "tomorrow");
    }

    /// Words that phrases of time and money are made of, in any order.
    const WORDS: [&str; 48] = [
        "a", "the", "in", "at", "on", "of", "to", "from", "between", "and", "for", "by", "next",
        "last", "this", "week", "months", "days", "2", "31", "2029", "9999999", "5pm", "12:30",
        "-", "/", ",", ".", "'", "monday", "july", "february", "third", "twenty", "half", "past",
        "ago", "after", "end", "easter", "dozen", "$5", "€", "dollars", "१२", "é", "until", "few",
    ];

    proptest::proptest! {
        #[test]
        fn spans_of_any_words_are_their_text(
            words in proptest::collection::vec((proptest::sample::select(&WORDS[..]), " ?"), 0..14)
        ) {
            let text: String = words.into_iter().map(|(word, gap)| word.to_owned() + &gap).collect();
            for entity in BuiltinOptions::default().extract(&text) {
                let part: String =
                    text.chars().skip(entity.start).take(entity.end - entity.start).collect();
                assert_eq!(entity.other["text"], Json::from(part));
            }
        }

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
