//! Every shared project loads as Rasa's own loader loaded it: the same counts, and errors where it had errors.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};

use crate::common::{Project, RunWith, bot, shared, skip};

/// Projects that Rasa 3.6 loads otherwise, each with the reason. None of them is a 3.x project that Rasa loads without
/// an error.
const DIFFERENT: &[(&str, &str)] = &[
    ("Ailln__rasa-guotie", READ_AS_3_1),
    ("Dustyposa__rasa_ch_faq", READ_AS_3_1),
    ("RasaHQ__breakoutbot", READ_AS_3_1),
    ("RasaHQ__carbon-bot", READ_AS_3_1),
    ("RasaHQ__pokedex-demo", READ_AS_3_1),
    ("RasaHQ__rasa-masterclass__episode6", READ_AS_3_1),
    ("RasaHQ__rasa-masterclass__episode8", READ_AS_3_1),
    ("RasaHQ__rasa__1.10_examples_concertbot", READ_AS_3_1),
    ("RasaHQ__rasa__1.10_examples_formbot", READ_AS_3_1),
    ("RasaHQ__rasa__1.10_examples_knowledgebasebot", READ_AS_3_1),
    ("RasaHQ__rasa__1.10_examples_restaurantbot", READ_AS_3_1),
    ("RasaHQ__rasa__2.3_examples_formbot", READ_AS_3_1),
    ("RasaHQ__tutorial-knowledge-base", READ_AS_3_1),
    ("RasaHQ__workshop-adv-actions__assistant", READ_AS_3_1),
    ("federicotdn__scry-bot", READ_AS_3_1),
    ("profbrunocoutinho__ifes.talk", READ_AS_3_1),
    (
        "RasaHQ__rasa__1.10_examples_moodbot",
        "all data is Markdown, which Rasa 3 passes over in silence; we say that there is nothing to learn from",
    ),
    (
        "dialoguemd-archives__covidfaq__covidfaq",
        "all data is Markdown, which Rasa 3 passes over in silence; we say that there is nothing to learn from",
    ),
    (
        "RasaHQ__rasa__1.10_examples_reminderbot",
        "`templates:` of Rasa 1 is passed over in silence by Rasa 3; we read it as `responses:`",
    ),
    (
        "nghuyong__rasa-faq-bot",
        "`templates:` of Rasa 1 is passed over in silence by Rasa 3; we read it as `responses:`",
    ),
];

const READ_AS_3_1: &str = "a domain of Rasa 1 or 2, which Rasa 3 refuses (slots without `mappings`, slots inside forms); we read it as 3.1";

fn different(name: &str) -> bool {
    DIFFERENT.iter().any(|(known, _)| *known == name)
}

/// Returns what `bot validate --format json` says of a project, with the places that Rasa was given.
fn validate(folder: &Path, with: &RunWith) -> Value {
    let mut command = bot();
    command.arg("--project").arg(folder);
    command.args(["validate", "--format", "json"]);
    for (flag, paths) in [
        ("--domain", &with.domain),
        ("--data", &with.data),
        ("--config", &with.config),
    ] {
        for path in paths {
            command.arg(flag).arg(path);
        }
    }
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: {}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// Returns the differences between our counts and what Rasa's loader returned; sections where it failed are left out.
fn differences(counts: &Value, rasa: &Value, with: &RunWith) -> Vec<String> {
    let mut pairs: Vec<(String, Value, Value)> = Vec::new();
    let mut pair = |name: &str, ours: &Value, theirs: &Value| {
        pairs.push((name.to_owned(), ours.clone(), theirs.clone()));
    };
    let fine = |section: &str| rasa[section]["error"].is_null() && rasa[section].is_object();
    if fine("domain") && !with.domain.is_empty() {
        for name in ["intents", "entities", "slots", "forms", "responses"] {
            pair(name, &counts[name], &rasa["domain"][name]);
        }
    }
    if fine("nlu") {
        let nlu = &rasa["nlu"];
        pair("nlu_intents", &counts["nlu_intents"], &nlu["intents"]);
        pair("examples", &counts["examples"], &nlu["intent_examples"]);
        for name in [
            "annotations",
            "synonyms",
            "regex",
            "lookup_tables",
            "lookup_entries",
        ] {
            pair(name, &counts[name], &nlu[name]);
        }
    }
    if fine("stories") {
        let stories = &rasa["stories"];
        pair("stories", &counts["stories"], &stories["story_blocks"]);
        pair("rules", &counts["rules"], &stories["rules"]);
        pair("story_steps", &counts["story_steps"], &stories["steps"]);
        for event in ["ActionExecuted", "UserUttered", "ActiveLoop", "SlotSet"] {
            let theirs = stories["events"].get(event).cloned().unwrap_or(json!(0));
            pair(event, &counts["events"][event], &theirs);
        }
    }
    if fine("tests") && !with.tests.is_empty() {
        let theirs = &rasa["tests"]["test_steps"];
        pair("test_stories", &counts["test_stories"], theirs);
    }
    pairs
        .into_iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(name, ours, theirs)| format!("{name} {ours}, Rasa {theirs}"))
        .collect()
}

