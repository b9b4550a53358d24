//! What embedders of one folder have worked out while any of them lives: parts of one cross-validation embed each text
//! once together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustc_hash::FxHashMap;

use super::cache::{Key, key};

/// Vectors of texts that were embedded together, for learning.
const MOST: usize = 200_000;
/// Vectors of single messages, which may be looked at several times each.
const RECENT: usize = 1_000;

type Vectors = FxHashMap<Key, Arc<[f32]>>;

/// Vectors of texts.
#[derive(Debug, Default)]
pub(super) struct Memory {
    vectors: Mutex<(Vectors, Vectors)>,
    /// Held while texts are worked out, so that no other part works out the same.
    turn: Mutex<()>,
    #[cfg(test)]
    pub(super) made: std::sync::atomic::AtomicUsize,
}

static SHARED: Mutex<Vec<(String, Weak<Memory>)>> = Mutex::new(Vec::new());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic leaves is a map of vectors, each of them whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// Returns the memory of all embedders with this fingerprint.
    pub(super) fn of(fingerprint: &str) -> Arc<Self> {
        let mut shared = locked(&SHARED);
        shared.retain(|(_, memory)| memory.strong_count() > 0);
        let known = shared.iter().find(|(name, _)| name == fingerprint);
        known
            .and_then(|(_, memory)| memory.upgrade())
            .unwrap_or_else(|| {
                let memory = Arc::new(Self::default());
                shared.push((fingerprint.to_owned(), Arc::downgrade(&memory)));
                memory
            })
    }

    /// Returns the vector of one text, made by `make` where it is not known.
    pub(super) fn one(&self, text: &str, make: impl FnOnce() -> Vec<f32>) -> Vec<f32> {
        let key = key(text);
        let known = {
            let vectors = locked(&self.vectors);
            let found = vectors.0.get(&key).or_else(|| vectors.1.get(&key));
            found.cloned()
        };
        if let Some(known) = known {
            return known.to_vec();
        }
        #[cfg(test)]
        self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let vector = make();
        let recent = &mut locked(&self.vectors).1;
        if recent.len() >= RECENT {
            recent.clear();
        }
        recent.insert(key, vector.as_slice().into());
        vector
    }

    /// Returns the vectors of texts one after the other; those not known are made by `make`, each once.
    pub(super) fn all<E>(
        &self,
        texts: &[&str],
        width: usize,
        make: impl FnOnce(&[&str], usize) -> Result<Vec<f32>, E>,
    ) -> Result<Vec<f32>, E> {
        // A thread of the pool that waited here could keep the one that works from its end.
        let in_pool = rayon::current_thread_index().is_some();
        let _turn = (!in_pool).then(|| locked(&self.turn));
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut wanted = rustc_hash::FxHashSet::default();
        let (mut missing, mut new) = (Vec::new(), Vec::new());
        {
            let vectors = locked(&self.vectors);
            for (key, text) in keys.iter().zip(texts) {
                if wanted.insert(*key) && !vectors.0.contains_key(key) {
                    missing.push(*key);
                    new.push(*text);
                }
            }
        }
        #[cfg(test)]
        self.made
            .fetch_add(new.len(), std::sync::atomic::Ordering::Relaxed);
        let vectors = make(&new, texts.len() - new.len())?;
        let known = &mut locked(&self.vectors).0;
        if known.len() + missing.len() > MOST {
            known.retain(|key, _| wanted.contains(key));
        }
        for (key, vector) in missing.into_iter().zip(vectors.chunks_exact(width.max(1))) {
            known.insert(key, vector.into());
        }
        let found = keys.iter().filter_map(|key| known.get(key));
        let mut all = Vec::with_capacity(texts.len() * width);
        found.for_each(|vector| all.extend_from_slice(vector));
        Ok(all)
    }
}
