//! What an action does: its effects are worked out without touching the conversation.
//!
//! An action may need several custom actions on its way: a form has its answers checked, then a question asked. Its
//! work is then done again from the start with the outcomes so far, until nothing is missing: it depends on nothing
//! else, so it goes the same way up to there.

use super::{
    fallback, form,
    turn::{ActionOutcome, ActionRequest},
};
use crate::{
    data::{DEFAULT_ACTIONS, Event, EventKind, Json, Parse},
    dialogue::{Filling, LISTEN, Message, REQUESTED_SLOT, Situation, Tracker, extract, respond},
    model::Model,
};

/// Something that an action does.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an action has a few effects, and messages are most of them"
)]
pub(super) enum Effect {
    /// Something happens.
    Event(EventKind),
    /// Something happens that comes with data of its own.
    Given(Event),
    /// The bot says something.
    Say(Message),
}

impl Effect {
    /// Returns the event, if it is one.
    pub(super) fn event(&self) -> Option<&EventKind> {
        match self {
            Self::Event(event) => Some(event),
            Self::Given(event) => Some(&event.kind),
            Self::Say(_) => None,
        }
    }
}

/// Why an action does not come to its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Halt {
    /// A custom action must be run first.
    Needs(ActionRequest),
    /// It refuses to run.
    Rejected,
    /// It cannot be run.
    Failed(String),
}

/// What an action does, or why it does not.
pub(super) type Done = Result<Vec<Effect>, Halt>;

/// Where an action runs.
pub(super) struct Scene<'a> {
    pub(super) model: &'a Model,
    pub(super) tracker: &'a Tracker,
    pub(super) channel: &'a str,
    /// Whether the words of responses are asked for outside.
    pub(super) asks_for_responses: bool,
    /// Decides between variations of a response.
    pub(super) seed: u64,
    /// Number of events at which the action's own begin.
    pub(super) begin: usize,
    /// What came of the custom actions asked for so far.
    pub(super) outcomes: &'a [ActionOutcome],
    /// Number of custom actions asked for since the work was begun again.
    pub(super) asked: usize,
    /// What did not go as meant, though the action goes on.
    pub(super) notes: Vec<String>,
}

