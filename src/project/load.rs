//! A project's files to an [`Assistant`], with every mistake in one go.

use std::path::{Path, PathBuf};

use super::{
    config,
    discover::{Paths, mentions, yaml_files},
    domain, nlu, problem,
    reader::Reader,
    story,
};
use crate::{
    data::{Assistant, Config, Domain, Example, Story, TrainingData},
    diagnostic::{Diagnostic, Error, Origin, Result, Severity, SourceId, Sources},
    files::{self, Problem},
    text::Span,
    yaml::{self, Node},
};

/// What a project's files say, and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Everything that could be read.
    pub assistant: Assistant,
    /// Mistakes and warnings, by file and place.
    pub findings: Vec<Diagnostic>,
    /// Files read, as shown to people.
    pub files: Vec<String>,
    /// Some file of the domain could not be read at all, so that it is unknown which names are declared.
    pub domain_is_partial: bool,
}

impl Loaded {
    /// Tells whether some finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}

/// What a project's test files say.
#[derive(Clone, Debug, Default)]
pub struct Tests {
    /// Conversations.
    pub stories: Vec<Story>,
    /// Single messages.
    pub examples: Vec<Example>,
    /// Mistakes and warnings.
    pub findings: Vec<Diagnostic>,
    /// Files read, as shown to people.
    pub files: Vec<String>,
}

/// Reads a whole project.
///
/// A missing `config.yml` means the default pipeline and policies; a missing domain, or a data folder that is not
/// there, is an error. Mistakes inside files are returned beside what could be read.
pub fn load(paths: &Paths, sources: &mut Sources) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    if !paths.config.is_file() && !paths.domain.exists() {
        return Err(Error::cannot(
            Diagnostic::error(
                "project::not-a-project",
                format!("`{}` is not a project: it has neither config.yml nor domain.yml", files::show(&paths.root)),
            )
            .help("`bot init DIR` makes a new project, `bot convert data.csv --to DIR` one from a table"),
        ));
    }
    if paths.config.is_file() {
        let mut file = File::open(
            &paths.config,
            paths,
            sources,
            &mut loaded.findings,
            &mut loaded.files,
        )?;
        file.with_tree(|reader, root| loaded.assistant.config = config::read(reader, root));
    }
    let domain_files = if paths.domain.is_file() {
        vec![paths.domain.clone()]
    } else {
        yaml_files(std::slice::from_ref(&paths.domain))?
    };
    for path in domain_files {
        let mut file = File::open(
            &path,
            paths,
            sources,
            &mut loaded.findings,
            &mut loaded.files,
        )?;
        let whole_folder = !paths.domain.is_file();
        let mut read = false;
        file.with_tree(|reader, root| {
            read = true;
            if !whole_folder || domain::is_domain(root) {
                domain::read(reader, root, &mut loaded.assistant.domain);
            }
        });
        loaded.domain_is_partial |= !read;
    }
    for path in yaml_files(&paths.data)? {
        let mut file = File::open(
            &path,
            paths,
            sources,
            &mut loaded.findings,
            &mut loaded.files,
        )?;
        if !mentions(&file.text, &["nlu", "responses", "stories", "rules"]) {
            continue;
        }
        file.with_tree(|reader, root| {
            if let Some(list) = root.get("nlu") {
                nlu::read(reader, list, &mut loaded.assistant.training);
            }
            if let Some(map) = root.get("responses") {
                domain::responses(reader, map, &mut loaded.assistant.domain);
            }
            if let Some(list) = root.get("stories") {
                story::read(reader, list, false, &mut loaded.assistant.stories);
            }
            if let Some(list) = root.get("rules") {
                story::read(reader, list, true, &mut loaded.assistant.stories);
            }
        });
    }
    Ok(loaded)
}

