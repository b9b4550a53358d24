//! The trained pipeline: a text goes in, a parse comes out.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

#[cfg(feature = "embed")]
use super::featurizers::EmbeddingFeaturizer;
#[cfg(not(feature = "embed"))]
use super::problem;
use super::{
    Outside,
    classifiers::{Classifier, Keywords, Listed, SavedClassifier, SavedKeywords},
    extractors::{BuiltinOptions, CrfExtractor, RegexExtractor, SavedCrf, SavedRegex, Synonyms},
    featurizers::{
        CountFeaturizer, Features, SavedCounts, SavedEmbedding, TfidfFeaturizer, Working,
        tfidf::SavedTfidf,
    },
    lookups::{Lookups, SavedLookups},
    payload::read_payload,
    selector::{SavedSelector, Selector},
    tensors::{Reader, Writer},
    tokenizer::{SavedTokenizer, Tokenizer},
};
use crate::{
    data::{Domain, IntentScore, Parse},
    diagnostic::Diagnostic,
    ml::SparseVector,
    text::{CharacterCounter, Span, whitespace_tokens},
};

/// When `FallbackClassifier` steps in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FallbackOptions {
    /// The least confidence.
    pub(super) threshold: f64,
    /// The least lead over the second intent.
    pub(super) ambiguity_threshold: f64,
    /// The least share of messages in scope that look as strange; not asked for unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scope_threshold: Option<f64>,
}

/// A trained pipeline. The default one understands nothing.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    pub(super) steps: Vec<Step>,
    /// Who asks the servers that steps name.
    outside: Option<Arc<dyn Outside>>,
}

/// One trained component.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Tokenizer(Tokenizer),
    /// One column for each pattern.
    Patterns(Box<RegexExtractor>, u32),
    /// Appends features; columns start at the number.
    Tfidf(TfidfFeaturizer, u32),
    Counts(Box<CountFeaturizer>, u32),
    #[cfg(feature = "embed")]
    Embedding(EmbeddingFeaturizer, u32),
    Classifier(Box<Classifier>),
    Keywords(Keywords),
    Selector(Box<Selector>),
    Crf(Box<CrfExtractor>),
    Regex(RegexExtractor),
    Builtin(BuiltinOptions),
    Synonyms(Synonyms),
    Fallback(FallbackOptions),
    /// Finds nothing; knows what lookup tables hold.
    Lookups(Lookups),
}

/// A component as a model keeps it; tables stand among the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedStep {
    Tokenizer(SavedTokenizer),
    Patterns { table: SavedRegex, offset: u32 },
    Tfidf { table: SavedTfidf, offset: u32 },
    Counts { table: SavedCounts, offset: u32 },
    Embedding { table: SavedEmbedding, offset: u32 },
    Classifier(SavedClassifier),
    Keywords(SavedKeywords),
    Selector(SavedSelector),
    Crf(SavedCrf),
    Regex(SavedRegex),
    Builtin(BuiltinOptions),
    Synonyms(Synonyms),
    Fallback(FallbackOptions),
    Lookups(SavedLookups),
}

/// Why a saved pipeline cannot be made ready.
#[derive(Debug)]
pub enum Unloadable {
    /// It is not what was written.
    Damaged(String),
    /// Something that it needs beside itself is not there.
    Resource(Diagnostic),
}

impl From<String> for Unloadable {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}

impl Pipeline {
    /// Understands a text; `/intent{…}` is read as such where the domain has the intent.
    ///
    /// Linear in the length of the text. Servers that steps name are asked where the pipeline is connected.
    pub fn parse(&self, text: &str, domain: &Domain) -> Parse {
        self.read(text, domain, self.outside.as_deref())
    }

    /// Understands a text as far as that can be done at once: no server is asked.
    pub fn preview(&self, text: &str, domain: &Domain) -> Parse {
        self.read(text, domain, None)
    }

