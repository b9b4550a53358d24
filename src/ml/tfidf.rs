//! TF-IDF weights of hashed terms (Spärck Jones 1972; smooth idf and L2 norm as in scikit-learn).
//!
//! Terms are 64-bit hashes that the caller makes, so that no string is kept. Columns are ordered by falling document
//! frequency, then by hash: the order depends on the documents alone, and a learner's inner loop finds the frequent
//! features close together.

use std::hash::{BuildHasherDefault, Hasher};

use linfa::ParamGuard;
use rayon::prelude::*;

use crate::ml::{
    Error, Result, SparseMatrix, SparseVector,
    error::{require, require_equal},
};

/// Parameters of [`Tfidf`], not yet checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TfidfParams(TfidfValidParams);

/// Checked parameters of [`Tfidf`].
#[derive(Clone, Debug, PartialEq)]
pub struct TfidfValidParams {
    sublinear: bool,
    idf: bool,
    l2: bool,
    min_df: u32,
    max_df: f32,
    max_features: Option<usize>,
}

impl Default for TfidfParams {
    fn default() -> Self {
        Self(TfidfValidParams {
            sublinear: false,
            idf: true,
            l2: true,
            min_df: 1,
            max_df: 1.0,
            max_features: None,
        })
    }
}

impl TfidfParams {
    /// Takes `1 + ln(count)` for a term's frequency instead of the count. Off by default.
    #[must_use]
    pub fn sublinear(mut self, on: bool) -> Self {
        self.0.sublinear = on;
        self
    }

    /// Multiplies by the inverse document frequency. On by default; off gives plain counts.
    #[must_use]
    pub fn idf(mut self, on: bool) -> Self {
        self.0.idf = on;
        self
    }

    /// Divides every row by its length. On by default.
    #[must_use]
    pub fn l2(mut self, on: bool) -> Self {
        self.0.l2 = on;
        self
    }

    /// Drops terms that occur in fewer documents. 1 by default.
    #[must_use]
    pub fn min_df(mut self, documents: u32) -> Self {
        self.0.min_df = documents;
        self
    }

    /// Drops terms that occur in more than this share of the documents. 1 by default.
    #[must_use]
    pub fn max_df(mut self, share: f32) -> Self {
        self.0.max_df = share;
        self
    }

    /// Keeps only the terms that occur in most documents. All by default.
    #[must_use]
    pub fn max_features(mut self, features: Option<usize>) -> Self {
        self.0.max_features = features;
        self
    }
}

impl ParamGuard for TfidfParams {
    type Checked = TfidfValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let share = self.0.max_df;
        require(
            share > 0.0 && share <= 1.0,
            "max_df",
            share,
            "above 0 and at most 1",
        )?;
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// A vocabulary with the weight of every term.
#[derive(Clone, Debug, PartialEq)]
pub struct Tfidf {
    parts: TfidfParts,
    /// Where the hashes with each leading bit pattern start: narrows a search to a term or two.
    buckets: Vec<u32>,
    shift: u32,
}

/// What a [`Tfidf`] consists of, for saving.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TfidfParts {
    /// Whether a term's frequency is `1 + ln(count)`.
    pub sublinear: bool,
    /// Whether rows have length one.
    pub l2: bool,
    /// Hashes of the terms, ascending.
    pub hashes: Vec<u64>,
    /// The column of each hash; every column below their number occurs once.
    pub columns: Vec<u32>,
    /// The inverse document frequency of each column.
    pub idf: Vec<f32>,
    /// That of terms that were not learned: the greatest. 0 where limits left terms out, which cannot be told from
    /// those.
    pub unknown: f32,
}

/// Returns the inverse document frequency of a term that stands in so many of the documents.
fn smooth_idf(documents: usize, frequency: u32) -> f32 {
    (((1.0 + documents as f64) / (1.0 + f64::from(frequency))).ln() + 1.0) as f32
}

/// Returns the greatest inverse document frequency.
fn rarest(idf: &[f32]) -> f32 {
    idf.iter().copied().fold(0.0, f32::max)
}

