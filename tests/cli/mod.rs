//! The command line: exit code, stdout and stderr of each command, when it works and when it does not.

/// Everything that `bot test` measures, compares and writes.
mod compared;
mod evaluate;
/// Help, flags for all commands, completions, the man page.
mod general;
/// What must not pass, and what must not fail.
mod green;
/// New projects.
mod init;
/// What is told of messages that are understood wrongly.
mod misunderstood;
/// Components of pipelines that Rasa's projects have, as training and parsing tell of them.
mod pipelines;
/// Parsing, and talking without a screen.
mod talk;
/// Tests of messages and conversations.
mod test;
/// Training and models.
mod train;
/// What makes a run of tests fail.
mod verdict;

use std::sync::LazyLock;

use crate::common::Project;

/// A trained template that no test changes.
static STARTER: LazyLock<Project> = LazyLock::new(|| {
    let project = Project::template("starter");
    project.train(&["--fixed-model-name", "model"]);
    project
});

/// A copy of the trained starter with these conversations alone.
fn with_stories(stories: &str) -> Project {
    let project = STARTER.fork();
    for name in project.list("tests") {
        std::fs::remove_file(project.path().join("tests").join(name)).unwrap();
    }
    project.write("tests/test_stories.yml", stories);
    project
}
