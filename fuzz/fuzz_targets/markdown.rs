//! Any text is Markdown of Rasa 1 (examples and stories), or findings.
#![no_main]

use bot::{diagnostic::Sources, project::foreign};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let path = std::env::temp_dir().join(format!("bot-fuzz-{}.md", std::process::id()));
    if std::fs::write(&path, text).is_ok() {
        let _ = foreign::import(&[path], None, &mut Sources::new());
    }
});
