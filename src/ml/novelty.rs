//! How strange something is beside what was learnt: a rank among measures of rows that were held out.
//!
//! Several measures, each the larger the more familiar a row is, are brought to mean 0 and deviation 1 and added up.
//! What is reported is the share of held-out rows that look at least as strange, as in conformal anomaly detection
//! (Vovk, Gammerman and Shafer 2005; Laxhammar and Falkman 2010): of rows like those learnt, no more than a share p
//! comes out below p. That needs no examples of what is strange.

use serde::{Deserialize, Serialize};

/// Values kept of the distribution of sums.
const KNOTS: usize = 200;

/// The distribution of `N` measures of familiar rows.
///
/// Its numbers are short enough to come back from JSON as they were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Novelty<const N: usize> {
    #[serde(with = "arrays")]
    means: [f32; N],
    #[serde(with = "arrays")]
    deviations: [f32; N],
    /// Sums at evenly spaced ranks, ascending, from the smallest to the largest.
    quantiles: Vec<f32>,
    /// Number of rows.
    rows: usize,
}

impl<const N: usize> Novelty<N> {
    /// Learns from the measures of rows that were held out; `None` without any.
    pub fn fit(rows: &[[f32; N]]) -> Option<Self> {
        let last = rows.len().checked_sub(1)?;
        let count = rows.len() as f64;
        let mean = |of: &dyn Fn(&[f32; N]) -> f64| rows.iter().map(of).sum::<f64>() / count;
        let means: [f32; N] = std::array::from_fn(|i| mean(&|row| f64::from(row[i])) as f32);
        let deviations = std::array::from_fn(|i| {
            let square = |row: &[f32; N]| (f64::from(row[i]) - f64::from(means[i])).powi(2);
            mean(&square).sqrt() as f32
        });
        let mut novelty = Self {
            means,
            deviations,
            quantiles: Vec::new(),
            rows: rows.len(),
        };
        let mut sums: Vec<f32> = rows.iter().map(|row| novelty.sum(row) as f32).collect();
        sums.sort_by(f32::total_cmp);
        let knots = KNOTS.min(last);
        novelty.quantiles = (0..=knots)
            .filter_map(|knot| sums.get(knot * last / knots.max(1)).copied())
            .collect();
        Some(novelty)
    }

    /// Returns the sum of the measures, each at its own scale; one that never varied says nothing.
    fn sum(&self, row: &[f32; N]) -> f64 {
        let scales = self.means.iter().zip(&self.deviations);
        row.iter()
            .zip(scales)
            .filter(|(value, (_, deviation))| value.is_finite() && **deviation > 1e-9)
            .map(|(value, (mean, deviation))| {
                (f64::from(*value) - f64::from(*mean)) / f64::from(*deviation)
            })
            .sum()
    }

    /// Returns the share of familiar rows that look at least as strange, above 0 and at most 1.
    ///
    /// It rises with the sum of the measures, also between those seen and below all of them, so that it ranks rows just
    /// as that sum does up to the largest one seen.
    pub fn familiarity(&self, row: &[f32; N]) -> f64 {
        let sum = self.sum(row);
        let least = 1.0 / (self.rows as f64 + 1.0);
        let above = self
            .quantiles
            .partition_point(|value| f64::from(*value) <= sum);
        let lower = above.checked_sub(1).and_then(|at| self.quantiles.get(at));
        match (lower, self.quantiles.get(above)) {
            (None, Some(first)) => least * (sum - f64::from(*first)).exp(),
            (Some(lower), Some(upper)) => {
                let (lower, upper) = (f64::from(*lower), f64::from(*upper));
                let part = (sum - lower) / (upper - lower);
                let steps = (self.quantiles.len() - 1) as f64;
                let rank = ((above - 1) as f64 + part) / steps;
                least + (1.0 - least) * rank
            }
            (_, None) => 1.0,
        }
    }

    /// Tells whether its numbers are such that a fit could have given them.
    pub fn is_sound(&self) -> bool {
        let numbers = self.means.iter().chain(&self.deviations);
        self.rows > 0
            && numbers.chain(&self.quantiles).all(|v| v.is_finite())
            && self.quantiles.is_sorted()
    }
}

/// Arrays of any length, which serde does not know.
mod arrays {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        values: &[f32; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        values.as_slice().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[f32; N], D::Error> {
        let values = Vec::<f32>::deserialize(from)?;
        <[f32; N]>::try_from(values.as_slice())
            .map_err(|_| D::Error::custom(format!("{N} numbers are wanted")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::sampling::Random;

    fn rows(count: usize, seed: u64) -> Vec<[f32; 2]> {
        let mut random = Random::new(seed);
        (0..count)
            .map(|_| [random.unit() * 10.0, random.unit() - 3.0])
            .collect()
    }

    #[test]
    fn of_familiar_rows_a_share_p_comes_out_below_p() {
        let novelty = Novelty::fit(&rows(4_000, 1)).unwrap();
        for share in [0.02, 0.1, 0.5, 0.9] {
            let others = rows(4_000, 2);
            let below = others.iter().filter(|row| novelty.familiarity(row) < share);
            let found = below.count() as f64 / 4_000.0;
            assert!((found - share).abs() < 0.03, "{share}: {found}");
        }
    }

    #[test]
    fn familiarity_rises_with_every_measure_even_far_below_what_was_seen() {
        let novelty = Novelty::fit(&rows(300, 1)).unwrap();
        let at = |value: f32| novelty.familiarity(&[value, -2.5]);
        let values: Vec<f64> = (-30_i16..=10).map(|i| at(f32::from(i))).collect();
        assert!(values.is_sorted_by(|a, b| a < b), "{values:?}");
        assert!(values.iter().all(|value| *value > 0.0 && *value <= 1.0));
        assert!(novelty.familiarity(&[1e9, 1e9]).to_bits() == 1.0_f64.to_bits());
    }

    #[test]
    fn a_measure_that_never_varied_and_what_is_no_number_say_nothing() {
        let novelty = Novelty::fit(&[[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]).unwrap();
        let at = |row: [f32; 2]| novelty.familiarity(&row).to_bits();
        assert_eq!(at([2.5, 5.0]), at([2.5, -90.0]));
        assert_eq!(at([2.5, f32::NAN]), at([2.5, 5.0]));
    }

    #[test]
    fn nothing_gives_none_and_one_row_is_enough() {
        assert_eq!(Novelty::<1>::fit(&[]), None);
        let one = Novelty::fit(&[[1.0]]).unwrap();
        assert!(one.familiarity(&[1.0]) > 0.0 && one.is_sound());
    }

    #[test]
    fn what_is_saved_is_what_is_read() {
        let novelty = Novelty::fit(&rows(50, 3)).unwrap();
        let json = serde_json::to_string(&novelty).unwrap();
        let read: Novelty<2> = serde_json::from_str(&json).unwrap();
        assert!(read.is_sound());
        let both = (
            read.familiarity(&[4.0, -2.2]),
            novelty.familiarity(&[4.0, -2.2]),
        );
        assert_eq!(both.0.to_bits(), both.1.to_bits());
        assert!(serde_json::from_str::<Novelty<3>>(&json).is_err());
    }
}
