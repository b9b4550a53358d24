//! Two runs on the same tests: what got better, what got worse, and whether the difference is more than chance.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use super::{
    message::{Heard, Mark, OUT_OF_SCOPE},
    nlu::NluReport,
    run::TestReport,
    story::StoryReport,
};
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
    /// The entities found, as [`found_entities`] says it, where that was kept.
    pub entities: Option<String>,
    /// The answer selected, where that was kept.
    pub answer: Option<String>,
    /// Whether it was refused, where that was kept.
    pub refused: Option<bool>,
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
                    entities: found_entities(message),
                    answer: answer(message).map(|(_, selected)| selected),
                    refused: Some(message.is_kept_back()),
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

/// Returns the entities found in a message as one text; `None` where none was wanted or found.
pub fn found_entities(message: &Heard) -> Option<String> {
    let some = !message.found.is_empty() || !message.entities.is_empty();
    some.then(|| listed(message, &message.found))
}

/// Returns the answer wanted of a retrieval intent and the one selected; `None` where none was wanted.
pub fn answer(message: &Heard) -> Option<(String, String)> {
    let selected = message.selected.as_ref().map(|(key, _)| key.clone());
    Some((message.key.clone()?, selected.unwrap_or_default()))
}

/// Returns entities with their words and first characters, such as `city.to=Oslo@12`, in the order of the message; what
/// several extractors find stands there once.
fn listed(message: &Heard, marks: &[Mark]) -> String {
    let mut marks: Vec<&Mark> = marks.iter().collect();
    marks.sort_by_key(|mark| (mark.start, mark.end, mark.label()));
    marks.dedup_by(|next, kept| next.is_same(kept));
    let say = |mark: &&Mark| {
        let letters = message.text.chars().skip(mark.start);
        let words: String = letters.take(mark.end.saturating_sub(mark.start)).collect();
        format!("{}={words}@{}", mark.label(), mark.start)
    };
    marks.iter().map(say).collect::<Vec<String>>().join(" ")
}

/// A message that two runs understand differently.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The message.
    pub text: String,
    /// What was wanted: its intent, its entities, or its answer.
    pub expected: String,
    /// What was found before, and how surely.
    pub before: (String, Option<f64>),
    /// What is found now.
    pub now: (String, Option<f64>),
    /// Where it stands.
    pub place: Place,
}

/// One thing that messages are understood for, in two runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Messages that both runs tested for it.
    pub shared: usize,
    /// How many of them were understood rightly.
    pub right_before: usize,
    /// How many are now.
    pub right_now: usize,
    /// Wrong before, right now.
    pub fixed: Vec<Change>,
    /// Right before, wrong now.
    pub broken: Vec<Change>,
    /// Wrong in another way.
    pub changed: Vec<Change>,
}

impl Change {
    /// Returns both sides in words.
    pub fn words(&self) -> String {
        let side = |(found, sure): &(String, Option<f64>)| {
            let found = if found.is_empty() { "nothing" } else { found };
            sure.map_or_else(|| found.to_owned(), |sure| format!("{found} {sure:.2}"))
        };
        format!("was {}, now {}", side(&self.before), side(&self.now))
    }
}

impl Part {
    /// Returns the chance of a difference like this between two equally good models (`McNemar`).
    pub fn chance(&self) -> f64 {
        mcnemar(self.broken.len(), self.fixed.len())
    }

    /// Compares what one message was taken for.
    fn add(&mut self, change: Change) {
        let was = change.before.0 == change.expected;
        let is = change.now.0 == change.expected;
        self.shared += 1;
        self.right_before += usize::from(was);
        self.right_now += usize::from(is);
        match (was, is) {
            (false, true) => self.fixed.push(change),
            (true, false) => self.broken.push(change),
            (false, false) if change.before.0 != change.now.0 => self.changed.push(change),
            _ => {}
        }
    }

    /// Tells whether the difference is more than chance.
    fn is_real(&self) -> bool {
        self.shared > 0 && self.chance() < LEVEL
    }