    /// Lets servers be asked, those that steps name or the one at `url`; returns whether there are any.
    pub fn connect(&mut self, outside: Arc<dyn Outside>, url: Option<&str>) -> bool {
        let mut any = false;
        for step in &mut self.steps {
            if let Step::Builtin(options) = step {
                if let Some(url) = url {
                    options.url = Some(url.to_owned());
                }
                any |= options.url.is_some();
            }
        }
        self.outside = any.then_some(outside);
        any
    }

    fn read(&self, text: &str, domain: &Domain, outside: Option<&dyn Outside>) -> Parse {
        if let Some(parse) = read_payload(text, domain) {
            return parse;
        }
        let mut parse = Parse {
            text: text.to_owned(),
            // Keywords give an intent alone.
            unranked: self.classifier().is_none() && self.has_keywords(),
            ..Parse::default()
        };
        let mut message = Message::new(text);
        for step in &self.steps {
            message.featurize(step);
            match step {
                Step::Lookups(_) => {}
                Step::Tokenizer(_) => {
                    let mut counter = CharacterCounter::new(text);
                    let spans = message.words().iter();
                    parse.text_tokens = Some(spans.map(|span| counter.of(*span)).collect());
                }
                Step::Tfidf(..) | Step::Counts(..) | Step::Patterns(..) => {}
                #[cfg(feature = "embed")]
                Step::Embedding(..) => {}
                Step::Keywords(keywords) => {
                    // As in Rasa silence here leaves an earlier classifier's word.
                    if let Some(intent) = keywords.intent(text) {
                        parse.intent = intent;
                    }
                }
                Step::Selector(selector) => {
                    selector.select(&message.features, domain, &mut parse.response_selector);
                }
                Step::Classifier(classifier) => {
                    let features = &message.features;
                    if classifier.answers(features.as_row()) {
                        let (confidences, in_scope) = classifier.classify(text, features);
                        rank(
                            &mut parse,
                            classifier.labels(),
                            &confidences,
                            classifier.listed(),
                        );
                        parse.in_scope = in_scope;
                    }
                }
                Step::Crf(extractor) => {
                    let found = extractor.extract(text, message.words());
                    parse.entities.extend(found);
                }
                Step::Builtin(options) => match (&options.url, outside) {
                    (None, _) => parse.entities.extend(options.extract(text)),
                    (Some(url), Some(outside)) => {
                        parse.entities.extend(options.ask(text, url, outside));
                    }
                    (Some(_), None) => {}
                },
                Step::Regex(extractor) => parse.entities.extend(extractor.extract(text)),
                Step::Synonyms(synonyms) => synonyms.apply(&mut parse.entities),
                Step::Fallback(thresholds) => fall_back(&mut parse, thresholds),
            }
        }
        name_fully(&mut parse);
        parse
    }

