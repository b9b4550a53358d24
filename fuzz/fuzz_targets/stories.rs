//! Any text is a file of training data (examples, stories, rules) of a project, or findings.
#![no_main]

use bot::{
    diagnostic::Sources,
    project::{Paths, load},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let root = std::env::temp_dir().join(format!("bot-fuzz-{}", std::process::id()));
    let data = root.join("data");
    let written = std::fs::create_dir_all(&data)
        .and_then(|()| std::fs::write(root.join("domain.yml"), "intents: [greet]\n"))
        .and_then(|()| std::fs::write(data.join("all.yml"), text));
    if written.is_ok() {
        let _ = load(&Paths::of(&root), &mut Sources::new());
    }
});
