//! `RegexEntityExtractor`: named expressions and word lists (nlu.md §6).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::words::Words;
use crate::{
    data::{Entity, Pattern, TrainingData},
    nlu::expression::{Expression, Expressions},
    text::{CharacterCounter, Span},
};

/// Name in `config.yml`.
pub(crate) const NAME: &str = "RegexEntityExtractor";

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the options of Rasa's extractor"
)]
pub(crate) struct RegexParams {
    pub(crate) case_sensitive: bool,
    pub(crate) use_lookup_tables: bool,
    pub(crate) use_regexes: bool,
    pub(crate) use_word_boundaries: bool,
}

impl Default for RegexParams {
    fn default() -> Self {
        Self {
            case_sensitive: false,
            use_lookup_tables: true,
            use_regexes: true,
            use_word_boundaries: true,
        }
    }
}

/// Patterns ready to match.
#[derive(Clone, Debug)]
pub(crate) struct RegexExtractor {
    saved: SavedRegex,
    expressions: Expressions,
    /// Their numbers follow those of the expressions.
    lists: Vec<Words>,
    /// Whether a later pattern has the same name.
    hidden: Vec<bool>,
}

/// Patterns as a model keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedRegex {
    case_sensitive: bool,
    #[serde(default)]
    use_word_boundaries: bool,
    /// Name and expression.
    patterns: Vec<(String, String)>,
    /// Name and entries; they come after the patterns.
    #[serde(default)]
    lists: Vec<(String, Vec<String>)>,
}

impl RegexExtractor {
    /// Takes the patterns whose name is an entity type that some example marks.
    pub(crate) fn train(params: &RegexParams, training: &TrainingData) -> Self {
        let marked: BTreeSet<&str> = training
            .examples
            .iter()
            .flat_map(|example| &example.entities)
            .map(|e| e.entity.as_str())
            .collect();
        Self::choose(params, training, &|name| marked.contains(name))
    }

    /// Takes the patterns with these names, expressions by name before lists in file order; [`broken`] tells of those
    /// that do not compile.
    pub(crate) fn choose(
        params: &RegexParams,
        training: &TrainingData,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut saved = SavedRegex {
            case_sensitive: params.case_sensitive,
            use_word_boundaries: params.use_word_boundaries,
            patterns: Vec::new(),
            lists: Vec::new(),
        };
        if params.use_regexes {
            let mut patterns: Vec<_> = training
                .patterns
                .iter()
                .filter(|pattern| wanted(&pattern.name))
                .collect();
            patterns.sort_by_key(|pattern| format!("{}{}", pattern.name, pattern.pattern));
            let named = patterns.into_iter();
            let sound = named
                .filter(|pattern| Expression::new(&pattern.pattern, params.case_sensitive).is_ok());
            let named = sound.map(|pattern| (pattern.name.clone(), pattern.pattern.clone()));
            saved.patterns = named.collect();
        }
        if params.use_lookup_tables {
            for lookup in training
                .lookups
                .iter()
                .filter(|lookup| wanted(&lookup.name))
            {
                let entries = lookup.entries.iter().map(|entry| entry.value.clone());
                saved.lists.push((lookup.name.clone(), entries.collect()));
            }
        }
        Self::load(saved)
    }

    /// Makes saved patterns ready; a list that is too long is passed over.
    pub(crate) fn load(mut saved: SavedRegex) -> Self {
        let case_sensitive = saved.case_sensitive;
        let patterns = saved.patterns.iter();
        let expressions = patterns
            .map(|(_, pattern)| Expression::proven(pattern, case_sensitive))
            .collect();
        let mut lists = Vec::new();
        let boundaries = saved.use_word_boundaries;
        saved.lists.retain(|(_, entries)| {
            let words = Words::new(entries, case_sensitive, boundaries);
            let sound = words.is_ok();
            lists.extend(words);
            sound
        });
        let mut extractor = Self {
            saved,
            expressions,
            lists,
            hidden: Vec::new(),
        };
        let names: Vec<&str> = extractor.names().collect();
        let mut seen = BTreeSet::new();
        let hidden: Vec<bool> = names.iter().rev().map(|name| !seen.insert(*name)).collect();
        extractor.hidden = hidden.into_iter().rev().collect();
        extractor
    }

