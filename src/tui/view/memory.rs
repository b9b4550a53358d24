//! What the bot remembers: its slots, the conversation as a story, its events.

use ratatui::{layout::Rect, text::Line};

use super::{clean, clip, pad};
use crate::{
    data::{Mapping, MappingKind, Slot},
    tui::{App, app::Tab},
    workbench::{Record, show},
};

/// Returns the rows of a tab.
pub(super) fn lines(app: &App, tab: Tab, inner: Rect) -> Vec<Line<'static>> {
    match tab {
        Tab::Story if app.state.turns.is_empty() => vec![Line::styled(
            "the conversation has not begun",
            app.theme.dim(),
        )],
        Tab::Story => cut(story(app).iter(), inner),
        Tab::Events => cut(app.state.events.lines().rev(), inner),
        _ => slots(app, inner.width.into(), inner.height.into()),
    }
}

/// From how many columns on there is room for where a slot's value comes from.
const ROOMY: usize = 44;

/// Returns a row for each slot of the domain: its value, where that comes from, the turn that set it, or who asks for
/// it; then the loop. Where there are more rows than `height`, empty slots come last.
fn slots(app: &App, width: usize, height: usize) -> Vec<Line<'static>> {
    let conversation = app.state.view.conversation.as_ref();
    let active = conversation.and_then(|conversation| conversation.tracker().active_loop());
    let asked = app.state.slots.get("requested_slot");
    let asked = asked.and_then(|slot| slot.as_str()).unwrap_or_default();
    let names = app
        .domain()
        .slots
        .iter()
        .map(|slot| super::width(&slot.name));
    let column = names.max().unwrap_or_default().clamp(7, width / 3);
    let room = width.saturating_sub(column + 2);
    let (mut lines, mut empty): (Vec<Line<'static>>, Vec<Line<'static>>) = Default::default();
    let slots = app.domain().slots.len();
    let crowded = slots + if active.is_some() { 2 } else { 0 } > height;
    for slot in &app.domain().slots {
        let value = app.state.slots.get(&slot.name);
        let name = pad(&clean(&slot.name), column);
        let Some(value) = value.filter(|value| !value.is_null()) else {
            let dash = app.theme.pick("–", "-");
            let who = match active {
                Some(active) if slot.name == asked => format!("{active} asks for it"),
                _ => String::new(),
            };
            let text = format!("{name}  {dash} {who}");
            let style = if who.is_empty() {
                app.theme.dim()
            } else {
                app.theme.name()
            };
            let line = Line::styled(clip(&clean(&text), width), style);
            if crowded && who.is_empty() {
                empty.push(line);
            } else {
                lines.push(line);
            }
            continue;
        };
        let set = |record: &Record| record.turn.slots.iter().any(|(name, _)| *name == slot.name);
        let at = app.state.turns.iter().rposition(set);
        let by_hand = at
            .and_then(|at| app.state.turns.get(at))
            .is_some_and(|record| record.text.starts_with(":slot"));
        let turn = at.map_or_else(String::new, |at| format!("turn {}", at + 1));
        let source = if by_hand {
            "by hand".to_owned()
        } else {
            sources(slot)
        };
        let end = if width >= ROOMY {
            format!("{}  {}", pad(&source, 14), pad(&turn, 8))
        } else {
            pad(&turn, 8)
        };
        let value = pad(
            &clean(&show(value)),
            room.saturating_sub(super::width(&end) + 2),
        );
        lines.push(Line::raw(format!("{name}  {value}  {}", end.trim_end())));
    }
    if slots == 0 {
        lines.push(Line::styled("the domain has no slots", app.theme.dim()));
    }
    if let Some(active) = active {
        let text = format!("{}  {active}", pad("loop", column));
        if !crowded {
            lines.push(Line::default());
        }
        lines.push(Line::styled(clip(&clean(&text), width), app.theme.name()));
    }
    lines.append(&mut empty);
    lines
}

/// Returns the kinds of a slot's mappings.
fn sources(slot: &Slot) -> String {
    let kind = |mapping: &Mapping| match mapping.kind {
        MappingKind::FromEntity { .. } => "from_entity",
        MappingKind::FromText => "from_text",
        MappingKind::FromIntent(_) => "from_intent",
        MappingKind::FromTriggerIntent(_) => "from_trigger_intent",
        MappingKind::Custom(_) => "custom",
    };
    let mut kinds: Vec<&str> = slot.mappings.iter().map(kind).collect();
    kinds.dedup();
    match kinds.as_slice() {
        [] => "an action".to_owned(),
        [only] => (*only).to_owned(),
        // Which of them it was is not written down.
        _ => format!("{} kinds", kinds.len()),
    }
}

/// Returns lines as wide as a pane.
fn cut<T: AsRef<str>>(lines: impl Iterator<Item = T>, inner: Rect) -> Vec<Line<'static>> {
    let width = usize::from(inner.width);
    lines
        .map(|line| Line::raw(clip(&clean(line.as_ref()), width)))
        .collect()
}

/// Returns the conversation as the steps of a story.
pub(in crate::tui) fn story(app: &App) -> Vec<String> {
    let mut lines = Vec::new();
    for record in &app.state.turns {
        let intent = record.turn.parse.intent_name();
        if intent.is_empty() {
            lines.push(format!("- {}", record.text.trim_start_matches(':')));
        } else {
            lines.push(format!("- intent: {intent}"));
        }
        let actions = record.turn.actions();
        lines.extend(actions.map(|action| format!("- action: {action}")));
    }
    lines
}
