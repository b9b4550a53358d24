//! L-BFGS on planes kept as sums of rows, for fewer rows than columns.
//!
//! Planes that minimise losses of rows plus squares of weights are sums of those rows (Kimeldorf and Wahba 1971, "Some
//! results on Tchebycheffian spline functions"), and so is every step towards them. Here a plane is its share of each
//! row beside the score it gives each row. The scalar product of two planes is that of one's shares and the other's
//! scores, so the steps are just those of `ml::lbfgs` on the weights, made on vectors a fraction as long.

use rayon::prelude::*;

use super::{Problem, add_rows, to_slopes};
use crate::ml::{
    Control, Result,
    dense::{add, precise_dot},
    lbfgs::{Limits, Steps, TRIES, Vector},
};

/// Planes, or a step: numbers for each row, plane by plane, and intercepts behind them.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) shares: Vec<f32>,
    pub(super) scores: Vec<f32>,
}

impl Point {
    pub(super) fn zero(size: usize) -> Self {
        Self {
            shares: vec![0.0; size],
            scores: vec![0.0; size],
        }
    }
}

impl Vector for Point {
    fn times(&self, other: &Self) -> f64 {
        precise_dot(&self.shares, &other.scores)
    }

    fn add(&mut self, other: &Self, factor: f64) {
        self.shares.add(&other.shares, factor);
        self.scores.add(&other.scores, factor);
    }

    fn scale(&mut self, factor: f64) {
        self.shares.scale(factor);
        self.scores.scale(factor);
    }
}

/// Improves planes step by step.
pub(super) fn minimise(
    problem: &Problem<'_>,
    x: &mut Point,
    limits: Limits,
    control: &Control<'_>,
) -> Result<()> {
    let (mut value, mut slope) = slope(problem, x);
    let mut steps = Steps::new();
    let mut direction = slope.clone();
    let mut values = vec![value];
    for iteration in 0..limits.iterations {
        control.check()?;
        control.report(iteration, limits.iterations);
        let length = slope.times(&slope).sqrt();
        if length <= 1e-5 * x.times(x).sqrt().max(1.0) {
            return Ok(());
        }
        steps.descend(&slope, &mut direction);
        let mut fall = direction.times(&slope);
        if fall >= 0.0 {
            steps.forget();
            direction.clone_from(&slope);
            direction.scale(-1.0);
            fall = -length * length;
        }
        let mut width = if steps.is_empty() { 1.0 / length } else { 1.0 };
        let mut found = None;
        for _ in 0..TRIES {
            let mut next = x.clone();
            next.add(&direction, width);
            let (tried, next_slope) = self::slope(problem, &next);
            if tried <= value + 1e-4 * width * fall {
                found = Some((tried, next, next_slope));
                break;
            }
            width /= 2.0;
        }
        let Some((new_value, next, next_slope)) = found else {
            return Ok(());
        };
        steps.remember([&next, &next_slope], [x, &slope]);
        (*x, slope, value) = (next, next_slope, new_value);
        values.push(value);
        if limits.are_met(&values) {
            return Ok(());
        }
    }
    Ok(())
}

/// Returns the value of planes and its slope.
fn slope(problem: &Problem<'_>, x: &Point) -> (f64, Point) {
    let planes = problem.planes;
    let length = problem.rows.rows() * planes;
    let (scores, intercepts) = x.scores.split_at(length);
    let mut slopes = vec![0.0_f32; length];
    let losses: Vec<f64> = slopes
        .par_chunks_mut(planes)
        .zip(scores.par_chunks(planes))
        .enumerate()
        .map(|(i, (out, scores))| {
            out.copy_from_slice(scores);
            if let Some(relations) = &problem.relations {
                relations.multiply(out);
            }
            for (score, intercept) in out.iter_mut().zip(intercepts) {
                *score += intercept;
            }
            f64::from(problem.weights[i]) * to_slopes(out, problem.targets[i], problem.weights[i])
        })
        .collect();
    let mut by_intercept = vec![0.0_f32; planes];
    for slopes in slopes.chunks(planes) {
        for (sum, slope) in by_intercept.iter_mut().zip(slopes) {
            *sum += slope;
        }
    }
    if let Some(relations) = &problem.relations {
        slopes
            .par_chunks_mut(planes)
            .for_each(|slopes| relations.multiply_transposed(slopes));
    }
    let weights = problem.weights_of(&slopes);
    let mut slope = x.clone();
    let (shares, own) = slope.shares.split_at_mut(length);
    add(shares, &slopes, 1.0);
    own.copy_from_slice(&by_intercept);
    let (scores, own) = slope.scores.split_at_mut(length);
    own.copy_from_slice(&by_intercept);
    scores
        .par_chunks_mut(planes)
        .enumerate()
        .for_each(|(i, out)| add_rows(out, problem.rows.row(i), &weights));
    let size = precise_dot(&x.shares[..length], &x.scores[..length]);
    (size / 2.0 + losses.iter().sum::<f64>(), slope)
}
