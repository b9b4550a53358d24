//! The conversation: what was said, how it was understood, why the bot answered so.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{clean, clip, start_of, wrap};
use crate::{
    dialogue::Message,
    tui::{
        App,
        layout::{Pane, Tier},
    },
    workbench::{Record, reason, show},
};

/// Columns before every line: who speaks.
const MARGIN: usize = 5;

/// Most entities that are named under a message.
const PIECES: usize = 12;
/// Most columns of the value of an entity or a slot.
const VALUE: usize = 200;

/// Returns a value as people read it, or the start of it.
fn short(value: &Value) -> String {
    clip(&clean(&show(value)), VALUE)
}

/// A line of the conversation, and what a click on it means.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Row {
    pub(in crate::tui) line: Line<'static>,
    /// The turn that it is of, from 0.
    pub(in crate::tui) turn: Option<usize>,
    /// Columns of its buttons, and what each sends.
    pub(in crate::tui) buttons: Vec<(std::ops::Range<u16>, String)>,
}

impl From<Line<'static>> for Row {
    fn from(line: Line<'static>) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }
}

/// Returns the last rows of the conversation, or earlier ones as it is scrolled or as a turn is chosen.
pub(in crate::tui) fn rows(app: &App, inner: Rect) -> Vec<Row> {
    let room = usize::from(inner.height);
    // Only turns that can be in sight are laid out: conversations may be long, and each keystroke draws anew.
    let turns = app.all_turns().count();
    let scrolled = app.scrolled(Pane::Chat);
    let needed = room + scrolled;
    let first = match app.chosen {
        Some(_) => 0,
        None => turns.saturating_sub(needed),
    };
    let mut all = lay_out(app, inner, first);
    if all.is_empty() {
        let text = "The conversation starts with your message.";
        all.push(Line::styled(text, app.theme.dim()).into());
    }
    let most = all.len().saturating_sub(room);
    let mut end = all.len() - scrolled.min(most);
    if let Some(chosen) = app.chosen {
        let last = all.iter().rposition(|row| row.turn == Some(chosen));
        let first = all.iter().position(|row| row.turn == Some(chosen));
        if let (Some(first), Some(last)) = (first, last)
            && (last >= end || first + room < end)
        {
            end = (last + 1).max(room.min(all.len()));
        }
    }
    let start = end.saturating_sub(room);
    let shown: Vec<Row> = all.drain(start..end).collect();
    // The newest line stands at the bottom.
    let blank = room.saturating_sub(shown.len());
    std::iter::repeat_with(Row::default)
        .take(blank)
        .chain(shown)
        .collect()
}

/// Returns how many rows the whole conversation takes.
pub(super) fn length(app: &App, inner: Rect) -> usize {
    lay_out(app, inner, 0).len()
}

/// Returns how far the chat is scrolled where a turn stands at its end.
pub(in crate::tui) fn scroll_of(app: &App, inner: Rect, turn: usize) -> usize {
    let all = lay_out(app, inner, 0);
    let last = all.iter().rposition(|row| row.turn == Some(turn));
    last.map_or(0, |last| all.len() - last - 1)
}

/// Lays out the turns from one on.
fn lay_out(app: &App, inner: Rect, first: usize) -> Vec<Row> {
    let width = usize::from(inner.width).saturating_sub(MARGIN).max(1);
    let roomy = Tier::of(app.size) == Tier::Wide;
    let mut all: Vec<Row> = Vec::new();
    for (number, (record, counts)) in app.all_turns().enumerate().skip(first) {
        let from = all.len();
        if counts {
            turn(app, record, width, roomy, &mut all);
            let others = app
                .state
                .others
                .as_ref()
                .and_then(|others| others.get(number));
            if let Some(other) = others {
                apart(app, record, other, width, &mut all);
            }
        } else {
            taken_back(app, &record.text, width, &mut all);
        }
        for row in all.iter_mut().skip(from) {
            row.turn = Some(number);
            if app.chosen == Some(number) {
                row.line = std::mem::take(&mut row.line).style(app.theme.chosen());
            }
        }
        if app.chosen == Some(number)
            && let Some(row) = all.get_mut(from)
        {
            let mark = app.theme.pick("▶", ">");
            row.line.spans.insert(0, Span::raw(mark));
            // The mark takes the place of the last blank of the margin.
            if let Some(who) = row.line.spans.get_mut(1) {
                let shorter = who
                    .content
                    .strip_suffix(' ')
                    .unwrap_or(&who.content)
                    .to_owned();
                who.content = shorter.into();
            }
        }
    }
    if first == 0 && !all.is_empty() {
        all.splice(0..0, starts(app));
    }
    waiting(app, width, &mut all);
    all
}

/// The line that a conversation starts with, and its time.
fn starts(app: &App) -> Vec<Row> {
    let conversation = app.state.view.conversation.as_ref();
    let event = conversation.and_then(|conversation| conversation.tracker().events().first());
    let time = event.and_then(|event| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole seconds are enough here"
        )]
        let time = jiff::Timestamp::from_second(event.timestamp as i64).ok()?;
        Some(
            time.to_zoned(app.zone.clone())
                .strftime("%H:%M")
                .to_string(),
        )
    });
    let text = format!(
        "{}  conversation {} starts",
        time.unwrap_or_default(),
        app.state.number
    );
    vec![Line::styled(text, app.theme.dim()).into(), Row::default()]
}

