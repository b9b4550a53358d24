//! What real Rasa files do that surprises a loader: each of the 21 kinds that were found in published projects, with
//! invented files.

use serde_json::Value;

use crate::common::Project;

const DOMAIN: &str = "intents:\n- greet\n- order\nresponses:\n  utter_greet:\n  - text: hello\n";
const NLU: &str = "nlu:\n- intent: greet\n  examples: |\n    - hello there\n    - good morning\n- intent: order\n  examples: |\n    - one pizza\n    - two pizzas\n";
const RULES: &str =
    "rules:\n- rule: say hello\n  steps:\n  - intent: greet\n  - action: utter_greet\n";

/// Returns a small project with further files; one of the same name takes the place of a usual one.
fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::of(&[
        ("domain.yml", DOMAIN),
        ("data/nlu.yml", NLU),
        ("data/rules.yml", RULES),
    ]);
    for (name, text) in files {
        project.write(name, text);
    }
    project
}

fn validate(project: &Project) -> Value {
    project.run(&["validate", "--format", "json"]).json()
}

/// Returns `severity code` of each finding in a file.
fn told(report: &Value, file: &str) -> Vec<String> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["places"][0]["file"] == file)
        .map(|finding| {
            let part = |name: &str| finding[name].as_str().unwrap().to_owned();
            format!("{} {}", part("severity"), part("code"))
        })
        .collect()
}

fn errors(report: &Value) -> u64 {
    report["errors"].as_u64().unwrap()
}

#[test]
fn s01_a_file_s_kind_is_decided_by_its_lines_not_by_parsing() {
    // Broken YAML without any key that Rasa looks for.
    let report = validate(&project(&[(
        "data/clubs.yml",
        "# stories:\n#  - story: x\n  - action: [unclosed\n broken: : :\n",
    )]));
    assert_eq!(errors(&report), 0);
    assert_eq!(
        told(&report, "data/clubs.yml"),
        ["note project::unused-file"]
    );
    // The same with such a key is an error.
    let report = validate(&project(&[("data/clubs.yml", "stories:\n- story: [x\n")]));
    assert_eq!(told(&report, "data/clubs.yml"), ["error yaml::syntax"]);
}

#[test]
fn s02_a_file_whose_top_level_is_a_list_is_passed_over_and_told() {
    let report = validate(&project(&[(
        "data/stories.yml",
        "- story: lost\n  steps:\n  - intent: greet\n  rules: {}\n",
    )]));
    assert_eq!(errors(&report), 0);
    assert_eq!(report["counts"]["stories"], 0);
    assert_eq!(told(&report, "data/stories.yml").len(), 1);
    let report = validate(&project(&[("data/stories.yml", "- a\n-\n  stories: []\n")]));
    assert_eq!(
        told(&report, "data/stories.yml"),
        ["warning project::skipped-file"]
    );
}

#[test]
fn s03_versions_beyond_3_1_are_skipped_and_older_ones_read() {
    let report = validate(&project(&[
        (
            "data/new.yml",
            "version: \"4.0\"\nnlu:\n- intent: later\n  examples: |\n    - a\n",
        ),
        (
            "data/old.yml",
            "version: \"2.0\"\nnlu:\n- intent: order\n  examples: |\n    - three\n",
        ),
    ]));
    assert_eq!(errors(&report), 0);
    assert_eq!(
        told(&report, "data/new.yml"),
        ["warning project::version-too-new"]
    );
    assert_eq!(told(&report, "data/old.yml"), ["note project::old-version"]);
    assert_eq!(report["counts"]["examples"], 5);
}

#[test]
fn s04_an_invalid_domain_is_an_error_at_its_line_not_an_empty_domain() {
    let domain = format!(
        "{DOMAIN}slots:\n  size:\n    type: text\n    mappings:\n    - type: from_intent\n      intent: order\n"
    );
    let report = validate(&project(&[("domain.yml", &domain)]));
    assert_eq!(
        told(&report, "domain.yml"),
        ["error domain::mapping-lacks-key"]
    );
    assert_eq!(report["findings"][0]["places"][0]["line"], 11);
    assert_eq!(report["counts"]["responses"], 1, "the rest is read");
}

