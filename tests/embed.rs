//! Sentence embeddings from the command line: with the feature on folders of tiny models, without it that this is told.

use crate::common::Project;

const CONFIG: &str = "\
pipeline:
- name: WhitespaceTokenizer
- name: TfidfFeaturizer
- name: EmbeddingFeaturizer
  path: embeddings/tiny
- name: LinearSvmClassifier
";

const DOMAIN: &str = "intents: [greet, hours, place]\n";

const NLU: &str = "\
nlu:
- intent: greet
  examples: |
    - hello there
    - good morning
    - hello you
- intent: hours
  examples: |
    - when are you open
    - are you open
- intent: place
  examples: |
    - where are you
    - where are the shops
";

fn project(config: &str) -> Project {
    Project::of(&[
        ("config.yml", config),
        ("domain.yml", DOMAIN),
        ("data/nlu.yml", NLU),
    ])
}

#[cfg(not(feature = "embed"))]
mod without {
    use super::*;

    #[test]
    fn the_component_and_the_command_say_how_to_build_with_embeddings() {
        let project = project(CONFIG);
        for command in ["validate", "train"] {
            let run = project.run(&[command, "--format", "concise"]);
            assert_eq!(run.code, 1, "{}", run.stderr);
            let told: Vec<&str> = run
                .stderr
                .lines()
                .filter(|line| line.contains("embed::"))
                .collect();
            assert_eq!(told.len(), 1, "{}", run.stderr);
            assert!(told[0].starts_with("config.yml:4:"), "{}", told[0]);
        }
        let run = project.run(&["embed", "info", "embeddings/tiny"]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("--features embed"), "{}", run.stderr);
    }
}

#[cfg(feature = "embed")]
#[path = "../src/embedding/testing.rs"]
pub(crate) mod testing;

#[cfg(feature = "embed")]
#[path = "../src/embedding/exporting.rs"]
mod exporting;

#[cfg(feature = "embed")]
mod with {
    use std::{fs, path::Path};

    use super::{exporting, testing, *};

    fn with_folder(config: &str, tables: &testing::Tables) -> Project {
        let project = project(config);
        testing::write(&project.path().join("embeddings/tiny"), tables);
        project
    }

    fn cached(project: &Project) -> Vec<std::path::PathBuf> {
        let folder = fs::read_dir(project.path().join(".bot/embeddings"));
        folder.map_or_else(
            |_| Vec::new(),
            |all| all.map(|entry| entry.unwrap().path()).collect(),
        )
    }

