//! Asks the Duckling server that `DucklingEntityExtractor` names: bounded in time, and silent for a while after it
//! failed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    http::{Call, Http},
    problem::{Failure, Peer},
};
use crate::{
    data::Json,
    model::Model,
    nlu::{Outside, Question},
};

/// A server that failed is not asked again so long: talking goes on at its pace.
const REST: Duration = Duration::from_secs(30);

/// A connection to the server.
#[derive(Debug)]
pub struct Duckling {
    http: Result<Http, Failure>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the server failed last, if it has not answered since.
    failed: Option<Instant>,
    /// What is still to be told about it.
    note: Option<String>,
}

impl Default for Duckling {
    /// Makes a connection that no model uses yet.
    fn default() -> Self {
        Self {
            http: Http::new(None),
            state: Mutex::default(),
        }
    }
}

impl Duckling {
    /// Connects a model to the server that its configuration names, or to the one at `url`; `None` where there is none.
    pub fn connect(model: &mut Model, url: Option<&str>) -> Option<Arc<Self>> {
        let duckling = Arc::new(Self::default());
        Self::connect_through(model, url, Arc::clone(&duckling) as Arc<dyn Outside>)
            .then_some(duckling)
    }

    /// Lets somebody ask in the place of a connection; returns whether the model has anything to ask.
    pub fn connect_through(
        model: &mut Model,
        url: Option<&str>,
        outside: Arc<dyn Outside>,
    ) -> bool {
        model
            .nlu
            .connect(outside, url.filter(|url| !url.is_empty()))
    }

    /// Tells whether a server would be asked now: none is for a while after it has failed.
    pub fn asks(&self) -> bool {
        let failed = self.state().failed;
        failed.is_none_or(|failed| failed.elapsed() >= REST)
    }

    /// Returns who is asked.
    pub fn whom(question: &Question) -> String {
        peer(question).to_string()
    }

    /// Notes that the server was waited for no longer: as if it had failed.
    pub fn give_up(&self, question: &Question) {
        self.failed(&format!("{} was waited for no longer", peer(question)));
    }

    fn failed(&self, why: &str) {
        let mut state = self.state();
        if state.failed.replace(Instant::now()).is_none() {
            state.note = Some(format!(
                "{why}; messages are understood without its entities"
            ));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is to be told once about a server that does not answer.
    pub fn note(&self) -> Option<String> {
        self.state().note.take()
    }

    fn try_ask(&self, question: &Question) -> Result<Json, Failure> {
        let peer = peer(question);
        let http = self.http.as_ref().map_err(Clone::clone)?;
        let kind = "application/x-www-form-urlencoded; charset=UTF-8";
        let body = form(&question.fields);
        let answer = http.send(&Call {
            method: "POST",
            url: &question.url,
            headers: &[("Content-Type".to_owned(), kind.to_owned())],
            body: Some(body.as_bytes()),
            timeout: question.timeout,
            connect_timeout: question.timeout,
            peer: &peer,
        })?;
        if answer.status != 200 {
            return Err(Failure::Status(peer, answer.status, None));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(Json::Array(found)) => Ok(Json::Array(found)),
            Ok(_) => Err(Failure::Form(peer, "no list".to_owned())),
            Err(error) => Err(Failure::Form(peer, format!("no JSON ({error})"))),
        }
    }
}

impl Outside for Duckling {
    fn ask(&self, question: &Question) -> Option<Json> {
        if !self.asks() {
            return None;
        }
        match self.try_ask(question) {
            Ok(answer) => {
                self.state().failed = None;
                Some(answer)
            }
            Err(failure) => {
                self.failed(&failure.to_string());
                None
            }
        }
    }
}

fn peer(question: &Question) -> Peer {
    let rest = question.url.split_once("://").map_or("", |(_, rest)| rest);
    Peer {
        what: "Duckling server",
        name: rest.split('/').next().unwrap_or_default().to_owned(),
        place: String::new(),
    }
}

/// Writes fields as browsers do.
fn form(fields: &[(&str, String)]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for (name, value) in fields {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(char::from(byte));
                }
                b' ' => out.push('+'),
                _ => drop(write!(out, "%{byte:02X}")),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_keep_every_text() {
        let fields = [
            ("text", "a b&c=é+".to_owned()),
            ("tz", "Europe/Berlin".to_owned()),
        ];
        assert_eq!(form(&fields), "text=a+b%26c%3D%C3%A9%2B&tz=Europe%2FBerlin");
    }
}
