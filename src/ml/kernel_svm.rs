//! Support vector machine with a kernel: linfa-svm on text, one class against the rest.
//!
//! linfa-svm solves dense problems and builds the whole kernel matrix, which no set of texts allows. Here it solves a
//! working set per class that grows by the rows that violate the conditions of the optimum (Karush, Kuhn and Tucker)
//! until none does: the optimum of all rows (Osuna, Freund and Girosi 1997, "An improved training algorithm for
//! support vector machines"). The first working set comes from a short run of the sparse linear solver.
//!
//! What linfa-svm is given of a working set of m rows is the Cholesky factor of its kernel matrix, m × m numbers whose
//! scalar products are the kernel, whichever it is, computed once for all classes. A ridge on the diagonal, far below
//! the tolerance, keeps texts that are the same or nearly so apart; they stall the solver otherwise.

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use linfa_svm::Svm;
use ndarray::{Array1, Array2, Axis, s};
use rayon::prelude::*;

use crate::ml::{
    Control, Error, LinearSvm, LinearSvmParams, Result, SparseMatrix, SparseRecords, SparseRow,
    argmax,
    error::{require, require_equal},
    linear_svm::{LinearSvmParts, Loss, distinct},
};

/// How alike two rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kernel {
    /// `x·y`; gives a model without support vectors, as small and fast as that of the sparse solver.
    #[default]
    Linear,
    /// `exp(−gamma ‖x − y‖²)`
    Rbf {
        /// How fast likeness falls with distance.
        gamma: f32,
    },
    /// `(gamma x·y + constant)^degree`
    Polynomial {
        /// Factor on the scalar product.
        gamma: f32,
        /// Weight of the lower powers against the higher.
        constant: f32,
        /// The power.
        degree: u32,
    },
}

impl Kernel {
    /// Returns the kernel of two rows from their scalar product and the squares of their lengths.
    fn value(self, product: f32, square: f32, other: f32) -> f32 {
        match self {
            Self::Linear => product,
            Self::Rbf { gamma } => (-gamma * (square + other - 2.0 * product).max(0.0)).exp(),
            Self::Polynomial {
                gamma,
                constant,
                degree,
            } => (gamma * product + constant).powi(degree.cast_signed()),
        }
    }

    fn check(self) -> Result<()> {
        let positive = |value: f32| value.is_finite() && value > 0.0;
        match self {
            Self::Linear => Ok(()),
            Self::Rbf { gamma } => require(positive(gamma), "gamma", gamma, "above 0"),
            Self::Polynomial {
                gamma,
                constant,
                degree,
            } => {
                require(positive(gamma), "gamma", gamma, "above 0")?;
                let holds = constant.is_finite() && constant >= 0.0;
                require(holds, "constant", constant, "0 or above")?;
                require((1..=16).contains(&degree), "degree", degree, "1 to 16")
            }
        }
    }
}

/// Rows that [`Kernel::Linear`] takes unless told otherwise: some seconds of training.
pub const MOST_ROWS_LINEAR: usize = 20_000;
/// Rows that the other kernels take unless told otherwise: about a minute on two cores, since next to every text becomes a
/// support vector.
pub const MOST_ROWS_KERNEL: usize = 1_500;

/// Parameters of [`KernelSvm`], not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KernelSvmParams(KernelSvmValidParams);

/// Checked parameters of [`KernelSvm`].
#[derive(Clone, Debug, PartialEq)]
pub struct KernelSvmValidParams {
    c: f32,
    kernel: Kernel,
    epsilon: f32,
    max_rows: Option<usize>,
    seed: u64,
}

impl Default for KernelSvmValidParams {
    fn default() -> Self {
        Self {
            c: 1.0,
            kernel: Kernel::Linear,
            epsilon: 1e-3,
            max_rows: None,
            seed: 42,
        }
    }
}

impl KernelSvmParams {
    /// Returns a linear kernel with C = 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what a row beyond the margin costs.
    #[must_use]
    pub fn c(mut self, c: f32) -> Self {
        self.0.c = c;
        self
    }

