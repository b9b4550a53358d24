//! `SklearnIntentClassifier`: the support vector machine that cross-validation finds best (nlu.md §5).
//!
//! Every `C`, `gamma` and kernel is tried as scikit-learn's grid search does; the first of the best is learnt anew from
//! all examples. Where scikit-learn fits Platt's sigmoids to margins, confidences here are the calibrated softmax that
//! all classifiers have.

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Fit, Job, Kind, kernel,
    kernel::{KernelName, KernelOptions},
    linear, with_control,
};
use crate::ml::{
    KernelSvm, LinearSvm, LinearSvmParams, SparseMatrix,
    calibration::Sharpness,
    kernel_svm::MOST_ROWS_KERNEL,
    linear_svm::{ClassWeight, LinearSvmValidParams, Loss},
    metrics::Report,
    sampling,
};

pub(super) const NAME: &str = "SklearnIntentClassifier";

/// Options, named as in Rasa.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SklearnOptions {
    #[serde(rename = "C")]
    c: OneOrMore<f32>,
    gamma: OneOrMore<Gamma>,
    kernels: OneOrMore<String>,
    max_cross_validation_folds: usize,
    scoring_function: String,
    num_threads: usize,
}

/// A list, or its only element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> OneOrMore<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::More(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// How fast likeness falls with distance: a number, or one that follows from the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Gamma {
    Number(f32),
    Named(String),
}

impl Default for SklearnOptions {
    fn default() -> Self {
        Self {
            c: OneOrMore::More(vec![1.0, 2.0, 5.0, 10.0, 20.0, 100.0]),
            gamma: OneOrMore::More(vec![Gamma::Number(0.1)]),
            kernels: OneOrMore::More(vec!["linear".to_owned()]),
            max_cross_validation_folds: 5,
            scoring_function: "f1_weighted".to_owned(),
            num_threads: 1,
        }
    }
}

impl SklearnOptions {
    pub(crate) const NAMES: [&'static str; 6] = [
        "C",
        "gamma",
        "kernels",
        "max_cross_validation_folds",
        "scoring_function",
        "num_threads",
    ];

    /// Returns the kernels that are listed and not tried, since they are not there.
    pub(crate) fn left_out(&self) -> Vec<&str> {
        let names = self.kernels.all().iter().map(String::as_str);
        names.filter(|name| kernel_named(name).is_none()).collect()
    }

    /// Leaves out the kernels that would take minutes on so many rows and returns their names; a linear one is tried
    /// where none is left.
    pub(crate) fn leave_out_slow(&mut self, rows: usize) -> Vec<String> {
        if rows <= MOST_ROWS_KERNEL {
            return Vec::new();
        }
        let is_fast = |name: &String| kernel_named(name) == Some(KernelName::Linear);
        let (fast, slow) = self.kernels.all().iter().cloned().partition(is_fast);
        self.kernels = OneOrMore::More(fast);
        slow
    }

    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        let known = ["linear", "rbf", "poly", "sigmoid"];
        let unknown = self
            .kernels
            .all()
            .iter()
            .find(|name| !known.contains(&name.as_str()));
        if let Some(name) = unknown {
            return Some(format!(
                "`kernels` may list {}, not `{name}`",
                known.join(", ")
            ));
        }
        if self.kernels.all().is_empty() {
            return Some("`kernels` must list at least one of linear, rbf, poly".to_owned());
        }
        if !self.c.all().iter().all(|c| *c > 0.0 && c.is_finite()) || self.c.all().is_empty() {
            return Some("`C` must list numbers above 0".to_owned());
        }
        let sound = |gamma: &Gamma| match gamma {
            Gamma::Number(gamma) => *gamma > 0.0 && gamma.is_finite(),
            Gamma::Named(name) => ["scale", "auto"].contains(&name.as_str()),
        };
        if !self.gamma.all().iter().all(sound) || self.gamma.all().is_empty() {
            return Some("`gamma` must list numbers above 0, `scale` or `auto`".to_owned());
        }
        score_named(&self.scoring_function).is_none().then(|| {
            format!(
                "`scoring_function` must be `f1_weighted`, `f1_macro` or `accuracy`, not `{}`",
                self.scoring_function
            )
        })
    }

    /// Returns the kernels that are tried: a linear one where none that is listed is there.
    fn kernels(&self) -> Vec<KernelName> {
        let names = self.kernels.all().iter();
        let known: Vec<_> = names.filter_map(|name| kernel_named(name)).collect();
        if known.is_empty() {
            vec![KernelName::Linear]
        } else {
            known
        }
    }

    /// Returns what is tried, in scikit-learn's order.
    fn grid(&self, matrix: &SparseMatrix) -> Vec<KernelOptions> {
        let mut grid: Vec<KernelOptions> = Vec::new();
        for &c in self.c.all() {
            for gamma in self.gamma.all() {
                for kernel in self.kernels() {
                    let machine = KernelOptions {
                        c,
                        kernel,
                        // A linear one has no use for it.
                        gamma: match kernel {
                            KernelName::Linear => KernelOptions::default().gamma,
                            _ => number(gamma, matrix),
                        },
                        degree: 3,
                        coef0: 0.0,
                        ..KernelOptions::default()
                    };
                    if !grid.contains(&machine) {
                        grid.push(machine);
                    }
                }
            }
        }
        grid
    }
}