    fn is_same(&self) -> bool {
        self.fixed.is_empty() && self.broken.is_empty() && self.changed.is_empty()
    }
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
    /// Intents of the messages that both runs tested.
    pub intents: Part,
    /// All entities of a message, of those in which any was wanted or found.
    pub entities: Part,
    /// Answers of retrieval intents.
    pub answers: Part,
    /// Whether messages were refused: those that the bot is not there for, and all that it is.
    pub refusals: Part,
    /// Mean F1 over intents of the shared messages, before and now.
    pub macro_f1: (f64, f64),
    /// 95 % interval of the difference of accuracies, by paired bootstrap.
    pub interval: Option<(f64, f64)>,
    /// Messages that only this run tested.
    pub added: usize,
    /// Messages that only the other tested.
    pub removed: usize,
    /// Conversations that only this run held, and that only the other did.
    pub stories_apart: (usize, usize),
    /// Conversations that both tested, and how many went as written before and now.
    pub stories: (usize, usize, usize),
    /// Conversations that failed before and pass now.
    pub stories_fixed: Vec<(String, Place)>,
    /// Conversations that passed before and fail now.
    pub stories_broken: Vec<(String, Place)>,
    /// The same by their numbers among those that this run held.
    pub stories_worse: BTreeSet<usize>,
    /// Numbers of those that failed before and still do.
    pub stories_failed: BTreeSet<usize>,
    /// What broke of a message, by its number among those that this run tested.
    pub messages_broken: BTreeMap<usize, Vec<Change>>,
    /// Number of messages of which anything was mended.
    pub messages_mended: usize,
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

    /// Tells whether there is nothing that both runs tested.
    pub fn is_empty(&self) -> bool {
        self.stories.0 == 0 && self.parts().iter().all(|(_, part)| part.shared == 0)
    }

