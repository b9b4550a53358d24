//! Any text is a domain and a configuration, or findings.
#![no_main]

use bot::{
    diagnostic::Sources,
    project::{read_config, read_domain},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let _ = read_domain("domain.yml", text, &mut sources);
    let _ = read_config("config.yml", text, &mut sources);
});
