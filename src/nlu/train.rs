//! Training data and a configured pipeline to a trained one.

mod columns;
mod component;
mod event;
mod findings;
mod intents;
mod order;
mod prepare;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use self::prepare::{Prepared, prepare};
pub use self::{event::Event, findings::check};
#[cfg(feature = "embed")]
use super::registry;
use super::{
    Pipeline,
    classifiers::{self, Fallback, Judged},
    extractors::RegexParams,
    featurizers::SharedTerms,
    lookups::Lookups,
    pipeline::Step,
    registry::Spec,
    tokenizer::Tokenizer,
};
#[cfg(feature = "embed")]
use crate::embedding;
use crate::{
    data::{Assistant, Example},
    diagnostic::{Diagnostic, Error, Result, Severity},
    ml::SparseMatrix,
};

/// How to train.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Intent classifier in the place of the configured one.
    pub classifier: Option<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// Leaves out the inner cross-validation: confidences then follow from margins as they are, until
    /// [`Pipeline::sharpen`] says how sure they are to be.
    pub uncalibrated: bool,
    /// Terms of texts that other models learn from, too.
    pub terms: Option<Arc<SharedTerms>>,
}

/// A trained pipeline with what was seen on the way.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// What was replaced, left out or is wrong.
    pub findings: Vec<Diagnostic>,
    /// Messages learnt from, repeats left out.
    pub examples: usize,
    /// Intents.
    pub intents: usize,
    /// Distinct features.
    pub features: usize,
    /// Marked entities.
    pub annotations: usize,
    /// Name of the intent classifier.
    pub classifier: String,
    /// What cross-validation said, where the classifier needs it for its confidences.
    pub cross_validation: Option<CrossValidation>,
    /// What another threshold of `FallbackClassifier` would do, and what the one configured does.
    pub fallback: Option<(Fallback, Option<Fallback>)>,
    /// The same of its `scope_threshold`.
    pub scope: Option<(Fallback, Option<Fallback>)>,
}

/// How messages were understood by models that had not seen them.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    /// Number of messages that were tested.
    pub examples: usize,
    /// Whether they were held out once, instead of each part in turn.
    pub held_out: bool,
    /// Share understood rightly.
    pub accuracy: f64,
    /// By how much confidence and accuracy differ on the mean (expected calibration error).
    pub ece: f64,
    /// Intent with the smallest share right: name, share, and what it is mostly taken for.
    pub weakest: Option<(String, f64, Option<String>)>,
}

/// Trains every component in order.
pub fn train(
    assistant: &Assistant,
    options: &Options,
    stop: &AtomicBool,
    on: &mut dyn FnMut(Event),
) -> Result<Trained> {
    train_on_rows(assistant, options, stop, on).map(|(trained, _)| trained)
}

/// As [`train`], with the rows of features that were learnt from, those of each featurizer by themselves.
pub(super) fn train_on_rows(
    assistant: &Assistant,
    options: &Options,
    stop: &AtomicBool,
    on: &mut dyn FnMut(Event),
) -> Result<(Trained, Vec<SparseMatrix>)> {
    let Prepared {
        specs,
        examples,
        labels,
        findings,
    } = prepare(assistant, options)?;
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Err(Error::Findings(findings));
    }
    let targets: Vec<usize> = examples
        .iter()
        .map(|example| labels.binary_search(&example.intent).unwrap_or_default())
        .collect();
    let texts: Vec<&str> = examples
        .iter()
        .map(|example| example.text.as_str())
        .collect();
    let mut trained = Trained {
        pipeline: Pipeline::default(),
        findings: Vec::new(),
        examples: examples.len(),
        intents: labels.len(),
        features: 0,
        annotations: examples.iter().map(|example| example.entities.len()).sum(),
        classifier: String::new(),
        cross_validation: None,
        fallback: None,
        scope: None,
    };
    let mut run = Trainer {
        assistant,
        seed: options.seed,
        calibrated: !options.uncalibrated,
        terms: options.terms.as_deref(),
        patterns: None,
        tokenizer: Tokenizer::default(),
        texts,
        examples: &examples,
        labels: &labels,
        targets: &targets,
        matrices: Vec::new(),
        aliases: Vec::new(),
        parts: Vec::new(),
        dense: Vec::new(),
        stop,
        findings,
        judged: Vec::new(),
    };
    for (component, spec) in specs {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        // As in Rasa a machine that tells intents apart is not learnt for one alone.
        if is_idle(&spec, &labels) {
            continue;
        }
        let component = run.component(&component, spec, &mut trained, on)?;
        trained.pipeline.steps.push(component);
    }
    let lookups = Lookups::learn(&assistant.training);
    if !lookups.is_empty() {
        trained.pipeline.steps.push(Step::Lookups(lookups));
    }
    let Trainer {
        findings,
        judged,
        matrices,
        ..
    } = run;
    trained.fallback = fallback(&trained.pipeline, &judged);
    trained.scope = scope(&trained.pipeline, &judged);
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Err(Error::Findings(findings));
    }
    trained.findings = findings;
    Ok((trained, matrices))
}

