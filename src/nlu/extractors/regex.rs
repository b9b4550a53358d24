//! `RegexEntityExtractor`: named expressions and word lists (nlu.md §6).

use std::collections::BTreeSet;

use fancy_regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::{
    data::{Entity, TrainingData},
    diagnostic::Diagnostic,
    nlu::problem,
    text::{Span, characters},
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
    compiled: Vec<Regex>,
}

/// Patterns as a model keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedRegex {
    case_sensitive: bool,
    /// Entity type and expression.
    patterns: Vec<(String, String)>,
}

impl RegexExtractor {
    /// Takes the patterns whose name is an entity type that some example marks; broken ones are noted.
    pub(crate) fn train(
        params: &RegexParams,
        training: &TrainingData,
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let marked: BTreeSet<&str> = training
            .examples
            .iter()
            .flat_map(|example| &example.entities)
            .map(|e| e.entity.as_str())
            .collect();
        let mut patterns = Vec::new();
        if params.use_regexes {
            let mut wanted: Vec<_> = training
                .patterns
                .iter()
                .filter(|pattern| marked.contains(pattern.name.as_str()))
                .collect();
            wanted.sort_by_key(|pattern| format!("{}{}", pattern.name, pattern.pattern));
            for pattern in wanted {
                match compile(&pattern.pattern, params.case_sensitive) {
                    Ok(_) => patterns.push((pattern.name.clone(), pattern.pattern.clone())),
                    Err(why) => findings.push(problem::bad_regex(pattern.origin, &why)),
                }
            }
        }
        if params.use_lookup_tables {
            for lookup in training
                .lookups
                .iter()
                .filter(|lookup| marked.contains(lookup.name.as_str()))
            {
                let edge = if params.use_word_boundaries {
                    r"\b"
                } else {
                    ""
                };
                let words: Vec<String> = lookup
                    .entries
                    .iter()
                    .map(|entry| format!("{edge}{}{edge}", regex::escape(&entry.value)))
                    .collect();
                let pattern = format!("({})", words.join("|"));
                match compile(&pattern, params.case_sensitive) {
                    Ok(_) => patterns.push((lookup.name.clone(), pattern)),
                    Err(why) => findings.push(problem::bad_regex(lookup.origin, &why)),
                }
            }
        }
        Self::load(SavedRegex {
            case_sensitive: params.case_sensitive,
            patterns,
        })
    }

    /// Makes saved patterns ready; one that no longer compiles is passed over.
    pub(crate) fn load(saved: SavedRegex) -> Self {
        let (mut kept, mut compiled) = (Vec::new(), Vec::new());
        for (name, pattern) in saved.patterns {
            if let Ok(regex) = compile(&pattern, saved.case_sensitive) {
                kept.push((name, pattern));
                compiled.push(regex);
            }
        }
        Self {
            saved: SavedRegex {
                case_sensitive: saved.case_sensitive,
                patterns: kept,
            },
            compiled,
        }
    }

    /// Returns the number of patterns.
    pub(crate) fn len(&self) -> usize {
        self.compiled.len()
    }

    pub(crate) fn saved(&self) -> &SavedRegex {
        &self.saved
    }

    /// Returns every match of every pattern, pattern by pattern.
    pub(crate) fn extract(&self, text: &str) -> Vec<Entity> {
        let mut found = Vec::new();
        for ((name, _), regex) in self.saved.patterns.iter().zip(&self.compiled) {
            // A text on which a pattern takes too many steps has no match.
            for matched in regex
                .find_iter(text)
                .map_while(Result::ok)
                .filter(|matched| !matched.as_str().is_empty())
            {
                let (start, end) = characters(text, Span::from(matched.start()..matched.end()));
                found.push(Entity {
                    entity: name.clone(),
                    start,
                    end,
                    value: matched.as_str().into(),
                    extractor: Some(NAME.to_owned()),
                    ..Entity::default()
                });
            }
        }
        found
    }
}

fn compile(pattern: &str, case_sensitive: bool) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(!case_sensitive)
        .backtrack_limit(1_000_000)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Annotation, Example, Located, Lookup, Pattern},
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
        let mut findings = Vec::new();
        let extractor = RegexExtractor::train(&RegexParams::default(), &training(), &mut findings);
        assert_eq!(findings.len(), 1, "the broken expression is told");
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
        let extractor =
            RegexExtractor::train(&RegexParams::default(), &training(), &mut Vec::new());
        let again = RegexExtractor::load(extractor.saved().clone());
        assert_eq!(again.extract("in york"), extractor.extract("in york"));
    }
}
