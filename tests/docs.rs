//! Every command that the documents show is run.

use std::{fs, path::Path, process::Command};

/// Returns the lines of all `sh` blocks of a document, those for cargo left out: CI runs them.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside && !line.starts_with("cargo ") => found.push(line.to_owned()),
            _ => {}
        }
    }
    found
}

/// Runs lines in a shell that knows the built `bot`, up to the first that fails.
#[cfg(unix)]
fn run(lines: &[String], folder: &Path) -> std::process::Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_bot")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    Command::new("sh")
        .args(["-exc", &lines.join("\n")])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

#[test]
#[cfg(unix)]
fn every_command_of_the_readme_works_in_the_order_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lines = commands(&fs::read_to_string(root.join("README.md")).unwrap());
    assert!(
        lines.iter().filter(|line| line.starts_with("bot ")).count() >= 12,
        "{lines:?}"
    );
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("examples")).unwrap();
    for name in ["support.csv", "faq.csv"] {
        fs::copy(
            root.join("examples").join(name),
            folder.path().join("examples").join(name),
        )
        .unwrap();
    }
    let output = run(&lines, folder.path());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("Passed in"), "{stdout}");
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let accuracy = report["intents"]["accuracy"].as_f64().unwrap();
    assert!(
        (0.80..=0.97).contains(&accuracy),
        "the README says where real data lies: {accuracy}"
    );
    assert_eq!(report["verdict"], "passed");
}

#[test]
#[cfg(unix)]
fn every_command_of_the_shells_page_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lines = commands(&fs::read_to_string(root.join("docs/shell.md")).unwrap());
    assert_eq!(lines.len(), 4, "{lines:?}");
    let project = crate::common::Project::template("support");
    project.train(&[]);
    let output = run(&lines, project.path());
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    assert!(
        out.contains("action utter_greet")
            && out.contains("\"sender\":\"ann\"")
            && out.contains("2 of 2: "),
        "{out}"
    );
}

#[test]
#[cfg(all(unix, feature = "embed"))]
fn every_command_of_the_page_of_embeddings_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lines = commands(&fs::read_to_string(root.join("docs/embeddings.md")).unwrap());
    assert_eq!(lines.len(), 3, "{lines:?}");
    let project = crate::common::Project::template("support");
    let folder = project.path().join("embeddings/minilm");
    crate::embed::testing::write(&folder, &crate::embed::testing::bert(1));
    let output = run(&lines, project.path());
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert!(err.contains("Distilled 16 vectors"), "{err}");
}

#[test]
fn the_page_of_the_shell_names_every_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/shell.md")).unwrap();
    for info in bot::workbench::COMMANDS {
        let word = format!("`:{}", info.name);
        assert!(text.contains(&word), "{}", info.name);
        assert!(text.contains(info.key), "{}", info.key);
    }
}

#[test]
fn the_readme_names_the_two_commands_of_a_fresh_machine() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for command in [
        "cargo run --release -- init my-bot --csv examples/support.csv",
        "cargo test",
    ] {
        assert!(
            text.contains(&format!("```sh\n{command}\n```")),
            "{command}"
        );
    }
}

#[test]
fn the_example_tables_are_as_large_as_they_are_said_to_be() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/support.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for row in reader.records() {
        *counts.entry(row.unwrap()[1].to_owned()).or_default() += 1;
    }
    assert!(
        counts.len() >= 20 && counts.values().all(|count| *count >= 40),
        "{counts:?}"
    );
}

/// Runs lines in a folder with this `bot` on the path.
#[cfg(unix)]
fn run_in(folder: &Path, lines: &[String], more: &[(&str, &str)]) -> std::process::Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_bot")).parent().unwrap();
    let path = format!(
        "{}:{}:{}",
        folder.join("bin").display(),
        binary.display(),
        std::env::var("PATH").unwrap()
    );
    // As the services run them.
    let mut command = Command::new("bash");
    command
        .args(["-exo", "pipefail", "-c", &lines.join("\n")])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdin(std::process::Stdio::null());
    for (name, value) in more {
        command.env(name, value);
    }
    command.output().unwrap()
}

