//! From margins to confidences that mean what they say: a softmax with one fitted temperature.
//!
//! Temperature scaling is Guo et al., "On calibration of modern neural networks" (ICML 2017), here on margins of a
//! support vector machine. The temperature is fitted on margins of rows that were held out (cross-validation);
//! on rows that were learned it would come out far too sure. Targets are smoothed as in Platt (1999), so that it
//! stays finite even if every held-out row was right.

use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Bounds of the fitted temperature.
const LOWEST: f64 = 0.01;
const HIGHEST: f64 = 100.0;

/// Returns the factor on margins for which `softmax(factor × margins)` gives the labels the highest likelihood.
///
/// `margins` has a row for each held-out example and a column for each class; `labels` are columns. It is an inverse
/// temperature: above 1 for more certainty. Examples whose label is no column are passed over; without any, or with
/// fewer than two classes, the factor is 1.
pub fn fit_temperature(margins: ArrayView2<'_, f32>, labels: &[usize]) -> f32 {
    temperature(&usable(margins, labels))
}

/// Margins of a row, and its label.
type Row = (Vec<f32>, usize);

/// Returns the rows that say something.
fn usable(margins: ArrayView2<'_, f32>, labels: &[usize]) -> Vec<Row> {
    margins
        .outer_iter()
        .zip(labels)
        .filter(|(row, label)| {
            row.len() > 1 && **label < row.len() && row.iter().all(|margin| margin.is_finite())
        })
        .map(|(row, &label)| (row.to_vec(), label))
        .collect()
}

/// Returns how sure a right label is taken to be: as one more example of each kind would have it (Platt 1999).
fn certainty(rows: usize) -> f64 {
    (rows as f64 + 1.0) / (rows as f64 + 2.0)
}

/// Returns the factor of [`fit_temperature`].
fn temperature(rows: &[Row]) -> f32 {
    if rows.is_empty() {
        return 1.0;
    }
    let certainty = certainty(rows.len());
    // The loss is convex in the factor: Newton's method, held between bounds that close in.
    let (mut low, mut high, mut factor) = (LOWEST, HIGHEST, 1.0);
    for _ in 0..100 {
        let (slope, curvature) = derivatives(rows, factor, certainty);
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
fn derivatives(rows: &[Row], factor: f64, certainty: f64) -> (f64, f64) {
    let (mut slope, mut curvature) = (0.0, 0.0);
    for (margins, label) in rows {
        let margins = || margins.iter().copied().map(f64::from);
        let largest = margins().fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut mean, mut square, mut sum) = (0.0, 0.0, 0.0, 0.0);
        let (mut count, mut own) = (0.0, 0.0);
        for (class, margin) in margins().enumerate() {
            let weight = (factor * (margin - largest)).exp();
            total += weight;
            mean += weight * margin;
            square += weight * margin * margin;
            sum += margin;
            count += 1.0;
            if class == *label {
                own = margin;
            }
        }
        mean /= total;
        square /= total;
        let others = (sum - own) / (count - 1.0);
        slope += mean - certainty * own - (1.0 - certainty) * others;
        curvature += square - mean * mean;
    }
    let count = rows.len() as f64;
    (slope / count, curvature / count)
}

/// How sure to be of margins: a temperature that depends on them.
///
/// The factor is `exp(base + slope × crowd)`, where the crowd is the mean of the five largest margins: where many
/// classes come near, the same lead means something else than where one stands alone. On public intent sets that fits
/// held-out margins better than one factor for all, most where there are few examples.
///
/// Margins of a message of which only a share was learnt count for that share, since those of the rest are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sharpness {
    base: f32,
    slope: f32,
}

/// Precision of the normal prior of the factor's logarithm: on public sets it lies within about a third of the usual.
const PRECISION: f64 = 8.0;
/// Margins that make the crowd.
const CROWD: usize = 5;
/// Rows whose derivatives are added up together, always in the same order.
const CHUNK: usize = 256;

/// What is expected of the factor before any row is seen.
#[derive(Clone, Copy, Debug)]
struct Prior {
    /// Logarithm of the factor on margins with the mean crowd.
    usual: f64,
    /// Mean crowd.
    crowd: f64,
}

