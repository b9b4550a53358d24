//! Exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done; tests pass; nothing to do.
    Success,
    /// Done, and the answer is bad: tests failed, a threshold was missed, files have mistakes.
    Failure,
    /// Could not be done: wrong arguments, a file missing, not a project, a model of another version.
    Error,
    /// There was nothing to test.
    Nothing,
    /// Stopped by the person.
    Interrupted,
}

impl ExitStatus {
    /// Returns the code that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Error => 2,
            Self::Nothing => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
