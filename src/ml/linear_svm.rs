//! Linear support vector machine: one hyperplane for each class against the rest, learned from sparse rows.
//!
//! Minimises `½‖w‖² + C Σ loss(1 − y w·x)` for each class as LIBLINEAR does (Fan et al. 2008), with the bias as a
//! weight of a constant feature, by dual coordinate descent (Hsieh et al. 2008; see `svm_kernel.rs`). Tiles of
//! sixteen classes are solved in parallel; each has its own random order, so the number of threads changes nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;
use rayon::prelude::*;

use crate::ml::{
    Control, Error, Result, SparseMatrix, SparseRecords, SparseRow, argmax,
    error::{require, require_equal},
    svm_kernel::{self, Cost, Entry, Example, LANES, Lanes, Outcome, Problem},
};

/// What a row costs that lies on the wrong side of the margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// Its distance from the margin.
    Hinge,
    /// The square of its distance.
    #[default]
    SquaredHinge,
}

/// How much a class counts in its own problem; the rest always counts 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeight {
    /// All the same.
    #[default]
    Uniform,
    /// By one over its frequency: rows / (classes × rows of the class).
    Balanced,
    /// As given, by the position of the class among the labels in ascending order.
    Each(Vec<f32>),
}

/// Parameters of [`LinearSvm`], not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinearSvmParams(LinearSvmValidParams);

/// Checked parameters of [`LinearSvm`].
#[derive(Clone, Debug, PartialEq)]
pub struct LinearSvmValidParams {
    c: f32,
    loss: Loss,
    epsilon: f32,
    max_epochs: usize,
    seed: u64,
    bias: f32,
    class_weight: ClassWeight,
}

impl Default for LinearSvmValidParams {
    fn default() -> Self {
        Self {
            c: 1.0,
            loss: Loss::SquaredHinge,
            epsilon: 0.1,
            max_epochs: 1000,
            seed: 42,
            bias: 1.0,
            class_weight: ClassWeight::Uniform,
        }
    }
}

impl LinearSvmParams {
    /// Returns LIBLINEAR's defaults: C = 1, squared hinge, epsilon = 0.1, bias 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what a row beyond the margin costs; less means a simpler model.
    #[must_use]
    pub fn c(mut self, c: f32) -> Self {
        self.0.c = c;
        self
    }

    /// Sets the loss.
    #[must_use]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.0.loss = loss;
        self
    }

    /// Sets by how much the conditions of the optimum may be violated.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.0.epsilon = epsilon;
        self
    }

    /// Sets how often the rows are gone through at most.
    #[must_use]
    pub fn max_epochs(mut self, epochs: usize) -> Self {
        self.0.max_epochs = epochs;
        self
    }

    /// Sets the seed of the order in which rows are visited.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Sets the constant feature; 0 forces the planes through the origin, a large value frees the bias from
    /// regularisation.
    #[must_use]
    pub fn bias(mut self, bias: f32) -> Self {
        self.0.bias = bias;
        self
    }

    /// Sets how much each class counts.
    #[must_use]
    pub fn class_weight(mut self, weight: ClassWeight) -> Self {
        self.0.class_weight = weight;
        self
    }
}

