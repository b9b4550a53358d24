//! Products of matrices in whole numbers: exact, so that every processor gives the same bits, and fast.
//!
//! Weights are rounded to 16 bits once, each output with a scale of its own, and rows of input as they come, each with
//! its own (dynamic quantisation, as in Jacob et al. 2018 but with more bits). The largest magnitude is chosen such
//! that no sum can leave 32 bits, which leaves 10 to 12 bits and the sign: sums are exact in whichever order they are
//! made. On a row nothing depends but that row, so that a text gets the same numbers alone and among others.

use rayon::prelude::*;

/// Outputs that are worked on at once.
const LANES: usize = 16;
/// Rows that are worked on at once: with so many the sums just fit the registers of AVX2.
const ROWS: usize = 6;
/// Rows that one thread takes.
const SHARE: usize = 96;

/// Two weights of each of some outputs, side by side as one multiplication takes them.
type Pairs = [[i16; 2]; LANES];

/// A layer `y = W x + b` with rounded weights.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    inputs: usize,
    outputs: usize,
    /// Tile after tile of outputs, in each pair after pair of inputs.
    weights: Vec<Pairs>,
    scales: Vec<f32>,
    biases: Vec<f32>,
}

/// Rows with rounded values.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounded {
    /// Pairs of values, row after row.
    pairs: Vec<[i16; 2]>,
    scales: Vec<f32>,
}

/// Returns the largest magnitude with which no sum of so many products leaves 32 bits.
fn limit(inputs: usize) -> f32 {
    let most = i32::MAX as usize / inputs.max(1);
    most.isqrt().min(i16::MAX as usize) as f32
}

/// Rounds values to whole multiples of a scale, which it returns.
fn round(values: &[f32], limit: f32, pairs: &mut Vec<[i16; 2]>) -> f32 {
    let largest = values
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let scale = largest / limit;
    let factor = if largest > 0.0 && largest.is_finite() {
        limit / largest
    } else {
        0.0
    };
    // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number without a call.
    let near = |value: f32| {
        const SHIFT: f32 = 12_582_912.0;
        ((value * factor + SHIFT) - SHIFT) as i16
    };
    let (whole, rest) = values.as_chunks::<2>();
    pairs.extend(whole.iter().map(|pair| pair.map(near)));
    pairs.extend(rest.iter().map(|value| [near(*value), 0]));
    scale
}

impl Rounded {
    /// Rounds rows of `width` values.
    pub(super) fn new(values: &[f32], width: usize) -> Self {
        let limit = limit(width);
        let mut rounded = Self::default();
        rounded
            .pairs
            .reserve(values.len() / width.max(1) * width.div_ceil(2));
        for row in values.chunks_exact(width.max(1)) {
            let scale = round(row, limit, &mut rounded.pairs);
            rounded.scales.push(scale);
        }
        rounded
    }
}

impl Layer {
    /// Rounds weights, a row of `inputs` for each output.
    pub(super) fn new(weights: &[f32], biases: &[f32], inputs: usize) -> Self {
        let (outputs, half, limit) = (biases.len(), inputs.div_ceil(2), limit(inputs));
        let mut tiles = vec![[[0; 2]; LANES]; outputs.div_ceil(LANES) * half];
        let mut scales = Vec::with_capacity(outputs);
        let mut pairs = Vec::with_capacity(half);
        for (output, row) in weights
            .chunks_exact(inputs.max(1))
            .take(outputs)
            .enumerate()
        {
            pairs.clear();
            scales.push(round(row, limit, &mut pairs));
            let tile = tiles.iter_mut().skip(output / LANES * half);
            for (at, pair) in tile.zip(&pairs) {
                at[output % LANES] = *pair;
            }
        }
        Self {
            inputs,
            outputs,
            weights: tiles,
            scales,
            biases: biases.to_vec(),
        }
    }

