//! The artefact: what training writes and everything else reads.

mod artefact;
mod folder;
mod metadata;
mod problem;
mod train;

use crate::{
    data::{Config, DEFAULT_ACTIONS, Domain, Parse},
    dialogue::Dialogue,
    nlu::{self, Decision, Explanation, Pipeline},
};

pub use folder::{Entry, Folder};
pub use metadata::{Figures, Metadata};
pub use train::{Event, Options, Part, Trained, fits, train, unchanged};

/// A trained assistant, ready to talk.
#[derive(Clone, Debug)]
pub struct Model {
    /// Where it comes from and how good it is.
    pub metadata: Metadata,
    /// Its configuration.
    pub config: Config,
    /// Its world.
    pub domain: Domain,
    /// How it understands.
    pub nlu: Pipeline,
    /// How it goes on.
    pub dialogue: Dialogue,
}

impl Model {
    /// Understands a message, `/intent{…}` included.
    pub fn parse(&self, text: &str) -> Parse {
        self.nlu.parse(text, &self.domain)
    }

    /// Understands a message as far as that can be done at once: no server is asked.
    pub fn preview(&self, text: &str) -> Parse {
        self.nlu.preview(text, &self.domain)
    }

    /// Returns which component decided about the intent of a message.
    pub fn decision(&self, text: &str) -> Decision {
        self.nlu.decision(text, &self.domain)
    }

    /// Returns why the message got its intent rather than the next best, or `None` where there is nothing to say: no
    /// word decided about a message that names its intent.
    pub fn explain(&self, text: &str) -> Option<Explanation> {
        if nlu::read_payload(text, &self.domain).is_some() {
            return None;
        }
        self.nlu.explain(text)
    }

    /// Returns why a message of a retrieval intent got its answer rather than the next best, or `None` where there is
    /// nothing to say.
    pub fn explain_answer(&self, text: &str, intent: &str) -> Option<Explanation> {
        if nlu::read_payload(text, &self.domain).is_some() {
            return None;
        }
        self.nlu.explain_answer(text, intent)
    }

    /// Tells whether the domain has this action.
    pub fn knows_action(&self, name: &str) -> bool {
        DEFAULT_ACTIONS.contains(&name)
            || self
                .domain
                .actions
                .iter()
                .any(|action| action.value == name)
            || self.domain.response(name).is_some()
            || self.domain.form(name).is_some()
            || self.says(name)
    }

    /// Tells whether an action is a text that the bot says end to end.
    pub fn says(&self, action: &str) -> bool {
        let texts = &self.domain.e2e_actions;
        texts
            .binary_search_by(|text| text.as_str().cmp(action))
            .is_ok()
    }
}
