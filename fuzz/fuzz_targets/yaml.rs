//! Any text is YAML or a finding, and every span lies in the text.
#![no_main]

use bot::{
    diagnostic::SourceId,
    yaml::{Limits, Node, parse},
};
use libfuzzer_sys::fuzz_target;

fn check(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
    node.lines(text);
    for child in node.items().into_iter().flatten() {
        check(child, text);
    }
    for (key, value) in node.entries().into_iter().flatten() {
        check(key, text);
        check(value, text);
    }
}

fuzz_target!(|text: &str| {
    if let Ok(root) = parse(SourceId::default(), text, Limits { alias_nodes: 1000, ..Limits::default() }) {
        check(&root, text);
        root.json();
    }
});
