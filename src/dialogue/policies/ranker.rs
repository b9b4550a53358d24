//! What both learnt policies stand on: a linear model from features of a conversation to labels, with what it says
//! about stories that it has not learnt.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use linfa::ParamGuard;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::features::Feature;
use crate::ml::{
    Control, LinearSvm, LinearSvmParams, SparseMatrix, SparseVector, argmax,
    calibration::{fit_temperature, softmax},
    linear_svm::LinearSvmParts,
};

/// Parts that stories are held out in.
const FOLDS: usize = 5;
/// Fewest held-out points from which something is fitted.
const ENOUGH: usize = 10;
/// The highest certainty that is believed.
const SUREST: f32 = 6.0;
/// Margins that the answer may have that it is none of the labels.
const NOTHING: [f32; 5] = [0.0, -0.25, -0.5, -0.75, -1.0];
/// What is left of the confidence for each slot or entity that no story has: half, for want of a way to measure it on
/// stories, all of whose slots and entities are known.
const DOUBT: f32 = 0.5;
/// Margin of a label that was not learnt.
const UNLEARNT: f32 = -1.0;

/// A point of a story, and what is to be predicted there.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) features: Vec<Feature>,
    pub(super) label: usize,
    /// Story that it is of, held out with all its points at once.
    pub(super) story: usize,
}

/// Returns the rows of points, each with its features, what is to be predicted there, and its story.
pub(super) fn rows(
    labels: &[String],
    points: impl IntoIterator<Item = (Vec<Feature>, String, usize)>,
) -> Vec<Row> {
    let numbers: BTreeMap<&str, usize> = labels
        .iter()
        .enumerate()
        .map(|(number, label)| (label.as_str(), number))
        .collect();
    points
        .into_iter()
        .filter_map(|(features, label, story)| {
            let label = *numbers.get(label.as_str())?;
            Some(Row {
                features,
                label,
                story,
            })
        })
        .collect()
}

/// A trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub(super) struct Ranker {
    /// Names of the features, sorted.
    vocabulary: Vec<String>,
    /// The labels, in the order of their numbers.
    labels: Vec<String>,
    svm: LinearSvm,
    calibration: Calibration,
}

/// What makes confidences of margins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Calibration {
    /// Factor on margins.
    certainty: f32,
    /// Margin of the answer that it is none of the labels.
    nothing: f32,
}

impl Default for Calibration {
    /// Returns what is taken where there are too few points to fit anything: planes are undecided at 0.
    fn default() -> Self {
        Self {
            certainty: 2.5,
            nothing: 0.0,
        }
    }
}

/// What the model says at one point.
#[derive(Clone, Debug)]
pub(super) struct Ranking {
    pub(super) margins: Vec<f32>,
    pub(super) confidences: Vec<f32>,
}

/// What speaks for one label rather than another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was seen.
    pub feature: String,
    /// How many turns ago; 0 is the present turn.
    pub turns_ago: usize,
    /// How much it speaks for it; negative where it speaks against it.
    pub share: f64,
}

impl Ranker {
    /// Learns from rows. Nothing where there is nothing to choose between.
    pub(super) fn train(labels: &[String], rows: &[Row]) -> Option<(Self, Vec<HeldOut>)> {
        let mut vocabulary: Vec<String> = rows
            .iter()
            .flat_map(|row| row.features.iter().map(|feature| feature.name.clone()))
            .collect();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let vectors: Vec<SparseVector> = rows
            .iter()
            .map(|row| vector(&vocabulary, &row.features))
            .collect();
        let all: Vec<usize> = (0..rows.len()).collect();
        let svm = fit(&vocabulary, &vectors, rows, &all)?;
        if svm.classes().len() < 2 {
            return None;
        }
        let held_out = hold_out(&vocabulary, &vectors, rows, labels.len());
        let labels = svm
            .classes()
            .iter()
            .filter_map(|label| labels.get(*label).cloned())
            .collect();
        let calibration = calibrate(&held_out);
        let model = Self {
            vocabulary,
            labels,
            svm,
            calibration,
        };
        Some((model, held_out))
    }

