//! Running a conversation turn by turn (dialogue.md §1).

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::tz::TimeZone;

use super::{
    reminder::{self, Due, Reminder},
    scene::{Done, Effect, Halt, Scene, mix},
    turn::{ActionOutcome, ActionRequest, Decision, Step, Turn},
};
use crate::{
    data::{Event, EventKind, Json, Parse},
    dialogue::{LISTEN, Message, Prediction, Reason, SlotTable, Slots, Tracker, Vote, respond},
    model::Model,
};

/// Most actions in one turn; then the bot listens, whatever policies say.
const MOST_ACTIONS: usize = 10;
/// Most decisions in one turn, however often an action says that the bot has listened.
const MOST_DECISIONS: usize = 100;

/// A conversation with a model.
#[derive(Clone, Debug)]
pub struct Conversation {
    model: Arc<Model>,
    tracker: Tracker,
    channel: String,
    /// Decides between variations of a response.
    seed: u64,
    /// Responses are worded outside.
    asks_for_responses: bool,
    turn: Turn,
    /// Number of events before the turn.
    turn_start: usize,
    now: f64,
    /// What comes next in the turn.
    todo: Todo,
    /// What came of the custom actions that what comes next has asked for.
    outcomes: Vec<ActionOutcome>,
    /// What is to come by itself.
    reminders: Vec<Reminder>,
}

/// What comes next in a turn.
#[derive(Clone, Debug, Default)]
enum Todo {
    /// A session starts; then the message is heard.
    Begin(Box<Heard>),
    /// The message is heard.
    Hear(Box<Heard>),
    /// Slots are filled from it.
    Extract,
    /// The policies are asked.
    Predict,
    /// Slots are filled once more, as the words of the message decided; then the action that the policies chose is run.
    ExtractFor(Box<Vote>),
    /// The action that they chose is run.
    Act(Box<Vote>),
    /// Nothing.
    #[default]
    Rest,
}

/// A message with what came with it.
#[derive(Clone, Debug)]
struct Heard {
    parse: Parse,
    metadata: serde_json::Map<String, Json>,
    input_channel: Option<String>,
}

impl Conversation {
    /// Starts an empty conversation. `channel` is the output channel's name, which responses may ask for.
    pub fn new(model: Arc<Model>, sender_id: &str, channel: &str, seed: u64) -> Self {
        let slots = SlotTable::of(&model.domain);
        Self::with_slots(model, slots, sender_id, channel, seed)
    }

    /// Starts an empty conversation that shares its table of slots with others of the same model.
    pub fn with_slots(
        model: Arc<Model>,
        slots: Arc<SlotTable>,
        sender_id: &str,
        channel: &str,
        seed: u64,
    ) -> Self {
        Self {
            model,
            tracker: Tracker::with_slots(sender_id, slots),
            channel: channel.to_owned(),
            seed,
            asks_for_responses: false,
            turn: Turn::default(),
            turn_start: 0,
            now: 0.0,
            todo: Todo::Rest,
            outcomes: Vec::new(),
            reminders: Vec::new(),
        }
    }

    /// Returns the conversation as it was after its first `events` events, under another name: a branch that goes its
    /// own way. Reminders stay with this one.
    #[must_use]
    pub fn fork(&self, sender_id: &str, events: usize) -> Self {
        Self {
            tracker: self.tracker.fork(sender_id, events),
            turn: Turn::default(),
            turn_start: 0,
            todo: Todo::Rest,
            outcomes: Vec::new(),
            reminders: Vec::new(),
            model: Arc::clone(&self.model),
            channel: self.channel.clone(),
            ..*self
        }
    }

    /// Takes out the reminders whose time has come; each is then to be given to [`Conversation::trigger`]. Times that
    /// were written without a zone are meant in `zone`.
    pub fn due(&mut self, now: f64, zone: &TimeZone) -> Vec<Due> {
        reminder::take_due(&mut self.reminders, &self.tracker, now, zone)
    }

    /// Tells whether a reminder is to come.
    pub fn has_reminders(&self) -> bool {
        !self.reminders.is_empty()
    }

    /// Returns the events so far and what they add up to.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Returns the model that answers.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Returns the name of the output channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Asks for the words of `utter_…` actions as for custom ones, through [`Step::NeedsAction`].
    pub fn ask_for_responses(&mut self, yes: bool) {
        self.asks_for_responses = yes;
    }

