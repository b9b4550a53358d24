//! Training data and a configured pipeline to a trained one.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use rustc_hash::FxHashSet;

#[cfg(feature = "embed")]
use super::featurizers::{EmbeddingFeaturizer, EmbeddingOptions};
use super::{
    Pipeline,
    classifiers::{self, Classifier, Fallback, Judged, Keywords, LinearOptions},
    extractors::{
        self, CrfExtractor, CrfFailure, CrfOptions, RegexExtractor, RegexParams, Synonyms,
    },
    featurizers::{CountFeaturizer, CountOptions, TfidfFeaturizer},
    lookups::Lookups,
    pipeline::{Step, matched},
    problem,
    registry::{self, Spec, network},
    selector::{Selector, SelectorOptions},
    tokenizer::Tokenizer,
};
#[cfg(feature = "embed")]
use crate::embedding;
use crate::{
    data::{Assistant, Component, Example, TrainingData},
    diagnostic::{Diagnostic, Error, Origin, Result, Severity, count},
    ml::{Control, SparseMatrix, SparseVector, kernel_svm::MOST_ROWS_KERNEL},
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
}

/// Something that happened in training.
#[derive(Clone, Debug)]
pub enum Event {
    /// A stage begins.
    Stage {
        /// Its name.
        name: &'static str,
        /// Steps it has, where that is known.
        total: Option<u64>,
    },
    /// A step of the stage is done.
    Step {
        /// Number of steps done.
        position: u64,
    },
    /// Features are made.
    Features {
        /// Distinct ones.
        terms: usize,
        /// How long it took.
        seconds: f64,
    },
    /// Messages have their sentence embeddings.
    Embedding {
        /// Messages.
        texts: usize,
        /// Length of the vectors.
        dimensions: usize,
        /// How long it took.
        seconds: f64,
    },
    /// Intents are learnt.
    Intents {
        /// Name of the classifier.
        classifier: &'static str,
        /// Intents.
        classes: usize,
        /// What it has to say about the fit; empty, or starting with a separator.
        detail: String,
        /// How long it took.
        seconds: f64,
    },
    /// Answers to retrieval intents are learnt.
    Answers {
        /// The retrieval intent, or that it is any.
        intent: String,
        /// Answers.
        answers: usize,
        /// How long it took.
        seconds: f64,
    },
    /// Entities are learnt.
    Entities {
        /// What was learnt.
        what: String,
        /// How long it took.
        seconds: f64,
    },
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
        findings, judged, ..
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
    Ok(trained)
}

