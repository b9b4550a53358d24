//! What explains an error: the words that decided, and the training example most like the message.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::{
    data::Example,
    diagnostic::{Place, Sources},
    nlu::Explanation,
};

/// Words told of an explanation.
const TOLD: usize = 3;
/// Words that share more examples than this say nothing about likeness.
const COMMON: usize = 2000;

/// The training example most like a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Near {
    /// Its text.
    pub text: String,
    /// Its intent.
    pub intent: String,
    /// Where it stands.
    pub place: Place,
}

/// Training examples by their words.
pub struct Nearest<'a> {
    examples: &'a [Example],
    sources: &'a Sources,
    words: Vec<BTreeSet<String>>,
    places: FxHashMap<String, Vec<usize>>,
}

impl<'a> Nearest<'a> {
    /// Files the examples.
    pub fn of(examples: &'a [Example], sources: &'a Sources) -> Self {
        let words: Vec<BTreeSet<String>> = examples
            .iter()
            .map(|example| words(&example.text))
            .collect();
        let mut places: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (number, own) in words.iter().enumerate() {
            for word in own {
                places.entry(word.clone()).or_default().push(number);
            }
        }
        Self {
            examples,
            sources,
            words,
            places,
        }
    }

    /// Returns the example that shares most with a text, rare words counting more; not one of the very same text at the
    /// very same place.
    pub fn to(&self, text: &str, own: Option<&Place>) -> Option<Near> {
        let wanted = words(text);
        let weight = |word: &String| {
            let n = self.places.get(word).map_or(0, Vec::len);
            (1.0 + self.examples.len() as f64 / (1.0 + n as f64)).ln()
        };
        let mut shared: FxHashMap<usize, f64> = FxHashMap::default();
        for word in &wanted {
            let found = self.places.get(word).map_or(&[][..], Vec::as_slice);
            if found.len() > COMMON {
                continue;
            }
            for number in found {
                *shared.entry(*number).or_default() += weight(word);
            }
        }
        let total: f64 = wanted.iter().map(weight).sum();
        let likeness = |number: usize, both: f64| {
            let own: f64 = self.words.get(number)?.iter().map(weight).sum();
            Some(both / (total + own - both))
        };
        let mut best: Option<(f64, usize)> = None;
        for (number, both) in shared {
            let Some(score) = likeness(number, both) else {
                continue;
            };
            let is_own = own.is_some_and(|own| {
                self.examples
                    .get(number)
                    .is_some_and(|example| self.sources.place(example.origin) == *own)
            });
            let is_better = best
                .is_none_or(|(known, at)| score.total_cmp(&known).then(at.cmp(&number)).is_gt());
            if !is_own && is_better {
                best = Some((score, number));
            }
        }
        let example = self.examples.get(best?.1)?;
        Some(Near {
            text: example.text.clone(),
            intent: example.intent.clone(),
            place: self.sources.place(example.origin),
        })
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Returns the words of an explanation that decided most, the strongest first, equal words together.
pub fn strongest(explanation: &Explanation) -> Vec<(String, f64)> {
    let mut shares: Vec<(String, f64)> = Vec::new();
    for word in &explanation.words {
        match shares.iter_mut().find(|(known, _)| *known == word.word) {
            Some((_, share)) => *share += word.share,
            None => shares.push((word.word.clone(), word.share)),
        }
    }
    shares.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    shares.truncate(TOLD);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(text: &str, intent: &str) -> Example {
        Example {
            text: text.to_owned(),
            intent: intent.to_owned(),
            ..Example::default()
        }
    }

    #[test]
    fn rare_words_decide_who_is_near() {
        let examples = [
            example("i want to fly", "fly"),
            example("i want to eat", "eat"),
            example("the parrot", "pet"),
            example("i want to see it", "see"),
        ];
        let sources = Sources::new();
        let nearest = Nearest::of(&examples, &sources);
        assert_eq!(nearest.to("I want a parrot", None).unwrap().intent, "pet");
        assert_eq!(nearest.to("FLY!", None).unwrap().intent, "fly");
        assert_eq!(nearest.to("zebra", None), None);
        assert_eq!(nearest.to("", None), None);
    }
}
