//! Training examples that say the same, or nearly: wasted within an intent, contradictory across two.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    data::Example,
    diagnostic::{Place, Sources},
};

/// Share of common trigrams from which two texts are nearly the same.
const NEAR: f64 = 0.85;
/// Words with more examples than this are no way to find a near one.
const COMMON: usize = 200;

/// Examples that say the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicate {
    /// Whether the words are the very same, but for case and punctuation.
    pub is_same: bool,
    /// Whether they stand under different intents.
    pub contradicts: bool,
    /// Each with text, intent and place.
    pub examples: Vec<(String, String, Place)>,
}

/// Returns all examples that say the same: first those that contradict each other, then the same, then near ones.
pub fn duplicates(examples: &[Example], sources: &Sources) -> Vec<Duplicate> {
    let plain: Vec<String> = examples
        .iter()
        .map(|example| simplify(&example.text))
        .collect();
    let mut groups: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    let mut order: Vec<&str> = Vec::new();
    for (i, text) in plain
        .iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
    {
        let group = groups.entry(text).or_default();
        if group.is_empty() {
            order.push(text);
        }
        group.push(i);
    }
    let make = |members: &[usize], is_same: bool| {
        let entries: Vec<(String, String, Place)> = members
            .iter()
            .filter_map(|i| examples.get(*i))
            .map(|example| {
                let name = example.response_key.as_ref().unwrap_or(&example.intent);
                (
                    example.text.clone(),
                    name.clone(),
                    sources.place(example.origin),
                )
            })
            .collect();
        let first = entries.first().map(|entry| entry.1.clone());
        Duplicate {
            is_same,
            contradicts: entries.iter().any(|entry| Some(&entry.1) != first.as_ref()),
            examples: entries,
        }
    };
    let mut found: Vec<Duplicate> = order
        .iter()
        .filter_map(|text| groups.get(text))
        .filter(|members| members.len() > 1)
        .map(|members| make(members, true))
        .collect();
    let firsts: Vec<usize> = order
        .iter()
        .filter_map(|text| groups.get(text)?.first().copied())
        .collect();
    found.extend(near(&firsts, &plain).iter().map(|pair| make(pair, false)));
    found.sort_by_key(|duplicate| (!duplicate.contradicts, !duplicate.is_same));
    found
}

/// Returns the pairs of texts, all different, that are nearly the same.
fn near(firsts: &[usize], plain: &[String]) -> Vec<[usize; 2]> {
    let text = |i: usize| plain.get(i).map_or("", String::as_str);
    let mut places: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for i in firsts {
        let words: FxHashSet<&str> = text(*i).split(' ').collect();
        for word in words {
            places.entry(word).or_default().push(*i);
        }
    }
    let pieces: FxHashMap<usize, FxHashSet<[char; 3]>> =
        firsts.iter().map(|i| (*i, trigrams(text(*i)))).collect();
    let mut found = Vec::new();
    for i in firsts {
        // A text of one or two words is near to many by chance.
        if text(*i).split(' ').count() < 3 {
            continue;
        }
        let mut seen = FxHashSet::default();
        let mut words: Vec<&Vec<usize>> = text(*i)
            .split(' ')
            .filter_map(|word| places.get(word))
            .collect();
        words.sort_by_key(|places| places.len());
        for other in words
            .iter()
            .take(2)
            .flat_map(|places| places.iter().take(COMMON))
        {
            if other <= i || !seen.insert(*other) {
                continue;
            }
            if let (Some(a), Some(b)) = (pieces.get(i), pieces.get(other)) {
                let common = a.intersection(b).count() as f64;
                if common / (a.len() + b.len()) as f64 * 2.0 >= NEAR {
                    found.push([*i, *other]);
                }
            }
        }
    }
    found
}

fn trigrams(text: &str) -> FxHashSet<[char; 3]> {
    let padded: Vec<char> = format!(" {text} ").chars().collect();
    padded
        .windows(3)
        .filter_map(|window| <[char; 3]>::try_from(window).ok())
        .collect()
}

/// Returns a text without case and punctuation.
fn simplify(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_found_and_contradictions_come_first() {
        let example = |text: &str, intent: &str| Example {
            text: text.to_owned(),
            intent: intent.to_owned(),
            ..Example::default()
        };
        let examples = [
            example("Hello there!", "greet"),
            example("hello there", "greet"),
            example("where is my card now", "where"),
            example("where is my cards now", "where"),
            example("good bye", "bye"),
            example("Good bye.", "greet"),
            example("", "greet"),
            example("", "bye"),
        ];
        let found = duplicates(&examples, &Sources::new());
        let shape: Vec<(bool, bool, usize)> = found
            .iter()
            .map(|one| (one.contradicts, one.is_same, one.examples.len()))
            .collect();
        assert_eq!(
            shape,
            [(true, true, 2), (false, true, 2), (false, false, 2)]
        );
    }
}
