//! `bot validate` beyond single mistakes: mending, silencing, places, other formats; `bot explain` and `bot migrate`.

use std::fs;

use serde_json::{Value, json};

use crate::common::Project;

/// Returns a small project without a mistake.
fn sound() -> Project {
    Project::of(&[
        (
            "config.yml",
            "recipe: default.v1\nlanguage: en\npipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: CRFEntityExtractor\n- name: EntitySynonymMapper\npolicies:\n- name: RulePolicy\n",
        ),
        (
            "domain.yml",
            "version: \"3.1\"\nintents:\n- greet\n- order\nentities:\n- city\nslots:\n  city:\n    type: text\n    mappings:\n    - type: from_entity\n      entity: city\nresponses:\n  utter_greet:\n  - text: hello\n  utter_order:\n  - text: to {city}\n",
        ),
        (
            "data/nlu.yml",
            "version: \"3.1\"\nnlu:\n- intent: greet\n  examples: |\n    - hello there\n    - good morning\n- intent: order\n  examples: |\n    - a pizza to [Oslo](city)\n    - one pizza to [Rome](city)\n",
        ),
        (
            "data/rules.yml",
            "rules:\n- rule: say hello\n  steps:\n  - intent: greet\n  - action: utter_greet\n- rule: take the order\n  steps:\n  - intent: order\n  - action: utter_order\n",
        ),
    ])
}

