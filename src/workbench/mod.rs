//! A model, a conversation and a project at work: talk, correct, learn anew, replay, compare, take back.
//!
//! The screen and plain mode only send [`Command`]s and show what comes back. [`Workbench`] does one thing after the
//! other; [`Engine`] keeps one on a thread of its own, so that whoever draws never waits.

mod calls;
mod command;
mod completion;
mod describe;
mod editing;
mod engine;
mod input;
mod record;
mod recording;
mod replay;
mod review;
#[cfg(test)]
mod sample;
mod story;
mod table;
mod training;
mod turns;
mod work;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use jiff::tz::TimeZone;

pub use calls::Call;
pub use command::{Choice, Command};
pub use completion::{clash, complete};
pub use describe::{reason, show};
pub use editing::{Correction, Plan, Project, mark};
pub use engine::{Engine, News, State, View};
pub use input::{Input, read_input};
pub use record::{Branch, Record, Was};
pub use replay::Replay;
pub use review::{Decision, Item, OF_REVIEW, Review};
#[cfg(test)]
pub(crate) use sample::sample;
pub use table::{COMMANDS, CommandInfo, Situation};
pub use training::{Job, Outcome, Tests, Trained};

use calls::{Calls, Patient, PatientDuckling};
use record::{Aside, From, Noting, Stubs};

use crate::{
    actions::{self, Driver, Duckling, NoServer, Runner},
    agent::{Agent, Conversation, Incoming, Step},
    data::{Domain, Parse},
    diagnostic::Result,
    dialogue::{Dialogue, Slots, Vote},
    model::{Folder, Model, Part},
    nlu::Explanation,
    project::Change,
};

/// A model with a conversation, the project it comes from, and another model that may listen.
#[derive(Debug)]
pub struct Workbench {
    path: PathBuf,
    agent: Agent,
    /// The conversation that commands are about.
    sender: String,
    /// Who runs custom actions; without one, nobody.
    runner: Option<Runner>,
    /// The call that is waited for.
    calls: Arc<Calls>,
    /// Who asks Duckling servers.
    duckling: Arc<Duckling>,
    /// Address of a Duckling server in the place of the one that models name.
    duckling_url: Option<String>,
    /// Which conversation of the session it is, from 1.
    number: usize,
    turns: Vec<Record>,
    /// Turns taken back, the latest last.
    undone: Vec<Record>,
    branches: Vec<Branch>,
    /// Conversations before and after the present one, the nearest last.
    before: Vec<Aside>,
    after: Vec<Aside>,
    stubs: Stubs,
    project: Option<Project>,
    /// What is learnt anew.
    part: Part,
    /// Changes made in this session, in order.
    changes: Vec<Plan>,
    /// The model file that this session wrote.
    written: Option<PathBuf>,
    tests: Option<Tests>,
    other: Option<Other>,
    recording: Option<Recording>,
    replay: Option<Replay>,
    seed: u64,
}

/// Another model that hears everything, too.
#[derive(Clone, Debug)]
struct Other {
    path: PathBuf,
    conversation: Conversation,
    turns: Vec<Record>,
}

/// A conversation that is written to the tests as it goes on.
#[derive(Clone, Debug)]
struct Recording {
    name: String,
    /// Turns before it began.
    from: usize,
    /// What was written last.
    written: Vec<Change>,
}

/// What a text would do if sent now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The text.
    pub text: String,
    /// How it is understood.
    pub parse: Parse,
    /// For each entity the lookup table that ought to list it and does not.
    pub lacking: Vec<Option<String>>,
    /// Why so, where the classifier can tell.
    pub explanation: Option<Explanation>,
    /// What the policies would say; `None` without dialogue.
    pub vote: Option<Vote>,
    /// What another model makes of it, where one listens.
    pub other: Option<(Parse, Option<Vote>)>,
    /// How long all this took, in seconds.
    pub seconds: f64,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A turn was added.
    Turn(Box<Record>),
    /// Turns went away or came back, or something else is otherwise now.
    Changed(String),
    /// Something to read, under a title.
    Text(&'static str, String),
    /// Names to choose from.
    Choices(Choice, Vec<String>),
    /// What taking each change of this session back would change, in their order.
    Changes(Vec<Plan>),
    /// Changes of files that wait for [`Command::Accept`].
    Plan(Box<Plan>),
    /// What a correction would change, or why it cannot be made.
    Foreseen(Correction, std::result::Result<Box<Plan>, String>),
    /// Changes were made; the model must learn them, if so told.
    Written {
        /// What was written where.
        text: String,
        /// Whether the model must learn anew.
        retrain: bool,
    },
    /// Nothing was done, and why.
    Refused(String),
    /// The person wants to leave.
    Quit,
}

