//! A conversation: the list of its events, and what is folded from it.

use std::{collections::BTreeSet, sync::Arc};

use super::{LISTEN, State, state};
use crate::data::{Domain, Event, EventKind, Json, Parse};

/// Values of slots by name, in the order of the domain.
pub type Slots = serde_json::Map<String, Json>;

/// One conversation.
#[derive(Clone, Debug)]
pub struct Tracker {
    /// Who is talking.
    pub sender_id: String,
    events: Vec<Event>,
    fold: Fold,
}

/// What the events add up to.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    initial: Arc<Slots>,
    pub(super) slots: Slots,
    /// Slots that an event has set.
    pub(super) touched: BTreeSet<String>,
    pub(super) latest_message: Option<Parse>,
    pub(super) latest_action: Option<String>,
    pub(super) active_loop: Option<String>,
    followup: Option<String>,
    paused: bool,
}

impl Fold {
    pub(super) fn new(initial: Arc<Slots>) -> Self {
        Self {
            slots: Slots::clone(&initial),
            initial,
            touched: BTreeSet::new(),
            latest_message: None,
            latest_action: None,
            active_loop: None,
            followup: Some(LISTEN.to_owned()),
            paused: false,
        }
    }

    fn reset(&mut self) {
        *self = Self::new(Arc::clone(&self.initial));
    }

    /// Folds one event in; undoing events are handled by the list of applied events.
    pub(super) fn apply(&mut self, event: &EventKind) {
        match event {
            EventKind::User { parse_data, .. } => {
                self.latest_message = Some(parse_data.clone());
                self.followup = None;
            }
            EventKind::Slot { name, value } => {
                if let Some(slot) = self.slots.get_mut(name) {
                    *slot = value.clone();
                    self.touched.insert(name.clone());
                }
            }
            EventKind::Action { name, .. } => {
                self.latest_action.clone_from(name);
                self.followup = None;
            }
            EventKind::ActiveLoop { name } => self.active_loop.clone_from(name),
            EventKind::SessionStarted => self.reset(),
            EventKind::Restart => {
                self.reset();
                self.followup = Some("action_session_start".to_owned());
            }
            EventKind::ResetSlots => {
                self.slots = Slots::clone(&self.initial);
                self.touched.clear();
            }
            EventKind::Followup { name } => self.followup = Some(name.clone()),
            EventKind::Pause => self.paused = true,
            EventKind::Resume => self.paused = false,
            EventKind::Bot { .. }
            | EventKind::LoopInterrupted { .. }
            | EventKind::ActionExecutionRejected { .. }
            | EventKind::Rewind
            | EventKind::Undo
            | EventKind::UserFeaturization { .. }
            | EventKind::Entities { .. }
            | EventKind::Reminder { .. }
            | EventKind::CancelReminder { .. }
            | EventKind::Agent { .. }
            | EventKind::Export { .. } => {}
        }
    }
}

/// Returns the slots of a domain with their values at the start of a conversation.
pub(super) fn initial_slots(domain: &Domain) -> Arc<Slots> {
    let mut slots: Slots = domain
        .slots
        .iter()
        .map(|slot| (slot.name.clone(), slot.initial_value.clone()))
        .collect();
    if !domain.forms.is_empty() {
        slots.entry("requested_slot").or_insert(Json::Null);
    }
    slots
        .entry("session_started_metadata")
        .or_insert(Json::Null);
    Arc::new(slots)
}

impl Tracker {
    /// Starts an empty conversation.
    pub fn new(sender_id: impl Into<String>, domain: &Domain) -> Self {
        Self {
            sender_id: sender_id.into(),
            events: Vec::new(),
            fold: Fold::new(initial_slots(domain)),
        }
    }

    /// Folds a list of events.
    pub fn from_events(
        sender_id: impl Into<String>,
        domain: &Domain,
        events: impl IntoIterator<Item = Event>,
    ) -> Self {
        let mut tracker = Self::new(sender_id, domain);
        for event in events {
            tracker.apply(event);
        }
        tracker
    }