    fn has_keywords(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step, Step::Keywords(_)))
    }

    /// Returns the thresholds of the `FallbackClassifier`: least confidence, least lead.
    pub fn thresholds(&self) -> Option<(f64, f64)> {
        self.steps.iter().find_map(|step| match step {
            Step::Fallback(thresholds) => {
                Some((thresholds.threshold, thresholds.ambiguity_threshold))
            }
            _ => None,
        })
    }

    /// Returns the threshold of strangeness of the `FallbackClassifier`, where it has one.
    pub(super) fn scope_threshold(&self) -> Option<f64> {
        self.steps.iter().find_map(|step| match step {
            Step::Fallback(thresholds) => thresholds.scope_threshold,
            _ => None,
        })
    }

    /// Returns for each entity of a message the lookup table that lists what it may be, where it does not list this
    /// one; nothing at all where there is no such table.
    pub fn not_in_lookup(&self, parse: &Parse) -> Vec<Option<String>> {
        let found = self.steps.iter().find_map(|step| match step {
            Step::Lookups(lookups) if !parse.entities.is_empty() => Some(lookups.lacking(parse)),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// Returns the intents and the confidence of each, all of them and before any fallback; `None` where no classifier
    /// learnt from features or none of them is known.
    pub fn confidences(&self, text: &str) -> Option<(&[String], Vec<f32>)> {
        let classifier = self.classifier()?;
        let features = self.featurized(text);
        let answers = classifier.answers(features.as_row());
        answers.then(|| (classifier.labels(), classifier.confidences(&features)))
    }

    /// Returns the intents that any classifier may answer with, sorted.
    pub fn intents(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for step in &self.steps {
            match step {
                Step::Classifier(classifier) => {
                    names.extend(classifier.labels().iter().map(String::as_str));
                }
                Step::Keywords(keywords) => names.extend(keywords.intents()),
                _ => {}
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Tells whether any classifier may answer with an intent.
    pub fn knows(&self, intent: &str) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Classifier(classifier) => classifier.labels().iter().any(|own| own == intent),
            Step::Keywords(keywords) => keywords.intents().any(|own| own == intent),
            _ => false,
        })
    }

    /// Makes the confidences of intents surer by a factor above 1, less sure by one below.
    pub fn sharpen(&mut self, factor: f32) {
        for step in &mut self.steps {
            if let Step::Classifier(classifier) = step {
                classifier.sharpen(factor);
            }
        }
    }

    /// Tells whether it understands nothing: a model of dialogue alone.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the saved form: JSON, and the tensors as one file.
    pub fn save(&self) -> (Vec<u8>, Vec<u8>) {
        let mut tensors = Writer::default();
        let saved: Vec<SavedStep> = self
            .steps
            .iter()
            .enumerate()
            .map(|(i, step)| match step {
                Step::Tokenizer(tokenizer) => SavedStep::Tokenizer(tokenizer.saved()),
                Step::Patterns(patterns, offset) => SavedStep::Patterns {
                    table: patterns.saved().clone(),
                    offset: *offset,
                },
                Step::Tfidf(featurizer, offset) => SavedStep::Tfidf {
                    table: featurizer.save(&i.to_string(), &mut tensors),
                    offset: *offset,
                },
                Step::Counts(featurizer, offset) => SavedStep::Counts {
                    table: featurizer.save(&i.to_string(), &mut tensors),
                    offset: *offset,
                },
                #[cfg(feature = "embed")]
                Step::Embedding(featurizer, offset) => SavedStep::Embedding {
                    table: featurizer.save(&i.to_string(), &mut tensors),
                    offset: *offset,
                },
                Step::Keywords(keywords) => SavedStep::Keywords(keywords.saved().clone()),
                Step::Selector(selector) => {
                    SavedStep::Selector(selector.save(&i.to_string(), &mut tensors))
                }
                Step::Classifier(classifier) => {
                    SavedStep::Classifier(classifier.save(&i.to_string(), &mut tensors))
                }
                Step::Crf(extractor) => {
                    SavedStep::Crf(extractor.save(&i.to_string(), &mut tensors))
                }
                Step::Builtin(options) => SavedStep::Builtin(options.clone()),
                Step::Regex(extractor) => SavedStep::Regex(extractor.saved().clone()),
                Step::Synonyms(synonyms) => SavedStep::Synonyms(synonyms.clone()),
                Step::Fallback(thresholds) => SavedStep::Fallback(*thresholds),
                Step::Lookups(lookups) => {
                    SavedStep::Lookups(lookups.save(&i.to_string(), &mut tensors))
                }
            })
            .collect();
        (
            serde_json::to_vec(&saved).unwrap_or_default(),
            tensors.finish(),
        )
    }

    /// Makes a saved pipeline ready; `places` are the folders below which those that it names may stand.
    pub fn load(json: &[u8], tensors: &[u8], places: &[PathBuf]) -> Result<Self, Unloadable> {
        let saved: Vec<SavedStep> =
            serde_json::from_slice(json).map_err(|error| format!("nlu.json: {error}"))?;
        let tensors = Reader::new(tensors)?;
        let mut width = 0;
        let mut steps = Vec::with_capacity(saved.len());
        for (i, step) in saved.into_iter().enumerate() {
            let name = i.to_string();
            steps.push(match step {
                SavedStep::Tokenizer(saved) => Step::Tokenizer(Tokenizer::load(saved)?),
                SavedStep::Patterns { table, offset } => {
                    let patterns = RegexExtractor::load(table);
                    follow(&mut width, offset, patterns.len())?;
                    Step::Patterns(Box::new(patterns), offset)
                }
                SavedStep::Tfidf { table, offset } => {
                    let featurizer = TfidfFeaturizer::load(&table, &name, &tensors)?;
                    follow(&mut width, offset, featurizer.features())?;
                    Step::Tfidf(featurizer, offset)
                }
                SavedStep::Counts { table, offset } => {
                    let featurizer = CountFeaturizer::load(&table, &name, &tensors)?;
                    follow(&mut width, offset, featurizer.features())?;
                    Step::Counts(Box::new(featurizer), offset)
                }
                #[cfg(feature = "embed")]
                SavedStep::Embedding { table, offset } => {
                    let featurizer = EmbeddingFeaturizer::load(table, &name, &tensors, places)?;
                    follow(&mut width, offset, featurizer.features())?;
                    Step::Embedding(featurizer, offset)
                }
                #[cfg(not(feature = "embed"))]
                SavedStep::Embedding { .. } => {
                    let _ = places;
                    return Err(Unloadable::Resource(problem::not_built("the model")));
                }
                SavedStep::Keywords(saved) => Step::Keywords(Keywords::load(saved)),
                SavedStep::Selector(saved) => Step::Selector(Box::new(Selector::load(
                    saved,
                    &name,
                    width as usize,
                    &tensors,
                )?)),
                SavedStep::Classifier(saved) => Step::Classifier(Box::new(Classifier::load(
                    saved,
                    &name,
                    width as usize,
                    &tensors,
                )?)),
                SavedStep::Crf(saved) => {
                    Step::Crf(Box::new(CrfExtractor::load(saved, &name, &tensors)?))
                }
                SavedStep::Builtin(options) => Step::Builtin(options),
                SavedStep::Regex(saved) => Step::Regex(RegexExtractor::load(saved)),
                SavedStep::Synonyms(synonyms) => Step::Synonyms(synonyms),
                SavedStep::Fallback(thresholds) => Step::Fallback(thresholds),
                SavedStep::Lookups(saved) => Step::Lookups(Lookups::load(saved, &name, &tensors)?),
            });
        }
        Ok(Self {
            steps,
            outside: None,
        })
    }

    /// Returns the features that the first steps make of a text, and calls `each` with column and bytes of every
    /// known n-gram.
    pub(super) fn features(
        &self,
        text: &str,
        steps: usize,
        each: &mut impl FnMut(u32, Span),
    ) -> Features {
        let mut message = Message::new(text);
        for step in self.steps.iter().take(steps) {
            message.featurize(step);
            match step {
                Step::Tfidf(featurizer, offset) => featurizer.occurrences(text, *offset, each),
                Step::Counts(featurizer, offset) => {
                    featurizer.occurrences(text, message.words(), *offset, each);
                }
                Step::Patterns(patterns, offset) => patterns.matches(text, &mut |number, span| {
                    each(offset.saturating_add(number as u32), span);
                }),
                _ => {}
            }
        }
        message.features
    }

    /// Returns the row of features of a text.
    pub(super) fn row(&self, text: &str) -> SparseVector {
        self.featurized(text).row
    }

    /// Returns the features of a text.
    fn featurized(&self, text: &str) -> Features {
        let mut message = Message::new(text);
        self.steps.iter().for_each(|step| message.featurize(step));
        message.features
    }

    /// Returns the number of features.
    pub(super) fn width(&self) -> usize {
        let widths = self.steps.iter().map(|step| match step {
            Step::Tfidf(featurizer, _) => featurizer.features(),
            Step::Counts(featurizer, _) => featurizer.features(),
            Step::Patterns(patterns, _) => patterns.len(),
            #[cfg(feature = "embed")]
            Step::Embedding(featurizer, _) => featurizer.features(),
            _ => 0,
        });
        widths.sum()
    }

    /// Tells whether a column is one of a sentence embedding, which belongs to no word.
    pub(super) fn is_embedding(&self, column: u32) -> bool {
        #[cfg(not(feature = "embed"))]
        let _ = column;
        self.steps.iter().any(|step| match step {
            #[cfg(feature = "embed")]
            Step::Embedding(featurizer, offset) => {
                let end = offset.saturating_add(featurizer.features() as u32);
                (*offset..end).contains(&column)
            }
            _ => false,
        })
    }

    pub(super) fn classifier(&self) -> Option<&Classifier> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Classifier(classifier) => Some(classifier.as_ref()),
            _ => None,
        })
    }

    /// Returns what selects the answers of a retrieval intent: its own selector, else the one of all; the last of each.
    /// The first number is its place in the pipeline.
    pub(super) fn selector(&self, intent: &str) -> Option<(usize, &Selector)> {
        let named = |name: &str| {
            let steps = self.steps.iter().enumerate();
            steps.rev().find_map(|(at, step)| match step {
                Step::Selector(selector) if selector.name() == name => {
                    Some((at, selector.as_ref()))
                }
                _ => None,
            })
        };
        named(intent).or_else(|| named("default"))
    }
}

