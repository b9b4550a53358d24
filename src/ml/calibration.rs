//! From margins to confidences that mean what they say: a softmax with one fitted temperature.
//!
//! Temperature scaling is Guo et al., "On calibration of modern neural networks" (ICML 2017), here on margins of a
//! support vector machine. The temperature is fitted on margins of rows that were held out (cross-validation);
//! on rows that were learned it would come out far too sure. Targets are smoothed as in Platt (1999), so that it
//! stays finite even if every held-out row was right.

use ndarray::ArrayView2;

/// Bounds of the fitted temperature.
const LOWEST: f64 = 0.01;
const HIGHEST: f64 = 100.0;

/// Returns the factor on margins for which `softmax(factor × margins)` gives the labels the highest likelihood.
///
/// `margins` has a row for each held-out example and a column for each class; `labels` are columns. It is an inverse
/// temperature: above 1 for more certainty. Examples whose label is no column are passed over; without any, or with
/// fewer than two classes, the factor is 1.
pub fn fit_temperature(margins: ArrayView2<'_, f32>, labels: &[usize]) -> f32 {
    let examples: Vec<(Vec<f64>, usize)> = margins
        .outer_iter()
        .zip(labels)
        .filter(|(row, label)| **label < row.len() && row.iter().all(|m| m.is_finite()))
        .map(|(row, &label)| (row.iter().map(|&m| f64::from(m)).collect(), label))
        .collect();
    if examples.is_empty() || margins.ncols() < 2 {
        return 1.0;
    }
    let certainty = (examples.len() as f64 + 1.0) / (examples.len() as f64 + 2.0);
    // The loss is convex in the factor: Newton's method, held between bounds that close in.
    let (mut low, mut high, mut factor) = (LOWEST, HIGHEST, 1.0);
    for _ in 0..100 {
        let (slope, curvature) = derivatives(&examples, factor, certainty);
        if slope > 0.0 {
            high = factor;
        } else {
            low = factor;
        }
        let newton = factor - slope / curvature;
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        let done = (next - factor).abs() <= 1e-7 * factor;
        factor = next;
        if done {
            break;
        }
    }
    factor as f32
}

/// Returns the first and second derivative of the mean loss by the factor.
fn derivatives(examples: &[(Vec<f64>, usize)], factor: f64, certainty: f64) -> (f64, f64) {
    let (mut slope, mut curvature) = (0.0, 0.0);
    for (margins, label) in examples {
        let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut mean, mut square) = (0.0, 0.0, 0.0);
        for &margin in margins {
            let weight = (factor * (margin - largest)).exp();
            total += weight;
            mean += weight * margin;
            square += weight * margin * margin;
        }
        mean /= total;
        square /= total;
        let own = margins.get(*label).copied().unwrap_or_default();
        let others = (margins.iter().sum::<f64>() - own) / (margins.len() as f64 - 1.0);
        slope += mean - certainty * own - (1.0 - certainty) * others;
        curvature += square - mean * mean;
    }
    let n = examples.len() as f64;
    (slope / n, curvature / n)
}

/// Replaces margins by `softmax(temperature × margins)`: positive numbers that sum to 1.
pub fn softmax(margins: &mut [f32], temperature: f32) {
    let largest = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for margin in margins.iter_mut() {
        *margin = (temperature * (*margin - largest)).exp();
        total += *margin;
    }
    for margin in margins.iter_mut() {
        *margin /= total;
    }
}

/// Returns the expected calibration error: by how much confidence and accuracy differ, averaged over equally wide
/// bins of confidence (Naeini et al. 2015; 15 bins are usual).
///
/// Each prediction is given by its confidence and whether it was right; without any the error is 0.
pub fn expected_calibration_error(predictions: &[(f32, bool)], bins: usize) -> f32 {
    let bins = bins.max(1);
    let mut sums = vec![(0.0_f64, 0.0_f64); bins];
    for &(confidence, right) in predictions {
        #[expect(
            clippy::cast_sign_loss,
            reason = "a confidence below 0 falls into the first bin"
        )]
        let bin = ((confidence * bins as f32) as usize).min(bins - 1);
        sums[bin].0 += f64::from(confidence);
        sums[bin].1 += f64::from(u8::from(right));
    }
    let gaps: f64 = sums.iter().map(|(sure, right)| (sure - right).abs()).sum();
    (gaps / predictions.len().max(1) as f64) as f32
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::ml::sampling::Random;

    #[test]
    fn softmax_sums_to_one_even_for_huge_margins() {
        for temperature in [0.0, 1.0, 100.0] {
            let mut margins = [1e4, -1e4, 3.0];
            softmax(&mut margins, temperature);
            assert!((margins.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        softmax(&mut [], 1.0);
    }

    #[test]
    fn the_temperature_that_made_the_labels_is_found_again() {
        let mut random = Random::new(1);
        let margins = Array2::from_shape_fn((20_000, 4), |_| random.unit() * 2.0 - 1.0);
        let labels: Vec<usize> = margins
            .outer_iter()
            .map(|row| {
                let mut probabilities = row.to_vec();
                softmax(&mut probabilities, 5.0);
                let mut left = random.unit();
                probabilities
                    .iter()
                    .position(|p| {
                        left -= p;
                        left < 0.0
                    })
                    .unwrap_or(3)
            })
            .collect();
        let found = fit_temperature(margins.view(), &labels);
        assert!((found - 5.0).abs() < 0.15, "{found}");
    }

    #[test]
    fn perfect_margins_stay_finite_and_useless_ones_lose_their_say() {
        let perfect = array![[1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]];
        let found = fit_temperature(perfect.view(), &[0, 1, 0]);
        assert!(found > 0.5 && found < 3.0, "{found}");
        let wrong = fit_temperature(perfect.view(), &[1, 0, 1]);
        assert!(wrong < 0.02, "{wrong}");
    }

    #[test]
    fn nothing_to_fit_gives_one() {
        let one = |margins: Array2<f32>, labels: &[usize]| {
            assert_eq!(
                fit_temperature(margins.view(), labels).to_bits(),
                1.0_f32.to_bits()
            );
        };
        one(Array2::zeros((0, 3)), &[]);
        one(array![[1.0], [2.0]], &[0, 0]);
        one(array![[1.0, 2.0]], &[5]);
        one(array![[f32::NAN, 2.0]], &[0]);
        assert!(fit_temperature(array![[1.0_f32, 1.0]].view(), &[0]).is_finite());
    }

    #[test]
    fn calibration_error_is_the_mean_gap() {
        assert!(expected_calibration_error(&[], 15).abs() < 1e-6);
        assert!(expected_calibration_error(&[(1.0, true), (1.0, true)], 15).abs() < 1e-6);
        let half = expected_calibration_error(&[(1.0, true), (1.0, false)], 15);
        assert!((half - 0.5).abs() < 1e-6);
        let even = [(0.75, true), (0.75, true), (0.75, true), (0.75, false)];
        assert!(expected_calibration_error(&even, 0).abs() < 1e-6);
    }
}
