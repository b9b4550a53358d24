//! What all foreign formats share: places in a text, examples of them, word lists in files of their own.

use std::path::Path;

use super::problem;
use crate::{
    data::{Annotation, Example, Located},
    diagnostic::{Diagnostic, Origin, Sources},
    files,
    project::{problem as project_problem, reader::Reader, utf8},
    text::Span,
};

/// Returns the bytes of the characters from `start` up to `end`; none where the text is shorter.
pub(super) fn byte_span(text: &str, start: usize, end: usize) -> Option<Span> {
    let at = |wanted: usize| {
        text.char_indices()
            .map(|(i, _)| i)
            .chain([text.len()])
            .nth(wanted)
    };
    (start < end).then_some(())?;
    Some(Span::new(at(start)?, at(end)?))
}

/// An example as a foreign file has it.
pub(super) struct Raw {
    /// The message, perhaps with blanks around it.
    pub(super) text: String,
    /// Intent, perhaps with a response key.
    pub(super) intent: String,
    /// Where the intent stands.
    pub(super) intent_origin: Origin,
    /// Entities with their places, in any order.
    pub(super) entities: Vec<Located<Annotation>>,
    /// Where the message stands.
    pub(super) origin: Origin,
}

/// Makes an example: blanks around the text go, entities are put in order, and those that overlap are left out.
pub(super) fn example(reader: &mut Reader<'_>, raw: Raw) -> Option<Example> {
    let strips = [' ', '\n', '\r'];
    let lead = raw.text.len() - raw.text.trim_start_matches(strips).len();
    let text = raw.text.trim_matches(strips);
    if text.is_empty() {
        return None;
    }
    let name = raw.intent.trim();
    let (intent, response_key) = match name.split_once('/') {
        Some((_, key)) if key.contains('/') => {
            reader.note(project_problem::slashes_in_intent(raw.intent_origin, name));
            return None;
        }
        Some((base, _)) => (base.to_owned(), Some(name.to_owned())),
        None => (name.to_owned(), None),
    };
    let mut found = raw.entities;
    found.sort_by_key(|entity| (entity.value.span.start, entity.value.span.end));
    let mut entities: Vec<Annotation> = Vec::new();
    for entity in found {
        let mut annotation = entity.value;
        let shift = |at: usize| at.saturating_sub(lead).min(text.len());
        annotation.span = Span::new(shift(annotation.span.start), shift(annotation.span.end));
        let covered = annotation.span.of(text);
        if covered.is_empty() {
            continue;
        }
        if annotation.value.as_deref() == Some(covered) {
            annotation.value = None;
        }
        let overlaps = entities.last().is_some_and(|last| {
            last.span.end > annotation.span.start && last.span != annotation.span
        });
        if overlaps {
            reader.note(problem::entities_overlap(entity.origin, covered));
        } else {
            entities.push(annotation);
        }
    }
    Some(Example {
        metadata: None,
        text: text.to_owned(),
        intent,
        response_key,
        entities,
        origin: raw.origin,
    })
}

/// Reads a word list with an entry a line. The path counts from the folder of the file that names it, or from one above
/// it: Rasa takes it from the folder it was started in.
pub(super) fn lookup_file(
    file: &str,
    beside: &Path,
    at: Origin,
    reader: &mut Reader<'_>,
    sources: &mut Sources,
) -> Vec<Located<String>> {
    let file = file.trim();
    let folder = beside.parent().unwrap_or(Path::new(""));
    let name = Path::new(file).file_name().unwrap_or_default();
    let found = folder
        .ancestors()
        .chain([Path::new("")])
        .map(|above| above.join(file))
        .chain([folder.join(name)])
        .find(|path| path.is_file());
    let Some(path) = found else {
        reader.note(problem::lookup_file_missing(at, file));
        return Vec::new();
    };
    let text = match utf8::read(&path, &files::show(&path), sources, reader.findings) {
        Ok(Some(text)) => text,
        Ok(None) => return Vec::new(),
        Err(wrong) => {
            reader.note(Diagnostic::from(wrong).label(at, "named here"));
            return Vec::new();
        }
    };
    let source = sources.add(files::show(&path), text.as_str());
    lines(&text)
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(start, line)| {
            let start = start + line.len() - line.trim_start().len();
            let entry = line.trim();
            Located::new(
                entry.to_owned(),
                Origin::new(source, Span::new(start, start + entry.len())),
            )
        })
        .collect()
}

/// Returns each line without its end, with its first byte.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_bytes_after_other_scripts() {
        assert_eq!(byte_span("é Oslo!", 2, 6), Some(Span::new(3, 7)));
        assert_eq!(byte_span("Oslo", 0, 4), Some(Span::new(0, 4)));
        assert_eq!(byte_span("Oslo", 0, 5), None);
        assert_eq!(byte_span("Oslo", 2, 2), None);
    }
}
