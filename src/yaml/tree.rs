//! The tree.

use std::sync::Arc;

use super::resolve;
use crate::text::{Span, line_start};

/// How a scalar was written; only plain ones have a type other than text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// A block after `|`: line for line as written.
    Literal,
    /// A block after `>`.
    Folded,
}

/// A piece of YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Bytes of the file; for an alias, where the alias stands.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Text, a number, a truth value or null.
    Scalar {
        /// The text after unquoting.
        value: Arc<str>,
        /// How it was written.
        style: Style,
        /// Whether a `!!str` tag makes it text.
        text: bool,
    },
    /// A list.
    Sequence(Arc<[Node]>),
    /// Keys with values, in file order; keys never repeat.
    Mapping(Arc<[(Node, Node)]>),
}

impl Node {
    /// Makes a null that stands at `span`.
    pub fn null(span: Span) -> Self {
        Self {
            kind: NodeKind::Scalar {
                value: Arc::from(""),
                style: Style::Plain,
                text: false,
            },
            span,
        }
    }

    /// Returns the text of a scalar, whatever its type would be.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Returns the text of a scalar that is text: not a number, a truth value or null.
    pub fn string(&self) -> Option<&str> {
        match (&self.kind, self.json()) {
            (NodeKind::Scalar { value, .. }, serde_json::Value::String(_)) => Some(value),
            _ => None,
        }
    }

    /// Returns the items of a list.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the entries of a mapping.
    pub fn entries(&self) -> Option<&[(Self, Self)]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the value under a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Returns key and value of a mapping's entry.
    pub fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        self.entries()?
            .iter()
            .find(|(name, _)| name.text() == Some(key))
            .map(|(name, value)| (name, value))
    }

    /// Tells whether it is null.
    pub fn is_null(&self) -> bool {
        self.json().is_null()
    }

    /// Returns the truth value, if it is one.
    pub fn bool(&self) -> Option<bool> {
        self.json().as_bool()
    }

    /// Returns the number, if it is one.
    pub fn number(&self) -> Option<f64> {
        self.json().as_f64()
    }

    /// Returns the node as JSON, scalars typed by YAML 1.2's core schema.
    ///
    /// Numbers that JSON cannot hold (`.inf`, `.nan`) become text.
    pub fn json(&self) -> serde_json::Value {
        match &self.kind {
            NodeKind::Scalar {
                value,
                style: Style::Plain,
                text: false,
            } => resolve::plain(value),
            NodeKind::Scalar { value, .. } => serde_json::Value::String(value.to_string()),
            NodeKind::Sequence(items) => items.iter().map(Self::json).collect(),
            NodeKind::Mapping(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.text().unwrap_or_default().to_owned(), value.json()))
                    .collect(),
            ),
        }
    }

    /// Returns what kind of thing it is, as a word for people.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
            NodeKind::Scalar { .. } => match self.json() {
                serde_json::Value::Null => "empty",
                serde_json::Value::Bool(_) => "a truth value",
                serde_json::Value::Number(_) => "a number",
                _ => "text",
            },
        }
    }

    /// Returns the lines of a scalar, each with its place in `source`.
    ///
    /// For a literal block that is the very line; for every other style lines are not kept apart in the source, so
    /// each gets the span of the whole scalar.
    pub fn lines<'a, 's>(
        &'a self,
        source: &'s str,
    ) -> impl Iterator<Item = (&'a str, Span)> + use<'a, 's> {
        let (value, literal) = match &self.kind {
            NodeKind::Scalar { value, style, .. } => (value.as_ref(), *style == Style::Literal),
            _ => ("", false),
        };
        let mut start = line_start(source, self.span.start);
        value.lines().map(move |line| {
            let place = literal.then(|| literal_line(source, &mut start, line));
            (line, place.flatten().unwrap_or(self.span))
        })
    }
}

/// Finds the next source line from `start` on that ends in `line`, and moves `start` behind it.
fn literal_line(source: &str, start: &mut usize, line: &str) -> Option<Span> {
    let mut at = *start;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest.find('\n').unwrap_or(rest.len());
        let body = rest.get(..end)?.trim_end_matches('\r');
        let indented = body.strip_suffix(line.trim_end_matches('\r'));
        if indented.is_some_and(|indent| indent.bytes().all(|b| b == b' ')) {
            *start = at + end + 1;
            return Some(Span::new(
                at + body.len() - line.len().min(body.len()),
                at + body.len(),
            ));
        }
        at += end + 1;
    }
    None
}
