//! `config.yml`: which components and policies, with which options.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Json, Located, Thresholds};
use crate::diagnostic::{Origin, Severity};

/// One entry of `pipeline` or `policies`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component {
    /// Class name as written.
    pub name: String,
    /// Options as written, without the name; an object.
    pub options: serde_json::Map<String, Json>,
    /// Where the name stands.
    pub origin: Origin,
}

/// Pipeline, policies and what else `config.yml` holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The project's folder, which paths in options are relative to.
    pub folder: PathBuf,
    /// `recipe`, normally `default.v1`.
    pub recipe: Option<String>,
    /// `language`, an ISO code.
    pub language: Option<String>,
    /// `assistant_id`.
    pub assistant_id: Option<String>,
    /// Severities under `x-bot: severity:`, by code, each with the place of the code; `None` silences.
    pub severities: BTreeMap<String, (Option<Severity>, Origin)>,
    /// What tests must reach, under `x-bot: test:`.
    pub thresholds: Thresholds,
    /// Names under `importers`.
    pub importers: Vec<String>,
    /// Folders under `imports`, for `MultiProjectImporter`.
    pub imports: Vec<Located<String>>,
    /// `pipeline`; `None` where the key is missing or null, so that defaults apply.
    pub pipeline: Option<Vec<Component>>,
    /// `policies`; `None` where the key is missing or null, so that defaults apply.
    pub policies: Option<Vec<Component>>,
}

impl Config {
    /// Returns the pipeline, or the default one; `marked` tells whether examples mark entities, which then are learnt.
    pub fn pipeline(&self, marked: bool) -> Vec<Component> {
        if let Some(pipeline) = &self.pipeline {
            return pipeline.clone();
        }
        let mut fallback = named("FallbackClassifier");
        fallback.options.insert("threshold".into(), 0.3.into());
        fallback
            .options
            .insert("ambiguity_threshold".into(), 0.1.into());
        let list = if marked {
            LEARNING_PIPELINE
        } else {
            DEFAULT_PIPELINE
        };
        let mut all: Vec<Component> = list.iter().map(|name| named(name)).collect();
        if self.has_no_blanks()
            && let Some(tokenizer) = all.first_mut()
        {
            *tokenizer = named("IcuTokenizer");
        }
        all.push(fallback);
        all
    }

    /// Tells whether words of the language stand without blanks between them.
    pub fn has_no_blanks(&self) -> bool {
        let language = self.language.as_deref().unwrap_or_default();
        let language = language.split(['-', '_']).next().unwrap_or_default();
        ["zh", "ja", "th", "lo", "km", "my"].contains(&language)
    }

    /// Returns the policies of a new project: what is written is followed, nothing is guessed.
    pub fn plain_policies() -> Vec<Component> {
        DEFAULT_POLICIES
            .iter()
            .take(2)
            .map(|name| named(name))
            .collect()
    }

    /// Returns the policies, or the default ones.
    pub fn policies(&self) -> Vec<Component> {
        self.policies.clone().unwrap_or_else(|| {
            let mut all: Vec<Component> = DEFAULT_POLICIES.iter().map(|name| named(name)).collect();
            for policy in all.iter_mut().skip(2) {
                policy.options.insert("max_history".into(), 5.into());
            }
            all
        })
    }
}

fn named(name: &str) -> Component {
    Component {
        name: name.to_owned(),
        ..Component::default()
    }
}

/// What stands in for a missing `pipeline`, before the `FallbackClassifier`.
const DEFAULT_PIPELINE: &[&str] = &[
    "WhitespaceTokenizer",
    "TfidfFeaturizer",
    "LinearSvmClassifier",
    "RegexEntityExtractor",
    "EntitySynonymMapper",
];

/// The same where examples mark entities: as in what Rasa suggests, expressions and lookup tables help to learn them.
const LEARNING_PIPELINE: &[&str] = &[
    "WhitespaceTokenizer",
    "RegexFeaturizer",
    "TfidfFeaturizer",
    "LinearSvmClassifier",
    "CRFEntityExtractor",
    "EntitySynonymMapper",
];

/// What stands in for missing `policies`.
const DEFAULT_POLICIES: [&str; 4] = [
    "MemoizationPolicy",
    "RulePolicy",
    "UnexpecTEDIntentPolicy",
    "TEDPolicy",
];
