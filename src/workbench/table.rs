//! The commands that a person can give: one table for the screen, plain mode, the palette and help.

use super::{Command, input::assignment};

/// What commands depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
pub struct Situation {
    /// There is a turn.
    pub turns: bool,
    /// There is something that can be taken back: a turn, or the end of the conversation before.
    pub back: bool,
    /// Turns were taken back.
    pub undone: bool,
    /// There is a project whose files can be changed.
    pub project: bool,
    /// Another model listens.
    pub compared: bool,
    /// A story is being played.
    pub replaying: bool,
    /// Files were changed in this session.
    pub changed: bool,
    /// The conversation went other ways.
    pub branched: bool,
}

/// A row of the table of commands.
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    /// Word after the colon.
    pub name: &'static str,
    /// Other words for it.
    pub aliases: &'static [&'static str],
    /// Key in the shell; empty if it has none.
    pub key: &'static str,
    /// What it does.
    pub help: &'static str,
    make: fn(&str) -> Command,
    needs: Need,
}

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    Turn,
    Back,
    Undone,
    Project,
    ProjectAndTurn,
    Compared,
    Replay,
}

impl CommandInfo {
    /// Tells why the command can do nothing now, if so.
    pub fn grey(&self, now: Situation) -> Option<&'static str> {
        let needs = self.needs;
        let project = matches!(needs, Need::Project | Need::ProjectAndTurn);
        let turn = matches!(needs, Need::Turn | Need::ProjectAndTurn);
        if project && !now.project {
            Some("there is no project here to change")
        } else if turn && !now.turns || needs == Need::Back && !now.back {
            Some("there is no turn yet")
        } else if needs == Need::Undone && !now.undone {
            Some("nothing was taken back")
        } else if needs == Need::Compared && !now.compared {
            Some("no other model listens: `:compare MODEL`")
        } else if needs == Need::Replay && !now.replaying {
            Some("no story is being played: `:replay STORY`")
        } else {
            None
        }
    }

    /// Returns the command with what stands after its word.
    pub fn with(&self, rest: &str) -> Command {
        (self.make)(rest)
    }
}

const fn row(
    name: &'static str,
    key: &'static str,
    help: &'static str,
    needs: Need,
    make: fn(&str) -> Command,
) -> CommandInfo {
    CommandInfo {
        name,
        aliases: &[],
        key,
        help,
        make,
        needs,
    }
}

