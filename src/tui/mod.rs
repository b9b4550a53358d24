//! `bot shell` on a screen: state, update, view.
//!
//! [`App`] is the whole state; `update` changes it for an event and returns effects; `view` draws it and changes
//! nothing. [`Session`] carries the effects out on a workbench; [`run`] puts it on a real screen.

mod app;
mod layout;
mod theme;
mod update;
mod view;

use std::{io, time::Duration};

use crossterm::event::Event as Input;
use ratatui::Frame;

pub use app::App;
pub use theme::Theme;
use update::{Effect, Event, update};

use crate::{
    console::screen::Screen,
    workbench::{Answer, Command, Workbench},
};

/// How long the loop waits before it looks whether it was asked to stop.
const PATIENCE: Duration = Duration::from_millis(200);

/// Where the shell stands after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Continue,
    /// The person wants the terminal for a while.
    Suspend,
    /// The person leaves.
    Quit,
}

/// The shell without a terminal: inputs go in, frames come out.
pub struct Session<'a> {
    app: App,
    workbench: &'a mut Workbench,
    now: &'a dyn Fn() -> f64,
}

impl<'a> Session<'a> {
    /// Starts a shell of the given columns and rows; `now` gives the time in seconds since 1970.
    pub fn new(
        workbench: &'a mut Workbench,
        theme: Theme,
        size: (u16, u16),
        now: &'a dyn Fn() -> f64,
    ) -> Self {
        let app = App::new(workbench, theme);
        let mut session = Self {
            app,
            workbench,
            now,
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

    /// Draws the state.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        view::draw(frame, &self.app);
    }

    /// Returns what is typed at the moment.
    pub fn text(&self) -> String {
        self.app.text()
    }

    fn handle(&mut self, event: Event) -> Flow {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in update(&mut self.app, event) {
                match effect {
                    Effect::Preview(text) => {
                        events.push(Event::Previewed(Box::new(self.workbench.preview(&text))));
                    }
                    Effect::Run(command) => {
                        let answer = self.workbench.run(&command, (self.now)());
                        if answer == Answer::Quit {
                            return Flow::Quit;
                        }
                        let turns_changed = matches!(
                            command,
                            Command::Say(_) | Command::Undo | Command::Redo | Command::Restart
                        );
                        if turns_changed {
                            let turns = self.workbench.turns().to_vec();
                            events.push(Event::Conversation(turns, self.workbench.slots().clone()));
                        }
                        events.push(Event::Answered(answer));
                    }
                    Effect::Suspend => return Flow::Suspend,
                    Effect::Quit => return Flow::Quit,
                }
            }
        }
        Flow::Continue
    }
}

/// Runs the shell on a screen until the person leaves, or `stopped` says that the process was asked to end.
pub fn run(
    workbench: &mut Workbench,
    screen: &mut Screen,
    theme: Theme,
    now: &dyn Fn() -> f64,
    stopped: &dyn Fn() -> bool,
) -> io::Result<()> {
    let mut session = Session::new(workbench, theme, screen.size()?, now);
    loop {
        // While keys are waiting, only the newest text is worth drawing.
        if !screen.has_more() {
            screen.draw(|frame| session.draw(frame))?;
        }
        if stopped() {
            return Ok(());
        }
        if let Some(input) = screen.next(PATIENCE)? {
            match session.input(input) {
                Flow::Continue => {}
                Flow::Suspend => screen.suspend()?,
                Flow::Quit => return Ok(()),
            }
        }
    }
}
