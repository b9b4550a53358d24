//! Cross-validation of classifiers: how sure to be of their scores, how good they are, when better to fall back.

use ndarray::ArrayView2;

use super::{CrossValidation, Failure, Fit, Job, Near, scope};
use crate::{
    ml::{
        self, SparseMatrix, SparseRow, SparseVector,
        calibration::{self, Sharpness},
        metrics,
        novelty::Novelty,
        sampling::{self, Split},
    },
    nlu::featurizers::Known,
};

/// How sure a model was of a message that it had not learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Judged {
    /// Confidence of the best intent.
    pub(crate) confidence: f32,
    /// Its lead over the second.
    pub(crate) lead: f32,
    /// Whether it was the right one.
    pub(crate) right: bool,
    /// Share of known messages that look at least as strange, where that is measured.
    pub(crate) in_scope: Option<f64>,
}

/// What a threshold of `FallbackClassifier` does to messages that were held out.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Fallback {
    /// The least confidence that does not fall back.
    pub threshold: f64,
    /// Share of the messages understood wrongly that fall back.
    pub wrong: f64,
    /// Share of the messages understood rightly that do so too.
    pub right: f64,
}

/// Share of the messages understood rightly that a proposed threshold gives up at most.
const MOST_LOST: f64 = 0.05;

impl Fallback {
    /// Messages from which on a threshold is proposed, and wrong ones among them.
    pub const ENOUGH: (usize, usize) = (500, 20);

    /// Measures thresholds of confidence and of lead.
    pub(crate) fn measure(judged: &[Judged], threshold: f64, lead: f64) -> Self {
        Self::of(judged, threshold, &|one| {
            f64::from(one.confidence) < threshold || f64::from(one.lead) < lead
        })
    }

    /// Measures a threshold of the share of known messages that look at least as strange.
    pub(crate) fn measure_scope(judged: &[Judged], threshold: f64) -> Self {
        Self::of(judged, threshold, &|one| {
            one.in_scope.is_some_and(|in_scope| in_scope < threshold)
        })
    }

    fn of(judged: &[Judged], threshold: f64, falls: &dyn Fn(&Judged) -> bool) -> Self {
        let share = |right: bool| {
            let of = || judged.iter().filter(move |one| one.right == right);
            of().filter(|one| falls(one)).count() as f64 / of().count().max(1) as f64
        };
        Self {
            threshold,
            wrong: share(false),
            right: share(true),
        }
    }

    /// Returns the threshold of confidence that is best, beside one of lead; `None` where too little is known.
    pub(crate) fn propose(judged: &[Judged], lead: f64) -> Option<Self> {
        Self::best(judged, &|threshold| Self::measure(judged, threshold, lead))
    }

    /// Returns the threshold of strangeness that is best; `None` where too little is known, or none does any good.
    pub(crate) fn propose_scope(judged: &[Judged]) -> Option<Self> {
        if judged.iter().any(|one| one.in_scope.is_none()) {
            return None;
        }
        let best = Self::best(judged, &|threshold| Self::measure_scope(judged, threshold));
        best.filter(|best| best.wrong > best.right)
    }

    /// Returns the threshold, in hundredths, that catches the most wrong messages for the right ones it gives up
    /// (Youden 1950), of which it gives up no more than one in twenty.
    fn best(judged: &[Judged], measure: &dyn Fn(f64) -> Self) -> Option<Self> {
        let wrong = judged.iter().filter(|one| !one.right).count();
        if judged.len() < Self::ENOUGH.0 || wrong < Self::ENOUGH.1 {
            return None;
        }
        let mut best: Option<Self> = None;
        for hundredths in 1..100 {
            let now = measure(f64::from(hundredths) / 100.0);
            let gain = |of: &Self| of.wrong - of.right;
            let better = best
                .as_ref()
                .is_none_or(|best| gain(&now) > gain(best) + 1e-12);
            if now.right <= MOST_LOST && better {
                best = Some(now);
            }
        }
        best
    }
}

/// Splits for cross-validation, with more folds where there is little to learn from.
pub(super) fn folds(job: &Job<'_>) -> Vec<Split> {
    folds_of(if job.targets.len() < 2000 { 5 } else { 3 }, job)
}