/// Tells whether a component is not learnt, for want of a second intent.
fn is_idle(spec: &Spec, labels: &[String]) -> bool {
    labels.len() < 2 && matches!(spec, Spec::Classifier(classifiers::Spec::Sklearn(_)))
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

/// Returns what is wrong with pipeline and examples as far as that can be told without learning.
pub fn check(assistant: &Assistant, options: &Options) -> Result<Vec<Diagnostic>> {
    let Prepared {
        specs,
        examples,
        mut findings,
        ..
    } = prepare(assistant, options)?;
    let texts: Vec<&str> = examples
        .iter()
        .map(|example| example.text.as_str())
        .collect();
    let mut tokenizer = Tokenizer::default();
    for (component, spec) in &specs {
        match spec {
            // What is wrong with its options was told as they were read.
            Spec::Tokenizer(words, options) => {
                tokenizer = Tokenizer::new(*words, options).unwrap_or_default();
            }
            Spec::Counts(options) if options.may_leave_nothing() => {
                if let Ok((featurizer, _)) =
                    CountFeaturizer::fit_transform(options, &texts, &tokenizer)
                {
                    findings.extend(count_findings(component, &featurizer));
                }
            }
            Spec::RegexExtractor(params) => {
                findings.extend(no_usable_pattern(component, params, &assistant.training));
            }
            Spec::Crf(options) => findings.extend(crf_findings(component, options)),
            #[cfg(feature = "embed")]
            Spec::Embedding(options) => {
                let path = assistant
                    .config
                    .folder
                    .join(options.path.as_deref().unwrap_or_default());
                let problem = embedding::check(&path).err();
                findings.extend(problem.map(|problem| problem.label(component.origin, "")));
            }
            Spec::Keywords(options) => {
                Keywords::train(options, &examples, &mut findings);
            }
            Spec::Selector(options) => {
                let wanted = options.retrieval_intent.as_deref();
                if !examples.iter().any(|example| is_of(example, wanted)) {
                    findings.push(problem::nothing_to_select(component.origin, wanted));
                }
            }
            _ => {}
        }
    }
    Ok(findings)
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

/// Tells of every expression that does not compile, once, whichever components use it.
fn broken_patterns(assistant: &Assistant, specs: &[(Component, Spec)]) -> Vec<Diagnostic> {
    let training = &assistant.training;
    let is_marked = |name: &str| {
        let mut marks = training
            .examples
            .iter()
            .flat_map(|example| &example.entities);
        marks.any(|mark| mark.entity == name)
    };
    let is_used = |name: &str| {
        specs.iter().any(|(_, spec)| match spec {
            Spec::RegexFeatures(params) => params.use_regexes,
            Spec::RegexExtractor(params) => params.use_regexes && is_marked(name),
            _ => false,
        })
    };
    extractors::broken(training)
        .map(|(pattern, why)| problem::bad_regex(pattern.origin, &why, is_used(&pattern.name)))
        .collect()
}

/// Returns the note on features of a random field that are left out, if there are any, or what is wrong with them.
fn crf_findings(component: &Component, options: &CrfOptions) -> Option<Diagnostic> {
    match CrfExtractor::left_out(options) {
        Ok(names) if names.is_empty() => None,
        Ok(names) => Some(problem::features_left_out(
            component.origin,
            &component.name,
            &names,
        )),
        Err(why) => Some(problem::bad_option(component.origin, &component.name, &why)),
    }
}

/// Returns what is wrong with what a featurizer counts: nothing is left of it, or what stands for unknown words never
/// occurs.
fn count_findings(component: &Component, featurizer: &CountFeaturizer) -> Option<Diagnostic> {
    if featurizer.features() == 0 {
        return Some(problem::empty_vocabulary(component.origin));
    }
    featurizer
        .lacks_unknown()
        .then(|| problem::unknown_word_never_learnt(component.origin))
}

/// Returns the finding that there is no expression or lookup table whose name is an entity that is marked, or none at
/// all beside a component that somebody wrote down.
fn no_usable_pattern(
    component: &Component,
    params: &RegexParams,
    training: &TrainingData,
) -> Option<Diagnostic> {
    let patterns = training.patterns.iter();
    let patterns = patterns.map(|pattern| (&pattern.name, pattern.origin));
    let lookups = training.lookups.iter();
    let lookups = lookups.map(|lookup| (&lookup.name, lookup.origin));
    let named: Vec<_> = patterns
        .filter(|_| params.use_regexes)
        .chain(lookups.filter(|_| params.use_lookup_tables))
        .collect();
    let marked = |name: &String| {
        let mut marks = training
            .examples
            .iter()
            .flat_map(|example| &example.entities);
        marks.any(|mark| mark.entity == *name)
    };
    let Some((_, first)) = named.first() else {
        let is_written = component.origin != Origin::default();
        return is_written.then(|| problem::no_pattern(component.origin));
    };
    let usable = named.iter().any(|(name, _)| marked(name));
    (!usable).then(|| problem::no_usable_pattern(*first))
}

/// Everything that learning begins with.
struct Prepared<'a> {
    specs: Vec<(Component, Spec)>,
    examples: Vec<&'a Example>,
    /// Intents, sorted.
    labels: Vec<String>,
    findings: Vec<Diagnostic>,
}

fn prepare<'a>(assistant: &'a Assistant, options: &Options) -> Result<Prepared<'a>> {
    let mut findings = Vec::new();
    let examples = distinct(&assistant.training.examples);
    let marked = examples.iter().any(|example| !example.entities.is_empty());
    let pipeline = with_classifier(assistant, options, marked)?;
    let mut specs = registry::read(&pipeline, &assistant.config, marked, &mut findings);
    order(&specs, &pipeline, &mut findings);
    overruled(&specs, &mut findings);
    for (component, spec) in &mut specs {
        if let Spec::Classifier(classifiers::Spec::Sklearn(options)) = spec {
            let rows = examples.len();
            let slow = options.leave_out_slow(rows);
            if !slow.is_empty() {
                findings.push(problem::kernels_too_slow(
                    component.origin,
                    registry::short(&component.name),
                    &slow,
                    rows,
                    MOST_ROWS_KERNEL,
                ));
            }
        }
    }
    findings.extend(broken_patterns(assistant, &specs));
    let at = assistant.domain.origin;
    let labels: Vec<String> = {
        let names = examples.iter().map(|example| example.intent.as_str());
        let names: FxHashSet<&str> = names.collect();
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    let classifies = specs
        .iter()
        .any(|(_, spec)| matches!(spec, Spec::Classifier(_) | Spec::Keywords(_)));
    if classifies {
        match labels.as_slice() {
            [] => {
                // As in Rasa, stories alone make a model of dialogue alone.
                findings.push(problem::no_examples(at, assistant.stories.is_empty()));
                specs.clear();
            }
            [only] => {
                let first = examples.first().map_or(at, |example| example.origin);
                let idle = |(_, spec): &(_, Spec)| is_idle(spec, &labels);
                findings.push(match specs.iter().find(|spec| idle(spec)) {
                    Some((component, _)) => problem::one_intent_alone(first, &component.name),
                    None => problem::one_intent(first, only),
                });
            }
            _ => {}
        }
    }
    Ok(Prepared {
        specs,
        examples,
        labels,
        findings,
    })
}

