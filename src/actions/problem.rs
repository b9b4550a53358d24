//! The words for everything that can go wrong with an action outside: shown at the turn, the conversation goes on.

use std::fmt;

/// Why an action could not be run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// No file says who runs custom actions.
    NoServer,
    /// The files that say so cannot be used.
    NoFile(String),
    /// Nobody listens there.
    Unreachable(Peer, String),
    /// No answer in time.
    TimedOut(Peer, f64),
    /// The connection broke off, or what came was no HTTP.
    Broken(Peer, String),
    /// The server knows no such action.
    Unknown(Peer),
    /// The answer is an error.
    Status(Peer, u16, Option<String>),
    /// The answer sends us elsewhere.
    Moved(Peer, String),
    /// The answer is larger than is read.
    TooLarge(Peer, u64),
    /// The answer is no JSON, or not of the form it must have.
    Form(Peer, String),
    /// The address, a header or a certificate cannot be used.
    Unusable(String),
    /// `actions.yml` names a value that there is not.
    NoValue(String),
    /// The program cannot be started.
    NotStarted(String, String),
    /// The program ended with an error.
    Ended(String, String),
}

/// Who was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// `action server`, `response server`, `service`, or `program`.
    pub(super) what: &'static str,
    /// Host and port, or the program's name.
    pub(super) name: String,
    /// Where that is written: `endpoints.yml:3`.
    pub(super) place: String,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, place } = self;
        write!(f, "the {what} at {name}")?;
        if !place.is_empty() {
            write!(f, " ({place})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer => f.write_str(
                "no action server: name one under `action_endpoint:` in endpoints.yml, or say in actions.yml what to do",
            ),
            Self::NoFile(why) => write!(f, "not run: {why}"),
            Self::Unreachable(Peer { what, name, place }, why) => {
                write!(f, "no {what} at {name}")?;
                if !place.is_empty() {
                    write!(f, " ({place})")?;
                }
                if !why.is_empty() {
                    write!(f, ": {why}")?;
                }
                Ok(())
            }
            Self::TimedOut(peer, seconds) => write!(f, "{peer} gave no answer within {seconds} s"),
            Self::Broken(peer, why) => write!(f, "{peer} gave no whole answer: {why}"),
            Self::Unknown(peer) => write!(f, "{peer} has no such action"),
            Self::Status(peer, status, None) => write!(f, "{peer} answered {status}"),
            Self::Status(peer, status, Some(error)) => write!(f, "{peer} answered {status}: {error}"),
            Self::Moved(peer, to) => write!(f, "{peer} sends us to {to}: write that address instead"),
            Self::TooLarge(peer, limit) => {
                write!(f, "{peer} answered with more than {} MiB", limit >> 20)
            }
            Self::Form(peer, what) => write!(f, "{peer} answered with something else than is asked for: {what}"),
            Self::Unusable(what) => f.write_str(what),
            Self::NoValue(name) => {
                write!(f, "actions.yml asks for `{{{name}}}`, but there is no such slot or value")
            }
            Self::NotStarted(program, why) => write!(f, "`{program}` cannot be started: {why}"),
            Self::Ended(program, how) => write!(f, "`{program}` {how}"),
        }
    }
}

/// Returns the start of a text of others in one line.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 200;
    let line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
