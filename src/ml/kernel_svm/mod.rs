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

mod kernel;
mod space;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use linfa_svm::Svm;
use ndarray::Array1;
use rayon::prelude::*;

use self::space::{Solution, Space, product, scatter};
use crate::ml::{
    Control, Error, LinearSvm, LinearSvmParams, Result, SparseMatrix, SparseRecords, SparseRow,
    argmax,
    error::{require, require_equal},
    linear_svm::{LinearSvmParts, Loss, distinct},
};

pub use self::kernel::Kernel;

/// Rows that [`Kernel::Linear`] takes unless told otherwise: some seconds of training.
pub const MOST_ROWS_LINEAR: usize = 20_000;
/// Rows that the other kernels take unless told otherwise: about a minute on two cores, since next to every text
/// becomes a support vector.
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
