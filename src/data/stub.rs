//! `actions.yml`: custom actions that need no action server.

use super::{Event, Json, Located};

/// A custom action with what is to be done in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Stub {
    /// The action.
    pub action: Located<String>,
    /// What it does.
    pub kind: StubKind,
}

/// What is done in the place of a custom action.
#[derive(Clone, Debug, PartialEq)]
pub enum StubKind {
    /// Always the same.
    Fixed {
        /// Slots to set, in order.
        slots: Vec<(Located<String>, Json)>,
        /// Messages as an action server would send them: `text`, `response`, `buttons`, …
        responses: Vec<Reply>,
        /// Further events.
        events: Vec<Event>,
    },
    /// A call of some web service.
    Http(Box<HttpStub>),
    /// A program that speaks the action server's JSON on stdin and stdout.
    Program {
        /// Program and arguments.
        command: Vec<String>,
        /// Seconds until it is ended.
        timeout: Option<f64>,
    },
}

/// A message as an action server would send it.
pub type Reply = serde_json::Map<String, Json>;

/// A call of a web service; `{slot}` stands for values in address, headers and body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpStub {
    /// `GET`, `POST`, …
    pub method: String,
    /// Address.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// What is sent: text as it is, anything else as JSON.
    pub body: Option<Json>,
    /// Seconds until the call is given up.
    pub timeout: Option<f64>,
    /// Slots to set, each with the JSON pointer of its value in the answer.
    pub slots: Vec<(Located<String>, String)>,
    /// Messages, filled with slots after these are set.
    pub responses: Vec<Reply>,
}

impl Stub {
    /// Returns the names of the slots it sets.
    pub fn slots(&self) -> Vec<&Located<String>> {
        match &self.kind {
            StubKind::Fixed { slots, .. } => slots.iter().map(|(name, _)| name).collect(),
            StubKind::Http(call) => call.slots.iter().map(|(name, _)| name).collect(),
            StubKind::Program { .. } => Vec::new(),
        }
    }
}
