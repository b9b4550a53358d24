//! Minimises a smooth function of very many variables, plus a multiple of the sum of their absolute values.
//!
//! L-BFGS (Liu and Nocedal 1989) with backtracking; with an absolute part it is OWL-QN (Andrew and Gao 2007), which
//! keeps every step within one orthant and so leaves most variables exactly zero.

use std::collections::VecDeque;

use crate::ml::{
    Control, Result,
    dense::{add, precise_dot},
};

/// Steps whose curvature is remembered.
const MEMORY: usize = 6;
/// Tries of a line search.
pub(super) const TRIES: usize = 20;
/// Steps over which the improvement is judged.
const PERIOD: usize = 5;

/// When to stop, and how much absolute values count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Factor of the sum of absolute values.
    pub(super) l1: f64,
    /// Most steps.
    pub(super) iterations: usize,
    /// Share of the value by which the last five steps must have lowered it, to go on.
    pub(super) tolerance: f64,
}

/// Writes the slope at a point and returns the value.
pub(super) type Evaluate<'a> = dyn FnMut(&[f32], &mut [f32]) -> Result<f64> + 'a;

/// What is moved, and the slope there: numbers with a product.
pub(super) trait Vector: Clone {
    /// Returns the product with another.
    fn times(&self, other: &Self) -> f64;

    /// Adds so many times another.
    fn add(&mut self, other: &Self, factor: f64);

    /// Takes itself so many times.
    fn scale(&mut self, factor: f64);
}

impl Vector for Vec<f32> {
    fn times(&self, other: &Self) -> f64 {
        precise_dot(self, other)
    }

    fn add(&mut self, other: &Self, factor: f64) {
        add(self, other, factor as f32);
    }

    fn scale(&mut self, factor: f64) {
        for value in self {
            *value = (f64::from(*value) * factor) as f32;
        }
    }
}

/// The last steps, by which the slope is known to change.
pub(super) struct Steps<V>(VecDeque<Step<V>>);

/// One remembered step: how the variables and the slope changed.
struct Step<V> {
    variables: V,
    slope: V,
    /// One over the product of both.
    rho: f64,
}

impl<V: Vector> Steps<V> {
    pub(super) fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Remembers a step, if the slope rose on it: variables and slope after it, and before.
    pub(super) fn remember(&mut self, after: [&V; 2], before: [&V; 2]) {
        let oldest = (self.0.len() == MEMORY)
            .then(|| self.0.pop_front())
            .flatten();
        let mut step = oldest.unwrap_or_else(|| Step {
            variables: after[0].clone(),
            slope: after[1].clone(),
            rho: 0.0,
        });
        step.variables.clone_from(after[0]);
        step.slope.clone_from(after[1]);
        step.variables.add(before[0], -1.0);
        step.slope.add(before[1], -1.0);
        let curvature = step.variables.times(&step.slope);
        if curvature > 1e-10 * step.slope.times(&step.slope) {
            step.rho = 1.0 / curvature;
            self.0.push_back(step);
        }
    }

    /// Writes minus the slope times the approximate inverse of the second derivatives (the two-loop recursion).
    pub(super) fn descend(&self, slope: &V, direction: &mut V) {
        direction.clone_from(slope);
        let mut shares = Vec::with_capacity(self.0.len());
        for step in self.0.iter().rev() {
            let share = step.rho * step.variables.times(direction);
            direction.add(&step.slope, -share);
            shares.push(share);
        }
        if let Some(last) = self.0.back() {
            direction.scale(1.0 / (last.rho * last.slope.times(&last.slope)));
        }
        for (step, share) in self.0.iter().zip(shares.into_iter().rev()) {
            let back = step.rho * step.slope.times(direction);
            direction.add(&step.variables, share - back);
        }
        direction.scale(-1.0);
    }
}

impl Limits {
    /// Tells whether the last steps, by the values before the first and after each, gained too little to go on.
    pub(super) fn are_met(self, values: &[f64]) -> bool {
        let before = values.len().checked_sub(PERIOD + 1);
        let before = before.and_then(|at| values.get(at));
        before
            .zip(values.last())
            .is_some_and(|(before, value)| before - value < self.tolerance * value.abs())
    }
}