impl Workbench {
    /// Loads a model (see [`Folder::load`]) and starts a conversation; `duckling` is the address of a Duckling server
    /// in the place of the one that the model names.
    pub fn open(models: &Path, wanted: Option<&Path>, duckling: Option<&str>) -> Result<Self> {
        let (path, model) = Folder::new(models).load(wanted)?;
        let mut workbench = Self::new(path, Arc::new(model));
        workbench.duckling_url = duckling.map(str::to_owned);
        let mut model = (**workbench.model()).clone();
        if workbench.connect(&mut model) {
            workbench.agent = Agent::new(Arc::new(model), CHANNEL, workbench.seed);
            workbench.choose("shell");
        }
        Ok(workbench)
    }

    /// Lets a model ask the Duckling server that it names; returns whether it names one.
    fn connect(&self, model: &mut Model) -> bool {
        let outside = PatientDuckling {
            server: Arc::clone(&self.duckling),
            calls: Arc::clone(&self.calls),
        };
        Duckling::connect_through(model, self.duckling_url.as_deref(), Arc::new(outside))
    }

    /// Starts a conversation with a loaded model.
    pub fn new(path: PathBuf, model: Arc<Model>) -> Self {
        let seed = model.metadata.seed;
        let mut workbench = Self {
            path,
            agent: Agent::new(model, CHANNEL, seed),
            sender: String::new(),
            runner: None,
            calls: Arc::default(),
            duckling: Arc::default(),
            duckling_url: None,
            number: 1,
            turns: Vec::new(),
            undone: Vec::new(),
            branches: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            stubs: Stubs::new(),
            project: None,
            part: Part::All,
            changes: Vec::new(),
            written: None,
            tests: None,
            other: None,
            recording: None,
            replay: None,
            seed,
        };
        workbench.choose("shell");
        workbench
    }

    /// Lets the bot understand and say nothing, whatever dialogue its models have.
    pub fn only_understand(&mut self) {
        self.part = Part::Nlu;
        let model = Model {
            dialogue: Dialogue::default(),
            ..(**self.model()).clone()
        };
        self.agent = Agent::new(Arc::new(model), CHANNEL, self.seed);
        let sender = self.sender.clone();
        self.choose(&sender);
    }

    /// Lets the files of a project be corrected and learnt from.
    pub fn work_on(&mut self, project: Project) {
        self.project = Some(project);
    }

