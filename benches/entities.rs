//! How well and how fast entities are learnt: exact spans and types on held-out parts of the training files.
//!
//! `cargo bench --bench entities` prints, for each public set with marked entities, precision, recall and F1 and the CPU
//! seconds of learning. Without a validation part the training part is cut in five, line by line in turn, and each
//! fifth held out. `benches/crfsuite_compare.py` cuts in the same way.
#![expect(
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use bot::data::{Domain, Example};

/// The extractor alone, as it is by default.
const EXTRACTOR: &[&str] = &["WhitespaceTokenizer", "CRFEntityExtractor"];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    for set in ["atis", "snips", "fb_multi_es"] {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == set) {
            continue;
        }
        let Some(train) = common::marked(set, "train") else {
            println!("{set}: not there");
            continue;
        };
        let mut sum = Counts::default();
        if let Some(valid) = common::marked(set, "valid") {
            sum.judge(&train, &valid);
        } else {
            for fold in 0..5 {
                let (held, rest): (Vec<_>, Vec<_>) = train
                    .iter()
                    .cloned()
                    .enumerate()
                    .partition(|(line, _)| line % 5 == fold);
                let only = |part: Vec<(usize, Example)>| {
                    part.into_iter().map(|(_, e)| e).collect::<Vec<_>>()
                };
                sum.judge(&only(rest), &only(held));
            }
        }
        println!("{set:12} {}", sum.told());
    }
}

#[derive(Default)]
struct Counts {
    marked: usize,
    found: usize,
    right: usize,
    seconds: Vec<f64>,
}

impl Counts {
    /// Learns from one part and is judged on the other.
    fn judge(&mut self, train: &[Example], held: &[Example]) {
        let assistant = common::assistant(train, EXTRACTOR);
        let (pipeline, cpu) = common::least_cpu(1, || common::understand(&assistant));
        self.seconds.push(cpu / 1e3);
        let domain = Domain::default();
        for example in held {
            let characters = |byte: usize| example.text[..byte].chars().count();
            let marked: Vec<_> = example
                .entities
                .iter()
                .map(|mark| {
                    (
                        characters(mark.span.start),
                        characters(mark.span.end),
                        mark.entity.as_str(),
                    )
                })
                .collect();
            let parse = pipeline.parse(&example.text, &domain);
            self.marked += marked.len();
            self.found += parse.entities.len();
            let is_right =
                |e: &&bot::data::Entity| marked.contains(&(e.start, e.end, e.entity.as_str()));
            self.right += parse.entities.iter().filter(is_right).count();
        }
    }

    fn told(&self) -> String {
        let share = |of: usize| 100.0 * self.right as f64 / of.max(1) as f64;
        let (precision, recall) = (share(self.found), share(self.marked));
        format!(
            "F1 {:.2}  precision {precision:.2}  recall {recall:.2}  of {} entities; learnt in {:.1} CPU seconds (mean of {})",
            2.0 * precision * recall / (precision + recall),
            self.marked,
            self.seconds.iter().sum::<f64>() / self.seconds.len() as f64,
            self.seconds.len(),
        )
    }
}
