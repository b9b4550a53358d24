//! `CountVectorsFeaturizer`: how often each n-gram of words or characters stands in a text, as Rasa's (nlu.md §4).

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use super::{
    Features,
    stop_words::ENGLISH,
    terms::{self, SharedTerms},
    tfidf::TfidfOptions,
};
use crate::{
    ml::{self, SparseMatrix, SparseVector, Tfidf, TfidfParams, tfidf::TfidfParts},
    nlu::{
        tensors::{Reader, Writer},
        tokenizer::Tokenizer,
    },
    text::{Span, is_python_word, ngram::term_hash},
};

/// Options, named as in Rasa.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the options of Rasa's featurizer"
)]
pub(crate) struct CountOptions {
    pub(crate) analyzer: Analyzer,
    pub(crate) min_ngram: usize,
    pub(crate) max_ngram: usize,
    pub(crate) min_df: Limit,
    pub(crate) max_df: Limit,
    pub(crate) max_features: Option<usize>,
    pub(crate) lowercase: bool,
    pub(crate) strip_accents: Option<Accents>,
    pub(crate) stop_words: Option<StopWords>,
    #[serde(rename = "OOV_token")]
    pub(crate) oov_token: Option<String>,
    #[serde(rename = "OOV_words")]
    pub(crate) oov_words: Vec<String>,
    pub(crate) use_lemma: bool,
    pub(crate) use_shared_vocab: bool,
    pub(crate) additional_vocabulary_size: Option<serde_json::Value>,
    /// Whether counts are weighed as by `TfidfFeaturizer`; nobody's to choose, and no option of Rasa's.
    #[serde(skip)]
    pub(crate) weighed: bool,
}

/// What n-grams are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Analyzer {
    #[default]
    Word,
    Char,
    CharWb,
}

/// In how many documents a term may stand: a number of them, or a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Limit {
    Documents(u32),
    Share(f64),
}

/// How accents are taken off letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Accents {
    /// And what is no ASCII letter then is left out.
    Ascii,
    Unicode,
}

/// Words that do not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StopWords {
    /// The list of a language; there is one for `english`.
    Named(String),
    Listed(Vec<String>),
}

impl Default for CountOptions {
    fn default() -> Self {
        Self {
            analyzer: Analyzer::Word,
            min_ngram: 1,
            max_ngram: 1,
            min_df: Limit::Documents(1),
            max_df: Limit::Share(1.0),
            max_features: None,
            lowercase: true,
            strip_accents: None,
            stop_words: None,
            oov_token: None,
            oov_words: Vec::new(),
            use_lemma: true,
            use_shared_vocab: false,
            additional_vocabulary_size: None,
            weighed: false,
        }
    }
}

impl CountOptions {
    /// The name under which what replaces a component asks for weights.
    pub(crate) const WEIGHED: &'static str = "weighed as by TfidfFeaturizer";

    pub(crate) const NAMES: [&'static str; 14] = [
        "analyzer",
        "min_ngram",
        "max_ngram",
        "min_df",
        "max_df",
        "max_features",
        "lowercase",
        "strip_accents",
        "stop_words",
        "OOV_token",
        "OOV_words",
        "use_lemma",
        "use_shared_vocab",
        "additional_vocabulary_size",
    ];

    /// Returns what is wrong with the options.
    pub(crate) fn problem(&self) -> Option<String> {
        let (min, max) = (self.min_ngram, self.max_ngram);
        if min == 0 || min > max || max > 100 {
            return Some(format!(
                "n-grams must go from at least 1 to at most 100, not from {min} to {max}"
            ));
        }
        for (name, limit) in [("min_df", self.min_df), ("max_df", self.max_df)] {
            if let Limit::Share(share) = limit
                && !(0.0..=1.0).contains(&share)
            {
                return Some(format!(
                    "`{name}` must be a whole number of messages, or a share between 0.0 and 1.0, not {share}"
                ));
            }
        }
        match &self.stop_words {
            Some(StopWords::Named(name)) if name != "english" => Some(format!(
                "`stop_words` must be `english` or a list, not `{name}`"
            )),
            _ => None,
        }
    }

    /// Tells whether options may leave out everything, or ask for what never occurs.
    pub(crate) fn may_leave_nothing(&self) -> bool {
        self.oov_token.is_some()
            || self.stop_words.is_some()
            || self.max_features.is_some()
            || self.min_df != Limit::Documents(1)
            || self.max_df != Limit::Share(1.0)
            || self.min_ngram > 1
    }