/// Tells whether a component is not learnt, for want of a second intent.
fn is_idle(spec: &Spec, labels: &[String]) -> bool {
    labels.len() < 2 && matches!(spec, Spec::Classifier(classifiers::Spec::Sklearn(_)))
}

/// Tells whether an example is one of a retrieval intent: of the one wanted, or of any.
fn is_of(example: &Example, wanted: Option<&str>) -> bool {
    example.response_key.is_some() && wanted.is_none_or(|wanted| wanted == example.intent)
}

/// Returns what a better threshold of confidence would do to messages held out, and what the one of the pipeline does.
fn fallback(pipeline: &Pipeline, judged: &[Judged]) -> Option<(Fallback, Option<Fallback>)> {
    let now = pipeline.thresholds();
    let lead = now.map_or(0.0, |(_, lead)| lead);
    let proposal = Fallback::propose(judged, lead)?;
    let now = now.map(|(threshold, lead)| Fallback::measure(judged, threshold, lead));
    Some((proposal, now))
}

/// Returns what a threshold of strangeness would do to them, and what the one of the pipeline does.
fn scope(pipeline: &Pipeline, judged: &[Judged]) -> Option<(Fallback, Option<Fallback>)> {
    let proposal = Fallback::propose_scope(judged)?;
    let now = pipeline.scope_threshold();
    Some((
        proposal,
        now.map(|now| Fallback::measure_scope(judged, now)),
    ))
}

/// Returns what is known of the folders that a configuration names beside the project's files: a change of them is a
/// change of what is learnt.
pub fn resources(assistant: &Assistant) -> Vec<String> {
    #[cfg(feature = "embed")]
    {
        let pipeline = assistant.config.pipeline(true);
        let specs = registry::read(&pipeline, &assistant.config, true, &mut Vec::new());
        let folder = &assistant.config.folder;
        let names = specs.iter().filter_map(|(_, spec)| match spec {
            Spec::Embedding(options) => Some(folder.join(options.path.as_ref()?)),
            _ => None,
        });
        names.map(|path| embedding::fingerprint(&path)).collect()
    }
    #[cfg(not(feature = "embed"))]
    {
        let _ = assistant;
        Vec::new()
    }
}

/// What components learn from.
struct Trainer<'a> {
    assistant: &'a Assistant,
    seed: u64,
    calibrated: bool,
    terms: Option<&'a SharedTerms>,
    /// Options of the `RegexFeaturizer`s so far: of the last, and what any of them uses.
    patterns: Option<RegexParams>,
    /// The last tokenizer.
    tokenizer: Tokenizer,
    texts: Vec<&'a str>,
    examples: &'a [&'a Example],
    labels: &'a [String],
    targets: &'a [usize],
    /// Features made so far.
    matrices: Vec<SparseMatrix>,
    /// Alias of the featurizer of each of them, or nothing.
    aliases: Vec<String>,
    /// Where the parts of them begin, and whether each is brought to a length whatever the message.
    parts: Vec<(u32, bool)>,
    /// Columns of sentence embeddings, each range with the column after its last.
    dense: Vec<(u32, u32)>,
    stop: &'a AtomicBool,
    findings: Vec<Diagnostic>,
    /// How sure the last classifier was of messages held out.
    judged: Vec<Judged>,
}