    /// Sets the kernel.
    #[must_use]
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.0.kernel = kernel;
        self
    }

    /// Sets by how much the conditions of the optimum may be violated.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.0.epsilon = epsilon;
        self
    }

    /// Sets how many rows are taken before a fit is refused with [`Error::TooLarge`]; without a number
    /// [`MOST_ROWS_LINEAR`] or [`MOST_ROWS_KERNEL`].
    #[must_use]
    pub fn max_rows(mut self, rows: Option<usize>) -> Self {
        self.0.max_rows = rows;
        self
    }

    /// Sets the seed of the run that chooses the first working sets.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl ParamGuard for KernelSvmParams {
    type Checked = KernelSvmValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        require(p.c.is_finite() && p.c > 0.0, "C", p.c, "above 0")?;
        let holds = p.epsilon.is_finite() && p.epsilon > 0.0;
        require(holds, "tolerance", p.epsilon, "above 0")?;
        p.kernel.check()?;
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// The first working set takes from either side the rows with less than this margin, but so many at least and at most.
const SEED_MARGIN: f32 = 1.05;
const SEED_LEAST: usize = 20;
const SEED_MOST: usize = 500;
/// If any row violates its margin, those that come as close as this join the working set with it, lest they come one by
/// one later.
const JOIN_MARGIN: f32 = 1.01;
/// Rows that may join a working set in a round: as many as are in it, but so many at least.
const JOIN_LEAST: usize = 200;
/// By how much a row outside of the working set may violate its margin.
const TOLERANCE: f32 = 2e-3;
/// What is added to the kernel of a row with itself, as a share of epsilon over C: it moves no margin of a support
/// vector by more than this share of epsilon. Without it, texts that hardly differ keep linfa-svm busy for millions of
/// steps.
const RIDGE: f64 = 0.1;
/// Share of a kernel value that is noise in single precision.
const ROUNDING: f64 = 1e-6;
/// Rows of a working set that no class of texts should need.
const MOST_WORKING: usize = 4_000;

impl KernelSvmValidParams {
    /// Learns from rows and the label of each, watched by `control`, which is told of every class.
    pub fn fit_matrix(
        &self,
        rows: &SparseMatrix,
        labels: &[usize],
        control: &Control<'_>,
    ) -> Result<KernelSvm> {
        let classes = distinct(rows, labels)?;
        let limit = self.max_rows.unwrap_or(match self.kernel {
            Kernel::Linear => MOST_ROWS_LINEAR,
            Kernel::Rbf { .. } | Kernel::Polynomial { .. } => MOST_ROWS_KERNEL,
        });
        if rows.rows() > limit {
            return Err(Error::TooLarge {
                what: "examples for the kernel of this support vector machine",
                found: rows.rows(),
                limit,
            });
        }
        let space = Space::new(self.kernel, rows);
        let margins = self.rough_margins(rows, labels, control)?;
        let done = AtomicUsize::new(0);
        let solved: Vec<Solution> = (0..classes.len())
            .into_par_iter()
            .map(|class| {
                let targets: Vec<bool> = labels.iter().map(|l| *l == classes[class]).collect();
                let rough = margins.iter().skip(class).step_by(classes.len());
                let signed: Vec<f32> = signed(rough, &targets);
                let solution = self.solve(&space, &targets, &signed, control)?;
                control.report(done.fetch_add(1, Ordering::Relaxed) + 1, classes.len());
                Ok(solution)
            })
            .collect::<Result<_>>()?;
        space.model(classes, &solved)
    }

    /// Returns the margins of a quick linear model, row by row, to tell hard rows from easy ones.
    fn rough_margins(
        &self,
        rows: &SparseMatrix,
        labels: &[usize],
        control: &Control<'_>,
    ) -> Result<Vec<f32>> {
        let quiet = Control {
            progress: None,
            ..*control
        };
        let model = LinearSvmParams::new()
            .c(self.c)
            .loss(Loss::Hinge)
            .bias(2.0)
            .epsilon(0.1)
            .max_epochs(50)
            .seed(self.seed)
            .check()?
            .fit_matrix(rows, labels, &quiet)?;
        let classes = model.classes().len();
        let mut margins = vec![0.0; rows.rows() * classes];
        for (row, margins) in rows.iter().zip(margins.chunks_exact_mut(classes)) {
            model.decision(row, margins);
        }
        Ok(margins)
    }

