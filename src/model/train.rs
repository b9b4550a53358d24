//! A loaded project to a model file: fingerprint, learning, writing.

use std::{
    collections::BTreeSet, fmt::Write as _, path::PathBuf, sync::atomic::AtomicBool, time::Instant,
};

use sha2::{Digest, Sha256};

use super::{
    Entry, Figures, Folder, Metadata, Model,
    artefact::{self, Parts},
    metadata::FORMAT,
};
use crate::{
    data::{Assistant, Domain, Step, StepKind},
    diagnostic::{Diagnostic, Error, Result, Severity, Sources},
    dialogue::{self, Dialogue},
    nlu::{self, Pipeline},
    project,
};

/// Which part to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Understanding and dialogue.
    #[default]
    All,
    /// Understanding alone.
    Nlu,
    /// Dialogue alone.
    Core,
}

impl Part {
    /// Returns the part that a command calls so.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "nlu" => Some(Self::Nlu),
            "core" => Some(Self::Core),
            _ => None,
        }
    }
}

/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which part.
    pub part: Part,
    /// Intent classifier in the place of the configured one.
    pub classifier: Option<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// Where models go.
    pub folder: PathBuf,
    /// Name of the file in the place of time and fingerprint.
    pub name: Option<String>,
    /// What is known of the folders that the configuration names beside the project's files ([`nlu::resources`]).
    pub resources: Vec<String>,
    /// The time, for the file's name: `YYYYmmdd-HHMMSS`, and in RFC 3339.
    pub now: (String, String),
}

/// Something that happened in training.
#[derive(Clone, Debug)]
pub enum Event {
    /// Understanding is being learnt.
    Nlu(nlu::Event),
    /// Dialogue was learnt.
    Dialogue {
        /// Turns learnt from.
        turns: usize,
        /// What each policy keeps.
        sizes: Vec<(&'static str, usize)>,
        /// How long it took.
        seconds: f64,
    },
}

/// A freshly trained model.
#[derive(Debug)]
pub struct Trained {
    /// Its file.
    pub path: PathBuf,
    /// The model itself.
    pub model: Model,
    /// Size of the file.
    pub bytes: u64,
    /// Old models of ours that were deleted.
    pub deleted: Vec<PathBuf>,
    /// What was noticed, errors excluded.
    pub findings: Vec<Diagnostic>,
}

/// Returns the newest model if it was trained on just the same files with the same options and version, and has the
/// name that was asked for, if any. An older one would not be the one that answers.
pub fn unchanged(sources: &Sources, options: &Options) -> Option<Entry> {
    let fingerprint = fingerprint(&content(sources), options);
    let folder = Folder::new(&options.folder);
    let newest = folder.list().0.into_iter().next()?;
    let right_name = options
        .name
        .as_ref()
        .is_none_or(|name| newest.path == folder.path_for(name));
    (newest.metadata.fingerprint == fingerprint && right_name).then_some(newest)
}

/// Tells whether a model was trained on just these files, whatever part of them and whichever classifier was asked for.
pub fn fits(metadata: &Metadata, sources: &Sources, resources: Vec<String>) -> bool {
    let mut options = Options {
        part: Part::All,
        classifier: None,
        seed: metadata.seed,
        folder: PathBuf::new(),
        name: None,
        resources,
        now: Default::default(),
    };
    let named = Some(metadata.figures.classifier.clone());
    let content = content(sources);
    [Part::All, Part::Nlu, Part::Core].iter().any(|part| {
        [None, named.clone()].into_iter().any(|classifier| {
            options.part = *part;
            options.classifier = classifier;
            fingerprint(&content, &options) == metadata.fingerprint
        })
    })
}

/// Trains and writes a model.
///
/// The same assistant, options and version give the same bytes in every part but the metadata, whatever the number of
/// threads. `stop` is looked at often; nothing is written once it is set.
pub fn train(
    assistant: &Assistant,
    sources: &Sources,
    options: &Options,
    stop: &AtomicBool,
    on: &mut dyn FnMut(Event),
) -> Result<Trained> {
    let start = Instant::now();
    let folder = Folder::new(&options.folder);
    let fingerprint = fingerprint(&content(sources), options);
    let mut findings = Vec::new();
    let mut figures = Figures {
        stories: assistant.stories.len(),
        ..Figures::default()
    };
    let nlu = if options.part == Part::Core {
        Pipeline::default()
    } else {
        let (pipeline, found) = understanding(assistant, options, &mut figures, stop, on)?;
        findings.extend(found);
        pipeline
    };
    let dialogue = if options.part == Part::Nlu || assistant.stories.is_empty() {
        Dialogue::default()
    } else {
        let start = Instant::now();
        let trained = dialogue::train(assistant, sources);
        let seconds = start.elapsed().as_secs_f64();
        on(Event::Dialogue {
            turns: trained.turns,
            sizes: trained.dialogue.sizes(),
            seconds,
        });
        findings.extend(trained.findings);
        trained.dialogue
    };
    let findings = assistant.config.judge(findings, sources);
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Err(Error::Findings(findings));
    }
    if stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(Error::Interrupted);
    }
    figures.seconds = start.elapsed().as_secs_f64();
    let metadata = Metadata {
        bot: env!("CARGO_PKG_VERSION").to_owned(),
        format: FORMAT,
        id: fingerprint.chars().take(6).collect(),
        trained_at: options.now.1.clone(),
        assistant_id: assistant.config.assistant_id.clone(),
        seed: options.seed,
        fingerprint,
        figures,
        sources: sources.iter().map(|source| source.name.clone()).collect(),
        ..Metadata::default()
    };
    let model = Model {
        metadata,
        config: assistant.config.clone(),
        domain: Domain {
            e2e_actions: texts_said(assistant),
            ..assistant.domain.clone()
        },
        nlu,
        dialogue,
    };
    let name = options
        .name
        .clone()
        .unwrap_or_else(|| format!("{}-{}", options.now.0, model.metadata.id));
    let path = folder.path_for(&name);
    let (nlu, tensors) = model.nlu.save();
    let parts = Parts {
        config: project::write_config(&model.config),
        domain: project::write_domain(&model.domain),
        nlu,
        tensors,
        dialogue: serde_json::to_vec(&model.dialogue).unwrap_or_default(),
    };
    let bytes = artefact::write(&path, &model.metadata, &parts)?;
    let deleted = folder.prune(&path);
    Ok(Trained {
        path,
        model,
        bytes,
        deleted,
        findings,
    })
}