/// A message on its way through the pipeline: its words, and its features so far.
pub(super) struct Message<'a> {
    text: &'a str,
    words: Option<Vec<Span>>,
    working: Working,
    pub(super) features: Features,
}

impl<'a> Message<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            words: None,
            working: Working::default(),
            features: Features::default(),
        }
    }

    /// Returns the words of the last tokenizer; without one those that blanks and punctuation tell.
    fn words(&mut self) -> &[Span] {
        let text = self.text;
        self.words.get_or_insert_with(|| whitespace_tokens(text))
    }

    /// Cuts the message into words or adds features to it, if that is what a component does.
    pub(super) fn featurize(&mut self, step: &Step) {
        let text = self.text;
        match step {
            Step::Tokenizer(tokenizer) => self.words = Some(tokenizer.tokens(text)),
            Step::Tfidf(featurizer, offset) => {
                featurizer.transform(text, *offset, &mut self.working, &mut self.features);
            }
            Step::Counts(featurizer, offset) => {
                let words = self.words.get_or_insert_with(|| whitespace_tokens(text));
                featurizer.transform(text, words, *offset, &mut self.features);
            }
            Step::Patterns(patterns, offset) => {
                let words = self.words.get_or_insert_with(|| whitespace_tokens(text));
                let found = matched(patterns, text, words);
                self.features.row.append(found.as_row(), *offset, 1.0);
            }
            #[cfg(feature = "embed")]
            Step::Embedding(featurizer, offset) => {
                featurizer.transform(text, *offset, &mut self.features);
            }
            _ => {}
        }
    }
}

