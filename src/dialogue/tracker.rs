//! A conversation: the list of its events, and what is folded from it (dialogue.md §2).

use std::{collections::BTreeSet, sync::Arc};

use rustc_hash::FxHashMap;

use super::{LISTEN, NOT_SET, State, state};
use crate::data::{Domain, Event, EventKind, Json, Parse, SlotKind};

/// Values of slots by name, in the order of the domain.
pub type Slots = serde_json::Map<String, Json>;

/// Something that knows values of slots.
pub trait SlotValues {
    /// Returns the value of a slot; nothing where there is no such slot.
    fn value(&self, name: &str) -> Option<&Json>;
}

impl SlotValues for Slots {
    fn value(&self, name: &str) -> Option<&Json> {
        self.get(name)
    }
}

/// The slot that a form asks for.
pub const REQUESTED_SLOT: &str = "requested_slot";

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

/// The loop that is active.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveLoop {
    /// Its name.
    pub name: String,
    /// Whether something else came in between, so that the user's words are not meant for it.
    pub is_interrupted: bool,
    /// Whether it refused to run.
    pub rejected: bool,
    /// The message that started it.
    pub trigger_message: Option<Arc<Parse>>,
}

/// Slots of a domain at the start of a conversation.
#[derive(Debug, Default)]
pub struct SlotTable {
    slots: Vec<InitialSlot>,
    numbers: FxHashMap<String, u32>,
}

#[derive(Debug)]
struct InitialSlot {
    name: String,
    value: Json,
    is_list: bool,
}

impl SlotTable {
    /// Reads the slots of a domain, those that every conversation has included.
    pub fn of(domain: &Domain) -> Arc<Self> {
        let mut table = Self::default();
        for slot in &domain.slots {
            let is_list = slot.kind == SlotKind::List;
            table.add(&slot.name, slot.initial_value.clone(), is_list);
        }
        let mut add = |name: &str| table.add(name, Json::Null, false);
        if !domain.forms.is_empty() {
            add(REQUESTED_SLOT);
        }
        if domain
            .actions
            .iter()
            .any(|action| action.value == "action_query_knowledge_base")
        {
            add("knowledge_base_listed_objects");
            add("knowledge_base_last_object");
            add("knowledge_base_last_object_type");
        }
        add("session_started_metadata");
        Arc::new(table)
    }

    /// Adds a slot where none of that name is there yet.
    fn add(&mut self, name: &str, value: Json, is_list: bool) {
        if !self.numbers.contains_key(name) {
            self.numbers
                .insert(name.to_owned(), short(self.slots.len()));
            self.slots.push(InitialSlot {
                name: name.to_owned(),
                value,
                is_list,
            });
        }
    }
}

/// What the events of a conversation add up to.
#[derive(Clone, Debug)]
pub struct Situation {
    table: Arc<SlotTable>,
    /// Values of the slots that an event has set, by their number in the table, the lowest first: few of many.
    set: Vec<(u32, Json)>,
    latest_message: Option<Arc<Parse>>,
    /// Whether policies see its words, not its intent.
    pub(super) counts_words: bool,
    pub(super) latest_action: Option<String>,
    /// Whether that is a text said end to end.
    pub(super) latest_is_text: bool,
    active_loop: Option<ActiveLoop>,
    followup: Option<String>,
    paused: bool,
}

impl Situation {
    /// Returns the start of a conversation.
    pub fn new(table: Arc<SlotTable>) -> Self {
        Self {
            table,
            set: Vec::new(),
            latest_message: None,
            counts_words: false,
            latest_action: None,
            latest_is_text: false,
            active_loop: None,
            followup: Some(LISTEN.to_owned()),
            paused: false,
        }
    }

    fn reset(&mut self) {
        *self = Self::new(Arc::clone(&self.table));
    }