/// Learns to understand, and notes how well.
fn understanding(
    assistant: &Assistant,
    options: &Options,
    figures: &mut Figures,
    stop: &AtomicBool,
    on: &mut dyn FnMut(Event),
) -> Result<(Pipeline, Vec<Diagnostic>)> {
    let wanted = nlu::Options {
        classifier: options.classifier.clone(),
        seed: options.seed,
        ..nlu::Options::default()
    };
    let trained = nlu::train(assistant, &wanted, stop, &mut |event| on(Event::Nlu(event)))?;
    figures.examples = trained.examples;
    figures.intents = trained.intents;
    figures.features = trained.features;
    figures.annotations = trained.annotations;
    figures.classifier = trained.classifier;
    figures.fallback = trained.fallback;
    figures.scope = trained.scope;
    if let Some(validation) = trained.cross_validation {
        figures.cross_validated_accuracy = Some(validation.accuracy);
        figures.validated_on = validation.examples;
        figures.held_out = validation.held_out;
        figures.ece = Some(validation.ece);
        figures.weakest = validation.weakest;
    }
    Ok((trained.pipeline, trained.findings))
}

/// Returns the texts that the bot may say end to end: those of the domain and those in stories, sorted.
fn texts_said(assistant: &Assistant) -> Vec<String> {
    fn collect(steps: &[Step], texts: &mut BTreeSet<String>) {
        for step in steps {
            match &step.kind {
                StepKind::Bot(text) => {
                    texts.insert(text.clone());
                }
                StepKind::Or(choices) => collect(choices, texts),
                _ => {}
            }
        }
    }
    let mut texts: BTreeSet<String> = assistant.domain.e2e_actions.iter().cloned().collect();
    for story in &assistant.stories {
        collect(&story.steps, &mut texts);
    }
    texts.into_iter().collect()
}

/// Hashes texts so that no two lists of them look alike.
#[derive(Default)]
struct Texts(Sha256);

impl Texts {
    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }

    fn finish(self) -> String {
        let mut hex = String::new();
        for byte in self.0.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// Returns what the files say that may be learnt, by name and text.
fn content(sources: &Sources) -> String {
    let mut texts = Texts::default();
    for source in sources.iter() {
        texts.add(&source.name);
        texts.add(&source.learnt());
    }
    texts.finish()
}

/// Returns a fingerprint of everything that decides what is learnt: the files' content, options and version.
fn fingerprint(content: &str, options: &Options) -> String {
    let mut texts = Texts::default();
    texts.add(env!("CARGO_PKG_VERSION"));
    texts.add(&format!(
        "{FORMAT} {:?} {:?} {}",
        options.part, options.classifier, options.seed
    ));
    for resource in &options.resources {
        texts.add(resource);
    }
    texts.add(content);
    texts.finish()
}
