//! Many conversations with one model, each by itself.

use std::{collections::HashMap, sync::Arc};

use jiff::tz::TimeZone;

use super::{ActionOutcome, Conversation, Due, Step};
use crate::{
    data::{Json, Parse},
    dialogue::SlotTable,
    model::Model,
};

/// A model that talks with many people.
///
/// Conversations know nothing of each other. Whoever holds the agent gives it one message after the other, so the order
/// within a conversation is that of the calls.
#[derive(Clone, Debug)]
pub struct Agent {
    model: Arc<Model>,
    slots: Arc<SlotTable>,
    channel: String,
    seed: u64,
    conversations: HashMap<String, Conversation>,
}

/// A message of somebody.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// Who writes: the name of the conversation.
    pub sender: String,
    /// What.
    pub text: String,
    /// How it is understood, in the place of the model's own understanding.
    pub parse: Option<Parse>,
    /// What the channel says about it.
    pub metadata: serde_json::Map<String, Json>,
    /// Name of the channel it came over; the output channel's where none is given.
    pub input_channel: Option<String>,
}

impl Agent {
    /// Starts without any conversation. `channel` is the output channel's name, which responses may ask for; `seed`
    /// decides between variations of a response.
    pub fn new(model: Arc<Model>, channel: &str, seed: u64) -> Self {
        Self {
            slots: SlotTable::of(&model.domain),
            model,
            channel: channel.to_owned(),
            seed,
            conversations: HashMap::new(),
        }
    }

    /// Returns the model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Returns a conversation, if it was begun.
    pub fn get(&self, sender: &str) -> Option<&Conversation> {
        self.conversations.get(sender)
    }

    /// Returns a conversation; an empty one where none of that name was begun.
    pub fn conversation(&mut self, sender: &str) -> &mut Conversation {
        self.conversations
            .entry(sender.to_owned())
            .or_insert_with(|| {
                Conversation::with_slots(
                    Arc::clone(&self.model),
                    Arc::clone(&self.slots),
                    sender,
                    &self.channel,
                    self.seed,
                )
            })
    }

    /// Forgets a conversation; `seed` decides between variations when it begins anew.
    pub fn forget(&mut self, sender: &str, seed: u64) {
        self.seed = seed;
        self.conversations.remove(sender);
    }

    /// Takes a message, and returns events, responses and how they came about, or the custom action that is needed
    /// first; its outcome goes to [`Agent::answer`]. `now` is in seconds since 1970.
    pub fn handle(&mut self, message: Incoming, now: f64) -> Step {
        let parse = match message.parse {
            Some(parse) => parse,
            None => self.model.parse(&message.text),
        };
        self.conversation(&message.sender).say_from(
            parse,
            message.metadata,
            message.input_channel,
            now,
        )
    }

    /// Takes the outcome of the action that a conversation has asked for.
    pub fn answer(&mut self, sender: &str, outcome: ActionOutcome, now: f64) -> Step {
        self.conversation(sender).answer(outcome, now)
    }

    /// Begins a conversation `to` with the first `events` events of another one, in the place of what it was before if
    /// anything; `None` where there is no such other one.
    pub fn fork(&mut self, from: &str, events: usize, to: &str) -> Option<&mut Conversation> {
        let branch = self.conversations.get(from)?.fork(to, events);
        self.conversations.insert(to.to_owned(), branch);
        self.conversations.get_mut(to)
    }

    /// Takes out the reminders of all conversations whose time has come, the earliest first; each is then to be given to
    /// [`Agent::trigger`]. `now` is in seconds since 1970; times that were written without a zone are meant in `zone`.
    pub fn due(&mut self, now: f64, zone: &TimeZone) -> Vec<Due> {
        let mut due: Vec<Due> = self
            .conversations
            .values_mut()
            .flat_map(|conversation| conversation.due(now, zone))
            .collect();
        due.sort_by(|a, b| a.at.total_cmp(&b.at).then_with(|| a.sender.cmp(&b.sender)));
        due
    }

    /// Tells whether a reminder is to come in any conversation.
    pub fn has_reminders(&self) -> bool {
        self.conversations.values().any(Conversation::has_reminders)
    }

    /// Lets a reminder come; see [`Conversation::trigger`].
    pub fn trigger(&mut self, due: Due, now: f64) -> Step {
        self.conversation(&due.sender)
            .trigger(&due.intent, due.entities, now)
    }

    /// Returns the names of all conversations, sorted.
    pub fn senders(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.conversations.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
