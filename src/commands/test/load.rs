//! What is tested, and what with: test files, tables of messages, the project around them.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::{Request, nothing, refuse_errors};
use crate::{
    check,
    commands::Context,
    data::{Assistant, Example, Story},
    dataset::{self, Dataset, OnConflict},
    diagnostic::{Diagnostic, Error, Result, SourceId, count},
    files,
    model::{Model, Part},
    project::{self, Paths},
};

/// What a model is held against.
pub(super) struct Tests {
    pub(super) examples: Vec<Example>,
    pub(super) stories: Vec<Story>,
    /// Pieces of the names of the stories that are asked for; all are where there is none.
    pub(super) names: Vec<String>,
}

/// Returns what the project's files say as far as they can be read; `None` where there is no project.
///
/// What is wrong with them is for `bot validate` and `bot train` to say, but for the configuration: a threshold that
/// cannot be read would hold for nothing.
pub(super) fn project(paths: &Paths, context: &mut Context) -> Result<Option<Assistant>> {
    let Ok(loaded) = project::load(paths, &mut context.sources) else {
        return Ok(None);
    };
    let config = paths.show(&paths.config);
    let is_of_config = |finding: &Diagnostic| {
        let source = finding.origin().map(|origin| origin.source);
        let source = source.and_then(|source| context.sources.get(source));
        source.is_some_and(|source| source.name == config)
    };
    let mistakes = loaded.findings.into_iter().filter(is_of_config).collect();
    let judged = loaded.assistant.config.judge(mistakes, &context.sources);
    if super::super::has_errors(&judged) {
        return Err(Error::Findings(judged));
    }
    Ok(Some(loaded.assistant))
}

/// Returns what the project's files say; a mistake in them is an error. Files named by `--nlu` stand in the place of
/// its training data.
pub(super) fn training(
    request: &Request,
    paths: &Paths,
    context: &mut Context,
) -> Result<Assistant> {
    if let Some(missing) = request.nlu.iter().find(|path| !path.exists()) {
        return Err(files::Problem::Missing(missing.clone()).into());
    }
    let (tables, others): (Vec<PathBuf>, Vec<PathBuf>) =
        request.nlu.iter().cloned().partition(|path| is_table(path));
    let mut paths = paths.clone();
    if !others.is_empty() {
        paths.data = others;
    }
    let mut loaded = project::load(&paths, &mut context.sources)?;
    if !tables.is_empty() {
        let training = &mut loaded.assistant.training;
        let known = training.intents().into_iter().map(str::to_owned);
        let known: Vec<String> = known.collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        if paths.data.iter().all(|path| !request.nlu.contains(path)) {
            training.examples.clear();
        }
        for table in &tables {
            training
                .examples
                .extend(messages(table, &known, &paths, context)?);
        }
    }
    if loaded.has_errors() {
        let config = &loaded.assistant.config;
        let findings = config.judge(loaded.findings, &context.sources);
        if super::super::has_errors(&findings) {
            return Err(Error::Findings(findings));
        }
    }
    Ok(loaded.assistant)
}

