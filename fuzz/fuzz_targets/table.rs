//! Any bytes are a table or a finding.
#![no_main]

use bot::{
    dataset::{Dataset, Options, read},
    diagnostic::Sources,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = Options::default();
    if let Ok(table) = read("fuzz.csv", bytes, &options, &mut Sources::new()) {
        let _ = Dataset::gather(vec![table], &options);
    }
});
