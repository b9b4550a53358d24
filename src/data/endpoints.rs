//! `endpoints.yml` and `credentials.yml`: the servers that an assistant talks to, and the channels that people use.

use super::{Json, Located};
use crate::diagnostic::Origin;

/// Everything that `endpoints.yml` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    /// Sections in file order, by name: `action_endpoint`, `nlg`, `tracker_store`, …
    pub sections: Vec<(Located<String>, Endpoint)>,
}

/// One server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// `url`.
    pub url: Option<Located<String>>,
    /// `type`, or `store_type`.
    pub kind: Option<String>,
    /// Further headers of every request.
    pub headers: Vec<(String, String)>,
    /// Further parameters of every request.
    pub params: Vec<(String, String)>,
    /// User and password.
    pub basic_auth: Option<(String, String)>,
    /// A token that goes into the query.
    pub token: Option<String>,
    /// Name of that parameter; `token` where missing.
    pub token_name: Option<String>,
    /// Every key as written.
    pub options: serde_json::Map<String, Json>,
}

/// A channel of `credentials.yml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// `rest`, `slack`, …, or a Python class.
    pub name: String,
    /// Its keys as written.
    pub options: serde_json::Map<String, Json>,
    /// Where the name stands.
    pub origin: Origin,
}

impl Endpoints {
    /// Returns a section.
    pub fn section(&self, name: &str) -> Option<&Endpoint> {
        self.sections
            .iter()
            .find(|(known, _)| known.value == name)
            .map(|(_, endpoint)| endpoint)
    }
}
