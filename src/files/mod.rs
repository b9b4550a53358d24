//! Reading with limits, writing atomically, and every error that paths can give.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use crate::diagnostic::{Diagnostic, Error, Result};

/// Largest file that is read whole: 512 MiB.
pub const LIMIT: u64 = 512 << 20;
/// Largest file of a project that is read: 64 MiB, more than a million examples.
pub const PROJECT_LIMIT: u64 = 64 << 20;

/// What went wrong with a path.
#[derive(Debug)]
pub enum Problem {
    /// Nothing stands there.
    Missing(PathBuf),
    /// A folder stands where a file is needed.
    IsFolder(PathBuf),
    /// A file stands where a folder is needed.
    NotFolder(PathBuf),
    /// The file is larger than the limit.
    TooLarge(PathBuf, u64),
    /// It could not be read.
    Unreadable(PathBuf, io::Error),
    /// It could not be written.
    Unwritable(PathBuf, io::Error),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::cannot(problem.into())
    }
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Missing(path) => Self::error("file::missing", format!("there is no file `{}`", show(&path)))
                .help("check the spelling, or the folder you are in"),
            Problem::IsFolder(path) => {
                Self::error("file::is-a-folder", format!("`{}` is a folder, but a file is needed", show(&path)))
                    .help("name a file in it")
            }
            Problem::NotFolder(path) => {
                Self::error("file::not-a-folder", format!("`{}` is a file, but a folder is needed", show(&path)))
                    .help("name a folder, or move the file away")
            }
            Problem::TooLarge(path, limit) => {
                Self::error("file::too-large", format!("`{}` is larger than {} MiB", show(&path), limit >> 20))
                    .help("split the file: folders are read whole")
            }
            Problem::Unreadable(path, error) => {
                Self::error("file::unreadable", format!("`{}` cannot be read: {}", show(&path), plain(&error)))
                    .help("check its permissions")
            }
            Problem::Unwritable(path, error) => {
                Self::error("file::unwritable", format!("`{}` cannot be written: {}", show(&path), plain(&error)))
                    .help(match error.kind() {
                        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                            "free some space; nothing that stood there before was touched"
                        }
                        _ => "check the permissions of the folder; nothing that stood there before was touched",
                    })
            }
        }
    }
}

/// Returns the words of an I/O error without the number behind them.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

/// Returns the top of the repository that a folder lies in, and where in it that is, with `/` between names; nothing
/// where there is no repository.
pub fn in_repository(folder: &Path) -> Option<(PathBuf, String)> {
    let folder = folder.canonicalize().ok()?;
    let top = folder
        .ancestors()
        .find(|above| above.join(".git").exists())?;
    let inside = folder.strip_prefix(top).map(show).unwrap_or_default();
    Some((top.to_owned(), inside))
}

/// Returns a path from the root of all, without `.` and `..`; nothing where the current folder is not known.
pub fn absolute(path: &Path) -> Option<PathBuf> {
    let mut parts = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::CurDir => {}
            part => parts.push(part),
        }
    }
    Some(parts)
}

/// Returns a path as it is shown to people: `/` between its parts on every platform.
pub fn show(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if std::path::MAIN_SEPARATOR == '\\' {
        text.replace('\\', "/")
    } else {
        text
    };
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// Reads a whole file of at most [`LIMIT`] bytes.
pub fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    read_limited(path, LIMIT)
}

/// Reads a whole file of at most `limit` bytes.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    let file = fs::File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Problem::Missing(path.to_owned()),
        _ => Problem::Unreadable(path.to_owned(), error),
    })?;
    let meta = file
        .metadata()
        .map_err(|error| Problem::Unreadable(path.to_owned(), error))?;
    if meta.is_dir() {
        return Err(Problem::IsFolder(path.to_owned()));
    }
    if meta.len() > limit {
        return Err(Problem::TooLarge(path.to_owned(), limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(limit)).unwrap_or_default());
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::Unreadable(path.to_owned(), error))?;
    if bytes.len() as u64 > limit {
        return Err(Problem::TooLarge(path.to_owned(), limit));
    }
    Ok(bytes)
}

/// Writes a file so that at any moment either the old or the new content stands there, whole.
///
/// The bytes go to a temporary file in the same folder, are flushed, and take the name at the end. Missing
/// folders are made.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write()`], for content that is produced piece by piece.
pub fn write_with(
    path: &Path,
    produce: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Problem> {
    let wrong = |error| Problem::Unwritable(path.to_owned(), error);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_folder(folder)?;
    if path.is_dir() {
        return Err(Problem::IsFolder(path.to_owned()));
    }
    let mut file = tempfile::Builder::new()
        .prefix(".bot-")
        .suffix(".tmp")
        .tempfile_in(folder)
        .map_err(wrong)?;
    produce(&mut file).map_err(wrong)?;
    file.flush().map_err(wrong)?;
    file.as_file().sync_all().map_err(wrong)?;
    permit(file.path(), path).map_err(wrong)?;
    file.persist(path).map_err(|error| wrong(error.error))?;
    Ok(())
}

/// Gives the temporary file the permissions of the file it will replace, or those of a new one.
#[cfg(unix)]
fn permit(temporary: &Path, target: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(target).map_or(0o644, |meta| meta.permissions().mode());
    fs::set_permissions(temporary, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permit(_temporary: &Path, _target: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder and those above it.
pub fn create_folder(path: &Path) -> Result<(), Problem> {
    if path.is_file() {
        return Err(Problem::NotFolder(path.to_owned()));
    }
    fs::create_dir_all(path).map_err(|error| Problem::Unwritable(path.to_owned(), error))
}

/// Returns every file under `root` (or `root` itself), sorted by path, following links but no folder twice.
///
/// `keep` decides by path. Folders that cannot be read are left out and returned beside the files.
pub fn walk(root: &Path, keep: &dyn Fn(&Path) -> bool) -> (Vec<PathBuf>, Vec<Problem>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    if root.is_file() {
        if keep(root) {
            found.push(root.to_owned());
        }
        return (found, wrong);
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        // A link that leads back to a folder above would never end.
        if let Ok(real) = folder.canonicalize()
            && !seen.insert(real)
        {
            continue;
        }
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                wrong.push(Problem::Unreadable(folder, error));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if keep(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    (found, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_replaces_whole_files_and_leaves_no_temporary_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/a.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn failed_production_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, b"old").unwrap();
        let full = write_with(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(matches!(full, Err(Problem::Unwritable(..))));
        assert_eq!(read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn read_refuses_folders_missing_and_large_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path()), Err(Problem::IsFolder(_))));
        assert!(matches!(
            read(&folder.path().join("no")),
            Err(Problem::Missing(_))
        ));
        let path = folder.path().join("big");
        write(&path, &[0; 100]).unwrap();
        assert!(matches!(
            read_limited(&path, 99),
            Err(Problem::TooLarge(..))
        ));
        assert_eq!(read_limited(&path, 100).unwrap().len(), 100);
    }

    #[test]
    #[cfg(unix)]
    fn walk_survives_a_loop_of_links() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a/b.yml"), b"").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        let (found, wrong) = walk(folder.path(), &|_| true);
        assert_eq!((found.len(), wrong.len()), (1, 0));
    }
}