/// Returns code, file and line of each finding.
fn found(report: &Value) -> Vec<(String, String, u64)> {
    let of = |finding: &Value| {
        let place = &finding["places"][0];
        (
            finding["code"].as_str().unwrap().to_owned(),
            place["file"].as_str().unwrap_or_default().to_owned(),
            place["line"].as_u64().unwrap_or_default(),
        )
    };
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

fn codes(project: &Project, flags: &[&str]) -> Vec<String> {
    let report = project
        .run(&[&["validate", "--format", "json"], flags].concat())
        .json();
    found(&report).into_iter().map(|(code, ..)| code).collect()
}

#[test]
fn a_sound_project_has_no_finding_and_its_counts() {
    let run = sound().run(&["validate", "--format", "json", "--fail-on-warnings"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let report = run.json();
    assert_eq!(report["findings"], json!([]));
    for (name, n) in [
        ("intents", 7),
        ("entities", 1),
        ("slots", 2),
        ("forms", 0),
        ("responses", 2),
        ("nlu_intents", 2),
        ("examples", 4),
        ("annotations", 2),
        ("rules", 2),
        ("stories", 0),
        ("test_stories", 0),
    ] {
        assert_eq!(report["counts"][name], n, "{name}");
    }
}

#[test]
fn what_can_be_mended_is_shown_and_mended_and_nothing_else_changes() {
    let project = sound();
    project.replace("data/rules.yml", "intent: greet", "intent: gret # hello");
    project.replace("domain.yml", "version: \"3.1\"", "version: 3.1 # Rasa's");
    project.replace("domain.yml", "from_entity", "from_entitiy");
    project.replace(
        "data/nlu.yml",
        "    - good morning\n",
        "    - good morning\n    - hello there\n",
    );
    let before = ["domain.yml", "data/nlu.yml", "data/rules.yml"].map(|file| project.read(file));
    let shown = project.run(&["validate", "--diff"]);
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    assert!(
        shown
            .stdout
            .contains("-  - intent: gret # hello\n+  - intent: greet # hello\n"),
        "{}",
        shown.stdout
    );
    assert_eq!(
        before,
        ["domain.yml", "data/nlu.yml", "data/rules.yml"].map(|file| project.read(file))
    );
    let mended = project.run(&["validate", "--fix"]);
    assert_eq!(mended.code, 0, "{}", mended.stderr);
    assert_eq!(mended.stdout, shown.stdout);
    assert!(
        mended.stderr.contains("Mended 4 findings in 3 files"),
        "{}",
        mended.stderr
    );
    let after = ["domain.yml", "data/nlu.yml", "data/rules.yml"].map(|file| project.read(file));
    let expected = [
        before[0]
            .replace("version: 3.1 #", "version: \"3.1\" #")
            .replace("from_entitiy", "from_entity"),
        before[1].replace(
            "    - good morning\n    - hello there\n",
            "    - good morning\n",
        ),
        before[2].replace("gret #", "greet #"),
    ];
    assert_eq!(after, expected);
    assert_eq!(codes(&project, &[]), Vec::<String>::new());
}

#[test]
fn a_finding_is_silenced_on_its_line_or_everywhere() {
    let project = sound();
    project.replace("domain.yml", "- order\n", "- order\n- complain\n- praise\n");
    let code = "check::intent-without-examples";
    assert_eq!(codes(&project, &[]), [code, code]);
    project.replace(
        "domain.yml",
        "- praise\n",
        "- praise # for later; bot: allow(check::intent-without-examples)\n",
    );
    assert_eq!(codes(&project, &[]), [code]);
    let settings = |severity: &str| {
        let text = format!("language: en\nx-bot:\n  severity:\n    {code}: {severity}\n");
        project.write("config.yml", text);
    };
    settings("off");
    assert_eq!(
        codes(&project, &["--fail-on-warnings"]),
        Vec::<String>::new()
    );
    settings("error");
    assert_eq!(project.run(&["validate"]).code, 1);
    settings("advice");
    let run = project.run(&["validate", "--fail-on-warnings", "--format", "json"]);
    assert_eq!(run.code, 0);
    assert_eq!(run.json()["findings"][0]["severity"], "note");
    project.write(
        "config.yml",
        "x-bot:\n  severity:\n    check::intnt-without-examples: off\n",
    );
    assert!(codes(&project, &[]).contains(&"config::unknown-code".to_owned()));
}

#[test]
fn a_silenced_error_stops_neither_training_nor_the_checks_behind_it() {
    let project = sound();
    project.replace("domain.yml", "- greet\n", "- greet\n- order\n");
    project.write(
        "data/more.yml",
        "stories:\n- story: another answer\n  steps:\n  - intent: greet\n  - action: utter_order\n",
    );
    assert_eq!(codes(&project, &[]), ["domain::duplicate"]);
    let config = project.read("config.yml");
    let silent = "x-bot:\n  severity:\n    domain::duplicate: off\n";
    project.write("config.yml", format!("{config}{silent}"));
    assert_eq!(codes(&project, &[]), ["dialogue::conflict"]);
    project.write(
        "config.yml",
        format!("{config}{silent}    dialogue::conflict: warning\n"),
    );
    project.train(&[]);
}

#[test]
fn other_places_can_be_named_several_times() {
    let project = sound();
    fs::create_dir(project.path().join("parts")).unwrap();
    project.write(
        "parts/a.yml",
        "intents:\n- greet\nresponses:\n  utter_greet:\n  - text: hello\n",
    );
    project.write(
        "parts/b.yml",
        "intents:\n- order\n- greet\nentities:\n- city\nresponses:\n  utter_order:\n  - text: ok\n",
    );
    project.write("parts/notes.yml", "- only a list\n");
    project.write("second.yml", "pipeline:\n- nme: x\n");
    let run = project.run(&[
        "validate",
        "--domain",
        "parts/a.yml",
        "--domain",
        "parts/b.yml",
        "--data",
        "data/nlu.yml",
        "data/rules.yml",
        "--config",
        "config.yml",
        "--config",
        "second.yml",
        "--format",
        "json",
    ]);
    let report = run.json();
    assert_eq!(
        found(&report),
        [
            (
                "domain::duplicate-across-files".into(),
                "parts/b.yml".into(),
                3
            ),
            (
                "config::component-without-name".into(),
                "second.yml".into(),
                2
            )
        ]
    );
    assert_eq!(report["counts"]["intents"], 7);
    let folder = project
        .run(&["validate", "--domain", "parts", "--format", "json"])
        .json();
    assert!(
        found(&folder).contains(&("project::skipped-file".into(), "parts/notes.yml".into(), 1)),
        "{folder}"
    );
    project.write("parts/notes.yml", "notes: none\n");
    let other = project
        .run(&["validate", "--domain", "parts", "--format", "json"])
        .json();
    assert!(
        found(&other).contains(&("domain::no-domain-key".into(), "parts/notes.yml".into(), 1)),
        "{other}"
    );
    let missing = project.run(&["validate", "--domain", "nowhere.yml"]);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
}

#[test]
fn further_configurations_are_held_against_the_data() {
    let project = sound();
    project.write(
        "second.yml",
        "pipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\npolicies:\n- name: MemoizationPolicy\n",
    );
    let two = ["--config", "config.yml", "--config", "second.yml"];
    assert_eq!(
        codes(&project, &two),
        ["config::no-extractor", "config::no-rule-policy",]
    );
    assert!(codes(&project, &two[..2]).is_empty());
}

#[test]
fn imports_of_a_multi_project_are_read() {
    let project = sound();
    let config = project.read("config.yml");
    project.write(
        "config.yml",
        format!("{config}importers:\n- name: MultiProjectImporter\nimports:\n- skills/jokes\n"),
    );
    project.write(
        "skills/jokes/domain.yml",
        "intents:\n- joke\nresponses:\n  utter_joke:\n  - text: knock\n",
    );
    project.write(
        "skills/jokes/data/nlu.yml",
        "nlu:\n- intent: joke\n  examples: |\n    - tell me a joke\n    - be funny\n",
    );
    project.write(
        "skills/jokes/data/rules.yml",
        "rules:\n- rule: joke\n  steps:\n  - intent: joke\n  - action: utter_joke\n",
    );
    let report = project.run(&["validate", "--format", "json"]).json();
    assert_eq!(found(&report), []);
    assert_eq!(report["counts"]["nlu_intents"], 3);
    assert_eq!(report["counts"]["responses"], 3);
    assert_eq!(report["counts"]["rules"], 3);
}

#[test]
fn variables_are_put_in_and_missing_ones_matter_where_they_are_used() {
    let project = sound();
    project.replace("domain.yml", "text: hello", "text: ${BOT_GREETING} there");
    let unset = project.run(&["validate", "--format", "json"]).json();
    assert_eq!(
        found(&unset),
        [("yaml::unset-variable".into(), "domain.yml".into(), 15)]
    );
    let mut command = project.bot(&["validate", "--format", "json"]);
    command.env("BOT_GREETING", "ahoy");
    let set = crate::common::run(&mut command, b"").json();
    assert_eq!(found(&set), []);
    let servers = sound();
    servers.write(
        "endpoints.yml",
        "action_endpoint:\n  url: ${BOT_NOBODY}/webhook\n",
    );
    servers.write("credentials.yml", "slack:\n  slack_token: ${BOT_NOBODY}\n");
    assert_eq!(codes(&servers, &[]), Vec::<String>::new());
}

#[test]
fn servers_and_channels_are_checked() {
    let project = sound();
    project.write(
        "endpoints.yml",
        "action_endpont:\n  url: http://localhost:5055/webhook\nnlg:\n  token: x\n",
    );
    project.write(
        "credentials.yml",
        "rest:\nslak:\n  slack_token: x\nmy.Channel:\n  a: 1\n",
    );
    let report = project.run(&["validate", "--format", "json"]).json();
    assert_eq!(
        found(&report),
        [
            ("project::unused-key".into(), "endpoints.yml".into(), 1),
            ("endpoints::without-url".into(), "endpoints.yml".into(), 3),
            (
                "credentials::unknown-channel".into(),
                "credentials.yml".into(),
                2
            ),
        ]
    );
}

#[test]
fn data_that_the_pipeline_makes_no_use_of_is_named() {
    let project = sound();
    project.write(
        "data/more.yml",
        "nlu:\n- intent: faq/price\n  examples: |\n    - how much is it\n    - what does it cost\n- regex: zip\n  examples: |\n    - \\d{5}\n- lookup: city\n  examples: |\n    - Oslo\n- synonym: Rome\n  examples: |\n    - roma\nresponses:\n  utter_faq/price:\n  - text: nothing\n",
    );
    project.write(
        "config.yml",
        "pipeline:\n- name: WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\npolicies:\n- name: MemoizationPolicy\n",
    );
    let mut found = codes(&project, &[]);
    found.sort();
    for code in [
        "config::no-extractor",
        "config::no-response-selector",
        "config::no-rule-policy",
        "config::unused-lookup",
        "config::unused-regex",
        "config::unused-synonyms",
    ] {
        assert!(
            found.contains(&code.to_owned()),
            "{code} is not in {found:?}"
        );
    }
    // The random field knows lookup tables by itself, unless told which features to take.
    for (options, is_unused) in [("", false), ("  features: [[low], [low], [low]]\n", true)] {
        let pipeline = "pipeline:\n- name: WhitespaceTokenizer\n- name: CRFEntityExtractor\n";
        project.write("config.yml", format!("{pipeline}{options}"));
        let found = codes(&project, &[]);
        let told = found.contains(&"config::unused-lookup".to_owned());
        assert_eq!(told, is_unused, "{options}");
    }
}

#[test]
fn an_untouched_template_of_tests_is_told_as_that() {
    let project = sound();
    let names = [
        "happy path 1",
        "happy path 2",
        "sad path 1",
        "sad path 2",
        "sad path 3",
        "say goodbye",
        "bot challenge",
    ];
    let mut stories = String::new();
    for name in names {
        stories += &["- story: ", name, "\n"].concat();
        stories += "  steps:\n  - user: hi\n    intent: mood_great\n  - action: utter_happy\n";
    }
    project.write("tests/test_stories.yml", format!("stories:\n{stories}"));
    assert_eq!(codes(&project, &[]), ["test::untouched-template"]);
}

#[test]
fn findings_become_annotations_of_github() {
    let project = sound();
    project.replace("data/rules.yml", "intent: greet", "intent: gret");
    project.replace(
        "data/rules.yml",
        "rule: take the order",
        "rule: \"100%: ok, go\"",
    );
    project.replace("data/rules.yml", "intent: order", "intent: oder");
    let run = project.run(&["validate", "--format", "github"]);
    insta::assert_snapshot!(run.stdout, @r"
    ::warning file=data/rules.yml,line=4,col=13,title=bot (check%3A%3Aunknown-intent)::the domain has no intent `gret`%0Adid you mean `greet`?
    ::warning file=data/rules.yml,line=8,col=13,title=bot (check%3A%3Aunknown-intent)::the domain has no intent `oder`%0Adid you mean `order`?
    ");
}

#[test]
fn a_code_is_explained() {
    let project = Project::empty();
    let run = project.run(&["explain", "check::unknown-intent"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stdout.starts_with("check::unknown-intent\n\nwarning\n"),
        "{}",
        run.stdout
    );
    assert_eq!(
        project.run(&["explain", "unknown-intent"]).stdout,
        run.stdout
    );
    let wrong = project.run(&["explain", "check::unknown-intnt"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong
            .stderr
            .contains("did you mean `check::unknown-intent`?"),
        "{}",
        wrong.stderr
    );
    let all = project.run(&["explain"]).stdout;
    assert!(all.lines().count() > 100 && all.lines().any(|code| code == "nlu::same-text"));
    assert_eq!(
        project.run(&["explain", "same-text", "--json"]).json()["code"],
        "same-text"
    );
}

/// A project as Rasa 2 wrote it, comments and all.
fn rasa_2() -> Project {
    Project::of(&[
        (
            "domain.yml",
            "version: \"2.0\" # of old\nintents:\n- greet\nentities:\n- size\nslots:\n  size: # small or large\n    type: text\n  address:\n    type: text\n    auto_fill: false\n  seen:\n    type: unfeaturized\nforms:\n  pizza_form:\n    ignored_intents: [greet]\n    required_slots:\n      size:\n      - type: from_entity\n        entity: size\n      address:\n      - type: from_text\n        not_intent: greet\nresponses:\n  utter_greet:\n  - text: hello\n",
        ),
        (
            "data/nlu.yml",
            "version: \"2.0\"\nnlu:\n- intent: greet\n  examples: |\n    - hi\n    - a [large](size) one\n",
        ),
    ])
}

#[test]
fn a_project_of_rasa_2_is_read_with_one_note_and_migrated_line_by_line() {
    let project = rasa_2();
    let report = project.run(&["validate", "--format", "json"]).json();
    let notes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "project::migrated")
        .collect();
    assert_eq!(notes.len(), 1);
    let help = notes[0]["help"].as_str().unwrap();
    for part in [
        "filled from the entity of the same name: `size`",
        "set by custom actions only: `seen`",
        "out of the form: `pizza_form`",
    ] {
        assert!(help.contains(part), "{help}");
    }
    let before = project.read("domain.yml");
    let shown = project.run(&["migrate", "--diff"]);
    assert_eq!(
        (shown.code, project.read("domain.yml")),
        (0, before.clone())
    );
    let run = project.run(&["migrate"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(project.read("original/domain.yml"), before);
    insta::assert_snapshot!(project.read("domain.yml"), @r#"
    version: "3.1" # of old
    intents:
    - greet
    entities:
    - size
    slots:
      size: # small or large
        type: text
        mappings:
        - type: from_entity
          entity: size
          conditions:
          - active_loop: pizza_form
        - type: from_entity
          entity: size
      address:
        type: text
        mappings:
        - type: from_text
          not_intent:
          - greet
          conditions:
          - active_loop: pizza_form
            requested_slot: address
      seen:
        type: any
        mappings:
        - type: custom
    forms:
      pizza_form:
        required_slots:
        - size
        - address
        ignored_intents:
        - greet
    responses:
      utter_greet:
      - text: hello
    "#);
    assert!(
        project
            .read("data/nlu.yml")
            .starts_with("version: \"3.1\"\n")
    );
    let after = project.run(&["validate", "--format", "json"]).json();
    assert_eq!(after["counts"], report["counts"]);
    assert!(
        !found(&after)
            .iter()
            .any(|(code, ..)| code.starts_with("project::"))
    );
    let again = project.run(&["migrate"]);
    assert_eq!(again.code, 0);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
    project.write("data/old.yml", "version: \"2.0\"\nnlu: []\n");
    let in_the_way = project.run(&["migrate"]);
    assert_eq!(in_the_way.code, 2, "{}", in_the_way.stderr);
    assert!(project.read("data/old.yml").contains("2.0"));
}

#[test]
fn stories_are_told_apart_by_as_much_history_as_counts() {
    let project = sound();
    let story = |name: &str, steps: &str| format!("- story: {name}\n  steps:\n{steps}");
    let one = story(
        "one",
        "  - intent: greet\n  - action: utter_order\n  - intent: order\n  - action: utter_order\n  - action: utter_greet\n",
    );
    let two = story("two", "  - intent: order\n  - action: utter_greet\n");
    let shared = "version: \"3.1\"\nstories:\n";
    let codes = |stories: &[&str], flags: &[&str]| {
        project.write("data/stories.yml", format!("{shared}{}", stories.concat()));
        // Rules would contradict the stories as well.
        project.write("data/rules.yml", "rules: []\n");
        codes(&project, flags)
    };
    let conflict = ["dialogue::story-conflict"];
    assert!(codes(&[&one, &two], &[]).is_empty());
    assert!(codes(&[&one, &two], &["--max-history", "2"]).is_empty());
    assert_eq!(codes(&[&one, &two], &["--max-history", "1"]), conflict);
    let three = story(
        "three",
        "  - intent: order\n  - action: utter_greet\n  - action: utter_order\n",
    );
    assert_eq!(codes(&[&two, &three], &[]), conflict);
}
