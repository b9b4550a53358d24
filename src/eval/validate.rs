//! Messages understood by models that have not seen them: cross-validation, and a part held out.
//!
//! Each model learns its whole pipeline anew from its own part, so nothing of a tested message is known to it; what is
//! shared is how texts are cut into terms, which follows from each text alone. In cross-validation no model validates
//! once more to fit its confidences: they are fitted on the margins of the other folds' tests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use ndarray::Array2;
use rayon::prelude::*;

use super::{
    message::{Heard, OUT_OF_SCOPE},
    nearest::Nearest,
};
use crate::{
    data::{Assistant, Example, TrainingData},
    diagnostic::{Diagnostic, Error, Result, Sources},
    ml::{
        calibration,
        sampling::{self, Split},
    },
    nlu::{self, Pipeline, SharedTerms},
};

/// How to validate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Intent classifier in the place of the configured one.
    pub classifier: Option<String>,
    /// Seed of the folds and of learning.
    pub seed: u64,
}

/// Cross-validates the pipeline of an assistant on its training examples, each repeated one taken once.
///
/// Folds hold the same mix of intents (answers, for retrieval intents) and are learnt in parallel. An intent with one
/// example is never tested. `on` is told, from any thread, of each model that is done. Returns the messages in file
/// order.
pub fn cross_validate(
    assistant: &Assistant,
    folds: usize,
    options: &Options,
    sources: &Sources,
    stop: &AtomicBool,
    on: &(dyn Fn() + Sync),
) -> Result<Vec<Heard>> {
    let examples = distinct(assistant);
    let splits = sampling::stratified_folds(&classes(&examples), folds, options.seed);
    let learner = Learner::new(assistant, &examples, stop);
    let mut pipelines: Vec<Pipeline> = side_by_side(splits.len(), |fold| {
        let rows = splits.get(fold).map_or(&[][..], |split| &split.train);
        let pipeline = learner.learn(rows, options, true)?;
        on();
        Ok(pipeline)
    })
    .into_iter()
    .collect::<Result<_>>()?;
    let margins: Vec<Margins> = pipelines
        .par_iter()
        .zip(&splits)
        .map(|(pipeline, split)| Margins::of(pipeline, &examples, &split.test))
        .collect();
    let factors: Vec<f32> = (0..splits.len())
        .into_par_iter()
        .map(|fold| temperature(&margins, fold))
        .collect();
    for (pipeline, factor) in pipelines.iter_mut().zip(factors) {
        pipeline.sharpen(factor);
    }
    Ok(test(assistant, &examples, &pipelines, &splits, sources))
}

/// Does jobs on threads of their own, as many as learn in parallel, and returns the results in order.
///
/// Jobs that learn wait for the pool of learning threads, so they must not stand in it.
pub(super) fn side_by_side<T: Send>(jobs: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let threads = rayon::current_num_threads().min(jobs);
    let take = || {
        let mut done = Vec::new();
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return done;
            }
            done.push((job, work(job)));
        }
    };
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        running
            .into_iter()
            .flat_map(|thread| match thread.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    results.sort_by_key(|(job, _)| *job);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Learns from a part of the training examples and tests on the rest, a share of each intent.
pub fn hold_out(
    assistant: &Assistant,
    share: f64,
    options: &Options,
    sources: &Sources,
    stop: &AtomicBool,
) -> Result<Vec<Heard>> {
    let examples = distinct(assistant);
    let split = sampling::stratified_hold_out(&classes(&examples), share, options.seed);
    let learner = Learner::new(assistant, &examples, stop);
    let pipeline = learner.learn(&split.train, options, false)?;
    Ok(test(assistant, &examples, &[pipeline], &[split], sources))
}

/// Returns the training examples, each repeated one once: a model that has seen a text proves nothing on it.
pub fn distinct(assistant: &Assistant) -> Vec<Example> {
    let mut seen = rustc_hash::FxHashSet::default();
    let training = &assistant.training.examples;
    let mut found = Vec::with_capacity(training.len());
    for example in training {
        let key = (&example.text, &example.intent, &example.response_key);
        if !example.text.is_empty() && seen.insert(key) {
            found.push(example.clone());
        }
    }
    found
}

/// Returns the group of each example that every fold must have its share of.
pub(super) fn classes(examples: &[Example]) -> Vec<usize> {
    let name = |example: &Example| {
        let key = example.response_key.as_ref();
        key.unwrap_or(&example.intent).clone()
    };
    let mut names: Vec<String> = examples.iter().map(name).collect();
    names.sort_unstable();
    names.dedup();
    examples
        .iter()
        .map(|example| names.binary_search(&name(example)).unwrap_or_default())
        .collect()
}

/// What parts of the training examples are learnt with; each text is cut into terms once for all of them.
pub(super) struct Learner<'a> {
    assistant: &'a Assistant,
    examples: &'a [Example],
    terms: Arc<SharedTerms>,
    stop: &'a AtomicBool,
}

