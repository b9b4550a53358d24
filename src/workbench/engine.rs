//! A workbench on a thread of its own: commands go in, news come out, and whoever draws never waits. Learning has a
//! thread of its own again, so that the conversation goes on meanwhile.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use notify::{RecursiveMode, Watcher};

use super::{
    Answer, Call, Command, Outcome, Project, Record, Situation, Tests, Workbench, calls::Calls,
    input::stub,
};
use crate::{agent::Conversation, dialogue::Slots, model::Model};

/// Files must have been at rest for so long before they are learnt from.
const AT_REST: Duration = Duration::from_millis(100);
/// How often reminders are looked for, where there are any.
const REMINDERS: Duration = Duration::from_millis(250);
/// How long leaving waits for what is still going on.
const PARTING: Duration = Duration::from_millis(300);

/// What is needed to tell what a text would do.
#[derive(Clone, Debug)]
pub struct View {
    /// The model that answers.
    pub model: Arc<Model>,
    /// The conversation so far.
    pub conversation: Option<Conversation>,
    /// The conversation so far with another model that listens.
    pub other: Option<Conversation>,
}

/// Everything that can be seen of a workbench.
#[derive(Clone, Debug)]
pub struct State {
    /// Which conversation of the session it is, from 1.
    pub number: usize,
    /// The turns so far.
    pub turns: Vec<Record>,
    /// Turns taken back, in their order.
    pub undone: Vec<Record>,
    /// The turns as another model would have gone, where one listens.
    pub others: Option<Vec<Record>>,
    /// Values of all slots.
    pub slots: Slots,
    /// What commands depend on.
    pub situation: Situation,
    /// What previews need.
    pub view: Arc<View>,
    /// The model's file.
    pub path: PathBuf,
    /// What became of the tests at last.
    pub tests: Option<Tests>,
    /// Whether the conversation is recorded.
    pub recording: bool,
    /// The story being played, with the messages played and all of them.
    pub replay: Option<(String, usize, usize)>,
    /// Events of the conversation, a line each.
    pub events: String,
    /// What was changed in this session, and in which files.
    pub changed: Vec<(String, String)>,
}

/// Something that a workbench has done.
#[derive(Clone, Debug)]
pub enum News {
    /// A command was carried out.
    Answer(Answer),
    /// Something is otherwise now.
    State(Box<State>),
    /// Learning has begun.
    Training,
    /// Learning has ended: what came of it; nothing where nothing had changed.
    Trained(Option<Answer>),
    /// The files have mistakes; the old model goes on.
    Broken(Vec<String>),
}

enum Message {
    Run(Command),
    Learnt(Outcome),
    FilesChanged,
    Leave,
}