/// Returns the messages and conversations to test with; there is at least one.
pub(super) fn tests(
    request: &Request,
    paths: &Paths,
    project: Option<&Assistant>,
    model: &Model,
    context: &mut Context,
) -> Result<Tests> {
    let (mut examples, mut findings) = (Vec::new(), Vec::new());
    let named = !request.nlu.is_empty() || !request.stories.is_empty();
    let mut yaml_roots = if named {
        request.stories.clone()
    } else {
        paths.tests.clone()
    };
    for path in &request.nlu {
        if !path.exists() {
            return Err(files::Problem::Missing(path.clone()).into());
        }
        let is_written = path.is_dir() || is_written(path);
        if is_written {
            let tests =
                project::load_tests(std::slice::from_ref(path), paths, &mut context.sources)?;
            examples.extend(tests.examples);
            findings.extend(tests.findings);
        }
        let tables = if path.is_dir() {
            files::walk(path, &is_table).0
        } else {
            Some(path.clone())
                .filter(|_| !is_written)
                .into_iter()
                .collect()
        };
        for table in tables {
            examples.extend(messages(&table, &model.nlu.intents(), paths, context)?);
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
    let mut stories = tests.stories;
    findings.extend(tests.findings);
    refuse_errors(findings, context)?;
    match request.part {
        Part::All => {}
        Part::Nlu => stories.clear(),
        Part::Core => examples.clear(),
    }
    if !request.names.is_empty() {
        examples.clear();
        if !stories.iter().any(|story| story.is_called(&request.names)) {
            stories.clear();
        }
    }
    if let Some(assistant) = project {
        leave_out_template(assistant, &mut stories, examples.is_empty(), context)?;
    }
    if examples.is_empty() && stories.is_empty() {
        return Err(nothing(request, paths));
    }
    Ok(Tests {
        examples,
        stories,
        names: request.names.clone(),
    })
}

/// Tells whether a file that a person names is YAML. In a folder Rasa's own spelling of the ending counts.
fn is_written(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default();
    end.eq_ignore_ascii_case("yml") || end.eq_ignore_ascii_case("yaml")
}

fn is_table(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default();
    end.eq_ignore_ascii_case("csv") || end.eq_ignore_ascii_case("tsv")
}

/// Leaves out the stories that `rasa init` writes where they do not fit the project, and says so. Where nothing else is
/// there, there is nothing to test.
fn leave_out_template(
    assistant: &Assistant,
    stories: &mut Vec<Story>,
    alone: bool,
    context: &mut Context,
) -> Result<()> {
    let mut untouched: Vec<_> = check::test_names(assistant, stories)
        .into_iter()
        .filter(|finding| finding.code == "test::untouched-template")
        .collect();
    let files: Vec<SourceId> = untouched
        .iter()
        .filter_map(|finding| Some(finding.origin()?.source))
        .collect();
    // Stories of one's own in the same file are tests as any.
    stories.retain(|story| {
        !files.contains(&story.origin.source) || !check::is_template_test(&story.name)
    });
    match untouched.pop() {
        Some(only) if alone && stories.is_empty() => Err(Error::Nothing(Box::new(only))),
        Some(last) => {
            untouched.push(last);
            refuse_errors(untouched, context)
        }
        None => Ok(()),
    }
}

/// Returns the messages of a table, repeated ones too; rows that are none are counted on stderr. A label that is an
/// intent that is known, or an answer of one, is that.
fn messages(
    path: &Path,
    known: &[&str],
    paths: &Paths,
    context: &mut Context,
) -> Result<Vec<Example>> {
    let bytes = files::read(path)?;
    let options = dataset::Options {
        on_conflict: OnConflict::Keep,
        ..dataset::Options::default()
    };
    let table = dataset::read(&paths.show(path), &bytes, &options, &mut context.sources);
    let table = table.map_err(nothing_in_it)?;
    let set = Dataset::gather(vec![table], &options)?;
    for (reason, rows) in dataset::summary(&set.left) {
        context.console.say(format!(
            "note: {} {reason} in {} left out",
            count(rows, "row"),
            files::show(path)
        ));
    }
    // A new project must not declare Rasa's own names; as what is expected of a message they mean what they say.
    let is_known = |name: &str| known.contains(&name);
    let means_itself = |name: &str, label: &str| {
        let base = label.split_once('/').map_or(label, |(base, _)| base);
        name == format!("{label}_intent") || is_known(label) || is_known(base)
    };
    let own: FxHashMap<&str, &str> = set
        .intents
        .iter()
        .filter_map(|intent| Some((intent.name.as_str(), intent.label.as_deref()?.trim())))
        .filter(|(name, label)| means_itself(name, label))
        .collect();
    let mut examples = set.examples;
    for example in &mut examples {
        let Some(label) = own.get(example.intent.as_str()) else {
            continue;
        };
        match label.split_once('/').filter(|_| !is_known(label)) {
            Some((base, _)) if is_known(base) => {
                base.clone_into(&mut example.intent);
                example.response_key = Some((*label).to_owned());
            }
            _ => (*label).clone_into(&mut example.intent),
        }
    }
    Ok(examples)
}

/// Returns the error of a table without any row as that of a run without anything to test.
fn nothing_in_it(error: Error) -> Error {
    match error {
        Error::Findings(mut findings) if findings.len() == 1 => match findings.pop() {
            Some(only) if only.code == "csv::no-rows" => Error::Nothing(Box::new(only)),
            only => Error::Findings(only.into_iter().collect()),
        },
        other => other,
    }
}
