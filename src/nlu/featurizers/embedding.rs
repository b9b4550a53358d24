//! `EmbeddingFeaturizer`: the vector of the whole message by a sentence embedding, as one more block of features.
//!
//! The block has length `weight`, whatever the message. A static table becomes part of the model; of a transformer the
//! model keeps where its folder stands and what is in it, and is refused where that is another.

use serde::{Deserialize, Serialize};

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EmbeddingOptions {
    /// The folder, relative to that of `config.yml`.
    pub(crate) path: Option<String>,
    pub(crate) weight: f32,
    pub(crate) max_tokens: usize,
    pub(crate) cache: bool,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        Self {
            path: None,
            weight: 2.0,
            max_tokens: 128,
            cache: true,
        }
    }
}

impl EmbeddingOptions {
    pub(crate) const NAMES: [&'static str; 4] = ["path", "weight", "max_tokens", "cache"];

    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.path.as_deref().is_none_or(str::is_empty) {
            return Some("`path` must name the folder of an embedding".to_owned());
        }
        if !(self.weight > 0.0 && self.weight <= 1000.0) {
            return Some(format!(
                "`weight` must be above 0 and at most 1000, not {}",
                self.weight
            ));
        }
        (self.max_tokens < LEAST_TOKENS).then(|| {
            format!(
                "`max_tokens` must be {LEAST_TOKENS} or more, not {}",
                self.max_tokens
            )
        })
    }
}

/// The fewest tokens that hold a message with what frames it.
const LEAST_TOKENS: usize = 8;

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedEmbedding {
    /// The folder as `config.yml` names it.
    path: String,
    weight: f32,
    max_tokens: usize,
    dimensions: usize,
    fingerprint: String,
    /// Whether its table stands among the tensors.
    table: bool,
}

#[cfg(feature = "embed")]
pub(crate) use with_embeddings::EmbeddingFeaturizer;

#[cfg(feature = "embed")]
mod with_embeddings {
    use std::{
        path::{Path, PathBuf},
        sync::{Arc, atomic::AtomicBool},
    };

    use super::{super::Features, EmbeddingOptions, SavedEmbedding};
    use crate::{
        diagnostic::{Diagnostic, Result},
        embedding::{Cache, Embedder, Problem, TableParts},
        ml::{SparseRow, SparseVector},
        nlu::{
            Unloadable,
            tensors::{Reader, Writer},
        },
    };

    /// An embedding that is ready.
    #[derive(Clone, Debug)]
    pub(crate) struct EmbeddingFeaturizer {
        embedder: Arc<Embedder>,
        path: String,
        weight: f32,
        max_tokens: usize,
    }

    impl EmbeddingFeaturizer {
        /// Opens the folder that options name, which is relative to another.
        pub(crate) fn open(options: &EmbeddingOptions, below: &Path) -> Result<Self, Diagnostic> {
            let path = options.path.clone().unwrap_or_default();
            let embedder = Embedder::open(&below.join(&path), options.max_tokens)?;
            Ok(Self {
                embedder: Arc::new(embedder),
                path,
                weight: options.weight,
                max_tokens: options.max_tokens,
            })
        }

        /// Returns the number of features.
        pub(crate) fn features(&self) -> usize {
            self.embedder.dimensions()
        }

        /// Returns the features of texts, and a note where embeddings kept earlier could not be used.
        pub(crate) fn transform_all(
            &self,
            texts: &[&str],
            cache: Option<&Path>,
            stop: &AtomicBool,
            on: &mut dyn FnMut(usize),
        ) -> Result<(Vec<SparseVector>, Option<Diagnostic>)> {
            // A table answers faster than a file is read.
            let cache = cache.filter(|_| !self.embedder.is_table());
            let (all, note) = match cache {
                Some(folder) => Cache::new(folder).embed_all(&self.embedder, texts, stop, on)?,
                None => (self.embedder.embed_all(texts, stop, on)?, None),
            };
            let rows = all.chunks_exact(self.features().max(1));
            Ok((rows.map(|vector| self.block(vector)).collect(), note))
        }

