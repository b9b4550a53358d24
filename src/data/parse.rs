//! What is understood of a message, in Rasa's JSON form.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::Json;

/// An intent with its confidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntentScore {
    /// Name; `None` where nothing was understood.
    pub name: Option<String>,
    /// Between 0 and 1.
    pub confidence: f64,
    /// Of a retrieval intent the answer that its own selector chose, such as `faq/hours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_retrieval_intent_name: Option<String>,
}

/// An entity found in a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Type.
    pub entity: String,
    /// First character (not byte).
    #[serde(default)]
    pub start: usize,
    /// One past the last character (not byte).
    #[serde(default)]
    pub end: usize,
    /// Between 0 and 1, from extractors that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_entity: Option<f64>,
    /// Role, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Between 0 and 1, where a role was learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_role: Option<f64>,
    /// Group, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Between 0 and 1, where a group was learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_group: Option<f64>,
    /// What it stands for.
    #[serde(default)]
    pub value: Json,
    /// Who found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extractor: Option<String>,
    /// Who changed its value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processors: Vec<String>,
    /// Every other key that came with it.
    #[serde(flatten)]
    pub other: serde_json::Map<String, Json>,
}

/// A message as understood; in JSON with Rasa's keys in their order, and `in_scope` after them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Parse {
    /// The message.
    pub text: String,
    /// The best intent.
    #[serde(deserialize_with = "or_none")]
    pub intent: IntentScore,
    /// Entities in the order of the extractors.
    pub entities: Vec<Entity>,
    /// First and one past last character of each token.
    pub text_tokens: Option<Vec<(usize, usize)>>,
    /// Intents by falling confidence.
    pub intent_ranking: Vec<IntentScore>,
    /// Whether nothing made a ranking: an empty one is then not written, as in Rasa.
    #[serde(skip)]
    pub unranked: bool,
    /// Answers of response selectors; absent without one.
    pub response_selector: Option<Json>,
    /// Share of messages of the kind that was learnt which look at least as strange; absent where that is unknown. Rasa
    /// has no such key.
    pub in_scope: Option<f64>,
    /// Every other key that came with it: `message_id`, `metadata`, …
    #[serde(flatten)]
    pub other: serde_json::Map<String, Json>,
}

impl Serialize for Parse {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("text", &self.text)?;
        map.serialize_entry("intent", &self.intent)?;
        map.serialize_entry("entities", &self.entities)?;
        if let Some(tokens) = &self.text_tokens {
            map.serialize_entry("text_tokens", tokens)?;
        }
        if !self.unranked || !self.intent_ranking.is_empty() {
            map.serialize_entry("intent_ranking", &self.intent_ranking)?;
        }
        if let Some(selector) = &self.response_selector {
            map.serialize_entry("response_selector", selector)?;
        }
        for (key, value) in &self.other {
            map.serialize_entry(key, value)?;
        }
        if let Some(in_scope) = &self.in_scope {
            map.serialize_entry("in_scope", in_scope)?;
        }
        map.end()
    }
}

/// Reads an intent; `null` is none.
fn or_none<'de, D: serde::Deserializer<'de>>(from: D) -> Result<IntentScore, D::Error> {
    Option::<IntentScore>::deserialize(from).map(Option::unwrap_or_default)
}

impl Parse {
    /// Returns the name of the best intent, or `""`.
    pub fn intent_name(&self) -> &str {
        self.intent.name.as_deref().unwrap_or_default()
    }

    /// Tells whether an intent is a retrieval intent that a selector answers.
    pub fn is_retrieval(&self, intent: &str) -> bool {
        let selectors = self.response_selector.as_ref();
        selectors
            .and_then(|selectors| selectors.get("all_retrieval_intents")?.as_array())
            .is_some_and(|known| known.iter().any(|name| name.as_str() == Some(intent)))
    }

    /// Returns the response that a selector chose for the action of a retrieval intent (`utter_faq/ask` for
    /// `utter_faq`).
    pub fn selected(&self, action: &str) -> Option<&str> {
        let intent = action.strip_prefix("utter_").unwrap_or(action);
        let selectors = self.response_selector.as_ref()?;
        let own = selectors.get(intent).or_else(|| selectors.get("default"))?;
        let response = own.get("response")?;
        let is_chosen = response.get("intent_response_key")?.is_string();
        response.get("utter_action")?.as_str().filter(|_| is_chosen)
    }

    /// Returns by how much the best intent leads the second.
    pub fn lead(&self) -> f64 {
        match self.intent_ranking.as_slice() {
            [first, second, ..] => first.confidence - second.confidence,
            [only] => only.confidence,
            [] => 0.0,
        }
    }
}
