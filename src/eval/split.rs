//! Data in two parts, one to train on and one to test with: every group gives its share to both.

use rustc_hash::FxHashMap;

use crate::ml::sampling::Random;

/// Tells for each item, given by its group, whether it is for training; the same for the same seed.
///
/// A group of two or more has at least one item on either side, one of its own is for training. Shares that are not
/// whole are carried over to the next group, so that the whole is split as wanted.
pub fn choose(groups: &[&str], fraction: f64, seed: u64) -> Vec<bool> {
    let mut order: Vec<Vec<usize>> = Vec::new();
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    for (i, group) in groups.iter().enumerate() {
        let at = *known.entry(group).or_insert_with(|| {
            order.push(Vec::new());
            order.len() - 1
        });
        if let Some(items) = order.get_mut(at) {
            items.push(i);
        }
    }
    let mut random = Random::new(seed);
    let mut for_training = vec![false; groups.len()];
    let (mut items_so_far, mut taken) = (0, 0);
    for mut items in order {
        random.shuffle(&mut items);
        items_so_far += items.len();
        let wanted = (fraction * items_so_far as f64).round() - f64::from(taken);
        #[expect(
            clippy::cast_sign_loss,
            reason = "a negative share becomes 0, and at least one is taken"
        )]
        let wanted = (wanted.max(0.0) as usize).clamp(1, items.len().saturating_sub(1).max(1));
        taken += u32::try_from(wanted).unwrap_or(u32::MAX);
        for i in items.into_iter().take(wanted) {
            if let Some(flag) = for_training.get_mut(i) {
                *flag = true;
            }
        }
    }
    for_training
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_on_both_sides_and_the_whole_is_split_as_wanted() {
        let groups: Vec<String> = (0..400).map(|i| format!("g{}", i % 80)).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let chosen = choose(&groups, 0.7, 1);
        assert_eq!(chosen.iter().filter(|train| **train).count(), 280);
        for group in 0..80 {
            let of: Vec<bool> = (0..400)
                .filter(|i| i % 80 == group)
                .map(|i| chosen[i])
                .collect();
            assert!(of.contains(&true) && of.contains(&false));
        }
        assert_eq!(choose(&groups, 0.7, 1), chosen);
        assert_ne!(choose(&groups, 0.7, 2), chosen);
    }

    #[test]
    fn the_only_one_of_a_group_is_for_training() {
        assert_eq!(
            choose(&["a", "b", "b"], 0.1, 0)
                .iter()
                .filter(|t| **t)
                .count(),
            2
        );
        assert!(choose(&["a", "b", "b"], 0.9, 0)[0]);
        assert!(choose(&[], 0.5, 0).is_empty());
    }
}
