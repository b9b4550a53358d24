//! Matrices of mostly zeros, row by row (CSR), and their way into linfa's data sets.

use linfa::dataset::Records;

use crate::ml::{Error, Result, error::require_equal};

/// A row of a [`SparseMatrix`]: features that are not zero, in ascending order, with their values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SparseRow<'a> {
    /// Ascending feature numbers.
    pub indices: &'a [u32],
    /// Their values.
    pub values: &'a [f32],
}

impl<'a> SparseRow<'a> {
    /// Returns the features with their values.
    pub fn iter(self) -> impl Iterator<Item = (u32, f32)> + 'a {
        self.indices
            .iter()
            .copied()
            .zip(self.values.iter().copied())
    }

    /// Returns the value of a feature, 0 where it is absent.
    pub fn get(self, feature: u32) -> f32 {
        self.indices
            .binary_search(&feature)
            .ok()
            .and_then(|at| self.values.get(at))
            .copied()
            .unwrap_or_default()
    }

    /// Returns the scalar product of two rows.
    pub fn dot(self, other: SparseRow<'_>) -> f32 {
        let (mut a, mut b, mut sum) = (0, 0, 0.0);
        while let (Some(i), Some(j)) = (self.indices.get(a), other.indices.get(b)) {
            match i.cmp(j) {
                std::cmp::Ordering::Less => a += 1,
                std::cmp::Ordering::Greater => b += 1,
                std::cmp::Ordering::Equal => {
                    sum += self.values[a] * other.values[b];
                    a += 1;
                    b += 1;
                }
            }
        }
        sum
    }

    /// Returns the square of the row's length.
    pub fn squared_norm(self) -> f32 {
        self.values.iter().map(|v| v * v).sum()
    }

    /// Returns the number of features that are not zero.
    pub fn len(self) -> usize {
        self.indices.len()
    }

    /// Tells whether all features are zero.
    pub fn is_empty(self) -> bool {
        self.indices.is_empty()
    }
}

/// A row with memory of its own, to be filled again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseVector {
    indices: Vec<u32>,
    values: Vec<f32>,
}

impl SparseVector {
    /// Makes a vector from features in any order; values of the same feature are added up.
    pub fn from_pairs(mut pairs: Vec<(u32, f32)>) -> Self {
        pairs.sort_by_key(|pair| pair.0);
        let mut vector = Self::default();
        for (index, value) in pairs {
            match (vector.indices.last(), vector.values.last_mut()) {
                (Some(&last), Some(sum)) if last == index => *sum += value,
                _ => vector.push(index, value),
            }
        }
        vector
    }

    /// Returns the vector as a row.
    pub fn as_row(&self) -> SparseRow<'_> {
        SparseRow {
            indices: &self.indices,
            values: &self.values,
        }
    }

    /// Removes all features and keeps the memory.
    pub fn clear(&mut self) {
        self.indices.clear();
        self.values.clear();
    }

    /// Appends a row whose features are renumbered by adding `offset` and whose values are multiplied by `weight`.
    ///
    /// Joins blocks of features: block by block, `offset` being the number of features of the blocks before.
    pub fn append(&mut self, row: SparseRow<'_>, offset: u32, weight: f32) {
        self.indices
            .extend(row.indices.iter().map(|i| i.saturating_add(offset)));
        self.values.extend(row.values.iter().map(|v| v * weight));
    }

    /// Appends a feature; its number must be larger than those before.
    pub(super) fn push(&mut self, index: u32, value: f32) {
        self.indices.push(index);
        self.values.push(value);
    }

    /// Multiplies every value.
    pub(super) fn scale(&mut self, factor: f32) {
        for value in &mut self.values {
            *value *= factor;
        }
    }
}

/// A matrix of mostly zeros in compressed sparse rows. The features of a row ascend; every value is finite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseMatrix {
    /// Where each row starts in the two vectors below, and where the last ends.
    offsets: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f32>,
    cols: usize,
}

