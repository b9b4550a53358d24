//! Classifiers tell the intent of a row of features. One file for each; this one holds what they share.

mod forest;
mod kernel;
mod keyword;
mod linear;
mod logistic;
mod mlp;

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    forest::ForestOptions,
    kernel::{KernelName, KernelOptions},
    keyword::{KeywordOptions, Keywords, SavedKeywords},
    linear::LinearOptions,
    logistic::LogisticOptions,
    mlp::MlpOptions,
};
use super::{
    CrossValidation, Event,
    tensors::{Reader, Writer},
};
use crate::ml::{
    self, Control, SparseMatrix, SparseRow, calibration, metrics,
    sampling::{self, Split},
};

/// A classifier that is to be trained, with its options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spec {
    Linear(LinearOptions),
    Forest(ForestOptions),
    Kernel(KernelOptions),
    Mlp(MlpOptions),
    Logistic(LogisticOptions),
}

impl Spec {
    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        match self {
            Self::Linear(options) => options.check(0).err(),
            Self::Forest(options) => options.check().err(),
            Self::Kernel(options) => options.check(0).err(),
            Self::Mlp(options) => options.check(0, 0).err(),
            Self::Logistic(options) => options.check().err(),
        }
        .map(|error| error.to_string())
    }
}

/// What there is to learn from.
pub(crate) struct Job<'a> {
    /// A row for each example.
    pub(crate) matrix: &'a SparseMatrix,
    /// Intents, sorted.
    pub(crate) labels: &'a [String],
    /// Position of each example's intent among the labels.
    pub(crate) targets: &'a [usize],
    pub(crate) seed: u64,
    /// Whether confidences are fitted on rows kept back.
    pub(crate) calibrated: bool,
    pub(crate) stop: &'a AtomicBool,
}

/// What is known about a fit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    /// Name of the classifier.
    pub(crate) name: &'static str,
    pub(crate) cross_validation: Option<CrossValidation>,
    /// A few words, starting with a separator.
    pub(crate) detail: String,
}

/// Why a classifier was not trained.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The person stopped it.
    Stopped,
    /// It would take minutes.
    TooMany { rows: usize, most: usize },
    /// Its options are wrong.
    Other(String),
}

impl From<ml::Error> for Failure {
    fn from(error: ml::Error) -> Self {
        match error {
            ml::Error::Cancelled => Self::Stopped,
            ml::Error::TooLarge { found, limit, .. } => Self::TooMany {
                rows: found,
                most: limit,
            },
            other => Self::Other(other.to_string()),
        }
    }
}

/// A trained classifier.
#[derive(Clone, Debug)]
pub(crate) struct Classifier {
    labels: Vec<String>,
    kind: Kind,
    /// Factor on scores before softmax.
    temperature: f32,
}

#[derive(Clone, Debug)]
enum Kind {
    Linear(linear::Linear),
    Forest(forest::Forest),
    Kernel(kernel::Kernel),
    Mlp(mlp::Mlp),
    Logistic(linear::Linear),
}

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedClassifier {
    name: String,
    labels: Vec<String>,
    temperature: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kernel: Option<kernel::SavedKernel>,
}

impl Classifier {
    /// Learns from the job.
    pub(crate) fn train(
        spec: &Spec,
        job: &Job<'_>,
        on: &mut dyn FnMut(Event),
    ) -> Result<(Self, Fit), Failure> {
        let labels = job.labels.to_vec();
        on(Event::Stage {
            name: "Intents",
            total: None,
        });
        let (kind, temperature, fit) = match spec {
            Spec::Linear(options) => {
                let (model, temperature, fit) = linear::train(options, job)?;
                (Kind::Linear(model), temperature, fit)
            }
            Spec::Forest(options) => {
                let (model, temperature, fit) = forest::train(options, job, on)?;
                (Kind::Forest(model), temperature, fit)
            }
            Spec::Kernel(options) => {
                let (model, temperature, fit) = kernel::train(options, job)?;
                (Kind::Kernel(model), temperature, fit)
            }
            Spec::Mlp(options) => {
                let (model, temperature, fit) = mlp::train(options, job)?;
                (Kind::Mlp(model), temperature, fit)
            }
            Spec::Logistic(options) => {
                let (model, fit) = logistic::train(options, job)?;
                (Kind::Logistic(model), 1.0, fit)
            }
        };
        Ok((
            Self {
                labels,
                kind,
                temperature,
            },
            fit,
        ))
    }

    /// Returns the intents, sorted.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns the confidence of each intent; together they are 1.
    pub(crate) fn confidences(&self, row: SparseRow<'_>) -> Vec<f32> {
        let mut scores = vec![0.0; self.labels.len()];
        match &self.kind {
            Kind::Linear(model) | Kind::Logistic(model) => model.scores(row, &mut scores),
            Kind::Forest(model) => model.scores(row, &mut scores),
            Kind::Kernel(model) => model.scores(row, &mut scores),
            Kind::Mlp(model) => model.scores(row, &mut scores),
        }
        calibration::softmax(&mut scores, self.temperature);
        scores
    }

    /// Makes all confidences surer by a factor above 1, less sure by one below.
    pub(crate) fn sharpen(&mut self, factor: f32) {
        self.temperature *= factor;
    }

    /// Returns what each feature of the row gives for one intent over another in log-odds, and what is there without
    /// any; `None` where that cannot be said.
    pub(crate) fn difference(
        &self,
        row: SparseRow<'_>,
        a: usize,
        b: usize,
    ) -> Option<(Vec<f64>, f64)> {
        let (shares, intercept) = match &self.kind {
            Kind::Linear(model) | Kind::Logistic(model) => model.difference(row, a, b),
            Kind::Kernel(model) => model.as_linear()?.difference(row, a, b),
            Kind::Mlp(model) => model.difference(row, a, b),
            Kind::Forest(_) => return None,
        };
        let factor = f64::from(self.temperature);
        Some((
            shares.into_iter().map(|share| share * factor).collect(),
            intercept * factor,
        ))
    }

