//! Walking a YAML tree and noting everything that is not as it should be.

use super::problem;
use crate::{
    data::Located,
    diagnostic::{Diagnostic, Origin, SourceId, did_you_mean},
    text::Span,
    yaml::Node,
};

/// One file being read, with the findings so far.
pub(super) struct Reader<'a> {
    /// The file.
    pub(super) source: SourceId,
    /// Its text.
    pub(super) text: &'a str,
    /// Everything found in all files so far.
    pub(super) findings: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Returns the place of a span.
    pub(super) fn origin(&self, span: Span) -> Origin {
        Origin::new(self.source, trim(self.text, span))
    }

    /// Notes a finding.
    pub(super) fn note(&mut self, diagnostic: Diagnostic) {
        self.findings.push(diagnostic);
    }

    /// Returns the entries of a mapping; anything else is noted, null is empty.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Node, Node)] {
        if let Some(entries) = node.entries() {
            entries
        } else {
            if !node.is_null() {
                self.expected(node, what, "a mapping");
            }
            &[]
        }
    }

    /// Returns the items of a list; anything else is noted, null is empty.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        if let Some(items) = node.items() {
            items
        } else {
            if !node.is_null() {
                self.expected(node, what, "a list");
            }
            &[]
        }
    }

    /// Returns a text; anything else is noted.
    pub(super) fn string(&mut self, node: &Node, what: &str) -> Option<String> {
        if let Some(text) = node.string() {
            Some(text.to_owned())
        } else {
            self.expected(node, what, "text");
            None
        }
    }

    /// Returns a name: a text that is not empty.
    pub(super) fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let name = self.string(node, what)?;
        let name = name.trim();
        if name.is_empty() {
            self.note(problem::empty_name(self.origin(node.span), what));
            return None;
        }
        Some(name.to_owned())
    }

    /// Returns a truth value; anything else is noted.
    pub(super) fn bool(&mut self, node: &Node, what: &str) -> Option<bool> {
        let value = node.bool();
        if value.is_none() {
            self.expected(node, what, "`true` or `false`");
        }
        value
    }

    /// Returns a number; anything else is noted.
    pub(super) fn number(&mut self, node: &Node, what: &str) -> Option<f64> {
        let value = node.number();
        if value.is_none() {
            self.expected(node, what, "a number");
        }
        value
    }

    /// Returns the texts of a list, or of a single text, each with its place.
    pub(super) fn strings(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        let items = if node.string().is_some() {
            std::slice::from_ref(node)
        } else {
            self.list(node, what)
        };
        items
            .iter()
            .filter_map(|item| {
                Some(Located::new(
                    self.string(item, what)?,
                    self.origin(item.span),
                ))
            })
            .collect()
    }

    /// Returns a word with its place, where there is one.
    pub(super) fn word(&self, node: Option<&Node>) -> Option<Located<String>> {
        let node = node.filter(|node| !node.is_null())?;
        Some(Located::new(
            node.text()?.to_owned(),
            self.origin(node.span),
        ))
    }

    /// Notes every key that is not among the known ones.
    pub(super) fn keys(&mut self, node: &Node, what: &str, known: &[&str]) {
        for (key, _) in node.entries().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                self.note(problem::unknown_key(
                    self.origin(key.span),
                    name,
                    what,
                    known,
                ));
            }
        }
    }

    /// Notes every key that Rasa passes over because it knows no such key.
    pub(super) fn unused_keys(&mut self, node: &Node, what: &str, known: &[&str]) {
        for (key, _) in node.entries().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) && !name.starts_with("x-") {
                self.note(problem::unused_key(
                    self.origin(key.span),
                    name,
                    what,
                    known,
                ));
            }
        }
    }

    /// Notes a key at the top of a data file that is close to one that is read there.
    pub(super) fn stray_key(&mut self, key: &Node, name: &str) {
        const KNOWN: [&str; 5] = ["version", "nlu", "stories", "rules", "responses"];
        if !KNOWN.contains(&name) && did_you_mean(name, KNOWN).is_some() {
            let at = self.origin(key.span);
            self.note(problem::unused_key(at, name, "a data file", &KNOWN));
        }
    }

    /// Notes that something is of another kind than it must be.
    pub(super) fn expected(&mut self, node: &Node, what: &str, wanted: &str) {
        self.note(problem::wrong_kind(
            self.origin(node.span),
            what,
            wanted,
            node.kind_name(),
        ));
    }
}

/// Drops white space at the end of a span, and shortens long ones to their first line.
fn trim(text: &str, span: Span) -> Span {
    let piece = span.of(text);
    let line = piece.lines().next().unwrap_or_default().trim_end();
    Span::new(span.start, span.start + line.len())
}
