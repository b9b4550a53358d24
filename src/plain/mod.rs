//! A conversation as lines of text or JSON: for scripts, pipes and screen readers.

mod review;

use std::io::BufRead;

pub use review::review;

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    agent::{Conversation, Decision, Incoming},
    console::Console,
    data::Parse,
    diagnostic::{Diagnostic, Error, Result},
    dialogue::{Prediction, Tracker},
    workbench::{Answer, Command, Input, Record, Workbench, clash, read_input, reason, show},
};

/// How to hold the conversation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// One JSON document a line instead of text.
    pub json: bool,
    /// Also say on stderr how each message was understood, and ask for the next: a person is typing.
    pub interactive: bool,
}

/// A line of the input.
enum Read {
    Line(String),
    /// There is none any more, or the process is to end.
    End,
}

fn read_line(input: &mut dyn BufRead, stopped: &dyn Fn() -> bool) -> Result<Read> {
    let mut line = Vec::new();
    let read = input.read_until(b'\n', &mut line).map_err(|error| {
        Error::cannot(Diagnostic::error(
            "shell::stdin",
            format!("stdin cannot be read: {error}"),
        ))
    })?;
    if read == 0 || stopped() {
        return Ok(Read::End);
    }
    Ok(Read::Line(String::from_utf8_lossy(&line).into_owned()))
}

/// Learns anew where an answer asks for it.
fn learn(
    answer: Answer,
    workbench: &mut Workbench,
    console: &mut Console,
    options: Options,
    now: f64,
) -> Answer {
    match answer {
        Answer::Written {
            text,
            retrain: true,
        } => {
            if !options.json {
                console.say(text);
            }
            workbench.run(&Command::Train, now)
        }
        Answer::Written { text, .. } => Answer::Changed(text),
        other => other,
    }
}

