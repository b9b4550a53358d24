//! What is told of messages that are understood wrongly: intents, answers, entities, in every form and at once.

use std::sync::LazyLock;

use serde_json::Value;

use super::{STARTER, with_stories};
use crate::common::Project;

/// A trained bot with a retrieval intent and an entity, and messages of which each aspect of one goes wrong.
static SHOP: LazyLock<Project> = LazyLock::new(|| {
    let project = Project::empty();
    project.write(
        "config.yml",
        "language: en\npipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: RegexEntityExtractor\n- name: ResponseSelector\n  retrieval_intent: faq\n",
    );
    project.write(
        "domain.yml",
        "version: \"3.1\"\nintents: [greet, faq, order]\nentities: [size]\nresponses:\n  utter_faq/price:\n  - text: Three.\n  utter_faq/hours:\n  - text: At nine.\n",
    );
    project.write(
        "data/nlu.yml",
        "version: \"3.1\"\nnlu:\n- intent: greet\n  examples: |\n    - hello there\n    - good day to you\n- intent: faq/price\n  examples: |\n    - what does it cost\n    - how much is that\n- intent: faq/hours\n  examples: |\n    - when do you open\n    - at what time do you close\n- intent: order\n  examples: |\n    - get me a [large](size) coffee\n    - one [small](size) tea please\n- lookup: size\n  examples: |\n    - large\n    - small\n",
    );
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello there friend\n    - get me a large tea\n- intent: faq/price\n  examples: |\n    - when do you close\n- intent: order\n  examples: |\n    - get me a [tiny](size) coffee\n    - get me a [large coffee](size) please\n",
    );
    project.train(&["--fixed-model-name", "model"]);
    project
});

#[test]
fn every_form_tells_each_of_them() {
    let concise = SHOP.run(&["test", "nlu", "--format", "concise"]).stdout;
    let told = [
        ":5: wrong: greet -> order",
        ":5: wrong: nothing -> [large](size): get me a large tea",
        ":8: wrong: faq/price -> faq/hours",
        ":11: wrong: [tiny](size) -> nothing: get me a tiny coffee",
        ":12: wrong: [large coffee](size) -> [large](size): get me",
    ];
    for line in told {
        assert!(concise.contains(line), "{line}: {concise}");
    }
    assert_eq!(concise.matches(": wrong: ").count(), told.len());
    let human = SHOP.run(&["test", "nlu"]).stdout;
    assert_eq!(human.matches("wrong  \"").count(), told.len(), "{human}");
    assert!(human.contains("faq/price → faq/hours"), "{human}");
    let github = SHOP.run(&["test", "nlu", "--report", "github=-"]).stdout;
    let github: Vec<&str> = github
        .lines()
        .filter(|line| line.starts_with("::warning"))
        .collect();
    assert_eq!(github.len(), told.len(), "{github:?}");
    assert!(github[3].ends_with("::found nothing, expected [tiny](size)"));
    let markdown = SHOP.run(&["test", "nlu", "--format", "markdown"]).stdout;
    assert!(
        markdown.contains("4 messages understood wrongly"),
        "{markdown}"
    );
    assert!(markdown.contains("| faq/price | faq/hours "), "{markdown}");
    let quality: Value = SHOP.run(&["test", "nlu", "--format", "gitlab"]).json();
    let mut codes: Vec<&str> = quality
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["check_name"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "test::answer",
            "test::entity",
            "test::entity",
            "test::entity",
            "test::intent"
        ]
    );
    let junit = SHOP.run(&["test", "nlu", "--format", "junit", "--min-entity-f1", "0.9"]);
    assert!(
        junit.stdout.contains("tests=\"5\" failures=\"4\""),
        "{}",
        junit.stdout
    );
    let lines = SHOP
        .run(&["test", "nlu", "--format", "json-lines"])
        .json_lines();
    let passed = |line: &&Value| line["event"] == "message" && line["passed"] == true;
    assert_eq!(lines.iter().filter(passed).count(), 1);
}

#[test]
fn they_are_told_before_the_figures_and_not_twice() {
    let human = SHOP.run(&["test", "nlu"]).stdout;
    let last = human.rfind("wrong  \"").unwrap();
    assert!(last < human.find("intents ").unwrap(), "{human}");
    let held_out = SHOP.run(&["test", "nlu", "--cross-validate", "2"]).stdout;
    assert!(held_out.starts_with("wrong  \""), "{held_out}");
    assert!(
        !SHOP
            .run(&["test", "nlu", "-q"])
            .stdout
            .contains("wrong  \"")
    );
    let shaky = SHOP.run(&["test", "--list", "shaky"]).stdout;
    assert!(!shaky.contains("wrong  \""), "{shaky}");
}

