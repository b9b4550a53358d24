//! Sentence embeddings from a folder on this machine: a transformer of the BERT family, or a static table.
//!
//! An [`Embedder`] turns a text into a vector of length 1, such that texts of like meaning point the same way. The
//! folder is what the Hugging Face hub has of a model: `model.safetensors` or an ONNX file, `config.json`,
//! `tokenizer.json`. Everything is Rust of our own but the tokenizer: of an ONNX file the weights are read, and run by
//! the encoder that runs all others.
//!
//! A text's vector depends on nothing but the folder and the text: not on its neighbours, threads or the processor.

mod activation;
mod cache;
mod distill;
#[cfg(test)]
mod exporting;
mod fit;
mod folder;
mod matrix;
mod memory;
mod onnx;
mod principal;
mod problem;
mod table;
mod tensors;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tokenizer;
mod transformer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rayon::prelude::*;

use self::{
    activation::normalize, memory::Memory, table::Table, tokenizer::Tokenizer,
    transformer::Transformer,
};
use crate::diagnostic::{Diagnostic, Error, Result};

pub use cache::Cache;
pub use distill::Distilled;
pub(crate) use problem::Problem;

/// Tokens of a text that a static table looks at.
const LONGEST_TEXT: usize = 512;
/// Tokens that one thread takes through the layers together.
const TOGETHER: usize = 128;

/// Tells whether a folder has the files that it must have, without reading them.
pub fn check(folder: &Path) -> Result<(), Diagnostic> {
    Ok(folder::check(folder)?)
}

/// Returns what names the content of a folder, whether or not it can be opened.
pub fn fingerprint(folder: &Path) -> String {
    folder::fingerprint(folder)
}

/// Turns texts into vectors.
#[derive(Clone, Debug)]
pub struct Embedder {
    /// Where it was found.
    folder: PathBuf,
    kind: Kind,
    tokenizer: Tokenizer,
    fingerprint: String,
    /// What all of this folder have worked out; a table is quicker than any memory.
    memory: Option<Arc<Memory>>,
}

#[derive(Clone, Debug)]
enum Kind {
    Transformer(Transformer),
    Table(Table),
}

/// What a model keeps of a static table: everything.
#[derive(Clone, Debug, PartialEq)]
pub struct TableParts {
    /// Length of the vectors.
    pub width: usize,
    /// Rows of bytes.
    pub rows: Vec<i8>,
    /// What each token's row is multiplied with.
    pub factors: Vec<f32>,
    /// The row of each token, where several share one.
    pub places: Option<Vec<u32>>,
    /// Content of the `tokenizer.json`.
    pub tokenizer: Vec<u8>,
}

impl Embedder {
    /// Opens a folder; of a longer text the first `max_tokens` count.
    pub fn open(folder: &Path, max_tokens: usize) -> Result<Self, Diagnostic> {
        let opened = folder::open(folder, max_tokens)?;
        let is_table = matches!(opened.kind, Kind::Table(_));
        Ok(Self {
            folder: folder.to_owned(),
            memory: (!is_table).then(|| Memory::of(&opened.fingerprint)),
            kind: opened.kind,
            tokenizer: opened.tokenizer,
            fingerprint: opened.fingerprint,
        })
    }

    /// Makes a static table ready that a model has kept; the error says what is damaged.
    pub fn from_parts(parts: TableParts, fingerprint: String) -> Result<Self, String> {
        let tokenizer = Tokenizer::new(
            parts.tokenizer,
            false,
            LONGEST_TEXT,
            Path::new("tokenizer.json"),
        );
        let tokenizer = tokenizer.map_err(|problem| Diagnostic::from(problem).message)?;
        let table = Table::from_parts(parts.width, parts.rows, parts.factors, parts.places)
            .ok_or("the table of the embedding does not fit together")?;
        Ok(Self {
            folder: PathBuf::new(),
            kind: Kind::Table(table),
            tokenizer,
            fingerprint,
            memory: None,
        })
    }

