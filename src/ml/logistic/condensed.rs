//! Fewer columns for the same planes: features that occur in one row alone are learnt together.
//!
//! With a penalty on squares the weights of features that occur in one row only are in proportion to their values
//! there, so one column of the same length stands for all of a row. Most features of texts are of that kind.

use crate::ml::{Result, SparseMatrix, SparseVector};

/// The column of a feature, and its share in what is learnt for it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    column: u32,
    share: f32,
}

/// A matrix with fewer columns, and where those of another went.
#[derive(Clone, Debug)]
pub(super) struct Condensed {
    pub(super) rows: SparseMatrix,
    /// Of features that occur at all.
    places: Vec<Option<Place>>,
}

impl Condensed {
    pub(super) fn new(rows: &SparseMatrix) -> Result<Self> {
        let mut counts = vec![0_u32; rows.cols()];
        for feature in rows.indices() {
            if let Some(count) = counts.get_mut(*feature as usize) {
                *count = count.saturating_add(1);
            }
        }
        let mut columns = 0;
        let mut next = || {
            columns += 1;
            columns - 1
        };
        let mut places: Vec<Option<Place>> = counts
            .iter()
            .map(|count| {
                let often = *count > 1;
                often.then(|| Place {
                    column: next(),
                    share: 1.0,
                })
            })
            .collect();
        let mut vectors = Vec::with_capacity(rows.rows());
        for row in rows.iter() {
            let is_alone = |feature: u32| counts.get(feature as usize) == Some(&1);
            let alone = row.iter().filter(|(feature, _)| is_alone(*feature));
            let square: f32 = alone.map(|(_, value)| value * value).sum();
            let length = square.sqrt();
            let column = (length > 0.0).then(&mut next);
            let mut vector = SparseVector::default();
            for (feature, value) in row.iter() {
                let Some(place) = places.get_mut(feature as usize) else {
                    continue;
                };
                if let Some(place) = place {
                    vector.push(place.column, value);
                } else if let Some(column) = column {
                    let share = value / length;
                    *place = Some(Place { column, share });
                }
            }
            // Its number is the highest so far.
            if let Some(column) = column {
                vector.push(column, length);
            }
            vectors.push(vector);
        }
        let rows =
            SparseMatrix::from_rows(columns as usize, vectors.iter().map(SparseVector::as_row))?;
        Ok(Self { rows, places })
    }

    /// Returns the weights of all features, `planes` of each side by side, from those of the columns.
    pub(super) fn expanded(&self, weights: &[f32], planes: usize) -> Vec<f32> {
        let mut all = vec![0.0; self.places.len() * planes];
        for (place, out) in self.places.iter().zip(all.chunks_exact_mut(planes.max(1))) {
            let Some(place) = place else { continue };
            let start = place.column as usize * planes;
            let learnt = weights.get(start..start + planes).unwrap_or_default();
            for (out, weight) in out.iter_mut().zip(learnt) {
                *out = place.share * weight;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lonely_features_share_a_column_and_all_products_stay() {
        let rows: Vec<SparseVector> = [
            vec![(0, 1.0), (1, 3.0), (4, 4.0)],
            vec![(0, 2.0)],
            vec![],
            vec![(0, -1.0), (5, 2.0)],
        ]
        .into_iter()
        .map(SparseVector::from_pairs)
        .collect();
        let matrix = SparseMatrix::from_rows(7, rows.iter().map(SparseVector::as_row)).unwrap();
        let condensed = Condensed::new(&matrix).unwrap();
        assert_eq!(condensed.rows.cols(), 3);
        let row: Vec<(u32, f32)> = condensed.rows.row(0).iter().collect();
        assert_eq!(row, [(0, 1.0), (1, 5.0)]);
        // Two planes: every row scores the same by the columns and by the features.
        let weights = [0.5, -1.0, 2.0, 1.0, -3.0, 4.0];
        let all = condensed.expanded(&weights, 2);
        let score = |row: crate::ml::SparseRow<'_>, weights: &[f32], plane: usize| -> f32 {
            let terms = row.iter();
            terms
                .map(|(feature, value)| value * weights[feature as usize * 2 + plane])
                .sum()
        };
        for at in 0..4 {
            for plane in 0..2 {
                let few = score(condensed.rows.row(at), &weights, plane);
                let many = score(matrix.row(at), &all, plane);
                assert!((few - many).abs() < 1e-5, "{few} {many}");
            }
        }
        // What never occurs has no weight.
        assert_eq!(all[2 * 2..3 * 2], [0.0, 0.0]);
        let size = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>();
        assert!((size(&all) - size(&weights)).abs() < 1e-4);
    }
}
