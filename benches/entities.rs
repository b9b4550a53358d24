//! How well and how fast entities are learnt: exact spans and types on held-out parts of the training files.
//!
//! `cargo bench --bench entities` prints, for each public set with marked entities, precision, recall and F1 and the
//! CPU seconds of learning. Without a validation part the training part is cut in five, line by line in turn, and each
//! fifth held out. `benches/crfsuite_compare.py` cuts in the same way. The word `rasa` has the field learn from the
//! features that Rasa has by default, `lexical` from what a `LexicalSyntacticFeaturizer` names beside its own.
#![expect(
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

mod common;

use bot::data::{Assistant, Component, Domain, Example};

/// What the field learns from.
#[derive(Clone, Copy, PartialEq)]
enum Features {
    Own,
    Rasa,
    Lexical,
}

fn main() {
    let mut wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let mut take = |name: &str| {
        let at = wanted.iter().position(|word| word == name);
        at.map(|at| wanted.remove(at)).is_some()
    };
    let features = match (take("rasa"), take("lexical")) {
        (true, _) => Features::Rasa,
        (_, true) => Features::Lexical,
        _ => Features::Own,
    };
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
            sum.judge(features, &train, &valid);
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
                sum.judge(features, &only(rest), &only(held));
            }
        }
        println!("{set:12} {}", sum.told());
    }
}

/// Returns an assistant that learns entities alone.
fn assistant(features: Features, train: &[Example]) -> Assistant {
    let mut assistant = common::assistant(train, &["WhitespaceTokenizer"]);
    let around = serde_json::json!(["low", "title", "upper"]);
    let mut add = |name: &str, options: serde_json::Value| {
        let serde_json::Value::Object(options) = options else {
            return;
        };
        let component = Component {
            name: name.to_owned(),
            options,
            ..Component::default()
        };
        assistant
            .config
            .pipeline
            .get_or_insert_default()
            .push(component);
    };
    match features {
        Features::Own => add("CRFEntityExtractor", serde_json::json!({})),
        Features::Rasa => {
            let here = [
                "low", "bias", "prefix5", "prefix2", "suffix5", "suffix3", "suffix2", "upper",
                "title", "digit", "pattern",
            ];
            // What crfsuite is compared on knows no commas.
            let options = serde_json::json!({
                "features": [around, here, around],
                "split_entities_by_comma": false,
            });
            add("CRFEntityExtractor", options);
        }
        Features::Lexical => {
            let here = [
                "BOS", "EOS", "low", "upper", "title", "digit", "prefix5", "prefix2", "suffix5",
                "suffix3", "suffix2", "suffix1",
            ];
            let features = serde_json::json!({"features": [around, here, around]});
            add("LexicalSyntacticFeaturizer", features);
            let entities = serde_json::json!({"intent_classification": false});
            add("DIETClassifier", entities);
        }
    }
    assistant
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
    fn judge(&mut self, features: Features, train: &[Example], held: &[Example]) {
        let assistant = assistant(features, train);
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
