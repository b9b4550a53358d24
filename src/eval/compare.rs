//! Two runs on the same tests: what got better, what got worse, and whether the difference is more than chance.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{nlu::NluReport, run::TestReport, story::StoryReport};
use crate::{
    diagnostic::Place,
    ml::significance::{self, mcnemar},
};

/// Resamples behind the interval of a difference.
const ROUNDS: usize = 2000;
/// Chance below which a difference counts as real.
const LEVEL: f64 = 0.05;

/// An earlier run, or one of another model: what a comparison needs of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Earlier {
    /// How it is called in reports.
    pub name: String,
    /// Messages.
    pub messages: Vec<EarlierMessage>,
    /// Conversations.
    pub stories: Vec<EarlierStory>,
}

/// A message of an earlier run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EarlierMessage {
    /// The message.
    pub text: String,
    /// Its intent.
    pub expected: String,
    /// What it was taken for.
    pub predicted: String,
    /// How sure, where that was kept.
    pub confidence: Option<f64>,
}

/// A conversation of an earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlierStory {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Whether it went as written.
    pub passed: bool,
}

impl Earlier {
    /// Keeps of a run what a comparison needs.
    pub fn of(name: &str, nlu: Option<&NluReport>, stories: Option<&StoryReport>) -> Self {
        Self {
            name: name.to_owned(),
            messages: nlu
                .into_iter()
                .flat_map(|nlu| &nlu.messages)
                .map(|message| EarlierMessage {
                    text: message.text.clone(),
                    expected: message.expected.clone(),
                    predicted: message.predicted.clone(),
                    confidence: Some(message.confidence),
                })
                .collect(),
            stories: stories
                .into_iter()
                .flat_map(|stories| &stories.held)
                .map(|held| EarlierStory {
                    name: held.name.clone(),
                    file: held.place.file.clone(),
                    passed: held.passed(),
                })
                .collect(),
        }
    }
}

/// Returns the chance of a difference like that of two runs on the same messages between equally good models.
pub fn chance(first: &[bool], second: &[bool]) -> f64 {
    let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
    mcnemar(only(first, second), only(second, first))
}

/// A message that two runs understand differently.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The message.
    pub text: String,
    /// Its intent.
    pub expected: String,
    /// What it was taken for, and how surely.
    pub before: (String, Option<f64>),
    /// What it is taken for now.
    pub now: (String, f64),
    /// Where it stands.
    pub place: Place,
}

/// What the comparison comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Better, and not by chance.
    Better,
    /// Worse, and not by chance; or a conversation broke.
    Worse,
    /// Some answers differ, perhaps by chance.
    #[default]
    Unclear,
    /// Everything is understood the same.
    Same,
}

impl Verdict {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "unclear",
            Self::Same => "same",
        }
    }
}

/// Two runs side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What this run is compared with.
    pub name: String,
    /// Messages that both runs tested.
    pub shared: usize,
    /// How many of them were understood rightly.
    pub right_before: usize,
    /// How many are now.
    pub right_now: usize,
    /// Mean F1 over intents of the shared messages, before and now.
    pub macro_f1: (f64, f64),
    /// 95 % interval of the difference of accuracies, by paired bootstrap.
    pub interval: Option<(f64, f64)>,
    /// Chance of a difference like this between two equally good models (`McNemar`).
    pub chance: f64,
    /// Wrong before, right now.
    pub fixed: Vec<Change>,
    /// Right before, wrong now.
    pub broken: Vec<Change>,
    /// Wrong in another way.
    pub changed: Vec<Change>,
    /// Messages that only this run tested.
    pub added: usize,
    /// Messages that only the other tested.
    pub removed: usize,
    /// Conversations that both tested, and how many went as written before and now.
    pub stories: (usize, usize, usize),
    /// Conversations that failed before and pass now.
    pub stories_fixed: Vec<(String, Place)>,
    /// Conversations that passed before and fail now.
    pub stories_broken: Vec<(String, Place)>,
    /// What it comes to.
    pub verdict: Verdict,
}

impl Comparison {
    /// Compares a run with another.
    pub fn of(earlier: &Earlier, report: &TestReport, seed: u64) -> Self {
        let mut comparison = Self {
            name: earlier.name.clone(),
            ..Self::default()
        };
        if let Some(nlu) = &report.nlu {
            comparison.messages(earlier, nlu, seed);
        }
        if let Some(stories) = &report.stories {
            comparison.conversations(earlier, stories);
        }
        comparison.verdict = comparison.judge();
        comparison
    }

    /// Returns the number of messages and conversations that broke.
    pub fn regressions(&self) -> usize {
        self.broken.len() + self.stories_broken.len()
    }

