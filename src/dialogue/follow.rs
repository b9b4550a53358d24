//! Stories followed with trained policies, point by point: what they say, and what the story goes on with.

use std::sync::Arc;

use super::{Dialogue, SlotTable, Tracker, Vote, training::trackers};
use crate::data::{Domain, Event, EventKind, Story};

/// Follows every way through the stories (not the rules). `on` gets the name of the way, what the policies say at each
/// point, and what comes next. That happens whatever they say, so one mistake does not lead to the next; a loop that
/// the story leaves is taken to have refused.
pub fn follow(
    dialogue: &Dialogue,
    stories: &[Story],
    domain: &Domain,
    on: &mut dyn FnMut(&str, &Vote, &str),
) {
    let table = SlotTable::of(domain);
    for way in trackers(stories, domain).0 {
        if way.is_rule {
            continue;
        }
        let mut running = Tracker::with_slots(way.name.clone(), Arc::clone(&table));
        for event in way.applied() {
            let mut kind = event.kind.clone();
            if let Some(expected) = event.kind.action()
                && !event.unpredictable
                && !running.events().is_empty()
            {
                let mut vote = dialogue.predict(&running, domain);
                if let Some(active) = running.active_loop().map(str::to_owned)
                    && active == vote.action
                    && active != expected
                {
                    running.apply(now(EventKind::ActionExecutionRejected {
                        name: active,
                        policy: None,
                        confidence: None,
                    }));
                    vote = dialogue.predict(&running, domain);
                }
                on(&way.name, &vote, expected);
                if vote.action == expected {
                    for event in vote.events {
                        running.apply(now(event));
                    }
                    if let EventKind::Action { hide_rule_turn, .. } = &mut kind {
                        *hide_rule_turn = vote.winner.hide_rule_turn;
                    }
                }
            }
            running.apply(now(kind));
        }
    }
}

fn now(kind: EventKind) -> Event {
    Event {
        kind,
        timestamp: 0.0,
        metadata: serde_json::Map::new(),
    }
}
