//! One test story held step by step.

use std::sync::Arc;

use super::{
    Failure, Held, Meant, Met, Mistake, Setting,
    understood::{answer, right_entities, right_intent, taken_for},
    why::why,
    written::{marked, plain, value, word},
};
use crate::{
    data::{
        Annotation, Entity, Event, EventKind, Example, IntentScore, Json, MappingCondition,
        MappingKind, Parse, SlotValue, Step, StepKind, Story, UserStep,
    },
    diagnostic::{Origin, did_you_mean},
    dialogue::{Filling, LISTEN, REQUESTED_SLOT, Reason, SlotTable, Tracker, Vote, extract},
    eval::{
        message::{FALLBACK, Heard, OUT_OF_SCOPE},
        nearest::strongest,
    },
    model::Model,
};

/// Predicted where no story has the intent; the tests of Rasa only warn of it.
const UNLIKELY: &str = "action_unlikely_intent";

/// One conversation at work.
pub(super) struct Run<'m> {
    setting: &'m Setting<'m>,
    model: &'m Model,
    tracker: Tracker,
    turn: usize,
    /// The first mistake: after which turn, where, what.
    first: Option<(usize, Origin, Mistake)>,
    /// The steps as `failed_test_stories.yml` shows them.
    lines: Vec<String>,
    held: Held,
}

impl<'m> Run<'m> {
    pub(super) fn new(setting: &'m Setting<'m>, slots: &Arc<SlotTable>) -> Self {
        Self {
            setting,
            model: setting.model,
            tracker: Tracker::with_slots(String::new(), Arc::clone(slots)),
            turn: 0,
            first: None,
            lines: Vec::new(),
            held: Held::default(),
        }
    }

    /// Goes through the steps and returns what happened.
    pub(super) fn hold(mut self, story: &Story, steps: &[&Step]) -> Held {
        self.follow(story, steps);
        let sources = self.setting.sources;
        let place = sources.place(story.origin);
        let shown = format!("{} ({})", story.name, place.file);
        Held {
            name: story.name.clone(),
            origin: story.origin,
            turns: self.turn,
            failure: self.first.map(|(turn, origin, mistake)| Failure {
                held: 0,
                story: story.name.clone(),
                turn,
                origin,
                place: sources.place(origin),
                mistake,
            }),
            text: format!(
                "- story: {}\n  steps:\n{}",
                word(&shown),
                self.lines.concat()
            ),
            place,
            ..self.held
        }
    }

    fn follow(&mut self, story: &Story, steps: &[&Step]) {
        self.acts(LISTEN, false, None);
        let mut last = story.origin;
        let mut heard = false;
        for (number, step) in steps.iter().enumerate() {
            match &step.kind {
                StepKind::User(user) => {
                    self.listens(last);
                    self.turn += 1;
                    let next = steps.get(number + 1).map(|step| &step.kind);
                    let set_next: Vec<&str> = match next {
                        Some(StepKind::SlotWasSet(slots)) => {
                            slots.iter().map(|slot| slot.name.as_str()).collect()
                        }
                        _ => Vec::new(),
                    };
                    self.hear(user, step.origin, &set_next);
                }
                StepKind::Action(name) if name == LISTEN => self.listens(step.origin),
                StepKind::Action(action) | StepKind::Bot(action) => {
                    self.expect(action, matches!(step.kind, StepKind::Bot(_)), step.origin);
                }
                StepKind::SlotWasSet(slots) => {
                    self.lines.push("  - slot_was_set:\n".to_owned());
                    for slot in slots {
                        self.slot(slot, heard);
                        self.met_slot(slot);
                    }
                }
                StepKind::ActiveLoop(name) => {
                    let shown = name.as_deref().map_or("null".to_owned(), word);
                    self.lines.push(format!("  - active_loop: {shown}\n"));
                    self.happens(EventKind::ActiveLoop { name: name.clone() });
                }
                StepKind::Or(_) | StepKind::Checkpoint { .. } => {}
            }
            heard = matches!(step.kind, StepKind::User(_));
            last = step.origin;
        }
        self.listens(last);
    }

