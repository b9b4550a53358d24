//! How near a message is to training examples by its sentence embedding.
//!
//! How near the nearest example of an intent is adds to its margin, since planes do not see that a message is nearly
//! one of them (BENCHMARKS.md; evidence of another kind beside a learnt one, Wolpert 1992). The mean cosine to the
//! nearest few examples tells messages in scope from others better than any margin does, since a classifier may be sure
//! of what lies far from everything it has learnt (k nearest neighbours as a score of novelty, Sun et al. 2022). Only
//! examples of the likeliest intents are looked at: the nearest are nearly always among them, and the time does not
//! grow with the number of intents. Vectors are kept as bytes, since an angle needs no more.

use serde::{Deserialize, Serialize};

use super::{Reader, Writer};
use crate::ml::SparseRow;

/// Examples whose cosines count.
const NEAREST: usize = 5;
/// Intents whose examples are looked at.
const LIKELIEST: usize = 5;

/// The embeddings of examples.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vicinity {
    /// Columns of the embedding in a row of features.
    columns: (u32, u32),
    /// Vectors of bytes, intent after intent; each with room for a product, of which eight are then made at once.
    vectors: Vec<i16>,
    /// Length of each vector.
    lengths: Vec<f32>,
    /// Where the vectors of each intent begin, and where the last ones end.
    starts: Vec<u32>,
    /// What the cosine to the nearest example of an intent adds to its margin.
    weight: f32,
}

/// What a model keeps beside the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedVicinity {
    columns: (u32, u32),
    weight: f32,
}

/// What stands near a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Near {
    /// Mean cosine to the nearest examples; 0 where there are none.
    pub(super) mean: f32,
    /// The likeliest intents, each with the cosine to its nearest example.
    pub(super) nearest: Vec<(usize, f32)>,
}

impl Near {
    /// Returns by how much an intent is nearer than the least near of the likeliest ones; 0 for all others.
    pub(super) fn lead(&self, intent: usize) -> f32 {
        let own = self.nearest.iter().find(|(of, _)| *of == intent);
        let cosines = self.nearest.iter().map(|(_, cosine)| *cosine);
        let least = cosines.fold(f32::INFINITY, f32::min);
        own.map_or(0.0, |(_, cosine)| cosine - least)
    }

    /// Adds to the scores of the likeliest intents what a weight makes of their leads.
    pub(super) fn lift(&self, weight: f32, scores: &mut [f32]) {
        for (intent, _) in &self.nearest {
            if let Some(score) = scores.get_mut(*intent) {
                *score += weight * self.lead(*intent);
            }
        }
    }
}

impl Vicinity {
    /// Learns from the rows of examples of `intents`, each with its own.
    pub(super) fn learn<'a>(
        examples: impl Iterator<Item = (SparseRow<'a>, usize)>,
        intents: usize,
        columns: (u32, u32),
    ) -> Self {
        let mut of_intents = vec![Vec::new(); intents];
        for (row, intent) in examples {
            if let Some(vectors) = of_intents.get_mut(intent) {
                vectors.extend(vector(row, columns));
            }
        }
        let width = width(columns);
        let mut learnt = Self {
            columns,
            vectors: Vec::new(),
            lengths: Vec::new(),
            starts: vec![0],
            weight: 0.0,
        };
        for vectors in of_intents {
            learnt.vectors.extend(vectors);
            learnt.starts.push((learnt.vectors.len() / width) as u32);
        }
        learnt.lengths = lengths(&learnt.vectors, width);
        learnt
    }

    /// Returns one whose nearest examples add so much to margins.
    pub(super) fn weighing(self, weight: f32) -> Self {
        Self { weight, ..self }
    }

    /// Returns what the cosine to the nearest example of an intent adds to its margin.
    pub(super) fn weight(&self) -> f32 {
        self.weight
    }

