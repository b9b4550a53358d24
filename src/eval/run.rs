//! Everything that one run of tests found.

use super::{
    compare::Comparison,
    coverage::Coverage,
    curve::Curve,
    message::Heard,
    nlu::NluReport,
    story::{Failure, Held, StoryReport},
    verdict::{Missed, Of},
};
use crate::diagnostic::Place;

/// What was tested.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum How {
    /// A model, with test files.
    #[default]
    Files,
    /// Models on parts of the training examples that they have not seen.
    CrossValidation {
        /// Number of parts.
        folds: usize,
    },
    /// A model on a part of the training examples that was held out.
    HoldOut {
        /// Share held out.
        share: f64,
    },
}

/// Everything that one run of `bot test` found.
#[derive(Clone, Debug, Default)]
pub struct TestReport {
    /// File of the model; none where models were made for the test alone.
    pub model: Option<String>,
    /// Folder of the project, where commands have to name it.
    pub project: Option<String>,
    /// Seed of the run.
    pub seed: u64,
    /// What was tested.
    pub how: How,
    /// Why nothing was tested, in words; then no figure is there.
    pub nothing: Option<String>,
    /// Single messages.
    pub nlu: Option<NluReport>,
    /// Conversations.
    pub stories: Option<StoryReport>,
    /// What tests touch.
    pub coverage: Option<Coverage>,
    /// Another run beside this one.
    pub comparison: Option<Comparison>,
    /// How accuracy grows with data.
    pub curve: Option<Curve>,
    /// Thresholds that were missed.
    pub missed: Vec<Missed>,
    /// Whether conversations may fail that failed in the other run, too: what counts is what breaks.
    pub accepts_known: bool,
    /// How long it took.
    pub seconds: f64,
}

impl TestReport {
    /// Tells whether everything went well enough.
    pub fn passed(&self) -> bool {
        self.nothing.is_none() && self.missed.is_empty() && self.fatal().next().is_none()
    }

    /// Returns the conversations that failed and may not.
    pub fn fatal(&self) -> impl Iterator<Item = &Failure> {
        let failures = self.stories.iter().flat_map(|stories| &stories.failures);
        failures.filter(|failure| !self.is_known(failure))
    }

    /// Tells whether more broke than may.
    fn regressions_missed(&self) -> bool {
        let mut missed = self.missed.iter();
        missed.any(|missed| missed.of == Of::Regressions)
    }

    /// Tells whether a conversation may fail, since it did in the run that this one is held against, or since so many may
    /// break.
    pub fn is_known(&self, failure: &Failure) -> bool {
        let known = self.comparison.as_ref().filter(|_| self.accepts_known);
        known.is_some_and(|comparison| {
            let failed = &comparison.stories_failed;
            let is_counted = |(name, place): &(String, Place)| {
                *name == failure.story && place.file == failure.place.file
            };
            failed.contains(&(failure.story.clone(), failure.place.file.clone()))
                || (!self.regressions_missed() && comparison.stories_broken.iter().any(is_counted))
        })
    }
}

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A stage begins that has this many steps.
    Stage {
        /// Its name.
        name: &'static str,
        /// Number of steps.
        total: usize,
    },
    /// A message was understood, rightly or not.
    Message(&'a Heard),
    /// A conversation was held.
    Story(&'a Held),
}
