//! `LinearSvmClassifier`: one-vs-rest linear support vector machines on sparse rows, the default.
//!
//! The solver is `ml::linear_svm`; confidences are the softmax of margins times one temperature, fitted on
//! cross-validated margins (Guo et al. 2017).

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{
    CrossValidation, Failure, Fit, Job, Reader, Writer, cross_validate, folds, scores, with_control,
};
use crate::ml::{
    self, LinearSvm, LinearSvmParams, SparseRow,
    linear_svm::{LinearSvmParts, LinearSvmValidParams},
};

pub(super) const NAME: &str = "LinearSvmClassifier";

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LinearOptions {
    #[serde(rename = "C")]
    pub(crate) c: f32,
    pub(crate) tolerance: f32,
    pub(crate) max_iter: usize,
}

impl Default for LinearOptions {
    fn default() -> Self {
        Self {
            c: 0.5,
            tolerance: 0.1,
            max_iter: 1000,
        }
    }
}

impl LinearOptions {
    pub(crate) const NAMES: [&'static str; 3] = ["C", "tolerance", "max_iter"];

    pub(super) fn check(&self, seed: u64) -> ml::Result<LinearSvmValidParams> {
        LinearSvmParams::new()
            .c(self.c)
            .epsilon(self.tolerance)
            .max_epochs(self.max_iter)
            .seed(seed)
            .check()
    }
}

/// The trained machines.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    model: LinearSvm,
}

/// Learns; also returns the temperature.
pub(super) fn train(options: &LinearOptions, job: &Job<'_>) -> Result<(Linear, f32, Fit), Failure> {
    let params = options.check(job.seed)?;
    let (temperature, cross_validation) = validate(&params, job)?;
    let model = with_control(job.stop, |control| {
        params.fit_matrix(job.matrix, job.targets, control)
    })?;
    let fit = Fit {
        name: NAME,
        cross_validation,
        detail: String::new(),
    };
    Ok((Linear { model }, temperature, fit))
}

/// Cross-validates machines of these parameters.
pub(super) fn validate(
    params: &LinearSvmValidParams,
    job: &Job<'_>,
) -> Result<(f32, Option<CrossValidation>), Failure> {
    cross_validate(job, &folds(job), |train, test| {
        let rows = job.matrix.select(train);
        let targets: Vec<usize> = train.iter().map(|row| job.targets[*row]).collect();
        let model = with_control(job.stop, |control| {
            params.fit_matrix(&rows, &targets, control)
        })?;
        Ok(scores(
            job,
            test,
            model.classes(),
            NOT_LEARNT,
            |row, margins| model.decision(row, margins),
        ))
    })
}

/// Margin of a class that was not learnt.
pub(super) const NOT_LEARNT: f32 = -2.0;

/// Writes hyperplanes as tensors.
pub(super) fn write(parts: &LinearSvmParts, prefix: &str, tensors: &mut Writer) {
    tensors.f32s(format!("{prefix}.weights"), &parts.weights);
    tensors.f32s(format!("{prefix}.intercepts"), &parts.intercepts);
}

/// Reads hyperplanes.
pub(super) fn read(
    prefix: &str,
    features: usize,
    classes: usize,
    tensors: &Reader<'_>,
) -> Result<LinearSvmParts, String> {
    Ok(LinearSvmParts {
        classes: (0..classes).collect(),
        features,
        weights: tensors.f32s(&format!("{prefix}.weights"))?,
        intercepts: tensors.f32s(&format!("{prefix}.intercepts"))?,
    })
}

impl From<LinearSvm> for Linear {
    fn from(model: LinearSvm) -> Self {
        Self { model }
    }
}

impl Linear {
    /// Writes the margin of each intent.
    pub(super) fn scores(&self, row: SparseRow<'_>, scores: &mut [f32]) {
        self.model.decision(row, scores);
    }

    /// Returns the difference of two margins by feature, and of the intercepts.
    pub(super) fn difference(&self, row: SparseRow<'_>, a: usize, b: usize) -> (Vec<f64>, f64) {
        let weight = |feature: u32| {
            f64::from(self.model.weight(feature, a)) - f64::from(self.model.weight(feature, b))
        };
        let shares = row
            .iter()
            .map(|(feature, value)| f64::from(value) * weight(feature))
            .collect();
        (
            shares,
            f64::from(self.model.intercept(a)) - f64::from(self.model.intercept(b)),
        )
    }

    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) {
        write(&self.model.clone().into_parts(), prefix, tensors);
    }

    pub(super) fn load(
        prefix: &str,
        features: usize,
        classes: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        LinearSvm::from_parts(read(prefix, features, classes, tensors)?)
            .map(|model| Self { model })
            .map_err(|error| error.to_string())
    }
}
