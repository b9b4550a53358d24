//! The turns of a conversation: back, forth, other ways, and all of them once more with another model.

use std::{path::PathBuf, sync::Arc};

use super::{
    Answer, Branch, CHANNEL, Other, Record, Recording, Workbench,
    describe::short,
    record::{Aside, From, Remembering, Stubs},
};
use crate::{
    actions,
    agent::{ActionOutcome, Agent, Conversation, Turn},
    data::{Event, EventKind, Json},
    diagnostic::count,
    model::Model,
};

impl Workbench {
    /// Adds a turn that has just been held; what had been taken back becomes a way of its own.
    pub(super) fn add(&mut self, record: Record) {
        if !self.undone.is_empty() {
            let mut records = std::mem::take(&mut self.undone);
            records.reverse();
            self.branches.push(Branch {
                after: self.turns.len(),
                records,
            });
        }
        if let Some(other) = &mut self.other {
            let held = hold_again(&mut other.conversation, &record, &self.stubs);
            other.turns.push(held);
        }
        self.turns.push(record);
    }

    pub(super) fn undo(&mut self) -> Answer {
        let Some(record) = self.turns.pop() else {
            return match self.before.pop() {
                Some(aside) => {
                    let present = self.turn_to(aside);
                    self.after.push(present);
                    Answer::Changed(format!("back in conversation {}", self.number))
                }
                None => {
                    Answer::Refused("nothing to undo: the conversation is at its start".to_owned())
                }
            };
        };
        let answer = Answer::Changed(format!("took back \"{}\"", short(&record.text)));
        let instead_of = record.instead_of.clone();
        self.take(record);
        if let Some(old) = instead_of {
            self.bring_back_between(*old);
        }
        answer
    }

    /// Takes a turn that is the last one no longer.
    fn take(&mut self, record: Record) {
        let conversation = self.agent.conversation(&self.sender);
        conversation.rewind_to(record.events_before);
        if let Some(other) = &mut self.other
            && let Some(held) = other.turns.pop()
        {
            other.conversation.rewind_to(held.events_before);
        }
        self.undone.push(record);
    }

    /// Takes the last turn away if it has just that text: another is said in its place.
    pub(super) fn make_way(&mut self, text: &str) -> Option<Box<Record>> {
        let record = self.turns.pop_if(|record| record.text == text)?;
        self.take(record);
        self.undone.pop().map(Box::new)
    }

    pub(super) fn redo(&mut self) -> Answer {
        let Some(record) = self.undone.pop() else {
            return match self.after.pop() {
                Some(aside) => {
                    let present = self.turn_to(aside);
                    self.before.push(present);
                    Answer::Changed(format!("in conversation {}", self.number))
                }
                None => Answer::Refused("nothing to redo".to_owned()),
            };
        };
        let text = format!("brought back \"{}\"", short(&record.text));
        if let Some(old) = &record.instead_of
            && self.turns.last().is_some_and(|last| last.turn == old.turn)
        {
            self.make_way(&old.text);
        }
        self.bring_back_between(record);
        Answer::Changed(text)
    }

    /// Adds a turn as it was, and leaves those alone that are taken back.
    fn bring_back_between(&mut self, record: Record) {
        let rest = std::mem::take(&mut self.undone);
        self.bring_back(record);
        self.undone = rest;
    }

    /// Adds a turn as it was: nothing is understood, predicted or run again.
    fn bring_back(&mut self, mut record: Record) {
        let conversation = self.agent.conversation(&self.sender);
        record.events_before = conversation.tracker().events().len();
        conversation.record(record.turn.events.clone());
        self.add(record);
    }

    /// Goes back to the end of a turn, or forth to it.
    pub(super) fn rewind(&mut self, turn: usize) -> Answer {
        let most = self.turns.len() + self.undone.len();
        if turn > most {
            return Answer::Refused(format!("there is no turn {turn}; the last one is {most}"));
        }
        while self.turns.len() > turn
            && let Some(record) = self.turns.pop()
        {
            self.take(record);
        }
        while self.turns.len() < turn {
            self.redo();
        }
        Answer::Changed(match self.undone.len() {
            0 => format!("at turn {turn}"),
            after => format!(
                "at turn {turn}; {} after it can be brought back",
                count(after, "turn")
            ),
        })
    }

    /// Goes on with another way; the present one is kept in its place.
    pub(super) fn branch(&mut self, number: usize) -> Answer {
        let at = number.checked_sub(1).filter(|at| *at < self.branches.len());
        let Some(at) = at else {
            return Answer::Refused(match self.branches.len() {
                0 => "the conversation went no other way".to_owned(),
                all => format!("there is no branch {number}; the last one is {all}"),
            });
        };
        let branch = self.branches.remove(at);
        self.rewind(branch.after.min(self.turns.len()));
        // What is taken back now becomes a branch when the first turn of the other one comes.
        for record in branch.records {
            self.bring_back(record);
        }
        Answer::Changed(format!("at turn {} of branch {number}", self.turns.len()))
    }

    pub(super) fn restart(&mut self) -> Answer {
        // A story that was being played is not the one of another conversation.
        self.replay = None;
        if self.turns.is_empty() && self.undone.is_empty() && self.branches.is_empty() {
            // This one has not begun yet.
            return Answer::Changed("a new conversation begins".to_owned());
        }
        // Nothing leads back to those that never began.
        self.after.retain(|aside| !aside.is_empty());
        let last = self.after.iter().map(|aside| aside.number).max();
        let number = last.unwrap_or(self.number).max(self.number) + 1;
        let mut present = self.turn_to(Aside {
            number,
            // Another conversation may choose other variations.
            seed: self.seed.wrapping_add(1),
            turns: Vec::new(),
            undone: Vec::new(),
            branches: Vec::new(),
        });
        if !present.undone.is_empty() {
            // As when a message is sent: what was taken back is a way of its own now.
            let mut records = std::mem::take(&mut present.undone);
            records.reverse();
            present.branches.push(Branch {
                after: present.turns.len(),
                records,
            });
        }
        self.before.push(present);
        Answer::Changed("a new conversation begins".to_owned())
    }

