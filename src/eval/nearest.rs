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
    /// Its intent; with its answer where that is a retrieval intent.
    pub intent: String,
    /// Where it stands.
    pub place: Place,
}

/// Training examples by their words.
pub struct Nearest<'a> {
    examples: &'a [Example],
    sources: &'a Sources,
    /// Number of each word.
    numbers: FxHashMap<String, usize>,
    /// For each word what it says, and the examples that have it.
    words: Vec<(f64, Vec<usize>)>,
    /// What all words of each example say together.
    totals: Vec<f64>,
}

impl<'a> Nearest<'a> {
    /// Files the examples.
    pub fn of(examples: &'a [Example], sources: &'a Sources) -> Self {
        let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
        let mut words: Vec<(f64, Vec<usize>)> = Vec::new();
        let mut own: Vec<Vec<usize>> = Vec::with_capacity(examples.len());
        for (number, example) in examples.iter().enumerate() {
            let mut found = Vec::new();
            for word in self::words(&example.text) {
                let at = *numbers.entry(word).or_insert_with(|| {
                    words.push((0.0, Vec::new()));
                    words.len() - 1
                });
                if let Some((_, places)) = words.get_mut(at) {
                    places.push(number);
                }
                found.push(at);
            }
            own.push(found);
        }
        for (weight, places) in &mut words {
            *weight = said(examples.len(), places.len());
        }
        let weight = |word: &usize| words.get(*word).map_or(0.0, |(weight, _)| *weight);
        let totals = own
            .iter()
            .map(|found| found.iter().map(weight).sum())
            .collect();
        Self {
            examples,
            sources,
            numbers,
            words,
            totals,
        }
    }

    /// Returns the example that shares most with a text, rare words counting more; not the one at its own place.
    pub fn to(&self, text: &str, own: Option<&Place>) -> Option<Near> {
        let mut total = 0.0;
        let mut shared = vec![0.0_f64; self.examples.len()];
        for word in words(text) {
            let known = self.numbers.get(&word).and_then(|at| self.words.get(*at));
            let Some((weight, places)) = known else {
                total += said(self.examples.len(), 0);
                continue;
            };
            total += weight;
            if places.len() <= COMMON {
                for number in places {
                    if let Some(both) = shared.get_mut(*number) {
                        *both += weight;
                    }
                }
            }
        }
        let mut best: Option<(f64, usize)> = None;
        for (number, (both, other)) in shared.iter().zip(&self.totals).enumerate() {
            let score = both / (total + other - both);
            let is_better = *both > 0.0 && best.is_none_or(|(known, _)| score > known);
            if is_better && !self.is_at(number, own) {
                best = Some((score, number));
            }
        }
        let example = self.examples.get(best?.1)?;
        Some(Near {
            text: example.text.clone(),
            intent: example
                .response_key
                .as_ref()
                .unwrap_or(&example.intent)
                .clone(),
            place: self.sources.place(example.origin),
        })
    }

    fn is_at(&self, number: usize, place: Option<&Place>) -> bool {
        let example = self.examples.get(number);
        place.is_some_and(|place| {
            example.is_some_and(|example| self.sources.place(example.origin) == *place)
        })
    }
}

/// Returns how much a word says that so many of all examples have.
fn said(examples: usize, having: usize) -> f64 {
    (1.0 + examples as f64 / (1.0 + having as f64)).ln()
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
        assert_eq!(nearest.to("a parrot, to me", None).unwrap().intent, "pet");
        assert_eq!(nearest.to("FLY!", None).unwrap().intent, "fly");
        assert_eq!(nearest.to("zebra", None), None);
        assert_eq!(nearest.to("", None), None);
    }
}
