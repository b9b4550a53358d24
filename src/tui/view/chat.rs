//! The conversation: what was said, how it was understood, why the bot answered so.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use serde_json::Value;

use super::{clean, wrap};
use crate::{
    tui::{App, layout::Tier},
    workbench::{Record, reason, show},
};

/// Columns before every line: who speaks.
const MARGIN: usize = 5;

/// Returns the last lines of the conversation, or earlier ones as it is scrolled.
pub(super) fn lines(app: &App, inner: Rect) -> Vec<Line<'static>> {
    let width = usize::from(inner.width).saturating_sub(MARGIN).max(1);
    let roomy = Tier::of(app.size) == Tier::Wide;
    let mut all = Vec::new();
    for record in &app.turns {
        turn(app, record, width, roomy, &mut all);
    }
    if all.is_empty() {
        all.push(Line::styled(
            "The conversation starts with your message.",
            app.theme.dim(),
        ));
    }
    let room = usize::from(inner.height);
    let most = all.len().saturating_sub(room);
    let end = all.len() - app.chat_scroll.min(most);
    let start = end.saturating_sub(room);
    let shown: Vec<Line<'static>> = all.drain(start..end).collect();
    // The newest line stands at the bottom.
    let blank = room.saturating_sub(shown.len());
    std::iter::repeat_n(Line::default(), blank)
        .chain(shown)
        .collect()
}

fn turn(app: &App, record: &Record, width: usize, roomy: bool, out: &mut Vec<Line<'static>>) {
    let theme = app.theme;
    let dot = theme.pick(" · ", " - ");
    speak("you", theme.you(), &record.text, width, out);
    let parse = &record.turn.parse;
    let mut understood = vec![match &parse.intent.name {
        Some(name) => format!("{name} {:.2}", parse.intent.confidence),
        None => "not understood: no known word".to_owned(),
    }];
    understood.extend(
        parse
            .entities
            .iter()
            .map(|entity| format!("{}={}", entity.entity, show(&entity.value))),
    );
    note(&understood.join(dot), theme.dim(), width, out);
    if !record.turn.slots.is_empty() {
        let slots: Vec<String> = record
            .turn
            .slots
            .iter()
            .map(|(name, value)| format!("{name}={}", show(value)))
            .collect();
        note(
            &format!("slots {}", slots.join(" ")),
            theme.dim(),
            width,
            out,
        );
    }
    if roomy {
        out.push(Line::default());
    }
    let mut shown = std::collections::BTreeSet::new();
    for (number, message) in &record.turn.messages {
        let text = message.text.clone().unwrap_or_default();
        speak("bot", theme.bot(), &text, width, out);
        if let Some(image) = &message.image {
            note(&format!("[image] {image}"), Style::new(), width, out);
        }
        if let Some(custom) = &message.custom {
            note(&custom.to_string(), Style::new(), width, out);
        }
        if let Some(attachment) = &message.attachment {
            let line = format!("[attachment] {}", show(attachment));
            note(&line, Style::new(), width, out);
        }
        for element in message.cards() {
            note(&format!("[element] {element}"), Style::new(), width, out);
        }
        let buttons: Vec<String> = message
            .buttons
            .iter()
            .chain(message.replies())
            .map(|button| {
                format!(
                    "[{}]",
                    button
                        .get("title")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                )
            })
            .collect();
        if !buttons.is_empty() {
            note(&buttons.join(" "), theme.name(), width, out);
        }
        decision(app, record, *number, width, out);
        shown.insert(*number);
        if roomy {
            out.push(Line::default());
        }
    }
    for (number, decision_made) in record.turn.decisions.iter().enumerate() {
        let silent = matches!(
            decision_made.action.as_str(),
            "action_listen" | "action_session_start"
        );
        if !silent && shown.insert(number) {
            decision(app, record, number, width, out);
        }
    }
    if record.turn.actions().next().is_none() && record.turn.messages.is_empty() {
        let why = if record.turn.decisions.is_empty() {
            "this model has no dialogue"
        } else {
            "the bot says nothing"
        };
        note(why, theme.dim(), width, out);
    }
    for text in &record.turn.notes {
        note(text, theme.warn(), width, out);
    }
}

/// The line under an answer: which action, who chose it, where that is written.
fn decision(app: &App, record: &Record, number: usize, width: usize, out: &mut Vec<Line<'static>>) {
    let Some(decision) = record.turn.decisions.get(number) else {
        return;
    };
    let dot = app.theme.pick(" · ", " - ");
    let mut text = decision.action.clone();
    if let Some(vote) = &decision.vote {
        text += dot;
        text += &reason(vote.policy, &vote.winner);
    }
    note(&text, app.theme.dim(), width, out);
    if let Some(failure) = &decision.failure {
        note(failure, app.theme.warn(), width, out);
    }
}

fn speak(who: &'static str, style: Style, text: &str, width: usize, out: &mut Vec<Line<'static>>) {
    let mut first = true;
    for line in text.split('\n').flat_map(|line| wrap(&clean(line), width)) {
        let margin = if first {
            format!("{who:<MARGIN$}")
        } else {
            " ".repeat(MARGIN)
        };
        first = false;
        out.push(Line::from(vec![
            Span::styled(margin, style),
            Span::raw(line),
        ]));
    }
}

fn note(text: &str, style: Style, width: usize, out: &mut Vec<Line<'static>>) {
    for line in wrap(&clean(text), width) {
        out.push(Line::styled(format!("{}{line}", " ".repeat(MARGIN)), style));
    }
}
