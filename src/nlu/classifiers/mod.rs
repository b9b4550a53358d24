//! Classifiers tell the intent of a row of features. One file for each; this one holds what they share.

mod forest;
mod grid;
mod kernel;
mod keyword;
mod linear;
mod listed;
mod logistic;
mod mlp;
mod scope;
mod validation;
mod vicinity;

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

pub use self::validation::Fallback;
pub(crate) use self::{
    forest::ForestOptions,
    grid::SklearnOptions,
    kernel::KernelOptions,
    keyword::{KeywordOptions, Keywords, SavedKeywords},
    linear::LinearOptions,
    listed::Listed,
    logistic::LogisticOptions,
    mlp::MlpOptions,
    scope::{SavedScope, Scope, distinct_words},
    validation::Judged,
};
use self::{
    validation::{cross_validate, folds, scores},
    vicinity::Near,
};
use super::{
    CrossValidation, Event,
    featurizers::Features,
    tensors::{Reader, Writer},
};
use crate::ml::{self, Control, SparseMatrix, SparseRow, SparseVector, calibration::Sharpness};

/// A classifier that is to be trained, with its options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spec {
    Linear(LinearOptions),
    Forest(ForestOptions),
    Kernel(KernelOptions),
    Mlp(MlpOptions),
    Logistic(LogisticOptions),
    Sklearn(SklearnOptions),
}

impl Spec {
    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        match self {
            Self::Sklearn(options) => return options.problem(),
            Self::Linear(options) => options.problem(),
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
    /// Where the parts of a row begin, ascending, and whether each is brought to a length whatever the message.
    pub(crate) parts: &'a [(u32, bool)],
    /// The distinct words of each example, where strange messages are to be told.
    pub(crate) words: Option<&'a [Vec<u64>]>,
    /// Columns of a sentence embedding, if there is one: the first, and the one after the last.
    pub(crate) embedding: Option<(u32, u32)>,
    pub(crate) seed: u64,
    /// Whether confidences are fitted on rows kept back.
    pub(crate) calibrated: bool,
    pub(crate) stop: &'a AtomicBool,
}

impl Job<'_> {
    /// Returns the embeddings of some examples.
    fn vicinity(&self, rows: impl Iterator<Item = usize>) -> Option<vicinity::Vicinity> {
        let examples = rows.filter_map(|row| Some((self.matrix.row(row), *self.targets.get(row)?)));
        let columns = self.embedding?;
        Some(vicinity::Vicinity::learn(
            examples,
            self.labels.len(),
            columns,
        ))
    }
}

/// What is known about a fit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    /// Name of the classifier.
    pub(crate) name: &'static str,
    pub(crate) cross_validation: Option<CrossValidation>,
    /// How sure of each message models were that had not seen it.
    pub(crate) judged: Vec<Judged>,
    /// How familiar such messages look.
    measures: Option<scope::Measures>,
    /// What the cosine to the nearest example of an intent adds to its score.
    nearest: f32,
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
    /// Its name in the pipeline.
    component: String,
    labels: Vec<String>,
    kind: Kind,
    /// How sure to be of scores.
    sharpness: Sharpness,
    scope: Option<Scope>,
    /// Columns it looks at, where those are not all: ranges with the column after the last of each.
    only: Option<Vec<(u32, u32)>>,
    listed: Listed,
}

#[derive(Clone, Debug)]
enum Kind {
    Linear(linear::Linear),
    Forest(forest::Forest),
    Kernel(kernel::Kernel),
    Mlp(mlp::Mlp),
    Logistic(linear::Linear),
}

