//! The moments of a conversation, as policies see them.

use std::sync::Arc;

use super::situation::{Situation, SlotTable};
use crate::{
    data::{Domain, EventKind},
    dialogue::{LISTEN, State, state},
};

/// A moment of a conversation, as policies see it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// What stands there.
    pub state: State,
    /// Whether the action that follows is hidden from policies that learn from stories.
    pub hide: bool,
    /// Whether that leaves the question open whether the turn is hidden: an action was asked for, or the loop has just
    /// run.
    pub undecided: bool,
}

impl Moment {
    pub(super) fn of(now: &Situation, domain: &Domain, only_touched: bool, hide: bool) -> Self {
        Self {
            state: state::of(now, domain, only_touched),
            hide,
            undecided: now.followup().is_some() || now.latest_action() == now.active_loop(),
        }
    }
}

/// The moments of a conversation.
#[derive(Clone, Debug)]
pub struct Moments {
    /// What is remembered of those that lie in the past.
    pub(in crate::dialogue) seen: Seen,
    /// The others, the present one last.
    pub recent: Vec<Moment>,
}

/// What policies that learn from stories see of the moments so far (dialogue.md §6.5): those whose action is not
/// hidden.
#[derive(Clone, Debug, Default)]
pub(in crate::dialogue) struct Seen {
    pub(in crate::dialogue) states: Vec<State>,
    last_action: (Option<String>, bool),
    was_hidden: bool,
}

impl Seen {
    /// Takes the next moment in.
    pub(in crate::dialogue) fn see(&mut self, moment: &Moment) {
        if !self.was_hidden {
            self.last_action = (moment.state.prev_action.clone(), moment.state.prev_is_text);
        }
        if !moment.undecided {
            self.was_hidden = moment.hide;
        }
        if self.was_hidden {
            return;
        }
        let mut state = moment.state.clone();
        if let Some(before) = self.states.last()
            && state.prev_action.as_deref() != Some(LISTEN)
        {
            state.user.clone_from(&before.user);
        }
        if self.last_action.0.is_some() {
            (state.prev_action, state.prev_is_text) = self.last_action.clone();
        }
        self.states.push(state);
    }

    /// Forgets all but the last states.
    pub(super) fn forget(&mut self, keep: usize) {
        let from = self.states.len().saturating_sub(keep);
        self.states.drain(..from);
    }
}

/// Returns the moments of a list of applied events; `only_touched` leaves out slots that no event has set.
pub(in crate::dialogue) fn moments<'e>(
    events: impl Iterator<Item = &'e EventKind>,
    domain: &Domain,
    table: &Arc<SlotTable>,
    only_touched: bool,
) -> Vec<Moment> {
    moments_from(
        Situation::new(Arc::clone(table)),
        events,
        domain,
        only_touched,
    )
}

pub(super) fn moments_from<'e>(
    mut now: Situation,
    events: impl Iterator<Item = &'e EventKind>,
    domain: &Domain,
    only_touched: bool,
) -> Vec<Moment> {
    let mut moments = Vec::new();
    for event in events {
        if let EventKind::Action { hide_rule_turn, .. } = event {
            moments.push(Moment::of(&now, domain, only_touched, *hide_rule_turn));
        }
        now.apply(event);
    }
    moments.push(Moment::of(&now, domain, only_touched, false));
    moments
}
