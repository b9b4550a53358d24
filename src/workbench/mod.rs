//! A model at work: what the shell and plain mode do with it. They only send [`Command`]s and show what comes back.

mod command;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use jiff::tz::TimeZone;

pub use command::{COMMANDS, Command, CommandInfo, Input, complete, read_input};

use crate::{
    actions::{self, Driver, Duckling, NoServer, Runner},
    agent::{Agent, Conversation, Incoming, Step, Turn},
    data::{Domain, Json, Parse},
    diagnostic::{Result, did_you_mean},
    dialogue::{Slots, Vote},
    model::{Folder, Model},
    nlu::Explanation,
};

/// A model with a conversation, and others that are only listened to.
#[derive(Clone, Debug)]
pub struct Workbench {
    path: PathBuf,
    agent: Agent,
    /// The conversation that commands are about.
    sender: String,
    /// Who runs custom actions; without one, nobody.
    runner: Option<Runner>,
    /// Who asks the Duckling server, where there is one.
    duckling: Option<Arc<Duckling>>,
    turns: Vec<Record>,
    undone: Vec<String>,
    seed: u64,
}

/// A turn of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was typed.
    pub text: String,
    /// What came of it.
    pub turn: Turn,
    /// Events before the turn: where going back leads to.
    events_before: usize,
}

/// What a text would do if sent now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The text.
    pub text: String,
    /// How it is understood.
    pub parse: Parse,
    /// Why so, where the classifier can tell.
    pub explanation: Option<Explanation>,
    /// What the policies would say; `None` without dialogue.
    pub vote: Option<Vote>,
    /// How long all this took, in seconds.
    pub seconds: f64,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A turn was added.
    Turn(Box<Record>),
    /// Turns went away or came back; what is left is in [`Workbench::turns`].
    Changed(String),
    /// Something to read.
    Text(String),
    /// Nothing was done, and why.
    Refused(String),
    /// The person wants to leave.
    Quit,
}

impl Workbench {
    /// Loads a model (see [`Folder::load`]) and starts a conversation; `duckling` is the address of a Duckling server in
    /// the place of the one that the model names.
    pub fn open(models: &Path, wanted: Option<&Path>, duckling: Option<&str>) -> Result<Self> {
        let (path, mut model) = Folder::new(models).load(wanted)?;
        let duckling = Duckling::connect(&mut model, duckling);
        let mut workbench = Self::new(path, Arc::new(model));
        workbench.duckling = duckling;
        Ok(workbench)
    }

    /// Starts a conversation with a loaded model.
    pub fn new(path: PathBuf, model: Arc<Model>) -> Self {
        let seed = model.metadata.seed;
        let mut workbench = Self {
            path,
            agent: Agent::new(model, "cmdline", seed),
            sender: String::new(),
            runner: None,
            duckling: None,
            turns: Vec::new(),
            undone: Vec::new(),
            seed,
        };
        workbench.choose("shell");
        workbench
    }

    /// Turns to the conversation of that name; what was said before can no longer be undone.
    pub fn choose(&mut self, sender: &str) {
        sender.clone_into(&mut self.sender);
        self.agent.conversation(sender);
        self.turns.clear();
        self.undone.clear();
    }

    /// Returns the name of the conversation that commands are about.
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// Returns a conversation, if it was begun.
    pub fn conversation(&self, sender: &str) -> Option<&Conversation> {
        self.agent.get(sender)
    }

    /// Takes a message of any conversation. `now` is in seconds since 1970.
    pub fn receive(&mut self, message: Incoming, now: f64) -> Record {
        let sender = message.sender.clone();
        let text = message.text.clone();
        let events_before = self.agent.conversation(&sender).tracker().events().len();
        let words = self.runner.as_ref().is_some_and(Runner::words_responses);
        self.agent.conversation(&sender).ask_for_responses(words);
        let step = self.agent.handle(message, now);
        self.finish(&sender, text, events_before, step, now)
    }