/// Documents that one task takes together; has no influence on the result.
const CHUNK: usize = 1024;

impl Tfidf {
    /// Learns the vocabulary of the documents and returns their rows with it.
    ///
    /// `terms` fills the (empty) vector with the hashes of a document, repeated as often as they occur; it is called
    /// from several threads.
    pub fn fit_transform(
        params: &TfidfParams,
        documents: usize,
        terms: impl Fn(usize, &mut Vec<u64>) + Sync,
    ) -> Result<(Self, SparseMatrix)> {
        let params = params.check_ref()?;
        let chunks: Vec<Counts> = chunks(documents)
            .into_par_iter()
            .map(|range| Counts::of(range, &terms))
            .collect();
        let mut vocabulary = Vocabulary::default();
        let mut frequencies: Vec<u32> = Vec::new();
        let merged: Vec<Vec<u32>> = chunks
            .iter()
            .map(|chunk| chunk.merge(&mut vocabulary, &mut frequencies))
            .collect();
        let (tfidf, columns) =
            Self::of_frequencies(params, documents, &vocabulary.terms, &frequencies);
        let blocks: Vec<SparseMatrix> = chunks
            .par_iter()
            .zip(&merged)
            .map(|(chunk, ids)| {
                let column = |term: u32| columns[ids[term as usize] as usize];
                tfidf.weigh(chunk, 0..chunk.ends.len(), &column)
            })
            .collect();
        let matrix = tfidf.stack(documents, &blocks);
        Ok((tfidf, matrix))
    }

    /// Learns the vocabulary of some of the documents that were counted, and returns their rows with it: what
    /// [`Self::fit_transform`] makes of them, to the bit. Documents that are not there are empty.
    pub fn fit_counted(
        params: &TfidfParams,
        counts: &Counts,
        documents: &[usize],
    ) -> Result<(Self, SparseMatrix)> {
        let params = params.check_ref()?;
        let mut frequencies = vec![0_u32; counts.terms.len()];
        for &document in documents {
            for &(term, _) in counts.document(document) {
                frequencies[term as usize] += 1;
            }
        }
        let (tfidf, columns) =
            Self::of_frequencies(params, documents.len(), &counts.terms, &frequencies);
        let blocks: Vec<SparseMatrix> = documents
            .par_chunks(CHUNK)
            .map(|chunk| {
                tfidf.weigh(counts, chunk.iter().copied(), &|term| {
                    columns[term as usize]
                })
            })
            .collect();
        let matrix = tfidf.stack(documents.len(), &blocks);
        Ok((tfidf, matrix))
    }