    /// Notes that a form asks for a slot, or that one is filled while it runs.
    fn met_slot(&mut self, slot: &SlotValue) {
        let Some(form) = self.tracker.active_loop().map(str::to_owned) else {
            return;
        };
        let name = if slot.name == REQUESTED_SLOT {
            slot.value.as_ref().and_then(Json::as_str)
        } else {
            Some(slot.name.as_str())
        };
        if let Some(name) = name {
            let met = Met::FormSlot(form, name.to_owned());
            self.held.path.push(met);
        }
    }

    /// Notes who decided.
    fn met_reason(&mut self, vote: &Vote) {
        let followed = match &vote.winner.reason {
            Some(Reason::Rule { name, .. }) => (true, name.clone()),
            Some(Reason::Story { name, .. }) => (false, name.clone()),
            _ => return,
        };
        self.held.followed.insert(followed);
    }

    fn wrong(&mut self, origin: Origin, mistake: Mistake) {
        if self.first.is_none() {
            self.first = Some((self.turn, origin, mistake));
        }
    }

    fn happens(&mut self, kind: EventKind) {
        self.tracker.apply(Event {
            kind,
            timestamp: self.turn as f64,
            metadata: serde_json::Map::new(),
        });
    }

    /// An action runs, by the decision of a policy or by the story's alone.
    fn acts(&mut self, action: &str, is_text: bool, vote: Option<&Vote>) {
        if let Some(vote) = vote {
            for event in vote.events.clone() {
                self.happens(event);
            }
        }
        self.happens(EventKind::Action {
            name: (!is_text).then(|| action.to_owned()),
            policy: vote.map(|vote| vote.policy.to_owned()),
            confidence: vote.map(|vote| vote.winner.confidence),
            action_text: is_text.then(|| action.to_owned()),
            hide_rule_turn: vote.is_some_and(|vote| vote.winner.hide_rule_turn),
        });
    }

    /// Returns what the policies say where the story goes on with this action.
    ///
    /// An unlikely intent that the story does not have is noted and passed over.
    fn vote(&mut self, expected: &str) -> Vote {
        let vote = self.say(expected);
        if vote.action != UNLIKELY || expected == UNLIKELY {
            return vote;
        }
        self.held.is_unlikely = true;
        self.lines.push(format!("  # predicted: {UNLIKELY}\n"));
        self.acts(UNLIKELY, false, Some(&vote));
        self.say(expected)
    }

    fn say(&mut self, expected: &str) -> Vote {
        let domain = &self.model.domain;
        let vote = self.model.dialogue.predict(&self.tracker, domain);
        match self.tracker.active_loop() {
            Some(active) if active == vote.action && active != expected => {
                let rejected = EventKind::ActionExecutionRejected {
                    name: active.to_owned(),
                    policy: None,
                    confidence: None,
                };
                self.happens(rejected);
                self.model.dialogue.predict(&self.tracker, domain)
            }
            _ => vote,
        }
    }

    /// The story goes on with an action, or with a text that the bot says.
    fn expect(&mut self, expected: &str, is_text: bool, origin: Origin) {
        let mut vote = self.vote(expected);
        let action = vote.action.clone();
        // A story may name the very answer of a retrieval intent: then the selector's choice is what counts; and it is
        // what is told wherever another action was expected.
        if expected != action {
            let message = self.tracker.latest_message();
            let chosen = message.and_then(|message| {
                let intent = action.strip_prefix("utter_").unwrap_or_default();
                message
                    .is_retrieval(intent)
                    .then(|| message.selected(&action))?
            });
            if let Some(chosen) = chosen {
                chosen.clone_into(&mut vote.action);
            }
        }
        let right = vote.action == expected;
        self.met_reason(&vote);
        self.held.path.push(Met::Action(expected.to_owned()));
        let pair = (expected.to_owned(), vote.action.clone());
        self.held.actions.push(pair);
        let note = if right {
            String::new()
        } else {
            format!("  # predicted: {}", vote.action)
        };
        let does = if right { action.as_str() } else { expected };
        let key = if is_text { "bot" } else { "action" };
        self.lines
            .push(format!("  - {key}: {}{note}\n", word(expected)));
        self.acts(does, is_text, right.then_some(&vote));
        if !right {
            let listened = vote.action == LISTEN;
            let why = (!listened).then(|| why(vote.policy, &vote.winner));
            self.wrong(
                origin,
                Mistake::Action {
                    expected: expected.to_owned(),
                    found: (!listened).then_some(vote.action),
                    why,
                },
            );
        }
    }

