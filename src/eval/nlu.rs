//! Single messages: how many are understood rightly, how sure the model was, and what that is worth.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    entities::{self, EntityReport},
    figures::{Figures, Scores},
    message::{Heard, Misunderstanding, OUT_OF_SCOPE},
    nearest::Near,
};
use crate::{
    data::Example,
    diagnostic::{Place, Sources},
    ml::{calibration, significance},
    model::Model,
};

/// Bins of confidence in the calibration error.
const BINS: usize = 15;
/// Bins of the histogram of confidences.
const BARS: usize = 20;
/// Resamples behind an interval.
const ROUNDS: usize = 1000;

/// How single messages were understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NluReport {
    /// Every message, in file order.
    pub messages: Vec<Heard>,
    /// Intents, those of messages that are to be refused left out: whether they are is told by `outside`.
    pub intents: Figures,
    /// Messages among them that were refused, whatever the classifier took them for.
    pub refused: usize,
    /// 95 % intervals.
    pub intervals: Intervals,
    /// Expected calibration error over bins of confidence.
    pub ece: f64,
    /// The bins that hold messages.
    pub reliability: Vec<Bin>,
    /// Confidences of right and of wrong predictions, in twentieths.
    pub histogram: Histogram,
    /// How well messages were told apart that the bot is not there for, where there are any.
    pub outside: Option<OutsideReport>,
    /// Entities, where messages have any.
    pub entities: Option<EntityReport>,
    /// Answers of retrieval intents, where messages ask for any.
    pub selectors: Option<Figures>,
}

/// 95 % intervals of figures, by bootstrap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intervals {
    /// Of the accuracy.
    pub accuracy: (f64, f64),
    /// Of the mean F1 over intents.
    pub macro_f1: (f64, f64),
    /// Of the F1 weighted by support.
    pub weighted_f1: (f64, f64),
}

/// Messages whose confidence lies in one range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Least confidence.
    pub from: f64,
    /// Where the next range begins.
    pub to: f64,
    /// Number of messages.
    pub count: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// Share understood rightly.
    pub accuracy: f64,
}

/// Confidences of right and wrong predictions, in equally wide bars from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Right ones.
    pub right: Vec<usize>,
    /// Wrong ones.
    pub wrong: Vec<usize>,
}

/// How well messages were told apart that the bot is not there for: those of `out_of_scope` and `nlu_fallback`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OutsideReport {
    /// Such messages.
    pub outside: usize,
    /// How many of them were refused.
    pub refused: usize,
    /// All others.
    pub inside: usize,
    /// Share of them that were refused: taken for out of scope, or not understood.
    pub recall: f64,
    /// Share of all refused ones that are such messages.
    pub precision: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Share of the other messages understood rightly and not refused.
    pub accuracy_inside: f64,
    /// Probability that such a message gets less confidence than another (area under the ROC curve).
    pub auroc: Option<f64>,
    /// Share of the others refused where 95 % of such messages are.
    pub false_refusals_at_95: Option<f64>,
}

/// Understands every example and compares. `on` gets each as it is done; once `stop` is set no other follows.
pub fn evaluate(
    model: &Model,
    examples: &[Example],
    sources: &Sources,
    nearest: &dyn Fn(&str, Option<&Place>) -> Option<Near>,
    stop: &AtomicBool,
    on: &mut dyn FnMut(&Heard),
) -> Vec<Heard> {
    let knows_outside = model.nlu.knows(OUT_OF_SCOPE);
    examples
        .iter()
        .take_while(|_| !stop.load(Ordering::Relaxed))
        .map(|example| {
            let parse = model.nlu.parse(&example.text, &model.domain);
            let heard = Heard::of(example, &parse, knows_outside, sources).explained(
                |text| model.explain(text),
                |text, intent| model.explain_answer(text, intent),
                |text, at| nearest(text, Some(at)),
            );
            on(&heard);
            heard
        })
        .collect()
}

