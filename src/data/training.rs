//! Training data of the NLU part.

use std::collections::HashMap;

use super::Located;
use crate::{diagnostic::Origin, text::Span};

/// Examples, synonyms, regexes and lookup tables.
#[derive(Clone, Debug, Default)]
pub struct TrainingData {
    /// Messages with their intent, in file order.
    pub examples: Vec<Example>,
    /// Spellings and what they stand for.
    pub synonyms: Vec<Synonym>,
    /// Named regular expressions.
    pub patterns: Vec<Pattern>,
    /// Named word lists.
    pub lookups: Vec<Lookup>,
}

/// A message with its intent and entities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// The message without annotation marks.
    pub text: String,
    /// Its intent; for `faq/ask` the part before the slash.
    pub intent: String,
    /// For a retrieval intent the whole `faq/ask`.
    pub response_key: Option<String>,
    /// Marked entities, by position.
    pub entities: Vec<Annotation>,
    /// Where the message stands.
    pub origin: Origin,
}

/// An entity marked in an example.
#[derive(Clone, Debug, Default)]
pub struct Annotation {
    /// Bytes of the clean text.
    pub span: Span,
    /// Type.
    pub entity: String,
    /// Role, if any.
    pub role: Option<String>,
    /// Group, if any.
    pub group: Option<String>,
    /// Value where it differs from the covered text.
    pub value: Option<String>,
    /// Where the mark stands, or the whole example where that cannot be told apart.
    pub origin: Origin,
}

/// A spelling and what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Synonym {
    /// What is found in a message.
    pub spelling: String,
    /// What it becomes.
    pub value: String,
    /// Where it was said.
    pub origin: Origin,
}

/// A named regular expression, in Python's syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Name; an entity type where it is to extract.
    pub name: String,
    /// The expression.
    pub pattern: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A named list of words.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// Name; an entity type where it is to extract.
    pub name: String,
    /// Entries in file order.
    pub entries: Vec<Located<String>>,
    /// Where the name stands.
    pub origin: Origin,
}

impl TrainingData {
    /// Adds everything of another part; a lookup table of the same name grows.
    pub fn append(&mut self, mut other: Self) {
        self.examples.append(&mut other.examples);
        self.synonyms.append(&mut other.synonyms);
        self.patterns.append(&mut other.patterns);
        for lookup in other.lookups {
            match self
                .lookups
                .iter_mut()
                .find(|known| known.name == lookup.name)
            {
                Some(known) => known.entries.extend(lookup.entries),
                None => self.lookups.push(lookup),
            }
        }
    }

    /// Returns the examples without exact repetitions (same text, intent and entities), the first of each.
    pub fn unique_examples(&self) -> Vec<&Example> {
        let mut seen: HashMap<(&str, &str), Vec<&Example>> = HashMap::new();
        self.examples
            .iter()
            .filter(|example| {
                let name = example.response_key.as_deref().unwrap_or(&example.intent);
                let known = seen.entry((&example.text, name)).or_default();
                let is_new = !known.iter().any(|other| other.entities == example.entities);
                if is_new {
                    known.push(example);
                }
                is_new
            })
            .collect()
    }

    /// Returns the intents that have examples, sorted, each once.
    pub fn intents(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .examples
            .iter()
            .map(|example| example.intent.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Two marks are equal where they say the same, wherever they were written.
impl PartialEq for Annotation {
    fn eq(&self, other: &Self) -> bool {
        (
            self.span,
            &self.entity,
            &self.role,
            &self.group,
            &self.value,
        ) == (
            other.span,
            &other.entity,
            &other.role,
            &other.group,
            &other.value,
        )
    }
}

impl Annotation {
    /// Returns what the entity stands for: its value, or the covered text.
    pub fn value<'a>(&'a self, text: &'a str) -> &'a str {
        self.value.as_deref().unwrap_or_else(|| self.span.of(text))
    }
}
