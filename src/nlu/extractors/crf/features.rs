//! What a random field is told of every token of a message: as hashes, Rasa's features (nlu.md §6) or richer ones.
//!
//! The richer ones, used where `config.yml` names none, were chosen by validation on ATIS, SNIPS and the Spanish part
//! of Facebook's multilingual set (`cargo bench --bench entities`): words and pairs of words around, beginnings and
//! ends, shapes, what the lexicon says, and common words farther away.

use serde::{Deserialize, Serialize};

use super::{
    hash::{Hash, each_lower, hash, join},
    lexical::LexicalFeatures,
    lexicon::{self, Lexicon},
};
use crate::{data::Example, text::Span};

/// One of Rasa's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Feature {
    Low,
    Title,
    Upper,
    Digit,
    Bias,
    Prefix(usize),
    Suffix(usize),
    Pattern,
}

impl Feature {
    /// Returns the feature of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "low" => Self::Low,
            "title" => Self::Title,
            "upper" => Self::Upper,
            "digit" => Self::Digit,
            "bias" => Self::Bias,
            "prefix5" => Self::Prefix(5),
            "prefix2" => Self::Prefix(2),
            "suffix5" => Self::Suffix(5),
            "suffix3" => Self::Suffix(3),
            "suffix2" => Self::Suffix(2),
            "suffix1" => Self::Suffix(1),
            "pattern" => Self::Pattern,
            _ => return None,
        })
    }
}

/// What a message gives to make features of.
pub(super) struct Message<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Span],
    /// Hashes of the names of expressions that match each token.
    pub(super) patterns: &'a [Vec<u64>],
    /// The example this is, while it is learned from.
    pub(super) own: Option<&'a Example>,
}

/// Calls `each` with token and hash of every one of Rasa's features.
pub(super) fn named(
    message: &Message<'_>,
    window: &[Vec<Feature>],
    each: &mut impl FnMut(usize, u64),
) {
    let words: Vec<&str> = message.tokens.iter().map(|t| t.of(message.text)).collect();
    let half = window.len() / 2;
    for token in 0..words.len() {
        for (place, features) in window.iter().enumerate() {
            let offset = join(1, place as u64 + 100 - half as u64);
            let Some(at) = (token + place).checked_sub(half) else {
                each(token, hash("BOS".chars()));
                continue;
            };
            let Some(word) = words.get(at) else {
                each(token, hash("EOS".chars()));
                continue;
            };
            for (kind, feature) in (10..).zip(features) {
                let value = match feature {
                    Feature::Low => Some(lexicon::word(word)),
                    Feature::Title => is_title(word).then_some(1),
                    Feature::Upper => is_upper(word).then_some(1),
                    Feature::Digit => is_digit(word).then_some(1),
                    Feature::Bias => Some(1),
                    Feature::Prefix(count) => Some(hash(word.chars().take(*count))),
                    Feature::Suffix(count) => Some(hash(word.chars().rev().take(*count))),
                    Feature::Pattern => {
                        for name in message.patterns.get(at).into_iter().flatten() {
                            each(token, join(join(offset, 9), *name));
                        }
                        None
                    }
                };
                if let Some(value) = value {
                    each(token, join(join(offset, kind), value));
                }
            }
        }
    }
}

/// Python's `istitle`: capitals only where a word begins, small letters only after them.
pub(super) fn is_title(word: &str) -> bool {
    let (mut inside, mut any) = (false, false);
    for c in word.chars() {
        if c.is_uppercase() {
            if inside {
                return false;
            }
            (inside, any) = (true, true);
        } else if c.is_lowercase() {
            if !inside {
                return false;
            }
        } else {
            inside = false;
        }
    }
    any
}

/// Python's `isupper`: at least one letter with case, and none small.
pub(super) fn is_upper(word: &str) -> bool {
    word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase)
}

/// Python's `isdigit`, for the digits that occur.
pub(super) fn is_digit(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_numeric() && !c.is_alphabetic())
}

/// What is known of a token by itself.
struct Word {
    /// Of the word in lower case with all digits alike.
    low: u64,
    /// Of the word in lower case.
    exact: u64,
    shape: u64,
    common: bool,
}

/// Longest beginnings and ends of words.
const AFFIX: usize = 5;
/// How far common words are seen to the left and to the right.
const FAR: (usize, usize) = (8, 6);

