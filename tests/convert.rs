//! `bot convert` from the outside: every awkward table, and what happens to files that are there.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use bot::{
    diagnostic::Sources,
    project::{self, Paths},
};
use serde_json::Value;

/// Returns a file or folder of the shared data, where that is there.
fn data(path: &str) -> Option<PathBuf> {
    crate::common::shared().map(|folder| folder.join("data").join(path))
}

fn run(arguments: &[&str]) -> Output {
    crate::common::bot().args(arguments).output().unwrap()
}

fn convert(file: &Path, to: &Path, more: &[&str]) -> Result<Value, (i32, String)> {
    let mut arguments = vec![
        "convert",
        file.to_str().unwrap(),
        "--to",
        to.to_str().unwrap(),
        "--format",
        "json",
    ];
    arguments.extend(more);
    let output = run(&arguments);
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        assert!(output.stdout.is_empty());
        let message = String::from_utf8(output.stderr).unwrap();
        Err((output.status.code().unwrap(), message))
    }
}

fn load(folder: &Path) -> bot::data::Assistant {
    let loaded = project::load(&Paths::of(folder), &mut Sources::new()).unwrap();
    assert!(!loaded.has_errors(), "{:?}", loaded.findings);
    loaded.assistant
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What is expected of a file.
enum Expected {
    /// Rows read, examples taken, intents; encoding, delimiter, line of the header; reasons for rows left out.
    Taken(
        [usize; 3],
        [&'static str; 3],
        &'static [(&'static str, usize)],
    ),
    /// Code of the mistake, its line.
    Refused(&'static str, usize),
}
use Expected::{Refused, Taken};

const REPEATED: &str = "repeated";
const LOOSELY: &str = "repeated but for case or blanks";
const VARIATION: &str = "repeated with another answer, which is kept";
const LABELS: &str = "with conflicting labels";
const LE: &str = "UTF-16 (little-endian)";
const BE: &str = "UTF-16 (big-endian)";

#[rustfmt::skip]
const FILES: &[(&str, Expected)] = &[
    ("real/bankfaq_fr.csv", Taken([361, 338, 336], ["UTF-8", "`,`", "line 1"], &[("without answer", 23)])),
    ("real/banking77_train.csv", Taken([10_003, 9_999, 77], ["UTF-8", "`,`", "line 1"], &[(REPEATED, 4)])),
    ("real/customer_bom_crlf.csv", Taken([8_175, 8_169, 27], ["UTF-8 with BOM", "`,`", "line 1"], &[(LOOSELY, 6)])),
    ("real/faq_covid_ar.csv", Taken([213, 208, 208], ["UTF-8", "`,`", "line 1"], &[(REPEATED, 3), (VARIATION, 2)])),
    ("real/faq_covid_multilang.tsv", Taken([506, 492, 489], ["UTF-8", "tab", "line 1"],
        &[(REPEATED, 4), (VARIATION, 5), ("without answer", 5)])),
    ("real/faq_covidbert.csv", Taken([213, 208, 208], ["UTF-8", "`,`", "line 1"], &[(REPEATED, 3), (VARIATION, 2)])),
    ("real/hwu_semicolon_alarm_set.csv", Taken([19, 19, 1], ["UTF-8", "`;`", "line 1"], &[])),
    ("real/hwu_semicolon_qa_factoid.csv", Taken([19, 19, 1], ["UTF-8", "`;`", "line 1"], &[])),
    ("real/s08_questions.txt", Taken([1_714, 916, 483], ["UTF-8", "tab", "line 1"],
        &[(VARIATION, 351), (REPEATED, 149), ("without answer", 220), (LABELS, 57), ("without text", 19), (LOOSELY, 2)])),
    ("real/s08_questions_b.txt", Taken([1_715, 916, 483], ["UTF-8", "tab", "line 1"],
        &[(VARIATION, 351), (REPEATED, 149), ("without answer", 221), (LABELS, 57), ("without text", 19), (LOOSELY, 2)])),
    ("real/sentiment_noheader.tsv", Taken([2_001, 2_001, 2], ["UTF-8", "tab", "none"], &[])),
    ("real/spam_empty_headers.csv", Taken([5_572, 5_157, 2], ["UTF-8", "`,`", "line 1"], &[(REPEATED, 414), (LOOSELY, 1)])),
    ("real/spam_v1v2.csv", Taken([5_572, 5_157, 2], ["UTF-8", "`,`", "line 1"], &[(REPEATED, 414), (LOOSELY, 1)])),
    ("real/trec_latin1.txt", Taken([5_452, 5_380, 50], ["Latin-1", "first blank", "none"],
        &[(REPEATED, 70), (LOOSELY, 1), (LABELS, 1)])),
    ("made/cust_bad_utf8.csv", Taken([300, 300, 29], ["Latin-1", "`,`", "line 1"], &[])),
    ("made/cust_cr_only.csv", Taken([300, 300, 27], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/cust_duplicates_conflicts.csv", Taken([480, 300, 27], ["UTF-8", "`,`", "line 1"],
        &[(REPEATED, 100), (LOOSELY, 50), (LABELS, 30)])),
    ("made/cust_headers_other.csv", Taken([300, 300, 27], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/cust_intent_names.csv", Taken([300, 300, 137], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/cust_label_first_sep.csv", Taken([300, 300, 27], ["UTF-8", "`;`", "line 2"], &[])),
    ("made/cust_missing.csv", Taken([300, 270, 27], ["UTF-8", "`,`", "line 1"], &[("without intent", 16), ("without text", 14)])),
    ("made/cust_noheader.csv", Taken([300, 300, 27], ["UTF-8", "`,`", "none"], &[])),
    ("made/cust_nul.csv", Taken([300, 300, 27], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/cust_ragged.csv", Taken([298, 295, 27], ["UTF-8", "`,`", "line 1"],
        &[("blank", 2), ("with too many cells", 1), ("without intent", 1), ("without text", 1)])),
    ("made/cust_text_hostile.csv", Taken([300, 300, 27], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/cust_unterminated_quote.csv", Refused("csv::open-quote", 151)),
    ("made/cust_utf16be_bom_tab.csv", Taken([300, 300, 27], [BE, "tab", "line 1"], &[])),
    ("made/cust_utf16le_bom.csv", Taken([300, 300, 27], [LE, "`,`", "line 1"], &[])),
    ("made/empty.csv", Refused("csv::empty", 1)),
    ("made/es_latin1_semicolon.csv", Taken([300, 285, 6], ["Latin-1", "`;`", "line 1"], &[(REPEATED, 15)])),
    ("made/fr_cp1252_semicolon.csv", Taken([361, 338, 336], ["Windows-1252", "`;`", "line 1"], &[("without answer", 23)])),
    ("made/header_only.csv", Refused("csv::no-rows", 1)),
    ("made/long_field.csv", Taken([51, 50, 23], ["UTF-8", "`,`", "line 1"], &[("too long", 1)])),
    ("made/one_example_each.csv", Taken([50, 50, 50], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/one_intent.csv", Taken([50, 50, 1], ["UTF-8", "`,`", "line 1"], &[])),
    ("made/th_utf8_bom_pipe.csv", Taken([300, 269, 6], ["UTF-8 with BOM", "`|`", "line 1"], &[(REPEATED, 31)])),
];

#[test]
fn every_awkward_table_is_converted_or_refused_as_expected() {
    let Some(root) = data("csv") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in FILES {
        let to = folder.path().join(name);
        match (convert(&root.join(name), &to, &[]), expected) {
            (Ok(report), Taken([rows, examples, intents], [encoding, delimiter, header], left)) => {
                let read = &report["read"][0];
                let found = |key: &str| read[key]["value"].as_str().unwrap().to_owned();
                assert_eq!(read["rows"], *rows, "{name}: rows");
                assert_eq!(report["examples"], *examples, "{name}: examples");
                assert_eq!(
                    report["intents"].as_object().unwrap().len(),
                    *intents,
                    "{name}: intents"
                );
                assert_eq!(
                    [found("encoding"), found("delimiter"), found("header")],
                    [*encoding, *delimiter, *header],
                    "{name}"
                );
                let reasons: BTreeMap<String, usize> =
                    serde_json::from_value(report["left_out"]["reasons"].clone()).unwrap();
                let left: BTreeMap<String, usize> = left
                    .iter()
                    .map(|(why, n)| ((*why).to_owned(), *n))
                    .collect();
                assert_eq!(reasons, left, "{name}: left out");
                let total: usize = left.values().sum();
                let blank = left.get("blank").copied().unwrap_or_default();
                assert_eq!(rows + blank, examples + total, "{name}: a row was lost");
                check_project(&to, *examples, total, name);
            }
            (Err((code, message)), Refused(expected, line)) => {
                assert_eq!(code, 1, "{name}");
                assert!(message.contains(expected), "{name}: {message}");
                assert!(
                    message.contains(&format!("{name}:{line}:")),
                    "{name}: {message}"
                );
                assert!(message.contains("help:"), "{name}: {message}");
                assert!(!to.exists(), "{name}: something was written");
            }
            (Ok(report), Refused(..)) => panic!("{name} was taken: {report}"),
            (Err((_, message)), Taken(..)) => panic!("{name} was refused: {message}"),
        }
    }
    let listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    for part in ["real", "made"] {
        for entry in fs::read_dir(root.join(part)).unwrap() {
            let name = format!("{part}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(
                listed.contains(&name.as_str()),
                "`{name}` is not in the table"
            );
        }
    }
}

/// Loads what was written and compares it with what was told.
fn check_project(folder: &Path, examples: usize, left: usize, name: &str) {
    let assistant = load(folder);
    assert_eq!(
        assistant.training.examples.len(),
        examples,
        "{name}: examples read back"
    );
    for intent in &assistant.domain.intents {
        let response = format!("utter_{}", intent.name);
        assert!(
            assistant.domain.response(&response).is_some(),
            "{name}: no {response}"
        );
    }
    assert_eq!(
        assistant.stories.len(),
        assistant.domain.intents.len() + 1,
        "{name}: rules"
    );
    let list = folder.join("left-out.csv");
    let rows = if list.exists() {
        csv::Reader::from_path(list).unwrap().records().count()
    } else {
        0
    };
    assert_eq!(rows, left, "{name}: rows in left-out.csv");
    let validated = run(&["validate", "--project", folder.to_str().unwrap()]);
    assert!(validated.status.success(), "{name} is not valid");
}

#[test]
fn hostile_texts_are_read_back_exactly() {
    let Some(file) = data("csv/made/cust_text_hostile.csv") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    convert(&file, folder.path(), &[]).unwrap();
    let mut wanted: Vec<(String, String)> = csv::Reader::from_path(file)
        .unwrap()
        .records()
        .map(|row| row.unwrap())
        .map(|row| {
            (
                row[0].trim_matches([' ', '\n', '\r']).to_owned(),
                row[1].to_owned(),
            )
        })
        .collect();
    let mut found: Vec<(String, String)> = load(folder.path())
        .training
        .examples
        .into_iter()
        .inspect(|example| assert!(example.entities.is_empty(), "{}", example.text))
        .map(|example| (example.text, example.intent))
        .collect();
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
}

#[test]
fn every_training_set_and_faq_converts_without_flags() {
    let Some(root) = data("intents") else {
        return;
    };
    let Ok(entries) = fs::read_dir(&root) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for entry in entries {
        let set = entry.unwrap();
        for file in ["train.csv", "faq.csv"] {
            let path = set.path().join(file);
            if !path.exists() {
                continue;
            }
            let to = folder.path().join(set.file_name());
            let report = convert(&path, &to, &["--holdout", "0.2"])
                .unwrap_or_else(|(_, message)| panic!("{message}"));
            let rows = report["read"][0]["rows"].as_u64().unwrap();
            let kept = report["examples"].as_u64().unwrap() + report["held_out"].as_u64().unwrap();
            assert_eq!(
                rows,
                kept + report["left_out"]["rows"].as_u64().unwrap(),
                "{}",
                path.display()
            );
            let assistant = load(&to);
            assert_eq!(
                assistant.training.examples.len() as u64,
                report["examples"].as_u64().unwrap()
            );
            if file == "train.csv" {
                assert!(report["held_out"].as_u64().unwrap() > 0);
            }
        }
    }
}

#[test]
fn the_seed_set_needs_no_flags_and_holds_out_a_share_of_each_intent() {
    let Some(file) = data("intents/customer/raw_Customer_data.csv") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let report = convert(&file, folder.path(), &["--holdout", "0.2"]).unwrap();
    assert_eq!(report["intents"].as_object().unwrap().len(), 27);
    assert_eq!(
        report["examples"].as_u64().unwrap() + report["held_out"].as_u64().unwrap(),
        8_169
    );
    let tests = fs::read_to_string(folder.path().join("tests/nlu.yml")).unwrap();
    let again = tempfile::tempdir().unwrap();
    convert(&file, again.path(), &["--holdout", "0.2"]).unwrap();
    assert_eq!(
        tests,
        fs::read_to_string(again.path().join("tests/nlu.yml")).unwrap()
    );
    let other = tempfile::tempdir().unwrap();
    convert(&file, other.path(), &["--holdout", "0.2", "--seed", "7"]).unwrap();
    assert_ne!(
        tests,
        fs::read_to_string(other.path().join("tests/nlu.yml")).unwrap()
    );
}

#[test]
fn answers_without_intents_make_an_faq_bot_and_say_why_nothing_is_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faq.csv");
    write(
        &file,
        "user_input,bot_response\nWhere is my order?,Look into your account.\nWhere's my parcel,Look into your account.\nHi there,\"Hello: {name}!\"\n",
    );
    let to = folder.path().join("bot");
    let report = convert(&file, &to, &["--holdout", "0.2"]).unwrap();
    assert_eq!(report["held_out"], 0);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("csv::no-holdout"), "{warnings}");
    let assistant = load(&to);
    let names: Vec<&str> = assistant
        .domain
        .intents
        .iter()
        .map(|intent| intent.name.as_str())
        .collect();
    assert_eq!(names, ["where_is_my_order", "hi_there"]);
    let text = assistant
        .domain
        .response("utter_hi_there")
        .unwrap()
        .variations[0]
        .text
        .clone();
    assert_eq!(text.as_deref(), Some("Hello: {name}!"));
    assert!(!to.join("tests").exists());
}

#[test]
fn conflicts_follow_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.csv");
    write(
        &file,
        "text,intent\ngood afternoon,greet\nsee you,goodbye\ngood afternoon,goodbye\ngood afternoon,goodbye\nhello,greet\n",
    );
    for (how, examples) in [("majority", 3), ("first", 3), ("drop", 2)] {
        let report = convert(&file, &folder.path().join(how), &["--on-conflict", how]).unwrap();
        assert_eq!(report["examples"], examples, "{how}");
    }
    let intent = |how: &str| {
        let examples = load(&folder.path().join(how)).training.examples;
        examples
            .into_iter()
            .find(|example| example.text == "good afternoon")
            .map(|example| example.intent)
    };
    assert_eq!(intent("majority").as_deref(), Some("goodbye"));
    assert_eq!(intent("first").as_deref(), Some("greet"));
    let to = folder.path().join("error");
    let (code, message) = convert(&file, &to, &["--on-conflict", "error"]).unwrap_err();
    assert_eq!(code, 1);
    for part in [
        "csv::conflicting-label",
        "data.csv:2:1",
        "`greet`, first seen here",
        "`goodbye` here",
        "nothing was written",
    ] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    assert!(!to.exists());
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.csv");
    write(&file, "text,intent\nhello you,greet\n,greet\nsee you,bye\n");
    let to = folder.path().join("bot");
    let report = convert(&file, &to, &["--dry-run"]).unwrap();
    assert_eq!(report["files"].as_array().unwrap().len(), 5);
    assert!(!to.exists());
}

#[test]
fn files_in_the_way_stay_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.csv");
    write(&file, "text,intent\nhello you,greet\nsee you,bye\n");
    let to = folder.path().join("bot");
    write(&to.join("data/nlu.yml"), "nlu: []\n");
    write(&to.join("config.yml"), "language: fr # mine\n");
    let (code, message) = convert(&file, &to, &[]).unwrap_err();
    assert_eq!(code, 2);
    assert!(
        message.contains("data/nlu.yml") && message.contains("--force"),
        "{message}"
    );
    assert!(!to.join("domain.yml").exists());
    convert(&file, &to, &["--force"]).unwrap();
    assert_eq!(load(&to).training.examples.len(), 2);
    assert_eq!(
        fs::read_to_string(to.join("config.yml")).unwrap(),
        "language: fr # mine\n"
    );
}

const DOMAIN: &str = "# my bot\nversion: \"3.1\"\nintents:\n  - greet # hello\n  - thank\n\nresponses:\n  utter_greet:\n  - text: Hello you!   # mine\n";
const NLU: &str = "version: \"3.1\"\nnlu:\n# greetings\n- intent: greet\n  examples: |\n    - hi\n    - hello\n- intent: thank\n  examples: |\n    - thanks\n";
const RULES: &str =
    "rules:\n- rule: greet back\n  steps:\n  - intent: greet\n  - action: utter_greet\n";

#[test]
fn a_project_is_added_to_and_its_lines_stay() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("bot");
    write(&to.join("domain.yml"), DOMAIN);
    write(&to.join("data/nlu.yml"), NLU);
    write(&to.join("data/rules.yml"), RULES);
    let file = folder.path().join("data.csv");
    write(
        &file,
        "text,intent,response\nhello,greet,Hi.\ngood day,greet,Hi.\nthanks,bye,Bye.\nsee you,bye,Bye.\n\"- a: [x](y)\",greet,\n",
    );
    let report = convert(&file, &to, &[]).unwrap();
    assert_eq!(
        fs::read_to_string(to.join("data/nlu.yml")).unwrap(),
        "version: \"3.1\"\nnlu:\n# greetings\n- intent: greet\n  examples: |\n    - hi\n    - hello\n    - good day\n    - - a: [[][]x](y)\n- intent: thank\n  examples: |\n    - thanks\n- intent: bye\n  examples: |\n    - see you\n"
    );
    assert_eq!(
        fs::read_to_string(to.join("domain.yml")).unwrap(),
        "# my bot\nversion: \"3.1\"\nintents:\n  - greet # hello\n  - thank\n  - bye\n\nresponses:\n  utter_greet:\n  - text: Hello you!   # mine\n  utter_bye:\n  - text: Bye.\n  utter_please_rephrase:\n  - text: Sorry, I did not understand that. Could you say it in other words?\n"
    );
    let rules = fs::read_to_string(to.join("data/rules.yml")).unwrap();
    assert!(
        rules.starts_with(RULES)
            && rules.contains("- rule: answer bye\n")
            && !rules.contains("answer greet")
    );
    assert_eq!(report["left_out"]["reasons"]["already in the project"], 1);
    assert_eq!(
        report["left_out"]["reasons"]["in the project with another intent"],
        1
    );
    load(&to);
    // Once more: there is nothing left to add.
    let report = convert(&file, &to, &[]).unwrap();
    assert_eq!(report["examples"], 0);
    for change in report["files"].as_array().unwrap() {
        let file = change["file"].as_str().unwrap();
        assert!(
            change["status"] == "unchanged" || file.contains("left-out"),
            "{change}"
        );
    }
}

#[test]
fn a_list_in_brackets_is_refused_with_the_lines_to_paste() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("bot");
    write(&to.join("domain.yml"), "intents: [greet]\n");
    write(&to.join("data/nlu.yml"), NLU);
    let file = folder.path().join("data.csv");
    write(&file, "text,intent\ngood day,greet\nsee you,bye\n");
    let (code, message) = convert(&file, &to, &[]).unwrap_err();
    assert_eq!(code, 1);
    assert!(
        message.contains("one item to a line") && message.contains("- bye"),
        "{message}"
    );
    assert_eq!(fs::read_to_string(to.join("data/nlu.yml")).unwrap(), NLU);
}