    /// Makes a vocabulary of terms that stand in so many documents each, and returns the column of each.
    fn of_frequencies(
        params: &TfidfValidParams,
        documents: usize,
        terms: &[u64],
        frequencies: &[u32],
    ) -> (Self, Vec<u32>) {
        #[expect(
            clippy::cast_sign_loss,
            reason = "a share of the documents is positive"
        )]
        let most = (f64::from(params.max_df) * documents as f64).floor() as u32;
        let least = params.min_df.max(1);
        let mut order: Vec<(u32, u64, u32)> = Vec::with_capacity(frequencies.len());
        for ((&term, id), &frequency) in terms.iter().zip(0..).zip(frequencies) {
            if frequency >= least && frequency <= most {
                order.push((u32::MAX - frequency, term, id));
            }
        }
        order.sort_unstable();
        order.truncate(params.max_features.unwrap_or(usize::MAX));

        let mut column_of = vec![UNKNOWN; frequencies.len()];
        let mut idf = Vec::with_capacity(order.len());
        let mut table = Vec::with_capacity(order.len());
        for (&(rarity, term, id), column) in order.iter().zip(0..) {
            column_of[id as usize] = column;
            table.push((term, column));
            idf.push(if params.idf {
                smooth_idf(documents, u32::MAX - rarity)
            } else {
                1.0
            });
        }
        table.sort_unstable();
        let (hashes, columns_of_hashes) = table.into_iter().unzip();
        let tfidf = Self::index(TfidfParts {
            sublinear: params.sublinear,
            l2: params.l2,
            hashes,
            columns: columns_of_hashes,
            unknown: if order.len() == frequencies.len() {
                rarest(&idf)
            } else {
                0.0
            },
            idf,
        });
        (tfidf, column_of)
    }

    /// Turns the counts of documents into weighted rows, terms into what `column` says.
    fn weigh(
        &self,
        counts: &Counts,
        documents: impl ExactSizeIterator<Item = usize>,
        column: &impl Fn(u32) -> u32,
    ) -> SparseMatrix {
        let mut block = SparseMatrix::with_capacity(self.features(), documents.len(), 0);
        let mut packed = Vec::new();
        let mut row = SparseVector::default();
        for document in documents {
            packed.clear();
            for &(term, count) in counts.document(document) {
                let column = column(term);
                if column != UNKNOWN {
                    packed.push(pack(column, count));
                }
            }
            packed.sort_unstable();
            self.weigh_row(&packed, &mut row);
            block.push_row(row.as_row());
        }
        block
    }

    fn stack(&self, documents: usize, blocks: &[SparseMatrix]) -> SparseMatrix {
        let entries = blocks.iter().map(SparseMatrix::entries).sum();
        let mut matrix = SparseMatrix::with_capacity(self.features(), documents, entries);
        for block in blocks {
            matrix.append(block);
        }
        matrix
    }

    /// Weighs the counts of one document, packed and ascending, and returns the square of its length.
    fn weigh_row(&self, packed: &[u64], row: &mut SparseVector) -> f32 {
        row.clear();
        let mut squares = 0.0_f32;
        for &entry in packed {
            let (column, count) = unpack(entry);
            let idf = self.parts.idf.get(column as usize).copied();
            let weight = self.frequency(count) * idf.unwrap_or_default();
            squares += weight * weight;
            row.push(column, weight);
        }
        if self.parts.l2 && squares > 0.0 {
            row.scale(1.0 / squares.sqrt());
        }
        squares
    }

    /// Returns what a term counts that occurs so often in a document, before its inverse document frequency.
    fn frequency(&self, count: u32) -> f32 {
        match count {
            1 => 1.0,
            _ if self.parts.sublinear => 1.0 + (count as f32).ln(),
            _ => count as f32,
        }
    }

    /// Replaces `row` with the row of a document; `terms` are its hashes and are used up as working memory.
    ///
    /// Terms that were not learned are left out. Returns how much of the document was learned, from 0 to 1: the square
    /// of its row's length as a share of what it would be with all terms, those that were not learned taken to be as
    /// rare as the rarest; 1 where limits left terms out.
    pub fn transform(&self, terms: &mut Vec<u64>, row: &mut SparseVector) -> f32 {
        let mut learned = 0;
        for at in 0..terms.len() {
            if let Some(column) = self.column(terms[at]) {
                terms.swap(learned, at);
                terms[learned] = pack(column, 1);
                learned += 1;
            }
        }
        let others = &mut terms[learned..];
        others.sort_unstable();
        let unknown: f32 = others
            .chunk_by(|a, b| a == b)
            .map(|same| (self.frequency(same.len() as u32) * self.parts.unknown).powi(2))
            .sum();
        terms.truncate(learned);
        terms.sort_unstable();
        terms.dedup_by(|next, kept| {
            let same = unpack(*next).0 == unpack(*kept).0;
            if same && unpack(*kept).1 < u32::MAX {
                *kept += 1;
            }
            same
        });
        let known = self.weigh_row(terms, row);
        if known > 0.0 {
            known / (known + unknown)
        } else {
            0.0
        }
    }

    /// Returns the rows of many documents; `terms` as in [`Self::fit_transform`].
    pub fn transform_all(
        &self,
        documents: usize,
        terms: impl Fn(usize, &mut Vec<u64>) + Sync,
    ) -> SparseMatrix {
        let blocks: Vec<SparseMatrix> = chunks(documents)
            .into_par_iter()
            .map(|range| {
                let mut block = SparseMatrix::with_capacity(self.features(), range.len(), 0);
                let (mut buffer, mut row) = (Vec::new(), SparseVector::default());
                for document in range {
                    buffer.clear();
                    terms(document, &mut buffer);
                    self.transform(&mut buffer, &mut row);
                    block.push_row(row.as_row());
                }
                block
            })
            .collect();
        self.stack(documents, &blocks)
    }

    /// Takes every document to be learned as a whole: for who has left terms out before counting.
    #[must_use]
    pub fn without_unknown(mut self) -> Self {
        self.parts.unknown = 0.0;
        self
    }

    /// Replaces the inverse document frequencies by those of rows with these columns.
    pub fn relearn_idf(&mut self, rows: &SparseMatrix) {
        let mut frequencies = vec![0_u32; self.features()];
        for column in rows.indices() {
            if let Some(frequency) = frequencies.get_mut(*column as usize) {
                *frequency += 1;
            }
        }
        for (idf, frequency) in self.parts.idf.iter_mut().zip(frequencies) {
            *idf = smooth_idf(rows.rows(), frequency);
        }
        if self.parts.unknown > 0.0 {
            self.parts.unknown = rarest(&self.parts.idf);
        }
    }

    /// Returns the column of a term, if it was learned.
    pub fn column(&self, term: u64) -> Option<u32> {
        let bucket = (term >> self.shift) as usize;
        let start = *self.buckets.get(bucket)? as usize;
        let end = *self.buckets.get(bucket + 1)? as usize;
        let at = self
            .parts
            .hashes
            .get(start..end)?
            .binary_search(&term)
            .ok()?;
        self.parts.columns.get(start + at).copied()
    }

    /// Returns the inverse document frequency of a column.
    pub fn idf(&self, column: u32) -> Option<f32> {
        self.parts.idf.get(column as usize).copied()
    }

    /// Returns the number of terms, which is the number of columns.
    pub fn features(&self) -> usize {
        self.parts.idf.len()
    }

    /// Returns the parts for saving.
    pub fn parts(&self) -> &TfidfParts {
        &self.parts
    }

    /// Takes the vocabulary apart for saving.
    pub fn into_parts(self) -> TfidfParts {
        self.parts
    }

    /// Makes a vocabulary from saved parts, which may be damaged.
    pub fn from_parts(parts: TfidfParts) -> Result<Self> {
        let terms = parts.hashes.len();
        require_equal("columns", terms, parts.columns.len())?;
        require_equal("document frequencies", terms, parts.idf.len())?;
        if !parts.hashes.is_sorted_by(|a, b| a < b) {
            return Err(Error::Parts("terms are not in order"));
        }
        let mut seen = vec![false; terms];
        for &column in &parts.columns {
            match seen.get_mut(column as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(Error::Parts("a term has no column of its own")),
            }
        }
        let unknown = std::iter::once(&parts.unknown);
        if !parts.idf.iter().chain(unknown).all(|v| v.is_finite()) {
            return Err(Error::Parts("a document frequency is not a number"));
        }
        Ok(Self::index(parts))
    }

    /// Builds the table of buckets over sorted hashes.
    fn index(parts: TfidfParts) -> Self {
        let bits = parts.hashes.len().max(2).ilog2().min(30);
        let shift = 64 - bits;
        let mut buckets = Vec::with_capacity((1 << bits) + 1);
        let mut next = 0;
        for bucket in 0..1_u64 << bits {
            buckets.push(next as u32);
            while parts.hashes.get(next).is_some_and(|h| h >> shift == bucket) {
                next += 1;
            }
        }
        buckets.push(next as u32);
        Self {
            parts,
            buckets,
            shift,
        }
    }
}