/// Splits for cross-validation into so many parts; none where confidences are not fitted.
pub(super) fn folds_of(parts: usize, job: &Job<'_>) -> Vec<Split> {
    if job.calibrated {
        sampling::stratified_folds(job.targets, parts, job.seed)
    } else {
        Vec::new()
    }
}

/// Returns the scores of rows under a model that may not have learnt every class; those are as unlikely as the least
/// likely one.
pub(super) fn scores(
    job: &Job<'_>,
    test: &SparseMatrix,
    learnt: &[usize],
    score: impl Fn(SparseRow<'_>, &mut [f32]),
) -> Vec<Vec<f32>> {
    let mut known = vec![0.0; learnt.len()];
    test.iter()
        .map(|row| {
            score(row, &mut known);
            let least = known.iter().copied().fold(f32::INFINITY, f32::min);
            let mut all = vec![least; job.labels.len()];
            for (class, score) in learnt.iter().zip(&known) {
                all[*class] = *score;
            }
            all
        })
        .collect()
}

/// Returns the rows to test on as they would be had the others alone been learnt: without the features that only they
/// have, and where a featurizer gives its rows a length, of that length again. Of each it also tells what share was
/// learnt.
///
/// Rows as they stand would be shorter in what is known of them than those of new messages are; confidences fitted on
/// their margins would be too high.
fn as_unseen(job: &Job<'_>, split: &Split) -> ml::Result<(SparseMatrix, Vec<f32>)> {
    let matrix = job.matrix;
    let mut seen = vec![false; matrix.cols()];
    for &row in &split.train {
        for &feature in matrix.row(row).indices {
            if let Some(seen) = seen.get_mut(feature as usize) {
                *seen = true;
            }
        }
    }
    let is_seen = |feature: u32| seen.get(feature as usize).copied().unwrap_or_default();
    let unseen = |number: &usize| {
        let (whole, mut kept) = (matrix.row(*number), Vec::new());
        let part_of = |feature: u32| job.parts.partition_point(|(start, _)| *start <= feature);
        let mut lengths = vec![(0.0_f32, 0.0_f32); job.parts.len() + 1];
        for (feature, value) in whole.iter() {
            let part = part_of(feature);
            if let Some((all, known)) = lengths.get_mut(part) {
                *all += value * value;
                if is_seen(feature) {
                    *known += value * value;
                    kept.push((feature, value, part));
                }
            }
        }
        let mut of_message = Known::default();
        for ((all, known), (start, has_length)) in lengths.iter().skip(1).zip(job.parts) {
            if *has_length && *all > 0.0 {
                of_message.add(*start, all.sqrt(), known / all);
            }
        }
        let pairs = kept.into_iter().map(|(feature, value, part)| {
            let known = lengths.get(part);
            let has_length = part.checked_sub(1).and_then(|at| job.parts.get(at));
            let factor = match (known, has_length) {
                (Some((all, known)), Some((_, true))) => (all / known).sqrt(),
                _ => 1.0,
            };
            (feature, value * factor)
        });
        (
            SparseVector::from_pairs(pairs.collect()),
            of_message.share(None),
        )
    };
    let (rows, shares): (Vec<SparseVector>, Vec<f32>) = split.test.iter().map(unseen).unzip();
    let rows = SparseMatrix::from_rows(matrix.cols(), rows.iter().map(SparseVector::as_row))?;
    Ok((rows, shares))
}

/// How confidences follow from scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Confidences {
    /// As sure as scores of rows not learnt from turn out to be; the factor that is usual stands for what too few rows
    /// tell.
    Fitted { usual: f32 },
    /// By the softmax as it is.
    Own,
}

/// Validates: for each split `fit_and_score` learns from some rows and returns the margins of others.
///
/// Returns how sure to be of the margins of rows not learnt from, and what they say of the classifier; `usual` is the
/// factor on margins that suits most data.
pub(super) fn cross_validate(
    usual: f32,
    job: &Job<'_>,
    splits: &[Split],
    fit_and_score: impl FnMut(&[usize], &SparseMatrix) -> Result<Vec<Vec<f32>>, Failure>,
) -> Result<(Sharpness, Fit), Failure> {
    cross_validate_as(Confidences::Fitted { usual }, job, splits, fit_and_score)
}

