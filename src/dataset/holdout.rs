//! A share of every intent's examples, held out for testing: the same for the same seed.

use rustc_hash::FxHashMap;

/// Examples an intent needs so that some of them can be spared.
pub const NEEDED: usize = 5;

/// Tells for each example, given by its intent, whether it is held out.
///
/// Every intent with at least [`NEEDED`] examples gives its share, rounded; it keeps one at least.
pub(super) fn choose(intents: &[&str], share: f64, seed: u64) -> Vec<bool> {
    let mut groups: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    let mut order: Vec<&str> = Vec::new();
    for (i, intent) in intents.iter().enumerate() {
        groups
            .entry(intent)
            .or_insert_with(|| {
                order.push(intent);
                Vec::new()
            })
            .push(i);
    }
    let mut random = SplitMix(seed);
    let mut out = vec![false; intents.len()];
    for intent in order {
        let Some(group) = groups.get_mut(intent) else {
            continue;
        };
        if group.len() < NEEDED {
            continue;
        }
        let wanted = (group.len() as f64 * share).round();
        #[expect(clippy::cast_sign_loss, reason = "a share of a length is not negative")]
        let wanted = (wanted as usize).min(group.len() - 1);
        for taken in 0..wanted {
            let rest = group.len() - taken;
            let pick = taken + usize::try_from(random.next() % rest as u64).unwrap_or_default();
            group.swap(taken, pick);
            if let Some(flag) = group.get(taken).and_then(|i| out.get_mut(*i)) {
                *flag = true;
            }
        }
    }
    out
}

/// Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_intent_gives_its_share() {
        let mut intents = vec!["a"; 50];
        intents.extend(["b"; 10]);
        intents.extend(["c"; 4]);
        let out = choose(&intents, 0.2, 42);
        let of = |name: &str| {
            let pairs = intents.iter().zip(&out);
            pairs
                .filter(|(intent, out)| **intent == name && **out)
                .count()
        };
        assert_eq!((of("a"), of("b"), of("c")), (10, 2, 0));
        assert_eq!(out, choose(&intents, 0.2, 42));
        assert_ne!(out, choose(&intents, 0.2, 43));
    }

    #[test]
    fn an_intent_is_never_held_out_whole() {
        assert_eq!(
            choose(&["a"; 5], 0.99, 1)
                .iter()
                .filter(|out| **out)
                .count(),
            4
        );
    }
}
