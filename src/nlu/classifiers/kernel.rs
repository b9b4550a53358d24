//! `SvmClassifier`: support vector machines with a kernel, through linfa-svm.
//!
//! Linear kernels are solved exactly on growing working sets (`ml::kernel_svm`) and end as the same small model as
//! `LinearSvmClassifier`'s; RBF and polynomial ones keep their support vectors and are for small data.

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{Failure, Fit, Job, Reader, Writer, cross_validate, linear, scores, with_control};
use crate::ml::{
    self, KernelSvm, KernelSvmParams, LinearSvmParams, SparseMatrix, SparseRow,
    calibration::Sharpness,
    kernel_svm::{Kernel as Likeness, KernelSvmParts, KernelSvmValidParams},
    linear_svm::Loss,
    sampling::{self, Split},
};

pub(super) const NAME: &str = "SvmClassifier";

/// Options, named as in scikit-learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KernelOptions {
    #[serde(rename = "C")]
    pub(crate) c: f32,
    pub(crate) kernel: KernelName,
    pub(crate) gamma: f32,
    pub(crate) degree: u32,
    pub(crate) coef0: f32,
    pub(crate) tolerance: f32,
    pub(crate) max_rows: Option<usize>,
}

/// The kernels that can be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KernelName {
    #[default]
    Linear,
    Rbf,
    #[serde(alias = "polynomial")]
    Poly,
}

impl Default for KernelOptions {
    fn default() -> Self {
        Self {
            c: 1.0,
            kernel: KernelName::Linear,
            gamma: 1.0,
            degree: 2,
            coef0: 1.0,
            tolerance: 1e-3,
            max_rows: None,
        }
    }
}

impl KernelOptions {
    pub(crate) const NAMES: [&'static str; 7] = [
        "C",
        "kernel",
        "gamma",
        "degree",
        "coef0",
        "tolerance",
        "max_rows",
    ];

    pub(super) fn check(&self, seed: u64) -> ml::Result<KernelSvmValidParams> {
        KernelSvmParams::new()
            .c(self.c)
            .kernel(self.likeness())
            .epsilon(self.tolerance)
            .max_rows(self.max_rows)
            .seed(seed)
            .check()
    }

    fn likeness(&self) -> Likeness {
        match self.kernel {
            KernelName::Linear => Likeness::Linear,
            KernelName::Rbf => Likeness::Rbf { gamma: self.gamma },
            KernelName::Poly => Likeness::Polynomial {
                gamma: self.gamma,
                constant: self.coef0,
                degree: self.degree,
            },
        }
    }
}

/// The trained machines; linear ones are kept as hyperplanes.
#[derive(Clone, Debug)]
pub(super) enum Kernel {
    Linear(linear::Linear),
    Vectors(KernelSvm),
}

/// Share of the examples kept back to judge kernels that are too slow for cross-validation.
const HELD_OUT: f64 = 0.2;

/// What a model keeps beside the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedKernel {
    kernel: KernelName,
    gamma: f32,
    constant: f32,
    degree: u32,
}

/// Learns; also returns how sure to be of scores.
pub(super) fn train(
    options: &KernelOptions,
    job: &Job<'_>,
) -> Result<(Kernel, Sharpness, Fit), Failure> {
    let params = options.check(job.seed)?;
    // Refused sizes are refused before any fold is trained.
    let model = with_control(job.stop, |control| {
        params.fit_matrix(job.matrix, job.targets, control)
    })?;
    let (sharpness, validated) = if options.kernel == KernelName::Linear {
        // The sparse solver solves the same problem, much faster.
        let same = LinearSvmParams::new()
            .c(options.c)
            .loss(Loss::Hinge)
            .seed(job.seed)
            .check()?;
        linear::validate(&linear::Solver::Machines(same), job)?
    } else {
        let split = sampling::stratified_hold_out(job.targets, HELD_OUT, job.seed);
        let splits: &[Split] = if job.calibrated { &[split] } else { &[] };
        cross_validate(linear::USUAL_OF_MACHINES, job, splits, |train, test| {
            let rows = job.matrix.select(train);
            let targets: Vec<usize> = train.iter().map(|row| job.targets[*row]).collect();
            let model = with_control(job.stop, |control| {
                params.fit_matrix(&rows, &targets, control)
            })?;
            Ok(scores(job, test, model.classes(), |row, margins| {
                model.decision(row, margins);
            }))
        })?
    };
    let detail = match options.kernel {
        KernelName::Linear => ", linear kernel".to_owned(),
        _ => format!(", {} support vectors", model.support_vectors()),
    };
    Ok((
        Kernel::from(model),
        sharpness,
        Fit {
            name: NAME,
            detail,
            ..validated
        },
    ))
}

