//! What can go wrong in learning.

use std::fmt;

/// Why something was not learned or loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A parameter has a value that means nothing.
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What the value must be.
        must_be: &'static str,
    },
    /// Rows and targets, or other things that go in pairs, differ in number.
    Mismatch {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// There is nothing to learn from.
    NoRows,
    /// The caller stopped the fit.
    Cancelled,
    /// Training would take minutes or gigabytes.
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Saved parts do not make a model.
    Parts(&'static str),
    /// An error of linfa.
    Linfa(linfa::Error),
    /// An error of linfa's support vector machine.
    LinfaSvm(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter {
                name,
                value,
                must_be,
            } => write!(f, "`{name}` is {value} but must be {must_be}"),
            Self::Mismatch {
                what,
                expected,
                found,
            } => write!(f, "{found} {what} where {expected} belong"),
            Self::NoRows => f.write_str("no examples to learn from"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::TooLarge { what, found, limit } => {
                write!(f, "{found} {what} are too many, the limit is {limit}")
            }
            Self::Parts(problem) => write!(f, "damaged model: {problem}"),
            Self::Linfa(error) => error.fmt(f),
            Self::LinfaSvm(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for Error {}

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error)
    }
}

/// Checks one parameter.
pub(super) fn require(
    holds: bool,
    name: &'static str,
    value: impl Into<f64>,
    must_be: &'static str,
) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(Error::Parameter {
            name,
            value: value.into(),
            must_be,
        })
    }
}

/// Checks that two things that go in pairs are equally many.
pub(super) fn require_equal(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), Error> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::Mismatch {
            what,
            expected,
            found,
        })
    }
}
