//! The encoder of BERT (Devlin et al. 2019), pooled to one vector as in Sentence-BERT (Reimers and Gurevych 2019).
//!
//! Tokens of several texts go through the layers one below the other, without any padding: only attention looks from
//! one token to others, and that within a text. So a text's vector does not depend on what it is embedded with.

use super::{
    activation::{dot, gelu, layer_norm, softmax},
    matrix::{Layer, Rounded},
};

/// How the vectors of tokens become that of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// The first, which stands for the text.
    First,
}

/// Scales and offsets of a layer normalisation.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    pub(super) scales: Vec<f32>,
    pub(super) offsets: Vec<f32>,
}

/// One block: attention, then a layer of its own for each token.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Queries, keys and values, one after the other.
    pub(super) attention: Layer,
    pub(super) attention_output: Layer,
    pub(super) attention_norm: Norm,
    pub(super) inner: Layer,
    pub(super) output: Layer,
    pub(super) norm: Norm,
}

/// The encoder.
#[derive(Clone, Debug)]
pub(super) struct Transformer {
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) epsilon: f32,
    pub(super) pooling: Pooling,
    /// A row for each entry of the vocabulary.
    pub(super) words: Vec<f32>,
    /// A row for each position, with what every token of a single text has added.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) blocks: Vec<Block>,
}

impl Transformer {
    /// Returns the vector of each text, one after the other; texts are given as tokens, and none longer than there are
    /// positions.
    pub(super) fn encode(&self, texts: &[&[u32]]) -> Vec<f32> {
        let mut rows = self.input(texts);
        for block in &self.blocks {
            let all = block.attention.apply(&Rounded::new(&rows, self.width));
            let context = self.attend(&all, texts);
            let added = block
                .attention_output
                .apply(&Rounded::new(&context, self.width));
            self.add(&mut rows, &added, &block.attention_norm);
            let mut inner = block.inner.apply(&Rounded::new(&rows, self.width));
            for value in &mut inner {
                *value = gelu(*value);
            }
            let added = block
                .output
                .apply(&Rounded::new(&inner, block.inner.outputs()));
            self.add(&mut rows, &added, &block.norm);
        }
        self.pool(&rows, texts)
    }

    /// Returns the number of positions.
    pub(super) fn longest(&self) -> usize {
        self.positions.len() / self.width.max(1)
    }

    fn input(&self, texts: &[&[u32]]) -> Vec<f32> {
        let width = self.width;
        let mut rows =
            Vec::with_capacity(texts.iter().map(|text| text.len()).sum::<usize>() * width);
        for text in texts {
            for (token, position) in text.iter().zip(self.positions.chunks_exact(width)) {
                let start = *token as usize * width;
                let word = self.words.get(start..start + width).unwrap_or_default();
                rows.extend(
                    word.iter()
                        .zip(position)
                        .map(|(word, position)| word + position),
                );
            }
        }
        layer_norm(
            &mut rows,
            &self.norm.scales,
            &self.norm.offsets,
            self.epsilon,
        );
        rows
    }

    /// Adds what a layer gives to what went into it.
    fn add(&self, rows: &mut [f32], added: &[f32], norm: &Norm) {
        for (row, added) in rows.iter_mut().zip(added) {
            *row += added;
        }
        layer_norm(rows, &norm.scales, &norm.offsets, self.epsilon);
    }

    /// Lets each token look at those of its text (scaled dot-product attention, Vaswani et al. 2017).
    fn attend(&self, all: &[f32], texts: &[&[u32]]) -> Vec<f32> {
        let (width, of_token) = (self.width, 3 * self.width);
        let size = width / self.heads.max(1);
        let factor = 1.0 / (size as f32).sqrt();
        let mut context = vec![0.0; all.len() / 3];
        let (mut all, mut rest) = (all, context.as_mut_slice());
        let mut weights = Vec::new();
        for text in texts {
            let (tokens, later) = all.split_at(text.len() * of_token);
            let (out, after) = rest.split_at_mut(text.len() * width);
            (all, rest) = (later, after);
            for start in (0..width).step_by(size.max(1)) {
                for (token, out) in tokens
                    .chunks_exact(of_token)
                    .zip(out.chunks_exact_mut(width))
                {
                    let query = part(token, start, size);
                    weights.clear();
                    weights.extend(
                        tokens
                            .chunks_exact(of_token)
                            .map(|other| dot(query, part(other, width + start, size)) * factor),
                    );
                    softmax(&mut weights);
                    let out = out.get_mut(start..start + size).unwrap_or_default();
                    for (other, weight) in tokens.chunks_exact(of_token).zip(&weights) {
                        for (out, value) in out.iter_mut().zip(part(other, 2 * width + start, size))
                        {
                            *out += weight * value;
                        }
                    }
                }
            }
        }
        context
    }

    fn pool(&self, rows: &[f32], texts: &[&[u32]]) -> Vec<f32> {
        let mut pooled = Vec::with_capacity(texts.len() * self.width);
        let mut rows = rows.chunks_exact(self.width.max(1));
        for text in texts {
            let mut sum = vec![0.0; self.width];
            let of_text = rows.by_ref().take(text.len());
            let counted = match self.pooling {
                Pooling::Mean => text.len(),
                Pooling::First => 1,
            };
            for (number, row) in of_text.enumerate() {
                if number < counted {
                    for (sum, value) in sum.iter_mut().zip(row) {
                        *sum += value;
                    }
                }
            }
            pooled.extend(sum.iter().map(|sum| sum / counted.max(1) as f32));
        }
        pooled
    }
}

/// Returns some values of a row.
fn part(row: &[f32], start: usize, size: usize) -> &[f32] {
    row.get(start..start + size).unwrap_or_default()
}
