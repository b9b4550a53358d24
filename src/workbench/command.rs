//! Everything a person can ask for in a conversation: one table for the screen, plain mode and their help.

use crate::data::{DEFAULT_INTENTS, Domain};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Send a message.
    Say(String),
    /// Take back the last turn.
    Undo,
    /// Send what was taken back again.
    Redo,
    /// Begin a new conversation.
    Restart,
    /// Show the slots that are set.
    Slots,
    /// Show how a turn came about; the last one without a number.
    Why(Option<usize>),
    /// Show which model answers.
    Model,
    /// List the commands.
    Help,
    /// Leave.
    Quit,
    /// No command of that name.
    Unknown(String),
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
}

/// All commands.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo {
        name: "undo",
        aliases: &[],
        key: "Alt-↑",
        help: "take back the last turn",
        make: |_| Command::Undo,
    },
    CommandInfo {
        name: "redo",
        aliases: &[],
        key: "Alt-↓",
        help: "send it again",
        make: |_| Command::Redo,
    },
    CommandInfo {
        name: "restart",
        aliases: &["new"],
        key: "",
        help: "begin a new conversation",
        make: |_| Command::Restart,
    },
    CommandInfo {
        name: "why",
        aliases: &[],
        key: "",
        help: "how a turn came about: `:why 2`, the last one without a number",
        make: |rest| Command::Why(rest.parse().ok()),
    },
    CommandInfo {
        name: "slots",
        aliases: &[],
        key: "",
        help: "slots that are set",
        make: |_| Command::Slots,
    },
    CommandInfo {
        name: "model",
        aliases: &[],
        key: "",
        help: "which model answers",
        make: |_| Command::Model,
    },
    CommandInfo {
        name: "help",
        aliases: &["h", "?"],
        key: "F1",
        help: "this list",
        make: |_| Command::Help,
    },
    CommandInfo {
        name: "quit",
        aliases: &["q", "exit", "stop"],
        key: "Ctrl-D",
        help: "leave",
        make: |_| Command::Quit,
    },
];

/// What a line that was typed means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing: the line is empty.
    Nothing,
    /// Something to do.
    Command(Command),
}

/// Reads a line: `:x` is a command; `/x` the intent `x` if the domain has it, else the command; `//` sends a text that
/// starts with a slash; anything else is a message.
pub fn read_input(line: &str, domain: &Domain) -> Input {
    let text = line.trim();
    if text.is_empty() {
        return Input::Nothing;
    }
    if let Some(rest) = text
        .strip_prefix(':')
        .filter(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '?'))
    {
        return Input::Command(
            named(rest).unwrap_or_else(|| Command::Unknown(first_word(rest).to_owned())),
        );
    }
    if let Some(rest) = text.strip_prefix("//") {
        return Input::Command(Command::Say(format!("/{rest}")));
    }
    if let Some(rest) = text.strip_prefix('/') {
        let name = rest.split(['{', '@']).next().unwrap_or_default().trim();
        let is_intent = domain.has_intent(name) || DEFAULT_INTENTS.contains(&name);
        if !is_intent && let Some(command) = named(rest) {
            return Input::Command(command);
        }
    }
    Input::Command(Command::Say(text.to_owned()))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn named(text: &str) -> Option<Command> {
    let word = first_word(text);
    let info = COMMANDS
        .iter()
        .find(|info| info.name == word || info.aliases.contains(&word))?;
    Some((info.make)(
        text.get(word.len()..).unwrap_or_default().trim(),
    ))
}

/// Returns what may follow a `:` or `/` typed so far: commands, then intents.
pub fn complete(line: &str, domain: &Domain) -> Vec<String> {
    let commands = |prefix: &str, lead: char| -> Vec<String> {
        COMMANDS
            .iter()
            .filter(|info| info.name.starts_with(prefix))
            .map(|info| format!("{lead}{}", info.name))
            .collect()
    };
    if let Some(prefix) = line.strip_prefix(':') {
        return commands(prefix, ':');
    }
    let Some(prefix) = line.strip_prefix('/') else {
        return Vec::new();
    };
    let intents = domain
        .intents
        .iter()
        .map(|intent| &intent.name)
        .filter(|name| name.starts_with(prefix));
    intents
        .map(|name| format!("/{name}"))
        .chain(commands(prefix, '/'))
        .collect()
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
    use crate::data::Intent;

    #[test]
    fn lines_mean_what_the_slash_and_colon_say() {
        let intent = |name: &str| Intent {
            name: name.into(),
            ..Intent::default()
        };
        let domain = Domain {
            intents: vec![intent("greet"), intent("undo")],
            ..Domain::default()
        };
        let say = |text: &str| Input::Command(Command::Say(text.into()));
        for (line, meaning) in [
            ("  ", Input::Nothing),
            (" hi there ", say("hi there")),
            (":undo", Input::Command(Command::Undo)),
            ("/undo", say("/undo")),
            ("/greet{\"a\": 1}", say("/greet{\"a\": 1}")),
            ("/restart", say("/restart")),
            ("/why 2", Input::Command(Command::Why(Some(2)))),
            ("/stop", Input::Command(Command::Quit)),
            ("//tmp", say("/tmp")),
            ("/nothing", say("/nothing")),
            (":-)", say(":-)")),
            (":qiut", Input::Command(Command::Unknown("qiut".into()))),
        ] {
            assert_eq!(read_input(line, &domain), meaning, "{line}");
        }
    }

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
