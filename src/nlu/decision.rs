//! Which component decided about a message, and why it.

use serde::Serialize;

use super::{
    Pipeline,
    classifiers::Classifier,
    payload::read_payload,
    pipeline::{FallbackOptions, Message, Step},
};
use crate::data::{Domain, Parse};

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Name of the component; none where no component has an answer.
    pub component: Option<String>,
    /// Why its word counts.
    pub reason: String,
}

impl Decision {
    fn by(component: &str, reason: impl Into<String>) -> Self {
        Self {
            component: Some(component.to_owned()),
            reason: reason.into(),
        }
    }
}

/// The last word about the intent of a message, before any fallback.
pub(super) enum Word<'a> {
    /// A keyword stands in it.
    Keyword(&'a str),
    /// A classifier, and its place in the pipeline.
    Classifier(usize, &'a Classifier),
}

impl Pipeline {
    /// Returns which component decided about the intent of a text.
    pub fn decision(&self, text: &str, domain: &Domain) -> Decision {
        if read_payload(text, domain).is_some() {
            return Decision::by("RegexMessageHandler", "the message names its intent");
        }
        let thresholds = self.steps.iter().find_map(|step| match step {
            Step::Fallback(thresholds) => Some(thresholds),
            _ => None,
        });
        if let Some(thresholds) = thresholds {
            let parse = self.preview(text, domain);
            if parse.intent_name() == "nlu_fallback" {
                return Decision::by("FallbackClassifier", below(&parse, thresholds));
            }
        }
        match self.last_word(text) {
            None => Decision {
                component: None,
                reason: NOTHING_KNOWN.to_owned(),
            },
            Some(Word::Keyword(keyword)) => Decision::by(
                "KeywordIntentClassifier",
                format!("the keyword `{keyword}` stands in the message"),
            ),
            Some(Word::Classifier(at, classifier)) => {
                let after = self.steps.iter().skip(at + 1);
                let silent: Vec<String> = after
                    .filter_map(|step| match step {
                        Step::Classifier(other) => Some(format!(
                            "`{}` after it knows no word of the message",
                            other.component()
                        )),
                        Step::Keywords(_) => Some("no keyword stands in the message".to_owned()),
                        _ => None,
                    })
                    .collect();
                let reason = if silent.is_empty() {
                    "it has the last word about intents".to_owned()
                } else {
                    silent.join("; ")
                };
                Decision::by(classifier.component(), reason)
            }
        }
    }

    /// Returns whose word about the intent of a text counts: as in Rasa the last one's that has an answer.
    pub(super) fn last_word(&self, text: &str) -> Option<Word<'_>> {
        let mut message = Message::new(text);
        let mut last = None;
        for (at, step) in self.steps.iter().enumerate() {
            message.featurize(step);
            match step {
                Step::Keywords(keywords) => {
                    let found = keywords.found(text);
                    last = found.map(|(keyword, _)| Word::Keyword(keyword)).or(last);
                }
                Step::Classifier(classifier) if classifier.answers(message.features.as_row()) => {
                    last = Some(Word::Classifier(at, classifier));
                }
                _ => {}
            }
        }
        last
    }
}

/// Why nobody decided.
const NOTHING_KNOWN: &str = "no classifier knows a word of the message";

/// Returns which threshold a message is below.
fn below(parse: &Parse, thresholds: &FallbackOptions) -> String {
    let name = |score: &crate::data::IntentScore| score.name.clone().unwrap_or_default();
    let mut ranking = parse.intent_ranking.iter();
    let mut ranking = ranking
        .by_ref()
        .skip_while(|score| name(score) == "nlu_fallback");
    let Some(first) = ranking.next() else {
        return NOTHING_KNOWN.to_owned();
    };
    if first.confidence < thresholds.threshold {
        return format!(
            "the confidence of `{}`, {:.2}, is below its `threshold` {}",
            name(first),
            first.confidence,
            thresholds.threshold
        );
    }
    if let Some(second) = ranking.next()
        && first.confidence - second.confidence < thresholds.ambiguity_threshold
    {
        return format!(
            "`{}` leads `{}` by {:.2}, less than its `ambiguity_threshold` {}",
            name(first),
            name(second),
            first.confidence - second.confidence,
            thresholds.ambiguity_threshold
        );
    }
    format!(
        "only {:.3} of known messages look as strange, less than its `scope_threshold` {}",
        parse.in_scope.unwrap_or_default(),
        thresholds.scope_threshold.unwrap_or_default()
    )
}
