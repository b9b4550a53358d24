//! Writing YAML in the form Rasa itself writes, exact for every text.
//!
//! `serde_yaml` decides how a scalar is quoted; what it leaves plain although some reader takes it for something else
//! (`yes`, `${HOME}`, `010`) is quoted here, and so is every text that Rasa would change: its reader decodes `\u…` in
//! files that are all ASCII before it parses them.

use std::fmt::Write as _;

use super::decode::is_unprintable;

/// A piece of a document to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A text; quoted where that is needed to stay a text.
    Text(String),
    /// A text that is always in double quotes, such as a version.
    Quoted(String),
    /// A number, `true`, `false` or `null`: written as it is.
    Plain(String),
    /// A mapping, in order.
    Map(Vec<(String, Node)>),
    /// A list.
    List(Vec<Node>),
    /// Lines of a `|` block, each of which must be safe there (see [`fits_block`]).
    Block(Vec<String>),
}

impl Node {
    /// Makes a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a mapping from keys known to the program.
    pub fn map<const N: usize>(entries: [(&str, Node); N]) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    /// Makes the node of a JSON value.
    pub fn json(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Plain("null".into()),
            serde_json::Value::Bool(flag) => Self::Plain(flag.to_string()),
            serde_json::Value::Number(number) => Self::Plain(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::json).collect()),
            serde_json::Value::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::json(value)))
                    .collect(),
            ),
        }
    }
}

/// Where lists and blocks stand, in blanks beyond the key above them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The dashes of a list.
    pub list: usize,
    /// The lines of a block.
    pub block: usize,
}

impl Layout {
    /// As Rasa writes it.
    pub const CANONICAL: Self = Self { list: 0, block: 2 };
}

/// Writes a document whose top level is a mapping, with a blank line between its parts.
pub fn document(parts: &[(String, Node)]) -> String {
    let mut out = String::new();
    for (i, (key, node)) in parts.iter().enumerate() {
        if i > 1 {
            out.push('\n');
        }
        entry(&mut out, 0, key, node, Layout::CANONICAL);
    }
    guard_escapes(out)
}

/// Writes a node whose first column is `indent`; ends with a line end.
pub fn fragment(node: &Node, indent: usize, layout: Layout) -> String {
    let mut out = String::new();
    match node {
        Node::Map(entries) => {
            for (key, value) in entries {
                entry(&mut out, indent, key, value, layout);
            }
        }
        Node::List(items) => list(&mut out, indent, items, layout),
        other => {
            pad(&mut out, indent);
            inline(&mut out, other);
            out.push('\n');
        }
    }
    out
}

/// Returns the text as a scalar on one line.
pub fn scalar(text: &str) -> String {
    if needs_quotes(text) {
        return quoted(text);
    }
    match serde_yaml::to_string(text) {
        Ok(written) => {
            let written = written.trim_end_matches('\n');
            if written == text || written.starts_with('\'') && !written.contains('\n') {
                written.to_owned()
            } else {
                quoted(text)
            }
        }
        Err(_) => quoted(text),
    }
}

/// Returns the text in double quotes, with every character escaped that any reader could change.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if is_hostile(c) => {
                let _ = match u32::from(c) {
                    n if n < 0x100 => write!(out, "\\x{n:02X}"),
                    n if n < 0x1_0000 => write!(out, "\\u{n:04X}"),
                    n => write!(out, "\\U{n:08X}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Tells whether a text can be a line of a block scalar and be read back exactly by every reader.
///
/// Not so for blanks at either end (stripped), line breaks of any kind (Python's `splitlines` knows ten), control
/// characters, and `\u` (which Rasa decodes in files that are all ASCII).
pub fn fits_block(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.contains("\\u")
        && !text.contains("\\U")
        && !text.chars().any(is_hostile)
}

/// Tells whether a text of several lines can be written as a `|-` block.
pub fn fits_literal(text: &str) -> bool {
    text.contains('\n')
        && text.lines().all(|line| line.is_empty() || fits_block(line))
        && text.lines().next().is_some_and(|line| !line.is_empty())
        && !text.ends_with('\n')
}

/// Tells whether readers may take a character for the end of a line, leave it out, or refuse it.
fn is_hostile(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
    ) || is_unprintable(c)
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Tells whether a text must be quoted whatever `serde_yaml` says.
fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.trim() != text
        || text.contains("${")
        || text.contains("\\u")
        || text.contains("\\U")
        || text.chars().any(is_hostile)
        || is_other_type(text)
}

/// Tells whether a reader of YAML 1.1 or 1.2 takes the plain text for something other than a text.
fn is_other_type(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<",
    ];
    let lower = text.to_ascii_lowercase();
    WORDS.contains(&lower.as_str())
        || matches!(lower.as_str(), ".inf" | "-.inf" | "+.inf" | ".nan")
        || text
            .trim_start_matches(['+', '-', '.'])
            .starts_with(|c: char| c.is_ascii_digit())
            && text
                .chars()
                .all(|c| c.is_ascii_hexdigit() || "+-._:xoTZtz ".contains(c))
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn entry(out: &mut String, indent: usize, key: &str, node: &Node, layout: Layout) {
    pad(out, indent);
    entry_at(out, indent, key, node, layout);
}

/// Writes `key: node`; the indentation of its first line already stands there.
fn entry_at(out: &mut String, indent: usize, key: &str, node: &Node, layout: Layout) {
    out.push_str(&scalar(key));
    out.push(':');
    match node {
        Node::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            for (key, value) in entries {
                entry(out, indent + 2, key, value, layout);
            }
        }
        Node::List(items) if !items.is_empty() => {
            out.push('\n');
            list(out, indent + layout.list, items, layout);
        }
        Node::Block(lines) => {
            out.push_str(" |\n");
            for line in lines {
                pad(out, indent + layout.block);
                out.push_str(line);
                out.push('\n');
            }
        }
        Node::Text(text) if fits_literal(text) => {
            out.push_str(" |-\n");
            for line in text.lines() {
                if !line.is_empty() {
                    pad(out, indent + layout.block);
                    out.push_str(line);
                }
                out.push('\n');
            }
        }
        other => {
            out.push(' ');
            inline(out, other);
            out.push('\n');
        }
    }
}

