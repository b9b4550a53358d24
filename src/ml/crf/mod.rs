//! Linear-chain conditional random field: labels for the tokens of a sentence, chosen together.
//!
//! The model is that of Lafferty, `McCallum` and Pereira (2001) with binary features, as `CRFsuite` has it: the score
//! of a label sequence is the sum of the weights of every token's features with its label, and of every pair of
//! neighbouring labels. Training minimises minus the logarithm of the probability of the true labels plus `l1 Σ|w| + l2
//! Σw²` (Sutton and `McCallum` 2012) by L-BFGS, after a few rounds of stochastic steps. Sentences are worked on in
//! parallel, in parts that do not depend on the number of threads.

mod lattice;
mod maths;
mod objective;
mod online;
mod sequences;
mod tables;

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;

pub use self::sequences::Sequences;
use self::{
    lattice::{Lattice, PRUNE, Transitions},
    objective::Objective,
    tables::{Layout, Rows},
};
use crate::ml::{
    Control, Error, Result,
    error::{require, require_equal},
    lbfgs::{self, Limits},
};

/// Parameters of [`Crf`], not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrfParams(CrfValidParams);

/// Checked parameters of [`Crf`].
#[derive(Clone, Debug, PartialEq)]
pub struct CrfValidParams {
    l1: f64,
    l2: f64,
    max_iterations: usize,
    tolerance: f64,
}

impl Default for CrfValidParams {
    fn default() -> Self {
        Self {
            l1: 0.1,
            l2: 0.1,
            max_iterations: 50,
            tolerance: 1e-4,
        }
    }
}

impl CrfParams {
    /// Returns Rasa's defaults: both penalties 0.1, at most 50 steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what a weight costs for each unit of its size; more makes more of them zero.
    #[must_use]
    pub fn l1(mut self, l1: f64) -> Self {
        self.0.l1 = l1;
        self
    }

    /// Sets what a weight costs for each unit of its square.
    #[must_use]
    pub fn l2(mut self, l2: f64) -> Self {
        self.0.l2 = l2;
        self
    }

    /// Sets how many steps are made at most.
    #[must_use]
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.0.max_iterations = iterations;
        self
    }

    /// Sets by which share five steps must improve the whole to go on.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }
}

impl ParamGuard for CrfParams {
    type Checked = CrfValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        for (name, value) in [("l1", p.l1), ("l2", p.l2), ("tolerance", p.tolerance)] {
            let holds = value.is_finite() && value >= 0.0;
            require(holds, name, value, "0 or above")?;
        }
        require(p.max_iterations > 0, "max_iterations", 0.0, "above 0")?;
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl CrfValidParams {
    /// Learns from sentences and the label of each token, watched by `control`.
    pub fn fit_sequences(
        &self,
        sequences: &Sequences,
        targets: &[u16],
        control: &Control<'_>,
    ) -> Result<Crf> {
        require_equal("labels", sequences.tokens(), targets.len())?;
        if targets.is_empty() {
            return Err(Error::NoRows);
        }
        let layout = Layout::new(sequences, targets);
        let penalties = (self.l1, self.l2);
        let mut weights = online::start(sequences, targets, &layout, penalties, control)?;
        let mut objective = Objective::new(sequences, targets, &layout, self.l2, PRUNE);
        let limits = Limits {
            l1: self.l1,
            iterations: self.max_iterations,
            tolerance: self.tolerance,
        };
        lbfgs::minimise(&mut weights, limits, control, &mut |weights, slope| {
            control.check()?;
            Ok(objective.evaluate(weights, slope))
        })?;
        drop(objective);
        Ok(Crf::new(layout, weights))
    }
}

impl Fit<Sequences, Array1<usize>, Error> for CrfValidParams {
    type Object = Crf;

