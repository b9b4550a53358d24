//! L-BFGS on planes kept as sums of rows, for fewer rows than columns.
//!
//! Planes that minimise losses of rows plus squares of weights are sums of those rows (Kimeldorf and Wahba 1971, "Some
//! results on Tchebycheffian spline functions"), and so is every step towards them. Here a plane is its share of each
//! row beside the score it gives each row. The scalar product of two planes is that of one's shares and the other's
//! scores, so the steps are just those of `ml::lbfgs` on the weights, made on vectors a fraction as long.

use std::collections::VecDeque;

use rayon::prelude::*;

use super::{Problem, to_slopes};
use crate::ml::{
    Control, Result,
    lbfgs::{Limits, MEMORY, PERIOD, TRIES, add, dot},
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

    fn add(&mut self, other: &Self, factor: f64) {
        add(&mut self.shares, &other.shares, factor);
        add(&mut self.scores, &other.scores, factor);
    }

    fn scale(&mut self, factor: f64) {
        let factor = factor as f32;
        let values = self.shares.iter_mut().chain(&mut self.scores);
        values.for_each(|value| *value *= factor);
    }

    fn times(&self, other: &Self) -> f64 {
        dot(&self.shares, &other.scores)
    }
}

/// One remembered step: how planes and slope changed, and one over the product of both.
struct Step {
    planes: Point,
    slope: Point,
    rho: f64,
}

/// Improves planes step by step.
pub(super) fn minimise(
    problem: &Problem<'_>,
    x: &mut Point,
    limits: Limits,
    control: &Control<'_>,
) -> Result<()> {
    let (mut value, mut slope) = slope(problem, x);
    let mut steps: VecDeque<Step> = VecDeque::new();
    let mut values = vec![value];
    for iteration in 0..limits.iterations {
        control.check()?;
        control.report(iteration, limits.iterations);
        let length = slope.times(&slope).sqrt();
        if length <= 1e-5 * x.times(x).sqrt().max(1.0) {
            return Ok(());
        }
        let mut direction = descend(&steps, &slope);
        let mut fall = direction.times(&slope);
        if fall >= 0.0 {
            steps.clear();
            direction = slope.clone();
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
        let (mut planes, mut change) = (next.clone(), next_slope.clone());
        planes.add(x, -1.0);
        change.add(&slope, -1.0);
        let curvature = planes.times(&change);
        if curvature > 1e-10 * change.times(&change) {
            if steps.len() == MEMORY {
                steps.pop_front();
            }
            steps.push_back(Step {
                planes,
                slope: change,
                rho: 1.0 / curvature,
            });
        }
        (*x, slope, value) = (next, next_slope, new_value);
        values.push(value);
        if let Some(before) = values.len().checked_sub(PERIOD + 1)
            && values[before] - value < limits.tolerance * value.abs()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Returns minus the slope times the approximate inverse of the second derivatives (the two-loop recursion).
fn descend(steps: &VecDeque<Step>, slope: &Point) -> Point {
    let mut direction = slope.clone();
    let mut shares = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let share = step.rho * direction.times(&step.planes);
        direction.add(&step.slope, -share);
        shares.push(share);
    }
    if let Some(last) = steps.back() {
        direction.scale(1.0 / (last.rho * last.slope.times(&last.slope)));
    }
    for (step, share) in steps.iter().zip(shares.into_iter().rev()) {
        let back = step.rho * direction.times(&step.slope);
        direction.add(&step.planes, share - back);
    }
    direction.scale(-1.0);
    direction
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
        .for_each(|(i, out)| {
            for (feature, value) in problem.rows.row(i).iter() {
                let start = feature as usize * planes;
                for (score, weight) in out.iter_mut().zip(&weights[start..start + planes]) {
                    *score += value * weight;
                }
            }
        });
    let size = dot(&x.shares[..length], &x.scores[..length]);
    (size / 2.0 + losses.iter().sum::<f64>(), slope)
}
