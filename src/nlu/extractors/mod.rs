//! Extractors find entities in a message.

mod regex;
mod synonyms;

pub(crate) use self::{
    regex::{RegexExtractor, RegexParams, SavedRegex},
    synonyms::Synonyms,
};
