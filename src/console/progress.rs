//! One live line on a terminal; nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A live line that shows the stage at work, its share and the time left, and disappears when dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(visible: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        Self { bar }
    }

    /// Shows a stage of `total` steps; without a total a spinner turns.
    pub fn stage(&self, name: &str, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg:<10} [{bar:24}] {pos}/{len} {eta}",
            None => "{msg:<10} {spinner}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.reset();
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.enable_steady_tick(Duration::from_millis(100)),
        }
        self.bar.set_message(name.to_owned());
    }

    /// Moves to step `position` of the stage.
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// Runs `print` while the line is out of the way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
