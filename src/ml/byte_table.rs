//! Tables of weights as bytes, each row with the scale of its own largest weight.
//!
//! A quarter of the memory of `f32`. A weight is off by at most 1/254 of its row's largest, evenly in both directions,
//! so what many features add up to changes far less than the noise of learning.

use super::{
    Error, Result,
    error::{require, require_equal},
};

/// Steps of a byte on either side of zero.
const STEPS: f32 = 127.0;

/// Rows of weights, all of the same width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByteTable {
    width: usize,
    /// For each row what a weight of 1 stands for.
    scales: Vec<f32>,
    /// Row by row.
    weights: Vec<i8>,
}

impl ByteTable {
    /// Rounds a table that is given row by row.
    pub fn new(weights: &[f32], width: usize) -> Self {
        let rows = weights.chunks(width.max(1));
        let (mut scales, mut bytes) = (
            Vec::with_capacity(rows.len()),
            Vec::with_capacity(weights.len()),
        );
        for row in rows {
            let largest = row
                .iter()
                .fold(0.0_f32, |most, weight| most.max(weight.abs()));
            let scale = largest / STEPS;
            scales.push(scale);
            bytes.extend(row.iter().map(|weight| {
                if scale > 0.0 {
                    (weight / scale).round() as i8
                } else {
                    0
                }
            }));
        }
        Self {
            width,
            scales,
            weights: bytes,
        }
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// Adds `factor` times a row to `sums`; a row that is not there adds nothing.
    pub fn add_row(&self, row: usize, factor: f32, sums: &mut [f32]) {
        let Some(scale) = self.scales.get(row) else {
            return;
        };
        let factor = factor * scale;
        let start = row * self.width;
        if let Some(weights) = self.weights.get(start..start + self.width) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += factor * f32::from(*weight);
            }
        }
    }

    /// Returns a weight; 0 where there is none.
    pub fn weight(&self, row: usize, column: usize) -> f32 {
        if column >= self.width {
            return 0.0;
        }
        let weight = self.weights.get(row * self.width + column).copied();
        f32::from(weight.unwrap_or_default()) * self.scales.get(row).copied().unwrap_or_default()
    }

    /// Returns the scale of each row, for saving.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Returns the bytes row by row, for saving.
    pub fn weights(&self) -> &[i8] {
        &self.weights
    }

    /// Makes a table from saved parts, which may be damaged.
    pub fn from_parts(width: usize, scales: Vec<f32>, weights: Vec<i8>) -> Result<Self> {
        let expected = scales.len().checked_mul(width);
        require_equal(
            "weights",
            expected.ok_or(Error::Parts("a size overflows"))?,
            weights.len(),
        )?;
        for &scale in &scales {
            require(
                scale.is_finite() && scale >= 0.0,
                "scale",
                scale,
                "0 or above",
            )?;
        }
        Ok(Self {
            width,
            scales,
            weights,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn weights_come_back_within_half_a_step(weights in prop::collection::vec(-5.0_f32..5.0, 0..60)) {
            let width = 3;
            let weights = &weights[..weights.len() / width * width];
            let table = ByteTable::new(weights, width);
            for (row, exact) in weights.chunks(width).enumerate() {
                let largest = exact.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
                let mut sums = [0.0; 3];
                table.add_row(row, 2.0, &mut sums);
                for (column, weight) in exact.iter().enumerate() {
                    let error = (table.weight(row, column) - weight).abs();
                    prop_assert!(error <= largest / 254.0 + 1e-5);
                    prop_assert!((sums[column] - 2.0 * table.weight(row, column)).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn rows_of_zeros_and_rows_that_are_not_there_add_nothing() {
        let table = ByteTable::new(&[0.0, 0.0, 1.0, -1.0], 2);
        let mut sums = [0.5, 0.5];
        table.add_row(0, 9.0, &mut sums);
        table.add_row(7, 9.0, &mut sums);
        assert_eq!(sums.map(f32::to_bits), [0.5_f32; 2].map(f32::to_bits));
        assert!((table.weight(1, 1) + 1.0).abs() < 1e-6);
        assert!(table.weight(1, 2).abs() < 1e-6);
        assert_eq!(ByteTable::new(&[], 0).rows(), 0);
    }

    #[test]
    fn damaged_parts_are_refused() {
        assert!(ByteTable::from_parts(2, vec![1.0], vec![1, 2]).is_ok());
        assert!(ByteTable::from_parts(2, vec![1.0], vec![1]).is_err());
        assert!(ByteTable::from_parts(1, vec![f32::NAN], vec![1]).is_err());
        assert!(ByteTable::from_parts(usize::MAX, vec![1.0; 2], vec![1]).is_err());
    }
}