/// As [`cross_validate`], with confidences of that kind.
pub(super) fn cross_validate_as(
    confidences: Confidences,
    job: &Job<'_>,
    splits: &[Split],
    fit_and_score: impl FnMut(&[usize], &SparseMatrix) -> Result<Vec<Vec<f32>>, Failure>,
) -> Result<(Sharpness, Fit), Failure> {
    let held_out = HeldOut::gather(job, splits, fit_and_score)?;
    if held_out.expected.is_empty() || job.labels.len() < 2 {
        return Ok((Sharpness::default(), Fit::default()));
    }
    let (sharpness, nearest, margins) = match confidences {
        Confidences::Fitted { usual } => {
            let (sharpness, nearest) = held_out.sharpness(usual)?;
            (sharpness, nearest, held_out.margins(nearest))
        }
        Confidences::Own => (Sharpness::default(), 0.0, held_out.scores.clone()),
    };
    let measures = held_out.measures();
    let expected = &held_out.expected;
    let predicted: Vec<usize> = margins.chunks(job.labels.len()).map(ml::argmax).collect();
    let report = metrics::Report::new(expected, &predicted)?;
    let judged: Vec<Judged> = margins
        .chunks(job.labels.len())
        .zip(expected)
        .enumerate()
        .map(|(at, (scores, expected))| {
            let mut scores = scores.to_vec();
            sharpness.softmax(&mut scores, 1.0);
            let (winner, confidence, lead) = scope::best(&scores);
            Judged {
                confidence,
                lead,
                right: winner == *expected,
                in_scope: held_out.familiarity(measures.as_ref(), at),
            }
        })
        .collect();
    let sure: Vec<(f32, bool)> = judged
        .iter()
        .map(|one| (one.confidence, one.right))
        .collect();
    let fit = Fit {
        cross_validation: Some(CrossValidation {
            examples: expected.len(),
            held_out: splits.len() == 1,
            accuracy: report.accuracy,
            ece: calibration::expected_calibration_error(&sure, BINS).into(),
            weakest: weakest(job, &report),
        }),
        judged,
        measures,
        nearest,
        ..Fit::default()
    };
    Ok((sharpness, fit))
}

/// What models said of rows that they had not learnt.
#[derive(Default)]
struct HeldOut {
    classes: usize,
    /// A score of each class, row after row.
    scores: Vec<f32>,
    /// What share of each row was learnt.
    shares: Vec<f32>,
    /// What stands near each, where there are sentence embeddings.
    near: Vec<Near>,
    expected: Vec<usize>,
    /// How each looks by words, or by its embedding.
    by_words: Vec<[f32; 3]>,
    by_embedding: Vec<[f32; 2]>,
}

/// What a cosine of 1 to the nearest example of an intent may add to its log-odds at the usual factor, tried one after
/// the other: the loss has one valley.
const LIFTS: [f32; 5] = [5.0, 10.0, 20.0, 40.0, 80.0];

impl HeldOut {
    /// Learns from the rows of each split, and asks of its others.
    fn gather(
        job: &Job<'_>,
        splits: &[Split],
        mut fit_and_score: impl FnMut(&[usize], &SparseMatrix) -> Result<Vec<Vec<f32>>, Failure>,
    ) -> Result<Self, Failure> {
        let mut all = Self {
            classes: job.labels.len(),
            ..Self::default()
        };
        for split in splits {
            if split.test.is_empty() || split.train.is_empty() {
                continue;
            }
            let vocabulary =
                job.words.map(|words| {
                    let learnt = split.train.iter();
                    scope::Vocabulary::learn(learnt.filter_map(|row| {
                        Some((words.get(*row)?.as_slice(), *job.targets.get(*row)?))
                    }))
                });
            let vicinity = job
                .words
                .and_then(|_| job.vicinity(split.train.iter().copied()));
            let (tested, shares) = as_unseen(job, split)?;
            let scores = fit_and_score(&split.train, &tested)?;
            for ((row, features), scores) in split.test.iter().zip(tested.iter()).zip(scores) {
                let (winner, first, lead) = scope::best(&scores);
                if let Some(vicinity) = &vicinity {
                    let near = vicinity.near(features, &scores);
                    all.by_embedding.push([first, near.mean]);
                    all.near.push(near);
                } else if let Some((vocabulary, words)) = vocabulary.as_ref().zip(job.words) {
                    let words = words.get(*row).map(Vec::as_slice).unwrap_or_default();
                    all.by_words
                        .push([first, lead, vocabulary.coverage(words, winner)]);
                }
                all.scores.extend(scores);
                all.expected.push(job.targets[*row]);
            }
            all.shares.extend(shares);
        }
        Ok(all)
    }

