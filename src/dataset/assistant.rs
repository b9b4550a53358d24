//! A set of examples to an assistant that understands them and answers.

use rustc_hash::FxHashSet;

use super::{gather::Dataset, language};
use crate::{
    data::{
        Assistant, Component, Config, Domain, EntityType, Intent, Located, Lookup, Response, Story,
        TrainingData, Variation,
    },
    diagnostic::Origin,
};

/// What the bot says when it is not sure.
const REPHRASE: &str = "Sorry, I did not understand that. Could you say it in other words?";

impl Dataset {
    /// Makes the assistant: an intent, a rule and a response for each label, and an answer for what is not understood.
    pub fn assistant(&self, id: &str) -> Assistant {
        let names: Vec<&str> = self
            .intents
            .iter()
            .map(|intent| intent.name.as_str())
            .collect();
        let rephrase = free_name("utter_please_rephrase", &names);
        let mut responses: Vec<Response> = self
            .intents
            .iter()
            .map(|intent| Response {
                name: format!("utter_{}", intent.name),
                variations: if intent.answers.is_empty() {
                    vec![says(&default_answer(&intent.name))]
                } else {
                    intent.answers.iter().map(|answer| says(answer)).collect()
                },
                in_data: false,
                origin: Origin::default(),
            })
            .collect();
        responses.push(Response {
            name: rephrase.clone(),
            variations: vec![says(REPHRASE)],
            in_data: false,
            origin: Origin::default(),
        });
        let mut stories: Vec<Story> = self
            .intents
            .iter()
            .map(|intent| {
                let name = format!("answer {}", intent.name);
                let action = format!("utter_{}", intent.name);
                Story::answer(&name, &intent.name, &action, Origin::default())
            })
            .collect();
        stories.push(Story::answer(
            "ask to rephrase",
            "nlu_fallback",
            &rephrase,
            Origin::default(),
        ));
        let entities = self.entity_types();
        Assistant {
            config: self.config(id, !entities.is_empty()),
            domain: Domain {
                intents: names
                    .iter()
                    .map(|name| Intent {
                        name: (*name).to_owned(),
                        ..Intent::default()
                    })
                    .collect(),
                entities: entities
                    .iter()
                    .map(|name| EntityType {
                        name: (*name).to_owned(),
                        roles: Vec::new(),
                        groups: Vec::new(),
                        influence_conversation: true,
                        origin: Origin::default(),
                    })
                    .collect(),
                responses,
                ..Domain::default()
            },
            training: TrainingData {
                examples: self.examples.clone(),
                lookups: self.lookups(&entities),
                ..TrainingData::default()
            },
            stories,
        }
    }

    fn config(&self, id: &str, entities: bool) -> Config {
        let mut config = Config {
            recipe: Some("default.v1".to_owned()),
            language: Some(
                language::guess(self.examples.iter().map(|example| example.text.as_str()))
                    .to_owned(),
            ),
            assistant_id: Some(id.to_owned()),
            ..Config::default()
        };
        // The values of tables are listed: they are found without any learning.
        let mut pipeline: Vec<Component> = config.pipeline(false);
        if !entities {
            pipeline.retain(|component| component.name != "RegexEntityExtractor");
        }
        config.pipeline = Some(pipeline);
        config.policies = Some(Config::plain_policies());
        config
    }

    /// Lists the marked values of each entity type, so that they are found again without any learning.
    fn lookups(&self, entities: &[&str]) -> Vec<Lookup> {
        entities
            .iter()
            .map(|name| {
                let mut seen = FxHashSet::default();
                let entries = self
                    .examples
                    .iter()
                    .flat_map(|example| {
                        let marked = example
                            .entities
                            .iter()
                            .filter(|entity| entity.entity == **name);
                        marked.map(|entity| entity.span.of(&example.text))
                    })
                    .filter(|value| !value.trim().is_empty() && seen.insert(*value))
                    .map(|value| Located::new(value.to_owned(), Origin::default()))
                    .collect();
                Lookup {
                    name: (*name).to_owned(),
                    entries,
                    origin: Origin::default(),
                }
            })
            .filter(|lookup| !lookup.entries.is_empty())
            .collect()
    }
}

/// Returns what the bot answers to an intent for which nobody wrote an answer.
fn default_answer(intent: &str) -> String {
    let words = intent.replace(['_', '.'], " ");
    format!(
        "You asked about \"{}\". Write the answer to it under utter_{intent} in domain.yml.",
        words.trim()
    )
}

fn says(text: &str) -> Variation {
    Variation {
        text: Some(text.to_owned()),
        ..Variation::default()
    }
}

/// Returns a response name that no intent's response has.
fn free_name(wanted: &str, intents: &[&str]) -> String {
    let mut name = wanted.to_owned();
    while intents
        .iter()
        .any(|intent| name.strip_prefix("utter_") == Some(intent))
    {
        name.push('_');
    }
    name
}
