//! `RandomForestClassifier`: many trees on sparse rows, each grown on its own sample (Breiman 2001).
//!
//! The trees are `ml::forest`. Shares of votes are far from confidences (they are too even); a temperature on their
//! logarithms, fitted on cross-validated smaller forests, mends that.

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{Event, Failure, Fit, Job, Reader, Writer, cross_validate, folds, scores};
use crate::ml::{
    self, Control, SparseRow,
    calibration::Sharpness,
    forest::{Forest as Trees, ForestParams, ForestParts},
};

pub(super) const NAME: &str = "RandomForestClassifier";

/// Trees of the forests that only serve cross-validation.
const CALIBRATION_TREES: usize = 30;
/// Added to shares before their logarithm is taken, so that none is infinite.
const LEAST_SHARE: f32 = 1e-3;

/// Options, named as in scikit-learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ForestOptions {
    pub(crate) n_estimators: usize,
    pub(crate) max_features: Option<usize>,
    pub(crate) max_depth: Option<usize>,
    pub(crate) min_samples_split: usize,
}

impl Default for ForestOptions {
    fn default() -> Self {
        Self {
            n_estimators: 100,
            max_features: None,
            max_depth: None,
            min_samples_split: 2,
        }
    }
}

impl ForestOptions {
    pub(crate) const NAMES: [&'static str; 4] = [
        "n_estimators",
        "max_features",
        "max_depth",
        "min_samples_split",
    ];

    pub(super) fn check(&self) -> ml::Result<()> {
        self.params(self.n_estimators, 0).check().map(|_| ())
    }

    fn params(&self, trees: usize, seed: u64) -> ForestParams {
        ForestParams::new()
            .trees(trees)
            .max_features(self.max_features)
            .max_depth(self.max_depth)
            .min_split(self.min_samples_split)
            .seed(seed)
    }
}

/// The factor on logarithms of shares that suits most data.
const USUAL: f32 = 1.8;

/// The trained trees.
#[derive(Clone, Debug)]
pub(super) struct Forest {
    trees: Trees,
}

/// Learns; also returns how sure to be of scores.
pub(super) fn train(
    options: &ForestOptions,
    job: &Job<'_>,
    on: &mut dyn FnMut(Event),
) -> Result<(Forest, Sharpness, Fit), Failure> {
    let params = options.params(options.n_estimators, job.seed).check()?;
    let small = options
        .params(options.n_estimators.min(CALIBRATION_TREES), job.seed)
        .check()?;
    let (sharpness, validated) = cross_validate(USUAL, job, &folds(job), |train, test| {
        let rows = job.matrix.select(train);
        let targets: Vec<usize> = train.iter().map(|row| job.targets[*row]).collect();
        let trees = super::with_control(job.stop, |control| {
            small.fit_matrix(&rows, &targets, control)
        })?;
        Ok(scores(job, test, trees.classes(), |row, shares| {
            logarithms(&trees, row, shares);
        }))
    })?;
    on(Event::Stage {
        name: "Intents",
        total: Some(options.n_estimators as u64),
    });
    let trees = watched(job, on, |control| {
        params.fit_matrix(job.matrix, job.targets, control)
    })?;
    let detail = format!(", {} trees", options.n_estimators);
    Ok((
        Forest { trees },
        sharpness,
        Fit {
            name: NAME,
            detail,
            ..validated
        },
    ))
}

/// Writes the logarithm of the share of votes of each class that the trees know.
fn logarithms(trees: &Trees, row: SparseRow<'_>, scores: &mut [f32]) {
    trees.probabilities(row, scores);
    for score in scores {
        *score = (*score + LEAST_SHARE).ln();
    }
}

/// Runs a fit on another thread and tells how far it is.
fn watched<T: Send>(
    job: &Job<'_>,
    on: &mut dyn FnMut(Event),
    fit: impl FnOnce(&Control<'_>) -> T + Send,
) -> T {
    let done = AtomicUsize::new(0);
    let cancelled = || job.stop.load(Ordering::Relaxed);
    let progress = |now: usize, _: usize| {
        done.fetch_max(now, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        let control = Control {
            cancelled: Some(&cancelled),
            progress: Some(&progress),
        };
        let worker = scope.spawn(move || fit(&control));
        while !worker.is_finished() {
            let position = done.load(Ordering::Relaxed) as u64;
            on(Event::Step { position });
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

impl Forest {
    /// Writes the logarithm of the share of votes of each intent.
    pub(super) fn scores(&self, row: SparseRow<'_>, scores: &mut [f32]) {
        logarithms(&self.trees, row, scores);
    }

    /// Returns what each feature of the row gave for one intent over another in the logarithm of their votes, and what
    /// is there without any: the steps along all paths, brought to the length of that logarithm.
    pub(super) fn difference(&self, row: SparseRow<'_>, a: usize, b: usize) -> (Vec<f64>, f64) {
        let (shares, others) = self.trees.contributions(row, a, b);
        let sum = shares.iter().sum::<f64>() + others;
        let mut scores = vec![0.0; self.trees.classes().len()];
        self.scores(row, &mut scores);
        let score = |class: usize| scores.get(class).copied().map_or(0.0, f64::from);
        let factor = if sum.abs() > 1e-9 {
            (score(a) - score(b)) / sum
        } else {
            0.0
        };
        let shares = shares.into_iter().map(|share| share * factor).collect();
        (shares, others * factor)
    }

    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) {
        let parts = self.trees.clone().into_parts();
        tensors.u32s(format!("{prefix}.roots"), &parts.roots);
        tensors.u32s(format!("{prefix}.node_features"), &parts.node_features);
        tensors.u32s(format!("{prefix}.node_next"), &parts.node_next);
        tensors.u32s(format!("{prefix}.node_counts"), &parts.node_counts);
        tensors.u32s(format!("{prefix}.share_classes"), &parts.share_classes);
        tensors.f32s(format!("{prefix}.share_parts"), &parts.share_parts);
    }

    pub(super) fn load(
        prefix: &str,
        features: usize,
        classes: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let parts = ForestParts {
            classes: (0..classes).collect(),
            features,
            roots: tensors.u32s(&format!("{prefix}.roots"))?,
            node_features: tensors.u32s(&format!("{prefix}.node_features"))?,
            node_next: tensors.u32s(&format!("{prefix}.node_next"))?,
            node_counts: tensors.u32s(&format!("{prefix}.node_counts"))?,
            share_classes: tensors.u32s(&format!("{prefix}.share_classes"))?,
            share_parts: tensors.f32s(&format!("{prefix}.share_parts"))?,
        };
        Trees::from_parts(parts)
            .map(|trees| Self { trees })
            .map_err(|error| error.to_string())
    }
}
