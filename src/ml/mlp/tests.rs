//! Tests of the network: slopes against finite differences, and that it learns what it should.

use super::{
    network::{Network, Pass},
    *,
};
use crate::ml::{
    calibration::softmax,
    sampling::Random,
    testing::{self, matrix},
};

fn fit(params: MlpParams, rows: &SparseMatrix, labels: &[usize]) -> Mlp {
    let params = params.check().unwrap();
    params
        .fit_matrix(rows, labels, &Control::default())
        .unwrap()
}

fn predicted(model: &Mlp, rows: SparseMatrix) -> Vec<usize> {
    let records = SparseRecords(rows);
    let mut labels = model.default_target(&records);
    model.predict_inplace(&records, &mut labels);
    labels.to_vec()
}

fn small() -> MlpParams {
    MlpParams::new().hidden(16)
}

/// The cross-entropy of a row by the scores in double precision.
fn loss(network: &Network, row: SparseRow<'_>, target: usize) -> f64 {
    let hidden = network.hidden_bias.len();
    let classes = network.output_bias.len();
    let scores: Vec<f64> = (0..classes)
        .map(|class| {
            let units = (0..hidden).map(|unit| {
                let sum: f64 = row
                    .iter()
                    .map(|(feature, value)| {
                        f64::from(value)
                            * f64::from(network.input[feature as usize * hidden + unit])
                    })
                    .sum();
                let value = (sum + f64::from(network.hidden_bias[unit])).max(0.0);
                value * f64::from(network.output[unit * classes + class])
            });
            units.sum::<f64>() + f64::from(network.output_bias[class])
        })
        .collect();
    scores.iter().map(|score| score.exp()).sum::<f64>().ln() - scores[target]
}

#[test]
fn slopes_are_those_of_finite_differences() {
    let mut random = Random::new(5);
    let (features, hidden, classes, target) = (4, 9, 5, 3);
    let mut network = Network::new(features, hidden, classes, &mut random);
    for weight in network.input.iter_mut().chain(&mut network.output) {
        *weight *= 8.0;
    }
    for bias in network
        .hidden_bias
        .iter_mut()
        .chain(&mut network.output_bias)
    {
        *bias = random.unit() - 0.5;
    }
    let row = SparseVector::from_pairs(vec![(0, 0.5), (2, -1.0), (3, 0.25)]);
    let row = row.as_row();
    let mut pass = Pass::default();
    network.forward(row, 0.0, None, &mut pass);
    network.backward(target, 0.0, &mut pass);
    let step = 1e-3_f32;
    let mut compare = |part: fn(&mut Network) -> &mut Vec<f32>, at: usize, found: f32| {
        let before = part(&mut network)[at];
        part(&mut network)[at] = before + step;
        let above = loss(&network, row, target);
        part(&mut network)[at] = before - step;
        let below = loss(&network, row, target);
        part(&mut network)[at] = before;
        let slope = (above - below) / (2.0 * f64::from(step));
        assert!((slope - f64::from(found)).abs() < 1e-4, "{slope} {found}");
    };
    assert!(pass.slopes.iter().any(|slope| slope.abs() > 0.01));
    for unit in 0..hidden {
        compare(|n| &mut n.hidden_bias, unit, pass.slopes[unit]);
        for (feature, value) in row.iter() {
            let at = feature as usize * hidden + unit;
            compare(|n| &mut n.input, at, value * pass.slopes[unit]);
        }
        for class in 0..classes {
            let at = unit * classes + class;
            compare(
                |n| &mut n.output,
                at,
                pass.hidden[unit] * pass.scores[class],
            );
        }
    }
    for class in 0..classes {
        compare(|n| &mut n.output_bias, class, pass.scores[class]);
    }
}

#[test]
fn exclusive_or_is_learnt_which_no_plane_can() {
    let rows = matrix(&[&[], &[(0, 1.0)], &[(1, 1.0)], &[(0, 1.0), (1, 1.0)]], 2);
    let labels = [0, 1, 1, 0];
    let params = MlpParams::new().hidden(64).epochs(500).dropout(0.0);
    let model = fit(params, &rows, &labels);
    assert_eq!(predicted(&model, rows), labels);
}

#[test]
fn the_seed_data_are_learnt() {
    let data = testing::customer();
    let [train, test] = data.plain();
    let params = MlpParams::new().hidden(64).epochs(5).networks(1);
    let model = fit(params, &train, &data.train.labels);
    let accuracy = testing::accuracy(predicted(&model, test).into_iter(), &data.test.labels);
    let least = if data.public { 0.99 } else { 0.85 };
    assert!(accuracy >= least, "{accuracy}");
}

