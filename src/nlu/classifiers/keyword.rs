//! `KeywordIntentClassifier`: a message has the intent whose example stands in it as a whole word (nlu.md §5).

use serde::{Deserialize, Serialize};

use crate::{
    data::{Example, IntentScore},
    diagnostic::Diagnostic,
    nlu::{
        expression::{Expression, Expressions},
        problem,
    },
    text::fold_char,
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
    compiled: Expressions,
}

/// What a model keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedKeywords {
    case_sensitive: bool,
    /// Keyword, as an expression, then intent.
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
                text.chars().map(fold_char).collect()
            }
        };
        let mut keywords: Vec<&Example> = Vec::new();
        let mut twice = std::collections::HashSet::new();
        let mut places = std::collections::HashMap::new();
        for example in examples {
            let keyword = fold(&example.text);
            match places
                .get(&keyword)
                .and_then(|at: &usize| keywords.get(*at))
            {
                None => {
                    places.insert(keyword, keywords.len());
                    keywords.push(example);
                }
                Some(other) if other.intent != example.intent => {
                    findings.push(problem::keyword_twice(
                        example.origin,
                        &example.text,
                        &example.intent,
                        &other.intent,
                    ));
                    twice.insert(keyword);
                }
                Some(_) => {}
            }
        }
        keywords.retain(|example| !twice.contains(&fold(&example.text)));
        let sensitive = options.case_sensitive;
        let patterns: Vec<String> = keywords
            .iter()
            .map(|example| as_expression(&example.text, sensitive))
            .collect();
        let compiled = compile(patterns.iter(), sensitive);
        // The first that a keyword stands in and that has another intent.
        let mut within: Vec<Option<&Example>> = vec![None; keywords.len()];
        for &other in &keywords {
            for (number, expression) in compiled.that_may_match(&other.text) {
                let keyword = keywords.get(number).zip(within.get_mut(number));
                if let Some((example, within)) = keyword
                    && within.is_none()
                    && example.intent != other.intent
                    && expression.is_match(&other.text)
                {
                    *within = Some(other);
                }
            }
        }
        let mut kept = Vec::new();
        for ((example, pattern), within) in keywords.iter().zip(patterns).zip(within) {
            match within {
                Some(other) => findings.push(problem::keyword_within(
                    example.origin,
                    &example.text,
                    &other.text,
                    &other.intent,
                )),
                None => kept.push((pattern, example.intent.clone())),
            }
        }
        Self::load(SavedKeywords {
            case_sensitive: sensitive,
            keywords: kept,
        })
    }

    /// Makes saved keywords ready.
    pub(crate) fn load(saved: SavedKeywords) -> Self {
        let keywords = saved.keywords.iter();
        Self {
            compiled: compile(keywords.map(|(keyword, _)| keyword), saved.case_sensitive),
            saved,
        }
    }

    pub(crate) fn saved(&self) -> &SavedKeywords {
        &self.saved
    }

    pub(crate) fn len(&self) -> usize {
        self.compiled.len()
    }

    /// Returns the first keyword that stands in the text, and its intent.
    pub(crate) fn found(&self, text: &str) -> Option<&(String, String)> {
        let mut asked = self.compiled.that_may_match(text);
        let (at, _) = asked.find(|(_, expression)| expression.is_match(text))?;
        self.saved.keywords.get(at)
    }

    /// Returns the intent of the first keyword that stands in the text.
    pub(crate) fn intent(&self, text: &str) -> Option<IntentScore> {
        let (_, intent) = self.found(text)?;
        Some(IntentScore {
            name: Some(intent.clone()),
            confidence: 1.0,
            ..IntentScore::default()
        })
    }
}

/// Returns a keyword as an expression, which in Rasa it is as written; what is none stands for itself.
fn as_expression(keyword: &str, case_sensitive: bool) -> String {
    match Expression::new(&whole_word(keyword), case_sensitive) {
        Ok(_) => keyword.to_owned(),
        Err(_) => fancy_regex::escape(keyword).into_owned(),
    }
}

/// Makes expressions ready to be found as whole words.
fn compile<'a>(patterns: impl Iterator<Item = &'a String>, case_sensitive: bool) -> Expressions {
    patterns
        .map(|pattern| Expression::proven(&whole_word(pattern), case_sensitive))
        .collect()
}

fn whole_word(keyword: &str) -> String {
    format!(r"\b{keyword}\b")
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
        // What an expression means does not change with case, nor do letters of other languages.
        let (found, findings) = keywords(false, &[(r"go\S*", "go"), ("İzmir", "city")]);
        assert_eq!(findings, 0);
        assert_eq!(intent(&found, "we GOEST there").as_deref(), Some("go"));
        assert_eq!(intent(&found, "go there").as_deref(), Some("go"));
        for text in ["İZMİR", "izmir", "ızmır"] {
            assert_eq!(intent(&found, text).as_deref(), Some("city"), "{text}");
        }
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
