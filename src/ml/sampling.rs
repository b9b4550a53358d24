//! Seeded randomness, folds and hold-outs that are the same on every machine and in every version.
//!
//! The generator is xoshiro256++ seeded through `SplitMix64` (Blackman and Vigna 2021). What is drawn is part of the
//! promise that the same seed gives the same model: never change it.

/// A seeded generator of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random([u64; 4]);

impl Random {
    /// Makes a generator; any seed is as good as any other.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        }))
    }

    /// Returns the next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// Returns a number below `n`, 0 if `n` is 0.
    ///
    /// Numbers differ in probability by less than 2⁻³² for any `n` below 2³².
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Returns a number from 0 up to but not including 1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Puts the elements into a random order.
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        for i in (1..elements.len()).rev() {
            elements.swap(i, self.below(i + 1));
        }
    }
}

/// One way of keeping rows back: those to learn from and those to test on, each in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Rows to learn from.
    pub train: Vec<usize>,
    /// Rows to test on.
    pub test: Vec<usize>,
}

/// Splits rows into `folds` parts with the same mix of classes, each of which is the test part once.
///
/// A class with fewer rows than folds is tested in as many folds as it has rows; one with a single row is never
/// tested but always learned, since a class that was not learned cannot be predicted. The parts differ in size by no
/// more than the number of classes. Fewer than two folds give none.
pub fn stratified_folds(classes: &[usize], folds: usize, seed: u64) -> Vec<Split> {
    if folds < 2 {
        return Vec::new();
    }
    let mut random = Random::new(seed);
    let mut fold_of = vec![None; classes.len()];
    let mut next = 0;
    for mut rows in rows_by_class(classes) {
        random.shuffle(&mut rows);
        if rows.len() < 2 {
            continue;
        }
        // Dealt out like cards, each class going on where the last one ended.
        for row in rows {
            fold_of[row] = Some(next % folds);
            next += 1;
        }
    }
    (0..folds)
        .map(|fold| {
            let (test, train) = (0..classes.len()).partition(|&row| fold_of[row] == Some(fold));
            Split { train, test }
        })
        .collect()
}

/// Keeps back the given share of every class, rounded to the nearest row, half a row up.
///
/// At least one row of every class stays to be learned, so a class with a single row is never tested. The share is
/// taken as lying between 0 and 1.
pub fn stratified_hold_out(classes: &[usize], share: f64, seed: u64) -> Split {
    let mut random = Random::new(seed);
    let mut tested = vec![false; classes.len()];
    for mut rows in rows_by_class(classes) {
        random.shuffle(&mut rows);
        let count = half_up(rows.len() as f64 * share.clamp(0.0, 1.0));
        let count = count.min(rows.len().saturating_sub(1));
        for &row in rows.iter().take(count) {
            tested[row] = true;
        }
    }
    let (test, train) = (0..classes.len()).partition(|&row| tested[row]);
    Split { train, test }
}

/// Rounds to the nearest number, a half up, not misled by the last bits of a product like 0.35 × 10.
#[expect(
    clippy::cast_sign_loss,
    reason = "a share of rows is never negative, and what is no number becomes 0"
)]
fn half_up(value: f64) -> usize {
    ((value * 1e5).round() / 1e5 + 0.5).floor() as usize
}

/// Returns the rows of each class in ascending order, the classes in ascending order.
fn rows_by_class(classes: &[usize]) -> Vec<Vec<usize>> {
    let mut by_class = std::collections::BTreeMap::<usize, Vec<usize>>::new();
    for (row, &class) in classes.iter().enumerate() {
        by_class.entry(class).or_default().push(row);
    }
    by_class.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_xoshiro256_plus_plus() {
        // First outputs for state 1, 2, 3, 4 as published with the reference implementation.
        let mut random = Random([1, 2, 3, 4]);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223]);
    }

    #[test]
    fn seeds_give_the_numbers_they_always_gave() {
        let mut random = Random::new(42);
        let drawn: Vec<usize> = (0..8).map(|_| random.below(100)).collect();
        assert_eq!(drawn, [81, 31, 98, 70, 79, 58, 12, 60]);
    }

    #[test]
    fn numbers_stay_below_and_shuffles_keep_all() {
        let mut random = Random::new(1);
        assert_eq!(random.below(0), 0);
        assert!((0..1000).all(|_| random.below(7) < 7));
        assert!(
            (0..1000)
                .map(|_| random.unit())
                .all(|u| (0.0..1.0).contains(&u))
        );
        let mut all: Vec<u32> = (0..50).collect();
        random.shuffle(&mut all);
        assert!(!all.is_sorted());
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<_>>());
        random.shuffle::<u8>(&mut []);
    }

    #[test]
    fn every_row_is_tested_once_and_classes_are_even() {
        let classes: Vec<usize> = (0..103).map(|i| i % 4).collect();
        let folds = stratified_folds(&classes, 5, 1);
        let mut tested: Vec<usize> = folds.iter().flat_map(|s| s.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..103).collect::<Vec<_>>());
        for split in &folds {
            assert_eq!(split.train.len() + split.test.len(), 103);
            for class in 0..4 {
                let count = split.test.iter().filter(|&&r| classes[r] == class).count();
                assert!((5..=6).contains(&count), "{count}");
            }
        }
        assert_ne!(folds, stratified_folds(&classes, 5, 2), "the seed counts");
    }

    #[test]
    fn a_single_row_is_learned_and_never_tested() {
        let classes = [0, 0, 0, 1, 2, 2];
        let folds = stratified_folds(&classes, 3, 1);
        assert!(folds.iter().all(|s| s.train.contains(&3)));
        let split = stratified_hold_out(&classes, 0.5, 1);
        assert!(split.train.contains(&3));
        assert_eq!(
            split.test.len(),
            3,
            "half of three is two, half of two is one"
        );
    }

    #[test]
    fn hold_outs_round_half_up_and_leave_one_to_learn() {
        let count = |rows: usize, share| stratified_hold_out(&vec![0; rows], share, 1).test.len();
        assert_eq!(count(10, 0.25), 3, "2.5 rounds up");
        assert_eq!(count(12, 0.2), 2, "2.4 rounds down");
        assert_eq!(count(5, 1.0), 4);
        assert_eq!(count(5, 0.0), 0);
        assert_eq!(count(0, 0.2), 0);
        assert_eq!(count(5, f64::NAN), 0);
    }

    #[test]
    fn too_few_folds_give_none() {
        assert_eq!(stratified_folds(&[0, 1], 1, 1), []);
        assert_eq!(stratified_folds(&[], 2, 1), vec![Split::default(); 2]);
    }
}
