//! N-grams of words and of characters, as 64-bit hashes with the bytes they cover.
//!
//! Nothing is allocated per n-gram: a caller keeps one [`Scratch`] and gets a call for every n-gram. The hashes are
//! part of the format of saved models, so `mix` and its constants must never change. N-grams of up to seven bytes
//! never collide; longer ones do with a chance of 2⁻⁶⁴ a pair.
//!
//! What counts follows scikit-learn's `CountVectorizer` (analyzers `word` and `char_wb`). Two differences, both for
//! the better outside English: combining marks belong to the word they stand in, and a final sigma is folded into
//! the plain one, so that a Greek word gives the same n-grams in capitals.

use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;

use super::Span;

/// What counts as a word, and which n-grams are made besides those of neighbours.
#[expect(
    clippy::struct_excessive_bools,
    reason = "five choices that do not depend on each other"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WordRule {
    /// Folds upper into lower case.
    pub lowercase: bool,
    /// Keeps words of one letter.
    pub keep_short: bool,
    /// Makes a token of every character that is neither white space nor part of a word.
    pub punctuation: bool,
    /// Adds two bigrams: the start of the text with the first token, and the last token with the end.
    pub boundaries: bool,
    /// Makes a token of every ideograph and kana: Chinese and Japanese put no blanks between words.
    pub ideographs: bool,
}

impl WordRule {
    /// Returns scikit-learn's default tokens, `(?u)\b\w\w+\b` in lower case.
    pub const fn plain() -> Self {
        Self {
            lowercase: true,
            keep_short: false,
            punctuation: false,
            boundaries: false,
            ideographs: false,
        }
    }

    /// Returns `\w+|[^\w\s]` in lower case with boundary bigrams, the richer rule this program prefers. Ideographs and
    /// kana stand alone in it: with pairs of them that was better on Chinese and Japanese messages than the words of a
    /// dictionary.
    pub const fn full() -> Self {
        Self {
            lowercase: true,
            keep_short: true,
            punctuation: true,
            boundaries: true,
            ideographs: true,
        }
    }
}

impl Default for WordRule {
    fn default() -> Self {
        Self::full()
    }
}

/// Memory that is reused from text to text.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    tokens: Vec<Token>,
    folded: Vec<Folded>,
    padded: Vec<Folded>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    hash: u64,
    span: Span,
}

/// A character after case folding, with the bytes of the original text that it came from.
#[derive(Clone, Copy, Debug)]
struct Folded {
    character: char,
    span: Span,
}

/// Calls `each` with the hash and the span of every n-gram of `min` to `max` neighbouring words.
///
/// The span reaches from the first word to the last; that of a boundary bigram covers its one word. A text without
/// words has no n-grams.
pub fn word_ngrams(
    text: &str,
    rule: WordRule,
    min: usize,
    max: usize,
    scratch: &mut Scratch,
    each: &mut impl FnMut(u64, Span),
) {
    scratch.tokens.clear();
    if text.is_ascii() {
        ascii_tokens(text.as_bytes(), rule, &mut scratch.tokens);
    } else {
        fold(text, rule.lowercase, &mut scratch.folded);
        unicode_tokens(&scratch.folded, rule, &mut scratch.tokens);
    }
    let tokens = scratch.tokens.as_slice();
    for n in min.max(1)..=max.min(tokens.len()) {
        for window in tokens.windows(n) {
            if let [first, rest @ ..] = window {
                let hash = rest.iter().fold(first.hash, |h, t| join(h, t.hash));
                let end = rest.last().unwrap_or(first).span.end;
                each(hash, Span::new(first.span.start, end));
            }
        }
    }
    if rule.boundaries
        && (min..=max).contains(&2)
        && let (Some(first), Some(last)) = (tokens.first(), tokens.last())
    {
        each(join(START, first.hash), first.span);
        each(join(last.hash, END), last.span);
    }
}