    fn messages(&mut self, earlier: &Earlier, nlu: &NluReport, seed: u64) {
        let mut known: FxHashMap<(&str, &str), VecDeque<&EarlierMessage>> = FxHashMap::default();
        for message in &earlier.messages {
            let key = (message.text.as_str(), message.expected.as_str());
            known.entry(key).or_default().push_back(message);
        }
        let mut pairs: Vec<(bool, bool)> = Vec::new();
        let (mut before_labels, mut now_labels) = (Vec::new(), Vec::new());
        for message in &nlu.messages {
            let key = (message.text.as_str(), message.expected.as_str());
            let Some(before) = known.get_mut(&key).and_then(VecDeque::pop_front) else {
                self.added += 1;
                continue;
            };
            let (was, is) = (before.predicted == before.expected, message.is_right());
            pairs.push((was, is));
            before_labels.push((before.expected.as_str(), before.predicted.as_str()));
            now_labels.push((message.expected.as_str(), message.predicted.as_str()));
            let list = match (was, is) {
                (false, true) => &mut self.fixed,
                (true, false) => &mut self.broken,
                (false, false) if before.predicted != message.predicted => &mut self.changed,
                _ => continue,
            };
            list.push(Change {
                text: message.text.clone(),
                expected: message.expected.clone(),
                before: (before.predicted.clone(), before.confidence),
                now: (message.predicted.clone(), message.confidence),
                place: message.place.clone(),
            });
        }
        self.removed = known.values().map(VecDeque::len).sum();
        self.shared = pairs.len();
        self.right_before = pairs.iter().filter(|(was, _)| *was).count();
        self.right_now = pairs.iter().filter(|(_, is)| *is).count();
        let f1 = |labels: &[(&str, &str)]| super::figures::Figures::of(labels).macro_average.f1;
        self.macro_f1 = (f1(&before_labels), f1(&now_labels));
        self.chance = mcnemar(self.broken.len(), self.fixed.len());
        let steps: Vec<f64> = pairs
            .iter()
            .map(|(was, is)| f64::from(u8::from(*is)) - f64::from(u8::from(*was)))
            .collect();
        self.interval = significance::bootstrap(steps.len(), ROUNDS, seed, |times| {
            let sum: f64 = steps
                .iter()
                .zip(times)
                .map(|(s, t)| s * f64::from(*t))
                .sum();
            sum / steps.len().max(1) as f64
        });
    }

    fn conversations(&mut self, earlier: &Earlier, stories: &StoryReport) {
        let mut known: FxHashMap<(&str, &str), VecDeque<bool>> = FxHashMap::default();
        for story in &earlier.stories {
            let key = (story.name.as_str(), story.file.as_str());
            known.entry(key).or_default().push_back(story.passed);
        }
        for held in &stories.held {
            let key = (held.name.as_str(), held.place.file.as_str());
            let Some(was) = known.get_mut(&key).and_then(VecDeque::pop_front) else {
                continue;
            };
            let is = held.passed();
            self.stories.0 += 1;
            self.stories.1 += usize::from(was);
            self.stories.2 += usize::from(is);
            let entry = (held.name.clone(), held.place.clone());
            match (was, is) {
                (false, true) => self.stories_fixed.push(entry),
                (true, false) => self.stories_broken.push(entry),
                _ => {}
            }
        }
    }

    fn judge(&self) -> Verdict {
        let real = self.shared > 0 && self.chance < LEVEL;
        if !self.stories_broken.is_empty() || real && self.right_now < self.right_before {
            return Verdict::Worse;
        }
        let same = self.fixed.is_empty() && self.broken.is_empty() && self.changed.is_empty();
        match (real, self.stories_fixed.is_empty()) {
            (true, _) => Verdict::Better,
            (false, false) if self.right_now >= self.right_before => Verdict::Better,
            (false, true) if same => Verdict::Same,
            _ => Verdict::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::message::Heard;

    fn report(predictions: &[(&str, &str, &str)]) -> TestReport {
        let messages = predictions
            .iter()
            .map(|(text, expected, predicted)| Heard {
                text: (*text).to_owned(),
                expected: (*expected).to_owned(),
                predicted: (*predicted).to_owned(),
                confidence: 0.5,
                ..Heard::default()
            })
            .collect();
        TestReport {
            nlu: Some(NluReport::of(messages, 1)),
            ..TestReport::default()
        }
    }

    #[test]
    fn what_broke_and_what_was_mended_is_told_apart() {
        let before = report(&[
            ("x", "a", "a"),
            ("y", "a", "b"),
            ("z", "b", "a"),
            ("old", "a", "a"),
        ]);
        let now = report(&[
            ("x", "a", "b"),
            ("y", "a", "a"),
            ("z", "b", "c"),
            ("new", "a", "a"),
        ]);
        let earlier = Earlier::of("main", before.nlu.as_ref(), None);
        let comparison = Comparison::of(&earlier, &now, 1);
        assert_eq!((comparison.fixed.len(), comparison.broken.len()), (1, 1));
        assert_eq!(comparison.changed[0].text, "z");
        assert_eq!((comparison.added, comparison.removed), (1, 1));
        assert_eq!(comparison.shared, 3);
        assert_eq!(comparison.verdict, Verdict::Unclear);
        assert_eq!(comparison.regressions(), 1);
        let same = Comparison::of(&Earlier::of("", now.nlu.as_ref(), None), &now, 1);
        assert_eq!(same.verdict, Verdict::Same);
    }

    #[test]
    fn many_fixes_are_no_chance() {
        let texts: Vec<String> = (0..40).map(|i| format!("t{i}")).collect();
        let all = |right: usize| {
            let rows: Vec<(&str, &str, &str)> = texts
                .iter()
                .enumerate()
                .map(|(i, text)| (text.as_str(), "a", if i < right { "a" } else { "b" }))
                .collect();
            report(&rows)
        };
        let (few, many) = (all(20), all(35));
        let earlier = |report: &TestReport| Earlier::of("", report.nlu.as_ref(), None);
        assert_eq!(
            Comparison::of(&earlier(&few), &many, 1).verdict,
            Verdict::Better
        );
        let worse = Comparison::of(&earlier(&many), &few, 1);
        assert_eq!(worse.verdict, Verdict::Worse);
        let (low, high) = worse.interval.unwrap();
        assert!(low < -0.2 && high < 0.0 && worse.chance < 0.001);
    }
}
