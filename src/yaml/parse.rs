//! saphyr-parser's events to a tree, within limits.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::tree::{Node, NodeKind, Style};
use crate::{
    diagnostic::{Diagnostic, Origin, SourceId},
    text::{Span, line_end, line_start},
};

/// Bounds that keep hostile files from eating time and memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nesting of lists and mappings.
    pub depth: usize,
    /// Nodes that aliases may stand for, in all.
    pub alias_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 64,
            alias_nodes: 100_000,
        }
    }
}

/// Quoted scalars of a file that may have lines further left than YAML allows.
const OUTDENTED: usize = 50;
/// What saphyr-parser says of such a line.
const OUTDENTED_LINE: &str = "invalid indentation in quoted scalar";

/// Reads one YAML document; an empty one is an empty mapping.
///
/// `source` is only used for the places in findings; spans in the tree are bytes of `text`. Linear in the size of the
/// text.
pub fn parse(source: SourceId, text: &str, limits: Limits) -> Result<Node, Diagnostic> {
    let mut decoded = decode_escapes(text);
    if let Some(wrong) = unprintable(source, &decoded) {
        return Err(wrong);
    }
    let mut first = None;
    // Further lines of a quoted text may stand at any depth in ruamel, and so in Rasa: they are pushed to the right,
    // where their blanks mean nothing.
    for _ in 0..OUTDENTED {
        match parse_decoded(source, text, &decoded, limits) {
            Err((wrong, Some(quote))) => {
                first.get_or_insert(wrong);
                if !decoded.push_right(quote) {
                    break;
                }
            }
            Ok(root) => return Ok(root),
            Err((wrong, None)) => return Err(first.unwrap_or(wrong)),
        }
    }
    parse_decoded(source, text, &decoded, limits).map_err(|(wrong, _)| first.unwrap_or(wrong))
}

/// Tells of the first character that YAML allows only as an escape in quotes (YAML 1.2.2, section 5.1).
fn unprintable(source: SourceId, decoded: &Decoded<'_>) -> Option<Diagnostic> {
    let (number, character) = decoded
        .text
        .get(decoded.lead..)?
        .chars()
        .enumerate()
        .find(|(_, c)| is_unprintable(*c))?;
    let at = Offsets::new(decoded).byte(number);
    Some(
        Diagnostic::error(
            "yaml::unprintable",
            format!(
                "the invisible character U+{:04X} may not stand in YAML",
                u32::from(character)
            ),
        )
        .label(
            Origin::new(source, Span::new(at, at + character.len_utf8())),
            "here",
        )
        .help("delete it; in a text that needs it, write it as an escape in double quotes"),
    )
}

/// Tells whether YAML does not allow a character outside of an escape.
pub(super) fn is_unprintable(c: char) -> bool {
    match u32::from(c) {
        0x9 | 0xa | 0xd | 0x85 => false,
        n => n < 0x20 || (0x7f..0xa0).contains(&n) || n == 0xfffe || n == 0xffff,
    }
}

/// Parses what was decoded; an error comes with the character that opens the quoted scalar it is about, if that is it.
fn parse_decoded(
    source: SourceId,
    text: &str,
    decoded: &Decoded<'_>,
    limits: Limits,
) -> Result<Node, (Diagnostic, Option<usize>)> {
    let input = decoded.text.as_ref();
    let mut builder = Builder {
        source,
        text,
        offsets: Offsets::new(decoded),
        limits,
        ..Builder::default()
    };
    for event in Parser::new_from_str(input.strip_prefix('\u{feff}').unwrap_or(input)) {
        match event {
            Ok((event, span)) => builder.take(event, span).map_err(|wrong| (wrong, None))?,
            Err(error) => {
                let quote = (error.info() == OUTDENTED_LINE).then(|| error.marker().index());
                return Err((builder.syntax(text, &error), quote));
            }
        }
    }
    Ok(builder.root.unwrap_or(Node {
        kind: NodeKind::Mapping(Arc::from([])),
        span: Span::default(),
    }))
}

/// Text after Rasa's decoding of `\uXXXX`, with the places it came from.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Byte in the file of each character, where decoding changed the text.
    origins: Option<Vec<usize>>,
    /// Bytes before the first character (a byte-order mark).
    lead: usize,
}

