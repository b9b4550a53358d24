//! The inner loop of the linear support vector machine: dual coordinate descent on sixteen problems at once.
//!
//! The method is Hsieh et al., "A dual coordinate descent method for large-scale linear SVM" (ICML 2008), with the
//! shrinking of LIBLINEAR. One-vs-rest problems share their rows, so a tile of sixteen classes visits a row once and
//! treats the sixteen in the lanes of vector registers: weights are stored feature by feature, sixteen classes wide.
//! The loop is compiled twice, for any processor and for AVX2, and never fuses a multiplication with an addition:
//! both give the same bits.

use crate::ml::sampling::Random;

/// Problems in one tile.
pub(super) const LANES: usize = 16;

/// One number for each problem of a tile.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub(super) [f32; LANES]);

impl Lanes {
    pub(super) const ZERO: Self = Self([0.0; LANES]);
}

/// A feature of a row with its value, side by side in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) feature: u32,
    pub(super) value: f32,
}

/// A row as the problems see it; half a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Example {
    /// Where its entries start and how many they are.
    pub(super) start: u32,
    pub(super) len: u32,
    /// The one class for which it is a positive example.
    pub(super) class: u32,
    /// What its multiplier may be there.
    pub(super) positive: Cost,
    /// One over the diagonal of the quadratic form, as a positive and as a negative example.
    pub(super) positive_step: f32,
    pub(super) negative_step: f32,
}

/// What a loss makes of C.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// What is added to the diagonal: `1 / 2C` for the squared hinge, 0 for the hinge.
    pub(super) diagonal: f32,
    /// Largest multiplier: infinite for the squared hinge, C for the hinge.
    pub(super) upper: f32,
}

/// All one-vs-rest problems of a fit.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) entries: Vec<Entry>,
    pub(super) examples: Vec<Example>,
    /// What the multipliers of negative examples may be.
    pub(super) negative: Cost,
    pub(super) classes: usize,
    /// The constant feature that every row has; its weight comes after those of the others.
    pub(super) bias: f32,
    pub(super) epsilon: f32,
    pub(super) max_epochs: usize,
    pub(super) seed: u64,
}

/// How a tile came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No multiplier violates its condition by more than epsilon.
    Converged,
    /// The largest number of epochs was reached first.
    Exhausted,
    /// The caller stopped it.
    Cancelled,
}

impl Problem {
    /// Returns the entries of an example.
    fn row(&self, example: &Example) -> &[Entry] {
        let start = example.start as usize;
        &self.entries[start..start + example.len as usize]
    }
}

/// Solves the problems of the classes from `first` on; `weights` has one element for each feature and one for the
/// bias and starts at zero.
pub(super) fn solve(
    problem: &Problem,
    first: usize,
    weights: &mut [Lanes],
    cancelled: &dyn Fn() -> bool,
) -> Outcome {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(
            unsafe_code,
            reason = "the processor was just asked for the one feature that the function is compiled for"
        )]
        // SAFETY: `solve_avx2` is safe code; calling it needs AVX2, which was detected above.
        return unsafe { solve_avx2(problem, first, weights, cancelled) };
    }
    solve_anywhere(problem, first, weights, cancelled)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn solve_avx2(
    problem: &Problem,
    first: usize,
    weights: &mut [Lanes],
    cancelled: &dyn Fn() -> bool,
) -> Outcome {
    descend(problem, first, weights, cancelled)
}

fn solve_anywhere(
    problem: &Problem,
    first: usize,
    weights: &mut [Lanes],
    cancelled: &dyn Fn() -> bool,
) -> Outcome {
    descend(problem, first, weights, cancelled)
}

/// The largest change of a multiplier that counts as none.
const STILL: f32 = 1e-7;

/// Bounds of the projected gradient, problem by problem.
#[derive(Clone, Copy)]
struct Bounds {
    largest: [f32; LANES],
    smallest: [f32; LANES],
}

impl Bounds {
    /// Bounds that everything widens.
    const NONE: Self = Self {
        largest: [f32::NEG_INFINITY; LANES],
        smallest: [f32::INFINITY; LANES],
    };
    /// Bounds that nothing lies outside of.
    const ALL: Self = Self {
        largest: [f32::INFINITY; LANES],
        smallest: [f32::NEG_INFINITY; LANES],
    };