    /// The bot must listen now, if it has not done so.
    fn listens(&mut self, origin: Origin) {
        if self.tracker.latest_action() == Some(LISTEN) && !self.spoken() {
            return;
        }
        let vote = self.vote(LISTEN);
        let right = vote.action == LISTEN;
        let pair = (LISTEN.to_owned(), vote.action.clone());
        self.held.actions.push(pair);
        self.acts(LISTEN, false, right.then_some(&vote));
        if !right {
            self.lines.push(format!(
                "  - action: {LISTEN}  # predicted: {}\n",
                vote.action
            ));
            let why = Some(why(vote.policy, &vote.winner));
            let found = vote.action;
            self.wrong(origin, Mistake::Surplus { found, why });
        }
    }

    /// Tells whether the user has spoken since the bot last did something.
    fn spoken(&self) -> bool {
        let last = self.tracker.events().iter().rev().find(|event| {
            matches!(
                event.kind,
                EventKind::User { .. } | EventKind::Action { .. }
            )
        });
        last.is_some_and(|event| matches!(event.kind, EventKind::User { .. }))
    }

    /// Compares how the message is understood; the story's own understanding is what counts from here on.
    /// `set_next` are the slots that the story's next step sets.
    fn hear(&mut self, user: &UserStep, origin: Origin, set_next: &[&str]) {
        let entities: Vec<Entity> = user.entities.iter().map(Entity::from).collect();
        let intent = user.intent.as_deref().unwrap_or_default();
        let mut parse = Parse {
            text: user.text.clone().unwrap_or_else(|| format!("/{intent}")),
            intent: IntentScore {
                name: intent.split('/').next().map(str::to_owned),
                confidence: 1.0,
                ..IntentScore::default()
            },
            entities,
            ..Parse::default()
        };
        if !intent.is_empty() {
            self.held.path.push(Met::Intent(intent.to_owned()));
        }
        let (mut note, mut entity_note) = (String::new(), String::new());
        let mut taken = intent.to_owned();
        if let Some(text) = &user.text {
            let found = self.model.parse(text);
            taken = taken_for(intent, &found);
            if !text.starts_with('/') && !intent.is_empty() {
                let heard = self.heard(user, text, &found, origin);
                self.held.messages.push(heard);
            }
            if let Err(mut mistake) = right_intent(user, &found) {
                if self.first.is_none() {
                    self.explain(&mut mistake.1);
                }
                note = format!("  # predicted: {}: {}", found.intent_name(), marked(&found));
                self.wrong(mistake.0, mistake.1);
            }
            if let Err(mistake) = right_entities(user, text, &found, origin) {
                let list: Vec<String> = found
                    .entities
                    .iter()
                    .map(|found| format!("{}: {}", found.entity, plain(&found.value)))
                    .collect();
                let list = if list.is_empty() {
                    "none".to_owned()
                } else {
                    list.join(", ")
                };
                entity_note = format!("  # predicted: {list}");
                self.wrong(mistake.0, mistake.1);
            }
            if user.intent.is_none() {
                parse = found;
            } else {
                if text.starts_with('/') && user.entities.is_empty() {
                    parse.entities = found.entities;
                }
                parse.response_selector = found.response_selector;
            }
        }
        if !intent.is_empty() {
            self.held.intents.push((intent.to_owned(), taken));
        }
        let intent = word(user.intent.as_deref().unwrap_or(parse.intent_name()));
        self.lines.push(format!("  - intent: {intent}{note}\n"));
        if !user.entities.is_empty() {
            self.lines.push("    entities:\n".to_owned());
            for entity in &user.entities {
                let (name, value) = (word(&entity.entity), value(&entity.value));
                self.lines
                    .push(format!("    - {name}: {value}{entity_note}\n"));
            }
        }
        self.happens(EventKind::User {
            text: user.text.clone(),
            parse_data: Arc::new(parse),
            input_channel: None,
            message_id: None,
        });
        for filling in extract(self.tracker.situation(), &self.model.domain) {
            if let Filling::Value(name, value) = filling {
                if let Some(form) = self.tracker.active_loop().map(str::to_owned) {
                    self.held.path.push(Met::FormSlot(form, name.clone()));
                }
                if self.fills_by_itself(&name) && !set_next.contains(&name.as_str()) {
                    self.lines.push(slot_line(&name, &value));
                }
                self.happens(EventKind::Slot { name, value });
            }
        }
    }

