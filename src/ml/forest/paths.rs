//! What each feature of a row did to a forest's probabilities: the sum of steps along the path of every tree.
//!
//! A node's value is the mean of the leaves below it, weighted by the rows that grew them; a question adds the value of
//! the node it leads to minus that of its own (Palczewska et al. 2013; Saabas 2014). All steps and the mean of the
//! roots add up to the probability.

use super::{Forest, LEAF, Node, has};
use crate::ml::SparseRow;

/// One over the parts in which a question counts the rows that have its feature.
const PART: f64 = 1.0 / u32::MAX as f64;

/// Returns a share as a number of parts.
#[expect(
    clippy::cast_sign_loss,
    reason = "a share lies between 0 and 1, and what is no number becomes 0"
)]
pub(super) fn parts(of: u32, all: u32) -> u32 {
    (f64::from(of) / f64::from(all.max(1)) / PART).round() as u32
}

impl Forest {
    /// Returns by how much each feature of a row moved the probability of one class beyond that of another, and what
    /// there is without any, which holds also what the lack of features did. Classes are given by their positions.
    pub fn contributions(&self, row: SparseRow<'_>, a: usize, b: usize) -> (Vec<f64>, f64) {
        let values = self.values(a, b);
        let value = |at: usize| values.get(at).copied().unwrap_or_default();
        let mut shares = vec![0.0; row.len()];
        let mut others = 0.0;
        for &root in &self.roots {
            let mut at = root as usize;
            others += value(at);
            while let Some(node) = self.nodes.get(at)
                && node.feature != LEAF
            {
                let next = node.next as usize + usize::from(has(row, node.feature));
                let step = value(next) - value(at);
                let place = row.indices.binary_search(&node.feature);
                match place.ok().and_then(|place| shares.get_mut(place)) {
                    Some(share) => *share += step,
                    None => others += step,
                }
                at = next;
            }
        }
        let trees = self.roots.len().max(1) as f64;
        for share in &mut shares {
            *share /= trees;
        }
        (shares, others / trees)
    }

    /// Returns the value of every node: the mean difference of two classes in the leaves below it.
    fn values(&self, a: usize, b: usize) -> Vec<f64> {
        let mut values = vec![0.0; self.nodes.len()];
        // Answers stand after their question.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let value = if node.feature == LEAF {
                self.leaf(node, a) - self.leaf(node, b)
            } else {
                let next = node.next as usize;
                let of = |at: usize| values.get(at).copied().unwrap_or_default();
                let having = f64::from(node.count) * PART;
                having * of(next + 1) + (1.0 - having) * of(next)
            };
            if let Some(slot) = values.get_mut(at) {
                *slot = value;
            }
        }
        values
    }

    fn leaf(&self, node: &Node, class: usize) -> f64 {
        let start = node.next as usize;
        let shares = self
            .shares
            .get(start..start.saturating_add(node.count as usize));
        let own = shares
            .unwrap_or_default()
            .iter()
            .find(|share| share.class as usize == class);
        own.map_or(0.0, |share| f64::from(share.part))
    }
}
