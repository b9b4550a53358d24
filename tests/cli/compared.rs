//! A run held against a baseline or an earlier report: what counts as broken, known or the same.

use super::{STARTER, with_stories};
use crate::common::Project;

/// Runs `bot test` against the project's baseline.
const HELD: [&str; 4] = ["test", "--baseline", "--max-regressions", "0"];

fn story(name: &str, action: &str) -> String {
    format!("- story: {name}\n  steps:\n  - user: hello\n    intent: greet\n  - action: {action}\n")
}

/// A project that knows sizes of coffee by a lookup table, too, with these messages as tests.
fn with_entities(messages: &str) -> Project {
    let project = STARTER.fork();
    project.write("tests/nlu.yml", format!("nlu:\n{messages}"));
    project
}

#[test]
fn a_new_failing_story_is_not_known_by_the_name_of_another() {
    let bad = story("same", "utter_joke");
    let project = with_stories(&format!("stories:\n{bad}"));
    assert_eq!(project.run(&["test", "--update-baseline"]).code, 1);
    assert_eq!(project.run(&HELD).code, 0);
    let other = story("same", "utter_goodbye");
    project.write("tests/test_stories.yml", format!("stories:\n{bad}{other}"));
    let run = project.run(&HELD);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout.contains("1 of 2 conversations"),
        "{}",
        run.stdout
    );
}

#[test]
fn of_stories_of_one_name_the_failing_one_is_taken_to_be_gone() {
    let (bad, good) = (story("same", "utter_joke"), story("same", "utter_greet"));
    let project = with_stories(&format!("stories:\n{bad}{good}"));
    project.run(&["test", "--update-baseline"]);
    project.write("tests/test_stories.yml", format!("stories:\n{bad}"));
    let run = project.run(&HELD);
    assert_eq!(run.code, 1, "{}", run.stdout);
    project.write("tests/test_stories.yml", format!("stories:\n{good}"));
    let run = project.run(&HELD);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("1 only there"), "{}", run.stdout);
}

#[test]
fn what_breaks_within_the_number_is_not_told_as_known() {
    let project = with_stories(&format!(
        "stories:\n{}{}",
        story("good", "utter_greet"),
        story("bad", "utter_joke")
    ));
    assert_eq!(project.run(&["test", "--update-baseline"]).code, 1);
    project.replace("tests/test_stories.yml", "utter_greet", "utter_goodbye");
    let run = project.run(&[
        "test",
        "--baseline",
        "--max-regressions",
        "1",
        "--report",
        "concise=c.txt",
        "--report",
        "markdown=c.md",
        "--report",
        "github=c.gh",
    ]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("2 conversations (1 known to fail, 1 broken, as so many may)"),
        "{}",
        run.stdout
    );
    let concise = project.read("c.txt");
    assert!(concise.contains(": broken: good: ") && concise.contains(": known: bad: "));
    for file in ["c.md", "c.gh"] {
        let text = project.read(file);
        assert!(text.contains("broken, as so many may: good: "), "{text}");
        assert!(text.contains("known to fail: bad: "), "{text}");
    }
}

#[test]
fn a_message_that_breaks_twice_is_one_regression() {
    let project = with_entities(
        "- intent: choose_size\n  examples: |\n    - a [large](size) one\n- intent: greet\n  examples: |\n    - hello\n",
    );
    let before = project.run(&["test", "nlu", "--json"]);
    assert_eq!(before.code, 0, "{}", before.stdout);
    project.write("before.json", &before.stdout);
    let mut earlier = before.json();
    // As if the run before had found another entity and another intent, both of them wanted.
    project.replace("tests/nlu.yml", "a [large](size) one", "a large one");
    project.replace("tests/nlu.yml", "choose_size", "greet");
    let prediction = &mut earlier["intents"]["predictions"][0];
    for (key, value) in [
        ("text", "a large one"),
        ("expected", "greet"),
        ("predicted", "greet"),
        ("entities", ""),
    ] {
        prediction[key] = value.into();
    }
    project.write("before.json", earlier.to_string());
    let compared = |most: &str, more: &[&str]| {
        let all = [
            &[
                "test",
                "nlu",
                "--compare",
                "before.json",
                "--max-regressions",
                most,
            ],
            more,
        ]
        .concat();
        project.run(&all)
    };
    let run = compared("1", &[]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let run = compared(
        "0",
        &["--report", "junit=out.xml", "--report", "gitlab=out.json"],
    );
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("number of regressions 1 is above `--max-regressions 0`"),
        "{}",
        run.stdout
    );
    let junit = project.read("out.xml");
    assert!(junit.contains("tests=\"2\" failures=\"1\""), "{junit}");
    assert!(
        junit.contains("was greet 1.00, now choose_size 1.00; was nothing, now size=large@2"),
        "{junit}"
    );
    let gitlab = project.read("out.json");
    assert!(gitlab.contains("\"severity\":\"major\""), "{gitlab}");
}

