//! `ResponseSelector`: tells which answer of a retrieval intent a message asks for (nlu.md §7).
//!
//! The answers are learnt like intents, by `LinearSvmClassifier` on the features of the pipeline; every selector runs
//! on every message, whatever its intent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    classifiers::{Classifier, Listed, SavedClassifier},
    featurizers::Features,
    tensors::{Reader, Writer},
};
use crate::data::{Domain, Variation};

/// Options; those of the network that Rasa trains are accepted and not used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SelectorOptions {
    pub(crate) retrieval_intent: Option<String>,
    #[serde(flatten)]
    pub(crate) listed: Listed,
}

/// The action where no answer is chosen, as Rasa says it.
const NOTHING: &str = "utter_None";

/// A trained selector.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    head: Head,
    /// Its labels are the keys, such as `faq/hours`.
    classifier: Option<Classifier>,
}

/// What a model keeps beside the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedSelector {
    head: Head,
    classifier: Option<SavedClassifier>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Head {
    /// The retrieval intent, or `default`.
    name: String,
    /// All retrieval intents of the bot.
    intents: Vec<String>,
    #[serde(default)]
    listed: Listed,
}

impl Selector {
    /// Makes a selector; without a classifier it selects nothing.
    pub(crate) fn new(
        options: &SelectorOptions,
        intents: Vec<String>,
        classifier: Option<Classifier>,
    ) -> Self {
        let name = options.retrieval_intent.clone();
        let name = name.unwrap_or_else(|| "default".to_owned());
        Self {
            head: Head {
                name,
                intents,
                listed: options.listed,
            },
            classifier,
        }
    }

    /// Returns the number of answers that it tells apart.
    pub(crate) fn answers(&self) -> usize {
        self.classifier
            .as_ref()
            .map_or(0, |classifier| classifier.labels().len())
    }

    /// Returns the retrieval intent whose answers it selects, or `default`.
    pub(super) fn name(&self) -> &str {
        &self.head.name
    }

    /// Returns what chooses among the answers.
    pub(super) fn classifier(&self) -> Option<&Classifier> {
        self.classifier.as_ref()
    }

    /// Adds the answer to what other selectors said.
    pub(crate) fn select(&self, features: &Features, domain: &Domain, found: &mut Option<Value>) {
        let mut ranking: Vec<(f32, &String)> = match &self.classifier {
            Some(classifier) if classifier.answers(features.as_row()) => classifier
                .confidences(features)
                .into_iter()
                .zip(classifier.labels())
                .collect(),
            _ => Vec::new(),
        };
        self.head.listed.rank(&mut ranking);
        let (confidence, key) = ranking
            .first()
            .map_or((0.0, None), |(confidence, key)| (*confidence, Some(*key)));
        let action = key.map(|key| format!("utter_{key}"));
        let responses = action.as_ref().map(|action| {
            let response = domain.response(action);
            let variations = response
                .into_iter()
                .flat_map(|response| &response.variations);
            let mut variations: Vec<Value> = variations.map(written).collect();
            // As in Rasa an answer that nobody wrote is its name.
            if variations.is_empty()
                && let Some(key) = key
            {
                variations.push(json!({"text": key}));
            }
            variations
        });
        let action = action.unwrap_or_else(|| NOTHING.to_owned());
        let ranking: Vec<Value> = ranking
            .iter()
            .map(|(confidence, key)| json!({"confidence": confidence, "intent_response_key": key}))
            .collect();
        let answer = json!({
            "response": {
                "responses": responses,
                "confidence": confidence,
                "intent_response_key": key,
                "utter_action": action,
            },
            "ranking": ranking,
        });
        let all = found.get_or_insert_with(|| json!({}));
        if let Value::Object(all) = all {
            all.insert(
                "all_retrieval_intents".to_owned(),
                self.head.intents.clone().into(),
            );
            all.insert(self.head.name.clone(), answer);
        }
    }

    /// Writes the tables as tensors and returns the rest.
    pub(crate) fn save(&self, prefix: &str, tensors: &mut Writer) -> SavedSelector {
        SavedSelector {
            head: self.head.clone(),
            classifier: self
                .classifier
                .as_ref()
                .map(|classifier| classifier.save(prefix, tensors)),
        }
    }

    /// Makes a saved selector ready for rows of `features` columns.
    pub(crate) fn load(
        saved: SavedSelector,
        prefix: &str,
        features: usize,
        tensors: &Reader<'_>,
    ) -> Result<Self, String> {
        let classifier = saved
            .classifier
            .map(|saved| Classifier::load(saved, prefix, features, tensors))
            .transpose()?;
        Ok(Self {
            head: saved.head,
            classifier,
        })
    }
}

/// Returns a variation as the domain writes it.
fn written(variation: &Variation) -> Value {
    let mut map = Map::new();
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    add("text", variation.text.clone().map(Value::from));
    add("image", variation.image.clone().map(Value::from));
    add("custom", variation.custom.clone());
    add("channel", variation.channel.clone().map(Value::from));
    let buttons: Vec<Value> = variation
        .buttons
        .iter()
        .map(|button| {
            let mut map = button.other.clone();
            map.insert("title".to_owned(), button.title.clone().into());
            if let Some(payload) = &button.payload {
                map.insert("payload".to_owned(), payload.clone().into());
            }
            Value::Object(map)
        })
        .collect();
    add("buttons", (!buttons.is_empty()).then(|| buttons.into()));
    for (key, value) in &variation.other {
        add(key, Some(value.clone()));
    }
    Value::Object(map)
}
