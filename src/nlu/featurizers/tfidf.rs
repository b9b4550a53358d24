//! `TfidfFeaturizer`: weighted n-grams of words, and of characters within words, as two blocks side by side.
//!
//! Each block has length one, so that neither drowns the other; characters count `char_weight` times. This joining was
//! the best of the sparse recipes measured on public intent sets (BENCHMARKS.md).

use serde::{Deserialize, Serialize};

use super::{
    Features,
    terms::{self, SharedTerms},
};
use crate::{
    ml::{self, SparseMatrix, SparseVector, Tfidf, TfidfParams, tfidf::TfidfParts},
    nlu::tensors::{Reader, Writer},
    text::{
        Span,
        ngram::{Scratch, WordRule, char_wb_ngrams, is_ideograph, term_hash, word_ngrams},
    },
};

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TfidfOptions {
    /// `word`, `char_wb`, or both joined by `+`.
    pub(crate) analyzer: String,
    pub(crate) min_ngram: usize,
    pub(crate) max_ngram: usize,
    pub(crate) char_min_ngram: usize,
    pub(crate) char_max_ngram: usize,
    pub(crate) char_weight: f32,
    pub(crate) sublinear_tf: bool,
    pub(crate) lowercase: bool,
    pub(crate) punctuation: bool,
    pub(crate) min_df: u32,
    pub(crate) max_features: Option<usize>,
}

/// Most that characters can count; far beyond what any data calls for.
const MOST_WEIGHT: f32 = 100.0;

impl Default for TfidfOptions {
    fn default() -> Self {
        Self {
            analyzer: "word+char_wb".to_owned(),
            min_ngram: 1,
            max_ngram: 2,
            char_min_ngram: 2,
            char_max_ngram: 4,
            char_weight: 1.5,
            sublinear_tf: true,
            lowercase: true,
            punctuation: true,
            min_df: 1,
            max_features: None,
        }
    }
}

impl TfidfOptions {
    /// Names of all options.
    pub(crate) const NAMES: [&'static str; 11] = [
        "analyzer",
        "min_ngram",
        "max_ngram",
        "char_min_ngram",
        "char_max_ngram",
        "char_weight",
        "sublinear_tf",
        "lowercase",
        "punctuation",
        "min_df",
        "max_features",
    ];

    /// Tells whether options may leave out every n-gram.
    pub(crate) fn may_leave_nothing(&self) -> bool {
        self.min_df > 1 || self.max_features == Some(0) || self.min_ngram > 1
    }

    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        self.blocks().err()
    }

    /// Returns the blocks to make, or what is wrong with the options.
    fn blocks(&self) -> Result<Vec<(Grams, f32)>, String> {
        let rule = WordRule {
            lowercase: self.lowercase,
            keep_short: self.punctuation,
            punctuation: self.punctuation,
            boundaries: self.punctuation,
            ideographs: true,
        };
        let range = |what: &str, min: usize, max: usize| {
            if min == 0 || min > max || max > 10 {
                return Err(format!(
                    "n-grams of {what} must go from at least 1 to at most 10, not from {min} to {max}"
                ));
            }
            Ok(())
        };
        if !(self.char_weight > 0.0 && self.char_weight <= MOST_WEIGHT) {
            return Err(format!(
                "`char_weight` must be above 0 and at most {MOST_WEIGHT}, not {}",
                self.char_weight
            ));
        }
        self.analyzer
            .split('+')
            .map(|kind| match kind.trim() {
                "word" => {
                    range("words", self.min_ngram, self.max_ngram)?;
                    Ok((
                        Grams::Words {
                            rule,
                            min: self.min_ngram,
                            max: self.max_ngram,
                        },
                        1.0,
                    ))
                }
                "char_wb" => {
                    range("characters", self.char_min_ngram, self.char_max_ngram)?;
                    let (min, max) = (self.char_min_ngram, self.char_max_ngram);
                    Ok((
                        Grams::Characters {
                            lowercase: self.lowercase,
                            min,
                            max,
                            ideographs: min > 1,
                        },
                        self.char_weight,
                    ))
                }
                other => Err(format!(
                    "`analyzer` must be `word`, `char_wb` or `word+char_wb`, not `{other}`"
                )),
            })
            .collect()
    }
}

/// Which n-grams a block counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Grams {
    Words {
        rule: WordRule,
        min: usize,
        max: usize,
    },
    Characters {
        lowercase: bool,
        min: usize,
        max: usize,
        /// Whether an ideograph or kana counts alone, too, however long n-grams must be: it says as much as a word.
        #[serde(default)]
        ideographs: bool,
    },
}

impl Grams {
    fn each(self, text: &str, scratch: &mut Scratch, each: &mut impl FnMut(u64, Span)) {
        match self {
            Self::Words { rule, min, max } => word_ngrams(text, rule, min, max, scratch, each),
            Self::Characters {
                lowercase,
                min,
                max,
                ideographs,
            } => {
                char_wb_ngrams(text, lowercase, min, max, scratch, each);
                if ideographs && !text.is_ascii() {
                    for (start, character) in text.char_indices() {
                        if is_ideograph(character) {
                            let span = Span::new(start, start + character.len_utf8());
                            each(term_hash([character].into_iter()), span);
                        }
                    }
                }
            }
        }
    }
}