impl Scene<'_> {
    /// Runs an action in a situation; `extra` are the events that led there from the conversation as it stands.
    pub(super) fn run(&mut self, action: &str, now: &Situation, extra: &[EventKind]) -> Done {
        let domain = &self.model.domain;
        let listed = domain.actions.iter().any(|known| known.value == action);
        if DEFAULT_ACTIONS.contains(&action) && !listed && domain.form(action).is_none() {
            return self.run_default(action, now, extra);
        }
        if self.model.says(action) {
            return Ok(vec![Effect::Say(Message {
                text: Some(action.to_owned()),
                ..Message::default()
            })]);
        }
        if action.starts_with("utter_") {
            if self.asks_for_responses {
                return self.call(action, extra);
            }
            return Ok(self.utter(action, now));
        }
        match domain.form(action) {
            Some(form) if !listed => form::run(self, form, now),
            _ => self.call(action, extra),
        }
    }

    fn run_default(&mut self, action: &str, now: &Situation, extra: &[EventKind]) -> Done {
        let mut effects = Vec::new();
        match action {
            "action_restart" => {
                effects = self.utter_default("utter_restart", now, extra)?;
                effects.push(Effect::Event(EventKind::Restart));
            }
            "action_session_start" => effects = self.start_session(),
            "action_default_fallback" => {
                effects = self.utter_default("utter_default", now, extra)?;
                effects.push(Effect::Event(EventKind::Rewind));
            }
            "action_back" => {
                effects = self.utter_default("utter_back", now, extra)?;
                effects.push(Effect::Event(EventKind::Rewind));
                effects.push(Effect::Event(EventKind::Rewind));
            }
            "action_deactivate_loop" => {
                effects.push(Effect::Event(EventKind::ActiveLoop { name: None }));
                effects.push(request(None));
            }
            "action_default_ask_affirmation" => effects.extend(ask_affirmation(now)),
            "action_default_ask_rephrase" => {
                effects = self.utter_default("utter_ask_rephrase", now, extra)?;
            }
            "action_two_stage_fallback" => effects = fallback::run(self, now, extra)?,
            "action_revert_fallback_events" => effects = fallback::revert(self.tracker),
            "action_extract_slots" => effects = self.extract(now, extra)?,
            _ => {}
        }
        Ok(effects)
    }

    /// Slots start anew, or are carried over.
    fn start_session(&self) -> Vec<Effect> {
        let mut effects = vec![Effect::Event(EventKind::SessionStarted)];
        if self.model.domain.session.carry_over_slots {
            let slots = self
                .tracker
                .applied()
                .filter(|event| matches!(event.kind, EventKind::Slot { .. }));
            effects.extend(slots.map(|event| Effect::Event(event.kind.clone())));
        }
        effects.push(Effect::Event(listen()));
        effects
    }

    /// Fills slots from the latest message.
    pub(super) fn extract(&mut self, now: &Situation, extra: &[EventKind]) -> Done {
        let domain = &self.model.domain;
        let listed = |name: &str| domain.actions.iter().any(|action| action.value == name);
        if listed("action_extract_slots") {
            return self.try_call("action_extract_slots", extra);
        }
        let mut effects = Vec::new();
        for filling in extract(now, domain) {
            match filling {
                Filling::Value(name, value) => {
                    effects.push(Effect::Event(EventKind::Slot { name, value }));
                }
                Filling::Custom(action) => effects.extend(self.try_call(&action, extra)?),
            }
        }
        if listed("action_validate_slot_mappings") {
            let slots: Vec<EventKind> = effects
                .iter()
                .filter_map(Effect::event)
                .filter(|event| matches!(event, EventKind::Slot { .. }))
                .cloned()
                .collect();
            let extra: Vec<EventKind> = extra.iter().cloned().chain(slots).collect();
            let valid = self.try_call("action_validate_slot_mappings", &extra)?;
            effects = with_unnamed(valid, effects);
        }
        Ok(effects)
    }

    /// Runs a custom action of which only slots and messages count; where it fails there are none.
    fn try_call(&mut self, action: &str, extra: &[EventKind]) -> Done {
        match self.call(action, extra) {
            Ok(mut effects) => {
                effects.retain(|effect| {
                    matches!(
                        effect,
                        Effect::Say(_) | Effect::Event(EventKind::Slot { .. })
                    )
                });
                Ok(effects)
            }
            Err(Halt::Needs(request)) => Err(Halt::Needs(request)),
            Err(Halt::Rejected) => {
                self.notes.push(format!("`{action}` refused to run"));
                Ok(Vec::new())
            }
            Err(Halt::Failed(why)) => {
                self.notes.push(why);
                Ok(Vec::new())
            }
        }
    }

    /// Runs a custom action: takes its outcome, or asks for it.
    pub(super) fn call(&mut self, action: &str, extra: &[EventKind]) -> Done {
        let outcome = self.outcomes.get(self.asked);
        self.asked += 1;
        match outcome {
            None => Err(Halt::Needs(ActionRequest {
                action: action.to_owned(),
                events: extra.to_vec(),
            })),
            Some(ActionOutcome::Rejected) => Err(Halt::Rejected),
            Some(ActionOutcome::Failed(why)) => Err(Halt::Failed(why.clone())),
            Some(ActionOutcome::Done { events, messages }) => {
                let said = messages.iter().cloned().map(Effect::Say);
                let events = events.iter().map(|event| match &event.kind {
                    EventKind::Bot { text, data } => {
                        let said = Message::from_event(text.clone(), data);
                        Effect::Say(Message {
                            metadata: event.metadata.clone(),
                            ..said
                        })
                    }
                    kind if event.metadata.is_empty() => Effect::Event(kind.clone()),
                    _ => Effect::Given(event.clone()),
                });
                Ok(said.chain(events).collect())
            }
        }
    }

    /// Says what a default action says. Where others word responses they are asked for it, even for one that the domain
    /// does not have; if they fail, the domain's own words do.
    fn utter_default(&mut self, name: &str, now: &Situation, extra: &[EventKind]) -> Done {
        if self.asks_for_responses {
            match self.call(name, extra) {
                Err(Halt::Failed(why)) => self.notes.push(why),
                Err(Halt::Rejected) => {}
                said => return said,
            }
        }
        Ok(if self.model.domain.response(name).is_some() {
            self.utter(name, now)
        } else {
            Vec::new()
        })
    }

    fn utter(&mut self, action: &str, now: &Situation) -> Vec<Effect> {
        let domain = &self.model.domain;
        let Some(name) = self.response_name(action, now) else {
            self.notes
                .push(format!("no response selector has an answer for `{action}`"));
            return Vec::new();
        };
        let choice = mix(self.seed, self.begin as u64);
        let said = respond(domain, &name, now, self.channel, choice);
        if said.is_none() {
            self.notes.push(if domain.response(&name).is_some() {
                format!("no variation of `{name}` fits this channel and these slots")
            } else {
                format!("the domain has no response `{name}`")
            });
        }
        said.map(Effect::Say).into_iter().collect()
    }

    /// Returns the response of an action: for a retrieval intent the one that the selector chose.
    fn response_name(&self, action: &str, now: &Situation) -> Option<String> {
        let domain = &self.model.domain;
        let parent = format!("{action}/");
        let is_retrieval = domain.response(action).is_none()
            && domain
                .responses
                .iter()
                .any(|response| response.name.starts_with(&parent));
        if !is_retrieval {
            return Some(action.to_owned());
        }
        let name = now.latest_message()?.selected(action)?;
        Some(name.to_owned())
    }
}

