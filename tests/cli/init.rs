use std::path::Path;

use insta::assert_snapshot;

use crate::common::Project;

#[test]
fn templates_are_listed_and_made() {
    let parent = Project::empty();
    assert_snapshot!(parent.run(&["init", "--list-templates"]).shown(), @r"
    exit 0
    --- stdout
    starter    small talk, jokes, and a coffee ordered in three turns
    support    customer support: order numbers, returns, buttons, fallback
    faq        one answer to each question
    ");
    let made = parent.run(&["init", "one"]);
    assert_eq!((made.code, made.stdout.as_str()), (0, ""));
    let lines: Vec<&str> = made.stderr.lines().collect();
    assert_eq!(lines[0], "Created one/ from the template `starter`");
    assert_eq!(
        lines.last(),
        Some(&"Next: cd one && bot train && bot shell")
    );
    // Every file that was written is named, and nothing else.
    for file in [
        "config.yml",
        "domain.yml",
        "data/nlu.yml",
        "data/rules.yml",
        ".gitignore",
    ] {
        assert!(
            made.stderr.contains(&format!("\n  {file} ")),
            "{file}: {}",
            made.stderr
        );
        assert!(parent.path().join("one").join(file).is_file(), "{file}");
    }
}

#[test]
fn what_cannot_be_made_is_told() {
    let parent = Project::empty();
    assert_snapshot!(parent.run(&["init"]).shown(), @r"
    exit 2
    --- stderr
    error: the folder of the new project is missing
    hint: `bot init DIR` takes the template `starter`; others with `--template`: support, faq
    ");
    assert_snapshot!(parent.run(&["init", "a", "--template", "suport"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no template `suport`
    hint: did you mean `support`?
    ");
    assert_snapshot!(parent.run(&["init", "a", "--template", "zzz"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no template `zzz`
    hint: there are: starter, support, faq
    ");
    parent.write("file", "");
    assert_snapshot!(parent.run(&["init", "file"]).shown(), @r"
    exit 2
    --- stderr
    error: `file` is a file, but a folder is needed
    hint: name a folder, or move the file away
    ");
    assert_eq!(parent.list("."), ["file"]);
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone_unless_asked() {
    let parent = Project::empty();
    parent.write("mine/domain.yml", "intents: [mine]\n");
    parent.write("mine/notes.txt", "notes");
    assert_snapshot!(parent.run(&["init", "mine"]).shown(), @r"
    exit 2
    --- stderr
    error: `mine` is not empty: domain.yml is in the way
    hint: `bot init mine --keep` adds only what is missing
    ");
    assert_eq!(parent.list("mine"), ["domain.yml", "notes.txt"]);
    let kept = parent.run(&["init", "mine", "--keep"]);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert_eq!(parent.read("mine/domain.yml"), "intents: [mine]\n");
    assert!(parent.path().join("mine/config.yml").is_file());
    let forced = parent.run(&["init", "mine", "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert!(parent.read("mine/domain.yml").contains("greet"));
    assert_eq!(parent.read("mine/notes.txt"), "notes");
}

#[test]
fn a_table_becomes_a_trained_and_tested_project() {
    let parent = Project::empty();
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/support.csv");
    std::fs::copy(table, parent.path().join("support.csv")).unwrap();
    let run = parent.run(&["init", "bot", "--csv", "support.csv"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in ["Trained ", "Next: cd bot && bot shell"] {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    assert!(run.stdout.contains("Passed in "), "{}", run.stdout);
    assert_eq!(run.stdout.matches("\nyou  ").count(), 4, "{}", run.stdout);
    assert!(run.stdout.matches("\nbot  ").count() >= 4, "{}", run.stdout);
    for file in [
        "bot/config.yml",
        "bot/domain.yml",
        "bot/data/nlu.yml",
        "bot/data/rules.yml",
        "bot/tests/nlu.yml",
        "bot/.gitignore",
    ] {
        assert!(parent.path().join(file).is_file(), "{file}");
    }
    assert_eq!(parent.list("bot/models").len(), 1);
    let valid = parent.run(&["--project", "bot", "validate"]);
    assert_eq!(valid.code, 0, "{}", valid.stderr);
    let test = parent.run(&[
        "--project",
        "bot",
        "test",
        "--json",
        "--min-accuracy",
        "0.7",
    ]);
    assert_eq!(test.code, 0, "{}{}", test.stdout, test.stderr);
    assert_snapshot!(parent.run(&["init", "bot", "--csv", "support.csv"]).shown(), @r"
    exit 2
    --- stderr
    error: `bot` is a project already
    hint: `bot convert support.csv --to bot` adds to it
    ");
}

#[test]
fn a_table_that_is_not_there_makes_nothing() {
    let parent = Project::empty();
    assert_snapshot!(parent.run(&["init", "bot", "--csv", "none.csv"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no file `none.csv`
    hint: check the spelling, or the folder you are in
    ");
    assert_snapshot!(
        parent.run(&["init", "bot", "--csv", "a.csv", "--template", "faq"]).shown(), @r"
    exit 2
    --- stderr
    error: the argument '--csv <FILE>...' cannot be used with '--template <NAME>'

    Usage: bot init --csv <FILE>... <DIR>

    For more information, try '--help'.
    "
    );
    assert_eq!(parent.list("."), Vec::<String>::new());
}

#[test]
fn a_recipe_is_not_written_for_a_folder_whose_name_it_cannot_hold() {
    let parent = Project::empty();
    std::fs::create_dir(parent.path().join(".git")).unwrap();
    let run = parent.run(&["init", "bots/it's", "--ci", "gitlab"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("the folder `bots/it's` cannot stand in a recipe"),
        "{}",
        run.stderr
    );
    assert!(!parent.path().join("bots").exists());
    let run = parent.run(&["init", "bots/its", "--ci", "gitlab"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(parent.read(".gitlab-ci.yml").contains("\nbot-bots-its:\n"));
}