impl ParamGuard for LinearSvmParams {
    type Checked = LinearSvmValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        let positive = |value: f32| value.is_finite() && value > 0.0;
        require(positive(p.c), "C", p.c, "above 0")?;
        require(positive(p.epsilon), "tolerance", p.epsilon, "above 0")?;
        require(p.max_epochs > 0, "max_iter", 0.0, "above 0")?;
        require(
            p.bias.is_finite() && p.bias >= 0.0,
            "bias",
            p.bias,
            "0 or above",
        )?;
        if let ClassWeight::Each(weights) = &p.class_weight {
            for &weight in weights {
                require(positive(weight), "class_weight", weight, "above 0")?;
            }
        }
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl LinearSvmValidParams {
    /// Learns from rows and the label of each, watched by `control`, which is told of every tile of classes done.
    pub fn fit_matrix(
        &self,
        rows: &SparseMatrix,
        labels: &[usize],
        control: &Control<'_>,
    ) -> Result<LinearSvm> {
        let classes = distinct(rows, labels)?;
        let problem = self.problem(rows, labels, &classes)?;
        let tiles = classes.len().div_ceil(LANES);
        let done = AtomicUsize::new(0);
        let solved: Vec<Vec<Lanes>> = (0..tiles)
            .into_par_iter()
            .map(|tile| {
                let mut weights = vec![Lanes::ZERO; rows.cols() + 1];
                let cancelled = || control.is_cancelled();
                match svm_kernel::solve(&problem, tile * LANES, &mut weights, &cancelled) {
                    Outcome::Cancelled => Err(Error::Cancelled),
                    Outcome::Converged | Outcome::Exhausted => {
                        control.report(done.fetch_add(1, Ordering::Relaxed) + 1, tiles);
                        Ok(weights)
                    }
                }
            })
            .collect::<Result<_>>()?;
        Ok(self.assemble(classes, rows.cols(), &solved))
    }

    fn problem(&self, rows: &SparseMatrix, labels: &[usize], classes: &[usize]) -> Result<Problem> {
        let costs = self.costs(labels, classes)?;
        if u32::try_from(rows.entries()).is_err() {
            return Err(Error::TooLarge {
                what: "features of all examples",
                found: rows.entries(),
                limit: u32::MAX as usize,
            });
        }
        let entries = rows
            .indices()
            .iter()
            .zip(rows.values())
            .map(|(&feature, &value)| Entry { feature, value })
            .collect();
        let examples = rows
            .iter()
            .zip(rows.offsets())
            .zip(labels)
            .map(|((row, &start), label)| {
                let class = classes.binary_search(label).unwrap_or_default();
                let squares = row.squared_norm() + self.bias * self.bias;
                let cost = costs.get(class).copied().unwrap_or(self.c);
                let (positive, negative) = (self.cost(cost), self.cost(self.c));
                // A row of zeros without bias has nothing to divide by; its multiplier goes to its bound at once.
                let step = |cost: Cost| 1.0 / (squares + cost.diagonal).max(1e-12);
                Example {
                    start: start as u32,
                    len: row.len() as u32,
                    class: class as u32,
                    positive,
                    positive_step: step(positive),
                    negative_step: step(negative),
                }
            })
            .collect();
        Ok(Problem {
            entries,
            examples,
            negative: self.cost(self.c),
            classes: classes.len(),
            bias: self.bias,
            epsilon: self.epsilon,
            max_epochs: self.max_epochs,
            seed: self.seed,
        })
    }

    fn cost(&self, c: f32) -> Cost {
        match self.loss {
            Loss::Hinge => Cost {
                diagonal: 0.0,
                upper: c,
            },
            Loss::SquaredHinge => Cost {
                diagonal: 0.5 / c,
                upper: f32::INFINITY,
            },
        }
    }

    /// Returns C times the weight of each class.
    fn costs(&self, labels: &[usize], classes: &[usize]) -> Result<Vec<f32>> {
        Ok(match &self.class_weight {
            ClassWeight::Uniform => vec![self.c; classes.len()],
            ClassWeight::Balanced => {
                let mut counts = vec![0_usize; classes.len()];
                for label in labels {
                    if let Ok(class) = classes.binary_search(label) {
                        counts[class] += 1;
                    }
                }
                let even = labels.len() as f32 / classes.len() as f32;
                counts
                    .iter()
                    .map(|&count| self.c * even / count.max(1) as f32)
                    .collect()
            }
            ClassWeight::Each(weights) => {
                require_equal("class weights", classes.len(), weights.len())?;
                weights.iter().map(|weight| self.c * weight).collect()
            }
        })
    }

    /// Joins the tiles into one table, feature by feature.
    fn assemble(&self, classes: Vec<usize>, features: usize, tiles: &[Vec<Lanes>]) -> LinearSvm {
        let mut weights = Vec::with_capacity(features * classes.len());
        let mut intercepts = Vec::with_capacity(classes.len());
        for feature in 0..=features {
            let lanes = tiles.iter().filter_map(|tile| tile.get(feature));
            let all = lanes.flat_map(|lanes| lanes.0).take(classes.len());
            if feature < features {
                weights.extend(all);
            } else {
                intercepts.extend(all.map(|weight| weight * self.bias));
            }
        }
        LinearSvm {
            classes,
            features,
            weights,
            intercepts,
        }
    }

    /// Returns the objective that was minimised, summed over the classes: the smaller, the better solved.
    pub fn primal(&self, model: &LinearSvm, rows: &SparseMatrix, labels: &[usize]) -> Result<f64> {
        require_equal("labels", rows.rows(), labels.len())?;
        require_equal("features", model.features, rows.cols())?;
        let costs = self.costs(labels, &model.classes)?;
        let square = |value: &f32| f64::from(*value) * f64::from(*value);
        let mut objective = model.weights.iter().map(square).sum::<f64>();
        if self.bias > 0.0 {
            let bias = square(&self.bias);
            objective += model.intercepts.iter().map(square).sum::<f64>() / bias;
        }
        objective /= 2.0;
        let mut margins = vec![0.0; model.classes.len()];
        for (row, label) in rows.iter().zip(labels) {
            model.decision(row, &mut margins);
            for ((margin, class), &cost) in margins.iter().zip(&model.classes).zip(&costs) {
                let (margin, cost) = if class == label {
                    (f64::from(*margin), cost)
                } else {
                    (-f64::from(*margin), self.c)
                };
                let distance = (1.0 - margin).max(0.0);
                objective += f64::from(cost)
                    * match self.loss {
                        Loss::Hinge => distance,
                        Loss::SquaredHinge => distance * distance,
                    };
            }
        }
        Ok(objective)
    }
}

/// Returns the distinct labels in ascending order.
pub(super) fn distinct(rows: &SparseMatrix, labels: &[usize]) -> Result<Vec<usize>> {
    require_equal("labels", rows.rows(), labels.len())?;
    if labels.is_empty() {
        return Err(Error::NoRows);
    }
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    Ok(classes)
}

impl Fit<SparseRecords, Array1<usize>, Error> for LinearSvmValidParams {
    type Object = LinearSvm;

    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array1<usize>>) -> Result<LinearSvm> {
        let labels = dataset.targets.to_vec();
        self.fit_matrix(&dataset.records.0, &labels, &Control::default())
    }
}

