//! The exponential function, sums and largest values, the same bits on every machine.

/// Returns e to the power of `x`, to 7 digits; 0 below −87, at most e⁸⁸.
///
/// Range reduction by powers of two and the polynomial of Cephes' `expf` (Moshier 1989), without branches, so that
/// loops over it use vector registers.
#[inline]
pub(super) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let inside = x.clamp(-87.0, 88.0);
    let scaled = inside * std::f32::consts::LOG2_E + ROUND;
    let power = scaled - ROUND;
    let rest = inside - power * 0.693_359_4 + power * 2.121_944_4e-4;
    let mut sum = 1.987_569_2e-4;
    for factor in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        sum = sum * rest + factor;
    }
    let mantissa = sum * rest * rest + rest + 1.0;
    // The low bits of `scaled` hold the power of two.
    let exponent = f32::from_bits((scaled.to_bits() << 23).wrapping_add(0x3f80_0000));
    if x < -87.0 { 0.0 } else { mantissa * exponent }
}

/// Returns the sum; sixteen sums side by side, always in the same order.
pub(super) fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Returns the largest value, or minus infinity where there is none.
pub(super) fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let mut best = [f32::NEG_INFINITY; 16];
    for chunk in chunks {
        for (best, value) in best.iter_mut().zip(chunk) {
            *best = larger(*best, *value);
        }
    }
    let best = best.into_iter().fold(f32::NEG_INFINITY, larger);
    rest.iter().copied().fold(best, larger)
}

#[cfg(test)]
mod tests {
    use super::{exp, largest, sum};

    #[test]
    fn sums_and_largest_values_miss_nothing() {
        let values: Vec<f32> = (0..37_i16).map(f32::from).collect();
        for count in 1..values.len() {
            let some = &values[..count];
            assert_eq!(sum(some).to_bits(), some.iter().sum::<f32>().to_bits());
            let last = some.last().copied().unwrap_or(f32::NEG_INFINITY);
            assert_eq!(largest(some).to_bits(), last.to_bits());
        }
    }

    #[test]
    fn exponentials_are_right_to_seven_digits() {
        for i in -8_700..8_800_i16 {
            let x = f32::from(i) / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 4e-7, "exp({x}) is off by {error}");
        }
        assert_eq!(
            [exp(0.0), exp(-1e9)].map(f32::to_bits),
            [1.0_f32, 0.0].map(f32::to_bits)
        );
    }
}
