//! What the events of a conversation add up to: slots, the latest message and action, the active loop (dialogue.md §2).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::applied::short;
use crate::{
    data::{Domain, EventKind, Json, Parse, SlotKind},
    dialogue::{LISTEN, NOT_SET},
};

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
    pub(super) table: Arc<SlotTable>,
    /// Values of the slots that an event has set, by their number in the table, the lowest first: few of many.
    set: Vec<(u32, Json)>,
    latest_message: Option<Arc<Parse>>,
    /// Whether policies see its words, not its intent.
    pub(in crate::dialogue) counts_words: bool,
    pub(in crate::dialogue) latest_action: Option<String>,
    /// Whether that is a text said end to end.
    pub(in crate::dialogue) latest_is_text: bool,
    active_loop: Option<ActiveLoop>,
    pub(super) followup: Option<String>,
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

    pub(super) fn reset(&mut self) {
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
    pub(in crate::dialogue) fn is_set(&self, name: &str) -> bool {
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
