//! `LinearSvmClassifier`: one plane for each intent on sparse rows, the default.
//!
//! With enough examples the planes are one-vs-rest support vector machines (`ml::linear_svm`); with few, softmax
//! regression finds better ones on the same features, each by what it has in common with others (`ml::logistic`).
//! Confidences are the softmax of margins times a factor, fitted on cross-validated margins (`ml::calibration`).

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Fit, Job, Reader, Writer, cross_validate, folds, scores, validation::folds_of,
    with_control,
};
use crate::ml::{
    self, ByteTable, Control, LinearSvm, LinearSvmParams, LogisticParams, SparseMatrix, SparseRow,
    calibration::Sharpness,
    linear_svm::{LinearSvmParts, LinearSvmValidParams},
    logistic::LogisticValidParams,
    sampling::Split,
};

pub(super) const NAME: &str = "LinearSvmClassifier";

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LinearOptions {
    /// What a row on the wrong side costs; where none is given, what is good for the loss.
    #[serde(rename = "C")]
    pub(crate) c: Option<f32>,
    pub(crate) loss: LossName,
    pub(crate) tolerance: f32,
    pub(crate) max_iter: usize,
}

/// The losses that can be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LossName {
    /// `Softmax` where examples are [`FEW`] and no C is given, otherwise `SquaredHinge`.
    #[default]
    Auto,
    /// One-vs-rest support vector machines.
    SquaredHinge,
    /// Softmax regression.
    Softmax,
}

impl Default for LinearOptions {
    fn default() -> Self {
        Self {
            c: None,
            loss: LossName::Auto,
            tolerance: 0.1,
            max_iter: 1000,
        }
    }
}

/// Examples an intent, in the mean, and scores of all rows for all intents, up to which softmax regression is worth its
/// time.
///
/// With 5, 10, 20, 40 and 60 examples an intent it gives 5.4, 5.4, 3.3, 1.4 and 1.0 points on BANKING77's training part
/// (`cargo bench --bench quality -- small`); with all of a large set it gives nothing.
/// 355,000 scores took 3.4 CPU seconds and 675,000 took 6.7; 500 intents of 20 examples, 5 million, took 27 and one
/// gigabyte, machines five and a half.
const FEW: [(usize, usize); 2] = [(20, 1_500_000), (60, 400_000)];

/// C where none is given.
const C_OF_MACHINES: f32 = 0.5;
const C_OF_REGRESSION: f32 = 30.0;

/// How often softmax regression learns anew by what intents have in common.
const ROUNDS: usize = 2;

/// Most intents that learn from each other, since that costs the square of their number.
const TOGETHER: usize = 200;

impl LinearOptions {
    pub(crate) const NAMES: [&'static str; 4] = ["C", "loss", "tolerance", "max_iter"];

    /// Returns what is wrong with the options.
    pub(super) fn problem(&self) -> Option<ml::Error> {
        self.machines(0).err().or_else(|| self.regression(0).err())
    }

    fn machines(&self, seed: u64) -> ml::Result<LinearSvmValidParams> {
        LinearSvmParams::new()
            .c(self.c.unwrap_or(C_OF_MACHINES))
            .epsilon(self.tolerance)
            .max_epochs(self.max_iter)
            .seed(seed)
            .check()
    }

    fn regression(&self, intents: usize) -> ml::Result<LogisticValidParams> {
        LogisticParams::new()
            .c(self.c.unwrap_or(C_OF_REGRESSION))
            .tolerance(self.tolerance)
            .max_iterations(self.max_iter)
            .rounds(if intents > TOGETHER { 0 } else { ROUNDS })
            .check()
    }

    fn solver(&self, job: &Job<'_>) -> ml::Result<Solver> {
        let (rows, intents) = (job.targets.len(), job.labels.len());
        let is_few =
            |(each, scores): &(usize, usize)| rows <= each * intents && rows * intents <= *scores;
        let few = self.c.is_none() && FEW.iter().any(is_few);
        Ok(match self.loss {
            LossName::Auto if few => Solver::Regression(self.regression(job.labels.len())?),
            LossName::Auto | LossName::SquaredHinge => Solver::Machines(self.machines(job.seed)?),
            LossName::Softmax => Solver::Regression(self.regression(job.labels.len())?),
        })
    }
}

/// What finds the planes.
pub(super) enum Solver {
    Machines(LinearSvmValidParams),
    Regression(LogisticValidParams),
}

/// Factors on margins that suit most data.
///
/// About the means of what was fitted on five public sets with 2 to 80 examples an intent: of machines 5 to 9, of
/// regression 1.4 to 2.9 where more than a few rows were held out. No benchmark prints them.
pub(super) const USUAL_OF_MACHINES: f32 = 6.5;
const USUAL_OF_REGRESSION: f32 = 1.9;

impl Solver {
    /// Returns the factor on margins that suits most data.
    fn usual(&self) -> f32 {
        match self {
            Self::Machines(_) => USUAL_OF_MACHINES,
            Self::Regression(_) => USUAL_OF_REGRESSION,
        }
    }

    /// Returns splits for cross-validation: of machines, which learn quickly, more.
    ///
    /// What learns from two thirds has smaller margins than what learns from all, so that confidences fitted on them
    /// are a little too high: on BANKING77 with 40 examples an intent by 2.7 points with three parts, 2.0 with five.
    fn folds(&self, job: &Job<'_>) -> Vec<Split> {
        match (self, job.targets.len()) {
            (Self::Machines(_), 0..3_000) => folds_of(10, job),
            (Self::Machines(_), 3_000..10_000) => folds_of(5, job),
            _ => folds(job),
        }
    }

    pub(super) fn fit(
        &self,
        rows: &SparseMatrix,
        targets: &[usize],
        control: &Control<'_>,
    ) -> ml::Result<LinearSvm> {
        match self {
            Self::Machines(params) => params.fit_matrix(rows, targets, control),
            Self::Regression(params) => params.fit_matrix(rows, targets, control),
        }
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
    let solver = options.solver(job)?;
    let (sharpness, validated) = validate(&solver, job)?;
    let model = with_control(job.stop, |control| {
        solver.fit(job.matrix, job.targets, control)
    })?;
    let detail = match solver {
        Solver::Machines(_) => String::new(),
        Solver::Regression(_) => ", by softmax regression".to_owned(),
    };
    let fit = Fit {
        name: NAME,
        detail,
        ..validated
    };
    Ok((Linear::rounded(model), sharpness, fit))
}

/// Cross-validates what a solver finds.
pub(super) fn validate(solver: &Solver, job: &Job<'_>) -> Result<(Sharpness, Fit), Failure> {
    cross_validate(solver.usual(), job, &solver.folds(job), |train, test| {
        let rows = job.matrix.select(train);
        let targets: Vec<usize> = train.iter().map(|row| job.targets[*row]).collect();
        let model = with_control(job.stop, |control| solver.fit(&rows, &targets, control))?;
        Ok(scores(job, test, model.classes(), |row, margins| {
            model.decision(row, margins);
        }))
    })
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
