use insta::assert_snapshot;
use serde_json::Value;

use super::STARTER;
use crate::common::Project;

#[test]
fn tests_that_pass_are_summed_up() {
    assert_snapshot!(STARTER.run(&["test"]).shown(), @r"
    exit 0
    --- stdout
                 right   of   accuracy   macro F1
    stories          9    9
    actions         44   44      [share]      [share]
    utterances      19   19      [share]      [share]

    Not tested      1 of 12 responses · 1 of 11 rules · 1 of 4 stories
    ────────────
    Passed in [time]: 9 conversations
    ");
}

#[test]
fn a_story_that_fails_is_shown_at_its_line() {
    let project = STARTER.fork();
    project.write(
        "tests/test_stories.yml",
        "stories:\n- story: wrong\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_joke\n- story: right\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_greet\n",
    );
    assert_snapshot!(project.run(&["test"]).shown(), @r#"
    exit 1
    --- stdout
                 right   of   accuracy   macro F1
    stories          1    2
    actions          2    4      [share]      [share]
    utterances       2    2      [share]      [share]

    Wrong actions   action_listen → action_default_fallback 1 ·
                    utter_joke → utter_greet 1

    Not tested      9 of 10 intents · 10 of 12 responses · 10 of 11 rules ·
                    4 of 4 stories
    ────────────
    Failed in [time]: 1 of 2 conversations
    --- stderr
    test::action

      × wrong: after turn 1 the bot ran `utter_greet`, expected `utter_joke`
       ╭─[tests/test_stories.yml:6:5]
     5 │     intent: greet
     6 │   - action: utter_joke
       ·     ─────────┬────────
       ·              ╰── the bot ran `utter_greet`
     7 │ - story: right
       ╰────
      help: reason: rule "Greet back" data/rules.yml:8

    hint: `bot test "wrong"` runs this one; `bot shell --replay "wrong" --to 1` opens it
    "#);
    let concise = project.run(&["test", "--format", "concise"]);
    assert!(
        concise
            .stderr
            .starts_with("tests/test_stories.yml:6:5: error[test::action]: wrong"),
        "{}",
        concise.stderr
    );
}

#[test]
fn every_kind_of_failure_names_its_step() {
    let project = STARTER.fork();
    let failing = [
        ("test::intent", 4, "  - user: hello\n    intent: goodbye\n"),
        (
            "test::entity",
            3,
            "  - user: \"a coffee in [green](size)\"\n    intent: order_coffee\n",
        ),
        (
            "test::slot",
            6,
            "  - user: hello\n    intent: greet\n  - slot_was_set:\n    - size: huge\n",
        ),
        (
            "test::action",
            6,
            "  - user: hello\n    intent: greet\n  - action: utter_greet\n  - action: utter_joke\n",
        ),
        (
            "test::action",
            5,
            "  - user: hello\n    intent: greet\n  - action: utter_joke\n",
        ),
    ];
    for (code, line, steps) in failing {
        project.write(
            "story.yml",
            format!("stories:\n- story: s\n  steps:\n{steps}"),
        );
        let run = project.run(&["test", "--stories", "story.yml", "--format", "concise"]);
        assert_eq!(run.code, 1, "{code}: {}{}", run.stdout, run.stderr);
        // One line more than in the steps alone: the story's own name and `steps:`.
        let place = format!("story.yml:{}:", line + 1);
        assert!(
            run.stderr.starts_with(&place) && run.stderr.contains(code),
            "{place} {code}: {}",
            run.stderr
        );
    }
}

#[test]
fn a_threshold_that_is_missed_fails() {
    let project = STARTER.fork();
    project.write(
        "held-out.csv",
        "text,intent\nhello,greet\ntell me a joke,goodbye\n",
    );
    project.write(
        "held-out.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n- intent: goodbye\n  examples: |\n    - tell me a joke\n",
    );
    for file in ["held-out.csv", "held-out.yml"] {
        let passed = project.run(&["test", "nlu", "--nlu", file, "--min-accuracy", "0.5"]);
        assert_eq!(passed.code, 0, "{}{}", passed.stdout, passed.stderr);
        let missed = project.run(&["test", "nlu", "--nlu", file, "--min-accuracy", "0.9"]);
        assert_eq!(missed.code, 1);
        assert!(
            missed
                .stdout
                .contains("accuracy 0.500 is below `--min-accuracy 0.9`"),
            "{}",
            missed.stdout
        );
        let f1 = project.run(&["test", "nlu", "--nlu", file, "--min-f1", "0.9", "--json"]);
        assert_eq!(f1.code, 1);
        let report = f1.json();
        assert_eq!(report["verdict"], "failed");
        assert_eq!(report["missed"].as_array().unwrap().len(), 1);
        let error = &report["intents"]["errors"][0];
        assert_eq!(error["file"], file);
        assert_eq!(error["line"], if file.ends_with("csv") { 3 } else { 7 });
    }
    let shown = project
        .run(&[
            "test",
            "nlu",
            "--nlu",
            "held-out.csv",
            "--min-accuracy",
            "0.9",
        ])
        .shown();
    // Which words decided is told as well, with weights that every improvement of a classifier changes.
    let lines = shown.lines().filter(|line| !line.starts_with("       "));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    exit 1
    --- stdout
    wrong  "tell me a joke"  goodbye → tell_joke [share]  held-out.csv:3

    intents       1    2      [share]      [share]   [share]–[share]

    Most confused   goodbye → tell_joke 1
    Lowest F1       goodbye [share] of 1
    ────────────
    Failed in [time]: accuracy [share] is below `--min-accuracy 0.9`
    "#);
}

#[test]
fn with_nothing_to_test_the_exit_code_is_4() {
    let project = STARTER.fork();
    std::fs::remove_dir_all(project.path().join("tests")).unwrap();
    assert_snapshot!(project.run(&["test"]).shown(), @r"
    exit 4
    --- stderr
    error: no tests: no file in tests holds `nlu:`, and no `test_*.yml` there `stories:`
    hint: `:save story` in `bot shell` writes one; `bot convert data.csv --holdout 0.2` keeps messages for testing; `--cross-validate 5` needs no tests
    ");
    assert_eq!(STARTER.run(&["test", "nlu"]).code, 4);
}

#[test]
fn what_cannot_be_tested_is_told() {
    assert_snapshot!(STARTER.run(&["test", "--nlu", "none.csv"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no file `none.csv`
    hint: check the spelling, or the folder you are in
    ");
    assert_snapshot!(STARTER.run(&["test", "--stories", "none.yml"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no file `none.yml`
    hint: check the spelling, or the folder you are in
    ");
    assert_snapshot!(Project::template("starter").run(&["test"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no model in `models`
    hint: `bot train` makes one
    ");
    let project = STARTER.fork();
    project.write(
        "tests/test_stories.yml",
        "stories:\n- story: s\n  steps:\n  - usr: x\n",
    );
    let broken = project.run(&["test", "--format", "concise"]);
    assert_eq!(broken.code, 1, "{}", broken.stderr);
    assert!(
        broken
            .stderr
            .contains("tests/test_stories.yml:4:5: error[story::unknown-step]")
    );
}

/// Checks that a value has just these keys of these kinds; a star stands for any key.
fn has(value: &Value, wanted: &Value, at: &str) {
    match wanted {
        Value::Object(keys) if keys.contains_key("*") => {
            for (key, inner) in value.as_object().unwrap_or_else(|| panic!("{at}: {value}")) {
                has(inner, &keys["*"], &format!("{at}.{key}"));
            }
        }
        Value::Object(keys) => {
            let found: Vec<&String> = value.as_object().unwrap().keys().collect();
            let expected: Vec<&String> = keys.keys().collect();
            assert_eq!(found, expected, "{at}");
            for (key, inner) in keys {
                has(&value[key], inner, &format!("{at}.{key}"));
            }
        }
        Value::Array(items) => {
            let found = value.as_array().unwrap_or_else(|| panic!("{at}: {value}"));
            assert!(!found.is_empty(), "{at} shows nothing");
            for one in found {
                has(one, &items[0], at);
            }
        }
        Value::String(kind) => {
            let right = match kind.as_str() {
                "any" => true,
                "text" => value.is_string(),
                "flag" => value.is_boolean(),
                "number" => value.is_f64(),
                "count" => value.is_u64(),
                "share" => value
                    .as_f64()
                    .is_some_and(|share| (0.0..=1.0).contains(&share)),
                other => panic!("no kind {other}"),
            };
            assert!(right, "{at} is {value}, not a {kind}");
        }
        _ => panic!("{at}"),
    }
}

/// A copy of the trained starter with a wrong story, and with messages of which one is understood wrongly and one has
/// an entity that is not found.
fn with_failures() -> Project {
    let project = STARTER.fork();
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n- intent: goodbye\n  examples: |\n    - tell me a joke\n- intent: choose_size\n  examples: |\n    - a [large](size) one\n    - a [green](size) one\n",
    );
    project.write(
        "tests/test_more.yml",
        "stories:\n- story: wrong\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_joke\n",
    );
    project
}

#[test]
fn the_json_report_explains_what_the_terminal_explains() {
    let report = with_failures().run(&["test", "--json"]).json();
    let failure = &report["stories"]["failures"][0];
    assert_eq!(failure["expected"], "utter_joke");
    assert_eq!(failure["predicted"], "utter_greet");
    assert_eq!(failure["why"], "rule \"Greet back\" data/rules.yml:8");
    assert_eq!(failure["label"], "the bot ran `utter_greet`");
    assert_eq!(
        failure["help"],
        "reason: rule \"Greet back\" data/rules.yml:8"
    );
    let results = report["stories"]["results"].as_array().unwrap();
    let failed = results.iter().filter(|one| one["failure"] == 0);
    assert_eq!(failed.count(), 1);
    let wrong = &report["entities"]["errors"][0];
    assert_eq!(
        wrong["differences"][0]["told"],
        "size \"green\" was not found"
    );
}

#[test]
fn the_json_report_has_every_key_of_schema_1() {
    let project = with_failures();
    let run = project.run(&["test", "--format", "json"]);
    assert_eq!(run.code, 1);
    let scores = serde_json::json!({
        "precision": "share", "recall": "share", "f1": "share", "support": "count",
    });
    let averages = serde_json::json!({
        "examples": "count", "right": "count", "accuracy": "share", "macro_f1": "share", "weighted_f1": "share",
    });
    let figures = |key: &str| {
        let mut all = averages.as_object().unwrap().clone();
        all.insert(key.to_owned(), serde_json::json!({"*": scores}));
        all.insert("confusions".to_owned(), "any".into());
        all
    };
    let place = |mut keys: serde_json::Value| {
        let map = keys.as_object_mut().unwrap();
        map.insert("file".to_owned(), "text".into());
        map.insert("line".to_owned(), "count".into());
        keys
    };
    let message = serde_json::json!({
        "text": "text", "expected": "text", "predicted": "text", "confidence": "share", "file": "text", "line": "count",
    });
    let mut prediction = message.clone();
    let map = prediction.as_object_mut().unwrap();
    map.insert("entities".to_owned(), "any".into());
    map.insert("answer".to_owned(), "any".into());
    map.insert("refused".to_owned(), "any".into());
    let mut error = message.clone();
    let map = error.as_object_mut().unwrap();
    map.insert(
        "second".to_owned(),
        serde_json::json!({"name": "text", "confidence": "share"}),
    );
    map.insert(
        "words".to_owned(),
        serde_json::json!([{"word": "text", "share": "number"}]),
    );
    map.insert(
        "nearest".to_owned(),
        place(serde_json::json!({"text": "text", "intent": "text"})),
    );
    let schema = serde_json::json!({
        "bot": "text", "schema": "count", "model": "text", "seed": "count", "tested": "text",
        "intents": {
            "examples": "count", "right": "count", "refused": "count", "accuracy": "share",
            "macro_precision": "share", "macro_recall": "share", "macro_f1": "share",
            "weighted_precision": "share", "weighted_recall": "share", "weighted_f1": "share",
            "micro_precision": "share", "micro_recall": "share", "micro_f1": "share",
            "intervals": {"accuracy": ["share"], "macro_f1": ["share"], "weighted_f1": ["share"]},
            "ece": "share",
            "reliability": [{"from": "share", "to": "share", "count": "count", "confidence": "share", "accuracy": "share"}],
            "histogram": {"right": ["count"], "wrong": ["count"]},
            "per_intent": {"*": scores},
            "confusions": [{"expected": "text", "predicted": "text", "count": "count"}],
            "errors": [error],
            "predictions": [prediction],
        },
        "entities": {
            "right": "count", "expected": "count",
            "micro_precision": "share", "micro_recall": "share", "micro_f1": "share", "macro_precision": "share", "macro_recall": "share", "macro_f1": "share",
            "weighted_precision": "share", "weighted_recall": "share", "weighted_f1": "share", "per_type": {"*": scores}, "per_role": {"*": scores}, "per_group": {"*": scores},
            "tokens": {
                "accuracy": "share", "micro_precision": "share", "micro_recall": "share", "micro_f1": "share",
                "macro_precision": "share", "macro_recall": "share", "macro_f1": "share",
                "weighted_precision": "share", "weighted_recall": "share", "weighted_f1": "share",
                "per_label": {"*": scores},
            },
            "errors": [place(serde_json::json!({
                "text": "text", "intent": "text", "expected": "any", "predicted": "any",
                "differences": [{"kind": "text", "expected": "any", "predicted": "any", "told": "text"}],
                "nearest": "any",
            }))],
        },
        "stories": {
            "total": "count", "passed": "count",
            "failures": [{
                "story": "text", "turn": "count", "message": "text", "file": "text", "line": "count",
                "code": "text", "label": "text", "help": "text", "known": "flag", "text": "any", "slot": "any",
                "expected": "any", "predicted": "any", "ranking": "any", "words": "any", "nearest": "any", "why": "any",
            }],
            "results": [{
                "story": "text", "file": "text", "line": "count", "passed": "flag", "turns": "count",
                "actions": "count", "actions_right": "count", "failure": "any",
            }],
            "actions": figures("per_action"),
            "intents": figures("per_intent"),
        },
        "coverage": {"share": "share", "parts": {"*": {"touched": "count", "of": "count", "untouched": "any"}}},
        "verdict": "text",
    });
    has(&run.json(), &schema, "report");
    // Sections without data are absent.
    let stories = STARTER.run(&["test", "core", "--json"]).json();
    assert!(stories.get("intents").is_none() && stories.get("entities").is_none());
}

#[test]
fn every_row_of_a_test_table_counts_repeats_too() {
    let project = STARTER.fork();
    project.write(
        "held-out.csv",
        "text,intent\nhello,greet\nhello,greet\nHELLO,greet\nbye,goodbye\n,greet\n",
    );
    let run = project.run(&["test", "nlu", "--nlu", "held-out.csv", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["intents"]["examples"], 4);
    assert!(
        run.stderr.contains("in held-out.csv left out"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_story_may_name_the_answer_of_a_retrieval_intent() {
    let project = Project::of(&[
        (
            "config.yml",
            "pipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: ResponseSelector\n  retrieval_intent: faq\npolicies:\n- name: RulePolicy\n",
        ),
        (
            "domain.yml",
            "intents: [faq, greet]\nresponses:\n  utter_faq/hours:\n  - text: From nine to five.\n  utter_faq/place:\n  - text: In Main Street.\n  utter_greet:\n  - text: Hello\n",
        ),
        (
            "data/all.yml",
            "nlu:\n- intent: faq/hours\n  examples: |\n    - when are you open\n    - your opening hours\n- intent: faq/place\n  examples: |\n    - where are you\n    - your address please\n- intent: greet\n  examples: |\n    - hello\n    - good morning\nrules:\n- rule: faq\n  steps:\n  - intent: faq\n  - action: utter_faq\n- rule: greet\n  steps:\n  - intent: greet\n  - action: utter_greet\n",
        ),
        (
            "tests/test_stories.yml",
            "stories:\n- story: right\n  steps:\n  - user: when are you open\n    intent: faq/hours\n  - action: utter_faq/hours\n  - user: hello\n    intent: greet\n  - action: utter_greet\n- story: parent\n  steps:\n  - user: where are you\n    intent: faq\n  - action: utter_faq\n- story: wrong\n  steps:\n  - user: where are you\n    intent: faq/place\n  - action: utter_faq/hours\n- story: other answer\n  steps:\n  - user: when are you open\n    intent: faq/place\n  - action: utter_faq\n",
        ),
    ]);
    project.train(&[]);
    let run = project.run(&["test"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("the bot ran `utter_faq/place`"), "{said}");
    assert!(
        said.contains("understood as `faq/hours`, expected `faq/place`"),
        "{said}"
    );
    assert!(said.contains("2 of 4 conversations"), "{said}");
    let shell = project.run_with(&["shell", "--plain"], b"where are you\n");
    assert_eq!(shell.stdout, "In Main Street.\n", "{}", shell.stderr);
}
