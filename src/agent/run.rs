//! Running a conversation turn by turn (dialogue.md §1).

use std::sync::Arc;

use super::turn::{ActionOutcome, ActionRequest, Decision, Step, Turn};
use crate::{
    data::{Event, EventKind, Json, Parse},
    dialogue::{LISTEN, Message, Prediction, Reason, Slots, Tracker, Vote, extract, respond},
    model::Model,
};

/// Most actions in one turn; then the bot listens, whatever policies say.
const MOST_ACTIONS: usize = 10;
/// Most actions in one turn even where custom actions return events that make the count start anew.
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
    /// The custom action that is waited for, with the vote that chose it.
    pending: Option<(String, Vote)>,
}

impl Conversation {
    /// Starts an empty conversation. `channel` is the output channel's name, which responses may ask for.
    pub fn new(model: Arc<Model>, sender_id: &str, channel: &str, seed: u64) -> Self {
        let tracker = Tracker::new(sender_id, &model.domain);
        Self {
            model,
            tracker,
            channel: channel.to_owned(),
            seed,
            asks_for_responses: false,
            turn: Turn::default(),
            turn_start: 0,
            now: 0.0,
            pending: None,
        }
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

    /// Returns what a response of the domain says now, `arguments` filled in beside slots; changes nothing.
    pub fn respond(&self, name: &str, arguments: &Slots) -> Option<Message> {
        let mut values = self.tracker.slots().clone();
        values.extend(arguments.clone());
        let choice = mix(self.seed, self.tracker.events().len() as u64);
        respond(&self.model.domain, name, &values, &self.channel, choice)
    }

    /// Goes back to the first `events` events.
    pub fn rewind_to(&mut self, events: usize) {
        self.pending = None;
        self.tracker.truncate(events);
    }

    /// Understands a text as it would be understood if sent now; changes nothing.
    pub fn parse(&self, text: &str) -> Parse {
        self.model.parse(text)
    }

    /// Returns what the policies would say if the message were sent now; changes nothing and runs nothing.
    pub fn preview(&self, parse: &Parse) -> Vote {
        let mut copy = self.clone();
        if copy.tracker.applied().is_empty() {
            copy.begin_session();
        }
        copy.hear(parse.clone());
        copy.vote()
    }

    /// Takes a message of the user. `now` is in seconds since 1970.
    pub fn say(&mut self, text: &str, now: f64) -> Step {
        let parse = self.model.parse(text);
        self.say_parsed(parse, now)
    }

    /// Takes a message that is already understood.
    pub fn say_parsed(&mut self, parse: Parse, now: f64) -> Step {
        self.now = now;
        self.turn = Turn {
            parse: parse.clone(),
            ..Turn::default()
        };
        self.turn_start = self.tracker.events().len();
        self.pending = None;
        if self.session_is_over() {
            self.begin_session();
        }
        self.hear(parse);
        self.go_on()
    }

    /// Takes the outcome of the action that was asked for.
    pub fn answer(&mut self, outcome: ActionOutcome, now: f64) -> Step {
        self.now = now;
        let Some((action, vote)) = self.pending.take() else {
            return self.go_on();
        };
        match outcome {
            ActionOutcome::Rejected => {
                self.push(EventKind::ActionExecutionRejected {
                    name: action.clone(),
                    policy: Some(vote.policy.to_owned()),
                    confidence: Some(vote.winner.confidence),
                });
                self.refused(action, vote);
            }
            ActionOutcome::Done { events, messages } => {
                let any =
                    |wanted: fn(&EventKind) -> bool| events.iter().any(|event| wanted(&event.kind));
                let heard = any(|kind| matches!(kind, EventKind::User { .. }));
                if any(|kind| matches!(kind, EventKind::ActionExecutionRejected { .. })) {
                    self.refused(action, vote);
                } else {
                    self.log(action, vote, None);
                }
                for message in messages {
                    self.send(message);
                }
                for event in events {
                    self.take(event.kind, event.metadata);
                }
                if heard {
                    self.fill_slots();
                }
            }
            // As in Rasa, the action counts as run, its events are lost.
            ActionOutcome::Failed(why) => self.log(action, vote, Some(why)),
        }
        self.go_on()
    }

    /// Notes that an action was chosen and refused to run: it is not written down as run.
    fn refused(&mut self, action: String, vote: Vote) {
        self.turn.decisions.push(Decision {
            action,
            vote: Some(vote),
            failure: Some("it refused to run".to_owned()),
        });
    }

    fn session_is_over(&self) -> bool {
        let applied = self.tracker.applied();
        if applied.is_empty() {
            return true;
        }
        let minutes = self.model.domain.session.expiration_minutes;
        let last = applied
            .iter()
            .rev()
            .find(|event| matches!(event.kind, EventKind::User { .. }));
        minutes > 0.0 && last.is_some_and(|event| self.now - event.timestamp > minutes * 60.0)
    }

    /// Runs `action_session_start`: slots start anew, or are carried over.
    fn begin_session(&mut self) {
        let carried: Vec<EventKind> = if self.model.domain.session.carry_over_slots {
            let slots = self
                .tracker
                .applied()
                .into_iter()
                .filter(|event| matches!(event.kind, EventKind::Slot { .. }));
            slots.map(|event| event.kind.clone()).collect()
        } else {
            Vec::new()
        };
        self.push(action_event("action_session_start", None, Some(1.0), false));
        self.push(EventKind::SessionStarted);
        for event in carried {
            self.push(event);
        }
        self.push(action_event(LISTEN, None, None, false));
    }

    fn hear(&mut self, parse: Parse) {
        let text = Some(parse.text.clone());
        let channel = Some(self.channel.clone());
        self.push(EventKind::User {
            text,
            parse_data: parse,
            input_channel: channel,
            message_id: None,
        });
        self.fill_slots();
    }

    fn fill_slots(&mut self) {
        for event in extract(&self.tracker, &self.model.domain) {
            self.push(event);
        }
    }

    /// Predicts and runs actions until the bot listens or a custom action is needed.
    fn go_on(&mut self) -> Step {
        loop {
            let restart = self.turn.parse.intent_name() == "restart";
            let tripped = self.tracker.actions_since_listen() >= MOST_ACTIONS
                || self.turn.decisions.len() >= MOST_DECISIONS;
            if self.model.dialogue.is_empty() || tripped || self.tracker.is_paused() && !restart {
                break;
            }
            let vote = self.vote();
            let action = vote.action.clone();
            let outside = self.asks_for_responses && action.starts_with("utter_");
            if let Some(why) = self.model.unrunnable(&action).filter(|_| !outside) {
                self.log(action, vote, Some(why));
                continue;
            }
            if !self.run(&action, &vote) {
                self.pending = Some((action.clone(), vote));
                return Step::NeedsAction(ActionRequest { action });
            }
            if matches!(action.as_str(), LISTEN | "action_session_start") {
                break;
            }
        }
        self.turn.events = self
            .tracker
            .events()
            .get(self.turn_start..)
            .unwrap_or_default()
            .to_vec();
        Step::Done(Box::new(std::mem::take(&mut self.turn)))
    }

    fn vote(&self) -> Vote {
        if let Some(name) = self.tracker.followup()
            && self.model.knows_action(name)
        {
            let winner = Prediction {
                action: Some(name.to_owned()),
                confidence: 1.0,
                reason: Some(Reason::Followup),
                hide_rule_turn: false,
            };
            return Vote {
                policy: "followup_action",
                action: name.to_owned(),
                winner,
                all: Vec::new(),
            };
        }
        self.model
            .dialogue
            .predict(&self.tracker, &self.model.domain)
    }

    /// Runs an action of the bot itself; returns false for custom ones.
    fn run(&mut self, action: &str, vote: &Vote) -> bool {
        let overridden = self
            .model
            .domain
            .actions
            .iter()
            .any(|known| known.value == action);
        if action.starts_with("utter_") {
            if self.asks_for_responses {
                return false;
            }
            self.log(action.to_owned(), vote.clone(), None);
            self.utter(action);
            return true;
        }
        if overridden || !crate::data::DEFAULT_ACTIONS.contains(&action) {
            return false;
        }
        self.log(action.to_owned(), vote.clone(), None);
        match action {
            "action_restart" => {
                self.utter_if_there("utter_restart");
                self.push(EventKind::Restart);
            }
            "action_session_start" => {
                // Logged above; the rest is the same as at the start of any session.
                self.push(EventKind::SessionStarted);
                self.push(action_event(LISTEN, None, None, false));
            }
            "action_default_fallback" => {
                self.utter_if_there("utter_default");
                self.push(EventKind::Rewind);
            }
            "action_back" => {
                self.utter_if_there("utter_back");
                self.push(EventKind::Rewind);
                self.push(EventKind::Rewind);
            }
            "action_deactivate_loop" => {
                self.push(EventKind::ActiveLoop { name: None });
                self.push(EventKind::Slot {
                    name: "requested_slot".into(),
                    value: Json::Null,
                });
            }
            "action_default_ask_affirmation" => self.ask_affirmation(),
            "action_default_ask_rephrase" => self.utter_if_there("utter_ask_rephrase"),
            _ => {}
        }
        true
    }

    fn ask_affirmation(&mut self) {
        let ranking = &self.turn.parse.intent_ranking;
        let best = ranking
            .iter()
            .filter_map(|score| score.name.as_deref())
            .find(|name| *name != "nlu_fallback");
        let Some(intent) = best.map(str::to_owned) else {
            return;
        };
        let button =
            |title: &str, payload: String| serde_json::json!({"title": title, "payload": payload});
        self.send(Message {
            text: Some(format!("Did you mean '{intent}'?")),
            buttons: vec![
                button("Yes", format!("/{intent}")),
                button("No", "/out_of_scope".into()),
            ],
            utter_action: Some("action_default_ask_affirmation".into()),
            ..Message::default()
        });
    }

    fn utter_if_there(&mut self, name: &str) {
        if self.model.domain.response(name).is_some() {
            self.utter(name);
        }
    }

    fn utter(&mut self, name: &str) {
        match self.respond(name, &Slots::new()) {
            Some(message) => self.send(message),
            None => {
                if let Some(last) = self.turn.decisions.last_mut() {
                    last.failure = Some(format!(
                        "no variation of `{name}` fits this channel and these slots"
                    ));
                }
            }
        }
    }

    fn send(&mut self, message: Message) {
        let list = |items: &[Json]| match items {
            [] => Json::Null,
            items => items.into(),
        };
        // As in Rasa, a picture counts as the attachment where there is no other.
        let image = Json::from(message.image.clone());
        let attachment = message.attachment.clone();
        let mut data = serde_json::Map::new();
        data.insert("elements".into(), list(&message.elements));
        data.insert("quick_replies".into(), list(&message.quick_replies));
        data.insert("buttons".into(), list(&message.buttons));
        data.insert(
            "attachment".into(),
            attachment.unwrap_or_else(|| image.clone()),
        );
        data.insert("image".into(), image);
        data.insert(
            "custom".into(),
            message.custom.clone().unwrap_or(Json::Null),
        );
        let mut metadata = message.metadata.clone();
        if let Some(name) = &message.utter_action {
            metadata.insert("utter_action".into(), name.clone().into());
        }
        let kind = EventKind::Bot {
            text: message.text.clone(),
            data,
        };
        self.tracker.apply(Event {
            kind,
            timestamp: self.now,
            metadata,
        });
        self.turn
            .messages
            .push((self.turn.decisions.len().saturating_sub(1), message));
    }

    /// Writes down that an action was chosen and run.
    fn log(&mut self, action: String, vote: Vote, failure: Option<String>) {
        if self.tracker.latest_action() == Some(LISTEN) {
            self.push(EventKind::UserFeaturization {
                use_text_for_featurization: false,
            });
        }
        let policy = (!vote.policy.is_empty()).then(|| vote.policy.to_owned());
        let confidence = Some(vote.winner.confidence);
        self.push(action_event_of(
            &action,
            policy,
            confidence,
            vote.winner.hide_rule_turn,
        ));
        self.turn.decisions.push(Decision {
            action,
            vote: Some(vote),
            failure,
        });
    }

    fn push(&mut self, kind: EventKind) {
        self.take(kind, serde_json::Map::new());
    }

    /// Adds an event of now.
    fn take(&mut self, kind: EventKind, metadata: serde_json::Map<String, Json>) {
        if let EventKind::Slot { name, value } = &kind {
            self.turn.slots.push((name.clone(), value.clone()));
        }
        self.tracker.apply(Event {
            kind,
            timestamp: self.now,
            metadata,
        });
    }
}

fn action_event(
    name: &str,
    policy: Option<&str>,
    confidence: Option<f64>,
    hide: bool,
) -> EventKind {
    action_event_of(name, policy.map(str::to_owned), confidence, hide)
}

fn action_event_of(
    name: &str,
    policy: Option<String>,
    confidence: Option<f64>,
    hide_rule_turn: bool,
) -> EventKind {
    EventKind::Action {
        name: Some(name.to_owned()),
        policy,
        confidence,
        action_text: None,
        hide_rule_turn,
    }
}

/// Mixes seed and position into a number that looks random (splitmix64, Steele et al. 2014).
fn mix(seed: u64, position: u64) -> u64 {
    let mut z = seed.wrapping_add((position + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