/// What components learn from.
struct Trainer<'a> {
    assistant: &'a Assistant,
    seed: u64,
    calibrated: bool,
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

impl Trainer<'_> {
    /// Trains one component and tells about it.
    fn component(
        &mut self,
        component: &Component,
        spec: Spec,
        trained: &mut Trained,
        on: &mut dyn FnMut(Event),
    ) -> Result<Step> {
        let start = Instant::now();
        let seconds = || start.elapsed().as_secs_f64();
        let training = &self.assistant.training;
        Ok(match spec {
            Spec::Tokenizer(words, options) => {
                self.tokenizer = Tokenizer::new(words, &options)
                    .map_err(|why| problem::bad_option(component.origin, &component.name, &why))?;
                Step::Tokenizer(self.tokenizer.clone())
            }
            Spec::RegexFeatures(params) => self.patterns_step(component, &params, trained)?,
            Spec::Tfidf(options) => {
                on(Event::Stage {
                    name: "Features",
                    total: None,
                });
                let (featurizer, matrix) = TfidfFeaturizer::fit_transform(&options, &self.texts)
                    .map_err(|why| problem::bad_option(component.origin, &component.name, &why))?;
                let offset = self.add_grams(component, matrix, start, trained, on);
                let starts = featurizer.starts().map(|start| (start + offset, true));
                self.parts.extend(starts);
                Step::Tfidf(featurizer, offset)
            }
            Spec::Counts(options) => self.counts_step(component, &options, trained, on)?,
            #[cfg(feature = "embed")]
            Spec::Embedding(options) => self.embedding_step(component, &options, trained, on)?,
            // Refused where the configuration is read.
            #[cfg(not(feature = "embed"))]
            Spec::Embedding(_) => return Err(problem::not_built("`EmbeddingFeaturizer`").into()),
            Spec::Keywords(options) => {
                let keywords = Keywords::train(&options, self.examples, &mut self.findings);
                "KeywordIntentClassifier".clone_into(&mut trained.classifier);
                on(Event::Intents {
                    classifier: "KeywordIntentClassifier",
                    classes: self.labels.len(),
                    detail: format!(", {}", count(keywords.len(), "keyword")),
                    seconds: seconds(),
                });
                Step::Keywords(keywords)
            }
            Spec::Selector(options) => {
                on(Event::Stage {
                    name: "Answers",
                    total: None,
                });
                let selector = self.selector(component, &options)?;
                if selector.answers() > 0 {
                    let intent = options.retrieval_intent.as_deref();
                    on(Event::Answers {
                        intent: intent.unwrap_or("all retrieval intents").to_owned(),
                        answers: selector.answers(),
                        seconds: seconds(),
                    });
                }
                Step::Selector(Box::new(selector))
            }
            Spec::Classifier(spec) => {
                let (classifier, fit) = self.classifier(component, &spec, on)?;
                fit.name.clone_into(&mut trained.classifier);
                trained.cross_validation = fit.cross_validation;
                self.judged = fit.judged;
                on(Event::Intents {
                    classifier: fit.name,
                    classes: self.labels.len(),
                    detail: fit.detail,
                    seconds: seconds(),
                });
                let listed = registry::listed(component, &mut self.findings).unwrap_or_default();
                Step::Classifier(Box::new(classifier.listing(listed)))
            }
            Spec::Crf(options) => {
                on(Event::Stage {
                    name: "Entities",
                    total: None,
                });
                let extractor = self.crf(component, &options)?;
                if extractor.names() > 0 {
                    on(Event::Entities {
                        what: format!(
                            "{} for {}",
                            count(extractor.names(), "label"),
                            extractor.component()
                        ),
                        seconds: seconds(),
                    });
                }
                Step::Crf(Box::new(extractor))
            }
            Spec::RegexExtractor(params) => {
                let extractor = RegexExtractor::train(&params, training);
                self.findings
                    .extend(no_usable_pattern(component, &params, training));
                if extractor.len() > 0 {
                    let what = format!(
                        "{} for RegexEntityExtractor",
                        count(extractor.len(), "pattern")
                    );
                    on(Event::Entities {
                        what,
                        seconds: seconds(),
                    });
                }
                Step::Regex(extractor)
            }
            Spec::Builtin(options) => Step::Builtin(options),
            Spec::Synonyms => Step::Synonyms(Synonyms::train(training)),
            Spec::Fallback(thresholds) => Step::Fallback(thresholds),
        })
    }

    /// Adds n-grams, tells how many, and returns where they begin.
    fn add_grams(
        &mut self,
        component: &Component,
        matrix: SparseMatrix,
        start: Instant,
        trained: &mut Trained,
        on: &mut dyn FnMut(Event),
    ) -> u32 {
        on(Event::Features {
            terms: matrix.cols(),
            seconds: start.elapsed().as_secs_f64(),
        });
        self.add(component, matrix, trained)
    }

    /// Adds counts of n-grams.
    fn counts_step(
        &mut self,
        component: &Component,
        options: &CountOptions,
        trained: &mut Trained,
        on: &mut dyn FnMut(Event),
    ) -> Result<Step> {
        let start = Instant::now();
        on(Event::Stage {
            name: "Features",
            total: None,
        });
        let fit = CountFeaturizer::fit_transform(options, &self.texts, &self.tokenizer);
        let (featurizer, matrix) =
            fit.map_err(|why| problem::bad_option(component.origin, &component.name, &why))?;
        self.findings.extend(count_findings(component, &featurizer));
        let offset = self.add_grams(component, matrix, start, trained, on);
        self.parts.push((offset, options.weighed));
        Ok(Step::Counts(Box::new(featurizer), offset))
    }

    /// Adds a feature for each pattern, and keeps the patterns for extractors.
    fn patterns_step(
        &mut self,
        component: &Component,
        params: &RegexParams,
        trained: &mut Trained,
    ) -> Result<Step> {
        let training = &self.assistant.training;
        let patterns = RegexExtractor::choose(params, training, &|_| true);
        let row = |text: &&str| matched(&patterns, text, &self.tokenizer.tokens(text));
        let rows: Vec<SparseVector> = self.texts.iter().map(row).collect();
        let rows = rows.iter().map(SparseVector::as_row);
        let matrix = SparseMatrix::from_rows(patterns.len(), rows).map_err(|error| {
            problem::bad_option(component.origin, &component.name, &error.to_string())
        })?;
        let offset = self.add(component, matrix, trained);
        self.parts.push((offset, false));
        let before = self.patterns.as_ref();
        self.patterns = Some(RegexParams {
            use_regexes: params.use_regexes || before.is_some_and(|before| before.use_regexes),
            use_lookup_tables: params.use_lookup_tables
                || before.is_some_and(|before| before.use_lookup_tables),
            ..params.clone()
        });
        Ok(Step::Patterns(Box::new(patterns), offset))
    }

    /// Adds features beside those there are and returns where they begin.
    fn add(&mut self, component: &Component, matrix: SparseMatrix, trained: &mut Trained) -> u32 {
        let offset = u32::try_from(trained.features).unwrap_or(u32::MAX);
        trained.features += matrix.cols();
        self.matrices.push(matrix);
        self.aliases.push(registry::alias(component).to_owned());
        offset
    }

    /// Opens a sentence embedding and adds the vectors of all examples.
    #[cfg(feature = "embed")]
    fn embedding_step(
        &mut self,
        component: &Component,
        options: &EmbeddingOptions,
        trained: &mut Trained,
        on: &mut dyn FnMut(Event),
    ) -> Result<Step> {
        let start = Instant::now();
        on(Event::Stage {
            name: "Embedding",
            total: Some(self.texts.len() as u64),
        });
        let (featurizer, matrix) = self.embed(component, options, on)?;
        let offset = self.add(component, matrix, trained);
        on(Event::Embedding {
            texts: self.texts.len(),
            dimensions: featurizer.features(),
            seconds: start.elapsed().as_secs_f64(),
        });
        self.parts.push((offset, false));
        self.dense
            .push((offset, offset + featurizer.features() as u32));
        Ok(Step::Embedding(featurizer, offset))
    }

    /// Makes the vectors of all examples; those known from an earlier training are not made again.
    #[cfg(feature = "embed")]
    fn embed(
        &mut self,
        component: &Component,
        options: &EmbeddingOptions,
        on: &mut dyn FnMut(Event),
    ) -> Result<(EmbeddingFeaturizer, SparseMatrix)> {
        let folder = &self.assistant.config.folder;
        let featurizer = EmbeddingFeaturizer::open(options, folder)
            .map_err(|problem| problem.label(component.origin, ""))?;
        let cache = options.cache.then_some(folder.as_path());
        let mut step = |done: usize| {
            on(Event::Step {
                position: done as u64,
            });
        };
        let (rows, note) = featurizer.transform_all(&self.texts, cache, self.stop, &mut step)?;
        self.findings.extend(note);
        let rows = rows.iter().map(SparseVector::as_row);
        let matrix = SparseMatrix::from_rows(featurizer.features(), rows).map_err(|error| {
            problem::bad_option(component.origin, &component.name, &error.to_string())
        })?;
        Ok((featurizer, matrix))
    }

    /// Learns which answer to a retrieval intent is asked for.
    fn selector(&mut self, component: &Component, options: &SelectorOptions) -> Result<Selector> {
        let wanted = options.retrieval_intent.as_deref();
        let with_key = |example: &&Example| example.response_key.is_some();
        let mut intents: Vec<String> = self
            .examples
            .iter()
            .copied()
            .filter(with_key)
            .map(|example| example.intent.clone())
            .collect();
        intents.sort_unstable();
        intents.dedup();
        let (mut rows, mut keys) = (Vec::new(), Vec::new());
        for (row, example) in self.examples.iter().enumerate() {
            if let Some(key) = &example.response_key
                && is_of(example, wanted)
            {
                rows.push(row);
                keys.push(key);
            }
        }
        if rows.is_empty() {
            let finding = problem::nothing_to_select(component.origin, wanted);
            self.findings.push(finding);
            return Ok(Selector::new(options, intents, None));
        }
        let mut labels: Vec<String> = keys.iter().map(|key| (*key).clone()).collect();
        labels.sort_unstable();
        labels.dedup();
        let targets: Vec<usize> = keys
            .iter()
            .map(|key| labels.binary_search(key).unwrap_or_default())
            .collect();
        let only = self.chosen(component);
        let matrix = self.joined(component)?.select(&rows);
        let matrix = without_others(component, matrix, only.as_deref())?;
        let job = classifiers::Job {
            matrix: &matrix,
            labels: &labels,
            targets: &targets,
            parts: &self.parts,
            words: None,
            embedding: None,
            seed: self.seed,
            calibrated: true,
            stop: self.stop,
        };
        let spec = classifiers::Spec::Linear(LinearOptions::default());
        let (classifier, _) = Classifier::train(&spec, &job, &mut |_| {})
            .map_err(|failure| failed(component, failure))?;
        Ok(Selector::new(options, intents, Some(classifier.on(only))))
    }

    /// Returns all features side by side.
    fn joined(&self, component: &Component) -> Result<std::borrow::Cow<'_, SparseMatrix>> {
        if let [only] = self.matrices.as_slice() {
            return Ok(std::borrow::Cow::Borrowed(only));
        }
        let blocks: Vec<(&SparseMatrix, f32)> =
            self.matrices.iter().map(|matrix| (matrix, 1.0)).collect();
        SparseMatrix::hstack(&blocks)
            .map(std::borrow::Cow::Owned)
            .map_err(|error| {
                problem::bad_option(component.origin, &component.name, &error.to_string()).into()
            })
    }

    /// Returns the columns of the featurizers that a component reads, each range with the column after its last; `None`
    /// where those are all. Where none that it names is here, it reads all that others may.
    fn chosen(&self, component: &Component) -> Option<Vec<(u32, u32)>> {
        let names = component.options.get("featurizers");
        let names = names.and_then(|names| names.as_array());
        let mut start = 0;
        let (mut chosen, mut open) = (Vec::new(), Vec::new());
        for (matrix, alias) in self.matrices.iter().zip(&self.aliases) {
            let end = start + u32::try_from(matrix.cols()).unwrap_or(u32::MAX);
            let is_named = |name: &serde_json::Value| name.as_str() == Some(alias);
            if names.is_some_and(|names| names.iter().any(is_named)) {
                chosen.push((start, end));
            }
            if !network::is_private(alias) {
                open.push((start, end));
            }
            start = end;
        }
        if !chosen.is_empty() {
            return Some(chosen);
        }
        (open.len() < self.matrices.len()).then_some(open)
    }

    /// Returns the columns of the first embedding among those that a component looks at.
    fn embedding(&self, only: Option<&[(u32, u32)]>) -> Option<(u32, u32)> {
        let is_seen = |(start, end): &&(u32, u32)| {
            only.is_none_or(|only| {
                only.iter()
                    .any(|(first, last)| first <= start && end <= last)
            })
        };
        self.dense.iter().find(is_seen).copied()
    }

    /// Returns the columns that a component is to look at without those of embeddings; `None` where that is all.
    fn sparse(&self, component: &Component) -> Option<Vec<(u32, u32)>> {
        let chosen = self.chosen(component);
        if self.dense.is_empty() {
            return chosen;
        }
        let width: usize = self.matrices.iter().map(SparseMatrix::cols).sum();
        let mut ranges = chosen.unwrap_or_else(|| vec![(0, width as u32)]);
        for (start, end) in &self.dense {
            ranges = ranges
                .into_iter()
                .flat_map(|(first, last)| [(first, last.min(*start)), (first.max(*end), last)])
                .filter(|(first, last)| first < last)
                .collect();
        }
        Some(ranges)
    }

    fn crf(&mut self, component: &Component, options: &CrfOptions) -> Result<CrfExtractor> {
        self.findings.extend(crf_findings(component, options));
        let cancelled = || self.stop.load(Ordering::Relaxed);
        let control = Control {
            cancelled: Some(&cancelled),
            progress: None,
        };
        // Rasa drops repeats before anything learns; features of our own learn better with them: what is said often is
        // what will be said.
        let training = &self.assistant.training;
        let all = || training.examples.iter();
        let examples: Vec<&Example> = if options.names_features() {
            self.examples.to_vec()
        } else {
            all().filter(|example| !example.text.is_empty()).collect()
        };
        CrfExtractor::train(
            options,
            self.patterns.as_ref(),
            training,
            &examples,
            &self.tokenizer,
            &control,
        )
        .map_err(|failure| match failure {
            CrfFailure::Stopped => Error::Interrupted,
            CrfFailure::Option(why) => {
                problem::bad_option(component.origin, &component.name, &why).into()
            }
        })
    }

    fn classifier(
        &self,
        component: &Component,
        spec: &classifiers::Spec,
        on: &mut dyn FnMut(Event),
    ) -> Result<(Classifier, classifiers::Fit)> {
        let only = match spec {
            // A forest only asks whether features are there.
            classifiers::Spec::Forest(_) => self.sparse(component),
            _ => self.chosen(component),
        };
        let mut matrix = self.joined(component)?;
        if only.is_some() {
            let all = matrix.into_owned();
            matrix = std::borrow::Cow::Owned(without_others(component, all, only.as_deref())?);
        }
        let words = classifiers::distinct_words(&self.texts);
        let job = classifiers::Job {
            matrix: &matrix,
            labels: self.labels,
            targets: self.targets,
            parts: &self.parts,
            words: Some(&words),
            embedding: self.embedding(only.as_deref()),
            seed: self.seed,
            calibrated: self.calibrated,
            stop: self.stop,
        };
        Classifier::train(spec, &job, on)
            .map(|(classifier, fit)| (classifier.on(only), fit))
            .map_err(|failure| failed(component, failure))
    }
}