    #[test]
    fn a_message_without_a_known_word_is_understood_by_its_meaning() {
        let project = with_folder(CONFIG, &testing::bert(1));
        let run = project.run(&["train"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stderr.contains("7 messages in 12 dimensions"),
            "{}",
            run.stderr
        );
        let run = project.run(&["parse", "--explain", "--json", "hello there"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let parse = run.json();
        assert_eq!(parse["intent"]["name"], "greet");
        assert!(
            parse["in_scope"]
                .as_f64()
                .is_some_and(|share| share > 0.0 && share <= 1.0)
        );
        let why = &parse["explanation"];
        let shares = why["words"].as_array().unwrap();
        let last = shares.last().unwrap();
        assert_eq!(last["word"], "(sentence embedding)", "{why}");
        let sum: f64 = shares
            .iter()
            .map(|one| one["share"].as_f64().unwrap())
            .sum();
        let whole = why["sum"].as_f64().unwrap();
        assert!(
            (sum + why["others"].as_f64().unwrap() - whole).abs() < 1e-6,
            "{why}"
        );
    }

    #[test]
    fn embeddings_are_kept_and_a_damaged_file_is_no_harm() {
        let project = with_folder(CONFIG, &testing::bert(1));
        assert_eq!(project.run(&["train"]).code, 0);
        let [path] = cached(&project).try_into().unwrap();
        let ignored = fs::read_to_string(project.path().join(".bot/.gitignore"));
        assert_eq!(ignored.unwrap(), "*\n");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..40]).unwrap();
        let run = project.run(&["train", "--force", "--format", "concise"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(fs::read(&path).unwrap(), whole);
        let off = CONFIG.replace("tiny\n", "tiny\n  cache: false\n");
        let project = with_folder(&off, &testing::bert(1));
        assert_eq!(project.run(&["train"]).code, 0);
        assert!(cached(&project).is_empty());
    }

    #[test]
    fn a_model_asks_for_the_folder_it_was_trained_with() {
        let project = with_folder(CONFIG, &testing::bert(1));
        let folder = project.path().join("embeddings/tiny");
        assert_eq!(project.run(&["train"]).code, 0);
        let unchanged = project.run(&["train"]);
        assert!(
            unchanged.stderr.contains("Unchanged"),
            "{}",
            unchanged.stderr
        );
        testing::write(&folder, &testing::bert(2));
        let run = project.run(&["parse", "hello"]);
        assert_eq!(run.code, 2);
        assert!(
            run.stderr
                .contains("is not the one that the model was trained with"),
            "{}",
            run.stderr
        );
        // The same files with another folder make another model.
        let run = project.run(&["train"]);
        assert!(!run.stderr.contains("Unchanged"), "{}", run.stderr);
        assert_eq!(project.run(&["parse", "hello"]).code, 0);
        fs::rename(&folder, project.path().join("away")).unwrap();
        let run = project.run(&["parse", "hello"]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("which is not there"), "{}", run.stderr);
    }

    #[test]
    fn a_static_table_is_part_of_the_model() {
        let project = with_folder(CONFIG, &testing::table(1));
        assert_eq!(project.run(&["train"]).code, 0);
        assert!(cached(&project).is_empty());
        let before = project.run(&["parse", "--json", "hello there"]);
        fs::remove_dir_all(project.path().join("embeddings")).unwrap();
        let after = project.run(&["parse", "--json", "hello there"]);
        assert_eq!((before.code, &before.stdout), (0, &after.stdout));
    }

    #[test]
    fn an_onnx_file_answers_as_safetensors_of_the_same_weights_do() {
        for export in exporting::EXPORTS {
            let parses = ["onnx", "safetensors"].map(|form| {
                let project = project(CONFIG);
                let folder = project.path().join("embeddings/tiny");
                let file = "onnx/model_quantized.onnx";
                let said = exporting::write_onnx(&folder, file, &testing::bert(1), export);
                if form == "safetensors" {
                    testing::write(&folder, &said);
                }
                let info = project.run(&["embed", "info", "embeddings/tiny", "--json"]);
                assert_eq!(info.json()["layers"], 2, "{export:?}");
                assert_eq!(project.run(&["train"]).code, 0);
                let run = project.run(&["parse", "--json", "hello there"]);
                assert_eq!(run.code, 0, "{}", run.stderr);
                run.stdout
            });
            assert_eq!(parses[0], parses[1], "{export:?}");
        }
    }

    #[test]
    fn wrong_folders_are_told_at_the_component() {
        type Harm = fn(&Path);
        let cases: [(&str, Harm); 6] = [
            ("file::missing", |f| fs::remove_dir_all(f).unwrap()),
            ("embed::missing-file", |f| {
                fs::remove_file(f.join("tokenizer.json")).unwrap();
            }),
            ("embed::other-form", |f| {
                fs::rename(f.join("model.safetensors"), f.join("tf_model.h5")).unwrap();
            }),
            ("embed::damaged", |f| {
                testing::put(f, "model.safetensors", b"short");
            }),
            ("embed::damaged", |f| {
                fs::rename(f.join("model.safetensors"), f.join("model.onnx")).unwrap();
            }),
            ("embed::missing-data", |f| {
                fs::remove_file(f.join("model.safetensors")).unwrap();
                let (.., file) = exporting::onnx(
                    &testing::bert(1),
                    exporting::Export::Beside,
                    "model.onnx_data",
                );
                testing::put(f, "model.onnx", &file.bytes());
            }),
        ];
        for (code, harm) in cases {
            let project = with_folder(CONFIG, &testing::bert(1));
            harm(&project.path().join("embeddings/tiny"));
            let run = project.run(&["train", "--format", "concise"]);
            assert_eq!(run.code, 1, "{}", run.stderr);
            let first = run.stderr.lines().find(|line| line.contains(code));
            assert!(
                first.is_some_and(|line| line.starts_with("config.yml:4:")),
                "{}",
                run.stderr
            );
        }
        let unnamed = CONFIG.replace("  path: embeddings/tiny\n", "");
        let run = project(&unnamed).run(&["validate", "--format", "concise"]);
        assert!(
            run.stderr.contains("config::bad-option") || run.stdout.contains("config::bad-option"),
            "{}",
            run.stderr
        );
    }

    #[test]
    fn a_forest_says_that_it_learns_from_words_alone() {
        let config = CONFIG.replace("LinearSvmClassifier", "RandomForestClassifier");
        let project = with_folder(&config, &testing::bert(1));
        let run = project.run(&["train", "--format", "concise"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stderr.contains("config::embedding-not-used"),
            "{}",
            run.stderr
        );
        assert_eq!(project.run(&["parse", "hello"]).code, 0);
    }

    #[test]
    fn a_transformer_becomes_a_table_that_works() {
        let project = with_folder(CONFIG, &testing::bert(1));
        let distill = [
            "embed",
            "distill",
            "embeddings/tiny",
            "--output",
            "embeddings/table",
        ];
        let run = project.run(
            &[
                &distill[..],
                &["--dimensions", "6", "--vocabulary", "project"],
            ]
            .concat(),
        );
        assert_eq!(run.code, 0, "{}", run.stderr);
        let info = project
            .run(&["embed", "info", "embeddings/table", "--json"])
            .json();
        // `the` is the one word of the examples that the vocabulary has not, and cannot be made of its pieces either.
        assert_eq!(
            (&info["kind"], &info["dimensions"]),
            (&"static table".into(), &6.into()),
            "{info}"
        );
        let again = project.run(&distill);
        assert_eq!(again.code, 2);
        assert!(again.stderr.contains("--force"), "{}", again.stderr);
        project.write("config.yml", CONFIG.replace("/tiny", "/table"));
        assert_eq!(project.run(&["train"]).code, 0);
        let parse = project.run(&["parse", "--json", "hello there"]).json();
        assert_eq!(parse["intent"]["name"], "greet");
        let twice = [
            "embed",
            "distill",
            "embeddings/table",
            "--output",
            "smaller",
        ];
        let run = project.run(&twice);
        assert_eq!(run.code, 2);
        assert!(
            run.stderr.contains("is a static table already"),
            "{}",
            run.stderr
        );
        project.write("empty.txt", "\n \n");
        let run = project.run(&[&distill[..], &["--force", "--vocabulary", "empty.txt"]].concat());
        assert_eq!(run.code, 2);
        assert!(
            run.stderr.contains("there are no messages"),
            "{}",
            run.stderr
        );
    }

    #[test]
    fn the_same_table_is_distilled_on_any_number_of_threads() {
        let project = with_folder(CONFIG, &testing::bert(1));
        let distill = |threads: &str| {
            let arguments = [
                "embed",
                "distill",
                "embeddings/tiny",
                "--output",
                threads,
                "--dimensions",
                "5",
            ];
            let mut command = project.bot(&arguments);
            let run = crate::common::run(command.env("RAYON_NUM_THREADS", threads), b"");
            assert_eq!(run.code, 0, "{}", run.stderr);
            ["model.safetensors", "tokenizer.json", "config.json"]
                .map(|file| fs::read(project.path().join(threads).join(file)).unwrap())
        };
        assert!(distill("1") == distill("3"));
    }
}
