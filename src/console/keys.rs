//! Single keys while a command waits on a terminal.

use std::{io::IsTerminal, time::Duration};

use crossterm::{
    event::{Event, KeyCode, KeyEventKind, KeyModifiers, poll, read},
    terminal::{disable_raw_mode, enable_raw_mode},
};

/// Reads keys without waiting for Enter as long as it lives; where there is no terminal there are none.
pub struct Keys {
    is_on: bool,
}

impl Keys {
    /// Starts to listen, where that is wanted and stdin is a terminal.
    pub fn new(wanted: bool) -> Self {
        Self {
            is_on: wanted && std::io::stdin().is_terminal() && enable_raw_mode().is_ok(),
        }
    }

    /// Returns a key that was pressed, if any, without waiting; Ctrl-C is `q`.
    pub fn pressed(&self) -> Option<char> {
        if !self.is_on || !poll(Duration::ZERO).unwrap_or(false) {
            return None;
        }
        match read().ok()? {
            Event::Key(key) if key.kind == KeyEventKind::Press => match key.code {
                KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some('q'),
                KeyCode::Char(c) => Some(c),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if self.is_on {
            // A terminal that is gone needs no mending.
            let _ = disable_raw_mode();
        }
    }
}