impl From<KernelSvm> for Kernel {
    fn from(model: KernelSvm) -> Self {
        match model.as_linear() {
            Some(hyperplanes) => Self::Linear(hyperplanes.clone().into()),
            None => Self::Vectors(model),
        }
    }
}

impl Kernel {
    /// Writes the margin of each intent.
    pub(super) fn scores(&self, row: SparseRow<'_>, scores: &mut [f32]) {
        match self {
            Self::Linear(model) => model.scores(row, scores),
            Self::Vectors(model) => model.decision(row, scores),
        }
    }

    /// Returns the hyperplanes of a linear kernel.
    pub(super) fn as_linear(&self) -> Option<&linear::Linear> {
        match self {
            Self::Linear(model) => Some(model),
            Self::Vectors(_) => None,
        }
    }

    /// Writes support vectors as tensors; hyperplanes are written by the linear classifier.
    pub(super) fn save(&self, prefix: &str, tensors: &mut Writer) -> Option<SavedKernel> {
        let model = match self {
            Self::Linear(model) => {
                model.save(prefix, tensors);
                return None;
            }
            Self::Vectors(model) => model,
        };
        match model.clone().into_parts() {
            KernelSvmParts::Linear(_) => None,
            KernelSvmParts::Vectors {
                kernel,
                vectors,
                alphas,
                intercepts,
                ..
            } => {
                let offsets: Vec<u64> = vectors.offsets().iter().map(|at| *at as u64).collect();
                tensors.u64s(format!("{prefix}.offsets"), &offsets);
                tensors.u32s(format!("{prefix}.indices"), vectors.indices());
                tensors.f32s(format!("{prefix}.values"), vectors.values());
                tensors.f32s(format!("{prefix}.alphas"), &alphas);
                tensors.f32s(format!("{prefix}.intercepts"), &intercepts);
                Some(match kernel {
                    Likeness::Linear => return None,
                    Likeness::Rbf { gamma } => SavedKernel {
                        kernel: KernelName::Rbf,
                        gamma,
                        constant: 0.0,
                        degree: 0,
                    },
                    Likeness::Polynomial {
                        gamma,
                        constant,
                        degree,
                    } => SavedKernel {
                        kernel: KernelName::Poly,
                        gamma,
                        constant,
                        degree,
                    },
                })
            }
        }
    }

    pub(super) fn load(
        saved: Option<SavedKernel>,
        prefix: &str,
        features: usize,
        classes: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let parts = match saved {
            None => KernelSvmParts::Linear(linear::read(prefix, features, classes, tensors)?),
            Some(saved) => {
                let offsets = tensors.u64s(&format!("{prefix}.offsets"))?;
                let offsets: Vec<usize> = offsets
                    .into_iter()
                    .map(|at| usize::try_from(at).map_err(|_| "an offset is too large".to_owned()))
                    .collect::<Result<_, _>>()?;
                let vectors = SparseMatrix::from_parts(
                    features,
                    offsets,
                    tensors.u32s(&format!("{prefix}.indices"))?,
                    tensors.f32s(&format!("{prefix}.values"))?,
                )
                .map_err(|error| error.to_string())?;
                KernelSvmParts::Vectors {
                    kernel: match saved.kernel {
                        KernelName::Linear => Likeness::Linear,
                        KernelName::Rbf => Likeness::Rbf { gamma: saved.gamma },
                        KernelName::Poly => Likeness::Polynomial {
                            gamma: saved.gamma,
                            constant: saved.constant,
                            degree: saved.degree,
                        },
                    },
                    classes: (0..classes).collect(),
                    vectors,
                    alphas: tensors.f32s(&format!("{prefix}.alphas"))?,
                    intercepts: tensors.f32s(&format!("{prefix}.intercepts"))?,
                }
            }
        };
        KernelSvm::from_parts(parts)
            .map(Self::from)
            .map_err(|error| error.to_string())
    }
}
