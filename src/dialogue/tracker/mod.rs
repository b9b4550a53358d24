//! A conversation: the list of its events, and what is folded from it (dialogue.md §2).

mod applied;
mod moments;
mod situation;

use std::sync::Arc;

use self::{
    applied::{count_in, is_action, short},
    moments::moments_from,
};
use super::LISTEN;
use crate::data::{Domain, Event, EventKind, Parse};

pub(super) use self::{
    applied::applied,
    moments::{Seen, moments},
};
pub use self::{
    moments::{Moment, Moments},
    situation::{ActiveLoop, REQUESTED_SLOT, Situation, SlotTable, SlotValues, Slots},
};

/// One conversation.
#[derive(Clone, Debug)]
pub struct Tracker {
    /// Who is talking.
    pub sender_id: String,
    events: Vec<Event>,
    now: Situation,
    /// Numbers of the events that still count.
    applied: Vec<u32>,
    /// Loops that were ever active.
    loops: Vec<String>,
    /// What lies further back than policies look; none where they see all.
    past: Option<Box<Past>>,
}

/// Actions that are kept at hand beside those that policies look back to, as they may be taken back.
const UNDONE: usize = 10;

/// A conversation up to some point, with what is remembered of it.
#[derive(Clone, Debug)]
struct Past {
    /// How many of the events that count lie before the point.
    len: usize,
    /// How many actions must lie after it.
    actions: usize,
    now: Situation,
    seen: Seen,
}

impl Tracker {
    /// Starts an empty conversation.
    pub fn new(sender_id: impl Into<String>, domain: &Domain) -> Self {
        Self::with_slots(sender_id, SlotTable::of(domain))
    }