/// All commands.
pub const COMMANDS: &[CommandInfo] = &[
    row(
        "undo",
        "Alt-↑",
        "take back the last turn; before the first, back to the conversation before",
        Need::Back,
        |_| Command::Undo,
    ),
    row("redo", "Alt-↓", "bring it back", Need::Undone, |_| {
        Command::Redo
    }),
    row(
        "rewind",
        "",
        "back to the end of a turn: `:rewind 2`; what came after stays under `:branches`",
        Need::Turn,
        |rest| match rest.parse() {
            Ok(turn) => Command::Rewind(turn),
            Err(_) => {
                Command::Wrong("to which turn? `:rewind 2`, `:rewind 0` for the start".to_owned())
            }
        },
    ),
    row(
        "branches",
        "",
        "other ways the conversation went; `:branches 1` goes on with the first",
        Need::Nothing,
        |rest| Command::Branches(rest.parse().ok()),
    ),
    row(
        "correct",
        "F2",
        "the message belongs to another intent: `:correct INTENT` adds it there and learns anew",
        Need::Project,
        |rest| Command::Correct(word(rest)),
    ),
    row(
        "entity",
        "F3",
        "words of the message are an entity: `:entity city=Oslo`; `:entity -Oslo` are none",
        Need::Project,
        |rest| Command::Entity(rest.to_owned()),
    ),
    row(
        "right",
        "F4",
        "the message was understood rightly: keep it as an example",
        Need::Project,
        |_| Command::Right,
    ),
    row(
        "train",
        "F5",
        "learn anew from the project's files",
        Need::Project,
        |_| Command::Train,
    ),
    row(
        "save",
        "F6",
        "`:save story NAME` adds the conversation to the tests, `:save rule NAME` the last turn to the rules",
        Need::ProjectAndTurn,
        |rest| {
            let rest = rest.strip_prefix("test").unwrap_or(rest);
            match rest.strip_prefix("rule") {
                Some(name) => Command::SaveRule(word(name)),
                None => Command::SaveStory(word(rest.strip_prefix("story").unwrap_or(rest))),
            }
        },
    ),
    row(
        "compare",
        "F7",
        "another model listens beside this one: `:compare MODEL`; none without a name",
        Need::Nothing,
        |rest| Command::Compare(word(rest)),
    ),
    row(
        "swap",
        "",
        "let the other model answer",
        Need::Compared,
        |_| Command::Swap,
    ),
    CommandInfo {
        aliases: &["rec"],
        ..row(
            "record",
            "F8",
            "record the conversation to the tests as it goes on, or stop",
            Need::Project,
            |_| Command::Record,
        )
    },
    row(
        "replay",
        "F9",
        "play a story: `:replay STORY`",
        Need::Project,
        |rest| Command::Replay(word(rest)),
    ),
    row(
        "next",
        "",
        "play the next message of the story",
        Need::Replay,
        |_| Command::Next,
    ),
    row(
        "rest",
        "",
        "play the story to its end",
        Need::Replay,
        |_| Command::Rest,
    ),
    row(
        "slot",
        "",
        "set a slot by hand: `:slot city=Oslo`, `:slot city=` empties it",
        Need::Nothing,
        set_slot,
    ),
    row(
        "intent",
        "",
        "send an intent by name: `:intent order{\"city\": \"Oslo\"}`",
        Need::Nothing,
        |rest| match word(rest) {
            Some(rest) => Command::Say(format!("/{}", rest.trim_start_matches('/'))),
            None => Command::Wrong("which? `:intent greet`".to_owned()),
        },
    ),
    row(
        "stub",
        "",
        "answer for a custom action: `:stub action_check seats=3`; `:stub action_check` alone does nothing",
        Need::Nothing,
        |rest| Command::Stub(rest.to_owned()),
    ),
    row(
        "why",
        "",
        "how a turn came about: `:why 2`, the last one without a number",
        Need::Turn,
        |rest| Command::Why(rest.parse().ok()),
    ),
    row("slots", "", "slots that are set", Need::Nothing, |_| {
        Command::Slots
    }),
    row(
        "events",
        "",
        "events of the conversation",
        Need::Nothing,
        |_| Command::Events,
    ),
    row(
        "changes",
        "",
        "lines added in this session; `:changes undo 1` takes one back",
        Need::Nothing,
        |rest| {
            let rest = rest.strip_prefix("undo").map_or(rest, str::trim);
            Command::Changes(rest.parse().ok())
        },
    ),
    CommandInfo {
        aliases: &["new"],
        ..row(
            "restart",
            "",
            "begin a new conversation; `:undo` leads back",
            Need::Nothing,
            |_| Command::Restart,
        )
    },
    row("model", "", "which model answers", Need::Nothing, |_| {
        Command::Model
    }),
    CommandInfo {
        aliases: &["h", "?"],
        ..row("help", "F1", "this list", Need::Nothing, |_| Command::Help)
    },
    CommandInfo {
        aliases: &["q", "exit", "stop"],
        ..row("quit", "Ctrl-D", "leave", Need::Nothing, |_| Command::Quit)
    },
];

fn word(rest: &str) -> Option<String> {
    let rest = rest.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

fn set_slot(rest: &str) -> Command {
    match assignment(rest.trim()) {
        Some((name, value)) => Command::SetSlot(name, value),
        None => Command::Wrong("which slot, and to what? `:slot city=Oslo`".to_owned()),
    }
}

/// Returns the list of commands as text.
pub(super) fn help() -> String {
    let rows: Vec<String> = COMMANDS
        .iter()
        .map(|info| {
            let name = format!(":{}", info.name);
            let key = if info.key.is_empty() {
                String::new()
            } else {
                format!("  ({})", info.key)
            };
            format!("{name:<10} {}{key}", info.help)
        })
        .collect();
    format!(
        "{}\n/intent{{\"entity\": \"value\"}} sends an intent by name, // a text that starts with a slash",
        rows.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_help_and_a_word_of_its_own() {
        let mut words: Vec<&str> = COMMANDS
            .iter()
            .flat_map(|info| info.aliases.iter().copied().chain([info.name]))
            .collect();
        let mut keys: Vec<&str> = COMMANDS
            .iter()
            .map(|info| info.key)
            .filter(|key| !key.is_empty())
            .collect();
        let counts = (words.len(), keys.len());
        words.sort_unstable();
        words.dedup();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!((words.len(), keys.len()), counts);
        assert!(COMMANDS.iter().all(|info| !info.help.is_empty()));
    }
}
