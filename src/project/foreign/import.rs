//! Whole projects of foreign files, or single ones, to an assistant.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::{
    config_1x,
    domain_old::{self, Old},
    markdown::{self, Kind},
    markdown_nlu, markdown_stories, problem, read_json,
};
use crate::{
    data::{Assistant, Example, Response, StepKind, Story, StoryKind, TrainingData},
    diagnostic::{Diagnostic, Error, Origin, Result, Severity, Sources, count},
    files,
    project::{
        discover::{Paths, is_yaml, mentions},
        domain, nlu,
        reader::Reader,
        story, utf8,
        write_nlu::can_write,
    },
    text::Span,
    yaml::{self, emit::fits_block},
};

/// What foreign files say.
#[derive(Debug, Default)]
pub struct Import {
    /// Everything but tests.
    pub assistant: Assistant,
    /// Test stories.
    pub tests: Vec<Story>,
    /// Examples for testing.
    pub test_examples: Vec<Example>,
    /// Mistakes, warnings, and what could not be mapped.
    pub findings: Vec<Diagnostic>,
    /// Files read, with what was in them.
    pub files: Vec<(String, String)>,
    /// Language that was asked for.
    pub(super) language: Option<String>,
    /// A domain was among them.
    pub(super) has_domain: bool,
    /// A configuration was among them.
    pub(super) has_config: bool,
}

impl Import {
    /// Tells whether some finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}

/// Folders of a project that never hold its data.
const PASSED_OVER: [&str; 6] = [
    "models",
    "results",
    "node_modules",
    "venv",
    "env",
    "__pycache__",
];

/// Reads files and folders of any format that is known here.
pub fn import(inputs: &[PathBuf], language: Option<&str>, sources: &mut Sources) -> Result<Import> {
    let mut importer = Importer {
        language,
        sources,
        found: Import::default(),
        old: Old::default(),
    };
    for input in inputs {
        if input.is_dir() {
            importer.folder(input)?;
        } else {
            importer.file(input, Role::of(input, Path::new("")), true)?;
        }
    }
    if importer.found.files.is_empty() && !importer.found.has_errors() {
        let shown: Vec<String> = inputs.iter().map(|path| files::show(path)).collect();
        return Err(Error::cannot(
            Diagnostic::error(
                "foreign::nothing",
                format!("there is no training data in `{}`", shown.join("`, `")),
            )
            .help(
                "known are Rasa's Markdown, JSON and YAML, and exports of Dialogflow, LUIS and Wit; tables are named one by one",
            ),
        ));
    }
    Ok(importer.finish())
}

/// What a file is by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Domain,
    Config,
    Data,
    Test,
}

impl Role {
    /// Tells by the name of a file and of the folders between it and `root`.
    fn of(path: &Path, root: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let below = path.strip_prefix(root).unwrap_or(path);
        let in_tests = below
            .components()
            .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "test")
            && !root.as_os_str().is_empty();
        if name.starts_with("test_") || name.ends_with("_tests.md") || in_tests {
            Self::Test
        } else {
            Self::Data
        }
    }
}

struct Importer<'a> {
    language: Option<&'a str>,
    sources: &'a mut Sources,
    found: Import,
    old: Old,
}