/// Improves `x` step by step; `evaluate` writes the gradient of the smooth part and returns its value.
///
/// Returns the number of steps made.
pub(super) fn minimise(
    x: &mut Vec<f32>,
    limits: Limits,
    control: &Control<'_>,
    evaluate: &mut Evaluate<'_>,
) -> Result<usize> {
    let size = x.len();
    let mut gradient = vec![0.0; size];
    let mut value = evaluate(x, &mut gradient)? + limits.l1 * absolute(x);
    let (mut next, mut next_gradient) = (vec![0.0; size], vec![0.0; size]);
    let (mut slope, mut direction) = (vec![0.0; size], vec![0.0; size]);
    let mut steps = Steps::new();
    let mut values = vec![value];
    for iteration in 0..limits.iterations {
        control.check()?;
        control.report(iteration, limits.iterations);
        pseudo_gradient(x, &gradient, limits.l1, &mut slope);
        let length = slope.times(&slope).sqrt();
        if length <= 1e-5 * x.times(x).sqrt().max(1.0) {
            return Ok(iteration);
        }
        steps.descend(&slope, &mut direction);
        if limits.l1 > 0.0 {
            // Only where the slope agrees may the quasi-Newton direction be followed.
            for (direction, slope) in direction.iter_mut().zip(&slope) {
                if *direction * slope >= 0.0 {
                    *direction = 0.0;
                }
            }
        }
        if direction.times(&slope) >= 0.0 {
            steps.forget();
            direction.iter_mut().zip(&slope).for_each(|(d, s)| *d = -s);
        }
        let mut width = if steps.is_empty() { 1.0 / length } else { 1.0 };
        let mut found = None;
        for _ in 0..TRIES {
            step_to(x, &direction, &slope, width as f32, limits.l1, &mut next);
            let tried = evaluate(&next, &mut next_gradient)? + limits.l1 * absolute(&next);
            let gain: f64 = next
                .iter()
                .zip(&*x)
                .zip(&slope)
                .map(|((new, old), slope)| f64::from(new - old) * f64::from(*slope))
                .sum();
            if tried <= value + 1e-4 * gain && gain < 0.0 {
                found = Some(tried);
                break;
            }
            width /= 2.0;
        }
        let Some(new_value) = found else {
            return Ok(iteration);
        };
        steps.remember([&next, &next_gradient], [x, &gradient]);
        std::mem::swap(x, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        value = new_value;
        values.push(value);
        if limits.are_met(&values) {
            return Ok(iteration + 1);
        }
    }
    Ok(limits.iterations)
}

/// Writes the slope towards which the whole function falls least (Andrew and Gao 2007, equation 4).
fn pseudo_gradient(x: &[f32], gradient: &[f32], l1: f64, out: &mut [f32]) {
    let l1 = l1 as f32;
    for ((out, &x), &gradient) in out.iter_mut().zip(x).zip(gradient) {
        *out = if x > 0.0 {
            gradient + l1
        } else if x < 0.0 {
            gradient - l1
        } else {
            // Between −l1 and l1 staying at zero is best.
            gradient - gradient.clamp(-l1, l1)
        };
    }
}

/// Writes `x + width × direction`; with an absolute part no variable changes its sign.
fn step_to(x: &[f32], direction: &[f32], slope: &[f32], width: f32, l1: f64, out: &mut [f32]) {
    for (((out, &x), direction), slope) in out.iter_mut().zip(x).zip(direction).zip(slope) {
        let to = x + width * direction;
        let side = if x == 0.0 { -slope } else { x };
        *out = if l1 > 0.0 && to * side <= 0.0 {
            0.0
        } else {
            to
        };
    }
}

fn absolute(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(x.abs())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half the squared distance from a point, each variable weighing differently.
    fn bowl(centre: &[f32], x: &[f32], gradient: &mut [f32]) -> f64 {
        let mut value = 0.0;
        for (i, ((x, centre), gradient)) in x.iter().zip(centre).zip(gradient).enumerate() {
            let weight = 1.0 + i as f32;
            *gradient = weight * (x - centre);
            value += f64::from(0.5 * weight * (x - centre) * (x - centre));
        }
        value
    }

    fn lowest(centre: &[f32], l1: f64) -> Vec<f32> {
        let mut x = vec![0.0; centre.len()];
        let limits = Limits {
            l1,
            iterations: 200,
            tolerance: 0.0,
        };
        minimise(&mut x, limits, &Control::default(), &mut |x, gradient| {
            Ok(bowl(centre, x, gradient))
        })
        .unwrap();
        x
    }

    #[test]
    fn a_bowl_is_followed_to_its_ground() {
        for (x, centre) in lowest(&[3.0, -2.0, 0.5], 0.0).iter().zip([3.0, -2.0, 0.5]) {
            assert!((x - centre).abs() < 1e-3, "{x} {centre}");
        }
    }

    #[test]
    fn an_absolute_part_shrinks_and_leaves_zeros() {
        // Each variable moves towards zero by l1 / weight, and stops there.
        let x = lowest(&[3.0, -2.0, 0.2], 1.0);
        assert!(
            (x[0] - 2.0).abs() < 1e-3 && (x[1] + 1.5).abs() < 1e-3,
            "{x:?}"
        );
        assert_eq!(x[2].to_bits(), 0.0_f32.to_bits());
    }

    #[test]
    fn a_valley_with_a_bend_is_followed() {
        // Rosenbrock's function, lowest at (1, 1).
        let mut x = vec![-1.2, 1.0];
        let limits = Limits {
            l1: 0.0,
            iterations: 500,
            tolerance: 0.0,
        };
        minimise(&mut x, limits, &Control::default(), &mut |x, gradient| {
            let (a, b) = (f64::from(x[0]), f64::from(x[1]));
            gradient[0] = (-2.0 * (1.0 - a) - 400.0 * a * (b - a * a)) as f32;
            gradient[1] = (200.0 * (b - a * a)) as f32;
            Ok((1.0 - a).powi(2) + 100.0 * (b - a * a).powi(2))
        })
        .unwrap();
        assert!(
            (x[0] - 1.0).abs() < 0.05 && (x[1] - 1.0).abs() < 0.1,
            "{x:?}"
        );
    }
}