impl SparseMatrix {
    /// Makes a matrix with `cols` columns.
    pub fn from_rows<'a>(
        cols: usize,
        rows: impl IntoIterator<Item = SparseRow<'a>>,
    ) -> Result<Self> {
        let mut matrix = Self::with_capacity(cols, 0, 0);
        for row in rows {
            matrix.indices.extend_from_slice(row.indices);
            matrix.values.extend_from_slice(row.values);
            matrix.offsets.push(matrix.indices.len());
        }
        matrix.validated()
    }

    /// Makes a matrix from the parts that [`Self::offsets`], [`Self::indices`] and [`Self::values`] return.
    pub fn from_parts(
        cols: usize,
        offsets: Vec<usize>,
        indices: Vec<u32>,
        values: Vec<f32>,
    ) -> Result<Self> {
        Self {
            offsets,
            indices,
            values,
            cols,
        }
        .validated()
    }

    fn validated(self) -> Result<Self> {
        let valid = |holds, problem| {
            if holds {
                Ok(())
            } else {
                Err(Error::Parts(problem))
            }
        };
        require_equal("values", self.indices.len(), self.values.len())?;
        valid(
            self.offsets.first() == Some(&0)
                && self.offsets.last() == Some(&self.indices.len())
                && self.offsets.is_sorted(),
            "rows of a matrix overlap",
        )?;
        let rows = (0..self.rows()).map(|i| self.row(i).indices);
        valid(
            rows.clone().all(|row| row.is_sorted_by(|a, b| a < b)),
            "features of a row are not in order",
        )?;
        valid(
            rows.filter_map(|row| row.last())
                .all(|&last| (last as usize) < self.cols),
            "a feature lies outside its matrix",
        )?;
        valid(
            self.values.iter().all(|v| v.is_finite()),
            "a value is not a number",
        )?;
        Ok(self)
    }

    /// Makes an empty matrix that rows are pushed to.
    pub(super) fn with_capacity(cols: usize, rows: usize, entries: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            offsets,
            indices: Vec::with_capacity(entries),
            values: Vec::with_capacity(entries),
            cols,
        }
    }

    /// Appends a row whose features ascend and lie in the matrix.
    pub(super) fn push_row(&mut self, row: SparseRow<'_>) {
        self.indices.extend_from_slice(row.indices);
        self.values.extend_from_slice(row.values);
        self.offsets.push(self.indices.len());
    }

    /// Appends the rows of a matrix that is no wider.
    pub(crate) fn append(&mut self, other: &Self) {
        let start = self.indices.len();
        self.indices.extend_from_slice(&other.indices);
        self.values.extend_from_slice(&other.values);
        self.offsets
            .extend(other.offsets.iter().skip(1).map(|end| start + end));
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Returns the number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Returns the number of entries that are not zero.
    pub fn entries(&self) -> usize {
        self.indices.len()
    }

    /// Returns a row.
    ///
    /// # Panics
    ///
    /// Where there is no such row.
    pub fn row(&self, row: usize) -> SparseRow<'_> {
        let range = self.offsets[row]..self.offsets[row + 1];
        SparseRow {
            indices: &self.indices[range.clone()],
            values: &self.values[range],
        }
    }

    /// Returns all rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SparseRow<'_>> {
        (0..self.rows()).map(|i| self.row(i))
    }

    /// Returns where each row starts in the two slices below, and where the last ends.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Returns the feature numbers of all rows, one row after the other.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Returns the values of all rows, one row after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the matrix of the given rows, in their order; one may occur several times.
    ///
    /// # Panics
    ///
    /// Where there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let entries = rows.iter().map(|&i| self.row(i).len()).sum();
        let mut selected = Self::with_capacity(self.cols, rows.len(), entries);
        for &i in rows {
            selected.push_row(self.row(i));
        }
        selected
    }

    /// Returns the blocks beside each other, each multiplied by its weight.
    pub fn hstack(blocks: &[(&Self, f32)]) -> Result<Self> {
        let Some((first, _)) = blocks.first() else {
            return Ok(Self::with_capacity(0, 0, 0));
        };
        let rows = first.rows();
        let cols: usize = blocks.iter().map(|(block, _)| block.cols).sum();
        let entries = blocks.iter().map(|(block, _)| block.entries()).sum();
        for (block, weight) in blocks {
            require_equal("rows", rows, block.rows())?;
            if !weight.is_finite() {
                return Err(Error::Parts("the weight of a block is not a number"));
            }
        }
        if u32::try_from(cols).is_err() {
            return Err(Error::TooLarge {
                what: "features",
                found: cols,
                limit: u32::MAX as usize,
            });
        }
        let mut joined = Self::with_capacity(cols, rows, entries);
        for i in 0..rows {
            let mut offset = 0;
            for &(block, weight) in blocks {
                let row = block.row(i);
                joined
                    .indices
                    .extend(row.indices.iter().map(|index| index + offset));
                joined.values.extend(row.values.iter().map(|v| v * weight));
                offset += block.cols as u32;
            }
            joined.offsets.push(joined.indices.len());
        }
        Ok(joined)
    }
}