/// A message that is not answered yet, and by whom.
fn waiting(app: &App, width: usize, out: &mut Vec<Row>) {
    let Some(waiting) = &app.waiting else {
        return;
    };
    if let Some(text) = &waiting.text {
        speak("you", app.theme.you(), text, width, out);
    }
    if let Some((action, whom)) = &waiting.call {
        let dot = app.theme.pick(" · ", " - ");
        let action = action
            .as_ref()
            .map_or_else(String::new, |action| format!("{action}{dot}"));
        let text = format!("{action}{whom} has not answered yet");
        note(&text, app.theme.warn(), width, out);
    }
}

/// What another model makes of a turn, where that is something else.
fn apart(app: &App, record: &Record, other: &Record, width: usize, out: &mut Vec<Row>) {
    let (ours, theirs) = (&record.turn, &other.turn);
    let same = ours.parse.intent_name() == theirs.parse.intent_name()
        && ours.actions().eq(theirs.actions());
    if !same {
        let dot = app.theme.pick(" · ", " - ");
        let text = format!(
            "{} B: {} {:.2}{dot}{}",
            app.theme.pick("≠", "!"),
            theirs.parse.intent_name(),
            theirs.parse.intent.confidence,
            theirs.actions().collect::<Vec<_>>().join(dot)
        );
        note(&text, app.theme.warn(), width, out);
    }
}

/// A turn that was taken back: in one line, for it may come back.
fn taken_back(app: &App, text: &str, width: usize, out: &mut Vec<Row>) {
    let key = app.keys.shown("redo");
    let key = if app.theme.ascii {
        key.replace('↓', "Down")
    } else {
        key.to_owned()
    };
    let how = if width < 60 {
        format!("  (taken back, {key})")
    } else {
        format!("  (taken back, {key} brings it back)")
    };
    let (text, _) = start_of(text);
    let text = clip(&clean(text), width.saturating_sub(how.width()).max(8));
    let text = clip(&format!("{text}{how}"), width);
    let line = Line::styled(format!("{}{text}", " ".repeat(MARGIN)), app.theme.dim());
    out.push(line.into());
}

fn turn(app: &App, record: &Record, width: usize, roomy: bool, out: &mut Vec<Row>) {
    let theme = app.theme;
    let dot = theme.pick(" · ", " - ");
    match record.text.strip_prefix("EXTERNAL: ") {
        Some(intent) => note(
            &format!("{intent} comes by itself"),
            theme.name(),
            width,
            out,
        ),
        None => speak("you", theme.you(), &record.text, width, out),
    }
    let parse = &record.turn.parse;
    let mut understood = vec![match &parse.intent.name {
        Some(name) => format!("{name} {:.2}", parse.intent.confidence),
        None => "not understood: no known word".to_owned(),
    }];
    let entities = parse.entities.iter().take(PIECES);
    understood.extend(entities.map(|entity| format!("{}={}", entity.entity, short(&entity.value))));
    let more = parse.entities.len().saturating_sub(PIECES);
    understood.extend((more > 0).then(|| format!("{more} more")));
    if !parse.intent_ranking.is_empty()
        || parse.intent.name.is_some()
        || !record.text.starts_with(':')
    {
        let (intent, before) = (&parse.intent.name, record.was.as_ref());
        let before = before.map(|was| &was.intent);
        match before.filter(|(name, _)| Some(name) != intent.as_ref()) {
            Some((name, confidence)) => {
                let text = format!("{}   (was {name} {confidence:.2})", understood.join(dot));
                changed(app, &text, width, out);
            }
            None => note(&understood.join(dot), theme.dim(), width, out),
        }
    }
    if let Some(mistake) = &record.mistake {
        note(
            &format!("{} {mistake}", theme.pick("✗", "x")),
            theme.bad(),
            width,
            out,
        );
    }
    if !record.turn.slots.is_empty() {
        let slots: Vec<String> = record
            .turn
            .slots
            .iter()
            .map(|(name, value)| format!("{name}={}", short(value)))
            .collect();
        note(
            &format!("slots {}", slots.join(" ")),
            theme.dim(),
            width,
            out,
        );
    }
    if roomy {
        out.push(Row::default());
    }
    answers(app, record, width, roomy, out);
    if roomy && out.last().is_some_and(|row| !row.line.spans.is_empty()) {
        out.push(Row::default());
    }
}

/// Returns what the bot did in the place of what it does now, if that is something else.
fn was(app: &App, record: &Record) -> Option<String> {
    let dot = app.theme.pick(" · ", " - ");
    let before = &record.was.as_ref()?.actions;
    let same = record.turn.actions().eq(before.iter().map(String::as_str));
    let before = if before.is_empty() {
        "nothing".to_owned()
    } else {
        before.join(dot)
    };
    (!same).then_some(before)
}

