//! The weights of a conditional random field: one for each feature with each label it was seen with, and one for each
//! pair of neighbouring labels that was seen. All other pairs of labels share one weight, all other features have none.
//!
//! That is what makes sums over all label sequences cheap: labels are mostly followed by few others, so a step costs as
//! many operations as pairs were seen, not the square of the number of labels.

use super::Sequences;

/// Which weights there are; the weights themselves stand apart, in the order of this table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// Number of labels.
    pub(super) labels: usize,
    /// Labels of each feature, ascending.
    pub(super) features: Rows,
    /// Labels that follow each label, ascending. Their weights come after those of the features.
    pub(super) next: Rows,
}

/// Short ascending lists of labels, one after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rows {
    /// Where each list starts, and where the last ends.
    pub(super) starts: Vec<u32>,
    pub(super) labels: Vec<u16>,
}

impl Rows {
    /// Makes the lists of `rows` rows from pairs of row and label in any order, with repeats.
    fn new(rows: usize, mut pairs: Vec<u64>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = Vec::with_capacity(rows + 1);
        let mut labels = Vec::with_capacity(pairs.len());
        starts.push(0);
        let mut at = 0;
        for row in 0..rows as u64 {
            while let Some(pair) = pairs.get(at).filter(|pair| *pair >> 16 == row) {
                labels.push((pair & 0xffff) as u16);
                at += 1;
            }
            starts.push(at as u32);
        }
        Self { starts, labels }
    }

    /// Returns the number of rows.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns the positions of a row in the list of labels; nothing where there is no such row.
    pub(super) fn row(&self, row: usize) -> std::ops::Range<usize> {
        match self.starts.get(row..row + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    /// Returns the position of a label in a row.
    pub(super) fn find(&self, row: usize, label: u16) -> Option<usize> {
        let range = self.row(row);
        let labels = self.labels.get(range.clone())?;
        Some(range.start + labels.binary_search(&label).ok()?)
    }

    /// Tells whether rows and labels fit together and lie below `labels`.
    pub(super) fn is_sound(&self, labels: usize) -> bool {
        self.starts.first() == Some(&0)
            && self.starts.is_sorted()
            && self.starts.last().map(|&end| end as usize) == Some(self.labels.len())
            && self.labels.iter().all(|&label| usize::from(label) < labels)
    }
}

impl Layout {
    /// Returns what is seen in sentences with these labels.
    pub(super) fn new(sequences: &Sequences, targets: &[u16]) -> Self {
        let labels = targets
            .iter()
            .max()
            .map_or(0, |&label| usize::from(label) + 1);
        let mut pairs = Vec::new();
        let mut neighbours = Vec::new();
        for sentence in 0..sequences.len() {
            let tokens = sequences.sentence(sentence);
            for token in tokens.clone() {
                let label = u64::from(targets[token]);
                pairs.extend(
                    sequences
                        .features(token)
                        .iter()
                        .map(|&feature| u64::from(feature) << 16 | label),
                );
                if token > tokens.start {
                    neighbours.push(u64::from(targets[token - 1]) << 16 | label);
                }
            }
        }
        Self {
            labels,
            features: Rows::new(sequences.width(), pairs),
            next: Rows::new(labels, neighbours),
        }
    }

    /// Returns the number of weights; the last is that of all pairs of labels never seen.
    pub(super) fn weights(&self) -> usize {
        self.features.labels.len() + self.next.labels.len() + 1
    }

    /// Splits weights into those of features, of pairs of labels, and of all other pairs.
    pub(super) fn split<'a>(&self, weights: &'a [f32]) -> (&'a [f32], &'a [f32], f32) {
        let (features, rest) = weights.split_at(self.features.labels.len().min(weights.len()));
        let (next, other) = rest.split_at(self.next.labels.len().min(rest.len()));
        (features, next, other.first().copied().unwrap_or_default())
    }

    /// Adds the weights of a token's features to `scores`, one for each label.
    pub(super) fn score(&self, features: &[u32], weights: &[f32], scores: &mut [f32]) {
        for &feature in features {
            let row = self.features.row(feature as usize);
            let labels = &self.features.labels[row.clone()];
            for (&label, weight) in labels.iter().zip(&weights[row]) {
                scores[usize::from(label)] += weight;
            }
        }
    }
}
