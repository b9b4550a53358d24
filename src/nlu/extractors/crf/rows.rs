//! Hashes of features for each token of a message, in two flat lists.

/// One row of hashes a token.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    hashes: Vec<u64>,
    /// Where the row of each token ends.
    ends: Vec<usize>,
}

impl Rows {
    /// Appends a hash to the row of a token, and ends those of all tokens before it.
    pub(super) fn push(&mut self, token: usize, hash: u64) {
        self.finish(token);
        self.hashes.push(hash);
    }

    /// Ends the rows of so many tokens.
    pub(super) fn finish(&mut self, tokens: usize) {
        if self.ends.len() < tokens {
            self.ends.resize(tokens, self.hashes.len());
        }
    }

    /// Returns the number of rows that are ended.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the hashes of a token; nothing where there is no such token.
    pub(super) fn get(&self, token: usize) -> &[u64] {
        let start = match token.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(usize::MAX),
        };
        let end = self.ends.get(token).copied().unwrap_or_default();
        self.hashes.get(start..end).unwrap_or_default()
    }

    /// Returns the hashes of all tokens.
    pub(super) fn all(&self) -> &[u64] {
        &self.hashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_their_hashes_and_may_have_none() {
        let mut rows = Rows::default();
        rows.push(1, 7);
        rows.push(1, 8);
        rows.push(3, 9);
        rows.finish(5);
        let all: Vec<&[u64]> = (0..6).map(|token| rows.get(token)).collect();
        assert_eq!(all, [&[][..], &[7, 8], &[], &[9], &[], &[]]);
        assert_eq!((rows.len(), rows.all()), (5, &[7, 8, 9][..]));
    }
}