/// What gives one intent over another, in log-odds that add up to those of their confidences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// Of each feature of the row.
    pub(crate) features: Vec<f64>,
    /// Of the nearest examples, where they are known.
    pub(crate) nearest: Option<f64>,
    /// Of what is there without any of these.
    pub(crate) others: f64,
}

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedClassifier {
    name: String,
    /// Its name in the pipeline, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    labels: Vec<String>,
    sharpness: Sharpness,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<SavedScope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Vec<(u32, u32)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kernel: Option<kernel::SavedKernel>,
    #[serde(default)]
    listed: Listed,
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
        let (kind, sharpness, mut fit) = match spec {
            Spec::Linear(options) => {
                let (model, sharpness, fit) = linear::train(options, job)?;
                (Kind::Linear(model), sharpness, fit)
            }
            Spec::Forest(options) => {
                let (model, sharpness, fit) = forest::train(options, job, on)?;
                (Kind::Forest(model), sharpness, fit)
            }
            Spec::Kernel(options) => {
                let (model, sharpness, fit) = kernel::train(options, job)?;
                (Kind::Kernel(model), sharpness, fit)
            }
            Spec::Sklearn(options) => grid::train(options, job)?,
            Spec::Mlp(options) => {
                let (model, sharpness, fit) = mlp::train(options, job)?;
                (Kind::Mlp(model), sharpness, fit)
            }
            Spec::Logistic(options) => {
                let (model, fit) = logistic::train(options, job)?;
                (Kind::Logistic(model), Sharpness::default(), fit)
            }
        };
        let scope = fit.measures.take().zip(job.words).map(|(measures, words)| {
            let examples = words
                .iter()
                .map(Vec::as_slice)
                .zip(job.targets.iter().copied());
            let vicinity = job.vicinity(0..job.targets.len());
            let vicinity = vicinity.map(|vicinity| vicinity.weighing(fit.nearest));
            Scope::new(scope::Vocabulary::learn(examples), vicinity, measures)
        });
        Ok((
            Self {
                component: fit.name.to_owned(),
                labels,
                kind,
                sharpness,
                scope,
                only: None,
                listed: Listed::default(),
            },
            fit,
        ))
    }

    /// Returns its name in the pipeline.
    pub(crate) fn component(&self) -> &str {
        &self.component
    }

    /// Returns the intents, sorted.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Tells whether it has an answer to a row: a text without a single known feature says nothing about its intent,
    /// yet Rasa's regression then goes by its intercepts.
    pub(crate) fn answers(&self, row: SparseRow<'_>) -> bool {
        let is_seen = |column: &u32| {
            self.only.as_ref().is_none_or(|only| {
                only.iter()
                    .any(|(start, end)| (start..end).contains(&column))
            })
        };
        row.indices.iter().any(is_seen) || matches!(self.kind, Kind::Logistic(_))
    }

    /// Returns the confidence of each intent; together they are 1.
    pub(crate) fn confidences(&self, features: &Features) -> Vec<f32> {
        let mut scores = self.scores(features.as_row());
        if let Some((near, weight)) = self.near(features.as_row(), &scores) {
            near.lift(weight, &mut scores);
        }
        self.sharpness.softmax(&mut scores, self.known(features));
        scores
    }

    /// Returns what stands near a message with these scores, and what a cosine adds to a score.
    fn near(&self, row: SparseRow<'_>, scores: &[f32]) -> Option<(Near, f32)> {
        self.scope.as_ref()?.near(row, scores)
    }

    /// Returns what share of a message was learnt, as far as the classifier looks at it and its confidences go by that.
    fn known(&self, features: &Features) -> f32 {
        match self.kind {
            Kind::Logistic(_) => 1.0,
            _ => features.known.share(self.only.as_deref()),
        }
    }

    /// Returns the confidence of each intent, and the share of messages in scope that look at least as strange as the
    /// text whose row it is, where that is known.
    pub(crate) fn classify(&self, text: &str, features: &Features) -> (Vec<f32>, Option<f64>) {
        let mut scores = self.scores(features.as_row());
        let near = self.near(features.as_row(), &scores);
        let scope = self.scope.as_ref();
        let familiarity = scope.map(|scope| {
            let near = near.as_ref().map(|(near, _)| near);
            scope.familiarity(text, near, &scores)
        });
        if let Some((near, weight)) = near {
            near.lift(weight, &mut scores);
        }
        self.sharpness.softmax(&mut scores, self.known(features));
        (scores, familiarity)
    }

    /// Returns the classifier looking at some columns alone, those it was trained on.
    pub(crate) fn on(self, only: Option<Vec<(u32, u32)>>) -> Self {
        Self { only, ..self }
    }

    /// Returns the classifier with what a parse is to list of it.
    pub(crate) fn listing(self, listed: Listed) -> Self {
        Self { listed, ..self }
    }

    /// Returns what a parse lists of it.
    pub(crate) fn listed(&self) -> Listed {
        self.listed
    }

    /// Returns the score of each intent.
    fn scores(&self, row: SparseRow<'_>) -> Vec<f32> {
        let restricted = self.only.as_ref().map(|only| restrict(row, only));
        let row = restricted.as_ref().map_or(row, SparseVector::as_row);
        let mut scores = vec![0.0; self.labels.len()];
        match &self.kind {
            Kind::Linear(model) | Kind::Logistic(model) => model.scores(row, &mut scores),
            Kind::Forest(model) => model.scores(row, &mut scores),
            Kind::Kernel(model) => model.scores(row, &mut scores),
            Kind::Mlp(model) => model.scores(row, &mut scores),
        }
        scores
    }

    /// Makes all confidences surer by a factor above 1, less sure by one below.
    pub(crate) fn sharpen(&mut self, factor: f32) {
        self.sharpness = self.sharpness.sharper(factor);
    }

    /// Returns what gives one intent over another in log-odds; `None` where that cannot be said.
    pub(crate) fn difference(&self, features: &Features, a: usize, b: usize) -> Option<Difference> {
        let row = features.as_row();
        let (shares, others) = match &self.kind {
            Kind::Linear(model) | Kind::Logistic(model) => model.difference(row, a, b),
            Kind::Kernel(model) => model.as_linear()?.difference(row, a, b),
            Kind::Mlp(model) => model.difference(row, a, b),
            Kind::Forest(model) => model.difference(row, a, b),
        };
        let mut scores = self.scores(row);
        let nearest = self.near(row, &scores).map(|(near, weight)| {
            near.lift(weight, &mut scores);
            f64::from(weight * (near.lead(a) - near.lead(b)))
        });
        let factor = f64::from(self.sharpness.factor(&scores, self.known(features)));
        Some(Difference {
            features: shares.into_iter().map(|share| share * factor).collect(),
            nearest: nearest.map(|nearest| nearest * factor),
            others: others * factor,
        })
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
            component: (self.component != name).then(|| self.component.clone()),
            labels: self.labels.clone(),
            sharpness: self.sharpness,
            scope: self.scope.as_ref().map(|scope| scope.save(prefix, tensors)),
            only: self.only.clone(),
            kernel,
            listed: self.listed,
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
            logistic::NAME => Kind::Logistic(linear::Linear::load_exact(
                prefix, features, classes, tensors,
            )?),
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
        if !saved.sharpness.is_finite() {
            return Err("how sure to be is no number".to_owned());
        }
        let scope = saved.scope.map(|scope| Scope::load(scope, prefix, tensors));
        Ok(Self {
            component: saved.component.unwrap_or(saved.name),
            labels: saved.labels,
            kind,
            sharpness: saved.sharpness,
            scope: scope.transpose()?,
            only: saved.only,
            listed: saved.listed,
        })
    }
}

/// Returns what a row has in some columns, given as ranges with the column after the last of each.
pub(crate) fn restrict(row: SparseRow<'_>, only: &[(u32, u32)]) -> SparseVector {
    let inside = |column: u32| {
        only.iter()
            .any(|(start, end)| (*start..*end).contains(&column))
    };
    SparseVector::from_pairs(row.iter().filter(|(column, _)| inside(*column)).collect())
}

/// Returns the control that stops a fit once the person has asked to.
fn with_control<T>(stop: &AtomicBool, work: impl FnOnce(&Control<'_>) -> T) -> T {
    let cancelled = || stop.load(Ordering::Relaxed);
    work(&Control {
        cancelled: Some(&cancelled),
        progress: None,
    })
}