/// Stands for a term without a column.
const UNKNOWN: u32 = u32::MAX;

fn pack(column: u32, count: u32) -> u64 {
    u64::from(column) << 32 | u64::from(count)
}

fn unpack(entry: u64) -> (u32, u32) {
    ((entry >> 32) as u32, entry as u32)
}

fn chunks(documents: usize) -> Vec<std::ops::Range<usize>> {
    (0..documents)
        .step_by(CHUNK)
        .map(|start| start..documents.min(start + CHUNK))
        .collect()
}

/// How often terms occur in documents; terms are numbered in the order in which they turn up.
#[derive(Debug)]
pub struct Counts {
    terms: Vec<u64>,
    /// In how many of the documents each term occurs.
    frequencies: Vec<u32>,
    /// (term, count) of one document after the other.
    occurrences: Vec<(u32, u32)>,
    /// Where each document ends in `occurrences`.
    ends: Vec<usize>,
}

impl Counts {
    /// Counts the terms of documents; `terms` as in [`Tfidf::fit_transform`].
    pub fn all(documents: usize, terms: impl Fn(usize, &mut Vec<u64>) + Sync) -> Self {
        let chunks: Vec<Self> = chunks(documents)
            .into_par_iter()
            .map(|range| Self::of(range, &terms))
            .collect();
        let mut vocabulary = Vocabulary::default();
        let mut all = Self {
            terms: Vec::new(),
            frequencies: Vec::new(),
            occurrences: Vec::with_capacity(chunks.iter().map(|c| c.occurrences.len()).sum()),
            ends: Vec::with_capacity(documents),
        };
        for chunk in chunks {
            let ids = chunk.merge(&mut vocabulary, &mut all.frequencies);
            let start = all.occurrences.len();
            let counts = chunk.occurrences.iter();
            all.occurrences
                .extend(counts.map(|&(term, count)| (ids[term as usize], count)));
            all.ends.extend(chunk.ends.iter().map(|end| start + end));
        }
        all.terms = vocabulary.terms;
        all
    }

