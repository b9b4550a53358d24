//! `nlu:` — examples, synonyms, regexes and lookup tables.

use std::{borrow::Cow, sync::Arc};

use rayon::prelude::*;

use super::{annotation::read_annotations, problem, reader::Reader};
use crate::{
    data::{Example, ExampleMetadata, Located, Lookup, Pattern, Synonym, TrainingData},
    diagnostic::{Diagnostic, Origin},
    text::Span,
    yaml::{Node, Style},
};

const ITEM_KEYS: [&str; 6] = [
    "intent", "synonym", "regex", "lookup", "examples", "metadata",
];

/// Metadata of an example, often shared by all of its intent.
type Notes = Option<Arc<ExampleMetadata>>;

/// Reads the items under `nlu:` into `into`, on all cores: a file may have hundreds of thousands of lines.
pub(super) fn read(reader: &mut Reader<'_>, nlu: &Node, into: &mut TrainingData) {
    let (source, text) = (reader.source, reader.text);
    let parts: Vec<(TrainingData, Vec<Diagnostic>)> = reader
        .list(nlu, "`nlu`")
        .par_iter()
        .map(|item| {
            let (mut part, mut findings) = Default::default();
            let reader = &mut Reader {
                source,
                text,
                findings: &mut findings,
            };
            read_item(reader, item, &mut part);
            (part, findings)
        })
        .collect();
    let examples = parts.iter().map(|(part, _)| part.examples.len()).sum();
    into.examples.reserve(examples);
    for (part, findings) in parts {
        into.append(part);
        reader.findings.extend(findings);
    }
}

/// Reads one item.
fn read_item(reader: &mut Reader<'_>, item: &Node, into: &mut TrainingData) {
    if reader.mapping(item, "an item of `nlu`").is_empty() {
        return;
    }
    reader.keys(item, "an item of `nlu`", &ITEM_KEYS);
    let Some((kind, key, name)) = ["intent", "synonym", "regex", "lookup"]
        .into_iter()
        .find_map(|kind| item.entry(kind).map(|(key, name)| (kind, key, name)))
    else {
        if !item
            .entries()
            .unwrap_or_default()
            .iter()
            .any(|(key, _)| key.text().is_some_and(|k| !ITEM_KEYS.contains(&k)))
        {
            reader.note(problem::nlu_item_without_name(reader.origin(item.span)));
        }
        return;
    };
    let at = reader.origin(name.span);
    let Some(name) = reader.name(name, &format!("`{kind}`")) else {
        return;
    };
    let Some((examples_key, examples)) = item.entry("examples") else {
        reader.note(problem::no_examples(reader.origin(key.span), kind, &name));
        return;
    };
    if kind == "intent" {
        intent(reader, &name, at, item, (examples_key, examples), into);
        return;
    }
    let lines = block(reader, examples_key, examples);
    if lines.is_empty() {
        reader.note(problem::no_examples(reader.origin(key.span), kind, &name));
    }
    match kind {
        "synonym" => into.synonyms.extend(lines.into_iter().map(|line| Synonym {
            spelling: line.value.to_owned(),
            value: name.clone(),
            origin: line.origin,
        })),
        "regex" => into.patterns.extend(lines.into_iter().map(|line| Pattern {
            name: name.clone(),
            pattern: line.value.to_owned(),
            origin: line.origin,
        })),
        _ => into.lookups.push(Lookup {
            name,
            entries: lines
                .into_iter()
                .map(|line| Located::new(line.value.to_owned(), line.origin))
                .collect(),
            origin: at,
        }),
    }
}