#[test]
fn a_wrong_answer_has_the_words_that_decided() {
    let report = SHOP.run(&["test", "nlu", "--json"]).json();
    let errors = report["selectors"]["errors"].as_array().unwrap();
    let [error] = errors.as_slice() else {
        panic!("{report}")
    };
    let keys: Vec<&str> = error
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let documented = [
        "text",
        "expected",
        "predicted",
        "confidence",
        "second",
        "words",
        "nearest",
        "understood_as",
        "file",
        "line",
    ];
    assert_eq!(keys, documented);
    assert_eq!(error["second"]["name"], "faq/price");
    let words = error["words"].as_array().unwrap();
    assert!(words.len() > 1, "{error}");
    // Only words of hours are in "when do you close", so that what decided speaks for them.
    assert!(words[0]["share"].as_f64().unwrap() > 0.0, "{error}");
    let human = SHOP.run(&["test", "nlu"]).stdout;
    let after = human.split("faq/price → faq/hours").nth(1).unwrap();
    let word = words[0]["word"].as_str().unwrap();
    assert!(
        after.lines().nth(1).unwrap().contains(&format!("{word} +")),
        "{human}"
    );
    let junit = SHOP.run(&["test", "nlu", "--format", "junit"]).stdout;
    let decided = format!("expected faq/price&#10;{word} +");
    assert!(junit.contains(&decided), "{junit}");
}

#[test]
fn lines_break_only_at_blanks_on_a_narrow_terminal() {
    let project = with_stories(
        "stories:\n- story: ordering a coffee and paying for it\n  steps:\n  - user: hello there\n    intent: greet\n  - action: utter_joke\n",
    );
    for columns in ["40", "50"] {
        let mut command = project.bot(&["test"]);
        let run = crate::common::run(command.env("COLUMNS", columns), b"");
        let shown = run.shown();
        insta::assert_snapshot!(format!("narrow_{columns}"), shown);
        for sign in ["·", "→"] {
            let mut lines = run.stdout.lines().map(str::trim);
            assert!(!lines.any(|line| line.starts_with(sign)), "{shown}");
        }
        for whole in [
            "tests/test_stories.yml:6",
            "`bot test \"ordering a coffee and paying for it\"`",
        ] {
            assert!(shown.contains(whole), "{whole}: {shown}");
        }
    }
}

