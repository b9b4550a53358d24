//! What a line that is being typed may become, and what its slash means.

use super::COMMANDS;
use crate::data::{DEFAULT_INTENTS, Domain};

/// Returns what may follow a `:` or `/` typed so far: commands, then intents; after `:correct` the intents.
pub fn complete(line: &str, domain: &Domain) -> Vec<String> {
    let commands = |prefix: &str, lead: char| -> Vec<String> {
        COMMANDS
            .iter()
            .filter(|info| info.name.starts_with(prefix))
            .map(|info| format!("{lead}{}", info.name))
            .collect()
    };
    let intents = |prefix: &str, lead: &str| -> Vec<String> {
        let names = domain.intents.iter().map(|intent| &intent.name);
        names
            .filter(|name| name.starts_with(prefix))
            .map(|name| format!("{lead}{name}"))
            .collect()
    };
    if let Some(prefix) = line.strip_prefix(":correct ") {
        return intents(prefix, ":correct ");
    }
    if line.contains(' ') {
        return Vec::new();
    }
    if let Some(prefix) = line.strip_prefix(':') {
        return commands(prefix, ':');
    }
    let Some(prefix) = line.strip_prefix('/') else {
        return Vec::new();
    };
    let mut found = intents(prefix, "/");
    found.extend(commands(prefix, '/'));
    found
}

/// Tells what a `/name` means that is both an intent and a command.
pub fn clash(line: &str, domain: &Domain) -> Option<String> {
    let name = line.trim().strip_prefix('/')?;
    let is_command = COMMANDS
        .iter()
        .any(|info| info.name == name || info.aliases.contains(&name));
    let is_intent = domain.has_intent(name) || DEFAULT_INTENTS.contains(&name);
    (is_command && is_intent).then(|| format!("`/{name}` is the intent; the command is `:{name}`"))
}
