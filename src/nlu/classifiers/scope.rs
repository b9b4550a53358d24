//! Whether a message is of the kind that was learnt at all: the score that tells what is out of scope.
//!
//! Three measures are joined by `ml::novelty`: the margin of the best intent, its lead over the second, and how much of
//! the message (by inverse document frequency) are words that examples of this very intent have. Words known only from
//! other intents speak against it just as unknown ones do, which margins alone do not see. Where messages have a
//! sentence embedding, what counts is the margin and how near examples are (`vicinity.rs`): beside those the other two
//! tell nothing more (BENCHMARKS.md).

use serde::{Deserialize, Serialize};

use super::{
    Reader, Writer,
    vicinity::{Near, SavedVicinity, Vicinity},
};
use crate::{
    ml::{SparseRow, novelty::Novelty},
    text::ngram::{Scratch, WordRule, word_ngrams},
};

/// What familiar messages look like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Measures {
    /// Margin, lead, and share of words that the intent has.
    Words(Novelty<3>),
    /// Margin, and nearness of examples.
    Embedding(Novelty<2>),
}

impl Measures {
    fn is_sound(&self) -> bool {
        match self {
            Self::Words(measures) => measures.is_sound(),
            Self::Embedding(measures) => measures.is_sound(),
        }
    }
}

/// The words of each intent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vocabulary {
    /// Hashes of words, ascending.
    hashes: Vec<u64>,
    /// Inverse document frequency of each word, and of one that was never seen.
    idf: Vec<f32>,
    unknown: f32,
    /// Where the intents of each word begin in `intents`, and where the last ones end.
    offsets: Vec<u32>,
    /// Intents that have the word, ascending.
    intents: Vec<u32>,
}

/// What tells a message in scope from others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scope {
    vocabulary: Vocabulary,
    vicinity: Option<Vicinity>,
    measures: Measures,
}

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedScope {
    unknown: f32,
    measures: Measures,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vicinity: Option<SavedVicinity>,
}

/// Returns the hashes of the words of a text.
fn words(text: &str, scratch: &mut Scratch) -> Vec<u64> {
    let mut words = Vec::new();
    word_ngrams(text, WordRule::full(), 1, 1, scratch, &mut |hash, _| {
        words.push(hash);
    });
    words
}

/// Returns the distinct words of every text.
pub(crate) fn distinct_words(texts: &[&str]) -> Vec<Vec<u64>> {
    let mut scratch = Scratch::default();
    texts
        .iter()
        .map(|text| {
            let mut words = words(text, &mut scratch);
            words.sort_unstable();
            words.dedup();
            words
        })
        .collect()
}

impl Vocabulary {
    /// Learns from the words of some examples, each with its intent.
    pub(super) fn learn<'a>(examples: impl Iterator<Item = (&'a [u64], usize)>) -> Self {
        let mut pairs: Vec<(u64, u32)> = Vec::new();
        let mut count = 0_usize;
        for (words, intent) in examples {
            count += 1;
            pairs.extend(words.iter().map(|word| (*word, intent as u32)));
        }
        pairs.sort_unstable();
        let idf =
            |frequency: usize| (((1 + count) as f64 / (1 + frequency) as f64).ln() + 1.0) as f32;
        let mut vocabulary = Self {
            unknown: idf(0),
            ..Self::default()
        };
        for of_word in pairs.chunk_by(|a, b| a.0 == b.0) {
            vocabulary.offsets.push(vocabulary.intents.len() as u32);
            vocabulary.idf.push(idf(of_word.len()));
            vocabulary.hashes.extend(of_word.first().map(|pair| pair.0));
            for of_intent in of_word.chunk_by(|a, b| a.1 == b.1) {
                vocabulary
                    .intents
                    .extend(of_intent.first().map(|pair| pair.1));
            }
        }
        vocabulary.offsets.push(vocabulary.intents.len() as u32);
        vocabulary
    }

    /// Returns how much of the words the examples of an intent have; 0 without any words.
    pub(super) fn coverage(&self, words: &[u64], intent: usize) -> f32 {
        let (mut known, mut all) = (0.0, 0.0);
        for word in words {
            let Ok(at) = self.hashes.binary_search(word) else {
                all += self.unknown;
                continue;
            };
            let idf = self.idf.get(at).copied().unwrap_or_default();
            all += idf;
            if let (Some(&start), Some(&end)) = (self.offsets.get(at), self.offsets.get(at + 1))
                && let Some(intents) = self.intents.get(start as usize..end as usize)
                && intents.binary_search(&(intent as u32)).is_ok()
            {
                known += idf;
            }
        }
        if all > 0.0 { known / all } else { 0.0 }
    }
}

