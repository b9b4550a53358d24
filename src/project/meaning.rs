//! What a file says, apart from how it is written: what must stay when only the writing changes.

use crate::{
    data::Json,
    diagnostic::{Diagnostic, SourceId},
    yaml::{self, Limits, Node, NodeKind, Style},
};

/// The content of a node, in file order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A value, and whether `${…}` in it is expanded.
    Value(Json, bool),
    /// The lines of `examples`, as their reader sees them.
    Lines(Vec<String>),
    /// A list.
    List(Vec<Meaning>),
    /// Keys with values.
    Map(Vec<(Json, Meaning)>),
}

/// Tells by the keys that lead to it whether a block of text is a list of `- ` lines.
pub(super) fn is_lines(path: &[&str]) -> bool {
    matches!(path, ["nlu", "-", "examples"])
}

/// Returns what a text says.
pub(super) fn of_text(text: &str) -> Result<Meaning, Diagnostic> {
    let root = yaml::parse(SourceId::default(), text, Limits::default())?;
    Ok(Meaning::of(&root))
}

impl Meaning {
    /// Returns what a file's tree says.
    pub(super) fn of(root: &Node) -> Self {
        Self::with(root, &mut |_, said| said)
    }

    /// Returns what a file's tree would say if each node, keys included, said what `hook` makes of it.
    pub(super) fn with(root: &Node, hook: &mut dyn FnMut(&Node, Self) -> Self) -> Self {
        Self::at(root, &mut Vec::new(), hook)
    }

    fn at<'n>(
        node: &'n Node,
        path: &mut Vec<&'n str>,
        hook: &mut dyn FnMut(&Node, Self) -> Self,
    ) -> Self {
        let said = match &node.kind {
            NodeKind::Scalar {
                value,
                style: Style::Literal,
                ..
            } if is_lines(path) => Self::Lines(example_lines(value)),
            NodeKind::Scalar { value, style, .. } => {
                let expands = *style == Style::Plain && value.contains("${");
                Self::Value(node.json(), expands)
            }
            NodeKind::Sequence(items) => {
                path.push("-");
                let items = items.iter().map(|item| Self::at(item, path, hook));
                let items = items.collect();
                path.pop();
                Self::List(items)
            }
            NodeKind::Mapping(entries) => {
                let mut said = Vec::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    let name = match hook(key, Self::Value(key.json(), false)) {
                        Self::Value(name, _) => name,
                        _ => Json::Null,
                    };
                    path.push(key.text().unwrap_or_default());
                    said.push((name, Self::at(value, path, hook)));
                    path.pop();
                }
                Self::Map(said)
            }
        };
        hook(node, said)
    }

    /// Returns the value under a key of a mapping.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => entries
                .iter_mut()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Returns the lines of a block of examples without the blanks that its reader strips; empty ones say nothing.
fn example_lines(block: &str) -> Vec<String> {
    let lines = block.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| match line.strip_prefix('-') {
            Some(rest) => format!("-{}", rest.trim_matches([' ', '\r'])),
            None => line.to_owned(),
        })
        .collect()
}
