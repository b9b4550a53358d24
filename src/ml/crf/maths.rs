//! The exponential function, the same bits on every machine.

/// Returns e to the power of `x`, to 7 digits; 0 below −87, at most e⁸⁸.
///
/// Range reduction by powers of two and the polynomial of Cephes' `expf` (Moshier 1989), without branches, so that
/// loops over it use vector registers.
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

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exponentials_are_right_to_seven_digits() {
        for i in -8_700..8_800_i16 {
            let x = f32::from(i) / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 4e-7, "exp({x}) is off by {error}");
        }
        assert_eq!([exp(0.0), exp(-1e9)], [1.0, 0.0]);
    }
}
