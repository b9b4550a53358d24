//! `LinearSvmClassifier`: one-vs-rest linear support vector machines on sparse rows, the default.
//!
//! The solver is `ml::linear_svm`; confidences are the softmax of margins times a factor, fitted on
//! cross-validated margins (`ml::calibration`).

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{Failure, Fit, Job, Reader, Writer, cross_validate, folds, scores, with_control};
use crate::ml::{
    self, ByteTable, LinearSvm, LinearSvmParams, SparseRow,
    calibration::Sharpness,
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
    weights: Weights,
    intercepts: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Weights {
    /// As they were learnt.
    Exact(LinearSvm),
    /// Rounded, feature by feature.
    Bytes(ByteTable),
}

/// Learns; also returns how sure to be of scores.
pub(super) fn train(
    options: &LinearOptions,
    job: &Job<'_>,
) -> Result<(Linear, Sharpness, Fit), Failure> {
    let params = options.check(job.seed)?;
    let (sharpness, validated) = validate(&params, job)?;
    let model = with_control(job.stop, |control| {
        params.fit_matrix(job.matrix, job.targets, control)
    })?;
    let fit = Fit {
        name: NAME,
        ..validated
    };
    Ok((Linear::rounded(model), sharpness, fit))
}

/// Cross-validates machines of these parameters.
pub(super) fn validate(
    params: &LinearSvmValidParams,
    job: &Job<'_>,
) -> Result<(Sharpness, Fit), Failure> {
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
        let intercepts = (0..model.classes().len())
            .map(|class| model.intercept(class))
            .collect();
        Self {
            weights: Weights::Exact(model),
            intercepts,
        }
    }
}

impl Linear {
    /// Keeps the weights as bytes: what is used at once is what is saved.
    fn rounded(model: LinearSvm) -> Self {
        let parts = model.into_parts();
        Self {
            weights: Weights::Bytes(ByteTable::new(&parts.weights, parts.classes.len())),
            intercepts: parts.intercepts,
        }
    }

    /// Writes the margin of each intent.
    pub(super) fn scores(&self, row: SparseRow<'_>, scores: &mut [f32]) {
        match &self.weights {
            Weights::Exact(model) => model.decision(row, scores),
            Weights::Bytes(table) => {
                for (score, intercept) in scores.iter_mut().zip(&self.intercepts) {
                    *score = *intercept;
                }
                for (feature, value) in row.iter() {
                    table.add_row(feature as usize, value, scores);
                }
            }
        }
    }

    /// Returns the difference of two margins by feature, and of the intercepts.
    pub(super) fn difference(&self, row: SparseRow<'_>, a: usize, b: usize) -> (Vec<f64>, f64) {
        let weight = |feature: u32, class: usize| {
            f64::from(match &self.weights {
                Weights::Exact(model) => model.weight(feature, class),
                Weights::Bytes(table) => table.weight(feature as usize, class),
            })
        };
        let shares = row
            .iter()
            .map(|(feature, value)| f64::from(value) * (weight(feature, a) - weight(feature, b)))
            .collect();
        let intercept = |class: usize| self.intercepts.get(class).copied().map_or(0.0, f64::from);
        (shares, intercept(a) - intercept(b))
    }

    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) {
        match &self.weights {
            Weights::Exact(model) => {
                tensors.f32s(
                    format!("{prefix}.weights"),
                    &model.clone().into_parts().weights,
                );
            }
            Weights::Bytes(table) => {
                tensors.f32s(format!("{prefix}.scales"), table.scales());
                tensors.i8s(format!("{prefix}.bytes"), table.weights());
            }
        }
        tensors.f32s(format!("{prefix}.intercepts"), &self.intercepts);
    }

    /// Reads rounded weights.
    pub(super) fn load(
        prefix: &str,
        features: usize,
        classes: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let scales = tensors.f32s(&format!("{prefix}.scales"))?;
        let intercepts = tensors.f32s(&format!("{prefix}.intercepts"))?;
        if scales.len() != features || intercepts.len() != classes {
            return Err("the weights are not for these features and intents".to_owned());
        }
        if !intercepts.iter().all(|value| value.is_finite()) {
            return Err("an intercept is not a number".to_owned());
        }
        let bytes = tensors.i8s(&format!("{prefix}.bytes"))?;
        let table =
            ByteTable::from_parts(classes, scales, bytes).map_err(|error| error.to_string())?;
        Ok(Self {
            weights: Weights::Bytes(table),
            intercepts,
        })
    }

    /// Reads weights as they were learnt.
    pub(super) fn load_exact(
        prefix: &str,
        features: usize,
        classes: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        LinearSvm::from_parts(read(prefix, features, classes, tensors)?)
            .map(Self::from)
            .map_err(|error| error.to_string())
    }
}
