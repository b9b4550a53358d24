//! Training data of the NLU part.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use rustc_hash::FxHashSet;

use super::{Json, Located};
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
    /// What was noted beside it, for people and programs; nothing is learnt from it.
    pub metadata: Option<Arc<ExampleMetadata>>,
    /// Where the message stands.
    pub origin: Origin,
}

/// Notes of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExampleMetadata {
    /// Those of all examples that stand together under one intent.
    pub intent: Option<Json>,
    /// Its own.
    pub example: Option<Json>,
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

    /// Returns the examples without exact repetitions (same text, intent, entities and metadata), the first of each.
    pub fn unique_examples(&self) -> Vec<&Example> {
        let mut seen: FxHashSet<Said<'_>> = FxHashSet::default();
        seen.reserve(self.examples.len());
        self.examples
            .iter()
            .filter(|example| seen.insert(Said(example)))
            .collect()
    }

    /// Returns the intents that have examples, sorted, each once.
    pub fn intents(&self) -> Vec<&str> {
        let names = self.examples.iter().map(|example| example.intent.as_str());
        let names: FxHashSet<&str> = names.collect();
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        names
    }
}

/// An example as Rasa compares them: text, intent, marks and metadata.
struct Said<'a>(&'a Example);

impl Said<'_> {
    fn name(&self) -> &str {
        let Self(example) = self;
        example.response_key.as_deref().unwrap_or(&example.intent)
    }
}

impl PartialEq for Said<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (Self(one), Self(two)) = (self, other);
        self.name() == other.name()
            && one.text == two.text
            && one.entities == two.entities
            && one.metadata == two.metadata
    }
}

impl Eq for Said<'_> {}

impl Hash for Said<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.0.text, self.name()).hash(state);
    }
}

/// Two marks are equal where they say the same, wherever they were written.
impl PartialEq for Annotation {
    fn eq(&self, other: &Self) -> bool {
        self.said() == other.said()
    }
}

impl Eq for Annotation {}

impl Hash for Annotation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.said().hash(state);
    }
}

impl Annotation {
    /// Returns all but the place.
    fn said(&self) -> impl Eq + Hash {
        (
            self.span,
            &self.entity,
            &self.role,
            &self.group,
            &self.value,
        )
    }

    /// Returns what the entity stands for: its value, or the covered text.
    pub fn value<'a>(&'a self, text: &'a str) -> &'a str {
        self.value.as_deref().unwrap_or_else(|| self.span.of(text))
    }
}