impl Sharpness {
    /// Fits both numbers to margins of rows that were held out; the arguments are those of [`fit_temperature`].
    ///
    /// `usual` is the factor that suits margins of this kind on most data. Where few rows were held out it counts for
    /// more than they do: two or four may share no word with what was learnt, and would else say that margins mean
    /// nothing. The slope has a normal prior too, so that a few examples do not bend it. Minimised by damped Newton
    /// steps from the usual. Also returns the mean loss, which tells better margins from worse ones.
    pub fn fit(margins: ArrayView2<'_, f32>, labels: &[usize], usual: f32) -> (Self, f64) {
        let rows = usable(margins, labels);
        if rows.is_empty() {
            return (Self::default(), 0.0);
        }
        let crowds = rows.iter().map(|(margins, _)| f64::from(crowd(margins)));
        let prior = Prior {
            usual: f64::from(usual).ln(),
            crowd: crowds.sum::<f64>() / rows.len() as f64,
        };
        let mut best = Self {
            base: usual.ln(),
            slope: 0.0,
        };
        let (mut loss, mut step) = best.derivatives(&rows, prior);
        let mut damping = 1e-3;
        for _ in 0..STEPS {
            let Some((base, slope)) = step.solve(damping) else {
                break;
            };
            let next = Self {
                base: best.base - base as f32,
                slope: best.slope - slope as f32,
            };
            let (next_loss, next_step) = next.derivatives(&rows, prior);
            if next_loss < loss {
                let gain = loss - next_loss;
                (best, loss, step) = (next, next_loss, next_step);
                damping = (damping * 0.1).max(1e-6);
                if gain < 1e-7 {
                    break;
                }
            } else {
                damping *= 10.0;
                if damping > 1e3 {
                    break;
                }
            }
        }
        (best, loss)
    }

    /// Tells whether both numbers are numbers.
    pub fn is_finite(self) -> bool {
        self.base.is_finite() && self.slope.is_finite()
    }

    /// Returns one that is surer of all margins by a factor above 1, less sure by one below.
    #[must_use]
    pub fn sharper(self, factor: f32) -> Self {
        Self {
            base: self.base + factor.ln(),
            ..self
        }
    }

    /// Returns the factor on these margins of a message of which this share, from 0 to 1, was learnt.
    pub fn factor(self, margins: &[f32], known: f32) -> f32 {
        known * self.of_crowd(known * crowd(margins))
    }

    /// Replaces margins of a message of which this share was learnt by their softmax: positive numbers that sum to 1.
    pub fn softmax(self, margins: &mut [f32], known: f32) {
        let factor = self.factor(margins, known);
        softmax(margins, factor);
    }

    fn of_crowd(self, crowd: f32) -> f32 {
        (self.base + self.slope * crowd)
            .clamp(LOWEST.ln() as f32, HIGHEST.ln() as f32)
            .exp()
    }

    /// Returns the mean loss with what is needed for a step.
    fn derivatives(self, rows: &[Row], prior: Prior) -> (f64, Step) {
        let count = rows.len() as f64;
        let certainty = certainty(rows.len());
        let parts: Vec<(f64, Step)> = rows
            .par_chunks(CHUNK)
            .map(|rows| {
                let mut sum = (0.0, Step::default());
                for (margins, label) in rows {
                    let (loss, slope, curvature) = self.of_row(margins, *label, certainty);
                    sum.0 += loss;
                    sum.1.add(slope, curvature, f64::from(crowd(margins)));
                }
                sum
            })
            .collect();
        let (mut loss, mut step) = (0.0, Step::default());
        for (part, other) in parts {
            loss += part;
            step.join(&other);
        }
        let slope = f64::from(self.slope);
        step.slope.1 += slope;
        step.curvature.2 += 1.0;
        let off = f64::from(self.base) + slope * prior.crowd - prior.usual;
        step.add(PRECISION * off, PRECISION, prior.crowd);
        let penalty = slope * slope + PRECISION * off * off;
        ((loss + penalty / 2.0) / count, step)
    }

    /// Returns the loss of a row, and its first and second derivative by the logarithm of the factor.
    fn of_row(self, margins: &[f32], label: usize, certainty: f64) -> (f64, f64, f64) {
        let factor = self.of_crowd(crowd(margins));
        let largest = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut total, mut mean, mut square, mut sum) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
        for &margin in margins {
            let below = margin - largest;
            let weight = f64::from((factor * below).exp());
            let below = f64::from(below);
            total += weight;
            mean += weight * below;
            square += weight * below * below;
            sum += below;
        }
        mean /= total;
        square /= total;
        let own = f64::from(margins.get(label).copied().unwrap_or_default() - largest);
        let others = (sum - own) / (margins.len() as f64 - 1.0);
        let target = certainty * own + (1.0 - certainty) * others;
        let factor = f64::from(factor);
        (
            total.ln() - factor * target,
            factor * (mean - target),
            factor * factor * (square - mean * mean).max(0.0),
        )
    }
}

/// Most steps of the fit.
const STEPS: usize = 25;

/// Sums of the derivatives by both numbers.
#[derive(Clone, Debug, Default)]
struct Step {
    slope: (f64, f64),
    /// By the first twice, by both, by the second twice.
    curvature: (f64, f64, f64),
}

impl Step {
    fn add(&mut self, slope: f64, curvature: f64, crowd: f64) {
        self.slope.0 += slope;
        self.slope.1 += slope * crowd;
        self.curvature.0 += curvature;
        self.curvature.1 += curvature * crowd;
        self.curvature.2 += curvature * crowd * crowd;
    }

    fn join(&mut self, other: &Self) {
        self.slope.0 += other.slope.0;
        self.slope.1 += other.slope.1;
        self.curvature.0 += other.curvature.0;
        self.curvature.1 += other.curvature.1;
        self.curvature.2 += other.curvature.2;
    }