fn intent(
    reader: &mut Reader<'_>,
    name: &str,
    at: Origin,
    item: &Node,
    (key, examples): (&Node, &Node),
    into: &mut TrainingData,
) {
    let (intent, response_key) = match name.split_once('/') {
        Some((_, key)) if key.contains('/') => {
            reader.note(problem::slashes_in_intent(at, name));
            return;
        }
        Some((base, _)) => (base.to_owned(), Some(name.to_owned())),
        None => (name.to_owned(), None),
    };
    let notes = |note: Option<&Node>| note.filter(|note| !note.is_null()).map(Node::json);
    let shared = notes(item.get("metadata")).map(|intent| {
        Arc::new(ExampleMetadata {
            intent: Some(intent),
            example: None,
        })
    });
    let lines: Vec<(Located<Cow<'_, str>>, Notes)> = match examples.items() {
        Some(items) if items.iter().all(|item| item.get("text").is_some()) => items
            .iter()
            .filter_map(|item| {
                let text = item.get("text")?;
                let clean = strip(reader.string(text, "`text`")?.as_str()).to_owned();
                let own = notes(item.get("metadata")).map(|example| {
                    Arc::new(ExampleMetadata {
                        intent: shared.as_deref().and_then(|shared| shared.intent.clone()),
                        example: Some(example),
                    })
                });
                let line = Located::new(clean.into(), reader.origin(text.span));
                Some((line, own.or_else(|| shared.clone())))
            })
            .collect(),
        Some(_) => {
            reader.note(problem::examples_not_a_block(reader.origin(key.span)));
            return;
        }
        None => block(reader, key, examples)
            .into_iter()
            .map(|line| {
                let text = Cow::Borrowed(line.value);
                (Located::new(text, line.origin), shared.clone())
            })
            .collect(),
    };
    if lines.is_empty() {
        reader.note(problem::no_examples(at, "intent", name));
    }
    for (line, metadata) in lines {
        match read_annotations(&line.value) {
            Ok((text, entities)) => into.examples.push(Example {
                entities: placed(shifted(entities, &text), line.origin, &line.value),
                text: stripped(text),
                intent: intent.clone(),
                response_key: response_key.clone(),
                metadata,
                origin: line.origin,
            }),
            Err(bad) => {
                let start = line.origin.span.start;
                let exact = bad.span.end <= line.origin.span.len();
                let span = if exact {
                    Span::new(start + bad.span.start, start + bad.span.end)
                } else {
                    line.origin.span
                };
                reader.note(problem::bad_annotation(
                    Origin::new(line.origin.source, span),
                    &bad.why,
                ));
            }
        }
    }
}

/// Strips a text as [`strip`] does; most have nothing to strip.
fn stripped(text: String) -> String {
    match strip(&text) {
        clean if clean.len() == text.len() => text,
        clean => clean.to_owned(),
    }
}

/// Moves entity spans where trimming the text took characters from its front.
fn shifted(mut entities: Vec<crate::data::Annotation>, text: &str) -> Vec<crate::data::Annotation> {
    let len = strip(text).len();
    if len == text.len() {
        return entities;
    }
    let lead = text.len() - text.trim_start_matches(STRIPPED).len();
    for entity in &mut entities {
        let move_left = |at: usize| at.saturating_sub(lead).min(len);
        entity.span = Span::new(move_left(entity.span.start), move_left(entity.span.end));
    }
    entities
}

/// Turns places in the marked text into places in the file, where the line stands there as it was read.
fn placed(
    mut entities: Vec<crate::data::Annotation>,
    line: Origin,
    marked: &str,
) -> Vec<crate::data::Annotation> {
    let exact = line.span.len() == marked.len();
    for entity in &mut entities {
        let (start, mark) = (line.span.start, entity.origin.span);
        entity.origin = if exact {
            Origin::new(line.source, Span::new(start + mark.start, start + mark.end))
        } else {
            line
        };
    }
    entities
}

/// Returns the `- ` lines of a block of text, each at its place without the dash.
fn block<'a>(reader: &mut Reader<'_>, key: &Node, examples: &'a Node) -> Vec<Located<&'a str>> {
    if examples.is_null() {
        return Vec::new();
    }
    if examples.items().is_some() {
        reader.note(problem::examples_not_a_block(reader.origin(key.span)));
        return Vec::new();
    }
    if examples.text().is_none() {
        reader.expected(examples, "`examples`", "text");
        return Vec::new();
    }
    let literal = matches!(
        &examples.kind,
        crate::yaml::NodeKind::Scalar {
            style: Style::Literal,
            ..
        }
    );
    let mut found = Vec::new();
    let source = reader.text;
    for (line, span) in examples.lines(source) {
        if line.is_empty() {
            continue;
        }
        let Some(rest) = line.strip_prefix('-') else {
            let at = Origin::new(reader.source, span);
            reader.note(problem::example_without_dash(at));
            continue;
        };
        let text = strip(rest);
        if text.is_empty() {
            continue;
        }
        let lead =
            line.len() - rest.len() + (rest.len() - rest.trim_start_matches([' ', '\r']).len());
        let place = if literal {
            Span::new(span.start + lead, span.start + lead + text.len())
        } else {
            span
        };
        found.push(Located::new(text, Origin::new(reader.source, place)));
    }
    found
}

/// Strips what Rasa strips from an example: blanks and line ends, but no tabs.
fn strip(text: &str) -> &str {
    text.trim_matches(STRIPPED)
}

/// What [`strip`] takes away.
const STRIPPED: [char; 3] = ['\n', '\r', ' '];