#[test]
fn only_what_broke_fails_in_junit_where_too_much_broke() {
    let messages = "- intent: greet\n  examples: |\n    - hello\n    - tell me a joke\n- intent: goodbye\n  examples: |\n    - hello\n    - hello\n";
    let project = with_entities(messages);
    let mut earlier = project.run(&["test", "nlu", "--json"]).json();
    // Of four messages the first and the last two are as before, the second is broken.
    earlier["intents"]["predictions"][1]["predicted"] = "greet".into();
    project.write("before.json", earlier.to_string());
    let arguments = [
        "test",
        "nlu",
        "--compare",
        "before.json",
        "--max-regressions",
        "0",
    ];
    let run = project.run(&[&arguments[..], &["--format", "junit"]].concat());
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("name=\"messages\"")
            && run.stdout.contains("tests=\"4\" failures=\"1\""),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("name=\"hello (3)\""), "{}", run.stdout);
}

#[test]
fn refusals_that_break_fail_in_every_form() {
    let project = with_entities("- intent: greet\n  examples: |\n    - hello\n");
    let mut earlier = project.run(&["test", "nlu", "--json"]).json();
    assert_eq!(earlier["intents"]["predictions"][0]["refused"], false);
    let config = project.read("config.yml");
    let config = config
        .lines()
        .map(|line| match line.split_once("threshold:") {
            Some((before, _)) if !before.contains("ambiguity") => format!("{before}threshold: 1.0"),
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n");
    project.write("config.yml", config);
    project.replace(
        "tests/nlu.yml",
        "hello",
        "hello there my dear friend of yore",
    );
    earlier["intents"]["predictions"][0]["text"] = "hello there my dear friend of yore".into();
    project.write("before.json", earlier.to_string());
    project.train(&["--force"]);
    let run = project.run(&[
        "test",
        "nlu",
        "--compare",
        "before.json",
        "--max-regressions",
        "0",
        "--format",
        "junit",
        "--report",
        "gitlab=out.json",
    ]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout.contains("message=\"was answered, now refused\""),
        "{}",
        run.stdout
    );
    let gitlab = project.read("out.json");
    assert!(gitlab.contains("was answered, now refused"), "{gitlab}");
}

#[test]
fn tests_are_the_same_ones_however_their_files_are_named() {
    let project = with_stories(&format!("stories:\n{}", story("good", "utter_greet")));
    project.write("tests/more.csv", "text,intent\nhello,greet\n");
    let update = [
        "test",
        "-s",
        "tests",
        "-u",
        "tests/more.csv",
        "--update-baseline",
    ];
    assert_eq!(project.run(&update).code, 0);
    let file = project.path().join("tests/test_stories.yml");
    let file = file.to_str().unwrap();
    for named in [file, "./tests/../tests/test_stories.yml", "tests"] {
        let run = project.run(&[&HELD[..], &["-s", named, "-u", "./tests/more.csv"]].concat());
        assert_eq!(run.code, 0, "{named}: {}", run.stderr);
        assert!(!run.stdout.contains("Not compared"), "{}", run.stdout);
    }
    let outside = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        let link = outside.path().join("link");
        std::os::unix::fs::symlink(project.path(), &link).unwrap();
        let mut command = crate::common::bot();
        command.args(HELD).arg("-s").arg(link.join("tests"));
        let run = crate::common::run(command.current_dir(&link), b"");
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    let mut command = crate::common::bot();
    command
        .args(HELD)
        .args(["-s", file, "--project"])
        .arg(project.path());
    let run = crate::common::run(command.current_dir(outside.path()), b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    // The mark of an editor on Windows is no line of its own, and what is no baseline is told before any work.
    let baseline = project.read("tests/baseline.txt");
    project.write("tests/baseline.txt", format!("\u{feff}{baseline}"));
    assert_eq!(project.run(&HELD).code, 0);
    project.write("tests/baseline.txt", "<<<<<<< HEAD\n");
    let run = project.run(&HELD);
    assert_eq!(run.code, 2);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    let run = project.run(&["test", "--baseline", "other.txt"]);
    assert!(
        run.stderr
            .contains("`bot test --baseline other.txt --update-baseline` writes one"),
        "{}",
        run.stderr
    );
}

#[test]
fn thresholds_change_nothing_that_was_learnt() {
    let project = Project::template("starter");
    project.train(&[]);
    let config = project.read("config.yml");
    project.write(
        "config.yml",
        format!("{config}\nx-bot:\n  test:\n    min_story_accuracy: 0.5\n"),
    );
    let run = project.run(&["test"]);
    assert!(!run.stderr.contains("other files"), "{}", run.stderr);
    let run = project.run(&["train"]);
    assert!(run.stderr.contains("Unchanged"), "{}", run.stderr);
    project.write("config.yml", config.replace("language: en", "language: de"));
    let run = project.run(&["test"]);
    assert!(run.stderr.contains("other files"), "{}", run.stderr);
}
