//! The learning curve: accuracy against the share of data learnt from, and what more data would bring.
//!
//! Errors of many learners fall as a power of the number of examples towards a floor (Cortes et al., "Learning curves:
//! asymptotic values and rate of convergence", NIPS 1993); that curve is fitted and continued. How far to trust it is
//! told by fitting it again to resampled residuals (Efron, "Bootstrap methods: another look at the jackknife", Annals
//! of Statistics 1979): what these do not agree on is not foretold.

use std::sync::atomic::AtomicBool;

use super::validate::{Learner, Options, classes, distinct, side_by_side};
use crate::{
    data::Assistant,
    diagnostic::Result,
    ml::{
        sampling::{Random, stratified_hold_out},
        significance::quantile,
    },
};

/// Shares of the training part that are learnt from.
const SHARES: [f64; 6] = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Share of all examples that is tested on.
const TESTED: f64 = 0.2;
/// Ways to divide the examples, averaged.
const REPEATS: u64 = 3;
/// How much more data is foretold.
const FORETOLD: [f64; 2] = [1.5, 2.0];
/// Refits behind an interval.
const REFITS: usize = 500;
/// Share of refits that must fall on a curve at all.
const AGREED: f64 = 0.95;
/// Widest interval in which a limit is worth telling.
const NARROW: f64 = 0.1;

/// Accuracy against data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Share of the data, mean number of examples learnt from, mean accuracy, and the spread over repeats.
    pub points: Vec<Point>,
    /// What more data would bring; empty where the points do not determine it.
    pub forecast: Vec<Point>,
    /// Accuracy that more of such data would lead towards, where the points determine it.
    pub limit: Option<Limit>,
}

/// Where a learning curve leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The accuracy.
    pub accuracy: f64,
    /// 95 % of refits lie within.
    pub interval: (f64, f64),
}

/// One point of a learning curve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Share of the data; above 1 where foretold.
    pub share: f64,
    /// Number of examples.
    pub examples: f64,
    /// Share of tested messages understood rightly.
    pub accuracy: f64,
    /// Standard deviation over repeats; over refits where foretold.
    pub spread: f64,
    /// Where foretold, 95 % of refits lie within.
    pub interval: Option<(f64, f64)>,
}

/// Learns from growing shares of the training examples. `on` is told, from any thread, of each model that is done.
pub fn learning_curve(
    assistant: &Assistant,
    options: &Options,
    stop: &AtomicBool,
    on: &(dyn Fn() + Sync),
) -> Result<Curve> {
    let examples = distinct(assistant);
    let groups = classes(&examples);
    let jobs: Vec<(usize, u64)> = (0..SHARES.len())
        .rev()
        .flat_map(|share| (0..REPEATS).map(move |repeat| (share, repeat)))
        .collect();
    let learner = Learner::new(assistant, &examples, stop);
    let results: Vec<(usize, usize, f64)> = side_by_side(jobs.len(), |job| {
        let (at, repeat) = jobs.get(job).copied().unwrap_or_default();
        let options = Options {
            seed: options.seed.wrapping_add(repeat),
            ..options.clone()
        };
        let split = stratified_hold_out(&groups, TESTED, options.seed);
        let share = SHARES.get(at).copied().unwrap_or(1.0);
        let rows = portion(&split.train, &groups, share, options.seed);
        let pipeline = learner.learn(&rows, &options, true)?;
        let tested = split.test.iter().filter_map(|row| examples.get(*row));
        let right = tested
            .filter(|example| {
                let found = pipeline.confidences(&example.text);
                let best =
                    found.and_then(|(names, sure)| names.get(crate::ml::argmax(&sure)).cloned());
                best.as_ref() == Some(&example.intent)
            })
            .count();
        on();
        Ok((
            at,
            rows.len(),
            right as f64 / split.test.len().max(1) as f64,
        ))
    })
    .into_iter()
    .collect::<Result<_>>()?;
    let points: Vec<Point> = SHARES
        .iter()
        .enumerate()
        .map(|(at, share)| {
            let own: Vec<&(usize, usize, f64)> = results.iter().filter(|r| r.0 == at).collect();
            let n = own.len().max(1) as f64;
            let accuracy = own.iter().map(|r| r.2).sum::<f64>() / n;
            let variance = own.iter().map(|r| (r.2 - accuracy).powi(2)).sum::<f64>() / n;
            Point {
                share: *share,
                examples: own.iter().map(|r| r.1 as f64).sum::<f64>() / n,
                accuracy,
                spread: variance.sqrt(),
                interval: None,
            }
        })
        .collect();
    let measured: Vec<(f64, f64)> = results.iter().map(|r| (r.1 as f64, r.2)).collect();
    Ok(foretell(points, &measured, options.seed))
}

