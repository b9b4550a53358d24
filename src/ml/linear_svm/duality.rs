//! The optimum from the other side: feasible multipliers give a lower bound of the objective, whoever found them
//! (Hsieh et al. 2008, "A Dual Coordinate Descent Method for Large-scale Linear SVM", §2).

use linfa::ParamGuard;

use super::{ClassWeight, LinearSvmParams, Loss};
use crate::ml::{Control, SparseMatrix, SparseVector, sampling::Random};

/// A small problem: dense rows in double precision, and the same as a matrix.
struct Small {
    rows: Vec<Vec<f64>>,
    matrix: SparseMatrix,
    labels: Vec<usize>,
}

const COLUMNS: usize = 6;

fn small(seed: u64, classes: usize) -> Small {
    let mut random = Random::new(seed);
    let (mut rows, mut vectors, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..10 + random.below(30) {
        // Every class occurs.
        let class = if at < classes {
            at
        } else {
            random.below(classes)
        };
        let mut row = vec![0.0; COLUMNS];
        for _ in 0..=random.below(4) {
            let column = (class * 2 + random.below(4)) % COLUMNS;
            row[column] = f64::from(random.unit() - 0.3);
        }
        let pairs = (0..).zip(&row).filter(|(_, value)| **value != 0.0);
        vectors.push(SparseVector::from_pairs(
            pairs.map(|(at, value)| (at, *value as f32)).collect(),
        ));
        rows.push(row);
        labels.push(class);
    }
    let matrix = SparseMatrix::from_rows(COLUMNS, vectors.iter().map(SparseVector::as_row));
    Small {
        rows,
        matrix: matrix.unwrap(),
        labels,
    }
}

/// Returns the value of the dual of one class at multipliers found by plain cyclic ascent; `costs` are those of the
/// rows.
fn dual(small: &Small, class: usize, costs: &[f64], loss: Loss, bias: f64) -> f64 {
    let rows: Vec<Vec<f64>> = small
        .rows
        .iter()
        .map(|row| row.iter().copied().chain([bias]).collect())
        .collect();
    let sign = |row: usize| {
        if small.labels[row] == class {
            1.0
        } else {
            -1.0
        }
    };
    // What squared hinge adds to the diagonal, and the upper bound of a multiplier.
    let shape = |cost: f64| match loss {
        Loss::Hinge => (0.0, cost),
        Loss::SquaredHinge => (0.5 / cost, f64::INFINITY),
    };
    let mut alphas = vec![0.0_f64; rows.len()];
    let mut weights = [0.0_f64; COLUMNS + 1];
    for _ in 0..3_000 {
        for (at, row) in rows.iter().enumerate() {
            let (diagonal, upper) = shape(costs[at]);
            let margin: f64 = row.iter().zip(&weights).map(|(a, b)| a * b).sum();
            let squares: f64 = row.iter().map(|a| a * a).sum::<f64>() + diagonal;
            if squares <= 0.0 {
                alphas[at] = if upper.is_finite() { upper } else { 0.0 };
                continue;
            }
            let slope = sign(at) * margin - 1.0 + diagonal * alphas[at];
            let new = (alphas[at] - slope / squares).clamp(0.0, upper);
            let step = (new - alphas[at]) * sign(at);
            alphas[at] = new;
            weights
                .iter_mut()
                .zip(row)
                .for_each(|(weight, value)| *weight += step * value);
        }
    }
    // The weights anew from the multipliers: the bound holds whatever ascent did.
    let mut weights = [0.0_f64; COLUMNS + 1];
    let mut value = 0.0;
    for (at, row) in rows.iter().enumerate() {
        let (diagonal, _) = shape(costs[at]);
        value += alphas[at] - diagonal * alphas[at] * alphas[at] / 2.0;
        let step = alphas[at] * sign(at);
        weights
            .iter_mut()
            .zip(row)
            .for_each(|(weight, value)| *weight += step * value);
    }
    value - weights.iter().map(|weight| weight * weight).sum::<f64>() / 2.0
}

#[test]
fn the_gap_between_objective_and_dual_is_closed_on_small_problems() {
    for seed in 0..24 {
        let classes = 2 + seed as usize % 3;
        let small = small(seed, classes);
        for loss in [Loss::Hinge, Loss::SquaredHinge] {
            for (weight, bias) in [
                (ClassWeight::Uniform, 0.0),
                (ClassWeight::Uniform, 1.0),
                (ClassWeight::Balanced, 1.0),
            ] {
                let c = 0.1 + seed as f32 / 8.0;
                let params = LinearSvmParams::new()
                    .c(c)
                    .loss(loss)
                    .bias(bias)
                    .class_weight(weight.clone())
                    .epsilon(1e-5)
                    .max_epochs(200_000)
                    .check()
                    .unwrap();
                let model = params
                    .fit_matrix(&small.matrix, &small.labels, &Control::default())
                    .unwrap();
                let primal = params.primal(&model, &small.matrix, &small.labels).unwrap();
                let bound: f64 = (0..classes)
                    .map(|class| {
                        let own = small.labels.iter().filter(|label| **label == class).count();
                        let even = small.labels.len() as f64 / (classes * own) as f64;
                        let factor = if weight == ClassWeight::Balanced {
                            even
                        } else {
                            1.0
                        };
                        let cost = |label: &usize| {
                            f64::from(c) * if *label == class { factor } else { 1.0 }
                        };
                        let costs: Vec<f64> = small.labels.iter().map(cost).collect();
                        dual(&small, class, &costs, loss, f64::from(bias))
                    })
                    .sum();
                let gap = (primal - bound) / primal;
                assert!(
                    (-1e-4..1e-3).contains(&gap),
                    "{seed} {loss:?} {weight:?} {bias} {primal} {bound}"
                );
            }
        }
    }
}
