use insta::assert_snapshot;

use super::STARTER;
use crate::common::{Project, run};

const COMMANDS: &[&str] = &[
    "init",
    "convert",
    "train",
    "test",
    "shell",
    "parse",
    "models",
    "validate",
    "completions",
    "man",
];

#[test]
fn bot_alone_shows_five_commands() {
    assert_snapshot!(Project::empty().run(&[]).shown(), @r"
    exit 0
    --- stdout
    bot: build, test, debug and run an intent-based chatbot

      bot init my-bot                   a new project from a template; `--csv FILE`: from your own messages
      bot convert messages.csv          a table of messages to project files
      bot train                         train the project's model
      bot test                          evaluate intents, entities and test stories
      bot shell                         talk to the bot and see why it answers so

    `bot help` lists everything, `bot help COMMAND` explains one.
    ");
}

#[test]
fn unknown_words_are_told_with_exit_2() {
    assert_snapshot!(Project::empty().run(&["--colour", "never"]).shown(), @r"
    exit 2
    --- stderr
    error: unexpected argument '--colour' found

      tip: a similar argument exists: '--color'

    Usage: bot --color <WHEN>

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::empty().run(&["trian"]).shown(), @r"
    exit 2
    --- stderr
    error: unrecognized subcommand 'trian'

      tip: a similar subcommand exists: 'train'

    Usage: bot [OPTIONS] [COMMAND]

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::empty().run(&["train", "--forse"]).shown(), @r"
    exit 2
    --- stderr
    error: unexpected argument '--forse' found

      tip: a similar argument exists: '--force'

    Usage: bot train --force [PART]

    For more information, try '--help'.
    ");
    assert_snapshot!(Project::empty().run(&["test", "--min-accuracy", "90"]).shown(), @r"
    exit 2
    --- stderr
    error: invalid value '90' for '--min-accuracy <SHARE>': a share is a number between 0 and 1

    For more information, try '--help'.
    ");
    assert_snapshot!(
        Project::empty().run(&["convert", "a.csv", "--delimiter", "ab"]).shown(), @r"
    exit 2
    --- stderr
    error: invalid value 'ab' for '--delimiter <CHAR>': `ab` cannot be a delimiter; give one ASCII character, or `tab`, `space` (the first blank), `comma`, `semicolon`, `pipe`

    For more information, try '--help'.
    "
    );
}

#[test]
fn outside_of_a_project_commands_say_so() {
    for command in ["train", "test", "shell", "parse", "models", "validate"] {
        let run = Project::empty().run_with(&[command, "--format", "concise"], b"hello\n");
        let wanted = if command == "models" { 0 } else { 2 };
        assert_eq!(run.code, wanted, "{command}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{command}");
        assert!(!run.stderr.is_empty(), "{command}");
    }
    assert_snapshot!(Project::empty().run(&["train"]).shown(), @r"
    exit 2
    --- stderr
    error: `.` is not a project: it has neither config.yml nor domain.yml
    hint: `bot init DIR` makes a new project, `bot convert data.csv --to DIR` one from a table
    ");
    assert_snapshot!(Project::empty().run(&["validate"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no project here: no folder upward has config.yml or domain.yml
    hint: `bot init DIR` makes one, `--project DIR` names one
    ");
    assert_snapshot!(Project::empty().run(&["parse", "hello"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no model in `models`
    hint: `bot train` makes one
    ");
    assert_snapshot!(Project::empty().run(&["--project", "nowhere", "validate"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no file `nowhere`
    hint: check the spelling, or the folder you are in
    ");
}

#[test]
fn a_project_is_found_from_a_folder_below() {
    let project = Project::template("starter");
    let mut command = project.bot(&["validate", "--format", "concise"]);
    let run = run(command.current_dir(project.path().join("data")), b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn every_command_has_help_and_examples() {
    let all = Project::empty().run(&["help"]);
    assert_eq!(all.code, 0);
    for command in COMMANDS {
        assert!(all.stdout.contains(&format!("\n  {command} ")), "{command}");
        let long = Project::empty().run(&["help", command]);
        let short = Project::empty().run(&[command, "--help"]);
        for help in [&long, &short] {
            assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{command}");
            assert!(help.stdout.contains("Usage: bot "), "{command}");
        }
        if !["completions", "man"].contains(command) {
            assert!(
                long.stdout.contains("Examples:\n"),
                "{command}: {}",
                long.stdout
            );
            assert!(
                long.stdout.contains(&format!("  bot {command}")),
                "{command}"
            );
        }
    }
    let version = Project::empty().run(&["--version"]);
    assert_eq!(
        version.stdout,
        format!("bot {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn completions_are_printed_for_every_shell() {
    for (shell, sign) in [
        ("bash", "complete -F _bot"),
        ("zsh", "#compdef bot"),
        ("fish", "complete -c bot"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[bot]"),
    ] {
        let run = Project::empty().run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        assert!(run.stdout.contains(sign), "{shell}");
        for command in COMMANDS {
            assert!(run.stdout.contains(command), "{shell} lacks {command}");
        }
    }
    assert_eq!(Project::empty().run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn the_man_page_has_a_part_for_each_command() {
    let run = Project::empty().run(&["man"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains(".TH bot 1"));
    for command in COMMANDS {
        assert!(
            run.stdout.contains(&format!(".TH bot-{command} 1")),
            "{command}"
        );
    }
}

const ESCAPE: char = '\u{1b}';

#[test]
fn colour_is_for_terminals_or_on_request() {
    let test = |flags: &[&str], set: &[(&str, &str)]| {
        let mut command = STARTER.bot(&[&["test"], flags].concat());
        let run = run(command.envs(set.iter().copied()), b"");
        assert_eq!(run.code, 0);
        run.stdout.contains(ESCAPE)
    };
    assert!(!test(&[], &[]), "a pipe");
    assert!(test(&["--color", "always"], &[]));
    assert!(
        test(&["--color", "always"], &[("NO_COLOR", "1")]),
        "a flag wins"
    );
    assert!(test(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!test(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!test(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn findings_are_coloured_and_drawn_as_asked() {
    let project = Project::of(&[("domain.yml", "intnts: []\n"), ("data/nlu.yml", "")]);
    let plain = project.run(&["validate"]);
    assert!(!plain.stderr.contains(ESCAPE) && plain.stderr.contains('╭'));
    let colour = project.run(&["validate", "--color", "always"]);
    assert!(colour.stderr.contains(ESCAPE));
    let ascii = project.run(&["validate", "--ascii"]);
    assert!(ascii.stderr.is_ascii(), "{}", ascii.stderr);
    for (name, value) in [
        ("TERM", "dumb"),
        ("LC_ALL", "C"),
        ("LANG", "de_DE.ISO-8859-1"),
    ] {
        let run = run(project.bot(&["validate"]).env(name, value), b"");
        assert!(run.stderr.is_ascii(), "{name}={value}: {}", run.stderr);
    }
}

#[test]
fn quiet_keeps_summaries_and_very_quiet_keeps_nothing() {
    let project = Project::template("starter");
    let run = project.run(&["train", "-q"]);
    assert_eq!(
        (run.code, run.stderr.lines().count()),
        (0, 1),
        "{}",
        run.stderr
    );
    assert!(run.stderr.starts_with("Trained "));
    for command in [
        &["train", "-qq"][..],
        &["test", "-qq"],
        &["validate", "-qq"],
        &["models", "-qq"],
    ] {
        let run = project.run(command);
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (0, "", ""),
            "{command:?}"
        );
    }
    project.replace("domain.yml", "intents:", "intents: 5\nx-intents:");
    let run = project.run(&["train", "-qq"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
}

#[test]
fn json_is_all_there_is_on_stdout() {
    for command in [
        &["test"][..],
        &["validate"],
        &["models"],
        &["models", "show"],
        &["models", "diff", "model", "model"],
        &["train"],
        &["init", "--list-templates"],
    ] {
        let run = STARTER.run(&[command, &["--format", "json"]].concat());
        assert_eq!(run.code, 0, "{command:?}: {}", run.stderr);
        let report = run.json();
        let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
        assert_eq!(keys[..2], ["bot", "schema"], "{command:?}");
        assert_eq!(report["schema"], 1, "{command:?}");
        let short = STARTER.run(&[command, &["--json"]].concat()).json();
        assert_eq!(short["schema"], 1, "{command:?}");
    }
    // Nothing of a failure gets onto stdout either.
    let project = Project::of(&[("domain.yml", "intnts: []\n"), ("data/nlu.yml", "")]);
    let run = project.run(&["train", "--json"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
}
