//! Texts to test on: the public seed data where they are at hand, generated ones elsewhere.

use std::path::{Path, PathBuf};

use crate::{
    ml::{SparseMatrix, SparseVector, Tfidf, TfidfParams, sampling::Random},
    text::ngram::{Scratch, WordRule, char_wb_ngrams, word_ngrams},
};

/// Texts with the label of each.
pub(super) struct Texts {
    texts: Vec<String>,
    pub(super) labels: Vec<usize>,
}

/// Texts to learn from and texts to test on.
pub(super) struct Data {
    pub(super) train: Texts,
    pub(super) test: Texts,
    /// Whether these are the public data, on which figures are known.
    pub(super) public: bool,
}

/// Returns the seed data from `$BOT_SHARED/data` or `../shared/data`, or generated texts.
pub(super) fn customer() -> Data {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("BOT_SHARED").map_or(beside, PathBuf::from);
    let read = |part: &str| -> Option<Vec<(String, String)>> {
        let file = shared.join("data/intents/customer").join(part);
        let mut reader = csv::Reader::from_path(file).ok()?;
        Some(reader.deserialize().map(Result::unwrap).collect())
    };
    let public = read("train.csv").zip(read("test.csv"));
    let is_public = public.is_some();
    let (train, test) = public.unwrap_or_else(|| (generated(1_500, 1), generated(300, 2)));
    let mut intents: Vec<String> = train.iter().map(|row| row.1.clone()).collect();
    intents.sort();
    intents.dedup();
    let number = |rows: Vec<(String, String)>| {
        let (texts, labels): (Vec<String>, Vec<usize>) = rows
            .into_iter()
            .map(|(text, intent)| (text, intents.binary_search(&intent).unwrap()))
            .unzip();
        Texts { texts, labels }
    };
    Data {
        train: number(train),
        test: number(test),
        public: is_public,
    }
}

/// Makes texts of nine intents from words that some intents prefer.
fn generated(rows: usize, seed: u64) -> Vec<(String, String)> {
    let mut random = Random::new(seed);
    let mut word = |intent: usize| match random.below(3) {
        0 => format!("word{} ", random.below(99)),
        _ => format!("topic{} ", intent * 3 + random.below(7)),
    };
    (0..rows)
        .map(|i| ((0..7).map(|_| word(i % 9)).collect(), (i % 9).to_string()))
        .collect()
}

impl Data {
    /// Returns the rows of both parts with scikit-learn's plain words as features.
    pub(super) fn plain(&self) -> [SparseMatrix; 2] {
        self.block(&TfidfParams::default(), |text, scratch, out| {
            let mut each = |hash, _| out.push(hash);
            word_ngrams(text, WordRule::plain(), 1, 1, scratch, &mut each);
        })
    }

    /// Returns the rows of both parts with the program's own features, words and characters.
    pub(super) fn full(&self) -> [SparseMatrix; 2] {
        let params = TfidfParams::default().sublinear(true);
        let words = self.block(&params, |text, scratch, out| {
            let mut each = |hash, _| out.push(hash);
            word_ngrams(text, WordRule::full(), 1, 2, scratch, &mut each);
        });
        let characters = self.block(&params, |text, scratch, out| {
            let mut each = |hash, _| out.push(hash);
            char_wb_ngrams(text, true, 2, 4, scratch, &mut each);
        });
        let join = |part: usize| {
            SparseMatrix::hstack(&[(&words[part], 1.0), (&characters[part], 0.7)]).unwrap()
        };
        [join(0), join(1)]
    }

    fn block(
        &self,
        params: &TfidfParams,
        terms: impl Fn(&str, &mut Scratch, &mut Vec<u64>) + Sync,
    ) -> [SparseMatrix; 2] {
        let of = |texts: &[String], i: usize, out: &mut Vec<u64>| {
            terms(&texts[i], &mut Scratch::default(), out);
        };
        let (train, test) = (&self.train.texts, &self.test.texts);
        let (tfidf, rows) =
            Tfidf::fit_transform(params, train.len(), |i, out| of(train, i, out)).unwrap();
        let tested = tfidf.transform_all(test.len(), |i, out| of(test, i, out));
        [rows, tested]
    }
}

/// Returns rows of features with their values.
pub(super) fn matrix(rows: &[&[(u32, f32)]], cols: usize) -> SparseMatrix {
    let rows: Vec<SparseVector> = rows
        .iter()
        .map(|row| SparseVector::from_pairs(row.to_vec()))
        .collect();
    SparseMatrix::from_rows(cols, rows.iter().map(SparseVector::as_row)).unwrap()
}

/// Returns the same of rows that were made.
pub(super) fn matrix_of(rows: &[Vec<(u32, f32)>], cols: usize) -> SparseMatrix {
    let rows: Vec<&[(u32, f32)]> = rows.iter().map(Vec::as_slice).collect();
    matrix(&rows, cols)
}

/// Returns the share of rows for which `predict` gives the label.
pub(super) fn accuracy(predicted: impl Iterator<Item = usize>, labels: &[usize]) -> f64 {
    let right = predicted.zip(labels).filter(|(p, l)| p == *l).count();
    right as f64 / labels.len() as f64
}
