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
    /// Learns from `synonym:` items, from annotations with a value, and every value as itself; later ones win.
    pub(crate) fn train(training: &TrainingData) -> Self {
        let mut table = BTreeMap::new();
        let mut add = |spelling: &str, value: &str| {
            drop(table.insert(spelling.to_lowercase(), value.to_owned()));
        };
        for synonym in &training.synonyms {
            add(&synonym.value, &synonym.value);
            add(&synonym.spelling, &synonym.value);
        }
        for example in &training.examples {
            for entity in &example.entities {
                let value = entity.value(&example.text);
                add(value, value);
                add(entity.span.of(&example.text), value);
            }
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
}
