//! What `LexicalSyntacticFeaturizer` tells of the words around a token (nlu.md §4).
//!
//! Rasa's `DIETClassifier` reads it, so what stands in for that does: beside its own features, which already say more
//! than the default ones do, where `config.yml` names some.

use serde::{Deserialize, Serialize};

use super::{
    features::{Message, is_digit, is_title, is_upper},
    hash::{hash, join},
    rows::Rows,
};
use crate::data::Json;

/// What is told of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lexical {
    IsFirst,
    IsLast,
    Low,
    Title,
    Upper,
    Digit,
    Prefix(usize),
    Suffix(usize),
}

/// Names of all features; those without one here need a language model.
const NAMES: [(&str, Option<Lexical>); 14] = [
    ("BOS", Some(Lexical::IsFirst)),
    ("EOS", Some(Lexical::IsLast)),
    ("low", Some(Lexical::Low)),
    ("title", Some(Lexical::Title)),
    ("upper", Some(Lexical::Upper)),
    ("digit", Some(Lexical::Digit)),
    ("prefix5", Some(Lexical::Prefix(5))),
    ("prefix2", Some(Lexical::Prefix(2))),
    ("suffix5", Some(Lexical::Suffix(5))),
    ("suffix3", Some(Lexical::Suffix(3))),
    ("suffix2", Some(Lexical::Suffix(2))),
    ("suffix1", Some(Lexical::Suffix(1))),
    ("pos", None),
    ("pos2", None),
];

/// Features of words at places around a token, sorted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LexicalFeatures(Vec<(isize, Lexical)>);

impl LexicalFeatures {
    /// Reads the option `features`, a list of names for each word of the window; returns also the names that are left
    /// out. The error says what is wrong.
    pub(crate) fn read(option: &Json) -> Result<(Self, Vec<String>), String> {
        let lists: Vec<Vec<String>> =
            serde_json::from_value(option.clone()).map_err(|error| error.to_string())?;
        // As in Rasa an even window reaches farther back.
        let half = (lists.len() / 2).cast_signed();
        let (mut features, mut left_out) = (Self::default(), Vec::new());
        for (offset, names) in (-half..).zip(&lists) {
            for name in names {
                match NAMES.iter().find(|(known, _)| known == name) {
                    Some((_, Some(feature))) => features.0.push((offset, *feature)),
                    Some((_, None)) => left_out.push(name.clone()),
                    None => return Err(format!("there is no feature `{name}`")),
                }
            }
        }
        features.join(&Self::default());
        left_out.sort();
        left_out.dedup();
        Ok((features, left_out))
    }

    /// Adds the features of another featurizer.
    pub(crate) fn join(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// Returns the hashes of the features of every token; places outside the message give none.
    pub(super) fn tell(&self, message: &Message<'_>) -> Rows {
        let mut rows = Rows::default();
        if self.0.is_empty() {
            return rows;
        }
        let words: Vec<&str> = message.tokens.iter().map(|t| t.of(message.text)).collect();
        for token in 0..words.len() {
            for (offset, feature) in &self.0 {
                let at = token.checked_add_signed(*offset);
                let Some((at, word)) = at.and_then(|at| Some((at, *words.get(at)?))) else {
                    continue;
                };
                let truth = u64::from;
                let value = match feature {
                    Lexical::IsFirst => truth(at == 0),
                    Lexical::IsLast => truth(at + 1 == words.len()),
                    Lexical::Low => truth(is_low(word)),
                    Lexical::Title => truth(is_title(word)),
                    Lexical::Upper => truth(is_upper(word)),
                    Lexical::Digit => truth(is_digit(word)),
                    Lexical::Prefix(count) => hash(word.chars().take(*count)),
                    Lexical::Suffix(count) => hash(word.chars().rev().take(*count)),
                };
                let place = join(
                    300,
                    offset.unsigned_abs() as u64 * 2 + u64::from(*offset < 0),
                );
                rows.push(token, join(join(place, feature.number()), value));
            }
        }
        rows.finish(words.len());
        rows
    }
}

impl Lexical {
    /// Returns a number of its own. It is part of the format of saved models.
    fn number(self) -> u64 {
        match self {
            Self::IsFirst => 0,
            Self::IsLast => 1,
            Self::Low => 2,
            Self::Title => 3,
            Self::Upper => 4,
            Self::Digit => 5,
            Self::Prefix(count) => 10 + count as u64,
            Self::Suffix(count) => 20 + count as u64,
        }
    }
}

/// Python's `islower`: at least one letter with case, and none that is a capital.
fn is_low(word: &str) -> bool {
    word.chars().any(char::is_lowercase) && !word.chars().any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::whitespace_tokens;

    fn read(lists: &str) -> Result<(LexicalFeatures, Vec<String>), String> {
        LexicalFeatures::read(&serde_json::from_str(lists).unwrap())
    }

    /// Returns the hashes of each token.
    fn told(features: &LexicalFeatures, text: &str) -> Vec<Vec<u64>> {
        let tokens = whitespace_tokens(text);
        let message = Message {
            text,
            tokens: &tokens,
            patterns: &[],
            own: None,
        };
        let rows = features.tell(&message);
        (0..tokens.len())
            .map(|token| rows.get(token).to_vec())
            .collect()
    }

    #[test]
    fn windows_are_read_as_rasa_reads_them() {
        let offsets = |lists: &str| -> Vec<isize> {
            let (features, _) = read(lists).unwrap();
            features.0.iter().map(|(offset, _)| *offset).collect()
        };
        assert_eq!(offsets(r#"[["low"]]"#), [0]);
        assert_eq!(offsets(r#"[["low"], ["low"]]"#), [-1, 0]);
        assert_eq!(offsets(r#"[["low"], [], ["low", "low"]]"#), [-1, 1]);
        assert!(offsets("[]").is_empty());
        let (_, left_out) = read(r#"[["pos2", "low", "pos", "pos"]]"#).unwrap();
        assert_eq!(left_out, ["pos", "pos2"]);
        assert_eq!(
            read(r#"[["lowly"]]"#).unwrap_err(),
            "there is no feature `lowly`"
        );
        assert!(read(r#"["low"]"#).is_err());
    }

    #[test]
    fn equal_words_are_told_alike_and_places_outside_give_nothing() {
        let (features, _) = read(r#"[["suffix2"], ["title", "BOS"], ["EOS"]]"#).unwrap();
        let rows = told(&features, "from Rome from Rome from");
        let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
        assert_eq!(counts, [3, 4, 4, 4, 3]);
        // What stands before, the word itself and the end.
        assert_eq!(rows[1][..3], rows[3][..3]);
        assert_ne!(rows[1][3], rows[3][3]);
        assert_ne!(rows[0][0], rows[2][1]);
        assert_eq!(rows[0][1..], rows[2][2..]);
    }

    #[test]
    fn no_two_features_share_a_number() {
        let known = NAMES.iter().filter_map(|(_, feature)| *feature);
        let mut numbers: Vec<u64> = known.map(Lexical::number).collect();
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }

    #[test]
    fn case_is_told_as_python_tells_it() {
        let words = ["hello", "h1", "Hello", "1", "日本", ""];
        assert_eq!(words.map(is_low), [true, true, false, false, false, false]);
    }
}
