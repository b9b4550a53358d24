//! What stands between the layers of a transformer: norms, softmax, GELU.
//!
//! Plain arithmetic in a fixed order: `exp` is a polynomial of our own, since a library's gives other bits on other
//! processors.

/// Lanes that sums are spread over, so that they can be made several at once.
const LANES: usize = 8;

/// Returns e to the power of x, up to two units in the last place; very small and very large powers are cut off.
///
/// The range is reduced as by Cody and Waite (1980), the polynomial is that of Moshier's Cephes.
#[inline]
pub(super) fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_2e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 5.000_000_3e-1;
    let power = shifted
        .to_bits()
        .wrapping_sub(SHIFT.to_bits())
        .wrapping_add(127);
    (p * r * r + r + 1.0) * f32::from_bits(power << 23)
}

/// Returns x times the share of a normal distribution below x (GELU, Hendrycks and Gimpel 2016), with the error
/// function by formula 7.1.26 of Abramowitz and Stegun, which is off by 1.5e-7 at most.
#[inline]
pub(super) fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152_1;
    let p = p * t + 1.421_413_8;
    let p = p * t - 0.284_496_72;
    let p = p * t + 0.254_829_6;
    let tail = 0.5 * p * t * exp(-z * z);
    x * if x >= 0.0 { 1.0 - tail } else { tail }
}

/// Returns the product of two vectors.
#[inline]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// Brings values to a sum of 1: e to the power of each over the sum of them.
pub(super) fn softmax(values: &mut [f32]) {
    let largest = values.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = exp(*value - largest);
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
}

/// Brings each row to mean 0 and deviation 1, then to a scale and an offset (layer normalisation, Ba et al. 2016).
pub(super) fn layer_norm(rows: &mut [f32], scales: &[f32], offsets: &[f32], epsilon: f32) {
    let width = scales.len().max(1);
    let ones = vec![1.0; width];
    for row in rows.chunks_exact_mut(width) {
        let mean = dot(row, &ones) / width as f32;
        for value in row.iter_mut() {
            *value -= mean;
        }
        let deviation = (dot(row, row) / width as f32 + epsilon).sqrt();
        for (value, (scale, offset)) in row.iter_mut().zip(scales.iter().zip(offsets)) {
            *value = *value / deviation * scale + offset;
        }
    }
}

/// Brings a vector to length 1; one of nothing stays.
pub(super) fn normalize(values: &mut [f32]) {
    let length = dot(values, values).sqrt();
    if length > 0.0 {
        for value in values {
            *value /= length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_a_millionth_of_the_exact_one() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            let gap = (f64::from(exp(x)) / exact - 1.0).abs();
            assert!(gap < 3e-7, "{x}: {gap}");
        }
        assert!(exp(-1e9) < 1e-37 && exp(f32::INFINITY) > 1e38);
    }

    #[test]
    fn gelu_is_that_of_the_exact_error_function() {
        // By Simpson's rule on the density, far finer than single precision.
        let below = |x: f64| {
            let steps = 2000;
            let h = x / f64::from(steps);
            let f = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let sum: f64 = (1..steps)
                .map(|i| f(f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 })
                .sum();
            0.5 + (f(0.0) + f(x) + sum) * h / 3.0
        };
        for i in -60..=60 {
            let x = f64::from(i) / 10.0;
            let gap = (f64::from(gelu(x as f32)) - x * below(x)).abs();
            assert!(gap < 2e-6, "{x}: {gap}");
        }
    }

    #[test]
    fn softmax_adds_up_to_one_even_for_large_values() {
        let mut values = [1000.0, 1000.0, -1000.0];
        softmax(&mut values);
        assert!((values[0] - 0.5).abs() < 1e-6 && values[2] < 1e-30);
        softmax(&mut []);
    }

    #[test]
    fn norms_come_out_as_they_must() {
        let mut rows = [1.0, 3.0, 5.0, 5.0];
        layer_norm(&mut rows, &[2.0, 2.0], &[1.0, 1.0], 0.0);
        assert!((rows[0] + 1.0).abs() < 1e-6 && (rows[1] - 3.0).abs() < 1e-6);
        let mut row = [3.0, 4.0];
        normalize(&mut row);
        assert!((row[0] - 0.6).abs() < 1e-6 && (row[1] - 0.8).abs() < 1e-6);
        let mut zero = [0.0, 0.0];
        normalize(&mut zero);
        assert!(zero.iter().all(|value| *value == 0.0));
        let long: Vec<f32> = (0..19_u8).map(f32::from).collect();
        assert!((dot(&long, &long) - 2109.0).abs() < 1e-3);
    }
}
