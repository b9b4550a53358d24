//! One file for each mistake, with the complaint it must give in its first line; and files that must give none.
//!
//! `tests/invalid/KIND_WHAT.yml` begins with `# expect: CODE @ LINE: MESSAGE`, where the line counts from the file's
//! own first. KIND says where in a small sound project the file goes. A table (`csv_*`) has the complaint in a file of
//! the same name with `.expect` behind it, since a table has no comments; flags for `bot convert` may follow in its
//! second line. A mistake is told once: the file must give just this one finding.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::common::{Project, Run};

const CONFIG: &str = "\
pipeline:
- name: WhitespaceTokenizer
- name: TfidfFeaturizer
- name: LinearSvmClassifier
- name: RegexEntityExtractor
policies:
- name: MemoizationPolicy
- name: RulePolicy
";

const DOMAIN: &str = "\
intents: [greet, goodbye, order, thanks]
entities: [city]
slots:
  city:
    type: text
    mappings:
    - type: from_entity
      entity: city
responses:
  utter_greet:
  - text: hello
  utter_goodbye:
  - text: bye
";

const NLU: &str = "\
nlu:
- intent: greet
  examples: |
    - hello there
    - good morning
- intent: goodbye
  examples: |
    - see you
    - good bye
- intent: order
  examples: |
    - a pizza to [Oslo](city)
    - one pizza
";

const RULES: &str = "\
rules:
- rule: say hello
  steps:
  - intent: greet
  - action: utter_greet
";

/// Returns a small project without a mistake.
fn sound() -> Project {
    Project::of(&[
        ("config.yml", CONFIG),
        ("domain.yml", DOMAIN),
        ("data/nlu.yml", NLU),
        ("data/rules.yml", RULES),
    ])
}

/// Returns where a file of this name goes in the project; what it replaces stands there already.
fn place(name: &str) -> &'static str {
    match name.split('_').next().unwrap() {
        "config" => "config.yml",
        "domain" => "domain.yml",
        "nlu" => "data/more_nlu.yml",
        "rules" => "data/rules.yml",
        "stories" => "data/stories.yml",
        "tests" => "tests/test_stories.yml",
        "csv" => "table.csv",
        "actions" => "actions.yml",
        other => panic!("`{other}` in `{name}` names no place"),
    }
}

/// A complaint: code, line (with its file in front where that is another one), message.
type Complaint = (String, String, String);

fn expectation(line: &str, file: &str) -> Complaint {
    let parts = line.strip_prefix("# expect: ").and_then(|rest| {
        let (code, rest) = rest.split_once(" @ ")?;
        let (line, message) = rest.split_once(": ")?;
        Some((code.to_owned(), line.to_owned(), message.to_owned()))
    });
    parts.unwrap_or_else(|| {
        panic!("{file} does not begin with `# expect: CODE @ LINE: MESSAGE`: {line}")
    })
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "expect"))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn complaints(findings: &Value, file: &str) -> Vec<Complaint> {
    findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            let place = &finding["places"][0];
            assert!(
                finding["help"]
                    .as_str()
                    .is_some_and(|help| !help.is_empty()),
                "no help: {finding}"
            );
            let line = place["line"].as_u64().unwrap_or_default();
            let line = match place["file"].as_str() {
                Some(other) if other != file => format!("{other}:{line}"),
                _ => line.to_string(),
            };
            (text("code"), line, text("message"))
        })
        .collect()
}

/// Reads `table.csv:3:1: error[csv::empty]: message` lines, without column.
fn concise(run: &Run) -> Vec<Complaint> {
    run.stderr
        .lines()
        .filter_map(|line| {
            let (head, message) = line.split_once("]: ")?;
            let (place, code) = head.split_once('[')?;
            let line = place
                .split(':')
                .nth(1)
                .filter(|line| !line.trim().is_empty());
            Some((
                code.to_owned(),
                line.unwrap_or("0").to_owned(),
                message.to_owned(),
            ))
        })
        .collect()
}

