//! `bot test`: a model against messages and conversations it has not seen, and the verdict.

mod configs;
mod earlier;
mod listing;
mod load;
mod measure;
mod output;
mod watch;

use std::{path::PathBuf, time::Instant};

use super::{Context, Format, show_findings};
use crate::{
    console::ExitStatus,
    diagnostic::{Diagnostic, Error, Result},
    eval::{
        compare::Comparison,
        curve,
        run::{How, TestReport},
        validate, verdict,
    },
    files,
    model::Part,
    project::Paths,
};

pub use crate::{data::Thresholds, report::test::rasa::Options as RasaOptions};
pub use listing::List;
pub use output::Kind;

/// What to test.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Request {
    /// Which part.
    pub part: Part,
    /// Pieces of the names of test stories; without any all are held.
    pub names: Vec<String>,
    /// Model: a file, a folder, or a name in `models/`.
    pub model: Option<PathBuf>,
    /// Messages: yml or csv files, or folders.
    pub nlu: Vec<PathBuf>,
    /// Test stories: files or folders.
    pub stories: Vec<PathBuf>,
    /// Cross-validate the training examples in this many folds.
    pub folds: Option<usize>,
    /// Configuration in the place of the project's own.
    pub config: Option<PathBuf>,
    /// Domain in the place of the project's own.
    pub domain: Option<PathBuf>,
    /// Hold this share of the training examples out.
    pub holdout: Option<f64>,
    /// Seed of folds, parts and intervals; by default the model's.
    pub seed: Option<u64>,
    /// Intent classifier in the place of the configured one.
    pub classifier: Option<String>,
    /// A model or an earlier report to compare with.
    pub compare: Option<PathBuf>,
    /// Compare with a baseline; none is the project's own.
    pub baseline: Option<Option<PathBuf>>,
    /// Write the baseline anew.
    pub update_baseline: bool,
    /// Print a list of examples in the place of the verdict.
    pub list: Option<List>,
    /// Learn from growing shares of the data, too.
    pub learning_curve: bool,
    /// Cross-validate these configurations side by side.
    pub configs: Vec<PathBuf>,
    /// What must be reached, as far as the command line says.
    pub thresholds: Thresholds,
    /// Reports to write.
    pub reports: Vec<(Kind, PathBuf)>,
    /// Write the files that Rasa writes.
    pub rasa_results: bool,
    /// Which of them.
    pub rasa: RasaOptions,
    /// Folder for them, or for `failed_test_stories.yml` alone.
    pub out: Option<PathBuf>,
    /// Overwrite what is there.
    pub force: bool,
    /// Test again whatever a change touches.
    pub watch: bool,
    /// What is tested is a part of what there is: what no test touches is no news.
    pub partial: bool,
}

impl Request {
    /// Takes words behind a file for the names that they are: `--stories FILE NAME` lets any number of files follow.
    fn take_names(&mut self) {
        for named in [&mut self.stories, &mut self.nlu] {
            let is_name = |path: &PathBuf| {
                path.extension().is_none() && path.components().count() == 1 && !path.exists()
            };
            let at = named.iter().skip(1).position(is_name);
            let names = at.map_or(Vec::new(), |at| named.split_off(at + 1));
            let names = names.iter().map(|name| name.to_string_lossy().into_owned());
            self.names.extend(names);
        }
        if self.part == Part::All
            && let Some(part) = self.names.first().and_then(|name| Part::named(name))
        {
            self.part = part;
            self.names.remove(0);
        }
    }

    /// Tells whether models are made for the test, from training examples alone.
    fn validates(&self) -> bool {
        self.folds.is_some() || self.holdout.is_some()
    }
}

/// Tests.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    // The same tests are the same ones to a baseline, however their files are named.
    let paths = context.project_or_current();
    let respelt = |named: &[PathBuf]| named.iter().map(|path| paths.respelt(path)).collect();
    let mut request = request.clone();
    request.take_names();
    request.nlu = respelt(&request.nlu);
    request.stories = respelt(&request.stories);
    let request = &request;
    if request.watch {
        return watch::run(request, context);
    }
    once(request, context)
}