    /// Returns the labels that it knows, in the order of margins.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    fn find(&self, feature: &str) -> Option<u32> {
        let at = self
            .vocabulary
            .binary_search_by(|known| known.as_str().cmp(feature));
        at.ok().and_then(|at| u32::try_from(at).ok())
    }

    /// Ranks the labels.
    pub(super) fn rank(&self, features: &[Feature]) -> Ranking {
        let row = vector(&self.vocabulary, features);
        let mut margins = vec![0.0; self.labels.len()];
        self.svm.decision(row.as_row(), &mut margins);
        let mut confidences = margins.clone();
        confidences.push(self.calibration.nothing);
        softmax(&mut confidences, self.calibration.certainty);
        confidences.pop();
        let trust = self.trust(features);
        for confidence in &mut confidences {
            *confidence *= trust;
        }
        Ranking {
            margins,
            confidences,
        }
    }

    /// Returns how far to trust it here: each slot and entity that no story has leaves room for doubt.
    fn trust(&self, features: &[Feature]) -> f32 {
        let context = features.iter().filter(|feature| feature.is_context);
        let strange = context.filter(|feature| self.find(&feature.name).is_none());
        strange.fold(1.0, |trust, _| trust * DOUBT)
    }

    /// Returns what speaks most for one label rather than another, the strongest first.
    pub(super) fn explain(
        &self,
        features: &[Feature],
        label: usize,
        other: usize,
    ) -> Vec<Evidence> {
        let mut found: Vec<Evidence> = features
            .iter()
            .filter_map(|feature| {
                let at = self.find(&feature.name)?;
                let apart = self.svm.weight(at, label) - self.svm.weight(at, other);
                Some(Evidence {
                    feature: feature.name.clone(),
                    turns_ago: feature.turn,
                    share: f64::from(apart * feature.value),
                })
            })
            .collect();
        found.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
        found.truncate(5);
        found
    }
}

impl Ranking {
    /// Returns the first and the second best, the lower number among equals.
    pub(super) fn best(&self) -> (usize, usize) {
        let first = argmax(&self.margins);
        let mut rest = self.margins.clone();
        if let Some(best) = rest.get_mut(first) {
            *best = f32::NEG_INFINITY;
        }
        (first, argmax(&rest))
    }

    pub(super) fn confidence(&self, label: usize) -> f64 {
        self.confidences.get(label).copied().map_or(0.0, f64::from)
    }
}

/// What a model that has not learnt a story says about one of its points.
#[derive(Clone, Debug)]
pub(super) struct HeldOut {
    /// By the number of the label; not a number for labels that were not learnt.
    pub(super) margins: Vec<f32>,
    pub(super) label: usize,
    /// Whether another story has just the same point.
    pub(super) seen: bool,
}

fn vector(vocabulary: &[String], features: &[Feature]) -> SparseVector {
    let pairs = features.iter().filter_map(|feature| {
        let at = vocabulary.binary_search(&feature.name).ok()?;
        Some((u32::try_from(at).ok()?, feature.value))
    });
    SparseVector::from_pairs(pairs.collect())
}

fn fit(
    vocabulary: &[String],
    vectors: &[SparseVector],
    rows: &[Row],
    chosen: &[usize],
) -> Option<LinearSvm> {
    let picked = || chosen.iter().filter_map(|at| vectors.get(*at));
    let matrix =
        SparseMatrix::from_rows(vocabulary.len(), picked().map(SparseVector::as_row)).ok()?;
    let labels: Vec<usize> = chosen
        .iter()
        .filter_map(|at| rows.get(*at))
        .map(|row| row.label)
        .collect();
    // There are few rows, so a closer fit costs nothing.
    let params = LinearSvmParams::new().c(1.0).epsilon(0.001);
    let params = params.check_ref().ok()?;
    params
        .fit_matrix(&matrix, &labels, &Control::default())
        .ok()
}

/// Holds out whole stories, part by part.
fn hold_out(
    vocabulary: &[String],
    vectors: &[SparseVector],
    rows: &[Row],
    labels: usize,
) -> Vec<HeldOut> {
    let mut found = Vec::new();
    let stories = rows.iter().map(|row| row.story + 1).max().unwrap_or(0);
    for fold in 0..FOLDS.min(stories) {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..rows.len())
            .partition(|at| rows.get(*at).is_some_and(|row| row.story % FOLDS == fold));
        let Some(svm) = fit(vocabulary, vectors, rows, &train) else {
            continue;
        };
        let known: BTreeSet<String> = train
            .iter()
            .filter_map(|at| vectors.get(*at))
            .map(text)
            .collect();
        let mut margins = vec![0.0; svm.classes().len()];
        for at in test {
            let (Some(vector), Some(row)) = (vectors.get(at), rows.get(at)) else {
                continue;
            };
            svm.decision(vector.as_row(), &mut margins);
            let mut by_label = vec![f32::NAN; labels];
            for (label, margin) in svm.classes().iter().zip(&margins) {
                if let Some(place) = by_label.get_mut(*label) {
                    *place = *margin;
                }
            }
            found.push(HeldOut {
                margins: by_label,
                label: row.label,
                seen: known.contains(&text(vector)),
            });
        }
    }
    found
}