/// Returns the complaints about a file and whether the command failed.
fn complaints_about(path: &Path, flags: &[&str]) -> (Vec<Complaint>, i32) {
    let (name, bytes) = (name(path), fs::read(path).unwrap());
    let project = sound();
    let place = place(&name);
    project.write(place, &bytes);
    if place == "actions.yml" {
        project.write("domain.yml", format!("{DOMAIN}actions: [action_find]\n"));
        let rule = "- rule: order\n  steps:\n  - intent: order\n  - action: action_find\n";
        project.write("data/rules.yml", format!("{RULES}{rule}"));
    }
    if place == "table.csv" {
        let to = ["convert", "table.csv", "--to", "new", "--format", "concise"];
        let run = project.run(&[&to, flags].concat());
        if run.code > 0 {
            return (concise(&run), run.code);
        }
        // Warnings are told in full only.
        let run = project.run(&[&to[..4], flags, &["--dry-run", "--json", "--force"]].concat());
        return (complaints(&run.json()["warnings"], place), run.code);
    }
    let run = project.run(&["validate", "--format", "json"]);
    let found = complaints(&run.json()["findings"], place);
    let told = |(code, ..): &Complaint| !CONSEQUENCES.contains(&code.as_str());
    if place == "config.yml" && !found.iter().any(told) {
        // The values of options are looked at by those who learn.
        let run = project.run(&["train", "--format", "concise"]);
        return (concise(&run), run.code);
    }
    (found, run.code)
}

/// What a file that takes the place of one of the sound project leaves unused or too small.
const CONSEQUENCES: &[&str] = &[
    "check::intent-without-examples",
    "check::unused-action",
    "check::unused-entity",
    "check::unused-form",
    "check::unused-response",
    "check::unused-slot",
    "config::no-extractor",
    "config::no-response-selector",
    "config::no-rule-policy",
    "config::unused-lookup",
    "config::unused-regex",
    "config::unused-synonyms",
    "dialogue::story-left-out",
    "form::no-question",
    "form::slot-never-filled",
    "nlu::few-annotations",
    "nlu::no-pattern",
    "story::never-followed",
];