/// Calls `each` with the hash and the span of every n-gram of `min` to `max` characters within a word.
///
/// Words are what stands between white space, padded with a blank on either side; a padded word no longer than `n`
/// counts once, for its whole length, and for no longer `n`. Blanks of the padding add nothing to a span.
pub fn char_wb_ngrams(
    text: &str,
    lowercase: bool,
    min: usize,
    max: usize,
    scratch: &mut Scratch,
    each: &mut impl FnMut(u64, Span),
) {
    let min = min.max(1);
    if text.is_ascii() {
        let mut start = 0;
        for word in text.as_bytes().split(|&b| is_blank(char::from(b))) {
            if !word.is_empty() {
                scratch.bytes.clear();
                scratch.bytes.push(b' ');
                scratch.bytes.extend_from_slice(word);
                scratch.bytes.push(b' ');
                if lowercase {
                    scratch.bytes.make_ascii_lowercase();
                }
                ascii_windows(&scratch.bytes, start, min, max, each);
            }
            start += word.len() + 1;
        }
    } else {
        fold(text, lowercase, &mut scratch.folded);
        for word in scratch.folded.split(|f| is_blank(f.character)) {
            if let [first, .., last] | [first @ last] = word {
                let blank = |at| Folded {
                    character: ' ',
                    span: Span::new(at, at),
                };
                scratch.padded.clear();
                scratch.padded.push(blank(first.span.start));
                scratch.padded.extend_from_slice(word);
                scratch.padded.push(blank(last.span.end));
                unicode_windows(&scratch.padded, min, max, each);
            }
        }
    }
}

/// Makes the n-grams of one padded word whose first letter is byte `start` of the text.
fn ascii_windows(
    padded: &[u8],
    start: usize,
    min: usize,
    max: usize,
    each: &mut impl FnMut(u64, Span),
) {
    let end = start + padded.len() - 2;
    for n in min..=max {
        if padded.len() <= n {
            each(hash_bytes(padded), Span::new(start, end));
            return;
        }
        let span = |at: usize| {
            Span::new(
                (start + at).saturating_sub(1).max(start),
                (start + at + n - 1).min(end),
            )
        };
        if n < 8 {
            // All bytes of the window fit beside its length in one word: shift the next one in.
            let mask = (1_u64 << (8 * n)) - 1;
            let mut packed = 0;
            for (i, &byte) in padded.iter().enumerate() {
                packed = (packed << 8 | u64::from(byte)) & mask;
                if i + 1 >= n {
                    each(finish(SEED, packed, n), span(i + 1 - n));
                }
            }
        } else {
            for (at, window) in padded.windows(n).enumerate() {
                each(hash_bytes(window), span(at));
            }
        }
    }
}

fn unicode_windows(padded: &[Folded], min: usize, max: usize, each: &mut impl FnMut(u64, Span)) {
    for n in min..=max {
        for window in padded.windows(n.min(padded.len())) {
            if let [first, .., last] | [first @ last] = window {
                each(
                    hash_folded(window),
                    Span::new(first.span.start, last.span.end),
                );
            }
        }
        if padded.len() <= n {
            return;
        }
    }
}

fn ascii_tokens(text: &[u8], rule: WordRule, tokens: &mut Vec<Token>) {
    let mut word: Option<(usize, Hasher)> = None;
    let close = |word: &mut Option<(usize, Hasher)>, end: usize, tokens: &mut Vec<Token>| {
        if let Some((start, hasher)) = word.take()
            && (rule.keep_short || end - start > 1)
        {
            tokens.push(Token {
                hash: hasher.finish(),
                span: Span::new(start, end),
            });
        }
    };
    for (i, &byte) in text.iter().enumerate() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            let (_, hasher) = word.get_or_insert((i, Hasher::new()));
            hasher.push(if rule.lowercase {
                byte.to_ascii_lowercase()
            } else {
                byte
            });
        } else {
            close(&mut word, i, tokens);
            if rule.punctuation && !is_blank(char::from(byte)) {
                tokens.push(Token {
                    hash: hash_bytes(&[byte]),
                    span: Span::new(i, i + 1),
                });
            }
        }
    }
    close(&mut word, text.len(), tokens);
}

