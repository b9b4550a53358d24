//! Sums over all label sequences of one sentence (forward and backward, scaled as in Rabiner 1989), and the best one
//! (Viterbi 1967).
//!
//! Numbers are kept as probabilities scaled at every token. A pair of labels never seen costs the same whatever the
//! pair, so a step is one sum over all labels, corrected along the pairs that were seen.

use super::{maths::exp, tables::Layout};

/// What pairs of neighbouring labels weigh, made ready for sums.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Transitions {
    /// Exponential of the weight of all pairs never seen.
    other: f32,
    /// Exponentials of the weights of the pairs seen, in the order of [`Layout::next`].
    seen: Vec<f32>,
    /// The same minus `other`.
    extra: Vec<f32>,
}

impl Transitions {
    pub(super) fn new(layout: &Layout, weights: &[f32]) -> Self {
        let (_, next, other) = layout.split(weights);
        let other = exp(other);
        let seen: Vec<f32> = next.iter().map(|&weight| exp(weight)).collect();
        let extra = seen.iter().map(|seen| seen - other).collect();
        Self { other, seen, extra }
    }
}

/// Working memory for one sentence after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Lattice {
    labels: usize,
    tokens: usize,
    /// Exponentials of scores, token by token; the largest of a token is 1.
    potentials: Vec<f32>,
    /// Probability of each label given the tokens up to it.
    forward: Vec<f32>,
    /// What the tokens after it make of each label; multiplied with `forward` it is the marginal.
    backward: Vec<f32>,
    /// What `forward` was divided by at each token.
    norms: Vec<f32>,
    /// Labels of each token that are not out of the question.
    active: Vec<u16>,
    starts: Vec<usize>,
    /// Potential × backward of the next token.
    ahead: Vec<f32>,
}

/// How much less likely than the others together a label must be, given the tokens so far, to be out of the question.
pub(super) const PRUNE: f32 = 1e-9;

impl Lattice {
    /// Makes room for a sentence; all scores are zero.
    pub(super) fn reset(&mut self, labels: usize, tokens: usize) {
        (self.labels, self.tokens) = (labels, tokens);
        self.potentials.clear();
        self.potentials.resize(labels * tokens, 0.0);
        self.forward.resize(labels * tokens, 0.0);
        self.backward.resize(labels * tokens, 0.0);
        self.ahead.resize(labels, 0.0);
    }

    /// Returns the number of labels.
    pub(super) fn labels(&self) -> usize {
        self.labels
    }

    /// Returns the scores of a token, to be filled before [`Lattice::forward`].
    pub(super) fn scores_mut(&mut self, token: usize) -> &mut [f32] {
        &mut self.potentials[token * self.labels..(token + 1) * self.labels]
    }

    /// Sums over the labels of the tokens before; returns the logarithm of the sum over all label sequences.
    ///
    /// Labels below `prune` are left out of further sums, save the true one where it is given.
    pub(super) fn forward(
        &mut self,
        layout: &Layout,
        transitions: &Transitions,
        truth: Option<&[u16]>,
        prune: f32,
    ) -> f64 {
        let labels = self.labels;
        let mut sum = 0.0;
        self.norms.clear();
        self.active.clear();
        self.starts.clear();
        self.starts.push(0);
        for token in 0..self.tokens {
            let here = token * labels..(token + 1) * labels;
            let potentials = &mut self.potentials[here.clone()];
            let largest = potentials.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            potentials
                .iter_mut()
                .for_each(|score| *score = exp(*score - largest));
            let (before, rest) = self.forward.split_at_mut(here.start);
            let row = &mut rest[..labels];
            if token == 0 {
                row.copy_from_slice(potentials);
            } else {
                let before = &before[here.start - labels..];
                row.fill(transitions.other);
                for &from in &self.active[self.starts[token - 1]..] {
                    let from = usize::from(from);
                    let (seen, weight) = (layout.next.row(from), before[from]);
                    let to = &layout.next.labels[seen.clone()];
                    for (&to, extra) in to.iter().zip(&transitions.extra[seen]) {
                        row[usize::from(to)] += weight * extra;
                    }
                }
                // Rounding may leave a little less than nothing where almost all is subtracted again.
                for (value, potential) in row.iter_mut().zip(potentials) {
                    *value = value.max(1e-30) * *potential;
                }
            }
            let total: f32 = row.iter().sum();
            let norm = total.max(f32::MIN_POSITIVE);
            let keep = truth.map(|truth| truth[token]);
            let mut kept = 0.0;
            for (label, value) in (0_u16..).zip(row.iter_mut()) {
                *value /= norm;
                if *value > prune || keep == Some(label) {
                    self.active.push(label);
                    kept += *value;
                } else {
                    *value = 0.0;
                }
            }
            // What is left sums to one again, so that the sum over all pairs is simply `other`.
            let kept = kept.max(f32::MIN_POSITIVE);
            for &label in &self.active[self.starts[token]..] {
                row[usize::from(label)] /= kept;
            }
            self.starts.push(self.active.len());
            self.norms.push(norm * kept);
            sum += f64::from(largest) + f64::from(norm).ln() + f64::from(kept).ln();
        }
        sum
    }

