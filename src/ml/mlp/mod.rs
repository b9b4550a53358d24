//! A small neural network on sparse rows: one hidden layer of rectified units, the mean of a few such networks.
//!
//! Networks that start from different weights err differently, so their mean is better than each and better
//! calibrated (Lakshminarayanan et al. 2017). The mean of their scores is itself one network with all hidden units
//! side by side, and that is what is kept: weights of the input as bytes with one scale for each feature, which
//! changes scores by less than a hundredth. One network is trained per thread, each from a seed of its own.

mod network;
#[cfg(test)]
mod tests;

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;
use rayon::prelude::*;

use self::network::Network;
use crate::ml::{
    Control, Error, Result, SparseMatrix, SparseRecords, SparseRow, SparseVector, argmax,
    dense::add,
    error::{require, require_equal},
    linear_svm::distinct,
};

/// Parameters of [`Mlp`], not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MlpParams(MlpValidParams);

/// Checked parameters of [`Mlp`].
#[derive(Clone, Debug, PartialEq)]
pub struct MlpValidParams {
    hidden: usize,
    dropout: f32,
    epochs: usize,
    rate: f32,
    networks: usize,
    min_rows: usize,
    seed: u64,
}

impl Default for MlpValidParams {
    fn default() -> Self {
        Self {
            hidden: 256,
            dropout: 0.3,
            epochs: 15,
            rate: 0.05,
            networks: 3,
            min_rows: 1,
            seed: 42,
        }
    }
}

impl MlpParams {
    /// Returns three networks of 256 hidden units, 30 % dropout and 15 epochs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of hidden units of each network.
    #[must_use]
    pub fn hidden(mut self, units: usize) -> Self {
        self.0.hidden = units;
        self
    }

    /// Sets the share of features and of hidden units that each step goes without.
    #[must_use]
    pub fn dropout(mut self, share: f32) -> Self {
        self.0.dropout = share;
        self
    }

    /// Sets how often the rows are gone through.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.0.epochs = epochs;
        self
    }

    /// Sets the length of steps at the beginning.
    #[must_use]
    pub fn rate(mut self, rate: f32) -> Self {
        self.0.rate = rate;
        self
    }

    /// Sets the number of networks.
    #[must_use]
    pub fn networks(mut self, networks: usize) -> Self {
        self.0.networks = networks;
        self
    }

    /// Passes over features that fewer rows have.
    #[must_use]
    pub fn min_rows(mut self, rows: usize) -> Self {
        self.0.min_rows = rows;
        self
    }

    /// Sets the seed of first weights, order and dropout.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

/// Most hidden units and most networks, which bound the memory.
const MOST_HIDDEN: usize = 4096;
const MOST_NETWORKS: usize = 64;

