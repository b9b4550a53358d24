//! What planes have in common: products of their weights, class by class, and a square root of those.

use rayon::prelude::*;

use crate::ml::dense::dot;

/// How much each class counts by itself, as a share of what a class has in common with itself in the mean.
///
/// With 10 examples an intent of BANKING77's training part, 0.03, 0.3 and 1 gain 2.9, 2.7 and 1.9 points over softmax
/// regression alone; with 5 of CLINC150's they lose 1.9, 0.4 and 0.1.
const OWN: f64 = 0.3;

/// A lower triangular matrix whose product with its transpose is what planes have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Relations {
    planes: usize,
    /// Row by row; zeros above the diagonal included.
    factor: Vec<f32>,
}

impl Relations {
    /// Returns the relations between planes that are sums of rows, by their shares of the rows and the scores they give
    /// them, row by row.
    pub(super) fn of(shares: &[f32], scores: &[f32], planes: usize) -> Self {
        let mut products = vec![0.0_f64; planes * planes];
        products
            .par_chunks_exact_mut(planes)
            .enumerate()
            .for_each(|(plane, sums)| {
                let shares = shares.iter().skip(plane).step_by(planes);
                for (share, scores) in shares.zip(scores.chunks_exact(planes)) {
                    for (sum, score) in sums.iter_mut().zip(scores) {
                        *sum += f64::from(share * score);
                    }
                }
            });
        // Both halves are the same but for rounding.
        for a in 0..planes {
            for b in 0..a {
                let mean = f64::midpoint(products[a * planes + b], products[b * planes + a]);
                (products[a * planes + b], products[b * planes + a]) = (mean, mean);
            }
        }
        let trace: f64 = products.iter().step_by(planes + 1).sum();
        let mean = trace / planes as f64;
        // Where nothing is in common every plane stands for itself.
        let (scale, own) = if mean > 0.0 {
            (1.0 / (mean * (1.0 + OWN)), OWN / (1.0 + OWN))
        } else {
            (0.0, 1.0)
        };
        for (at, product) in products.iter_mut().enumerate() {
            *product = *product * scale + if at % (planes + 1) == 0 { own } else { 0.0 };
        }
        Self {
            planes,
            factor: cholesky(&products, planes),
        }
    }

    /// Makes planes of the weights of a feature, or scores of a row.
    pub(super) fn multiply(&self, values: &mut [f32]) {
        for at in (0..self.planes).rev() {
            let row = &self.factor[at * self.planes..][..=at];
            values[at] = dot(row, &values[..=at]);
        }
    }

    /// Makes slopes by weights of slopes by scores.
    pub(super) fn multiply_transposed(&self, values: &mut [f32]) {
        for at in 0..self.planes {
            let own = values[at] * self.factor[at * self.planes + at];
            let row = &self.factor[at * self.planes..at * self.planes + at];
            let value = values[at];
            for (sum, factor) in values.iter_mut().zip(row) {
                *sum += factor * value;
            }
            values[at] = own;
        }
    }

    /// Undoes [`Self::multiply`].
    pub(super) fn divide(&self, values: &mut [f32]) {
        for at in 0..self.planes {
            let row = &self.factor[at * self.planes..][..=at];
            let known = dot(&row[..at], &values[..at]);
            values[at] = (values[at] - known) / row[at];
        }
    }
}

/// Returns the lower triangular root of a positive definite matrix.
fn cholesky(matrix: &[f64], size: usize) -> Vec<f32> {
    let mut root = vec![0.0_f64; size * size];
    for row in 0..size {
        for column in 0..=row {
            let (a, b) = (&root[row * size..], &root[column * size..]);
            let known: f64 = a.iter().zip(b).take(column).map(|(a, b)| a * b).sum();
            let rest = matrix[row * size + column] - known;
            root[row * size + column] = if row == column {
                rest.max(f64::MIN_POSITIVE).sqrt()
            } else {
                rest / root[column * size + column]
            };
        }
    }
    root.into_iter().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::sampling::Random;

    fn random(count: usize) -> Vec<f32> {
        let mut random = Random::new(3);
        (0..count).map(|_| random.unit() - 0.5).collect()
    }

    /// Multiplying by the root and its transpose is multiplying by what planes have in common.
    #[test]
    fn the_root_squared_is_what_planes_have_in_common() {
        let (features, planes) = (7, 11);
        let weights = random(features * planes);
        let relations = Relations::of(&weights, &weights, planes);
        let product = |a: usize, b: usize| -> f64 {
            let rows = weights.chunks(planes);
            rows.map(|row| f64::from(row[a]) * f64::from(row[b])).sum()
        };
        let mean = (0..planes).map(|at| product(at, at)).sum::<f64>() / planes as f64;
        for column in 0..planes {
            let mut values = vec![0.0; planes];
            values[column] = 1.0;
            relations.multiply_transposed(&mut values);
            relations.multiply(&mut values);
            for (row, found) in values.into_iter().enumerate() {
                let own = if row == column { OWN } else { 0.0 };
                let expected = (product(row, column) / mean + own) / (1.0 + OWN);
                assert!((f64::from(found) - expected).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn dividing_undoes_multiplying() {
        let relations = Relations::of(&random(60), &random(60), 12);
        let before = random(12);
        let mut values = before.clone();
        relations.divide(&mut values);
        relations.multiply(&mut values);
        for (found, expected) in values.iter().zip(&before) {
            assert!((found - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn planes_without_weights_stand_each_for_itself() {
        let relations = Relations::of(&[0.0; 6], &[0.0; 6], 3);
        let mut values = [1.0, -2.0, 3.0];
        relations.multiply(&mut values);
        assert_eq!(
            values.map(f32::to_bits),
            [1.0_f32, -2.0, 3.0].map(f32::to_bits)
        );
    }
}
