//! `EntitySynonymMapper`: what was found becomes what it stands for (nlu.md §6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::data::{Entity, Json, TrainingData};

/// Name in `config.yml`.
pub(crate) const NAME: &str = "EntitySynonymMapper";

/// Spellings in lower case with what they stand for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Synonyms {
    table: BTreeMap<String, String>,
}

impl Synonyms {
    /// Learns from `synonym:` items and from annotations with a value, of which later ones win; every value also stands
    /// for itself, unless its spelling stands for another.
    pub(crate) fn train(training: &TrainingData) -> Self {
        let items = training.synonyms.iter();
        let items = items.map(|synonym| (synonym.spelling.as_str(), synonym.value.as_str()));
        let marks = training.examples.iter().flat_map(|example| {
            let marks = example.entities.iter();
            marks.map(|mark| (mark.span.of(&example.text), mark.value(&example.text)))
        });
        let pairs: Vec<(&str, &str)> = items.chain(marks).collect();
        let mut table = BTreeMap::new();
        for (spelling, value) in pairs.iter().filter(|(spelling, value)| spelling != value) {
            table.insert(spelling.to_lowercase(), (*value).to_owned());
        }
        // As in Rasa the first of several values that differ in case alone is kept.
        for (_, value) in pairs {
            let known = table.entry(value.to_lowercase());
            known.or_insert_with(|| value.to_owned());
        }
        Self { table }
    }

    /// Replaces the values of entities that are in the table.
    pub(crate) fn apply(&self, entities: &mut [Entity]) {
        for entity in entities {
            let text = match &entity.value {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            if let Some(value) = self.table.get(&text.to_lowercase()) {
                entity.value = value.clone().into();
                entity.processors.push(NAME.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Annotation, Example, Synonym},
        diagnostic::Origin,
        text::Span,
    };

    #[test]
    fn spellings_and_case_become_the_value() {
        let synonym = Synonym {
            spelling: "big apple".into(),
            value: "New York".into(),
            origin: Origin::default(),
        };
        let entities = vec![Annotation {
            span: Span::new(3, 8),
            entity: "city".into(),
            ..Annotation::default()
        }];
        let example = Example {
            text: "to Paris".into(),
            entities,
            ..Example::default()
        };
        let training = TrainingData {
            examples: vec![example],
            synonyms: vec![synonym],
            ..TrainingData::default()
        };
        let synonyms = Synonyms::train(&training);
        let entity = |value: &str| Entity {
            value: value.into(),
            ..Entity::default()
        };
        let mut found = [entity("Big Apple"), entity("paris"), entity("rome")];
        synonyms.apply(&mut found);
        let values: Vec<_> = found
            .iter()
            .map(|e| (e.value.as_str().unwrap(), e.processors.len()))
            .collect();
        assert_eq!(values, [("New York", 1), ("Paris", 1), ("rome", 0)]);
    }
    /// Examples such as `to [Paris](city)`.
    fn marked(texts: &[&str]) -> Vec<Example> {
        let example = |text: &&str| Example {
            text: format!("to {text}"),
            entities: vec![Annotation {
                span: Span::new(3, 3 + text.len()),
                entity: "city".into(),
                ..Annotation::default()
            }],
            ..Example::default()
        };
        texts.iter().map(example).collect()
    }

    #[test]
    fn a_spelling_marked_without_a_value_keeps_what_it_stands_for() {
        let synonym = Synonym {
            spelling: "credit card account".into(),
            value: "credit".into(),
            origin: Origin::default(),
        };
        let training = TrainingData {
            examples: marked(&["credit card account", "Paris", "Paris", "paris", "PARIS"]),
            synonyms: vec![synonym],
            ..TrainingData::default()
        };
        let mut found = ["Credit card account", "pARIS"].map(|value| Entity {
            value: value.into(),
            ..Entity::default()
        });
        Synonyms::train(&training).apply(&mut found);
        assert_eq!(found.map(|entity| entity.value), ["credit", "Paris"]);
    }
}
