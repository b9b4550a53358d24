//! JSON text to the same tree as YAML: every node knows where it stands.
//!
//! The YAML parser reads most JSON too, but not all of it: tabs in the indentation, `\/`, surrogate pairs, keys of more
//! than 1,024 characters, and `\u0022`, which Rasa's decoding of YAML escapes would turn into the end of a text.

use std::{collections::HashMap, sync::Arc};

use super::{
    parse::Limits,
    tree::{Node, NodeKind, Style},
};
use crate::{
    diagnostic::{Diagnostic, Origin, SourceId},
    text::Span,
};

/// Reads one JSON document. Of keys that repeat the last one counts, as in Python.
pub fn parse_json(source: SourceId, text: &str, limits: Limits) -> Result<Node, Diagnostic> {
    let mut reader = Reader {
        source,
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        depth: limits.depth,
    };
    reader.blanks();
    let root = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.wrong("something follows after the end of the document"));
    }
    Ok(root)
}

struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes the byte if it stands here.
    fn take(&mut self, wanted: u8) -> bool {
        let there = self.byte() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn wrong(&self, what: &str) -> Diagnostic {
        let here = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        let (start, end) = if let Some(c) = here {
            (self.at, self.at + c.len_utf8())
        } else {
            // The end of the file has no character to point at.
            let head = self.text.trim_end();
            let last = head.chars().next_back().map_or(0, char::len_utf8);
            (head.len() - last, head.len())
        };
        Diagnostic::error("json::syntax", format!("this is not JSON: {what}"))
            .label(
                Origin::new(self.source, Span::new(start, end)),
                "reading stopped here",
            )
            .help("texts and keys stand in double quotes; a comma stands between items, none after the last")
    }

    fn value(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        let start = self.at;
        let kind = match self.byte() {
            None => return Err(self.wrong("the file ends too early")),
            Some(b'{' | b'[') if depth >= self.depth => {
                let at = Span::new(start, start + 1);
                return Err(Diagnostic::error(
                    "json::too-deep",
                    "lists and objects are nested too deeply",
                )
                .label(Origin::new(self.source, at), "one level too many")
                .help("no file of training data needs this; check the brackets above"));
            }
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => NodeKind::Scalar {
                value: self.string()?,
                style: Style::Quoted,
                text: false,
            },
            Some(_) => self.word()?,
        };
        Ok(Node {
            kind,
            span: Span::new(start, self.at),
        })
    }

    fn list(&mut self, depth: usize) -> Result<NodeKind, Diagnostic> {
        let mut items = Vec::new();
        self.at += 1;
        self.blanks();
        if !self.take(b']') {
            loop {
                self.blanks();
                items.push(self.value(depth + 1)?);
                self.blanks();
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.wrong("a comma or `]` is missing"));
                }
            }
        }
        Ok(NodeKind::Sequence(items.into()))
    }

    fn object(&mut self, depth: usize) -> Result<NodeKind, Diagnostic> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut places: HashMap<Arc<str>, usize> = HashMap::new();
        self.at += 1;
        self.blanks();
        if !self.take(b'}') {
            loop {
                self.blanks();
                let start = self.at;
                if self.byte() != Some(b'"') {
                    return Err(self.wrong("a key in double quotes is needed"));
                }
                let name = self.string()?;
                let key = Node {
                    kind: NodeKind::Scalar {
                        value: name.clone(),
                        style: Style::Quoted,
                        text: false,
                    },
                    span: Span::new(start, self.at),
                };
                self.blanks();
                if !self.take(b':') {
                    return Err(self.wrong("a colon is missing after the key"));
                }
                self.blanks();
                let value = self.value(depth + 1)?;
                if let Some(entry) = places.get(&name).and_then(|i| entries.get_mut(*i)) {
                    *entry = (key, value);
                } else {
                    places.insert(name, entries.len());
                    entries.push((key, value));
                }
                self.blanks();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.wrong("a comma or `}` is missing"));
                }
            }
        }
        Ok(NodeKind::Mapping(entries.into()))
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<NodeKind, Diagnostic> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'))
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        if serde_json::from_str::<serde_json::Value>(word).is_err() {
            return Err(
                self.wrong("a text, number, `true`, `false`, `null`, list or object is needed")
            );
        }
        self.at += end;
        Ok(NodeKind::Scalar {
            value: Arc::from(word),
            style: Style::Plain,
            text: false,
        })
    }

    /// Reads a text in double quotes; line ends inside it are taken as written, as Python does unless it is strict.
    fn string(&mut self) -> Result<Arc<str>, Diagnostic> {
        let open = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(end) = rest.find(['"', '\\']) else {
                self.at = open;
                return Err(self.wrong("this quote is never closed"));
            };
            out.push_str(rest.get(..end).unwrap_or_default());
            self.at += end;
            if self.take(b'"') {
                return Ok(out.into());
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Diagnostic> {
        let c = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let Some(code) = self.hex(self.at) else {
                    return Err(self.wrong("`\\u` needs four hexadecimal digits"));
                };
                self.at += 6;
                // Two halves of a surrogate pair make one character.
                if (0xd800..0xdc00).contains(&code)
                    && let Some(low @ 0xdc00..=0xdfff) = self.hex(self.at)
                {
                    self.at += 6;
                    let joined = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return Err(self.wrong("a backslash stands before one of `\"\\/bfnrtu`")),
        };
        self.at += 2;
        Ok(c)
    }

    /// Returns the number of a `\uXXXX` that stands at a byte.
    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Node, Diagnostic> {
        parse_json(SourceId::default(), text, Limits::default())
    }

    #[test]
    fn escapes_and_tabs_are_read_with_their_places() {
        let text =
            "{\n\t\"a\": \"x\\u0022\\u005c\\/\\ud83d\\ude00\\n\", \"é\": [1, -2.5e1, true, null]}";
        let tree = read(text).unwrap();
        assert_eq!(
            tree.json(),
            json!({"a": "x\"\\/😀\n", "é": [1, -25.0, true, null]})
        );
        let items = tree.get("é").unwrap().items().unwrap();
        assert_eq!(items[1].span.of(text), "-2.5e1");
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(
            read(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap().json(),
            json!({"a": 3, "b": 2})
        );
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, start) in [
            ("{\"a\": 1,}", 8),
            ("[1 2]", 3),
            ("{'a': 1}", 1),
            ("[1", 1),
            ("[\"abc]", 1),
            ("", 0),
            ("[nul]", 1),
            ("[\"\\x\"]", 2),
            ("{} {}", 3),
        ] {
            let wrong = read(text).unwrap_err();
            assert_eq!(wrong.code, "json::syntax", "{text}");
            assert_eq!(wrong.origin().unwrap().span.start, start, "{text}");
        }
        assert_eq!(
            read(&"[".repeat(100_000)).unwrap_err().code,
            "json::too-deep"
        );
    }

    proptest::proptest! {
        #[test]
        fn what_serde_reads_is_read_alike(text in "[\\[\\]{}\",:0-9a-f\\\\unlt.eE é-]{0,24}") {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
                let ours = read(&text).unwrap();
                // Numbers beyond 64 bits lose digits on either way.
                if !text.bytes().any(|b| b.is_ascii_digit()) {
                    proptest::prop_assert_eq!(ours.json(), value);
                }
            }
        }

        #[test]
        fn any_text_ends(text in "\\PC{0,60}") {
            let _ = read(&text);
        }
    }
}
