//! Everything a person can ask for in a conversation: one table for the screen, plain mode, the palette and help.

use super::{Correction, Decision, Plan};
use crate::data::{DEFAULT_INTENTS, Domain, Json};

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Send a message.
    Say(String),
    /// Send a message that is to be understood as this intent; a turn with the same text goes back first.
    SayAs(String, String),
    /// Take back the last turn.
    Undo,
    /// Bring back what was taken back.
    Redo,
    /// Go back to the end of a turn; 0 is the start.
    Rewind(usize),
    /// List the ways that the conversation went, or go on with one of them.
    Branches(Option<usize>),
    /// Begin a new conversation.
    Restart,
    /// Show the slots that are set.
    Slots,
    /// Show the values that a slot gets by hand; `name=value`.
    SetSlot(String, Json),
    /// Show how a turn came about; the last one without a number.
    Why(Option<usize>),
    /// The last message belongs to another intent.
    Correct(Option<String>),
    /// A piece of the last message is an entity: `type=words`; `-words` is none.
    Entity(String),
    /// The last message was understood rightly: keep it as an example.
    Right,
    /// A correction of any message.
    Plan(Correction),
    /// What a correction would change, for whoever has not decided yet.
    Foresee(Correction),
    /// What was decided about messages of a list, as one change.
    Gather(Vec<(String, Decision)>),
    /// Make the changes that were shown.
    Accept(Box<Plan>),
    /// Learn anew.
    Train,
    /// Add the conversation to the tests.
    SaveStory(Option<String>),
    /// Add the last turn to the rules.
    SaveRule(Option<String>),
    /// List what one of several can be chosen from.
    Choose(Choice),
    /// Listen to another model beside this one; without a name, to none.
    Compare(Option<String>),
    /// Let the other model answer, and listen to this one.
    Swap,
    /// Record the conversation to the tests as it goes on, or stop that.
    Record,
    /// Play a story.
    Replay(Option<String>),
    /// Play the next message of the story.
    Next,
    /// Play the rest of the story.
    Rest,
    /// Answer for a custom action: `action_name slot=value …`.
    Stub(String),
    /// List the changes of this session, or take one back.
    Changes(Option<usize>),
    /// List the events of the conversation.
    Events,
    /// Show which model answers.
    Model,
    /// List the commands.
    Help,
    /// Leave.
    Quit,
    /// No command of that name.
    Unknown(String),
    /// A command whose words make no sense.
    Wrong(String),
}

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A model to listen to.
    Model,
    /// A story to play.
    Story,
}

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

/// Reads `name=value`; the value is JSON where it reads as such, else text; nothing is null.
pub(super) fn assignment(text: &str) -> Option<(String, Json)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let value = match value {
        "" => Json::Null,
        _ => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
    };
    (!name.is_empty()).then(|| (name.to_owned(), value))
}

/// Reads `action_name slot=value …`.
pub(super) fn stub(rest: &str) -> Result<(String, Vec<(String, Json)>), String> {
    let mut words = rest.split_whitespace();
    let action = words
        .next()
        .ok_or("which action? `:stub action_check seats=3`")?;
    let slots = words.map(|word| assignment(word).ok_or(format!("`{word}` is no `slot=value`")));
    Ok((action.to_owned(), slots.collect::<Result<_, _>>()?))
}

/// What a line that was typed means.
#[derive(Clone, Debug, PartialEq)]
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
    Some(info.with(text.get(word.len()..).unwrap_or_default().trim()))
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
            (
                ":correct refund",
                Input::Command(Command::Correct(Some("refund".into()))),
            ),
            (
                ":save rule bye",
                Input::Command(Command::SaveRule(Some("bye".into()))),
            ),
            (":save", Input::Command(Command::SaveStory(None))),
            (
                ":save story a b",
                Input::Command(Command::SaveStory(Some("a b".into()))),
            ),
            (
                ":slot n=3",
                Input::Command(Command::SetSlot("n".into(), 3.into())),
            ),
            (
                ":slot city=New York",
                Input::Command(Command::SetSlot("city".into(), "New York".into())),
            ),
            (
                ":slot city=",
                Input::Command(Command::SetSlot("city".into(), Json::Null)),
            ),
            (":intent greet{\"a\": 1}", say("/greet{\"a\": 1}")),
            (":changes undo 2", Input::Command(Command::Changes(Some(2)))),
            (":rewind 0", Input::Command(Command::Rewind(0))),
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
