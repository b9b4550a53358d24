//! What the benchmarks share: data sets, the feature recipes, and a clock of CPU time.
#![expect(
    dead_code,
    clippy::unwrap_used,
    reason = "every benchmark uses a part of it and may fail loudly"
)]

use std::{path::PathBuf, sync::atomic::AtomicBool, time::Duration};

use bot::{
    data::{Annotation, Assistant, Component, Example},
    ml::{SparseMatrix, SparseVector, Tfidf, TfidfParams, sampling::Random},
    nlu::{self, Pipeline},
    text::{
        Span,
        ngram::{Scratch, WordRule, char_wb_ngrams, word_ngrams},
    },
};

mod shared;

pub(crate) use shared::shared;

/// The allocator of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Texts with the number of the intent of each.
#[derive(Clone, Default)]
pub(crate) struct Labelled {
    pub(crate) texts: Vec<String>,
    pub(crate) labels: Vec<usize>,
}

impl Labelled {
    /// Returns rows as training examples.
    pub(crate) fn examples(&self, rows: &[usize]) -> Vec<Example> {
        let example = |&row: &usize| Example {
            text: self.texts[row].clone(),
            intent: intent(self.labels[row]),
            ..Example::default()
        };
        rows.iter().map(example).collect()
    }
}

/// Returns the name of an intent.
pub(crate) fn intent(label: usize) -> String {
    format!("intent_{label:04}")
}

/// Reads `text,intent` files; the intents of all of them are numbered together, in alphabetical order.
pub(crate) fn read(files: &[PathBuf]) -> Option<Vec<Labelled>> {
    let mut sets = Vec::new();
    for file in files {
        let mut reader = csv::Reader::from_path(file).ok()?;
        let rows: Vec<(String, String)> = reader.deserialize().map(Result::unwrap).collect();
        sets.push(rows);
    }
    let mut intents: Vec<&String> = sets.iter().flatten().map(|row| &row.1).collect();
    intents.sort();
    intents.dedup();
    let numbered = sets.iter().map(|rows| Labelled {
        texts: rows.iter().map(|row| row.0.clone()).collect(),
        labels: rows
            .iter()
            .map(|row| intents.binary_search(&&row.1).unwrap())
            .collect(),
    });
    Some(numbered.collect())
}

/// Returns the training part of a public set, or generated texts of about the same size where it is missing.
pub(crate) fn training_set(name: &str) -> Labelled {
    let file = shared().join("intents").join(name).join("train.csv");
    read(&[file])
        .and_then(|mut sets| sets.pop())
        .unwrap_or_else(|| generated(5_000, 30))
}

/// Returns messages with marked entities of a public set (`train`, `valid`), where it is there.
pub(crate) fn marked(set: &str, part: &str) -> Option<Vec<Example>> {
    let file = shared()
        .join("intents")
        .join(set)
        .join(format!("{part}_entities.jsonl"));
    let lines = std::fs::read_to_string(file).ok()?;
    Some(
        lines
            .lines()
            .map(|line| example(&serde_json::from_str(line).unwrap()))
            .collect(),
    )
}

/// Returns messages of a public set, without marks.
pub(crate) fn unmarked(set: &str) -> Vec<Example> {
    let data = training_set(set);
    let both = data.texts.into_iter().zip(data.labels);
    both.map(|(text, label)| Example {
        text,
        intent: format!("intent_{label}"),
        ..Example::default()
    })
    .collect()
}

/// Reads a message with places in characters.
fn example(json: &serde_json::Value) -> Example {
    let text = json["text"].as_str().unwrap().to_owned();
    let place = |key: &serde_json::Value| {
        let at = key.as_u64().unwrap() as usize;
        text.char_indices()
            .nth(at)
            .map_or(text.len(), |(byte, _)| byte)
    };
    let marks = json["entities"].as_array().unwrap().iter();
    let entities = marks.map(|mark| Annotation {
        span: Span::new(place(&mark["start"]), place(&mark["end"])),
        entity: mark["entity"].as_str().unwrap().to_owned(),
        ..Annotation::default()
    });
    Example {
        entities: entities.collect(),
        intent: json["intent"].as_str().unwrap().to_owned(),
        text,
        ..Example::default()
    }
}

/// Returns an assistant that learns from these messages with these components; with the default ones, if none.
pub(crate) fn assistant(examples: &[Example], components: &[&str]) -> Assistant {
    let mut assistant = Assistant::default();
    assistant.training.examples = examples.to_vec();
    let component = |name: &&str| Component {
        name: (*name).to_owned(),
        ..Component::default()
    };
    if !components.is_empty() {
        assistant.config.pipeline = Some(components.iter().map(component).collect());
    }
    assistant
}

/// Trains the understanding of an assistant.
pub(crate) fn understand(assistant: &Assistant) -> Pipeline {
    let stop = AtomicBool::new(false);
    let trained = nlu::train(assistant, &nlu::Options::default(), &stop, &mut |_| ());
    trained.unwrap().pipeline
}

