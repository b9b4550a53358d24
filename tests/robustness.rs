//! What the world does to files and streams: damaged models, full disks, signals, odd encodings. Nothing of it may
//! panic, and nothing half-written may stay.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use crate::common::{Project, SURROUNDINGS, bot, run, skip};

/// No fallback: with four examples no one is sure.
const CONFIG: &str = "\
pipeline:
- name: WhitespaceTokenizer
- name: TfidfFeaturizer
- name: LinearSvmClassifier
";

const NLU: &str = "\
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
- intent: goodbye
  examples: |
    - bye
    - see you
";

const DOMAIN: &str = "\
intents: [greet, goodbye]
responses:
  utter_greet:
  - text: Hello.
  utter_goodbye:
  - text: Bye.
";

const RULES: &str = "\
rules:
- rule: hello
  steps:
  - intent: greet
  - action: utter_greet
- rule: bye
  steps:
  - intent: goodbye
  - action: utter_goodbye
";

fn small() -> Project {
    Project::of(&[
        ("config.yml", CONFIG),
        ("domain.yml", DOMAIN),
        ("data/nlu.yml", NLU),
        ("data/rules.yml", RULES),
    ])
}

/// A trained project that no test changes.
static TRAINED: LazyLock<Project> = LazyLock::new(|| {
    let project = small();
    project.train(&["--fixed-model-name", "model"]);
    project
});

/// Loads bytes as a model, in this process: far faster than a run of `bot` for each.
fn load(folder: &Path, bytes: &[u8]) -> Result<bot::model::Model, String> {
    let path = folder.join("model.tar.gz");
    fs::write(&path, bytes).unwrap();
    bot::model::Folder::new(folder)
        .load(Some(&path))
        .map(|(_, model)| model)
        .map_err(|error| {
            let first = &error.diagnostics()[0];
            assert!(
                matches!(error, bot::diagnostic::Error::Cannot(_)),
                "{first}"
            );
            assert!(first.help.is_some(), "{first}");
            first.code.to_owned()
        })
}

