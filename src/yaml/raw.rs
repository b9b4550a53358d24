//! A text's YAML as it stands: aliases are not followed, and what is in brackets is told apart from what is indented.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{
    decode::{Offsets, decode},
    parse::{is_flow, quoted_end},
    tree::Style,
};
use crate::text::Span;

/// A piece of a text.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// From its anchor or tag, if it has one, to its last character; a `|` or `>` block without anchor and tag begins
    /// with its first line of content.
    pub(super) span: Span,
    pub(super) kind: RawKind,
}

#[derive(Clone, Debug)]
pub(super) enum RawKind {
    /// An alias, or anything in brackets.
    Flow,
    Scalar(Style),
    Sequence(Vec<Raw>),
    Mapping(Vec<(Raw, Raw)>),
}

impl Raw {
    /// Tells whether nothing is written there.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.kind, RawKind::Scalar(Style::Plain)) && self.span.is_empty()
    }
}

/// Reads a text that [`super::parse()`] has read without complaint; none if it holds no document, or if quoted texts in
/// it have lines further left than YAML allows.
pub(super) fn read(text: &str) -> Option<Raw> {
    let decoded = decode(text);
    let offsets = Offsets::new(&decoded);
    let mut events = Parser::new_from_str(decoded.input()).map_while(|event| {
        let (event, span) = event.ok()?;
        let (start, end) = (span.start.index(), span.end.index());
        Some((event, Span::new(offsets.byte(start), offsets.byte(end))))
    });
    loop {
        match events.next()? {
            (Event::Nothing | Event::StreamStart | Event::DocumentStart(_), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, _) => return None,
            (event, span) => return node(text, &event, span, &mut events),
        }
    }
}

fn node<'e>(
    text: &str,
    event: &Event<'e>,
    span: Span,
    events: &mut impl Iterator<Item = (Event<'e>, Span)>,
) -> Option<Raw> {
    let kind = match event {
        Event::Scalar(_, style, ..) => RawKind::Scalar(match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        }),
        Event::Alias(_) => RawKind::Flow,
        Event::SequenceStart(..) | Event::MappingStart(..) => {
            let mapping = matches!(event, Event::MappingStart(..));
            let mut nodes = Vec::new();
            let close = loop {
                match events.next()? {
                    (Event::SequenceEnd | Event::MappingEnd, span) => break span,
                    (event, span) => nodes.push(node(text, &event, span, events)?),
                }
            };
            let is_flow = is_flow(span.of(text));
            let last = nodes.last().map_or(span.start, |last| last.span.end);
            let end = if is_flow { close.end } else { last };
            let kind = if is_flow {
                RawKind::Flow
            } else if mapping {
                let mut entries = Vec::with_capacity(nodes.len() / 2);
                let mut nodes = nodes.into_iter();
                while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
                    entries.push((key, value));
                }
                RawKind::Mapping(entries)
            } else {
                RawKind::Sequence(nodes)
            };
            return Some(Raw {
                span: Span::new(span.start, end.max(span.start)),
                kind,
            });
        }
        _ => return None,
    };
    let end = match kind {
        RawKind::Scalar(Style::Quoted) => quoted_end(text, span),
        _ => span.end,
    };
    Some(Raw {
        span: Span::new(span.start, end),
        kind,
    })
}
