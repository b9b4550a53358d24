//! Any text is a message with marks or a complaint at its place.
#![no_main]

use bot::project::read_annotations;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match read_annotations(text) {
        Ok((clean, entities)) => {
            for entity in entities {
                assert!(clean.get(entity.span.range()).is_some());
            }
        }
        Err(bad) => assert!(text.get(bad.span.range()).is_some()),
    }
});