    fn fit(&self, dataset: &DatasetBase<Sequences, Array1<usize>>) -> Result<Crf> {
        let too_large = |label: usize| Error::TooLarge {
            what: "labels",
            found: label,
            limit: usize::from(u16::MAX),
        };
        let targets: Vec<u16> = dataset
            .targets
            .iter()
            .map(|&label| u16::try_from(label).map_err(|_| too_large(label)))
            .collect::<Result<_>>()?;
        self.fit_sequences(&dataset.records, &targets, &Control::default())
    }
}

/// A trained conditional random field.
#[derive(Clone, Debug, PartialEq)]
pub struct Crf {
    layout: Layout,
    weights: Vec<f32>,
    transitions: Transitions,
}

/// What a [`Crf`] consists of, for saving.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrfParts {
    /// Number of labels.
    pub labels: usize,
    /// Where the labels of each feature start, and where those of the last end.
    pub feature_starts: Vec<u32>,
    /// Labels of the features.
    pub feature_labels: Vec<u16>,
    /// Where the labels that follow each label start, and where those of the last end.
    pub next_starts: Vec<u32>,
    /// Labels that follow.
    pub next_labels: Vec<u16>,
    /// Weights of features with labels, of labels that follow, and of all other pairs.
    pub weights: Vec<f32>,
}

/// Working memory of predictions, to be used again and again.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    lattice: Lattice,
    marginals: Vec<f32>,
}

impl Memory {
    /// Returns the probabilities of all labels of a token, found by [`Crf::marginals`].
    pub fn marginals(&self, token: usize) -> &[f32] {
        let labels = self.lattice.labels();
        self.marginals
            .get(token * labels..(token + 1) * labels)
            .unwrap_or_default()
    }

    /// Returns the probability that a token has one of some labels, which ascend; call it after [`Crf::marginals`] or
    /// [`Crf::look_ahead`].
    pub fn probability(&self, token: usize, labels: &[u16]) -> f32 {
        self.lattice.probability(token, labels)
    }
}

/// By how much labels that a token may not have score less: nothing can outweigh it.
const OUT: f32 = 80.0;

impl Crf {
    fn new(layout: Layout, weights: Vec<f32>) -> Self {
        let transitions = Transitions::new(&layout, &weights);
        Self {
            layout,
            weights,
            transitions,
        }
    }

    /// Makes a saved model ready again.
    pub fn from_parts(parts: CrfParts) -> Result<Self> {
        let layout = Layout {
            labels: parts.labels,
            features: Rows {
                starts: parts.feature_starts,
                labels: parts.feature_labels,
            },
            next: Rows {
                starts: parts.next_starts,
                labels: parts.next_labels,
            },
        };
        if !layout.features.is_sound(layout.labels) || !layout.next.is_sound(layout.labels) {
            return Err(Error::Parts("labels of a random field"));
        }
        if layout.next.len() != layout.labels || layout.weights() != parts.weights.len() {
            return Err(Error::Parts("size of a random field"));
        }
        if !parts.weights.iter().all(|weight| weight.is_finite()) {
            return Err(Error::Parts("weights of a random field"));
        }
        Ok(Self::new(layout, parts.weights))
    }

    /// Takes the model apart for saving.
    pub fn to_parts(&self) -> CrfParts {
        CrfParts {
            labels: self.layout.labels,
            feature_starts: self.layout.features.starts.clone(),
            feature_labels: self.layout.features.labels.clone(),
            next_starts: self.layout.next.starts.clone(),
            next_labels: self.layout.next.labels.clone(),
            weights: self.weights.clone(),
        }
    }

    /// Returns the number of labels.
    pub fn labels(&self) -> usize {
        self.layout.labels
    }

    /// Returns the number of features, those without any weight included.
    pub fn features(&self) -> usize {
        self.layout.features.len()
    }

