//! Tokenizers: what a message's words are (nlu.md §2).

use serde::{Deserialize, Serialize};

use super::{
    expression::Expression,
    registry::{self, Spec},
};
use crate::{
    data::Config,
    text::{Span, dictionary_tokens, whitespace_tokens},
};

/// Options; those that cut the names of intents change nothing here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct TokenizerOptions {
    pub(crate) token_pattern: Option<String>,
}

/// How words are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Words {
    /// By blanks and punctuation: `WhitespaceTokenizer`.
    #[default]
    Whitespace,
    /// By dictionaries where there are no blanks: `IcuTokenizer`.
    Dictionary,
}

/// A tokenizer at work.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokenizer {
    words: Words,
    pattern: Option<(String, Box<Expression>)>,
}

/// What a model keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedTokenizer {
    words: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_pattern: Option<String>,
}

impl Tokenizer {
    /// Returns the tokenizer of a configured pipeline; without one words are told by blanks.
    pub(crate) fn of(config: &Config) -> Self {
        let specs = registry::read(&config.pipeline(true), config, true, &mut Vec::new());
        let made = specs.into_iter().rev().find_map(|(_, spec)| match spec {
            Spec::Tokenizer(words, options) => Some(Self::new(words, &options).unwrap_or_default()),
            _ => None,
        });
        made.unwrap_or_default()
    }

    /// Makes a tokenizer; the error says what is wrong with its expression.
    pub(crate) fn new(words: Words, options: &TokenizerOptions) -> Result<Self, String> {
        let pattern = match &options.token_pattern {
            None => None,
            Some(pattern) => {
                let expression = Expression::new(pattern, true)
                    .map_err(|why| format!("`token_pattern` is no regular expression: {why}"))?;
                if expression.groups() > 1 {
                    return Err(format!(
                        "`token_pattern` may have one group, not {}: write `(?:…)` for the others",
                        expression.groups()
                    ));
                }
                Some((pattern.clone(), Box::new(expression)))
            }
        };
        Ok(Self { words, pattern })
    }

    /// Returns the tokens of a text, as byte spans.
    pub(crate) fn tokens(&self, text: &str) -> Vec<Span> {
        let words = match self.words {
            Words::Whitespace => whitespace_tokens(text),
            Words::Dictionary => dictionary_tokens(text),
        };
        let Some((_, expression)) = &self.pattern else {
            return words;
        };
        let mut tokens = Vec::with_capacity(words.len());
        for word in words {
            let before = tokens.len();
            let inside = expression.find_all(word.of(text));
            tokens.extend(
                inside.map(|part| Span::new(word.start + part.start, word.start + part.end)),
            );
            // A word without a match stays whole.
            if tokens.len() == before {
                tokens.push(word);
            }
        }
        tokens
    }

    pub(crate) fn saved(&self) -> SavedTokenizer {
        SavedTokenizer {
            words: self.words,
            token_pattern: self.pattern.as_ref().map(|(pattern, _)| pattern.clone()),
        }
    }

    /// Makes a saved tokenizer ready.
    pub(crate) fn load(saved: SavedTokenizer) -> Result<Self, String> {
        let options = TokenizerOptions {
            token_pattern: saved.token_pattern,
        };
        Self::new(saved.words, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(pattern: &str, text: &str) -> Result<Vec<String>, String> {
        let options = TokenizerOptions {
            token_pattern: Some(pattern.to_owned()),
        };
        let tokenizer = Tokenizer::new(Words::Whitespace, &options)?;
        let again = Tokenizer::load(tokenizer.saved())?;
        assert_eq!(again.tokens(text), tokenizer.tokens(text));
        let spans = tokenizer.tokens(text).into_iter();
        Ok(spans.map(|span| span.of(text).to_owned()).collect())
    }

    #[test]
    fn a_pattern_cuts_words_and_leaves_those_without_a_match() {
        for (pattern, text, words) in [
            (
                "(?:[a-z]+|[0-9]+)",
                "parcel-12 a1b2 ÄÖ",
                &["parcel", "12", "a", "1", "b", "2", "ÄÖ"][..],
            ),
            ("([a-z]+)-", "new-york-city", &["new", "york"]),
        ] {
            assert_eq!(tokens(pattern, text).unwrap(), words);
        }
        assert!(tokens("(", "").is_err());
        assert!(tokens("(a)(b)", "").is_err());
    }
}
