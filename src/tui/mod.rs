//! `bot shell` on a screen: state, update, view.
//!
//! [`App`] is the whole state; `update` changes it for an event and returns effects; `view` draws it and changes
//! nothing. [`Session`] carries the effects out on a workbench that has a thread of its own; [`run`] puts it on a real
//! screen.

mod app;
mod invoke;
mod keymap;
mod layout;
mod mouse;
mod news;
mod popup;
mod previewer;
mod reviewing;
#[cfg(test)]
mod tests;
mod theme;
mod typing;
mod update;
mod view;

use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use crossterm::event::Event as Input;
use jiff::tz::TimeZone;
use ratatui::Frame;

pub use app::App;
pub use keymap::Keymap;
pub use theme::Theme;

use app::Waiting;
use previewer::Previewer;
use reviewing::Reviewing;
use update::{Effect, Event, update};

use crate::{
    console::screen::Screen,
    diagnostic::Place,
    workbench::{Command, Engine, News, Review, Workbench},
};

/// How long the loop waits before it looks whether it was asked to stop.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long it waits while something is going on.
const BUSY: Duration = Duration::from_millis(8);
/// From when on a command that has not been answered is told to be waited for.
const SLOW: Duration = Duration::from_millis(400);

/// Where the shell stands after an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Continue,
    /// The person wants the terminal for a while.
    Suspend,
    /// A file is to be opened where something is written.
    Open(Place),
    /// A text is to be put on the clipboard.
    Copy(String),
    /// The terminal shows something else by now: all is to be drawn anew.
    Redraw,
    /// The person leaves.
    Quit,
}

/// How the shell looks and listens.
#[derive(Clone, Debug)]
pub struct Options {
    /// Colours and characters.
    pub theme: Theme,
    /// Keys.
    pub keys: Keymap,
    /// Whether the project's files are watched.
    pub watch: bool,
    /// Messages to look through.
    pub review: Option<Review>,
    /// Times are shown as they are there.
    pub zone: TimeZone,
}

/// A command that is not answered yet.
struct Asked {
    /// Since when it is waited for.
    since: Instant,
    /// The message, if it is one.
    text: Option<String>,
}

/// The shell without a terminal: inputs go in, frames come out.
pub struct Session {
    app: App,
    engine: Engine,
    previewer: Previewer,
    /// Commands that are not answered yet, the oldest first.
    asked: VecDeque<Asked>,
}

impl Session {
    /// Starts a shell of the given columns and rows; `now` gives the time in seconds since 1970.
    pub fn new(
        workbench: Workbench,
        options: Options,
        size: (u16, u16),
        now: Arc<dyn Fn() -> f64 + Send + Sync>,
    ) -> Self {
        let mut app = App::new(workbench.state(), options.theme, options.keys, options.zone);
        app.review = options.review.map(Reviewing::new);
        let mut session = Self {
            app,
            engine: Engine::start(workbench, now, options.watch),
            previewer: Previewer::default(),
            asked: VecDeque::new(),
        };
        session.handle(Event::Resized(size.0, size.1));
        session.handle(Event::Started);
        session
    }

    /// Takes what the terminal tells.
    pub fn input(&mut self, input: Input) -> Flow {
        match input {
            Input::Key(key) => self.handle(Event::Key(key)),
            Input::Paste(text) => self.handle(Event::Paste(text)),
            Input::Mouse(mouse) => self.handle(Event::Mouse(mouse)),
            Input::Resize(width, height) => self.handle(Event::Resized(width, height)),
            Input::FocusGained | Input::FocusLost => Flow::Continue,
        }
    }

    /// Takes what the workbench has done meanwhile; tells whether there was anything, and where that leads.
    pub fn catch_up(&mut self) -> (bool, Flow) {
        let mut any = false;
        if let Some(preview) = self.previewer.take() {
            any = true;
            self.handle(Event::Previewed(Box::new(preview)));
        }
        while let Some(news) = self.engine.news() {
            any = true;
            let flow = self.hear(news);
            if flow != Flow::Continue {
                return (true, flow);
            }
        }
        let waiting = self.waiting();
        if waiting != self.app.waiting {
            any = true;
            self.handle(Event::Waiting(waiting));
        }
        (any, Flow::Continue)
    }

