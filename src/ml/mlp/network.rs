//! Training of one network: a hidden layer of rectified units between sparse rows and a softmax.
//!
//! Stochastic gradient descent, one row at a time, with Adagrad (Duchi et al. 2011) and dropout of features and of
//! hidden units (Srivastava et al. 2014). A row touches only the weights of its own features and of the hidden units
//! that it wakes, so a step costs no more than that.

use super::MlpValidParams;
use crate::ml::{
    Control, Result, SparseMatrix, SparseRow,
    calibration::softmax,
    dense::{add, dot},
    sampling::Random,
};

/// Rows between two questions whether to stop.
const PATIENCE: usize = 64;
/// What the sums of squared slopes start from: the first steps are bold, but not boundless.
const INPUT_START: f32 = 1e-3;
const OTHER_START: f32 = 1e-2;
/// Ranges of the first weights.
const INPUT_RANGE: f32 = 0.1;
const OUTPUT_RANGE: f32 = 0.05;

/// The weights of one network.
#[derive(Clone, Debug)]
pub(super) struct Network {
    /// Row by row of features, the hidden units side by side.
    pub(super) input: Vec<f32>,
    pub(super) hidden_bias: Vec<f32>,
    /// Hidden unit by hidden unit, the classes side by side.
    pub(super) output: Vec<f32>,
    pub(super) output_bias: Vec<f32>,
}

/// Sums of squared slopes; one for each feature, whose weights learn at one pace.
struct Pace {
    input: Vec<f32>,
    hidden_bias: Vec<f32>,
    output: Vec<f32>,
    output_bias: Vec<f32>,
}

/// What one row makes of the network, and what it would have of it.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Features that were not dropped.
    kept: Vec<(u32, f32)>,
    /// Hidden units that are awake and were not dropped.
    awake: Vec<u32>,
    pub(super) hidden: Vec<f32>,
    /// Probabilities, then their distance from the truth: the slope of the loss by the scores.
    pub(super) scores: Vec<f32>,
    /// The slope of the loss by what comes into each hidden unit.
    pub(super) slopes: Vec<f32>,
}

/// Trains a network on rows whose labels are positions among `classes`.
pub(super) fn train(
    params: &MlpValidParams,
    rows: &SparseMatrix,
    targets: &[usize],
    classes: usize,
    seed: u64,
    control: &Control<'_>,
) -> Result<Network> {
    let mut random = Random::new(seed);
    let mut network = Network::new(rows.cols(), params.hidden, classes, &mut random);
    let mut pace = Pace {
        input: vec![INPUT_START; rows.cols()],
        hidden_bias: vec![OTHER_START; params.hidden],
        output: vec![OTHER_START; network.output.len()],
        output_bias: vec![OTHER_START; classes],
    };
    let mut order: Vec<usize> = (0..rows.rows()).collect();
    let mut pass = Pass::default();
    for epoch in 0..params.epochs {
        random.shuffle(&mut order);
        let left = 1.0 - epoch as f32 / params.epochs as f32;
        let rate = params.rate * (left + 0.02);
        for (step, &row) in order.iter().enumerate() {
            if step % PATIENCE == 0 {
                control.check()?;
            }
            let target = targets.get(row).copied().unwrap_or_default();
            network.forward(rows.row(row), params.dropout, Some(&mut random), &mut pass);
            network.backward(target, params.dropout, &mut pass);
            network.update(&pass, &mut pace, rate);
        }
    }
    Ok(network)
}

impl Network {
    pub(super) fn new(features: usize, hidden: usize, classes: usize, random: &mut Random) -> Self {
        let mut drawn = |count: usize, range: f32| -> Vec<f32> {
            (0..count)
                .map(|_| (random.unit() * 2.0 - 1.0) * range)
                .collect()
        };
        Self {
            input: drawn(features * hidden, INPUT_RANGE),
            hidden_bias: vec![0.0; hidden],
            output: drawn(hidden * classes, OUTPUT_RANGE),
            output_bias: vec![0.0; classes],
        }
    }