    /// Tells whether a later pattern than that of a number has the same name.
    pub(crate) fn is_hidden(&self, number: usize) -> bool {
        self.hidden.get(number).copied().unwrap_or_default()
    }

    /// Returns the number of patterns.
    pub(crate) fn len(&self) -> usize {
        self.expressions.len() + self.lists.len()
    }

    pub(crate) fn saved(&self) -> &SavedRegex {
        &self.saved
    }

    /// Returns the names of the patterns in their order; several may have one name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let patterns = self.saved.patterns.iter().map(|(name, _)| name.as_str());
        patterns.chain(self.saved.lists.iter().map(|(name, _)| name.as_str()))
    }

    /// Calls `each` with number and place of every match of every pattern, pattern by pattern.
    pub(crate) fn matches(&self, text: &str, each: &mut dyn FnMut(usize, Span)) {
        for (number, expression) in self.expressions.that_may_match(text) {
            expression.find(text).for_each(|span| each(number, span));
        }
        for (number, words) in (self.expressions.len()..).zip(&self.lists) {
            let found = words.find(text).into_iter();
            found.for_each(|span| each(number, span));
        }
    }

    /// Returns every match of every pattern, pattern by pattern.
    pub(crate) fn extract(&self, text: &str) -> Vec<Entity> {
        let mut found = Vec::new();
        let mut counter = CharacterCounter::new(text);
        let names: Vec<&str> = self.names().collect();
        self.matches(text, &mut |number, span| {
            let (start, end) = counter.of(span);
            found.push(Entity {
                entity: names.get(number).copied().unwrap_or_default().to_owned(),
                start,
                end,
                value: span.of(text).into(),
                extractor: Some(NAME.to_owned()),
                ..Entity::default()
            });
        });
        found
    }
}

/// Returns the expressions that do not compile, each with the reason.
pub(crate) fn broken(training: &TrainingData) -> impl Iterator<Item = (&Pattern, String)> {
    let patterns = training.patterns.iter();
    patterns.filter_map(|pattern| Some((pattern, Expression::new(&pattern.pattern, true).err()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Annotation, Example, Located, Lookup},
        diagnostic::Origin,
    };

    fn training() -> TrainingData {
        let marked = |entity: &str| Annotation {
            entity: entity.into(),
            ..Annotation::default()
        };
        let example = Example {
            entities: vec![marked("order"), marked("city")],
            ..Example::default()
        };
        let pattern = |name: &str, pattern: &str| Pattern {
            name: name.into(),
            pattern: pattern.into(),
            origin: Origin::default(),
        };
        let entries = ["New York", "York", "C++"]
            .iter()
            .map(|word| Located::new((*word).to_owned(), Origin::default()))
            .collect();
        TrainingData {
            examples: vec![example],
            patterns: vec![
                pattern("order", r"(?<![A-Z])[A-Z]{2}-\d{3}"),
                pattern("unused", "."),
                pattern("order", "("),
            ],
            lookups: vec![Lookup {
                name: "city".into(),
                entries,
                origin: Origin::default(),
            }],
            ..TrainingData::default()
        }
    }

    #[test]
    fn patterns_and_lists_are_found_with_character_offsets() {
        let training = training();
        let extractor = RegexExtractor::train(&RegexParams::default(), &training);
        let told: Vec<_> = broken(&training)
            .map(|(pattern, _)| &pattern.pattern)
            .collect();
        assert_eq!(told, ["("]);
        let found = extractor.extract("é new york, ab-123 and Yorkshire");
        let list: Vec<_> = found
            .iter()
            .map(|e| (e.entity.as_str(), e.start, e.end, e.value.as_str().unwrap()))
            .collect();
        assert_eq!(
            list,
            [("order", 12, 18, "ab-123"), ("city", 2, 10, "new york")]
        );
    }

    #[test]
    fn what_is_saved_loads_to_the_same() {
        let extractor = RegexExtractor::train(&RegexParams::default(), &training());
        let again = RegexExtractor::load(extractor.saved().clone());
        assert_eq!(again.extract("in york"), extractor.extract("in york"));
    }
}