    fn rule(&self) -> Rule {
        let fold = |word: &String| {
            if self.lowercase {
                word.to_lowercase()
            } else {
                word.clone()
            }
        };
        let mut stop_words = match &self.stop_words {
            None => Vec::new(),
            Some(StopWords::Named(_)) => ENGLISH.iter().map(|word| (*word).to_owned()).collect(),
            Some(StopWords::Listed(words)) => words.clone(),
        };
        stop_words.sort_unstable();
        let words = self.analyzer == Analyzer::Word;
        let unknown = self.oov_token.as_ref().filter(|_| words).map(fold);
        let mut rare: Vec<String> = Vec::new();
        if unknown.is_some() {
            rare.extend(self.oov_words.iter().map(fold));
        }
        rare.sort_unstable();
        Rule {
            analyzer: self.analyzer,
            min: self.min_ngram,
            max: self.max_ngram,
            lowercase: self.lowercase,
            accents: self.strip_accents,
            stop_words: if words { stop_words } else { Vec::new() },
            unknown,
            rare,
        }
    }
}

/// How a text is cut into terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rule {
    analyzer: Analyzer,
    min: usize,
    max: usize,
    lowercase: bool,
    accents: Option<Accents>,
    /// Sorted.
    stop_words: Vec<String>,
    /// What stands for words that are not known.
    unknown: Option<String>,
    /// Words that become it where it was not learnt itself, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rare: Vec<String>,
}

/// A character of the normal form, with the bytes of the text that it came from.
type Letter = (char, Span);

/// What stands for a number.
const NUMBER: &str = "__NUMBER__";

impl Rule {
    /// Returns the tokens of a text in their normal form.
    fn tokens(&self, text: &str, words: &[Span]) -> Vec<Vec<Letter>> {
        words
            .iter()
            .map(|span| {
                let mut letters = Vec::new();
                for (piece, at) in with_numbers(span.of(text), span.start) {
                    // The whole piece, since a sigma at the end of a word has a small letter of its own.
                    let lower = if self.lowercase {
                        piece.to_lowercase()
                    } else {
                        String::new()
                    };
                    let mut lower = lower.chars();
                    for (start, c) in piece.char_indices() {
                        // All of a number is behind every letter of what stands for it.
                        let place = at.unwrap_or_else(|| {
                            let from = place_of(piece, text) + start;
                            Span::new(from, from + c.len_utf8())
                        });
                        if self.lowercase {
                            let small = lower.by_ref().take(c.to_lowercase().count());
                            letters.extend(small.map(|c| (c, place)));
                        } else {
                            letters.push((c, place));
                        }
                    }
                }
                letters
            })
            .collect()
    }

    /// Calls `each` with the letters and the bytes of every n-gram.
    fn each(&self, tokens: &[Vec<Letter>], each: &mut impl FnMut(&[Letter], Span)) {
        let mut joined: Vec<Letter> = Vec::new();
        for token in tokens {
            if let (Some((_, last)), Some((_, first))) = (joined.last(), token.first()) {
                joined.push((' ', Span::new(last.end, first.start.max(last.end))));
            }
            joined.extend(self.stripped(token));
        }
        match self.analyzer {
            Analyzer::Word => {
                let mut words: Vec<&[Letter]> = joined
                    .split(|(c, _)| !is_python_word(*c))
                    .filter(|word| !word.is_empty())
                    .collect();
                words.retain(|word| self.stop_words.binary_search(&spelt(word)).is_err());
                for n in self.min..=self.max {
                    for window in words.windows(n) {
                        let all = window.join(&(' ', Span::default()));
                        let ends = (window.first(), window.last());
                        if let (Some([first, ..]), Some([.., last])) = ends {
                            each(&all, Span::new(first.1.start, last.1.end));
                        }
                    }
                }
            }
            Analyzer::Char => {
                for n in self.min..=self.max {
                    for window in joined.windows(n) {
                        each(window, span_of(window));
                    }
                }
            }
            Analyzer::CharWb => {
                for word in joined.split(|(c, _)| *c == ' ') {
                    let ([first, .., last] | [first @ last]) = word else {
                        continue;
                    };
                    let mut padded = vec![(' ', Span::new(first.1.start, first.1.start))];
                    padded.extend_from_slice(word);
                    padded.push((' ', Span::new(last.1.end, last.1.end)));
                    for n in self.min..=self.max {
                        for window in padded.windows(n.min(padded.len())) {
                            each(window, span_of(window));
                        }
                        if padded.len() <= n {
                            break;
                        }
                    }
                }
            }
        }
    }

