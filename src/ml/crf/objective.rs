//! What training minimises: minus the logarithm of the probability of the true labels, plus penalties, and its slope.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Sequences,
    lattice::{Lattice, Transitions},
    tables::Layout,
};

/// Parts of the sentences that may be worked on at the same time; fixed, so that sums do not depend on threads.
const PARTS: usize = 8;
/// Sentences for which a part of their own is worth its memory.
const LEAST: usize = 64;
/// Mistakes of a label's probability too small to matter to the slope.
const NEGLIGIBLE: f32 = 1e-6;

/// Sentences with their labels and room for the slope of each part.
pub(super) struct Objective<'a> {
    sequences: &'a Sequences,
    targets: &'a [u16],
    layout: &'a Layout,
    /// Position of the weight of each token's label after the label before; 0 for first tokens.
    pairs: Vec<u32>,
    l2: f64,
    prune: f32,
    parts: Vec<Part>,
}

struct Part {
    sentences: Range<usize>,
    slope: Vec<f32>,
    lattice: Lattice,
    mistakes: Vec<f32>,
    active: Vec<u16>,
    value: f64,
}

impl<'a> Objective<'a> {
    pub(super) fn new(
        sequences: &'a Sequences,
        targets: &'a [u16],
        layout: &'a Layout,
        l2: f64,
        prune: f32,
    ) -> Self {
        let mut pairs = vec![0; targets.len()];
        for sentence in 0..sequences.len() {
            for token in sequences.sentence(sentence).skip(1) {
                let before = usize::from(targets[token - 1]);
                // Every pair of these targets is in the layout, which was made of them.
                let pair = layout.next.find(before, targets[token]);
                pairs[token] = pair.unwrap_or_default() as u32;
            }
        }
        let count = sequences.len().div_ceil(LEAST).clamp(1, PARTS);
        let parts = (0..count)
            .map(|part| Part {
                sentences: part * sequences.len() / count..(part + 1) * sequences.len() / count,
                slope: vec![0.0; layout.weights()],
                lattice: Lattice::default(),
                mistakes: vec![0.0; layout.labels],
                active: Vec::new(),
                value: 0.0,
            })
            .collect();
        Self {
            sequences,
            targets,
            layout,
            pairs,
            l2,
            prune,
            parts,
        }
    }

    /// Writes the slope at `weights` and returns the value.
    pub(super) fn evaluate(&mut self, weights: &[f32], slope: &mut [f32]) -> f64 {
        let transitions = Transitions::new(self.layout, weights);
        let mut parts = std::mem::take(&mut self.parts);
        parts
            .par_iter_mut()
            .for_each(|part| self.part(part, weights, &transitions));
        let mut value = 0.0;
        for (slope, weight) in slope.iter_mut().zip(weights) {
            *slope = (2.0 * self.l2) as f32 * weight;
            value += self.l2 * f64::from(*weight) * f64::from(*weight);
        }
        for part in &parts {
            value += part.value;
            for (slope, of_part) in slope.iter_mut().zip(&part.slope) {
                *slope += of_part;
            }
        }
        self.parts = parts;
        value
    }

    fn part(&self, part: &mut Part, weights: &[f32], transitions: &Transitions) {
        let layout = self.layout;
        part.slope.fill(0.0);
        part.value = 0.0;
        let (features, next, _) = layout.split(weights);
        let lattice = &mut part.lattice;
        let (states, following) = part.slope.split_at_mut(layout.features.labels.len());
        for sentence in part.sentences.clone() {
            let tokens = self.sequences.sentence(sentence);
            if tokens.is_empty() {
                continue;
            }
            let truth = &self.targets[tokens.clone()];
            lattice.reset(layout.labels, tokens.len());
            let mut score = 0.0;
            for (at, token) in tokens.clone().enumerate() {
                let scores = lattice.scores_mut(at);
                layout.score(self.sequences.features(token), features, scores);
                score += f64::from(scores[usize::from(truth[at])]);
                if at > 0 {
                    score += f64::from(next[self.pairs[token] as usize]);
                }
            }
            let sum = lattice.forward(layout, transitions, Some(truth), self.prune);
            part.value += sum - score;
            lattice.backward(layout, transitions, Some(following));
            for (at, token) in tokens.enumerate() {
                if at > 0 {
                    following[self.pairs[token] as usize] -= 1.0;
                }
                lattice.marginals(at, &mut part.mistakes);
                let own = usize::from(truth[at]);
                part.mistakes[own] -= 1.0;
                if part.mistakes[own].abs() < NEGLIGIBLE {
                    continue;
                }
                let found = self.sequences.features(token);
                part.active.clear();
                let large = |label: &u16| part.mistakes[usize::from(*label)].abs() > NEGLIGIBLE;
                part.active.extend((0..layout.labels as u16).filter(large));
                layout.credit(found, &part.active, &part.mistakes, states);
            }
        }
    }
}
