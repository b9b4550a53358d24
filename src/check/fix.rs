//! Mending what can be mended safely: spelling, quotes around `version`, exact repetitions.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Diagnostic, Fix, SourceId, Sources},
    text::{Span, line_start, next_line},
};

/// A file with its findings mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The file.
    pub source: SourceId,
    /// Its new text.
    pub text: String,
    /// How many findings that mends.
    pub fixes: usize,
}

/// Returns the files that the fixes of these findings change, in the order of reading.
///
/// A fix applies only where the piece it replaces stands just once in the marked place; of two that overlap the first
/// wins. Nothing else in a file changes.
pub fn mend(findings: &[Diagnostic], sources: &Sources) -> Vec<Mended> {
    let mut changes: BTreeMap<SourceId, Vec<(Span, &str)>> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_deref()) {
        let Some(source) = sources.get(fix.origin.source) else {
            continue;
        };
        if let Some(span) = place(fix, &source.text) {
            let list = changes.entry(fix.origin.source).or_default();
            list.push((span, &fix.new));
        }
    }
    let mut mended = Vec::new();
    for (source, mut list) in changes {
        let Some(old) = sources.get(source) else {
            continue;
        };
        list.sort_by_key(|(span, _)| *span);
        let (mut text, mut at, mut fixes) = (String::with_capacity(old.text.len()), 0, 0);
        for (span, new) in list {
            if span.start < at {
                continue;
            }
            text.push_str(old.text.get(at..span.start).unwrap_or_default());
            text.push_str(new);
            at = span.end;
            fixes += 1;
        }
        text.push_str(old.text.get(at..).unwrap_or_default());
        mended.push(Mended {
            source,
            text,
            fixes,
        });
    }
    mended
}

/// Returns the bytes to replace: the old piece where it stands just once in the marked place, or the whole line.
fn place(fix: &Fix, text: &str) -> Option<Span> {
    let marked = fix.origin.span;
    if fix.old.is_empty() {
        return whole_line(text, marked);
    }
    let piece = marked.of(text);
    let mut found = piece.match_indices(fix.old.as_str());
    let (at, _) = found.next()?;
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let before = piece.get(..at)?.chars().next_back();
    let after = piece.get(at + fix.old.len()..)?.chars().next();
    if found.next().is_some() || is_word(before) || is_word(after) {
        return None;
    }
    let start = marked.start + at;
    Some(Span::new(start, start + fix.old.len()))
}

/// Returns the line of an item with its end, where the item is all that stands in it and not the first of its list, so
/// that no list is left empty.
fn whole_line(text: &str, marked: Span) -> Option<Span> {
    let (start, end) = (line_start(text, marked.start), next_line(text, marked.end));
    let before = text.get(start..marked.start)?;
    let after = text.get(marked.end..end)?;
    let above = text.get(..start)?.trim_end().lines().next_back()?;
    let follows = above.trim_start().starts_with('-');
    (before.trim() == "-" && after.trim().is_empty() && follows).then_some(Span::new(start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Origin;

    fn mended(text: &str, fixes: &[(&str, &str, &str)]) -> Vec<String> {
        let mut sources = Sources::new();
        let source = sources.add("a.yml", text);
        let findings: Vec<Diagnostic> = fixes
            .iter()
            .map(|(marked, old, new)| {
                let start = text.rfind(marked).unwrap();
                let origin = Origin::new(source, start..start + marked.len());
                Diagnostic::error("a::b", "").fix(origin, old, new)
            })
            .collect();
        mend(&findings, &sources)
            .into_iter()
            .map(|mended| mended.text)
            .collect()
    }

    #[test]
    fn only_the_marked_piece_changes() {
        let text = "version: 3.1\nrules:\n- rule: gret\n  steps:\n  - intent: gret # gret\n";
        assert_eq!(
            mended(
                text,
                &[("3.1", "3.1", "\"3.1\""), ("intent: gret", "gret", "greet")]
            ),
            ["version: \"3.1\"\nrules:\n- rule: gret\n  steps:\n  - intent: greet # gret\n"]
        );
    }

    #[test]
    fn a_repeated_line_goes_with_its_end() {
        assert_eq!(
            mended("    - a\n    - b\r\n    - a\n", &[("a", "", "")]),
            ["    - a\n    - b\r\n"]
        );
        assert!(mended("[a, a]", &[("a", "", "")]).is_empty());
        assert!(mended("examples: |\n    - a\n", &[("a", "", "")]).is_empty());
    }

    #[test]
    fn what_is_not_there_just_once_is_left_alone() {
        assert!(mended("k: ab ab\n", &[("ab ab", "ab", "c")]).is_empty());
        assert!(mended("k: abc\n", &[("abc", "ab", "c")]).is_empty());
    }
}