#[test]
fn one_file_with_everything_is_added_to_once() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("bot");
    let all = format!(
        "{NLU}\n{RULES}\n{}",
        DOMAIN.replace("version: \"3.1\"\n", "")
    );
    write(&to.join("data/rules.yml"), &all);
    write(&to.join("config.yml"), "recipe: default.v1\nlanguage: en\n");
    write(
        &to.join("domain.yml"),
        "version: \"3.1\"\nintents: # none yet\n",
    );
    let file = folder.path().join("data.csv");
    write(&file, "text,intent\ngood day,greet\nsee you,bye\n");
    convert(&file, &to, &[]).unwrap();
    let text = fs::read_to_string(to.join("data/rules.yml")).unwrap();
    assert!(
        text.contains("    - hello\n    - good day\n- intent: thank"),
        "{text}"
    );
    assert!(text.contains("- rule: answer bye"), "{text}");
    assert_eq!(load(&to).training.examples.len(), 5);
}

#[test]
fn what_is_tested_with_never_becomes_training_data() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("bot");
    let file = folder.path().join("data.csv");
    let rows = |word: &str| {
        (0..10)
            .map(|i| format!("{word} number {i} please,{word}\n"))
            .collect::<Vec<_>>()
            .concat()
    };
    write(
        &file,
        &format!("text,intent\n{}{}", rows("order"), rows("cancel")),
    );
    let first = convert(&file, &to, &["--holdout", "0.2"]).unwrap();
    assert_eq!(
        (&first["examples"], &first["held_out"]),
        (&16.into(), &4.into())
    );
    let held_out = fs::read_to_string(to.join("tests/nlu.yml")).unwrap();
    write(
        &file,
        &format!(
            "text,intent\n{}{}",
            rows("ORDER").replace(",ORDER", ",order"),
            rows("track")
        ),
    );
    let second = convert(&file, &to, &["--holdout", "0.2"]).unwrap();
    assert_eq!(
        (&second["examples"], &second["held_out"]),
        (&8.into(), &2.into())
    );
    assert!(
        fs::read_to_string(to.join("tests/nlu.yml"))
            .unwrap()
            .starts_with(&held_out)
    );
    assert_eq!(load(&to).training.examples.len(), 24);
}