impl<'a> Learner<'a> {
    pub(super) fn new(
        assistant: &'a Assistant,
        examples: &'a [Example],
        stop: &'a AtomicBool,
    ) -> Self {
        let texts = examples.iter().map(|example| example.text.as_str());
        Self {
            assistant,
            examples,
            terms: Arc::new(SharedTerms::of(texts)),
            stop,
        }
    }

    /// Learns a pipeline from some of the examples.
    pub(super) fn learn(
        &self,
        rows: &[usize],
        options: &Options,
        uncalibrated: bool,
    ) -> Result<Pipeline> {
        let Assistant {
            config,
            domain,
            training,
            ..
        } = self.assistant;
        let examples = rows.iter().filter_map(|row| self.examples.get(*row));
        let part = Assistant {
            config: config.clone(),
            domain: domain.clone(),
            training: TrainingData {
                examples: examples.cloned().collect(),
                synonyms: training.synonyms.clone(),
                patterns: training.patterns.clone(),
                lookups: training.lookups.clone(),
            },
            stories: Vec::new(),
        };
        if part.training.examples.is_empty() {
            return Err(Error::Nothing(Box::new(
                Diagnostic::error(
                    "test::nothing",
                    "there are too few training examples to keep some of them for testing",
                )
                .help("give each intent two examples or more"),
            )));
        }
        let options = nlu::Options {
            classifier: options.classifier.clone(),
            seed: options.seed,
            uncalibrated,
            terms: Some(Arc::clone(&self.terms)),
        };
        Ok(nlu::train(&part, &options, self.stop, &mut |_| {})?.pipeline)
    }
}

/// Margins of tested messages, as logarithms of uncalibrated confidences.
struct Margins {
    /// The intents that the model knows, sorted.
    labels: Vec<String>,
    /// A row for each message with known features, and its intent's column.
    rows: Vec<(Vec<f32>, usize)>,
}

impl Margins {
    fn of(pipeline: &Pipeline, examples: &[Example], tested: &[usize]) -> Self {
        let mut labels = Vec::new();
        let rows = tested
            .iter()
            .filter_map(|row| {
                let example = examples.get(*row)?;
                let (names, confidences) = pipeline.confidences(&example.text)?;
                if labels.is_empty() {
                    labels = names.to_vec();
                }
                let own = labels.binary_search(&example.intent).ok()?;
                let log = |share: &f32| share.max(1e-30).ln();
                Some((confidences.iter().map(log).collect(), own))
            })
            .collect();
        Self { labels, rows }
    }
}

