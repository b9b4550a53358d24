//! How sure figures are: intervals by the bootstrap, and whether two classifiers really differ.
//!
//! The bootstrap is Efron and Tibshirani, "An introduction to the bootstrap" (1993), with percentile intervals; the
//! comparison of paired answers is `McNemar` (Psychometrika 1947) in its exact binomial form.

use rayon::prelude::*;

use crate::ml::sampling::Random;

/// Share of resampled figures that an interval covers.
const COVERED: f64 = 0.95;

/// Returns the 95 % percentile interval of a figure of `n` items, taken from `rounds` resamples; `None` without items.
///
/// `figure` gets how often each item was drawn. Each resample has its own generator, so the number of threads changes
/// nothing.
pub fn bootstrap(
    n: usize,
    rounds: usize,
    seed: u64,
    figure: impl Fn(&[u32]) -> f64 + Sync,
) -> Option<(f64, f64)> {
    let [interval] = bootstrap_each(n, rounds, seed, |times| [figure(times)])?;
    Some(interval)
}

/// As [`bootstrap`], for several figures of the same resamples.
pub fn bootstrap_each<const K: usize>(
    n: usize,
    rounds: usize,
    seed: u64,
    figures: impl Fn(&[u32]) -> [f64; K] + Sync,
) -> Option<[(f64, f64); K]> {
    if n == 0 || rounds == 0 {
        return None;
    }
    let found: Vec<[f64; K]> = (0..rounds)
        .into_par_iter()
        .map_init(
            || vec![0_u32; n],
            |times, round| {
                let mut random =
                    Random::new(seed ^ (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                times.fill(0);
                for _ in 0..n {
                    if let Some(count) = times.get_mut(random.below(n)) {
                        *count += 1;
                    }
                }
                figures(times)
            },
        )
        .collect();
    Some(std::array::from_fn(|k| {
        let mut values: Vec<f64> = found.iter().filter_map(|all| all.get(k).copied()).collect();
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - COVERED) / 2.0;
        (quantile(&values, tail), quantile(&values, 1.0 - tail))
    }))
}

/// Returns the value below which the given share of sorted values lies, linearly between neighbours.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = share.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_sign_loss, reason = "a clamped share is not negative")]
    let below = at.floor() as usize;
    let value = |i: usize| sorted.get(i).copied().unwrap_or_default();
    let (low, high) = (value(below), value((below + 1).min(last)));
    low + (high - low) * (at - at.floor())
}

/// Returns the 95 % interval of a share by Wilson's score ("Probable inference, the law of succession, and statistical
/// inference", JASA 1927), which has a width even where all are right.
pub fn wilson(right: usize, of: usize) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    if of == 0 {
        return (0.0, 0.0);
    }
    let (n, share) = (of as f64, right as f64 / of as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    )
}

/// Returns how likely a split at least as uneven is by chance, where one classifier alone was right `only_first` times
/// and the other alone `only_second` times.
pub fn mcnemar(only_first: usize, only_second: usize) -> f64 {
    let n = only_first + only_second;
    let smaller = only_first.min(only_second);
    if n == 0 || 2 * smaller == n {
        return 1.0;
    }
    // Sums of binomial terms by their logarithms: n may be large.
    let half = n as f64 * 0.5_f64.ln();
    let mut term = half;
    let mut total = term.exp();
    for k in 1..=smaller {
        term += ((n - k + 1) as f64).ln() - (k as f64).ln();
        total += term.exp();
    }
    (2.0 * total).min(1.0)
}

/// Returns the probability that a positive scores above a negative, ties counting half: the area under the ROC curve
/// (Hanley and `McNeil`, Radiology 1982). `None` unless there are both.
pub fn auroc(scores: &[(f64, bool)]) -> Option<f64> {
    let positives = scores.iter().filter(|(_, positive)| *positive).count();
    let negatives = scores.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut order: Vec<(f64, bool)> = scores.to_vec();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut at) = (0.0, 0);
    for group in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        // Ranks count from 1: a tie has the mean of its first and last.
        let mean_rank = f64::midpoint(at as f64 + 1.0, (at + group.len()) as f64);
        rank_sum += mean_rank * group.iter().filter(|(_, positive)| *positive).count() as f64;
        at += group.len();
    }
    let (p, n) = (positives as f64, negatives as f64);
    Some((rank_sum - p * (p + 1.0) / 2.0) / (p * n))
}

