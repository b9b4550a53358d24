//! `bot shell` on a screen: state, update, view.
//!
//! [`App`] is the whole state; [`update`](update::update) changes it for an event and returns effects; `view` draws
//! it and changes nothing; this file runs the loop and carries out the effects on the workbench.

mod app;
mod layout;
mod theme;
mod update;
mod view;

use std::{io, time::Duration};

use crossterm::event::Event as Input;

pub use app::App;
pub use theme::Theme;
use update::{Effect, Event, update};

use crate::{
    console::screen::Screen,
    workbench::{Answer, Command, Workbench},
};

/// How long the loop waits before it looks whether it was asked to stop.
const PATIENCE: Duration = Duration::from_millis(200);

/// Runs the shell until the person leaves.
///
/// `now` gives the time in seconds since 1970; `stopped` tells whether the process was asked to end.
pub fn run(
    workbench: &mut Workbench,
    screen: &mut Screen,
    theme: Theme,
    now: &dyn Fn() -> f64,
    stopped: &dyn Fn() -> bool,
) -> io::Result<()> {
    let mut app = App::new(workbench, theme);
    let (width, height) = screen.size()?;
    let mut events = vec![Event::Started, Event::Resized(width, height)];
    loop {
        while let Some(event) = events.pop() {
            for effect in update(&mut app, event) {
                match effect {
                    Effect::Preview(text) => {
                        events.push(Event::Previewed(Box::new(workbench.preview(&text))));
                    }
                    Effect::Run(command) => {
                        let answer = workbench.run(&command, now());
                        if answer == Answer::Quit {
                            return Ok(());
                        }
                        let again = matches!(
                            command,
                            Command::Undo | Command::Redo | Command::Restart | Command::Say(_)
                        );
                        events.push(Event::Answered(answer));
                        if again {
                            events.push(Event::Conversation(
                                workbench.turns().to_vec(),
                                workbench.slots().clone(),
                            ));
                        }
                    }
                    Effect::Suspend => screen.suspend()?,
                    Effect::Quit => return Ok(()),
                }
            }
        }
        // While keys are waiting, only the newest text is worth drawing.
        if !screen.has_more() {
            screen.draw(|frame| view::draw(frame, &app))?;
        }
        if stopped() {
            return Ok(());
        }
        if let Some(input) = screen.next(PATIENCE)? {
            match input {
                Input::Key(key) => events.push(Event::Key(key)),
                Input::Paste(text) => events.push(Event::Paste(text)),
                Input::Mouse(mouse) => events.push(Event::Mouse(mouse)),
                Input::Resize(width, height) => events.push(Event::Resized(width, height)),
                Input::FocusGained | Input::FocusLost => {}
            }
        }
    }
}