/// Leaves out the values of all columns but those in the ranges.
fn without_others(
    component: &Component,
    matrix: SparseMatrix,
    only: Option<&[(u32, u32)]>,
) -> Result<SparseMatrix> {
    let Some(only) = only else {
        return Ok(matrix);
    };
    let rows: Vec<SparseVector> = matrix
        .iter()
        .map(|row| classifiers::restrict(row, only))
        .collect();
    SparseMatrix::from_rows(matrix.cols(), rows.iter().map(SparseVector::as_row)).map_err(|error| {
        problem::bad_option(component.origin, &component.name, &error.to_string()).into()
    })
}

/// Tells whether an example is one of a retrieval intent: of the one wanted, or of any.
fn is_of(example: &Example, wanted: Option<&str>) -> bool {
    example.response_key.is_some() && wanted.is_none_or(|wanted| wanted == example.intent)
}

/// Says why a classifier was not trained.
fn failed(component: &Component, failure: classifiers::Failure) -> Error {
    match failure {
        classifiers::Failure::Stopped => Error::Interrupted,
        classifiers::Failure::TooMany { rows, most } => {
            problem::too_many_for_kernel(component.origin, rows, most).into()
        }
        classifiers::Failure::Other(why) => {
            problem::bad_option(component.origin, &component.name, &why).into()
        }
    }
}

