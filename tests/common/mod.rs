//! What the tests of the command line share: a project in a folder of its own, one run of `bot`, and its output as text
//! without times, sizes and names that change.

pub(crate) mod server;

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use regex::Regex;
use tempfile::TempDir;

/// What in the outside would change how `bot` behaves.
pub(crate) const SURROUNDINGS: &[&str] = &[
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "CI",
    "TERM",
    "COLUMNS",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "RAYON_NUM_THREADS",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "RUST_BACKTRACE",
];

/// Returns the folder with the data sets that are too large for the repository; says so where it is not there.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("BOT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!(
        "there is no folder {}; set BOT_SHARED",
        folder.display()
    ));
    None
}

/// Where a shared project keeps its parts: the lists of the `run with:` line of its META.md.
#[derive(Debug, Default)]
pub(crate) struct RunWith {
    pub(crate) era: String,
    pub(crate) domain: Vec<PathBuf>,
    pub(crate) data: Vec<PathBuf>,
    pub(crate) config: Vec<PathBuf>,
    pub(crate) tests: Vec<PathBuf>,
}

impl RunWith {
    pub(crate) fn of(folder: &Path) -> Self {
        let meta = std::fs::read_to_string(folder.join("META.md")).unwrap_or_default();
        let list = |key: &str| -> Vec<PathBuf> {
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
        };
        let era = meta.split("era: ").nth(1).unwrap_or_default();
        Self {
            era: era.chars().take(3).collect(),
            domain: list("domain"),
            data: list("data"),
            config: list("config"),
            tests: list("tests"),
        }
    }
}

/// How a model is trained without the program, under the name `model`.
pub(crate) fn training(part: bot::model::Part, seed: u64, folder: &Path) -> bot::model::Options {
    bot::model::Options {
        part,
        classifier: None,
        seed,
        folder: folder.to_owned(),
        name: Some("model".to_owned()),
        resources: Vec::new(),
        now: (
            "20260101-120000".to_owned(),
            "2026-01-01T12:00:00+00:00".to_owned(),
        ),
    }
}

/// Says why a test shows nothing here.
pub(crate) fn skip(why: &str) {
    tell(&format!("skipped: {why}"));
}

/// Says what a test found out.
#[expect(
    clippy::print_stderr,
    reason = "figures of tests on real data are read by people"
)]
pub(crate) fn tell(what: &str) {
    eprintln!("{what}");
}

/// A folder to work in, deleted afterwards.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// Makes an empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Makes a folder with these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let project = Self::empty();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// Makes a project from a template.
    pub(crate) fn template(name: &str) -> Self {
        let project = Self::empty();
        let all = bot::project::scaffold::template(name, "tester").unwrap();
        for (path, text) in all {
            project.write(&path, &text);
        }
        project
    }

    /// Copies a folder of the repository.
    pub(crate) fn copy(of: &str) -> Self {
        let project = Self::empty();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(of);
        copy(&from, project.path());
        project
    }

    /// Copies another project, models included.
    pub(crate) fn fork(&self) -> Self {
        let project = Self::empty();
        copy(self.path(), project.path());
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Replaces a piece of a file that must be there.
    pub(crate) fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "`{old}` is not in {name}");
        self.write(name, text.replace(old, new));
    }

    /// Returns the names in a folder, sorted; hidden ones too.
    pub(crate) fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path().join(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Returns the only model.
    pub(crate) fn model(&self) -> PathBuf {
        let names = self.list("models");
        assert_eq!(names.len(), 1, "{names:?}");
        self.path().join("models").join(&names[0])
    }

    /// Returns `bot` in this folder, with nothing of the outside that changes how it behaves.
    pub(crate) fn bot(&self, arguments: &[&str]) -> Command {
        let mut command = bot();
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// Runs `bot` here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    /// Runs `bot` here with this on stdin.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        run(&mut self.bot(arguments), input).at(self.path())
    }

    /// Trains, which must work.
    pub(crate) fn train(&self, arguments: &[&str]) -> &Self {
        let all: Vec<&str> = ["train"].iter().chain(arguments).copied().collect();
        let run = self.run(&all);
        assert_eq!(run.code, 0, "{}", run.stderr);
        self
    }
}

/// Returns `bot` with nothing of the outside that changes how it behaves.
pub(crate) fn bot() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bot"));
    for name in SURROUNDINGS {
        command.env_remove(name);
    }
    command
}

/// Runs a command with this on stdin.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A program that does not read its input to the end closes the pipe.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    Run::from(output)
}

/// What one run of `bot` gave.
pub(crate) struct Run {
    /// Exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    folder: Option<String>,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            folder: None,
        }
    }
}

impl Run {
    fn at(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.display().to_string());
        self
    }

    /// Returns stdout as one JSON document; anything else beside it fails.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// Returns stdout as one JSON document a line.
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// Returns exit code, stdout and stderr as one text, with everything that changes from run to run made equal.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("exit {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                write!(text, "--- {name}\n{stream}").unwrap();
            }
        }
        self.filtered(&text)
    }

    fn filtered(&self, text: &str) -> String {
        let mut text = match &self.folder {
            Some(folder) => text.replace(folder, "[folder]"),
            None => text.to_owned(),
        };
        for (pattern, with) in FILTERS.iter() {
            text = pattern.replace_all(&text, *with).into_owned();
        }
        text
    }
}

/// What changes from run to run, or with every improvement of a classifier.
static FILTERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\d{8}-\d{6}-[0-9a-f]{6}", "[model]"),
        (r"\d{4}-\d\d-\d\dT[0-9:+-]+", "[date]"),
        (r" +\d+\.\d\d s\b", " [time]"),
        (r"\(\d+\.\d\d s\)", "([time])"),
        (r"\b\d+(\.\d)? [kM]B", "[size]"),
        (r"\b[0-9a-f]{64}\b", "[fingerprint]"),
        (r"\bid( +)[0-9a-f]{6}\b", "id$1[id]"),
        (r"\b0\.1\.0\b", "[version]"),
        (r"\b[01]\.\d{2,}\b", "[share]"),
        (r"[+−-]\d+\.\d{2}\b", "[odds]"),
        (r"[ \t]+\n", "\n"),
    ]
    .into_iter()
    .map(|(pattern, with)| (Regex::new(pattern).unwrap(), with))
    .collect()
});

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
