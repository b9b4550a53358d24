//! Who runs custom actions: `actions.yml`, else the action server; a response server words what the bot says.
//!
//! [`Runner`] does whatever a project's files say. Nothing that happens outside ever stops a conversation: what fails
//! is told at the turn.

mod answer;
mod duckling;
mod http;
mod problem;
mod program;
mod request;
mod stubs;
mod values;

use std::{collections::BTreeMap, io::Write, path::PathBuf, sync::Arc};

use flate2::{Compression, write::ZlibEncoder};
use serde_json::Map;

use crate::{
    agent::{ActionOutcome, ActionRequest, Conversation, Step, Turn},
    data::{Domain, Endpoint, Json, Reply, Stub, StubKind, kind_of},
    dialogue::Message,
    model::Model,
};
pub use duckling::Duckling;

use answer::{Answer, message};
use http::{Http, Server};
use problem::{Failure, short};

/// Runs custom actions for a conversation.
pub trait Driver {
    /// Runs one action.
    fn run(&mut self, request: &ActionRequest, conversation: &Conversation) -> ActionOutcome;

    /// Tells whether responses (`utter_…`) are worded here too.
    fn words_responses(&self) -> bool {
        false
    }
}

/// Runs nothing: every custom action fails, and the conversation goes on as it does in Rasa without its server.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoServer;

impl Driver for NoServer {
    fn run(&mut self, _request: &ActionRequest, _conversation: &Conversation) -> ActionOutcome {
        ActionOutcome::Failed(Failure::NoServer.to_string())
    }
}

/// Takes a message through a whole turn.
pub fn say(conversation: &mut Conversation, text: &str, now: f64, driver: &mut dyn Driver) -> Turn {
    conversation.ask_for_responses(driver.words_responses());
    let step = conversation.say(text, now);
    finish(conversation, step, now, driver)
}

/// Runs a begun turn to its end.
pub fn finish(
    conversation: &mut Conversation,
    mut step: Step,
    now: f64,
    driver: &mut dyn Driver,
) -> Turn {
    loop {
        match step {
            Step::Done(turn) => return *turn,
            Step::NeedsAction(request) => {
                let outcome = driver.run(&request, conversation);
                step = conversation.answer(outcome, now);
            }
        }
    }
}

/// What a project's files say about who runs custom actions.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `actions.yml`.
    pub stubs: Vec<Stub>,
    /// `action_endpoint` of `endpoints.yml`, and where its address stands.
    pub action_endpoint: Option<(Endpoint, String)>,
    /// `nlg` of `endpoints.yml`, and where its address stands.
    pub nlg: Option<(Endpoint, String)>,
    /// Why a file could not be used, if so.
    pub unused: Option<String>,
    /// The project's folder: where programs run and certificates lie.
    pub folder: PathBuf,
    /// Whether requests to the action server are packed.
    pub compress: bool,
    /// Writes a domain as action servers read it.
    pub describe: fn(&Domain) -> Json,
}

/// Runs custom actions as a project's files say.
#[derive(Clone, Debug)]
pub struct Runner {
    stubs: BTreeMap<String, StubKind>,
    server: Option<Result<ActionServer, Failure>>,
    nlg: Option<Result<Server, Failure>>,
    http: Result<Http, Failure>,
    unused: Option<String>,
    folder: PathBuf,
    describe: fn(&Domain) -> Json,
    /// The domain of a model as action servers read it: made once for each model.
    described: Option<(Arc<Model>, Arc<Json>)>,
}

#[derive(Clone, Debug)]
struct ActionServer {
    server: Server,
    /// Whether the domain goes only to those who ask for it.
    selective: bool,
    compress: bool,
}

