//! Why a message got its intent or its answer and not the next best: the model's own numbers, word by word.

use std::ops::Range;

use serde::Serialize;

use super::{Pipeline, classifiers::Classifier, decision::Word};
use crate::ml::SparseRow;
use crate::text::{
    CharacterCounter, Span,
    ngram::{Scratch, WordRule, is_ideograph, word_ngrams},
    whitespace_tokens,
};

/// What decided between the best intent and the second, or between answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The best intent.
    pub winner: String,
    /// The second.
    pub runner_up: String,
    /// What each word of the message gave, in log-odds for the winner, in the order of the message.
    pub words: Vec<WordShare>,
    /// What was there before any word: the difference of the intercepts.
    pub others: f64,
    /// Everything together: the logarithm of the ratio of both confidences.
    pub sum: f64,
}

/// What one word gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordShare {
    /// The word.
    pub word: String,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Log-odds for the winner; negative speaks for the second.
    pub share: f64,
}

impl WordShare {
    /// Returns the share of what belongs to the text as a whole.
    fn of_text(what: &str, share: f64) -> Self {
        Self {
            word: what.to_owned(),
            start: 0,
            end: 0,
            share,
        }
    }
}

/// A training example like the message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// Its text.
    pub text: String,
    /// Its intent.
    pub intent: String,
    /// Cosine of its features and those of the message.
    pub similarity: f64,
    /// File and line.
    pub place: String,
}

impl Pipeline {
    /// Explains the decision of the classifier whose word counts; `None` for kernels that are not linear, keywords,
    /// texts without known words, or a single intent.
    ///
    /// Every n-gram's share is split evenly over its occurrences, and each of those over the words it touches. All
    /// shares and `others` add up to `sum`. What a sentence embedding gives is one share, which stands after the words,
    /// and how near the nearest examples of both intents are another.
    pub fn explain(&self, text: &str) -> Option<Explanation> {
        match self.last_word(text)? {
            Word::Classifier(at, classifier) => self.decided(classifier, at, text),
            Word::Keyword(_) => None,
        }
    }

    /// Explains which answer was selected for a message of a retrieval intent, as [`Self::explain`] does for intents.
    pub fn explain_answer(&self, text: &str, intent: &str) -> Option<Explanation> {
        let (at, selector) = self.selector(intent)?;
        self.decided(selector.classifier()?, at, text)
    }

    /// Explains what a classifier made of the features of the first steps.
    fn decided(&self, classifier: &Classifier, steps: usize, text: &str) -> Option<Explanation> {
        let mut found: Vec<(u32, Span)> = Vec::new();
        let features = self.features(text, steps, &mut |column, span| found.push((column, span)));
        let row = features.as_row();
        if !classifier.answers(row) {
            return None;
        }
        let (winner, runner_up) = best_two(&classifier.confidences(&features))?;
        let difference = classifier.difference(&features, winner, runner_up)?;
        let weights = difference.features;
        let mut times: std::collections::HashMap<u32, f64> = std::collections::HashMap::new();
        for (column, _) in &found {
            *times.entry(*column).or_default() += 1.0;
        }
        let words = words(text);
        let mut shares = vec![0.0; words.len()];
        let mut others = difference.others;
        for (column, span) in &found {
            let Ok(at) = row.indices.binary_search(column) else {
                continue;
            };
            let share = weights.get(at).copied().unwrap_or_default()
                / times.get(column).copied().unwrap_or(1.0);
            let touched = touched(&words, *span);
            if touched.is_empty() {
                others += share;
            }
            let part = share / touched.len().max(1) as f64;
            for slot in shares.get_mut(touched).unwrap_or_default() {
                *slot += part;
            }
        }
        let mut counter = CharacterCounter::new(text);
        let mut words: Vec<WordShare> = words
            .into_iter()
            .zip(shares)
            .map(|(span, share)| {
                let (start, end) = counter.of(span);
                WordShare {
                    word: span.of(text).to_owned(),
                    start,
                    end,
                    share,
                }
            })
            .collect();
        words.extend(self.of_embedding(row, &weights));
        let nearest = difference.nearest.filter(|share| *share != 0.0);
        words.extend(nearest.map(|share| WordShare::of_text(NEAREST, share)));
        let sum = words.iter().map(|word| word.share).sum::<f64>() + others;
        let label = |i: usize| classifier.labels().get(i).cloned().unwrap_or_default();
        Some(Explanation {
            winner: label(winner),
            runner_up: label(runner_up),
            words,
            others,
            sum,
        })
    }
}

/// Returns which words, given in the order of the text, share a byte with a span.
fn touched(words: &[Span], span: Span) -> Range<usize> {
    let from = words.partition_point(|word| word.end <= span.start);
    let rest = words.get(from..).unwrap_or_default();
    from..from + rest.partition_point(|word| word.start < span.end)
}

impl Pipeline {
    /// Returns the share of what belongs to the text as a whole.
    fn of_embedding(&self, row: SparseRow<'_>, weights: &[f64]) -> Option<WordShare> {
        let shares = row.indices.iter().zip(weights);
        let mut shares = shares
            .filter(|(column, _)| self.is_embedding(**column))
            .peekable();
        shares.peek()?;
        Some(WordShare::of_text(
            EMBEDDING,
            shares.map(|(_, share)| share).sum(),
        ))
    }
}

/// What stands for the sentence embedding among the words, and for how near the nearest examples are by it.
const EMBEDDING: &str = "(sentence embedding)";
const NEAREST: &str = "(nearest example)";

/// Returns the words of a text that shares are told of; where no blanks stand between words, each sign by itself.
fn words(text: &str) -> Vec<Span> {
    let mut all = Vec::new();
    for word in whitespace_tokens(text) {
        let start = word.start;
        let mut signs = Vec::new();
        word_ngrams(
            word.of(text),
            WordRule::full(),
            1,
            1,
            &mut Scratch::default(),
            &mut |_, span| signs.push(Span::new(start + span.start, start + span.end)),
        );
        if signs
            .iter()
            .any(|sign| sign.of(text).chars().all(is_ideograph))
        {
            all.extend(signs);
        } else {
            all.push(word);
        }
    }
    all
}

/// Returns the positions of the two largest values.
fn best_two(values: &[f32]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    match order.as_slice() {
        [first, second, ..] => Some((*first, *second)),
        _ => None,
    }
}
