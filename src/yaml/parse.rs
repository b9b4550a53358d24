//! saphyr-parser's events to a tree, within limits.

use std::{collections::HashMap, sync::Arc};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::{
    decode::{Decoded, Offsets, Outdented, decode, unprintable},
    tree::{Node, NodeKind, Style},
};
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

/// Quoted scalars and bracketed lines of a file that may stand further left than YAML allows.
const OUTDENTED: usize = 100;

/// Reads one YAML document; an empty one is an empty mapping.
///
/// `source` is only used for the places in findings; spans in the tree are bytes of `text`. Linear in the size of the
/// text.
pub fn parse(source: SourceId, text: &str, limits: Limits) -> Result<Node, Diagnostic> {
    let mut decoded = decode(text);
    if let Some(wrong) = unprintable(source, &decoded) {
        return Err(wrong);
    }
    let mut first = None;
    // Further lines of a quoted text, and lines in brackets, may stand at any depth in ruamel, and so in Rasa: they are
    // pushed to the right, where their blanks mean nothing.
    for _ in 0..OUTDENTED {
        match parse_decoded(source, text, &decoded, limits) {
            Err((wrong, Some(outdented))) => {
                first.get_or_insert(wrong);
                if !decoded.push_right(outdented) {
                    break;
                }
            }
            Ok(root) => return Ok(root),
            Err((wrong, None)) => return Err(first.unwrap_or(wrong)),
        }
    }
    parse_decoded(source, text, &decoded, limits).map_err(|(wrong, _)| first.unwrap_or(wrong))
}

/// Parses what was decoded; an error comes with what stands too far left, if that is it.
fn parse_decoded(
    source: SourceId,
    text: &str,
    decoded: &Decoded<'_>,
    limits: Limits,
) -> Result<Node, (Diagnostic, Option<Outdented>)> {
    let mut builder = Builder {
        source,
        text,
        decoded,
        offsets: Offsets::new(decoded),
        limits,
        stack: Vec::new(),
        anchors: HashMap::new(),
        alias_nodes: 0,
        root: None,
        documents: 0,
    };
    for event in Parser::new_from_str(decoded.input()) {
        match event {
            Ok((event, span)) => builder.take(event, span).map_err(|wrong| (wrong, None))?,
            Err(error) => {
                let outdented = builder.outdented(&error);
                return Err((builder.syntax(text, &error), outdented));
            }
        }
    }
    Ok(builder.root.unwrap_or(Node {
        kind: NodeKind::Mapping(Arc::from([])),
        span: Span::default(),
    }))
}

/// Tells by what stands at the beginning of a list or mapping (properties before a bracket, a comment behind it)
/// whether it is in brackets.
pub(super) fn is_flow(beginning: &str) -> bool {
    beginning.starts_with(['[', '{']) || beginning.ends_with(['[', '{'])
}