impl Runner {
    /// Prepares everything; connects to nobody.
    pub fn new(setup: Setup) -> Self {
        let folder = &setup.folder;
        let server = setup.action_endpoint.map(|(endpoint, place)| {
            let selective = endpoint.options.get("enable_selective_domain");
            Ok(ActionServer {
                server: Server::new("action server", &endpoint, &place, folder)?,
                selective: selective.and_then(Json::as_bool).unwrap_or(false),
                compress: setup.compress,
            })
        });
        // Of a type other than these only Python knows what it is.
        let nlg = setup
            .nlg
            .filter(|(endpoint, _)| match endpoint.kind.as_deref() {
                None => endpoint.url.is_some(),
                Some(kind) => kind.eq_ignore_ascii_case("callback"),
            });
        let nlg =
            nlg.map(|(endpoint, place)| Server::new("response server", &endpoint, &place, folder));
        let stubs = setup.stubs.into_iter();
        Self {
            stubs: stubs.map(|stub| (stub.action.value, stub.kind)).collect(),
            server,
            nlg,
            http: Http::new(None),
            unused: setup.unused,
            describe: setup.describe,
            described: None,
            folder: setup.folder,
        }
    }

    /// Returns who is asked to run an action; nobody where that is known without asking.
    pub fn asks(&self, action: &str) -> Option<String> {
        let peer = |server: &Server| server.peer.to_string();
        let words = || self.nlg.as_ref()?.as_ref().ok().map(peer);
        if action.starts_with("utter_") {
            return words();
        }
        match (self.stubs.get(action), &self.server) {
            (Some(StubKind::Fixed { .. }), _) => words(),
            (Some(StubKind::Http(stub)), _) => {
                Some(format!("the service at {}", http::authority(&stub.url)))
            }
            (Some(StubKind::Program { .. }), _) => Some("the program of actions.yml".to_owned()),
            (None, Some(Ok(server))) => Some(peer(&server.server)),
            (None, _) => None,
        }
    }

    fn try_run(
        &mut self,
        request: &ActionRequest,
        conversation: &Conversation,
    ) -> Result<ActionOutcome, Failure> {
        let action = request.action.as_str();
        if action.starts_with("utter_") {
            let messages = self.word(action, &Map::new(), conversation)?;
            return Ok(ActionOutcome::Done {
                events: Vec::new(),
                messages: messages.into_iter().collect(),
            });
        }
        let answer = if let Some(kind) = self.stubs.get(action).cloned() {
            let http = self.http.clone()?;
            let folder = self.folder.clone();
            let domain = || (*self.domain(conversation)).clone();
            Some(stubs::run(
                action,
                &kind,
                conversation,
                &http,
                &folder,
                domain,
            )?)
        } else {
            let server = match (&self.server, &self.unused) {
                (Some(server), _) => server.clone()?,
                (None, Some(why)) => return Err(Failure::NoFile(why.clone())),
                (None, None) => return Err(Failure::NoServer),
            };
            self.ask(action, &server, conversation)?
        };
        let Some(answer) = answer else {
            return Ok(ActionOutcome::Rejected);
        };
        let mut messages = Vec::new();
        for mut reply in answer.replies {
            let draft = match reply.remove("response") {
                Some(Json::String(name)) if !name.is_empty() => {
                    match self.word(&name, &reply, conversation)? {
                        Some(draft) => Some(draft),
                        // As in Rasa: what the domain does not know is not said.
                        None => continue,
                    }
                }
                _ => None,
            };
            messages.push(message(draft, reply));
        }
        Ok(ActionOutcome::Done {
            events: answer.events,
            messages,
        })
    }