    /// Returns the scores with what near examples add, times the share that was learnt of each row.
    fn margins(&self, nearest: f32) -> Vec<f32> {
        let mut margins = self.scores.clone();
        let rows = margins.chunks_mut(self.classes.max(1));
        for (at, (row, share)) in rows.zip(&self.shares).enumerate() {
            if let Some(near) = self.near.get(at) {
                near.lift(nearest, row);
            }
            for margin in row {
                *margin *= share;
            }
        }
        margins
    }

    /// Returns how sure to be of scores, and what the cosine to the nearest example is to add to them.
    fn sharpness(&self, usual: f32) -> Result<(Sharpness, f32), Failure> {
        let fit = |nearest: f32| -> Result<(Sharpness, f64), Failure> {
            let margins = self.margins(nearest);
            let margins = table(&margins, self.classes)?;
            Ok(Sharpness::fit(margins, &self.expected, usual))
        };
        let (mut best, mut loss) = fit(0.0)?;
        let mut nearest = 0.0;
        if !self.near.is_empty() {
            for lift in LIFTS {
                let (next, next_loss) = fit(lift / usual)?;
                if next_loss >= loss {
                    break;
                }
                (best, loss, nearest) = (next, next_loss, lift / usual);
            }
        }
        Ok((best, nearest))
    }

    /// Returns what familiar rows look like.
    fn measures(&self) -> Option<scope::Measures> {
        Novelty::fit(&self.by_embedding)
            .map(scope::Measures::Embedding)
            .or_else(|| Novelty::fit(&self.by_words).map(scope::Measures::Words))
    }

    /// Returns the share of rows that look at least as strange as one of them.
    fn familiarity(&self, measures: Option<&scope::Measures>, at: usize) -> Option<f64> {
        Some(match measures? {
            scope::Measures::Words(measures) => measures.familiarity(self.by_words.get(at)?),
            scope::Measures::Embedding(measures) => {
                measures.familiarity(self.by_embedding.get(at)?)
            }
        })
    }
}

/// Returns the intent with the smallest share right: name, share, and what it is mostly taken for.
fn weakest(job: &Job<'_>, report: &metrics::Report) -> Option<(String, f64, Option<String>)> {
    report
        .classes
        .iter()
        .filter(|class| class.support > 0 && class.scores.recall < 1.0)
        .min_by(|a, b| a.scores.recall.total_cmp(&b.scores.recall))
        .map(|class| {
            let name = |label: usize| job.labels.get(label).cloned().unwrap_or_default();
            let taken_for = report
                .confusions
                .iter()
                .filter(|confusion| confusion.expected == class.label)
                .max_by_key(|confusion| confusion.count)
                .map(|confusion| name(confusion.predicted));
            (name(class.label), class.scores.recall, taken_for)
        })
}

/// Returns margins as a table with a column for each class.
fn table(margins: &[f32], classes: usize) -> Result<ArrayView2<'_, f32>, Failure> {
    ArrayView2::from_shape((margins.len() / classes.max(1), classes), margins)
        .map_err(|error| Failure::Other(error.to_string()))
}

