//! A project's files to an [`Assistant`], with every mistake in one go.

use std::{
    cmp::Ordering,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    actions, config,
    discover::{Paths, data_files, files_below, is_json, is_yaml, mentions, yaml_files},
    domain, endpoints, foreign,
    merge::{add_responses, merge},
    migrate::Old,
    nlu, problem,
    reader::Reader,
    story, utf8,
};
use crate::{
    data::{Assistant, Config, Domain, Endpoints, Example, Located, Story, Stub, TrainingData},
    diagnostic::{Diagnostic, Error, Origin, Result, Severity, SourceId, Sources},
    files::{self, Problem},
    text::Span,
    yaml::{self, Environment, Node},
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
/// A missing `config.yml` means the default pipeline and policies. Mistakes inside files are returned beside what
/// could be read; only a file that cannot be opened, or a folder that is no project, is an error of its own.
pub fn load(paths: &Paths, sources: &mut Sources) -> Result<Loaded> {
    if !paths.named && !paths.config.is_file() && !paths.domain.exists() {
        return Err(Error::cannot(
            Diagnostic::error(
                "project::not-a-project",
                format!("`{}` is not a project: it has neither config.yml nor domain.yml", files::show(&paths.root)),
            )
            .help("`bot init DIR` makes a new project, `bot convert data.csv --to DIR` one from a table"),
        ));
    }
    let mut loading = Loading {
        paths,
        sources,
        loaded: Loaded::default(),
        old: Old::default(),
        versions: Vec::new(),
    };
    let mut imports = Imports::default();
    if paths.config.is_file() {
        let (mut config, mut settings) = (Config::default(), None);
        loading.file(&paths.config, |reader, root, _| {
            config = config::read(reader, root);
            settings = config::settings_at(root).map(|span| Origin::new(reader.source, span));
        })?;
        if let Some(settings) = settings {
            loading.sources.set_apart(settings);
        }
        config.folder.clone_from(&paths.root);
        loading.loaded.assistant.config = config;
        if !paths.named {
            imports = loading.imports()?;
        }
    }
    loading.domains(&imports.domains)?;
    loading.data(&imports.data)?;
    Ok(loading.finish())
}

/// A project being read.
struct Loading<'a> {
    paths: &'a Paths,
    sources: &'a mut Sources,
    loaded: Loaded,
    /// What the domain leaves unsaid in the way of Rasa 2.
    old: Old,
    /// Places of versions below 3.1.
    versions: Vec<Located<String>>,
}

/// What `MultiProjectImporter` brings from other folders.
#[derive(Default)]
struct Imports {
    domains: Vec<PathBuf>,
    data: Vec<PathBuf>,
}

