//! Where the shared data is.

use std::path::{Path, PathBuf};

/// Returns `$BOT_SHARED/data`, or `../shared/data` beside the project.
pub(crate) fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("BOT_SHARED")
        .map_or(beside, PathBuf::from)
        .join("data")
}
