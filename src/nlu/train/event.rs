//! What is told of a training while it runs.

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