    /// Returns by how much the worst problem violates the conditions of its optimum.
    fn gap(&self) -> f32 {
        let both = self.largest.iter().zip(&self.smallest);
        both.fold(0.0, |gap, (largest, smallest)| gap.max(largest - smallest))
    }

    /// Returns the bounds that decide in the next epoch which rows can rest.
    fn for_shrinking(self) -> Self {
        Self {
            largest: self
                .largest
                .map(|g| if g > 0.0 { g } else { f32::INFINITY }),
            smallest: self
                .smallest
                .map(|g| if g < 0.0 { g } else { f32::NEG_INFINITY }),
        }
    }
}

/// What does not change from visit to visit within an epoch.
struct Epoch {
    negative: Cost,
    live: [f32; LANES],
    /// Bounds of the epoch before: what lies outside can rest.
    before: Bounds,
}

/// What a visit of a row means to the sixteen problems.
struct Visit {
    /// The new multipliers, and how much of the row they add to the weights.
    next: [f32; LANES],
    change: [f32; LANES],
    /// The largest change of a multiplier.
    size: f32,
    /// Whether any problem may still need the row in this epoch.
    keep: bool,
}

#[expect(
    clippy::inline_always,
    reason = "its callers compile it for different processors"
)]
#[inline(always)]
fn descend(
    problem: &Problem,
    first: usize,
    weights: &mut [Lanes],
    cancelled: &dyn Fn() -> bool,
) -> Outcome {
    let Some((bias_weight, weights)) = weights.split_last_mut() else {
        return Outcome::Converged;
    };
    let examples = problem.examples.as_slice();
    let mut epoch = Epoch {
        negative: problem.negative,
        live: live_lanes(problem.classes, first),
        before: Bounds::ALL,
    };
    let mut alphas = vec![Lanes::ZERO; examples.len()];
    let mut order: Vec<u32> = (0..examples.len() as u32).collect();
    let mut active = order.len();
    let mut random = Random::new(problem.seed ^ (first as u64).rotate_left(32));
    let mut complete = true;

    for _ in 0..problem.max_epochs {
        if cancelled() {
            return Outcome::Cancelled;
        }
        random.shuffle(&mut order[..active]);
        let mut bounds = Bounds::NONE;
        let mut at = 0;
        while at < active {
            let i = order[at] as usize;
            let example = &examples[i];
            let row = problem.row(example);
            fetch_ahead(problem, &order[at..active], &alphas);
            let margin = margins(weights, bias_weight, problem.bias, row);
            // The lane of the row's own class; LANES or more if that is in another tile.
            let own = example.class.wrapping_sub(first as u32);
            let visit = visit(&epoch, example, own, &margin, &alphas[i].0, &mut bounds);
            if !visit.keep {
                active -= 1;
                order.swap(at, active);
                continue;
            }
            if visit.size > STILL {
                alphas[i].0 = visit.next;
                add(weights, bias_weight, problem.bias, row, &visit.change);
            }
            at += 1;
        }
        if bounds.gap() <= problem.epsilon || active == 0 {
            if complete {
                return Outcome::Converged;
            }
            // Good enough for the rows looked at: now all of them once more.
            active = order.len();
            complete = true;
            epoch.before = Bounds::ALL;
        } else {
            complete = false;
            epoch.before = bounds.for_shrinking();
        }
    }
    Outcome::Exhausted
}

/// Asks the memory for what the next visits will read; rows come in random order, which no processor foresees.
#[expect(clippy::inline_always, reason = "part of `descend`")]
#[inline(always)]
fn fetch_ahead(problem: &Problem, order: &[u32], alphas: &[Lanes]) {
    if let Some(&i) = order.get(8) {
        fetch(&problem.examples[i as usize]);
        fetch(&alphas[i as usize]);
    }
    if let Some(&i) = order.get(4) {
        let row = problem.row(&problem.examples[i as usize]);
        for line in row.chunks(8) {
            fetch(line);
        }
    }
}

