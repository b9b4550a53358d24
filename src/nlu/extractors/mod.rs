//! Extractors find entities in a message.

mod builtin;
mod crf;
mod regex;
mod synonyms;
mod words;

pub(crate) use self::{
    builtin::{BuiltinOptions, DIMENSIONS},
    crf::{CrfExtractor, CrfOptions, Failure as CrfFailure, LexicalFeatures, SavedCrf},
    regex::{RegexExtractor, RegexParams, SavedRegex, broken},
    synonyms::Synonyms,
};