/// The trained featurizer.
#[derive(Clone, Debug)]
pub(crate) struct TfidfFeaturizer {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    grams: Grams,
    weight: f32,
    tfidf: Tfidf,
}

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedTfidf {
    blocks: Vec<SavedBlock>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedBlock {
    grams: Grams,
    weight: f32,
    sublinear: bool,
    l2: bool,
    #[serde(default)]
    unknown: f32,
}

/// Memory that is reused from message to message.
#[derive(Debug, Default)]
pub(crate) struct Working {
    scratch: Scratch,
    terms: Vec<u64>,
    block: SparseVector,
}

impl TfidfFeaturizer {
    /// Learns the vocabulary of the texts and returns their rows.
    pub(crate) fn fit_transform(
        options: &TfidfOptions,
        texts: &[&str],
        shared: Option<&SharedTerms>,
    ) -> Result<(Self, SparseMatrix), String> {
        let params = TfidfParams::default()
            .sublinear(options.sublinear_tf)
            .min_df(options.min_df)
            .max_features(options.max_features);
        let (mut blocks, mut matrices) = (Vec::new(), Vec::new());
        for (grams, weight) in options.blocks()? {
            let terms = |text: &str, terms: &mut Vec<u64>| {
                thread_local! {
                    static SCRATCH: std::cell::RefCell<Scratch> = std::cell::RefCell::default();
                }
                SCRATCH.with_borrow_mut(|scratch| {
                    grams.each(text, scratch, &mut |hash, _| terms.push(hash));
                });
            };
            let rule = || format!("{grams:?}");
            let (tfidf, matrix) = terms::fit_transform(shared, rule, &params, texts, terms)
                .map_err(|error| error.to_string())?;
            blocks.push(Block {
                grams,
                weight,
                tfidf,
            });
            matrices.push((matrix, weight));
        }
        let parts: Vec<(&SparseMatrix, f32)> = matrices
            .iter()
            .map(|(matrix, weight)| (matrix, *weight))
            .collect();
        let matrix = SparseMatrix::hstack(&parts).map_err(|error| error.to_string())?;
        Ok((Self { blocks }, matrix))
    }

    /// Returns the number of features.
    pub(crate) fn features(&self) -> usize {
        self.blocks.iter().map(|block| block.tfidf.features()).sum()
    }

    /// Returns the first column of each block.
    pub(crate) fn starts(&self) -> impl Iterator<Item = u32> {
        let widths = self.blocks.iter().map(|block| block.tfidf.features());
        widths.scan(0, |next, width| {
            let start = *next;
            *next += u32::try_from(width).unwrap_or(u32::MAX);
            Some(start)
        })
    }

    /// Appends the row of a text, columns moved by `offset`, and tells how much of each block was learnt.
    pub(crate) fn transform(
        &self,
        text: &str,
        offset: u32,
        working: &mut Working,
        features: &mut Features,
    ) {
        let mut offset = offset;
        for block in &self.blocks {
            working.terms.clear();
            let terms = &mut working.terms;
            block
                .grams
                .each(text, &mut working.scratch, &mut |hash, _| terms.push(hash));
            let share = block
                .tfidf
                .transform(&mut working.terms, &mut working.block);
            features.known.add(offset, block.weight, share);
            features
                .row
                .append(working.block.as_row(), offset, block.weight);
            offset += u32::try_from(block.tfidf.features()).unwrap_or(u32::MAX);
        }
    }

    /// Calls `each` with the column (moved by `offset`) and the bytes of every learnt n-gram in the text.
    pub(crate) fn occurrences(&self, text: &str, offset: u32, each: &mut impl FnMut(u32, Span)) {
        let mut scratch = Scratch::default();
        let mut offset = offset;
        for block in &self.blocks {
            block.grams.each(text, &mut scratch, &mut |hash, span| {
                if let Some(column) = block.tfidf.column(hash) {
                    each(column + offset, span);
                }
            });
            offset += u32::try_from(block.tfidf.features()).unwrap_or(u32::MAX);
        }
    }

    /// Writes the tables as tensors and returns the rest.
    pub(crate) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedTfidf {
        let blocks = self
            .blocks
            .iter()
            .enumerate()
            .map(|(i, block)| {
                let parts = block.tfidf.parts();
                tensors.u64s(format!("{prefix}.{i}.hashes"), &parts.hashes);
                tensors.u32s(format!("{prefix}.{i}.columns"), &parts.columns);
                tensors.f32s(format!("{prefix}.{i}.idf"), &parts.idf);
                SavedBlock {
                    grams: block.grams,
                    weight: block.weight,
                    sublinear: parts.sublinear,
                    l2: parts.l2,
                    unknown: parts.unknown,
                }
            })
            .collect();
        SavedTfidf { blocks }
    }

    /// Makes a saved featurizer ready.
    pub(crate) fn load(
        saved: &SavedTfidf,
        prefix: &str,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let mut blocks = Vec::new();
        for (i, block) in saved.blocks.iter().enumerate() {
            let parts = TfidfParts {
                sublinear: block.sublinear,
                l2: block.l2,
                unknown: block.unknown,
                hashes: tensors.u64s(&format!("{prefix}.{i}.hashes"))?,
                columns: tensors.u32s(&format!("{prefix}.{i}.columns"))?,
                idf: tensors.f32s(&format!("{prefix}.{i}.idf"))?,
            };
            let tfidf = Tfidf::from_parts(parts).map_err(|error: ml::Error| error.to_string())?;
            blocks.push(Block {
                grams: block.grams,
                weight: block.weight,
                tfidf,
            });
        }
        Ok(Self { blocks })
    }
}
