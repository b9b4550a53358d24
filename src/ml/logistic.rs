//! Logistic regression on sparse rows: softmax of one plane for each class, or one plane between two classes.
//!
//! Minimises `½‖w‖² + C Σ weight · loss` with free intercepts, as scikit-learn's `LogisticRegression` does, by L-BFGS
//! (`lbfgs.rs`). Probabilities are the model's own. Sums are made row by row and feature by feature, each by one
//! thread, so the number of threads changes nothing.
//!
//! With [`LogisticParams::rounds`] classes learn from each other: what tells some apart is likely to tell others apart
//! too. Each round learns the planes anew and penalises them by what the last round's have in common, `½ tr(W D⁻¹ Wᵀ)`
//! with `D = WᵀW` brought to size: multi-task feature learning (Argyriou, Evgeniou and Pontil 2008).

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;
use rayon::prelude::*;

mod condensed;
mod relations;
mod rows;

use self::{condensed::Condensed, relations::Relations, rows::Point};
use crate::ml::{
    Control, Error, LinearSvm, Result, SparseMatrix, SparseRecords, SparseRow,
    calibration::softmax,
    dense::add,
    error::require,
    lbfgs::{self, Limits},
    linear_svm::{LinearSvmParts, distinct},
};

/// Parameters of logistic regression, not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogisticParams(LogisticValidParams);

/// Checked parameters of logistic regression.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticValidParams {
    c: f32,
    balanced: bool,
    tolerance: f32,
    max_iterations: usize,
    rounds: Option<usize>,
}

impl Default for LogisticValidParams {
    fn default() -> Self {
        Self {
            c: 1.0,
            balanced: false,
            tolerance: 1e-4,
            max_iterations: 100,
            rounds: None,
        }
    }
}

impl LogisticParams {
    /// Returns scikit-learn's defaults: C = 1, all classes alike, 100 iterations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what an improbable row costs; less means a simpler model.
    #[must_use]
    pub fn c(mut self, c: f32) -> Self {
        self.0.c = c;
        self
    }

    /// Lets each class count by one over its frequency.
    #[must_use]
    pub fn balanced(mut self, on: bool) -> Self {
        self.0.balanced = on;
        self
    }

    /// Sets how little the steps may gain before they end.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f32) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Sets the most steps.
    #[must_use]
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.0.max_iterations = iterations;
        self
    }

    /// Sets how often three classes or more are learnt anew by what their planes have in common, after a few steps
    /// each; it is meant for few rows, of which planes are kept as sums. Without it all steps are made on weights.
    #[must_use]
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.0.rounds = Some(rounds);
        self
    }
}

impl ParamGuard for LogisticParams {
    type Checked = LogisticValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        let positive = |value: f32| value.is_finite() && value > 0.0;
        require(positive(p.c), "C", p.c, "above 0")?;
        require(positive(p.tolerance), "tol", p.tolerance, "above 0")?;
        require(p.max_iterations > 0, "max_iter", 0.0, "above 0")?;
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Share of `tol` by which the value must still fall: scikit-learn measures slopes, which shrink more slowly.
const VALUE_TOLERANCE: f64 = 1e-3;

/// Most steps of a round. With 10 examples an intent of BANKING77's training part, 10 give the accuracy of 100.
const STEPS: usize = 12;

impl LogisticValidParams {
    /// Learns from rows and the label of each, watched by `control`; the planes' margins are logarithms of odds.
    pub fn fit_matrix(
        &self,
        rows: &SparseMatrix,
        labels: &[usize],
        control: &Control<'_>,
    ) -> Result<LinearSvm> {
        let classes = distinct(rows, labels)?;
        let targets: Vec<usize> = labels
            .iter()
            .map(|label| classes.binary_search(label).unwrap_or_default())
            .collect();
        let condensed = Condensed::new(rows)?;
        let few = &condensed.rows;
        let mut problem = Problem {
            rows: few,
            columns: &transposed(few)?,
            weights: self.weights(&targets, classes.len()),
            targets: &targets,
            // Two classes mirror each other: one plane stands for both.
            planes: if classes.len() == 2 { 1 } else { classes.len() },
            relations: None,
        };
        let planes = problem.planes;
        let limits = Limits {
            l1: 0.0,
            iterations: self.max_iterations,
            tolerance: f64::from(self.tolerance) * VALUE_TOLERANCE,
        };
        let (weights, intercepts) = if let Some(rounds) = self.rounds.filter(|_| classes.len() > 2)
        {
            together(&mut problem, rounds, limits, control)?
        } else {
            let mut x = vec![0.0; (few.cols() + 1) * planes];
            if classes.len() > 1 {
                lbfgs::minimise(&mut x, limits, control, &mut |x, gradient| {
                    Ok(problem.evaluate(x, gradient))
                })?;
            }
            let intercepts = x.split_off(few.cols() * planes);
            (x, intercepts)
        };
        let x = condensed.expanded(&weights, planes);
        let both = |values: Vec<f32>| -> Vec<f32> {
            if classes.len() == 2 {
                values.into_iter().flat_map(|value| [0.0, value]).collect()
            } else {
                values
            }
        };
        LinearSvm::from_parts(LinearSvmParts {
            features: rows.cols(),
            weights: both(x),
            intercepts: both(intercepts),
            classes,
        })
    }