/// Calls `each` with token and hash of every feature of our own.
pub(super) fn own(
    message: &Message<'_>,
    lexicon: &Lexicon,
    lexical: &LexicalFeatures,
    each: &mut impl FnMut(usize, u64),
) {
    let text = message.text;
    let words: Vec<Word> = message
        .tokens
        .iter()
        .map(|token| Word::new(token.of(text), lexicon))
        .collect();
    let exact: Vec<u64> = words.iter().map(|word| word.exact).collect();
    let known = lexicon.find(&exact, message.own.map(|own| (own, message.tokens)));
    let place = |token: usize, offset: isize| token.checked_add_signed(offset);
    // The word at an offset; the first place outside the message is its edge.
    let low = |token: usize, offset: isize| match place(token, offset) {
        Some(at) if at < words.len() => words[at].low,
        Some(at) => 1 + u64::from(at > words.len()),
        None => 3 + u64::from(token.checked_add_signed(offset + 1).is_none()),
    };
    let shape = |token: usize, offset: isize| {
        let word = place(token, offset).and_then(|at| words.get(at));
        word.map_or(0, |word| word.shape)
    };
    let common: Vec<usize> = (0..words.len()).filter(|&at| words[at].common).collect();
    // How many of them stand before the token.
    let mut passed = 0;
    let mut affixes: Vec<char> = Vec::new();
    let told = lexical.tell(message);
    for (token, span) in message.tokens.iter().enumerate() {
        told.get(token).iter().for_each(|hash| each(token, *hash));
        let mut tell = |kind: u64, value: u64| each(token, join(kind, value));
        tell(1, 0);
        for (kind, offset) in (10..).zip(-3..=3) {
            tell(kind, low(token, offset));
        }
        tell(20, join(low(token, -1), low(token, 0)));
        tell(21, join(low(token, 0), low(token, 1)));
        for (kind, offset) in (30..).zip(-1..=1) {
            tell(kind, shape(token, offset));
        }
        tell(33, join(shape(token, -1), shape(token, 0)));
        tell(34, join(shape(token, 0), shape(token, 1)));
        affixes.clear();
        each_lower(span.of(text), |c| affixes.push(normal(c)));
        let mut beginning = Hash::new();
        for (count, c) in (1..=AFFIX).zip(&affixes) {
            beginning.push(*c);
            tell(40 + count as u64, beginning.finish());
            let end = affixes.len() - count;
            tell(50 + count as u64, hash(affixes[end..].iter().copied()));
        }
        for (kind, offset) in (60..).zip(-1..=1) {
            let Some(at) = place(token, offset).filter(|at| *at < words.len()) else {
                continue;
            };
            for known in known.get(at) {
                tell(kind, *known);
            }
            tell(kind + 10, known.get(at).iter().copied().fold(0, join));
            for name in message.patterns.get(at).into_iter().flatten() {
                tell(kind + 20, *name);
            }
        }
        let before = words.iter().take(token).rev().enumerate();
        for (_, word) in before.take(FAR.0).skip(2).filter(|(_, word)| word.common) {
            tell(90, word.low);
        }
        let after = words.iter().skip(token + 1).enumerate();
        for (_, word) in after.take(FAR.1).skip(2).filter(|(_, word)| word.common) {
            tell(91, word.low);
        }
        // The last two common words, however far away, and the next one.
        if common.get(passed).is_some_and(|next| *next < token) {
            passed += 1;
        }
        let nth = |at: Option<usize>| Some(words[*common.get(at?)?].low);
        if let Some(first) = nth(passed.checked_sub(1)) {
            tell(92, first);
            if let Some(second) = nth(passed.checked_sub(2)) {
                tell(93, second);
                tell(94, join(first, second));
            }
        }
        if let Some(next) = nth(Some(passed + usize::from(words[token].common))) {
            tell(95, next);
        }
    }
}

/// Returns a character that stands for all digits if it is one.
fn normal(c: char) -> char {
    if c.is_ascii_digit() { '0' } else { c }
}

impl Word {
    fn new(word: &str, lexicon: &Lexicon) -> Self {
        let (mut exact, mut low) = (Hash::new(), Hash::new());
        each_lower(word, |c| {
            exact.push(c);
            low.push(normal(c));
        });
        let exact = exact.finish();
        Self {
            low: low.finish(),
            exact,
            shape: shape(word),
            common: lexicon.is_common(exact),
        }
    }
}

/// Returns the hash of a word's shape: capitals, small letters and digits alike, no more than two in a row.
fn shape(word: &str) -> u64 {
    let mut shape = Hash::new();
    let mut last = [None; 2];
    for c in word.chars() {
        let class = if c.is_uppercase() {
            'X'
        } else if c.is_lowercase() {
            'x'
        } else if c.is_numeric() {
            '0'
        } else if c.is_alphabetic() {
            'a'
        } else {
            c
        };
        if last != [Some(class); 2] {
            shape.push(class);
            last = [last[1], Some(class)];
        }
    }
    shape.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_told_as_python_tells_it() {
        let all = |word| [is_title(word), is_upper(word), is_digit(word)];
        assert_eq!(all("Hello"), [true, false, false]);
        assert_eq!(all("HELLO"), [false, true, false]);
        assert_eq!(all("McDonald"), [false, false, false]);
        assert_eq!(all("New-York"), [true, false, false]);
        assert_eq!(all("12"), [false, false, true]);
        assert_eq!(all("H"), [true, true, false]);
        assert_eq!(all("日本"), [false, false, false]);
        assert_eq!(all(""), [false, false, false]);
    }

    #[test]
    fn shapes_tell_digits_from_letters_and_forget_length() {
        assert_eq!(shape("AB-123"), shape("XY-4567"));
        assert_ne!(shape("AB-123"), shape("AB-C"));
    }
}
