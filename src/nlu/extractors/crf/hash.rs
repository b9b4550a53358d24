//! Hashes of words and of features made of them. They are part of the format of saved models: never change them.

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns the hash of characters, one at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64);

impl Hash {
    pub(super) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn push(&mut self, c: char) {
        self.0 = (self.0 ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3);
    }

    pub(super) fn finish(self) -> u64 {
        mix(self.0)
    }
}

/// Returns the hash of characters.
pub(super) fn hash(characters: impl IntoIterator<Item = char>) -> u64 {
    let mut hash = Hash::new();
    characters.into_iter().for_each(|c| hash.push(c));
    hash.finish()
}

/// Calls `each` with the characters of a text in lower case.
pub(super) fn each_lower(text: &str, mut each: impl FnMut(char)) {
    for c in text.chars() {
        if c.is_ascii() {
            each(c.to_ascii_lowercase());
        } else {
            c.to_lowercase().for_each(&mut each);
        }
    }
}

/// Joins two hashes; the order matters.
pub(super) fn join(a: u64, b: u64) -> u64 {
    mix(a.rotate_left(23).wrapping_add(b.wrapping_mul(FACTOR)))
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ x >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x = (x ^ x >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ x >> 32
}

/// Numbers of features by their hashes, which ascend.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    hashes: Vec<u64>,
    /// Where the hashes with each value of the highest bits start, and where the last end.
    starts: Vec<u32>,
    /// How many low bits do not count there.
    shift: u32,
}

impl Table {
    /// Makes a table of hashes in ascending order.
    pub(super) fn new(hashes: Vec<u64>) -> Self {
        let bits = hashes.len().max(2).next_power_of_two().trailing_zeros();
        let shift = 64 - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (at, hash) in (0_u32..).zip(&hashes) {
            while starts.len() as u64 <= hash >> shift {
                starts.push(at);
            }
        }
        starts.resize((1 << bits) + 1, hashes.len() as u32);
        Self {
            hashes,
            starts,
            shift,
        }
    }

    pub(super) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// Returns the number of a feature.
    pub(super) fn get(&self, hash: u64) -> Option<u32> {
        let bucket = (hash >> self.shift) as usize;
        let (start, end) = (*self.starts.get(bucket)?, *self.starts.get(bucket + 1)?);
        (start..end).find(|&at| self.hashes.get(at as usize) == Some(&hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_is_found_and_no_other() {
        for count in [0_u32, 1, 2, 3, 100, 1000] {
            let mut hashes: Vec<u64> = (0..count).map(|i| mix(u64::from(i) + 1)).collect();
            hashes.extend([0, u64::MAX]);
            hashes.sort_unstable();
            hashes.dedup();
            let table = Table::new(hashes.clone());
            for (at, hash) in (0..).zip(&hashes) {
                assert_eq!(table.get(*hash), Some(at));
                assert_eq!(table.get(hash ^ 0x55), None);
            }
        }
        assert_eq!(Table::default().get(7), None);
    }
}