impl Loading<'_> {
    /// Opens and parses a file and hands its tree on; tells whether it came that far.
    fn file(
        &mut self,
        path: &Path,
        read: impl FnOnce(&mut Reader<'_>, &Node, &mut Old),
    ) -> Result<bool> {
        let mut file = self.open(path)?;
        Ok(self.tree(&mut file, read))
    }

    fn open(&mut self, path: &Path) -> Result<File> {
        let loaded = &mut self.loaded;
        let file = File::open(path, self.paths, self.sources, &mut loaded.findings)?;
        loaded.files.push(self.paths.show(path));
        Ok(file)
    }

    fn tree(
        &mut self,
        file: &mut File,
        read: impl FnOnce(&mut Reader<'_>, &Node, &mut Old),
    ) -> bool {
        let (old, versions) = (&mut self.old, &mut self.versions);
        let findings = &mut self.loaded.findings;
        let mut came = false;
        file.with_tree(
            &self.paths.environment,
            findings,
            versions,
            |reader, root| {
                came = true;
                read(reader, root, old);
            },
        );
        came
    }

    /// Returns where the folders under `imports:` keep their domains and data, if the configuration asks for them.
    fn imports(&self) -> Result<Imports> {
        let config = &self.loaded.assistant.config;
        let mut found = Imports::default();
        if !config
            .importers
            .iter()
            .any(|name| name.ends_with("MultiProjectImporter"))
        {
            return Ok(found);
        }
        for folder in &config.imports {
            let root = self.paths.root.join(&folder.value);
            for path in yaml_files(std::slice::from_ref(&root))? {
                let is_domain = path
                    .file_stem()
                    .is_some_and(|stem| stem.to_string_lossy().starts_with("domain"));
                if is_domain {
                    found.domains.push(path);
                } else {
                    found.data.push(path);
                }
            }
        }
        Ok(found)
    }

    fn domains(&mut self, imported: &[PathBuf]) -> Result<()> {
        let named = std::iter::once(&self.paths.domain)
            .chain(&self.paths.more_domains)
            .chain(imported);
        let mut domain: Option<Domain> = None;
        for root in named.cloned().collect::<Vec<_>>() {
            let in_folder = root.is_dir();
            if !in_folder && !root.is_file() {
                let usual = Paths::of(&self.paths.root).domain;
                if root != usual {
                    return Err(Problem::Missing(root).into());
                }
                continue;
            }
            for path in yaml_files(std::slice::from_ref(&root))? {
                let mut read = None;
                let mut file = self.open(&path)?;
                file.may_be_skipped = in_folder;
                let is_list = file.text.trim_start().starts_with("- ");
                let came = self.tree(&mut file, |reader, root, old| {
                    if !in_folder || domain::is_domain(root) {
                        read = Some(domain::read(reader, root, old));
                    } else {
                        let at = Origin::new(reader.source, first_line(reader.text));
                        reader.note(problem::not_a_domain(at));
                    }
                });
                self.loaded.domain_is_partial |= !(came || in_folder && is_list);
                domain = match (domain, read) {
                    (Some(domain), Some(read)) => {
                        Some(merge(domain, read, &mut self.loaded.findings))
                    }
                    (domain, read) => domain.or(read),
                };
            }
        }
        self.loaded.assistant.domain = domain.unwrap_or_default();
        Ok(())
    }

    fn data(&mut self, imported: &[PathBuf]) -> Result<()> {
        let mut roots: Vec<PathBuf> = self.paths.data.clone();
        let usual = self.paths.root.join("data");
        roots.retain(|root| *root != usual || root.exists());
        roots.extend(imported.iter().cloned());
        if roots.is_empty() && self.paths.data.contains(&usual) {
            let finding = problem::no_data(&self.paths.show(&usual));
            self.loaded.findings.push(finding);
        }
        for path in data_files(&roots)? {
            if is_json(&path) {
                self.json(&path)?;
                continue;
            }
            let mut file = self.open(&path)?;
            file.may_be_skipped = true;
            let is_nlu = mentions(&file.text, &["nlu", "responses"]);
            let is_story = mentions(&file.text, &["stories", "rules"]);
            if !is_nlu && !is_story {
                self.unused(&path, &mut file);
                continue;
            }
            let mut training = TrainingData::default();
            let (mut stories, mut responses) = (Vec::new(), Vec::new());
            self.tree(&mut file, |reader, root, _| {
                for (key, value) in root.entries().unwrap_or_default() {
                    match key.text().unwrap_or_default() {
                        "nlu" if is_nlu => nlu::read(reader, value, &mut training),
                        "responses" if is_nlu => {
                            let mut read = Domain::default();
                            domain::responses(reader, value, &mut read);
                            responses = read.responses;
                        }
                        "stories" if is_story => story::read(reader, value, false, &mut stories),
                        "rules" if is_story => story::read(reader, value, true, &mut stories),
                        name => reader.stray_key(key, name),
                    }
                }
            });
            let assistant = &mut self.loaded.assistant;
            assistant.training.append(training);
            assistant.stories.append(&mut stories);
            add_responses(&mut assistant.domain, responses);
        }
        Ok(())
    }

    /// Reads a JSON file of any maker; one that holds no training data is none of ours.
    fn json(&mut self, path: &Path) -> Result<()> {
        let name = self.paths.show(path);
        let findings = &mut self.loaded.findings;
        let Some(text) = utf8::read(path, &name, self.sources, findings)? else {
            return Ok(());
        };
        let language = self.loaded.assistant.config.language.clone();
        let read = foreign::read_json(
            path,
            &name,
            &text,
            language.as_deref(),
            self.sources,
            findings,
        );
        if let Some(read) = read {
            self.loaded.files.push(name);
            let assistant = &mut self.loaded.assistant;
            assistant.training.append(read.training);
            add_responses(&mut assistant.domain, read.domain.responses);
        }
        Ok(())
    }

    /// Notes a file below the data folders that no reader takes.
    fn unused(&mut self, path: &Path, file: &mut File) {
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'))
        {
            self.loaded.files.pop();
            return;
        }
        let at = Origin::new(file.source, first_line(&file.text));
        let keys: Vec<String> = yaml::parse(file.source, &file.text, yaml::Limits::default())
            .ok()
            .iter()
            .filter_map(Node::entries)
            .flatten()
            .filter_map(|(key, _)| Some(key.text()?.to_owned()))
            .collect();
        if keys.is_empty() && at.span.is_empty() {
            return;
        }
        self.loaded.findings.push(problem::unused_file(at, &keys));
    }

    fn finish(self) -> Loaded {
        let mut loaded = self.loaded;
        let migrated = self.old.apply(&mut loaded.assistant.domain);
        let is_migrated = migrated.is_some();
        loaded.findings.extend(migrated);
        if let Some(first) = self.versions.first().filter(|_| !is_migrated) {
            let finding = problem::old_version(first, self.versions.len());
            loaded.findings.push(finding);
        }
        loaded
    }
}

/// Returns the first line of a text that says something, for findings about the whole file.
fn first_line(text: &str) -> Span {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() && !body.starts_with('#') {
            let lead = line.len() - line.trim_start().len();
            return Span::new(start + lead, start + lead + body.len());
        }
        start += line.len();
    }
    Span::new(0, 0)
}

