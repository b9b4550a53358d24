//! A message and what is said of it, in lines of a terminal.

use super::{
    failure::{nearest_words, shares},
    misunderstood::{expected, found},
    visible,
};
use crate::{
    console::{Console, Role},
    diagnostic::Result,
    eval::{
        message::{Aspect, Heard},
        nearest::Near,
    },
};

/// Most letters of a training example that is like a message.
const LIKE: usize = 60;

/// Prints what of a message was understood otherwise than the test says, with what explains it; nothing of a right one.
pub fn misunderstood(console: &mut Console, message: &Heard) -> Result<()> {
    let arrow = to(console);
    for one in message.misunderstandings() {
        let rest = format!(
            "{} {arrow} {}  {}",
            visible(expected(&one)),
            visible(&found(&one)),
            message.place
        );
        told(console, (Role::Bad, "wrong", 7), &message.text, &rest)?;
        // What is like the message is told once.
        let near = message.nearest.as_ref();
        match one.aspect {
            Aspect::Intent => reasons(console, &message.words, near)?,
            Aspect::Answer if message.is_right() => reasons(console, &message.answer_words, near)?,
            Aspect::Answer => reasons(console, &message.answer_words, None)?,
            Aspect::Entity => {}
        }
    }
    Ok(())
}

/// Prints which words decided, and which training example is like the message.
fn reasons(console: &mut Console, words: &[(String, f64)], near: Option<&Near>) -> Result<()> {
    let mut reasons = Vec::new();
    if !words.is_empty() {
        reasons.push(shares(words));
    }
    if let Some(near) = near {
        let text = shorten(console, &near.text, LIKE);
        let near = Near {
            text,
            ..near.clone()
        };
        reasons.push(format!("like {}", nearest_words(&near)));
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let dot = if console.ascii() { " - " } else { " · " };
    let both = reasons.join(dot);
    let wide = unicode_width::UnicodeWidthStr::width(both.as_str());
    // In a line each where one has no room for both.
    let lines = if wide + 7 <= console.width() {
        vec![both]
    } else {
        reasons
    };
    for line in lines {
        let line = console.paint_result(Role::Dim, &line);
        console.told(format!("       {line}"))?;
    }
    Ok(())
}

/// Prints a head, a message, and what is said of it: in one line where that has room, in two where the message would be
/// cut. The head has a colour, and a column of a width of its own.
pub(super) fn told(
    console: &mut Console,
    (role, head, width): (Role, &str, usize),
    text: &str,
    rest: &str,
) -> Result<()> {
    let wide = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let head = console.paint_result(role, &format!("{head:<width$}"));
    let text = visible(text);
    if width + wide(&text) + 4 + wide(rest) <= console.width() {
        return console.result(format!("{head}\"{text}\"  {rest}"));
    }
    let room = console.width().saturating_sub(width + 2);
    let text = shorten(console, &text, room.max(20));
    console.result(format!("{head}\"{text}\""))?;
    console.told(format!("{:width$}{rest}", ""))
}

fn shorten(console: &Console, text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let end = if console.ascii() { "..." } else { "…" };
    let room = most.saturating_sub(end.chars().count());
    let short: String = text.chars().take(room).collect();
    format!("{short}{end}")
}

/// Returns an arrow from what was expected or was before to what is.
pub(super) fn to(console: &Console) -> &'static str {
    if console.ascii() { "->" } else { "→" }
}
