//! Entities as tags of tokens, and back (nlu.md §6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{data::Annotation, text::Span};

/// How tags tell where an entity begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scheme {
    /// Not at all: `BILOU_flag: false`.
    Plain,
    /// First, inner, last and only tokens differ: `BILOU_flag: true`.
    Bilou,
    /// First tokens differ from all others: the default where `config.yml` names no features.
    Begin,
}

/// Which part of an entity a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    Outside,
    Begin,
    Inside,
    Last,
    Unit,
    /// Any, in [`Scheme::Plain`].
    Any,
}

/// A label of the random field: part and name of type, role or group.
pub(super) type Label = (Part, String);

/// What was found for a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tag {
    pub(super) part: Part,
    pub(super) name: String,
    pub(super) confidence: f64,
}

impl Tag {
    fn is_outside(&self) -> bool {
        self.part == Part::Outside
    }
}

/// Returns the label of every token; an entity that cuts tokens gives none.
pub(super) fn encode(
    tokens: &[Span],
    entities: &[Annotation],
    scheme: Scheme,
    name: &dyn Fn(&Annotation) -> Option<&str>,
) -> Vec<Label> {
    let mut labels = vec![(Part::Outside, String::new()); tokens.len()];
    for entity in entities {
        let Some(name) = name(entity) else { continue };
        let first = tokens.iter().position(|t| t.start == entity.span.start);
        let last = tokens.iter().position(|t| t.end == entity.span.end);
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        for (token, label) in labels.iter_mut().enumerate().take(last + 1).skip(first) {
            let part = match scheme {
                Scheme::Plain => Part::Any,
                Scheme::Bilou if first == last => Part::Unit,
                Scheme::Bilou if token == last => Part::Last,
                _ if token == first => Part::Begin,
                _ => Part::Inside,
            };
            *label = (part, name.to_owned());
        }
    }
    labels
}

/// Makes the tags from every first token to its last agree, as Rasa does.
pub(super) fn repair(tags: &mut [Tag]) {
    let mut start = 0;
    while start < tags.len() {
        if tags[start].part != Part::Begin {
            start += 1;
            continue;
        }
        let mut last = start;
        while let Some(tag) = tags.get(last + 1) {
            match tag.part {
                Part::Inside => last += 1,
                Part::Last => {
                    last += 1;
                    break;
                }
                _ => break,
            }
        }
        agree(&mut tags[start..=last]);
        start = last + 1;
    }
}

/// Gives tokens of one entity one name, and the parts they should have.
fn agree(tags: &mut [Tag]) {
    let mut scores: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for tag in tags.iter() {
        let sums = scores.entry(&tag.name).or_default();
        sums.0 += tag.confidence;
        sums.1 += 1.0;
    }
    if scores.len() > 1 {
        let all = tags.len() as f64;
        let round = |value: f64| (value * 100.0).round() / 100.0;
        let mut best = (0.0, String::new());
        for (name, (sum, count)) in scores {
            let (confidence, share) = (round(sum / count), round(count / all));
            let score = round(2.0 * confidence * share / (confidence + share));
            if score > best.0 {
                best = (score, name.to_owned());
            }
        }
        for tag in tags.iter_mut().filter(|tag| tag.name != best.1) {
            tag.name.clone_from(&best.1);
            tag.confidence = best.0;
        }
    }
    if let [only] = tags {
        only.part = Part::Unit;
    } else if let Some(last) = tags.last_mut() {
        last.part = Part::Last;
    }
}

/// An entity made of tags: places in the list of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) name: String,
    pub(super) confidence: f64,
    /// Role and group with their confidence.
    pub(super) others: [Option<(String, f64)>; 2],
}

/// Joins tags to entities; `split` tells whether a type is not to reach across commas.
pub(super) fn decode(
    text: &str,
    tokens: &[Span],
    tags: &[Tag],
    others: [Option<&[Tag]>; 2],
    scheme: Scheme,
    split: &dyn Fn(&str) -> bool,
) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    // Whether the token before is part of the last entity.
    let mut open = false;
    for (token, tag) in tags.iter().enumerate() {
        let other = |which: usize| {
            let tag = others[which].and_then(|tags| tags.get(token))?;
            (!tag.is_outside()).then(|| (tag.name.clone(), tag.confidence))
        };
        let comma = is_comma(text, tokens[token]) && split(&tag.name);
        if tag.is_outside() || comma {
            open = false;
            continue;
        }
        let others = [other(0), other(1)];
        let names = |others: &[Option<(String, f64)>; 2]| {
            others.clone().map(|other| other.map(|(name, _)| name))
        };
        let before = token.checked_sub(1).map(|before| &tags[before]);
        let begins = match tag.part {
            Part::Unit => true,
            Part::Begin => {
                scheme == Scheme::Begin
                    || before
                        .is_none_or(|before| (before.part, &before.name) != (tag.part, &tag.name))
            }
            _ => before.is_none_or(|before| before.name != tag.name),
        };
        let near = |last: usize| {
            let gap = Span::new(tokens[last].end, tokens[token].start).of(text);
            let gap = gap.chars().count();
            scheme == Scheme::Begin || gap <= 1 || (gap <= 3 && !split(&tag.name))
        };
        match found.last_mut() {
            Some(entity)
                if open
                    && !begins
                    && names(&entity.others) == names(&others)
                    && near(entity.last) =>
            {
                entity.last = token;
                entity.confidence = entity.confidence.min(tag.confidence);
                for (mine, new) in entity.others.iter_mut().zip(others) {
                    if let (Some(mine), Some(new)) = (mine, new) {
                        mine.1 = mine.1.min(new.1);
                    }
                }
            }
            _ => found.push(Found {
                first: token,
                last: token,
                name: tag.name.clone(),
                confidence: tag.confidence,
                others,
            }),
        }
        open = true;
    }
    found
}