    /// Returns how near the examples of the intents with the best scores are.
    pub(super) fn near(&self, row: SparseRow<'_>, scores: &[f32]) -> Near {
        let message = vector(row, self.columns);
        let length = length(&message);
        let mut order: Vec<usize> = (0..scores.len()).collect();
        let score = |at: usize| scores.get(at).copied().unwrap_or(f32::NEG_INFINITY);
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
        let mut nearest = [f32::NEG_INFINITY; NEAREST];
        let mut of_intents = Vec::with_capacity(LIKELIEST);
        for intent in order.into_iter().take(LIKELIEST) {
            let mut largest = f32::NEG_INFINITY;
            for (other, other_length) in self.of_intent(intent) {
                let cosine = product(&message, other) as f32 / (length * other_length).max(1.0);
                largest = largest.max(cosine);
                let at = nearest.partition_point(|known| *known >= cosine);
                if let Some(worse @ [_, ..]) = nearest.get_mut(at..) {
                    worse.rotate_right(1);
                    worse[0] = cosine;
                }
            }
            if largest.is_finite() {
                of_intents.push((intent, largest));
            }
        }
        let found = nearest.iter().filter(|cosine| cosine.is_finite());
        let (sum, count) = found.fold((0.0, 0_u8), |(sum, count), cosine| {
            (sum + cosine, count + 1)
        });
        Near {
            mean: sum / f32::from(count.max(1)),
            nearest: of_intents,
        }
    }

    /// Returns the vectors of an intent's examples with their lengths.
    fn of_intent(&self, intent: usize) -> impl Iterator<Item = (&[i16], f32)> {
        let width = width(self.columns);
        let start = self.starts.get(intent).map_or(0, |start| *start as usize);
        let end = self
            .starts
            .get(intent + 1)
            .map_or(start, |end| *end as usize);
        let vectors = self.vectors.get(start * width..end * width);
        let lengths = self.lengths.get(start..end).unwrap_or_default();
        let vectors = vectors.unwrap_or_default().chunks_exact(width);
        vectors.zip(lengths.iter().copied())
    }

    /// Writes the vectors as tensors and returns the rest.
    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedVicinity {
        let bytes: Vec<i8> = self.vectors.iter().map(|value| *value as i8).collect();
        tensors.i8s(format!("{prefix}.vicinity.vectors"), &bytes);
        tensors.u32s(format!("{prefix}.vicinity.starts"), &self.starts);
        SavedVicinity {
            columns: self.columns,
            weight: self.weight,
        }
    }

    /// Makes saved vectors ready; what is damaged can only make them wrong, or is refused.
    pub(super) fn load(
        saved: SavedVicinity,
        prefix: &str,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let SavedVicinity { columns, weight } = saved;
        let bytes = tensors.i8s(&format!("{prefix}.vicinity.vectors"))?;
        let vectors: Vec<i16> = bytes.into_iter().map(i16::from).collect();
        let loaded = Self {
            columns,
            lengths: lengths(&vectors, width(columns)),
            vectors,
            starts: tensors.u32s(&format!("{prefix}.vicinity.starts"))?,
            weight,
        };
        let last = loaded.starts.last().map(|last| *last as usize);
        let sound = columns.0 < columns.1
            && weight.is_finite()
            && loaded.starts.is_sorted()
            && last.map(|last| last.saturating_mul(width(columns))) == Some(loaded.vectors.len());
        if sound {
            Ok(loaded)
        } else {
            Err("the embeddings of examples are damaged".to_owned())
        }
    }
}

fn width(columns: (u32, u32)) -> usize {
    columns.1.saturating_sub(columns.0).max(1) as usize
}

/// Returns some columns of a row as bytes, the largest of them 127.
fn vector(row: SparseRow<'_>, columns: (u32, u32)) -> Vec<i16> {
    let from = row.indices.partition_point(|column| *column < columns.0);
    let to = row.indices.partition_point(|column| *column < columns.1);
    let indices = row.indices.get(from..to).unwrap_or_default();
    let values = row.values.get(from..to).unwrap_or_default();
    let largest = values
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let factor = 127.0 / largest.max(f32::MIN_POSITIVE);
    let mut vector = vec![0; width(columns)];
    for (column, value) in indices.iter().zip(values) {
        if let Some(slot) = vector.get_mut((column - columns.0) as usize) {
            *slot = (value * factor).round() as i16;
        }
    }
    vector
}

fn product(a: &[i16], b: &[i16]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| i32::from(*a) * i32::from(*b))
        .sum()
}

fn lengths(vectors: &[i16], width: usize) -> Vec<f32> {
    vectors.chunks_exact(width).map(length).collect()
}