    /// Adds an event. Linear in the number of events for those that undo others, else constant.
    pub fn apply(&mut self, event: Event) {
        let undoes = matches!(event.kind, EventKind::Rewind | EventKind::Undo);
        if !undoes {
            self.fold.apply(&event.kind);
        }
        self.events.push(event);
        if undoes {
            let mut fold = Fold::new(Arc::clone(&self.fold.initial));
            for event in self.applied() {
                fold.apply(&event.kind);
            }
            self.fold = fold;
        }
    }

    /// Forgets every event from number `len` on: what comes back is the conversation as it was then.
    pub fn truncate(&mut self, len: usize) {
        let kept: Vec<Event> = self.events.drain(..len.min(self.events.len())).collect();
        self.events.clear();
        self.fold.reset();
        for event in kept {
            self.apply(event);
        }
    }

    /// Returns all events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the events that still count: those since the last session start or restart that were not undone.
    pub fn applied(&self) -> Vec<&Event> {
        let mut applied: Vec<&Event> = Vec::with_capacity(self.events.len());
        let back_to = |applied: &mut Vec<&Event>, wanted: fn(&EventKind) -> bool| {
            while let Some(last) = applied.pop() {
                if wanted(&last.kind) {
                    break;
                }
            }
        };
        for event in &self.events {
            match event.kind {
                EventKind::Restart | EventKind::SessionStarted => applied.clear(),
                EventKind::Undo => back_to(&mut applied, |kind| {
                    matches!(kind, EventKind::Action { .. })
                }),
                EventKind::Rewind => {
                    back_to(&mut applied, |kind| matches!(kind, EventKind::User { .. }));
                    back_to(&mut applied, |kind| {
                        matches!(kind, EventKind::Action { .. })
                    });
                }
                _ => applied.push(event),
            }
        }
        applied
    }

    /// Returns the values of all slots.
    pub fn slots(&self) -> &Slots {
        &self.fold.slots
    }

    /// Returns the last message of the user as understood.
    pub fn latest_message(&self) -> Option<&Parse> {
        self.fold.latest_message.as_ref()
    }

    /// Returns the last action, if any was run.
    pub fn latest_action(&self) -> Option<&str> {
        self.fold.latest_action.as_deref()
    }

    /// Returns the active loop, if any.
    pub fn active_loop(&self) -> Option<&str> {
        self.fold.active_loop.as_deref()
    }

    /// Returns the action that comes next whatever policies say.
    pub fn followup(&self) -> Option<&str> {
        self.fold.followup.as_deref()
    }

    /// Tells whether the bot is silent.
    pub fn is_paused(&self) -> bool {
        self.fold.paused
    }

    /// Returns the number of actions since the bot last listened.
    pub fn actions_since_listen(&self) -> usize {
        self.events
            .iter()
            .rev()
            .filter_map(|event| match &event.kind {
                EventKind::Action { name, .. } => Some(name.as_deref()),
                _ => None,
            })
            .take_while(|name| !matches!(name, Some(LISTEN | "action_session_start")))
            .count()
    }

    /// Returns the state before each action that counts, each with whether that action is hidden from memoization,
    /// and the present state last.
    pub fn states(&self, domain: &Domain) -> Vec<(State, bool)> {
        let applied = self.applied();
        states_of(
            applied.iter().map(|event| &event.kind),
            domain,
            &self.fold.initial,
            false,
        )
    }
}

