//! Terms of texts that several models learn from, as the parts of a cross-validation do: each text is cut once.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::ml::{self, SparseMatrix, Tfidf, TfidfParams, tfidf::Counts};

/// What is known of texts, for featurizers that cut them by the same rule.
#[derive(Debug)]
pub struct SharedTerms {
    /// Sorted, each once.
    texts: Vec<String>,
    /// By the rule that cuts a text.
    counted: Mutex<FxHashMap<String, Arc<OnceLock<Counts>>>>,
}

impl SharedTerms {
    /// Makes room for the terms of texts; none is cut yet.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut texts: Vec<String> = texts.map(str::to_owned).collect();
        texts.sort_unstable();
        texts.dedup();
        Self {
            texts,
            counted: Mutex::default(),
        }
    }

    /// Returns the places of texts among those that are shared, if all are.
    fn places(&self, texts: &[&str]) -> Option<Vec<usize>> {
        let place = |text: &&str| {
            let found = self.texts.binary_search_by(|own| own.as_str().cmp(text));
            found.ok()
        };
        texts.iter().map(place).collect()
    }

    /// Returns the counts of all texts by a rule, counted by the first who asks.
    fn counts(&self, rule: String) -> Arc<OnceLock<Counts>> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(counted.entry(rule).or_default())
    }
}

/// Learns the vocabulary of texts and returns their rows with it.
///
/// `terms` adds the hashes of the terms of a text. Where texts are shared they are cut once; the result is the same.
/// `rule` names all that the terms of a text follow from. Must not be called from the pool of learning threads, which
/// it waits for.
pub(super) fn fit_transform(
    shared: Option<&SharedTerms>,
    rule: impl FnOnce() -> String,
    params: &TfidfParams,
    texts: &[&str],
    terms: impl Fn(&str, &mut Vec<u64>) + Sync,
) -> ml::Result<(Tfidf, SparseMatrix)> {
    if let Some(shared) = shared
        && let Some(places) = shared.places(texts)
    {
        let counts = shared.counts(rule());
        let counts = counts.get_or_init(|| {
            Counts::all(shared.texts.len(), |text, out| {
                terms(shared.texts.get(text).map_or("", String::as_str), out);
            })
        });
        return Tfidf::fit_counted(params, counts, &places);
    }
    Tfidf::fit_transform(params, texts.len(), |text, out| {
        terms(texts.get(text).copied().unwrap_or_default(), out);
    })
}