/// Bins of confidence in the calibration error.
const BINS: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(confidences: &[(f32, bool)]) -> Vec<Judged> {
        let one = |&(confidence, right): &(f32, bool)| Judged {
            confidence,
            lead: 1.0,
            right,
            in_scope: Some(f64::from(confidence)),
        };
        confidences.iter().map(one).collect()
    }

    #[test]
    fn a_proposal_catches_what_is_wrong_and_gives_up_little() {
        let mut all = vec![(0.9, true); 760];
        all.extend([(0.4, false); 32]);
        all.extend([(0.35, true); 20]);
        all.extend([(0.95, false); 8]);
        let proposal = Fallback::propose(&judged(&all), 0.0).unwrap();
        assert!((proposal.threshold - 0.41).abs() < 1e-9, "{proposal:?}");
        assert!((proposal.wrong - 0.8).abs() < 1e-9, "{proposal:?}");
        assert!(proposal.right < 0.03, "{proposal:?}");
        all.extend([(0.3, true); 80]);
        let careful = Fallback::propose(&judged(&all), 0.0).unwrap();
        assert!(careful.right <= MOST_LOST, "{careful:?}");
    }

    #[test]
    fn a_proposal_of_strangeness_goes_by_strangeness_alone() {
        let mut all = vec![(0.5, true); 760];
        all.extend([(0.015, false); 30]);
        all.extend([(0.035, true); 30]);
        let mut all = judged(&all);
        let proposal = Fallback::propose_scope(&all).unwrap();
        assert!((proposal.threshold - 0.02).abs() < 1e-9, "{proposal:?}");
        assert_eq!((proposal.wrong, proposal.right), (1.0, 0.0));
        // What is misunderstood looks like the rest.
        let usual: Vec<Judged> = all
            .iter()
            .map(|one| Judged {
                in_scope: Some(0.5),
                ..*one
            })
            .collect();
        assert_eq!(Fallback::propose_scope(&usual), None);
        all.push(Judged {
            in_scope: None,
            ..all[0]
        });
        assert_eq!(Fallback::propose_scope(&all), None);
    }

    #[test]
    fn little_to_go_by_gives_no_proposal() {
        assert_eq!(Fallback::propose(&[], 0.1), None);
        assert_eq!(Fallback::propose(&judged(&[(0.9, true); 500]), 0.1), None);
    }

    /// Planes take every second of 200 rows for the intent after its own, by a little; what stands near says `near` of
    /// each.
    fn held_out(near: impl Fn(usize) -> Vec<(usize, f32)>) -> HeldOut {
        let mut all = HeldOut {
            classes: 3,
            ..HeldOut::default()
        };
        for row in 0..200 {
            let (own, other) = (row % 3, (row + 1) % 3);
            let mut scores = [-1.0; 3];
            scores[own] = if row % 2 == 0 { 0.3 } else { 0.0 };
            scores[other] = 0.1;
            all.scores.extend(scores);
            all.shares.push(1.0);
            all.expected.push(own);
            all.near.push(Near {
                mean: 0.5,
                nearest: near(row),
            });
        }
        all
    }

    #[test]
    fn near_examples_count_as_far_as_they_tell_what_planes_do_not() {
        let right = |of: &HeldOut, nearest| {
            let margins = of.margins(nearest);
            let rows = margins.chunks(3).zip(&of.expected);
            rows.filter(|(row, own)| ml::argmax(row) == **own).count()
        };
        let telling = held_out(|row| vec![(row % 3, 0.8), ((row + 1) % 3, 0.6)]);
        assert_eq!(right(&telling, 0.0), 100);
        let (_, nearest) = telling.sharpness(6.5).unwrap();
        assert_eq!(right(&telling, nearest), 200, "{nearest}");
        let silent = held_out(|row| vec![(row % 3, 0.7), ((row + 1) % 3, 0.7)]);
        let (_, nearest) = silent.sharpness(6.5).unwrap();
        assert!(nearest.abs() < 1e-6, "{nearest}");
        let misleading = held_out(|row| vec![(row % 3, 0.6), ((row + 1) % 3, 0.8)]);
        let (_, nearest) = misleading.sharpness(6.5).unwrap();
        assert!(nearest.abs() < 1e-6, "{nearest}");
    }
}