    fn stripped(&self, token: &[Letter]) -> Vec<Letter> {
        let Some(accents) = self.accents else {
            return token.to_vec();
        };
        token
            .iter()
            .flat_map(|(c, span)| std::iter::once(*c).nfkd().map(move |c| (c, *span)))
            .filter(|(c, _)| match accents {
                Accents::Ascii => c.is_ascii(),
                // As Python's `unicodedata.combining`: vowel signs of Hindi and Thai are no accents.
                Accents::Unicode => canonical_combining_class(*c) == 0,
            })
            .collect()
    }

    fn is_rare(&self, token: &str) -> bool {
        let found = self.rare.binary_search_by(|rare| rare.as_str().cmp(token));
        found.is_ok()
    }

    /// Puts what stands for unknown words in the place of tokens that are not known.
    fn replace(&self, tokens: &mut [Vec<Letter>], known: impl Fn(&str) -> bool) {
        let Some(unknown) = &self.unknown else { return };
        for token in tokens {
            if let [first, .., last] | [first @ last] = token.as_slice()
                && !known(&spelt(token))
            {
                let span = Span::new(first.1.start, last.1.end);
                *token = unknown.chars().map(|c| (c, span)).collect();
            }
        }
    }
}

/// Returns where a part of a text begins in it.
fn place_of(part: &str, text: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// Cuts a token around its numbers, `\b[0-9]+\b`; what stands for one comes with the place of the number.
fn with_numbers(token: &str, at: usize) -> Vec<(&str, Option<Span>)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut start = 0;
    for run in token.split_inclusive(|c: char| !is_python_word(c)) {
        let word = run.trim_end_matches(|c: char| !is_python_word(c));
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            let end = start + word.len();
            pieces.push((token.get(from..start).unwrap_or_default(), None));
            pieces.push((NUMBER, Some(Span::new(at + start, at + end))));
            from = end;
        }
        start += run.len();
    }
    pieces.push((token.get(from..).unwrap_or_default(), None));
    pieces
}

fn spelt(letters: &[Letter]) -> String {
    letters.iter().map(|(c, _)| c).collect()
}

fn hash(letters: &[Letter]) -> u64 {
    term_hash(letters.iter().map(|(c, _)| *c))
}

fn span_of(letters: &[Letter]) -> Span {
    match letters {
        [first, .., last] | [first @ last] => Span::new(first.1.start, last.1.end),
        [] => Span::default(),
    }
}

/// The trained featurizer.
#[derive(Clone, Debug)]
pub(crate) struct CountFeaturizer {
    rule: Rule,
    counts: Tfidf,
    /// What all values are multiplied by.
    weight: f32,
}

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedCounts {
    rule: Rule,
    /// Whether the terms have weights, and what those are multiplied by; plain counts where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<f32>,
    /// What a term weighs that was not learnt; 0 where that is not told.
    #[serde(default)]
    unknown: f32,
}