/// A trained linear support vector machine.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearSvm {
    classes: Vec<usize>,
    features: usize,
    weights: Vec<f32>,
    intercepts: Vec<f32>,
}

/// What a [`LinearSvm`] consists of, for saving.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinearSvmParts {
    /// The labels, ascending.
    pub classes: Vec<usize>,
    /// Number of features.
    pub features: usize,
    /// Weights feature by feature, for each feature those of all classes: `weights[feature * classes + class]`.
    pub weights: Vec<f32>,
    /// What is added to the margin of each class.
    pub intercepts: Vec<f32>,
}

impl LinearSvm {
    /// Returns the labels in ascending order, which is the order of margins.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// Returns the number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Writes the margin of every class into `margins`, which has the length of [`Self::classes`].
    ///
    /// Features that the model does not have are passed over.
    pub fn decision(&self, row: SparseRow<'_>, margins: &mut [f32]) {
        let classes = self.classes.len();
        for (margin, intercept) in margins.iter_mut().zip(&self.intercepts) {
            *margin = *intercept;
        }
        for (feature, value) in row.iter() {
            let start = feature as usize * classes;
            if let Some(weights) = self.weights.get(start..start + classes) {
                for (margin, weight) in margins.iter_mut().zip(weights) {
                    *margin += weight * value;
                }
            }
        }
    }

    /// Returns what one unit of a feature adds to the margin of a class, given by its position.
    pub fn weight(&self, feature: u32, class: usize) -> f32 {
        let classes = self.classes.len();
        if class >= classes {
            return 0.0;
        }
        let at = feature as usize * classes + class;
        self.weights.get(at).copied().unwrap_or_default()
    }

    /// Returns what is added to the margin of a class, given by its position.
    pub fn intercept(&self, class: usize) -> f32 {
        self.intercepts.get(class).copied().unwrap_or_default()
    }

    /// Returns the label with the largest margin, the smallest label among equals.
    pub fn predict_row(&self, row: SparseRow<'_>, margins: &mut Vec<f32>) -> usize {
        margins.resize(self.classes.len(), 0.0);
        self.decision(row, margins);
        self.classes
            .get(argmax(margins))
            .copied()
            .unwrap_or_default()
    }

    /// Returns the parts for saving.
    pub fn into_parts(self) -> LinearSvmParts {
        LinearSvmParts {
            classes: self.classes,
            features: self.features,
            weights: self.weights,
            intercepts: self.intercepts,
        }
    }