/// Returns a share of the rows, at least one of each class: classes that are not learnt would tell nothing of data.
fn portion(rows: &[usize], groups: &[usize], share: f64, seed: u64) -> Vec<usize> {
    let mut by_class: std::collections::BTreeMap<usize, Vec<usize>> =
        std::collections::BTreeMap::new();
    for row in rows {
        let class = groups.get(*row).copied().unwrap_or_default();
        by_class.entry(class).or_default().push(*row);
    }
    let mut random = Random::new(seed);
    let mut chosen = Vec::new();
    for mut own in by_class.into_values() {
        random.shuffle(&mut own);
        #[expect(clippy::cast_sign_loss, reason = "a share of rows is not negative")]
        let wanted = (own.len() as f64 * share).round() as usize;
        chosen.extend(own.into_iter().take(wanted.max(1)));
    }
    chosen.sort_unstable();
    chosen
}

/// Error as a function of the number of examples: `floor + scale · examples^−rate`.
#[derive(Clone, Copy, Debug)]
struct Law {
    floor: f64,
    scale: f64,
    rate: f64,
}

impl Law {
    /// Fits to numbers of examples with the accuracy reached; `None` where the error does not fall.
    fn fit(measured: &[(f64, f64)]) -> Option<Self> {
        let mut best: Option<(f64, Self)> = None;
        for step in 1..=60 {
            let rate = f64::from(step) * 0.025;
            let Some((floor, scale)) = line(measured, rate) else {
                continue;
            };
            let law = Self { floor, scale, rate };
            let loss: f64 = measured
                .iter()
                .map(|(examples, accuracy)| (accuracy - law.accuracy(*examples)).powi(2))
                .sum();
            if best.is_none_or(|(known, _)| loss < known) {
                best = Some((loss, law));
            }
        }
        best.map(|(_, law)| law)
    }

    fn accuracy(&self, examples: f64) -> f64 {
        1.0 - self.floor - self.scale * examples.powf(-self.rate)
    }
}

/// Continues the curve of what was measured, as far as that determines it.
fn foretell(points: Vec<Point>, measured: &[(f64, f64)], seed: u64) -> Curve {
    let undetermined = |points| Curve {
        points,
        ..Curve::default()
    };
    let (Some(law), Some(first), Some(full)) =
        (Law::fit(measured), points.first(), points.last().copied())
    else {
        return undetermined(points);
    };
    let gain = full.accuracy - first.accuracy;
    let refits = refits(measured, law, seed);
    if (refits.len() as f64) < REFITS as f64 * AGREED {
        return undetermined(points);
    }
    let forecast: Vec<Point> = FORETOLD
        .iter()
        .map(|share| {
            let examples = full.examples * share;
            let at = |law: &Law| law.accuracy(examples).clamp(0.0, 1.0);
            let (interval, spread) = spread(refits.iter().map(at));
            Point {
                share: *share,
                examples,
                accuracy: at(&law),
                spread,
                interval: Some(interval),
            }
        })
        .collect();
    let width = |(low, high): (f64, f64)| high - low;
    // An interval wider than all that was gained so far says less than the points do.
    if forecast
        .iter()
        .filter_map(|point| point.interval)
        .any(|interval| width(interval) >= gain)
    {
        return undetermined(points);
    }
    let end = |law: &Law| (1.0 - law.floor).clamp(0.0, 1.0);
    let limit = Limit {
        accuracy: end(&law),
        interval: spread(refits.iter().map(end)).0,
    };
    Curve {
        points,
        forecast,
        // Where refits end without any error nothing bounds the curve.
        limit: (width(limit.interval) <= NARROW && limit.interval.1 < 1.0).then_some(limit),
    }
}

/// Fits the curve again to itself with residuals drawn anew, widened by what the fit itself has taken from them; those
/// whose error does not fall are left out.
fn refits(measured: &[(f64, f64)], law: Law, seed: u64) -> Vec<Law> {
    let n = measured.len();
    let widened = (n as f64 / (n as f64 - 3.0).max(1.0)).sqrt();
    let residuals: Vec<f64> = measured
        .iter()
        .map(|(examples, accuracy)| widened * (accuracy - law.accuracy(*examples)))
        .collect();
    let mut random = Random::new(seed);
    (0..REFITS)
        .filter_map(|_| {
            let again: Vec<(f64, f64)> = measured
                .iter()
                .map(|(examples, _)| {
                    let drawn = residuals.get(random.below(n)).copied().unwrap_or_default();
                    (*examples, law.accuracy(*examples) + drawn)
                })
                .collect();
            Law::fit(&again)
        })
        .collect()
}

