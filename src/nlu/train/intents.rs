//! Learns intents, and the answers of retrieval intents.

use std::borrow::Cow;

use super::{Event, Trainer, columns::without_others, findings::unanswered, is_of};
use crate::{
    data::{Component, Example},
    diagnostic::{Error, Result},
    nlu::{
        classifiers::{self, Classifier, LinearOptions},
        problem,
        selector::{Selector, SelectorOptions},
    },
};

impl Trainer<'_> {
    pub(super) fn classifier(
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
            matrix = Cow::Owned(without_others(component, all, only.as_deref())?);
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

    /// Learns which answer to a retrieval intent is asked for.
    pub(super) fn selector(
        &mut self,
        component: &Component,
        options: &SelectorOptions,
    ) -> Result<Selector> {
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
        self.findings
            .extend(unanswered(self.assistant, self.examples, wanted));
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