impl Decoded<'_> {
    /// Puts blanks, more than any depth that is read, before the further lines of the quoted scalar that a character
    /// opens; tells whether there are any.
    fn push_right(&mut self, quote: usize) -> bool {
        const BLANKS: usize = 128;
        let lead = self.lead;
        let clean = self.text.get(lead..).unwrap_or_default();
        let Some((start, mark)) = clean.char_indices().nth(quote) else {
            return false;
        };
        // Where lines begin inside the quotes, in bytes and in characters.
        let (mut lines, mut escaped) = (Vec::new(), false);
        for (i, (at, c)) in clean.char_indices().enumerate().skip(quote + 1) {
            match c {
                '\n' => lines.push((at + 1, i + 1)),
                // A doubled quote ends one text and begins the next, which comes to the same lines.
                c if c == mark && !escaped => {
                    let next = clean.get(at + 1..).unwrap_or_default();
                    if mark == '"' || !next.starts_with('\'') {
                        break;
                    }
                    escaped = true;
                    continue;
                }
                '\\' if mark == '"' && !escaped => {
                    escaped = true;
                    continue;
                }
                _ => {}
            }
            escaped = false;
        }
        debug_assert!(
            clean
                .get(start..)
                .is_some_and(|rest| rest.starts_with(mark))
        );
        if lines.is_empty() {
            return false;
        }
        let origins = self.origins.take().unwrap_or_else(|| {
            let ends = clean.char_indices().map(|(at, _)| at + lead);
            ends.chain(std::iter::once(self.text.len())).collect()
        });
        let added = lines.len() * BLANKS;
        let mut text = String::with_capacity(self.text.len() + added);
        let mut moved = Vec::with_capacity(origins.len() + added);
        let (mut byte, mut character) = (0, 0);
        for (to_byte, to_character) in lines {
            text.push_str(self.text.get(byte..lead + to_byte).unwrap_or_default());
            text.extend(std::iter::repeat_n(' ', BLANKS));
            moved.extend(origins.get(character..to_character).unwrap_or_default());
            let at = origins.get(to_character).copied().unwrap_or_default();
            moved.extend(std::iter::repeat_n(at, BLANKS));
            (byte, character) = (lead + to_byte, to_character);
        }
        text.push_str(self.text.get(byte..).unwrap_or_default());
        moved.extend(origins.get(character..).unwrap_or_default());
        self.text = Cow::Owned(text);
        self.origins = Some(moved);
        true
    }
}

/// Decodes `\uXXXX` and `\UXXXXXXXX` in files that are ASCII throughout, as Rasa's loader does before it parses.
pub(super) fn decode_escapes(text: &str) -> Decoded<'_> {
    let lead = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    if !text.is_ascii() || !(text.contains("\\u") || text.contains("\\U")) {
        return Decoded {
            text: Cow::Borrowed(text),
            origins: None,
            lead,
        };
    }
    let (mut out, mut origins, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    let mut high: Option<u32> = None;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let digits = if rest.starts_with("\\u") {
            4
        } else if rest.starts_with("\\U") {
            8
        } else {
            0
        };
        let code = (digits > 0)
            .then(|| rest.get(2..2 + digits))
            .flatten()
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        // Two halves of a surrogate pair make one character.
        let joined = match (high, code) {
            (Some(high), Some(low @ 0xdc00..=0xdfff)) => {
                Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            _ => code,
        };
        high = code.filter(|code| (0xd800..0xdc00).contains(code));
        if let Some(c) = joined.and_then(char::from_u32) {
            out.push(c);
            origins.push(at);
            at += 2 + digits;
        } else if high.is_some() {
            at += 2 + digits;
        } else {
            // A doubled backslash is no escape.
            let plain = if rest.starts_with("\\\\") { 2 } else { 1 };
            for step in 0..plain {
                out.push_str(rest.get(step..=step).unwrap_or_default());
                origins.push(at + step);
            }
            at += plain;
        }
    }
    origins.push(text.len());
    Decoded {
        text: Cow::Owned(out),
        origins: Some(origins),
        lead,
    }
}

/// Maps the parser's character offsets to bytes of the file.
#[derive(Default)]
pub(super) enum Offsets {
    /// All ASCII.
    #[default]
    Same,
    /// Byte of each character.
    Table(Vec<usize>),
}

impl Offsets {
    pub(super) fn new(decoded: &Decoded<'_>) -> Self {
        match &decoded.origins {
            Some(origins) => Self::Table(origins.clone()),
            None if decoded.text.is_ascii() => Self::Same,
            None => {
                let text = decoded.text.get(decoded.lead..).unwrap_or_default();
                let ends = std::iter::once(decoded.text.len());
                Self::Table(
                    text.char_indices()
                        .map(|(i, _)| i + decoded.lead)
                        .chain(ends)
                        .collect(),
                )
            }
        }
    }