/// Returns the configured pipeline with another intent classifier, where one is asked for.
fn with_classifier(
    assistant: &Assistant,
    options: &Options,
    marked: bool,
) -> Result<Vec<Component>> {
    let mut pipeline = assistant.config.pipeline(marked);
    let Some(name) = &options.classifier else {
        return Ok(pipeline);
    };
    let Some(name) = registry::classifier(name) else {
        return Err(Error::cannot(
            Diagnostic::error(
                "train::unknown-classifier",
                format!("there is no intent classifier `{name}`"),
            )
            .help(format!(
                "known here: {}",
                registry::classifiers().collect::<Vec<_>>().join(", ")
            )),
        ));
    };
    let chosen = |component: &Component| Component {
        name: name.to_owned(),
        origin: component.origin,
        ..Component::default()
    };
    let mut placed = false;
    pipeline = pipeline
        .into_iter()
        .flat_map(|component| {
            if !registry::is_classifier(&component.name) {
                return [Some(component), None];
            }
            let keep = !placed;
            placed = true;
            if component.name == name {
                return [keep.then_some(component), None];
            }
            // What Rasa's one component does, two do here; only one is another now.
            let extractor = (marked && registry::finds_entities_too(&component)).then(|| {
                let mut component = component.clone();
                let option = "intent_classification".to_owned();
                component.options.insert(option, false.into());
                component
            });
            [keep.then(|| chosen(&component)), extractor]
        })
        .flatten()
        .collect();
    if !placed {
        let at = pipeline
            .iter()
            .position(|component| component.name == "FallbackClassifier")
            .unwrap_or(pipeline.len());
        pipeline.insert(at, chosen(&Component::default()));
    }
    Ok(pipeline)
}

