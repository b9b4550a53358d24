//! Learning anew while the conversation goes on: check, learn, hold the test conversations with the new model.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use super::editing::{Project, told};
use crate::{
    check,
    diagnostic::{Diagnostic, Error, Severity, Sources},
    eval,
    model::{self, Model},
    nlu,
    project::{self, Loaded},
};

/// Everything that a training needs; it can run on any thread.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) project: Project,
    /// The model that answers now.
    pub(super) model: Arc<Model>,
    pub(super) part: model::Part,
    pub(super) seed: u64,
    /// The model that this session wrote before, which the new one replaces.
    pub(super) replaces: Option<PathBuf>,
    /// Set to stop it.
    pub(super) stop: Arc<AtomicBool>,
}

/// How a training ended.
#[derive(Debug)]
pub enum Outcome {
    /// There is a new model.
    Trained(Box<Trained>),
    /// The files say what the model knows already; the tests may say something else.
    Unchanged(Option<Tests>),
    /// The files have mistakes: the old model goes on answering.
    Broken(Vec<String>),
    /// It could not be done.
    Failed(String),
}

/// A new model and how good it is.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Arc<Model>,
    /// Its file.
    pub path: PathBuf,
    /// What became of the tests.
    pub tests: Option<Tests>,
    /// How long all this took, in seconds.
    pub seconds: f64,
}

/// How many of the project's tests a model passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// Conversations and messages that went as written.
    pub passed: usize,
    /// All of them.
    pub total: usize,
}

impl Job {
    /// Does it.
    pub fn run(self) -> Outcome {
        let start = Instant::now();
        let mut sources = Sources::new();
        let loaded = match self.load(&mut sources) {
            Ok(loaded) => loaded,
            Err(outcome) => return outcome,
        };
        let clock = (self.project.clock)();
        let options = model::Options {
            part: self.part,
            classifier: None,
            seed: self.seed,
            folder: self.project.paths.models.clone(),
            name: None,
            resources: nlu::resources(&loaded.assistant),
            now: clock,
        };
        let unchanged = model::unchanged(&sources, &options);
        if unchanged
            .is_some_and(|entry| entry.metadata.fingerprint == self.model.metadata.fingerprint)
        {
            return Outcome::Unchanged(tests(&self.project, &self.model));
        }
        let assistant = &loaded.assistant;
        match model::train(assistant, &sources, &options, &self.stop, &mut |_| {}) {
            Ok(trained) => {
                self.forget(&trained.path);
                let model = Arc::new(trained.model);
                let tests = tests(&self.project, &model);
                Outcome::Trained(Box::new(Trained {
                    model,
                    path: trained.path,
                    tests,
                    seconds: start.elapsed().as_secs_f64(),
                }))
            }
            Err(Error::Findings(findings)) => Outcome::Broken(shown(&findings, &sources)),
            Err(error) => Outcome::Failed(told(&error)),
        }
    }

    fn load(&self, sources: &mut Sources) -> Result<Loaded, Outcome> {
        let failed = |error: Error| Outcome::Failed(told(&error));
        let loaded = project::load(&self.project.paths, sources).map_err(failed)?;
        let config = &loaded.assistant.config;
        let mut findings = loaded.findings.clone();
        if !loaded.domain_is_partial {
            findings.extend(check::training(&loaded.assistant));
        }
        findings = config.judge(findings, sources);
        if !findings.iter().any(is_error) {
            let learning = check::learning(
                &loaded.assistant,
                sources,
                Some(&nlu::Options::default()),
                Some(&check::Conversations::default()),
            );
            findings.extend(config.judge(learning.map_err(failed)?, sources));
        }
        findings.retain(is_error);
        if findings.is_empty() {
            Ok(loaded)
        } else {
            Err(Outcome::Broken(shown(&findings, sources)))
        }
    }

    /// Deletes the model of this session that the new one replaces, so that a session leaves one behind.
    fn forget(&self, new: &Path) {
        if let Some(old) = self.replaces.as_ref().filter(|old| *old != new) {
            // It may be gone already; a file more does no harm.
            let _ = fs::remove_file(old);
        }
    }
}

fn is_error(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error
}

/// Returns findings a line each: `data/nlu.yml:3: message`.
fn shown(findings: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let line = |finding: &Diagnostic| match finding.origin() {
        Some(origin) => format!("{}: {}", sources.place(origin), finding.message),
        None => finding.message.clone(),
    };
    findings.iter().map(line).collect()
}

/// Holds all test conversations with a model; nothing where there are none.
pub(super) fn tests(project: &Project, model: &Arc<Model>) -> Option<Tests> {
    let mut sources = Sources::new();
    let paths = &project.paths;
    let tests = project::load_tests(&paths.tests, paths, &mut sources).ok()?;
    if tests.stories.is_empty() && tests.examples.is_empty() {
        return None;
    }
    let setting = eval::story::Setting {
        model,
        sources: &sources,
        nearest: &|_, _| None,
    };
    let never = AtomicBool::new(false);
    let ways = eval::story::ways(&tests.stories).ok()?;
    let held = eval::story::evaluate(&setting, &tests.stories, &ways, &never, &mut |_| {});
    let none = &|_: &str, _: Option<&_>| None;
    let heard = eval::nlu::evaluate(model, &tests.examples, &sources, none, &never, &mut |_| {});
    let right = heard.iter().filter(|one| one.is_right()).count();
    Some(Tests {
        passed: held.passed + right,
        total: held.total + heard.len(),
    })
}
