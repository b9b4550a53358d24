//! Which key does what: the table of commands, with a person's own choices in the place of ours.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::workbench::COMMANDS;

/// Commands of the screen alone, beside those of the workbench: name, key, help.
pub(super) const OWN: [(&str, &str, &str); 3] = [
    ("palette", "Ctrl-P", "every command, to be found by a word"),
    ("history", "Ctrl-R", "find an earlier message"),
    ("suspend", "Ctrl-Z", "leave for a moment, as in every shell"),
];

/// The key that leaves, unless something is typed.
const LEAVES: &str = "Ctrl-D";

/// A key with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    code: KeyCode,
    modifiers: KeyModifiers,
    /// Name of the command.
    name: String,
    /// The key as it is shown.
    shown: String,
}

/// All keys that stand for commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let commands = COMMANDS.iter().map(|info| (info.name, info.key));
        let own = OWN.iter().map(|(name, key, _)| (*name, *key));
        // Leaving depends on what is typed, so its key is looked at elsewhere.
        let bound = commands.chain(own).filter(|(name, _)| *name != "quit");
        Self {
            bindings: bound.filter_map(|(name, key)| binding(name, key)).collect(),
        }
    }
}

impl Keymap {
    /// Reads a person's choices: lines such as `correct = "Ctrl-O"` in TOML. Returns what is wrong with them, too.
    pub fn read(text: &str) -> (Self, Vec<String>) {
        let (mut keymap, mut wrong) = (Self::default(), Vec::new());
        let table: toml::Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                wrong.push(error.message().to_owned());
                return (keymap, wrong);
            }
        };
        for (name, key) in &table {
            let known = COMMANDS.iter().any(|info| info.name == name)
                || OWN.iter().any(|(own, ..)| own == name);
            let new = key.as_str().and_then(|key| binding(name, key));
            match new {
                _ if !known => wrong.push(format!("there is no command `{name}`")),
                None => wrong.push(format!(
                    "`{name}`: {key:?} is no key; write \"F2\", \"Ctrl-O\" or \"Alt-x\""
                )),
                Some(new) => {
                    let taken =
                        |old: &Binding| old.code == new.code && old.modifiers == new.modifiers;
                    keymap
                        .bindings
                        .retain(|old| old.name != *name && !taken(old));
                    keymap.bindings.push(new);
                }
            }
        }
        (keymap, wrong)
    }

    /// Returns the command of a key, if it has one.
    pub(super) fn command(&self, key: KeyEvent) -> Option<&str> {
        let modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let found = self
            .bindings
            .iter()
            .find(|binding| binding.code == key.code && binding.modifiers == modifiers)?;
        Some(&found.name)
    }

    /// Returns the key of a command as it is shown; nothing where it has none.
    pub(super) fn shown(&self, name: &str) -> &str {
        let found = self.bindings.iter().find(|binding| binding.name == name);
        match found {
            Some(binding) => &binding.shown,
            None if name == "quit" => LEAVES,
            None => "",
        }
    }
}

/// Reads a key as `F2`, `Ctrl-P`, `Alt-↑` or `Alt-Up`.
fn binding(name: &str, key: &str) -> Option<Binding> {
    let (mut modifiers, mut rest) = (KeyModifiers::NONE, key);
    loop {
        let lower = rest.to_lowercase();
        if let Some(after) = lower.strip_prefix("ctrl-") {
            modifiers |= KeyModifiers::CONTROL;
            rest = rest.get(rest.len() - after.len()..)?;
        } else if let Some(after) = lower.strip_prefix("alt-") {
            modifiers |= KeyModifiers::ALT;
            rest = rest.get(rest.len() - after.len()..)?;
        } else {
            break;
        }
    }
    let lower = rest.to_lowercase();
    let number = lower
        .strip_prefix('f')
        .and_then(|number| number.parse().ok());
    let code = match (lower.as_str(), number) {
        ("↑" | "up", _) => KeyCode::Up,
        ("↓" | "down", _) => KeyCode::Down,
        (_, Some(number @ 1..=24)) => KeyCode::F(number),
        (one, _) if one.chars().count() == 1 && !modifiers.is_empty() => {
            KeyCode::Char(one.chars().next()?)
        }
        _ => return None,
    };
    Some(Binding {
        code,
        modifiers,
        name: name.to_owned(),
        shown: key.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_default_is_a_key_that_terminals_keep_for_themselves() {
        // Windows Terminal, GNOME Terminal, tmux, GNU screen; flow control of serial lines.
        let kept = [
            "Alt-Enter",
            "Alt-F4",
            "F10",
            "F11",
            "Ctrl-V",
            "Ctrl-B",
            "Ctrl-A",
            "Ctrl-S",
            "Ctrl-Q",
            "Ctrl-M",
            "Ctrl-I",
            "Ctrl-J",
            "Ctrl-H",
        ];
        for Binding {
            shown, modifiers, ..
        } in &Keymap::default().bindings
        {
            assert!(!kept.contains(&shown.as_str()), "{shown}");
            assert!(
                !modifiers.contains(KeyModifiers::CONTROL | KeyModifiers::ALT),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_persons_keys_take_the_place_of_ours() {
        let key = |code, modifiers| KeyEvent::new(code, modifiers);
        let ours = Keymap::default();
        assert_eq!(
            ours.command(key(KeyCode::F(2), KeyModifiers::NONE)),
            Some("correct")
        );
        assert_eq!(
            ours.command(key(KeyCode::Up, KeyModifiers::ALT)),
            Some("undo")
        );
        assert_eq!(
            ours.command(key(KeyCode::Char('p'), KeyModifiers::CONTROL)),
            Some("palette")
        );
        let (theirs, wrong) =
            Keymap::read("correct = \"Ctrl-O\"\nfly = \"F2\"\ntrain = \"q\"\nwhy = \"F3\"");
        assert_eq!(
            theirs.command(key(KeyCode::Char('o'), KeyModifiers::CONTROL)),
            Some("correct")
        );
        assert_eq!(theirs.command(key(KeyCode::F(2), KeyModifiers::NONE)), None);
        // A key that is given away is no longer ours.
        assert_eq!(
            theirs.command(key(KeyCode::F(3), KeyModifiers::NONE)),
            Some("why")
        );
        assert_eq!(theirs.shown("entity"), "");
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert_eq!(Keymap::read("correct = ").1.len(), 1);
    }
}
