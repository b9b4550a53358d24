//! Which intents, or answers, a parse lists: the surest, in falling order.

use serde::{Deserialize, Serialize};

/// How many are listed, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Listed {
    /// None at all is no limit.
    pub(crate) ranking_length: usize,
    /// Whether the confidences of those listed are to be 1 together.
    pub(crate) renormalize_confidences: bool,
}

impl Default for Listed {
    fn default() -> Self {
        Self {
            ranking_length: 10,
            renormalize_confidences: false,
        }
    }
}

impl Listed {
    pub(crate) const NAMES: [&'static str; 2] = ["ranking_length", "renormalize_confidences"];

    /// Orders labels, given in the order of their names, by confidence, and leaves out those that are not listed.
    pub(crate) fn rank(self, labels: &mut Vec<(f32, &String)>) {
        // The sort is stable: ties keep the order of names.
        labels.sort_by(|a, b| b.0.total_cmp(&a.0));
        if self.ranking_length > 0 && self.ranking_length < labels.len() {
            labels.truncate(self.ranking_length);
            let sum: f32 = labels.iter().map(|(confidence, _)| confidence).sum();
            if self.renormalize_confidences && sum > 0.0 {
                for (confidence, _) in labels {
                    *confidence /= sum;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_are_listed_and_ties_keep_their_order() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let listed = |ranking_length, renormalize_confidences| {
            let mut labels: Vec<_> = [0.2_f32, 0.4, 0.2, 0.2].into_iter().zip(&names).collect();
            let listed = Listed {
                ranking_length,
                renormalize_confidences,
            };
            listed.rank(&mut labels);
            let sum: f32 = labels.iter().map(|(confidence, _)| confidence).sum();
            let names: String = labels.into_iter().map(|(_, name)| name.as_str()).collect();
            (names, format!("{sum:.1}"))
        };
        assert_eq!(listed(0, false), ("bacd".to_owned(), "1.0".to_owned()));
        assert_eq!(listed(2, false), ("ba".to_owned(), "0.6".to_owned()));
        assert_eq!(listed(2, true), ("ba".to_owned(), "1.0".to_owned()));
        assert_eq!(listed(9, true), ("bacd".to_owned(), "1.0".to_owned()));
    }
}