    /// Sums over the labels of the tokens after; call it after [`Lattice::forward`].
    ///
    /// Adds the expected number of each pair of labels to `expected`, and last of all those never seen, where that is
    /// given.
    pub(super) fn backward(
        &mut self,
        layout: &Layout,
        transitions: &Transitions,
        mut expected: Option<&mut [f32]>,
    ) {
        let mut never_seen = 0.0;
        let labels = self.labels;
        let Some(last) = self.tokens.checked_sub(1) else {
            return;
        };
        self.backward[last * labels..(last + 1) * labels].fill(1.0);
        for token in (0..last).rev() {
            let after = (token + 1) * labels..(token + 2) * labels;
            let (rest, backward) = self.backward.split_at_mut(after.start);
            let row = &mut rest[token * labels..];
            let scale = 1.0 / self.norms[token + 1];
            // Labels that the forward sums left out of the question are left out here too.
            self.ahead.fill(0.0);
            let mut total = 0.0;
            for &to in &self.active[self.starts[token + 1]..self.starts[token + 2]] {
                let to = usize::from(to);
                let value = self.potentials[after.start + to] * backward[to] * scale;
                self.ahead[to] = value;
                total += value;
            }
            row.fill(0.0);
            for &from in &self.active[self.starts[token]..self.starts[token + 1]] {
                let from = usize::from(from);
                let seen = layout.next.row(from);
                let to = &layout.next.labels[seen.clone()];
                let mut value = transitions.other * total;
                for (&to, extra) in to.iter().zip(&transitions.extra[seen.clone()]) {
                    value += extra * self.ahead[usize::from(to)];
                }
                row[from] = value.max(0.0);
                if let Some(expected) = expected.as_deref_mut() {
                    let weight = self.forward[token * labels + from];
                    let pairs = transitions.seen[seen.clone()].iter();
                    let mut rest = total;
                    for ((&to, pair), expected) in to.iter().zip(pairs).zip(&mut expected[seen]) {
                        let ahead = self.ahead[usize::from(to)];
                        *expected += weight * pair * ahead;
                        rest -= ahead;
                    }
                    never_seen += weight * transitions.other * rest.max(0.0);
                }
            }
        }
        if let Some(last) = expected.and_then(<[f32]>::last_mut) {
            *last += never_seen;
        }
    }

    /// Returns the probability of every label of a token given the whole sentence; call it after both sums.
    pub(super) fn marginals(&self, token: usize, out: &mut [f32]) {
        let here = token * self.labels..(token + 1) * self.labels;
        let (forward, backward) = (&self.forward[here.clone()], &self.backward[here]);
        let mut total = 0.0;
        for ((value, forward), backward) in out.iter_mut().zip(forward).zip(backward) {
            *value = forward * backward;
            total += *value;
        }
        let scale = 1.0 / total.max(f32::MIN_POSITIVE);
        out.iter_mut().for_each(|value| *value *= scale);
    }

    /// Returns the label sequence with the largest score; call it in the place of [`Lattice::forward`].
    pub(super) fn viterbi(&self, layout: &Layout, weights: &[f32]) -> Vec<u16> {
        let labels = self.labels;
        let (_, next, other) = layout.split(weights);
        let Some(last) = self.tokens.checked_sub(1) else {
            return Vec::new();
        };
        let mut best: Vec<f32> = self.potentials[..labels].to_vec();
        let mut from = vec![0_u16; labels * self.tokens];
        let mut step = vec![f32::NEG_INFINITY; labels];
        let mut order: Vec<u16> = Vec::new();
        for token in 1..self.tokens {
            let from = &mut from[token * labels..(token + 1) * labels];
            step.fill(f32::NEG_INFINITY);
            order.clear();
            order.extend(0..labels as u16);
            order.sort_by(|a, b| best[usize::from(*b)].total_cmp(&best[usize::from(*a)]));
            for source in 0..labels {
                let seen = layout.next.row(source);
                for (&to, weight) in layout.next.labels[seen.clone()].iter().zip(&next[seen]) {
                    let score = best[source] + weight;
                    if score > step[usize::from(to)] {
                        (step[usize::from(to)], from[usize::from(to)]) = (score, source as u16);
                    }
                }
            }
            // The best label before that was never seen before this one.
            for to in 0..labels {
                let unseen = order
                    .iter()
                    .find(|&&source| layout.next.find(usize::from(source), to as u16).is_none());
                if let Some(&source) = unseen {
                    let score = best[usize::from(source)] + other;
                    if score > step[to] {
                        (step[to], from[to]) = (score, source);
                    }
                }
                step[to] += self.potentials[token * labels + to];
            }
            std::mem::swap(&mut best, &mut step);
        }
        let mut label = crate::ml::argmax(&best) as u16;
        let mut path = vec![label; self.tokens];
        for token in (1..=last).rev() {
            label = from[token * labels + usize::from(label)];
            path[token - 1] = label;
        }
        path
    }
}