    /// Solves the problem of one class; `rough` are margins times target.
    fn solve(
        &self,
        space: &Space<'_>,
        targets: &[bool],
        rough: &[f32],
        control: &Control<'_>,
    ) -> Result<Solution> {
        if targets.iter().all(|&t| t) {
            // Nothing to tell apart: always this class.
            return Ok(Solution {
                rho: -1.0,
                ..Solution::default()
            });
        }
        let mut inside = first_working_set(targets, rough);
        loop {
            control.check()?;
            let working: Vec<usize> = (0..targets.len()).filter(|&i| inside[i]).collect();
            if working.len() > MOST_WORKING {
                return Err(Error::TooLarge {
                    what: "examples close to the margin of one class",
                    found: working.len(),
                    limit: MOST_WORKING,
                });
            }
            let solution = self.solve_dense(space, &working, targets)?;
            let margins = signed(space.margins(&solution).iter(), targets);
            let mut joining: Vec<usize> = (0..targets.len())
                .filter(|&i| !inside[i] && margins[i] < JOIN_MARGIN)
                .collect();
            if joining.iter().all(|&i| margins[i] >= 1.0 - TOLERANCE) {
                return Ok(solution);
            }
            joining.sort_by(|&a, &b| margins[a].total_cmp(&margins[b]));
            for i in joining.into_iter().take(working.len().max(JOIN_LEAST)) {
                inside[i] = true;
            }
        }
    }

    /// Lets linfa-svm solve the problem of a few rows.
    fn solve_dense(
        &self,
        space: &Space<'_>,
        working: &[usize],
        targets: &[bool],
    ) -> Result<Solution> {
        let targets: Array1<bool> = working.iter().map(|&i| targets[i]).collect();
        let ridge = RIDGE * f64::from(self.epsilon / self.c);
        let block = space.block(working, ridge);
        // Whatever the kernel, its values are the scalar products of the rows of the block.
        let svm = Svm::<f64, bool>::params()
            .eps(f64::from(self.epsilon))
            .pos_neg_weights(f64::from(self.c), f64::from(self.c))
            .linear_kernel()
            .fit(&DatasetBase::new(block, targets))
            .map_err(|error| Error::LinfaSvm(error.to_string()))?;
        let alphas = working.iter().zip(&svm.alpha);
        Ok(Solution {
            alphas: alphas
                .filter(|(_, alpha)| **alpha != 0.0)
                .map(|(&i, &alpha)| (i, alpha as f32))
                .collect(),
            rho: svm.rho as f32,
        })
    }
}

/// Returns each margin, with its sign turned for rows of other classes.
fn signed<'a>(margins: impl Iterator<Item = &'a f32>, targets: &[bool]) -> Vec<f32> {
    margins
        .zip(targets)
        .map(|(&margin, &target)| if target { margin } else { -margin })
        .collect()
}

/// Marks the rows of either side that are hardest by the rough margins.
fn first_working_set(targets: &[bool], rough: &[f32]) -> Vec<bool> {
    let mut inside = vec![false; targets.len()];
    let mut hardest: Vec<usize> = (0..targets.len()).collect();
    hardest.sort_by(|&a, &b| rough[a].total_cmp(&rough[b]));
    let (mut positive, mut negative) = (0, 0);
    for i in hardest {
        let count = if targets[i] {
            &mut positive
        } else {
            &mut negative
        };
        if *count < SEED_LEAST || rough[i] < SEED_MARGIN && *count < SEED_MOST {
            inside[i] = true;
            *count += 1;
        }
    }
    inside
}

/// The multipliers of one class, signed by the side of the row, and what is subtracted from its margins.
#[derive(Clone, Debug, Default)]
struct Solution {
    alphas: Vec<(usize, f32)>,
    rho: f32,
}

/// The rows of a fit with their kernel.
struct Space<'a> {
    kernel: Kernel,
    rows: &'a SparseMatrix,
    /// The kernel of every pair of rows, row by row; empty for the linear kernel, which has weights instead.
    values: Vec<f32>,
}

impl<'a> Space<'a> {
    fn new(kernel: Kernel, rows: &'a SparseMatrix) -> Self {
        let squares: Vec<f32> = rows.iter().map(SparseRow::squared_norm).collect();
        let n = rows.rows();
        let mut values = Vec::new();
        if kernel != Kernel::Linear {
            values = vec![0.0; n * n];
            values.par_chunks_exact_mut(n).enumerate().for_each_init(
                Vec::new,
                |dense, (i, out)| {
                    scatter(rows.row(i), rows.cols(), dense);
                    for ((value, other), &square) in out.iter_mut().zip(rows.iter()).zip(&squares) {
                        *value = kernel.value(product(dense, other), squares[i], square);
                    }
                },
            );
        }
        Self {
            kernel,
            rows,
            values,
        }
    }

