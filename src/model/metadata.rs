//! `metadata.json`: where a model comes from, how good it is, and what its files must look like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::nlu::Fallback;

/// Version of the archive's layout; read only when equal.
pub(super) const FORMAT: u32 = 4;

/// Everything known about a model besides its content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Version of `bot` that trained it. Its presence tells our archives from others.
    pub bot: String,
    /// Version of the layout.
    pub format: u32,
    /// Short name, from the fingerprint.
    pub id: String,
    /// When, in RFC 3339.
    pub trained_at: String,
    /// Assistant it was trained for.
    #[serde(default)]
    pub assistant_id: Option<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// Of everything that went into it: files, options, version.
    pub fingerprint: String,
    /// What was seen in training.
    pub figures: Figures,
    /// Files it was trained on.
    pub sources: Vec<String>,
    /// Size and checksum of each part.
    #[serde(default)]
    pub parts: BTreeMap<String, Checksum>,
}

/// Size and checksum of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// Bytes.
    pub bytes: u64,
    /// CRC-32 of the content.
    pub crc32: u32,
}

/// What was seen in training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Messages.
    pub examples: usize,
    /// Intents with messages.
    pub intents: usize,
    /// Distinct features.
    pub features: usize,
    /// Marked entities.
    pub annotations: usize,
    /// Stories and rules.
    pub stories: usize,
    /// Name of the intent classifier.
    pub classifier: String,
    /// Share of messages understood rightly by models that had not seen them, where that was measured.
    pub cross_validated_accuracy: Option<f64>,
    /// How many messages that was measured on.
    #[serde(default)]
    pub validated_on: usize,
    /// Whether those were held out once, instead of each part in turn.
    #[serde(default)]
    pub held_out: bool,
    /// The intent most often mistaken there: name, share right, and what it is mostly taken for.
    pub weakest: Option<(String, f64, Option<String>)>,
    /// By how much confidence and accuracy differed there on the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ece: Option<f64>,
    /// What another threshold of `FallbackClassifier` would have done there, and what the one configured did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<(Fallback, Option<Fallback>)>,
    /// The same of its `scope_threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<(Fallback, Option<Fallback>)>,
    /// Seconds of training.
    pub seconds: f64,
}