    /// Returns the project whose files are worked on.
    pub fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// Turns to the conversation of that name; what was said before can no longer be undone.
    pub fn choose(&mut self, sender: &str) {
        sender.clone_into(&mut self.sender);
        self.agent.conversation(sender);
        self.turns.clear();
        self.undone.clear();
        self.branches.clear();
        self.before.clear();
        self.after.clear();
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
        let origin = match &message.parse {
            Some(parse) => From::Parse(Box::new(parse.clone())),
            None => From::Text,
        };
        let events_before = self.agent.conversation(&sender).tracker().events().len();
        let words = self.runner.as_ref().is_some_and(Runner::words_responses);
        self.agent.conversation(&sender).ask_for_responses(words);
        let step = self.agent.handle(message, now);
        self.finish(&sender, (text, origin), events_before, step, now)
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
            let said = (text, From::Elsewhere);
            let record = self.finish(&sender, said, events_before, step, now);
            records.push((sender, record));
        }
        records
    }

    /// Runs a begun turn to its end.
    fn finish(
        &mut self,
        sender: &str,
        (text, origin): (String, From),
        events_before: usize,
        step: Step,
        now: f64,
    ) -> Record {
        let conversation = self.agent.conversation(sender);
        let mut patient;
        let driver: &mut dyn Driver = match &mut self.runner {
            Some(runner) => {
                patient = Patient {
                    runner,
                    calls: &self.calls,
                };
                &mut patient
            }
            None => &mut NoServer,
        };
        let mut noting = Noting {
            stubs: &self.stubs,
            driver,
            outcomes: Vec::new(),
        };
        let mut turn = actions::finish(conversation, step, now, &mut noting);
        let outcomes = noting.outcomes;
        turn.notes.extend(self.duckling.note());
        let record = Record {
            text,
            turn,
            was: None,
            mistake: None,
            instead_of: None,
            origin,
            events_before,
            outcomes,
        };
        if sender == self.sender {
            self.add(record.clone());
        }
        record
    }

    /// Lets custom actions be run as the project's files say.
    pub fn run_actions(&mut self, runner: Runner) {
        self.runner = Some(runner);
    }

    /// Waits for nobody any more once `stop` is set.
    pub fn stop_with(&mut self, stop: Arc<AtomicBool>) {
        self.calls.stop_with(stop);
    }

    /// Returns the model.
    pub fn model(&self) -> &Arc<Model> {
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
    pub fn slots(&self) -> Slots {
        let conversation = self.agent.get(&self.sender);
        conversation.map_or_else(Slots::new, |conversation| conversation.tracker().slots())
    }

    /// Returns the changes of files that this session made and still stand: what, and in which files.
    pub fn changed(&self) -> Vec<(String, String)> {
        let said = |done: &Plan| (done.what.clone(), done.summary());
        self.changes.iter().map(said).collect()
    }

    /// Tells whether this session has added a conversation to the tests.
    pub fn is_saved(&self) -> bool {
        let recorded = self.recording.as_ref();
        let recorded = recorded.is_some_and(|recording| !recording.written.is_empty());
        // What nothing is learnt from is a test.
        recorded || self.changes.iter().any(|plan| !plan.retrains)
    }

    /// Returns what commands depend on.
    pub fn situation(&self) -> Situation {
        Situation {
            turns: !self.turns.is_empty(),
            back: !self.turns.is_empty() || !self.before.is_empty(),
            undone: !self.undone.is_empty() || !self.after.is_empty(),
            project: self.project.is_some(),
            compared: self.other.is_some(),
            replaying: self.replay.is_some(),
            changed: !self.changes.is_empty(),
            branched: !self.branches.is_empty(),
        }
    }

    /// Returns what a text would do if sent now. Changes nothing.
    pub fn preview(&self, text: &str) -> Preview {
        self.view().preview(text)
    }

    /// Returns what is needed to tell what a text would do.
    pub fn view(&self) -> View {
        View {
            model: Arc::clone(self.model()),
            conversation: self.agent.get(&self.sender).cloned(),
            other: self.other.as_ref().map(|other| other.conversation.clone()),
        }
    }

    /// Does what a command says, and waits for it: learning, too. `now` is in seconds since 1970.
    pub fn run(&mut self, command: &Command, now: f64) -> Answer {
        match command {
            Command::Train => match self.training_job(Arc::new(AtomicBool::new(false))) {
                Ok(job) => self.adopt(job.run()),
                Err(why) => Answer::Refused(why),
            },
            _ => self.begin(command, now),
        }
    }
}

/// Name of the output channel, as `rasa shell` has it.
const CHANNEL: &str = "cmdline";

impl View {
    /// Returns what a text would do if sent now.
    pub fn preview(&self, text: &str) -> Preview {
        let start = Instant::now();
        let parse = self.model.preview(text);
        let explanation = if text.starts_with('/') {
            None
        } else {
            self.model.explain(text)
        };
        let vote = |model: &Model, conversation: Option<&Conversation>, parse: &Parse| {
            conversation
                .filter(|_| !model.dialogue.is_empty())
                .map(|conversation| conversation.preview(parse))
        };
        let other = self.other.as_ref().map(|conversation| {
            let model = conversation.model();
            let parse = model.preview(text);
            let vote = vote(model, Some(conversation), &parse);
            (parse, vote)
        });
        Preview {
            text: text.to_owned(),
            vote: vote(&self.model, self.conversation.as_ref(), &parse),
            lacking: self.model.nlu.not_in_lookup(&parse),
            parse,
            explanation,
            other,
            seconds: start.elapsed().as_secs_f64(),
        }
    }
}