    /// Waits until nothing is going on any more.
    pub fn settle(&mut self) -> Flow {
        loop {
            let (any, flow) = self.catch_up();
            if flow != Flow::Continue {
                return flow;
            }
            if !any && !self.is_busy() {
                // What was told just before the work ended is still to be heard.
                match self.catch_up() {
                    (true, Flow::Continue) => continue,
                    (_, flow) => return flow,
                }
            }
            if !any && let Some(news) = self.engine.wait(BUSY) {
                let flow = self.hear(news);
                if flow != Flow::Continue {
                    return flow;
                }
            }
        }
    }

    /// Tells whether something is going on.
    pub fn is_busy(&self) -> bool {
        self.engine.is_busy() || self.previewer.is_busy()
    }

    /// Returns what has not been answered for a while: a command, or an action that a reminder runs.
    fn waiting(&self) -> Option<Waiting> {
        let asked = self.asked.front();
        let call = self.engine.call();
        let since = [
            asked.map(|asked| asked.since),
            call.as_ref().map(|call| call.since),
        ];
        let time = since.into_iter().flatten().min()?.elapsed();
        (time > SLOW).then(|| Waiting {
            text: asked.and_then(|asked| asked.text.clone()),
            call: call.map(|call| (call.action, call.whom)),
            seconds: time.as_secs(),
        })
    }

    fn hear(&mut self, news: News) -> Flow {
        if matches!(news, News::Answer(_)) {
            self.asked.pop_front();
            if let Some(next) = self.asked.front_mut() {
                next.since = Instant::now();
            }
        }
        self.handle(Event::News(news))
    }

    /// Draws the state.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        view::draw(frame, &self.app);
    }

    /// Returns what is typed at the moment.
    pub fn text(&self) -> String {
        self.app.text()
    }

    /// Ends it; returns the workbench unless it is still waiting for somebody outside.
    pub fn close(self) -> Option<Workbench> {
        self.engine.close()
    }

    fn handle(&mut self, event: Event) -> Flow {
        let mut events = vec![event];
        let mut flow = Flow::Continue;
        while let Some(event) = events.pop() {
            for effect in update(&mut self.app, event) {
                match effect {
                    Effect::Preview(text) => {
                        let view = Arc::clone(&self.app.state.view);
                        if let Some(preview) = self.previewer.ask(view, text) {
                            events.push(Event::Previewed(Box::new(preview)));
                        }
                    }
                    Effect::Run(command) => {
                        // Learning is told in the title, however long it takes.
                        if command != Command::Train {
                            let text = match &command {
                                Command::Say(text) | Command::SayAs(text, _) => Some(text.clone()),
                                _ => None,
                            };
                            let since = Instant::now();
                            self.asked.push_back(Asked { since, text });
                        }
                        self.engine.run(command);
                    }
                    Effect::Cancel => self.engine.cancel(),
                    Effect::GiveUp => self.engine.give_up(),
                    Effect::Open(place) => flow = Flow::Open(place),
                    Effect::Copy(text) => flow = Flow::Copy(text),
                    Effect::Suspend => flow = Flow::Suspend,
                    Effect::Redraw => flow = Flow::Redraw,
                    Effect::Quit => return Flow::Quit,
                }
            }
        }
        flow
    }
}

/// Runs the shell on a screen until the person leaves, or `stopped` says that the process was asked to end. `edit`
/// opens a file in the person's editor, and tells why it could not.
pub fn run(
    mut session: Session,
    screen: &mut Screen,
    stopped: &dyn Fn() -> bool,
    edit: &dyn Fn(&Place) -> Option<String>,
) -> io::Result<Session> {
    let mut is_old = true;
    loop {
        let (any, mut flow) = session.catch_up();
        is_old |= any | screen.heed_signals()?;
        // While keys are waiting, only the newest text is worth drawing.
        if is_old && !screen.has_more() {
            screen.draw(|frame| session.draw(frame))?;
            is_old = false;
        }
        if stopped() {
            return Ok(session);
        }
        let patience = if session.is_busy() { BUSY } else { PATIENCE };
        if flow == Flow::Continue
            && let Some(input) = screen.next(patience)?
        {
            is_old = true;
            flow = session.input(input);
        }
        match flow {
            Flow::Continue => {}
            Flow::Suspend => screen.suspend()?,
            Flow::Open(place) => {
                if let Some(why) = screen.lend(|| edit(&place))? {
                    session.handle(Event::Told(why));
                }
            }
            Flow::Copy(text) => screen.copy(&text)?,
            Flow::Redraw => screen.clear()?,
            Flow::Quit => return Ok(session),
        }
    }
}
