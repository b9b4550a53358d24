//! Whatever a command of the shell does to a conversation or to the files of a project can be taken back: what is there
//! afterwards is what was there before.

use std::{collections::BTreeMap, fs, path::Path};

use bot::{
    data::Json,
    workbench::{Answer, COMMANDS, Command, Correction, Decision, Workbench},
};
use proptest::prelude::*;

use crate::shell::trained;

/// What can be seen of a conversation; times do not differ, for the clock stands still.
fn picture(workbench: &Workbench) -> (usize, Vec<String>, String, String) {
    let state = workbench.state();
    let turns = state.turns.iter().map(|record| {
        let said = record
            .turn
            .messages
            .iter()
            .map(|(_, message)| message.text.clone());
        format!(
            "{} {} {:?}",
            record.text,
            record.turn.parse.intent_name(),
            said.collect::<Vec<_>>()
        )
    });
    (
        state.number,
        turns.collect(),
        format!("{:?}", state.slots),
        state.events,
    )
}

/// Every file of a project but its models, byte for byte.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("models") {
                    open.push(path);
                }
            } else {
                let name = path.strip_prefix(folder).unwrap();
                found.insert(name.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What each command does to a conversation or a project: nothing, or how to see that.
enum Does {
    /// It only shows, or leads back and forth itself.
    Nothing,
    /// It changes the conversation: as these.
    Talks(fn() -> Vec<Command>),
    /// It changes files: as these, after a conversation.
    Writes(fn() -> Vec<Command>),
}

/// A row for each command.
const DOES: &[(&str, Does)] = &[
    ("undo", Does::Nothing),
    ("redo", Does::Nothing),
    ("rewind", Does::Nothing),
    ("branches", Does::Nothing),
    (
        "correct",
        Does::Writes(|| vec![Command::Correct(Some("greet".to_owned()))]),
    ),
    (
        "entity",
        Does::Writes(|| vec![Command::Entity("product=package".to_owned())]),
    ),
    ("right", Does::Writes(|| vec![Command::Right])),
    ("train", Does::Nothing),
    (
        "save",
        Does::Writes(|| {
            vec![
                Command::SaveStory(Some("once".to_owned())),
                Command::SaveRule(Some("always".to_owned())),
            ]
        }),
    ),
    ("compare", Does::Nothing),
    ("swap", Does::Nothing),
    ("record", Does::Writes(|| vec![Command::Record])),
    (
        "replay",
        Does::Talks(|| vec![Command::Replay(Some("Return dropped".to_owned()))]),
    ),
    ("next", Does::Nothing),
    ("rest", Does::Nothing),
    (
        "slot",
        Does::Talks(|| {
            vec![
                Command::SetSlot("order_number".to_owned(), "AB-1".into()),
                Command::SetSlot("order_number".to_owned(), Json::Null),
            ]
        }),
    ),
    (
        "intent",
        Does::Talks(|| vec![Command::Say("/order_status".to_owned())]),
    ),
    ("stub", Does::Nothing),
    ("why", Does::Nothing),
    ("slots", Does::Nothing),
    ("events", Does::Nothing),
    ("changes", Does::Nothing),
    ("restart", Does::Talks(|| vec![Command::Restart])),
    ("model", Does::Nothing),
    ("help", Does::Nothing),
    ("quit", Does::Nothing),
];

#[test]
fn every_command_says_what_it_does() {
    let names: Vec<&str> = COMMANDS.iter().map(|info| info.name).collect();
    let told: Vec<&str> = DOES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names, told,
        "each command has a row here, in the order of the table"
    );
}

/// Everything that changes a conversation.
fn talk() -> Vec<Command> {
    let mut all = vec![
        Command::Say("hello there".to_owned()),
        Command::Say("where is my order AB-12345".to_owned()),
        Command::Say("something quite unheard of".to_owned()),
        Command::SayAs("hello there".to_owned(), "goodbye".to_owned()),
        Command::SayAs("never mind".to_owned(), "goodbye".to_owned()),
    ];
    for (_, does) in DOES {
        if let Does::Talks(commands) = does {
            all.extend(commands());
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// After each command of any conversation, undo leads to what was before, and redo to what was after.
    #[test]
    fn undo_is_before_and_redo_is_after(steps in prop::collection::vec((0..64usize, 0..4u8), 1..16)) {
        let folder = tempfile::tempdir().unwrap();
        let mut workbench = trained(folder.path());
        let commands = talk();
        for (number, back) in steps {
            let command = &commands[number % commands.len()];
            let before = picture(&workbench);
            let answer = workbench.run(command, 0.0);
            prop_assert!(!matches!(answer, Answer::Refused(_)), "{command:?} {answer:?}");
            let after = picture(&workbench);
            // A new conversation in the place of an empty one is not much.
            if *command == Command::Restart && before.1.is_empty() {
                continue;
            }
            // Playing a story begins a conversation, and says something.
            let times = if matches!(command, Command::Replay(_)) { 2 } else { 1 };
            for _ in 0..times {
                workbench.run(&Command::Undo, 0.0);
            }
            if before.1.is_empty() && times == 2 {
                continue;
            }
            prop_assert_eq!(&picture(&workbench), &before, "undo of {:?}", command);
            for _ in 0..times {
                workbench.run(&Command::Redo, 0.0);
            }
            prop_assert_eq!(&picture(&workbench), &after, "redo of {:?}", command);
            if back == 0 {
                workbench.run(&Command::Undo, 0.0);
            }
        }
    }

    /// Rewinding goes anywhere and comes back.
    #[test]
    fn rewinding_comes_back(steps in prop::collection::vec(0..64usize, 1..8), to in 0..8usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut workbench = trained(folder.path());
        let commands = talk();
        for number in steps {
            let command = &commands[number % commands.len()];
            if !matches!(command, Command::Restart | Command::Replay(_)) {
                workbench.run(command, 0.0);
            }
        }
        let (before, all) = (picture(&workbench), workbench.turns().len());
        workbench.run(&Command::Rewind(to.min(all)), 0.0);
        prop_assert_eq!(workbench.turns().len(), to.min(all));
        workbench.run(&Command::Rewind(all), 0.0);
        prop_assert_eq!(picture(&workbench), before);
    }
}

#[test]
fn a_conversation_that_has_not_begun_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = trained(folder.path());
    let number = |workbench: &Workbench| workbench.state().number;
    for command in [
        Command::Restart,
        Command::Restart,
        Command::Replay(Some("Return dropped".to_owned())),
    ] {
        workbench.run(&command, 0.0);
        assert_eq!(number(&workbench), 1, "{command:?}");
    }
    // The story ends with its conversation.
    workbench.run(&Command::Restart, 0.0);
    assert_eq!(number(&workbench), 2);
    assert!(workbench.state().replay.is_none());
    // Back before it, and on: what never began is not there.
    workbench.run(&Command::Undo, 0.0);
    assert_eq!(number(&workbench), 1);
    workbench.run(&Command::Restart, 0.0);
    assert_eq!(number(&workbench), 2);
    // A conversation that was taken back wholly has begun.
    workbench.run(&Command::Say("hello there".to_owned()), 0.0);
    workbench.run(&Command::Undo, 0.0);
    workbench.run(&Command::Restart, 0.0);
    assert_eq!(number(&workbench), 3);
}

/// Makes a change of files, and agrees to it.
fn make(workbench: &mut Workbench, command: &Command) {
    let answer = match workbench.run(command, 0.0) {
        Answer::Plan(plan) => workbench.run(&Command::Accept(plan), 0.0),
        other => other,
    };
    assert!(
        matches!(answer, Answer::Written { .. } | Answer::Changed(_)),
        "{command:?}: {answer:?}"
    );
    if *command == Command::Record {
        workbench.run(&Command::Say("hello there".to_owned()), 0.0);
    }
}

#[test]
fn every_change_of_files_is_taken_back_to_the_byte() {
    let mut all: Vec<Command> = DOES
        .iter()
        .filter_map(|(_, does)| match does {
            Does::Writes(commands) => Some(commands()),
            _ => None,
        })
        .flatten()
        .collect();
    let said = |text: &str, intent: &str| {
        let decision = Decision {
            intent: Some(intent.to_owned()),
            marks: Vec::new(),
        };
        (text.to_owned(), decision)
    };
    all.push(Command::Gather(vec![
        said("pick up my box", "return_item"),
        said("do you ship to mars", "deliver_abroad"),
        said("and to venus", "deliver_abroad"),
    ]));
    all.push(Command::Plan(Correction::Intent {
        text: "greetings from afar".to_owned(),
        intent: "brand_new".to_owned(),
    }));
    for command in &all {
        let folder = tempfile::tempdir().unwrap();
        let mut workbench = trained(folder.path());
        workbench.run(
            &Command::Say("somebody may fetch the package".to_owned()),
            0.0,
        );
        let before = files(folder.path());
        make(&mut workbench, command);
        let after = files(folder.path());
        assert_ne!(before, after, "{command:?} changes nothing");
        let taken = workbench.run(&Command::Changes(Some(1)), 0.0);
        assert!(
            matches!(taken, Answer::Written { .. }),
            "{command:?}: {taken:?}"
        );
        assert_eq!(files(folder.path()), before, "{command:?}");
        assert!(workbench.changed().is_empty());
    }
    // All of them one after the other, and back in the other order.
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = trained(folder.path());
    workbench.run(
        &Command::Say("somebody may fetch the package".to_owned()),
        0.0,
    );
    let start = files(folder.path());
    let mut count = 0;
    for command in &all {
        let answer = workbench.run(command, 0.0);
        // What one of them has said already another cannot say again.
        if let Answer::Plan(plan) = answer {
            workbench.run(&Command::Accept(plan), 0.0);
            count += 1;
        }
    }
    assert!(count > 4, "{count}");
    for number in (1..=workbench.changed().len()).rev() {
        let taken = workbench.run(&Command::Changes(Some(number)), 0.0);
        assert!(
            matches!(taken, Answer::Written { .. }),
            "{number}: {taken:?}"
        );
    }
    assert_eq!(files(folder.path()), start);
}

#[test]
fn what_is_recorded_follows_what_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut workbench = trained(folder.path());
    let path = folder.path().join("tests/test_stories.yml");
    let old = fs::read_to_string(&path).unwrap();
    workbench.run(&Command::Record, 0.0);
    for text in ["hello there", "bye"] {
        workbench.run(&Command::Say(text.to_owned()), 0.0);
    }
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("- user: bye\n    intent: goodbye\n  - action: utter_goodbye")
    );
    workbench.run(&Command::Undo, 0.0);
    let one = fs::read_to_string(&path).unwrap();
    assert_eq!(
        one.matches("- user: bye\n").count(),
        old.matches("- user: bye\n").count()
    );
    assert_ne!(one, old);
    workbench.run(&Command::Undo, 0.0);
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    workbench.run(&Command::Redo, 0.0);
    assert_eq!(fs::read_to_string(&path).unwrap(), one);
    // What was recorded of a conversation stays when another begins.
    workbench.run(&Command::Restart, 0.0);
    assert_eq!(fs::read_to_string(&path).unwrap(), one);
}