#[test]
fn small_intents_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.csv");
    write(
        &file,
        "text,intent\nhello you,greet\nhi there,greet\nsee you,bye\n",
    );
    let report = convert(&file, &folder.path().join("bot"), &["--min-examples", "2"]).unwrap();
    assert_eq!(report["intents"], serde_json::json!({"greet": 2}));
    assert_eq!(
        report["left_out"]["reasons"]["of intents with too few examples"],
        1
    );
    let (code, message) =
        convert(&file, &folder.path().join("c"), &["--min-examples", "3"]).unwrap_err();
    assert!(code == 1 && message.contains("no row of"), "{message}");
}

#[test]
fn many_equal_rows_take_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.csv");
    let rows = "good day,greet\nsee you,bye\ngood day,bye\n".repeat(30_000);
    write(&file, &format!("text,intent\n{rows}"));
    let start = std::time::Instant::now();
    let report = convert(&file, &folder.path().join("bot"), &[]).unwrap();
    assert_eq!(report["left_out"]["rows"], 89_998);
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn columns_and_form_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.txt");
    write(&file, "x~y~z\none two three~a~q\nfour five~b~r\n");
    let report = convert(
        &file,
        &folder.path().join("bot"),
        &[
            "--delimiter",
            "~",
            "--text",
            "1",
            "--intent",
            "Z",
            "--encoding",
            "latin1",
            "--header",
        ],
    )
    .unwrap();
    assert_eq!(report["intents"], serde_json::json!({"q": 1, "r": 1}));
    let (code, message) = convert(
        &file,
        &folder.path().join("c"),
        &["--delimiter", "~", "--text", "w", "--header"],
    )
    .unwrap_err();
    assert_eq!(code, 2);
    assert!(
        message.contains("csv::unknown-column") && message.contains("2 `y`"),
        "{message}"
    );
    for flags in [
        ["--encoding", "klingon"],
        ["--delimiter", "ab"],
        ["--holdout", "2"],
    ] {
        assert_eq!(
            convert(&file, &folder.path().join("c"), &flags)
                .unwrap_err()
                .0,
            2,
            "{flags:?}"
        );
    }
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("bot");
    let (code, message) = convert(&folder.path().join("no.csv"), &to, &[]).unwrap_err();
    assert!(
        code == 2 && message.contains("there is no file"),
        "{message}"
    );
    let (code, message) = convert(folder.path(), &to, &[]).unwrap_err();
    assert!(
        code == 2 && message.contains("there is no training data in"),
        "{message}"
    );
    let file = folder.path().join("data.csv");
    write(&file, "text,intent\nhello you,greet\nsee you,bye\n");
    let (code, message) = convert(&file, &file, &[]).unwrap_err();
    assert!(code == 2 && message.contains("is a file"), "{message}");
}

#[test]
fn entities_are_marked_and_counted() {
    let Some(file) = data("csv/real/hwu_semicolon_alarm_set.csv") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let report = convert(&file, folder.path(), &[]).unwrap();
    assert_eq!(report["entities"][0], "time");
    let assistant = load(folder.path());
    let first = &assistant.training.examples[0];
    assert_eq!(
        (first.text.as_str(), first.intent.as_str()),
        ("set an alarm for nine am", "alarm_set")
    );
    assert_eq!(first.entities[0].span.of(&first.text), "nine am");
    let config = fs::read_to_string(folder.path().join("config.yml")).unwrap();
    assert!(config.contains("RegexEntityExtractor"), "{config}");
}
