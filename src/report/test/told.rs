//! A message and what is said of it, in lines of a terminal.

use super::{
    failure::{nearest_words, shares},
    misunderstood::{expected, found},
    visible,
};
use crate::{
    console::{Console, Role},
    diagnostic::Result,
    eval::message::{Aspect, Heard},
};

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
        if one.aspect == Aspect::Intent {
            reasons(console, message)?;
        }
    }
    Ok(())
}

/// Prints which words decided, and which training example is like the message.
fn reasons(console: &mut Console, message: &Heard) -> Result<()> {
    let mut reasons = Vec::new();
    if !message.words.is_empty() {
        reasons.push(shares(&message.words));
    }
    if let Some(near) = &message.nearest {
        reasons.push(format!("like {}", nearest_words(near)));
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let dot = if console.ascii() { " - " } else { " · " };
    let line = shorten(
        console,
        &reasons.join(dot),
        console.width().saturating_sub(7),
    );
    let line = console.paint_result(Role::Dim, &line);
    console.result(format!("       {line}"))
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
    console.result(format!("{:width$}{rest}", ""))
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
