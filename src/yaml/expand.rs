//! `${VAR}` in plain scalars: replaced as Rasa's loader does, before anything else is read.

use std::collections::BTreeMap;

use super::tree::{Node, NodeKind, Style};
use crate::{
    diagnostic::{Diagnostic, Origin, SourceId},
    text::Span,
};

/// Variables that `${NAME}` may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Returns the variables of this process; those that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// Returns the value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Replaces `${VAR}` (and, beside it, `$VAR`) in every plain scalar that holds `${…}`, keys too.
///
/// The result is always text. An unset variable at the start of a word is a finding; inside a word it stays as
/// written. Quoted scalars and blocks are never touched. Linear in the size of the tree.
pub fn expand(
    root: &Node,
    source: SourceId,
    environment: &Environment,
    findings: &mut Vec<Diagnostic>,
) -> Node {
    Expansion {
        source,
        environment,
        findings,
    }
    .node(root)
}

struct Expansion<'a> {
    source: SourceId,
    environment: &'a Environment,
    findings: &'a mut Vec<Diagnostic>,
}

impl Expansion<'_> {
    fn node(&mut self, node: &Node) -> Node {
        let kind = match &node.kind {
            NodeKind::Scalar {
                value,
                style: Style::Plain,
                ..
            } if has_variable(value) => NodeKind::Scalar {
                value: self.scalar(value, node.span).into(),
                style: Style::Plain,
                text: true,
            },
            NodeKind::Scalar { .. } => node.kind.clone(),
            NodeKind::Sequence(items) => {
                NodeKind::Sequence(items.iter().map(|item| self.node(item)).collect())
            }
            NodeKind::Mapping(entries) => NodeKind::Mapping(
                entries
                    .iter()
                    .map(|(key, value)| (self.node(key), self.node(value)))
                    .collect(),
            ),
        };
        Node {
            kind,
            span: node.span,
        }
    }

    fn scalar(&mut self, value: &str, span: Span) -> String {
        let (mut out, mut rest) = (String::with_capacity(value.len()), value);
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at..).unwrap_or_default();
            let (name, len) = variable(rest);
            match name.and_then(|name| self.environment.get(name)) {
                Some(found) => out.push_str(found),
                None => out.push_str(rest.get(..len).unwrap_or_default()),
            }
            rest = rest.get(len..).unwrap_or_default();
        }
        out.push_str(rest);
        let unset = out
            .split_whitespace()
            .find(|word| word.starts_with('$') && value.contains(word));
        if let Some(word) = unset {
            let name = variable(word).0.unwrap_or(word);
            self.findings.push(
                Diagnostic::error(
                    "yaml::unset-variable",
                    format!("the environment variable `{name}` is not set"),
                )
                .label(Origin::new(self.source, span), "named here")
                .help(format!(
                    "set it: `export {name}=…`; or put the value in quotes if it is no variable"
                )),
            );
            // Its name stands in for it, so that this is not told a second time as a mistake of what it means.
            return name.to_owned();
        }
        out
    }
}

/// Tells whether a scalar qualifies: it holds `${` and a `}` after at least one character.
pub(super) fn has_variable(value: &str) -> bool {
    value
        .find("${")
        .and_then(|at| value.get(at + 2..))
        .is_some_and(|rest| rest.find('}').is_some_and(|end| end > 0))
}

/// Returns the name after a `$` at the start of the text, if there is one, and the bytes it takes with the `$`.
fn variable(text: &str) -> (Option<&str>, usize) {
    let after = text.get(1..).unwrap_or_default();
    if let Some(inner) = after.strip_prefix('{') {
        return match inner.find('}') {
            Some(end) => (inner.get(..end), end + 3),
            None => (None, 1),
        };
    }
    let end = after
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(after.len());
    if end == 0 {
        (None, 1)
    } else {
        (after.get(..end), end + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Limits, parse};

    fn expanded(text: &str) -> (serde_json::Value, Vec<Diagnostic>) {
        let environment = [("NUM", "42"), ("HOST", "there")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let root = parse(SourceId::default(), text, Limits::default()).unwrap();
        let mut findings = Vec::new();
        let root = expand(&root, SourceId::default(), &environment, &mut findings);
        (root.json(), findings)
    }

    #[test]
    fn plain_scalars_are_expanded_as_rasa_expands_them() {
        for (text, value) in [
            ("${NUM}", "42"),
            ("pre_${HOST}_post", "pre_there_post"),
            ("${HOST} and $NUM", "there and 42"),
            ("$NUM", "$NUM"),
            ("\"${NUM}\"", "${NUM}"),
            ("'${NUM}'", "${NUM}"),
            ("pre_${UNSET}", "pre_${UNSET}"),
            ("|-\n ${NUM}", "${NUM}"),
        ] {
            let (json, findings) = expanded(&format!("k: {text}\n"));
            assert_eq!(json, serde_json::json!({"k": value}), "{text}");
            assert!(findings.is_empty(), "{text}");
        }
        assert_eq!(
            expanded("${HOST}: 1\n").0,
            serde_json::json!({"there": 1}),
            "keys too"
        );
    }

    #[test]
    fn an_unset_variable_at_the_start_of_a_word_is_told_with_its_place() {
        let (_, findings) = expanded("a: 1\nurl: ${NOBODY}/path\n");
        let finding = findings.first().unwrap();
        assert_eq!(finding.code, "yaml::unset-variable");
        assert!(finding.message.contains("`NOBODY`"));
    }
}