fn list(out: &mut String, indent: usize, items: &[Node], layout: Layout) {
    for item in items {
        pad(out, indent);
        out.push_str("- ");
        match item {
            Node::Map(entries) if !entries.is_empty() => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        pad(out, indent + 2);
                    }
                    entry_at(out, indent + 2, key, value, layout);
                }
            }
            other => {
                inline(out, other);
                out.push('\n');
            }
        }
    }
}

/// Writes a node on one line.
fn inline(out: &mut String, node: &Node) {
    match node {
        Node::Text(text) => out.push_str(&scalar(text)),
        Node::Quoted(text) => out.push_str(&quoted(text)),
        Node::Plain(text) => out.push_str(text),
        Node::Block(lines) => out.push_str(&quoted(&lines.join("\n"))),
        Node::Map(entries) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                out.push_str(&quoted(key));
                out.push_str(": ");
                inline_quoted(out, value);
            }
            out.push('}');
        }
        Node::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                inline_quoted(out, item);
            }
            out.push(']');
        }
    }
}

fn inline_quoted(out: &mut String, node: &Node) {
    match node {
        Node::Text(text) => out.push_str(&quoted(text)),
        other => inline(out, other),
    }
}

/// Makes sure that a file which is all ASCII holds no `\u…` for Rasa to decode before parsing.
///
/// Texts with a backslash before `u` are in double quotes, where the backslash is doubled and so left alone; what
/// remains are escapes of characters that YAML does not allow unescaped. A character beyond ASCII anywhere in the file
/// switches the decoding off.
pub fn guard_escapes(text: String) -> String {
    if !text.is_ascii() || !has_live_escape(&text) {
        return text;
    }
    format!("# This line is not all ASCII (…), so that readers leave backslashes alone.\n{text}")
}

fn has_live_escape(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && matches!(bytes.next(), Some(b'u' | b'U')) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(written: &str) -> String {
        serde_yaml::from_str(written).unwrap()
    }

    #[test]
    fn scalar_quotes_what_some_reader_misreads() {
        for text in [
            "yes",
            "No",
            "on",
            "12",
            "1_000",
            "010",
            "12:30",
            "2020-01-01",
            "~",
            "null",
            "${HOME}",
            "",
            " a",
            "a: b",
            "# a",
            "- a",
            "[a](b)",
            "{x}",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "'a",
            "\"a",
            "a #b",
            "\t",
            "C:\\users\\u0041",
            "a\u{85}b",
            "\u{feff}",
            "? a",
            "1e3",
            "0x1f",
            ".5",
            "=",
            "|",
            ">",
            "-",
            "---",
        ] {
            let written = scalar(text);
            assert_eq!(back(&written), text, "{written}");
            assert!(
                written.starts_with(['"', '\'']),
                "{text:?} was left plain: {written}"
            );
        }
        for text in [
            "greet",
            "ask a thing",
            "utter_greet",
            "http://a.b/c",
            "é",
            "a_b-c.d",
            "i5",
        ] {
            assert_eq!(scalar(text), text);
        }
    }

    #[test]
    fn document_has_the_form_rasa_writes() {
        let text = document(&[
            ("version".into(), Node::Quoted("3.1".into())),
            (
                "nlu".into(),
                Node::List(vec![Node::map([
                    ("intent", Node::text("greet")),
                    (
                        "examples",
                        Node::Block(vec!["- hi".into(), "- hello".into()]),
                    ),
                ])]),
            ),
            (
                "responses".into(),
                Node::map([(
                    "utter_greet",
                    Node::List(vec![Node::map([(
                        "text",
                        Node::text("Hi!\n\nHow are you?"),
                    )])]),
                )]),
            ),
        ]);
        assert_eq!(
            text,
            "version: \"3.1\"\nnlu:\n- intent: greet\n  examples: |\n    - hi\n    - hello\n\nresponses:\n  utter_greet:\n  - text: |-\n      Hi!\n\n      How are you?\n"
        );
    }

    #[test]
    fn escapes_never_live_in_a_file_of_ascii() {
        let text = document(&[("a".into(), Node::text("\u{fffe}"))]);
        assert!(!text.is_ascii());
        assert!(document(&[("a".into(), Node::text("\\u0041"))]).is_ascii());
    }

    proptest::proptest! {
        #[test]
        fn scalar_and_literal_give_every_text_back(text in "\\PC{0,20}|[ -~\n\t\\\\u0-9]{0,20}|.{0,10}") {
            proptest::prop_assert_eq!(back(&scalar(&text)), text.clone());
            let whole = document(&[("k".into(), Node::text(text.as_str()))]);
            let map: std::collections::BTreeMap<String, String> = serde_yaml::from_str(&whole).unwrap();
            proptest::prop_assert_eq!(&map["k"], &text);
        }
    }
}
