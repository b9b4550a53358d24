//! What is known of words before a message is read: phrases that were marked as entities or stand in lookup tables, and
//! common words that are hardly ever part of one.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    hash::{Hash, each_lower, hash, join},
    rows::Rows,
};
use crate::{
    data::{Example, Lookup},
    nlu::tensors::{Reader, Writer},
    text::Span,
};

/// Words of the longest phrase that is looked for.
const LONGEST: usize = 6;
/// How often a word must have been seen to be common.
const COMMON: u32 = 10;
/// Count of phrases that are known whatever the examples say.
const ALWAYS: u32 = u32::MAX;

/// Phrases with the kinds of thing they were, and common other words.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexicon {
    /// For the hash of a phrase its kinds and how often it was one.
    phrases: FxHashMap<u64, Vec<(u32, u32)>>,
    common: FxHashSet<u64>,
}

/// Returns the hash of a word, whatever its case.
pub(super) fn word(text: &str) -> u64 {
    let mut hash = Hash::new();
    each_lower(text, |c| hash.push(c));
    hash.finish()
}

fn kind(what: &str, name: &str) -> u32 {
    join(hash(what.chars()), hash(name.chars())) as u32
}

fn phrase(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().fold(0, join)
}

/// Returns hash and kind of every phrase marked in an example.
fn marked(example: &Example, tokens: &[Span]) -> Vec<(u64, u32)> {
    let inside = |span: Span| {
        let tokens = tokens.iter();
        let inside = tokens.filter(move |token| span.start <= token.start && token.end <= span.end);
        inside.map(|token| word(token.of(&example.text)))
    };
    let phrases = example.entities.iter();
    phrases
        .map(|mark| (phrase(inside(mark.span)), kind("marked", &mark.entity)))
        .collect()
}

impl Lexicon {
    pub(super) fn learn(
        examples: &[&Example],
        tokens: &[Vec<Span>],
        lookups: &[Lookup],
        split: &dyn Fn(&str) -> Vec<Span>,
    ) -> Self {
        let mut lexicon = Self::default();
        let mut add = |phrase: u64, kind: u32, count: u32| {
            let kinds = lexicon.phrases.entry(phrase).or_default();
            match kinds.iter_mut().find(|known| known.0 == kind) {
                Some(known) => known.1 = known.1.saturating_add(count),
                None => kinds.push((kind, count)),
            }
        };
        // How often each word was seen, and how often outside entities.
        let mut seen: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        for (example, tokens) in examples.iter().zip(tokens) {
            for (phrase, kind) in marked(example, tokens) {
                add(phrase, kind, 1);
            }
            for token in tokens {
                let outside = !example.entities.iter().any(|e| e.span.overlaps(*token));
                let counts = seen.entry(word(token.of(&example.text))).or_default();
                counts.0 += 1;
                counts.1 += u32::from(outside);
            }
        }
        for lookup in lookups {
            let kind = kind("lookup", &lookup.name);
            for entry in &lookup.entries {
                let text = &entry.value;
                let words = split(text).into_iter().map(|token| word(token.of(text)));
                add(phrase(words), kind, ALWAYS);
            }
        }
        let common = |(word, (all, outside)): (u64, (u32, u32))| {
            (all >= COMMON && f64::from(outside) > 0.9 * f64::from(all)).then_some(word)
        };
        lexicon.common = seen.into_iter().filter_map(common).collect();
        lexicon
    }

    pub(super) fn is_common(&self, word: u64) -> bool {
        self.common.contains(&word)
    }

    /// Returns for each of the words the hashes of what it is part of, and as which part, sorted.
    ///
    /// What only `own`, the example that is being learned from, says of its words is left out: else the model would
    /// trust the lexicon as it never may later.
    pub(super) fn find(&self, words: &[u64], own: Option<(&Example, &[Span])>) -> Rows {
        let own = own.map_or(Vec::new(), |(example, tokens)| marked(example, tokens));
        let mut found: Vec<(usize, u64)> = Vec::new();
        for start in 0..words.len() {
            let mut phrase = 0;
            for (last, word) in words.iter().enumerate().skip(start).take(LONGEST) {
                phrase = join(phrase, *word);
                for &(kind, count) in self.phrases.get(&phrase).into_iter().flatten() {
                    let said = own.iter().filter(|own| **own == (phrase, kind)).count();
                    if count as usize <= said {
                        continue;
                    }
                    for at in start..=last {
                        let part = u64::from(at == start) + 2 * u64::from(at == last);
                        found.push((at, join(u64::from(kind), part)));
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let mut rows = Rows::default();
        for (at, kind) in found {
            rows.push(at, kind);
        }
        rows.finish(words.len());
        rows
    }

    pub(super) fn save(&self, name: &str, tensors: &mut Writer) {
        let mut phrases: Vec<_> = self.phrases.iter().collect();
        phrases.sort_unstable_by_key(|(phrase, _)| **phrase);
        let (mut hashes, mut kinds) = (Vec::new(), Vec::new());
        for (phrase, of_phrase) in phrases {
            let mut of_phrase: Vec<u32> = of_phrase.iter().map(|(kind, _)| *kind).collect();
            of_phrase.sort_unstable();
            hashes.extend(of_phrase.iter().map(|_| *phrase));
            kinds.extend(of_phrase);
        }
        let mut common: Vec<u64> = self.common.iter().copied().collect();
        common.sort_unstable();
        tensors.u64s(format!("{name}.phrases"), &hashes);
        tensors.u32s(format!("{name}.kinds"), &kinds);
        tensors.u64s(format!("{name}.common"), &common);
    }

    pub(super) fn load(name: &str, tensors: &Reader<'_>) -> Result<Self, String> {
        let hashes = tensors.u64s(&format!("{name}.phrases"))?;
        let kinds = tensors.u32s(&format!("{name}.kinds"))?;
        let common = tensors.u64s(&format!("{name}.common"))?;
        let mut lexicon = Self {
            phrases: FxHashMap::default(),
            common: common.into_iter().collect(),
        };
        lexicon.phrases.reserve(hashes.len());
        for (phrase, kind) in hashes.into_iter().zip(kinds) {
            let kinds = lexicon.phrases.entry(phrase).or_default();
            kinds.push((kind, ALWAYS));
        }
        Ok(lexicon)
    }
}