/// Returns 1 for every pattern with a match that touches a word, as `RegexFeaturizer` does for sentences.
pub(super) fn matched(patterns: &RegexExtractor, text: &str, words: &[Span]) -> SparseVector {
    let mut found: Vec<(u32, f32)> = Vec::new();
    patterns.matches(text, &mut |number, span| {
        let at = words.partition_point(|word| word.end <= span.start);
        let touches = words.get(at).is_some_and(|word| word.start < span.end);
        let column = number as u32;
        if touches && found.last().is_none_or(|(last, _)| *last != column) {
            found.push((column, 1.0));
        }
    });
    SparseVector::from_pairs(found)
}

/// Checks that features begin where those before end.
fn follow(width: &mut u32, offset: u32, features: usize) -> Result<(), String> {
    if offset != *width {
        return Err("features do not follow each other".to_owned());
    }
    *width = width.saturating_add(u32::try_from(features).unwrap_or(u32::MAX));
    Ok(())
}

fn rank(parse: &mut Parse, labels: &[String], confidences: &[f32], listed: Listed) {
    let mut order: Vec<(f32, &String)> = confidences.iter().copied().zip(labels).collect();
    listed.rank(&mut order);
    parse.intent_ranking = order
        .into_iter()
        .map(|(confidence, name)| IntentScore {
            name: Some(name.clone()),
            confidence: f64::from(confidence),
            ..IntentScore::default()
        })
        .collect();
    parse.intent = parse.intent_ranking.first().cloned().unwrap_or_default();
}

