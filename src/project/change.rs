//! What happens to a project's files, before it happens.

use std::{fs, path::PathBuf};

use crate::{
    diagnostic::{Result, count},
    files,
    text::diff,
};

/// What happens to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// Its path as shown to people.
    pub shown: String,
    /// What stood there.
    pub old: Option<Vec<u8>>,
    /// What will stand there.
    pub new: Vec<u8>,
    /// What is in it, in a few words.
    pub about: String,
}

impl Change {
    /// Returns what happens in a word or two: `new`, `+12 lines`, `-1 line`, `unchanged`, `replaced`.
    pub fn status(&self) -> String {
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
        match &self.old {
            None => "new".to_owned(),
            Some(old) if *old == self.new => "unchanged".to_owned(),
            Some(old) if self.new.len() > old.len() && keeps(&self.new, old) => {
                let added = lines(&self.new).saturating_sub(lines(old)).max(1);
                format!("+{}", count(added, "line"))
            }
            Some(old) if self.new.len() < old.len() && keeps(old, &self.new) => {
                let gone = lines(old).saturating_sub(lines(&self.new)).max(1);
                format!("-{}", count(gone, "line"))
            }
            Some(_) => "replaced".to_owned(),
        }
    }

    /// Tells whether anything happens.
    pub fn is_change(&self) -> bool {
        self.old.as_ref() != Some(&self.new)
    }

    /// Returns the lines that change, in the form of `diff -u`.
    pub fn diff(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let old = self.old.as_deref().map(text).unwrap_or_default();
        format!(
            "--- {shown}\n+++ {shown}\n{}",
            diff::unified(&old, &text(&self.new)),
            shown = self.shown
        )
    }
}

/// Tells whether every line of one text is in the other, in order.
fn keeps(longer: &[u8], shorter: &[u8]) -> bool {
    let mut longer = longer.split(|byte| *byte == b'\n');
    shorter
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .all(|line| {
            let bare = line.strip_suffix(b"\r").unwrap_or(line);
            longer.any(|other| other.strip_suffix(b"\r").unwrap_or(other) == bare)
        })
}

/// Writes all changes, or none: what was written before a failure is taken back.
pub fn apply(changes: &[Change]) -> Result<()> {
    for (done, change) in changes.iter().enumerate() {
        if !change.is_change() {
            continue;
        }
        if let Err(problem) = files::write(&change.path, &change.new) {
            for undo in changes.iter().take(done).filter(|undo| undo.is_change()) {
                // The first failure is the one to tell; what cannot be undone has failed for the same reason.
                let _ = match &undo.old {
                    Some(old) => files::write(&undo.path, old).is_ok(),
                    None => fs::remove_file(&undo.path).is_ok(),
                };
            }
            return Err(problem.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: PathBuf, old: Option<&str>, new: &str) -> Change {
        Change {
            shown: files::show(&path),
            path,
            old: old.map(|text| text.as_bytes().to_vec()),
            new: new.as_bytes().to_vec(),
            about: String::new(),
        }
    }

    #[test]
    fn a_failure_takes_back_what_was_written_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        files::write(&path("old.yml"), b"old").unwrap();
        files::write(&path("file"), b"").unwrap();
        let changes = [
            change(path("new.yml"), None, "new"),
            change(path("old.yml"), Some("old"), "changed"),
            change(path("file/below.yml"), None, "new"),
        ];
        assert!(apply(&changes).is_err());
        assert!(!path("new.yml").exists());
        assert_eq!(files::read(&path("old.yml")).unwrap(), b"old");
    }

    #[test]
    fn the_status_says_how_much_is_added() {
        let path = PathBuf::from("a");
        assert_eq!(change(path.clone(), None, "a").status(), "new");
        assert_eq!(change(path.clone(), Some("a"), "a").status(), "unchanged");
        assert_eq!(
            change(path.clone(), Some("a\nb\n"), "a\nx\nb\n").status(),
            "+1 line"
        );
        assert_eq!(
            change(path, Some("a\nb\n"), "a\nc\nd\n").status(),
            "replaced"
        );
    }
}