    /// Returns what messages are understood for, each with its name.
    pub fn parts(&self) -> [(&'static str, &Part); 4] {
        [
            ("intents", &self.intents),
            ("entities", &self.entities),
            ("answers", &self.answers),
            ("refusals", &self.refusals),
        ]
    }

    /// Returns the chance of what the verdict goes by: the least of the parts that went its way, where any did.
    pub fn chance(&self) -> Option<f64> {
        let decides = |part: &Part| match self.verdict {
            Verdict::Worse => part.right_now < part.right_before,
            Verdict::Better => part.right_now > part.right_before,
            Verdict::Unclear | Verdict::Same => part.shared > 0,
        };
        let parts = self.parts().map(|(_, part)| part);
        let parts = parts.into_iter().filter(|part| decides(part));
        parts.map(Part::chance).reduce(f64::min)
    }

    /// Returns what broke, was mended and changed in each, with the words for it.
    pub fn lists(&self) -> Vec<(String, &'static str, &[Change])> {
        let parts = self.parts().into_iter().flat_map(|(what, part)| {
            [
                ("broken", part.broken.as_slice()),
                ("fixed", &part.fixed),
                ("changed", &part.changed),
            ]
            .map(|(word, changes)| match what {
                "intents" => (word.to_owned(), word, changes),
                what => (format!("{what} {word}"), word, changes),
            })
        });
        parts.collect()
    }

    /// Returns the number of messages and conversations that broke.
    pub fn regressions(&self) -> usize {
        self.messages_broken.len() + self.stories_broken.len()
    }

    /// Returns the number of messages and conversations that were mended.
    pub fn mended(&self) -> usize {
        self.messages_mended + self.stories_fixed.len()
    }

    fn messages(&mut self, earlier: &Earlier, nlu: &NluReport, seed: u64) {
        let mut known: FxHashMap<(&str, &str), VecDeque<&EarlierMessage>> = FxHashMap::default();
        for message in &earlier.messages {
            let key = (message.text.as_str(), message.expected.as_str());
            known.entry(key).or_default().push_back(message);
        }
        let mut steps: Vec<f64> = Vec::new();
        let (mut before_labels, mut now_labels) = (Vec::new(), Vec::new());
        for (number, message) in nlu.messages.iter().enumerate() {
            let key = (message.text.as_str(), message.expected.as_str());
            let Some(before) = known.get_mut(&key).and_then(VecDeque::pop_front) else {
                self.added += 1;
                continue;
            };
            let lengths = |comparison: &Self| {
                let parts = comparison.parts();
                parts.map(|(_, part)| (part.broken.len(), part.fixed.len()))
            };
            let so_far = lengths(self);
            self.message(before, message);
            let fixed = lengths(self).map(|(_, fixed)| fixed) != so_far.map(|(_, fixed)| fixed);
            self.messages_mended += usize::from(fixed);
            let parts = self.parts().into_iter().zip(so_far);
            let broken = parts.flat_map(|((_, part), (was, _))| part.broken.iter().skip(was));
            let broken: Vec<Change> = broken.cloned().collect();
            if !broken.is_empty() {
                self.messages_broken.insert(number, broken);
            }
            if !message.by_refusal {
                let was_right = before.predicted == before.expected;
                steps
                    .push(f64::from(u8::from(message.is_right())) - f64::from(u8::from(was_right)));
                before_labels.push((before.expected.as_str(), before.predicted.as_str()));
                now_labels.push((message.expected.as_str(), message.predicted.as_str()));
            }
        }
        self.removed = known.values().map(VecDeque::len).sum();
        let f1 = |labels: &[(&str, &str)]| super::figures::Figures::of(labels).macro_average.f1;
        self.macro_f1 = (f1(&before_labels), f1(&now_labels));
        self.interval = significance::bootstrap(steps.len(), ROUNDS, seed, |times| {
            let sum: f64 = steps
                .iter()
                .zip(times)
                .map(|(s, t)| s * f64::from(*t))
                .sum();
            sum / steps.len().max(1) as f64
        });
    }

    /// Compares everything that one message is understood for.
    fn message(&mut self, before: &EarlierMessage, message: &Heard) {
        let change = |expected: &str, before, now| Change {
            text: message.text.clone(),
            expected: expected.to_owned(),
            before,
            now,
            place: message.place.clone(),
        };
        let said = |refused: bool| if refused { "refused" } else { "answered" };
        let was_right = before.predicted == before.expected;
        // Taken for out of scope is refused; a model that has learnt what that is like is judged by the intent.
        let counts = message.by_refusal
            || (message.expected != OUT_OF_SCOPE && was_right && message.is_right());
        let by_intent = message.by_refusal && before.predicted == OUT_OF_SCOPE;
        let was = before.refused.map(|refused| refused || by_intent);
        if let Some(was) = was.filter(|_| counts) {
            let (was, is) = (
                said(was).to_owned(),
                said(message.is_kept_back()).to_owned(),
            );
            self.refusals
                .add(change(said(message.by_refusal), (was, None), (is, None)));
        }
        if message.by_refusal {
            return;
        }
        self.intents.add(change(
            &message.expected,
            (before.predicted.clone(), before.confidence),
            (message.predicted.clone(), Some(message.confidence)),
        ));
        if let (Some(was), Some(is)) = (&before.entities, found_entities(message)) {
            let expected = listed(message, &message.entities);
            self.entities
                .add(change(&expected, (was.clone(), None), (is, None)));
        }
        if let (Some(was), Some((expected, is))) = (&before.answer, answer(message)) {
            self.answers
                .add(change(&expected, (was.clone(), None), (is, None)));
        }
    }

    fn conversations(&mut self, earlier: &Earlier, stories: &StoryReport) {
        let mut known: FxHashMap<(&str, &str), VecDeque<bool>> = FxHashMap::default();
        for story in &earlier.stories {
            let key = (story.name.as_str(), story.file.as_str());
            known.entry(key).or_default().push_back(story.passed);
        }
        // Of several of one name some may be gone: nobody knows which, so that those that failed are taken to be.
        let mut left: FxHashMap<(&str, &str), usize> = FxHashMap::default();
        for held in &stories.held {
            let key = (held.name.as_str(), held.place.file.as_str());
            *left.entry(key).or_default() += 1;
        }
        for (key, earlier) in &mut known {
            let gone = earlier.len() - earlier.len().min(left.get(key).copied().unwrap_or(0));
            for _ in 0..gone {
                let failed = earlier.iter().position(|passed| !passed);
                earlier.remove(failed.unwrap_or(0));
            }
            self.stories_apart.1 += gone;
        }
        for (number, held) in stories.held.iter().enumerate() {
            let key = (held.name.as_str(), held.place.file.as_str());
            let Some(was) = known.get_mut(&key).and_then(VecDeque::pop_front) else {
                self.stories_apart.0 += 1;
                continue;
            };
            let is = held.passed();
            self.stories.0 += 1;
            self.stories.1 += usize::from(was);
            self.stories.2 += usize::from(is);
            let entry = (held.name.clone(), held.place.clone());
            match (was, is) {
                (false, true) => self.stories_fixed.push(entry),
                (true, false) => {
                    self.stories_broken.push(entry);
                    self.stories_worse.insert(number);
                }
                (false, false) => {
                    self.stories_failed.insert(number);
                }
                (true, true) => {}
            }
        }
    }

    fn judge(&self) -> Verdict {
        let parts = self.parts().map(|(_, part)| part);
        let fewer = |part: &Part| part.right_now < part.right_before;
        let worse = |part: &&Part| part.is_real() && fewer(part);
        if !self.stories_broken.is_empty() || parts.iter().any(worse) {
            return Verdict::Worse;
        }
        let real = parts.iter().any(|part| part.is_real());
        match (real, self.stories_fixed.is_empty()) {
            (true, _) => Verdict::Better,
            (false, false) if !parts.iter().any(|part| fewer(part)) => Verdict::Better,
            (false, true) if parts.iter().all(|part| part.is_same()) => Verdict::Same,
            _ => Verdict::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let intents = &comparison.intents;
        assert_eq!((intents.fixed.len(), intents.broken.len()), (1, 1));
        assert_eq!(intents.changed[0].text, "z");
        assert_eq!((comparison.added, comparison.removed), (1, 1));
        assert_eq!(intents.shared, 3);
        assert_eq!(comparison.verdict, Verdict::Unclear);
        assert_eq!(comparison.regressions(), 1);
        let same = Comparison::of(&Earlier::of("", now.nlu.as_ref(), None), &now, 1);
        assert_eq!(same.verdict, Verdict::Same);
    }

    #[test]
    fn entities_and_answers_are_compared_where_both_runs_have_them() {
        let mark = |start: usize, end: usize, entity: &str| Mark {
            start,
            end,
            entity: entity.to_owned(),
            ..Mark::default()
        };
        let heard = |found: Vec<Mark>, selected: &str| Heard {
            text: "from Rome to Oslo".to_owned(),
            expected: "faq".to_owned(),
            predicted: "faq".to_owned(),
            key: Some("hours".to_owned()),
            selected: Some((selected.to_owned(), 0.9)),
            entities: vec![mark(5, 9, "city"), mark(13, 17, "city")],
            found,
            ..Heard::default()
        };
        let run = |heard: Heard| TestReport {
            nlu: Some(NluReport::of(vec![heard], 1)),
            ..TestReport::default()
        };
        let both = run(heard(
            vec![mark(13, 17, "city"), mark(5, 9, "city")],
            "price",
        ));
        let one = run(heard(vec![mark(5, 9, "city")], "hours"));
        let earlier = Earlier::of("", both.nlu.as_ref(), None);
        assert_eq!(
            earlier.messages[0].entities.as_deref(),
            Some("city=Rome@5 city=Oslo@13")
        );
        let comparison = Comparison::of(&earlier, &one, 1);
        let (entities, answers) = (&comparison.entities, &comparison.answers);
        assert_eq!(entities.broken[0].now.0, "city=Rome@5");
        assert_eq!(
            (answers.fixed.len(), answers.fixed[0].before.0.as_str()),
            (1, "price")
        );
        assert_eq!((comparison.regressions(), comparison.mended()), (1, 1));
        assert_eq!(comparison.intents.right_now, 1);
        let old = Earlier {
            messages: vec![EarlierMessage {
                entities: None,
                answer: None,
                ..earlier.messages[0].clone()
            }],
            ..earlier
        };
        assert_eq!(Comparison::of(&old, &one, 1).entities, Part::default());
    }

    #[test]
    fn what_two_extractors_find_is_one_entity() {
        let mark = Mark {
            start: 0,
            end: 5,
            entity: "size".to_owned(),
            ..Mark::default()
        };
        let heard = |times: usize| Heard {
            text: "large one".to_owned(),
            entities: vec![mark.clone()],
            found: vec![mark.clone(); times],
            ..Heard::default()
        };
        let run = |times: usize| TestReport {
            nlu: Some(NluReport::of(vec![heard(times)], 1)),
            ..TestReport::default()
        };
        for (before, now, regressions) in [(2, 1, 0), (1, 2, 0), (2, 0, 1)] {
            let earlier = Earlier::of("", run(before).nlu.as_ref(), None);
            let found = Comparison::of(&earlier, &run(now), 1);
            assert_eq!(found.regressions(), regressions, "{before} {now}");
        }
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
        assert!(low < -0.2 && high < 0.0 && worse.intents.chance() < 0.001);
    }
}