    /// Returns the number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Applies the layer to rows; threads share the work where there is much.
    pub(super) fn apply(&self, rows: &Rounded) -> Vec<f32> {
        let half = self.inputs.div_ceil(2).max(1);
        let mut results = vec![0.0; rows.scales.len() * self.outputs];
        results
            .par_chunks_mut((SHARE * self.outputs).max(1))
            .zip(rows.pairs.par_chunks(SHARE * half))
            .zip(rows.scales.par_chunks(SHARE))
            .for_each(|((results, pairs), scales)| {
                let job = Job {
                    layer: self,
                    half,
                    pairs,
                    scales,
                    results,
                };
                #[cfg(target_arch = "x86_64")]
                if let Some(simd) = pulp::x86::V3::try_new() {
                    let sums = |tile: &[Pairs], rows: &[&[[i16; 2]]; ROWS]| avx2(simd, tile, rows);
                    simd.vectorize(WithSums { job, sums });
                    return;
                }
                job.run(&anywhere);
            });
        results
    }
}

/// Sums of products of some rows with the weights of a tile.
type Sums = [[i32; LANES]; ROWS];

/// One thread's part of a product.
struct Job<'a> {
    layer: &'a Layer,
    /// Pairs of inputs in a row.
    half: usize,
    pairs: &'a [[i16; 2]],
    scales: &'a [f32],
    results: &'a mut [f32],
}

/// A job and how it sums, compiled for the instructions that the processor was found to have.
#[cfg(target_arch = "x86_64")]
struct WithSums<'a, F> {
    job: Job<'a>,
    sums: F,
}

#[cfg(target_arch = "x86_64")]
impl<F: Fn(&[Pairs], &[&[[i16; 2]]; ROWS]) -> Sums> pulp::NullaryFnOnce for WithSums<'_, F> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "what calls it is compiled for more instructions than it would be alone"
    )]
    #[inline(always)]
    fn call(self) {
        self.job.run(&self.sums);
    }
}

impl Job<'_> {
    #[expect(
        clippy::inline_always,
        reason = "what calls it is compiled for more instructions than it would be alone"
    )]
    #[inline(always)]
    fn run(self, sums: &impl Fn(&[Pairs], &[&[[i16; 2]]; ROWS]) -> Sums) {
        let outputs = self.layer.outputs;
        let blocks = self
            .pairs
            .chunks(ROWS * self.half)
            .zip(self.scales.chunks(ROWS))
            .zip(self.results.chunks_mut((ROWS * outputs).max(1)));
        for ((pairs, scales), results) in blocks {
            // Where rows run out the first one fills in: its sums are made and not used.
            let first = pairs.get(..self.half).unwrap_or_default();
            let mut rows = [first; ROWS];
            for (row, pairs) in rows.iter_mut().zip(pairs.chunks_exact(self.half)) {
                *row = pairs;
            }
            for (number, tile) in self.layer.weights.chunks_exact(self.half).enumerate() {
                let sums = sums(tile, &rows);
                let start = number * LANES;
                let end = (start + LANES).min(outputs);
                let of_tile = |all: &'_ [f32]| -> [f32; LANES] {
                    let mut some = [0.0; LANES];
                    for (some, all) in some.iter_mut().zip(all.get(start..end).unwrap_or_default())
                    {
                        *some = *all;
                    }
                    some
                };
                let (scale_of, bias_of) =
                    (of_tile(&self.layer.scales), of_tile(&self.layer.biases));
                for ((result, scale), sums) in
                    results.chunks_exact_mut(outputs).zip(scales).zip(&sums)
                {
                    let mut values = [0.0_f32; LANES];
                    for (lane, value) in values.iter_mut().enumerate() {
                        *value = sums[lane] as f32 * (scale * scale_of[lane]) + bias_of[lane];
                    }
                    for (result, value) in result.iter_mut().skip(start).zip(values) {
                        *result = value;
                    }
                }
            }
        }
    }
}

/// Sums with the instructions that every processor has.
#[expect(
    clippy::inline_always,
    reason = "what calls it is compiled for more instructions than it would be alone"
)]
#[inline(always)]
fn anywhere(tile: &[Pairs], rows: &[&[[i16; 2]]; ROWS]) -> Sums {
    let mut sums = [[0; LANES]; ROWS];
    for (sums, row) in sums.iter_mut().zip(rows) {
        for (weights, [a, b]) in tile.iter().zip(*row) {
            for (sum, [v, w]) in sums.iter_mut().zip(weights) {
                *sum += i32::from(*a) * i32::from(*v) + i32::from(*b) * i32::from(*w);
            }
        }
    }
    sums
}

