//! How many of their own test stories the shared projects pass, and why the others fail.
//!
//! `cargo bench --bench stories > docs/test-stories.md` trains every 3.x project in `$BOT_SHARED/data/projects` (else
//! `../shared/data/projects`), runs its test stories, and prints the table of that document.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

#[path = "common/shared.rs"]
mod shared;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use bot::{
    data::{Step, StepKind, Story},
    diagnostic::{Error, Severity, Sources},
    eval::story::{Failure, Mistake, Setting, evaluate, ways},
    model::{self, Model},
    project::{self, Paths},
};
use shared::shared;

fn main() {
    let shared = shared();
    let Ok(folder) = fs::read_dir(shared.join("projects")) else {
        println!("no projects in {}", shared.display());
        return;
    };
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    println!("{HEAD}");
    let (mut passed, mut total, mut reasons) = (0, 0, String::new());
    for path in paths {
        let meta = fs::read_to_string(path.join("META.md")).unwrap_or_default();
        if !meta.contains("era: 3.x") {
            continue;
        }
        let id = path.file_name().unwrap().to_string_lossy().into_owned();
        match run(&path, &meta) {
            Err(why) => println!("| {id} | no: {why} | |"),
            Ok(None) => println!("| {id} | yes | none |"),
            Ok(Some(outcome)) => {
                println!("| {id} | yes | {} / {} |", outcome.passed, outcome.total);
                passed += outcome.passed;
                total += outcome.total;
                for (story, why) in outcome.failures {
                    reasons.extend(["- ", &id, ", *", &story, "*: ", &why, "\n"]);
                }
            }
        }
    }
    println!(
        "| **all** | | **{passed} / {total}** |\n\n## Why the others fail\n\n{}",
        reasons.trim_end()
    );
}

const HEAD: &str = "# Test stories of real projects

Every project of Rasa 3.x in the shared data, trained with its own `config.yml` (understanding included), and its own test
stories. The table is made by `BOT_SHARED=… cargo bench --bench stories > docs/test-stories.md`.

Reasons: *not of this project* means that the story names intents or actions that the project does not have (mostly the
untouched test file of `rasa init`, about moods); *understood otherwise* is the classifier's; *learnt otherwise* is a
prediction of the learnt policy, *nobody knows* one of the fallback; *written otherwise* means that a rule or story of
the project says something else.

| project | trains | passed |
|---|---|---|";

struct Outcome {
    passed: usize,
    total: usize,
    failures: Vec<(String, String)>,
}

/// Returns a list of the `run with:` line of a project.
fn list(meta: &str, folder: &Path, key: &str) -> Vec<PathBuf> {
    meta.lines()
        .find_map(|line| line.strip_prefix("- run with: "))
        .and_then(|line| line.split(&format!("{key}=[")).nth(1))
        .and_then(|rest| rest.split(']').next())
        .unwrap_or_default()
        .split(',')
        .map(|item| item.trim().trim_matches('\''))
        .filter(|item| !item.is_empty())
        .map(|item| folder.join(item))
        .collect()
}