    /// Asks the action server; `None` where the action refuses to run.
    fn ask(
        &mut self,
        action: &str,
        server: &ActionServer,
        conversation: &Conversation,
    ) -> Result<Option<Answer>, Failure> {
        /// The newer SDK's way to say that it needs the domain.
        const LACKS_DOMAIN: u16 = 449;
        let wants_domain = !server.selective || action.starts_with("validate_") || {
            let domain = &conversation.model().domain;
            domain
                .actions_with_domain
                .iter()
                .any(|known| known == action)
        };
        let mut send = |with_domain: bool| {
            let domain = with_domain.then(|| self.domain(conversation));
            let body = request::body(action, conversation, domain.as_deref());
            server.post(&body)
        };
        let mut answer = send(wants_domain)?;
        // The action has not run, so that asking again is safe.
        if answer.status == LACKS_DOMAIN && !wants_domain {
            answer = send(true)?;
        }
        let peer = || server.server.peer.clone();
        let error: Option<Json> = serde_json::from_slice(&answer.body).ok();
        let said = |key: &str| error.as_ref()?.get(key)?.as_str().map(short);
        match answer.status {
            200..400 => Answer::parse(&answer.body)
                .map(Some)
                .map_err(|what| Failure::Form(peer(), what)),
            400 if said("action_name").is_some() => Ok(None),
            404 if said("action_name").is_some() => Err(Failure::Unknown(peer())),
            status => Err(Failure::Status(peer(), status, said("error"))),
        }
    }

    /// Returns what a response says now: in the words of the response server, or of the domain.
    fn word(
        &self,
        name: &str,
        arguments: &Reply,
        conversation: &Conversation,
    ) -> Result<Option<Message>, Failure> {
        let Some(server) = &self.nlg else {
            return Ok(conversation.respond(name, arguments));
        };
        let server = server.as_ref().map_err(Clone::clone)?;
        let body = request::response_body(name, arguments, conversation);
        let answer = server.post(&serde_json::to_vec(&body).unwrap_or_default(), None)?;
        let peer = || server.peer.clone();
        if answer.status >= 400 {
            return Err(Failure::Status(peer(), answer.status, None));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(Json::Object(reply)) if reply.is_empty() => Ok(None),
            Ok(Json::Object(reply)) => {
                check_words(&reply).map_err(|what| Failure::Form(peer(), what))?;
                let mut message = message(None, reply);
                message.utter_action = Some(name.to_owned());
                Ok(Some(message))
            }
            Ok(other) => Err(Failure::Form(peer(), kind_of(&other).to_owned())),
            Err(error) => Err(Failure::Form(peer(), format!("no JSON ({error})"))),
        }
    }

    fn domain(&mut self, conversation: &Conversation) -> Arc<Json> {
        let model = conversation.model();
        let same = |known: &(Arc<Model>, Arc<Json>)| Arc::ptr_eq(&known.0, model);
        if !self.described.as_ref().is_some_and(same) {
            self.described = None;
        }
        let describe = self.describe;
        let (_, domain) = self
            .described
            .get_or_insert_with(|| (Arc::clone(model), Arc::new(describe(&model.domain))));
        Arc::clone(domain)
    }
}

impl ActionServer {
    fn post(&self, body: &Json) -> Result<http::Answer, Failure> {
        let body = serde_json::to_vec(body).unwrap_or_default();
        if !self.compress {
            return self.server.post(&body, None);
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        let packed = packed.write_all(&body).and_then(|()| packed.finish());
        let packed = packed.map_err(|error| Failure::Unusable(error.to_string()))?;
        self.server.post(&packed, Some("deflate"))
    }
}

/// Tells what is wrong with the words of a response server, by Rasa's schema (`text` may be null here).
fn check_words(reply: &Reply) -> Result<(), String> {
    for (key, value) in reply {
        let (fits, wanted) = match key.as_str() {
            "text" | "image" => (value.is_string(), "a text"),
            "buttons" | "elements" => (value.is_array(), "a list"),
            "attachment" | "custom" => (value.is_object(), "an object"),
            _ => continue,
        };
        if !fits && !value.is_null() {
            return Err(format!("`{key}` is {}, not {wanted}", kind_of(value)));
        }
    }
    Ok(())
}

impl Driver for Runner {
    fn run(&mut self, request: &ActionRequest, conversation: &Conversation) -> ActionOutcome {
        let seen = conversation.seen_by(request);
        self.try_run(request, &seen)
            .unwrap_or_else(|failure| ActionOutcome::Failed(failure.to_string()))
    }

    fn words_responses(&self) -> bool {
        self.nlg.is_some()
    }
}
