//! Training data of Rasa 1.x: `## intent:greet`, `## synonym:`, `## regex:`, `## lookup:`, each over a list.

use std::path::Path;

use super::{
    problem,
    text::{Raw, example, lines, lookup_file},
};
use crate::{
    data::{Located, Lookup, Pattern, Synonym, TrainingData},
    diagnostic::{Origin, Sources},
    project::{problem as project_problem, read_annotations, reader::Reader},
    text::Span,
};

/// What a section can be of.
pub(super) const SECTIONS: [&str; 4] = ["intent", "synonym", "regex", "lookup"];

/// Reads a file whose comments are blanks already.
pub(super) fn read(
    reader: &mut Reader<'_>,
    clean: &str,
    path: &Path,
    sources: &mut Sources,
    training: &mut TrainingData,
) {
    let mut section: Option<(&str, Located<String>)> = None;
    for (start, line) in lines(clean) {
        let source = reader.source;
        let place = |piece: &str| {
            let at = start + (piece.as_ptr() as usize - line.as_ptr() as usize);
            Origin::new(source, Span::new(at, at + piece.len()))
        };
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        if let Some((name, title)) = header(trimmed) {
            let known = SECTIONS.into_iter().find(|known| *known == name);
            if known.is_none() {
                reader.note(problem::unknown_section(place(name), name));
            }
            section = known.map(|kind| (kind, Located::new(title.to_owned(), place(title))));
            if let Some(("lookup", name)) = &section {
                table(training, name);
            }
            continue;
        }
        let Some((kind, title)) = &section else {
            continue;
        };
        match item(trimmed) {
            Some(text) => read_item(reader, kind, title, text, place(text), training),
            None if *kind == "lookup" && !trimmed.starts_with(['-', '*', '+', '#']) => {
                let entries = lookup_file(trimmed, path, place(trimmed), reader, sources);
                table(training, title).entries.extend(entries);
            }
            // An item without a text; a title.
            None if trimmed.starts_with(['-', '*', '+', '#']) => {}
            None => reader.note(problem::skipped_line(
                place(trimmed),
                "it neither starts a section nor an item",
                "start an item with `- `, a section with `## intent:NAME`",
            )),
        }
    }
}

/// Splits `## intent:greet`; as in Rasa it need not stand at the start of the line.
fn header(line: &str) -> Option<(&str, &str)> {
    let rest = line
        .split_once("##")?
        .1
        .trim_start_matches('#')
        .trim_start();
    let (name, title) = rest.split_once(':').filter(|(name, _)| !name.is_empty())?;
    let title = title.trim();
    (!title.is_empty()).then_some((name.trim(), title))
}

fn item(line: &str) -> Option<&str> {
    let text = line.strip_prefix(['-', '*', '+'])?.trim();
    (!text.is_empty()).then_some(text)
}

fn table<'t>(training: &'t mut TrainingData, name: &Located<String>) -> &'t mut Lookup {
    let at = training
        .lookups
        .iter()
        .position(|known| known.name == name.value)
        .unwrap_or_else(|| {
            training.lookups.push(Lookup {
                name: name.value.clone(),
                entries: Vec::new(),
                origin: name.origin,
            });
            training.lookups.len() - 1
        });
    #[expect(
        clippy::indexing_slicing,
        reason = "the position was just found, or is that of the one just added"
    )]
    &mut training.lookups[at]
}

fn read_item(
    reader: &mut Reader<'_>,
    kind: &str,
    title: &Located<String>,
    text: &str,
    origin: Origin,
    training: &mut TrainingData,
) {
    match kind {
        "intent" => match read_annotations(&unescaped(text)) {
            Ok((clean, entities)) => {
                let entities = entities
                    .into_iter()
                    .map(|entity| Located::new(entity, origin))
                    .collect();
                let raw = Raw {
                    text: clean,
                    intent: title.value.clone(),
                    intent_origin: title.origin,
                    entities,
                    origin,
                };
                training.examples.extend(example(reader, raw));
            }
            Err(bad) => reader.note(project_problem::bad_annotation(origin, &bad.why)),
        },
        "synonym" => training.synonyms.push(Synonym {
            spelling: unescaped(text),
            value: title.value.clone(),
            origin,
        }),
        "regex" => training.patterns.push(Pattern {
            name: title.value.clone(),
            pattern: text.to_owned(),
            origin,
        }),
        _ => table(training, title)
            .entries
            .push(Located::new(unescaped(text), origin)),
    }
}

/// Turns `\n`, `\t`, `\r`, `\b` and `\f` into what they stand for: what Rasa's writer made of such characters.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = match (c, chars.peek()) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some('b')) => '\u{8}',
            ('\\', Some('f')) => '\u{c}',
            _ => {
                out.push(c);
                continue;
            }
        };
        chars.next();
        out.push(meant);
    }
    out
}