#[test]
fn every_project_loads_as_in_rasa() {
    let Some(shared) = shared() else { return };
    let mut wrong = String::new();
    let mut same = 0;
    let mut folders: Vec<_> = fs::read_dir(shared.join("data/projects"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("rasa_load.json").is_file())
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let with = RunWith::of(&folder);
        let rasa: Value =
            serde_json::from_slice(&fs::read(folder.join("rasa_load.json")).unwrap()).unwrap();
        let report = validate(&folder, &with);
        let mut found = differences(&report["counts"], &rasa, &with);
        let failed = |section: &Value| section.get("error").is_some_and(|error| !error.is_null());
        let theirs = rasa.as_object().unwrap().values().any(failed);
        let errors: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["severity"] == "error")
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        if theirs == errors.is_empty() {
            found.push(format!(
                "errors {errors:?}, Rasa {}",
                if theirs { "some" } else { "none" }
            ));
        }
        if found.is_empty() {
            same += 1;
        } else if with.era == "3.x" && !theirs || !different(&name) {
            writeln!(wrong, "{name} ({}): {}", with.era, found.join("; ")).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    if same == 0 {
        skip("there are no projects in the shared folder");
    }
}

/// Rasa's own fixtures that load otherwise, each with the reason.
const OTHERWISE: &[(&str, &str)] = &[
    ("test_domains/form.yml", READ_AS_3_1),
    ("test_domains/people_form.yml", READ_AS_3_1),
    ("test_domains/query_form.yml", READ_AS_3_1),
    (
        "test_mixed_yaml_training_data/training_data.yml",
        "a rule under `stories:` is an error of the whole file here, in Rasa of its stories alone",
    ),
    (
        "test_yaml_stories/stories_with_cycle.yml",
        "a `slot_was_set` without a value makes Rasa stop with a `KeyError`",
    ),
];

#[test]
fn each_fixture_of_rasa_loads_as_in_rasa() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/projects/RasaHQ__rasa__data_fixtures");
    let Ok(recorded) = fs::read(folder.join("rasa_load_files.json")) else {
        return skip("Rasa's fixtures are not in the shared folder");
    };
    let recorded: Value = serde_json::from_slice(&recorded).unwrap();
    let project = Project::of(&[("domain.yml", "version: \"3.1\"\n"), ("data/none.yml", "")]);
    let (mut wrong, mut same) = (String::new(), 0);
    for (name, file) in recorded.as_object().unwrap() {
        let path = folder.join(name);
        if OTHERWISE.iter().any(|(known, _)| known == name) || !path.is_file() {
            continue;
        }
        if path.extension().is_none_or(|end| end != "yml") {
            continue;
        }
        for section in ["nlu", "domain", "stories"] {
            let Some(rasa) = file.get(section) else {
                continue;
            };
            let flag = if section == "domain" {
                "--domain"
            } else {
                "--data"
            };
            let path = path.to_str().unwrap();
            let report = project
                .run(&["validate", "--format", "json", flag, path])
                .json();
            // A file by itself lacks the examples, and the names that others declare.
            let errors: Vec<&str> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["severity"] == "error")
                .map(|finding| finding["code"].as_str().unwrap())
                .filter(|code| *code != "nlu::nothing-to-learn")
                .collect();
            let own = errors.iter().any(|code| !code.starts_with("check::"));
            if rasa.get("error").is_some() {
                if errors.is_empty() {
                    writeln!(wrong, "{name} ({section}): no error, Rasa {rasa}").unwrap();
                }
                continue;
            }
            let pairs: &[(&str, &str)] = match section {
                "nlu" => &[
                    ("examples", "examples"),
                    ("nlu_intents", "intents"),
                    ("annotations", "annotations"),
                    ("synonyms", "synonyms"),
                    ("regex", "regex"),
                    ("lookup_tables", "lookups"),
                ],
                "domain" => &[
                    ("intents", "intents"),
                    ("entities", "entities"),
                    ("slots", "slots"),
                    ("forms", "forms"),
                    ("responses", "responses"),
                ],
                _ => &[("story_steps", "steps")],
            };
            for (ours, theirs) in pairs {
                let size = |value: &Value| {
                    let list = value.as_array().map(Vec::len);
                    let map = value.as_object().map(serde_json::Map::len);
                    list.or(map).map_or(value.as_u64(), |n| Some(n as u64))
                };
                let (ours_n, theirs_n) = (size(&report["counts"][ours]), size(&rasa[theirs]));
                if ours_n != theirs_n {
                    writeln!(wrong, "{name}: {ours} {ours_n:?}, Rasa {theirs_n:?}").unwrap();
                }
            }
            if own && section != "stories" {
                writeln!(wrong, "{name} ({section}): {errors:?}, Rasa none").unwrap();
            }
            same += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(same > 100, "only {same} files were compared");
}
