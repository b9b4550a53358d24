//! Which files belong to a project.

use std::path::{Path, PathBuf};

use crate::{
    diagnostic::Result,
    files::{self, Problem},
    yaml::Environment,
};

/// Where the parts of a project stand; paths are as given or below the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The project's folder.
    pub root: PathBuf,
    /// `config.yml`.
    pub config: PathBuf,
    /// `domain.yml`, or a folder of such files.
    pub domain: PathBuf,
    /// Further domain files and folders.
    pub more_domains: Vec<PathBuf>,
    /// Files and folders with training data.
    pub data: Vec<PathBuf>,
    /// Files and folders with tests.
    pub tests: Vec<PathBuf>,
    /// Where models go.
    pub models: PathBuf,
    /// Whether the person named places: then each must be there, and nothing else is looked for.
    pub named: bool,
    /// What `${VAR}` in its files stands for.
    pub environment: Environment,
}

impl Paths {
    /// Returns the usual places below `root`.
    pub fn of(root: &Path) -> Self {
        let domain = ["domain.yml", "domain.yaml", "domain"]
            .iter()
            .map(|name| root.join(name))
            .find(|path| path.exists())
            .unwrap_or_else(|| root.join("domain.yml"));
        Self {
            config: root.join("config.yml"),
            domain,
            more_domains: Vec::new(),
            data: vec![root.join("data")],
            tests: vec![root.join("tests")],
            models: root.join("models"),
            named: false,
            environment: Environment::default(),
            root: root.to_owned(),
        }
    }

    /// Returns a path as the project's own are spelt, where it lies in it, however it was named.
    #[must_use]
    pub fn respelt(&self, path: &Path) -> PathBuf {
        let inside = || {
            let (root, path) = (files::absolute(&self.root)?, files::absolute(path)?);
            Some(path.strip_prefix(root).ok()?.to_owned())
        };
        // Through a link, too.
        let linked = || {
            let (root, path) = (self.root.canonicalize().ok()?, path.canonicalize().ok()?);
            Some(path.strip_prefix(root).ok()?.to_owned())
        };
        match inside().or_else(linked) {
            Some(inside) if inside.as_os_str().is_empty() => self.root.clone(),
            Some(inside) => self.root.join(inside),
            None => path.to_owned(),
        }
    }

    /// Returns a path as it is shown to people: relative to the project where it lies in it.
    pub fn show(&self, path: &Path) -> String {
        files::show(path.strip_prefix(&self.root).unwrap_or(path))
    }
}

/// Returns the nearest folder from `start` upward that holds `config.yml` or `domain.yml`.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|folder| {
            ["config.yml", "domain.yml", "domain.yaml"]
                .iter()
                .any(|name| folder.join(name).is_file())
        })
        .map(Path::to_owned)
}

/// Returns every YAML file below the given roots, sorted and each once; what cannot be read is an error.
pub(super) fn yaml_files(roots: &[PathBuf]) -> Result<Vec<PathBuf>> {
    files_below(roots, &is_yaml)
}

/// Returns every file below the given roots that is wanted, sorted and each once; what cannot be read is an error.
pub(super) fn files_below(roots: &[PathBuf], keep: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for root in roots {
        let (files, wrong) = files::walk(root, keep);
        if let Some(problem) = wrong.into_iter().next() {
            if !root.exists() {
                return Err(Problem::Missing(root.clone()).into());
            }
            return Err(problem.into());
        }
        found.extend(files);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Returns every YAML and JSON file below the given roots.
pub(super) fn data_files(roots: &[PathBuf]) -> Result<Vec<PathBuf>> {
    files_below(roots, &|path| is_yaml(path) || is_json(path))
}

/// Tells whether a path ends like a JSON file.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json")
}

/// Tells whether a path ends like a YAML file.
pub fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end == "yml" || end == "yaml")
}

/// Tells whether some line of the text starts, after blanks, with one of the keys: Rasa's own test of what a file is.
pub(super) fn mentions(text: &str, keys: &[&str]) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().any(|line| {
        let line = line.trim_start();
        keys.iter().any(|key| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(':'))
        })
    })
}