#[test]
fn every_mistake_gives_just_the_complaint_in_its_first_line() {
    let mut wrong = String::new();
    let all = files("tests/invalid");
    for path in &all {
        let file = name(path);
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let aside = fs::read_to_string(path.with_extension("expect")).unwrap_or_default();
        let head = if file.starts_with("csv_") {
            &aside
        } else {
            &text
        };
        let expected = expectation(head.lines().next().unwrap(), &file);
        let flags: Vec<&str> = aside
            .lines()
            .nth(1)
            .unwrap_or_default()
            .split(' ')
            .collect();
        let flags: Vec<&str> = flags.into_iter().filter(|flag| !flag.is_empty()).collect();
        let (mut found, code) = complaints_about(path, &flags);
        found.retain(|(code, ..)| *code == expected.0 || !CONSEQUENCES.contains(&code.as_str()));
        if found != [expected.clone()] {
            writeln!(
                wrong,
                "{file}\n  expected {expected:?}\n  found    {found:?}"
            )
            .unwrap();
        }
        assert!(code < 3, "{file} ended with {code}");
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(all.len() >= 35, "{} mistakes", all.len());
}

#[test]
fn every_sound_file_gives_no_finding() {
    let all = files("tests/valid");
    assert!(all.len() >= 8);
    for path in all {
        let (mut found, code) = complaints_about(&path, &[]);
        found.retain(|(code, ..)| !CONSEQUENCES.contains(&code.as_str()));
        assert_eq!((found, code), (vec![], 0), "{}", name(&path));
    }
}

#[test]
fn the_sound_project_is_sound_and_trains() {
    let project = sound();
    let run = project.run(&["validate", "--format", "json"]).json();
    let mut found = complaints(&run["findings"], "");
    found.retain(|(code, ..)| !CONSEQUENCES.contains(&code.as_str()));
    assert_eq!(found, []);
    project.train(&[]);
}

/// Codes that files of a project or tables cannot give, each with the test that shows it.
const SHOWN_ELSEWHERE: &[&str] = &[
    // Commands and their arguments: tests/cli.
    "init::no-folder",
    "init::not-empty",
    "init::odd-folder",
    "init::unknown-template",
    "parse::nothing",
    "project::none",
    "project::not-a-project",
    "test::nothing",
    "test::action",
    "test::answer",
    "test::entity",
    "test::intent",
    "test::slot",
    "train::unknown-classifier",
    "file::missing",
    "file::is-a-folder",
    "file::not-a-folder",
    "file::unwritable",
    "console::unwritable",
    // A word of the command line, told by clap: tests/cli.
    "csv::bad-delimiter",
    // A selector with answers that nobody wrote: tests/cli/pipelines.rs.
    "nlu::no-answer",
    // Model files: tests/robustness.rs.
    "model::none",
    "model::not-ours",
    "model::damaged",
    "model::other-version",
    // Only where the outside fails in the middle of reading or writing, or on tables of gigabytes.
    "console::broken-pipe",
    "file::unreadable",
    "file::too-large",
    "parse::stdin",
    // saphyr-parser tells of aliases without an anchor first, as `yaml::syntax`.
    "yaml::unknown-alias",
    "shell::stdin",
    "shell::terminal",
    // Models, stories and messages that are not there: tests/mend.rs.
    "shell::compare",
    "shell::replay",
    "review::no-messages",
    // `bot format`: tests/format.rs.
    "format::left-alone",
    "format::version-quoted",
    // Projects that are added to: tests/convert.rs, tests/edit.rs and unit tests.
    "project::cannot-edit",
    "project::in-the-way",
    "csv::write",
    "csv::no-holdout",
    // Files of other formats: tests/formats.rs and the unit tests of yaml::json.
    "convert::mixed",
    "convert::no-examples",
    "foreign::assumed",
    "foreign::bad-json",
    "foreign::entities-overlap",
    "foreign::entity-outside",
    "foreign::entity-too-long",
    "foreign::form-in-code",
    "foreign::lookup-file",
    "foreign::missing-key",
    "foreign::no-examples-file",
    "foreign::no-intent",
    "foreign::not-mapped",
    "foreign::nothing",
    "foreign::outside-story",
    "foreign::skipped-line",
    "foreign::unknown-format",
    "foreign::unknown-key",
    "foreign::unknown-section",
    "json::syntax",
    "json::too-deep",
    "split::nothing",
    // Needs thousands of examples: unit tests of the kernel classifier.
    "config::too-many-examples",
    // Pipelines, folders of domain files and the template's tests: tests/validate.rs.
    "config::no-extractor",
    "config::no-response-selector",
    "config::no-rule-policy",
    "config::unused-lookup",
    "config::unused-regex",
    "config::unused-synonyms",
    "config::unknown-code",
    "credentials::unknown-channel",
    "explain::unknown-code",
    "migrate::in-the-way",
    "project::skipped-file",
    "domain::duplicate-across-files",
    "domain::no-domain-key",
    "endpoints::without-url",
    "nlu::few-annotations",
    "project::no-data",
    "test::untouched-template",
    // Baselines and comparisons: tests/cli/evaluate.rs.
    "test::bad-baseline",
    "test::cannot-compare",
    "test::no-baseline",
    "test::no-such-form",
    "test::one-document",
    "test::only-messages",
    "test::too-many-ways",
    "test::partial-baseline",
    "visualize::nothing",
    "visualize::unknown-form",
    // Folders of embeddings: tests/embed.rs and src/embedding/tests.rs, in a build with the feature `embed`.
    "config::embedding-not-used",
    "embed::already-static",
    "embed::bad-config",
    "embed::bad-tokenizer",
    "embed::cache-damaged",
    "embed::damaged",
    "embed::missing-data",
    "embed::missing-file",
    "embed::missing-tensor",
    "embed::no-folder",
    "embed::no-messages",
    "embed::not-built",
    "embed::other-folder",
    "embed::other-form",
    "embed::unsupported",
    "embed::wrong-shape",
    // Needs a system that refuses to watch.
    "test::cannot-watch",
    // Written over only with `--force`: tests/golden.rs.
    "file::exists",
    // A project without examples: tests/robustness.rs.
    "nlu::nothing-to-learn",
    "nlu::one-intent",
    // Needs examples of its own: src/nlu/classifiers/keyword.rs.
    "nlu::ambiguous-keyword",
];

#[test]
fn every_code_in_the_sources_has_a_file_or_a_test() {
    let mut codes = BTreeMap::new();
    let quoted = regex::Regex::new(r#""([a-z]+::[a-z0-9-]+)""#).unwrap();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            // What follows are unit tests, whose codes are made up.
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for found in quoted.captures_iter(text) {
                codes.insert(found[1].to_owned(), path.clone());
            }
        }
    }
    let shown: BTreeSet<String> = files("tests/invalid")
        .iter()
        .map(|path| {
            let aside = path.with_extension("expect");
            let from = if aside.exists() { &aside } else { path };
            let text = String::from_utf8_lossy(&fs::read(from).unwrap()).into_owned();
            expectation(text.lines().next().unwrap(), &name(path)).0
        })
        .collect();
    let missing: Vec<_> = codes
        .iter()
        .filter(|(code, _)| !shown.contains(*code) && !SHOWN_ELSEWHERE.contains(&code.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "no file in tests/invalid for {missing:#?}"
    );
    let pages = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes.md"));
    let pages = pages.unwrap();
    for code in codes.keys() {
        let head = format!("\n## {code}\n");
        assert!(
            pages.contains(&head),
            "docs/codes.md has no page of `{code}`"
        );
    }
    for code in shown
        .iter()
        .map(String::as_str)
        .chain(SHOWN_ELSEWHERE.iter().copied())
    {
        assert!(codes.contains_key(code), "no source says `{code}` any more");
    }
}

#[test]
fn mistakes_in_several_files_are_told_in_one_run_by_file_and_line() {
    let project = sound();
    project.write(
        "domain.yml",
        DOMAIN
            .replace("from_entity", "from_entitiy")
            .replace("type: text", "type: txt"),
    );
    project.write(
        "data/a.yml",
        "nlu:\n- intent: late\n  examples:\n  - hi\n- intnt: x\n",
    );
    project.write(
        "data/b.yml",
        "stories:\n- story: s\n  steps:\n  - actoin: x\n  - intent: gret\n",
    );
    project.write("config.yml", "pipeline:\n- nme: x\n");
    let run = project.run(&["validate", "--format", "json"]);
    assert_eq!(run.code, 1);
    let report = run.json();
    let places: Vec<(String, u64)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let place = &finding["places"][0];
            (
                place["file"].as_str().unwrap().to_owned(),
                place["line"].as_u64().unwrap(),
            )
        })
        .collect();
    let mut sorted = places.clone();
    let order = [
        "config.yml",
        "domain.yml",
        "data/a.yml",
        "data/b.yml",
        "data/nlu.yml",
    ];
    sorted.sort_by_key(|(file, line)| (order.iter().position(|name| name == file), *line));
    assert_eq!(places, sorted);
    let files: BTreeSet<&str> = places.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files.len(), 5, "{places:?}");
    assert!(places.len() >= 6, "{places:?}");
    let train = project.run(&["train"]);
    assert_eq!(train.code, 1);
    for (file, line) in places.iter().filter(|(file, _)| file != "data/nlu.yml") {
        assert!(
            train.stderr.contains(&format!("{file}:{line}:")),
            "{file}:{line} is not in {}",
            train.stderr
        );
    }
    assert!(train.stderr.ends_with("Not trained.\n"), "{}", train.stderr);
    assert_eq!(project.list("models"), Vec::<String>::new());
}