    pub(super) fn byte(&self, character: usize) -> usize {
        match self {
            Self::Same => character,
            Self::Table(table) => table
                .get(character)
                .or(table.last())
                .copied()
                .unwrap_or_default(),
        }
    }
}

/// Returns where the quotes of a scalar close: the parser's span goes on to the end of a comment behind them.
pub(super) fn quoted_end(text: &str, span: Span) -> usize {
    let written = span.of(text);
    // Anchors and tags stand before the quotes.
    let mut chars = written.char_indices().peekable();
    let mut before = ' ';
    let quote = chars.find_map(|(_, c)| {
        let opens = before.is_whitespace() && matches!(c, '\'' | '"');
        before = c;
        opens.then_some(c)
    });
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == Some('"') {
            chars.next();
        } else if Some(c) == quote {
            if c == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') {
                chars.next();
            } else {
                return span.start + at + 1;
            }
        }
    }
    span.end
}

/// A list or mapping that is still open.
struct Open {
    start: usize,
    anchor: usize,
    mapping: bool,
    nodes: Vec<Node>,
    /// Nodes inside, aliases counted as what they stand for.
    size: usize,
}

#[derive(Default)]
struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    offsets: Offsets,
    limits: Limits,
    stack: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    alias_nodes: usize,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> Result<(), Diagnostic> {
        let (start, end) = (
            self.offsets.byte(span.start.index()),
            self.offsets.byte(span.end.index()),
        );
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Diagnostic::error(
                        "yaml::several-documents",
                        "a second document starts here",
                    )
                    .label(self.at(start..end), "`---` begins another document")
                    .help("keep one document in a file"));
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let end = match style {
                    Style::Quoted => quoted_end(self.text, Span::new(start, end)),
                    _ => end,
                };
                let text = tag.is_some_and(|tag| tag.suffix == "str");
                let kind = NodeKind::Scalar {
                    value: Arc::from(value.as_ref()),
                    style,
                    text,
                };
                self.push(
                    Node {
                        kind,
                        span: Span::new(start, end),
                    },
                    anchor,
                    1,
                );
            }
            Event::SequenceStart(anchor, _) => self.open(start, anchor, false)?,
            Event::MappingStart(anchor, _) => self.open(start, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(end)?,
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id).cloned() else {
                    return Err(Diagnostic::error(
                        "yaml::unknown-alias",
                        "this alias names no anchor above it",
                    )
                    .label(self.at(start..end), "")
                    .help("write the anchor `&name` before the alias `*name`"));
                };
                self.alias_nodes += size;
                if self.alias_nodes > self.limits.alias_nodes {
                    return Err(Diagnostic::error(
                        "yaml::alias-bomb",
                        "aliases in this file stand for too many nodes",
                    )
                    .label(self.at(start..end), "the limit is passed here")
                    .help("write the repeated parts out, or split the file"));
                }
                self.push(
                    Node {
                        kind: node.kind,
                        span: Span::new(start, end),
                    },
                    0,
                    size,
                );
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn at(&self, span: impl Into<Span>) -> Origin {
        Origin::new(self.source, span)
    }

    fn too_deep(&self, at: usize) -> Diagnostic {
        Diagnostic::error("yaml::too-deep", "lists and mappings are nested too deeply")
            .label(self.at(at..at + 1), "one level too many")
            .help("no project file needs this; check the indentation and brackets above")
    }

    fn open(&mut self, start: usize, anchor: usize, mapping: bool) -> Result<(), Diagnostic> {
        if self.stack.len() >= self.limits.depth {
            return Err(self.too_deep(start));
        }
        self.stack.push(Open {
            start,
            anchor,
            mapping,
            nodes: Vec::new(),
            size: 1,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Diagnostic> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let end = open
            .nodes
            .last()
            .map_or(end, |last| last.span.end.max(end.min(last.span.end + 1)));
        let kind = if open.mapping {
            NodeKind::Mapping(self.mapping(open.nodes)?.into())
        } else {
            NodeKind::Sequence(open.nodes.into())
        };
        let node = Node {
            kind,
            span: Span::new(open.start, end),
        };
        self.push(node, open.anchor, open.size);
        Ok(())
    }

    /// Pairs keys with values, refuses keys that repeat, and merges `<<`.
    fn mapping(&self, nodes: Vec<Node>) -> Result<Vec<(Node, Node)>, Diagnostic> {
        let mut entries: Vec<(Node, Node)> = Vec::with_capacity(nodes.len() / 2);
        let mut seen: HashMap<Arc<str>, Span> = HashMap::with_capacity(nodes.len() / 2);
        let mut merged = Vec::new();
        let mut nodes = nodes.into_iter();
        while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
            if let NodeKind::Scalar {
                value: name, style, ..
            } = &key.kind
            {
                if name.as_ref() == "<<" && *style == Style::Plain {
                    merged.push(value);
                    continue;
                }
                if let Some(first) = seen.insert(name.clone(), key.span) {
                    return Err(Diagnostic::error(
                        "yaml::duplicate-key",
                        format!("the key `{name}` stands here twice"),
                    )
                    .label(self.at(key.span), "the second time")
                    .label(self.at(first), "the first time")
                    .help("keep one of them, or join what stands under both"));
                }
            }
            entries.push((key, value));
        }
        for node in merged {
            let parts = node
                .items()
                .map_or_else(|| vec![node.clone()], <[Node]>::to_vec);
            for (key, value) in parts.iter().filter_map(Node::entries).flatten() {
                let known = key.text().is_some_and(|name| seen.contains_key(name));
                if !known {
                    if let NodeKind::Scalar { value: name, .. } = &key.kind {
                        seen.insert(name.clone(), key.span);
                    }
                    entries.push((key.clone(), value.clone()));
                }
            }
        }
        Ok(entries)
    }

    fn push(&mut self, node: Node, anchor: usize, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            Some(open) => {
                open.nodes.push(node);
                open.size += size;
            }
            None => self.root = Some(node),
        }
    }

    /// Turns the scanner's complaint into words about the file.
    fn syntax(&self, text: &str, error: &ScanError) -> Diagnostic {
        let at = self.offsets.byte(error.marker().index()).min(text.len());
        let line_end = line_end(text, at);
        let line = text.get(line_start(text, at)..line_end).unwrap_or_default();
        let info = error.info();
        if info.contains("recursion limit") {
            return self.too_deep(at);
        }
        let next_line = text
            .get(line_end + 1..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let help = if line.trim_start_matches(' ').starts_with('\t')
            || next_line.trim_start_matches(' ').starts_with('\t')
        {
            "indent with blanks, never with tabs"
        } else if info.contains("mapping values are not allowed") || line.matches(": ").count() > 1
        {
            "a text that contains `: ` must stand in quotes"
        } else if info.contains("quoted scalar") {
            "close the quote, or write the text as a block after `|`"
        } else if info.contains("flow") {
            "close every `[` and `{`; a text that starts with one must stand in quotes"
        } else {
            "compare the indentation with the lines above"
        };
        let end = text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(at, |c| at + c.len_utf8());
        let at = if at == end { at.saturating_sub(1) } else { at };
        Diagnostic::error("yaml::syntax", format!("this is not YAML: {info}"))
            .label(self.at(at..end), "reading stopped here")
            .help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        parse(SourceId::default(), text, Limits::default()).unwrap()
    }

    fn code(text: &str) -> &'static str {
        parse(SourceId::default(), text, Limits::default())
            .unwrap_err()
            .code
    }

    #[test]
    fn characters_that_yaml_forbids_are_told_where_they_stand() {
        // As ruamel.yaml 0.17.21 has it.
        for c in [
            '\0', '\u{7}', '\u{c}', '\u{7f}', '\u{9f}', '\u{fffe}', '\u{ffff}',
        ] {
            for text in [
                format!("\u{feff}é: x{c}y\n"),
                format!("# {c}\na: b\n"),
                c.into(),
            ] {
                let wrong = parse(SourceId::default(), &text, Limits::default()).unwrap_err();
                assert_eq!(wrong.code, "yaml::unprintable");
                let at = wrong.origin().unwrap().span;
                assert_eq!(at.of(&text), c.to_string(), "{text:?}");
            }
        }
        for c in ['\u{85}', '\u{a0}', '\u{2028}', '\t'] {
            assert!(
                parse(
                    SourceId::default(),
                    &format!("a: x{c}y\n"),
                    Limits::default()
                )
                .is_ok()
            );
        }
        assert_eq!(
            read("a: \"\\x0C\"\n").get("a").unwrap().text(),
            Some("\u{c}")
        );
    }

    #[test]
    fn spans_are_bytes_of_the_file_after_other_scripts() {
        let text = "ключ: \"é\"\nb: здесь\n";
        let tree = read(text);
        assert_eq!(tree.get("b").unwrap().span.of(text), "здесь");
        assert_eq!(
            read("\u{feff}a: é\n")
                .get("a")
                .unwrap()
                .span
                .of("\u{feff}a: é\n"),
            "é"
        );
    }

    #[test]
    fn quoted_texts_end_at_their_quotes() {
        let text = "a: 'it''s' # it's\nb: &x \"q\\\"\" # \"\nc: \"d\n\n  e\" # f\n\n# g\nh: 1\n";
        let tree = read(text);
        let of = |key: &str| tree.get(key).unwrap().span.of(text);
        assert_eq!(of("a"), "'it''s'");
        assert_eq!(of("b"), "&x \"q\\\"\"");
        assert_eq!(of("c"), "\"d\n\n  e\"");
    }

    #[test]
    fn literal_blocks_know_each_line() {
        let text = "nlu:\n- intent: a\n  examples: |\n    - hi\n\n    - hé llo\n";
        let tree = read(text);
        let examples = tree.get("nlu").unwrap().items().unwrap()[0]
            .get("examples")
            .unwrap();
        let lines = examples.lines(text);
        assert_eq!(lines.len(), 3);
        for (line, span) in &lines {
            assert_eq!(span.of(text), line);
        }
        assert_eq!(lines[2].1.start, text.find("- hé").unwrap());
    }

    #[test]
    fn escapes_are_decoded_only_in_ascii_files() {
        assert_eq!(
            read("k: \\u00e9 x\nl: m\n").get("k").unwrap().text(),
            Some("é x")
        );
        let ascii = "k: \\u00e9\nl: m\n";
        assert_eq!(read(ascii).get("l").unwrap().span.of(ascii), "m");
        assert_eq!(
            read("k: \\u00e9 ü\n").get("k").unwrap().text(),
            Some("\\u00e9 ü")
        );
        assert_eq!(
            read("k: \\ud83d\\ude00\n").get("k").unwrap().text(),
            Some("😀")
        );
        assert_eq!(
            read("k: '\\\\u00e9'\n").get("k").unwrap().text(),
            Some("\\\\u00e9")
        );
    }

    #[test]
    fn merges_and_aliases_are_followed() {
        let tree = read("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x\n");
        assert_eq!(
            tree.get("b").unwrap().json(),
            serde_json::json!({"q": 3, "p": 1})
        );
        assert_eq!(
            tree.get("c").unwrap().json(),
            serde_json::json!({"p": 1, "q": 2})
        );
    }

    #[test]
    fn further_lines_of_a_quoted_text_may_stand_anywhere() {
        let text = "a:\n    - t: \"one é\n  two\n\n three\"\n      u: é\nb: 'x\ny'\n";
        let tree = read(text);
        assert_eq!(
            tree.json(),
            serde_json::json!({"a": [{"t": "one é two\nthree", "u": "é"}], "b": "x y"})
        );
        let u = tree.get("a").unwrap().items().unwrap()[0].get("u").unwrap();
        assert_eq!(u.span.of(text), "é");
        assert_eq!(code("a:\n    - t: \"one\nb: 1\n"), "yaml::syntax");
    }

    #[test]
    fn hostile_files_are_refused() {
        assert_eq!(code(&"[".repeat(100_000)), "yaml::too-deep");
        let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
            let ten = vec![format!("*{from}"); 10].join(",");
            bomb.extend([&to.to_string(), ": &", &to.to_string(), " [", &ten, "]\n"]);
        }
        assert_eq!(code(&bomb), "yaml::alias-bomb");
        assert_eq!(code("a: 1\na: 2\n"), "yaml::duplicate-key");
        assert_eq!(code("a: 1\n---\nb: 1\n"), "yaml::several-documents");
        assert_eq!(code("a: [1, 2\nb: }"), "yaml::syntax");
        assert_eq!(code("a: *nobody\n"), "yaml::syntax");
    }

    #[test]
    fn empty_files_are_empty_mappings() {
        assert_eq!(read("").entries(), Some(&[][..]));
        assert_eq!(read("# only a comment\n").entries(), Some(&[][..]));
    }

    proptest::proptest! {
        #[test]
        fn parse_of_any_text_ends_and_keeps_spans_inside(text in "[\\PC\\n:\\-\\[\\]{}&*|>'\"# ]{0,80}") {
            fn check(node: &Node, text: &str) {
                assert!(text.get(node.span.range()).is_some(), "{node:?} in {text:?}");
                node.lines(text);
                for child in node.items().into_iter().flatten() {
                    check(child, text);
                }
                for (key, value) in node.entries().into_iter().flatten() {
                    check(key, text);
                    check(value, text);
                }
            }
            if let Ok(node) = parse(SourceId::default(), &text, Limits::default()) {
                check(&node, &text);
            }
        }
    }
}
