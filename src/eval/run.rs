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
        failures.filter(|failure| self.excuse(failure).is_none())
    }

    /// Tells whether more broke than may.
    fn regressions_missed(&self) -> bool {
        let mut missed = self.missed.iter();
        missed.any(|missed| missed.of == Of::Regressions)
    }

    /// Returns why a conversation may fail: it did in the run that this one is held against, or so many may break.
    pub fn excuse(&self, failure: &Failure) -> Option<Excuse> {
        let comparison = self.comparison.as_ref().filter(|_| self.accepts_known)?;
        let number = failure.held;
        if comparison.stories_failed.contains(&number) {
            return Some(Excuse::Known);
        }
        let allowed = !self.regressions_missed() && comparison.stories_worse.contains(&number);
        allowed.then_some(Excuse::Allowed)
    }
}

/// Why a conversation that fails does not fail the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// It failed before.
    Known,
    /// It broke, and so many may.
    Allowed,
}

impl Excuse {
    /// Returns it in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Known => "known to fail",
            Self::Allowed => "broken, as so many may",
        }
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