/// Reads test files: stories of `test_*.yml` files, and `nlu:` of any.
///
/// Roots that do not exist are passed over.
pub fn load_tests(roots: &[PathBuf], paths: &Paths, sources: &mut Sources) -> Result<Tests> {
    let mut tests = Tests::default();
    let mut versions = Vec::new();
    let roots: Vec<PathBuf> = roots.iter().filter(|root| root.exists()).cloned().collect();
    for path in files_below(&roots, &|path| {
        is_yaml(path) || roots.contains(&path.to_owned())
    })? {
        let named = roots.contains(&path);
        let is_test = holds_stories(&path);
        let mut file = File::open(&path, paths, sources, &mut tests.findings)?;
        let has_nlu = mentions(&file.text, &["nlu"]);
        if !has_nlu && !((is_test || named) && mentions(&file.text, &["stories", "rules"])) {
            if is_test && !file.text.trim().is_empty() {
                let at = Origin::new(file.source, 0..0);
                tests.findings.push(problem::test_file_without_tests(at));
            }
            continue;
        }
        tests.files.push(paths.show(&path));
        let mut training = TrainingData::default();
        file.with_tree(
            &paths.environment,
            &mut tests.findings,
            &mut versions,
            |reader, root| {
                if let Some(list) = root.get("nlu") {
                    nlu::read(reader, list, &mut training);
                }
                if let Some(list) = root.get("stories").filter(|_| is_test || named) {
                    let before = reader.findings.len();
                    story::read(reader, list, false, &mut tests.stories);
                    // A test without one of its steps would pass for the wrong reason.
                    for finding in reader.findings.iter_mut().skip(before) {
                        if finding.code == "story::unknown-step" {
                            finding.severity = Severity::Error;
                        }
                    }
                }
            },
        );
        tests.examples.append(&mut training.examples);
    }
    Ok(tests)
}

/// Tells whether stories of a test file are held where nobody names the file: those of `test_*` are.
pub fn holds_stories(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("test_"))
}

/// Reads `endpoints.yml` for use: an unset `${VAR}` in it is an error.
pub fn load_endpoints(path: &Path, paths: &Paths, sources: &mut Sources) -> Result<Endpoints> {
    let mut findings = Vec::new();
    let mut endpoints = Endpoints::default();
    read_file(path, paths, sources, &mut findings, |reader, root| {
        endpoints = endpoints::read(reader, root);
    })?;
    findings.retain(|finding| finding.severity == Severity::Error);
    if findings.is_empty() {
        Ok(endpoints)
    } else {
        Err(Error::Findings(findings))
    }
}

/// Reads the `actions.yml` of a project, with everything that is wrong in it; `None` where there is no such file.
///
/// An unset `${VAR}` in it is an error: whoever only checks the file may pass over that (`yaml::unset-variable`).
pub fn load_stubs(
    paths: &Paths,
    sources: &mut Sources,
) -> Result<Option<(Vec<Stub>, Vec<Diagnostic>)>> {
    let path = paths.root.join("actions.yml");
    if !path.is_file() {
        return Ok(None);
    }
    let (mut stubs, mut findings) = (Vec::new(), Vec::new());
    read_file(&path, paths, sources, &mut findings, |reader, root| {
        stubs = actions::read(reader, root);
    })?;
    Ok(Some((stubs, findings)))
}

/// Reads one more configuration, with everything that is wrong in it.
pub fn load_config(
    path: &Path,
    paths: &Paths,
    sources: &mut Sources,
) -> Result<(Config, Vec<Diagnostic>)> {
    let (mut config, mut findings) = (Config::default(), Vec::new());
    read_file(path, paths, sources, &mut findings, |reader, root| {
        config = config::read(reader, root);
    })?;
    config.folder.clone_from(&paths.root);
    Ok((config, findings))
}