/// Tests once.
fn once(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let start = Instant::now();
    let own = match context.project {
        Some(_) => context.project()?,
        None => context.project_or_current(),
    };
    let mut paths = own.clone();
    if let Some(config) = &request.config {
        paths.config.clone_from(config);
    }
    if let Some(domain) = &request.domain {
        paths.domain.clone_from(domain);
    }
    output::check_places(request, context.format)?;
    for named in [&request.config, &request.domain].into_iter().flatten() {
        if !named.exists() {
            return Err(files::Problem::Missing(named.clone()).into());
        }
    }
    earlier::check(request, &paths, context)?;
    let is_of_stories =
        request.part == Part::Core || !request.names.is_empty() || !request.stories.is_empty();
    if request.validates() && is_of_stories {
        let what = "cross-validation and a held-out part test training examples, no stories";
        return Err(Error::cannot(
            Diagnostic::error("test::only-messages", what).help(
                "test stories in a run of their own, without `--cross-validate` and `--holdout`",
            ),
        ));
    }
    if !request.configs.is_empty() {
        return configs::run(request, &paths, context);
    }
    if let Some(list) = request.list {
        return listing::run(list, request, &paths, context);
    }
    let mut report = match report(request, &own, &paths, context) {
        Err(Error::Nothing(why)) => {
            output::write_nothing(request, &why.message, context)?;
            return Err(Error::Nothing(why));
        }
        found => found?,
    };
    report.seconds = start.elapsed().as_secs_f64();
    output::write(request, &report, context)?;
    if request.update_baseline {
        earlier::write_baseline(request, &paths, &report, context)?;
    }
    Ok(if report.passed() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// Measures, compares and judges. `own` are the places of the project without what the request names in their stead.
fn report(
    request: &Request,
    own: &Paths,
    paths: &Paths,
    context: &mut Context,
) -> Result<TestReport> {
    let project = load::project(paths, context)?;
    let mut report = if request.validates() {
        measure::training(request, paths, true, context)?
    } else {
        measure::tests(request, paths, project.as_ref(), true, context)?
    };
    report.project = project_flag(context);
    if request.learning_curve {
        report.curve = Some(learning_curve(request, &report, paths, context)?);
    }
    if let Some(earlier) = earlier::find(request, paths, project.as_ref(), &report, context)? {
        let comparison = Comparison::of(&earlier, &report, report.seed);
        if comparison.is_empty() {
            return Err(earlier::of_other_tests(&comparison));
        }
        report.comparison = Some(comparison);
    }
    let mut written = project
        .map(|project| project.config.thresholds)
        .unwrap_or_default();
    if own.config != paths.config
        && let Some(project) = load::project(own, context)?
    {
        // Another pipeline is held to what the project asks of its own.
        written = written.or(&project.config.thresholds);
    }
    let written = asked(written, request, &report);
    let thresholds = request.thresholds.clone().or(&written);
    report.missed = verdict::missed(&thresholds, &report);
    report.accepts_known = thresholds.max_regressions.is_some();
    Ok(report)
}

/// Leaves out of the configuration's thresholds what this run was not to measure.
fn asked(mut written: Thresholds, request: &Request, report: &TestReport) -> Thresholds {
    // What is named on the command line is a part of the tests, as `nlu` and `core` are.
    let only_messages = !request.nlu.is_empty() && request.stories.is_empty();
    let only_stories = !request.stories.is_empty() && request.nlu.is_empty();
    let is_core = request.part == Part::Core || !request.names.is_empty();
    if is_core || (only_stories && report.nlu.is_none()) {
        let Thresholds {
            min_story_accuracy, ..
        } = written;
        written = Thresholds {
            min_story_accuracy,
            ..Thresholds::default()
        };
    }
    if request.part == Part::Nlu || only_messages || report.how != How::Files {
        written.min_story_accuracy = None;
        written.min_coverage = None;
    }
    if only_stories {
        written.min_coverage = None;
    }
    if report.comparison.is_none() {
        written.max_regressions = None;
    }
    written
}

/// Returns what commands have to name to be about this project.
fn project_flag(context: &Context) -> Option<String> {
    context.project.as_deref().map(files::show)
}

fn learning_curve(
    request: &Request,
    report: &TestReport,
    paths: &Paths,
    context: &mut Context,
) -> Result<curve::Curve> {
    let assistant = load::training(request, paths, context)?;
    let options = validate::Options {
        classifier: request.classifier.clone(),
        seed: report.seed,
    };
    let progress = measure::Steps::new(&context.console, "Data", 18);
    curve::learning_curve(&assistant, &options, &context.stop, &|| progress.step())
}

/// Says that there is nothing to test, and where that was looked for.
fn nothing(request: &Request, paths: &Paths) -> Error {
    if !request.names.is_empty() {
        let names: Vec<String> = request
            .names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let what = format!("no test story has {} in its name", names.join(" or "));
        return Error::Nothing(Box::new(Diagnostic::error("test::nothing", what)));
    }
    let named: Vec<&PathBuf> = request.nlu.iter().chain(&request.stories).collect();
    let roots = if named.is_empty() {
        paths.tests.iter().collect()
    } else {
        named
    };
    let roots: Vec<String> = roots.into_iter().map(|root| files::show(root)).collect();
    let what = if request.validates() {
        "no intent has examples enough to keep one for testing".to_owned()
    } else {
        format!(
            "no tests: no file in {} holds `nlu:`, and no `test_*.yml` there `stories:`",
            roots.join(", ")
        )
    };
    let help = "`:save story` in `bot shell` writes one; `bot convert data.csv --holdout 0.2` keeps messages for testing; `--cross-validate 5` needs no tests";
    Error::Nothing(Box::new(
        Diagnostic::error("test::nothing", what).help(help),
    ))
}

/// Refuses forms that only a verdict has.
fn in_words_or_json(context: &Context, what: &str) -> Result<()> {
    if matches!(
        context.format,
        Format::Human | Format::Json | Format::JsonLines
    ) {
        return Ok(());
    }
    let words = format!("{what} has no `--format` of this name");
    let help = "`human`, `json` and `json-lines` are there";
    Err(Error::cannot(
        Diagnostic::error("test::no-such-form", words).help(help),
    ))
}

/// Shows findings, and fails where one is an error.
fn refuse_errors(findings: Vec<Diagnostic>, context: &mut Context) -> Result<()> {
    if super::has_errors(&findings) {
        return Err(Error::Findings(findings));
    }
    show_findings(context, &findings);
    Ok(())
}
