//! Which events of a conversation still count (dialogue.md §2).

use std::collections::BTreeSet;

use crate::data::EventKind;

pub(super) fn is_action(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Action { .. })
}

fn is_run_of(kind: &EventKind, wanted: &str) -> bool {
    matches!(kind, EventKind::Action { name: Some(name), .. } if name == wanted)
}

/// Returns which events still count: those since the last session start or restart that were not undone. A loop that
/// runs on its happy path looks like one step: its later runs, and what led to them, are left out.
pub(in crate::dialogue) fn applied(kinds: &[&EventKind]) -> Vec<usize> {
    let loops: BTreeSet<&str> = kinds
        .iter()
        .filter_map(|kind| match kind {
            EventKind::ActiveLoop { name } => name.as_deref(),
            _ => None,
        })
        .collect();
    let start = kinds
        .iter()
        .rposition(|kind| matches!(kind, EventKind::Restart | EventKind::SessionStarted))
        .map_or(0, |at| at + 1);
    let mut kept: Vec<u32> = Vec::with_capacity(kinds.len() - start);
    for at in start..kinds.len() {
        count_in(&mut kept, short(at), &|name| loops.contains(name), &|at| {
            kinds.get(at as usize).copied()
        });
    }
    kept.into_iter().map(|at| at as usize).collect()
}

/// Returns the number of an event as it is kept: nobody talks for four thousand million events.
pub(super) fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Counts an event in among those that count. Returns how many of those before were certainly left as they were.
pub(super) fn count_in<'e>(
    kept: &mut Vec<u32>,
    at: u32,
    is_loop: &dyn Fn(&str) -> bool,
    event: &dyn Fn(u32) -> Option<&'e EventKind>,
) -> usize {
    let mut least = kept.len();
    let mut back_to = |kept: &mut Vec<u32>, wanted: fn(&EventKind) -> bool| {
        while let Some(last) = kept.pop() {
            least = kept.len();
            if event(last).is_some_and(wanted) {
                break;
            }
        }
    };
    match event(at) {
        Some(EventKind::SessionStarted | EventKind::Restart) => {
            kept.clear();
            least = 0;
        }
        Some(EventKind::Undo) => back_to(kept, is_action),
        Some(EventKind::Rewind) => {
            back_to(kept, |kind| matches!(kind, EventKind::User { .. }));
            back_to(kept, is_action);
        }
        Some(EventKind::Action {
            name: Some(name), ..
        }) if is_loop(name) && runs_again(name, kept, event) => {
            let run = kept
                .iter()
                .rposition(|at| event(*at).is_some_and(|kind| is_run_of(kind, name)));
            least = run.map_or(0, |run| run + 1);
            let rest: Vec<u32> = kept
                .drain(least..)
                .filter(|at| {
                    !matches!(
                        event(*at),
                        Some(
                            EventKind::Action { .. }
                                | EventKind::User { .. }
                                | EventKind::UserFeaturization { .. }
                        )
                    )
                })
                .collect();
            kept.extend(rest);
        }
        _ => kept.push(at),
    }
    least
}

/// Tells whether a loop ran before and nothing but it since the user last spoke: neither is this its first run, nor
/// does it come back from an unhappy path.
fn runs_again<'e>(name: &str, kept: &[u32], event: &dyn Fn(u32) -> Option<&'e EventKind>) -> bool {
    let mut next_action: Option<&str> = None;
    for kind in kept.iter().rev().filter_map(|at| event(*at)) {
        match kind {
            EventKind::ActiveLoop { name: None } => return false,
            EventKind::ActionExecutionRejected { name: rejected, .. } if rejected == name => {
                return false;
            }
            EventKind::User { .. } if next_action.is_some_and(|next| next != name) => {
                return false;
            }
            kind => match kind.action() {
                Some(found) if found == name => return true,
                Some(found) => next_action = Some(found),
                None => {}
            },
        }
    }
    false
}