/// Tells whether a comma at which a list would be split stands within a text.
pub(super) fn has_comma(text: &str) -> bool {
    let mut commas = text.match_indices(',');
    commas.any(|(at, comma)| is_comma(text, Span::new(at, at + comma.len())))
}

/// Tells whether a token is a comma at which a list is split: as in Rasa one beside a blank.
fn is_comma(text: &str, token: Span) -> bool {
    let blank = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let before = text.get(..token.start).unwrap_or_default();
    let after = text.get(token.end..).unwrap_or_default();
    token.of(text) == "," && (blank(before.chars().next_back()) || blank(after.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(list: &[(Part, &str, f64)]) -> Vec<Tag> {
        let tag = |&(part, name, confidence): &(Part, &str, f64)| Tag {
            part,
            name: name.to_owned(),
            confidence,
        };
        list.iter().map(tag).collect()
    }

    #[test]
    fn disagreeing_tags_are_repaired_as_rasa_repairs_them() {
        use Part::{Begin, Inside, Last, Outside, Unit};
        let mut two = tags(&[(Begin, "a", 0.9), (Last, "b", 0.5)]);
        repair(&mut two);
        assert_eq!(two, tags(&[(Begin, "a", 0.9), (Last, "a", 0.64)]));
        let mut three = tags(&[(Begin, "a", 0.4), (Inside, "b", 0.9), (Last, "b", 0.9)]);
        repair(&mut three);
        assert_eq!(
            three,
            tags(&[(Begin, "b", 0.77), (Inside, "b", 0.9), (Last, "b", 0.9)])
        );
        let mut open = tags(&[(Begin, "a", 0.9), (Inside, "a", 0.8), (Outside, "", 1.0)]);
        repair(&mut open);
        assert_eq!(open[1].part, Last);
        let mut one = tags(&[(Begin, "a", 0.9), (Outside, "", 1.0)]);
        repair(&mut one);
        assert_eq!(one[0].part, Unit);
        let mut stray = tags(&[(Inside, "a", 0.9), (Last, "b", 0.9)]);
        let same = stray.clone();
        repair(&mut stray);
        assert_eq!(stray, same);
    }

    #[test]
    fn gaps_and_commas_decide_what_is_joined_as_in_rasa() {
        use Part::{Any, Begin, Inside, Last};
        let spans = |text: &str| crate::text::whitespace_tokens(text);
        let count = |text: &str, list: &[(Part, &str, f64)], scheme, split: bool| {
            let tokens = spans(text);
            decode(text, &tokens, &tags(list), [None, None], scheme, &|_| split).len()
        };
        let pair = [(Begin, "x", 0.9), (Last, "x", 0.8)];
        assert_eq!(count("a, b", &pair, Scheme::Bilou, true), 2);
        assert_eq!(count("a, b", &pair, Scheme::Bilou, false), 1);
        assert_eq!(count("a b", &pair, Scheme::Bilou, true), 1);
        assert_eq!(count("a -- b", &pair, Scheme::Bilou, false), 2);
        // A comma that is a token splits a list beside a blank alone.
        let list = |text: &str, spans: [(usize, usize); 3], split: bool| {
            let tokens = spans.map(|(start, end)| Span::new(start, end));
            let tags = tags(&[(Begin, "x", 0.9), (Inside, "x", 0.8), (Last, "x", 0.8)]);
            decode(text, &tokens, &tags, [None, None], Scheme::Bilou, &|_| {
                split
            })
            .len()
        };
        assert_eq!(list("a, b", [(0, 1), (1, 2), (3, 4)], true), 2);
        assert_eq!(list("a, b", [(0, 1), (1, 2), (3, 4)], false), 1);
        assert_eq!(list("a,b", [(0, 1), (1, 2), (2, 3)], true), 1);
        let plain = [(Any, "x", 0.9), (Any, "x", 0.8)];
        assert_eq!(count("a b", &plain, Scheme::Plain, true), 1);
        let different = [(Any, "x", 0.9), (Any, "y", 0.8)];
        assert_eq!(count("a b", &different, Scheme::Plain, true), 2);
    }

    #[test]
    fn entities_come_back_from_their_tags_in_every_scheme() {
        let text = "from New York to Rome";
        let tokens = crate::text::whitespace_tokens(text);
        let mark = |start, end, entity: &str| Annotation {
            span: Span::new(start, end),
            entity: entity.into(),
            ..Annotation::default()
        };
        // The third cuts a word and is passed over.
        let marks = [mark(5, 13, "city"), mark(17, 21, "city"), mark(0, 2, "cut")];
        for scheme in [Scheme::Plain, Scheme::Bilou, Scheme::Begin] {
            let labels = encode(&tokens, &marks, scheme, &|mark| Some(&mark.entity));
            let tags: Vec<Tag> = labels
                .into_iter()
                .map(|(part, name)| Tag {
                    part,
                    name,
                    confidence: 1.0,
                })
                .collect();
            let found = decode(text, &tokens, &tags, [None, None], scheme, &|_| true);
            let places: Vec<_> = found
                .iter()
                .map(|found| (found.first, found.last))
                .collect();
            assert_eq!(places, [(1, 2), (4, 4)], "{scheme:?}");
        }
    }
}
