//! What every command gets from the outside: console, folder, clock, interruption.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    console::{Console, Input, Waiting},
    diagnostic::{Diagnostic, Error, Result, Sources},
    project::{Paths, find_root},
    yaml::Environment,
};

/// Form of what goes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One line for each finding.
    Concise,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    JsonLines,
    /// Annotations of GitHub's checks, one for each finding.
    Github,
    /// `JUnit` XML; only `bot test` has it, as the two below.
    Junit,
    /// GitLab's code quality report.
    Gitlab,
    /// Markdown for a comment.
    Markdown,
}

/// What GitHub says to a step that runs there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Github {
    /// File that the step's summary is added to.
    pub summary: Option<PathBuf>,
}

/// Files and folders that a person names in the place of the project's usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Configurations; the first is the project's.
    pub config: Vec<PathBuf>,
    /// Domain files and folders.
    pub domain: Vec<PathBuf>,
    /// Training data.
    pub data: Vec<PathBuf>,
}

impl Places {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The outside as one command sees it.
pub struct Context {
    /// Where everything is printed.
    pub console: Console,
    /// Every text read, for findings to point into.
    pub sources: Sources,
    /// The folder the command was started in.
    pub folder: PathBuf,
    /// `--project`, where given.
    pub project: Option<PathBuf>,
    /// Form of the results.
    pub format: Format,
    /// Whether the form for people was asked for by its name.
    pub for_people: bool,
    /// Set where GitHub runs the command.
    pub github: Option<Github>,
    /// Set once the person has asked to stop.
    pub stop: Arc<AtomicBool>,
    /// What readers of stdin tell the handler of signals.
    pub waiting: Waiting,
}

impl Context {
    /// Returns the places of the project: `--project`, or the nearest folder upward that is one.
    pub fn project(&self) -> Result<Paths> {
        if let Some(root) = &self.project {
            if !root.is_dir() {
                return Err(crate::files::Problem::Missing(root.clone()).into());
            }
            return Ok(places(root));
        }
        let root = find_root(&self.folder).ok_or_else(|| {
            Error::cannot(
                Diagnostic::error(
                    "project::none",
                    "there is no project here: no folder upward has config.yml or domain.yml",
                )
                .help("`bot init DIR` makes one, `--project DIR` names one"),
            )
        })?;
        // Paths relative to where the person is read better than absolute ones.
        Ok(places(if root == self.folder {
            Path::new(".")
        } else {
            &root
        }))
    }

    /// Returns the places of the project with those that the person named in their stead.
    pub fn project_or_named(&self, places: &Places) -> Result<Paths> {
        let mut paths = if places.is_empty() {
            self.project()?
        } else {
            self.project_or_current()
        };
        if let Some(config) = places.config.first() {
            paths.config.clone_from(config);
        }
        if let Some((first, more)) = places.domain.split_first() {
            paths.domain.clone_from(first);
            paths.more_domains = more.to_vec();
            paths.named = true;
        }
        if !places.data.is_empty() {
            paths.data.clone_from(&places.data);
            paths.named = true;
        }
        Ok(paths)
    }

    /// Returns the places of the project, or those below the current folder where there is none: for commands whose
    /// flags may name every file.
    pub fn project_or_current(&self) -> Paths {
        self.project().unwrap_or_else(|_| places(Path::new(".")))
    }

    /// Returns the time twice: as it stands in file names, and in RFC 3339 without fractions.
    pub fn now(&self) -> (String, String) {
        stamps()
    }

    /// Returns standard input, which the first Ctrl-C ends.
    pub fn input(&self) -> Input {
        Input::new(self.waiting.clone())
    }

    /// Fails if the person has asked to stop.
    pub fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }
}

/// Returns the time twice: as it stands in file names, and in RFC 3339 without fractions.
pub(super) fn stamps() -> (String, String) {
    let now = jiff::Zoned::now();
    let stamp = now.strftime("%Y%m%d-%H%M%S").to_string();
    (stamp, now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// Returns the usual places below a folder, with this process's variables.
fn places(root: &Path) -> Paths {
    Paths {
        environment: Environment::of_process(),
        ..Paths::of(root)
    }
}