impl NluReport {
    /// Works out the figures of messages.
    pub fn of(messages: Vec<Heard>, seed: u64) -> Self {
        let judged = || messages.iter().filter(|message| !message.by_refusal);
        let pairs: Vec<(&str, &str)> = judged()
            .map(|message| (message.expected.as_str(), message.predicted.as_str()))
            .collect();
        let sure: Vec<(f32, bool)> = judged()
            .map(|message| (message.confidence as f32, message.is_right()))
            .collect();
        let asked: Vec<(&str, &str)> = messages
            .iter()
            .filter_map(|message| {
                let selected = message.selected.as_ref().map(|(key, _)| key.as_str());
                Some((message.key.as_deref()?, selected.unwrap_or_default()))
            })
            .collect();
        Self {
            intents: Figures::of(&pairs),
            refused: judged().filter(|message| message.is_kept_back()).count(),
            intervals: intervals(&pairs, seed),
            ece: calibration::expected_calibration_error(&sure, BINS).into(),
            reliability: reliability(&sure),
            histogram: histogram(&sure),
            outside: outside(&messages),
            entities: entities::report(&messages),
            selectors: (!asked.is_empty()).then(|| Figures::of(&asked)),
            messages,
        }
    }

    /// Returns everything that was understood otherwise than the tests say, in file order.
    pub fn misunderstandings(&self) -> impl Iterator<Item = (&Heard, Misunderstanding)> {
        self.messages.iter().flat_map(|message| {
            let found = message.misunderstandings().into_iter();
            found.map(move |one| (message, one))
        })
    }

    /// Returns every message whose intent was understood wrongly, in file order.
    pub fn errors(&self) -> impl Iterator<Item = &Heard> {
        self.messages.iter().filter(|message| !message.is_right())
    }
}

/// Returns the bar of equally wide ones from 0 to 1 that a confidence falls into.
#[expect(
    clippy::cast_sign_loss,
    reason = "what is below 0 falls into the first bar"
)]
fn bar(confidence: f32, bars: usize) -> usize {
    ((confidence * bars as f32) as usize).min(bars - 1)
}

fn reliability(sure: &[(f32, bool)]) -> Vec<Bin> {
    let mut bins = vec![(0_usize, 0.0_f64, 0_usize); BINS];
    for (confidence, right) in sure {
        if let Some((count, sum, hits)) = bins.get_mut(bar(*confidence, BINS)) {
            *count += 1;
            *sum += f64::from(*confidence);
            *hits += usize::from(*right);
        }
    }
    bins.iter()
        .enumerate()
        .filter(|(_, (count, ..))| *count > 0)
        .map(|(i, (count, sum, hits))| Bin {
            from: i as f64 / BINS as f64,
            to: (i + 1) as f64 / BINS as f64,
            count: *count,
            confidence: sum / *count as f64,
            accuracy: *hits as f64 / *count as f64,
        })
        .collect()
}

fn histogram(sure: &[(f32, bool)]) -> Histogram {
    let (mut right, mut wrong) = (vec![0; BARS], vec![0; BARS]);
    for (confidence, is_right) in sure {
        let side = if *is_right { &mut right } else { &mut wrong };
        if let Some(count) = side.get_mut(bar(*confidence, BARS)) {
            *count += 1;
        }
    }
    Histogram { right, wrong }
}

/// Returns the intervals of accuracy, macro and weighted F1, from the same resamples.
fn intervals(pairs: &[(&str, &str)], seed: u64) -> Intervals {
    let mut names: Vec<&str> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    names.sort_unstable();
    names.dedup();
    let id = |name: &str| names.binary_search(&name).unwrap_or_default();
    let ids: Vec<(usize, usize)> = pairs.iter().map(|(a, b)| (id(a), id(b))).collect();
    let figures = |times: &[u32]| {
        let mut counts = vec![[0_usize; 3]; names.len()];
        for ((expected, predicted), times) in ids.iter().zip(times) {
            let times = *times as usize;
            counts[*expected][2] += times;
            counts[*predicted][1] += times;
            if expected == predicted {
                counts[*expected][0] += times;
            }
        }
        let right: usize = counts.iter().map(|count| count[0]).sum();
        let scores: Vec<Scores> = counts
            .iter()
            .filter(|count| count[2] > 0)
            .map(|[right, found, expected]| Scores::new(*right, *found, *expected))
            .collect();
        [
            right as f64 / ids.len().max(1) as f64,
            Scores::mean(scores.iter(), false).f1,
            Scores::mean(scores.iter(), true).f1,
        ]
    };
    let found = significance::bootstrap_each(pairs.len(), ROUNDS, seed, figures);
    let [accuracy, macro_f1, weighted_f1] = found.unwrap_or_default();
    let right = pairs.iter().filter(|(a, b)| a == b).count();
    // Resamples of what is all right or all wrong have no width, which a handful of messages does not bear out.
    let accuracy = if right == 0 || right == pairs.len() {
        significance::wilson(right, pairs.len())
    } else {
        accuracy
    };
    Intervals {
        accuracy,
        macro_f1,
        weighted_f1,
    }
}

