//! How good predictions are: accuracy, precision, recall and F1 by class and on average, and who is taken for whom.
//!
//! The definitions are scikit-learn's `classification_report` with a zero where a ratio has no meaning. linfa's
//! confusion matrix is left alone here: it swaps precision and recall of two classes and gives no support per class.

use std::collections::BTreeMap;

use crate::ml::{Result, error::require_equal};

/// Precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Share of the predictions that were right.
    pub precision: f64,
    /// Share of the expected ones that were found.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// The figures of one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// The label.
    pub label: usize,
    /// Its scores.
    pub scores: Scores,
    /// How many examples have the label.
    pub support: usize,
    /// How many were given the label.
    pub predicted: usize,
}

/// One label taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// The right label.
    pub expected: usize,
    /// The label given instead.
    pub predicted: usize,
    /// How often.
    pub count: usize,
}

/// The figures of a set of predictions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Number of examples.
    pub examples: usize,
    /// Share of right predictions; 0 without examples.
    pub accuracy: f64,
    /// Mean over the classes.
    pub macro_average: Scores,
    /// Mean over the classes weighted by support.
    pub weighted_average: Scores,
    /// Every label that is expected or predicted, in ascending order.
    pub classes: Vec<ClassScores>,
    /// What was taken for what, the most frequent first.
    pub confusions: Vec<Confusion>,
}

impl Report {
    /// Compares predicted with expected labels.
    pub fn new(expected: &[usize], predicted: &[usize]) -> Result<Self> {
        require_equal("predictions", expected.len(), predicted.len())?;
        let mut pairs = BTreeMap::<(usize, usize), usize>::new();
        // Right ones, expected ones, predicted ones of each label.
        let mut counts = BTreeMap::<usize, [usize; 3]>::new();
        for (&e, &p) in expected.iter().zip(predicted) {
            *pairs.entry((e, p)).or_default() += 1;
            counts.entry(e).or_default()[1] += 1;
            counts.entry(p).or_default()[2] += 1;
            if e == p {
                counts.entry(e).or_default()[0] += 1;
            }
        }
        let classes: Vec<ClassScores> = counts
            .into_iter()
            .map(|(label, [right, support, predicted])| ClassScores {
                label,
                scores: Scores {
                    precision: ratio(right as f64, predicted as f64),
                    recall: ratio(right as f64, support as f64),
                    f1: ratio(2.0 * right as f64, (support + predicted) as f64),
                },
                support,
                predicted,
            })
            .collect();
        let mut confusions: Vec<Confusion> = pairs
            .into_iter()
            .filter(|((e, p), _)| e != p)
            .map(|((expected, predicted), count)| Confusion {
                expected,
                predicted,
                count,
            })
            .collect();
        confusions.sort_by_key(|c| std::cmp::Reverse(c.count));
        let wrong: usize = confusions.iter().map(|c| c.count).sum();
        Ok(Self {
            examples: expected.len(),
            accuracy: ratio((expected.len() - wrong) as f64, expected.len() as f64),
            macro_average: average(&classes, |_| 1.0),
            weighted_average: average(&classes, |class| class.support as f64),
            classes,
            confusions,
        })
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn average(classes: &[ClassScores], weight: impl Fn(&ClassScores) -> f64) -> Scores {
    let total: f64 = classes.iter().map(&weight).sum();
    let mean = |score: fn(&Scores) -> f64| {
        let sum = classes.iter().map(|c| weight(c) * score(&c.scores)).sum();
        ratio(sum, total)
    };
    Scores {
        precision: mean(|s| s.precision),
        recall: mean(|s| s.recall),
        f1: mean(|s| s.f1),
    }
}

#[cfg(test)]
mod tests {
    use linfa::prelude::ToConfusionMatrix;
    use ndarray::Array1;

    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }

    #[test]
    fn figures_are_scikit_learns() {
        // classification_report([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2])
        let report = Report::new(&[0, 0, 0, 1, 1, 2], &[0, 0, 1, 1, 2, 2]).unwrap();
        close(report.accuracy, 4.0 / 6.0);
        close(report.macro_average.precision, (1.0 + 0.5 + 0.5) / 3.0);
        close(report.macro_average.recall, (2.0 / 3.0 + 0.5 + 1.0) / 3.0);
        close(report.macro_average.f1, (0.8 + 0.5 + 2.0 / 3.0) / 3.0);
        close(
            report.weighted_average.f1,
            (3.0 * 0.8 + 2.0 * 0.5 + 2.0 / 3.0) / 6.0,
        );
        let first = &report.classes[0];
        assert_eq!((first.label, first.support, first.predicted), (0, 3, 2));
        let confusion = |expected, predicted| Confusion {
            expected,
            predicted,
            count: 1,
        };
        assert_eq!(report.confusions, [confusion(0, 1), confusion(1, 2)]);
    }

    #[test]
    fn accuracy_is_linfas() {
        let (expected, predicted) = (vec![0, 1, 2, 2, 1, 5], vec![0, 2, 2, 2, 1, 1]);
        let report = Report::new(&expected, &predicted).unwrap();
        let matrix = Array1::from(predicted)
            .confusion_matrix(&Array1::from(expected))
            .unwrap();
        close(report.accuracy, f64::from(matrix.accuracy()));
    }

    #[test]
    fn confusions_come_in_falling_order() {
        let report = Report::new(&[0, 1, 1, 1], &[1, 0, 0, 0]).unwrap();
        let counts: Vec<usize> = report.confusions.iter().map(|c| c.count).collect();
        assert_eq!(counts, [3, 1]);
        close(report.macro_average.f1, 0.0);
    }

    #[test]
    fn a_label_never_expected_scores_zero_and_weighs_nothing() {
        let report = Report::new(&[0, 0], &[0, 1]).unwrap();
        close(report.macro_average.recall, 0.25);
        close(report.weighted_average.recall, 0.5);
    }

    #[test]
    fn nothing_predicted_gives_zeros_and_unequal_numbers_an_error() {
        let report = Report::new(&[], &[]).unwrap();
        assert_eq!(report, Report::default());
        assert!(Report::new(&[0], &[]).is_err());
    }
}