    /// Fills the pass with the probabilities of a row; drops a share of features and units where there is randomness.
    pub(super) fn forward(
        &self,
        row: SparseRow<'_>,
        dropout: f32,
        mut random: Option<&mut Random>,
        pass: &mut Pass,
    ) {
        let hidden = self.hidden_bias.len();
        // What stays stands for what is dropped.
        let scale = 1.0 / (1.0 - dropout);
        let mut keeps = || {
            random
                .as_mut()
                .is_none_or(|random| random.unit() >= dropout)
        };
        pass.kept.clear();
        for (feature, value) in row.iter() {
            if keeps() {
                pass.kept.push((feature, value * scale));
            }
        }
        pass.hidden.clone_from(&self.hidden_bias);
        for &(feature, value) in &pass.kept {
            let start = feature as usize * hidden;
            if let Some(weights) = self.input.get(start..start + hidden) {
                add(&mut pass.hidden, weights, value);
            }
        }
        pass.awake.clear();
        pass.scores.clone_from(&self.output_bias);
        let classes = self.output_bias.len();
        let units = pass
            .hidden
            .iter_mut()
            .zip(self.output.chunks(classes.max(1)));
        for ((unit, weights), at) in units.zip(0..) {
            if *unit > 0.0 && keeps() {
                *unit *= scale;
                pass.awake.push(at);
                add(&mut pass.scores, weights, *unit);
            } else {
                *unit = 0.0;
            }
        }
        softmax(&mut pass.scores, 1.0);
    }

    /// Fills the pass with the slopes of the cross-entropy.
    pub(super) fn backward(&self, target: usize, dropout: f32, pass: &mut Pass) {
        let scale = 1.0 / (1.0 - dropout);
        if let Some(own) = pass.scores.get_mut(target) {
            *own -= 1.0;
        }
        pass.slopes.clear();
        pass.slopes.resize(self.hidden_bias.len(), 0.0);
        let classes = self.output_bias.len();
        for &unit in &pass.awake {
            let start = unit as usize * classes;
            if let (Some(slope), Some(weights)) = (
                pass.slopes.get_mut(unit as usize),
                self.output.get(start..start + classes),
            ) {
                *slope = dot(&pass.scores, weights) * scale;
            }
        }
    }

    /// Takes one step down the slopes.
    fn update(&mut self, pass: &Pass, pace: &mut Pace, rate: f32) {
        let (hidden, classes) = (self.hidden_bias.len(), self.output_bias.len());
        for &unit in &pass.awake {
            let start = unit as usize * classes;
            let range = start..start + classes;
            if let (Some(value), Some(weights), Some(sums)) = (
                pass.hidden.get(unit as usize),
                self.output.get_mut(range.clone()),
                pace.output.get_mut(range),
            ) {
                descend(weights, sums, &pass.scores, *value, rate);
            }
        }
        descend(
            &mut self.output_bias,
            &mut pace.output_bias,
            &pass.scores,
            1.0,
            rate,
        );
        descend(
            &mut self.hidden_bias,
            &mut pace.hidden_bias,
            &pass.slopes,
            1.0,
            rate,
        );
        let mean = dot(&pass.slopes, &pass.slopes) / hidden.max(1) as f32;
        for &(feature, value) in &pass.kept {
            let start = feature as usize * hidden;
            if let (Some(weights), Some(sum)) = (
                self.input.get_mut(start..start + hidden),
                pace.input.get_mut(feature as usize),
            ) {
                *sum += value * value * mean;
                add(weights, &pass.slopes, -rate * value / sum.sqrt());
            }
        }
    }
}

/// Takes a step of Adagrad, each weight at its own pace.
fn descend(weights: &mut [f32], sums: &mut [f32], slopes: &[f32], factor: f32, rate: f32) {
    for ((weight, sum), slope) in weights.iter_mut().zip(sums).zip(slopes) {
        let slope = slope * factor;
        *sum += slope * slope;
        *weight -= rate * slope / sum.sqrt();
    }
}