    /// Writes the tables as tensors and returns the rest.
    pub(crate) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedClassifier {
        let (name, kernel) = match &self.kind {
            Kind::Linear(model) => {
                model.save(prefix, tensors);
                (linear::NAME, None)
            }
            Kind::Forest(model) => {
                model.save(prefix, tensors);
                (forest::NAME, None)
            }
            Kind::Kernel(model) => (kernel::NAME, model.save(prefix, tensors)),
            Kind::Logistic(model) => {
                model.save(prefix, tensors);
                (logistic::NAME, None)
            }
            Kind::Mlp(model) => {
                model.save(prefix, tensors);
                (mlp::NAME, None)
            }
        };
        SavedClassifier {
            name: name.to_owned(),
            labels: self.labels.clone(),
            temperature: self.temperature,
            kernel,
        }
    }

    /// Makes a saved classifier ready for rows of `features` columns.
    pub(crate) fn load(
        saved: SavedClassifier,
        prefix: &str,
        features: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let classes = saved.labels.len();
        let kind = match saved.name.as_str() {
            linear::NAME => Kind::Linear(linear::Linear::load(prefix, features, classes, tensors)?),
            logistic::NAME => {
                Kind::Logistic(linear::Linear::load(prefix, features, classes, tensors)?)
            }
            forest::NAME => Kind::Forest(forest::Forest::load(prefix, features, classes, tensors)?),
            mlp::NAME => Kind::Mlp(mlp::Mlp::load(prefix, features, classes, tensors)?),
            kernel::NAME => Kind::Kernel(kernel::Kernel::load(
                saved.kernel,
                prefix,
                features,
                classes,
                tensors,
            )?),
            other => return Err(format!("there is no classifier `{other}`")),
        };
        if !saved.temperature.is_finite() {
            return Err("the temperature is no number".to_owned());
        }
        Ok(Self {
            labels: saved.labels,
            kind,
            temperature: saved.temperature,
        })
    }
}

/// Returns the control that stops a fit once the person has asked to.
fn with_control<T>(stop: &AtomicBool, work: impl FnOnce(&Control<'_>) -> T) -> T {
    let cancelled = || stop.load(Ordering::Relaxed);
    work(&Control {
        cancelled: Some(&cancelled),
        progress: None,
    })
}

/// Splits for cross-validation, with more folds where there is little to learn from.
fn folds(job: &Job<'_>) -> Vec<Split> {
    if !job.calibrated {
        return Vec::new();
    }
    let folds = if job.targets.len() < 2000 { 5 } else { 3 };
    sampling::stratified_folds(job.targets, folds, job.seed)
}

/// Returns the scores of rows under a model that may not have learnt every class; those get `not_learnt`.
fn scores(
    job: &Job<'_>,
    test: &[usize],
    learnt: &[usize],
    not_learnt: f32,
    score: impl Fn(SparseRow<'_>, &mut [f32]),
) -> Vec<Vec<f32>> {
    let mut known = vec![0.0; learnt.len()];
    test.iter()
        .map(|row| {
            score(job.matrix.row(*row), &mut known);
            let mut all = vec![not_learnt; job.labels.len()];
            for (class, score) in learnt.iter().zip(&known) {
                all[*class] = *score;
            }
            all
        })
        .collect()
}

/// Validates: for each split `fit_and_score` learns from some rows and returns the margins of others.
///
/// Returns the temperature that suits the margins of rows not learnt from, and how many of them were right.
fn cross_validate(
    job: &Job<'_>,
    splits: &[Split],
    mut fit_and_score: impl FnMut(&[usize], &[usize]) -> Result<Vec<Vec<f32>>, Failure>,
) -> Result<(f32, Option<CrossValidation>), Failure> {
    let classes = job.labels.len();
    let (mut margins, mut expected) = (Vec::new(), Vec::new());
    for split in splits {
        if split.test.is_empty() || split.train.is_empty() {
            continue;
        }
        for (row, scores) in split
            .test
            .iter()
            .zip(fit_and_score(&split.train, &split.test)?)
        {
            margins.extend(scores);
            expected.push(job.targets[*row]);
        }
    }
    if expected.is_empty() || classes < 2 {
        return Ok((1.0, None));
    }
    let predicted: Vec<usize> = margins.chunks(classes).map(ml::argmax).collect();
    let table = ndarray::ArrayView2::from_shape((expected.len(), classes), &margins)
        .map_err(|error| Failure::Other(error.to_string()))?;
    let temperature = calibration::fit_temperature(table, &expected);
    let report = metrics::Report::new(&expected, &predicted)?;
    let weakest = report
        .classes
        .iter()
        .filter(|class| class.support > 0 && class.scores.recall < 1.0)
        .min_by(|a, b| a.scores.recall.total_cmp(&b.scores.recall))
        .map(|class| {
            let name = |label: usize| job.labels.get(label).cloned().unwrap_or_default();
            let taken_for = report
                .confusions
                .iter()
                .filter(|confusion| confusion.expected == class.label)
                .max_by_key(|confusion| confusion.count)
                .map(|confusion| name(confusion.predicted));
            (name(class.label), class.scores.recall, taken_for)
        });
    Ok((
        temperature,
        Some(CrossValidation {
            examples: expected.len(),
            held_out: splits.len() == 1,
            accuracy: report.accuracy,
            weakest,
        }),
    ))
}