/// Notes classifiers that another after them overrules.
fn overruled(specs: &[(Component, Spec)], findings: &mut Vec<Diagnostic>) {
    let last = specs
        .iter()
        .rposition(|(_, spec)| matches!(spec, Spec::Classifier(_)));
    let Some((before, (by, _))) = last.and_then(|at| Some((specs.get(..at)?, specs.get(at)?)))
    else {
        return;
    };
    for (component, spec) in before {
        if matches!(spec, Spec::Classifier(_) | Spec::Keywords(_)) {
            findings.push(problem::overruled(
                component.origin,
                registry::short(&component.name),
                registry::short(&by.name),
            ));
        }
    }
}

/// Notes components that stand before what they need, or beside what excludes them.
///
/// What was refused counts as if it stood there, and a component goes by the name that it has in the configuration.
fn order(specs: &[(Component, Spec)], pipeline: &[Component], findings: &mut Vec<Diagnostic>) {
    let refused: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .filter_map(|finding| {
            let at = finding.origin()?;
            // The component that it is about is the last one that begins before it.
            let before = |one: &&Component| {
                one.origin.source == at.source && one.origin.span.start <= at.span.start
            };
            let before = pipeline.iter().filter(before);
            let own = before.max_by_key(|component| component.origin.span.start)?;
            Some(own.name.as_str())
        })
        .collect();
    let is_refused = |kind: &str| refused.iter().any(|name| name.contains(kind));
    let lost_words = is_refused("Tokenizer");
    let (mut words, mut features) = (false, is_refused("Featurizer"));
    let (mut embedding, mut intents) = (false, is_refused("Classifier"));
    for (component, spec) in specs {
        let mut needs = |what: &str| {
            let written = pipeline.iter().find(|one| one.origin == component.origin);
            let name = written.map_or(&component.name, |written| &written.name);
            findings.push(problem::needs(component.origin, name, what));
        };
        match spec {
            Spec::Tokenizer(..) if words => {
                findings.push(problem::two_tokenizers(component.origin));
            }
            Spec::Tokenizer(..) => words = true,
            // Our own featurizers read the text itself.
            Spec::Tfidf(_) => features = true,
            Spec::Embedding(_) => (features, embedding) = (true, true),
            Spec::Counts(_) | Spec::RegexFeatures(_) => {
                if !words && !lost_words {
                    needs("a tokenizer");
                }
                features = true;
            }
            Spec::Crf(_) if !words && !lost_words => needs("a tokenizer"),
            Spec::Keywords(_) => intents = true,
            Spec::Selector(_) if !features => needs("a featurizer"),
            Spec::Classifier(classifier) => {
                if !features {
                    needs("a featurizer");
                }
                if embedding && matches!(classifier, classifiers::Spec::Forest(_)) {
                    findings.push(problem::forest_and_embedding(component.origin));
                }
                intents = true;
            }
            Spec::Fallback { .. } if !intents => needs("an intent classifier"),
            _ => {}
        }
    }
}

/// Returns the examples without those that say the same again.
fn distinct(examples: &[Example]) -> Vec<&Example> {
    let mut seen = FxHashSet::default();
    seen.reserve(examples.len());
    examples
        .iter()
        .filter(|example| {
            let marks: Vec<_> = example
                .entities
                .iter()
                .map(|e| (e.span, &e.entity, &e.role, &e.group))
                .collect();
            !example.text.is_empty()
                && seen.insert((&example.text, &example.intent, &example.response_key, marks))
        })
        .collect()
}
