//! Sums over all label sequences of one sentence (forward and backward, scaled as in Rabiner 1989), and the best one
//! (Viterbi 1967).
//!
//! Numbers are kept as probabilities scaled at every token. A pair of labels never seen costs the same whatever the
//! pair, so a step is one sum over all labels, corrected along the pairs that were seen.

use super::{
    maths::{exp, largest, sum},
    tables::Layout,
};

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
pub(super) const PRUNE: f32 = 1e-7;

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
        let mut logarithm = 0.0;
        self.norms.clear();
        self.active.clear();
        self.starts.clear();
        self.starts.push(0);
        for token in 0..self.tokens {
            let here = token * labels..(token + 1) * labels;
            let potentials = &mut self.potentials[here.clone()];
            let best = largest(potentials);
            for score in &mut *potentials {
                *score = exp(*score - best);
            }
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
                    *value = if *value > 1e-30 { *value } else { 1e-30 } * *potential;
                }
            }
            let least = prune * sum(row);
            let truth = truth.map(|truth| usize::from(truth[token]));
            for (label, value) in row.iter().enumerate() {
                if *value > least || truth == Some(label) {
                    self.active.push(label as u16);
                }
            }
            // What is left sums to one, so that the sum over all pairs never seen is simply `other`.
            let left = &self.active[self.starts[token]..];
            let norm = left.iter().map(|&label| row[usize::from(label)]);
            let norm = norm.sum::<f32>().max(f32::MIN_POSITIVE);
            for &label in left {
                row[usize::from(label)] /= norm;
            }
            self.starts.push(self.active.len());
            self.norms.push(norm);
            logarithm += f64::from(best) + f64::from(norm).ln();
        }
        logarithm
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
        out.fill(0.0);
        let mut total = 0.0;
        let active = &self.active[self.starts[token]..self.starts[token + 1]];
        for label in active.iter().map(|&label| usize::from(label)) {
            out[label] = forward[label] * backward[label];
            total += out[label];
        }
        let scale = 1.0 / total.max(f32::MIN_POSITIVE);
        for &label in active {
            out[usize::from(label)] *= scale;
        }
    }

    /// Returns the probability that a token has one of these labels, which ascend; call it after both sums.
    pub(super) fn probability(&self, token: usize, labels: &[u16]) -> f32 {
        let start = token * self.labels;
        let (mut all, mut wanted) = (0.0, 0.0);
        for &label in &self.active[self.starts[token]..self.starts[token + 1]] {
            let at = start + usize::from(label);
            let value = self.forward[at] * self.backward[at];
            all += value;
            if labels.binary_search(&label).is_ok() {
                wanted += value;
            }
        }
        wanted / all.max(f32::MIN_POSITIVE)
    }

    /// Returns the most probable label sequence; call it after [`Lattice::forward`], of whose labels it chooses.
    pub(super) fn best(&self, layout: &Layout, transitions: &Transitions) -> Vec<u16> {
        let labels = self.labels;
        // For each active label the probability of the best sequence that ends there, the most probable first.
        let mut before: Vec<(u16, f32)> = Vec::new();
        // The label before each active one, and for each label what the best sequence up to it is worth.
        let mut from: Vec<u16> = Vec::with_capacity(self.active.len());
        let mut reached = vec![(1.0_f32, 0_u16); labels];
        for token in 0..self.tokens {
            let active = &self.active[self.starts[token]..self.starts[token + 1]];
            if token > 0 {
                reached.fill((-1.0, 0));
            }
            for &(label, probability) in &before {
                let seen = layout.next.row(usize::from(label));
                let to = &layout.next.labels[seen.clone()];
                for (&to, pair) in to.iter().zip(&transitions.seen[seen]) {
                    let best = &mut reached[usize::from(to)];
                    if probability * pair > best.0 {
                        *best = (probability * pair, label);
                    }
                }
            }
            for &to in active {
                let best = &mut reached[usize::from(to)];
                // Of pairs never seen only the one with the most probable label before can be the best.
                for &(label, probability) in &before {
                    let value = probability * transitions.other;
                    if value <= best.0 {
                        break;
                    }
                    if layout.next.find(usize::from(label), to).is_none() {
                        *best = (value, label);
                        break;
                    }
                }
            }
            before.clear();
            for &to in active {
                let (best, source) = reached[usize::from(to)];
                from.push(source);
                before.push((to, best * self.potentials[token * labels + usize::from(to)]));
            }
            before.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let scale = before
                .first()
                .map_or(1.0, |best| best.1.max(f32::MIN_POSITIVE));
            for (_, probability) in &mut before {
                *probability /= scale;
            }
        }
        let last = before.first().map_or(0, |best| best.0);
        let mut path = vec![last; self.tokens];
        for token in (1..self.tokens).rev() {
            let here = self.starts[token]..self.starts[token + 1];
            let label = path[token];
            let at = self.active[here.clone()].binary_search(&label);
            path[token - 1] = at.map_or(label, |at| from[here.start + at]);
        }
        path
    }
}