impl ParamGuard for MlpParams {
    type Checked = MlpValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        let count = |value: usize, most: usize| (1..=most).contains(&value);
        require(
            count(p.hidden, MOST_HIDDEN),
            "hidden_units",
            p.hidden as f64,
            "from 1 to 4096",
        )?;
        require(
            count(p.networks, MOST_NETWORKS),
            "networks",
            p.networks as f64,
            "from 1 to 64",
        )?;
        require(p.epochs > 0, "epochs", p.epochs as f64, "above 0")?;
        require(
            (0.0..1.0).contains(&p.dropout),
            "drop_rate",
            p.dropout,
            "at least 0 and below 1",
        )?;
        require(
            p.rate.is_finite() && p.rate > 0.0,
            "learning_rate",
            p.rate,
            "above 0",
        )?;
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl MlpValidParams {
    /// Learns from rows and the label of each, watched by `control`, which is told of every network done.
    pub fn fit_matrix(
        &self,
        rows: &SparseMatrix,
        labels: &[usize],
        control: &Control<'_>,
    ) -> Result<Mlp> {
        let classes = distinct(rows, labels)?;
        let targets: Vec<usize> = labels
            .iter()
            .map(|label| classes.binary_search(label).unwrap_or_default())
            .collect();
        let (places, narrow) = self.narrow(rows)?;
        let done = std::sync::atomic::AtomicUsize::new(0);
        let networks: Vec<Network> = (0..self.networks)
            .into_par_iter()
            .map(|i| {
                let seed = self.seed.wrapping_add(i as u64);
                let network =
                    network::train(self, &narrow, &targets, classes.len(), seed, control)?;
                let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                control.report(done, self.networks);
                Ok(network)
            })
            .collect::<Result<_>>()?;
        Ok(self.join(classes, places, &networks))
    }

    /// Leaves out rare features; also returns the place of each that stays.
    fn narrow(&self, rows: &SparseMatrix) -> Result<(Vec<u32>, SparseMatrix)> {
        let mut counts = vec![0_usize; rows.cols()];
        for feature in rows.indices() {
            if let Some(count) = counts.get_mut(*feature as usize) {
                *count += 1;
            }
        }
        let mut next = 0;
        let places: Vec<u32> = counts
            .iter()
            .map(|count| {
                if *count < self.min_rows {
                    return NOWHERE;
                }
                next += 1;
                next - 1
            })
            .collect();
        let vectors: Vec<SparseVector> = rows
            .iter()
            .map(|row| {
                let mut vector = SparseVector::default();
                for (feature, value) in row.iter() {
                    match places.get(feature as usize) {
                        Some(&place) if place != NOWHERE => vector.push(place, value),
                        _ => {}
                    }
                }
                vector
            })
            .collect();
        let narrow =
            SparseMatrix::from_rows(next as usize, vectors.iter().map(SparseVector::as_row))?;
        Ok((places, narrow))
    }

    /// Puts the networks side by side.
    fn join(&self, classes: Vec<usize>, places: Vec<u32>, networks: &[Network]) -> Mlp {
        let count = networks.len() as f32;
        let features = networks
            .first()
            .map_or(0, |network| network.input.len() / self.hidden);
        let (mut scales, mut weights) = (Vec::new(), Vec::new());
        for feature in 0..features {
            let range = feature * self.hidden..(feature + 1) * self.hidden;
            let row = || {
                networks
                    .iter()
                    .filter_map(|network| network.input.get(range.clone()))
                    .flatten()
            };
            let largest = row().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
            let scale = largest / STEPS;
            scales.push(scale);
            weights.extend(row().map(|weight| {
                if scale > 0.0 {
                    (weight / scale).round() as i8
                } else {
                    0
                }
            }));
        }
        let mut intercepts = vec![0.0; classes.len()];
        for network in networks {
            add(&mut intercepts, &network.output_bias, 1.0 / count);
        }
        let all = |part: fn(&Network) -> &[f32], factor: f32| -> Vec<f32> {
            networks
                .iter()
                .flat_map(|network| part(network).iter().map(move |value| value * factor))
                .collect()
        };
        Mlp(MlpParts {
            classes,
            places,
            scales,
            weights,
            hidden_bias: all(|network| &network.hidden_bias, 1.0),
            output: all(|network| &network.output, 1.0 / count),
            intercepts,
        })
    }
}

/// The place of a feature that is passed over.
const NOWHERE: u32 = u32::MAX;
/// Steps of a byte on either side of zero.
const STEPS: f32 = 127.0;

impl Fit<SparseRecords, Array1<usize>, Error> for MlpValidParams {
    type Object = Mlp;

    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array1<usize>>) -> Result<Mlp> {
        let labels = dataset.targets.to_vec();
        self.fit_matrix(&dataset.records.0, &labels, &Control::default())
    }
}

/// Trained networks, joined to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp(MlpParts);

/// What an [`Mlp`] consists of, for saving.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MlpParts {
    /// The labels, ascending.
    pub classes: Vec<usize>,
    /// For each feature the place of its weights, or `u32::MAX`.
    pub places: Vec<u32>,
    /// For each place what a weight of 1 stands for.
    pub scales: Vec<f32>,
    /// Weights of the input, place by place, those of all hidden units side by side.
    pub weights: Vec<i8>,
    /// What comes into each hidden unit without any feature.
    pub hidden_bias: Vec<f32>,
    /// Weights of the output, unit by unit, those of all classes side by side.
    pub output: Vec<f32>,
    /// What is added to the score of each class.
    pub intercepts: Vec<f32>,
}

impl Mlp {
    /// Returns the labels in ascending order, which is the order of scores.
    pub fn classes(&self) -> &[usize] {
        &self.0.classes
    }

    /// Writes the score of every class into `scores`, which has the length of [`Self::classes`]; their softmax is
    /// what the networks were trained for.
    ///
    /// Features that the model does not have are passed over.
    pub fn decision(&self, row: SparseRow<'_>, scores: &mut [f32]) {
        let hidden = self.hidden(row);
        scores.copy_from_slice(&self.0.intercepts);
        for (unit, weights) in hidden.iter().zip(self.0.output.chunks(scores.len().max(1))) {
            if *unit > 0.0 {
                add(scores, weights, *unit);
            }
        }
    }

