//! What a component asks a server: as data, since understanding does no input or output itself.

use std::fmt;

use crate::data::Json;

/// A form to be posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Address.
    pub url: String,
    /// Fields of the form.
    pub fields: Vec<(&'static str, String)>,
    /// Seconds until the answer comes too late.
    pub timeout: f64,
}

/// Who carries questions outside and brings answers back.
pub trait Outside: fmt::Debug + Send + Sync {
    /// Returns the answer, if there is one in time; the message is understood without it else.
    fn ask(&self, question: &Question) -> Option<Json>;
}
