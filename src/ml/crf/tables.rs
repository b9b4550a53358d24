//! The weights of a conditional random field: one for each feature with each label it was seen with, and one for each
//! pair of neighbouring labels that was seen. All other pairs of labels share one weight, all other features have none.
//!
//! That is what makes sums over all label sequences cheap: labels are mostly followed by few others, so a step costs as
//! many operations as pairs were seen, not the square of the number of labels.

use super::Sequences;

/// Rows with at least one in so many labels are filled up.
const LONG: usize = 4;

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

    /// Gives rows with many labels all `labels`: whole rows are added several at a time.
    fn fill_long_rows(&mut self, labels: usize) {
        let old = std::mem::take(self);
        self.starts.push(0);
        for row in 0..old.len() {
            let row = &old.labels[old.row(row)];
            if row.len() * LONG >= labels {
                self.labels.extend(0..labels as u16);
            } else {
                self.labels.extend_from_slice(row);
            }
            self.starts.push(self.labels.len() as u32);
        }
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
        let mut features = Rows::new(sequences.width(), pairs);
        features.fill_long_rows(labels);
        Self {
            labels,
            features,
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
            if row.len() == scores.len() {
                for (score, weight) in scores.iter_mut().zip(&weights[row]) {
                    *score += weight;
                }
                continue;
            }
            let labels = &self.features.labels[row.clone()];
            for (&label, weight) in labels.iter().zip(&weights[row]) {
                scores[usize::from(label)] += weight;
            }
        }
    }

    /// Adds `mistakes`, one for each label, to the slopes of a token's features; `active` are the labels whose mistake
    /// is not negligible.
    pub(super) fn credit(
        &self,
        features: &[u32],
        active: &[u16],
        mistakes: &[f32],
        slopes: &mut [f32],
    ) {
        for &feature in features {
            let row = self.features.row(feature as usize);
            if row.len() == mistakes.len() {
                let slopes = &mut slopes[row];
                if active.len() * 8 < mistakes.len() {
                    for label in active.iter().map(|&label| usize::from(label)) {
                        slopes[label] += mistakes[label];
                    }
                } else {
                    for (slope, mistake) in slopes.iter_mut().zip(mistakes) {
                        *slope += mistake;
                    }
                }
                continue;
            }
            let labels = &self.features.labels[row.clone()];
            for (&label, slope) in labels.iter().zip(&mut slopes[row]) {
                *slope += mistakes[usize::from(label)];
            }
        }
    }

    /// Calls `each` with every weight of a token's features whose label's mistake is larger than `least`; `active`
    /// are the labels of such mistakes.
    pub(super) fn each_weight(
        &self,
        features: &[u32],
        active: &[u16],
        least: f32,
        mistakes: &[f32],
        each: &mut impl FnMut(usize, f32),
    ) {
        for &feature in features {
            let row = self.features.row(feature as usize);
            if row.len() == mistakes.len() {
                for label in active.iter().map(|&label| usize::from(label)) {
                    each(row.start + label, mistakes[label]);
                }
                continue;
            }
            for (weight, &label) in row.clone().zip(&self.features.labels[row]) {
                let mistake = mistakes[usize::from(label)];
                if mistake.abs() > least {
                    each(weight, mistake);
                }
            }
        }
    }
}