    /// Folds one event in; undoing events are handled by the list of applied events.
    pub fn apply(&mut self, event: &EventKind) {
        match event {
            EventKind::User { parse_data, .. } => {
                self.latest_message = Some(Arc::clone(parse_data));
                self.counts_words = false;
                self.followup = None;
            }
            EventKind::Slot { name, value } => self.set(name, value),
            EventKind::Action {
                name, action_text, ..
            } => {
                self.latest_action = name.clone().or_else(|| action_text.clone());
                self.latest_is_text = name.is_none() && action_text.is_some();
                self.followup = None;
                if let Some(active) = &mut self.active_loop {
                    active.is_interrupted = false;
                    if self.latest_action.as_deref() == Some(&active.name) {
                        active.rejected = false;
                    }
                }
            }
            EventKind::ActiveLoop { name } => {
                self.active_loop = name.as_ref().map(|name| ActiveLoop {
                    name: name.clone(),
                    is_interrupted: false,
                    rejected: false,
                    trigger_message: self.latest_message.clone(),
                });
            }
            EventKind::LoopInterrupted { is_interrupted } => self.interrupt(*is_interrupted),
            EventKind::FormValidation { validate } => self.interrupt(!validate),
            EventKind::ActionExecutionRejected { name, .. } => {
                if let Some(active) = &mut self.active_loop
                    && active.name == *name
                {
                    active.rejected = true;
                }
            }
            EventKind::SessionStarted => self.reset(),
            EventKind::Restart => {
                self.reset();
                self.followup = Some("action_session_start".to_owned());
            }
            EventKind::ResetSlots => self.set.clear(),
            EventKind::Followup { name } => self.followup = Some(name.clone()),
            EventKind::Pause => self.paused = true,
            EventKind::Resume => self.paused = false,
            EventKind::Entities { entities } => {
                if let Some(message) = &mut self.latest_message {
                    Arc::make_mut(message).entities.extend(entities.clone());
                }
            }
            // Said of the message just heard; later it is too late.
            EventKind::UserFeaturization {
                use_text_for_featurization,
            } => {
                if self.latest_action.as_deref() == Some(LISTEN) {
                    self.counts_words = *use_text_for_featurization;
                }
            }
            EventKind::Bot { .. }
            | EventKind::Rewind
            | EventKind::Undo
            | EventKind::Reminder { .. }
            | EventKind::CancelReminder { .. }
            | EventKind::Agent { .. }
            | EventKind::Export { .. } => {}
        }
    }

    fn set(&mut self, name: &str, value: &Json) {
        let Some((number, slot)) = self.find(name) else {
            return;
        };
        // A list of one is often given as that one.
        let wrapped = match value {
            Json::Null | Json::Array(_) | Json::Bool(false) => None,
            Json::String(text) if text.is_empty() => None,
            _ if slot.is_list => Some(Json::Array(vec![value.clone()])),
            _ => None,
        };
        let value = wrapped.unwrap_or_else(|| value.clone());
        match self.set.binary_search_by_key(&number, |(at, _)| *at) {
            Ok(at) => {
                if let Some(place) = self.set.get_mut(at) {
                    place.1 = value;
                }
            }
            Err(at) => {
                self.set.reserve_exact(1);
                self.set.insert(at, (number, value));
            }
        }
    }

    fn find(&self, name: &str) -> Option<(u32, &InitialSlot)> {
        let number = *self.table.numbers.get(name)?;
        Some((number, self.table.slots.get(number as usize)?))
    }

    /// Returns what an event has set a slot to.
    fn set_value(&self, number: u32) -> Option<&Json> {
        let at = self.set.binary_search_by_key(&number, |(at, _)| *at).ok()?;
        self.set.get(at).map(|(_, value)| value)
    }

    /// Tells whether an event has set a slot.
    pub(super) fn is_set(&self, name: &str) -> bool {
        let known = self.find(name);
        known.is_some_and(|(number, _)| self.set_value(number).is_some())
    }