    /// Leaves out weights of features no larger than `least`, then features without any weight; returns the old
    /// numbers of those that are left, ascending. They are numbered anew in that order.
    pub fn prune(&mut self, least: f32) -> Vec<u32> {
        let mut kept = Vec::new();
        let mut rows = Rows {
            starts: vec![0],
            labels: Vec::new(),
        };
        let (features, next, other) = self.layout.split(&self.weights);
        let mut weights = Vec::new();
        for feature in 0..self.layout.features.len() {
            let row = self.layout.features.row(feature);
            let labels = &self.layout.features.labels[row.clone()];
            for (&label, &weight) in labels.iter().zip(&features[row]) {
                if weight.abs() > least {
                    rows.labels.push(label);
                    weights.push(weight);
                }
            }
            if rows.starts.last() != Some(&(rows.labels.len() as u32)) {
                rows.starts.push(rows.labels.len() as u32);
                kept.push(feature as u32);
            }
        }
        weights.extend_from_slice(next);
        weights.push(other);
        self.layout.features = rows;
        self.weights = weights;
        kept
    }

    /// Finds the probability of every label of every token of a sentence.
    ///
    /// Features that were not learned are passed over.
    pub fn marginals(&self, sequences: &Sequences, sentence: usize, memory: &mut Memory) {
        let count = self.score(sequences, sentence, &mut memory.lattice);
        let labels = self.layout.labels;
        memory
            .lattice
            .forward(&self.layout, &self.transitions, None, PRUNE);
        memory
            .lattice
            .backward(&self.layout, &self.transitions, None);
        memory.marginals.resize(count * labels, 0.0);
        for (token, out) in memory.marginals.chunks_exact_mut(labels.max(1)).enumerate() {
            memory.lattice.marginals(token, out);
        }
    }

    /// Returns the most probable label sequence of a sentence.
    pub fn best(&self, sequences: &Sequences, sentence: usize, memory: &mut Memory) -> Vec<u16> {
        self.best_where(sequences, sentence, memory, &|_, _| true)
    }

    /// Returns the most probable label sequence of a sentence in which tokens have only labels that `may` allows them.
    pub fn best_where(
        &self,
        sequences: &Sequences,
        sentence: usize,
        memory: &mut Memory,
        may: &dyn Fn(usize, u16) -> bool,
    ) -> Vec<u16> {
        let lattice = &mut memory.lattice;
        for token in 0..self.score(sequences, sentence, lattice) {
            for (label, score) in (0..).zip(lattice.scores_mut(token)) {
                if !may(token, label) {
                    *score -= OUT;
                }
            }
        }
        lattice.forward(&self.layout, &self.transitions, None, PRUNE);
        lattice.best(&self.layout, &self.transitions)
    }

    /// Makes [`Memory::probability`] ready for the sentence that [`Crf::best`] has read last.
    pub fn look_ahead(&self, memory: &mut Memory) {
        memory
            .lattice
            .backward(&self.layout, &self.transitions, None);
    }

    fn score(&self, sequences: &Sequences, sentence: usize, lattice: &mut Lattice) -> usize {
        let tokens = sequences.sentence(sentence);
        lattice.reset(self.layout.labels, tokens.len());
        for (at, token) in tokens.clone().enumerate() {
            self.layout.score(
                sequences.features(token),
                &self.weights,
                lattice.scores_mut(at),
            );
        }
        tokens.len()
    }
}

impl PredictInplace<Sequences, Array1<usize>> for Crf {
    fn predict_inplace<'a>(&'a self, sequences: &'a Sequences, labels: &mut Array1<usize>) {
        let mut memory = Memory::default();
        for sentence in 0..sequences.len() {
            let best = self.best(sequences, sentence, &mut memory);
            for (token, label) in sequences.sentence(sentence).zip(best) {
                if let Some(place) = labels.get_mut(token) {
                    *place = usize::from(label);
                }
            }
        }
    }

    fn default_target(&self, sequences: &Sequences) -> Array1<usize> {
        Array1::zeros(sequences.tokens())
    }
}

#[cfg(test)]
mod tests;
