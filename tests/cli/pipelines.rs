use std::fmt::Write as _;

use insta::assert_snapshot;

use super::STARTER;
use crate::common::{Project, Run};

const FEATURES: &str = "- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n";

const NLU: &str = "\
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
- intent: order
  examples: |
    - a pizza to [Oslo](city)
    - two pizzas to [Rome](city)
    - the menu
";

fn project(components: &str, nlu: &str) -> Project {
    let config = format!("language: en\npipeline:\n{FEATURES}{components}");
    let domain = "intents: [greet, order]\nentities: [city]\n";
    Project::of(&[
        ("config.yml", &config),
        ("domain.yml", domain),
        ("data/nlu.yml", nlu),
    ])
}

fn train(project: &Project) -> Run {
    let run = project.run(&["train", "nlu", "--force"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    run
}

/// Four intents with words of their own; of every tenth message the words are those of another intent.
fn noisy(messages: usize) -> String {
    let words = [
        "apple pear plum",
        "hammer nail saw",
        "river lake sea",
        "monday friday noon",
    ];
    let mut nlu = "nlu:\n".to_owned();
    for intent in 0..words.len() {
        write!(nlu, "- intent: i{intent}\n  examples: |\n").unwrap();
        for message in 0..messages / words.len() {
            let of = (intent + usize::from(message % 10 == 0)) % words.len();
            let words: Vec<&str> = words[of].split(' ').collect();
            let (one, other) = (words[message % 3], words[message / 3 % 3]);
            writeln!(nlu, "    - {one} {other} n{} m{}", message % 7, message).unwrap();
        }
    }
    nlu
}

#[test]
fn it_is_told_which_classifier_decided_and_why() {
    let after = project(
        "- name: LogisticRegressionClassifier\n- name: KeywordIntentClassifier\n  case_sensitive: false\n- name: FallbackClassifier\n  threshold: 0.6\n",
        NLU,
    );
    let told = train(&after).stderr;
    assert!(!told.contains("decides only about"), "{told}");
    let decision = |project: &Project, text: &str| {
        let parse = project.run(&["parse", text, "--explain"]).json();
        parse["decision"].clone()
    };
    let reason = |component: &str, reason: &str| serde_json::json!({"component": component, "reason": reason});
    assert_eq!(
        decision(&after, "HELLO menu"),
        reason(
            "KeywordIntentClassifier",
            "the keyword `hello` stands in the message"
        )
    );
    assert_eq!(
        decision(&after, "a pizza to Rome"),
        reason(
            "LogisticRegressionClassifier",
            "no keyword stands in the message"
        )
    );
    assert_eq!(
        decision(&after, "/greet"),
        reason("RegexMessageHandler", "the message names its intent")
    );
    let unsure = decision(&after, "zzz");
    assert_eq!(unsure["component"], "FallbackClassifier");
    let why = unsure["reason"].as_str().unwrap();
    assert!(why.ends_with("is below its `threshold` 0.6"), "{why}");

    let before = project(
        "- name: LogisticRegressionClassifier\n- name: LinearSvmClassifier\n",
        NLU,
    );
    let told = train(&before).stderr;
    assert_eq!(told.matches("decides only about").count(), 1, "{told}");
    let parse = before.run(&["parse", "zzz", "--explain"]).json();
    assert_eq!(
        parse["decision"],
        reason(
            "LogisticRegressionClassifier",
            "`LinearSvmClassifier` after it knows no word of the message"
        )
    );
    // It is explained as well: the intercepts decide.
    assert_eq!(parse["explanation"]["winner"], parse["intent"]["name"]);
    assert_eq!(
        decision(&before, "two pizzas"),
        reason("LinearSvmClassifier", "it has the last word about intents")
    );
}

#[test]
fn what_would_be_learnt_twice_is_told_once_each() {
    let twice = project(
        "- name: DIETClassifier\n  epochs: 10\n- name: DIETClassifier\n- name: CRFEntityExtractor\n",
        NLU,
    );
    let told = train(&twice).stderr;
    let notes: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("DIETClassifier"))
        .collect();
    let replaced = |what: &str| notes.iter().filter(|line| line.contains(what)).count();
    assert_eq!(
        replaced("is replaced by `LinearSvmClassifier`"),
        1,
        "{told}"
    );
    assert_eq!(
        replaced("by the `CRFEntityExtractor` that stands"),
        1,
        "{told}"
    );
    assert_eq!(
        replaced("by the `LinearSvmClassifier` and the `CRFEntityExtractor` that stands"),
        1,
        "{told}"
    );
    assert_eq!(told.matches("2 classes").count(), 1, "{told}");
}

#[test]
fn kernels_that_are_slow_never_stop_a_training() {
    let slow = project(
        "- name: SklearnIntentClassifier\n  kernels: [rbf, sigmoid]\n  C: [1]\n",
        &noisy(1_600),
    );
    let told = train(&slow).stderr;
    let note = "`SklearnIntentClassifier` learns a linear kernel in the place of rbf, sigmoid, which would take minutes on 1,600 examples";
    assert_eq!(told.matches(note).count(), 1, "{told}");
    assert!(
        told.contains("SklearnIntentClassifier, linear kernel"),
        "{told}"
    );
    let parse = slow.run(&["parse", "river lake"]).json();
    assert_eq!(parse["intent"]["name"], "i2");
}

#[test]
fn thresholds_are_proposed_for_every_classifier() {
    for classifier in ["LogisticRegressionClassifier", "LinearSvmClassifier"] {
        let noisy = project(
            &format!("- name: {classifier}\n- name: FallbackClassifier\n  threshold: 0.99\n"),
            &noisy(600),
        );
        let told = train(&noisy).stderr;
        assert!(told.contains("Cross-validated on 600 examples: "), "{told}");
        let threshold = told
            .lines()
            .find(|line| line.contains("Fallback threshold"));
        assert!(
            threshold.is_some_and(|line| line.contains("; 0.99 now: ")),
            "{told}"
        );
    }
}

#[test]
fn lines_for_people_go_into_pipes_where_they_are_asked_for() {
    let people = ["parse", "a large coffee please", "--format", "human"];
    let run = STARTER.run(&people);
    assert_snapshot!(run.shown(), @r"
    exit 0
    --- stdout
     [share]  order_coffee
     [share]  choose_size
     [share]  tell_joke
     [share]  of known messages look at least as strange

    Entities
      2-7  size: large
    ");
    let lines = STARTER.run_with(&["parse", "--format", "human"], b"/order_coffee\nhello\n");
    assert_snapshot!(lines.shown(), @r"
    exit 0
    --- stdout
    /order_coffee
     [share]  order_coffee

    hello
     [share]  greet
     [share]  thanks
     [share]  how_are_you
     [share]  of known messages look at least as strange
    ");
    assert!(STARTER.run(&people[..2]).json().is_object());
}

#[test]
fn a_payload_of_an_intent_that_is_not_there_is_told() {
    let run = STARTER.run(&["parse", "/nope{\"size\": \"large\"}"]);
    assert_eq!(run.code, 0);
    assert_eq!(run.json()["text"], "/nope{\"size\": \"large\"}");
    assert_snapshot!(run.stderr, @"warning: the domain has no intent `nope`: the message is read as any other text");
}

#[test]
fn answers_are_learnt_in_a_stage_of_their_own() {
    let nlu = "nlu:\n- intent: faq/hours\n  examples: |\n    - when are you open\n    - opening hours\n- intent: faq/place\n  examples: |\n    - where are you\n    - your address\n- intent: greet\n  examples: |\n    - hello\n";
    let config = format!(
        "pipeline:\n{FEATURES}- name: LinearSvmClassifier\n- name: ResponseSelector\n  epochs: 100\n  constrain_similarities: true\n  ranking_length: 2\n"
    );
    let domain = "intents: [faq, greet]\nresponses:\n  utter_faq/hours:\n  - text: at nine\n  utter_faq/place:\n  - text: here\n";
    let faq = Project::of(&[
        ("config.yml", &config),
        ("domain.yml", domain),
        ("data/nlu.yml", nlu),
    ]);
    let told = train(&faq).stderr;
    let line = told.lines().find(|line| line.starts_with("Answers"));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(
        line.contains("2 answers    ResponseSelector, all retrieval intents"),
        "{line}"
    );
    let note = "`epochs` and `constrain_similarities` of `ResponseSelector` change nothing here";
    assert_eq!(told.matches(note).count(), 1, "{told}");
}

#[test]
fn an_answer_that_nobody_wrote_is_warned_about_and_given_by_its_name() {
    let nlu = format!(
        "{NLU}- intent: faq/price\n  examples: |\n    - what does it cost\n    - how much is it\n- intent: faq/hours\n  examples: |\n    - when are you open\n    - your opening hours\n"
    );
    let project = project(
        "- name: LinearSvmClassifier\n- name: RegexEntityExtractor\n- name: ResponseSelector\n",
        &nlu,
    );
    project.write(
        "domain.yml",
        "intents: [greet, order, faq]\nentities: [city]\nresponses:\n  utter_faq/hours:\n  - text: always\n",
    );
    let told = train(&project).stderr;
    assert!(
        told.contains("the answer `faq/price` has no words"),
        "{told}"
    );
    assert!(!told.contains("the answer `faq/hours`"), "{told}");
    let validated = project.run(&["validate"]);
    let told = validated.stdout + &validated.stderr;
    assert!(told.contains("nlu::no-answer"), "{told}");
    let response = |text: &str| {
        let parse = project.run(&["parse", text]).json();
        parse["response_selector"]["default"]["response"].clone()
    };
    let price = response("what does it cost");
    assert_eq!(
        price["responses"],
        serde_json::json!([{"text": "faq/price"}])
    );
    let hours = response("your opening hours");
    assert_eq!(hours["responses"], serde_json::json!([{"text": "always"}]));
    let unknown = response("zzz qqq");
    assert_eq!(unknown["utter_action"], "utter_None");
}

#[test]
fn a_small_project_is_told_how_many_messages_a_threshold_takes() {
    let project = project(
        "- name: LinearSvmClassifier\n- name: RegexEntityExtractor\n",
        NLU,
    );
    let told = train(&project).stderr;
    assert!(
        told.contains(
            "No fallback threshold is proposed: that takes 500 examples, 20 of them misunderstood"
        ),
        "{told}"
    );
}
