//! What a test must reach.

use std::collections::BTreeMap;

/// Thresholds of `bot test`; what is not set is not asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// Least share of messages understood rightly.
    pub min_accuracy: Option<f64>,
    /// Least mean F1 over intents.
    pub min_macro_f1: Option<f64>,
    /// Least F1 weighted by support.
    pub min_weighted_f1: Option<f64>,
    /// Least F1 of single intents.
    pub min_intent_f1: BTreeMap<String, f64>,
    /// Least F1 of entities, found exactly.
    pub min_entity_f1: Option<f64>,
    /// Least F1 of telling messages that the bot is not there for.
    pub min_out_of_scope_f1: Option<f64>,
    /// Least share of conversations that go as written.
    pub min_story_accuracy: Option<f64>,
    /// Least share of the assistant that tests touch.
    pub min_coverage: Option<f64>,
    /// Greatest calibration error.
    pub max_ece: Option<f64>,
    /// Most messages and conversations that may break in a comparison.
    pub max_regressions: Option<usize>,
}

impl Thresholds {
    /// Names of all, as in config.yml.
    pub const NAMES: [&'static str; 10] = [
        "min_accuracy",
        "min_macro_f1",
        "min_weighted_f1",
        "min_intent_f1",
        "min_entity_f1",
        "min_out_of_scope_f1",
        "min_story_accuracy",
        "min_coverage",
        "max_ece",
        "max_regressions",
    ];

    /// Returns these with those of `other` where these have none.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        for (intent, least) in &other.min_intent_f1 {
            self.min_intent_f1.entry(intent.clone()).or_insert(*least);
        }
        Self {
            min_accuracy: self.min_accuracy.or(other.min_accuracy),
            min_macro_f1: self.min_macro_f1.or(other.min_macro_f1),
            min_weighted_f1: self.min_weighted_f1.or(other.min_weighted_f1),
            min_intent_f1: self.min_intent_f1,
            min_entity_f1: self.min_entity_f1.or(other.min_entity_f1),
            min_out_of_scope_f1: self.min_out_of_scope_f1.or(other.min_out_of_scope_f1),
            min_story_accuracy: self.min_story_accuracy.or(other.min_story_accuracy),
            min_coverage: self.min_coverage.or(other.min_coverage),
            max_ece: self.max_ece.or(other.max_ece),
            max_regressions: self.max_regressions.or(other.max_regressions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_configuration() {
        let said = Thresholds {
            min_accuracy: Some(0.9),
            min_intent_f1: [("a".to_owned(), 0.5)].into(),
            ..Thresholds::default()
        };
        let written = Thresholds {
            min_accuracy: Some(0.1),
            max_ece: Some(0.2),
            min_intent_f1: [("a".to_owned(), 0.1), ("b".to_owned(), 0.2)].into(),
            ..Thresholds::default()
        };
        let both = said.or(&written);
        assert_eq!((both.min_accuracy, both.max_ece), (Some(0.9), Some(0.2)));
        assert_eq!(
            both.min_intent_f1,
            [("a".to_owned(), 0.5), ("b".to_owned(), 0.2)].into()
        );
    }
}
