//! What may be said about a table instead of being found out.

use std::str::FromStr;

use super::{delimiter::Delimiter, problem::Problem};
use crate::diagnostic::Error;

/// Everything that a person can decide about reading and cleaning.
#[derive(Clone, Debug)]
pub struct Options {
    /// Column with the messages: name, or number from 1.
    pub text: Option<String>,
    /// Column with the intents.
    pub intent: Option<String>,
    /// Column with the answers.
    pub response: Option<String>,
    /// What parts the cells.
    pub delimiter: Option<Delimiter>,
    /// Name of the encoding.
    pub encoding: Option<String>,
    /// Whether the first row is a header.
    pub header: Option<bool>,
    /// Whether marks such as `[Berlin](city)` become entities.
    pub entities: bool,
    /// What to do with a text that has two labels.
    pub on_conflict: OnConflict,
    /// Intents with fewer examples are left out.
    pub min_examples: usize,
    /// Share of the examples to hold out for testing.
    pub holdout: Option<f64>,
    /// Seed of the choice what is held out.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            text: None,
            intent: None,
            response: None,
            delimiter: None,
            encoding: None,
            header: None,
            entities: true,
            on_conflict: OnConflict::default(),
            min_examples: 1,
            holdout: None,
            seed: 42,
        }
    }
}

/// What to do with a text that has two labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// The most frequent label wins; of equally frequent ones the first.
    #[default]
    Majority,
    /// The first label wins.
    First,
    /// None wins: every such row is left out.
    Drop,
    /// Nothing is converted.
    Error,
    /// All rows stay as they are, repeats too: for testing, where every row counts.
    Keep,
}

impl FromStr for Delimiter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let byte = match text.to_ascii_lowercase().as_str() {
            "tab" | "\\t" | "\t" => b'\t',
            "comma" => b',',
            "semicolon" => b';',
            "pipe" => b'|',
            "space" | "blank" | " " => return Ok(Self::FirstBlank),
            other => match other.as_bytes() {
                [byte]
                    if byte.is_ascii()
                        && !byte.is_ascii_alphanumeric()
                        && !b"\"\r\n".contains(byte) =>
                {
                    *byte
                }
                _ => return Err(Problem::BadDelimiter(text.to_owned()).into()),
            },
        };
        Ok(Self::Byte(byte))
    }
}
