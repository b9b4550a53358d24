//! The rows of a fit with their kernel, and what a class's solution makes of them.

use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

use super::{Kernel, KernelSvm, KernelSvmParts};
use crate::ml::{Result, SparseMatrix, SparseRow, linear_svm::LinearSvmParts};

/// Share of a kernel value that is noise in single precision.
const ROUNDING: f64 = 1e-6;

/// The multipliers of one class, signed by the side of the row, and what is subtracted from its margins.
#[derive(Clone, Debug, Default)]
pub(super) struct Solution {
    pub(super) alphas: Vec<(usize, f32)>,
    pub(super) rho: f32,
}

/// The rows of a fit with their kernel.
pub(super) struct Space<'a> {
    kernel: Kernel,
    rows: &'a SparseMatrix,
    /// The kernel of every pair of rows, row by row; empty for the linear kernel, which has weights instead.
    values: Vec<f32>,
}

impl<'a> Space<'a> {
    pub(super) fn new(kernel: Kernel, rows: &'a SparseMatrix) -> Self {
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
    pub(super) fn block(&self, working: &[usize], ridge: f64) -> Array2<f64> {
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
    pub(super) fn margins(&self, solution: &Solution) -> Vec<f32> {
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
    pub(super) fn model(&self, classes: Vec<usize>, solved: &[Solution]) -> Result<KernelSvm> {
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
pub(super) fn scatter(row: SparseRow<'_>, cols: usize, dense: &mut Vec<f32>) {
    dense.clear();
    dense.resize(cols, 0.0);
    for (feature, value) in row.iter() {
        dense[feature as usize] = value;
    }
}

/// Returns the scalar product of a spread row with another.
pub(super) fn product(dense: &[f32], row: SparseRow<'_>) -> f32 {
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