/// A workbench at work.
pub struct Engine {
    to: Sender<Message>,
    news: Receiver<News>,
    /// Commands and trainings that have not ended.
    open: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    calls: Arc<Calls>,
    thread: JoinHandle<Workbench>,
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Engine {
    /// Starts it; `now` gives the time in seconds since 1970. With `watch` the project's files are learnt from as soon
    /// as they change.
    pub fn start(
        workbench: Workbench,
        now: Arc<dyn Fn() -> f64 + Send + Sync>,
        watch: bool,
    ) -> Self {
        let (to, messages) = mpsc::channel();
        let (tell, news) = mpsc::channel();
        let (open, stop) = (
            // The first state has not been told yet.
            Arc::new(AtomicUsize::new(1)),
            Arc::new(AtomicBool::new(false)),
        );
        let watcher = workbench
            .project()
            .filter(|_| watch)
            .and_then(|project| self::watch(project, to.clone()));
        let calls = Arc::clone(&workbench.calls);
        let worker = Worker {
            workbench,
            now,
            messages,
            back: to.clone(),
            tell,
            open: Arc::clone(&open),
            stop: Arc::clone(&stop),
            learning: None,
            again: false,
        };
        Self {
            to,
            news,
            open,
            stop,
            calls,
            thread: thread::spawn(move || worker.work()),
            _watcher: watcher,
        }
    }

    /// Lets a command be carried out; what comes of it is told by [`Engine::news`]. A stub for the call that is waited
    /// for answers it at once.
    pub fn run(&self, mut command: Command) {
        if let Command::Stub(rest) = &mut command {
            if rest.trim().is_empty()
                && let Some(action) = self.calls.open().and_then(|call| call.action)
            {
                *rest = action;
            }
            if let Ok((action, slots)) = stub(rest) {
                self.calls.answer(&action, &slots);
            }
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        if self.to.send(Message::Run(command)).is_err() {
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Returns the next news, if there are any by now.
    pub fn news(&self) -> Option<News> {
        self.news.try_recv().ok()
    }

    /// Waits for news, at most so long.
    pub fn wait(&self, most: Duration) -> Option<News> {
        self.news.recv_timeout(most).ok()
    }

    /// Tells whether something is going on.
    pub fn is_busy(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }

    /// Returns the call that is waited for.
    pub fn call(&self) -> Option<Call> {
        self.calls.open()
    }

    /// Waits no longer for the call that is under way; the turn goes on as if it had failed.
    pub fn give_up(&self) {
        self.calls.give_up();
    }

    /// Stops a training that is going on.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Ends it; returns the workbench unless it is still waiting for somebody outside.
    pub fn close(self) -> Option<Workbench> {
        self.cancel();
        self.calls.leave();
        // Whoever is gone already needs no message.
        let _ = self.to.send(Message::Leave);
        let start = Instant::now();
        while !self.thread.is_finished() && start.elapsed() < PARTING {
            thread::sleep(Duration::from_millis(2));
        }
        if self.thread.is_finished() {
            self.thread.join().ok()
        } else {
            None
        }
    }
}

/// Tells when a file of a project changes.
fn watch(project: &Project, to: Sender<Message>) -> Option<notify::RecommendedWatcher> {
    let paths = &project.paths;
    let is_ours = |path: &std::path::Path| {
        let name = path
            .extension()
            .map(|end| end.to_string_lossy().to_lowercase());
        matches!(name.as_deref(), Some("yml" | "yaml" | "json"))
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let changed = event.is_ok_and(|event| {
            !event.kind.is_access() && event.paths.iter().any(|path| is_ours(path))
        });
        if changed {
            // Whoever has left needs no news.
            let _ = to.send(Message::FilesChanged);
        }
    })
    .ok()?;
    // Editors write a file anew under its name, so folders are watched rather than files.
    let mut any = watcher
        .watch(&paths.root, RecursiveMode::NonRecursive)
        .is_ok();
    let folders = [&paths.domain]
        .into_iter()
        .chain(&paths.data)
        .chain(&paths.tests);
    for folder in folders.filter(|path| path.is_dir()) {
        any |= watcher.watch(folder, RecursiveMode::Recursive).is_ok();
    }
    any.then_some(watcher)
}

/// What runs on the thread.
struct Worker {
    workbench: Workbench,
    now: Arc<dyn Fn() -> f64 + Send + Sync>,
    messages: Receiver<Message>,
    back: Sender<Message>,
    tell: Sender<News>,
    open: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    /// Whether learning goes on, and whether a person asked for it.
    learning: Option<bool>,
    /// Whether files changed while it went on.
    again: bool,
}

impl Worker {
    fn work(mut self) -> Workbench {
        self.tell_state();
        self.open.fetch_sub(1, Ordering::SeqCst);
        let zone = TimeZone::system();
        loop {
            let message = if self.workbench.has_reminders() {
                self.messages.recv_timeout(REMINDERS)
            } else {
                let gone = |_| RecvTimeoutError::Disconnected;
                self.messages.recv().map_err(gone)
            };
            match message {
                Ok(Message::Run(command)) => self.finish(|worker| worker.run(&command)),
                Ok(Message::Learnt(outcome)) => self.finish(|worker| worker.learnt(outcome)),
                Ok(Message::FilesChanged) => {
                    if !self.rest() {
                        return self.workbench;
                    }
                    self.learn(false);
                }
                Ok(Message::Leave) | Err(RecvTimeoutError::Disconnected) => return self.workbench,
                Err(RecvTimeoutError::Timeout) => {
                    let came = self.workbench.remind((self.now)(), &zone);
                    if !came.is_empty() {
                        self.tell_state();
                    }
                }
            }
        }
    }

    /// Does what was open until now.
    fn finish(&mut self, work: impl FnOnce(&mut Self)) {
        work(self);
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    fn run(&mut self, command: &Command) {
        if *command == Command::Train {
            return self.learn(true);
        }
        let answer = self.workbench.begin(command, (self.now)());
        let retrain = matches!(answer, Answer::Written { retrain: true, .. });
        self.tell_state();
        self.say(News::Answer(answer));
        if retrain {
            self.learn(true);
        }
    }

    /// Waits until files are at rest, doing what else is asked for; tells whether to go on at all.
    fn rest(&mut self) -> bool {
        loop {
            match self.messages.recv_timeout(AT_REST) {
                Ok(Message::FilesChanged) => {}
                Ok(Message::Run(command)) => self.finish(|worker| worker.run(&command)),
                Ok(Message::Learnt(outcome)) => self.finish(|worker| worker.learnt(outcome)),
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(Message::Leave) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Begins to learn; what is being learnt is too old then.
    fn learn(&mut self, asked: bool) {
        if let Some(before) = self.learning {
            self.again = true;
            self.learning = Some(before || asked);
            self.stop.store(true, Ordering::SeqCst);
            return;
        }
        self.stop.store(false, Ordering::SeqCst);
        match self.workbench.training_job(Arc::clone(&self.stop)) {
            Err(why) => self.say(News::Answer(Answer::Refused(why))),
            Ok(job) => {
                self.learning = Some(asked);
                self.open.fetch_add(1, Ordering::SeqCst);
                if asked {
                    self.say(News::Training);
                }
                let back = self.back.clone();
                thread::spawn(move || {
                    // Whoever has left needs no model.
                    let _ = back.send(Message::Learnt(job.run()));
                });
            }
        }
    }

    fn learnt(&mut self, outcome: Outcome) {
        let asked = self.learning.take().unwrap_or_default();
        if std::mem::take(&mut self.again) {
            return self.learn(asked);
        }
        match outcome {
            Outcome::Broken(lines) => self.say(News::Broken(lines)),
            Outcome::Unchanged(tests) if !asked => {
                let told = self.workbench.retested(tests).map(Answer::Changed);
                self.tell_state();
                self.say(News::Trained(told));
            }
            outcome => {
                let answer = self.workbench.adopt(outcome);
                self.tell_state();
                self.say(News::Trained(Some(answer)));
            }
        }
    }

    fn tell_state(&self) {
        self.say(News::State(Box::new(self.workbench.state())));
    }

    fn say(&self, news: News) {
        // Whoever has left needs no news.
        let _ = self.tell.send(news);
    }
}

impl Workbench {
    /// Returns everything that can be seen of it.
    pub fn state(&self) -> State {
        let mut undone = self.undone.clone();
        undone.reverse();
        State {
            number: self.number,
            turns: self.turns.clone(),
            undone,
            others: self.other.as_ref().map(|other| other.turns.clone()),
            slots: self.slots(),
            situation: self.situation(),
            view: Arc::new(self.view()),
            path: self.path.clone(),
            tests: self.tests,
            recording: self.is_recording(),
            replay: self.replay.as_ref().map(|replay| {
                let (at, all) = replay.progress();
                (replay.name.clone(), at, all)
            }),
            events: self.describe_events(),
            changed: self.changed(),
        }
    }

    /// Tells whether a reminder is to come.
    fn has_reminders(&self) -> bool {
        self.agent.has_reminders()
    }
}
