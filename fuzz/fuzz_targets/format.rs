//! Any text is laid out so that it says the same and is stable, or left alone.
#![no_main]

use bot::{diagnostic::SourceId, project::format_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok((out, _)) = format_text(SourceId::default(), text) {
        assert_eq!(format_text(SourceId::default(), &out), Ok((out.clone(), None)));
    }
});
