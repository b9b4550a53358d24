//! `MlpClassifier`: the mean of a few small neural networks, the most accurate classifier here and not the quickest.
//!
//! The networks are `ml::mlp`. They come well calibrated; one temperature, fitted on examples held out, does the rest.

use linfa::ParamGuard;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Failure, Fit, Job, Reader, Writer, cross_validate, folds, scores, with_control};
use crate::ml::{
    self, Mlp as Networks, MlpParams, SparseRow,
    calibration::Sharpness,
    mlp::{MlpParts, MlpValidParams},
    sampling,
};

pub(super) const NAME: &str = "MlpClassifier";

/// Examples from which on a share is held out once, instead of each part in turn.
const MANY: usize = 1000;
/// The share.
const HELD_OUT: f64 = 0.2;

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MlpOptions {
    pub(crate) hidden_units: usize,
    pub(crate) drop_rate: f32,
    pub(crate) epochs: usize,
    pub(crate) learning_rate: f32,
    pub(crate) networks: usize,
    /// 2 where there are many examples, else 1.
    pub(crate) min_examples: Option<usize>,
}

impl Default for MlpOptions {
    fn default() -> Self {
        Self {
            hidden_units: 256,
            drop_rate: 0.3,
            epochs: 15,
            learning_rate: 0.05,
            networks: 3,
            min_examples: None,
        }
    }
}

impl MlpOptions {
    pub(crate) const NAMES: [&'static str; 6] = [
        "hidden_units",
        "drop_rate",
        "epochs",
        "learning_rate",
        "networks",
        "min_examples",
    ];

    pub(super) fn check(&self, examples: usize, seed: u64) -> ml::Result<MlpValidParams> {
        let usual = if examples < MANY { 1 } else { 2 };
        MlpParams::new()
            .hidden(self.hidden_units)
            .dropout(self.drop_rate)
            .epochs(self.epochs)
            .rate(self.learning_rate)
            .networks(self.networks)
            .min_rows(self.min_examples.unwrap_or(usual))
            .seed(seed)
            .check()
    }
}

/// The factor on scores that suits most data.
const USUAL: f32 = 1.1;

/// The trained networks.
#[derive(Clone, Debug)]
pub(super) struct Mlp {
    model: Networks,
}

/// Learns; also returns how sure to be of scores.
pub(super) fn train(options: &MlpOptions, job: &Job<'_>) -> Result<(Mlp, Sharpness, Fit), Failure> {
    let params = options.check(job.targets.len(), job.seed)?;
    let splits = if !job.calibrated || job.targets.len() < MANY {
        folds(job)
    } else {
        vec![sampling::stratified_hold_out(
            job.targets,
            HELD_OUT,
            job.seed,
        )]
    };
    let all: Vec<usize> = (0..job.targets.len()).collect();
    // All at once, so that no thread waits for the last network of a fold.
    let parts: Vec<&[usize]> = splits
        .iter()
        .map(|split| split.train.as_slice())
        .chain([all.as_slice()])
        .filter(|rows| !rows.is_empty())
        .collect();
    let mut models = parts
        .into_par_iter()
        .map(|rows| {
            let matrix = job.matrix.select(rows);
            let targets: Vec<usize> = rows.iter().map(|row| job.targets[*row]).collect();
            with_control(job.stop, |control| {
                params.fit_matrix(&matrix, &targets, control)
            })
        })
        .collect::<ml::Result<Vec<Networks>>>()?
        .into_iter();
    let model = models.next_back().ok_or(ml::Error::NoRows)?;
    let (sharpness, validated) = cross_validate(USUAL, job, &splits, |_, test| {
        let model = models.next().ok_or(ml::Error::NoRows)?;
        Ok(scores(job, test, model.classes(), |row, scores| {
            model.decision(row, scores);
        }))
    })?;
    let fit = Fit {
        name: NAME,
        detail: format!(
            ", {} of {} hidden units",
            crate::diagnostic::count(options.networks, "network"),
            options.hidden_units
        ),
        ..validated
    };
    Ok((Mlp { model }, sharpness, fit))
}

impl Mlp {
    /// Writes the score of each intent.
    pub(super) fn scores(&self, row: SparseRow<'_>, scores: &mut [f32]) {
        self.model.decision(row, scores);
    }

    /// Returns the difference of two scores by feature, and of what is there without any.
    pub(super) fn difference(&self, row: SparseRow<'_>, a: usize, b: usize) -> (Vec<f64>, f64) {
        self.model.difference(row, a, b)
    }

    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) {
        let parts = self.model.parts();
        tensors.u32s(format!("{prefix}.places"), &parts.places);
        tensors.f32s(format!("{prefix}.scales"), &parts.scales);
        tensors.i8s(format!("{prefix}.weights"), &parts.weights);
        tensors.f32s(format!("{prefix}.hidden_bias"), &parts.hidden_bias);
        tensors.f32s(format!("{prefix}.output"), &parts.output);
        tensors.f32s(format!("{prefix}.intercepts"), &parts.intercepts);
    }

    pub(super) fn load(
        prefix: &str,
        features: usize,
        classes: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let parts = MlpParts {
            classes: (0..classes).collect(),
            places: tensors.u32s(&format!("{prefix}.places"))?,
            scales: tensors.f32s(&format!("{prefix}.scales"))?,
            weights: tensors.i8s(&format!("{prefix}.weights"))?,
            hidden_bias: tensors.f32s(&format!("{prefix}.hidden_bias"))?,
            output: tensors.f32s(&format!("{prefix}.output"))?,
            intercepts: tensors.f32s(&format!("{prefix}.intercepts"))?,
        };
        if parts.places.len() != features {
            return Err("the networks are not for these features".to_owned());
        }
        Networks::from_parts(parts)
            .map(|model| Self { model })
            .map_err(|error| error.to_string())
    }
}