    /// Returns what each row counts.
    fn weights(&self, targets: &[usize], classes: usize) -> Vec<f32> {
        let mut counts = vec![0_usize; classes];
        for target in targets {
            counts[*target] += 1;
        }
        let even = targets.len() as f32 / classes as f32;
        targets
            .iter()
            .map(|target| {
                let share = if self.balanced {
                    even / counts[*target] as f32
                } else {
                    1.0
                };
                self.c * share
            })
            .collect()
    }
}

/// Learns planes in rounds, each by what those of the last have in common. Returns weights and intercepts.
fn together(
    problem: &mut Problem<'_>,
    rounds: usize,
    limits: Limits,
    control: &Control<'_>,
) -> Result<(Vec<f32>, Vec<f32>)> {
    let planes = problem.planes;
    let length = problem.rows.rows() * planes;
    let limits = Limits {
        iterations: limits.iterations.min(STEPS),
        ..limits
    };
    let mut x = Point::zero(length + planes);
    rows::minimise(problem, &mut x, limits, control)?;
    for _ in 0..rounds {
        let relations = Relations::of(&x.shares[..length], &x.scores[..length], planes);
        let mut each = |change: &(dyn Fn(&mut [f32]) + Sync)| {
            for side in [&mut x.shares, &mut x.scores] {
                side[..length].par_chunks_mut(planes).for_each(change);
            }
        };
        each(&|planes| relations.divide(planes));
        problem.relations = Some(relations);
        rows::minimise(problem, &mut x, limits, control)?;
        if let Some(relations) = &problem.relations {
            for side in [&mut x.shares, &mut x.scores] {
                let rows = side[..length].par_chunks_mut(planes);
                rows.for_each(|planes| relations.multiply(planes));
            }
        }
    }
    let intercepts = x.shares.split_off(length);
    Ok((problem.weights_of(&x.shares), intercepts))
}

/// Returns the matrix with rows and columns exchanged.
fn transposed(rows: &SparseMatrix) -> Result<SparseMatrix> {
    let mut offsets = vec![0_usize; rows.cols() + 1];
    for feature in rows.indices() {
        offsets[*feature as usize + 1] += 1;
    }
    for i in 1..offsets.len() {
        offsets[i] += offsets[i - 1];
    }
    let mut next = offsets.clone();
    let mut indices = vec![0; rows.entries()];
    let mut values = vec![0.0; rows.entries()];
    for (row, at) in rows.iter().zip(0..) {
        for (feature, value) in row.iter() {
            let place = &mut next[feature as usize];
            indices[*place] = at;
            values[*place] = value;
            *place += 1;
        }
    }
    SparseMatrix::from_parts(rows.rows(), offsets, indices, values)
}

/// What is minimised.
struct Problem<'a> {
    rows: &'a SparseMatrix,
    columns: &'a SparseMatrix,
    targets: &'a [usize],
    /// What each row counts.
    weights: Vec<f32>,
    planes: usize,
    /// What the planes are made of, if not each of itself.
    relations: Option<Relations>,
}

