//! A conversation as lines of text or JSON: for scripts, pipes and screen readers.

use std::io::BufRead;

use serde_json::{Value, json};

use crate::{
    console::Console,
    diagnostic::{Diagnostic, Error, Result},
    workbench::{Answer, Command, Input, Record, Workbench, read_input, reason, show},
};

/// How to hold the conversation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// One JSON document a line instead of text.
    pub json: bool,
    /// Also say on stderr how each message was understood, and ask for the next: a person is typing.
    pub interactive: bool,
}

/// Answers line by line until the input ends or the person leaves.
pub fn run(
    workbench: &mut Workbench,
    input: &mut dyn BufRead,
    console: &mut Console,
    options: Options,
    now: &dyn Fn() -> f64,
    stopped: &dyn Fn() -> bool,
) -> Result<()> {
    let mut line = Vec::new();
    loop {
        if options.interactive {
            console.say("you:");
        }
        line.clear();
        let read = input.read_until(b'\n', &mut line).map_err(|error| {
            Error::cannot(Diagnostic::error(
                "shell::stdin",
                format!("stdin cannot be read: {error}"),
            ))
        })?;
        if read == 0 || stopped() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let Input::Command(command) = read_input(&text, workbench.domain()) else {
            continue;
        };
        match workbench.run(&command, now()) {
            Answer::Turn(record) if options.json => {
                console.result(turn_json(&record).to_string())?;
            }
            Answer::Turn(record) => print_turn(console, &record, options.interactive)?,
            Answer::Quit => return Ok(()),
            Answer::Text(text) | Answer::Changed(text) if options.json => {
                console.result(json!({"command": name(&command), "text": text}).to_string())?;
            }
            Answer::Text(text) => console.result(text)?,
            Answer::Changed(text) => console.say(text),
            Answer::Refused(why) if options.json => {
                console.result(json!({"command": name(&command), "error": why}).to_string())?;
            }
            Answer::Refused(why) => console.message(format!("error: {why}")),
        }
        console.flush()?;
    }
}

fn name(command: &Command) -> String {
    format!("{command:?}")
        .split(['(', ' '])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

fn print_turn(console: &mut Console, record: &Record, interactive: bool) -> Result<()> {
    if interactive {
        let parse = &record.turn.parse;
        let entities: Vec<String> = parse
            .entities
            .iter()
            .map(|entity| format!(" {}={}", entity.entity, show(&entity.value)))
            .collect();
        console.say(format!(
            "understood: {} {:.2}{}",
            parse.intent_name(),
            parse.intent.confidence,
            entities.concat()
        ));
    }
    for (decision, message) in &record.turn.messages {
        if let Some(text) = &message.text {
            console.result(text)?;
        }
        if let Some(image) = &message.image {
            console.result(format!("[image] {image}"))?;
        }
        if let Some(custom) = &message.custom {
            console.result(custom.to_string())?;
        }
        if let Some(attachment) = &message.attachment {
            console.result(format!("[attachment] {}", show(attachment)))?;
        }
        for element in &message.elements {
            console.result(format!("[element] {element}"))?;
        }
        for button in message.buttons.iter().chain(&message.quick_replies) {
            let word = |key: &str| button.get(key).and_then(Value::as_str).unwrap_or_default();
            console.result(format!("[button] {} ({})", word("title"), word("payload")))?;
        }
        if interactive
            && let Some(vote) = record
                .turn
                .decisions
                .get(*decision)
                .and_then(|decision| decision.vote.as_ref())
        {
            console.say(format!("because: {}", reason(vote.policy, &vote.winner)));
        }
    }
    for decision in &record.turn.decisions {
        if let Some(failure) = &decision.failure {
            console.message(format!("warning: {}: {failure}", decision.action));
        }
    }
    Ok(())
}

/// Returns a turn with everything known about it.
fn turn_json(record: &Record) -> Value {
    let decisions: Vec<Value> = record
        .turn
        .decisions
        .iter()
        .map(|decision| {
            json!({
                "action": decision.action,
                "policy": decision.vote.as_ref().map(|vote| vote.policy),
                "confidence": decision.vote.as_ref().map(|vote| vote.winner.confidence),
                "reason": decision.vote.as_ref().map(|vote| reason(vote.policy, &vote.winner)),
                "failure": decision.failure,
            })
        })
        .collect();
    let slots: serde_json::Map<String, Value> = record.turn.slots.iter().cloned().collect();
    json!({
        "parse": record.turn.parse,
        "decisions": decisions,
        "slots": slots,
        "replies": record.turn.messages.iter().map(|(_, message)| message).collect::<Vec<_>>(),
    })
}
