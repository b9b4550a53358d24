//! The training examples most like a message, by the cosine of their features.

use super::Pipeline;
use crate::ml::SparseMatrix;

/// The rows of examples, to be compared with messages.
#[derive(Clone, Debug)]
pub struct Neighbours {
    rows: SparseMatrix,
    lengths: Vec<f32>,
}

impl Neighbours {
    /// Makes the rows of texts with the features of a pipeline.
    pub fn new<'a>(pipeline: &Pipeline, texts: impl Iterator<Item = &'a str>) -> Self {
        let rows: Vec<_> = texts.map(|text| pipeline.row(text)).collect();
        let rows = SparseMatrix::from_rows(pipeline.width(), rows.iter().map(|row| row.as_row()))
            .unwrap_or_default();
        let lengths = rows.iter().map(|row| row.squared_norm().sqrt()).collect();
        Self { rows, lengths }
    }

    /// Returns the places of the texts most like a message, the most like first, each with its cosine; among equals in
    /// the order of the texts, and none that has nothing in common with it.
    pub fn of(&self, pipeline: &Pipeline, text: &str, count: usize) -> Vec<(usize, f64)> {
        let row = pipeline.row(text);
        let mut dense = vec![0.0_f32; self.rows.cols()];
        for (feature, value) in row.as_row().iter() {
            if let Some(slot) = dense.get_mut(feature as usize) {
                *slot = value;
            }
        }
        let length = row.as_row().squared_norm().sqrt();
        let mut found: Vec<(usize, f64)> = self
            .rows
            .iter()
            .zip(&self.lengths)
            .map(|(other, other_length)| {
                let product: f32 = other
                    .iter()
                    .map(|(feature, value)| {
                        value * dense.get(feature as usize).copied().unwrap_or_default()
                    })
                    .sum();
                f64::from(product / (length * other_length).max(1e-12))
            })
            .enumerate()
            .filter(|(_, cosine)| *cosine > 0.0)
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(count);
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::data::{Assistant, Example};

    #[test]
    fn the_same_text_is_nearest_and_strange_ones_have_no_neighbours() {
        let texts = [
            "block my card",
            "card lost",
            "what is the weather",
            "block it",
        ];
        let mut assistant = Assistant::default();
        assistant.training.examples = texts
            .iter()
            .enumerate()
            .map(|(i, text)| Example {
                text: (*text).to_owned(),
                intent: format!("intent_{}", i / 2),
                ..Example::default()
            })
            .collect();
        let stop = AtomicBool::new(false);
        let trained = crate::nlu::train(
            &assistant,
            &crate::nlu::Options::default(),
            &stop,
            &mut |_| {},
        );
        let pipeline = trained.unwrap().pipeline;
        let neighbours = Neighbours::new(&pipeline, texts.into_iter());
        let found = neighbours.of(&pipeline, "block my card", 2);
        assert_eq!(found.first().map(|one| one.0), Some(0));
        assert!(
            (found[0].1 - 1.0).abs() < 1e-5 && found[1].1 < 0.9,
            "{found:?}"
        );
        assert_eq!(neighbours.of(&pipeline, "zzz", 3), []);
        assert_eq!(neighbours.of(&pipeline, "", 3), []);
    }
}
