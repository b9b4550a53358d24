//! Figures of a classification by name: accuracy, precision, recall and F1 of each label and on average.

use std::collections::BTreeMap;

use crate::ml::metrics;

/// Precision, recall, F1 and number of expected ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Share of predictions that are right.
    pub precision: f64,
    /// Share of expected ones that are found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Number expected.
    pub support: usize,
}

impl Scores {
    /// Makes the scores of a label from how often it was right, predicted and expected.
    pub fn new(right: usize, predicted: usize, expected: usize) -> Self {
        let share = |part: f64, of: usize| if of == 0 { 0.0 } else { part / of as f64 };
        let hits = right as f64;
        Self {
            precision: share(hits, predicted),
            recall: share(hits, expected),
            f1: share(2.0 * hits, predicted + expected),
            support: expected,
        }
    }

    fn with_support(scores: metrics::Scores, support: usize) -> Self {
        let metrics::Scores {
            precision,
            recall,
            f1,
        } = scores;
        Self {
            precision,
            recall,
            f1,
            support,
        }
    }

    /// Returns the mean of several scores, weighted by support where asked for.
    pub fn mean<'a>(all: impl Iterator<Item = &'a Self>, weighted: bool) -> Self {
        let (mut sum, mut weights, mut support) = (Self::default(), 0.0, 0);
        for one in all {
            let weight = if weighted { one.support as f64 } else { 1.0 };
            weights += weight;
            support += one.support;
            sum.precision += weight * one.precision;
            sum.recall += weight * one.recall;
            sum.f1 += weight * one.f1;
        }
        let share = |value: f64| if weights > 0.0 { value / weights } else { 0.0 };
        Self {
            precision: share(sum.precision),
            recall: share(sum.recall),
            f1: share(sum.f1),
            support,
        }
    }
}

/// What one label was taken for, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// The label.
    pub expected: String,
    /// What it was taken for.
    pub predicted: String,
    /// How often.
    pub count: usize,
}

/// The figures of a classification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Number of items.
    pub examples: usize,
    /// Number classified rightly.
    pub right: usize,
    /// Share classified rightly, which is micro precision, recall and F1 at once.
    pub accuracy: f64,
    /// Mean over labels that are expected.
    pub macro_average: Scores,
    /// Mean over labels weighted by support.
    pub weighted_average: Scores,
    /// Figures of each label that is expected or predicted.
    pub classes: BTreeMap<String, Scores>,
    /// What is taken for what, most often first.
    pub confusions: Vec<Confusion>,
}

impl Figures {
    /// Compares pairs of expected and predicted labels.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let mut names: Vec<&str> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        names.sort_unstable();
        names.dedup();
        let id = |name: &str| names.binary_search(&name).unwrap_or_default();
        let name = |id: usize| names.get(id).copied().unwrap_or_default().to_owned();
        let expected: Vec<usize> = pairs.iter().map(|(expected, _)| id(expected)).collect();
        let predicted: Vec<usize> = pairs.iter().map(|(_, predicted)| id(predicted)).collect();
        // Both lists are as long as the pairs, which is all that is asked of them.
        let Ok(report) = metrics::Report::new(&expected, &predicted) else {
            return Self::default();
        };
        let figures = Self {
            examples: pairs.len(),
            right: pairs.iter().filter(|(a, b)| a == b).count(),
            accuracy: report.accuracy,
            macro_average: Scores::default(),
            weighted_average: Scores::with_support(report.weighted_average, pairs.len()),
            classes: report
                .classes
                .iter()
                .map(|class| {
                    let scores = Scores::with_support(class.scores, class.support);
                    (name(class.label), scores)
                })
                .collect(),
            confusions: report
                .confusions
                .iter()
                .map(|confusion| Confusion {
                    expected: name(confusion.expected),
                    predicted: name(confusion.predicted),
                    count: confusion.count,
                })
                .collect(),
        };
        // As in Rasa the mean is that over labels that are expected: one that nothing tests says nothing of itself.
        let expected = figures.classes.values().filter(|own| own.support > 0);
        Self {
            macro_average: Scores::mean(expected, false),
            ..figures
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_nothing_are_zero() {
        assert_eq!(Scores::new(0, 0, 0), Scores::default());
        let half = Scores::new(1, 2, 1);
        assert!((half.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(Figures::of(&[]), Figures::default());
    }

    #[test]
    fn figures_bear_names() {
        let figures = Figures::of(&[("b", "b"), ("b", "a"), ("a", "a"), ("b", "a")]);
        assert_eq!((figures.right, figures.examples), (2, 4));
        assert_eq!(figures.confusions[0].expected, "b");
        assert_eq!(figures.confusions[0].count, 2);
        assert_eq!(figures.classes["b"].support, 3);
        let mean = Scores::mean(figures.classes.values(), true);
        assert!((mean.f1 - figures.weighted_average.f1).abs() < 1e-12);
    }
}