/// Something that another model did otherwise: marked in the margin.
fn changed(app: &App, text: &str, width: usize, out: &mut Vec<Row>) {
    let from = out.len();
    note(text, app.theme.warn(), width, out);
    let line = out.get_mut(from).and_then(|row| row.line.spans.first_mut());
    if let Some(span) = line {
        let mark = app.theme.pick("Δ", "*");
        let rest = span.content.get(MARGIN..).unwrap_or_default().to_owned();
        span.content = format!("  {mark}  {rest}").into();
    }
}

/// What the bot did: its messages, each with the decision that led to it; then silent actions, and what went wrong.
fn answers(app: &App, record: &Record, width: usize, roomy: bool, out: &mut Vec<Row>) {
    let theme = app.theme;
    let messages = &record.turn.messages;
    // What it was stands beside the first thing that the bot does instead.
    let mut was = was(app, record);
    for (number, decided) in record.turn.decisions.iter().enumerate() {
        let mut said = messages.iter().filter(|(of, _)| *of == number).peekable();
        let silent = matches!(
            decided.action.as_str(),
            "action_listen" | "action_session_start"
        );
        if silent && said.peek().is_none() {
            continue;
        }
        for (_, message) in said {
            answer(app, message, width, out);
        }
        decision(app, record, number, was.take(), width, out);
        if roomy {
            out.push(Row::default());
        }
    }
    // What was said without a decision.
    let decided = record.turn.decisions.len();
    for (_, message) in messages.iter().filter(|(of, _)| *of >= decided) {
        answer(app, message, width, out);
    }
    let by_hand = record.text.starts_with(":slot");
    if record.turn.actions().next().is_none() && record.turn.messages.is_empty() && !by_hand {
        let why = if record.turn.decisions.is_empty() {
            "no dialogue: understanding alone"
        } else {
            "the bot says nothing"
        };
        match was {
            Some(was) => changed(app, &format!("{why}   (was {was})"), width, out),
            None => note(why, theme.dim(), width, out),
        }
    }
    for text in &record.turn.notes {
        note(text, theme.warn(), width, out);
    }
}

/// A message of the bot, as far as a terminal can show it.
fn answer(app: &App, message: &Message, width: usize, out: &mut Vec<Row>) {
    let text = message.text.clone().unwrap_or_default();
    speak("bot", app.theme.bot(), &text, width, out);
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
    let all = message.buttons.iter().chain(message.replies());
    buttons(app, all, width, out);
}

/// Buttons in as many lines as they need.
fn buttons<'m>(app: &App, all: impl Iterator<Item = &'m Value>, width: usize, out: &mut Vec<Row>) {
    let mut row = Row::default();
    let mut text = " ".repeat(MARGIN);
    for button in all {
        let word = |key: &str| button.get(key).and_then(Value::as_str);
        let title = word("title").unwrap_or_default();
        let shown = clip(&clean(&format!("[{title}]")), width);
        if text.width() > MARGIN && text.width() + shown.width() > width + MARGIN {
            row.line = Line::styled(text, app.theme.name());
            out.push(std::mem::take(&mut row));
            text = " ".repeat(MARGIN);
        }
        let column = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
        let start = column(&text);
        text.push_str(&shown);
        let payload = word("payload").unwrap_or(title).to_owned();
        row.buttons.push((start..column(&text), payload));
        text.push(' ');
    }
    if !row.buttons.is_empty() {
        row.line = Line::styled(text.trim_end().to_owned(), app.theme.name());
        out.push(row);
    }
}

/// The line under an answer: which action, who chose it, where that is written; and what was done before instead.
fn decision(
    app: &App,
    record: &Record,
    number: usize,
    was: Option<String>,
    width: usize,
    out: &mut Vec<Row>,
) {
    let Some(decision) = record.turn.decisions.get(number) else {
        return;
    };
    let dot = app.theme.pick(" · ", " - ");
    let mut text = decision.action.clone();
    if let Some(vote) = &decision.vote {
        text += dot;
        text += &reason(vote.policy, &vote.winner);
    }
    match was {
        Some(was) => changed(app, &format!("{text}   (was {was})"), width, out),
        None => note(&text, app.theme.dim(), width, out),
    }
    if let Some(failure) = &decision.failure {
        note(failure, app.theme.warn(), width, out);
    }
}

fn speak(who: &'static str, style: Style, text: &str, width: usize, out: &mut Vec<Row>) {
    let mut first = true;
    let (text, more) = start_of(text);
    for line in text.split('\n').flat_map(|line| wrap(&clean(line), width)) {
        let margin = if first {
            format!("{who:<MARGIN$}")
        } else {
            " ".repeat(MARGIN)
        };
        first = false;
        let line = Line::from(vec![Span::styled(margin, style), Span::raw(line)]);
        out.push(line.into());
    }
    if let Some(more) = more {
        note(&more, style, width, out);
    }
}

fn note(text: &str, style: Style, width: usize, out: &mut Vec<Row>) {
    for line in wrap(&clean(text), width) {
        out.push(Line::styled(format!("{}{line}", " ".repeat(MARGIN)), style).into());
    }
}
