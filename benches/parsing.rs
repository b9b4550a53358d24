//! How long a message takes from text to intent and entities, and how long a saved pipeline takes to be ready.
//!
//! `cargo bench --bench parsing [-- CASE…]` parses one message after another, every one of the training part in turn.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use std::time::{Duration, Instant};

use bot::{
    data::{Annotation, Assistant, Domain, Example, Located, Lookup, Pattern},
    diagnostic::Origin,
    nlu::Pipeline,
    text::Span,
};

/// Messages measured.
const MESSAGES: usize = 20_000;
/// What a project of Rasa mostly has.
const DIET: &[&str] = &[
    "WhitespaceTokenizer",
    "CountVectorsFeaturizer",
    "DIETClassifier",
];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    for (name, set, components) in [
        ("banking77, default", "banking77", &[][..]),
        ("clinc150, default", "clinc150", &[]),
        ("atis, DIET", "atis", DIET),
        ("snips, DIET", "snips", DIET),
        ("fb_multi_es, DIET", "fb_multi_es", DIET),
    ] {
        if is_wanted(name) {
            let examples = common::marked(set, "train").unwrap_or_else(|| common::unmarked(set));
            measure(name, &common::assistant(&examples, components));
        }
    }
    if is_wanted("lookup of 50,000") {
        measure("lookup of 50,000", &with_lookup());
    }
    if is_wanted("3,000 expressions") {
        measure("3,000 expressions", &with_expressions());
    }
}

/// A bot that finds what 3,000 expressions tell: whole words, every tenth with something that is no word around it.
/// Both the featurizer and the extractor read them.
fn with_expressions() -> Assistant {
    let codes: Vec<String> = (0..3_000_usize)
        .map(|i| {
            format!(
                "{}{}",
                ["part", "Ümlaut", "unit", "kit"][i % 4],
                i * 7919 % 10_007
            )
        })
        .collect();
    let patterns = codes.iter().enumerate().map(|(i, code)| Pattern {
        name: "code".to_owned(),
        pattern: match i % 10 {
            0 => format!(r"(?<![\w-]){code}(?:-[a-z])?(?![\w-])"),
            _ => format!(r"\b{code}s?\b"),
        },
        origin: Origin::default(),
    });
    let patterns: Vec<Pattern> = patterns.collect();
    let examples: Vec<Example> = codes
        .iter()
        .step_by(10)
        .enumerate()
        .map(|(i, code)| {
            let before = ["how much is the ", "please send me a ", "where is my "][i % 3];
            let span = Span::new(before.len(), before.len() + code.len());
            Example {
                text: format!("{before}{code} that I saw"),
                intent: ["price", "order", "status"][i % 3].to_owned(),
                entities: vec![Annotation {
                    span,
                    entity: "code".to_owned(),
                    ..Annotation::default()
                }],
                ..Example::default()
            }
        })
        .collect();
    let components = [
        "WhitespaceTokenizer",
        "RegexFeaturizer",
        "TfidfFeaturizer",
        "LinearSvmClassifier",
        "RegexEntityExtractor",
    ];
    let mut assistant = common::assistant(&examples, &components);
    assistant.training.patterns = patterns;
    assistant
}

/// A bot that finds 50,000 products by a lookup table.
fn with_lookup() -> Assistant {
    let products: Vec<String> = (0..50_000_usize)
        .map(|i| {
            format!(
                "{} Model {}",
                ["Acme", "Globex", "Ümlaut", "Initech"][i % 4],
                i * 7919 % 100_003
            )
        })
        .collect();
    let examples: Vec<Example> = products
        .iter()
        .step_by(100)
        .enumerate()
        .map(|(i, product)| {
            let before = ["how much is the ", "please send me a ", "where is my "][i % 3];
            let span = Span::new(before.len(), before.len() + product.len());
            Example {
                text: format!("{before}{product} that I saw"),
                intent: ["price", "order", "status"][i % 3].to_owned(),
                entities: vec![Annotation {
                    span,
                    entity: "product".to_owned(),
                    ..Annotation::default()
                }],
                ..Example::default()
            }
        })
        .collect();
    let components = [
        "WhitespaceTokenizer",
        "TfidfFeaturizer",
        "LinearSvmClassifier",
        "RegexEntityExtractor",
    ];
    let mut assistant = common::assistant(&examples, &components);
    let entries = products
        .into_iter()
        .map(|value| Located::new(value, Origin::default()));
    assistant.training.lookups = vec![Lookup {
        name: "product".to_owned(),
        entries: entries.collect(),
        origin: Origin::default(),
    }];
    assistant
}

fn measure(name: &str, assistant: &Assistant) {
    let start = Instant::now();
    let pipeline = common::understand(assistant);
    let learnt = start.elapsed();
    let (json, tensors) = pipeline.save();
    let mut loads: Vec<Duration> = (0..9)
        .map(|_| {
            let start = Instant::now();
            let loaded = Pipeline::load(&json, &tensors, &[]).unwrap();
            let time = start.elapsed();
            drop(loaded);
            time
        })
        .collect();
    loads.sort_unstable();
    let domain = Domain::default();
    let texts: Vec<&str> = assistant
        .training
        .examples
        .iter()
        .map(|e| e.text.as_str())
        .collect();
    let messages = || texts.iter().cycle();
    let mut entities = 0;
    for text in messages().take(MESSAGES / 10) {
        entities += pipeline.parse(text, &domain).entities.len();
    }
    let before = memory();
    let mut times: Vec<Duration> = messages()
        .take(MESSAGES)
        .map(|text| {
            let start = Instant::now();
            let parse = pipeline.parse(text, &domain);
            let time = start.elapsed();
            drop(parse);
            time
        })
        .collect();
    let grown = memory().saturating_sub(before);
    times.sort_unstable();
    let cpu = common::cpu_time();
    for text in messages().take(MESSAGES) {
        std::hint::black_box(pipeline.parse(text, &domain));
    }
    let cpu = common::cpu_time().saturating_sub(cpu).as_secs_f64();
    let micro = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{name:20} one message {:6.1} µs median, {:6.1} µs p99; {:7.0} messages a CPU second; {:.2} entities a message; \
         ready in {:.1} ms; learnt in {:.2} s; {grown} KiB more after {MESSAGES} messages",
        micro(times[times.len() / 2]),
        micro(times[times.len() * 99 / 100]),
        MESSAGES as f64 / cpu,
        entities as f64 / (MESSAGES / 10) as f64,
        loads[loads.len() / 2].as_secs_f64() * 1e3,
        learnt.as_secs_f64(),
    );
}

/// Returns the memory in use in KiB; 0 where that is unknown.
fn memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    resident.unwrap_or_default() * 4
}