/// Returns the bounds of the middle 95 % of values, and their standard deviation.
fn spread(values: impl Iterator<Item = f64>) -> ((f64, f64), f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / n;
    let bounds = (quantile(&values, 0.025), quantile(&values, 0.975));
    (bounds, variance.sqrt())
}

/// Returns floor and scale that fit best for a rate; `None` where the error does not fall, or there is nothing to fit.
fn line(measured: &[(f64, f64)], rate: f64) -> Option<(f64, f64)> {
    let n = measured.len() as f64;
    let xs: Vec<f64> = measured
        .iter()
        .map(|(examples, _)| examples.powf(-rate))
        .collect();
    if measured.len() < 3 || xs.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let ys: Vec<f64> = measured
        .iter()
        .map(|(_, accuracy)| 1.0 - accuracy)
        .collect();
    let (mx, my) = (xs.iter().sum::<f64>() / n, ys.iter().sum::<f64>() / n);
    let sxx: f64 = xs.iter().map(|x| (x - mx).powi(2)).sum();
    let sxy: f64 = xs.iter().zip(&ys).map(|(x, y)| (x - mx) * (y - my)).sum();
    let scale = if sxx > 0.0 { sxy / sxx } else { 0.0 };
    let floor = my - scale * mx;
    if floor >= 0.0 {
        return (scale > 0.0).then_some((floor, scale));
    }
    // Errors are not negative: the floor is nothing.
    let scale =
        xs.iter().zip(&ys).map(|(x, y)| x * y).sum::<f64>() / xs.iter().map(|x| x * x).sum::<f64>();
    (scale > 0.0).then_some((0.0, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The law of an error with three repeats at each share, each off by as much as `noise` says of its number.
    fn curve(law: impl Fn(f64) -> f64, noise: impl Fn(usize) -> f64) -> Curve {
        let mut measured = Vec::new();
        let mut points = Vec::new();
        for share in SHARES {
            let examples = 1000.0 * share;
            let own: Vec<f64> = (0..3)
                .map(|repeat| law(examples) + noise(measured.len() + repeat))
                .collect();
            measured.extend(own.iter().map(|accuracy| (examples, *accuracy)));
            points.push(Point {
                share,
                examples,
                accuracy: own.iter().sum::<f64>() / 3.0,
                ..Point::default()
            });
        }
        foretell(points, &measured, 1)
    }

    fn noisy(size: f64) -> impl Fn(usize) -> f64 {
        move |number| size * ((number * 7919 % 13) as f64 / 6.0 - 1.0)
    }

    #[test]
    fn a_power_law_is_found_again_and_continued() {
        let law = |n: f64| 1.0 - (0.05 + 2.0 * n.powf(-0.5));
        let found = curve(law, |_| 0.0);
        assert!((found.forecast[1].accuracy - law(2000.0)).abs() < 1e-6);
        assert!((found.limit.unwrap().accuracy - 0.95).abs() < 1e-6);
        let found = curve(law, noisy(0.01));
        let (low, high) = found.forecast[1].interval.unwrap();
        assert!(low < law(2000.0) && law(2000.0) < high && high - low > 0.002);
        assert!(found.forecast[1].spread > 0.0);
    }

    #[test]
    fn what_the_points_do_not_determine_is_not_foretold() {
        let law = |n: f64| 1.0 - (0.05 + 2.0 * n.powf(-0.5));
        let found = curve(law, noisy(0.2));
        assert!(found.limit.is_none(), "{found:?}");
        // Straight on as far as measured: it may end anywhere.
        let found = curve(|n| 0.5 + 0.05 * (n / 100.0).ln(), noisy(0.02));
        assert!(found.limit.is_none(), "{found:?}");
    }

    #[test]
    fn points_that_do_not_rise_foretell_nothing() {
        let flat = curve(|n| 0.9 - n / 10_000.0, noisy(0.0));
        assert!(flat.forecast.is_empty() && flat.limit.is_none());
        assert!(foretell(Vec::new(), &[], 1).forecast.is_empty());
    }

    #[test]
    fn every_class_keeps_an_example() {
        let groups = [0, 0, 0, 0, 1, 1, 2];
        let rows: Vec<usize> = (0..7).collect();
        assert_eq!(portion(&rows, &groups, 0.01, 1).len(), 3);
        assert_eq!(portion(&rows, &groups, 1.0, 1), rows);
    }
}