impl Importer<'_> {
    fn folder(&mut self, root: &Path) -> Result<()> {
        let keep = |path: &Path| {
            let known = is_yaml(path)
                || path
                    .extension()
                    .is_some_and(|end| end == "md" || end == "json");
            let below = path.strip_prefix(root).unwrap_or(path);
            known
                && !below.components().any(|part| {
                    let part = part.as_os_str().to_string_lossy();
                    part.starts_with('.') || PASSED_OVER.contains(&part.as_ref())
                })
        };
        let (mut all, wrong) = files::walk(root, &keep);
        if let Some(wrong) = wrong.into_iter().next() {
            return Err(wrong.into());
        }
        let paths = Paths::of(root);
        // Its places are those of a project; a domain elsewhere counts where there is none there.
        let nearest = |names: &[&str], all: &[PathBuf]| {
            let named = all.iter().filter(|path| {
                path.file_name()
                    .is_some_and(|name| names.iter().any(|wanted| name == *wanted))
            });
            named.min_by_key(|path| path.components().count()).cloned()
        };
        let config = nearest(&["config.yml", "config.yaml"], &all);
        let domains: Vec<PathBuf> = if paths.domain.is_dir() {
            let inside = all.iter().filter(|path| path.starts_with(&paths.domain));
            inside.filter(|path| is_yaml(path)).cloned().collect()
        } else {
            nearest(&["domain.yml", "domain.yaml"], &all)
                .into_iter()
                .collect()
        };
        all.retain(|path| !domains.contains(path) && config.as_ref() != Some(path));
        // Of a project, what lies elsewhere is documentation.
        if root.join("data").is_dir() {
            let parts = ["data", "tests", "test", "e2e"].map(|name| root.join(name));
            let is_test = |path: &Path| {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                stem.starts_with("test_") || stem.ends_with("_tests")
            };
            all.retain(|path| is_test(path) || parts.iter().any(|part| path.starts_with(part)));
        }
        if let Some(config) = config {
            self.file(&config, Role::Config, true)?;
        }
        for path in domains {
            self.file(&path, Role::Domain, true)?;
        }
        for path in all {
            self.file(&path, Role::of(&path, root), false)?;
        }
        Ok(())
    }

    /// Reads a file; one that was not named and holds nothing known is passed over.
    fn file(&mut self, path: &Path, role: Role, named: bool) -> Result<()> {
        let name = files::show(path);
        let Some(text) = utf8::read(
            path,
            &files::show(path),
            self.sources,
            &mut self.found.findings,
        )?
        else {
            return Ok(());
        };
        let end = path.extension().unwrap_or_default();
        if end == "json" {
            self.json(path, name, &text, named);
        } else if end == "md" || end == "txt" {
            self.markdown(path, name, &text, role, named);
        } else {
            self.yaml(name, &text, role, named);
        }
        Ok(())
    }

    fn json(&mut self, path: &Path, name: String, text: &str, named: bool) {
        let before = self.found.findings.len();
        let read = read_json(
            path,
            &name,
            text,
            self.language,
            self.sources,
            &mut self.found.findings,
        );
        let Some(part) = read else {
            if named && self.found.findings.len() == before {
                let source = self.sources.add(name, text);
                match yaml::parse_json(source, text, yaml::Limits::default()) {
                    Ok(_) => {
                        let at = Origin::new(source, first_line(text));
                        self.found.findings.push(problem::unknown_format(at));
                    }
                    Err(wrong) => self.found.findings.push(wrong),
                }
            }
            return;
        };
        self.found.files.push((name, about(&part.training, &[])));
        let whole = &mut self.found.assistant;
        whole.training.append(part.training);
        add_responses(whole, part.domain.responses);
        for slot in part.domain.slots {
            if whole.domain.slot(&slot.name).is_none() {
                whole.domain.slots.push(slot);
            }
        }
        for story in part.stories {
            if !whole.stories.iter().any(|known| known.name == story.name) {
                whole.stories.push(story);
            }
        }
    }

    fn markdown(&mut self, path: &Path, name: String, text: &str, role: Role, named: bool) {
        let clean = markdown::without_comments(text);
        let Some(kind) = markdown::kind(&clean) else {
            if named {
                let source = self.sources.add(name, text);
                let at = Origin::new(source, first_line(text));
                self.found.findings.push(problem::unknown_format(at));
            }
            return;
        };
        let source = self.sources.add(name.clone(), text);
        let mut reader = Reader {
            source,
            text,
            findings: &mut self.found.findings,
        };
        let whole = &mut self.found.assistant;
        let told = match kind {
            Kind::Nlu => {
                let mut part = TrainingData::default();
                markdown_nlu::read(&mut reader, &clean, path, self.sources, &mut part);
                let told = about(&part, &[]);
                if role == Role::Test && !named {
                    self.found.test_examples.append(&mut part.examples);
                } else {
                    whole.training.append(part);
                }
                told
            }
            Kind::Responses => {
                let responses = markdown_stories::read_responses(&mut reader, &clean);
                let told = count(responses.len(), "response");
                add_responses(whole, responses);
                told
            }
            Kind::Stories => {
                let stories = markdown_stories::read(&mut reader, &clean);
                let told = about(&TrainingData::default(), &stories);
                let has_texts = stories
                    .iter()
                    .flat_map(|story| &story.steps)
                    .any(|step| matches!(&step.kind, StepKind::User(user) if user.text.is_some()));
                if role == Role::Test || has_texts {
                    self.found.tests.extend(stories);
                } else {
                    whole.stories.extend(stories);
                }
                told
            }
        };
        self.found.files.push((name, told));
    }

    fn yaml(&mut self, name: String, text: &str, role: Role, named: bool) {
        let data = mentions(text, &["nlu", "stories", "rules", "responses"]);
        if !named && !data {
            return;
        }
        let source = self.sources.add(name.clone(), text);
        let root = match yaml::parse(source, text, yaml::Limits::default()) {
            Ok(root) => root,
            Err(wrong) => return self.found.findings.push(wrong),
        };
        if root.is_null() {
            return;
        }
        let mut reader = Reader {
            source,
            text,
            findings: &mut self.found.findings,
        };
        if root.entries().is_none() {
            // Rasa passes over such files without a word.
            if named {
                reader.expected(&root, "the file", "a mapping");
            }
            return;
        }
        let whole = &mut self.found.assistant;
        let is_config = role == Role::Config
            || named && !data && (root.get("pipeline").is_some() || root.get("policies").is_some());
        if is_config {
            let mut rules = Vec::new();
            whole.config = config_1x::read(&mut reader, &root, &mut rules);
            whole.stories.extend(rules);
            self.found.has_config = true;
            self.found
                .files
                .push((name, "pipeline and policies".to_owned()));
            return;
        }
        let is_domain = role == Role::Domain || named && is_domain_file(&root);
        if is_domain && (domain::is_domain(&root) || root.get("templates").is_some()) {
            let before = whole.domain.responses.len();
            domain_old::read(&mut reader, &root, &mut whole.domain, &mut self.old);
            self.found.has_domain = true;
            let told = format!(
                "{}, {}",
                count(whole.domain.intents.len(), "intent"),
                count(whole.domain.responses.len() - before, "response")
            );
            self.found.files.push((name, told));
            return;
        }
        let (mut training, mut stories) = (TrainingData::default(), Vec::new());
        if let Some(list) = root.get("nlu") {
            nlu::read(&mut reader, list, &mut training);
            metadata(&mut reader, list);
        }
        if let Some(map) = root.get("responses") {
            domain::responses(&mut reader, map, &mut whole.domain);
        }
        for (key, rules) in [("stories", false), ("rules", true)] {
            if let Some(list) = root.get(key) {
                story::read(&mut reader, list, rules, &mut stories);
            }
        }
        let told = about(&training, &stories);
        // Who names a file of test messages wants them converted.
        if role == Role::Test && !named {
            self.found.test_examples.append(&mut training.examples);
        }
        whole.training.append(training);
        if role == Role::Test {
            self.found.tests.extend(stories);
        } else {
            whole.stories.extend(stories);
        }
        self.found.files.push((name, told));
    }

    fn finish(self) -> Import {
        let mut found = self.found;
        let whole = &mut found.assistant;
        domain_old::finish(&mut whole.domain, &self.old, &mut found.findings);
        let rules = domain_old::rules(&self.old, &whole.stories, &mut found.findings);
        whole.stories.extend(rules);
        rename_actions(whole, &mut found.tests);
        leave_out_unwritable(&mut whole.training, &mut found.findings);
        let mut tests = TrainingData {
            examples: found.test_examples,
            ..TrainingData::default()
        };
        leave_out_unwritable(&mut tests, &mut found.findings);
        found.test_examples = tests.examples;
        found.language = self.language.map(str::to_owned);
        found
    }
}

