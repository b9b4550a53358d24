//! Stories cut at checkpoints and `or` steps, as Rasa's reader cuts them; only the numbers of events are kept.

use super::counts::Events;
use crate::data::{RuleCondition, Step, StepKind, Story, StoryKind};

/// A part of a story or rule.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    pub(super) name: &'a str,
    pub(super) is_rule: bool,
    pub(super) events: Events,
}

/// Returns every part of every story.
pub(super) fn blocks(stories: &[Story]) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    for story in stories {
        cut(story, &mut found);
    }
    found
}

/// Parts that are still open: each `or` makes one for every alternative.
struct Open {
    events: Vec<Events>,
    /// They ended in a checkpoint or `or`: what follows is a new part.
    ended: bool,
}

/// Most parts that one story may come to.
const MOST: usize = 100_000;

fn cut<'a>(story: &'a Story, found: &mut Vec<Block<'a>>) {
    let mut open = Open {
        events: Vec::new(),
        ended: false,
    };
    let is_rule = story.kind != StoryKind::Story;
    let close = |events: &mut Vec<Events>, found: &mut Vec<Block<'a>>| {
        found.extend(events.drain(..).map(|events| Block {
            name: &story.name,
            is_rule,
            events,
        }));
    };
    if let StoryKind::Rule {
        conditions,
        conversation_start,
        ..
    } = &story.kind
    {
        let mut events = Events::default();
        for condition in conditions {
            match condition {
                RuleCondition::ActiveLoop(..) => events.active_loop += 1,
                RuleCondition::SlotWasSet(_) => events.slot_set += 1,
            }
        }
        events.action_executed += usize::from(!conversation_start);
        open.events.push(events);
    }
    for step in &story.steps {
        if let StepKind::Checkpoint { .. } = step.kind {
            if open.ended {
                // An `or` right before: its parts end in both.
                let copies = open.events.clone();
                open.events.extend(copies);
            }
            open.ended = !open.events.is_empty();
            continue;
        }
        if open.ended {
            close(&mut open.events, found);
            open.ended = false;
        }
        if open.events.is_empty() {
            open.events.push(Events::default());
        }
        match &step.kind {
            StepKind::Or(choices) if choices.len() > 1 => {
                let parts = open.events.len() * choices.len();
                if parts > MOST {
                    break;
                }
                open.events = open
                    .events
                    .iter()
                    .flat_map(|before| {
                        choices.iter().map(|choice| {
                            let mut events = *before;
                            add(&mut events, choice);
                            events
                        })
                    })
                    .collect();
                open.ended = true;
            }
            StepKind::Or(choices) => choices.iter().for_each(|choice| {
                for events in &mut open.events {
                    add(events, choice);
                }
            }),
            _ => {
                for events in &mut open.events {
                    add(events, step);
                }
            }
        }
    }
    let waits = !matches!(
        story.kind,
        StoryKind::Rule {
            wait_for_user_input: false,
            ..
        }
    );
    if !waits && !open.ended {
        for events in &mut open.events {
            events.action_executed += 1;
        }
    }
    close(&mut open.events, found);
}

fn add(events: &mut Events, step: &Step) {
    match &step.kind {
        StepKind::User(_) => events.user_uttered += 1,
        StepKind::Action(_) | StepKind::Bot(_) => events.action_executed += 1,
        StepKind::SlotWasSet(slots) => events.slot_set += slots.len(),
        StepKind::ActiveLoop(_) => events.active_loop += 1,
        StepKind::Or(_) | StepKind::Checkpoint { .. } => {}
    }
}