    /// Lets the reminders come whose time has come; returns the turns with the names of their conversations.
    pub fn remind(&mut self, now: f64, zone: &TimeZone) -> Vec<(String, Record)> {
        let mut records = Vec::new();
        for due in self.agent.due(now, zone) {
            let sender = due.sender.clone();
            let conversation = self.agent.conversation(&sender);
            let events_before = conversation.tracker().events().len();
            let text = format!("EXTERNAL: {}", due.intent);
            let step = self.agent.trigger(due, now);
            let record = self.finish(&sender, text, events_before, step, now);
            records.push((sender, record));
        }
        records
    }

    /// Runs a begun turn to its end.
    fn finish(
        &mut self,
        sender: &str,
        text: String,
        events_before: usize,
        step: Step,
        now: f64,
    ) -> Record {
        let conversation = self.agent.conversation(sender);
        let driver: &mut dyn Driver = match &mut self.runner {
            Some(runner) => runner,
            None => &mut NoServer,
        };
        let mut turn = actions::finish(conversation, step, now, driver);
        let note = self.duckling.as_ref().and_then(|server| server.note());
        turn.notes.extend(note);
        let record = Record {
            text,
            turn,
            events_before,
        };
        if sender == self.sender {
            self.turns.push(record.clone());
            self.undone.clear();
        }
        record
    }

    /// Lets custom actions be run as the project's files say.
    pub fn run_actions(&mut self, runner: Runner) {
        self.runner = Some(runner);
    }

    /// Returns the model.
    pub fn model(&self) -> &Model {
        self.agent.model()
    }

    /// Returns the model's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the turns so far.
    pub fn turns(&self) -> &[Record] {
        &self.turns
    }

    /// Returns the domain of the model.
    pub fn domain(&self) -> &Domain {
        &self.model().domain
    }

    /// Returns the values of all slots.
    pub fn slots(&self) -> &Slots {
        static NONE: std::sync::LazyLock<Slots> = std::sync::LazyLock::new(Slots::new);
        self.agent
            .get(&self.sender)
            .map_or(&NONE, |conversation| conversation.tracker().slots())
    }