/// Sums eight outputs at once.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn avx2(simd: pulp::x86::V3, tile: &[Pairs], rows: &[&[[i16; 2]]; ROWS]) -> Sums {
    use std::arch::x86_64::__m256i;
    let zero = simd.avx._mm256_set1_epi32(0);
    let mut sums: [[__m256i; 2]; ROWS] = [[zero; 2]; ROWS];
    // One length for all, so that no index is checked within the loop.
    let rows = rows.map(|row| row.get(..tile.len()).unwrap_or_default());
    for (at, weights) in tile.iter().enumerate() {
        let weights: [__m256i; 2] = pulp::cast(*weights);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let pair = row.get(at).copied().unwrap_or_default();
            let pair = simd.avx._mm256_set1_epi32(pulp::cast(pair));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                let products = simd.avx2._mm256_madd_epi16(pair, weights);
                *sum = simd.avx2._mm256_add_epi32(*sum, products);
            }
        }
    }
    pulp::cast(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::sampling::Random;

    fn values(count: usize, random: &mut Random) -> Vec<f32> {
        (0..count).map(|_| random.unit() - 0.5).collect()
    }

    #[test]
    fn products_are_those_of_real_numbers_up_to_rounding() {
        let mut random = Random::new(7);
        for (rows, inputs, outputs) in [(1, 1, 1), (3, 7, 5), (6, 32, 16), (13, 384, 40)] {
            let (x, w, b) = (
                values(rows * inputs, &mut random),
                values(inputs * outputs, &mut random),
                values(outputs, &mut random),
            );
            let found = Layer::new(&w, &b, inputs).apply(&Rounded::new(&x, inputs));
            for (row, found) in x.chunks(inputs).zip(found.chunks(outputs)) {
                for ((weights, bias), found) in w.chunks(inputs).zip(&b).zip(found) {
                    let exact: f64 = row
                        .iter()
                        .zip(weights)
                        .map(|(x, w)| f64::from(*x) * f64::from(*w))
                        .sum();
                    let gap = (exact + f64::from(*bias) - f64::from(*found)).abs();
                    assert!(gap < 3e-3, "{gap}");
                }
            }
        }
    }

    #[test]
    fn every_kind_of_processor_sums_alike_even_the_largest_values() {
        let mut random = Random::new(3);
        let most = limit(1536) as i16;
        for inputs in [2, 384, 1536] {
            let mut pick = || if random.unit() < 0.5 { most } else { -most };
            let tile: Vec<Pairs> = (0..inputs / 2)
                .map(|_| std::array::from_fn(|_| [pick(), pick()]))
                .collect();
            let same = vec![[most, -most]; inputs / 2];
            let other: Vec<[i16; 2]> = tile.iter().map(|pairs| pairs[0]).collect();
            let rows: [&[[i16; 2]]; ROWS] = [&same, &other, &same, &other, &same, &other];
            let plain = anywhere(&tile, &rows);
            assert_eq!(
                plain[1][0],
                i32::try_from(inputs).unwrap() * i32::from(most).pow(2)
            );
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                assert_eq!(simd.vectorize(|| avx2(simd, &tile, &rows)), plain);
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_alone_and_among_others() {
        let mut random = Random::new(5);
        let (x, w) = (values(9 * 20, &mut random), values(20 * 18, &mut random));
        let layer = Layer::new(&w, &[0.0; 18], 20);
        let all = layer.apply(&Rounded::new(&x, 20));
        for (row, among) in x.chunks(20).zip(all.chunks(18)) {
            assert_eq!(layer.apply(&Rounded::new(row, 20)), among);
        }
    }

    #[test]
    fn nothing_and_what_is_no_number_give_the_bias() {
        let layer = Layer::new(&[1.0, 2.0], &[0.25], 2);
        for row in [[0.0, 0.0], [f32::INFINITY, 1.0]] {
            let found = layer.apply(&Rounded::new(&row, 2));
            assert!(found[0].is_nan() || (found[0] - 0.25).abs() < 1e-6);
        }
        assert!(layer.apply(&Rounded::default()).is_empty());
    }
}
