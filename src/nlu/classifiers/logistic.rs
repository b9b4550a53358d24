//! `LogisticRegressionClassifier`: softmax regression as Rasa's, with the model's own probabilities.
//!
//! The solver is `ml::logistic`. Probabilities are left as they come, since thresholds of existing bots were chosen
//! for them; that makes them less sure than they could be, which no temperature mends here.

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{Failure, Fit, Job, linear::Linear, with_control};
use crate::ml::{self, LogisticParams, logistic::LogisticValidParams};

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
    let model = with_control(job.stop, |control| {
        params.fit_matrix(job.matrix, job.targets, control)
    })?;
    let fit = Fit {
        name: NAME,
        ..Fit::default()
    };
    Ok((model.into(), fit))
}
