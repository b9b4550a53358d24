//! `LogisticRegressionClassifier`: softmax regression as Rasa's, with the model's own probabilities.
//!
//! The solver is `ml::logistic`. Probabilities are left as they come, since thresholds of existing bots were chosen
//! for them; that makes them less sure than they could be, which no temperature mends here.

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Fit, Job, folds,
    linear::Linear,
    scores,
    validation::{Confidences, cross_validate_as},
    with_control,
};
use crate::ml::{
    self, LogisticParams, SparseMatrix,
    logistic::LogisticValidParams,
    sampling::{self, Split},
};

pub(super) const NAME: &str = "LogisticRegressionClassifier";

/// Options, named as in Rasa; `solver`, `random_state` and `ranking_length` change nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LogisticOptions {
    #[serde(rename = "C")]
    pub(crate) c: f32,
    pub(crate) class_weight: Option<ClassWeight>,
    pub(crate) max_iter: usize,
    pub(crate) tol: f32,
    pub(crate) solver: String,
    pub(crate) random_state: Option<i64>,
    pub(crate) ranking_length: usize,
}

/// How much each intent counts; all alike where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClassWeight {
    /// By one over the number of its examples.
    Balanced,
}

impl Default for LogisticOptions {
    fn default() -> Self {
        Self {
            c: 1.0,
            class_weight: Some(ClassWeight::Balanced),
            max_iter: 100,
            tol: 1e-4,
            solver: "lbfgs".to_owned(),
            random_state: Some(42),
            ranking_length: 10,
        }
    }
}

impl LogisticOptions {
    pub(crate) const NAMES: [&'static str; 7] = [
        "C",
        "class_weight",
        "max_iter",
        "tol",
        "solver",
        "random_state",
        "ranking_length",
    ];

    pub(super) fn check(&self) -> ml::Result<LogisticValidParams> {
        LogisticParams::new()
            .c(self.c)
            .balanced(self.class_weight.is_some())
            .tolerance(self.tol)
            .max_iterations(self.max_iter)
            .check()
    }
}

/// Learns.
pub(super) fn train(options: &LogisticOptions, job: &Job<'_>) -> Result<(Linear, Fit), Failure> {
    let params = options.check()?;
    let fit_rows = |rows: &SparseMatrix, targets: &[usize]| {
        with_control(job.stop, |control| {
            params.fit_matrix(rows, targets, control)
        })
    };
    // Nothing here is fitted on held-out rows: they only tell how good it is, and when better to fall back.
    let (_, validated) = cross_validate_as(Confidences::Own, job, &splits(job), |train, test| {
        let targets: Vec<usize> = train.iter().map(|row| job.targets[*row]).collect();
        let model = fit_rows(&job.matrix.select(train), &targets)?;
        Ok(scores(job, test, model.classes(), |row, margins| {
            model.decision(row, margins);
        }))
    })?;
    let model = fit_rows(job.matrix, job.targets)?;
    let fit = Fit {
        name: NAME,
        ..validated
    };
    Ok((model.into(), fit))
}

/// Share of the examples kept back where there are many.
const HELD_OUT: f64 = 0.2;

/// Examples from which on a part is kept back once: each fit is slow, and a fifth of them is enough.
const MANY: usize = 2_000;

fn splits(job: &Job<'_>) -> Vec<Split> {
    if job.calibrated && job.targets.len() >= MANY {
        vec![sampling::stratified_hold_out(
            job.targets,
            HELD_OUT,
            job.seed,
        )]
    } else {
        folds(job)
    }
}