    /// Starts an empty conversation that shares its table of slots with others.
    pub fn with_slots(sender_id: impl Into<String>, table: Arc<SlotTable>) -> Self {
        Self {
            sender_id: sender_id.into(),
            events: Vec::new(),
            now: Situation::new(table),
            applied: Vec::new(),
            loops: Vec::new(),
            past: None,
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

    /// Adds an event. Those that undo others take time by how much was said since `settle`, the first start of
    /// each loop by the number of events, all others none that depends on either.
    pub fn apply(&mut self, event: Event) {
        let undoes = matches!(event.kind, EventKind::Rewind | EventKind::Undo);
        if !undoes {
            self.now.apply(&event.kind);
        }
        let new_loop = match &event.kind {
            EventKind::ActiveLoop { name: Some(name) } if !self.loops.contains(name) => {
                Some(name.clone())
            }
            _ => None,
        };
        self.events.push(event);
        if let Some(name) = new_loop {
            // Runs of it may have been counted as those of any action.
            self.loops.push(name);
            self.past = None;
            let kinds: Vec<&EventKind> = self.events.iter().map(|event| &event.kind).collect();
            self.applied = applied(&kinds).into_iter().map(short).collect();
        } else {
            let (at, before) = (short(self.events.len() - 1), self.applied.len());
            let (events, loops) = (&self.events, &self.loops);
            let kept = count_in(
                &mut self.applied,
                at,
                &|name| loops.iter().any(|one| one == name),
                &|at| events.get(at as usize).map(|event| &event.kind),
            );
            // What is taken back may be what policies look at: then they need what lies before it.
            if kept < before
                && let Some(past) = &self.past
                && (kept < past.len || self.recent_actions() < past.actions)
            {
                self.past = None;
            }
        }
        if undoes {
            let mut now = self.start();
            for event in self.recent() {
                now.apply(&event.kind);
            }
            self.now = now;
        }
    }

    /// Returns what the past adds up to, or the start of a conversation.
    fn start(&self) -> Situation {
        match &self.past {
            Some(past) => past.now.clone(),
            None => Situation::new(Arc::clone(&self.now.table)),
        }
    }

    /// Returns the events that count and do not lie in the past.
    fn recent(&self) -> impl DoubleEndedIterator<Item = &Event> {
        let from = self.past.as_ref().map_or(0, |past| past.len);
        let recent = self.applied.get(from..).unwrap_or_default();
        recent.iter().filter_map(|at| self.events.get(*at as usize))
    }

    fn recent_actions(&self) -> usize {
        self.recent().filter(|event| is_action(&event.kind)).count()
    }

    /// Lets what lies further back than so many actions become the past, of which only so many states are remembered: a
    /// later turn then takes no longer than an early one.
    pub(super) fn settle(&mut self, domain: &Domain, actions: usize, states: usize) {
        let (all, kept) = (self.recent_actions(), actions + UNDONE);
        if all <= kept * 2 {
            return;
        }
        let (mut now, mut left) = (self.start(), all - kept);
        let mut seen = self
            .past
            .as_ref()
            .map(|past| past.seen.clone())
            .unwrap_or_default();
        let mut len = self.past.as_ref().map_or(0, |past| past.len);
        for event in self.recent() {
            if let EventKind::Action { hide_rule_turn, .. } = event.kind {
                if left == 0 {
                    break;
                }
                left -= 1;
                seen.see(&Moment::of(&now, domain, false, hide_rule_turn));
            }
            now.apply(&event.kind);
            len += 1;
        }
        seen.forget(states);
        self.past = Some(Box::new(Past {
            len,
            actions,
            now,
            seen,
        }));
    }

    /// Forgets every event from number `len` on: what comes back is the conversation as it was then.
    pub fn truncate(&mut self, len: usize) {
        let kept: Vec<Event> = self.events.drain(..len.min(self.events.len())).collect();
        self.events.clear();
        self.now.reset();
        self.applied.clear();
        self.loops.clear();
        self.past = None;
        for event in kept {
            self.apply(event);
        }
    }

    /// Returns the conversation as it was after its first `events` events, under another name.
    #[must_use]
    pub fn fork(&self, sender_id: impl Into<String>, events: usize) -> Self {
        let mut branch = Self::with_slots(sender_id, Arc::clone(&self.now.table));
        for event in self.events.iter().take(events) {
            branch.apply(event.clone());
        }
        branch
    }

    /// Takes the action that was to come next, if any.
    pub fn take_followup(&mut self) -> Option<String> {
        self.now.followup.take()
    }

    /// Returns all events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the events that still count: those since the last session start or restart that were not undone; a
    /// running loop looks like one step.
    pub fn applied(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.applied
            .iter()
            .filter_map(|at| self.events.get(*at as usize))
    }

    /// Returns what the events add up to.
    pub fn situation(&self) -> &Situation {
        &self.now
    }

    /// Returns the values of all slots, in the order of the domain.
    pub fn slots(&self) -> Slots {
        self.now.slots()
    }

    /// Returns the last message of the user as understood.
    pub fn latest_message(&self) -> Option<&Parse> {
        self.now.latest_message()
    }

    /// Returns the last action, if any was run.
    pub fn latest_action(&self) -> Option<&str> {
        self.now.latest_action()
    }

    /// Returns the active loop, if any.
    pub fn active_loop(&self) -> Option<&str> {
        self.now.active_loop()
    }

    /// Returns the action that comes next whatever policies say.
    pub fn followup(&self) -> Option<&str> {
        self.now.followup()
    }

    /// Tells whether the bot is silent.
    pub fn is_paused(&self) -> bool {
        self.now.is_paused()
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

    /// Returns the events from the latest message on; all since the last restart where that message is gone.
    pub fn since_latest_message(&self) -> &[Event] {
        let from = self.events.iter().rposition(|event| match &event.kind {
            EventKind::Restart => true,
            EventKind::User { parse_data, .. } => self.latest_message().is_some_and(|latest| {
                latest.text == parse_data.text
                    && latest.intent.name == parse_data.intent.name
                    && latest.entities == parse_data.entities
            }),
            _ => false,
        });
        self.events.get(from.unwrap_or(0)..).unwrap_or_default()
    }

    /// Tells whether a loop of that name was ever active.
    pub(super) fn had_loop(&self, name: &str) -> bool {
        self.loops.iter().any(|known| known == name)
    }

    /// Returns the moments before each action that counts, and the present one last; of the past only what is
    /// remembered.
    pub(super) fn moments(&self, domain: &Domain) -> Moments {
        let recent = self.recent().map(|event| &event.kind);
        Moments {
            seen: self
                .past
                .as_ref()
                .map(|past| past.seen.clone())
                .unwrap_or_default(),
            recent: moments_from(self.start(), recent, domain, false),
        }
    }

    pub(super) fn table(&self) -> &Arc<SlotTable> {
        &self.now.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Json, Slot, SlotKind},
        dialogue::State,
    };

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
            parse_data: Arc::new(parse),
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
        let before = tracker.slots();
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
        assert_eq!(tracker.slots(), before);
        assert_eq!(tracker.latest_action(), Some("utter_x"));
        assert_eq!(tracker.applied().count(), 4);
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
        assert_eq!(tracker.applied().count(), 0);
    }

    proptest::proptest! {
        /// What is forgotten of a long conversation changes nothing that policies look at, whatever undoes what.
        #[test]
        fn settling_changes_nothing_that_is_looked_at(kinds in proptest::collection::vec((0..11u8, proptest::bool::ANY), 0..150), every in 1..9usize) {
            const LOOKED_AT: usize = 3;
            let domain = domain();
            let (mut settled, mut whole) = (Tracker::new("s", &domain), Tracker::new("s", &domain));
            for (i, (kind, hide)) in kinds.iter().enumerate() {
                let kind = match kind {
                    0 | 1 => action(LISTEN).kind,
                    2 | 3 => user(&format!("i{}", i % 4)).kind,
                    4 => slot("a", &i.to_string()).kind,
                    5 => EventKind::Rewind,
                    6 if *hide => EventKind::Undo,
                    7 => EventKind::ActiveLoop { name: hide.then(|| "form".to_owned()) },
                    8 => action("form").kind,
                    9 if *hide => EventKind::SessionStarted,
                    10 if *hide => EventKind::Followup { name: "x".into() },
                    _ => EventKind::Action {
                        name: Some(format!("utter_{}", i % 3)),
                        policy: None,
                        confidence: None,
                        action_text: None,
                        hide_rule_turn: *hide,
                    },
                };
                whole.apply(event(kind.clone()));
                settled.apply(event(kind));
                if i % every == 0 {
                    settled.settle(&domain, LOOKED_AT, LOOKED_AT);
                }
                let kinds: Vec<&EventKind> = whole.events.iter().map(|event| &event.kind).collect();
                let counted: Vec<usize> = settled.applied.iter().map(|at| *at as usize).collect();
                assert_eq!(counted, applied(&kinds));
                assert_eq!(format!("{:?}", settled.now), format!("{:?}", whole.now));
                let (ours, all) = (settled.moments(&domain), whole.moments(&domain));
                let states = |moments: &Moments| {
                    let mut seen = moments.seen.clone();
                    moments.recent.iter().for_each(|moment| seen.see(moment));
                    let last = seen.states.len().saturating_sub(LOOKED_AT);
                    let states: Vec<State> = moments.recent.iter().rev().take(LOOKED_AT).map(|moment| moment.state.clone()).collect();
                    (seen.states[last..].to_vec(), states)
                };
                assert_eq!(states(&ours), states(&all));
            }
        }

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
            assert_eq!(format!("{:?}", parts.now), format!("{:?}", whole.now));
            let mut back = whole.clone();
            back.truncate(cut);
            assert_eq!(format!("{:?}", back.now), format!("{:?}", prefix.now));
        }
    }
}
