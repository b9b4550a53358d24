//! The words for everything that can be wrong with a model file.

use std::path::Path;

use crate::{
    diagnostic::{Diagnostic, Error},
    files,
};

/// What is wrong with a model file.
#[derive(Debug)]
pub(super) enum Problem {
    NoModel,
    NotOurs,
    OtherFormat {
        bot: String,
        format: u32,
    },
    Damaged(String),
    /// Something that it needs beside itself.
    Resource(Box<Diagnostic>),
}

impl Problem {
    pub(super) fn at(self, path: &Path) -> Error {
        let name = files::show(path);
        Error::cannot(match self {
            Self::NoModel => Diagnostic::error("model::none", format!("there is no model in `{name}`"))
                .help("`bot train` makes one"),
            Self::NotOurs => Diagnostic::error("model::not-ours", format!("`{name}` is no model of bot"))
                .help("models of Rasa cannot be loaded; `bot train` trains the same project in about a second"),
            Self::OtherFormat { bot, format } => Diagnostic::error(
                "model::other-version",
                format!(
                    "`{name}` was trained by bot {bot} (format {format}), this is bot {} (format {})",
                    env!("CARGO_PKG_VERSION"),
                    super::metadata::FORMAT
                ),
            )
            .help("train it again with `bot train --force`"),
            Self::Resource(problem) => *problem,
            Self::Damaged(why) => Diagnostic::error("model::damaged", format!("`{name}` is damaged: {why}"))
                .help("train it again with `bot train --force`"),
        })
    }
}