    /// Returns the (term, count) pairs of a document; none where there is no such document.
    fn document(&self, document: usize) -> &[(u32, u32)] {
        let start = match document.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some(0),
        };
        let end = self.ends.get(document).copied();
        start
            .zip(end)
            .and_then(|(start, end)| self.occurrences.get(start..end))
            .unwrap_or_default()
    }

    /// Adds the terms to a vocabulary and their frequencies to its own, and returns the number of each there.
    fn merge(&self, vocabulary: &mut Vocabulary, frequencies: &mut Vec<u32>) -> Vec<u32> {
        let terms = self.terms.iter().zip(&self.frequencies);
        terms
            .map(|(&term, &frequency)| {
                let id = vocabulary.id(term);
                match frequencies.get_mut(id as usize) {
                    Some(sum) => *sum += frequency,
                    None => frequencies.push(frequency),
                }
                id
            })
            .collect()
    }

    fn of(documents: std::ops::Range<usize>, terms: &impl Fn(usize, &mut Vec<u64>)) -> Self {
        let mut vocabulary = Vocabulary::default();
        let mut frequencies: Vec<u32> = Vec::new();
        // Where the term stands in `occurrences`; belongs to the document at hand if past its start.
        let mut places: Vec<usize> = Vec::new();
        let mut occurrences: Vec<(u32, u32)> = Vec::new();
        let mut ends = Vec::with_capacity(documents.len());
        let mut buffer = Vec::new();
        for document in documents {
            buffer.clear();
            terms(document, &mut buffer);
            let start = occurrences.len();
            for &term in &buffer {
                let id = vocabulary.id(term);
                let at = id as usize;
                if at == places.len() {
                    places.push(occurrences.len());
                    frequencies.push(1);
                    occurrences.push((id, 1));
                } else if places[at] >= start {
                    occurrences[places[at]].1 += 1;
                } else {
                    places[at] = occurrences.len();
                    frequencies[at] += 1;
                    occurrences.push((id, 1));
                }
            }
            ends.push(occurrences.len());
        }
        Self {
            terms: vocabulary.terms,
            frequencies,
            occurrences,
            ends,
        }
    }
}

/// Numbers terms in the order in which they turn up.
#[derive(Default)]
struct Vocabulary {
    ids: std::collections::HashMap<u64, u32, BuildHasherDefault<AlreadyHashed>>,
    terms: Vec<u64>,
}