fn kernel_named(name: &str) -> Option<KernelName> {
    match name {
        "linear" => Some(KernelName::Linear),
        "rbf" => Some(KernelName::Rbf),
        "poly" => Some(KernelName::Poly),
        _ => None,
    }
}

/// Returns gamma for rows: scikit-learn's `scale` is one over the variance of all values, of which there are as many as
/// features in a row, and `auto` one over their number.
fn number(gamma: &Gamma, matrix: &SparseMatrix) -> f32 {
    let features = matrix.cols().max(1) as f64;
    match gamma {
        Gamma::Number(gamma) => *gamma,
        Gamma::Named(name) if name == "auto" => (1.0 / features) as f32,
        Gamma::Named(_) => {
            let all = features * matrix.rows().max(1) as f64;
            let values = || matrix.values().iter().map(|value| f64::from(*value));
            let mean = values().sum::<f64>() / all;
            let variance = values().map(|value| value * value).sum::<f64>() / all - mean * mean;
            let gamma = 1.0 / (features * variance);
            if gamma.is_finite() { gamma as f32 } else { 1.0 }
        }
    }
}

fn score_named(name: &str) -> Option<fn(&Report) -> f64> {
    Some(match name {
        "f1_weighted" => |report| report.weighted_average.f1,
        "f1_macro" => |report| report.macro_average.f1,
        "accuracy" => |report| report.accuracy,
        _ => return None,
    })
}

/// A machine that was learnt for a try.
enum Machine {
    Linear(LinearSvm),
    Kernel(KernelSvm),
}

impl Machine {
    fn fit(
        options: &KernelOptions,
        job: &Job<'_>,
        rows: &SparseMatrix,
        targets: &[usize],
    ) -> Result<Self, Failure> {
        Ok(if options.kernel == KernelName::Linear {
            let params = hinge(options, job.seed)?;
            let fit = with_control(job.stop, |control| {
                params.fit_matrix(rows, targets, control)
            });
            Self::Linear(fit?)
        } else {
            let params = options.check(job.seed)?;
            let fit = with_control(job.stop, |control| {
                params.fit_matrix(rows, targets, control)
            });
            Self::Kernel(fit?)
        })
    }

    /// Returns the classes of rows.
    fn predict(&self, rows: &SparseMatrix) -> Vec<usize> {
        let mut margins = Vec::new();
        let predicted = rows.iter().map(|row| match self {
            Self::Linear(model) => model.predict_row(row, &mut margins),
            Self::Kernel(model) => model.predict_row(row, &mut margins),
        });
        predicted.collect()
    }
}

/// The linear machine of scikit-learn's `SVC`: hinge loss, classes balanced.
fn hinge(options: &KernelOptions, seed: u64) -> Result<LinearSvmValidParams, Failure> {
    Ok(LinearSvmParams::new()
        .c(options.c)
        .loss(Loss::Hinge)
        .class_weight(ClassWeight::Balanced)
        .seed(seed)
        .check()?)
}