fn text(vector: &SparseVector) -> String {
    format!("{vector:?}")
}

/// Fits what makes margins certainties, on points that no other story has: what stories say in just the same words
/// needs no judgement. Where the right label was not learnt, the right answer is that it is none of them.
fn calibrate(held_out: &[HeldOut]) -> Calibration {
    let unseen: Vec<&HeldOut> = held_out.iter().filter(|point| !point.seen).collect();
    let labels = unseen.first().map_or(0, |point| point.margins.len());
    if unseen.len() < ENOUGH {
        return Calibration::default();
    }
    let mut margins = Array2::zeros((unseen.len(), labels + 1));
    let mut right = Vec::with_capacity(unseen.len());
    for (mut row, point) in margins.outer_iter_mut().zip(&unseen) {
        for (cell, margin) in row.iter_mut().zip(&point.margins) {
            *cell = if margin.is_nan() { UNLEARNT } else { *margin };
        }
        let own = point.margins.get(point.label);
        let learnt = own.is_some_and(|margin| !margin.is_nan());
        right.push(if learnt { point.label } else { labels });
    }
    let mut best = (f64::INFINITY, Calibration::default());
    for nothing in NOTHING {
        margins.column_mut(labels).fill(nothing);
        let certainty = fit_temperature(margins.view(), &right).min(SUREST);
        let surprise = surprise(&margins, &right, certainty);
        if surprise < best.0 {
            best = (surprise, Calibration { certainty, nothing });
        }
    }
    best.1
}

/// Returns how unlikely the right labels are all together: the sum of their negative logarithms.
fn surprise(margins: &Array2<f32>, right: &[usize], certainty: f32) -> f64 {
    let rows = margins.outer_iter().zip(right);
    rows.map(|(row, label)| {
        let mut row = row.to_vec();
        softmax(&mut row, certainty);
        let own = row.get(*label).copied().unwrap_or_default();
        -f64::from(own.max(f32::MIN_POSITIVE)).ln()
    })
    .sum()
}

/// The saved form.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    vocabulary: Vec<String>,
    labels: Vec<String>,
    calibration: Calibration,
    /// Numbers of four bytes, in base64.
    weights: String,
    intercepts: String,
}

impl From<Ranker> for Saved {
    fn from(model: Ranker) -> Self {
        let parts = model.svm.into_parts();
        let pack = |numbers: &[f32]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            STANDARD.encode(bytes)
        };
        Self {
            vocabulary: model.vocabulary,
            labels: model.labels,
            calibration: model.calibration,
            weights: pack(&parts.weights),
            intercepts: pack(&parts.intercepts),
        }
    }
}

impl TryFrom<Saved> for Ranker {
    type Error = String;

    fn try_from(saved: Saved) -> Result<Self, String> {
        let unpack = |text: &str| -> Result<Vec<f32>, String> {
            let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return Err("the weights are cut off".to_owned());
            }
            Ok(numbers.iter().map(|n| f32::from_le_bytes(*n)).collect())
        };
        let Calibration { certainty, nothing } = saved.calibration;
        if !certainty.is_finite() || !nothing.is_finite() || !saved.vocabulary.is_sorted() {
            return Err("the learnt policy is damaged".to_owned());
        }
        let svm = LinearSvm::from_parts(LinearSvmParts {
            classes: (0..saved.labels.len()).collect(),
            features: saved.vocabulary.len(),
            weights: unpack(&saved.weights)?,
            intercepts: unpack(&saved.intercepts)?,
        })
        .map_err(|error| error.to_string())?;
        Ok(Self {
            vocabulary: saved.vocabulary,
            labels: saved.labels,
            svm,
            calibration: saved.calibration,
        })
    }
}
