//! A story file taken apart, so that its stories go to other files with the comments above them.

use std::path::{Path, PathBuf};

use super::{
    discover::{mentions, yaml_files},
    reader::Reader,
    story, utf8,
    write_stories::write_stories,
};
use crate::{
    data::Story,
    diagnostic::{Diagnostic, Result, SourceId, Sources},
    files,
    text::{line_start, next_line},
    yaml::{self, Node},
};

/// A file with stories.
#[derive(Clone, Debug)]
pub struct StoryFile {
    /// Where it stands.
    pub path: PathBuf,
    /// Its stories, without rules.
    pub stories: Vec<Story>,
    text: String,
    /// Where the text of each story starts and ends; none where they cannot be told apart.
    pieces: Option<Vec<(usize, usize)>>,
}

/// Reads every YAML file with stories below a path; mistakes go to `findings`.
pub fn story_files(
    root: &Path,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Result<Vec<StoryFile>> {
    let mut found = Vec::new();
    for path in yaml_files(&[root.to_owned()])? {
        let Some(text) = utf8::read(&path, &files::show(&path), sources, findings)? else {
            continue;
        };
        if !mentions(&text, &["stories"]) {
            continue;
        }
        let source = sources.add(files::show(&path), text.as_str());
        let Some((root, stories)) = read(source, &text, findings) else {
            continue;
        };
        if !stories.is_empty() {
            let pieces = pieces(&text, &root).filter(|pieces| pieces.len() == stories.len());
            found.push(StoryFile {
                path,
                stories,
                text,
                pieces,
            });
        }
    }
    Ok(found)
}

fn read(
    source: SourceId,
    text: &str,
    findings: &mut Vec<Diagnostic>,
) -> Option<(Node, Vec<Story>)> {
    let root = match yaml::parse(source, text, yaml::Limits::default()) {
        Ok(root) => root,
        Err(wrong) => {
            findings.push(wrong);
            return None;
        }
    };
    let mut stories = Vec::new();
    let list = root.get("stories")?;
    let mut reader = Reader {
        source,
        text,
        findings,
    };
    story::read(&mut reader, list, false, &mut stories);
    Some((root, stories))
}

impl StoryFile {
    /// Returns the file with only those stories that are chosen, everything else in it as it is.
    pub fn keeping(&self, chosen: &dyn Fn(usize) -> bool) -> String {
        let kept = self.pieces.as_ref().and_then(|pieces| {
            let start = pieces.first()?.0;
            let end = pieces.last()?.1;
            let mut out = self.text.get(..start)?.to_owned();
            self.copy(pieces, chosen, &mut out)?;
            out.push_str(self.text.get(end..)?);
            Some(out)
        });
        self.checked(kept, chosen)
    }

    /// Returns a file with those stories alone that are chosen.
    pub fn only(&self, chosen: &dyn Fn(usize) -> bool) -> String {
        let kept = self.pieces.as_ref().and_then(|pieces| {
            let mut out = "version: \"3.1\"\n\nstories:\n".to_owned();
            self.copy(pieces, chosen, &mut out)?;
            Some(out)
        });
        self.checked(kept, chosen)
    }

    fn copy(
        &self,
        pieces: &[(usize, usize)],
        chosen: &dyn Fn(usize) -> bool,
        out: &mut String,
    ) -> Option<()> {
        for (i, (start, end)) in pieces.iter().enumerate() {
            if chosen(i) {
                out.push_str(self.text.get(*start..*end)?);
                if !out.ends_with('\n') {
                    out.push('\n');
                }
            }
        }
        Some(())
    }

    /// Returns the text if it reads as the chosen stories, else those written anew.
    fn checked(&self, text: Option<String>, chosen: &dyn Fn(usize) -> bool) -> String {
        let stories = self.stories.iter().enumerate();
        let wanted: Vec<Story> = stories
            .filter(|(i, _)| chosen(*i))
            .map(|(_, story)| story.clone())
            .collect();
        let anew = write_stories(&wanted);
        text.filter(|text| {
            let read = read(SourceId::default(), text, &mut Vec::new());
            read.is_some_and(|(_, stories)| write_stories(&stories) == anew)
        })
        .unwrap_or(anew)
    }
}

/// Returns the text of each story: its lines with the comments and blank lines above them.
fn pieces(text: &str, root: &Node) -> Option<Vec<(usize, usize)>> {
    let (key, list) = root.entry("stories")?;
    // Comments above a line that are as deep as it, or deeper, belong to it.
    let with_comments = |start: usize, floor: usize| {
        let head = text.get(floor..start)?;
        let mut at = start;
        for line in head.split_inclusive('\n').rev() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                at -= line.len();
            } else {
                break;
            }
        }
        Some(at)
    };
    let first_line = next_line(text, key.span.end);
    let mut starts: Vec<usize> = Vec::new();
    for item in list.items()? {
        let start = line_start(text, item.span.start);
        let before = text.get(start..item.span.start)?.trim();
        if start < first_line || !(before == "-" || before.is_empty()) {
            return None;
        }
        let floor = starts.last().copied().unwrap_or(first_line);
        starts.push(with_comments(start, floor)?);
    }
    let entries = root.entries()?;
    let next = entries.iter().map(|(name, _)| name.span.start);
    let next = next.filter(|start| *start > key.span.start).min();
    let end = match next {
        Some(next) => with_comments(line_start(text, next), *starts.last()?)?,
        None => text.len(),
    };
    let ends = starts.iter().skip(1).copied().chain([end]);
    Some(starts.iter().copied().zip(ends).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: \"3.1\"\n\nstories:\n# the first\n- story: a\n  steps:\n  - intent: x # why\n  - action: utter_x\n\n# the second\n- story: b\n  steps:\n  - intent: y\n  - action: utter_y\n\n# rules\nrules:\n- rule: r\n  steps:\n  - intent: z\n  - action: utter_z\n";

    fn file(text: &str) -> StoryFile {
        let folder = tempfile::tempdir().unwrap();
        files::write(&folder.path().join("s.yml"), text.as_bytes()).unwrap();
        let mut findings = Vec::new();
        let mut found = story_files(folder.path(), &mut Sources::new(), &mut findings).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        found.remove(0)
    }

    #[test]
    fn stories_go_with_their_comments() {
        let file = file(TEXT);
        assert_eq!(file.keeping(&|_| true), TEXT);
        let kept = file.keeping(&|i| i == 0);
        assert!(kept.contains("# the first\n- story: a"), "{kept}");
        assert!(
            !kept.contains("second") && kept.contains("\n# rules\nrules:"),
            "{kept}"
        );
        assert_eq!(
            file.only(&|i| i == 1),
            "version: \"3.1\"\n\nstories:\n\n# the second\n- story: b\n  steps:\n  - intent: y\n  - action: utter_y\n"
        );
    }

    #[test]
    fn a_file_that_cannot_be_taken_apart_is_written_anew() {
        let flow = file(
            "stories: [{story: a, steps: [{intent: x}]}, {story: b, steps: [{intent: bye}]}]\n",
        );
        assert_eq!(
            flow.only(&|i| i == 1),
            "version: \"3.1\"\n\nstories:\n- story: b\n  steps:\n  - intent: bye\n"
        );
    }
}
