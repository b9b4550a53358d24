//! How much of what a project holds, counted as Rasa's loader counts.

use std::collections::BTreeSet;

use serde::Serialize;

use super::blocks::{Block, blocks};
use crate::data::{Assistant, DEFAULT_INTENTS, Domain, Story, TrainingData};

/// Numbers of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Intents of the domain, the five default ones among them.
    pub intents: usize,
    /// Entity types of the domain.
    pub entities: usize,
    /// Slots, those that Rasa adds by itself among them.
    pub slots: usize,
    /// Forms.
    pub forms: usize,
    /// Responses of the domain; those of data files are not among them.
    pub responses: usize,
    /// Intents that have examples; retrieval intents by the part before the slash.
    pub nlu_intents: usize,
    /// Examples without exact repetitions.
    pub examples: usize,
    /// Entities marked in those examples.
    pub annotations: usize,
    /// Spellings with a value, of annotations too.
    pub synonyms: usize,
    /// Regular expressions.
    pub regex: usize,
    /// Lookup tables.
    pub lookup_tables: usize,
    /// Their entries.
    pub lookup_entries: usize,
    /// Names of stories.
    pub stories: usize,
    /// Names of rules.
    pub rules: usize,
    /// Parts between checkpoints and `or` steps that the test stories come to.
    pub test_stories: usize,
    /// Parts that stories and rules come to.
    pub story_steps: usize,
    /// Events of all parts, by Rasa's class names.
    pub events: Events,
}

/// Numbers of events in stories and rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Events {
    /// Actions; the `...` of a rule is one.
    pub action_executed: usize,
    /// Messages.
    pub user_uttered: usize,
    /// Loops that start or end.
    pub active_loop: usize,
    /// Slots.
    pub slot_set: usize,
}

/// Counts a project; `tests` are its test stories.
pub fn counts(assistant: &Assistant, tests: &[Story]) -> Counts {
    let (domain, training) = (&assistant.domain, &assistant.training);
    let blocks_of_training = blocks(&assistant.stories);
    let mut events = Events::default();
    for block in &blocks_of_training {
        let Block { events: found, .. } = block;
        events.action_executed += found.action_executed;
        events.user_uttered += found.user_uttered;
        events.active_loop += found.active_loop;
        events.slot_set += found.slot_set;
    }
    let names = |rules: bool| {
        blocks_of_training
            .iter()
            .filter(|block| block.is_rule == rules)
            .map(|block| block.name)
            .collect::<BTreeSet<_>>()
            .len()
    };
    let unique = training.unique_examples();
    Counts {
        intents: domain
            .intents
            .iter()
            .map(|intent| intent.name.as_str())
            .chain(DEFAULT_INTENTS)
            .collect::<BTreeSet<_>>()
            .len(),
        entities: domain.entities.len(),
        slots: slots(domain).len(),
        forms: domain.forms.len(),
        responses: domain
            .responses
            .iter()
            .filter(|response| !response.in_data)
            .count(),
        nlu_intents: training.intents().len(),
        examples: unique.len(),
        annotations: unique.iter().map(|example| example.entities.len()).sum(),
        synonyms: synonyms(training),
        regex: training.patterns.len(),
        lookup_tables: training.lookups.len(),
        lookup_entries: training
            .lookups
            .iter()
            .map(|lookup| lookup.entries.len())
            .sum(),
        stories: names(false),
        rules: names(true),
        test_stories: blocks(tests).len(),
        story_steps: blocks_of_training.len(),
        events,
    }
}

/// Returns the names of all slots: those of the domain, and those that come by themselves.
fn slots(domain: &Domain) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = domain.slots.iter().map(|slot| slot.name.as_str()).collect();
    names.insert("session_started_metadata");
    if !domain.forms.is_empty() {
        names.insert("requested_slot");
    }
    let asks_knowledge_base = domain
        .actions
        .iter()
        .any(|action| action.value == "action_query_knowledge_base");
    if asks_knowledge_base {
        names.extend([
            "knowledge_base_listed_objects",
            "knowledge_base_last_object",
            "knowledge_base_last_object_type",
        ]);
    }
    names
}

fn synonyms(training: &TrainingData) -> usize {
    let written = training
        .synonyms
        .iter()
        .map(|synonym| synonym.spelling.as_str());
    let marked = training.examples.iter().flat_map(|example| {
        example
            .entities
            .iter()
            .filter(|entity| entity.value.is_some())
            .map(|entity| entity.span.of(&example.text))
    });
    written.chain(marked).collect::<BTreeSet<_>>().len()
}