fn length(vector: &[i16]) -> f32 {
    (product(vector, vector) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::SparseVector;

    fn row(values: &[f32]) -> SparseVector {
        let pairs = values
            .iter()
            .enumerate()
            .map(|(at, value)| (at as u32, *value));
        SparseVector::from_pairs(pairs.collect())
    }

    fn learnt(examples: &[([f32; 3], usize)], intents: usize) -> Vicinity {
        let rows: Vec<_> = examples
            .iter()
            .map(|(values, intent)| (row(values), *intent))
            .collect();
        Vicinity::learn(
            rows.iter().map(|(row, intent)| (row.as_row(), *intent)),
            intents,
            (1, 3),
        )
    }

    #[test]
    fn nearness_is_the_mean_cosine_to_the_nearest_five() {
        let mut examples = vec![([9.0, 1.0, 0.0], 0); 4];
        examples.extend([
            ([9.0, 3.0, 4.0], 1),
            ([9.0, 0.0, 1.0], 1),
            ([9.0, -1.0, 0.0], 1),
        ]);
        let vicinity = learnt(&examples, 2);
        let at =
            |values: [f32; 3], scores: &[f32]| vicinity.near(row(&values).as_row(), scores).mean;
        let found = at([0.0, 2.0, 0.0], &[1.0, 0.0]);
        assert!((found - 4.6 / 5.0).abs() < 0.01, "{found}");
        let none = at([1.0, 0.0, 0.0], &[1.0, 0.0]);
        assert!(
            none.abs() < 1e-6,
            "a row without an embedding is near to nothing: {none}"
        );
        assert!(
            learnt(&[], 2)
                .near(row(&[0.0, 1.0, 0.0]).as_row(), &[0.0, 1.0])
                .mean
                .abs()
                < 1e-6
        );
    }

    #[test]
    fn only_the_likeliest_intents_are_looked_at() {
        let examples: Vec<([f32; 3], usize)> = (0..12)
            .map(|intent| ([0.0, 1.0, if intent == 11 { 0.0 } else { 4.0 }], intent))
            .collect();
        let vicinity = learnt(&examples, 12);
        let scores = |best: usize| -> Vec<f32> {
            (0..12)
                .map(|i| if i == best { 1.0 } else { -(i as f32) })
                .collect()
        };
        let near = |best| {
            let scores = scores(best);
            vicinity.near(row(&[0.0, 1.0, 0.0]).as_row(), &scores).mean
        };
        assert!(near(11) > near(0) + 0.1);
    }

    #[test]
    fn nearer_examples_lift_the_likeliest_intents_alone() {
        let examples: Vec<([f32; 3], usize)> = (0..6)
            .map(|intent| ([0.0, 3.0, if intent == 3 { 0.0 } else { 4.0 }], intent))
            .collect();
        let vicinity = learnt(&examples, 6);
        let mut scores = [0.5, 0.4, 0.3, 0.2, 0.1, -1.0];
        let near = vicinity.near(row(&[0.0, 1.0, 0.0]).as_row(), &scores);
        near.lift(2.0, &mut scores);
        let expected = [0.5, 0.4, 0.3, 0.2 + 2.0 * 0.4, 0.1, -1.0];
        for (found, expected) in scores.iter().zip(expected) {
            assert!((found - expected).abs() < 0.01, "{scores:?}");
        }
        assert!(near.lead(5).abs() < 1e-6);
        Near::default().lift(2.0, &mut scores);
        assert!((scores[3] - 1.0).abs() < 0.01);
    }

    #[test]
    fn what_is_saved_is_what_is_read_and_damage_is_refused() {
        let vicinity = learnt(&[([0.0, 1.0, 2.0], 0), ([0.0, -1.0, 2.0], 1)], 2).weighing(3.0);
        let mut writer = Writer::default();
        let saved = vicinity.save("a", &mut writer);
        let bytes = writer.finish();
        let reader = Reader::new(&bytes).unwrap();
        assert_eq!(Vicinity::load(saved, "a", &reader).unwrap(), vicinity);
        let with = |columns, weight| SavedVicinity { columns, weight };
        for damaged in [with((1, 4), 3.0), with((3, 3), 3.0), with((1, 3), f32::NAN)] {
            assert!(Vicinity::load(damaged, "a", &reader).is_err());
        }
        assert!(Vicinity::load(saved, "b", &reader).is_err());
    }
}