#[test]
fn a_file_too_large_to_be_meant_is_refused_at_once() {
    let project = Project::of(&[("domain.yml", DOMAIN), ("data/nlu.yml", NLU)]);
    let file = fs::File::create(project.path().join("data/all.yml")).unwrap();
    file.set_len(100 << 20).unwrap();
    for command in ["validate", "train", "format"] {
        let run = project.run(&[command]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(
            run.stderr.contains("is larger than 64 MiB"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_model_cut_short_is_damaged_wherever_it_ends() {
    let whole = fs::read(TRAINED.model()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let expected = load(folder.path(), &whole).unwrap().parse("hello");
    let step = (whole.len() / 400).max(1);
    for length in (0..whole.len()).step_by(step) {
        match load(folder.path(), &whole[..length]) {
            Err(code) => assert!(
                ["model::damaged", "model::not-ours"].contains(&code.as_str()),
                "{code} at {length}"
            ),
            // What ends an archive is padding; without it all parts may still be there.
            Ok(model) => {
                assert!(length + 2048 > whole.len(), "loaded at {length}");
                assert_eq!(model.parse("hello"), expected);
            }
        }
    }
}

#[test]
fn a_flipped_byte_is_noticed_or_changes_nothing() {
    let whole = fs::read(TRAINED.model()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let messages = ["hello", "see you", "good", ""];
    let model = load(folder.path(), &whole).unwrap();
    let expected = messages.map(|text| model.parse(text));
    let step = (whole.len() / 600).max(1);
    let (mut noticed, mut harmless) = (0, 0);
    for at in (0..whole.len()).step_by(step) {
        for mask in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= mask;
            match load(folder.path(), &bytes) {
                Err(_) => noticed += 1,
                Ok(model) => {
                    harmless += 1;
                    let found = messages.map(|text| model.parse(text));
                    assert_eq!(found, expected, "byte {at} ^ {mask}");
                }
            }
        }
    }
    assert!(
        // Beside the parts stand only paddings and the names of owners.
        noticed > 3 * harmless,
        "{noticed} of {}",
        noticed + harmless
    );
}

#[test]
fn what_is_no_model_is_told_in_words_with_exit_2() {
    let project = TRAINED.fork();
    let whole = fs::read(project.model()).unwrap();
    project.write("empty.tar.gz", "");
    project.write("text.tar.gz", "not an archive");
    project.write("cut.tar.gz", &whole[..whole.len() / 2]);
    fs::create_dir(project.path().join("folder.tar.gz")).unwrap();
    archive(
        &project,
        "rasa.tar.gz",
        "components/domain_provider/config.json",
        "{}",
    );
    archive(
        &project,
        "rasa-with-metadata.tar.gz",
        "metadata.json",
        r#"{"rasa_open_source_version": "3.6.21", "model_id": "x", "trained_at": "2024"}"#,
    );
    archive(
        &project,
        "future.tar.gz",
        "metadata.json",
        r#"{"bot": "9.0.0", "format": 99}"#,
    );
    for (file, code) in [
        ("empty.tar.gz", "model::not-ours"),
        ("text.tar.gz", "model::not-ours"),
        ("cut.tar.gz", "model::damaged"),
        ("folder.tar.gz", "model::none"),
        ("rasa.tar.gz", "model::not-ours"),
        ("rasa-with-metadata.tar.gz", "model::not-ours"),
        ("future.tar.gz", "model::other-version"),
        ("missing.tar.gz", "file::missing"),
    ] {
        for command in [
            vec!["parse", "hello", "--model", file],
            vec!["shell", "--plain", "--model", file],
            vec!["models", "show", file],
        ] {
            let run = project.run(&[&command[..], &["--format", "concise"]].concat());
            assert_eq!(run.code, 2, "{command:?}: {}", run.stderr);
            assert!(run.stdout.is_empty(), "{command:?}: {}", run.stdout);
            assert!(
                run.stderr.contains(&format!("error[{code}]")),
                "{command:?}: {}",
                run.stderr
            );
        }
    }
}

fn archive(project: &Project, name: &str, entry: &str, content: &str) {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, entry, content.as_bytes())
        .unwrap();
    let bytes = tar.into_inner().unwrap().finish().unwrap();
    project.write(name, bytes);
}

#[test]
fn a_damaged_model_in_the_folder_is_told_and_trained_over() {
    let project = TRAINED.fork();
    let whole = fs::read(project.model()).unwrap();
    project.write("models/model.tar.gz", &whole[..whole.len() / 2]);
    let run = project.run(&["parse", "hello"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("is damaged"), "{}", run.stderr);
    assert!(run.stderr.contains("bot train --force"), "{}", run.stderr);
    project.train(&["--force", "--fixed-model-name", "model"]);
    assert_eq!(project.run(&["parse", "hello"]).code, 0);
    assert_eq!(project.list("models"), ["model.tar.gz"]);
}

/// Runs a line of `sh`, in which `"$BOT"` is the program.
#[cfg(unix)]
fn sh(project: &Project, line: &str) -> crate::common::Run {
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .env("BOT", env!("CARGO_BIN_EXE_bot"))
        .current_dir(project.path());
    for name in SURROUNDINGS {
        command.env_remove(name);
    }
    run(&mut command, b"")
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_grow_leaves_no_model_and_no_temporary_file() {
    let project = small();
    let run = sh(&project, "trap '' XFSZ; ulimit -f 1; exec \"$BOT\" train");
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("cannot be written"), "{}", run.stderr);
    assert_eq!(project.list("models"), Vec::<String>::new());
    // What stood there before still does.
    project.train(&["--fixed-model-name", "model"]);
    let before = fs::read(project.model()).unwrap();
    let run = sh(
        &project,
        "trap '' XFSZ; ulimit -f 1; exec \"$BOT\" train --force --fixed-model-name model",
    );
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(project.list("models"), ["model.tar.gz"]);
    assert_eq!(fs::read(project.model()).unwrap(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_no_model_and_no_temporary_file() {
    let project = Project::template("support");
    fs::create_dir(project.path().join("models")).unwrap();
    let mount = sh(&project, "mount -t tmpfs -o size=64k tmpfs models");
    if mount.code != 0 {
        return skip("a file system cannot be mounted here");
    }
    let run = project.run(&["train"]);
    let left = project.list("models");
    let unmount = sh(&project, "umount models");
    assert_eq!(unmount.code, 0, "{}", unmount.stderr);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("free some space"), "{}", run.stderr);
    assert_eq!(left, Vec::<String>::new());
}

#[test]
#[cfg(unix)]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let project = small();
    let models = project.path().join("models");
    fs::create_dir(&models).unwrap();
    fs::set_permissions(&models, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(models.join("probe"), "").is_ok() {
        return skip("root may write into read-only folders");
    }
    let run = project.run(&["train"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("permissions"), "{}", run.stderr);
    assert_eq!(project.list("models"), Vec::<String>::new());
}

#[test]
fn a_file_in_the_place_of_the_models_folder_is_told() {
    let project = small();
    project.write("models", "a file");
    let run = project.run(&["train"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("`models` is a file"), "{}", run.stderr);
    assert_eq!(project.read("models"), "a file");
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_cannot_be_written_is_told() {
    let run = sh(&TRAINED, "\"$BOT\" parse hello > /dev/full");
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("stdout cannot be written"),
        "{}",
        run.stderr
    );
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_is_no_error() {
    let project = TRAINED.fork();
    let lines = "hello to you\n".repeat(20_000);
    project.write("big.txt", lines);
    for command in [
        "parse --file big.txt",
        "parse < big.txt",
        "shell --json < big.txt",
        "shell --plain < big.txt",
    ] {
        let line = format!("{{ \"$BOT\" {command}; echo $? > code; }} | head -n 1 > first");
        let run = sh(&project, &line);
        assert_eq!(run.code, 0, "{command}: {}", run.stderr);
        assert_eq!(
            project.read("code").trim(),
            "0",
            "{command}: {}",
            run.stderr
        );
        assert_eq!(project.read("first").lines().count(), 1, "{command}");
        assert_eq!(run.stderr, "", "{command}");
    }
}

/// Enough examples that training lasts for seconds.
fn large() -> Project {
    let project = Project::of(&[("config.yml", "language: en\n")]);
    let (mut intents, mut nlu) = (String::from("intents:\n"), String::from("nlu:\n"));
    let mut state: u64 = 1;
    for intent in 0..150 {
        writeln!(intents, "- i{intent}").unwrap();
        writeln!(nlu, "- intent: i{intent}\n  examples: |").unwrap();
        for _ in 0..120 {
            nlu += "    -";
            for _ in 0..12 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                write!(nlu, " w{}", (state >> 33) % 4000).unwrap();
            }
            nlu += "\n";
        }
    }
    project.write("domain.yml", intents);
    project.write("data/nlu.yml", nlu);
    project
}

#[test]
#[cfg(unix)]
fn an_interrupt_in_the_middle_of_training_leaves_everything_as_it_was() {
    let project = large();
    let mut child = project
        .bot(&["train"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("Features") {
        let read = std::io::BufRead::read_line(&mut stderr, &mut seen).unwrap();
        assert!(read > 0, "training ended early: {seen}");
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    std::io::Read::read_to_string(&mut stderr, &mut seen).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{seen}");
    assert!(seen.contains("interrupted; nothing was changed"), "{seen}");
    assert_eq!(project.list("models"), Vec::<String>::new());
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_what_waits_for_input() {
    for command in [
        vec!["parse", "--file", "-"],
        vec!["shell", "--plain"],
        vec!["shell", "--json"],
    ] {
        for signal in ["-INT", "-TERM"] {
            let mut child = TRAINED
                .bot(&command)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            stdin.write_all(b"hello\n").unwrap();
            let mut line = String::new();
            let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
            std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
            assert!(!line.is_empty(), "{command:?} says nothing");
            let kill = Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap();
            assert!(kill.success());
            let start = Instant::now();
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                // Not a measure of speed: without an end it would wait for ever.
                if start.elapsed() > Duration::from_secs(20) {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            assert_eq!(
                status.and_then(|status| status.code()),
                Some(130),
                "{command:?} after kill {signal}"
            );
            drop(stdin);
        }
    }
}

#[test]
fn one_intent_is_trained_with_a_warning() {
    let project = Project::of(&[
        ("domain.yml", "intents: [greet]\n"),
        (
            "data/nlu.yml",
            "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi\n",
        ),
    ]);
    let run = project.run(&["train", "--format", "concise"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("data/nlu.yml:4:7: warning[nlu::one-intent]"),
        "{}",
        run.stderr
    );
    let parse = project.run(&["parse", "hello"]).json();
    assert_eq!(parse["intent"]["name"], "greet");
    assert_eq!(parse["intent"]["confidence"], 1.0);
}

#[test]
fn one_example_for_each_intent_is_trained() {
    let project = Project::of(&[
        ("domain.yml", "intents: [greet, goodbye, thanks]\n"),
        (
            "data/nlu.yml",
            "nlu:\n- intent: greet\n  examples: |\n    - hello\n- intent: goodbye\n  examples: |\n    - bye\n- intent: thanks\n  examples: |\n    - thank you\n",
        ),
    ]);
    let run = project.run(&["train", "--format", "concise"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr.matches("warning[nlu::few-examples]").count(), 3);
    for (text, intent) in [
        ("hello", "greet"),
        ("bye", "goodbye"),
        ("thank you", "thanks"),
    ] {
        let parse = project.run(&["parse", text]).json();
        assert_eq!(parse["intent"]["name"], intent);
    }
}

#[test]
fn without_examples_nothing_is_trained_and_the_reason_is_said() {
    for nlu in ["", "nlu: []\n", "nlu:\n", "# nothing\n"] {
        let project = Project::of(&[("domain.yml", "intents: [greet]\n"), ("data/nlu.yml", nlu)]);
        let run = project.run(&["train", "--format", "concise"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(
            run.stderr.contains("error[nlu::nothing-to-learn]"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.ends_with("Not trained.\n"), "{}", run.stderr);
        assert_eq!(project.list("models"), Vec::<String>::new());
    }
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing_that_is_learnt() {
    let plain = small();
    plain.train(&["--fixed-model-name", "model"]);
    let expected = plain.run(&["parse", "good morning to you"]).stdout;
    let rewrites: [fn(&str) -> String; 3] = [
        |text| text.replace('\n', "\r\n"),
        |text| format!("\u{feff}{text}"),
        |text| format!("\u{feff}{}", text.replace('\n', "\r\n")),
    ];
    for rewrite in rewrites {
        let project = small();
        for file in ["config.yml", "domain.yml", "data/nlu.yml", "data/rules.yml"] {
            let text = project.read(file);
            project.write(file, rewrite(&text));
        }
        let valid = project.run(&["validate", "--fail-on-warnings"]);
        assert_eq!(valid.code, 0, "{}", valid.stderr);
        project.train(&["--fixed-model-name", "model"]);
        assert_eq!(
            project.run(&["parse", "good morning to you"]).stdout,
            expected
        );
        let said = project.run_with(&["shell", "--plain"], b"hello\r\nbye\r\n");
        assert_eq!(said.stdout, "Hello.\nBye.\n");
    }
}

#[test]
fn a_message_of_a_megabyte_is_parsed() {
    let text = "hello there ".repeat(90_000);
    let run = TRAINED.run_with(&["parse"], format!("{text}\nbye\n").as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let parses = run.json_lines();
    assert_eq!(parses.len(), 2);
    assert_eq!(parses[0]["text"], text);
    assert_eq!(parses[0]["text_tokens"].as_array().unwrap().len(), 180_000);
    assert_eq!(parses[1]["intent"]["name"], "goodbye");
    let word = "a".repeat(1 << 20);
    let run = TRAINED.run_with(&["parse"], word.as_bytes());
    assert_eq!(run.json_lines()[0]["text_tokens"][0][1], 1 << 20);
}

#[test]
fn bytes_that_are_no_text_are_parsed_as_far_as_they_are() {
    let run = TRAINED.run_with(&["parse"], b"hel\0lo\nhello \xff\xfe\n\xc3\xbcber\r\n\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let texts: Vec<String> = run
        .json_lines()
        .iter()
        .map(|parse| parse["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, ["hel\0lo", "hello \u{fffd}\u{fffd}", "über", ""]);
    let said = TRAINED.run_with(&["shell", "--json"], b"hel\0lo\nhello \xff\n");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(said.json_lines().len(), 2);
}

#[test]
#[cfg(unix)]
fn an_argument_that_is_no_text_is_refused_not_panicked_on() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = bot();
    command
        .current_dir(TRAINED.path())
        .arg("parse")
        .arg(std::ffi::OsStr::from_bytes(b"hel\xfflo"));
    let run = run(&mut command, b"");
    assert_eq!(run.code, 2, "{}", run.stderr);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_saved_model_understands_every_text_as_before(text in "\\PC{0,40}|[a-z /{}\":@]{0,30}|(hello|bye| |good)*") {
        static MODELS: LazyLock<(bot::model::Model, bot::model::Model)> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let paths = bot::project::Paths::of(TRAINED.path());
            let mut sources = bot::diagnostic::Sources::new();
            let loaded = bot::project::load(&paths, &mut sources).unwrap();
            let options = crate::common::training(bot::model::Part::All, 42, folder.path());
            let stop = std::sync::atomic::AtomicBool::new(false);
            let trained =
                bot::model::train(&loaded.assistant, &sources, &options, &stop, &mut |_| {}).unwrap();
            let (_, loaded) = bot::model::Folder::new(folder.path()).load(None).unwrap();
            (trained.model, loaded)
        });
        let (trained, loaded) = &*MODELS;
        let parse = trained.parse(&text);
        prop_assert_eq!(&parse, &loaded.parse(&text));
        prop_assert_eq!(&trained.dialogue, &loaded.dialogue);
        prop_assert_eq!(&parse.text, &text);
        let sum: f64 = parse.intent_ranking.iter().map(|score| score.confidence).sum();
        // A payload names one intent with any confidence; noise falls back below one.
        prop_assert!(sum.is_finite() && sum < 2.0);
    }
}

#[test]
fn a_dialogue_is_the_same_after_json() {
    for name in ["starter", "support", "faq"] {
        let project = Project::template(name);
        project.train(&["--fixed-model-name", "model"]);
        let (_, model) = bot::model::Folder::new(project.path().join("models"))
            .load(None)
            .unwrap();
        assert!(!model.dialogue.is_empty());
        let json = serde_json::to_string(&model.dialogue).unwrap();
        let back: bot::dialogue::Dialogue = serde_json::from_str(&json).unwrap();
        assert_eq!(back, model.dialogue, "{name}");
        assert_eq!(serde_json::to_string(&back).unwrap(), json, "{name}");
    }
}