    /// Turns to another conversation of the session; returns the present one.
    fn turn_to(&mut self, aside: Aside) -> Aside {
        let present = Aside {
            number: self.number,
            seed: self.seed,
            turns: std::mem::take(&mut self.turns),
            undone: std::mem::take(&mut self.undone),
            branches: std::mem::take(&mut self.branches),
        };
        (self.number, self.seed) = (aside.number, aside.seed);
        if let Some(recording) = &mut self.recording {
            // What was recorded of the present one stays as it is.
            *recording = Recording {
                name: String::new(),
                from: aside.turns.len(),
                written: Vec::new(),
            };
        }
        let sender = self.sender.clone();
        self.agent.forget(&sender, self.seed);
        let conversation = self.agent.conversation(&sender);
        for record in &aside.turns {
            conversation.record(record.turn.events.clone());
        }
        self.turns = aside.turns;
        self.undone = aside.undone;
        self.branches = aside.branches;
        if let Some(other) = self.other.take() {
            let model = Arc::clone(other.conversation.model());
            self.other = Some(self.listener(other.path, &model));
        }
        present
    }

    /// Sets a slot by hand, as an event of its own.
    pub(super) fn set_slot(&mut self, name: &str, value: &Json, now: f64) -> Answer {
        if self.domain().slot(name).is_none() && name != "requested_slot" {
            let names = self.domain().slots.iter().map(|slot| slot.name.as_str());
            return Answer::Refused(match crate::diagnostic::did_you_mean(name, names) {
                Some(close) => format!("there is no slot `{name}`; did you mean `{close}`?"),
                None => format!("there is no slot `{name}` in the domain"),
            });
        }
        let event = |kind| Event {
            kind,
            timestamp: now,
            metadata: serde_json::Map::new(),
        };
        let action = |name: &str| EventKind::Action {
            name: Some(name.to_owned()),
            policy: None,
            confidence: None,
            action_text: None,
            hide_rule_turn: false,
        };
        let mut events = Vec::new();
        let conversation = self.agent.conversation(&self.sender);
        if conversation.tracker().events().is_empty() {
            // Else the session that begins with the first message would empty the slot.
            events.push(event(action("action_session_start")));
            events.push(event(EventKind::SessionStarted));
            events.push(event(action("action_listen")));
        }
        events.push(event(EventKind::Slot {
            name: name.to_owned(),
            value: value.clone(),
        }));
        let record = Record {
            text: format!(":slot {name}={}", super::show(value)),
            turn: Turn {
                slots: vec![(name.to_owned(), value.clone())],
                events,
                ..Turn::default()
            },
            was: None,
            mistake: None,
            instead_of: None,
            origin: From::Elsewhere,
            events_before: 0,
            outcomes: Vec::new(),
        };
        self.bring_back(record);
        Answer::Changed(format!("{name}={}", super::show(value)))
    }

    /// Lets another model answer from here on, and holds all turns once more with it; returns how many went otherwise.
    pub(super) fn change_model(&mut self, path: PathBuf, model: Arc<Model>) -> usize {
        let before = std::mem::replace(&mut self.agent, Agent::new(model, CHANNEL, self.seed));
        self.path = path;
        for sender in before.senders() {
            if sender != self.sender
                && let Some(conversation) = before.get(sender)
            {
                let events = conversation.tracker().events().to_vec();
                self.agent.conversation(sender).record(events);
            }
        }
        let conversation = self.agent.conversation(&self.sender);
        let mut changed = 0;
        let turns = std::mem::take(&mut self.turns);
        self.turns = turns
            .iter()
            .map(|old| {
                let mut new = hold_again(conversation, old, &self.stubs);
                new.compare(old);
                changed += usize::from(new.was.is_some());
                new
            })
            .collect();
        changed
    }

    /// Returns a model that hears everything said so far.
    pub(super) fn listener(&self, path: PathBuf, model: &Arc<Model>) -> Other {
        let mut conversation =
            Conversation::new(Arc::clone(model), &self.sender, CHANNEL, self.seed);
        let turns = self
            .turns
            .iter()
            .map(|record| hold_again(&mut conversation, record, &self.stubs))
            .collect();
        Other {
            path,
            conversation,
            turns,
        }
    }
}

/// Holds a turn once more: custom actions answer what they answered then.
fn hold_again(conversation: &mut Conversation, old: &Record, stubs: &Stubs) -> Record {
    let events_before = conversation.tracker().events().len();
    let now = old.turn.events.first().map_or(0.0, |event| event.timestamp);
    let step = match &old.origin {
        From::Elsewhere => {
            conversation.record(old.turn.events.clone());
            return Record {
                events_before,
                ..old.clone()
            };
        }
        From::Text => conversation.say(&old.text, now),
        From::Parse(parse) => conversation.say_parsed((**parse).clone(), now),
    };
    let mut driver = Remembering {
        stubs,
        outcomes: old.outcomes.clone(),
        otherwise: ActionOutcome::Failed("it was not run again".to_owned()),
    };
    Record {
        turn: actions::finish(conversation, step, now, &mut driver),
        was: None,
        events_before,
        ..old.clone()
    }
}
