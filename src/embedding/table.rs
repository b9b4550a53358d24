//! A static table: a vector for each entry of the vocabulary, and a text's is their mean.
//!
//! Such tables are distilled from transformers (model2vec, Tulkens and van Dongen 2024) and answer in microseconds.
//! Rows are kept as bytes with a scale each, in memory as in a trained model.

use super::activation::normalize;

/// A vector for each token.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    width: usize,
    /// Rows of bytes.
    rows: Vec<i8>,
    /// What each token's row is to be multiplied with.
    factors: Vec<f32>,
    /// The row of each token, where several share one.
    places: Option<Vec<u32>>,
}

impl Table {
    /// Rounds the rows of a table; `weights` are those of tokens, and `places` their rows.
    pub(super) fn new(
        width: usize,
        values: &[f32],
        weights: Option<&[f32]>,
        places: Option<Vec<u32>>,
    ) -> Self {
        let mut rows = Vec::with_capacity(values.len());
        let mut scales = Vec::with_capacity(values.len() / width.max(1));
        for row in values.chunks_exact(width.max(1)) {
            let largest = row
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            let factor = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            rows.extend(row.iter().map(|value| (value * factor).round() as i8));
            scales.push(largest / 127.0);
        }
        let tokens = places.as_ref().map_or(scales.len(), Vec::len);
        let factor = |token: usize| {
            let row = places
                .as_ref()
                .map_or(Some(token), |p| p.get(token).map(|row| *row as usize));
            let scale = row
                .and_then(|row| scales.get(row))
                .copied()
                .unwrap_or_default();
            let weight = weights.map_or(1.0, |all| all.get(token).copied().unwrap_or_default());
            scale * weight
        };
        Self {
            factors: (0..tokens).map(factor).collect(),
            width,
            rows,
            places,
        }
    }

    /// Takes up a saved table; `None` where its parts do not fit.
    pub(super) fn from_parts(
        width: usize,
        rows: Vec<i8>,
        factors: Vec<f32>,
        places: Option<Vec<u32>>,
    ) -> Option<Self> {
        let count = rows.len() / width.max(1);
        let fits = width > 0
            && count * width == rows.len()
            && factors.iter().all(|factor| factor.is_finite())
            && match &places {
                Some(places) => {
                    places.len() == factors.len()
                        && places.iter().all(|row| (*row as usize) < count)
                }
                None => factors.len() == count,
            };
        fits.then_some(Self {
            width,
            rows,
            factors,
            places,
        })
    }

    /// Returns the bytes of the rows, the factors of the tokens and their rows.
    pub(super) fn parts(&self) -> (&[i8], &[f32], Option<&[u32]>) {
        (&self.rows, &self.factors, self.places.as_deref())
    }

    /// Returns the length of the vectors.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows.len() / self.width.max(1)
    }

    /// Returns the mean of the vectors of tokens, brought to length 1; nothing where none is known.
    pub(super) fn mean(&self, tokens: &[u32], unknown: Option<u32>) -> Vec<f32> {
        let mut sum = vec![0.0; self.width];
        for token in tokens.iter().filter(|token| Some(**token) != unknown) {
            let token = *token as usize;
            let row = match &self.places {
                Some(places) => places.get(token).map_or(usize::MAX, |row| *row as usize),
                None => token,
            };
            let start = row.saturating_mul(self.width);
            let row = self
                .rows
                .get(start..start.saturating_add(self.width))
                .unwrap_or_default();
            let factor = self.factors.get(token).copied().unwrap_or_default();
            for (sum, byte) in sum.iter_mut().zip(row) {
                *sum += factor * f32::from(*byte);
            }
        }
        normalize(&mut sum);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_mean_of_its_tokens() {
        let table = Table::new(2, &[1.0, 0.0, 0.0, 2.0, 5.0, 5.0], None, None);
        let found = table.mean(&[0, 1, 2], Some(2));
        // (1, 2) over its length.
        assert!(
            (found[0] - 0.4472).abs() < 1e-3 && (found[1] - 0.8944).abs() < 1e-3,
            "{found:?}"
        );
        assert_eq!(table.mean(&[2], Some(2)), [0.0, 0.0]);
        assert_eq!(table.mean(&[7, u32::MAX], None), [0.0, 0.0]);
        assert_eq!((table.width(), table.rows()), (2, 3));
    }

    #[test]
    fn tokens_may_share_rows_and_have_weights() {
        let table = Table::new(
            2,
            &[1.0, 0.0, 0.0, 1.0],
            Some(&[1.0, 3.0, 0.0]),
            Some(vec![0, 0, 1]),
        );
        assert_eq!(table.mean(&[0, 2], None), [1.0, 0.0]);
        let (rows, factors, places) = table.parts();
        let again = Table::from_parts(
            2,
            rows.to_vec(),
            factors.to_vec(),
            places.map(<[u32]>::to_vec),
        );
        assert_eq!(again.as_ref(), Some(&table));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let parts = |width, rows: usize, factors: &[f32], places| {
            Table::from_parts(width, vec![1; rows], factors.to_vec(), places).is_some()
        };
        assert!(parts(2, 4, &[1.0, 1.0], None));
        assert!(!parts(0, 4, &[1.0, 1.0], None));
        assert!(!parts(3, 4, &[1.0], None));
        assert!(!parts(2, 4, &[1.0], None));
        assert!(!parts(2, 4, &[1.0, f32::NAN], None));
        assert!(!parts(2, 4, &[1.0], Some(vec![2])));
    }
}
