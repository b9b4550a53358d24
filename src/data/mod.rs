//! Plain types of an assistant, each knowing where it was written: no files, no learning, no printing.

mod config;
mod domain;
mod endpoints;
mod event;
mod event_json;
mod parse;
mod settings;
mod story;
mod stub;
mod thresholds;
mod training;

pub use config::{Component, Config};
pub use domain::{
    Button, Condition, Domain, EntityType, Form, Intent, Mapping, MappingCondition, MappingKind,
    Response, SessionConfig, Slot, SlotKind, Variation,
};
pub use endpoints::{Channel, Endpoint, Endpoints};
pub use event::{Event, EventKind, ParseData};
pub use parse::{Entity, IntentScore, Parse};
pub use story::{
    Condition as RuleCondition, SlotValue, Step, StepEntity, StepKind, Story, StoryKind, UserStep,
};
pub use stub::{HttpStub, Reply, Stub, StubKind};
pub use thresholds::Thresholds;
pub use training::{Annotation, Example, ExampleMetadata, Lookup, Pattern, Synonym, TrainingData};

/// A value of a slot, an option or metadata: whatever JSON can hold, keys in order.
pub type Json = serde_json::Value;

/// Returns what a JSON value is, in words.
pub fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

use crate::diagnostic::Origin;

/// A name with the place where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Located<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub origin: Origin,
}

impl<T> Located<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// Everything that a project's files say, before anything is learnt.
#[derive(Clone, Debug, Default)]
pub struct Assistant {
    /// Pipeline and policies.
    pub config: Config,
    /// The world of the assistant.
    pub domain: Domain,
    /// Examples, synonyms, regexes, lookup tables.
    pub training: TrainingData,
    /// Stories and rules, in file order.
    pub stories: Vec<Story>,
}

/// Intents that every assistant has.
pub const DEFAULT_INTENTS: [&str; 5] = [
    "restart",
    "back",
    "out_of_scope",
    "session_start",
    "nlu_fallback",
];

/// Actions that every assistant has, in the order of their indices.
pub const DEFAULT_ACTIONS: [&str; 13] = [
    "action_listen",
    "action_restart",
    "action_session_start",
    "action_default_fallback",
    "action_deactivate_loop",
    "action_revert_fallback_events",
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    "action_two_stage_fallback",
    "action_unlikely_intent",
    "action_back",
    "...",
    "action_extract_slots",
];
