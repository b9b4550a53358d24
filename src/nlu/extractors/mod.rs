//! Extractors find entities in a message.

mod crf;
mod regex;
mod synonyms;
mod words;

pub(crate) use self::{
    crf::{CrfExtractor, CrfOptions, Failure as CrfFailure, SavedCrf},
    regex::{RegexExtractor, RegexParams, SavedRegex},
    synonyms::Synonyms,
};