/// Learns; also returns how sure to be of scores.
pub(super) fn train(
    options: &SklearnOptions,
    job: &Job<'_>,
) -> Result<(Kind, Sharpness, Fit), Failure> {
    let grid = options.grid(job.matrix);
    let best = match grid.as_slice() {
        [only] => only,
        _ => best(options, &grid, job)?,
    };
    let (kind, sharpness, fit) = if best.kernel == KernelName::Linear {
        let solver = linear::Solver::Machines(hinge(best, job.seed)?);
        let (sharpness, fit) = linear::validate(&solver, job)?;
        let model = with_control(job.stop, |control| {
            solver.fit(job.matrix, job.targets, control)
        })?;
        (
            Kind::Kernel(kernel::Kernel::Linear(model.into())),
            sharpness,
            fit,
        )
    } else {
        let (model, sharpness, fit) = kernel::train(best, job)?;
        (Kind::Kernel(model), sharpness, fit)
    };
    let kernel = match best.kernel {
        KernelName::Linear => "linear kernel".to_owned(),
        KernelName::Rbf => format!("rbf kernel, gamma {}", best.gamma),
        KernelName::Poly => format!("poly kernel, gamma {}", best.gamma),
    };
    let fit = Fit {
        name: NAME,
        detail: format!(", {kernel}, C {} of {} tried", best.c, grid.len()),
        ..fit
    };
    Ok((kind, sharpness, fit))
}

/// Returns the machine with the best mean score over the folds; among equals the first.
fn best<'a>(
    options: &SklearnOptions,
    grid: &'a [KernelOptions],
    job: &Job<'_>,
) -> Result<&'a KernelOptions, Failure> {
    let mut sizes = vec![0_usize; job.labels.len()];
    for target in job.targets {
        if let Some(size) = sizes.get_mut(*target) {
            *size += 1;
        }
    }
    let smallest = sizes
        .into_iter()
        .filter(|size| *size > 0)
        .min()
        .unwrap_or_default();
    let folds = (smallest / 5)
        .min(options.max_cross_validation_folds)
        .max(2);
    let splits = sampling::stratified_folds(job.targets, folds, job.seed);
    let score = score_named(&options.scoring_function).unwrap_or(|report| report.accuracy);
    let mut best: Option<(f64, &KernelOptions)> = None;
    for machine in grid {
        let mut sum = 0.0;
        for split in &splits {
            let of = |rows: &[usize]| -> Vec<usize> {
                rows.iter()
                    .filter_map(|row| job.targets.get(*row).copied())
                    .collect()
            };
            let (train, test) = (
                job.matrix.select(&split.train),
                job.matrix.select(&split.test),
            );
            let model = Machine::fit(machine, job, &train, &of(&split.train))?;
            sum += score(&Report::new(&of(&split.test), &model.predict(&test))?);
        }
        if best.is_none_or(|(known, _)| sum > known + 1e-12) {
            best = Some((sum, machine));
        }
    }
    let best = best.map(|(_, machine)| machine).or(grid.first());
    best.ok_or_else(|| Failure::Other("there is nothing to try".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(kernels: &[&str]) -> SklearnOptions {
        SklearnOptions {
            kernels: OneOrMore::More(kernels.iter().map(|name| (*name).to_owned()).collect()),
            ..SklearnOptions::default()
        }
    }

    #[test]
    fn slow_kernels_are_left_out_of_many_rows_and_something_is_always_tried() {
        use KernelName::{Linear, Poly, Rbf};
        for (kernels, rows, slow, tried) in [
            (&["linear", "rbf"][..], 1_500, &[][..], &[Linear, Rbf][..]),
            (&["linear", "rbf"], 1_501, &["rbf"], &[Linear]),
            (
                &["rbf", "poly", "sigmoid"],
                9_000,
                &["rbf", "poly", "sigmoid"],
                &[Linear],
            ),
            (&["poly", "sigmoid"], 20, &[], &[Poly]),
            (&["sigmoid"], 20, &[], &[Linear]),
        ] {
            let mut options = options(kernels);
            assert_eq!(options.leave_out_slow(rows), slow, "{kernels:?}");
            assert_eq!(options.kernels(), tried, "{kernels:?}");
        }
        assert!(options(&[]).problem().is_some());
    }
}