    /// Returns what a text would do if sent now. Changes nothing.
    pub fn preview(&self, text: &str) -> Preview {
        let start = Instant::now();
        let parse = self.model().preview(text);
        let explanation = if text.starts_with('/') {
            None
        } else {
            self.model().explain(text)
        };
        let conversation = self.agent.get(&self.sender);
        let vote = conversation
            .filter(|_| !self.model().dialogue.is_empty())
            .map(|conversation| conversation.preview(&parse));
        Preview {
            text: text.to_owned(),
            parse,
            explanation,
            vote,
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// Does what a command says. `now` is in seconds since 1970.
    pub fn run(&mut self, command: &Command, now: f64) -> Answer {
        match command {
            Command::Say(text) => self.say(text, now),
            Command::Undo => match self.turns.pop() {
                Some(record) => {
                    self.agent
                        .conversation(&self.sender)
                        .rewind_to(record.events_before);
                    let answer = Answer::Changed(format!("took back \"{}\"", record.text));
                    self.undone.push(record.text);
                    answer
                }
                None => {
                    Answer::Refused("nothing to undo: the conversation is at its start".to_owned())
                }
            },
            Command::Redo => match self.undone.pop() {
                Some(text) => {
                    let rest = std::mem::take(&mut self.undone);
                    let answer = self.say(&text, now);
                    self.undone = rest;
                    answer
                }
                None => Answer::Refused("nothing to redo".to_owned()),
            },
            Command::Restart => {
                // Another conversation may choose other variations.
                self.seed = self.seed.wrapping_add(1);
                self.agent.forget(&self.sender, self.seed);
                let sender = self.sender.clone();
                self.choose(&sender);
                Answer::Changed("a new conversation begins".to_owned())
            }
            Command::Slots => Answer::Text(self.describe_slots()),
            Command::Why(number) => {
                let number = number.unwrap_or(self.turns.len());
                match number.checked_sub(1).and_then(|at| self.turns.get(at)) {
                    Some(record) => Answer::Text(self.why(number, record)),
                    None => Answer::Refused(match self.turns.len() {
                        0 => "there is no turn yet".to_owned(),
                        turns => format!("there is no turn {number}; the last one is {turns}"),
                    }),
                }
            }
            Command::Model => Answer::Text(self.describe_model()),
            Command::Help => Answer::Text(command::help()),
            Command::Quit => Answer::Quit,
            Command::Unknown(word) => {
                let names = COMMANDS.iter().map(|info| info.name);
                Answer::Refused(match did_you_mean(word, names) {
                    Some(close) => {
                        format!("there is no command `{word}`; did you mean `:{close}`?")
                    }
                    None => format!("there is no command `{word}`; `:help` lists them"),
                })
            }
        }
    }

    fn say(&mut self, text: &str, now: f64) -> Answer {
        let message = Incoming {
            sender: self.sender.clone(),
            text: text.to_owned(),
            ..Incoming::default()
        };
        Answer::Turn(Box::new(self.receive(message, now)))
    }

    fn describe_slots(&self) -> String {
        let set: Vec<String> = self
            .slots()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("{name}={}", show(value)))
            .collect();
        if set.is_empty() {
            "no slot is set".to_owned()
        } else {
            set.join("\n")
        }
    }

    fn describe_model(&self) -> String {
        let metadata = &self.model().metadata;
        let figures = &metadata.figures;
        format!(
            "{}\n{}, {} intents, {} examples, trained {}",
            crate::files::show(&self.path),
            figures.classifier,
            figures.intents,
            figures.examples,
            metadata.trained_at
        )
    }

    /// Returns the full trace of a turn as text.
    fn why(&self, number: usize, record: &Record) -> String {
        let parse = &record.turn.parse;
        let mut lines = vec![format!("turn {number}: \"{}\"", record.text)];
        for score in parse.intent_ranking.iter().take(3) {
            lines.push(format!(
                "  intent {} {:.2}",
                score.name.as_deref().unwrap_or("none"),
                score.confidence
            ));
        }
        if let Some(explanation) = self.model().explain(&record.text) {
            let mut words: Vec<_> = explanation.words.iter().collect();
            words.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
            let words: Vec<String> = words
                .iter()
                .take(5)
                .map(|word| format!("{} {:+.2}", word.word, word.share))
                .collect();
            lines.push(format!(
                "  words for {} and against {}: {}",
                explanation.winner,
                explanation.runner_up,
                words.join(", ")
            ));
        }
        for entity in &parse.entities {
            lines.push(format!(
                "  entity {}={} at {}-{} by {}",
                entity.entity,
                show(&entity.value),
                entity.start,
                entity.end,
                entity.extractor.as_deref().unwrap_or("nobody")
            ));
        }
        for (name, value) in &record.turn.slots {
            lines.push(format!("  slot {name}={}", show(value)));
        }
        for decision in &record.turn.decisions {
            let why = decision.vote.as_ref().map_or_else(
                || "the start of a session".to_owned(),
                |vote| {
                    format!(
                        "{} {:.2}, {}",
                        vote.policy,
                        vote.winner.confidence,
                        reason(vote.policy, &vote.winner)
                    )
                },
            );
            let failure = decision
                .failure
                .as_ref()
                .map(|failure| format!(" ({failure})"))
                .unwrap_or_default();
            lines.push(format!("  action {} · {why}{failure}", decision.action));
        }
        lines.join("\n")
    }
}

/// Returns who decided, and where that is written.
pub fn reason(policy: &str, prediction: &crate::dialogue::Prediction) -> String {
    crate::eval::story::why(policy, prediction)
}

/// Returns a value as people read it.
pub fn show(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
