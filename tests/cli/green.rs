//! Runs that must not pass, or must not fail, for what was not tested, or was not meant.

use super::{STARTER, with_stories};
use crate::common::Project;

const GREETS: &str = "stories:\n- story: greets\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_greet\n";

#[test]
fn stories_round_a_loop_and_long_chains_are_held() {
    let looped = "stories:\n- story: enter\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_joke\n  - checkpoint: loop\n- story: again\n  steps:\n  - checkpoint: loop\n  - user: hello\n    intent: greet\n  - action: utter_joke\n  - checkpoint: loop\n";
    let run = with_stories(looped).run(&["test"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let step = "  - user: hello\n    intent: greet\n";
    let chain: String = (0..11)
        .map(|number| {
            let action = if number == 0 { "utter_joke" } else { "utter_greet" };
            let before = if number == 0 { String::new() } else { format!("  - checkpoint: c{number}\n") };
            let after = number + 1;
            format!("- story: part {number}\n  steps:\n{before}{step}  - action: {action}\n  - checkpoint: c{after}\n")
        })
        .collect::<Vec<_>>()
        .concat();
    let run = with_stories(&format!("stories:\n{chain}")).run(&["test"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stderr.contains("expected `utter_joke`"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_story_that_is_named_is_held_as_in_a_whole_run() {
    let stories = "stories:\n- story: begin\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_greet\n  - checkpoint: greeted\n- story: ending\n  steps:\n  - checkpoint: greeted\n  - user: bye bye\n    intent: goodbye\n  - action: utter_goodbye\n";
    let project = with_stories(stories);
    let file = "tests/test_stories.yml";
    for arguments in [
        &["test"][..],
        &["test", "ending"],
        &["test", "begin"],
        &["test", "-s", file, "ending"],
        &["test", "-s", file, "core"],
    ] {
        let run = project.run(arguments);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("Passed") && run.stdout.contains("1 conversation\n"));
    }
}

#[test]
fn choices_beyond_all_bounds_are_refused() {
    let or = "  - or:\n    - intent: greet\n    - intent: goodbye\n".repeat(18);
    let run = with_stories(&format!(
        "stories:\n- story: all\n  steps:\n{or}  - action: utter_greet\n"
    ))
    .run(&["test"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stderr.contains("more than 20,000 conversations"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_mistyped_key_beside_a_known_one_is_an_error() {
    for (steps, said) in [
        (
            "  - usr: bye bye\n    intent: greet\n",
            "`usr` does not belong to a step of `user`",
        ),
        (
            "  - user: hello\n    intnt: goodbye\n",
            "`intnt` does not belong to a step of `user`",
        ),
        (
            "  - intent: greet\n    action: utter_greet\n",
            "write `- action:` for a step of its own",
        ),
    ] {
        let run = with_stories(&format!(
            "stories:\n- story: s\n  steps:\n{steps}  - action: utter_greet\n"
        ))
        .run(&["test"]);
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    let project = with_stories(GREETS);
    project.write("tests/test_more.yml", "storys:\n- story: s\n");
    let run = project.run(&["test"]);
    assert!(run.stderr.contains("holds no tests"), "{}", run.stderr);
}

#[test]
fn entities_listed_beside_a_text_must_be_found() {
    let story = |size: &str| {
        format!(
            "stories:\n- story: s\n  steps:\n  - user: a large one please\n    intent: choose_size\n    entities:\n    - size: {size}\n"
        )
    };
    let wrong = with_stories(&story("small")).run(&["test", "-q"]);
    assert!(
        wrong.stderr.contains("has no entity `size=small`"),
        "{}",
        wrong.stderr
    );
    let right = with_stories(&story("large")).run(&["test", "-q"]);
    assert!(!right.stderr.contains("entity"), "{}", right.stderr);
}

#[test]
fn tables_in_a_folder_are_tested_and_keep_the_labels_of_the_model() {
    let project = Project::empty();
    project.write(
        "config.yml",
        "language: en\npipeline:\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n",
    );
    project.write("domain.yml", "intents: [\"Order Pizza\", a+b]\n");
    project.write("data/nlu.yml", "nlu:\n- intent: Order Pizza\n  examples: |\n    - bring me a pizza\n    - one pizza please\n- intent: a+b\n  examples: |\n    - what is the sum\n    - add these numbers\n");
    project.train(&["--skip-validation"]);
    project.write(
        "more/t.csv",
        "text,intent\na pizza for me,Order Pizza\nadd the numbers,a+b\n",
    );
    let report = project.run(&["test", "--nlu", "more", "--json"]).json();
    assert_eq!(
        (&report["intents"]["examples"], &report["intents"]["right"]),
        (&2.into(), &2.into()),
        "{report}"
    );
    // So may a table stand in the place of the training data.
    project.write("other.csv", "text,intent\nbring a pizza,Order Pizza\na pizza please,Order Pizza\nthe sum,a+b\nsum of numbers,a+b\n");
    let report = project
        .run(&[
            "test",
            "nlu",
            "--nlu",
            "other.csv",
            "--cross-validate",
            "2",
            "--json",
        ])
        .json();
    assert_eq!(report["intents"]["examples"], 4, "{report}");
}

#[test]
fn what_is_asked_for_is_done_or_refused() {
    for arguments in [
        &["test", "coffee", "--cross-validate", "2"][..],
        &["test", "core", "--holdout", "0.2"],
        &["test", "--cross-validate", "2", "--stories", "tests"],
        &["test", "--config", "nope.yml"],
        &["test", "--domain", "nope.yml"],
        &["test", "--compare", "no/such.json"],
    ] {
        let run = STARTER.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(!run.stdout.contains("Passed"), "{}", run.stdout);
    }
}

#[test]
fn a_model_of_other_files_and_unknown_intents_are_told() {
    let project = with_stories(GREETS);
    let quiet = project.run(&["test"]);
    assert!(!quiet.stderr.contains("other files"), "{}", quiet.stderr);
    project.replace("data/nlu.yml", "hello", "quack");
    let run = project.run(&["test"]);
    assert!(
        run.stderr
            .contains("was trained on other files than the project has now"),
        "{}",
        run.stderr
    );
    let project = with_stories(GREETS);
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: Greet\n  examples: |\n    - hello\n",
    );
    let run = project.run(&["test"]);
    assert!(
        run.stderr.contains(
            "1 message of `Greet`, an intent that the model does not have; did you mean `greet`?"
        ),
        "{}",
        run.stderr
    );
}

#[test]
fn a_baseline_of_other_tests_proves_nothing() {
    let project = with_stories(GREETS);
    assert_eq!(project.run(&["test", "--update-baseline"]).code, 0);
    std::fs::rename(
        project.path().join("tests/test_stories.yml"),
        project.path().join("tests/test_renamed.yml"),
    )
    .unwrap();
    let run = project.run(&["test", "--baseline", "--max-regressions", "0"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr
            .contains("nothing that `baseline` holds was tested"),
        "{}",
        run.stderr
    );
    // Stories that are gone are told.
    let two = GREETS.to_owned()
        + &GREETS
            .replace("stories:\n", "")
            .replace("greets", "greets again");
    let project = with_stories(&two);
    project.run(&["test", "--update-baseline"]);
    project.write("tests/test_stories.yml", GREETS);
    let run = project.run(&["test", "--baseline"]);
    assert!(
        run.stdout
            .contains("Not compared: 0 stories only here, 1 only there"),
        "{}",
        run.stdout
    );
}

#[test]
fn so_many_stories_as_are_allowed_may_break() {
    let project = with_stories(GREETS);
    project.run(&["test", "--update-baseline"]);
    project.write(
        "tests/test_stories.yml",
        GREETS.replace("utter_greet", "utter_joke"),
    );
    assert_eq!(
        project
            .run(&["test", "--baseline", "--max-regressions", "1"])
            .code,
        0
    );
    assert_eq!(
        project
            .run(&["test", "--baseline", "--max-regressions", "0"])
            .code,
        1
    );
    let run = project.run(&[
        "test",
        "--baseline",
        "--max-regressions",
        "1",
        "--report",
        "gitlab=-",
        "-q",
    ]);
    assert!(
        run.stdout.contains("\"severity\":\"minor\""),
        "{}",
        run.stdout
    );
}

#[test]
fn thresholds_of_the_configuration_hold_for_what_is_tested() {
    let project = with_stories(GREETS);
    project.write(
        "messages.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n",
    );
    let config = project.read("config.yml");
    project.write("config.yml", format!("{config}\nx-bot:\n  test:\n    min_story_accuracy: 1.0\n    min_coverage: 1.0\n    min_accuracy: 0.5\n"));
    for named in [
        ["--nlu", "messages.yml"],
        ["--stories", "tests/test_stories.yml"],
    ] {
        let run = project.run(&["test", named[0], named[1]]);
        assert_eq!(run.code, 0, "{named:?}: {}", run.stdout);
    }
    assert_eq!(
        project.run(&["test"]).code,
        1,
        "a whole run must reach all of them"
    );
}

#[test]
fn stories_of_ones_own_beside_those_of_the_template_are_held() {
    let template: String = ["happy path 1", "happy path 2", "sad path 1", "sad path 2", "sad path 3", "say goodbye", "bot challenge"]
        .map(|name| format!("- story: {name}\n  steps:\n  - user: hi\n    intent: mood_great\n  - action: utter_happy\n"))
        .concat();
    let own = GREETS
        .replace("stories:\n", "")
        .replace("utter_greet", "utter_joke");
    let run = with_stories(&format!("stories:\n{template}{own}")).run(&["test"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("1 of 1 conversation"), "{}", run.stdout);
    assert!(
        run.stderr.contains("these 7 test stories"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_higher_threshold_of_the_fallback_is_no_better() {
    let project = STARTER.fork();
    project.write("tests/nlu.yml", "nlu:\n- intent: greet\n  examples: |\n    - hello\n- intent: nlu_fallback\n  examples: |\n    - qwx zzt\n    - blorp\n");
    let before = project.run(&["test", "nlu", "--json"]).json();
    project.write("before.json", before.to_string());
    let config = project.read("config.yml");
    assert!(config.contains("FallbackClassifier"), "{config}");
    let strict: Vec<String> = config
        .lines()
        .map(|line| match line.trim_start().strip_prefix("threshold:") {
            Some(_) => line.split("threshold:").next().unwrap().to_owned() + "threshold: 1.0",
            None => line.to_owned(),
        })
        .collect();
    project.write("config.yml", strict.join("\n"));
    project.train(&[]);
    let run = project.run(&[
        "test",
        "nlu",
        "--compare",
        "before.json",
        "--max-regressions",
        "0",
        "--json",
    ]);
    let now = run.json();
    assert_eq!(now["intents"]["examples"], 1, "refusals are judged apart");
    assert_eq!(before["intents"]["accuracy"], now["intents"]["accuracy"]);
    assert_eq!(now["intents"]["refused"], 1, "{now}");
    assert_eq!(
        now["comparison"]["refusals"]["broken"][0]["text"], "hello",
        "{now}"
    );
    assert_eq!(run.code, 1);
}

#[test]
fn another_pipeline_is_held_to_the_thresholds_of_the_project() {
    let project = Project::template("starter");
    let config = project.read("config.yml");
    project.write("alt.yml", &config);
    project.write(
        "config.yml",
        format!("{config}\nx-bot:\n  test:\n    max_ece: 0.0\n    min_accuracy: 1.0\n"),
    );
    let validated = |more: &[&str]| {
        let all = [&["test", "--cross-validate", "2", "-c", "alt.yml"], more].concat();
        project.run(&all)
    };
    let run = validated(&[]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("`--max-ece 0`"), "{}", run.stdout);
    // What it says of its own comes first, and the command line before both.
    project.write(
        "alt.yml",
        format!("{config}\nx-bot:\n  test:\n    max_ece: 1.0\n"),
    );
    let run = validated(&[]);
    assert!(!run.stdout.contains("--max-ece"), "{}", run.stdout);
    assert!(run.stdout.contains("--min-accuracy 1"), "{}", run.stdout);
    let run = validated(&["--min-accuracy", "0"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn a_run_without_tests_leaves_reports_that_say_so() {
    let project = Project::template("starter");
    project.train(&[]);
    project.write("none.yml", "nlu: []\n");
    let run = project.run(&[
        "test",
        "nlu",
        "--nlu",
        "none.yml",
        "--report",
        "junit=r.xml",
        "--report",
        "json=r.json",
        "--report",
        "markdown=r.md",
        "--report",
        "github=r.txt",
        "--report",
        "html=r.html",
        "--report",
        "concise=r.log",
        "--report",
        "gitlab=r.gl",
    ]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    let junit = project.read("r.xml");
    assert!(junit.contains("tests=\"1\" failures=\"1\""), "{junit}");
    assert!(junit.contains("no file in none.yml holds"), "{junit}");
    let json: serde_json::Value = serde_json::from_str(&project.read("r.json")).unwrap();
    assert_eq!(json["verdict"], "failed");
    assert!(json["nothing"].as_str().unwrap().starts_with("no tests: "));
    for (file, said) in [
        ("r.md", "### ❌ `bot test` failed: no tests"),
        ("r.txt", "::error title=bot (nothing to test)::no tests"),
        ("r.html", "no tests: no file in none.yml"),
        ("r.log", "failed: no tests"),
        ("r.gl", "[]"),
    ] {
        let text = project.read(file);
        assert!(text.contains(said), "{file}: {text}");
    }
}

#[test]
fn the_ending_of_a_named_file_may_be_in_capitals() {
    let project = STARTER.fork();
    project.write(
        "held.YML",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n",
    );
    let run = project.run(&["test", "--nlu", "held.YML"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("1 message\n"), "{}", run.stdout);
}

#[test]
fn where_all_is_to_be_refused_nothing_else_is_measured() {
    let project = STARTER.fork();
    project.write(
        "fb.yml",
        "nlu:\n- intent: nlu_fallback\n  examples: |\n    - qwx zzt\n    - hello\n",
    );
    let held = |more: &[&str]| {
        let all = [&["test", "nlu", "--nlu", "fb.yml"], more].concat();
        project.run(&all)
    };
    for (threshold, said) in [
        ("--max-ece", "there is no calibration error to hold against"),
        ("--min-accuracy", "there is no accuracy to hold against"),
        ("--min-macro-f1", "there is no macro F1 to hold against"),
    ] {
        let run = held(&[threshold, "0.9"]);
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stdout.contains(said), "{}", run.stdout);
        assert!(!run.stdout.contains("0.000"), "{}", run.stdout);
    }
    let run = held(&["--min-out-of-scope-f1", "0.9"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("F1 of what is out of scope 0.667 is below"),
        "{}",
        run.stdout
    );
    assert_eq!(held(&["--min-out-of-scope-f1", "0.6"]).code, 0);
    let run = held(&["--format", "concise"]);
    assert!(
        run.stdout.contains("out-of-scope 1/2 refused f1 0.667"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("intents"), "{}", run.stdout);
    let run = held(&["--format", "junit", "--min-out-of-scope-f1", "0.9"]);
    assert!(
        run.stdout.contains("tests=\"2\" failures=\"1\""),
        "{}",
        run.stdout
    );
    let run = held(&["--format", "markdown"]);
    assert!(
        run.stdout
            .contains("| out of scope, refused | 1 | 2 | 0.500 |"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_model_of_keywords_has_intents() {
    let project = Project::template("starter");
    let rest = project.read("config.yml");
    let rest = rest
        .split("policies:")
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    project.write(
        "config.yml",
        format!("pipeline:\n- name: KeywordIntentClassifier\npolicies:{rest}"),
    );
    project.train(&[]);
    project.write("t.csv", "text,intent\nhello,greet\n");
    let run = project.run(&["test", "nlu", "--nlu", "t.csv"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("does not have"), "{}", run.stderr);
}

#[test]
fn intents_that_are_unknown_are_told_in_few_lines() {
    let project = STARTER.fork();
    let rows: Vec<String> = (0..9).map(|n| format!("hello {n},unknown_{n}")).collect();
    project.write("t.csv", format!("text,intent\n{}\n", rows.join("\n")));
    let run = project.run(&["test", "nlu", "--nlu", "t.csv"]);
    assert_eq!(
        run.stderr.matches("does not have").count(),
        6,
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("… and 4 messages of 4 intents more that it does not have"),
        "{}",
        run.stderr
    );
    let run = project.run(&[
        "test",
        "--report",
        "json=o.json",
        "--report",
        "junit=o.json",
    ]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("two reports would be written to o.json"),
        "{}",
        run.stderr
    );
    let run = project.run(&["test", "--project", "nowhere"]);
    assert!(run.stderr.contains("there is no file `nowhere`") || run.stderr.contains("`nowhere`"));
    assert!(!run.stderr.contains("bot train"), "{}", run.stderr);
}