    /// Returns what comes into each hidden unit.
    fn hidden(&self, row: SparseRow<'_>) -> Vec<f32> {
        let mut hidden = self.0.hidden_bias.clone();
        for (feature, value) in row.iter() {
            if let Some((weights, scale)) = self.weights(feature) {
                let factor = value * scale;
                for (unit, weight) in hidden.iter_mut().zip(weights) {
                    *unit += factor * f32::from(*weight);
                }
            }
        }
        hidden
    }

    fn weights(&self, feature: u32) -> Option<(&[i8], f32)> {
        let place = *self.0.places.get(feature as usize)? as usize;
        let start = place.checked_mul(self.0.hidden_bias.len())?;
        let end = start.checked_add(self.0.hidden_bias.len())?;
        Some((self.0.weights.get(start..end)?, *self.0.scales.get(place)?))
    }

    /// Returns how much more each feature of a row gives to one class than to another, and what is there without any.
    ///
    /// That is slope times value: in the units that the row wakes the network is linear, so everything together is
    /// the difference of both scores. Classes are given by their positions.
    pub fn difference(&self, row: SparseRow<'_>, a: usize, b: usize) -> (Vec<f64>, f64) {
        let classes = self.0.classes.len();
        let at = |values: &[f32], i: usize| values.get(i).copied().map_or(0.0, f64::from);
        let slopes: Vec<f64> = self
            .hidden(row)
            .iter()
            .zip(self.0.output.chunks(classes.max(1)))
            .map(|(unit, weights)| {
                if *unit > 0.0 {
                    at(weights, a) - at(weights, b)
                } else {
                    0.0
                }
            })
            .collect();
        let shares = row
            .iter()
            .map(|(feature, value)| {
                let Some((weights, scale)) = self.weights(feature) else {
                    return 0.0;
                };
                let sum: f64 = weights
                    .iter()
                    .zip(&slopes)
                    .map(|(weight, slope)| f64::from(*weight) * slope)
                    .sum();
                sum * f64::from(scale) * f64::from(value)
            })
            .collect();
        let biases = self.0.hidden_bias.iter().zip(&slopes);
        let others = biases
            .map(|(bias, slope)| f64::from(*bias) * slope)
            .sum::<f64>()
            + at(&self.0.intercepts, a)
            - at(&self.0.intercepts, b);
        (shares, others)
    }

    /// Returns the parts for saving.
    pub fn parts(&self) -> &MlpParts {
        &self.0
    }

    /// Makes a model from saved parts, which may be damaged.
    pub fn from_parts(parts: MlpParts) -> Result<Self> {
        if parts.classes.is_empty() || !parts.classes.is_sorted_by(|a, b| a < b) {
            return Err(Error::Parts("labels are not in order"));
        }
        let times = |a: usize, b: usize| a.checked_mul(b).ok_or(Error::Parts("a size overflows"));
        let (hidden, classes) = (parts.hidden_bias.len(), parts.classes.len());
        require_equal(
            "weights",
            times(parts.scales.len(), hidden)?,
            parts.weights.len(),
        )?;
        require_equal("weights", times(hidden, classes)?, parts.output.len())?;
        require_equal("intercepts", classes, parts.intercepts.len())?;
        let numbers = [
            &parts.scales,
            &parts.hidden_bias,
            &parts.output,
            &parts.intercepts,
        ];
        if !numbers.into_iter().flatten().all(|value| value.is_finite()) {
            return Err(Error::Parts("a weight is not a number"));
        }
        Ok(Self(parts))
    }
}

impl PredictInplace<SparseRecords, Array1<usize>> for Mlp {
    fn predict_inplace<'a>(&'a self, records: &'a SparseRecords, labels: &mut Array1<usize>) {
        let mut scores = vec![0.0; self.0.classes.len()];
        for (row, label) in records.0.iter().zip(labels.iter_mut()) {
            self.decision(row, &mut scores);
            *label = self
                .0
                .classes
                .get(argmax(&scores))
                .copied()
                .unwrap_or_default();
        }
    }

    fn default_target(&self, records: &SparseRecords) -> Array1<usize> {
        Array1::zeros(records.0.rows())
    }
}