    /// Returns rows of numbers whose scalar products are the kernel of the given rows, with `ridge` or a little more on
    /// the diagonal.
    fn block(&self, working: &[usize], ridge: f64) -> Array2<f64> {
        let n = self.rows.rows();
        let mut gram = Array2::<f64>::zeros((working.len(), working.len()));
        let mut dense = Vec::new();
        for (a, &i) in working.iter().enumerate() {
            let others = working.iter().take(a + 1).zip(gram.row_mut(a));
            if self.kernel == Kernel::Linear {
                scatter(self.rows.row(i), self.rows.cols(), &mut dense);
                for (&j, value) in others {
                    *value = f64::from(product(&dense, self.rows.row(j)));
                }
            } else {
                for (&j, value) in others {
                    *value = f64::from(self.values[i * n + j]);
                }
            }
        }
        cholesky(gram, ridge)
    }

    /// Returns the margin of every row.
    fn margins(&self, solution: &Solution) -> Vec<f32> {
        let n = self.rows.rows();
        let mut margins = vec![-solution.rho; n];
        if self.kernel == Kernel::Linear {
            let weights = self.weights(solution);
            for (margin, row) in margins.iter_mut().zip(self.rows.iter()) {
                *margin += product(&weights, row);
            }
        } else {
            for &(i, alpha) in &solution.alphas {
                let values = &self.values[i * n..(i + 1) * n];
                for (margin, value) in margins.iter_mut().zip(values) {
                    *margin += alpha * value;
                }
            }
        }
        margins
    }

    /// Returns the sum of the support vectors, each times its multiplier.
    fn weights(&self, solution: &Solution) -> Vec<f32> {
        let mut weights = vec![0.0; self.rows.cols()];
        for &(i, alpha) in &solution.alphas {
            for (feature, value) in self.rows.row(i).iter() {
                weights[feature as usize] += alpha * value;
            }
        }
        weights
    }

    /// Joins the solutions of all classes.
    fn model(&self, classes: Vec<usize>, solved: &[Solution]) -> Result<KernelSvm> {
        let offsets: Vec<f32> = solved.iter().map(|solution| -solution.rho).collect();
        if self.kernel == Kernel::Linear {
            let mut weights = vec![0.0; self.rows.cols() * classes.len()];
            for (class, solution) in solved.iter().enumerate() {
                let own = weights.iter_mut().skip(class).step_by(classes.len());
                for (to, weight) in own.zip(self.weights(solution)) {
                    *to = weight;
                }
            }
            return KernelSvm::from_parts(KernelSvmParts::Linear(LinearSvmParts {
                features: self.rows.cols(),
                classes,
                weights,
                intercepts: offsets,
            }));
        }
        let mut used: Vec<usize> = solved
            .iter()
            .flat_map(|solution| solution.alphas.iter().map(|a| a.0))
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut alphas = vec![0.0; used.len() * classes.len()];
        for (class, solution) in solved.iter().enumerate() {
            for &(i, alpha) in &solution.alphas {
                if let Ok(at) = used.binary_search(&i) {
                    alphas[at * classes.len() + class] = alpha;
                }
            }
        }
        KernelSvm::from_parts(KernelSvmParts::Vectors {
            kernel: self.kernel,
            vectors: self.rows.select(&used),
            classes,
            alphas,
            intercepts: offsets,
        })
    }
}

/// Spreads a row over a vector with an element for every feature.
fn scatter(row: SparseRow<'_>, cols: usize, dense: &mut Vec<f32>) {
    dense.clear();
    dense.resize(cols, 0.0);
    for (feature, value) in row.iter() {
        dense[feature as usize] = value;
    }
}

/// Returns the scalar product of a spread row with another.
fn product(dense: &[f32], row: SparseRow<'_>) -> f32 {
    row.iter()
        .map(|(feature, value)| value * dense.get(feature as usize).copied().unwrap_or_default())
        .sum()
}

/// Returns the Cholesky factor of a matrix of which the lower half is given, after adding `ridge` to the diagonal.
///
/// Where a row depends so much on those before it that rounding would show, more is added.
fn cholesky(mut gram: Array2<f64>, ridge: f64) -> Array2<f64> {
    for i in 0..gram.nrows() {
        let (before, mut rest) = gram.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        for j in 0..i {
            let other = before.row(j);
            let known = other.slice(s![..j]).dot(&row.slice(s![..j]));
            row[j] = (row[j] - known) / other[j];
        }
        let whole = row[i] + ridge;
        let known = row.slice(s![..i]).dot(&row.slice(s![..i]));
        row[i] = (whole - known).max(ridge).max(ROUNDING * whole).sqrt();
    }
    gram
}

