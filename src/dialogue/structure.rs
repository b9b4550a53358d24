//! Stories that go on differently from the same point (Rasa's "story structure").

use std::collections::BTreeMap;

use super::{
    LISTEN, SNIPPET, SlotTable, State, problem,
    state::{key, last},
    training::trackers,
};
use crate::{
    data::Assistant,
    diagnostic::{Diagnostic, Origin},
};

/// A point of some stories: what policies see of it, and the actions that follow, with the first story of each.
struct Point {
    seen: State,
    next: Vec<(String, String, Origin)>,
}

/// Returns the points of stories after which two stories do different things, though the last `max_history` states are
/// the same (all of them, if none).
///
/// No policy can learn both; those that memorise forget such a point. Rules are held against stories in training.
pub fn conflicts(assistant: &Assistant, max_history: Option<usize>) -> Vec<Diagnostic> {
    let domain = &assistant.domain;
    let table = SlotTable::of(domain);
    let (trackers, _) = trackers(&assistant.stories, domain);
    let mut points: BTreeMap<String, Point> = BTreeMap::new();
    for tracker in trackers.iter().filter(|tracker| !tracker.is_rule) {
        let states = tracker.states(domain, &table, false);
        for (i, (action, event)) in tracker.actions().enumerate() {
            if event.unpredictable || action == SNIPPET {
                continue;
            }
            let seen = last(states.get(..=i).unwrap_or_default(), max_history);
            let Some(now) = seen.last() else { continue };
            let point = points.entry(key(seen)).or_insert_with(|| Point {
                seen: now.clone(),
                next: Vec::new(),
            });
            if !point.next.iter().any(|(known, ..)| known == action) {
                let next = (action.to_owned(), tracker.name.clone(), event.origin);
                point.next.push(next);
            }
        }
    }
    let points = points.values().filter(|point| point.next.len() > 1);
    points
        .map(|point| problem::story_conflict(&after(&point.seen), &point.next))
        .collect()
}

/// Returns what has just happened, in words.
fn after(state: &State) -> String {
    match (state.prev_action.as_deref(), &state.user) {
        (Some(LISTEN) | None, Some(user)) => match (&user.intent, &user.text) {
            (Some(intent), _) => format!("the intent `{intent}`"),
            (None, text) => format!("“{}”", text.as_deref().unwrap_or_default()),
        },
        (Some(action), _) => format!("`{action}`"),
        (None, None) => "the start".to_owned(),
    }
}