/// Returns the share of negatives that score at least as high as a threshold which 95 % of the positives reach; `None`
/// unless there are both.
pub fn false_positives_at_95(scores: &[(f64, bool)]) -> Option<f64> {
    let mut positives: Vec<f64> = scores.iter().filter(|s| s.1).map(|s| s.0).collect();
    let negatives: Vec<f64> = scores.iter().filter(|s| !s.1).map(|s| s.0).collect();
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    positives.sort_by(|a, b| b.total_cmp(a));
    let reached = (positives.len() * 95).div_ceil(100).max(1);
    let threshold = positives.get(reached - 1).copied()?;
    let passed = negatives
        .iter()
        .filter(|score| **score >= threshold)
        .count();
    Some(passed as f64 / negatives.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_is_the_exact_binomial_test() {
        // scipy.stats.binomtest(k, n).pvalue
        for (a, b, expected) in [
            (5, 5, 1.0),
            (0, 5, 0.0625),
            (2, 10, 0.038_574_218_75),
            (10, 2, 0.038_574_218_75),
            (0, 0, 1.0),
            (40, 60, 0.056_887_933_640_980_784),
        ] {
            assert!(
                (mcnemar(a, b) - expected).abs() < 1e-9,
                "{a} {b}: {}",
                mcnemar(a, b)
            );
        }
        assert!(mcnemar(100_000, 101_000) > 0.0);
        assert!(mcnemar(0, 5000) < 1e-300 || mcnemar(0, 5000) >= 0.0);
    }

    #[test]
    fn the_interval_of_a_share_is_near_the_normal_one() {
        let right: Vec<bool> = (0..400).map(|i| i % 10 != 0).collect();
        let share = |times: &[u32]| {
            let hits: u32 = right
                .iter()
                .zip(times)
                .filter(|(r, _)| **r)
                .map(|(_, t)| t)
                .sum();
            f64::from(hits) / 400.0
        };
        let (low, high) = bootstrap(400, 2000, 1, share).unwrap();
        // 0.9 ± 1.96 √(0.9 · 0.1 / 400) = 0.9 ± 0.0294
        assert!(
            (low - 0.8706).abs() < 0.005 && (high - 0.9294).abs() < 0.005,
            "{low} {high}"
        );
        assert_eq!(bootstrap(400, 200, 1, share), bootstrap(400, 200, 1, share));
        assert_ne!(bootstrap(400, 200, 1, share), bootstrap(400, 200, 2, share));
        assert_eq!(bootstrap(0, 100, 1, |_| 0.0), None);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert!((quantile(&[1.0, 2.0, 3.0, 4.0], 0.5) - 2.5).abs() < 1e-12);
        assert!((quantile(&[1.0, 2.0], 7.0) - 2.0).abs() < 1e-12);
        assert!(quantile(&[], 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_area_under_the_curve_counts_ties_half() {
        let area = |scores: &[(f64, bool)]| auroc(scores).unwrap();
        assert!((area(&[(0.9, true), (0.1, false)]) - 1.0).abs() < 1e-12);
        assert!(area(&[(0.1, true), (0.9, false)]).abs() < 1e-12);
        assert!((area(&[(0.5, true), (0.5, false)]) - 0.5).abs() < 1e-12);
        // sklearn.metrics.roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        let four = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert!((area(&four) - 0.75).abs() < 1e-12);
        assert_eq!(auroc(&[(0.3, true)]), None);
        assert_eq!(auroc(&[]), None);
    }

    #[test]
    fn false_positives_are_counted_where_nearly_all_positives_are_found() {
        let scores = [(0.9, true), (0.8, true), (0.85, false), (0.1, false)];
        assert_eq!(false_positives_at_95(&scores), Some(0.5));
        assert_eq!(false_positives_at_95(&[(0.9, true)]), None);
    }
}