#[cfg(unix)]
fn worked(output: &std::process::Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[cfg(unix)]
fn every_command_of_the_pages_on_testing_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = crate::common::Project::template("starter");
    for (page, least) in [("docs/ci.md", 10), ("docs/test-report.md", 1)] {
        let lines = commands(&fs::read_to_string(root.join(page)).unwrap());
        assert!(lines.len() >= least, "{page}: {lines:?}");
        worked(&run_in(project.path(), &lines, &[]));
    }
    assert!(project.list(".").contains(&"bot-test.html".to_owned()));
}

#[test]
#[cfg(unix)]
fn the_commands_of_both_recipes_work() {
    for (service, file) in [
        ("github", ".github/workflows/bot.yml"),
        ("gitlab", ".gitlab-ci.yml"),
    ] {
        let project = crate::common::Project::template("starter");
        assert_eq!(project.run(&["init", "--ci", service]).code, 0);
        let again = project.run(&["init", "--ci", service]);
        assert!(
            again.code == 2 && again.stderr.contains("exists"),
            "{}",
            again.stderr
        );
        let text = project.read(file);
        let recipe: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let lines: Vec<String> = if service == "github" {
            let steps = recipe["jobs"]["test"]["steps"].as_array().unwrap();
            steps
                .iter()
                .filter_map(|step| Some(step["run"].as_str()?.to_owned()))
                .collect()
        } else {
            ["before_script", "script", "after_script"]
                .iter()
                .flat_map(|part| recipe["bot"][part].as_array().unwrap())
                .map(|line| line.as_str().unwrap().to_owned())
                .collect()
        };
        assert!(
            lines.iter().filter(|line| line.starts_with("bot ")).count() == 3,
            "{lines:?}"
        );
        // Stand-ins for the programs that talk to the service: they note what they are given.
        for name in ["gh", "curl"] {
            let path = format!("bin/{name}");
            project.write(
                &path,
                format!(
                    "#!/bin/sh\necho \"{name} $*\" >> calls.txt\ncase \"$*\" in */user) echo '{{\"id\":5,\"username\":\"bot\"}}';; *--jq*|*per_page*) cat comments.txt;; esac\n"
                ),
            );
            let path = project.path().join(path);
            worked(&Command::new("chmod").arg("+x").arg(path).output().unwrap());
        }
        project.train(&[]);
        assert_eq!(project.run(&["test", "--update-baseline"]).code, 0);
        let more = [
            ("NUMBER", "7"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("BOT_TOKEN", "x"),
            ("CI_API_V4_URL", "u"),
            ("CI_PROJECT_ID", "1"),
            ("REPOSITORY", "o/r"),
            ("GITHUB_OUTPUT", "output.txt"),
        ];
        project.write("comments.txt", "");
        worked(&run_in(project.path(), &lines, &more));
        let said = project.read("calls.txt");
        let (first, again) = match service {
            "github" => (
                "gh pr comment 7 --repo o/r --body-file bot-test.md",
                "gh api repos/o/r/issues/comments/42 --method PATCH --field body=@bot-test.md --silent",
            ),
            _ => (
                "--header PRIVATE-TOKEN: x --output /dev/null --request POST --data-urlencode body@bot-test.md u/projects/1/merge_requests/7/notes",
                "--header PRIVATE-TOKEN: x --output /dev/null --request PUT --data-urlencode body@bot-test.md u/projects/1/merge_requests/7/notes/42",
            ),
        };
        assert!(said.contains(first), "{said}");
        // Where the comment of an earlier run stands, it is written anew.
        // On GitHub `--jq` leaves out those of others; here both begin alike.
        let body = serde_json::json!(project.read("bot-test.md"));
        let note = |id: u32, author: u32| {
            format!(
                "{{\"id\":{id},\"type\":null,\"body\":{body},\"attachment\":null,\"author\":{{\"id\":{author},\"username\":\"x\"}}}}"
            )
        };
        project.write(
            "comments.txt",
            match service {
                "github" => "42\n".to_owned(),
                _ => format!("[{},{}]", note(41, 6), note(42, 5)),
            },
        );
        fs::remove_file(project.path().join("calls.txt")).unwrap();
        worked(&run_in(project.path(), &lines[lines.len() - 1..], &more));
        let said = project.read("calls.txt");
        assert!(said.contains(again) && !said.contains(first), "{said}");
        assert!(
            project
                .read("bot-test.md")
                .contains("Compared with `baseline`")
        );
    }
}