/// Reads test files: stories of `test_*.yml` files, and `nlu:` of any.
///
/// Roots that do not exist are passed over.
pub fn load_tests(roots: &[PathBuf], paths: &Paths, sources: &mut Sources) -> Result<Tests> {
    let mut tests = Tests::default();
    let roots: Vec<PathBuf> = roots.iter().filter(|root| root.exists()).cloned().collect();
    for path in yaml_files(&roots)? {
        let named = roots.contains(&path);
        let is_test = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("test_"));
        let mut file = File::open(&path, paths, sources, &mut tests.findings, &mut tests.files)?;
        let has_nlu = mentions(&file.text, &["nlu"]);
        if !has_nlu && !((is_test || named) && mentions(&file.text, &["stories", "rules"])) {
            tests.files.pop();
            continue;
        }
        let mut training = TrainingData::default();
        file.with_tree(|reader, root| {
            if let Some(list) = root.get("nlu") {
                nlu::read(reader, list, &mut training);
            }
            if let Some(list) = root.get("stories").filter(|_| is_test || named) {
                story::read(reader, list, false, &mut tests.stories);
            }
        });
        tests.examples.append(&mut training.examples);
    }
    Ok(tests)
}

/// Reads the text of a `config.yml`.
pub fn read_config(name: &str, text: &str, sources: &mut Sources) -> Result<Config> {
    let mut config = Config::default();
    read_text(name, text, sources, |reader, root| {
        config = config::read(reader, root);
    })?;
    Ok(config)
}

/// Reads the text of a domain file.
pub fn read_domain(name: &str, text: &str, sources: &mut Sources) -> Result<Domain> {
    let mut found = Domain::default();
    read_text(name, text, sources, |reader, root| {
        domain::read(reader, root, &mut found);
    })?;
    Ok(found)
}

fn read_text(
    name: &str,
    text: &str,
    sources: &mut Sources,
    read: impl FnOnce(&mut Reader<'_>, &Node),
) -> Result<()> {
    let mut findings = Vec::new();
    let source = sources.add(name, text);
    File {
        source,
        text: text.to_owned(),
        is_broken: false,
        findings: &mut findings,
    }
    .with_tree(read);
    findings.retain(|finding| finding.severity == Severity::Error);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Error::Findings(findings))
    }
}

/// A file of the project that was read but not parsed.
struct File<'a> {
    source: SourceId,
    text: String,
    /// It is no text at all.
    is_broken: bool,
    findings: &'a mut Vec<Diagnostic>,
}

impl<'a> File<'a> {
    fn open(
        path: &Path,
        paths: &Paths,
        sources: &mut Sources,
        findings: &'a mut Vec<Diagnostic>,
        names: &mut Vec<String>,
    ) -> Result<Self, Problem> {
        let bytes = files::read(path)?;
        let name = paths.show(path);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let line = bytes.iter().take(valid).filter(|b| **b == b'\n').count() + 1;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let source = sources.add(name.clone(), text.clone());
                let start = bytes
                    .iter()
                    .take(valid)
                    .rposition(|b| *b == b'\n')
                    .map_or(0, |at| at + 1);
                findings.push(problem::not_utf8(
                    Origin::new(source, Span::new(start, valid)),
                    line,
                ));
                names.push(name);
                return Ok(Self {
                    source,
                    text: String::new(),
                    is_broken: true,
                    findings,
                });
            }
        };
        let source = sources.add(name.clone(), text.clone());
        names.push(name);
        Ok(Self {
            source,
            text,
            is_broken: false,
            findings,
        })
    }

    /// Parses the file and hands its tree on, unless it is broken or of a version that Rasa skips.
    fn with_tree(&mut self, read: impl FnOnce(&mut Reader<'_>, &Node)) {
        if self.is_broken {
            return;
        }
        let root = match yaml::parse(self.source, &self.text, yaml::Limits::default()) {
            Ok(root) => root,
            Err(finding) => return self.findings.push(finding),
        };
        let mut reader = Reader {
            source: self.source,
            text: &self.text,
            findings: self.findings,
        };
        if root.is_null() {
            return;
        }
        if root.entries().is_none() {
            return reader.expected(&root, "the file", "a mapping");
        }
        if let Some(version) = root.get("version") {
            let at = reader.origin(version.span);
            match (version.string(), version.number()) {
                (None, Some(_)) => {
                    let written = version.text().unwrap_or_default().to_owned();
                    reader.note(problem::version_number(at, &written));
                }
                (Some(text), _) if newer_than_3_1(text) => {
                    reader.note(problem::version_too_new(at, text));
                    return;
                }
                _ => {}
            }
        }
        read(&mut reader, &root);
    }
}

fn newer_than_3_1(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), minor) => (major, minor.and_then(Result::ok).unwrap_or(0)) > (3, 1),
        _ => false,
    }
}