/// Checks `endpoints.yml` and `credentials.yml`, where they are; returns findings and the files read.
///
/// Variables that are not set are no finding here: they matter to whoever uses the file.
pub fn check_servers(
    paths: &Paths,
    sources: &mut Sources,
) -> Result<(Vec<Diagnostic>, Vec<String>)> {
    let (mut findings, mut files) = (Vec::new(), Vec::new());
    for name in ["endpoints.yml", "credentials.yml"] {
        let path = paths.root.join(name);
        if !path.is_file() {
            continue;
        }
        files.push(paths.show(&path));
        read_file(
            &path,
            paths,
            sources,
            &mut findings,
            |reader, root| match name {
                "endpoints.yml" => drop(endpoints::read(reader, root)),
                _ => drop(endpoints::read_credentials(reader, root)),
            },
        )?;
    }
    findings.retain(|finding| finding.code != "yaml::unset-variable");
    Ok((findings, files))
}

/// Hands on the tree of one file that stands by itself.
fn read_file(
    path: &Path,
    paths: &Paths,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
    read: impl FnOnce(&mut Reader<'_>, &Node),
) -> Result<()> {
    let mut file = File::open(path, paths, sources, findings)?;
    file.with_tree(&paths.environment, findings, &mut Vec::new(), read);
    Ok(())
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
        found = domain::read(reader, root, &mut Old::default());
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
        text: Arc::new(text.to_owned()),
        is_broken: false,
        may_be_skipped: false,
    }
    .with_tree(
        &Environment::default(),
        &mut findings,
        &mut Vec::new(),
        read,
    );
    findings.retain(|finding| finding.severity == Severity::Error);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Error::Findings(findings))
    }
}

/// A file of the project that was read but not parsed.
struct File {
    source: SourceId,
    text: Arc<String>,
    /// It is no text at all.
    is_broken: bool,
    /// Rasa passes over it where its top level is no mapping; elsewhere that is an error.
    may_be_skipped: bool,
}

impl File {
    fn open(
        path: &Path,
        paths: &Paths,
        sources: &mut Sources,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<Self, Problem> {
        let name = paths.show(path);
        let Some(text) = utf8::read(path, &name, sources, findings)? else {
            return Ok(Self {
                source: SourceId::default(),
                text: Arc::default(),
                is_broken: true,
                may_be_skipped: false,
            });
        };
        let source = sources.add(name, text);
        let text = sources.get(source).map(|source| Arc::clone(&source.text));
        Ok(Self {
            source,
            text: text.unwrap_or_default(),
            is_broken: false,
            may_be_skipped: false,
        })
    }

    /// Parses the file and hands its tree on, unless it is broken or of a version that Rasa skips.
    fn with_tree(
        &mut self,
        environment: &Environment,
        findings: &mut Vec<Diagnostic>,
        versions: &mut Vec<Located<String>>,
        read: impl FnOnce(&mut Reader<'_>, &Node),
    ) {
        if self.is_broken {
            return;
        }
        let root = match yaml::parse(self.source, &self.text, yaml::Limits::default()) {
            Ok(root) if self.text.contains("${") => {
                yaml::expand(&root, self.source, environment, findings)
            }
            Ok(root) => root,
            Err(finding) => return findings.push(finding),
        };
        let mut reader = Reader {
            source: self.source,
            text: &self.text,
            findings,
        };
        if root.is_null() {
            return;
        }
        if root.entries().is_none() {
            if self.may_be_skipped {
                let at = reader.origin(root.span);
                return reader.note(problem::skipped_file(at, root.kind_name()));
            }
            return reader.expected(&root, "the file", "a mapping");
        }
        if let Some(version) = root.get("version") {
            let at = reader.origin(version.span);
            match (version.string().map(str::trim), version.number()) {
                (None, Some(_)) => {
                    let written = version.text().unwrap_or_default().to_owned();
                    reader.note(problem::version_number(at, &written));
                }
                (Some(text), _) => match compare_to_3_1(text) {
                    Some(Ordering::Greater) => {
                        let is_domain = domain::is_domain(&root);
                        reader.note(problem::version_too_new(at, text, is_domain));
                        return;
                    }
                    Some(Ordering::Less) => versions.push(Located::new(text.to_owned(), at)),
                    Some(Ordering::Equal) => {}
                    None => reader.note(problem::no_version(at, text)),
                },
                (None, None) if version.is_null() => {}
                (None, None) => {
                    reader.note(problem::version_not_text(at, version.kind_name()));
                }
            }
        }
        read(&mut reader, &root);
    }
}

/// Returns how a version stands to 3.1, or `None` for what is no version.
pub(super) fn compare_to_3_1(version: &str) -> Option<Ordering> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let major = parts.next()??;
    let minor = parts.next().unwrap_or(Some(0))?;
    Some((major, minor).cmp(&(3, 1)))
}