fn some() -> (SparseMatrix, Vec<usize>) {
    let mut random = Random::new(3);
    let rows: Vec<Vec<(u32, f32)>> = (0..60_u32)
        .map(|i| {
            let own = i % 3 * 4;
            vec![
                (own + random.below(4) as u32, 0.5 + random.unit()),
                (12 + random.below(4) as u32, 0.5),
            ]
        })
        .collect();
    let rows: Vec<&[(u32, f32)]> = rows.iter().map(Vec::as_slice).collect();
    (matrix(&rows, 16), (0..60).map(|i| i % 3).collect())
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (rows, labels) = some();
    let with = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| fit(small(), &rows, &labels))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_features_give_adds_up_to_the_difference_of_scores() {
    let (rows, labels) = some();
    let model = fit(small(), &rows, &labels);
    let mut scores = [0.0; 3];
    for row in rows.iter() {
        model.decision(row, &mut scores);
        let (shares, others) = model.difference(row, 0, 2);
        let sum = shares.iter().sum::<f64>() + others;
        assert!((sum - f64::from(scores[0] - scores[2])).abs() < 1e-4);
    }
    let mut found = scores;
    softmax(&mut found, 1.0);
    assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-6);
}

#[test]
fn rare_features_can_be_passed_over() {
    let one: &[(u32, f32)] = &[(0, 1.0), (2, 1.0)];
    let other: &[(u32, f32)] = &[(1, 1.0)];
    let rows = matrix(&[one, &[(0, 1.0)], other, other], 3);
    let model = fit(small().min_rows(2), &rows, &[0, 0, 1, 1]);
    assert_eq!(model.parts().places, [0, 1, NOWHERE]);
    let (mut with, mut without) = ([0.0; 2], [0.0; 2]);
    model.decision(rows.row(0), &mut with);
    model.decision(rows.row(1), &mut without);
    let bits = |scores: [f32; 2]| scores.map(f32::to_bits);
    assert_eq!(bits(with), bits(without));
}

#[test]
fn degenerate_data_are_learnt_or_refused() {
    let rows = matrix(&[&[(0, 1.0)], &[]], 1);
    let model = fit(small(), &rows, &[7, 7]);
    assert_eq!(model.classes(), [7]);
    let none = matrix(&[&[], &[], &[]], 0);
    let model = fit(small(), &none, &[0, 1, 1]);
    assert_eq!(predicted(&model, none), [1, 1, 1]);
    let params = small().check().unwrap();
    let empty = params.fit_matrix(&matrix(&[], 3), &[], &Control::default());
    assert!(matches!(empty, Err(Error::NoRows)));
    let stop = Control {
        cancelled: Some(&|| true),
        ..Control::default()
    };
    let stopped = params.fit_matrix(&rows, &[0, 1], &stop);
    assert!(matches!(stopped, Err(Error::Cancelled)));
}

#[test]
fn parameters_are_checked() {
    for params in [
        MlpParams::new().hidden(0),
        MlpParams::new().networks(0),
        MlpParams::new().epochs(0),
        MlpParams::new().dropout(1.0),
        MlpParams::new().dropout(f32::NAN),
        MlpParams::new().rate(-1.0),
        MlpParams::new().rate(f32::INFINITY),
    ] {
        assert!(matches!(params.check(), Err(Error::Parameter { .. })));
    }
}

#[test]
fn saved_parts_come_back_and_damaged_ones_are_refused() {
    let (rows, labels) = some();
    let model = fit(small(), &rows, &labels);
    let parts = model.parts().clone();
    assert_eq!(Mlp::from_parts(parts.clone()).unwrap(), model);
    let damaged = |change: &dyn Fn(&mut MlpParts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        Mlp::from_parts(parts).is_err()
    };
    assert!(damaged(&|p| p.classes.reverse()));
    assert!(damaged(&|p| p.classes.clear()));
    assert!(damaged(&|p| p.scales.push(1.0)));
    assert!(damaged(&|p| p.weights.push(1)));
    assert!(damaged(&|p| p.output[0] = f32::NAN));
    assert!(damaged(&|p| p.intercepts.push(0.0)));
    // A place outside is a feature that is passed over.
    let mut outside = parts.clone();
    outside.places[0] = 1_000_000;
    let mut scores = [0.0; 3];
    Mlp::from_parts(outside)
        .unwrap()
        .decision(rows.row(0), &mut scores);
    assert!(scores.iter().all(|score| score.is_finite()));
}