/// Sparse rows as the records of a linfa data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseRecords(pub SparseMatrix);

impl Records for SparseRecords {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.0.rows()
    }

    fn nfeatures(&self) -> usize {
        self.0.cols()
    }
}

impl From<SparseMatrix> for SparseRecords {
    fn from(matrix: SparseMatrix) -> Self {
        Self(matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::testing::matrix;

    #[test]
    fn from_pairs_sorts_and_adds_up() {
        let vector = SparseVector::from_pairs(vec![(3, 1.0), (1, 2.0), (3, 4.0)]);
        assert_eq!(vector.as_row().indices, [1, 3]);
        assert_eq!(vector.as_row().values, [2.0, 5.0]);
    }

    #[test]
    fn rows_give_features_products_and_norms() {
        let m = matrix(&[&[(0, 1.0), (2, 2.0)], &[], &[(2, 3.0)]], 3);
        assert_eq!(m.row(0).get(2).to_bits(), 2.0_f32.to_bits());
        assert_eq!(m.row(0).get(1).to_bits(), 0.0_f32.to_bits());
        assert_eq!(m.row(0).dot(m.row(2)).to_bits(), 6.0_f32.to_bits());
        assert_eq!(m.row(0).squared_norm().to_bits(), 5.0_f32.to_bits());
        assert!(m.row(1).is_empty());
    }

    #[test]
    fn select_repeats_and_reorders() {
        let m = matrix(&[&[(0, 1.0)], &[(1, 2.0)]], 2);
        assert_eq!(
            m.select(&[1, 0, 1]),
            matrix(&[&[(1, 2.0)], &[(0, 1.0)], &[(1, 2.0)]], 2)
        );
        assert_eq!(m.select(&[]).rows(), 0);
    }

    #[test]
    fn hstack_weights_blocks_and_refuses_unequal_heights() {
        let a = matrix(&[&[(0, 1.0)], &[]], 2);
        let b = matrix(&[&[(1, 2.0)], &[(0, 4.0)]], 2);
        let joined = SparseMatrix::hstack(&[(&a, 1.0), (&b, 0.5)]).unwrap();
        assert_eq!(joined, matrix(&[&[(0, 1.0), (3, 1.0)], &[(2, 2.0)]], 4));
        assert!(SparseMatrix::hstack(&[(&a, 1.0), (&joined.select(&[0]), 1.0)]).is_err());
        assert_eq!(SparseMatrix::hstack(&[]).unwrap().rows(), 0);
    }

    #[test]
    fn hstack_agrees_with_append() {
        let a = matrix(&[&[(0, 1.0), (1, 3.0)]], 2);
        let b = matrix(&[&[(1, 2.0)]], 2);
        let joined = SparseMatrix::hstack(&[(&a, 1.0), (&b, 0.7)]).unwrap();
        let mut vector = SparseVector::default();
        vector.append(a.row(0), 0, 1.0);
        vector.append(b.row(0), 2, 0.7);
        assert_eq!(joined.row(0), vector.as_row());
    }

    #[test]
    fn damaged_parts_are_refused() {
        let parts = |offsets: &[usize], indices: &[u32], values: &[f32]| {
            SparseMatrix::from_parts(3, offsets.to_vec(), indices.to_vec(), values.to_vec())
        };
        assert!(parts(&[0, 2], &[0, 2], &[1.0, 1.0]).is_ok());
        assert!(parts(&[], &[], &[]).is_err(), "no offsets");
        assert!(
            parts(&[0, 3], &[0, 2], &[1.0, 1.0]).is_err(),
            "past the end"
        );
        assert!(
            parts(&[0, 2, 1, 2], &[0, 2], &[1.0, 1.0]).is_err(),
            "backwards"
        );
        assert!(parts(&[0, 2], &[2, 0], &[1.0, 1.0]).is_err(), "unsorted");
        assert!(parts(&[0, 2], &[2, 2], &[1.0, 1.0]).is_err(), "twice");
        assert!(parts(&[0, 2], &[0, 3], &[1.0, 1.0]).is_err(), "too wide");
        assert!(
            parts(&[0, 2], &[0, 2], &[1.0, f32::NAN]).is_err(),
            "not a number"
        );
        assert!(parts(&[0, 2], &[0, 2], &[1.0]).is_err(), "a value short");
    }
}
