//! `models/`: which of its files are ours, which is the newest, which may go.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Metadata, Model, artefact, problem::Problem};
use crate::{diagnostic::Result, files};

/// Models kept; older ones of ours are deleted.
const KEPT: usize = 5;

/// A folder of models. Archives of others, such as Rasa's, are never loaded, counted or deleted.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// One model of ours in the folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file.
    pub path: PathBuf,
    /// What it says about itself.
    pub metadata: Metadata,
    /// Its size in bytes.
    pub bytes: u64,
    modified: SystemTime,
}

impl Folder {
    /// Names a folder, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns our models, newest first, and the number of other archives.
    pub fn list(&self) -> (Vec<Entry>, usize) {
        let (mut ours, mut others) = (Vec::new(), 0);
        for item in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let path = item.path();
            if !path.to_string_lossy().ends_with(".tar.gz") {
                continue;
            }
            match (artefact::read_metadata(&path), item.metadata()) {
                (Some(metadata), Ok(meta)) => ours.push(Entry {
                    path,
                    metadata,
                    bytes: meta.len(),
                    modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                }),
                _ => others += 1,
            }
        }
        ours.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
        (ours, others)
    }

    /// Loads a model: a file, or the newest of a folder. Also takes the name of a model in the folder, whole or its
    /// beginning, or its short id.
    pub fn load(&self, wanted: Option<&Path>) -> Result<(PathBuf, Model)> {
        let path = match wanted {
            Some(path) if path.is_dir() => return Self::new(path).load(None),
            Some(path) if path.exists() => path.to_owned(),
            Some(name) => {
                let text = name.to_string_lossy();
                let found = self.list().0.into_iter().find(|entry| {
                    entry.metadata.id.starts_with(text.as_ref())
                        || entry
                            .path
                            .file_name()
                            .is_some_and(|file| file.to_string_lossy().starts_with(text.as_ref()))
                });
                found
                    .map(|entry| entry.path)
                    .ok_or_else(|| files::Problem::Missing(name.to_owned()))?
            }
            None => {
                let newest = self.list().0.into_iter().next();
                newest
                    .map(|entry| entry.path)
                    .ok_or_else(|| Problem::NoModel.at(&self.path))?
            }
        };
        let model = artefact::read(&path)?;
        Ok((path, model))
    }

    /// Returns where a new model goes.
    pub(super) fn path_for(&self, name: &str) -> PathBuf {
        let name = name.strip_suffix(".tar.gz").unwrap_or(name);
        self.path.join(format!("{name}.tar.gz"))
    }

    /// Deletes our oldest models beyond the few that are kept, and returns them. `new` is never deleted.
    pub(super) fn prune(&self, new: &Path) -> Vec<PathBuf> {
        let old = self
            .list()
            .0
            .into_iter()
            .filter(|entry| entry.path != new)
            .skip(KEPT - 1);
        old.filter(|entry| fs::remove_file(&entry.path).is_ok())
            .map(|entry| entry.path)
            .collect()
    }
}