fn outside(messages: &[Heard]) -> Option<OutsideReport> {
    let outside = messages
        .iter()
        .filter(|message| message.is_outside())
        .count();
    if outside == 0 {
        return None;
    }
    let inside = messages.len() - outside;
    let refused = messages.iter().filter(|message| message.refused).count();
    let rightly = messages
        .iter()
        .filter(|message| message.refused && message.is_outside())
        .count();
    let scores = Scores::new(rightly, refused, outside);
    let understood = messages
        .iter()
        .filter(|message| !message.is_outside() && !message.refused && message.is_right())
        .count();
    let doubts: Vec<(f64, bool)> = messages
        .iter()
        .map(|message| (1.0 - message.in_scope, message.is_outside()))
        .collect();
    Some(OutsideReport {
        outside,
        refused: rightly,
        inside,
        recall: scores.recall,
        precision: scores.precision,
        f1: scores.f1,
        accuracy_inside: if inside == 0 {
            0.0
        } else {
            understood as f64 / inside as f64
        },
        auroc: significance::auroc(&doubts),
        false_refusals_at_95: significance::false_positives_at_95(&doubts),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(expected: &str, predicted: &str, confidence: f64) -> Heard {
        Heard {
            expected: expected.to_owned(),
            predicted: predicted.to_owned(),
            confidence,
            in_scope: confidence,
            refused: predicted == OUT_OF_SCOPE,
            ..Heard::default()
        }
    }

    #[test]
    fn bars_and_bins_hold_every_message() {
        let messages = vec![
            heard("a", "a", 1.0),
            heard("a", "b", 0.0),
            heard("b", "b", 0.97),
        ];
        let report = NluReport::of(messages, 1);
        assert_eq!(report.histogram.right[BARS - 1], 2);
        assert_eq!(report.histogram.wrong[0], 1);
        assert_eq!(
            report
                .reliability
                .iter()
                .map(|bin| bin.count)
                .sum::<usize>(),
            3
        );
        let last = report.reliability.last().unwrap();
        assert_eq!(
            (last.count, last.accuracy.to_bits()),
            (2, 1.0_f64.to_bits())
        );
        let (low, high) = report.intervals.accuracy;
        assert!(low <= report.intents.accuracy && report.intents.accuracy <= high);
        assert_eq!(report.errors().count(), 1);
    }

    #[test]
    fn messages_out_of_scope_have_figures_of_their_own() {
        let messages = vec![
            heard("a", "a", 0.9),
            heard("a", OUT_OF_SCOPE, 0.3),
            heard(OUT_OF_SCOPE, OUT_OF_SCOPE, 0.2),
            heard(OUT_OF_SCOPE, "a", 0.4),
        ];
        let outside = NluReport::of(messages, 1).outside.unwrap();
        assert_eq!((outside.outside, outside.inside), (2, 2));
        assert!((outside.recall - 0.5).abs() < 1e-12);
        assert!((outside.precision - 0.5).abs() < 1e-12);
        assert!((outside.accuracy_inside - 0.5).abs() < 1e-12);
        assert!((outside.auroc.unwrap() - 0.75).abs() < 1e-12);
        assert_eq!(NluReport::of(vec![heard("a", "a", 1.0)], 1).outside, None);
    }

    #[test]
    fn no_messages_give_zeros() {
        let report = NluReport::of(Vec::new(), 1);
        assert_eq!(report.intents.examples, 0);
        assert!(report.reliability.is_empty() && report.entities.is_none());
    }
}