    /// Returns what to take off both numbers.
    fn solve(&self, damping: f64) -> Option<(f64, f64)> {
        let more = |value: f64| value * (1.0 + damping) + 1e-9;
        let (a, b, c) = (
            more(self.curvature.0),
            self.curvature.1,
            more(self.curvature.2),
        );
        let determinant = a * c - b * b;
        let (by_base, by_slope) = self.slope;
        (determinant > 0.0).then(|| {
            (
                (c * by_base - b * by_slope) / determinant,
                (a * by_slope - b * by_base) / determinant,
            )
        })
    }
}

/// Returns the mean of the five largest margins; 0 without any.
fn crowd(margins: &[f32]) -> f32 {
    let mut largest = [f32::NEG_INFINITY; CROWD];
    for &margin in margins {
        let mut margin = margin;
        for place in &mut largest {
            if margin > *place {
                std::mem::swap(&mut margin, place);
            }
        }
    }
    let count = margins.len().min(CROWD);
    let sum: f32 = largest.iter().take(count).sum();
    if sum.is_finite() {
        sum / count.max(1) as f32
    } else {
        0.0
    }
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
    fn a_slope_that_made_the_labels_is_found_again() {
        let mut random = Random::new(3);
        let truth = Sharpness {
            base: 1.0,
            slope: -1.5,
        };
        let margins = Array2::from_shape_fn((20_000, 6), |_| random.unit() * 2.0 - 1.0);
        let labels: Vec<usize> = margins
            .outer_iter()
            .map(|row| {
                let mut probabilities = row.to_vec();
                truth.softmax(&mut probabilities, 1.0);
                let mut left = random.unit();
                let drawn = probabilities.iter().position(|p| {
                    left -= p;
                    left < 0.0
                });
                drawn.unwrap_or(5)
            })
            .collect();
        let (found, _) = Sharpness::fit(margins.view(), &labels, 1.0);
        assert!((found.base - truth.base).abs() < 0.05, "{found:?}");
        assert!((found.slope - truth.slope).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn derivatives_of_the_fit_are_those_of_finite_differences() {
        let rows = vec![
            (vec![0.4_f32, -0.7, -1.1], 0_usize),
            (vec![-0.2, -0.1, -1.3], 0),
            (vec![-0.9, -0.8, 0.6], 2),
        ];
        let prior = Prior {
            usual: 0.3,
            crowd: -0.2,
        };
        let at = |base: f32, slope: f32| Sharpness { base, slope }.derivatives(&rows, prior);
        let (base, slope, step) = (1.2, -0.4, 1e-2_f32);
        let count = 3.0;
        let (_, exact) = at(base, slope);
        let by_base = (at(base + step, slope).0 - at(base - step, slope).0) / f64::from(2.0 * step);
        let by_slope =
            (at(base, slope + step).0 - at(base, slope - step).0) / f64::from(2.0 * step);
        assert!(
            (exact.slope.0 / count - by_base).abs() < 1e-4,
            "{exact:?} {by_base}"
        );
        assert!(
            (exact.slope.1 / count - by_slope).abs() < 1e-4,
            "{exact:?} {by_slope}"
        );
    }

    #[test]
    fn the_crowd_is_the_mean_of_the_five_largest() {
        assert!((crowd(&[1.0, 9.0, 2.0, 3.0, 4.0, 5.0, -7.0]) - 4.6).abs() < 1e-6);
        assert!((crowd(&[1.0, 2.0]) - 1.5).abs() < 1e-6);
        assert!(crowd(&[]).abs() < 1e-6);
        let (one, _) = Sharpness::fit(array![[1.0_f32], [2.0]].view(), &[0, 0], 5.0);
        assert_eq!(one.factor(&[3.0], 1.0).to_bits(), 1.0_f32.to_bits());
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
    fn what_is_usual_counts_where_little_was_held_out() {
        let sure = |held_out: usize| {
            // Rows that share nothing with what was learnt: each a little for the wrong label.
            let margins = Array2::from_shape_fn((held_out, 2), |(_, class)| 0.1 * class as f32);
            let labels = vec![0; held_out];
            let (fit, _) = Sharpness::fit(margins.view(), &labels, 2.0);
            let mut row = [1.0, -1.0];
            fit.softmax(&mut row, 1.0);
            row[0]
        };
        assert!(sure(4) > 0.9, "{}", sure(4));
        assert!(sure(8) > 0.9, "{}", sure(8));
        assert!(sure(2000) < 0.7, "{}", sure(2000));
    }

    #[test]
    fn the_less_of_a_message_is_known_the_less_sure() {
        let sharpness = Sharpness {
            base: 1.5,
            slope: -0.5,
        };
        let sure = |known: f32| {
            let mut row = [1.0, -0.5, -0.8];
            sharpness.softmax(&mut row, known);
            row[0]
        };
        assert!(sure(1.0) > sure(0.7) && sure(0.7) > sure(0.2));
        assert!((sure(0.0) - 1.0 / 3.0).abs() < 1e-6);
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
