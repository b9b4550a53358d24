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
    let binary = Path::new(env!("CARGO_BIN_EXE_bot")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-exc", &lines.join("\n")])
        .current_dir(folder.path())
        .env("PATH", path)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
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
    assert_eq!(lines.len(), 2, "{lines:?}");
    let project = crate::common::Project::template("support");
    project.train(&[]);
    let binary = Path::new(env!("CARGO_BIN_EXE_bot")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-exc", &lines.join("\n")])
        .current_dir(project.path())
        .env("PATH", path)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    assert!(
        out.contains("action utter_greet") && out.contains("\"sender\":\"ann\""),
        "{out}"
    );
}

#[test]
fn the_page_of_the_shell_names_every_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/shell.md")).unwrap();
    for info in bot::workbench::COMMANDS {
        let is_own = ["next", "rest", "restart", "help", "quit"].contains(&info.name);
        assert!(
            is_own || text.contains(&format!("`:{}", info.name)),
            "{}",
            info.name
        );
        assert!(
            info.key.is_empty() || is_own || text.contains(info.key),
            "{}",
            info.key
        );
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
