//! `KeywordIntentClassifier`: a message has the intent whose example stands in it as a whole word (nlu.md §5).

use serde::{Deserialize, Serialize};

use crate::{
    data::{Example, IntentScore},
    diagnostic::Diagnostic,
    nlu::{expression::Expression, problem},
};

/// Options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeywordOptions {
    pub(crate) case_sensitive: bool,
}

impl Default for KeywordOptions {
    fn default() -> Self {
        Self {
            case_sensitive: true,
        }
    }
}

impl KeywordOptions {
    pub(crate) const NAMES: [&'static str; 1] = ["case_sensitive"];
}

/// Keywords ready to be found, in the order of the examples.
#[derive(Clone, Debug)]
pub(crate) struct Keywords {
    saved: SavedKeywords,
    compiled: Vec<Expression>,
}

/// What a model keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedKeywords {
    case_sensitive: bool,
    /// Keyword, then intent.
    keywords: Vec<(String, String)>,
}

impl Keywords {
    /// Returns the intent of each keyword.
    pub(crate) fn intents(&self) -> impl Iterator<Item = &str> {
        let keywords = self.saved.keywords.iter();
        keywords.map(|(_, intent)| intent.as_str())
    }

    /// Takes the examples as keywords; those that say two things are left out and noted.
    pub(crate) fn train(
        options: &KeywordOptions,
        examples: &[&Example],
        findings: &mut Vec<Diagnostic>,
    ) -> Self {
        let fold = |text: &str| {
            if options.case_sensitive {
                text.to_owned()
            } else {
                text.to_lowercase()
            }
        };
        let mut keywords: Vec<(String, &Example)> = Vec::new();
        let mut twice: Vec<String> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for example in examples {
            let keyword = fold(&example.text);
            match places
                .get(&keyword)
                .and_then(|at: &usize| keywords.get(*at))
            {
                None => {
                    places.insert(keyword.clone(), keywords.len());
                    keywords.push((keyword, example));
                }
                Some((_, other)) if other.intent != example.intent => {
                    findings.push(problem::keyword_twice(
                        example.origin,
                        &example.text,
                        &example.intent,
                        &other.intent,
                    ));
                    twice.push(keyword);
                }
                Some(_) => {}
            }
        }
        keywords.retain(|(keyword, _)| !twice.contains(keyword));
        let compiled: Vec<Option<Expression>> = keywords
            .iter()
            .map(|(keyword, _)| compile(keyword, options.case_sensitive))
            .collect();
        let mut kept = Vec::new();
        for ((keyword, example), regex) in keywords.iter().zip(&compiled) {
            let within = regex.as_ref().and_then(|regex| {
                keywords
                    .iter()
                    .find(|(other, of)| of.intent != example.intent && regex.is_match(other))
            });
            match within {
                Some((_, other)) => findings.push(problem::keyword_within(
                    example.origin,
                    &example.text,
                    &other.text,
                    &other.intent,
                )),
                None => kept.push((keyword.clone(), example.intent.clone())),
            }
        }
        Self::load(SavedKeywords {
            case_sensitive: options.case_sensitive,
            keywords: kept,
        })
    }

    /// Makes saved keywords ready.
    pub(crate) fn load(mut saved: SavedKeywords) -> Self {
        let mut compiled = Vec::new();
        saved.keywords.retain(|(keyword, _)| {
            let regex = compile(keyword, saved.case_sensitive);
            let sound = regex.is_some();
            compiled.extend(regex);
            sound
        });
        Self { saved, compiled }
    }

    pub(crate) fn saved(&self) -> &SavedKeywords {
        &self.saved
    }

    pub(crate) fn len(&self) -> usize {
        self.compiled.len()
    }

    /// Returns the intent of the first keyword that stands in the text.
    pub(crate) fn intent(&self, text: &str) -> Option<IntentScore> {
        let at = self
            .compiled
            .iter()
            .position(|regex| regex.is_match(text))?;
        let (_, intent) = self.saved.keywords.get(at)?;
        Some(IntentScore {
            name: Some(intent.clone()),
            confidence: 1.0,
            ..IntentScore::default()
        })
    }
}

/// Returns the expression of a keyword. As in Rasa it is one as written; what is none stands for itself.
fn compile(keyword: &str, case_sensitive: bool) -> Option<Expression> {
    let build = |pattern: &str| Expression::new(&format!(r"\b{pattern}\b"), case_sensitive);
    build(keyword)
        .or_else(|_| build(&fancy_regex::escape(keyword)))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(sensitive: bool, examples: &[(&str, &str)]) -> (Keywords, usize) {
        let examples: Vec<Example> = examples
            .iter()
            .map(|(text, intent)| Example {
                text: (*text).to_owned(),
                intent: (*intent).to_owned(),
                ..Example::default()
            })
            .collect();
        let mut findings = Vec::new();
        let options = KeywordOptions {
            case_sensitive: sensitive,
        };
        let all: Vec<&Example> = examples.iter().collect();
        let keywords = Keywords::train(&options, &all, &mut findings);
        (keywords, findings.len())
    }

    fn intent(keywords: &Keywords, text: &str) -> Option<String> {
        keywords.intent(text)?.name
    }

    #[test]
    fn the_first_keyword_that_stands_there_as_a_word_decides() {
        let (found, findings) =
            keywords(true, &[("hi", "greet"), ("see you", "bye"), ("h(", "odd")]);
        assert_eq!(findings, 0);
        assert_eq!(intent(&found, "see you, hi").as_deref(), Some("greet"));
        assert_eq!(intent(&found, "this is it"), None);
        assert_eq!(intent(&found, "Hi"), None);
        let (found, _) = keywords(false, &[("Hi", "greet")]);
        assert_eq!(intent(&found, "oh hI there").as_deref(), Some("greet"));
        assert_eq!(Keywords::load(found.saved().clone()).len(), 1);
        // Alternatives are not put in a group, and letters are Python's.
        let (found, _) = keywords(true, &[("yes|no", "answer"), ("नमस", "greet")]);
        assert_eq!(intent(&found, "yesterday").as_deref(), Some("answer"));
        assert_eq!(intent(&found, "नमस्ते").as_deref(), Some("greet"));
    }

    #[test]
    fn keywords_of_two_intents_or_within_others_are_left_out() {
        let (found, findings) = keywords(true, &[("ok", "yes"), ("ok", "no"), ("sure", "yes")]);
        assert_eq!((found.len(), findings), (1, 1));
        let (found, findings) = keywords(true, &[("bye", "bye"), ("bye for now", "later")]);
        assert_eq!((found.len(), findings), (1, 1));
        assert_eq!(intent(&found, "bye for now").as_deref(), Some("later"));
        assert_eq!(intent(&found, "bye"), None);
    }
}