    /// Returns the conversation as a custom action is to see it.
    pub fn seen_by(&self, request: &ActionRequest) -> Cow<'_, Self> {
        if request.events.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut seen = self.clone();
        for kind in &request.events {
            seen.tracker.apply(Event {
                kind: kind.clone(),
                timestamp: self.now,
                metadata: serde_json::Map::new(),
            });
        }
        Cow::Owned(seen)
    }

    /// Returns what a response of the domain says now, `arguments` filled in beside slots; changes nothing.
    pub fn respond(&self, name: &str, arguments: &Slots) -> Option<Message> {
        let mut values = self.tracker.slots();
        values.extend(arguments.clone());
        let choice = mix(self.seed, self.tracker.events().len() as u64);
        respond(&self.model.domain, name, &values, &self.channel, choice)
    }

    /// Goes back to the first `events` events.
    pub fn rewind_to(&mut self, events: usize) {
        self.todo = Todo::Rest;
        self.outcomes.clear();
        self.tracker.truncate(events);
        reminder::forget_from(&mut self.reminders, events);
    }

    /// Adds events that happened elsewhere: nothing is answered.
    pub fn record(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.tracker.apply(event);
        }
    }

    /// Understands a text as it would be understood if sent now; changes nothing.
    pub fn parse(&self, text: &str) -> Parse {
        self.model.parse(text)
    }

    /// Returns what the policies would say if the message were sent now; changes nothing and runs nothing.
    pub fn preview(&self, parse: &Parse) -> Vote {
        let mut copy = self.clone();
        copy.begin(parse.clone(), serde_json::Map::new(), None, copy.now);
        while !matches!(copy.todo, Todo::Predict | Todo::Rest) {
            if copy.step().is_err() {
                copy.outcomes
                    .push(ActionOutcome::Failed("not run".to_owned()));
            }
        }
        copy.vote()
    }

    /// Takes a message of the user. `now` is in seconds since 1970.
    pub fn say(&mut self, text: &str, now: f64) -> Step {
        let parse = self.model.parse(text);
        self.say_parsed(parse, now)
    }

    /// Takes a message that is already understood.
    pub fn say_parsed(&mut self, parse: Parse, now: f64) -> Step {
        self.say_from(parse, serde_json::Map::new(), None, now)
    }

    /// Takes a message that is already understood, with its channel and what that says about it.
    pub fn say_from(
        &mut self,
        parse: Parse,
        metadata: serde_json::Map<String, Json>,
        input_channel: Option<String>,
        now: f64,
    ) -> Step {
        self.begin(parse, metadata, input_channel, now);
        self.go_on()
    }

    /// Lets something outside act as if the user had said it: a reminder, another program (dialogue.md §14).
    pub fn trigger(&mut self, intent: &str, entities: Vec<crate::data::Entity>, now: f64) -> Step {
        let parse = Parse {
            text: format!("EXTERNAL: {intent}"),
            intent: crate::data::IntentScore {
                name: Some(intent.to_owned()),
                confidence: 1.0,
                ..crate::data::IntentScore::default()
            },
            entities,
            ..Parse::default()
        };
        let mut metadata = serde_json::Map::new();
        metadata.insert("is_external".to_owned(), true.into());
        let channel = self.tracker.events().iter().rev();
        let channel = channel
            .map(|event| &event.kind)
            .find_map(|kind| match kind {
                EventKind::User { input_channel, .. } => Some(input_channel.clone()),
                _ => None,
            });
        self.start_turn(parse.clone(), now);
        let heard = Box::new(Heard {
            parse,
            metadata,
            input_channel: channel.flatten(),
        });
        self.todo = if self.session_is_over() {
            Todo::Begin(heard)
        } else {
            Todo::Hear(heard)
        };
        self.go_on()
    }

    /// Takes the outcome of the action that was asked for.
    pub fn answer(&mut self, outcome: ActionOutcome, now: f64) -> Step {
        self.now = now;
        self.outcomes.push(outcome);
        self.go_on()
    }

    fn start_turn(&mut self, parse: Parse, now: f64) {
        self.now = now;
        self.turn = Turn {
            parse,
            ..Turn::default()
        };
        self.turn_start = self.tracker.events().len();
        self.outcomes.clear();
    }

    fn begin(
        &mut self,
        parse: Parse,
        metadata: serde_json::Map<String, Json>,
        input_channel: Option<String>,
        now: f64,
    ) {
        self.start_turn(parse.clone(), now);
        let is_over = self.session_is_over();
        if is_over && !metadata.is_empty() {
            self.push(EventKind::Slot {
                name: "session_started_metadata".to_owned(),
                value: Json::Object(metadata.clone()),
            });
        }
        let heard = Box::new(Heard {
            parse,
            metadata,
            input_channel,
        });
        self.todo = if is_over {
            Todo::Begin(heard)
        } else {
            Todo::Hear(heard)
        };
    }

    fn session_is_over(&self) -> bool {
        if self.tracker.applied().next().is_none() {
            return true;
        }
        let minutes = self.model.domain.session.expiration_minutes;
        let last = self
            .tracker
            .applied()
            .rev()
            .find(|event| matches!(event.kind, EventKind::User { .. }));
        minutes > 0.0 && last.is_some_and(|event| self.now - event.timestamp > minutes * 60.0)
    }

    /// Goes on until the bot listens or a custom action is needed.
    fn go_on(&mut self) -> Step {
        while !matches!(self.todo, Todo::Rest) {
            if let Err(request) = self.step() {
                return Step::NeedsAction(request);
            }
        }
        self.outcomes.clear();
        let Self { model, tracker, .. } = self;
        model.dialogue.settle(tracker, &model.domain);
        self.turn.events = self
            .tracker
            .events()
            .get(self.turn_start..)
            .unwrap_or_default()
            .to_vec();
        Step::Done(Box::new(std::mem::take(&mut self.turn)))
    }

    /// Does what comes next; where a custom action is needed first, nothing is changed.
    fn step(&mut self) -> Result<(), ActionRequest> {
        let todo = std::mem::take(&mut self.todo);
        let (done, notes) = match &todo {
            Todo::Begin(_) => self.perform("action_session_start", None),
            Todo::Extract | Todo::ExtractFor(_) => self.perform("action_extract_slots", None),
            Todo::Act(vote) => self.perform(&vote.action, Some(vote)),
            Todo::Hear(_) | Todo::Predict | Todo::Rest => (Ok(Vec::new()), None),
        };
        if let Err(Halt::Needs(request)) = done {
            self.todo = todo;
            return Err(request);
        }
        self.outcomes.clear();
        self.todo = match todo {
            Todo::Begin(heard) => {
                self.conclude("action_session_start", None, done, notes);
                Todo::Hear(heard)
            }
            Todo::Hear(heard) => {
                self.hear(*heard);
                Todo::Extract
            }
            Todo::Extract => {
                self.carry_out(done.unwrap_or_default());
                self.turn.notes.extend(notes);
                Todo::Predict
            }
            Todo::Predict => self.decide(),
            Todo::ExtractFor(vote) => {
                self.carry_out(done.unwrap_or_default());
                self.turn.notes.extend(notes);
                Todo::Act(vote)
            }
            Todo::Act(vote) => {
                let listens = matches!(vote.action.as_str(), LISTEN | "action_session_start");
                let action = vote.action.clone();
                let heard = self.conclude(&action, Some(*vote), done, notes);
                match (heard, listens) {
                    (true, _) => Todo::Extract,
                    (false, true) => Todo::Rest,
                    (false, false) => Todo::Predict,
                }
            }
            Todo::Rest => Todo::Rest,
        };
        Ok(())
    }

    /// Works out what an action does, with what did not go as meant.
    fn perform(&self, action: &str, vote: Option<&Vote>) -> (Done, Option<String>) {
        let events = vote.map(|vote| vote.events.as_slice()).unwrap_or_default();
        let mut scene = Scene {
            begin: self.tracker.events().len() + events.len() + 1,
            model: &self.model,
            tracker: &self.tracker,
            channel: &self.channel,
            asks_for_responses: self.asks_for_responses,
            seed: self.seed,
            outcomes: &self.outcomes,
            asked: 0,
            notes: Vec::new(),
        };
        let mut now = self.tracker.situation().clone();
        for event in events {
            now.apply(event);
        }
        let done = if action == "action_extract_slots" && vote.is_none() {
            scene.extract(&now, events)
        } else {
            scene.run(action, &now, events)
        };
        let notes = (!scene.notes.is_empty()).then(|| scene.notes.join("; "));
        (done, notes)
    }

    fn hear(&mut self, heard: Heard) {
        let channel = heard.input_channel.unwrap_or_else(|| self.channel.clone());
        let mut parse = heard.parse;
        let known = parse.other.get("message_id").and_then(Json::as_str);
        let id = known.map_or_else(|| self.message_id(), str::to_owned);
        parse
            .other
            .insert("message_id".to_owned(), id.as_str().into());
        parse
            .other
            .entry("metadata")
            .or_insert_with(|| Json::Object(heard.metadata.clone()));
        let kind = EventKind::User {
            text: Some(parse.text.clone()),
            parse_data: Arc::new(parse),
            input_channel: Some(channel),
            message_id: Some(id),
        };
        self.tracker.apply(Event {
            kind,
            timestamp: self.now,
            metadata: heard.metadata,
        });
    }

    /// Returns a name for a message that no other has.
    fn message_id(&self) -> String {
        let mut hash = DefaultHasher::new();
        (&self.tracker.sender_id, self.seed, self.now.to_bits()).hash(&mut hash);
        let count = self.tracker.events().len();
        format!("{:016x}{count:016x}", hash.finish())
    }

    /// Asks the policies, unless the bot is silent or has done too much already.
    fn decide(&mut self) -> Todo {
        let latest = self.tracker.latest_message();
        let restart = latest.is_some_and(|message| message.intent_name() == "restart");
        let tripped = self.tracker.actions_since_listen() >= MOST_ACTIONS
            || self.turn.decisions.len() >= MOST_DECISIONS;
        if self.model.dialogue.is_empty() || self.tracker.is_paused() && !restart {
            return Todo::Rest;
        }
        if tripped {
            let done = self.turn.decisions.len();
            self.turn
                .notes
                .push(format!("stopped after {done} actions without listening"));
            return Todo::Rest;
        }
        let vote = self.vote();
        self.tracker.take_followup();
        if vote.winner.by_words {
            Todo::ExtractFor(Box::new(vote))
        } else {
            Todo::Act(Box::new(vote))
        }
    }

    fn vote(&self) -> Vote {
        if let Some(name) = self.tracker.followup()
            && self.model.knows_action(name)
        {
            let winner = Prediction {
                action: Some(name.to_owned()),
                confidence: 1.0,
                reason: Some(Reason::Followup),
                ..Prediction::nothing()
            };
            return Vote {
                policy: "followup_action",
                action: name.to_owned(),
                winner,
                all: Vec::new(),
                events: Vec::new(),
            };
        }
        self.model
            .dialogue
            .predict(&self.tracker, &self.model.domain)
    }

    /// Writes down that an action was chosen, and does what it does; tells whether a message of the user is among it.
    fn conclude(
        &mut self,
        action: &str,
        vote: Option<Vote>,
        done: Done,
        notes: Option<String>,
    ) -> bool {
        let (effects, failure) = match done {
            Ok(effects) => (effects, notes),
            Err(Halt::Rejected | Halt::Needs(_)) => {
                let rejected = EventKind::ActionExecutionRejected {
                    name: action.to_owned(),
                    policy: vote.as_ref().and_then(policy_of),
                    confidence: vote.as_ref().map(|vote| vote.winner.confidence),
                };
                let why = notes.unwrap_or_else(|| "it refused to run".to_owned());
                (vec![Effect::Event(rejected)], Some(why))
            }
            // As in Rasa, the action counts as run, its events are lost.
            Err(Halt::Failed(why)) => (Vec::new(), Some(why)),
        };
        let refused = effects.iter().any(|effect| {
            matches!(
                effect.event(),
                Some(EventKind::ActionExecutionRejected { .. })
            )
        });
        let failure = if refused && failure.is_none() {
            Some("it refused to run".to_owned())
        } else {
            failure
        };
        if !refused {
            let (policy, confidence, hide_rule_turn) = match &vote {
                None => (None, Some(1.0), false),
                Some(vote) => {
                    for event in vote.events.clone() {
                        self.push(event);
                    }
                    let winner = &vote.winner;
                    (
                        policy_of(vote),
                        Some(winner.confidence),
                        winner.hide_rule_turn,
                    )
                }
            };
            let is_text = self.model.says(action);
            self.push(EventKind::Action {
                name: (!is_text).then(|| action.to_owned()),
                policy,
                confidence,
                action_text: is_text.then(|| action.to_owned()),
                hide_rule_turn,
            });
        }
        if vote.is_some() || failure.is_some() {
            self.turn.decisions.push(Decision {
                action: action.to_owned(),
                vote,
                failure,
            });
        }
        let heard = effects
            .iter()
            .any(|effect| matches!(effect.event(), Some(EventKind::User { .. })));
        self.carry_out(effects);
        heard
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Event(event) => self.push(event),
                Effect::Given(event) => self.take(event.kind, event.metadata),
                Effect::Say(message) => self.send(message),
            }
        }
    }

    fn send(&mut self, message: Message) {
        let (kind, metadata) = message.to_event();
        self.tracker.apply(Event {
            kind,
            timestamp: self.now,
            metadata,
        });
        self.turn
            .messages
            .push((self.turn.decisions.len().saturating_sub(1), message));
    }

    fn push(&mut self, kind: EventKind) {
        self.take(kind, serde_json::Map::new());
    }

    /// Adds an event of now.
    fn take(&mut self, kind: EventKind, metadata: serde_json::Map<String, Json>) {
        if let EventKind::Slot { name, value } = &kind {
            self.turn.slots.push((name.clone(), value.clone()));
        }
        reminder::note(&mut self.reminders, &kind, self.tracker.events().len());
        self.tracker.apply(Event {
            kind,
            timestamp: self.now,
            metadata,
        });
    }
}

fn policy_of(vote: &Vote) -> Option<String> {
    (!vote.policy.is_empty()).then(|| vote.policy.to_owned())
}
