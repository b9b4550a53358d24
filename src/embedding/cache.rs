//! Embeddings of training texts, kept from one training to the next: a file for each folder of an embedding.
//!
//! Texts are known by their SHA-256. The file can be deleted at any time; one that is damaged is made anew.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};

use super::{Embedder, problem::Problem};
use crate::{
    diagnostic::{Diagnostic, Result},
    files,
};

/// Vectors that are kept of texts that are no longer asked for.
const MOST: usize = 100_000;
const KEYS: &str = "keys";
const VECTORS: &str = "vectors";
const CHECKSUM: &str = "checksum";

/// Half a SHA-256: enough for texts never to be taken for each other.
pub(super) type Key = [u8; 16];

/// Where embeddings are kept.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The folder that `.bot` stands in.
    folder: PathBuf,
}

impl Cache {
    /// Names the folder of a project.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.join(".bot"),
        }
    }

    /// Returns the vectors of texts, of which only those not known yet are made; also what was wrong with the file,
    /// which never fails the training.
    pub fn embed_all(
        &self,
        embedder: &Embedder,
        texts: &[&str],
        stop: &std::sync::atomic::AtomicBool,
        on: &mut dyn FnMut(usize),
    ) -> Result<(Vec<f32>, Option<Diagnostic>)> {
        let width = embedder.dimensions();
        let path = self
            .folder
            .join("embeddings")
            .join(format!("{}.safetensors", embedder.fingerprint()));
        let (mut known, mut problem) = match read(&path, width) {
            Ok(known) => (known, None),
            Err(problem) => (FxHashMap::default(), Some(problem)),
        };
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut missing: Vec<(Key, &str)> = Vec::new();
        let mut wanted = rustc_hash::FxHashSet::default();
        for (key, text) in keys.iter().zip(texts) {
            if wanted.insert(*key) && !known.contains_key(key) {
                missing.push((*key, text));
            }
        }
        // Texts of like length one after the other share batches well.
        missing.sort_by_key(|(_, text)| text.len());
        let done = texts.len() - missing.len();
        let new: Vec<&str> = missing.iter().map(|(_, text)| *text).collect();
        let vectors = embedder.embed_all(&new, stop, &mut |count| on(done + count))?;
        for ((key, _), vector) in missing.iter().zip(vectors.chunks_exact(width.max(1))) {
            known.insert(*key, vector.to_vec());
        }
        if !new.is_empty() {
            if known.len() > wanted.len() + MOST {
                known.retain(|key, _| wanted.contains(key));
            }
            if let Err(unwritten) = self.write(&path, width, &known) {
                problem = Some(unwritten);
            }
        }
        let mut all = Vec::with_capacity(texts.len() * width);
        for key in &keys {
            all.extend(known.get(key).into_iter().flatten());
        }
        Ok((all, problem.map(Diagnostic::from)))
    }

    fn write(
        &self,
        path: &Path,
        width: usize,
        known: &FxHashMap<Key, Vec<f32>>,
    ) -> Result<(), Problem> {
        let mut entries: Vec<_> = known.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| **key);
        let keys: Vec<u8> = entries.iter().flat_map(|(key, _)| **key).collect();
        let vectors: Vec<u8> = entries
            .iter()
            .flat_map(|(_, vector)| vector.iter().flat_map(|value| value.to_le_bytes()))
            .collect();
        let unwritable = |why: String| Problem::Cache(path.to_owned(), why);
        let view = |kind, shape, bytes| {
            TensorView::new(kind, shape, bytes).map_err(|error| unwritable(error.to_string()))
        };
        let tables = [
            (KEYS, view(Dtype::U8, vec![entries.len(), 16], &keys)?),
            (
                VECTORS,
                view(Dtype::F32, vec![entries.len(), width], &vectors)?,
            ),
        ];
        let about = [(CHECKSUM.to_owned(), checksum(&keys, &vectors))]
            .into_iter()
            .collect();
        let bytes = safetensors::serialize(tables, Some(about))
            .map_err(|error| unwritable(error.to_string()))?;
        files::write(path, &bytes)?;
        // What is kept here is nobody else's business, version control's included.
        let ignore = self.folder.join(".gitignore");
        if !ignore.exists() {
            files::write(&ignore, b"*\n")?;
        }
        Ok(())
    }
}

/// Returns what a text is known by.
pub(super) fn key(text: &str) -> Key {
    let hash = Sha256::digest(text);
    std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default())
}

fn checksum(keys: &[u8], vectors: &[u8]) -> String {
    format!(
        "{:08x}{:08x}",
        crc32fast::hash(keys),
        crc32fast::hash(vectors)
    )
}

/// Reads what is known; nothing where there is no file.
fn read(path: &Path, width: usize) -> Result<FxHashMap<Key, Vec<f32>>, Problem> {
    if !path.exists() {
        return Ok(FxHashMap::default());
    }
    let damaged = |why: &str| Problem::Cache(path.to_owned(), why.to_owned());
    let bytes = files::read_limited(path, 4 << 30)?;
    let (_, about) =
        SafeTensors::read_metadata(&bytes).map_err(|error| damaged(&error.to_string()))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(&error.to_string()))?;
    let (Ok(keys), Ok(vectors)) = (tensors.tensor(KEYS), tensors.tensor(VECTORS)) else {
        return Err(damaged("a table is missing"));
    };
    let written = about
        .metadata()
        .as_ref()
        .and_then(|about| about.get(CHECKSUM));
    if written != Some(&checksum(keys.data(), vectors.data())) {
        return Err(damaged("it is not what was written"));
    }
    let (keys, _) = keys.data().as_chunks::<16>();
    let (values, _) = vectors.data().as_chunks::<4>();
    if width == 0 || keys.len() * width != values.len() {
        return Err(damaged("its tables differ in length"));
    }
    let vectors = values.chunks_exact(width).map(|vector| {
        vector
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    });
    Ok(keys.iter().copied().zip(vectors).collect())
}