    fn interrupt(&mut self, is_interrupted: bool) {
        if let Some(active) = &mut self.active_loop {
            active.is_interrupted = is_interrupted;
        }
    }

    /// Returns the values of all slots, in the order of the domain.
    pub fn slots(&self) -> Slots {
        let mut set = self.set.iter().peekable();
        let mut values = Slots::with_capacity(self.table.slots.len());
        for (number, slot) in (0..).zip(&self.table.slots) {
            let own = set.next_if(|(at, _)| *at == number);
            let value = own.map_or(&slot.value, |(_, value)| value);
            values.insert(slot.name.clone(), value.clone());
        }
        values
    }

    /// Returns the value of a slot; null where it has none.
    pub fn slot(&self, name: &str) -> &Json {
        self.value(name).unwrap_or(&Json::Null)
    }

    /// Returns the last message of the user as understood.
    pub fn latest_message(&self) -> Option<&Parse> {
        self.latest_message.as_deref()
    }

    /// Returns the last action, if any was run.
    pub fn latest_action(&self) -> Option<&str> {
        self.latest_action.as_deref()
    }

    /// Returns the active loop with all that is known of it; in training it may be [`NOT_SET`].
    pub fn loop_state(&self) -> Option<&ActiveLoop> {
        self.active_loop.as_ref()
    }

    /// Returns the name of the active loop, if any.
    pub fn active_loop(&self) -> Option<&str> {
        self.active_loop
            .as_ref()
            .map(|active| active.name.as_str())
            .filter(|name| *name != NOT_SET)
    }

    /// Tells whether there is an active loop that refused to run.
    pub fn is_loop_rejected(&self) -> bool {
        self.active_loop
            .as_ref()
            .is_some_and(|active| active.rejected)
    }

    /// Returns the slot that a form has asked for.
    pub fn requested_slot(&self) -> Option<&str> {
        self.slot(REQUESTED_SLOT).as_str()
    }

    /// Returns the action that comes next whatever policies say.
    pub fn followup(&self) -> Option<&str> {
        self.followup.as_deref()
    }

    /// Tells whether the bot is silent.
    pub fn is_paused(&self) -> bool {
        self.paused
    }
}

impl SlotValues for Situation {
    fn value(&self, name: &str) -> Option<&Json> {
        let (number, slot) = self.find(name)?;
        Some(self.set_value(number).unwrap_or(&slot.value))
    }
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

    /// Returns the moments before each action that counts, and the present one last; of the past only what is remembered.
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

fn is_action(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Action { .. })
}

fn is_run_of(kind: &EventKind, wanted: &str) -> bool {
    matches!(kind, EventKind::Action { name: Some(name), .. } if name == wanted)
}

/// Returns which events still count: those since the last session start or restart that were not undone. A loop that
/// runs on its happy path looks like one step: its later runs, and what led to them, are left out.
pub(super) fn applied(kinds: &[&EventKind]) -> Vec<usize> {
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
fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Counts an event in among those that count. Returns how many of those before were certainly left as they were.
fn count_in<'e>(
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
    fn of(now: &Situation, domain: &Domain, only_touched: bool, hide: bool) -> Self {
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
    pub(super) seen: Seen,
    /// The others, the present one last.
    pub recent: Vec<Moment>,
}

/// What policies that learn from stories see of the moments so far (dialogue.md §6.5): those whose action is not hidden.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) states: Vec<State>,
    last_action: (Option<String>, bool),
    was_hidden: bool,
}

impl Seen {
    /// Takes the next moment in.
    pub(super) fn see(&mut self, moment: &Moment) {
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
    fn forget(&mut self, keep: usize) {
        let from = self.states.len().saturating_sub(keep);
        self.states.drain(..from);
    }
}

/// Returns the moments of a list of applied events; `only_touched` leaves out slots that no event has set.
pub(super) fn moments<'e>(
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

fn moments_from<'e>(
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