/// Returns the states of a list of applied events; `only_touched` leaves out slots that no event has set.
pub(super) fn states_of<'e>(
    events: impl Iterator<Item = &'e EventKind>,
    domain: &Domain,
    initial: &Arc<Slots>,
    only_touched: bool,
) -> Vec<(State, bool)> {
    let mut fold = Fold::new(Arc::clone(initial));
    let mut states = Vec::new();
    for event in events {
        if let EventKind::Action { hide_rule_turn, .. } = event {
            states.push((state::of(&fold, domain, only_touched), *hide_rule_turn));
        }
        fold.apply(event);
    }
    states.push((state::of(&fold, domain, only_touched), false));
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Slot, SlotKind};

    fn domain() -> Domain {
        let slot = |name: &str, initial: Json| Slot {
            name: name.into(),
            kind: SlotKind::Text,
            initial_value: initial,
            influence_conversation: true,
            mappings: Vec::new(),
            origin: crate::diagnostic::Origin::default(),
        };
        Domain {
            slots: vec![slot("a", Json::Null), slot("b", "start".into())],
            ..Domain::default()
        }
    }

    fn event(kind: EventKind) -> Event {
        Event {
            kind,
            timestamp: 1.0,
            metadata: serde_json::Map::new(),
        }
    }

    fn action(name: &str) -> Event {
        event(EventKind::Action {
            name: Some(name.into()),
            policy: None,
            confidence: None,
            action_text: None,
            hide_rule_turn: false,
        })
    }

    fn user(intent: &str) -> Event {
        let mut parse = Parse::default();
        parse.intent.name = Some(intent.into());
        event(EventKind::User {
            text: None,
            parse_data: parse,
            input_channel: None,
            message_id: None,
        })
    }

    fn slot(name: &str, value: &str) -> Event {
        event(EventKind::Slot {
            name: name.into(),
            value: value.into(),
        })
    }

    #[test]
    fn rewind_takes_back_the_turn_and_its_slots() {
        let domain = domain();
        let first = [action(LISTEN), user("x"), slot("a", "1"), action("utter_x")];
        let mut tracker = Tracker::from_events("s", &domain, first);
        let before = tracker.slots().clone();
        for event in [
            action(LISTEN),
            user("y"),
            slot("a", "2"),
            slot("b", "2"),
            action("utter_y"),
            event(EventKind::Rewind),
        ] {
            tracker.apply(event);
        }
        assert_eq!(tracker.slots(), &before);
        assert_eq!(tracker.latest_action(), Some("utter_x"));
        assert_eq!(tracker.applied().len(), 4);
    }

    #[test]
    fn a_session_start_forgets_what_was_before() {
        let domain = domain();
        let mut tracker = Tracker::from_events(
            "s",
            &domain,
            [action(LISTEN), user("x"), slot("a", "1"), slot("b", "1")],
        );
        tracker.apply(event(EventKind::SessionStarted));
        assert_eq!(tracker.slots().get("b"), Some(&"start".into()));
        assert!(tracker.latest_message().is_none());
        assert!(tracker.applied().is_empty());
    }

    proptest::proptest! {
        /// Folding a prefix and then the rest equals folding all; cutting back equals never having gone on.
        #[test]
        fn folding_in_parts_equals_folding_at_once(kinds in proptest::collection::vec(0..8u8, 0..30), cut in 0..30usize) {
            let domain = domain();
            let events: Vec<Event> = kinds.iter().enumerate().map(|(i, kind)| match kind {
                0 => action(LISTEN),
                1 => user(&format!("i{i}")),
                2 => slot("a", &i.to_string()),
                3 => action(&format!("utter_{i}")),
                4 => event(EventKind::Rewind),
                5 => event(EventKind::Undo),
                6 => event(EventKind::SessionStarted),
                _ => event(EventKind::Restart),
            }).collect();
            let cut = cut.min(events.len());
            let whole = Tracker::from_events("s", &domain, events.clone());
            let prefix = Tracker::from_events("s", &domain, events[..cut].to_vec());
            let mut parts = prefix.clone();
            events[cut..].iter().cloned().for_each(|event| parts.apply(event));
            assert_eq!(format!("{:?}", parts.fold), format!("{:?}", whole.fold));
            let mut back = whole.clone();
            back.truncate(cut);
            assert_eq!(format!("{:?}", back.fold), format!("{:?}", prefix.fold));
        }
    }
}