impl Vocabulary {
    fn id(&mut self, term: u64) -> u32 {
        let terms = &mut self.terms;
        *self.ids.entry(term).or_insert_with(|| {
            terms.push(term);
            terms.len() as u32 - 1
        })
    }
}

/// Takes a term for its own hash.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, term: u64) {
        self.0 = term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documents as lists of terms.
    fn fit(params: &TfidfParams, documents: &[&[u64]]) -> (Tfidf, SparseMatrix) {
        Tfidf::fit_transform(params, documents.len(), |i, out| {
            out.extend_from_slice(documents[i]);
        })
        .unwrap()
    }

    /// Spreads small numbers over the range of hashes.
    fn h(n: u64) -> u64 {
        n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn assert_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn what_was_not_learned_is_told_by_its_weight() {
        let documents = [vec![1_u64, 2], vec![1, 3]];
        let params = TfidfParams::default();
        let fit = Tfidf::fit_transform(&params, 2, |at, terms| terms.extend(&documents[at]));
        let (tfidf, _) = fit.unwrap();
        let mut row = SparseVector::default();
        let mut share = |terms: &[u64]| tfidf.transform(&mut terms.to_vec(), &mut row);
        assert!((share(&[1, 2]) - 1.0).abs() < 1e-6);
        assert!(share(&[7, 8]).abs() < 1e-6 && share(&[]).abs() < 1e-6);
        // A term that was not learned weighs as much as the rarest.
        assert!((share(&[2, 9]) - 0.5).abs() < 1e-6);
        assert!((share(&[2, 9, 9]) - 0.2).abs() < 1e-6);
        assert!(share(&[1, 9]) < 0.4);
        let blind = tfidf.clone().without_unknown();
        let limited = TfidfParams::default().min_df(2);
        let limited = Tfidf::fit_transform(&limited, 2, |at, terms| terms.extend(&documents[at]));
        for tfidf in [blind, limited.unwrap().0] {
            let share = tfidf.transform(&mut vec![1, 9], &mut row);
            assert!((share - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn weights_are_scikit_learns() {
        // TfidfVectorizer().fit_transform(["aa bb bb", "aa cc"]) with columns by document frequency.
        let (tfidf, matrix) = fit(
            &TfidfParams::default(),
            &[&[h(1), h(2), h(2)], &[h(1), h(3)]],
        );
        let idf = 1.405_465_1_f32;
        assert_close(&[tfidf.idf(0).unwrap()], &[1.0]);
        let norm = (1.0 + 4.0 * idf * idf).sqrt();
        assert_close(matrix.row(0).values, &[1.0 / norm, 2.0 * idf / norm]);
        let (_, sublinear) = fit(
            &TfidfParams::default().sublinear(true).l2(false),
            &[&[h(1), h(2), h(2)], &[h(1), h(3)]],
        );
        assert_close(sublinear.row(0).values, &[1.0, (1.0 + 2.0_f32.ln()) * idf]);
    }

    #[test]
    fn columns_fall_in_frequency_then_rise_in_hash() {
        let (tfidf, _) = fit(&TfidfParams::default(), &[&[5, 9, 7], &[9], &[7, 3]]);
        let columns: Vec<_> = [7, 9, 3, 5].map(|t| tfidf.column(t)).to_vec();
        assert_eq!(columns, [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!(tfidf.column(4), None);
    }

    #[test]
    fn rare_frequent_and_surplus_terms_are_dropped() {
        let documents: &[&[u64]] = &[&[1, 2, 3], &[1, 2], &[1, 4]];
        let features = |params: &TfidfParams| fit(params, documents).0.features();
        assert_eq!(features(&TfidfParams::default()), 4);
        assert_eq!(features(&TfidfParams::default().min_df(2)), 2);
        assert_eq!(features(&TfidfParams::default().max_df(0.9)), 3);
        assert_eq!(features(&TfidfParams::default().max_features(Some(1))), 1);
        assert_eq!(features(&TfidfParams::default().max_features(Some(0))), 0);
        assert!(TfidfParams::default().max_df(f32::NAN).check().is_err());
    }

    #[test]
    fn one_row_is_transformed_like_all_bit_for_bit() {
        let documents: Vec<Vec<u64>> = (0..3_000_u64)
            .map(|i| (0..i % 23).map(|j| h(i * j % 101)).collect())
            .collect();
        let terms = |i: usize, out: &mut Vec<u64>| out.extend_from_slice(&documents[i]);
        let params = TfidfParams::default().sublinear(true);
        let (tfidf, matrix) = Tfidf::fit_transform(&params, documents.len(), terms).unwrap();
        assert_eq!(tfidf.transform_all(documents.len(), terms), matrix);
        let mut row = SparseVector::default();
        for (i, document) in documents.iter().enumerate() {
            tfidf.transform(&mut document.clone(), &mut row);
            assert_eq!(row.as_row(), matrix.row(i));
        }
    }

    #[test]
    fn a_part_of_what_was_counted_is_learnt_as_if_it_were_alone() {
        let documents: Vec<Vec<u64>> = (0..3_000_u64)
            .map(|i| (0..i % 19).map(|j| h(i * j % 211)).collect())
            .collect();
        let counts = Counts::all(documents.len(), |i, out| {
            out.extend_from_slice(&documents[i]);
        });
        let part: Vec<usize> = (0..3_000).filter(|i| i % 3 != 1).rev().collect();
        for params in [
            TfidfParams::default().min_df(0),
            TfidfParams::default().sublinear(true).min_df(9).max_df(0.2),
            TfidfParams::default().max_features(Some(7)),
        ] {
            let terms = |i: usize, out: &mut Vec<u64>| out.extend_from_slice(&documents[part[i]]);
            let alone = Tfidf::fit_transform(&params, part.len(), terms).unwrap();
            assert_eq!(Tfidf::fit_counted(&params, &counts, &part).unwrap(), alone);
        }
        let (_, matrix) = Tfidf::fit_counted(&TfidfParams::default(), &counts, &[9_000]).unwrap();
        assert_eq!((matrix.rows(), matrix.entries()), (1, 0));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let terms =
            |i: usize, out: &mut Vec<u64>| out.extend((0..9).map(|j| h((i * j % 997) as u64)));
        let with = |threads: usize| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| Tfidf::fit_transform(&TfidfParams::default(), 5_000, terms).unwrap())
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn no_documents_and_empty_documents_give_empty_rows() {
        let (tfidf, matrix) = fit(&TfidfParams::default(), &[]);
        assert_eq!((tfidf.features(), matrix.rows()), (0, 0));
        let (tfidf, matrix) = fit(&TfidfParams::default(), &[&[], &[]]);
        assert_eq!(
            (tfidf.features(), matrix.rows(), matrix.entries()),
            (0, 2, 0)
        );
        let mut row = SparseVector::default();
        tfidf.transform(&mut vec![1, 2], &mut row);
        assert!(row.as_row().is_empty());
    }

    #[test]
    fn saved_parts_come_back_and_damaged_ones_are_refused() {
        let (tfidf, _) = fit(&TfidfParams::default(), &[&[h(1), h(2)], &[h(2), h(3)]]);
        let parts = tfidf.clone().into_parts();
        assert_eq!(Tfidf::from_parts(parts.clone()).unwrap(), tfidf);
        let damaged = |change: &dyn Fn(&mut TfidfParts)| {
            let mut parts = parts.clone();
            change(&mut parts);
            Tfidf::from_parts(parts).is_err()
        };
        assert!(damaged(&|p| p.hashes.reverse()));
        assert!(damaged(&|p| p.columns[0] = 3));
        assert!(damaged(&|p| p.columns[0] = p.columns[1]));
        assert!(damaged(&|p| p.idf[0] = f32::INFINITY));
        assert!(damaged(&|p| p.idf.truncate(1)));
        assert!(damaged(&|p| p.columns.truncate(1)));
        assert!(Tfidf::from_parts(TfidfParts::default()).is_ok());
    }
}