#[test]
fn an_unmarked_role_may_have_any_and_another_is_wrong() {
    let project = Project::empty();
    project.write("config.yml", "language: en\npipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: CRFEntityExtractor\npolicies:\n- name: RulePolicy\n");
    project.write("domain.yml", "version: \"3.1\"\nintents: [fly]\nentities:\n- city:\n    roles: [from, to]\nresponses:\n  utter_fly:\n  - text: Off.\n");
    let places = ["Rome", "Oslo", "Bonn", "Lyon", "Bern", "Graz"];
    let examples = places.iter().zip(places.iter().cycle().skip(1));
    let examples = examples.map(|(a, b)| {
        format!("    - fly from [{a}]{{\"entity\": \"city\", \"role\": \"from\"}} to [{b}]{{\"entity\": \"city\", \"role\": \"to\"}}\n")
    });
    let examples = examples.collect::<Vec<_>>().concat();
    project.write(
        "data/nlu.yml",
        format!("nlu:\n- intent: fly\n  examples: |\n{examples}"),
    );
    project.write(
        "data/rules.yml",
        "rules:\n- rule: fly\n  steps:\n  - intent: fly\n  - action: utter_fly\n",
    );
    project.train(&[]);
    for (mark, code) in [
        ("[Rome](city)", 0),
        ("[Rome]{\"entity\": \"city\", \"role\": \"from\"}", 0),
        ("[Rome]{\"entity\": \"city\", \"role\": \"to\"}", 1),
    ] {
        project.write("tests/test_fly.yml", format!("stories:\n- story: fly\n  steps:\n  - user: |\n      fly from {mark} to [Oslo](city)\n    intent: fly\n  - action: utter_fly\n"));
        let run = project.run(&["test"]);
        assert_eq!(run.code, code, "{mark}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn words_are_those_of_the_pipeline() {
    let project = Project::empty();
    project.write("config.yml", "language: zh\npipeline:\n- name: JiebaTokenizer\n- name: CountVectorsFeaturizer\n- name: LinearSvmClassifier\n- name: RegexEntityExtractor\n");
    project.write(
        "domain.yml",
        "version: \"3.1\"\nintents: [weather, greet]\nentities: [city]\n",
    );
    project.write("data/nlu.yml", "nlu:\n- intent: weather\n  examples: |\n    - 今天[北京](city)天气怎么样\n    - [上海](city)明天下雨吗\n- intent: greet\n  examples: |\n    - 你好\n    - 早上好\n- lookup: city\n  examples: |\n    - 北京\n    - 上海\n");
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: weather\n  examples: |\n    - 明天[北京](city)下雨吗\n",
    );
    project.train(&[]);
    let report = project.run(&["test", "nlu", "--json"]).json();
    // The city is missed (a lookup wants word boundaries), one of four words: were the message one, it would be all.
    let tokens = &report["entities"]["tokens"];
    assert_eq!(tokens["accuracy"], 0.75, "{report}");
}

#[test]
fn help_for_a_misunderstood_story_leads_on() {
    let story = |intent: &str| {
        format!(
            "stories:\n- story: of $ price\n  steps:\n  - user: hello\n    intent: {intent}\n  - action: utter_goodbye\n"
        )
    };
    let project = with_stories(&story("goodby"));
    let run = project.run(&["test"]);
    for said in [
        "the model has no intent `goodby`: did you mean `goodbye`?",
        "run `bot shell --replay 'of $ price' --to 1` to look at it",
        "`bot test 'of $ price'` runs this one; `bot shell --replay 'of $ price' --to 1` opens it",
    ] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    // What it says can be done.
    project.write("tests/test_stories.yml", story("goodbye"));
    let run = project.run(&["test"]);
    assert!(
        run.stderr.contains("add a similar message under `goodbye`"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("greet 1.00, goodbye 0."),
        "{}",
        run.stderr
    );
    let replayed = project.run_with(
        &["shell", "--plain", "--replay", "of $ price", "--to", "1"],
        b":why\n",
    );
    assert!(
        replayed.stdout.contains("turn 1: \"hello\""),
        "{}",
        replayed.stdout
    );
}

#[test]
fn forms_that_do_not_go_together_are_refused() {
    for arguments in [
        &["test", "--list", "shaky", "--format", "junit"][..],
        &[
            "test",
            "--compare-configs",
            "config.yml",
            "--format",
            "markdown",
        ],
        &["test", "--format", "json", "--report", "markdown=-"],
        &["test", "--report", "json=-", "--report", "markdown=-"],
    ] {
        let run = STARTER.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
    let project = STARTER.fork();
    project.write("header.csv", "text,intent\n");
    assert_eq!(project.run(&["test", "--nlu", "header.csv"]).code, 4);
}

#[test]
fn results_of_an_earlier_run_are_named() {
    let project = STARTER.fork();
    assert_eq!(
        project.run(&["test", "--rasa-results", "--successes"]).code,
        0
    );
    project.write("results/notes.txt", "mine");
    let run = project.run(&["test", "--rasa-results", "--force"]);
    assert!(
        run.stderr
            .contains("results still holds 1 file of an earlier run: successful_test_stories.yml"),
        "{}",
        run.stderr
    );
    assert_eq!(project.read("results/notes.txt"), "mine");
}

#[test]
fn the_command_of_a_hint_runs_the_story_it_names() {
    for name in ["nlu", "-dash", "two words", "it's \"so\""] {
        let escaped = name.replace('\'', "''");
        let stories = format!(
            "stories:\n- story: '{escaped}'\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_joke\n\
- story: other\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_greet\n"
        );
        let project = with_stories(&stories);
        let folder = project.path().to_str().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let run = |line: &str| {
            let mut command = std::process::Command::new("sh");
            let bot = env!("CARGO_BIN_EXE_bot");
            let line = line.replacen("bot ", &format!("{bot} "), 1);
            crate::common::run(command.args(["-c", &line]).current_dir(outside.path()), b"")
        };
        let all = run(&format!("bot test --project {folder}"));
        let hint = all.stderr.replace('\n', " ");
        let hint = hint.split("hint:").nth(1).unwrap();
        let again = hint.split('`').nth(1).unwrap().to_owned();
        assert!(again.contains("--project"), "{again}");
        let one = run(&again);
        assert_eq!(one.code, 1, "{again}: {}", one.stderr);
        assert!(
            one.stdout.contains("1 of 1 conversation"),
            "{again}: {}",
            one.stdout
        );
    }
}
