//! What turns a run of tests red, and what does not.

use serde_json::Value;

use super::{STARTER, with_stories};
use crate::common::Project;

/// A story of the starter that goes as written.
const GOOD: &str = "stories:\n- story: greets\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_greet\n";

#[test]
fn a_threshold_that_cannot_be_read_holds_the_run_up() {
    for wrong in ["min_acuracy: 1.0", "max_ece: foo", "min_accuracy: [0.9"] {
        let project = with_stories(GOOD);
        let config = project.read("config.yml");
        project.write(
            "config.yml",
            format!("{config}\nx-bot:\n  test:\n    {wrong}\n"),
        );
        let run = project.run(&["test"]);
        assert_eq!(run.code, 1, "{wrong}: {}", run.stderr);
        assert!(run.stderr.contains("config.yml:"), "{}", run.stderr);
        assert!(!run.stdout.contains("Passed"), "{}", run.stdout);
    }
}

#[test]
fn an_entity_that_the_test_does_not_mark_fails() {
    let story = |user: &str| {
        format!(
            "stories:\n- story: orders\n  steps:\n  - user: |\n      {user}\n    intent: choose_size\n"
        )
    };
    let project = with_stories(&story("a large one"));
    let run = project.run(&["test", "-q"]);
    assert_eq!(run.code, 1);
    for said in [
        "turn 1 has the entity `size=large`, which the test does not mark",
        "mark it in the test where it is right: a [large](size) one",
    ] {
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    // The right value at another place is not it.
    let project = with_stories(&story(
        "a large [one]{\"entity\": \"size\", \"value\": \"large\"}",
    ));
    let run = project.run(&["test", "-q"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("has no entity `size=large`"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_two_extractors_find_is_found_once() {
    let project = Project::template("starter");
    let config = project.read("config.yml");
    let pipeline = "pipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: CRFEntityExtractor\n- name: RegexEntityExtractor\n";
    let rest = config
        .split("policies:")
        .nth(1)
        .map_or_else(String::new, |rest| format!("policies:{rest}"));
    project.write("config.yml", format!("{pipeline}{rest}"));
    project.write("tests/nlu.yml", "nlu:\n- intent: choose_size\n  examples: |\n    - a [large](size) one\n    - a [small](size) one\n");
    project.train(&[]);
    let parse = project.run(&["parse", "a large one"]).json();
    assert_eq!(parse["entities"].as_array().unwrap().len(), 2, "{parse}");
    let report = project.run(&["test", "nlu", "--json"]).json();
    assert_eq!(
        report["entities"]["micro_precision"], 1.0,
        "{}",
        report["entities"]
    );
}

#[test]
fn labels_of_a_table_mean_what_they_say() {
    let project = STARTER.fork();
    project.write(
        "out.csv",
        "text,intent\nqwertz uiop,nlu_fallback\nhello,greet\n",
    );
    let report = project
        .run(&["test", "nlu", "--nlu", "out.csv", "--json"])
        .json();
    assert_eq!(report["out_of_scope"]["outside"], 1, "{report}");
}

#[test]
fn forges_get_paths_from_the_top_of_the_repository() {
    let project = with_stories(&GOOD.replace("utter_greet", "utter_joke"));
    let top = tempfile::tempdir().unwrap();
    let inside = top.path().join("bots/one");
    std::fs::create_dir_all(top.path().join(".git")).unwrap();
    std::fs::create_dir_all(inside.parent().unwrap()).unwrap();
    std::fs::rename(project.path(), &inside).unwrap();
    let run = |format: &str, from: &std::path::Path, more: &[&str]| {
        let output = crate::common::bot()
            .current_dir(from)
            .args(["test", "--format", format])
            .args(more)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for (from, more) in [
        (inside.as_path(), &[][..]),
        (top.path(), &["--project", "bots/one"][..]),
    ] {
        let annotations = run("github", from, more);
        assert!(
            annotations.contains("file=bots/one/tests/test_stories.yml,"),
            "{annotations}"
        );
        let found: Value = serde_json::from_str(&run("gitlab", from, more)).unwrap();
        assert_eq!(
            found[0]["location"]["path"],
            "bots/one/tests/test_stories.yml"
        );
    }
}

#[test]
fn gitlab_tells_findings_that_read_alike_apart() {
    let project = STARTER.fork();
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: goodbye\n  examples: |\n    - hello\n    - hello\n",
    );
    let found = project.run(&["test", "nlu", "--format", "gitlab"]).json();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_ne!(found[0]["fingerprint"], found[1]["fingerprint"]);
}

#[test]
fn a_part_does_not_overwrite_a_baseline_that_holds_more() {
    let project = STARTER.fork();
    assert_eq!(project.run(&["test", "--update-baseline"]).code, 0);
    let before = project.read("tests/baseline.txt");
    for part in [&["coffee"][..], &["nlu", "--nlu", "data"][..]] {
        let mut arguments = vec!["test", "--update-baseline"];
        arguments.splice(1..1, part.iter().copied());
        let run = project.run(&arguments);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(
            run.stderr.contains("its stories would be lost"),
            "{}",
            run.stderr
        );
        assert_eq!(project.read("tests/baseline.txt"), before);
    }
    let forced = project.run(&[
        "test",
        "nlu",
        "--nlu",
        "data",
        "--update-baseline",
        "--force",
    ]);
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert_ne!(project.read("tests/baseline.txt"), before);
}

#[test]
fn what_failed_when_the_baseline_was_accepted_may_fail_again() {
    let bad = GOOD
        .replace("greets", "jokes")
        .replace("utter_greet", "utter_joke");
    let both = format!("{GOOD}{}", bad.trim_start_matches("stories:\n"));
    let project = with_stories(&both);
    assert_eq!(project.run(&["test", "--update-baseline"]).code, 1);
    let run = project.run(&["test", "--baseline", "--max-regressions", "0"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(
        run.stdout.contains("2 conversations (1 known to fail)"),
        "{}",
        run.stdout
    );
    // Without a word about regressions every story must go as written.
    assert_eq!(project.run(&["test", "--baseline"]).code, 1);
    let more = bad.replace("jokes", "jokes again");
    project.write("tests/test_more.yml", &more);
    let run = project.run(&["test", "--baseline", "--max-regressions", "0"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout.contains("1 of 3 conversations"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_case_of_junit_fails_only_where_the_run_does() {
    let project = STARTER.fork();
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n- intent: goodbye\n  examples: |\n    - tell me a joke\n",
    );
    let run = project.run(&["test", "nlu", "--format", "junit"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stdout.contains("tests=\"2\" failures=\"0\""),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("understood as tell_joke 1.00, expected goodbye"),
        "{}",
        run.stdout
    );
    for (threshold, failures) in [("nosuch=0.5", 0), ("goodbye=0.5", 1)] {
        let run = project.run(&[
            "test",
            "nlu",
            "--min-intent-f1",
            threshold,
            "--format",
            "junit",
        ]);
        let said = format!("tests=\"2\" failures=\"{failures}\"");
        assert!(run.stdout.contains(&said), "{threshold}: {}", run.stdout);
    }
    let run = project.run(&["test", "nlu", "--min-accuracy", "0.9", "--format", "junit"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("tests=\"2\" failures=\"1\""),
        "{}",
        run.stdout
    );
}

#[test]
fn a_list_takes_no_thresholds_and_no_reports() {
    for flags in [
        &["--min-accuracy", "0.9"][..],
        &["--min-intent-f1", "greet=0.9"],
        &["--max-regressions", "0"],
        &["--report", "html=out.html"],
        &["--update-baseline"],
    ] {
        for what in [
            &["--list", "shaky"][..],
            &["--compare-configs", "config.yml"],
        ] {
            let run = STARTER.run(&[&["test"], what, flags].concat());
            assert_eq!(run.code, 2, "{what:?} {flags:?}");
            assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
        }
    }
}

#[test]
fn equal_configurations_are_told_as_that() {
    let project = Project::template("starter");
    project.write("same.yml", project.read("config.yml"));
    let run = project.run(&["test", "--compare-configs", "config.yml", "same.yml"]);
    assert!(
        run.stdout
            .ends_with("Verdict: none is better than config.yml\n"),
        "{}",
        run.stdout
    );
}
