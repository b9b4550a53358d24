//! Trains one component after the other, and tells about each.

use std::{sync::atomic::Ordering, time::Instant};

use super::{
    Event, Trained, Trainer,
    findings::{count_findings, crf_findings, no_usable_pattern},
};
#[cfg(feature = "embed")]
use crate::nlu::featurizers::{EmbeddingFeaturizer, EmbeddingOptions};
use crate::{
    data::{Component, Example},
    diagnostic::{Diagnostic, Error, Result, count},
    ml::{Control, SparseMatrix, SparseVector},
    nlu::{
        classifiers::Keywords,
        extractors::{CrfExtractor, CrfFailure, CrfOptions, RegexExtractor, RegexParams, Synonyms},
        featurizers::{CountFeaturizer, CountOptions, TfidfFeaturizer, TfidfOptions},
        pipeline::{Step, matched},
        problem,
        registry::{self, Spec},
        selector::SelectorOptions,
        tokenizer::Tokenizer,
    },
};

impl Trainer<'_> {
    /// Trains one component and tells about it.
    pub(super) fn component(
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
            Spec::Tfidf(options) => self.tfidf_step(component, &options, trained, on)?,
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
            Spec::Selector(options) => self.selector_step(component, &options, on)?,
            Spec::Classifier(spec) => {
                let is_told = |finding: &Diagnostic| finding.code == "nlu::empty-vocabulary";
                if trained.features == 0 && !self.findings.iter().any(is_told) {
                    let name = registry::short(&component.name);
                    let finding = problem::no_features(component.origin, name);
                    self.findings.push(finding);
                }
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

    /// Learns the answers of a selector and tells how many.
    fn selector_step(
        &mut self,
        component: &Component,
        options: &SelectorOptions,
        on: &mut dyn FnMut(Event),
    ) -> Result<Step> {
        let start = Instant::now();
        on(Event::Stage {
            name: "Answers",
            total: None,
        });
        let selector = self.selector(component, options)?;
        if selector.answers() > 0 {
            let intent = options.retrieval_intent.as_deref();
            on(Event::Answers {
                intent: intent.unwrap_or("all retrieval intents").to_owned(),
                answers: selector.answers(),
                seconds: start.elapsed().as_secs_f64(),
            });
        }
        Ok(Step::Selector(Box::new(selector)))
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

    /// Adds weighed n-grams of words and characters.
    fn tfidf_step(
        &mut self,
        component: &Component,
        options: &TfidfOptions,
        trained: &mut Trained,
        on: &mut dyn FnMut(Event),
    ) -> Result<Step> {
        let start = Instant::now();
        on(Event::Stage {
            name: "Features",
            total: None,
        });
        let fit = TfidfFeaturizer::fit_transform(options, &self.texts, self.terms);
        let (featurizer, matrix) =
            fit.map_err(|why| problem::bad_option(component.origin, &component.name, &why))?;
        if featurizer.features() == 0 {
            let name = "TfidfFeaturizer";
            self.findings
                .push(problem::empty_vocabulary(component.origin, name));
        }
        let offset = self.add_grams(component, matrix, start, trained, on);
        let starts = featurizer.starts().map(|start| (start + offset, true));
        self.parts.extend(starts);
        Ok(Step::Tfidf(featurizer, offset))
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
        let fit = CountFeaturizer::fit_transform(options, &self.texts, &self.tokenizer, self.terms);
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
        self.parts.push((offset, true));
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
}