fn unicode_tokens(folded: &[Folded], rule: WordRule, tokens: &mut Vec<Token>) {
    let alone = |c: char| rule.ideographs && is_ideograph(c);
    // A mark belongs to what it stands on, also to an ideograph.
    let joined = |a: char, b: char| {
        is_word(a) && is_word(b) && (is_combining_mark(b) || !alone(a) && !alone(b))
    };
    for piece in folded.chunk_by(|a, b| joined(a.character, b.character)) {
        let ([first, .., last] | [first @ last]) = piece else {
            continue;
        };
        let keep = if is_word(first.character) {
            rule.keep_short || piece.len() > 1 || alone(first.character)
        } else {
            rule.punctuation && !is_blank(first.character)
        };
        if keep {
            tokens.push(Token {
                hash: hash_folded(piece),
                span: Span::new(first.span.start, last.span.end),
            });
        }
    }
}

/// Fills `folded` with the characters of the text, in lower case if wanted; one character may become several.
fn fold(text: &str, lowercase: bool, folded: &mut Vec<Folded>) {
    folded.clear();
    for (start, character) in text.char_indices() {
        let span = Span::new(start, start + character.len_utf8());
        if lowercase {
            folded.extend(character.to_lowercase().map(|lower| Folded {
                character: if lower == 'ς' { 'σ' } else { lower },
                span,
            }));
        } else {
            folded.push(Folded { character, span });
        }
    }
}

/// Tells whether the character belongs to a word: `\w` of UTS #18.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || !c.is_ascii() && (is_combining_mark(c) || is_joiner(c))
}

/// Tells whether the character is an ideograph or a kana, so that a word of a few of them has no blank beside it.
pub fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}

/// Tells whether the character is one of the invisible joiners, which stand inside words of several scripts.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Tells whether the character is white space, as Python sees it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

const SEED: u64 = 0x9ae1_6a3b_2f90_404f;
/// Stand in for the tokens before the first and after the last.
const START: u64 = 0x3c6e_f372_fe94_f82b;
const END: u64 = 0xa54f_f53a_5f1d_36f1;

/// Hashes bytes in words of eight, the last of them shorter.
#[derive(Clone, Copy)]
struct Hasher {
    state: u64,
    packed: u64,
    pending: usize,
}

impl Hasher {
    fn new() -> Self {
        Self {
            state: SEED,
            packed: 0,
            pending: 0,
        }
    }

    fn push(&mut self, byte: u8) {
        self.packed = self.packed << 8 | u64::from(byte);
        self.pending += 1;
        if self.pending == 8 {
            self.state = mix(self.state ^ self.packed).rotate_left(17);
            (self.packed, self.pending) = (0, 0);
        }
    }

    fn finish(self) -> u64 {
        finish(self.state, self.packed, self.pending)
    }
}

/// Hashes up to seven bytes packed into a word; their number takes the eighth byte.
fn finish(state: u64, packed: u64, pending: usize) -> u64 {
    mix(state ^ packed ^ (pending as u64) << 56)
}

/// Returns the hash of a term given by its characters.
pub fn term_hash(characters: impl Iterator<Item = char>) -> u64 {
    let mut hasher = Hasher::new();
    for character in characters {
        for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
            hasher.push(byte);
        }
    }
    hasher.finish()
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = Hasher::new();
    for &byte in bytes {
        hasher.push(byte);
    }
    hasher.finish()
}

fn hash_folded(folded: &[Folded]) -> u64 {
    let mut hasher = Hasher::new();
    for f in folded {
        for &byte in f.character.encode_utf8(&mut [0; 4]).as_bytes() {
            hasher.push(byte);
        }
    }
    hasher.finish()
}

/// Returns the hash of an n-gram that is followed by another word.
fn join(left: u64, right: u64) -> u64 {
    mix(left.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ right)
}