/// Answers line by line until the input ends or the person leaves. Reminders whose time has come are let come before
/// each line; times that they give without a zone are meant in `zone`.
pub fn run(
    workbench: &mut Workbench,
    input: &mut dyn BufRead,
    console: &mut Console,
    options: Options,
    now: &dyn Fn() -> f64,
    zone: &TimeZone,
    stopped: &dyn Fn() -> bool,
) -> Result<()> {
    let mut told_clash = false;
    loop {
        if options.interactive {
            console.say("you:");
        }
        let Read::Line(text) = read_line(input, stopped)? else {
            return Ok(());
        };
        for (sender, record) in workbench.remind(now(), zone) {
            if options.json {
                let turn = turn_json(&record, workbench.conversation(&sender));
                console.result(turn.to_string())?;
            } else {
                print_turn(console, &record, options.interactive)?;
            }
        }
        if options.json && text.trim_start().starts_with('{') {
            let answer = match message(&text, workbench.sender()) {
                Ok(message) => {
                    let sender = message.sender.clone();
                    let record = workbench.receive(message, now());
                    turn_json(&record, workbench.conversation(&sender))
                }
                Err(why) => json!({"error": why}),
            };
            console.result(answer.to_string())?;
            console.flush()?;
            continue;
        }
        if let Some(told) =
            clash(&text, workbench.domain()).filter(|_| options.interactive && !told_clash)
        {
            told_clash = true;
            console.say(told);
        }
        let Input::Command(command) = read_input(&text, workbench.domain()) else {
            continue;
        };
        let answer = workbench.run(&command, now());
        let answer = match answer {
            // Whoever typed the command has said yes already.
            Answer::Plan(plan) => {
                if options.json {
                    let what = json!({"command": name(&command), "diff": plan.diff()});
                    console.result(what.to_string())?;
                } else {
                    console.result(plan.diff().trim_end())?;
                }
                workbench.run(&Command::Accept(plan), now())
            }
            other => other,
        };
        let answer = learn(answer, workbench, console, options, now());
        match answer {
            Answer::Turn(record) if options.json => {
                let conversation = workbench.conversation(workbench.sender());
                console.result(turn_json(&record, conversation).to_string())?;
            }
            Answer::Turn(record) => print_turn(console, &record, options.interactive)?,
            Answer::Quit => return Ok(()),
            Answer::Choices(_, names) if options.json => {
                console.result(json!({"command": name(&command), "names": names}).to_string())?;
            }
            Answer::Choices(_, names) => console.result(names.join("\n"))?,
            // What only a screen asks for, and what was dealt with above.
            Answer::Plan(_)
            | Answer::Foreseen(..)
            | Answer::Changes(_)
            | Answer::Written { .. } => {}
            Answer::Text(_, text) | Answer::Changed(text) if options.json => {
                console.result(json!({"command": name(&command), "text": text}).to_string())?;
            }
            Answer::Text(_, text) => console.result(text)?,
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
        for element in message.cards() {
            console.result(format!("[element] {element}"))?;
        }
        for button in message.buttons.iter().chain(message.replies()) {
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
    for note in &record.turn.notes {
        console.message(format!("warning: {note}"));
    }
    Ok(())
}

/// Reads a message that names its conversation, and may say how it is understood.
fn message(line: &str, sender: &str) -> std::result::Result<Incoming, String> {
    #[derive(Deserialize)]
    struct Line {
        sender: Option<Value>,
        text: Option<String>,
        #[serde(alias = "parse")]
        parse_data: Option<Parse>,
        metadata: Option<serde_json::Map<String, Value>>,
        input_channel: Option<String>,
    }
    let line: Line =
        serde_json::from_str(line).map_err(|error| format!("the line is no message: {error}"))?;
    let parsed = line.parse_data.as_ref().map(|parse| parse.text.clone());
    let text = line
        .text
        .or(parsed)
        .ok_or("the line has no `text`: write `{\"sender\": \"ann\", \"text\": \"hi\"}`")?;
    Ok(Incoming {
        sender: match line.sender {
            Some(Value::String(sender)) => sender,
            None | Some(Value::Null) => sender.to_owned(),
            Some(other) => other.to_string(),
        },
        parse: line.parse_data.map(|mut parse| {
            if parse.text.is_empty() {
                parse.text.clone_from(&text);
            }
            parse
        }),
        text,
        metadata: line.metadata.unwrap_or_default(),
        input_channel: line.input_channel,
    })
}

/// Returns a turn with everything known about it.
fn turn_json(record: &Record, conversation: Option<&Conversation>) -> Value {
    let turn = &record.turn;
    let decisions: Vec<Value> = turn
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
    let trace: Vec<Value> = turn.decisions.iter().map(traced).collect();
    let tracker = conversation.map(Conversation::tracker);
    let slots: serde_json::Map<String, Value> = tracker
        .iter()
        .flat_map(|tracker| tracker.slots())
        .filter(|(_, value)| !value.is_null())
        .collect();
    let sender = tracker.map(|tracker| tracker.sender_id.as_str());
    json!({
        "sender": sender,
        "parse": turn.parse,
        "decisions": decisions,
        "slots": slots,
        "active_loop": tracker.and_then(Tracker::active_loop),
        "replies": turn.messages.iter().map(|(_, message)| message).collect::<Vec<_>>(),
        "responses": turn
            .messages
            .iter()
            .flat_map(|(_, message)| message.parts(sender.unwrap_or_default()))
            .collect::<Vec<_>>(),
        "events": turn.events,
        "trace": trace,
        "notes": turn.notes,
    })
}

/// Returns what every policy said about a decision, and because of which line.
fn traced(decision: &Decision) -> Value {
    let said = |policy: &str, prediction: &Prediction| {
        json!({
            "policy": policy,
            "action": prediction.action,
            "confidence": prediction.confidence,
            "because": prediction.reason,
            "reason": reason(policy, prediction),
        })
    };
    let vote = decision.vote.as_ref();
    json!({
        "action": decision.action,
        "winner": vote.map(|vote| said(vote.policy, &vote.winner)),
        "predictions": vote
            .map(|vote| {
                vote.all
                    .iter()
                    .map(|(policy, prediction)| said(policy, prediction))
                    .collect::<Vec<_>>()
            })
            .unwrap_or_default(),
        "failure": decision.failure,
    })
}
