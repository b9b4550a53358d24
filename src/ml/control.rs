//! How a caller watches and stops a long fit.

use crate::ml::{Error, Result};

/// Hooks into a fit; the default neither stops nor tells.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    /// Asked often, from any thread; once it says true the fit ends with [`Error::Cancelled`].
    pub cancelled: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Told, from any thread, how many of how many parts are done.
    pub progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

impl Control<'_> {
    /// Tells whether the fit is to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_some_and(|ask| ask())
    }

    /// Returns the error of a cancelled fit once it is to stop.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Tells that `done` of `all` parts are done.
    pub fn report(&self, done: usize, all: usize) {
        if let Some(tell) = self.progress {
            tell(done, all);
        }
    }
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("cancelled", &self.cancelled.is_some())
            .field("progress", &self.progress.is_some())
            .finish()
    }
}
