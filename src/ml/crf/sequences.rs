//! Sentences as a conditional random field sees them: tokens one after another, each with the features it has.

use linfa::dataset::Records;

/// Sentences of tokens with binary features, each a number; all in three flat lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequences {
    /// Features of all tokens, token by token.
    features: Vec<u32>,
    /// Where the features of each token start, and where those of the last end.
    tokens: Vec<usize>,
    /// Where the tokens of each sentence start, and where those of the last end.
    sentences: Vec<usize>,
}

impl Default for Sequences {
    fn default() -> Self {
        Self {
            features: Vec::new(),
            tokens: vec![0],
            sentences: vec![0],
        }
    }
}

impl Sequences {
    /// Appends a feature to the token that is being made.
    pub fn push_feature(&mut self, feature: u32) {
        self.features.push(feature);
    }

    /// Ends a token; it has the features pushed since the last one.
    pub fn end_token(&mut self) {
        self.tokens.push(self.features.len());
    }

    /// Ends a sentence; it has the tokens ended since the last one.
    pub fn end_sentence(&mut self) {
        self.sentences.push(self.tokens.len() - 1);
    }

    /// Removes everything and keeps the memory.
    pub fn clear(&mut self) {
        self.features.clear();
        self.tokens.truncate(1);
        self.sentences.truncate(1);
    }

    /// Returns the number of sentences.
    pub fn len(&self) -> usize {
        self.sentences.len() - 1
    }

    /// Tells whether there is no sentence.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of tokens of all sentences.
    pub fn tokens(&self) -> usize {
        self.sentences.last().copied().unwrap_or_default()
    }

    /// Returns the tokens of a sentence as positions among all tokens; nothing where there is no such sentence.
    pub fn sentence(&self, sentence: usize) -> std::ops::Range<usize> {
        match self.sentences.get(sentence..=sentence + 1) {
            Some(&[start, end]) => start..end,
            _ => 0..0,
        }
    }

    /// Returns the features of a token; nothing where there is no such token.
    pub fn features(&self, token: usize) -> &[u32] {
        match self.tokens.get(token..=token + 1) {
            Some(&[start, end]) => self.features.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Returns one more than the largest feature of a token that belongs to a sentence.
    pub fn width(&self) -> usize {
        self.features
            .iter()
            .max()
            .map_or(0, |&feature| feature as usize + 1)
    }
}

/// One sample a token, so that the targets are one label a token.
impl Records for Sequences {
    type Elem = u32;

    fn nsamples(&self) -> usize {
        self.tokens()
    }

    fn nfeatures(&self) -> usize {
        self.width()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_keep_their_tokens_and_features() {
        let mut all = Sequences::default();
        for sentence in [&[&[3_u32, 1][..], &[]][..], &[], &[&[0]]] {
            for token in sentence {
                token.iter().for_each(|&feature| all.push_feature(feature));
                all.end_token();
            }
            all.end_sentence();
        }
        assert_eq!((all.len(), all.tokens(), all.width()), (3, 3, 4));
        assert_eq!([all.sentence(0), all.sentence(1)], [0..2, 2..2]);
        assert_eq!(all.features(0), [3, 1]);
        assert_eq!(all.features(all.sentence(2).start), [0]);
        assert_eq!((all.sentence(9), all.features(9)), (0..0, &[][..]));
        all.clear();
        assert!(all.is_empty() && all.width() == 0);
    }
}