impl Fit<SparseRecords, Array1<usize>, Error> for KernelSvmValidParams {
    type Object = KernelSvm;

    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array1<usize>>) -> Result<KernelSvm> {
        let labels = dataset.targets.to_vec();
        self.fit_matrix(&dataset.records.0, &labels, &Control::default())
    }
}

/// A trained support vector machine with a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelSvm(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Linear(LinearSvm),
    Vectors(Vectors),
}

#[derive(Clone, Debug, PartialEq)]
struct Vectors {
    kernel: Kernel,
    classes: Vec<usize>,
    rows: SparseMatrix,
    squares: Vec<f32>,
    alphas: Vec<f32>,
    intercepts: Vec<f32>,
}

/// What a [`KernelSvm`] consists of, for saving.
#[derive(Clone, Debug, PartialEq)]
pub enum KernelSvmParts {
    /// A linear kernel.
    Linear(LinearSvmParts),
    /// Any other.
    Vectors {
        /// The kernel.
        kernel: Kernel,
        /// The labels, ascending.
        classes: Vec<usize>,
        /// The support vectors of all classes.
        vectors: SparseMatrix,
        /// The multiplier of each vector for each class: `alphas[vector * classes + class]`.
        alphas: Vec<f32>,
        /// What is added to the margin of each class.
        intercepts: Vec<f32>,
    },
}

impl KernelSvm {
    /// Returns the labels in ascending order, which is the order of margins.
    pub fn classes(&self) -> &[usize] {
        match &self.0 {
            Form::Linear(model) => model.classes(),
            Form::Vectors(model) => &model.classes,
        }
    }

    /// Returns the hyperplanes, if the kernel is linear.
    pub fn as_linear(&self) -> Option<&LinearSvm> {
        match &self.0 {
            Form::Linear(model) => Some(model),
            Form::Vectors(_) => None,
        }
    }

    /// Returns the number of support vectors kept; none for a linear kernel.
    pub fn support_vectors(&self) -> usize {
        match &self.0 {
            Form::Linear(_) => 0,
            Form::Vectors(model) => model.rows.rows(),
        }
    }

    /// Writes the margin of every class into `margins`, which has the length of [`Self::classes`].
    pub fn decision(&self, row: SparseRow<'_>, margins: &mut [f32]) {
        match &self.0 {
            Form::Linear(model) => model.decision(row, margins),
            Form::Vectors(model) => model.decision(row, margins),
        }
    }

    /// Returns the label with the largest margin, the smallest label among equals.
    pub fn predict_row(&self, row: SparseRow<'_>, margins: &mut Vec<f32>) -> usize {
        margins.resize(self.classes().len(), 0.0);
        self.decision(row, margins);
        self.classes()
            .get(argmax(margins))
            .copied()
            .unwrap_or_default()
    }

    /// Returns the parts for saving.
    pub fn into_parts(self) -> KernelSvmParts {
        match self.0 {
            Form::Linear(model) => KernelSvmParts::Linear(model.into_parts()),
            Form::Vectors(model) => KernelSvmParts::Vectors {
                kernel: model.kernel,
                classes: model.classes,
                vectors: model.rows,
                alphas: model.alphas,
                intercepts: model.intercepts,
            },
        }
    }

    /// Makes a model from saved parts, which may be damaged.
    pub fn from_parts(parts: KernelSvmParts) -> Result<Self> {
        let (kernel, classes, vectors, alphas, intercepts) = match parts {
            KernelSvmParts::Linear(parts) => {
                return Ok(Self(Form::Linear(LinearSvm::from_parts(parts)?)));
            }
            KernelSvmParts::Vectors {
                kernel,
                classes,
                vectors,
                alphas,
                intercepts,
            } => (kernel, classes, vectors, alphas, intercepts),
        };
        kernel.check()?;
        if kernel == Kernel::Linear {
            return Err(Error::Parts("a linear kernel with support vectors"));
        }
        if classes.is_empty() || !classes.is_sorted_by(|a, b| a < b) {
            return Err(Error::Parts("labels are not in order"));
        }
        let expected = vectors.rows().checked_mul(classes.len());
        require_equal(
            "multipliers",
            expected.ok_or(Error::Parts("a size overflows"))?,
            alphas.len(),
        )?;
        require_equal("intercepts", classes.len(), intercepts.len())?;
        if !alphas.iter().chain(&intercepts).all(|v| v.is_finite()) {
            return Err(Error::Parts("a multiplier is not a number"));
        }
        Ok(Self(Form::Vectors(Vectors {
            squares: vectors.iter().map(SparseRow::squared_norm).collect(),
            rows: vectors,
            kernel,
            classes,
            alphas,
            intercepts,
        })))
    }
}

