//! `bot test --watch`, its keys, and the bars of long work, in a real terminal.

use crate::{common::Project, shell::terminal::Pty};

const STORY: &str = "version: \"3.1\"\nstories:\n- story: One more\n  steps:\n  - user: |\n      so are you a robot or a human?\n    intent: bot_challenge\n  - action: utter_i_am_a_bot\n";

fn start(project: &Project, arguments: &[&str]) -> Pty {
    Pty::start(env!("CARGO_BIN_EXE_bot"), arguments, project.path(), &[])
}

#[test]
fn a_watched_test_answers_to_changes_and_keys() {
    let project = Project::template("starter");
    let mut pty = start(&project, &["test", "--watch"]);
    pty.expect("a all · q quit");
    pty.expect("9 conversations");
    // A test file that is new is tested alone.
    project.write("tests/test_extra.yml", STORY);
    pty.expect("Changed: tests/test_extra.yml");
    pty.expect(": 1 conversation\n");
    // As in a whole run, stories of files whose name does not begin with `test_` are not held.
    let messages = "nlu:\n- intent: greet\n  examples: |\n    - hello to you\n";
    project.write("tests/more.yml", format!("{STORY}{messages}"));
    pty.expect("Changed: tests/more.yml");
    pty.expect(": 1 message\n");
    pty.send(b"a");
    pty.expect("10 conversations, 1 message");
    project.write("tests/test_extra.yml", STORY.replace("i_am_a_bot", "joke"));
    pty.expect("One more");
    pty.expect("Failed in");
    pty.send(b"q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn long_work_shows_a_bar_and_leaves_none() {
    let project = Project::template("starter");
    let mut examples = vec!["nlu:".to_owned()];
    let mut intents = vec!["intents:".to_owned()];
    for intent in 0..40 {
        intents.push(format!("- intent_{intent}"));
        examples.push(format!("- intent: intent_{intent}\n  examples: |"));
        let line = |i| format!("    - word{intent} and word{i} go number{}", intent * i);
        examples.extend((0..30).map(line));
    }
    project.write("data/nlu.yml", examples.join("\n"));
    project.write("domain.yml", intents.join("\n"));
    project.write("data/rules.yml", "rules: []\n");
    project.write("data/stories.yml", "stories: []\n");
    let pty = start(
        &project,
        &[
            "test",
            "--cross-validate",
            "5",
            "--classifier",
            "MlpClassifier",
        ],
    );
    pty.expect("Folds");
    pty.expect("1,200 messages in 5 folds");
    let screen = pty.screen();
    assert!(!screen.contains("Folds"), "{screen}");
    assert_eq!(pty.end(), 0);
}