/// Gives a retrieval intent the answer that the selector of its name chose, as Rasa does.
fn name_fully(parse: &mut Parse) {
    let full = parse
        .response_selector
        .as_ref()
        .zip(parse.intent.name.as_deref())
        .filter(|(_, intent)| parse.is_retrieval(intent))
        .and_then(|(selectors, intent)| {
            let response = selectors.get(intent)?.get("response")?;
            let key = response.get("intent_response_key")?.as_str()?;
            Some(key.to_owned())
        });
    parse.intent.full_retrieval_intent_name = full;
}

/// Puts `nlu_fallback` first where the best intent is unsure or hardly leads, or the message is strange.
fn fall_back(parse: &mut Parse, thresholds: &FallbackOptions) {
    let FallbackOptions {
        threshold,
        ambiguity_threshold,
        scope_threshold,
    } = *thresholds;
    let strange = scope_threshold.zip(parse.in_scope);
    let strange = strange.is_some_and(|(threshold, in_scope)| in_scope < threshold);
    let ambiguous = match parse.intent_ranking.as_slice() {
        [first, second, ..] => first.confidence - second.confidence < ambiguity_threshold,
        _ => false,
    };
    if parse.intent.confidence < threshold || ambiguous || strange {
        let fallback = IntentScore {
            name: Some("nlu_fallback".to_owned()),
            confidence: threshold,
            ..IntentScore::default()
        };
        parse.intent_ranking.insert(0, fallback.clone());
        parse.intent = fallback;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(confidences: &[f32]) -> Parse {
        let labels: Vec<String> = (0..confidences.len()).map(|i| format!("i{i}")).collect();
        let mut parse = Parse::default();
        rank(&mut parse, &labels, confidences, Listed::default());
        parse
    }

    #[test]
    fn ranking_falls_and_ties_keep_their_order() {
        let names: Vec<String> = parse(&[0.2, 0.4, 0.2, 0.2])
            .intent_ranking
            .into_iter()
            .filter_map(|score| score.name)
            .collect();
        assert_eq!(names, ["i1", "i0", "i2", "i3"]);
    }

    #[test]
    fn fallback_follows_both_thresholds() {
        for (confidences, falls) in [
            (&[0.29, 0.1][..], true),
            (&[0.5, 0.3], false),
            (&[0.5, 0.45], true),
            (&[0.9], false),
            (&[], true),
        ] {
            let mut parse = parse(confidences);
            let entries = parse.intent_ranking.len();
            fall_back(&mut parse, &thresholds(None));
            assert_eq!(
                parse.intent_name() == "nlu_fallback",
                falls,
                "{confidences:?}"
            );
            assert_eq!(parse.intent_ranking.len(), entries + usize::from(falls));
        }
    }

    fn thresholds(scope_threshold: Option<f64>) -> FallbackOptions {
        FallbackOptions {
            threshold: 0.3,
            ambiguity_threshold: 0.1,
            scope_threshold,
        }
    }

    #[test]
    fn strange_messages_fall_back_where_that_is_asked_for() {
        for (asked, in_scope, falls) in [
            (Some(0.05), Some(0.04), true),
            (Some(0.05), Some(0.05), false),
            (None, Some(0.0), false),
            (Some(0.05), None, false),
        ] {
            let mut parse = parse(&[0.9, 0.1]);
            parse.in_scope = in_scope;
            fall_back(&mut parse, &thresholds(asked));
            assert_eq!(parse.intent_name() == "nlu_fallback", falls);
        }
    }
}
