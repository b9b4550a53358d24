//! `bot format`: canonical files with their comments, and nothing that says something else.

use insta::assert_snapshot;

use crate::common::{Project, shared};

const NLU: &str = "version: 3.1\n\n\nnlu:\n  # greetings\n  - intent: greet   # first\n    examples: |\n      -  hello  \n      - hi\n  - intent: bye\n    examples: |\n      - bye\n";

#[test]
fn files_are_checked_shown_and_formatted() {
    let project = Project::of(&[
        ("config.yml", "language: en\n"),
        ("domain.yml", "intents:\n  - greet\n  - bye\n"),
        ("data/nlu.yml", NLU),
    ]);
    let checked = project.run(&["format", "--check"]);
    assert_snapshot!(checked.shown(), @r"
    exit 1
    --- stdout
    data/nlu.yml
    domain.yml
    --- stderr
    note: `version` is a number here, which Rasa refuses; `bot format` puts it in quotes (data/nlu.yml:1, format::version-quoted)

    2 files would change, 1 in canonical form
    ");
    assert_snapshot!(project.run(&["format", "--diff", "domain.yml"]).shown(), @r"
    exit 1
    --- stdout
    --- domain.yml
    +++ domain.yml
    @@ -1,3 +1,3 @@
     intents:
    -  - greet
    -  - bye
    +- greet
    +- bye
    --- stderr
    1 file would change, 0 in canonical form
    ");
    assert_eq!(project.read("data/nlu.yml"), NLU);
    assert_snapshot!(project.run(&["format"]).shown(), @r"
    exit 0
    --- stderr
      data/nlu.yml
      domain.yml
    note: `version` is a number here, which Rasa refuses; `bot format` puts it in quotes (data/nlu.yml:1, format::version-quoted)

    2 files formatted, 1 in canonical form
    ");
    assert_eq!(
        project.read("data/nlu.yml"),
        "version: \"3.1\"\n\nnlu:\n# greetings\n- intent: greet   # first\n  examples: |\n    - hello\n    - hi\n- intent: bye\n  examples: |\n    - bye\n"
    );
    let again = project.run(&["format", "--check", "--format", "json"]);
    assert_eq!(again.code, 0);
    assert_snapshot!(again.stdout, @r#"{"bot":"0.1.0","schema":1,"check":true,"files":[{"file":"config.yml","status":"unchanged"},{"file":"data/nlu.yml","status":"unchanged"},{"file":"domain.yml","status":"unchanged"}],"findings":[]}"#);
}

#[test]
fn broken_files_are_told_and_left_alone() {
    let project = Project::of(&[
        ("config.yml", "language: en\n"),
        ("domain.yml", "intents: [\n"),
        ("data/nlu.yml", "? nlu\n: []\n"),
    ]);
    assert_snapshot!(project.run(&["--format", "concise", "format"]).shown(), @r"
    exit 1
    --- stderr
    data/nlu.yml:1:1: warning[format::left-alone]: this file is left as it is: it is written in a way that `bot format` does not know
    domain.yml:1:11: error[yaml::syntax]: this is not YAML: while parsing a node, did not find expected node content
    0 files formatted, 1 in canonical form, 2 left alone
    ");
    assert_eq!(project.read("domain.yml"), "intents: [\n");
}

#[test]
fn templates_and_what_convert_writes_are_canonical() {
    for (name, _) in bot::project::scaffold::ALL {
        let project = Project::template(name);
        let run = project.run(&["format", "--check"]);
        assert_eq!(run.code, 0, "{name}: {}", run.stdout);
    }
    let project = Project::of(&[(
        "a.csv",
        "text,intent\nhi,greet\nhello: you,greet\nbye,bye\nsee you,bye\n",
    )]);
    assert_eq!(project.run(&["convert", "a.csv", "--to", "p"]).code, 0);
    let run = project.run(&["--project", "p", "format", "--check"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn real_projects_say_the_same_afterwards() {
    let Some(shared) = shared() else { return };
    let root = shared.join("data/projects");
    if !root.is_dir() {
        return crate::common::skip("there are no projects in BOT_SHARED");
    }
    let mut sources = bot::diagnostic::Sources::new();
    // What is returned was read again and compared; here the text is compared by another reader as well.
    let all = bot::project::format(&[root], &mut sources).unwrap();
    let (mut same, mut changed, mut left) = (0, 0, Vec::new());
    for file in &all {
        let Some(change) = &file.change else {
            left.push((file.shown.clone(), file.findings[0].message.clone()));
            continue;
        };
        let old = String::from_utf8(change.old.clone().unwrap()).unwrap();
        let new = String::from_utf8(change.new.clone()).unwrap();
        *if old == new { &mut same } else { &mut changed } += 1;
        let id = sources.add("again", new.clone());
        assert_eq!(
            bot::project::format_text(id, &new).unwrap(),
            (new.clone(), None),
            "{}",
            file.shown
        );
        let comments = |text: &str| text.matches('#').count();
        assert_eq!(comments(&old), comments(&new), "{}", file.shown);
        let read = |text: &str| {
            serde_yaml::from_str::<serde_yaml::Value>(text)
                .ok()
                .map(examples_stripped)
        };
        let before = read(&old);
        if before.is_some() && !old.contains("version: 3.1\n") && !old.contains("version: 2.0\n") {
            assert_eq!(read(&new), before, "{}", file.shown);
        }
    }
    crate::common::tell(&format!(
        "{} files: {same} canonical, {changed} changed, left alone: {left:#?}",
        all.len()
    ));
    assert!(left.len() * 50 < all.len(), "{left:?}");
}

/// Drops the blanks around the texts of examples.
fn examples_stripped(mut root: serde_yaml::Value) -> serde_yaml::Value {
    let items = root.get_mut("nlu").and_then(|nlu| nlu.as_sequence_mut());
    for item in items.into_iter().flatten() {
        if let Some(serde_yaml::Value::String(text)) = item.get_mut("examples") {
            let lines = text.lines().filter(|line| !line.is_empty());
            *text = lines
                .map(|line| match line.strip_prefix('-') {
                    Some(rest) => format!("-{}\n", rest.trim_matches(' ')),
                    None => format!("{line}\n"),
                })
                .collect();
        }
    }
    root
}
