//! The learning curve: accuracy against the share of data learnt from, and what more data would bring.
//!
//! Errors of many learners fall as a power of the number of examples towards a floor (Cortes et al., "Learning curves:
//! asymptotic values and rate of convergence", NIPS 1993); that curve is fitted and continued.

use std::sync::atomic::AtomicBool;

use super::validate::{Options, classes, distinct, learn, side_by_side};
use crate::{
    data::Assistant,
    diagnostic::Result,
    ml::sampling::{Random, stratified_hold_out},
};

/// Shares of the training part that are learnt from.
const SHARES: [f64; 6] = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Share of all examples that is tested on.
const TESTED: f64 = 0.2;
/// Ways to divide the examples, averaged.
const REPEATS: u64 = 3;
/// How much more data is foretold.
const FORETOLD: [f64; 2] = [1.5, 2.0];

/// Accuracy against data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Share of the data, mean number of examples learnt from, mean accuracy, and the spread over repeats.
    pub points: Vec<Point>,
    /// What more data would bring; empty where the points do not fall on a curve.
    pub forecast: Vec<Point>,
    /// Accuracy that no amount of such data would exceed.
    pub limit: Option<f64>,
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
    /// Standard deviation over repeats.
    pub spread: f64,
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
    let results: Vec<(usize, usize, f64)> = side_by_side(jobs.len(), |job| {
        let (at, repeat) = jobs.get(job).copied().unwrap_or_default();
        let options = Options {
            seed: options.seed.wrapping_add(repeat),
            ..options.clone()
        };
        let split = stratified_hold_out(&groups, TESTED, options.seed);
        let share = SHARES.get(at).copied().unwrap_or(1.0);
        let rows = portion(&split.train, &groups, share, options.seed);
        let pipeline = learn(assistant, &examples, &rows, &options, true, stop)?;
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
            }
        })
        .collect();
    Ok(foretell(points))
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

/// Fits `error = floor + scale · examples^−rate` and continues it.
fn foretell(points: Vec<Point>) -> Curve {
    let mut best: Option<(f64, [f64; 3])> = None;
    for step in 1..=60 {
        let rate = f64::from(step) * 0.025;
        if let Some((floor, scale)) = line(&points, rate) {
            let loss: f64 = points
                .iter()
                .map(|p| (1.0 - p.accuracy - floor - scale * p.examples.powf(-rate)).powi(2))
                .sum();
            if best.is_none_or(|(known, _)| loss < known) {
                best = Some((loss, [floor, scale, rate]));
            }
        }
    }
    let Some((_, [floor, scale, rate])) = best else {
        return Curve {
            points,
            ..Curve::default()
        };
    };
    let full = points.last().copied().unwrap_or_default();
    let forecast = FORETOLD
        .iter()
        .map(|share| {
            let examples = full.examples * share;
            let error = floor + scale * examples.powf(-rate);
            Point {
                share: *share,
                examples,
                accuracy: (1.0 - error).clamp(0.0, 1.0),
                spread: 0.0,
            }
        })
        .collect();
    Curve {
        points,
        forecast,
        limit: Some((1.0 - floor).clamp(0.0, 1.0)),
    }
}

/// Returns floor and scale that fit best for a rate; `None` where the error does not fall, or there is nothing to fit.
fn line(points: &[Point], rate: f64) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let xs: Vec<f64> = points.iter().map(|p| p.examples.powf(-rate)).collect();
    if points.len() < 3 || xs.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let ys: Vec<f64> = points.iter().map(|p| 1.0 - p.accuracy).collect();
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

    #[test]
    fn a_power_law_is_found_again_and_continued() {
        let law = |n: f64| 1.0 - (0.05 + 2.0 * n.powf(-0.5));
        let points: Vec<Point> = SHARES
            .iter()
            .map(|share| Point {
                share: *share,
                examples: 1000.0 * share,
                accuracy: law(1000.0 * share),
                spread: 0.0,
            })
            .collect();
        let curve = foretell(points);
        assert!((curve.forecast[1].accuracy - law(2000.0)).abs() < 1e-6);
        assert!((curve.limit.unwrap() - 0.95).abs() < 1e-6);
    }

    #[test]
    fn points_that_do_not_rise_foretell_nothing() {
        let flat = vec![
            Point {
                share: 0.5,
                examples: 10.0,
                accuracy: 0.9,
                spread: 0.0,
            },
            Point {
                share: 0.7,
                examples: 20.0,
                accuracy: 0.8,
                spread: 0.0,
            },
            Point {
                share: 1.0,
                examples: 30.0,
                accuracy: 0.7,
                spread: 0.0,
            },
        ];
        assert!(foretell(flat).forecast.is_empty());
        assert!(foretell(Vec::new()).forecast.is_empty());
    }

    #[test]
    fn every_class_keeps_an_example() {
        let groups = [0, 0, 0, 0, 1, 1, 2];
        let rows: Vec<usize> = (0..7).collect();
        assert_eq!(portion(&rows, &groups, 0.01, 1).len(), 3);
        assert_eq!(portion(&rows, &groups, 1.0, 1), rows);
    }
}
