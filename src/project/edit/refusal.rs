//! Why an edit was not made, and what to paste instead.

use crate::diagnostic::Place;

/// Why an edit cannot be made safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file cannot be read.
    Broken,
    /// The file is another one than was read.
    Outdated,
    /// The part is written in brackets, or on the line of its key.
    Flow,
    /// The part is an alias, or an alias elsewhere stands for it.
    Shared,
    /// The examples are no `|` block.
    Block,
    /// The part is of another kind than it must be.
    WrongKind,
    /// The text has a `${VARIABLE}`.
    Variable,
    /// The file is all ASCII and has `\uXXXX` escapes, which a new character would switch off.
    Escapes,
    /// The example stands there already, under this intent.
    Duplicate {
        /// Its intent.
        intent: String,
        /// Where.
        place: Place,
    },
    /// The intent is declared nowhere.
    UnknownIntent(String),
    /// The intent has examples already.
    KnownIntent(String),
    /// Nothing that could be edited stands at the place.
    NothingThere,
    /// It is the only example of its intent.
    LastExample,
    /// The entity cuts through another one.
    Overlap,
    /// No way of writing it is read back exactly.
    Unwritable,
    /// The file would say something else than the old content with the new.
    Misread,
}

/// An edit that was not made. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The file, as shown to people; empty where no file is to blame.
    pub file: String,
    /// The line, from 1; 0 where no line is to blame.
    pub line: usize,
    /// The lines to write there by hand; empty where there are none.
    pub lines: String,
}

impl Refusal {
    /// Makes a refusal that no file is to blame for.
    pub(super) fn new(reason: Reason) -> Self {
        Self {
            reason,
            file: String::new(),
            line: 0,
            lines: String::new(),
        }
    }

    /// Sets the lines to write by hand.
    pub(super) fn paste(mut self, lines: impl Into<String>) -> Self {
        self.lines = lines.into();
        self
    }
}
