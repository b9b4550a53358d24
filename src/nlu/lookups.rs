//! What stands in lookup tables, so that whoever looks at an entity can be told that its words stand in none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::tensors::{Reader, Writer};
use crate::{
    data::{Entity, Parse, TrainingData},
    text::{fold_case, ngram::term_hash, whitespace_tokens},
};

/// The tables that values of entities come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lookups {
    tables: Vec<Table>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Table {
    head: Head,
    /// Hashes of the entries, ascending.
    entries: Vec<u64>,
}

/// A table without its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    name: String,
    /// Types of entities whose values it lists, sorted.
    entities: Vec<String>,
}

/// Tables as a model keeps them; entries stand among the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SavedLookups {
    tables: Vec<Head>,
}

/// Returns the hash of words, whatever their case and what stands between them.
fn hash(text: &str) -> u64 {
    let words = whitespace_tokens(text);
    if words.is_empty() {
        // Signs alone are no words.
        return term_hash(text.trim().chars());
    }
    term_hash(words.iter().flat_map(|word| {
        let letters = fold_case(word.of(text)).map(|(_, letter)| letter);
        letters.chain([' '])
    }))
}

impl Lookups {
    /// Learns which table lists the values of which entity: the one of its name, else the one that holds most of its
    /// marked values, if that is more than half of them.
    pub(super) fn learn(training: &TrainingData) -> Self {
        let mut tables: Vec<Table> = training
            .lookups
            .iter()
            .map(|lookup| {
                let entries: BTreeSet<u64> = lookup
                    .entries
                    .iter()
                    .map(|entry| hash(&entry.value))
                    .collect();
                let head = Head {
                    name: lookup.name.clone(),
                    entities: Vec::new(),
                };
                let entries = entries.into_iter().collect();
                Table { head, entries }
            })
            .collect();
        if tables.is_empty() {
            return Self::default();
        }
        let marks = training.examples.iter().flat_map(|example| {
            let marks = example.entities.iter();
            marks.map(|mark| (mark.entity.as_str(), hash(mark.span.of(&example.text))))
        });
        let marks: BTreeSet<(&str, u64)> = marks.collect();
        let types: BTreeSet<&str> = marks.iter().map(|(entity, _)| *entity).collect();
        for entity in types {
            let values: Vec<u64> = marks
                .range((entity, 0)..=(entity, u64::MAX))
                .map(|(_, value)| *value)
                .collect();
            let held = |table: &Table| values.iter().filter(|value| table.has(**value)).count();
            let named = tables.iter().position(|table| table.head.name == entity);
            let at = named.or_else(|| {
                let counts = tables.iter().map(held).enumerate();
                // Of equals the first.
                let (at, most) = counts.rev().max_by_key(|(_, count)| *count)?;
                (most * 2 > values.len()).then_some(at)
            });
            if let Some(table) = at.and_then(|at| tables.get_mut(at)) {
                table.head.entities.push(entity.to_owned());
            }
        }
        tables.retain(|table| !table.head.entities.is_empty());
        Self { tables }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Returns for each entity of a message the name of the table that lists its values and holds neither its words nor
    /// its value.
    pub(super) fn lacking(&self, parse: &Parse) -> Vec<Option<String>> {
        let text = parse.text.as_str();
        let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        places.push(text.len());
        let piece = |entity: &Entity| {
            let place = |at: usize| places.get(at).copied();
            text.get(place(entity.start)?..place(entity.end)?)
        };
        let lacking = |entity: &Entity| {
            let lists = |table: &&Table| table.head.entities.contains(&entity.entity);
            let table = self.tables.iter().find(lists)?;
            let words = piece(entity).unwrap_or_default();
            let value = entity.value.as_str().unwrap_or(words);
            let holds = table.has(hash(words)) || table.has(hash(value));
            (!holds).then(|| table.head.name.clone())
        };
        parse.entities.iter().map(lacking).collect()
    }

    pub(super) fn save(&self, name: &str, tensors: &mut Writer) -> SavedLookups {
        for (number, table) in self.tables.iter().enumerate() {
            tensors.u64s(format!("{name}.{number}.entries"), &table.entries);
        }
        SavedLookups {
            tables: self.tables.iter().map(|table| table.head.clone()).collect(),
        }
    }

    pub(super) fn load(
        saved: SavedLookups,
        name: &str,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let mut tables = Vec::with_capacity(saved.tables.len());
        for (number, head) in saved.tables.into_iter().enumerate() {
            let entries = tensors.u64s(&format!("{name}.{number}.entries"))?;
            if !entries.is_sorted() {
                return Err("entries of a lookup table are not sorted".to_owned());
            }
            tables.push(Table { head, entries });
        }
        Ok(Self { tables })
    }
}

impl Table {
    fn has(&self, entry: u64) -> bool {
        self.entries.binary_search(&entry).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Annotation, Example, Located, Lookup},
        diagnostic::Origin,
        text::Span,
    };

