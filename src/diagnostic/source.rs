//! The texts that findings point into.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::text::Span;

/// Names a text in a [`Sources`] table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// Where something was written: a piece of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The text.
    pub source: SourceId,
    /// The piece of it.
    pub span: Span,
}

impl Origin {
    /// Makes an origin.
    pub fn new(source: SourceId, span: impl Into<Span>) -> Self {
        Self {
            source,
            span: span.into(),
        }
    }
}

/// An address that survives without the text: what a model remembers of an [`Origin`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Path as shown to people, relative to the project, with `/`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A text with its name.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as shown to people.
    pub name: String,
    /// The whole text.
    pub text: Arc<String>,
    /// Start of each line, in bytes.
    lines: Vec<usize>,
    /// A piece that says how to work, and nothing to learn.
    apart: Option<Span>,
}

impl Source {
    /// Returns the text without the piece that is set apart, as if it had never stood there.
    pub fn learnt(&self) -> Cow<'_, str> {
        let parts = self.apart.and_then(|apart| {
            let before = self.text.get(..apart.start)?;
            Some((before, self.text.get(apart.end..)?))
        });
        match parts {
            Some((before, after)) => {
                format!("{}\n{}", before.trim_end(), after.trim_start()).into()
            }
            None => self.text.as_str().into(),
        }
    }
}

/// All texts read in one run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
    /// Folder of the project in its repository.
    folder: String,
    /// The top of the repository.
    top: Option<PathBuf>,
}

impl Sources {
    /// Makes an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says where the top of the repository is, and where in it the project lies, as `bots/shop`; nothing where that is
    /// the top itself.
    pub fn lie_in(&mut self, top: PathBuf, folder: String) {
        self.top = Some(top);
        self.folder = folder;
    }

    /// Returns the current folder as it is called from the top of the repository; nothing at the top and outside of
    /// any.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Returns the path of a file from the top of the repository, which is where forges look.
    pub fn in_repository(&self, file: &str) -> String {
        if file.is_empty() {
            return String::new();
        }
        // An absolute path is one of the repository where it lies in the folder we are in, or above that in its top.
        let inside = self
            .top
            .as_ref()
            .and_then(|top| Path::new(file).strip_prefix(top).ok());
        let mut parts: Vec<&str> = Vec::new();
        let from = match inside {
            Some(_) => "",
            None if file.starts_with('/') => return file.to_owned(),
            None => &self.folder,
        };
        let rest = inside.map_or(Some(file), Path::to_str).unwrap_or(file);
        for part in from.split('/').chain(rest.split(['/', '\\'])) {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// Notes that nothing is learnt from a piece of a text.
    pub fn set_apart(&mut self, piece: Origin) {
        if let Some(source) = self.all.get_mut(piece.source.0 as usize) {
            source.apart = Some(piece.span);
        }
    }

    /// Adds a text and returns its name in the table.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let text: String = text.into();
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(i, _)| i + 1))
            .collect();
        self.all.push(Source {
            name: name.into(),
            text: Arc::new(text),
            lines,
            apart: None,
        });
        SourceId(u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX))
    }

    /// Returns the text of that name.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.all.get(id.0 as usize)
    }

    /// Returns the number of texts.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Tells whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns every text in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.all.iter()
    }

    /// Returns file, line and column of an origin; an unknown source gives an empty place.
    pub fn place(&self, origin: Origin) -> Place {
        let Some(source) = self.get(origin.source) else {
            return Place::default();
        };
        let line = source
            .lines
            .partition_point(|start| *start <= origin.span.start)
            .max(1);
        let start = source.lines.get(line - 1).copied().unwrap_or_default();
        let column = source
            .text
            .get(start..origin.span.start)
            .map_or(0, |head| head.chars().count());
        Place {
            file: source.name.clone(),
            line,
            column: column + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_counts_lines_from_one_and_columns_in_characters() {
        let mut sources = Sources::new();
        let id = sources.add("a.yml", "é: 1\nüb: 2\n");
        let place = sources.place(Origin::new(id, 9..10));
        assert_eq!((place.line, place.column), (2, 3));
        assert_eq!(place.to_string(), "a.yml:2");
    }

    #[test]
    fn place_of_an_unknown_source_is_empty() {
        assert_eq!(Sources::new().place(Origin::default()), Place::default());
    }
}
