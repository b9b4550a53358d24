//! What both learnt policies stand on: a linear model from features of a conversation to labels, with what it says
//! about stories that it has not learnt.

use std::collections::BTreeSet;

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
/// Fewest held-out points from which a certainty is taken.
const ENOUGH: usize = 10;
/// Certainty where there are fewer, and the highest that is believed.
const CAUTIOUS: f32 = 1.5;
const SUREST: f32 = 6.0;

/// A point of a story, and what is to be predicted there.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) features: Vec<Feature>,
    pub(super) label: usize,
    /// Story that it is of, held out with all its points at once.
    pub(super) story: usize,
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
    /// Factor on margins that makes them certainties.
    certainty: f32,
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
        let certainty = certainty(&held_out);
        let model = Self {
            vocabulary,
            labels,
            svm,
            certainty,
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
        softmax(&mut confidences, self.certainty);
        Ranking {
            margins,
            confidences,
        }
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
    let params = LinearSvmParams::new().c(1.0);
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

/// Fits the factor that makes margins certainties, on points that no other story has: what stories say in just the same
/// words needs no judgement. A label that was not learnt cannot be predicted, so its points do not count.
fn certainty(held_out: &[HeldOut]) -> f32 {
    let fitted = |points: &[&HeldOut]| {
        let wide = points.iter().map(|point| point.margins.len()).max()?;
        let mut margins = Array2::zeros((points.len(), wide));
        let mut labels = Vec::with_capacity(points.len());
        for (mut row, point) in margins.outer_iter_mut().zip(points) {
            // A label that the part did not learn is as far off as any.
            let lowest = point.margins.iter().copied().fold(-1.0, f32::min);
            for (cell, margin) in row.iter_mut().zip(&point.margins) {
                *cell = if margin.is_nan() { lowest } else { *margin };
            }
            labels.push(point.label);
        }
        Some(fit_temperature(margins.view(), &labels))
    };
    let learnt = |point: &&HeldOut| {
        let own = point.margins.get(point.label);
        own.is_some_and(|margin| !margin.is_nan())
    };
    let unseen: Vec<&HeldOut> = held_out
        .iter()
        .filter(|point| learnt(point) && !point.seen)
        .collect();
    if unseen.len() < ENOUGH {
        return CAUTIOUS;
    }
    fitted(&unseen).map_or(CAUTIOUS, |factor| factor.min(SUREST))
}

/// The saved form.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    vocabulary: Vec<String>,
    labels: Vec<String>,
    certainty: f32,
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
            certainty: model.certainty,
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
        if !saved.certainty.is_finite() || !saved.vocabulary.is_sorted() {
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
            certainty: saved.certainty,
        })
    }
}