        /// Appends the features of a text; all of it counts as learnt.
        pub(crate) fn transform(&self, text: &str, offset: u32, features: &mut Features) {
            let block = self.block(&self.embedder.embed(text));
            features.row.append(block.as_row(), offset, 1.0);
            features.known.add(offset, self.weight, 1.0);
        }

        fn block(&self, vector: &[f32]) -> SparseVector {
            let (indices, values): (Vec<u32>, Vec<f32>) = vector
                .iter()
                .enumerate()
                .filter(|(_, value)| **value != 0.0)
                .map(|(at, value)| (at as u32, value * self.weight))
                .unzip();
            let mut block = SparseVector::default();
            let row = SparseRow {
                indices: &indices,
                values: &values,
            };
            block.append(row, 0, 1.0);
            block
        }

        /// Writes a static table as tensors and returns the rest.
        pub(crate) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedEmbedding {
            let parts = self.embedder.parts();
            if let Some(parts) = &parts {
                tensors.i8s(format!("{prefix}.rows"), &parts.rows);
                tensors.f32s(format!("{prefix}.factors"), &parts.factors);
                let places = parts.places.as_deref().unwrap_or_default();
                tensors.u32s(format!("{prefix}.places"), places);
                let json: Vec<i8> = parts
                    .tokenizer
                    .iter()
                    .map(|byte| byte.cast_signed())
                    .collect();
                tensors.i8s(format!("{prefix}.tokenizer"), &json);
            }
            SavedEmbedding {
                path: self.path.clone(),
                weight: self.weight,
                max_tokens: self.max_tokens,
                dimensions: self.features(),
                fingerprint: self.embedder.fingerprint().to_owned(),
                table: parts.is_some(),
            }
        }

        /// Makes a saved embedding ready; its folder is looked for below each of some others.
        pub(crate) fn load(
            saved: SavedEmbedding,
            prefix: &str,
            tensors: &Reader<'_>,
            places: &[PathBuf],
        ) -> Result<Self, Unloadable> {
            let embedder = if saved.table {
                let bytes = tensors.i8s(&format!("{prefix}.tokenizer"))?;
                let rows = tensors.u32s(&format!("{prefix}.places"))?;
                let parts = TableParts {
                    width: saved.dimensions,
                    rows: tensors.i8s(&format!("{prefix}.rows"))?,
                    factors: tensors.f32s(&format!("{prefix}.factors"))?,
                    places: (!rows.is_empty()).then_some(rows),
                    tokenizer: bytes.iter().map(|byte| byte.cast_unsigned()).collect(),
                };
                Embedder::from_parts(parts, saved.fingerprint)?
            } else {
                let named = PathBuf::from(&saved.path);
                let mut folders = places
                    .iter()
                    .map(|place| place.join(&saved.path))
                    .chain([named]);
                let Some(folder) = folders.find(|folder| folder.is_dir()) else {
                    let folder = PathBuf::from(saved.path);
                    return Err(Unloadable::Resource(Problem::Gone { folder }.into()));
                };
                let embedder =
                    Embedder::open(&folder, saved.max_tokens).map_err(Unloadable::Resource)?;
                if embedder.fingerprint() != saved.fingerprint {
                    return Err(Unloadable::Resource(Problem::Other { folder }.into()));
                }
                embedder
            };
            if embedder.dimensions() != saved.dimensions || !saved.weight.is_finite() {
                return Err(Unloadable::Damaged(
                    "the embedding does not fit its features".to_owned(),
                ));
            }
            Ok(Self {
                embedder: Arc::new(embedder),
                path: saved.path,
                weight: saved.weight,
                max_tokens: saved.max_tokens,
            })
        }
    }
}
