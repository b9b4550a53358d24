//! What is wrong, where, and how to mend it: the one type for every complaint to a person.
//!
//! A layer describes its mistakes in an enum of its own (data and places, no words) and turns them into a
//! [`Diagnostic`] in one place; `report::diagnostic` renders it with the lines of the source.

mod source;
mod suggest;

use std::fmt;

pub use source::{Origin, Place, Source, SourceId, Sources};
pub use suggest::did_you_mean;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; never changes an exit code.
    Advice,
    /// Works, but probably not as meant.
    Warning,
    /// Does not work.
    Error,
}

impl Severity {
    /// Returns the word for it: `error`, `warning` or `note`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "note",
        }
    }
}

/// A marked piece of a source with a few words to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The marked place.
    pub origin: Origin,
    /// Words beside the mark; may be empty.
    pub text: String,
}

/// A change that mends a finding without changing anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The piece to replace.
    pub origin: Origin,
    /// What stands there now; the fix does not apply where it does not.
    pub old: String,
    /// What should stand there; nothing removes the whole line.
    pub new: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name, `area::what`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Marked places; the first is the main one and decides file and line.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Further places that belong to the same finding, in other files or far away.
    pub related: Vec<Diagnostic>,
    /// How to mend it safely, where there is one way.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// Makes a finding of the given severity.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// Makes an error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// Makes a warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Makes something that is good to know.
    pub fn advice(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Advice, code, message)
    }

    /// Adds a marked place.
    #[must_use]
    pub fn label(mut self, origin: Origin, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            origin,
            text: text.into(),
        });
        self
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets what to do about it, where there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Adds a further place as advice.
    #[must_use]
    pub fn related(
        mut self,
        message: impl Into<String>,
        origin: Origin,
        label: impl Into<String>,
    ) -> Self {
        self.related
            .push(Self::new(Severity::Advice, "", message).label(origin, label));
        self
    }

    /// Says how to mend it: put `new` in the place of `old`.
    #[must_use]
    pub fn fix(mut self, origin: Origin, old: &str, new: &str) -> Self {
        self.fix = Some(Box::new(Fix {
            origin,
            old: old.to_owned(),
            new: new.to_owned(),
        }));
        self
    }

    /// Says to put the name that was probably meant in the place of `old`, if there is one.
    #[must_use]
    pub fn fix_spelling(self, origin: Origin, old: &str, meant: Option<&str>) -> Self {
        match meant {
            Some(new) => self.fix(origin, old, new),
            None => self,
        }
    }

    /// Returns the main place.
    pub fn origin(&self) -> Option<Origin> {
        self.labels.first().map(|label| label.origin)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The input was read, and these are its mistakes: exit code 1.
    Findings(Vec<Diagnostic>),
    /// It could not be tried at all (a missing file, a wrong argument): exit code 2.
    Cannot(Box<Diagnostic>),
    /// There was nothing to test: exit code 4.
    Nothing(Box<Diagnostic>),
    /// The person stopped it: exit code 130.
    Interrupted,
}

impl Error {
    /// Makes the error for something that could not be tried.
    pub fn cannot(diagnostic: Diagnostic) -> Self {
        Self::Cannot(Box::new(diagnostic))
    }

    /// Returns what there is to show.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Findings(all) => all,
            Self::Cannot(one) | Self::Nothing(one) => std::slice::from_ref(one),
            Self::Interrupted => &[],
        }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Findings(vec![diagnostic])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.diagnostics() {
            [] => f.write_str("interrupted"),
            [first, ..] => first.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// Result of whatever can fail for a reason that a person must hear.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Returns `n thing` or `n things`, with thousands separated.
pub fn count(n: usize, thing: &str) -> String {
    let plural = match thing {
        _ if n == 1 => thing.to_owned(),
        _ if thing.ends_with("ss") || thing.ends_with('x') => format!("{thing}es"),
        _ if thing.ends_with('y') && !thing.ends_with("ay") => {
            format!("{}ies", &thing[..thing.len() - 1])
        }
        _ => format!("{thing}s"),
    };
    format!("{} {plural}", thousands(n))
}

/// Returns the number with a comma between groups of three digits.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_english() {
        assert_eq!(count(1, "story"), "1 story");
        assert_eq!(count(0, "story"), "0 stories");
        assert_eq!(count(2, "class"), "2 classes");
        assert_eq!(count(12_345, "row"), "12,345 rows");
        assert_eq!(count(2, "essay"), "2 essays");
    }
}
