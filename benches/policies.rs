//! How often the policies foresee the next action of stories that they have not learnt.
//!
//! `cargo bench --bench policies -- [PROJECT…]` holds out the stories of the shared projects in five parts (by name, in
//! turn) and prints for each project the share of points at which memoization, augmented memoization, the learnt policy
//! and all of them with the rules say what the story says; the share of the learnt policy where memoization has nothing
//! to say, with the error of its confidences there; and how long it learns.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly and prints its figures"
)]

#[path = "common/shared.rs"]
mod shared;

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use bot::{
    data::{Assistant, Component, Config},
    diagnostic::Sources,
    dialogue::{follow, train},
    ml::calibration::expected_calibration_error,
    project::{self, Paths},
};
use shared::shared;

/// Parts that stories are held out in.
const FOLDS: usize = 5;
/// Fewest stories of a project that is measured.
const FEWEST: usize = 5;

fn main() {
    let shared = shared();
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let Ok(folder) = fs::read_dir(shared.join("projects")) else {
        println!("no projects in {}", shared.display());
        return;
    };
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    println!(
        "{:>7} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>5} {:>7}  project",
        "stories", "points", "memo", "augm", "learnt", "all", "unseen", "ECE", "ms"
    );
    let mut sum = Figures::default();
    let mut projects = 0.0;
    for path in paths.iter().filter(|path| path.is_dir()) {
        let id = path.file_name().unwrap().to_string_lossy().into_owned();
        if !wanted.is_empty() && !wanted.contains(&id) {
            continue;
        }
        let mut sources = Sources::new();
        let Ok(loaded) = project::load(&Paths::of(path), &mut sources) else {
            continue;
        };
        if let Some(figures) = measure(&loaded.assistant, &sources) {
            figures.print(&id);
            sum.add(&figures);
            projects += 1.0;
        }
    }
    sum.divide(projects);
    sum.print("mean of the projects");
}

/// Shares, each of 1.
#[derive(Default)]
struct Figures {
    stories: usize,
    points: usize,
    memo: f64,
    augmented: f64,
    learnt: f64,
    all: f64,
    unseen: f64,
    calibration: f64,
    seconds: f64,
}

impl Figures {
    fn print(&self, name: &str) {
        println!(
            "{:7} {:6} {:6.1} {:6.1} {:6.1} {:6.1} {:6.1} {:5.1} {:7.1}  {name}",
            self.stories,
            self.points,
            self.memo * 100.0,
            self.augmented * 100.0,
            self.learnt * 100.0,
            self.all * 100.0,
            self.unseen * 100.0,
            self.calibration * 100.0,
            self.seconds * 1e3,
        );
    }

    fn shares(&mut self) -> [&mut f64; 7] {
        [
            &mut self.memo,
            &mut self.augmented,
            &mut self.learnt,
            &mut self.all,
            &mut self.unseen,
            &mut self.calibration,
            &mut self.seconds,
        ]
    }

    fn add(&mut self, other: &Self) {
        self.stories += other.stories;
        self.points += other.points;
        let others = [
            other.memo,
            other.augmented,
            other.learnt,
            other.all,
            other.unseen,
            other.calibration,
            other.seconds,
        ];
        for (share, other) in self.shares().into_iter().zip(others) {
            *share += other;
        }
    }

    fn divide(&mut self, by: f64) {
        for share in self.shares() {
            *share /= by;
        }
    }
}

fn policy(name: &str) -> Component {
    let mut options = serde_json::Map::new();
    if name != "RulePolicy" {
        options.insert("max_history".to_owned(), 5.into());
    }
    Component {
        name: name.to_owned(),
        options,
        ..Component::default()
    }
}

fn with(assistant: &Assistant, held: &BTreeSet<&str>, policies: &[&str]) -> Assistant {
    let mut assistant = assistant.clone();
    assistant
        .stories
        .retain(|story| story.is_rule() || !held.contains(story.name.as_str()));
    assistant.config = Config {
        policies: Some(policies.iter().map(|name| policy(name)).collect()),
        ..Config::default()
    };
    assistant
}

fn measure(assistant: &Assistant, sources: &Sources) -> Option<Figures> {
    let stories = assistant.stories.iter().filter(|story| !story.is_rule());
    let names: BTreeSet<&str> = stories.map(|story| story.name.as_str()).collect();
    if names.len() < FEWEST {
        return None;
    }
    let mut figures = Figures {
        stories: names.len(),
        ..Figures::default()
    };
    let mut unseen: Vec<(f32, bool)> = Vec::new();
    for fold in 0..FOLDS {
        let held: BTreeSet<&str> = names.iter().copied().skip(fold).step_by(FOLDS).collect();
        let alone = with(assistant, &held, &["LinearPolicy"]);
        let start = Instant::now();
        let trained = train(&alone, sources).dialogue;
        figures.seconds += start.elapsed().as_secs_f64() / FOLDS as f64;
        // Rules hide turns, so each policy is asked by itself.
        let memories = ["MemoizationPolicy", "AugmentedMemoizationPolicy"];
        let memories = train(&with(assistant, &held, &memories), sources).dialogue;
        let all = ["AugmentedMemoizationPolicy", "RulePolicy", "LinearPolicy"];
        let all = train(&with(assistant, &held, &all), sources).dialogue;
        let mut known: Vec<bool> = Vec::new();
        let is_held = |way: &str| way.split(" > ").any(|part| held.contains(part));
        let (stories, domain) = (&assistant.stories, &assistant.domain);
        follow(&memories, stories, domain, &mut |way, vote, expected| {
            if is_held(way) {
                let says = |at: usize| vote.all[at].1.action.as_deref();
                figures.points += 1;
                figures.memo += f64::from(u8::from(says(0) == Some(expected)));
                figures.augmented += f64::from(u8::from(says(1) == Some(expected)));
                known.push(says(0).is_some());
            }
        });
        let mut known = known.into_iter();
        follow(&trained, stories, domain, &mut |way, vote, expected| {
            if is_held(way) {
                let right = vote.winner.action.as_deref() == Some(expected);
                figures.learnt += f64::from(u8::from(right));
                if known.next() == Some(false) {
                    unseen.push((vote.winner.confidence as f32, right));
                }
            }
        });
        follow(&all, stories, domain, &mut |way, vote, expected| {
            if is_held(way) {
                figures.all += f64::from(u8::from(vote.action == expected));
            }
        });
    }
    let points = figures.points as f64;
    for share in [
        &mut figures.memo,
        &mut figures.augmented,
        &mut figures.learnt,
        &mut figures.all,
    ] {
        *share /= points;
    }
    let right = unseen.iter().filter(|(_, right)| *right).count();
    figures.unseen = right as f64 / unseen.len().max(1) as f64;
    figures.calibration = f64::from(expected_calibration_error(&unseen, 15));
    Some(figures)
}
