//! What a line that was typed means.

use super::{COMMANDS, Command};
use crate::data::{DEFAULT_INTENTS, Domain, Json};

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

/// What a line means.
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
}