#[test]
fn concise_findings_are_sorted_and_one_line_each() {
    let project = sound();
    project.write(
        "data/z.yml",
        "stories:\n- story: s\n  steps:\n  - intent: gret\n  - action: utter_gret\n",
    );
    project.write("domain.yml", DOMAIN.replace("type: text", "type: txt"));
    let run = project.run(&["validate", "--format", "concise"]);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.shown(), @r"
    exit 1
    --- stderr
    domain.yml:5:11: error[domain::unknown-slot-type]: unknown slot type `txt`
    data/nlu.yml:12:18: warning[nlu::few-annotations]: the entity `city` is marked only once
    data/z.yml:4:13: warning[check::unknown-intent]: the domain has no intent `gret`
    data/z.yml:5:5: error[check::unknown-action]: the domain has no response `utter_gret`
    Checked 5 files: 2 errors, 2 warnings ([time])
    3 can be mended with `--fix`; `--diff` shows how
    ");
}

#[test]
fn what_is_declared_wrongly_is_told_once_though_it_is_used() {
    let project = sound();
    project.write(
        "domain.yml",
        DOMAIN
            .replace(
                "[greet, goodbye, order, thanks]",
                "\n- greet:\n- goodbye\n- order",
            )
            .replace("type: text", "type: txt")
            .replace("utter_goodbye:\n  - text: bye", "utter_goodbye: bye"),
    );
    project.write(
        "data/stories.yml",
        "stories:\n- story: s\n  steps:\n  - intent: goodbye\n  - slot_was_set:\n    - city: Oslo\n  - action: utter_goodbye\n",
    );
    let run = project.run(&["validate", "--json"]);
    let found = complaints(&run.json()["findings"], "domain.yml");
    let codes: Vec<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "domain::empty-body",
            "domain::unknown-slot-type",
            "project::wrong-kind",
            "nlu::few-annotations"
        ],
        "{found:?}"
    );
}

#[test]
fn a_domain_that_is_no_text_is_told_once() {
    let project = sound();
    project.write("domain.yml", b"intents: [gr\xfc\xdfen]\n");
    let run = project.run(&["validate", "--json"]);
    let found = complaints(&run.json()["findings"], "domain.yml");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "project::not-utf8");
}