/// Spreads every bit over the word; a bijection (the finaliser of `MurmurHash3`, Appleby 2011).
fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ x >> 33
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn words(text: &str, rule: WordRule, min: usize, max: usize) -> Vec<(u64, &str)> {
        let mut out = Vec::new();
        word_ngrams(
            text,
            rule,
            min,
            max,
            &mut Scratch::default(),
            &mut |hash, span| {
                assert!(
                    text.get(span.range()).is_some(),
                    "{span:?} cuts a character"
                );
                out.push((hash, span.of(text)));
            },
        );
        out
    }

    fn chars(text: &str, min: usize, max: usize) -> Vec<(u64, &str)> {
        let mut out = Vec::new();
        char_wb_ngrams(
            text,
            true,
            min,
            max,
            &mut Scratch::default(),
            &mut |hash, span| {
                assert!(
                    text.get(span.range()).is_some(),
                    "{span:?} cuts a character"
                );
                out.push((hash, span.of(text)));
            },
        );
        out
    }

    fn texts<'a>(ngrams: &[(u64, &'a str)]) -> Vec<&'a str> {
        ngrams.iter().map(|(_, text)| *text).collect()
    }

    /// The n-grams as strings, written down naively from scikit-learn's `_char_wb_ngrams`.
    fn naive_char_wb(text: &str, min: usize, max: usize) -> Vec<String> {
        let lower: String = text
            .chars()
            .flat_map(char::to_lowercase)
            .map(|c| if c == 'ς' { 'σ' } else { c })
            .collect();
        let mut out = Vec::new();
        for word in lower.split(is_blank).filter(|w| !w.is_empty()) {
            let padded: Vec<char> = format!(" {word} ").chars().collect();
            for n in min..=max {
                let mut offset = 0;
                out.push(padded.iter().take(n).collect());
                while offset + n < padded.len() {
                    offset += 1;
                    out.push(padded[offset..offset + n].iter().collect());
                }
                if offset == 0 {
                    break;
                }
            }
        }
        out
    }

    #[test]
    fn plain_words_have_two_letters_or_more() {
        let found = words("I can't PAY, ok?", WordRule::plain(), 1, 1);
        assert_eq!(texts(&found), ["can", "PAY", "ok"]);
        let found = words("I can't PAY, ok?", WordRule::plain(), 1, 2);
        assert_eq!(texts(&found), ["can", "PAY", "ok", "can't PAY", "PAY, ok"]);
    }

    #[test]
    fn full_words_keep_letters_and_punctuation_and_mark_the_ends() {
        let found = words("I pay?", WordRule::full(), 1, 2);
        assert_eq!(
            texts(&found),
            ["I", "pay", "?", "I pay", "pay?", "I", "?"],
            "the last two are the boundary bigrams"
        );
        let hashes: std::collections::HashSet<u64> = found.iter().map(|f| f.0).collect();
        assert_eq!(hashes.len(), found.len());
    }

    #[test]
    fn boundaries_tell_first_from_last_even_for_the_same_word() {
        let found = words("no", WordRule::full(), 2, 2);
        assert_eq!(texts(&found), ["no", "no"]);
        assert_ne!(found[0].0, found[1].0);
    }

    #[test]
    fn a_text_without_words_has_no_ngrams() {
        for text in ["", " ", "\t\n", "\u{a0}"] {
            assert_eq!(words(text, WordRule::full(), 1, 2), []);
            assert_eq!(chars(text, 2, 4), []);
        }
        assert_eq!(words("?!", WordRule::plain(), 1, 2), []);
    }

    #[test]
    fn an_empty_range_of_lengths_gives_nothing() {
        assert_eq!(words("one two", WordRule::plain(), 3, 2), []);
        assert_eq!(chars("one two", 5, 4), []);
        assert_eq!(words("one two", WordRule::plain(), 0, 1).len(), 2);
    }

    #[test]
    fn case_is_folded_only_when_asked() {
        let fold = WordRule::plain();
        let keep = WordRule {
            lowercase: false,
            ..fold
        };
        assert_eq!(
            words("Card", fold, 1, 1)[0].0,
            words("card", fold, 1, 1)[0].0
        );
        assert_ne!(
            words("Card", keep, 1, 1)[0].0,
            words("card", keep, 1, 1)[0].0
        );
        assert_eq!(
            words("ÄRGER", fold, 1, 1)[0].0,
            words("ärger", fold, 1, 1)[0].0
        );
        assert_eq!(
            words("ΟΔΟΣ", fold, 1, 1)[0].0,
            words("οδος", fold, 1, 1)[0].0
        );
    }

    #[test]
    fn spans_survive_letters_that_grow_in_lower_case() {
        // 'İ' has two bytes, its lower case three.
        let found = words("İİ istanbul 😀", WordRule::full(), 1, 1);
        assert_eq!(texts(&found), ["İİ", "istanbul", "😀"]);
        let found = chars("aİb", 2, 2);
        assert_eq!(texts(&found), ["a", "aİ", "İ", "İb", "b"]);
    }

    #[test]
    fn ascii_words_hash_alike_in_any_company() {
        let ascii = words("pay the bill", WordRule::full(), 1, 1);
        let mixed = words("pay the bill é", WordRule::full(), 1, 1);
        assert_eq!(ascii[..], mixed[..3]);
        let ascii = chars("extraordinarily long", 2, 12);
        let mixed = chars("extraordinarily long é", 2, 12);
        assert_eq!(ascii[..], mixed[..ascii.len()]);
    }

    #[test]
    fn char_wb_counts_a_short_word_once() {
        assert_eq!(
            texts(&chars("ab c", 2, 4)),
            ["a", "ab", "b", "ab", "ab", "ab", "c", "c", "c"]
        );
        assert_eq!(
            naive_char_wb("ab c", 2, 4),
            [" a", "ab", "b ", " ab", "ab ", " ab ", " c", "c ", " c "]
        );
    }

    #[test]
    fn hashes_are_those_of_saved_models() {
        assert_eq!(
            words("card", WordRule::plain(), 1, 1)[0].0,
            hash_bytes(b"card")
        );
        let known = [
            ("", 0xc3b9_706c_da13_0dd2),
            ("card", 0x2e5d_78b1_300e_5ab4),
            ("Straßenbahn", 0x7198_1b28_b9f3_c986),
        ];
        for (text, hash) in known {
            assert_eq!(hash_bytes(text.as_bytes()), hash, "{text}");
        }
    }

    proptest! {
        #[test]
        fn char_wb_is_scikit_learns_on_any_text(text in ".{0,40}", min in 1_usize..5, more in 0_usize..8) {
            let found = chars(&text, min, min + more);
            let naive = naive_char_wb(&text, min, min + more);
            prop_assert_eq!(found.len(), naive.len());
            let (mut by_hash, mut by_text) = (HashMap::new(), HashMap::new());
            for ((hash, _), ngram) in found.iter().zip(&naive) {
                prop_assert_eq!(by_hash.entry(*hash).or_insert(ngram), &ngram);
                prop_assert_eq!(by_text.entry(ngram).or_insert(*hash), hash);
            }
        }

        #[test]
        fn word_spans_lie_in_any_text(text in any::<String>(), min in 0_usize..4, max in 0_usize..5) {
            for rule in [WordRule::plain(), WordRule::full()] {
                words(&text, rule, min, max);
            }
        }

        #[test]
        fn plain_ascii_words_are_the_regular_expression(text in "[ -~]{0,40}") {
            let regex = regex::Regex::new(r"\w\w+").unwrap();
            let naive: Vec<&str> = regex.find_iter(&text).map(|m| m.as_str()).collect();
            prop_assert_eq!(texts(&words(&text, WordRule::plain(), 1, 1)), naive);
        }

        #[test]
        fn full_words_are_the_regular_expression(text in any::<String>()) {
            let word = r"\p{Alphabetic}\p{N}\p{M}_\u{200c}\u{200d}";
            let regex = regex::Regex::new(&format!(r"[{word}]+|[^{word}\s\x1c-\x1f]")).unwrap();
            let lower: String = text.chars().flat_map(char::to_lowercase).collect();
            let naive = regex.find_iter(&lower).count();
            prop_assert_eq!(words(&text, WordRule { ideographs: false, ..WordRule::full() }, 1, 1).len(), naive);
        }
    }

    #[test]
    fn ideographs_and_kana_stand_alone_beside_words_of_letters() {
        let tokens = |text| -> Vec<&str> {
            let all = words(text, WordRule::full(), 1, 1);
            all.into_iter().map(|(_, token)| token).collect()
        };
        assert_eq!(
            tokens("我爱iPhone手机。"),
            ["我", "爱", "iPhone", "手", "机", "。"]
        );
        assert_eq!(tokens("AIとは何"), ["AI", "と", "は", "何"]);
        assert_eq!(tokens("か\u{3099}く"), ["か\u{3099}", "く"]);
        assert_eq!(tokens("สวัสดี 안녕"), ["สวัสดี", "안녕"]);
        let plain: Vec<_> = words("我爱你", WordRule::plain(), 1, 1);
        assert_eq!(plain.len(), 1);
    }
}
