//! Which features a component looks at.

use std::borrow::Cow;

use super::Trainer;
use crate::{
    data::Component,
    diagnostic::Result,
    ml::{SparseMatrix, SparseVector},
    nlu::{classifiers, problem, registry::network},
};

impl Trainer<'_> {
    /// Returns all features side by side.
    pub(super) fn joined(&self, component: &Component) -> Result<Cow<'_, SparseMatrix>> {
        if let [only] = self.matrices.as_slice() {
            return Ok(Cow::Borrowed(only));
        }
        let blocks: Vec<(&SparseMatrix, f32)> =
            self.matrices.iter().map(|matrix| (matrix, 1.0)).collect();
        SparseMatrix::hstack(&blocks)
            .map(Cow::Owned)
            .map_err(|error| {
                problem::bad_option(component.origin, &component.name, &error.to_string()).into()
            })
    }

    /// Returns the columns of the featurizers that a component reads, each range with the column after its last; `None`
    /// where those are all. Where none that it names is here, it reads all that others may.
    pub(super) fn chosen(&self, component: &Component) -> Option<Vec<(u32, u32)>> {
        let names = component.options.get("featurizers");
        let names = names.and_then(|names| names.as_array());
        let mut start = 0;
        let (mut chosen, mut open) = (Vec::new(), Vec::new());
        for (matrix, alias) in self.matrices.iter().zip(&self.aliases) {
            let end = start + u32::try_from(matrix.cols()).unwrap_or(u32::MAX);
            let is_named = |name: &serde_json::Value| name.as_str() == Some(alias);
            if names.is_some_and(|names| names.iter().any(is_named)) {
                chosen.push((start, end));
            }
            if !network::is_private(alias) {
                open.push((start, end));
            }
            start = end;
        }
        if !chosen.is_empty() {
            return Some(chosen);
        }
        (open.len() < self.matrices.len()).then_some(open)
    }

    /// Returns the columns of the first embedding among those that a component looks at.
    pub(super) fn embedding(&self, only: Option<&[(u32, u32)]>) -> Option<(u32, u32)> {
        let is_seen = |(start, end): &&(u32, u32)| {
            only.is_none_or(|only| {
                only.iter()
                    .any(|(first, last)| first <= start && end <= last)
            })
        };
        self.dense.iter().find(is_seen).copied()
    }

    /// Returns the columns that a component is to look at without those of embeddings; `None` where that is all.
    pub(super) fn sparse(&self, component: &Component) -> Option<Vec<(u32, u32)>> {
        let chosen = self.chosen(component);
        if self.dense.is_empty() {
            return chosen;
        }
        let width: usize = self.matrices.iter().map(SparseMatrix::cols).sum();
        let mut ranges = chosen.unwrap_or_else(|| vec![(0, width as u32)]);
        for (start, end) in &self.dense {
            ranges = ranges
                .into_iter()
                .flat_map(|(first, last)| [(first, last.min(*start)), (first.max(*end), last)])
                .filter(|(first, last)| first < last)
                .collect();
        }
        Some(ranges)
    }
}

/// Leaves out the values of all columns but those in the ranges.
pub(super) fn without_others(
    component: &Component,
    matrix: SparseMatrix,
    only: Option<&[(u32, u32)]>,
) -> Result<SparseMatrix> {
    let Some(only) = only else {
        return Ok(matrix);
    };
    let rows: Vec<SparseVector> = matrix
        .iter()
        .map(|row| classifiers::restrict(row, only))
        .collect();
    SparseMatrix::from_rows(matrix.cols(), rows.iter().map(SparseVector::as_row)).map_err(|error| {
        problem::bad_option(component.origin, &component.name, &error.to_string()).into()
    })
}
