//! `bot test`: the model against messages and conversations it has not seen.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::{Context, Format, duckling_url, show_findings};
use crate::{
    actions::Duckling,
    console::ExitStatus,
    data::{Example, Story},
    dataset::{self, Dataset, OnConflict},
    diagnostic::{Diagnostic, Error, Result, Severity, count},
    eval, files,
    model::{Folder, Part},
    project::{self, Paths},
    report::test::{self, TestReport},
};

/// Stories that failed, in Rasa's form.
const FAILED: &str = "failed_test_stories.yml";

/// What to test.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Which part.
    pub part: Part,
    /// Model: a file, a folder, or a name in `models/`.
    pub model: Option<PathBuf>,
    /// Messages: yml or csv files, or folders.
    pub nlu: Vec<PathBuf>,
    /// Test stories: files or folders.
    pub stories: Vec<PathBuf>,
    /// Least accuracy of intents.
    pub min_accuracy: Option<f64>,
    /// Least macro F1 of intents.
    pub min_f1: Option<f64>,
    /// Folder for `failed_test_stories.yml`.
    pub out: Option<PathBuf>,
    /// Overwrite it.
    pub force: bool,
}

/// Tests.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let start = Instant::now();
    let paths = context.project_or_current();
    let failed = request.out.as_ref().map(|out| out.join(FAILED));
    if let Some(path) = failed
        .as_ref()
        .filter(|path| path.exists() && !request.force)
    {
        let what = format!("{} exists", files::show(path));
        return Err(Error::cannot(
            Diagnostic::error("file::exists", what).help("`--force` overwrites it"),
        ));
    }
    let (path, mut model) = Folder::new(&paths.models).load(request.model.as_deref())?;
    let duckling = Duckling::connect(&mut model, duckling_url(&paths));
    let (examples, stories) = load(request, &paths, context)?;
    if examples.is_empty() && stories.is_empty() {
        let named: Vec<&PathBuf> = request.nlu.iter().chain(&request.stories).collect();
        let roots = if named.is_empty() {
            paths.tests.iter().collect()
        } else {
            named
        };
        let roots: Vec<String> = roots.into_iter().map(|root| files::show(root)).collect();
        return Err(Error::Nothing(Box::new(
            Diagnostic::error("test::nothing", format!("no tests: no file in {} holds `stories:` or `nlu:`", roots.join(", ")))
                .help("`bot convert data.csv --holdout 0.2` keeps some messages for testing; `--nlu FILE` names a file"),
        )));
    }
    let model = Arc::new(model);
    let progress = context.console.progress();
    let nlu = (!examples.is_empty()).then(|| {
        progress.stage("Messages", Some(examples.len() as u64));
        eval::nlu::evaluate(&model, &examples, &context.sources, &mut |n| {
            progress.set(n as u64);
        })
    });
    let stories = (!stories.is_empty()).then(|| {
        progress.stage("Stories", Some(stories.len() as u64));
        eval::story::evaluate(&model, &stories, &context.sources, &mut |n| {
            progress.set(n as u64);
        })
    });
    drop(progress);
    if let Some(note) = duckling.and_then(|server| server.note()) {
        context.console.message(format!("warning: {note}"));
    }
    context.check_stop()?;
    let mut report = TestReport {
        model: files::show(&path),
        seed: model.metadata.seed,
        nlu,
        stories,
        missed: Vec::new(),
        seconds: start.elapsed().as_secs_f64(),
    };
    report.missed = missed(request, &report);
    let failures: Vec<Diagnostic> = report
        .stories
        .iter()
        .flat_map(|stories| &stories.failures)
        .map(test::failure)
        .collect();
    show_findings(context, &failures);
    if let (Some(path), Some(stories)) = (failed, &report.stories) {
        let text = if stories.failed.is_empty() {
            "# None of the test stories failed - all good!\n".to_owned()
        } else {
            format!("version: \"3.1\"\nstories:\n{}", stories.failed.concat())
        };
        if let Some(folder) = path.parent() {
            files::create_folder(folder)?;
        }
        files::write(&path, text.as_bytes())?;
        context.console.say(format!("Wrote {}", files::show(&path)));
    }
    match context.format {
        Format::Json | Format::JsonLines => {
            context.console.result(test::json(&report).to_string())?;
        }
        Format::Human | Format::Concise | Format::Github => {
            test::print(&mut context.console, &report)?;
        }
    }
    Ok(if report.passed() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// Returns the messages and conversations to test with.
fn load(
    request: &Request,
    paths: &Paths,
    context: &mut Context,
) -> Result<(Vec<Example>, Vec<Story>)> {
    let named = !request.nlu.is_empty() || !request.stories.is_empty();
    let (mut examples, mut stories, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    let mut yaml_roots = if named {
        request.stories.clone()
    } else {
        paths.tests.clone()
    };
    for path in &request.nlu {
        if !path.exists() {
            return Err(files::Problem::Missing(path.clone()).into());
        }
        if path.is_dir()
            || path
                .extension()
                .is_some_and(|end| end == "yml" || end == "yaml")
        {
            let tests =
                project::load_tests(std::slice::from_ref(path), paths, &mut context.sources)?;
            examples.extend(tests.examples);
            findings.extend(tests.findings);
        } else {
            examples.extend(read_table(path, context)?);
        }
    }
    if let Some(missing) = request.stories.iter().find(|path| !path.exists()) {
        return Err(files::Problem::Missing(missing.clone()).into());
    }
    yaml_roots.retain(|root| root.exists());
    let tests = project::load_tests(&yaml_roots, paths, &mut context.sources)?;
    if !named {
        examples.extend(tests.examples);
    }
    stories.extend(tests.stories);
    findings.extend(tests.findings);
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Err(Error::Findings(findings));
    }
    show_findings(context, &findings);
    match request.part {
        Part::All => {}
        Part::Nlu => stories.clear(),
        Part::Core => examples.clear(),
    }
    Ok((examples, stories))
}

/// Returns the messages of a table, repeated ones too; rows that are none are counted on stderr.
fn read_table(path: &Path, context: &mut Context) -> Result<Vec<Example>> {
    let bytes = files::read(path)?;
    let options = dataset::Options {
        on_conflict: OnConflict::Keep,
        ..dataset::Options::default()
    };
    let table = dataset::read(&files::show(path), &bytes, &options, &mut context.sources)?;
    let set = Dataset::gather(vec![table], &options)?;
    for (reason, rows) in dataset::summary(&set.left) {
        context.console.say(format!(
            "note: {} {reason} in {} left out",
            count(rows, "row"),
            files::show(path)
        ));
    }
    Ok(set.examples)
}

/// Returns the thresholds that were missed, in words.
fn missed(request: &Request, report: &TestReport) -> Vec<String> {
    let mut missed = Vec::new();
    let mut check = |name: &str, flag: &str, value: Option<f64>, least: Option<f64>| {
        if let Some(least) = least {
            match value {
                Some(value) if value >= least => {}
                Some(value) => missed.push(format!("{name} {value:.3} is below `{flag} {least}`")),
                None => missed.push(format!(
                    "there are no messages to hold against `{flag} {least}`"
                )),
            }
        }
    };
    let nlu = report.nlu.as_ref();
    check(
        "accuracy",
        "--min-accuracy",
        nlu.map(|nlu| nlu.accuracy),
        request.min_accuracy,
    );
    check(
        "macro F1",
        "--min-f1",
        nlu.map(|nlu| nlu.macro_f1),
        request.min_f1,
    );
    missed
}