    /// Tells whether entities fill a slot whatever form runs: Rasa writes such a value into the stories of its results.
    fn fills_by_itself(&self, slot: &str) -> bool {
        let slot = self.model.domain.slots.iter().find(|one| one.name == slot);
        slot.is_some_and(|slot| {
            slot.mappings.iter().any(|mapping| {
                let in_form = |condition: &MappingCondition| condition.active_loop.is_some();
                matches!(mapping.kind, MappingKind::FromEntity { .. })
                    && !mapping.conditions.first().is_some_and(in_form)
            })
        })
    }

    /// Returns the message as those of `nlu:` are told.
    fn heard(&self, user: &UserStep, text: &str, found: &Parse, origin: Origin) -> Heard {
        let intent = user.intent.as_deref().unwrap_or_default();
        let marks = user.entities.iter().filter_map(|entity| {
            Some(Annotation {
                span: entity.span?,
                entity: entity.entity.clone(),
                role: entity.role.clone(),
                group: entity.group.clone(),
                value: Some(plain(&entity.value)),
                origin: entity.origin,
            })
        });
        let base = intent.split('/').next().unwrap_or(intent);
        let example = Example {
            text: text.to_owned(),
            intent: base.to_owned(),
            response_key: (base != intent).then(|| intent.to_owned()),
            entities: marks.collect(),
            origin,
            ..Example::default()
        };
        let knows_outside = self.model.nlu.knows(OUT_OF_SCOPE);
        let heard = Heard::of(&example, found, knows_outside, self.setting.sources);
        // In a conversation a fallback is what counts, and the very answer of a retrieval intent where one is named.
        Heard {
            expected: intent.to_owned(),
            predicted: answer(intent, found)
                .map_or_else(|| found.intent_name().to_owned(), |(key, _)| key),
            confidence: found.intent.confidence,
            ..heard
        }
    }

    /// Adds to a misunderstanding which words decided, what was learnt that is like it, and whether the intent was
    /// learnt.
    fn explain(&self, mistake: &mut Mistake) {
        if let Mistake::Intent {
            text,
            expected,
            words,
            nearest,
            unknown,
            ..
        } = mistake
        {
            let base = expected.split('/').next().unwrap_or(expected);
            let learnt = self.model.nlu.intents();
            if !learnt.contains(&base) && base != FALLBACK {
                let meant = did_you_mean(base, learnt);
                *unknown = Some(Meant(meant.map(str::to_owned)));
            }
            *words = self
                .model
                .explain(text)
                .map(|explanation| strongest(&explanation))
                .unwrap_or_default();
            *nearest = (self.setting.nearest)(text, None);
        }
    }

    /// A slot has a value: right after a message it must, later some action gave it.
    fn slot(&mut self, slot: &SlotValue, heard: bool) {
        let SlotValue {
            name,
            value: expected,
            origin,
        } = slot;
        let found = self.tracker.situation().slot(name).clone();
        let right = expected
            .as_ref()
            .map_or(!found.is_null(), |expected| *expected == found);
        let shown = expected.as_ref().map_or(word(name), |expected| {
            format!("{}: {}", word(name), value(expected))
        });
        let note = if heard && !right {
            format!("  # predicted: {found}")
        } else {
            String::new()
        };
        self.lines.push(format!("    - {shown}{note}\n"));
        if heard && !right {
            let expected = expected.clone().unwrap_or("any value".into());
            self.wrong(
                *origin,
                Mistake::Slot {
                    name: name.clone(),
                    expected,
                    found,
                },
            );
        }
        if let Some(value) = expected.clone().filter(|_| !right) {
            let name = name.clone();
            self.happens(EventKind::Slot { name, value });
        }
    }
}

/// Returns the step that sets a slot, a list item by item as Rasa writes it.
fn slot_line(name: &str, set: &Json) -> String {
    let head = format!("  - slot_was_set:\n    - {}:", word(name));
    match set.as_array() {
        Some(items) if !items.is_empty() => {
            let items = items
                .iter()
                .map(|item| format!("      - {}\n", value(item)));
            format!("{head}\n{}", items.collect::<String>())
        }
        _ => format!("{head} {}\n", value(set)),
    }
}
