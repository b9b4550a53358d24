//! A start for training: two rounds of small steps, sentence by sentence.
//!
//! L-BFGS needs two dozen steps to get near from nothing. Stochastic steps whose width falls weight by weight
//! (`AdaGrad`, Duchi, Hazan and Singer 2011), each eighth of a round followed by the penalties as a proximal step, get
//! there in the time of a few of those. They are made one after another, in an order that never changes.

use super::{
    Sequences,
    lattice::{Lattice, PRUNE, Transitions},
    tables::Layout,
};
use crate::ml::{Control, Result, sampling::Random};

/// Rounds over all sentences.
const ROUNDS: usize = 2;
/// How often in a round the penalties are applied.
const SWEEPS: usize = 8;
/// Width of the first step of a weight.
const WIDTH: f32 = 0.1;
/// Mistakes of a label's probability too small for a step.
const LEAST: f32 = 1e-3;

/// Weights on their way.
struct Steps<'a> {
    weights: &'a mut [f32],
    /// Sums of squared slopes.
    squares: Vec<f32>,
}

impl Steps<'_> {
    fn step(&mut self, weight: usize, slope: f32) {
        self.squares[weight] += slope * slope;
        self.weights[weight] -= WIDTH * slope / self.squares[weight].sqrt();
    }

    /// Applies the penalties of a part of a round.
    fn shrink(&mut self, l1: f32, l2: f32) {
        for (weight, square) in self.weights.iter_mut().zip(&self.squares) {
            let rate = WIDTH / square.max(1e-2).sqrt() / SWEEPS as f32;
            let size = (weight.abs() - l1 * rate).max(0.0) / (1.0 + 2.0 * l2 * rate);
            *weight = size.copysign(*weight);
        }
    }
}

/// Returns weights to start from.
pub(super) fn start(
    sequences: &Sequences,
    targets: &[u16],
    layout: &Layout,
    penalties: (f64, f64),
    control: &Control<'_>,
) -> Result<Vec<f32>> {
    let mut weights = vec![0.0; layout.weights()];
    let mut steps = Steps {
        squares: vec![1e-6; weights.len()],
        weights: &mut weights,
    };
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    let mut random = Random::new(1);
    let mut lattice = Lattice::default();
    let mut mistakes = vec![0.0; layout.labels];
    let mut active = Vec::new();
    let first_pair = layout.features.labels.len();
    let mut pairs = vec![0.0; layout.next.labels.len() + 1];
    let mut transitions = Transitions::new(layout, steps.weights);
    for _ in 0..ROUNDS {
        random.shuffle(&mut order);
        for part in order.chunks(order.len().div_ceil(SWEEPS).max(1)) {
            for &sentence in part {
                control.check()?;
                let tokens = sequences.sentence(sentence);
                let truth = &targets[tokens.clone()];
                lattice.reset(layout.labels, tokens.len());
                for (at, token) in tokens.clone().enumerate() {
                    let scores = lattice.scores_mut(at);
                    layout.score(sequences.features(token), steps.weights, scores);
                }
                lattice.forward(layout, &transitions, Some(truth), PRUNE);
                pairs.fill(0.0);
                lattice.backward(layout, &transitions, Some(&mut pairs));
                for (at, token) in tokens.enumerate() {
                    lattice.marginals(at, &mut mistakes);
                    mistakes[usize::from(truth[at])] -= 1.0;
                    if at > 0
                        && let Some(pair) = layout.next.find(usize::from(truth[at - 1]), truth[at])
                    {
                        pairs[pair] -= 1.0;
                    }
                    let large = |label: &u16| mistakes[usize::from(*label)].abs() > LEAST;
                    active.clear();
                    active.extend((0..layout.labels as u16).filter(large));
                    if !active.is_empty() {
                        let found = sequences.features(token);
                        layout.each_weight(
                            found,
                            &active,
                            LEAST,
                            &mistakes,
                            &mut |weight, slope| {
                                steps.step(weight, slope);
                            },
                        );
                    }
                }
                let mut changed = false;
                for (pair, &slope) in pairs.iter().enumerate() {
                    if slope.abs() > LEAST {
                        steps.step(first_pair + pair, slope);
                        changed = true;
                    }
                }
                if changed {
                    transitions = Transitions::new(layout, steps.weights);
                }
            }
            steps.shrink(penalties.0 as f32, penalties.1 as f32);
            transitions = Transitions::new(layout, steps.weights);
        }
    }
    Ok(weights)
}