    /// Makes a model from saved parts, which may be damaged.
    pub fn from_parts(parts: LinearSvmParts) -> Result<Self> {
        let LinearSvmParts {
            classes,
            features,
            weights,
            intercepts,
        } = parts;
        if classes.is_empty() || !classes.is_sorted_by(|a, b| a < b) {
            return Err(Error::Parts("labels are not in order"));
        }
        let expected = features
            .checked_mul(classes.len())
            .ok_or(Error::Parts("a size overflows"))?;
        require_equal("weights", expected, weights.len())?;
        require_equal("intercepts", classes.len(), intercepts.len())?;
        if !weights.iter().chain(&intercepts).all(|v| v.is_finite()) {
            return Err(Error::Parts("a weight is not a number"));
        }
        Ok(Self {
            classes,
            features,
            weights,
            intercepts,
        })
    }
}

impl PredictInplace<SparseRecords, Array1<usize>> for LinearSvm {
    fn predict_inplace<'a>(&'a self, records: &'a SparseRecords, labels: &mut Array1<usize>) {
        let mut margins = Vec::new();
        for (row, label) in records.0.iter().zip(labels.iter_mut()) {
            *label = self.predict_row(row, &mut margins);
        }
    }

    fn default_target(&self, records: &SparseRecords) -> Array1<usize> {
        Array1::zeros(records.0.rows())
    }
}