/// Returns where the bracket after the last item of a list or mapping closes: the parser goes on past comments.
fn closed(text: &str, last: usize) -> usize {
    let mut at = last;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        match rest.chars().next() {
            Some(']' | '}') => return at + 1,
            Some('#') => at = line_end(text, at),
            Some(c) if c.is_whitespace() || matches!(c, ',' | ':' | '?') => at += c.len_utf8(),
            _ => return last,
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
    /// It stands in brackets, and its span ends with them.
    flow: bool,
    nodes: Vec<Node>,
    /// Nodes inside, aliases counted as what they stand for.
    size: usize,
}

struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    decoded: &'t Decoded<'t>,
    offsets: Offsets<'t>,
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
                    value: Arc::from(self.decoded.value(&value)),
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
            Event::SequenceStart(anchor, _) => self.open(Span::new(start, end), anchor, false)?,
            Event::MappingStart(anchor, _) => self.open(Span::new(start, end), anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
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

    fn open(&mut self, span: Span, anchor: usize, mapping: bool) -> Result<(), Diagnostic> {
        if self.stack.len() >= self.limits.depth {
            return Err(self.too_deep(span.start));
        }
        self.stack.push(Open {
            start: span.start,
            anchor,
            mapping,
            flow: is_flow(span.of(self.text)),
            nodes: Vec::new(),
            size: 1,
        });
        Ok(())
    }

    /// Ends the list or mapping that was opened last: behind its bracket, or with its last item.
    fn close(&mut self) -> Result<(), Diagnostic> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let last = open.nodes.last().map(|last| last.span.end);
        let end = if open.flow {
            closed(self.text, last.unwrap_or(open.start + 1))
        } else {
            last.unwrap_or(open.start)
        };
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

    /// Returns what the scanner complains of if it only stands further left than YAML allows.
    fn outdented(&self, error: &ScanError) -> Option<Outdented> {
        let at = error.marker().index();
        match error.info() {
            "invalid indentation in quoted scalar" => Some(Outdented::Quoted(at)),
            "invalid indentation in flow construct" => Some(Outdented::Line(at)),
            "invalid indentation" => {
                // The bracket itself may not have been handed on yet.
                let before = self.text.get(..self.offsets.byte(at)).unwrap_or_default();
                let mut lines = before.lines().rev().map(|line| {
                    // Comments say nothing.
                    let ink = line.split(" #").next().unwrap_or_default().trim();
                    ink.strip_prefix('#').map_or(ink, |_| "")
                });
                let last = lines.find(|ink| !ink.is_empty());
                let opened = last.is_some_and(|ink| ink.ends_with(['[', '{']));
                let inside = self.stack.last().is_some_and(|open| open.flow);
                (opened || inside).then_some(Outdented::Line(at))
            }
            _ => None,
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
        for c in ['\u{85}', '\u{a0}', '\u{feff}', '\u{2028}', '\t'] {
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
    fn lines_in_brackets_may_stand_anywhere() {
        // As ruamel.yaml 0.17.21 reads them.
        for text in [
            "p:\n- name: L\n  features: [\n    [\"a\", \"b\"],\n    [c],\n  ]\n- name: F\n",
            "p:\n- name: L\n  features: [ # why\n[a,\nb],\n [c]\n]\n- name: F\n",
            "p:\n- {name: L, features: [[a, b], [c\n]\n]\n}\n- {\nname: F}\n",
        ] {
            assert_eq!(
                read(text).json(),
                serde_json::json!({"p": [{"name": "L", "features": [["a", "b"], ["c"]]}, {"name": "F"}]}),
                "{text:?}"
            );
        }
        for text in [
            "a:\n    b: 1\n  c: 2\n",
            "a: [b\nc: d\n",
            "a:\n  - b\n - c\n",
        ] {
            assert_eq!(code(text), "yaml::syntax", "{text:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_inside_is_a_character_as_any_other() {
        let text = "\u{feff}a: \u{feff}x\n# \u{feff}\nb: |\n  - \u{feff}y\nc: [\"\u{feff}\"]\n";
        let root = read(text);
        assert_eq!(root.get("a").unwrap().text(), Some("\u{feff}x"));
        assert_eq!(root.get("a").unwrap().span.of(text), "\u{feff}x");
        assert_eq!(root.get("b").unwrap().text(), Some("- \u{feff}y\n"));
        assert_eq!(root.get("c").unwrap().span.of(text), "[\"\u{feff}\"]");
    }

    #[test]
    fn lists_and_mappings_end_with_their_last_item_or_bracket() {
        for (text, end) in [
            ("- a: b # 因", 6),
            ("- - - - a # 因", 9),
            ("a: [b, {c: d} ] # 因", 15),
            ("a: []", 5),
            ("a:\n- b\n\n# 因", 6),
        ] {
            assert_eq!(read(text).span, Span::new(0, end), "{text:?}");
        }
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
        let lines: Vec<_> = examples.lines(text).collect();
        assert_eq!(lines.len(), 3);
        for (line, span) in &lines {
            assert_eq!(span.of(text), *line);
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
                assert!(node.lines(text).all(|(_, span)| text.get(span.range()).is_some()));
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