impl Vectors {
    fn decision(&self, row: SparseRow<'_>, margins: &mut [f32]) {
        for (margin, intercept) in margins.iter_mut().zip(&self.intercepts) {
            *margin = *intercept;
        }
        let width = row.indices.last().map_or(0, |&last| last as usize + 1);
        let mut dense = Vec::new();
        scatter(row, width, &mut dense);
        let square = row.squared_norm();
        let multipliers = self.alphas.chunks_exact(self.classes.len());
        for ((vector, &other), alphas) in self.rows.iter().zip(&self.squares).zip(multipliers) {
            let value = self.kernel.value(product(&dense, vector), square, other);
            for (margin, alpha) in margins.iter_mut().zip(alphas) {
                *margin += alpha * value;
            }
        }
    }
}

impl PredictInplace<SparseRecords, Array1<usize>> for KernelSvm {
    fn predict_inplace<'a>(&'a self, records: &'a SparseRecords, labels: &mut Array1<usize>) {
        let mut margins = Vec::new();
        for (row, label) in records.0.iter().zip(labels.iter_mut()) {
            *label = self.predict_row(row, &mut margins);
        }
    }

    fn default_target(&self, records: &SparseRecords) -> Array1<usize> {
        Array1::zeros(records.0.rows())
    }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;

    use super::*;
    use crate::ml::{SparseVector, sampling::Random, testing::customer};

    const RBF: Kernel = Kernel::Rbf { gamma: 1.0 };
    const SQUARE: Kernel = Kernel::Polynomial {
        gamma: 1.0,
        constant: 1.0,
        degree: 2,
    };

    fn matrix(rows: &[Vec<(u32, f32)>], cols: usize) -> SparseMatrix {
        let rows: Vec<SparseVector> = rows
            .iter()
            .map(|row| SparseVector::from_pairs(row.clone()))
            .collect();
        SparseMatrix::from_rows(cols, rows.iter().map(SparseVector::as_row)).unwrap()
    }

    /// Points on two rings around the origin; the ring is the label.
    fn rings(points: usize) -> (SparseMatrix, Vec<usize>) {
        let mut random = Random::new(5);
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for i in 0..points {
            let (angle, ring) = (random.unit() * std::f32::consts::TAU, i % 2);
            let radius = 0.5 + ring as f32 + 0.2 * random.unit();
            rows.push(vec![(0, radius * angle.cos()), (1, radius * angle.sin())]);
            labels.push(ring);
        }
        (matrix(&rows, 2), labels)
    }

    fn fit(params: KernelSvmParams, rows: &SparseMatrix, labels: &[usize]) -> KernelSvm {
        let params = params.check().unwrap();
        params
            .fit_matrix(rows, labels, &Control::default())
            .unwrap()
    }

    fn accuracy(model: &KernelSvm, rows: &SparseMatrix, labels: &[usize]) -> f32 {
        let mut margins = Vec::new();
        let right = rows
            .iter()
            .zip(labels)
            .filter(|(row, label)| model.predict_row(*row, &mut margins) == **label)
            .count();
        right as f32 / labels.len() as f32
    }

    #[test]
    fn kernels_separate_rings_that_no_plane_does() {
        let (rows, labels) = rings(300);
        let (test, expected) = rings(600);
        let score = |kernel| {
            let model = fit(
                KernelSvmParams::new().c(10.0).kernel(kernel),
                &rows,
                &labels,
            );
            accuracy(&model, &test, &expected)
        };
        assert!(score(Kernel::Linear) < 0.75);
        assert!(score(RBF) > 0.99);
        assert!(score(SQUARE) > 0.99);
    }

    #[test]
    fn working_sets_reach_the_optimum_of_all_rows() {
        let (rows, labels) = rings(600);
        let params = KernelSvmParams::new().kernel(RBF).check().unwrap();
        let space = Space::new(RBF, &rows);
        let targets: Vec<bool> = labels.iter().map(|&l| l == 1).collect();
        let all: Vec<usize> = (0..rows.rows()).collect();
        let whole = params.solve_dense(&space, &all, &targets).unwrap();
        // All rows seem easy, so that the first working set is as small as can be.
        let rough = vec![2.0; rows.rows()];
        let grown = params
            .solve(&space, &targets, &rough, &Control::default())
            .unwrap();
        for (a, b) in space.margins(&whole).iter().zip(space.margins(&grown)) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
    }

    /// The conditions of Karush, Kuhn and Tucker, from what a model keeps: no multiplier beyond C, their signs those of
    /// the rows, their sum nothing, and margins of 1 where a multiplier lies between its bounds.
    #[test]
    fn multipliers_and_margins_fulfil_the_conditions_of_an_optimum() {
        const C: f32 = 2.0;
        const NEAR: f32 = 0.02;
        let cube = Kernel::Polynomial {
            gamma: 0.5,
            constant: 0.0,
            degree: 3,
        };
        for (kernel, classes) in [(RBF, 2), (RBF, 3), (SQUARE, 2), (SQUARE, 3), (cube, 2)] {
            let (rows, rings) = rings(120);
            let labels: Vec<usize> = (0..)
                .zip(rings)
                .map(|(i, ring): (usize, _)| (ring + i / 50) % classes)
                .collect();
            let model = fit(KernelSvmParams::new().c(C).kernel(kernel), &rows, &labels);
            let KernelSvmParts::Vectors {
                vectors, alphas, ..
            } = model.clone().into_parts()
            else {
                panic!("{kernel:?}")
            };
            let mut margins = vec![0.0; classes];
            let mut sums = vec![0.0_f32; classes];
            let mut between = 0;
            for (row, label) in rows.iter().zip(&labels) {
                let same = |vector: &SparseRow<'_>| {
                    (vector.indices, vector.values) == (row.indices, row.values)
                };
                let at = vectors.iter().position(|vector| same(&vector));
                model.decision(row, &mut margins);
                for class in 0..classes {
                    let sign = if *label == class { 1.0 } else { -1.0 };
                    let alpha = sign * at.map_or(0.0, |at| alphas[at * classes + class]);
                    let margin = sign * margins[class];
                    sums[class] += sign * alpha;
                    assert!((-1e-4..=C + 1e-3).contains(&alpha), "{kernel:?} {alpha}");
                    if alpha < C - 1e-3 {
                        assert!(margin >= 1.0 - NEAR, "{kernel:?} {alpha} {margin}");
                    }
                    if alpha > 1e-3 {
                        assert!(margin <= 1.0 + NEAR, "{kernel:?} {alpha} {margin}");
                        between += usize::from(alpha < C - 1e-3);
                    }
                }
            }
            assert!(between > 0, "{kernel:?}");
            assert!(
                sums.iter().all(|sum| sum.abs() < 0.02),
                "{kernel:?} {sums:?}"
            );
        }
    }

    #[test]
    fn the_factor_has_the_products_of_the_rows() {
        let (rows, _) = rings(12);
        let working: Vec<usize> = [0, 1, 2, 1, 5, 7].to_vec();
        let block = Space::new(Kernel::Linear, &rows).block(&working, 1e-6);
        let products = block.dot(&block.t());
        for (a, &i) in working.iter().enumerate() {
            for (b, &j) in working.iter().enumerate() {
                let expected = f64::from(rows.row(i).dot(rows.row(j)));
                // More than the ridge only on the diagonal, where a row depends on others.
                assert!((products[(a, b)] - expected).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_linear_kernel_reaches_the_objective_of_the_sparse_solver() {
        let data = customer();
        let ([rows, _], labels) = (data.plain(), data.train.labels);
        let chunked = fit(KernelSvmParams::new(), &rows, &labels);
        // A larger constant feature leaves the bias next to unregularised, as linfa-svm has it.
        let params = LinearSvmParams::new()
            .loss(Loss::Hinge)
            .bias(2.0)
            .epsilon(0.01)
            .check()
            .unwrap();
        let sparse = params
            .fit_matrix(&rows, &labels, &Control::default())
            .unwrap();
        let measure = LinearSvmParams::new().loss(Loss::Hinge).bias(1e6);
        let measure = measure.check().unwrap();
        let primal = |model| measure.primal(model, &rows, &labels).unwrap();
        let (chunked, sparse) = (primal(chunked.as_linear().unwrap()), primal(&sparse));
        assert!(chunked < sparse * 1.001, "{chunked} {sparse}");
        assert!(sparse < chunked * 1.002, "{chunked} {sparse}");
    }

    #[test]
    fn linfas_traits_train_and_predict() {
        let (rows, labels) = rings(100);
        let dataset = DatasetBase::new(SparseRecords(rows), Array1::from(labels));
        let model = KernelSvmParams::new()
            .c(10.0)
            .kernel(RBF)
            .fit(&dataset)
            .unwrap();
        let predicted: Array1<usize> = model.predict(&dataset);
        assert_eq!(predicted, dataset.targets);
        for params in [
            KernelSvmParams::new().c(0.0),
            KernelSvmParams::new().epsilon(f32::NAN),
            KernelSvmParams::new().kernel(Kernel::Rbf { gamma: -1.0 }),
            KernelSvmParams::new().kernel(Kernel::Polynomial {
                gamma: 1.0,
                constant: 0.0,
                degree: 0,
            }),
        ] {
            assert!(matches!(params.fit(&dataset), Err(Error::Parameter { .. })));
        }
    }

    #[test]
    fn too_many_rows_are_refused_with_their_number() {
        let (rows, labels) = rings(50);
        for (kernel, limit) in [(RBF, 49), (Kernel::Linear, 10)] {
            let params = KernelSvmParams::new().kernel(kernel).max_rows(Some(limit));
            let refused = params
                .check()
                .unwrap()
                .fit_matrix(&rows, &labels, &Control::default());
            assert!(matches!(refused, Err(Error::TooLarge { found: 50, .. })));
        }
    }

    #[test]
    fn one_class_empty_rows_and_contradictions_are_learned() {
        let one = vec![(0, 1.0)];
        for kernel in [Kernel::Linear, RBF, SQUARE] {
            let params = KernelSvmParams::new().kernel(kernel);
            let same = matrix(&[one.clone(), vec![]], 1);
            let model = fit(params.clone(), &same, &[3, 3]);
            assert_eq!(model.predict_row(same.row(0), &mut Vec::new()), 3);
            let empty = matrix(&vec![vec![]; 3], 0);
            let model = fit(params.clone(), &empty, &[0, 1, 1]);
            assert_eq!(model.classes(), [0, 1]);
            model.predict_row(SparseRow::default(), &mut Vec::new());
            let twice = matrix(&vec![one.clone(); 5], 1);
            let model = fit(params, &twice, &[0, 0, 0, 1, 1]);
            let mut margins = Vec::new();
            model.predict_row(twice.row(0), &mut margins);
            assert!(margins.iter().all(|m| m.is_finite()), "{margins:?}");
        }
    }

    #[test]
    fn a_fit_can_be_stopped() {
        let (rows, labels) = rings(50);
        let control = Control {
            cancelled: Some(&|| true),
            ..Control::default()
        };
        let params = KernelSvmParams::new().check().unwrap();
        let stopped = params.fit_matrix(&rows, &labels, &control);
        assert!(matches!(stopped, Err(Error::Cancelled)));
    }

    #[test]
    fn saved_parts_come_back_and_damaged_ones_are_refused() {
        let (rows, labels) = rings(60);
        let linear = fit(KernelSvmParams::new(), &rows, &labels);
        assert_eq!(
            KernelSvm::from_parts(linear.clone().into_parts()).unwrap(),
            linear
        );
        let model = fit(KernelSvmParams::new().kernel(RBF), &rows, &labels);
        assert!(model.support_vectors() > 0);
        let parts = model.clone().into_parts();
        assert_eq!(KernelSvm::from_parts(parts.clone()).unwrap(), model);
        let KernelSvmParts::Vectors {
            kernel,
            classes,
            vectors,
            alphas,
            intercepts,
        } = parts
        else {
            unreachable!("an RBF model has vectors");
        };
        let damaged = |kernel, classes: &[usize], alphas: &[f32], intercepts: &[f32]| {
            let parts = KernelSvmParts::Vectors {
                kernel,
                classes: classes.to_vec(),
                vectors: vectors.clone(),
                alphas: alphas.to_vec(),
                intercepts: intercepts.to_vec(),
            };
            assert!(KernelSvm::from_parts(parts).is_err());
        };
        damaged(Kernel::Linear, &classes, &alphas, &intercepts);
        damaged(
            Kernel::Rbf { gamma: f32::NAN },
            &classes,
            &alphas,
            &intercepts,
        );
        damaged(kernel, &[1, 0], &alphas, &intercepts);
        damaged(kernel, &[], &[], &[]);
        damaged(kernel, &classes, &alphas[1..], &intercepts);
        damaged(kernel, &classes, &alphas, &[0.0]);
        damaged(kernel, &classes, &alphas, &[f32::NAN, 0.0]);
    }
}