impl Problem<'_> {
    /// Returns the weights of planes that are sums of rows, feature by feature.
    fn weights_of(&self, shares: &[f32]) -> Vec<f32> {
        let planes = self.planes;
        let mut weights = vec![0.0_f32; self.rows.cols() * planes];
        weights
            .par_chunks_mut(planes)
            .enumerate()
            .for_each(|(feature, weights)| {
                add_rows(weights, self.columns.row(feature), shares);
            });
        weights
    }

    /// Writes the slope at a point, feature by feature and last the intercepts, and returns the value; without
    /// relations, which [`rows`] knows.
    fn evaluate(&self, x: &[f32], gradient: &mut [f32]) -> f64 {
        let planes = self.planes;
        let (weights, intercepts) = x.split_at(self.rows.cols() * planes);
        let mut slopes = vec![0.0_f32; self.rows.rows() * planes];
        let losses: Vec<f64> = slopes
            .par_chunks_mut(planes)
            .enumerate()
            .map(|(i, scores)| {
                add_rows(scores, self.rows.row(i), weights);
                for (score, intercept) in scores.iter_mut().zip(intercepts) {
                    *score += intercept;
                }
                f64::from(self.weights[i]) * to_slopes(scores, self.targets[i], self.weights[i])
            })
            .collect();
        let (by_weight, by_intercept) = gradient.split_at_mut(self.rows.cols() * planes);
        by_intercept.fill(0.0);
        for slopes in slopes.chunks(planes) {
            for (sum, slope) in by_intercept.iter_mut().zip(slopes) {
                *sum += slope;
            }
        }
        by_weight
            .par_chunks_mut(planes)
            .enumerate()
            .for_each(|(feature, gradient)| {
                let start = feature * planes;
                gradient.copy_from_slice(&weights[start..start + planes]);
                add_rows(gradient, self.columns.row(feature), &slopes);
            });
        let size: f64 = weights
            .iter()
            .map(|weight| f64::from(*weight) * f64::from(*weight))
            .sum();
        size / 2.0 + losses.iter().sum::<f64>()
    }
}

/// Adds the rows of a dense matrix that a sparse row names, each so many times as it says.
fn add_rows(sums: &mut [f32], named: SparseRow<'_>, dense: &[f32]) {
    for (at, value) in named.iter() {
        let start = at as usize * sums.len();
        let row = dense.get(start..start + sums.len()).unwrap_or_default();
        add(sums, row, value);
    }
}

/// Turns the scores of a row into the slopes of its loss, `factor` times as steep, and returns the loss.
fn to_slopes(scores: &mut [f32], target: usize, factor: f32) -> f64 {
    let own = if let [score] = scores {
        let mut both = [0.0, *score];
        softmax(&mut both, 1.0);
        *score = factor * (both[1] - target as f32);
        both[target]
    } else {
        softmax(scores, 1.0);
        let own = scores[target];
        scores[target] -= 1.0;
        for score in scores.iter_mut() {
            *score *= factor;
        }
        own
    };
    -f64::from(own.max(f32::MIN_POSITIVE)).ln()
}

/// A model of logistic regression for linfa.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic(pub LinearSvm);

impl Fit<SparseRecords, Array1<usize>, Error> for LogisticValidParams {
    type Object = Logistic;

    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array1<usize>>) -> Result<Logistic> {
        let labels = dataset.targets.to_vec();
        self.fit_matrix(&dataset.records.0, &labels, &Control::default())
            .map(Logistic)
    }
}