#[test]
fn s05_exact_repetitions_are_dropped() {
    let report = validate(&project(&[(
        "data/more.yml",
        "nlu:\n- intent: order\n  examples: |\n    - one pizza\n    - one pizza\n    - one [pizza](dish)\n",
    )]));
    assert_eq!(report["counts"]["examples"], 5);
}

#[test]
fn s06_empty_intents_and_unknown_steps_are_skipped_with_a_warning() {
    let report = validate(&project(&[(
        "data/stories.yml",
        "stories:\n- story: a\n  steps:\n  - intent:\n  - action: utter_greet\n  - form: pizza_form\n  - intent: nobody\n  - action: utter_greet\n",
    )]));
    assert_eq!(errors(&report), 0);
    assert_eq!(
        told(&report, "data/stories.yml"),
        [
            "warning story::empty-step",
            "warning story::unknown-step",
            "warning check::unknown-intent"
        ]
    );
}

#[test]
fn s07_a_bare_slot_that_the_domain_lacks_is_a_clear_error() {
    let report = validate(&project(&[(
        "data/stories.yml",
        "stories:\n- story: a\n  steps:\n  - intent: greet\n  - slot_was_set:\n    - size\n  - action: utter_greet\n",
    )]));
    assert_eq!(
        told(&report, "data/stories.yml"),
        ["error check::unknown-slot"]
    );
}

#[test]
fn s08_a_key_twice_is_an_error_with_both_places() {
    let report = validate(&project(&[(
        "data/stories.yml",
        "stories:\n- story: a\n  steps:\n  - intent: greet\n  steps:\n  - action: utter_greet\n",
    )]));
    assert_eq!(
        told(&report, "data/stories.yml"),
        ["error yaml::duplicate-key"]
    );
}

#[test]
fn s09_broken_configurations_and_misspelt_keys_are_told_at_their_line() {
    let report = validate(&project(&[("config.yml", "language: \"en\"\n- name: x\n")]));
    assert_eq!(told(&report, "config.yml"), ["error yaml::syntax"]);
    let domain = "intents:\n- greet:\n    used_entities: []\n- order\nentity_synonyms: {}\nresponses:\n  utter_greet:\n  - text: hello\n    buttons:\n    - title: yes\n      paylaod: /greet\nslots:\n  size:\n    type: text\n    mappings:\n    - type: from_intent\n      intent_name: None\n      value: 1\n      intent: order\n";
    let report = validate(&project(&[
        ("domain.yml", domain),
        ("data/more.yml", "nlu: []\nregex:\n- zip\nlookup: {}\n"),
    ]));
    assert_eq!(errors(&report), 0, "{report}");
    let told = told(&report, "domain.yml");
    assert_eq!(
        told.iter()
            .filter(|one| *one == "warning project::unused-key")
            .count(),
        2,
        "{told:?}"
    );
}

#[test]
fn s10_anchors_aliases_and_keys_of_one_s_own_are_read() {
    let domain = "x-chitchat: &chitchat\n- greet\nintents:\n- greet\n- order\nslots:\n  size:\n    type: text\n    mappings: []\nforms:\n  a_form:\n    required_slots: [size]\n    ignored_intents: *chitchat\n  b_form:\n    ignored_intents: *chitchat\n    required_slots: []\nresponses:\n  utter_greet:\n  - text: hello\n";
    let report = validate(&project(&[("domain.yml", domain)]));
    assert_eq!(errors(&report), 0, "{report}");
    assert_eq!(report["counts"]["forms"], 2);
    assert!(!told(&report, "domain.yml").contains(&"warning project::unused-key".to_owned()));
}

#[test]
fn s11_slot_types_may_be_python_classes() {
    let domain = format!(
        "{DOMAIN}slots:\n  a:\n    type: rasa.shared.core.slots.TextSlot\n    mappings: []\n  b:\n    type: custom_slot.MenuOptionSlot\n    mappings: []\ne2e_actions: []\nconfig:\n  store_entities_as_slots: false\n"
    );
    let report = validate(&project(&[("domain.yml", &domain)]));
    assert_eq!(errors(&report), 0, "{report}");
    assert!(told(&report, "domain.yml").contains(&"warning domain::custom-slot-type".to_owned()));
}