/// Tells whether a file declares more than responses.
fn is_domain_file(root: &yaml::Node) -> bool {
    [
        "intents",
        "entities",
        "actions",
        "slots",
        "forms",
        "session_config",
        "templates",
    ]
    .iter()
    .any(|key| root.get(key).is_some())
        || root.get("responses").is_some()
            && ["nlu", "stories", "rules"]
                .iter()
                .all(|key| root.get(key).is_none())
}

fn first_line(text: &str) -> Span {
    let len = text.lines().next().unwrap_or_default().len();
    Span::new(0, len)
}

/// Says what a file holds.
fn about(training: &TrainingData, stories: &[Story]) -> String {
    let rules = stories
        .iter()
        .filter(|story| matches!(story.kind, StoryKind::Rule { .. }))
        .count();
    let parts = [
        (training.examples.len(), "example"),
        (training.synonyms.len(), "synonym"),
        (training.patterns.len(), "regex"),
        (training.lookups.len(), "lookup table"),
        (stories.len() - rules, "story"),
        (rules, "rule"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, thing)| count(n, thing))
        .collect();
    if told.is_empty() {
        "nothing".to_owned()
    } else {
        told.join(", ")
    }
}

/// Notes metadata of intents and examples.
fn metadata(reader: &mut Reader<'_>, list: &yaml::Node) {
    for item in list.items().unwrap_or_default() {
        let examples = item.get("examples").and_then(yaml::Node::items);
        for node in std::iter::once(item).chain(examples.unwrap_or_default()) {
            if let Some((key, _)) = node.entry("metadata") {
                reader.note(problem::not_mapped(
                    reader.origin(key.span),
                    "metadata of examples",
                    "nothing reads it; keep it in the old file",
                ));
            }
        }
    }
}