    /// Returns what a model is to keep; nothing of a transformer, which stays in its folder.
    pub fn parts(&self) -> Option<TableParts> {
        let Kind::Table(table) = &self.kind else {
            return None;
        };
        let (rows, factors, places) = table.parts();
        Some(TableParts {
            width: table.width(),
            rows: rows.to_vec(),
            factors: factors.to_vec(),
            places: places.map(<[u32]>::to_vec),
            tokenizer: self.tokenizer.json().to_vec(),
        })
    }

    /// Tells whether it is a static table.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_))
    }

    /// Returns the length of the vectors.
    pub fn dimensions(&self) -> usize {
        match &self.kind {
            Kind::Transformer(model) => model.width,
            Kind::Table(table) => table.width(),
        }
    }

    /// Returns the number of vectors that are looked up: entries of the vocabulary.
    pub fn entries(&self) -> usize {
        match &self.kind {
            Kind::Transformer(model) => model.words.len() / model.width.max(1),
            Kind::Table(table) => table.rows(),
        }
    }

    /// Returns the number of layers, which a table has none of.
    pub fn layers(&self) -> usize {
        match &self.kind {
            Kind::Transformer(model) => model.blocks.len(),
            Kind::Table(_) => 0,
        }
    }

    /// Returns what names the folder's content, and how texts are cut.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the vector of a text; zeros where nothing in it is known.
    ///
    /// Quadratic in the number of tokens, of which there are no more than allowed.
    pub fn embed(&self, text: &str) -> Vec<f32> {
        let make = || self.vectors(&[self.tokenizer.tokens(text)]);
        match &self.memory {
            Some(memory) => memory.one(text, make),
            None => make(),
        }
    }

    /// Returns the vectors of texts, one after the other. `stop` is looked at between batches; `on` hears how many are
    /// done.
    pub fn embed_all(
        &self,
        texts: &[&str],
        stop: &AtomicBool,
        on: &mut dyn FnMut(usize),
    ) -> Result<Vec<f32>> {
        let Some(memory) = &self.memory else {
            return self.make_all(texts, stop, on);
        };
        memory.all(texts, self.dimensions(), |new, known| {
            if known > 0 {
                on(known);
            }
            self.make_all(new, stop, &mut |done| on(known + done))
        })
    }

    fn make_all(
        &self,
        texts: &[&str],
        stop: &AtomicBool,
        on: &mut dyn FnMut(usize),
    ) -> Result<Vec<f32>> {
        let tokens: Vec<Vec<u32>> = texts
            .par_iter()
            .map(|text| self.tokenizer.tokens(text))
            .collect();
        // Batches of some tokens each, for the weights to be used often once they are at hand.
        let mut batches = Vec::new();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let mut sum = 0;
            let fits = rest.iter().take_while(|text| {
                sum += text.len();
                sum <= TOGETHER
            });
            let (batch, later) = rest.split_at(fits.count().max(1));
            batches.push(batch);
            rest = later;
        }
        let mut all = Vec::with_capacity(texts.len() * self.dimensions());
        let at_once = 4 * rayon::current_num_threads();
        for batches in batches.chunks(at_once) {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            let vectors: Vec<Vec<f32>> = batches
                .par_iter()
                .map(|batch| self.vectors(batch))
                .collect();
            all.extend(vectors.into_iter().flatten());
            on(all.len() / self.dimensions().max(1));
        }
        Ok(all)
    }

    fn vectors(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        match &self.kind {
            Kind::Table(table) => {
                let unknown = self.tokenizer.unknown();
                texts
                    .iter()
                    .flat_map(|text| table.mean(text, unknown))
                    .collect()
            }
            Kind::Transformer(model) => {
                let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
                let mut vectors = model.encode(&texts);
                for vector in vectors.chunks_exact_mut(self.dimensions().max(1)) {
                    normalize(vector);
                }
                vectors
            }
        }
    }
}