/// Puts before a list of effects those slots and messages that take their place.
pub(super) fn with_unnamed(valid: Vec<Effect>, found: Vec<Effect>) -> Vec<Effect> {
    let named: Vec<String> = valid
        .iter()
        .filter_map(|effect| match effect {
            Effect::Event(EventKind::Slot { name, .. }) => Some(name.clone()),
            _ => None,
        })
        .collect();
    let rest = found.into_iter().filter(|effect| {
        matches!(effect.event(), Some(EventKind::Slot { name, .. }) if !named.contains(name))
    });
    valid.into_iter().chain(rest).collect()
}

/// Returns the event of asking for a slot, or for none any more.
pub(super) fn request(slot: Option<&str>) -> Effect {
    Effect::Event(EventKind::Slot {
        name: REQUESTED_SLOT.to_owned(),
        value: slot.map_or(Json::Null, Into::into),
    })
}

/// Returns the event of listening without a policy's saying so.
pub(super) fn listen() -> EventKind {
    EventKind::Action {
        name: Some(LISTEN.to_owned()),
        policy: None,
        confidence: None,
        action_text: None,
        hide_rule_turn: false,
    }
}

fn ask_affirmation(now: &Situation) -> Option<Effect> {
    let message: &Parse = now.latest_message()?;
    let second = message
        .intent_ranking
        .get(1)
        .and_then(|score| score.name.as_deref());
    let intent = match (message.intent_name(), second) {
        ("nlu_fallback", Some(second)) => second,
        (first, _) => first,
    };
    let button =
        |title: &str, payload: String| serde_json::json!({"title": title, "payload": payload});
    Some(Effect::Say(Message {
        text: Some(format!("Did you mean '{intent}'?")),
        buttons: vec![
            button("Yes", format!("/{intent}")),
            button("No", "/out_of_scope".into()),
        ],
        utter_action: Some("action_default_ask_affirmation".into()),
        ..Message::default()
    }))
}

/// Mixes seed and position into a number that looks random (splitmix64, Steele et al. 2014).
pub(super) fn mix(seed: u64, position: u64) -> u64 {
    let mut z = seed.wrapping_add((position + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