impl CountFeaturizer {
    /// Learns the vocabulary of the texts and returns their rows.
    pub(crate) fn fit_transform(
        options: &CountOptions,
        texts: &[&str],
        tokenizer: &Tokenizer,
        shared: Option<&SharedTerms>,
    ) -> Result<(Self, SparseMatrix), String> {
        let rule = options.rule();
        let documents = texts.len() as f64;
        #[expect(
            clippy::cast_sign_loss,
            reason = "a share of the documents is positive"
        )]
        let least = match options.min_df {
            Limit::Documents(count) => count,
            Limit::Share(share) => (share * documents).ceil() as u32,
        };
        let most = match options.max_df {
            Limit::Documents(count) => ((f64::from(count) + 0.5) / documents).min(1.0) as f32,
            Limit::Share(share) => share as f32,
        };
        let params = TfidfParams::default()
            .idf(options.weighed)
            .sublinear(options.weighed)
            .l2(options.weighed)
            .min_df(least)
            .max_df(most.max(f32::MIN_POSITIVE));
        let each = |text: &str, each: &mut dyn FnMut(u64, &[Letter])| {
            let mut tokens = rule.tokens(text, &tokenizer.tokens(text));
            rule.replace(&mut tokens, |token| !rule.is_rare(token));
            rule.each(&tokens, &mut |term, _| each(hash(term), term));
        };
        let of = || format!("{rule:?} {tokenizer:?}");
        let (mut counts, mut matrix) =
            terms::fit_transform(shared, of, &params, texts, |text, terms| {
                each(text, &mut |hash, _| terms.push(hash));
            })
            .map_err(|error| error.to_string())?;
        if let Some(most) = options
            .max_features
            .filter(|most| *most < counts.features())
        {
            let mut frequent: FxHashMap<u64, (usize, String)> = FxHashMap::default();
            for text in texts {
                each(text, &mut |hash, term| {
                    if counts.column(hash).is_some() {
                        let entry = frequent.entry(hash);
                        entry.or_insert_with(|| (0, spelt(term))).0 += 1;
                    }
                });
            }
            let mut order: Vec<_> = frequent.into_iter().collect();
            order.sort_unstable_by(|(_, a), (_, b)| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            order.truncate(most);
            let kept: FxHashSet<u64> = order.into_iter().map(|(hash, _)| hash).collect();
            (counts, matrix) = Tfidf::fit_transform(&params, texts.len(), |place, terms| {
                let text = texts.get(place).copied().unwrap_or_default();
                each(text, &mut |hash, _| {
                    terms.extend(kept.contains(&hash).then_some(hash));
                });
            })
            .map_err(|error| error.to_string())?;
            counts = counts.without_unknown();
        }
        // As much as in `TfidfFeaturizer`.
        let weight = match options.analyzer {
            Analyzer::Char | Analyzer::CharWb if options.weighed => {
                TfidfOptions::default().char_weight
            }
            _ => 1.0,
        };
        let mut featurizer = Self {
            rule,
            counts,
            weight,
        };
        // As messages will be read: every word that is not known is the one for unknown ones.
        if featurizer.replaces() {
            let rows = featurizer.rows(texts, tokenizer);
            matrix = if options.weighed {
                featurizer.counts.relearn_idf(&rows);
                featurizer.rows(texts, tokenizer)
            } else {
                rows
            };
        }
        if options.weighed {
            matrix =
                SparseMatrix::hstack(&[(&matrix, weight)]).map_err(|error| error.to_string())?;
        }
        Ok((featurizer, matrix))
    }

    /// Returns the rows of texts before they are multiplied.
    fn rows(&self, texts: &[&str], tokenizer: &Tokenizer) -> SparseMatrix {
        self.counts.transform_all(texts.len(), |place, terms| {
            let text = texts.get(place).copied().unwrap_or_default();
            self.each(text, &tokenizer.tokens(text), &mut |hash, _| {
                terms.push(hash);
            });
        })
    }

    /// Tells whether words that are not known become one that is.
    fn replaces(&self) -> bool {
        let unknown = self.rule.unknown.as_deref();
        unknown.is_some_and(|word| self.counts.column(term_hash(word.chars())).is_some())
    }

    /// Tells whether the token for unknown words is set and was never learnt.
    pub(crate) fn lacks_unknown(&self) -> bool {
        self.rule.unknown.is_some() && !self.replaces()
    }

    /// Returns the number of features.
    pub(crate) fn features(&self) -> usize {
        self.counts.features()
    }

    /// Calls `each` with every n-gram of a text, unknown words replaced where that was learnt.
    fn each(&self, text: &str, words: &[Span], each: &mut impl FnMut(u64, Span)) {
        let mut tokens = self.rule.tokens(text, words);
        let known = |word: &str| self.counts.column(term_hash(word.chars())).is_some();
        if self.replaces() {
            self.rule.replace(&mut tokens, known);
        } else if !self.rule.rare.is_empty() {
            // As in Rasa, where the token itself was not learnt.
            let rule = &self.rule;
            rule.replace(&mut tokens, |token| !rule.is_rare(token));
        }
        let mut each = |term: &[Letter], span| each(hash(term), span);
        self.rule.each(&tokens, &mut each);
    }

    /// Appends the row of a text, columns moved by `offset`, and tells how much of it was learnt where it has a length.
    pub(crate) fn transform(
        &self,
        text: &str,
        words: &[Span],
        offset: u32,
        features: &mut Features,
    ) {
        let (mut terms, mut block) = (Vec::new(), SparseVector::default());
        self.each(text, words, &mut |hash, _| terms.push(hash));
        let share = self.counts.transform(&mut terms, &mut block);
        if self.counts.parts().l2 {
            features.known.add(offset, self.weight, share);
        }
        features.row.append(block.as_row(), offset, self.weight);
    }

    /// Calls `each` with the column (moved by `offset`) and the bytes of every learnt n-gram in the text.
    pub(crate) fn occurrences(
        &self,
        text: &str,
        words: &[Span],
        offset: u32,
        each: &mut impl FnMut(u32, Span),
    ) {
        self.each(text, words, &mut |hash, span| {
            if let Some(column) = self.counts.column(hash) {
                each(column + offset, span);
            }
        });
    }

    /// Writes the tables as tensors and returns the rest.
    pub(crate) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedCounts {
        let parts = self.counts.parts();
        tensors.u64s(format!("{prefix}.hashes"), &parts.hashes);
        tensors.u32s(format!("{prefix}.columns"), &parts.columns);
        if parts.l2 {
            tensors.f32s(format!("{prefix}.idf"), &parts.idf);
        }
        SavedCounts {
            rule: self.rule.clone(),
            weight: parts.l2.then_some(self.weight),
            unknown: if parts.l2 { parts.unknown } else { 0.0 },
        }
    }

    /// Makes a saved featurizer ready.
    pub(crate) fn load(
        saved: &SavedCounts,
        prefix: &str,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let hashes = tensors.u64s(&format!("{prefix}.hashes"))?;
        let weighed = saved.weight.is_some();
        let parts = TfidfParts {
            sublinear: weighed,
            l2: weighed,
            unknown: saved.unknown,
            idf: if weighed {
                tensors.f32s(&format!("{prefix}.idf"))?
            } else {
                vec![1.0; hashes.len()]
            },
            columns: tensors.u32s(&format!("{prefix}.columns"))?,
            hashes,
        };
        let counts = Tfidf::from_parts(parts).map_err(|error: ml::Error| error.to_string())?;
        Ok(Self {
            rule: saved.rule.clone(),
            counts,
            weight: saved.weight.unwrap_or(1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(options: &CountOptions, text: &str) -> Vec<String> {
        let rule = options.rule();
        let mut found = Vec::new();
        let words = Tokenizer::default().tokens(text);
        rule.each(&rule.tokens(text, &words), &mut |_, span| {
            found.push(span.of(text).to_owned());
        });
        found
    }

    fn counts(options: &CountOptions, texts: &[&str], text: &str) -> Vec<f32> {
        let tokenizer = Tokenizer::default();
        let (featurizer, _) =
            CountFeaturizer::fit_transform(options, texts, &tokenizer, None).unwrap();
        let mut features = Features::default();
        featurizer.transform(text, &tokenizer.tokens(text), 0, &mut features);
        let mut values: Vec<f32> = features.as_row().iter().map(|(_, value)| value).collect();
        values.sort_by(f32::total_cmp);
        values
    }

    #[test]
    fn words_are_parts_of_tokens_and_counted() {
        let options = CountOptions::default();
        assert_eq!(
            terms(&options, "I'm at new-york"),
            ["I", "m", "at", "new", "york"]
        );
        assert_eq!(counts(&options, &["a b b"], "b b B zzz"), [3.0]);
        // Every number is the same word, and `10.5` is two of them.
        assert_eq!(counts(&options, &["pay 7"], "10.5 now"), [2.0]);
    }

    #[test]
    fn characters_stay_within_words_or_cross_blanks() {
        let mut options = CountOptions {
            analyzer: Analyzer::CharWb,
            min_ngram: 2,
            max_ngram: 4,
            ..CountOptions::default()
        };
        assert_eq!(terms(&options, "ab"), ["a", "ab", "b", "ab", "ab", "ab"]);
        assert_eq!(terms(&options, "a"), ["a", "a", "a"]);
        options.analyzer = Analyzer::Char;
        options.max_ngram = 2;
        assert_eq!(terms(&options, "a  b"), ["a  ", "  b"]);
    }

    #[test]
    fn limits_accents_and_stop_words_hold() {
        let texts = ["the cat", "the dog", "a dog"];
        let features = |options: CountOptions| {
            let tokenizer = Tokenizer::default();
            let fit = CountFeaturizer::fit_transform(&options, &texts, &tokenizer, None);
            let (featurizer, _) = fit.unwrap();
            featurizer.features()
        };
        let all = CountOptions::default;
        assert_eq!(features(all()), 4);
        assert_eq!(
            features(CountOptions {
                min_df: Limit::Documents(2),
                ..all()
            }),
            2
        );
        assert_eq!(
            features(CountOptions {
                min_df: Limit::Share(0.5),
                ..all()
            }),
            2
        );
        assert_eq!(
            features(CountOptions {
                max_df: Limit::Documents(1),
                ..all()
            }),
            2
        );
        assert_eq!(
            features(CountOptions {
                max_df: Limit::Share(0.4),
                ..all()
            }),
            2
        );
        assert_eq!(
            features(CountOptions {
                max_features: Some(3),
                ..all()
            }),
            3
        );
        let english = Some(StopWords::Named("english".to_owned()));
        assert_eq!(
            features(CountOptions {
                stop_words: english,
                ..all()
            }),
            2
        );
        let stripped = CountOptions {
            strip_accents: Some(Accents::Unicode),
            ..all()
        };
        assert_eq!(counts(&stripped, &["café"], "CAFE"), [1.0]);
    }

    #[test]
    fn unknown_words_become_one_that_was_learnt() {
        let options = CountOptions {
            oov_token: Some("OOV".to_owned()),
            oov_words: vec!["Rare".to_owned()],
            ..CountOptions::default()
        };
        assert_eq!(
            counts(&options, &["rare thing", "thing"], "what thing is"),
            [1.0, 2.0]
        );
        // Never learnt, it stands for nothing.
        assert_eq!(counts(&options, &["thing"], "what thing is"), [1.0]);
        // A token is known only as a whole.
        assert_eq!(counts(&options, &["rare new york"], "new-york"), [1.0]);
    }

    #[test]
    fn senseless_options_are_told() {
        for options in [
            CountOptions {
                min_ngram: 0,
                ..CountOptions::default()
            },
            CountOptions {
                min_ngram: 3,
                ..CountOptions::default()
            },
            CountOptions {
                max_df: Limit::Share(1.5),
                ..CountOptions::default()
            },
            CountOptions {
                stop_words: Some(StopWords::Named("klingon".to_owned())),
                ..CountOptions::default()
            },
        ] {
            assert!(options.problem().is_some(), "{options:?}");
        }
        assert_eq!(CountOptions::default().problem(), None);
    }
    #[test]
    fn the_most_frequent_terms_are_kept_and_among_equals_the_first_by_name() {
        let texts = [
            "x x x x x common one",
            "common two",
            "common three y y",
            "four common five y",
        ];
        let learnt = |max_features: usize| {
            let options = CountOptions {
                max_features: Some(max_features),
                ..CountOptions::default()
            };
            let known = |word: &&str| !counts(&options, &texts, word).is_empty();
            ["common", "five", "four", "one", "three", "two", "x", "y"]
                .into_iter()
                .filter(known)
                .collect::<Vec<_>>()
        };
        assert_eq!(learnt(2), ["common", "x"]);
        assert_eq!(learnt(5), ["common", "five", "four", "x", "y"]);
    }

    #[test]
    fn english_stop_words_are_those_of_scikit_learn() {
        assert_eq!(ENGLISH.len(), 318);
        assert!(ENGLISH.is_sorted());
        let options = CountOptions {
            stop_words: Some(StopWords::Named("english".to_owned())),
            ..CountOptions::default()
        };
        let text = "Please call and show me the name of hello you cannot find";
        assert_eq!(terms(&options, text), ["hello"]);
    }

    #[test]
    fn letters_are_small_and_bare_as_for_python() {
        let options = CountOptions::default();
        assert_eq!(counts(&options, &["γεια σας"], "ΣΑΣ"), [1.0]);
        assert_eq!(counts(&options, &["γεια σας"], "ΓΕΙΑ ΣΑΣ!"), [1.0, 1.0]);
        let stripped = CountOptions {
            analyzer: Analyzer::Char,
            strip_accents: Some(Accents::Unicode),
            ..CountOptions::default()
        };
        let letters = |text: &str| terms(&stripped, text).len();
        assert_eq!(letters("é"), 1);
        // Vowel signs of Hindi and Thai have no combining class.
        assert_eq!(letters("हिन्दी"), 5);
        assert_eq!(letters("ก็"), 1 + 1);
        assert_eq!(letters("ับ"), 2);
    }

    #[test]
    fn letters_are_those_of_python() {
        let options = CountOptions::default();
        let devanagari = "नमस्ते दोस्त स्वागत अलविदा फिर मिलेंगे";
        assert_eq!(terms(&options, devanagari).len(), 15);
        assert_eq!(terms(&options, "नमस्ते"), ["नमस", "त"]);
    }
}
