//! Sums and products of dense vectors, always in the same order.

/// Returns the sum of products; eight sums side by side.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter().sum::<f32>() + rest.map(|(a, b)| a * b).sum::<f32>()
}

/// Returns the sum of products in double precision; eight sums side by side.
pub(super) fn precise_dot(a: &[f32], b: &[f32]) -> f64 {
    let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
    let mut sums = [0.0_f64; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for (sum, pair) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += product(pair);
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter().sum::<f64>() + rest.map(product).sum::<f64>()
}

/// Adds `factor` times the second to the first.
pub(super) fn add(to: &mut [f32], other: &[f32], factor: f32) {
    for (to, other) in to.iter_mut().zip(other) {
        *to += factor * other;
    }
}