#[cfg(test)]
mod duality;

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;
    use std::sync::Mutex;

    use super::*;
    use crate::ml::{
        SparseVector,
        sampling::Random,
        testing::{customer, matrix},
    };

    /// Rows with a few features of their own class and a few of any, each of length one.
    fn noisy(rows: usize, classes: usize, seed: u64) -> (SparseMatrix, Vec<usize>) {
        let mut random = Random::new(seed);
        let (mut vectors, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let class = random.below(classes);
            let mut pairs: Vec<(u32, f32)> = (0..3)
                .map(|_| ((class * 5 + random.below(7)) as u32, 0.5 + random.unit()))
                .collect();
            pairs.extend((0..3).map(|_| (random.below(classes * 5 + 7) as u32, 0.5)));
            let mut vector = SparseVector::from_pairs(pairs);
            vector.scale(1.0 / vector.as_row().squared_norm().sqrt());
            vectors.push(vector);
            labels.push(class);
        }
        let rows = vectors.iter().map(SparseVector::as_row);
        (
            SparseMatrix::from_rows(classes * 5 + 7, rows).unwrap(),
            labels,
        )
    }

    fn fit(params: LinearSvmParams, rows: &SparseMatrix, labels: &[usize]) -> LinearSvm {
        let params = params.check().unwrap();
        params
            .fit_matrix(rows, labels, &Control::default())
            .unwrap()
    }

    fn accuracy(model: &LinearSvm, rows: &SparseMatrix, labels: &[usize]) -> f32 {
        let mut margins = Vec::new();
        let right = rows
            .iter()
            .zip(labels)
            .filter(|(row, label)| model.predict_row(*row, &mut margins) == **label)
            .count();
        right as f32 / labels.len() as f32
    }

    #[test]
    fn linfas_traits_train_and_predict() {
        let (rows, labels) = noisy(400, 20, 1);
        let dataset = DatasetBase::new(SparseRecords(rows), Array1::from(labels));
        let model = LinearSvmParams::new().fit(&dataset).unwrap();
        let predicted: Array1<usize> = model.predict(&dataset);
        let right = predicted
            .iter()
            .zip(&dataset.targets)
            .filter(|(a, b)| a == b)
            .count();
        assert!(right > 380, "{right}");
    }

    #[test]
    fn the_seed_data_are_learned_as_well_as_by_scikit_learn() {
        let data = customer();
        // scikit-learn: 0.9963 with plain words, 0.9988 with words and characters.
        let least = if data.public {
            [0.995, 0.998]
        } else {
            [0.85, 0.85]
        };
        for ([train, test], least) in [data.plain(), data.full()].into_iter().zip(least) {
            let model = fit(LinearSvmParams::new().c(0.5), &train, &data.train.labels);
            let found = accuracy(&model, &test, &data.test.labels);
            assert!(f64::from(found) >= least, "{found}");
        }
    }

    #[test]
    fn linfas_traits_check_the_parameters() {
        let dataset = DatasetBase::new(SparseRecords::default(), Array1::from(vec![]));
        for params in [
            LinearSvmParams::new().c(0.0),
            LinearSvmParams::new().c(f32::NAN),
            LinearSvmParams::new().epsilon(-1.0),
            LinearSvmParams::new().max_epochs(0),
            LinearSvmParams::new().bias(f32::INFINITY),
            LinearSvmParams::new().class_weight(ClassWeight::Each(vec![0.0])),
        ] {
            let error = params.fit(&dataset).unwrap_err();
            assert!(matches!(error, Error::Parameter { .. }), "{error}");
        }
    }

    /// The gap between the solution and the dual optimum shrinks with epsilon, for both losses.
    #[test]
    fn a_smaller_epsilon_comes_closer_to_the_optimum() {
        let (rows, labels) = noisy(300, 5, 2);
        for loss in [Loss::Hinge, Loss::SquaredHinge] {
            let primal = |epsilon, seed| {
                let params = LinearSvmParams::new()
                    .loss(loss)
                    .epsilon(epsilon)
                    .seed(seed)
                    .max_epochs(100_000);
                let model = fit(params.clone(), &rows, &labels);
                params
                    .check()
                    .unwrap()
                    .primal(&model, &rows, &labels)
                    .unwrap()
            };
            let (loose, tight, other) = (primal(0.1, 1), primal(1e-4, 1), primal(1e-4, 2));
            assert!(tight <= loose * 1.000_01, "{loss:?} {tight} {loose}");
            assert!(
                (tight - other).abs() < tight * 1e-4,
                "{loss:?} {tight} {other}"
            );
            assert!(loose < tight * 1.02, "{loss:?} {tight} {loose}");
        }
    }

    /// One positive and one negative example at ±1 without bias: the optimum is known in closed form.
    #[test]
    fn the_optimum_of_two_points_is_the_known_one() {
        let rows = matrix(&[&[(0, 1.0)], &[(0, -1.0)]], 1);
        let params = LinearSvmParams::new().bias(0.0).epsilon(1e-6);
        // Squared hinge: minimise w²/2 + 2(1 − w)², so w = 4/5. Hinge: w²/2 + 2(1 − w) up to w = 1, so w = 1.
        let squared = fit(params.clone(), &rows, &[1, 0]);
        assert!((squared.weight(0, 1) - 0.8).abs() < 1e-5, "{squared:?}");
        assert!((squared.weight(0, 0) + 0.8).abs() < 1e-5, "{squared:?}");
        let hinge = fit(params.loss(Loss::Hinge), &rows, &[1, 0]);
        assert!((hinge.weight(0, 1) - 1.0).abs() < 1e-5, "{hinge:?}");
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (rows, labels) = noisy(300, 40, 3);
        let with = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| fit(LinearSvmParams::new(), &rows, &labels))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn one_class_is_always_predicted() {
        let rows = matrix(&[&[(0, 1.0)], &[(1, 1.0)]], 2);
        let model = fit(LinearSvmParams::new(), &rows, &[7, 7]);
        assert_eq!(model.classes(), [7]);
        assert_eq!(model.predict_row(SparseRow::default(), &mut Vec::new()), 7);
    }

    #[test]
    fn two_classes_mirror_each_other() {
        let (rows, labels) = noisy(100, 2, 4);
        let model = fit(LinearSvmParams::new(), &rows, &labels);
        for feature in 0..rows.cols() as u32 {
            let sum = model.weight(feature, 0) + model.weight(feature, 1);
            assert_eq!(sum.to_bits(), 0);
        }
        assert!(accuracy(&model, &rows, &labels) > 0.9);
    }

    #[test]
    fn empty_rows_and_no_features_learn_the_bias_alone() {
        let rows = matrix(&[&[], &[], &[]], 0);
        for loss in [Loss::Hinge, Loss::SquaredHinge] {
            let model = fit(LinearSvmParams::new().loss(loss), &rows, &[0, 1, 1]);
            assert_eq!(model.predict_row(SparseRow::default(), &mut Vec::new()), 1);
            let model = fit(
                LinearSvmParams::new().loss(loss).bias(0.0),
                &rows,
                &[0, 1, 1],
            );
            assert_eq!(model.predict_row(SparseRow::default(), &mut Vec::new()), 0);
        }
    }

    #[test]
    fn contradictory_duplicates_go_to_the_majority() {
        let one: &[(u32, f32)] = &[(0, 1.0)];
        let rows = matrix(&[one; 5], 1);
        for loss in [Loss::Hinge, Loss::SquaredHinge] {
            let model = fit(LinearSvmParams::new().loss(loss), &rows, &[3, 3, 3, 5, 5]);
            assert_eq!(model.predict_row(rows.row(0), &mut Vec::new()), 3);
        }
    }

    #[test]
    fn no_rows_and_unequal_numbers_are_errors() {
        let params = LinearSvmParams::new().check().unwrap();
        let fit = |rows: &SparseMatrix, labels: &[usize]| {
            params
                .fit_matrix(rows, labels, &Control::default())
                .unwrap_err()
        };
        assert!(matches!(fit(&matrix(&[], 3), &[]), Error::NoRows));
        assert!(matches!(
            fit(&matrix(&[&[]], 3), &[]),
            Error::Mismatch { .. }
        ));
    }

    #[test]
    fn a_heavier_class_wins_more_rows() {
        let one: &[(u32, f32)] = &[(0, 1.0)];
        let rows = matrix(&[one; 5], 1);
        let labels = [0, 0, 0, 1, 1];
        let heavy = LinearSvmParams::new().class_weight(ClassWeight::Each(vec![1.0, 9.0]));
        let model = fit(heavy, &rows, &labels);
        assert_eq!(model.predict_row(rows.row(0), &mut Vec::new()), 1);
        let balanced = LinearSvmParams::new().class_weight(ClassWeight::Balanced);
        let even = fit(balanced, &rows, &labels);
        let plain = fit(LinearSvmParams::new(), &rows, &labels);
        assert!(even.weight(0, 1) > plain.weight(0, 1));
        let short = LinearSvmParams::new().class_weight(ClassWeight::Each(vec![1.0]));
        let short = short.check().unwrap();
        assert!(
            short
                .fit_matrix(&rows, &labels, &Control::default())
                .is_err()
        );
    }

    #[test]
    fn a_fit_can_be_watched_and_stopped() {
        let (rows, labels) = noisy(200, 40, 5);
        let params = LinearSvmParams::new().check().unwrap();
        let told = Mutex::new(Vec::new());
        let tell = |done, all| told.lock().unwrap().push((done, all));
        let control = Control {
            progress: Some(&tell),
            ..Control::default()
        };
        params.fit_matrix(&rows, &labels, &control).unwrap();
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
        let control = Control {
            cancelled: Some(&|| true),
            ..Control::default()
        };
        let stopped = params.fit_matrix(&rows, &labels, &control);
        assert!(matches!(stopped, Err(Error::Cancelled)));
    }

    #[test]
    fn features_of_a_wider_row_are_passed_over() {
        let rows = matrix(&[&[(0, 1.0)], &[(1, 1.0)]], 2);
        let model = fit(LinearSvmParams::new(), &rows, &[0, 1]);
        let wide = matrix(&[&[(1, 1.0), (9, 100.0)]], 10);
        assert_eq!(model.predict_row(wide.row(0), &mut Vec::new()), 1);
        assert_eq!(model.weight(9, 0).to_bits(), 0);
        assert_eq!(model.weight(0, 2).to_bits(), 0);
    }

    #[test]
    fn saved_parts_come_back_and_damaged_ones_are_refused() {
        let (rows, labels) = noisy(50, 3, 6);
        let model = fit(LinearSvmParams::new(), &rows, &labels);
        let parts = model.clone().into_parts();
        assert_eq!(LinearSvm::from_parts(parts.clone()).unwrap(), model);
        let damaged = |change: &dyn Fn(&mut LinearSvmParts)| {
            let mut parts = parts.clone();
            change(&mut parts);
            LinearSvm::from_parts(parts).is_err()
        };
        assert!(damaged(&|p| p.classes.reverse()));
        assert!(damaged(&|p| p.classes.clear()));
        assert!(damaged(&|p| p.features += 1));
        assert!(damaged(&|p| p.features = usize::MAX));
        assert!(damaged(&|p| p.weights[0] = f32::NAN));
        assert!(damaged(&|p| p.intercepts.push(0.0)));
    }
}