/// Asks the memory for the first cache line of something.
#[inline]
fn fetch<T: ?Sized>(what: &T) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "part of the kernel; a hint that reads nothing")]
    // SAFETY: the address is that of a reference; a prefetch may be given any address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(what).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = what;
}

/// Returns the scalar product of a row with the weights of each problem.
#[expect(clippy::inline_always, reason = "part of `descend`")]
#[inline(always)]
fn margins(weights: &[Lanes], bias_weight: &Lanes, bias: f32, row: &[Entry]) -> [f32; LANES] {
    // Two sums, so that an addition need not wait for the one before.
    let mut even = bias_weight.0.map(|weight| weight * bias);
    let mut odd = [0.0; LANES];
    let mut pairs = row.chunks_exact(2);
    for pair in &mut pairs {
        if let [one, other] = pair {
            let one_weight = &weights[one.feature as usize].0;
            let other_weight = &weights[other.feature as usize].0;
            for l in 0..LANES {
                even[l] += one_weight[l] * one.value;
                odd[l] += other_weight[l] * other.value;
            }
        }
    }
    for entry in pairs.remainder() {
        let weight = &weights[entry.feature as usize].0;
        for l in 0..LANES {
            even[l] += weight[l] * entry.value;
        }
    }
    for l in 0..LANES {
        even[l] += odd[l];
    }
    even
}

/// Adds a multiple of a row to the weights of each problem.
#[expect(clippy::inline_always, reason = "part of `descend`")]
#[inline(always)]
fn add(
    weights: &mut [Lanes],
    bias_weight: &mut Lanes,
    bias: f32,
    row: &[Entry],
    change: &[f32; LANES],
) {
    for (weight, change) in bias_weight.0.iter_mut().zip(change) {
        *weight += change * bias;
    }
    for entry in row {
        let weight = &mut weights[entry.feature as usize].0;
        for (weight, change) in weight.iter_mut().zip(change) {
            *weight += change * entry.value;
        }
    }
}

/// Minimises the dual over the multipliers of one row, those of the other rows standing still.
///
/// Without branches and without `f32::min` and `max`, so that it becomes vector instructions.
#[expect(clippy::inline_always, reason = "part of `descend`")]
#[inline(always)]
fn visit(
    epoch: &Epoch,
    example: &Example,
    own: u32,
    margin: &[f32; LANES],
    alpha: &[f32; LANES],
    bounds: &mut Bounds,
) -> Visit {
    let Epoch {
        negative,
        live,
        before,
    } = epoch;
    // Read here and not in the loop, where the choice would be one of addresses instead of values.
    let Example {
        positive,
        positive_step,
        negative_step,
        ..
    } = *example;
    let mut next = [0.0; LANES];
    let mut change = [0.0; LANES];
    let mut size = [0.0; LANES];
    let mut keep = [0.0; LANES];
    for l in 0..LANES {
        let is_own = l as u32 == own;
        let sign = if is_own { 1.0 } else { -1.0 };
        let diagonal = if is_own {
            positive.diagonal
        } else {
            negative.diagonal
        };
        let upper = if is_own {
            positive.upper
        } else {
            negative.upper
        };
        let step = if is_own { positive_step } else { negative_step };
        let a = alpha[l];
        let gradient = sign * margin[l] - live[l] + a * diagonal;

        let below = if gradient < 0.0 { gradient } else { 0.0 };
        let above = if gradient > 0.0 { gradient } else { 0.0 };
        let at_lower = if a > 0.0 { gradient } else { below };
        let projected = if a < upper { at_lower } else { above };
        let (largest, smallest) = (bounds.largest[l], bounds.smallest[l]);
        bounds.largest[l] = if projected > largest {
            projected
        } else {
            largest
        };
        bounds.smallest[l] = if projected < smallest {
            projected
        } else {
            smallest
        };

        let keep_at_lower = if gradient > before.largest[l] {
            0.0
        } else {
            live[l]
        };
        let keep_at_upper = if gradient < before.smallest[l] {
            0.0
        } else {
            live[l]
        };
        let keep_inside = if a > 0.0 { live[l] } else { keep_at_lower };
        keep[l] = if a < upper {
            keep_inside
        } else {
            keep_at_upper
        };

        let moved = a - gradient * step;
        let moved = if moved > 0.0 { moved } else { 0.0 };
        let moved = if moved < upper { moved } else { upper };
        next[l] = moved;
        change[l] = (moved - a) * sign;
        size[l] = (moved - a).abs();
    }
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            let other = size[l + half];
            size[l] = if size[l] > other { size[l] } else { other };
            keep[l] += keep[l + half];
        }
        half /= 2;
    }
    Visit {
        next,
        change,
        size: size[0],
        keep: keep[0] > 0.0,
    }
}