    fn training() -> TrainingData {
        let lookup = |name: &str, entries: &[&str]| Lookup {
            name: name.into(),
            entries: entries
                .iter()
                .map(|entry| Located {
                    value: (*entry).to_owned(),
                    origin: Origin::default(),
                })
                .collect(),
            origin: Origin::default(),
        };
        let marked = |text: &str, entity: &str| Example {
            text: text.into(),
            entities: vec![Annotation {
                span: Span::new(0, text.len()),
                entity: entity.into(),
                ..Annotation::default()
            }],
            ..Example::default()
        };
        TrainingData {
            examples: vec![
                marked("Oslo", "from"),
                marked("new  york", "from"),
                marked("Rome", "from"),
                marked("Oslo", "name"),
                marked("Ann", "name"),
                marked("Eve", "name"),
                marked("tea", "drink"),
            ],
            lookups: vec![
                lookup("cities", &["Oslo", "New York", "Bergen", "İzmir", "Straße"]),
                lookup("drink", &["Coffee", "+"]),
            ],
            ..TrainingData::default()
        }
    }

    fn entity(entity: &str, value: &str, (start, end): (usize, usize)) -> Entity {
        Entity {
            entity: entity.into(),
            value: value.into(),
            start,
            end,
            ..Entity::default()
        }
    }

    fn lacking(lookups: &Lookups, text: &str, entity: Entity) -> Option<String> {
        let parse = Parse {
            text: text.into(),
            entities: vec![entity],
            ..Parse::default()
        };
        lookups.lacking(&parse).into_iter().next().unwrap()
    }

    #[test]
    fn a_table_lists_what_has_its_name_or_most_of_its_values() {
        let lookups = Lookups::learn(&training());
        for (name, text, table) in [
            ("from", "rome", Some("cities")),
            ("from", "NEW YORK", None),
            ("from", "York", Some("cities")),
            ("from", "izmir", None),
            ("from", "STRASSE", None),
            ("drink", "tea", Some("drink")),
            ("drink", "+", None),
            // A third of the names are cities, and nothing is known of sizes.
            ("name", "Zoe", None),
            ("size", "big", None),
        ] {
            let whole = entity(name, text, (0, text.chars().count()));
            assert_eq!(
                lacking(&lookups, text, whole).as_deref(),
                table,
                "{name} {text}"
            );
        }
    }

    #[test]
    fn the_words_or_what_they_stand_for_must_be_listed() {
        let lookups = Lookups::learn(&training());
        let text = "ß to the big apple";
        let table = Some("cities".to_owned());
        for (value, place, found) in [
            ("New York", (9, 18), None),
            ("somewhere", (9, 18), table.clone()),
            // Numbers that have nothing to do with the text.
            ("somewhere", (90, 7), table),
            ("Oslo", (7, 3), None),
        ] {
            let entity = entity("from", value, place);
            assert_eq!(lacking(&lookups, text, entity), found, "{value}");
        }
    }

    #[test]
    fn models_keep_the_tables() {
        let lookups = Lookups::learn(&training());
        let mut tensors = Writer::default();
        let saved = lookups.save("3", &mut tensors);
        let bytes = tensors.finish();
        let reader = Reader::new(&bytes).unwrap();
        assert_eq!(Lookups::load(saved.clone(), "3", &reader).unwrap(), lookups);
        assert!(Lookups::load(saved, "4", &reader).is_err());
        assert!(Lookups::learn(&TrainingData::default()).is_empty());
    }
}