/// Returns the place of the best score, the score, and its lead over the second.
pub(super) fn best(scores: &[f32]) -> (usize, f32, f32) {
    let winner = crate::ml::argmax(scores);
    let first = scores.get(winner).copied().unwrap_or_default();
    let second = scores
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != winner)
        .map(|(_, score)| *score)
        .fold(f32::NEG_INFINITY, f32::max);
    (winner, first, first - second)
}

impl Scope {
    pub(super) fn new(
        vocabulary: Vocabulary,
        vicinity: Option<Vicinity>,
        measures: Measures,
    ) -> Self {
        Self {
            vocabulary,
            vicinity,
            measures,
        }
    }

    /// Returns what stands near a message with this row of features and these scores of intents, and what a cosine adds
    /// to a score; `None` without sentence embeddings.
    pub(super) fn near(&self, row: SparseRow<'_>, scores: &[f32]) -> Option<(Near, f32)> {
        let vicinity = self.vicinity.as_ref()?;
        Some((vicinity.near(row, scores), vicinity.weight()))
    }

    /// Returns the share of messages in scope that look at least as strange as a text with these scores of intents, and
    /// with this near it.
    pub(super) fn familiarity(&self, text: &str, near: Option<&Near>, scores: &[f32]) -> f64 {
        let (winner, first, lead) = best(scores);
        match &self.measures {
            Measures::Words(measures) => {
                let words = words(text, &mut Scratch::default());
                let coverage = self.vocabulary.coverage(&words, winner);
                measures.familiarity(&[first, lead, coverage])
            }
            Measures::Embedding(measures) => {
                let nearness = near.map_or(f32::NAN, |near| near.mean);
                measures.familiarity(&[first, nearness])
            }
        }
    }

    /// Writes the tables as tensors and returns the rest.
    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedScope {
        let v = &self.vocabulary;
        tensors.u64s(format!("{prefix}.scope.hashes"), &v.hashes);
        tensors.f32s(format!("{prefix}.scope.idf"), &v.idf);
        tensors.u32s(format!("{prefix}.scope.offsets"), &v.offsets);
        tensors.u32s(format!("{prefix}.scope.intents"), &v.intents);
        SavedScope {
            unknown: v.unknown,
            measures: self.measures.clone(),
            vicinity: self
                .vicinity
                .as_ref()
                .map(|vicinity| vicinity.save(prefix, tensors)),
        }
    }

    /// Makes a saved score ready; what is damaged can only make it wrong, or is refused.
    pub(super) fn load(
        saved: SavedScope,
        prefix: &str,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let vocabulary = Vocabulary {
            hashes: tensors.u64s(&format!("{prefix}.scope.hashes"))?,
            idf: tensors.f32s(&format!("{prefix}.scope.idf"))?,
            unknown: saved.unknown,
            offsets: tensors.u32s(&format!("{prefix}.scope.offsets"))?,
            intents: tensors.u32s(&format!("{prefix}.scope.intents"))?,
        };
        let sound = vocabulary.hashes.is_sorted_by(|a, b| a < b)
            && vocabulary.idf.len() == vocabulary.hashes.len()
            && vocabulary.offsets.len() == vocabulary.hashes.len() + 1
            && vocabulary
                .idf
                .iter()
                .all(|idf| idf.is_finite() && *idf > 0.0)
            && vocabulary.unknown.is_finite()
            && saved.measures.is_sound();
        if !sound {
            return Err("the words of the intents are damaged".to_owned());
        }
        if matches!(saved.measures, Measures::Embedding(_)) && saved.vicinity.is_none() {
            return Err("the embeddings of examples are missing".to_owned());
        }
        let vicinity = saved
            .vicinity
            .map(|vicinity| Vicinity::load(vicinity, prefix, tensors));
        Ok(Self::new(vocabulary, vicinity.transpose()?, saved.measures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let texts = ["block my card", "block it", "send my card"];
        let words = distinct_words(&texts);
        Vocabulary::learn(words.iter().map(Vec::as_slice).zip([0, 0, 1]))
    }

    #[test]
    fn words_of_other_intents_and_unknown_ones_cover_nothing() {
        let vocabulary = vocabulary();
        let coverage =
            |text: &str, intent| vocabulary.coverage(&words(text, &mut Scratch::default()), intent);
        assert!((coverage("my card", 0) - 1.0).abs() < 1e-6);
        assert!(coverage("send", 0).abs() < 1e-6);
        assert!(coverage("weather", 0).abs() < 1e-6);
        assert!(coverage("", 0).abs() < 1e-6);
        let half = coverage("block weather", 0);
        assert!(
            half > 0.2 && half < 0.5,
            "an unknown word weighs more: {half}"
        );
        assert!(coverage("block", 7).abs() < 1e-6);
    }

    #[test]
    fn the_best_score_leads_the_second() {
        assert_eq!(best(&[1.0, 3.0, 2.5]), (1, 3.0, 0.5));
        assert_eq!(best(&[]).0, 0);
        assert_eq!(best(&[2.0]), (0, 2.0, f32::INFINITY));
    }
}