/// Adds responses; those of one name become variations of one.
fn add_responses(whole: &mut Assistant, responses: Vec<Response>) {
    for response in responses {
        let known = &mut whole.domain.responses;
        match known.iter_mut().find(|known| known.name == response.name) {
            Some(known) => known.variations.extend(response.variations),
            None => known.push(response),
        }
    }
}

/// Gives actions today's names: `action_deactivate_loop`, and `utter_faq` for the `respond_faq` of a retrieval intent.
fn rename_actions(whole: &mut Assistant, tests: &mut [Story]) {
    let groups: FxHashSet<String> = whole
        .training
        .examples
        .iter()
        .filter(|example| example.response_key.is_some())
        .map(|example| example.intent.clone())
        .collect();
    let today = |name: &str| {
        if name == "action_deactivate_form" {
            return Some("action_deactivate_loop".to_owned());
        }
        let group = name.strip_prefix("respond_")?;
        groups.contains(group).then(|| format!("utter_{group}"))
    };
    let stories = whole.stories.iter_mut().chain(tests);
    for step in stories.flat_map(|story| &mut story.steps) {
        if let StepKind::Action(name) = &mut step.kind
            && let Some(new) = today(name)
        {
            *name = new;
        }
    }
    whole
        .domain
        .actions
        .retain(|action| today(&action.value).is_none());
}

/// Leaves out what the YAML that is written cannot hold, and says so.
fn leave_out_unwritable(training: &mut TrainingData, findings: &mut Vec<Diagnostic>) {
    let mut note = |origin: Origin, text: &str| {
        findings.push(problem::not_mapped(
            origin,
            format!(
                "`{}` cannot be written so that it is read back",
                text.escape_debug()
            ),
            "remove line ends and marks from it",
        ));
    };
    training.examples.retain(|example| {
        let fits = can_write(example);
        if !fits {
            note(example.origin, &example.text);
        }
        fits
    });
    training.synonyms.retain(|synonym| {
        let fits = fits_block(&synonym.spelling);
        if !fits {
            note(synonym.origin, &synonym.spelling);
        }
        fits
    });
    training.patterns.retain(|pattern| {
        let fits = fits_block(&pattern.pattern);
        if !fits {
            note(pattern.origin, &pattern.pattern);
        }
        fits
    });
    for lookup in &mut training.lookups {
        lookup.entries.retain(|entry| {
            let fits = fits_block(&entry.value);
            if !fits {
                note(entry.origin, &entry.value);
            }
            fits
        });
    }
}