/// Makes texts of random words, some of which tell the intent.
pub(crate) fn generated(rows: usize, intents: usize) -> Labelled {
    let mut random = Random::new(1);
    let mut set = Labelled::default();
    for _ in 0..rows {
        let intent = random.below(intents);
        let words: Vec<String> = (0..9)
            .map(|i| match i {
                0..3 => format!("topic{}", intent * 7 + random.below(10)),
                _ => format!("word{}", random.below(40) * random.below(40)),
            })
            .collect();
        set.texts.push(words.join(" "));
        set.labels.push(intent);
    }
    set
}

/// One block of features: what makes the terms of a text.
#[derive(Clone, Copy)]
pub(crate) enum Block {
    /// scikit-learn's own words, one at a time.
    PlainWords,
    /// Words and pairs of words with punctuation and boundaries.
    FullWords,
    /// Two to four characters within words.
    Characters,
}

impl Block {
    /// Appends the hashes of a text.
    pub(crate) fn terms(self, text: &str, scratch: &mut Scratch, out: &mut Vec<u64>) {
        let mut each = |hash, _| out.push(hash);
        match self {
            Self::PlainWords => word_ngrams(text, WordRule::plain(), 1, 1, scratch, &mut each),
            Self::FullWords => word_ngrams(text, WordRule::full(), 1, 2, scratch, &mut each),
            Self::Characters => char_wb_ngrams(text, true, 2, 4, scratch, &mut each),
        }
    }

    fn params(self) -> TfidfParams {
        TfidfParams::default().sublinear(!matches!(self, Self::PlainWords))
    }
}

/// The features that scikit-learn makes by default.
pub(crate) const PLAIN: &[(Block, f32)] = &[(Block::PlainWords, 1.0)];
/// The features that the program makes by default.
pub(crate) const DEFAULT: &[(Block, f32)] = &[(Block::FullWords, 1.0), (Block::Characters, 1.5)];

/// Learned blocks of features.
pub(crate) struct Features {
    blocks: Vec<(Block, f32, Tfidf)>,
}

impl Features {
    /// Learns the vocabularies of the texts and returns their rows.
    pub(crate) fn fit(recipe: &[(Block, f32)], texts: &[String]) -> (Self, SparseMatrix) {
        let mut blocks = Vec::new();
        let mut matrices = Vec::new();
        for &(block, weight) in recipe {
            let (tfidf, matrix) =
                Tfidf::fit_transform(&block.params(), texts.len(), |i, out: &mut Vec<u64>| {
                    SCRATCH.with_borrow_mut(|scratch| block.terms(&texts[i], scratch, out));
                })
                .unwrap();
            blocks.push((block, weight, tfidf));
            matrices.push(matrix);
        }
        let joined = if let [_] = matrices.as_slice() {
            matrices.remove(0)
        } else {
            let parts: Vec<_> = matrices.iter().zip(recipe).map(|(m, r)| (m, r.1)).collect();
            SparseMatrix::hstack(&parts).unwrap()
        };
        (Self { blocks }, joined)
    }

    /// Replaces `row` with that of a text.
    pub(crate) fn row(&self, text: &str, memory: &mut Memory, row: &mut SparseVector) {
        row.clear();
        let mut offset = 0;
        for (block, weight, tfidf) in &self.blocks {
            memory.terms.clear();
            block.terms(text, &mut memory.scratch, &mut memory.terms);
            tfidf.transform(&mut memory.terms, &mut memory.row);
            row.append(memory.row.as_row(), offset, *weight);
            offset += tfidf.features() as u32;
        }
    }
}

thread_local! {
    static SCRATCH: std::cell::RefCell<Scratch> = std::cell::RefCell::default();
}

/// Working memory of [`Features::row`].
#[derive(Default)]
pub(crate) struct Memory {
    scratch: Scratch,
    terms: Vec<u64>,
    row: SparseVector,
}

/// Returns the CPU time that all threads of this process have used, or where that is unknown the time of day.
pub(crate) fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        time.try_into().unwrap_or_default()
    }
    #[cfg(not(unix))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// Runs something several times and returns its last result with the least CPU milliseconds.
pub(crate) fn least_cpu<T>(times: usize, mut run: impl FnMut() -> T) -> (T, f64) {
    let mut once = || {
        let start = cpu_time();
        let result = run();
        (result, cpu_time().saturating_sub(start).as_secs_f64() * 1e3)
    };
    let (mut result, mut least) = once();
    for _ in 1..times {
        let (again, time) = once();
        result = again;
        least = least.min(time);
    }
    (result, least)
}

/// Returns the chance that one of the first is larger than one of the second (area under the ROC curve).
pub(crate) fn area(larger: &[f64], smaller: &[f64]) -> f64 {
    let sum: f64 = larger
        .iter()
        .map(|a| {
            let wins = smaller.iter().map(|b| match a.total_cmp(b) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            });
            wins.sum::<f64>()
        })
        .sum();
    sum / (larger.len() * smaller.len()) as f64
}
