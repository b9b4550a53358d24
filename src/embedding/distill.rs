//! A static table out of a transformer: what each entry of the vocabulary means by itself, in fewer dimensions.
//!
//! As model2vec does (Tulkens and van Dongen 2024): every entry goes through the transformer alone, principal
//! components shorten the vectors, and weights by frequency tell what matters from what is everywhere (smooth inverse
//! frequency, Arora et al. 2017). Frequencies are those of Zipf's law, since vocabularies are ordered by frequency;
//! those in a project's few messages were measured to be worse. The folder that comes out can be read by model2vec,
//! too.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use rayon::prelude::*;
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use super::{
    Embedder, Kind, TOGETHER, fit, principal::Components, problem::Problem, tokenizer::Tokenizer,
};
use crate::diagnostic::{Error, Result};

/// Of an entry that is this share of all text the weight is a half.
const HALF_WEIGHT: f64 = 3e-5;
const TOKENIZER: &str = "tokenizer.json";

/// The files of a static table.
#[derive(Clone, Debug)]
pub struct Distilled {
    /// Content of each file by name.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// Entries of the vocabulary.
    pub entries: usize,
    /// Length of the vectors.
    pub dimensions: usize,
}

impl Embedder {
    /// Makes a static table with vectors of `dimensions`, or of as many as there are.
    ///
    /// `texts` are messages as they will come: words of theirs that the vocabulary has in pieces alone get a vector as
    /// a whole, and vectors are fitted such that those of the texts come near to the transformer's. `on` hears how many
    /// entries are done, and of how many.
    pub fn distill(
        &self,
        dimensions: usize,
        texts: &[&str],
        stop: &AtomicBool,
        on: &mut dyn FnMut(usize, usize),
    ) -> Result<Distilled> {
        let Kind::Transformer(model) = &self.kind else {
            return Err(Problem::AlreadyStatic(self.folder.clone()).into());
        };
        let mut vocabulary = self.tokenizer.vocabulary();
        let extra = self.tokenizer.missing_words(texts);
        let frame = self.tokenizer.frame();
        let (before, after) = frame.split_at(frame.len().div_ceil(2));
        let mut pieces: Vec<Vec<u32>> = (0..vocabulary.len() as u32)
            .map(|entry| [before, &[entry], after].concat())
            .collect();
        pieces.extend(extra.iter().map(|word| self.tokenizer.tokens(word)));
        let total = pieces.len();
        let mut vectors = Vec::with_capacity(total * model.width);
        let batches: Vec<&[Vec<u32>]> = pieces.chunks(TOGETHER / 3).collect();
        for batches in batches.chunks(4 * rayon::current_num_threads()) {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            let some: Vec<Vec<f32>> = batches
                .par_iter()
                .map(|batch| {
                    let texts: Vec<&[u32]> = batch.iter().map(Vec::as_slice).collect();
                    model.encode(&texts)
                })
                .collect();
            vectors.extend(some.into_iter().flatten());
            on(vectors.len() / model.width.max(1), total);
        }
        let dimensions = dimensions.min(model.width);
        let components = Components::of(&vectors, model.width, dimensions);
        let mut rows = components.apply(&vectors);
        vocabulary.extend(extra.iter().cloned());
        let json = self.tokenizer.extended(&extra);
        for (row, weight) in rows
            .chunks_exact_mut(dimensions.max(1))
            .zip(by_rank(vocabulary.len()))
        {
            for value in row {
                *value *= weight as f32;
            }
        }
        if !texts.is_empty() {
            let whole = components.apply(&self.embed_all(texts, stop, &mut |done| {
                on(done, texts.len());
            })?);
            let json = json.to_string().into_bytes();
            let tokenizer = Tokenizer::new(json, false, super::LONGEST_TEXT, Path::new(TOKENIZER))?;
            let tokens: Vec<Vec<u32>> = texts.iter().map(|text| tokenizer.known(text)).collect();
            fit::to_texts(&mut rows, dimensions, &tokens, &whole);
        }
        Ok(Distilled {
            files: vec![
                (TOKENIZER, json.to_string().into_bytes()),
                ("config.json", about(dimensions)),
                (
                    "model.safetensors",
                    table(&rows, vocabulary.len(), dimensions)?,
                ),
            ],
            entries: vocabulary.len(),
            dimensions,
        })
    }
}

/// Returns weights by Zipf's law: the share of an entry falls as its rank rises.
fn by_rank(entries: usize) -> Vec<f64> {
    let share = |rank: usize| 1.0 / (rank + 2) as f64;
    let whole: f64 = (0..entries).map(share).sum();
    let weight = |rank| HALF_WEIGHT / (HALF_WEIGHT + share(rank) / whole);
    (0..entries).map(weight).collect()
}

/// Returns the `config.json` that model2vec reads.
fn about(dimensions: usize) -> Vec<u8> {
    let json = json!({
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": dimensions,
        "apply_pca": dimensions,
        "apply_zipf": true,
        "normalize": true,
        "seq_length": super::LONGEST_TEXT,
    });
    let mut text = serde_json::to_vec_pretty(&json).unwrap_or_default();
    text.push(b'\n');
    text
}

fn table(rows: &[f32], entries: usize, dimensions: usize) -> Result<Vec<u8>> {
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    let written = TensorView::new(Dtype::F32, vec![entries, dimensions], &bytes)
        .and_then(|view| safetensors::serialize([(super::folder::EMBEDDINGS, view)], None));
    written.map_err(|error| Problem::Damaged("model.safetensors".into(), error.to_string()).into())
}

/// Adds words to the vocabulary of a `tokenizer.json`, and leaves out what only a transformer needs: frame, padding and
/// the length of texts.
pub(super) fn extend(mut json: Value, words: &[String]) -> Value {
    for part in ["truncation", "padding", "post_processor"] {
        if let Some(part) = json.get_mut(part) {
            *part = Value::Null;
        }
    }
    if let Some(vocabulary) = json
        .pointer_mut("/model/vocab")
        .and_then(Value::as_object_mut)
    {
        let next = vocabulary
            .values()
            .filter_map(Value::as_u64)
            .max()
            .map_or(0, |last| last + 1);
        for (number, word) in (next..).zip(words) {
            vocabulary.insert(word.clone(), number.into());
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_everywhere_weighs_little() {
        let weights = by_rank(1000);
        assert!(weights.is_sorted_by(|a, b| a < b), "{weights:?}");
        assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
    }

    #[test]
    fn words_get_the_numbers_after_the_last() {
        let json = json!({"padding": {"a": 1}, "model": {"vocab": {"a": 0, "b": 4}}});
        let found = extend(json, &["c".to_owned(), "d".to_owned()]);
        assert_eq!(
            found,
            json!({"padding": null, "model": {"vocab": {"a": 0, "b": 4, "c": 5, "d": 6}}})
        );
    }
}