fn run(folder: &Path, meta: &str) -> Result<Option<Outcome>, String> {
    let mut paths = Paths::of(folder);
    let named = |key: &str| list(meta, folder, key);
    if let Some((first, more)) = named("domain").split_first() {
        paths.domain.clone_from(first);
        paths.more_domains = more.to_vec();
        paths.named = true;
    }
    if !named("data").is_empty() {
        paths.data = named("data");
        paths.named = true;
    }
    if let Some(config) = named("config").first() {
        paths.config.clone_from(config);
    }
    let mut sources = Sources::new();
    let loaded = project::load(&paths, &mut sources).map_err(|error| first_of(&error))?;
    let models = tempfile::tempdir().unwrap();
    let options = model::Options {
        part: model::Part::All,
        classifier: None,
        seed: 42,
        folder: models.path().to_owned(),
        name: None,
        resources: Vec::new(),
        now: ("20260101-000000".to_owned(), String::new()),
    };
    let stop = AtomicBool::new(false);
    let trained = model::train(&loaded.assistant, &sources, &options, &stop, &mut |_| {})
        .map_err(|error| first_of(&error))?;
    let model = Arc::new(trained.model);
    let mut roots = named("tests");
    if roots.is_empty() {
        roots.clone_from(&paths.tests);
    }
    roots.retain(|root| root.exists());
    let tests =
        project::load_tests(&roots, &paths, &mut sources).map_err(|error| first_of(&error))?;
    if tests.stories.is_empty() {
        return Ok(None);
    }
    let setting = Setting {
        model: &model,
        sources: &sources,
        nearest: &|_, _| None,
    };
    let ways = ways(&tests.stories).map_err(|_| "too many ways".to_owned())?;
    let never = AtomicBool::new(false);
    let report = evaluate(&setting, &tests.stories, &ways, &never, &mut |_| {});
    let failures = report.failures.iter().map(|failure| {
        let story = tests
            .stories
            .iter()
            .find(|story| story.name == failure.story);
        let foreign = story
            .map(|story| foreign(story, &model))
            .unwrap_or_default();
        let why = if foreign.is_empty() {
            why(failure)
        } else {
            let quoted: Vec<String> = foreign.iter().map(|name| format!("`{name}`")).collect();
            format!("not of this project: it has no {}", quoted.join(", "))
        };
        (failure.story.clone(), why)
    });
    Ok(Some(Outcome {
        passed: report.passed,
        total: report.total,
        failures: failures.collect(),
    }))
}

fn first_of(error: &Error) -> String {
    match error {
        Error::Findings(findings) => findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
            .map_or_else(|| "?".to_owned(), |finding| finding.message.clone()),
        other => format!("{other:?}").chars().take(120).collect(),
    }
}

/// Returns the names in a story that the project does not have.
fn foreign(story: &Story, model: &Model) -> BTreeSet<String> {
    fn collect(steps: &[Step], model: &Model, names: &mut BTreeSet<String>) {
        for step in steps {
            match &step.kind {
                StepKind::User(user) => {
                    let intent = user.intent.as_deref().unwrap_or("restart");
                    let base = intent.split('/').next().unwrap_or(intent);
                    if !model.domain.has_intent(base) {
                        names.insert(intent.to_owned());
                    }
                }
                StepKind::Action(action) if !model.knows_action(action) => {
                    let retrieval = format!("{action}/");
                    let responses = &model.domain.responses;
                    if !responses
                        .iter()
                        .any(|known| known.name.starts_with(&retrieval))
                    {
                        names.insert(action.clone());
                    }
                }
                StepKind::Or(choices) => collect(choices, model, names),
                _ => {}
            }
        }
    }
    let mut names = BTreeSet::new();
    collect(&story.steps, model, &mut names);
    names
}

fn why(failure: &Failure) -> String {
    let by = |why: &Option<String>| why.clone().unwrap_or_else(|| "nobody".to_owned());
    let kind = |why: &Option<String>| match why.as_deref() {
        Some(text) if text.starts_with("learnt") => "learnt otherwise",
        Some(text) if text.contains("knows nothing better") => "nobody knows",
        _ => "written otherwise",
    };
    match &failure.mistake {
        Mistake::Intent {
            text,
            expected,
            ranking,
            ..
        } => {
            let found = ranking.first().map_or("nothing", |(name, _)| name.as_str());
            format!("understood otherwise: \"{text}\" as `{found}`, not `{expected}`")
        }
        Mistake::Entity {
            text,
            expected,
            found,
        } => {
            format!(
                "understood otherwise: \"{text}\" has {expected}, found: {}",
                found.join(", ")
            )
        }
        Mistake::SurplusEntity { text, found, .. } => {
            format!("understood otherwise: \"{text}\" has {found}, which is not marked")
        }
        Mistake::Action {
            expected,
            found,
            why,
        } => {
            let found = found.as_deref().unwrap_or("action_listen");
            format!(
                "{}: `{found}` for `{expected}` in turn {} ({})",
                kind(why),
                failure.turn,
                by(why)
            )
        }
        Mistake::Surplus { found, why } => {
            format!(
                "{}: `{found}` beside the story after turn {} ({})",
                kind(why),
                failure.turn,
                by(why)
            )
        }
        Mistake::Slot {
            name,
            expected,
            found,
        } => {
            format!("filled otherwise: slot `{name}` is {found}, not {expected}")
        }
    }
}