impl PredictInplace<SparseRecords, Array1<usize>> for Logistic {
    fn predict_inplace<'a>(&'a self, records: &'a SparseRecords, labels: &mut Array1<usize>) {
        self.0.predict_inplace(records, labels);
    }

    fn default_target(&self, records: &SparseRecords) -> Array1<usize> {
        self.0.default_target(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::{sampling::Random, testing::matrix_of};

    fn random(classes: usize) -> (SparseMatrix, Vec<usize>) {
        let mut random = Random::new(7);
        let rows: Vec<Vec<(u32, f32)>> = (0..40)
            .map(|_| (0..5).map(|i| (i, random.unit() * 2.0 - 1.0)).collect())
            .collect();
        (
            matrix_of(&rows, 5),
            (0..40).map(|i| (i * 7 + i / 3) % classes).collect(),
        )
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        for classes in [2, 4] {
            let (rows, targets) = random(classes);
            let params = LogisticParams::new().c(0.7).balanced(true).check().unwrap();
            let problem = Problem {
                rows: &rows,
                columns: &transposed(&rows).unwrap(),
                weights: params.weights(&targets, classes),
                targets: &targets,
                planes: if classes == 2 { 1 } else { classes },
                relations: None,
            };
            let mut random = Random::new(1);
            let mut x: Vec<f32> = (0..6 * problem.planes)
                .map(|_| random.unit() - 0.5)
                .collect();
            let mut slopes = vec![0.0; x.len()];
            problem.evaluate(&x, &mut slopes);
            for i in 0..x.len() {
                let (before, mut unused) = (x[i], slopes.clone());
                x[i] = before + 1e-2;
                let above = problem.evaluate(&x, &mut unused);
                x[i] = before - 1e-2;
                let below = problem.evaluate(&x, &mut unused);
                x[i] = before;
                let slope = (above - below) / 2e-2;
                assert!((slope - f64::from(slopes[i])).abs() < 5e-3, "{slope} {i}");
            }
        }
    }

    /// Steps on shares of rows lead to the planes that steps on weights do.
    #[test]
    fn sums_of_rows_are_the_planes_of_weights() {
        let (rows, targets) = random(4);
        let params = LogisticParams::new().c(2.0).check().unwrap();
        let problem = Problem {
            rows: &rows,
            columns: &transposed(&rows).unwrap(),
            weights: params.weights(&targets, 4),
            targets: &targets,
            planes: 4,
            relations: None,
        };
        let limits = Limits {
            l1: 0.0,
            iterations: 300,
            tolerance: 0.0,
        };
        let control = Control::default();
        let mut shares = Point::zero(41 * 4);
        rows::minimise(&problem, &mut shares, limits, &control).unwrap();
        let mut weights = vec![0.0; 6 * 4];
        lbfgs::minimise(&mut weights, limits, &control, &mut |x, gradient| {
            Ok(problem.evaluate(x, gradient))
        })
        .unwrap();
        let found = problem.weights_of(&shares.shares[..40 * 4]);
        let found = found.iter().chain(&shares.shares[40 * 4..]);
        for (found, weight) in found.zip(&weights) {
            assert!((found - weight).abs() < 2e-3, "{found} {weight}");
        }
    }

    /// At the optimum without features the intercepts give each class its share.
    #[test]
    fn intercepts_alone_give_the_shares() {
        let rows = matrix_of(&vec![Vec::new(); 10], 0);
        let labels = [3, 3, 3, 3, 3, 1, 1, 1, 2, 2];
        let params = LogisticParams::new().tolerance(1e-6).check().unwrap();
        let model = params
            .fit_matrix(&rows, &labels, &Control::default())
            .unwrap();
        let mut shares = [0.0; 3];
        model.decision(rows.row(0), &mut shares);
        softmax(&mut shares, 1.0);
        for (found, share) in shares.iter().zip([0.3, 0.2, 0.5]) {
            assert!((found - share).abs() < 1e-3, "{shares:?}");
        }
    }

    #[test]
    fn degenerate_data_are_learnt_or_refused() {
        let rows = matrix_of(&[vec![(0, 1.0)], vec![]], 1);
        let params = LogisticParams::new().check().unwrap();
        let fit = |rows: &SparseMatrix, labels: &[usize]| {
            params.fit_matrix(rows, labels, &Control::default())
        };
        assert_eq!(fit(&rows, &[4, 4]).unwrap().classes(), [4]);
        assert!(matches!(fit(&matrix_of(&[], 1), &[]), Err(Error::NoRows)));
        for params in [
            LogisticParams::new().c(-1.0),
            LogisticParams::new().tolerance(0.0),
            LogisticParams::new().max_iterations(0),
        ] {
            assert!(params.check().is_err());
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (rows, labels) = random(3);
        let with = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| {
                    let params = LogisticParams::new().check().unwrap();
                    params
                        .fit_matrix(&rows, &labels, &Control::default())
                        .unwrap()
                })
        };
        assert_eq!(with(1), with(3));
    }
}