#[test]
fn s12_names_may_hold_blanks_emoji_and_any_letters() {
    let project = project(&[
        (
            "domain.yml",
            "intents:\n- hỏi giá\n- guten tag # morgens\nresponses:\n  💸utter_preis:\n  - text: viel\n",
        ),
        (
            "data/nlu.yml",
            "nlu:\n- intent: hỏi giá\n  examples: |\n    - bao nhiêu\n    - giá bao nhiêu\n- intent: guten tag # morgens\n  examples: |\n    - moin\n    - servus\n",
        ),
        (
            "data/rules.yml",
            "rules:\n- rule: Preis für alle\n  steps:\n  - intent: hỏi giá\n  - action: 💸utter_preis\n",
        ),
        (
            "data/mit leerzeichen und ü.yaml",
            "nlu:\n- intent: guten tag\n  examples: |\n    - grüß gott\n",
        ),
    ]);
    let report = validate(&project);
    assert_eq!(errors(&report), 0, "{report}");
    assert_eq!(report["counts"]["nlu_intents"], 2);
    assert_eq!(report["counts"]["examples"], 5);
    project.train(&[]);
}

#[test]
fn s13_texts_keep_their_joiners_hashes_and_brackets() {
    let nlu = "nlu:\r\n- intent: greet\r\n  examples: |\r\n    - k byyye #slay\r\n    - শ্\u{200d}রী 👨\u{200d}👩\u{200d}👧\r\n    - non\u{a0}break\r\n    - [x] (entity) and [open (y)\r\n    - [Alice][{\"entity\": \"name\"}, {\"entity\": \"person\"}]\r\n- intent: order\r\n  examples: |\r\n    - one\r\n    - two\r\n";
    let project = project(&[("data/nlu.yml", nlu)]);
    let report = validate(&project);
    assert_eq!(errors(&report), 0, "{report}");
    assert_eq!(report["counts"]["examples"], 7);
    assert_eq!(report["counts"]["annotations"], 2);
    let out = project.run(&["convert", "data/nlu.yml", "--to", "out.json"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let json = project.read("out.json");
    for text in [
        "k byyye #slay",
        "শ্\u{200d}রী 👨\u{200d}👩\u{200d}👧",
        "non\u{a0}break",
        "[x] (entity) and [open (y)",
    ] {
        assert!(json.contains(text), "{text} is not in {json}");
    }
}

#[test]
fn s14_empty_files_and_empty_keys_are_nothing() {
    let report = validate(&project(&[
        ("data/empty.yml", ""),
        ("data/a.yml", "nlu:\n"),
        ("data/b.yml", "stories:\nrules:\n"),
        ("endpoints.yml", ""),
        ("credentials.yml", "# none\n"),
    ]));
    assert_eq!(errors(&report), 0, "{report}");
}

#[test]
fn s15_what_does_not_fit_together_loads_and_is_listed() {
    let report = validate(&project(&[
        (
            "domain.yml",
            &DOMAIN.replace(
                "- order\n",
                "- order\n- complain\nactions:\n- utter_nothing\n",
            ),
        ),
        (
            "data/more.yml",
            "nlu:\n- intent: order\n  examples: |\n    - hello there\nstories:\n- story: same\n  steps:\n  - intent: order\n  - action: utter_greet\n- story: same\n  steps:\n  - intent: order\n  - action: utter_greet\n",
        ),
    ]));
    assert_eq!(errors(&report), 0, "{report}");
    let all: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    for code in [
        "nlu::same-text",
        "check::intent-without-examples",
        "check::action-without-response",
        "story::duplicate-name",
    ] {
        assert!(all.contains(&code), "{code} is not in {all:?}");
    }
}

#[test]
fn s16_a_variable_of_a_server_stops_only_who_uses_the_server() {
    let project = project(&[(
        "endpoints.yml",
        "action_endpoint:\n  url: ${NO_SUCH_HOST}/webhook\n",
    )]);
    assert_eq!(errors(&validate(&project)), 0);
    project.train(&[]);
}

#[test]
fn s17_credentials_may_be_wrong_without_stopping_anything() {
    let project = project(&[(
        "credentials.yml",
        "facebook:\nverify: \"x\"\nsecret: \"y\"\nchannels.zalo.ZaloInput:\n  token: z\n",
    )]);
    let report = validate(&project);
    assert_eq!(errors(&report), 0);
    assert_eq!(told(&report, "credentials.yml").len(), 2);
    project.train(&[]);
}

#[test]
fn s18_domain_yml_wins_over_the_folder_and_a_list_in_a_folder_is_skipped() {
    let both = project(&[("domain/more.yml", "intents:\n- never\n")]);
    assert_eq!(validate(&both)["counts"]["intents"], 7);
    let folder = Project::of(&[
        ("config.yml", "language: en\n"),
        ("domain/intents.yml", DOMAIN),
        ("domain/entities.yml", "- city\n- size\n"),
        ("data/nlu.yml", NLU),
        ("data/domain/more.yml", "intents:\n- never\n"),
    ]);
    let report = validate(&folder);
    assert_eq!(errors(&report), 0, "{report}");
    assert_eq!(
        told(&report, "domain/entities.yml"),
        ["warning project::skipped-file"]
    );
    assert_eq!(
        told(&report, "data/domain/more.yml"),
        ["note project::unused-file"]
    );
    assert_eq!(report["counts"]["intents"], 7);
}

#[test]
fn s19_components_may_be_dotted_or_of_another_maker() {
    let report = validate(&project(&[(
        "config.yml",
        "recipe: default.v1\nlanguage: en\npipeline:\n- name: rasa.nlu.tokenizers.whitespace_tokenizer.WhitespaceTokenizer\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n- name: ResponseSelector\n  retrieval_intent: faq\n- name: ResponseSelector\n  retrieval_intent: chitchat\npolicies:\n- name: RulePolicy\n- name: rasa_plus.ml.IntentlessPolicy\n",
    )]));
    let told = told(&report, "config.yml");
    let unknown: Vec<_> = told.iter().filter(|one| one.contains("unknown-")).collect();
    assert_eq!(unknown, ["error config::unknown-policy"], "{told:?}");
    let templates = validate(&project(&[(
        "config.yml",
        "language: en\npipeline: supervised_embeddings\n",
    )]));
    assert_eq!(
        self::told(&templates, "config.yml"),
        ["error project::wrong-kind"]
    );
}

#[test]
fn s20_foreign_yaml_beside_the_data_is_named_and_left_alone() {
    let report = validate(&project(&[
        ("markers.yml", "marker:\n- slot_was_set: x\n"),
        ("results/failed_test_stories.yml", "stories: [\n"),
        ("data/flows.yml", "flows:\n  pay: {}\n"),
        ("tests/e2e.yml", "test_cases:\n- test_case: x\n"),
    ]));
    assert_eq!(errors(&report), 0, "{report}");
    assert_eq!(
        told(&report, "data/flows.yml"),
        ["note project::unused-file"]
    );
}

#[test]
fn s21_markdown_of_rasa_1_is_converted() {
    let old = Project::of(&[
        (
            "domain.yml",
            "intents:\n- greet\n- order\ntemplates:\n  utter_greet:\n  - text: hello\nactions:\n- utter_greet\nentities:\n- mood\nslots:\n  mood:\n    type: text\n",
        ),
        (
            "data/nlu.md",
            "## intent:greet\n- hello\n- [good](mood) day\n<!-- a comment -->\n## intent:order\n- a pizza\n- one pizza\n## lookup:mood\ndata/moods.txt\n## synonym:good\n- fine\n",
        ),
        ("data/moods.txt", "good\nbad\n"),
        (
            "data/stories.md",
            "## happy\n* greet OR order\n  - utter_greet\n> asked\n\n## more\n> asked\n* order{\"mood\": \"good\"}\n  - slot{\"mood\": \"good\"}\n  - utter_greet\n",
        ),
        (
            "tests/conversation_tests.md",
            "## one\n* greet: hello there\n  - utter_greet\n",
        ),
    ]);
    let run = old.run(&["convert", ".", "--to", "../new-of-21", "--force"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let new = old.path().parent().unwrap().join("new-of-21");
    let mut command = crate::common::bot();
    command
        .arg("--project")
        .arg(&new)
        .args(["validate", "--format", "json"]);
    let report = crate::common::run(&mut command, b"").json();
    std::fs::remove_dir_all(&new).unwrap();
    assert_eq!(errors(&report), 0, "{report}");
    assert_eq!(report["counts"]["examples"], 4);
    assert_eq!(report["counts"]["lookup_entries"], 2);
    assert_eq!(report["counts"]["stories"], 2);
    assert_eq!(report["counts"]["test_stories"], 1);
}
