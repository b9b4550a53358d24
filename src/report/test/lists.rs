//! Lists of examples: suspects, shaky answers, confusions, duplicates; for people and as JSON.

use serde_json::{Value, json};

use super::{failure::shares, json::rounded};
use crate::{
    console::{Console, Role},
    diagnostic::{Result, count},
    eval::{duplicates::Duplicate, lists::Confused, message::Heard},
};

/// Most messages of one confusion shown to people.
const SHOWN: usize = 5;

/// Prints messages that are probably labelled wrongly.
pub fn suspects(console: &mut Console, messages: &[&Heard]) -> Result<()> {
    for message in messages {
        let place = console.paint_result(Role::Name, &message.place.to_string());
        let own = message.confidence_expected.unwrap_or_default();
        console.told(format!("{place}  \"{}\"", flat(&message.text)))?;
        console.told(format!(
            "    labelled {} ({own:.2}), looks like {} ({:.2}){}",
            message.expected,
            message.predicted,
            message.confidence,
            why(message)
        ))?;
    }
    let what = count(messages.len(), "example");
    console.told(format!(
        "{what} confidently contradicted by models that have not seen them"
    ))
}

/// Prints messages understood rightly by little.
pub fn shaky(console: &mut Console, messages: &[&Heard]) -> Result<()> {
    for message in messages {
        let place = console.paint_result(Role::Name, &message.place.to_string());
        let second = message
            .second
            .as_ref()
            .map(|(name, sure)| format!("{name} {sure:.2}"))
            .unwrap_or_default();
        console.told(format!(
            "{place}  \"{}\"  {} {:.2}, nearly {second}",
            flat(&message.text),
            message.expected,
            message.confidence
        ))?;
    }
    let what = count(messages.len(), "message");
    console.told(format!("{what} understood rightly by less than 0.10"))
}

/// Prints what is taken for what.
pub fn confusions(console: &mut Console, pairs: &[Confused<'_>]) -> Result<()> {
    let arrow = if console.ascii() { "->" } else { "→" };
    for pair in pairs {
        let head = format!(
            "{} {arrow} {} {}",
            pair.expected,
            pair.predicted,
            pair.messages.len()
        );
        console.told(console.paint_result(Role::Strong, &head))?;
        for message in pair.messages.iter().take(SHOWN) {
            console.told(format!(
                "    {:.2}  \"{}\"  {}{}",
                message.confidence,
                flat(&message.text),
                message.place,
                why(message)
            ))?;
        }
        if pair.messages.len() > SHOWN {
            let more = pair.messages.len() - SHOWN;
            console.told(format!("    and {more} more, all in `--format json`"))?;
        }
    }
    let all = pairs.iter().map(|pair| pair.messages.len()).sum();
    console.told(format!(
        "{} in {}",
        count(all, "message"),
        count(pairs.len(), "confusion")
    ))
}

/// Prints examples that say the same.
pub fn duplicates(console: &mut Console, groups: &[Duplicate]) -> Result<()> {
    for group in groups {
        let kind = if group.is_same {
            "the same"
        } else {
            "nearly the same"
        };
        let head = if group.contradicts {
            console.paint_result(Role::Bad, &format!("{kind} under different intents"))
        } else {
            kind.to_owned()
        };
        console.told(head)?;
        for (text, intent, place) in &group.examples {
            console.told(format!("    {place}  {intent}  \"{}\"", flat(text)))?;
        }
    }
    let against = groups.iter().filter(|group| group.contradicts).count();
    console.told(format!(
        "{} of examples that say the same, {against} of them under different intents",
        count(groups.len(), "group")
    ))
}

fn flat(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn why(message: &Heard) -> String {
    if message.words.is_empty() {
        return String::new();
    }
    format!("   ({})", shares(&message.words))
}

fn message(message: &Heard) -> Value {
    let second = message.second.as_ref();
    json!({
        "text": message.text, "expected": message.expected, "predicted": message.predicted,
        "confidence": rounded(message.confidence),
        "confidence_expected": message.confidence_expected.map(rounded),
        "second": second.map(|(name, sure)| json!({"name": name, "confidence": rounded(*sure)})),
        "file": message.place.file, "line": message.place.line,
    })
}

/// Returns a list of messages as JSON.
pub fn messages_json(list: &str, messages: &[&Heard]) -> Value {
    let items: Vec<Value> = messages.iter().map(|one| message(one)).collect();
    head(list, &items)
}

/// Returns confusions as JSON.
pub fn confusions_json(pairs: &[Confused<'_>]) -> Value {
    let items = pairs.iter().map(|pair| {
        let messages: Vec<Value> = pair.messages.iter().map(|one| message(one)).collect();
        json!({"expected": pair.expected, "predicted": pair.predicted, "count": messages.len(), "messages": messages})
    });
    head("confusions", &items.collect::<Vec<_>>())
}

/// Returns duplicates as JSON.
pub fn duplicates_json(groups: &[Duplicate]) -> Value {
    let items = groups.iter().map(|group| {
        let examples: Vec<Value> = group
            .examples
            .iter()
            .map(|(text, intent, place)| {
                json!({"text": text, "intent": intent, "file": place.file, "line": place.line})
            })
            .collect();
        json!({"same": group.is_same, "contradicts": group.contradicts, "examples": examples})
    });
    head("duplicates", &items.collect::<Vec<_>>())
}

fn head(list: &str, items: &[Value]) -> Value {
    json!({"bot": env!("CARGO_PKG_VERSION"), "schema": 1, "list": list, "items": items})
}