/// Returns 1 for each lane that has a class and 0 for those past the last, whose weights stay at zero.
fn live_lanes(classes: usize, first: usize) -> [f32; LANES] {
    let mut live = [0.0; LANES];
    for lane in live.iter_mut().take(classes.saturating_sub(first)) {
        *lane = 1.0;
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of random features and classes.
    fn problem(rows: usize, features: u32, classes: u32, upper: f32) -> Problem {
        let mut random = Random::new(7);
        let mut entries = Vec::new();
        let diagonal = if upper.is_finite() { 0.0 } else { 0.5 };
        let cost = Cost { diagonal, upper };
        let examples = (0..rows)
            .map(|_| {
                let start = entries.len();
                let class = random.below(classes as usize) as u32;
                for feature in 0..features {
                    if random.below(3) == 0 || feature == class {
                        let value = random.below(1000) as f32 / 1000.0;
                        entries.push(Entry { feature, value });
                    }
                }
                let norm: f32 = entries[start..].iter().map(|e| e.value * e.value).sum();
                let step = 1.0 / (norm + 1.0 + diagonal);
                Example {
                    start: start as u32,
                    len: (entries.len() - start) as u32,
                    class,
                    positive: cost,
                    positive_step: step,
                    negative_step: step,
                }
            })
            .collect();
        Problem {
            entries,
            examples,
            negative: cost,
            classes: classes as usize,
            bias: 1.0,
            epsilon: 0.01,
            max_epochs: 300,
            seed: 42,
        }
    }

    #[test]
    fn scalar_and_avx2_give_the_same_bits() {
        for upper in [f32::INFINITY, 1.0] {
            let problem = problem(300, 40, 21, upper);
            for first in [0, 16] {
                let mut scalar = vec![Lanes::ZERO; 41];
                let mut chosen = scalar.clone();
                let never = || false;
                let one = solve_anywhere(&problem, first, &mut scalar, &never);
                let two = solve(&problem, first, &mut chosen, &never);
                assert_eq!(one, two);
                for (a, b) in scalar.iter().zip(&chosen) {
                    assert_eq!(a.0.map(f32::to_bits), b.0.map(f32::to_bits));
                }
                assert!(
                    scalar.iter().any(|w| w.0[0] != 0.0),
                    "something was learned"
                );
            }
        }
    }

    #[test]
    fn lanes_without_a_class_stay_zero() {
        let problem = problem(100, 10, 3, f32::INFINITY);
        let mut weights = vec![Lanes::ZERO; 11];
        assert_eq!(
            solve(&problem, 0, &mut weights, &|| false),
            Outcome::Converged
        );
        assert!(
            weights
                .iter()
                .all(|w| w.0[3..].iter().all(|v| v.to_bits() == 0))
        );
    }

    #[test]
    fn a_cancelled_tile_stops() {
        let problem = problem(100, 10, 3, f32::INFINITY);
        let mut weights = vec![Lanes::ZERO; 11];
        assert_eq!(
            solve(&problem, 0, &mut weights, &|| true),
            Outcome::Cancelled
        );
    }

    #[test]
    fn no_rows_and_no_weights_end_at_once() {
        let mut problem = problem(0, 10, 3, f32::INFINITY);
        assert_eq!(solve(&problem, 0, &mut [], &|| false), Outcome::Converged);
        assert_eq!(
            solve(&problem, 0, &mut [Lanes::ZERO], &|| false),
            Outcome::Converged
        );
        problem.max_epochs = 0;
        assert_eq!(
            solve(&problem, 0, &mut [Lanes::ZERO], &|| false),
            Outcome::Exhausted
        );
    }
}
