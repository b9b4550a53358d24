//! Principal components: the directions in which vectors differ the most (Pearson 1901, Hotelling 1933).
//!
//! The covariance is diagonalised by Jacobi's rotations in cyclic order (Golub and Van Loan, "Matrix Computations",
//! 8.5): slower than what large matrices need, exact to the last digit, and the same on every processor.

use rayon::prelude::*;

/// Rounds over all pairs, of which a matrix of a thousand rows needs about ten.
const ROUNDS: usize = 40;
/// What counts as zero beside the diagonal, as a share of the whole.
const SMALL: f64 = 1e-13;

/// The directions in which some vectors differ the most.
#[derive(Clone, Debug)]
pub(super) struct Components {
    /// The middle of the vectors.
    means: Vec<f64>,
    directions: Vec<Vec<f64>>,
}

impl Components {
    /// Finds the first `wanted` directions of vectors of `width`; no more than there are.
    pub(super) fn of(vectors: &[f32], width: usize, wanted: usize) -> Self {
        let rows = vectors.len() / width.max(1);
        let mut columns = vec![0.0_f64; vectors.len()];
        let mut means = Vec::with_capacity(width);
        for (column, values) in columns.chunks_exact_mut(rows.max(1)).enumerate() {
            let all = vectors.iter().skip(column).step_by(width);
            for (slot, value) in values.iter_mut().zip(all) {
                *slot = f64::from(*value);
            }
            let mean = values.iter().sum::<f64>() / rows.max(1) as f64;
            for value in values {
                *value -= mean;
            }
            means.push(mean);
        }
        let columns: Vec<&[f64]> = columns.chunks_exact(rows.max(1)).collect();
        let covariance: Vec<f64> = columns
            .par_iter()
            .flat_map_iter(|a| columns.iter().map(|b| dot(a, b)))
            .collect();
        if covariance.len() != width * width {
            return Self {
                means,
                directions: Vec::new(),
            };
        }
        let mut directions = eigenvectors(covariance, width);
        directions.truncate(wanted);
        Self { means, directions }
    }

    /// Returns vectors by these directions.
    pub(super) fn apply(&self, vectors: &[f32]) -> Vec<f32> {
        let (width, wanted) = (self.means.len().max(1), self.directions.len());
        let mut projected = vec![0.0; vectors.len() / width * wanted];
        projected
            .par_chunks_mut(wanted.max(1))
            .zip(vectors.par_chunks_exact(width))
            .for_each(|(out, vector)| {
                let centred: Vec<f64> = vector
                    .iter()
                    .zip(&self.means)
                    .map(|(value, mean)| f64::from(*value) - mean)
                    .collect();
                for (out, direction) in out.iter_mut().zip(&self.directions) {
                    *out = dot(&centred, direction) as f32;
                }
            });
        projected
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 8];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Returns the eigenvectors of a symmetric matrix, that of the largest eigenvalue first; the largest entry of each is
/// positive, since their signs mean nothing.
fn eigenvectors(mut matrix: Vec<f64>, n: usize) -> Vec<Vec<f64>> {
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    let whole: f64 = matrix.iter().map(|value| value * value).sum();
    for _ in 0..ROUNDS {
        let mut beside = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                beside += matrix[p * n + q].powi(2);
            }
        }
        if beside <= SMALL * SMALL * whole {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let (first, both, second) =
                    (matrix[p * n + p], matrix[p * n + q], matrix[q * n + q]);
                if both.abs() <= f64::MIN_POSITIVE {
                    continue;
                }
                let tau = (second - first) / (2.0 * both);
                let tangent = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                let sine = tangent * cosine;
                rotate_rows(&mut matrix, n, p, q, cosine, sine);
                for row in matrix.chunks_exact_mut(n) {
                    let (x, y) = (row[p], row[q]);
                    row[p] = cosine * x - sine * y;
                    row[q] = sine * x + cosine * y;
                }
                rotate_rows(&mut vectors, n, p, q, cosine, sine);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| matrix[b * n + b].total_cmp(&matrix[a * n + a]));
    let vector = |i: usize| {
        let mut vector = vectors[i * n..(i + 1) * n].to_vec();
        let largest = vector.iter().fold(0.0_f64, |most, value| {
            if value.abs() > most.abs() {
                *value
            } else {
                most
            }
        });
        if largest < 0.0 {
            for value in &mut vector {
                *value = -*value;
            }
        }
        vector
    };
    order.into_iter().map(vector).collect()
}

/// Turns two rows into each other by an angle.
fn rotate_rows(matrix: &mut [f64], n: usize, p: usize, q: usize, cosine: f64, sine: f64) {
    let (head, tail) = matrix.split_at_mut(q * n);
    let (first, second) = (&mut head[p * n..(p + 1) * n], &mut tail[..n]);
    for (x, y) in first.iter_mut().zip(second) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::sampling::Random;

    #[test]
    fn components_are_those_of_a_matrix_that_is_known() {
        // Eigenvalues 3 and 1, along the two diagonals.
        let found = eigenvectors(vec![2.0, 1.0, 1.0, 2.0], 2);
        let half = 0.5_f64.sqrt();
        assert!((found[0][0] - half).abs() < 1e-12 && (found[0][1] - half).abs() < 1e-12);
        assert!((found[1][0] * found[1][1] + 0.5).abs() < 1e-12);
    }

    #[test]
    fn all_components_keep_every_distance_and_the_first_keep_most() {
        let mut random = Random::new(11);
        let (rows, width) = (40, 9);
        let vectors: Vec<f32> = (0..rows * width)
            .map(|i| (random.unit() - 0.5) / (1 + i % width) as f32)
            .collect();
        let apart = |all: &[f32], width: usize, a: usize, b: usize| -> f32 {
            let row = |i: usize| &all[i * width..(i + 1) * width];
            row(a)
                .iter()
                .zip(row(b))
                .map(|(a, b)| (a - b).powi(2))
                .sum()
        };
        let project = |wanted| Components::of(&vectors, width, wanted).apply(&vectors);
        let (all, some) = (project(99), project(3));
        let (mut kept, mut whole) = (0.0, 0.0);
        for (a, b) in [(0, 1), (5, 39), (7, 20), (2, 30)] {
            let exact = apart(&vectors, width, a, b);
            assert!((apart(&all, width, a, b) - exact).abs() < 1e-5);
            kept += apart(&some, 3, a, b);
            whole += exact;
        }
        assert!(
            kept > 0.8 * whole && kept <= whole * 1.0001,
            "{kept} of {whole}"
        );
    }

    #[test]
    fn vectors_that_do_not_differ_and_none_at_all_are_no_harm() {
        let same = [1.0, 2.0, 1.0, 2.0];
        assert_eq!(Components::of(&same, 2, 2).apply(&same), [0.0; 4]);
        assert_eq!(Components::of(&[], 3, 2).apply(&[]), [0.0_f32; 0]);
    }
}