/// Returns the factor that fits the margins of all folds but one; 1 where there are none.
fn temperature(margins: &[Margins], but: usize) -> f32 {
    let others = || {
        let others = margins.iter().enumerate().filter(|(fold, _)| *fold != but);
        others.map(|(_, margins)| margins)
    };
    // Folds that lack an intent have fewer columns, and are not needed to fit one number.
    let width = others().map(|fold| fold.labels.len()).max().unwrap_or(0);
    let full = || others().filter(|fold| fold.labels.len() == width);
    let rows: Vec<&(Vec<f32>, usize)> = full().flat_map(|fold| &fold.rows).collect();
    let values: Vec<f32> = rows
        .iter()
        .flat_map(|(row, _)| row.iter().copied())
        .collect();
    let labels: Vec<usize> = rows.iter().map(|(_, label)| *label).collect();
    Array2::from_shape_vec((labels.len(), width), values).map_or(1.0, |table| {
        calibration::fit_temperature(table.view(), &labels)
    })
}

/// Lets each model understand what it has not seen.
fn test(
    assistant: &Assistant,
    examples: &[Example],
    pipelines: &[Pipeline],
    splits: &[Split],
    sources: &Sources,
) -> Vec<Heard> {
    let nearest = std::sync::OnceLock::new();
    let nearest = || nearest.get_or_init(|| Nearest::of(&assistant.training.examples, sources));
    let jobs: Vec<(usize, &Pipeline, bool)> = pipelines
        .iter()
        .zip(splits)
        .flat_map(|(pipeline, split)| {
            let knows_outside = pipeline.knows(OUT_OF_SCOPE);
            let tested = split.test.iter();
            tested.map(move |row| (*row, pipeline, knows_outside))
        })
        .collect();
    let mut messages: Vec<(usize, Heard)> = jobs
        .par_iter()
        .filter_map(|(row, pipeline, knows_outside)| {
            let example = examples.get(*row)?;
            let parse = pipeline.preview(&example.text, &assistant.domain);
            let heard = Heard::of(example, &parse, *knows_outside, sources).explained(
                |text| pipeline.explain(text),
                |text, intent| pipeline.explain_answer(text, intent),
                |text, at| nearest().to(text, Some(at)),
            );
            Some((*row, heard))
        })
        .collect();
    messages.sort_by_key(|(row, _)| *row);
    messages.into_iter().map(|(_, heard)| heard).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assistant() -> Assistant {
        let words = [
            (
                "greet",
                ["hello", "hi", "good morning", "hey there", "good evening"],
            ),
            (
                "bye",
                ["goodbye", "bye", "see you later", "farewell now", "see you"],
            ),
        ];
        let mut assistant = Assistant::default();
        for (intent, texts) in words {
            for text in texts {
                for extra in ["", " friend", " my dear"] {
                    assistant.training.examples.push(Example {
                        text: format!("{text}{extra}"),
                        intent: intent.to_owned(),
                        ..Example::default()
                    });
                }
            }
        }
        assistant
    }

    #[test]
    fn every_message_is_tested_once_by_a_model_that_has_not_seen_it() {
        let assistant = assistant();
        let (sources, stop) = (Sources::new(), AtomicBool::new(false));
        let options = Options::default();
        let run = || cross_validate(&assistant, 5, &options, &sources, &stop, &|| {}).unwrap();
        let messages = run();
        assert_eq!(messages.len(), 30);
        assert!(messages.iter().filter(|m| m.is_right()).count() >= 24);
        assert_eq!(messages, run(), "the same seed gives the same answers");
        let held = hold_out(&assistant, 0.2, &options, &sources, &stop).unwrap();
        assert_eq!(held.len(), 6);
    }

    #[test]
    fn repeats_are_taken_once_and_too_little_data_is_told() {
        let mut assistant = assistant();
        assistant.training.examples = vec![assistant.training.examples[0].clone(); 3];
        assert_eq!(distinct(&assistant).len(), 1);
        let (sources, stop) = (Sources::new(), AtomicBool::new(false));
        assistant.training.examples.clear();
        let found = cross_validate(&assistant, 2, &Options::default(), &sources, &stop, &|| {});
        assert!(matches!(found, Err(Error::Nothing(_))));
    }
}
