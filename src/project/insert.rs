//! Additions to a YAML text that leave every other line as it is.

use crate::{
    diagnostic::SourceId,
    yaml::{
        self, Node,
        emit::{self, fragment},
    },
};

/// A text to which lines are added; nothing is ever taken from it.
#[derive(Clone, Debug)]
pub(super) struct Insertions<'a> {
    text: &'a str,
    root: Node,
    line_end: &'static str,
    /// Where, in which order, and what.
    pieces: Vec<(usize, String)>,
    /// For each section how many items it must have afterwards.
    expected: Vec<(String, usize)>,
}

/// A section that cannot be added to without touching other lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsafe {
    /// The key of the section.
    pub(super) key: String,
    /// The lines that would have been added.
    pub(super) lines: String,
}

impl<'a> Insertions<'a> {
    /// Starts on a text; none if it is no mapping.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        let root = yaml::parse(SourceId::default(), text, yaml::Limits::default()).ok()?;
        if !root.is_null() {
            root.entries()?;
        }
        Some(Self {
            text,
            root,
            line_end: if text.contains("\r\n") { "\r\n" } else { "\n" },
            pieces: Vec::new(),
            expected: Vec::new(),
        })
    }

    /// Adds lines after the line that holds the byte `at`.
    pub(super) fn after_line(&mut self, at: usize, lines: String) {
        let end = self.line_after(at);
        self.pieces.push((end, lines));
    }

    /// Adds items to the list or mapping under a key; makes the section at the end where it is missing.
    pub(super) fn append(&mut self, key: &str, items: &emit::Node) -> Result<(), Unsafe> {
        let added = match items {
            emit::Node::List(items) => items.len(),
            emit::Node::Map(entries) => entries.len(),
            _ => 0,
        };
        if added == 0 {
            return Ok(());
        }
        let is_list = matches!(items, emit::Node::List(_));
        let refuse = |indent: usize| Unsafe {
            key: key.to_owned(),
            lines: fragment(items, indent),
        };
        let default_indent = if is_list { 0 } else { 2 };
        let Some((name, value)) = self.root.entry(key) else {
            let end = self.text.len();
            let blank = if self.text.trim().is_empty() {
                ""
            } else {
                "\n"
            };
            let lines = format!("{blank}{key}:\n{}", fragment(items, default_indent));
            self.pieces.push((end, lines));
            self.expected.push((key.to_owned(), added));
            return Ok(());
        };
        let first = match (value.items(), value.entries()) {
            (Some(items), _) if is_list => items.first().map(|item| item.span.start),
            (_, Some(entries)) if !is_list => entries.first().map(|(name, _)| name.span.start),
            _ if value.is_null() => None,
            _ => return Err(refuse(default_indent)),
        };
        let (indent, at) = match first {
            Some(first) => {
                let line = self.line_start(first);
                let before = self.text.get(line..first).unwrap_or_default();
                let indent = before.bytes().take_while(|byte| *byte == b' ').count();
                let rest = before.get(indent..).unwrap_or_default().trim_end();
                // `[a, b]` and `{a: b}` have no line of their own to add after.
                let is_block = if is_list {
                    rest == "-"
                        || rest.is_empty()
                            && self.text.get(first..).is_some_and(|t| t.starts_with('-'))
                } else {
                    rest.is_empty()
                };
                let on_own_line = line > name.span.start;
                if !is_block || !on_own_line {
                    return Err(refuse(default_indent));
                }
                (indent, self.section_end(key))
            }
            None if value.text().is_some_and(str::is_empty) || value.is_null() => {
                let line = self.line_after(name.span.start);
                let rest = self.text.get(name.span.end..line).unwrap_or_default();
                let rest = rest
                    .trim_start_matches(['"', '\''])
                    .trim_start()
                    .trim_start_matches(':')
                    .trim();
                if !rest.is_empty() && !rest.starts_with('#') {
                    return Err(refuse(default_indent));
                }
                (default_indent, line)
            }
            None => return Err(refuse(default_indent)),
        };
        let before = match (value.items(), value.entries()) {
            (Some(items), _) => items.len(),
            (_, Some(entries)) => entries.len(),
            _ => 0,
        };
        self.expected.push((key.to_owned(), before + added));
        self.pieces.push((at, fragment(items, indent)));
        Ok(())
    }

    /// Returns the text with everything added; none if it would not be read back as expected.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.pieces.is_empty() {
            return Some(self.text.to_owned());
        }
        self.pieces.sort_by_key(|(at, _)| *at);
        let mut out = String::with_capacity(self.text.len() + 1024);
        let mut from = 0;
        for (at, lines) in &self.pieces {
            out.push_str(self.text.get(from..*at)?);
            if !out.is_empty() && !out.ends_with('\n') {
                out.push_str(self.line_end);
            }
            out.push_str(&lines.replace('\n', self.line_end));
            from = *at;
        }
        out.push_str(self.text.get(from..)?);
        let out = emit::guard_escapes(out);
        let root = yaml::parse(SourceId::default(), &out, yaml::Limits::default()).ok()?;
        let fits = self.expected.iter().all(|(key, expected)| {
            let value = root.get(key);
            let items = value.and_then(Node::items).map(<[Node]>::len);
            let entries = value.and_then(Node::entries).map(<[(Node, Node)]>::len);
            items.or(entries) == Some(*expected)
        });
        fits.then_some(out)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text
            .get(..at)
            .and_then(|head| head.rfind('\n'))
            .map_or(0, |at| at + 1)
    }

    fn line_after(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    /// Returns where the section of a top-level key ends: before the next key and the comments and blanks above it.
    fn section_end(&self, key: &str) -> usize {
        let entries = self.root.entries().unwrap_or_default();
        let next = entries
            .iter()
            .position(|(name, _)| name.text() == Some(key))
            .and_then(|i| entries.get(i + 1))
            .map_or(self.text.len(), |(name, _)| {
                self.line_start(name.span.start)
            });
        let head = self.text.get(..next).unwrap_or_default();
        let mut end = next;
        for line in head.split_inclusive('\n').rev() {
            let content = line.trim();
            if content.is_empty() || line.starts_with('#') {
                end -= line.len();
            } else {
                break;
            }
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> emit::Node {
        emit::Node::List(names.iter().map(|name| emit::Node::text(*name)).collect())
    }

    fn append(text: &str, key: &str, items: &emit::Node) -> Result<String, Unsafe> {
        let mut insertions = Insertions::new(text).unwrap();
        insertions.append(key, items)?;
        Ok(insertions.finish().unwrap())
    }

    #[test]
    fn items_go_to_the_end_of_their_section_and_comments_stay() {
        let text = "intents:\n  - a # first\n  # second\n  - b\n\n# said\nresponses:\n  utter_a:\n  - text: A\n";
        assert_eq!(
            append(text, "intents", &names(&["c"])).unwrap(),
            "intents:\n  - a # first\n  # second\n  - b\n  - c\n\n# said\nresponses:\n  utter_a:\n  - text: A\n"
        );
        let map = emit::Node::map([("utter_b", names(&["x"]))]);
        assert!(
            append(text, "responses", &map)
                .unwrap()
                .ends_with("  - text: A\n  utter_b:\n  - x\n")
        );
    }

    #[test]
    fn line_ends_and_a_missing_last_one_are_minded() {
        assert_eq!(
            append("a:\r\n- x", "a", &names(&["z"])).unwrap(),
            "a:\r\n- x\r\n- z\r\n"
        );
    }

    #[test]
    fn missing_and_empty_sections_are_filled() {
        assert_eq!(
            append("a: 1\n", "b", &names(&["z"])).unwrap(),
            "a: 1\n\nb:\n- z\n"
        );
        assert_eq!(
            append("b: # none yet\na: 1\n", "b", &names(&["z"])).unwrap(),
            "b: # none yet\n- z\na: 1\n"
        );
    }

    #[test]
    fn flow_lists_are_refused_with_the_lines() {
        for text in [
            "b: [x, y]\n",
            "b: []\n",
            "b: {}\n",
            "b: *x\n",
            "b: |\n  text\n",
        ] {
            let text = format!("x: &x [1]\n{text}");
            let refused = append(&text, "b", &names(&["z"])).unwrap_err();
            assert_eq!(refused.lines, "- z\n", "{text}");
        }
    }
}
