//! The features of one message: its row, and how much of the message that row stands for.

use crate::ml::{SparseRow, SparseVector};

/// A row, and how much of each of its blocks was learnt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Features {
    pub(crate) row: SparseVector,
    pub(crate) known: Known,
}

impl Features {
    /// Returns the row.
    pub(crate) fn as_row(&self) -> SparseRow<'_> {
        self.row.as_row()
    }
}

/// How much of a message was learnt, block by block, as far as blocks have a length of their own.
///
/// A block has that length however little of the message it stands for: one known word among ten unknown ones makes the
/// row that it makes alone. Margins do not see the difference; confidences must.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known(Vec<Block>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Block {
    /// First column.
    start: u32,
    /// Square of the length.
    all: f32,
    /// What was learnt of that.
    known: f32,
}

impl Known {
    /// Adds a block that begins at a column, has this length, and of whose square this share was learnt.
    pub(crate) fn add(&mut self, start: u32, length: f32, share: f32) {
        let all = length * length;
        self.0.push(Block {
            start,
            all,
            known: share * all,
        });
    }

    /// Returns what share of the whole message's length was learnt, from 0 to 1, seen by who looks at some columns
    /// alone; 1 where nothing tells.
    pub(crate) fn share(&self, only: Option<&[(u32, u32)]>) -> f32 {
        let is_seen = |block: &&Block| {
            only.is_none_or(|only| {
                only.iter()
                    .any(|(start, end)| (start..end).contains(&&block.start))
            })
        };
        let (known, all) = self
            .0
            .iter()
            .filter(is_seen)
            .fold((0.0, 0.0), |(known, all), block| {
                (known + block.known, all + block.all)
            });
        if all > 0.0 { (known / all).sqrt() } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_count_by_the_square_of_their_length() {
        let mut known = Known::default();
        assert_eq!(known.share(None).to_bits(), 1.0_f32.to_bits());
        known.add(0, 1.0, 0.0);
        known.add(10, 3.0, 1.0);
        assert!((known.share(None) - 0.9_f32.sqrt()).abs() < 1e-6);
        assert!(known.share(Some(&[(0, 10)])).abs() < 1e-6);
        assert!((known.share(Some(&[(10, 12)])) - 1.0).abs() < 1e-6);
        assert!((known.share(Some(&[(20, 22)])) - 1.0).abs() < 1e-6);
    }
}
