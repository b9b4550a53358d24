//! Against brute force over all label sequences, in double precision.

use linfa::traits::Predict;
use ndarray::Array1;

use super::*;
use crate::ml::sampling::Random;

/// Breaks something of a saved model.
type Damage = fn(&mut CrfParts);

/// Random sentences with few labels and features.
fn sentences(count: usize, labels: usize, seed: u64) -> (Sequences, Vec<u16>) {
    let mut random = Random::new(seed);
    let mut sequences = Sequences::default();
    let mut targets = Vec::new();
    for _ in 0..count {
        for _ in 0..random.below(5) {
            let label = random.below(labels);
            for _ in 0..2 {
                sequences.push_feature((label * 2 + random.below(5)) as u32);
            }
            sequences.push_feature(30);
            sequences.end_token();
            targets.push(label as u16);
        }
        sequences.end_sentence();
    }
    (sequences, targets)
}

/// Score of a label sequence, straight from the definition.
fn score(layout: &Layout, weights: &[f32], sequences: &Sequences, s: usize, path: &[u16]) -> f64 {
    let (features, next, other) = layout.split(weights);
    let mut sum = 0.0;
    for (at, token) in sequences.sentence(s).enumerate() {
        for &feature in sequences.features(token) {
            if let Some(weight) = layout.features.find(feature as usize, path[at]) {
                sum += f64::from(features[weight]);
            }
        }
        if at > 0 {
            let pair = layout.next.find(usize::from(path[at - 1]), path[at]);
            sum += f64::from(pair.map_or(other, |pair| next[pair]));
        }
    }
    sum
}

/// All label sequences of a length.
fn paths(labels: usize, tokens: usize) -> Vec<Vec<u16>> {
    let mut all = vec![Vec::new()];
    for _ in 0..tokens {
        all = all
            .into_iter()
            .flat_map(|path: Vec<u16>| {
                (0..labels as u16).map(move |label| [path.as_slice(), &[label]].concat())
            })
            .collect();
    }
    all
}

fn objective(layout: &Layout, weights: &[f32], data: &(Sequences, Vec<u16>), l2: f64) -> f64 {
    let (sequences, targets) = data;
    let mut value = weights
        .iter()
        .map(|w| l2 * f64::from(*w) * f64::from(*w))
        .sum();
    for s in 0..sequences.len() {
        let truth = &targets[sequences.sentence(s)];
        let sum: f64 = paths(layout.labels, truth.len())
            .iter()
            .map(|path| score(layout, weights, sequences, s, path).exp())
            .sum();
        value += sum.ln() - score(layout, weights, sequences, s, truth);
    }
    value
}

fn random_weights(layout: &Layout, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..layout.weights())
        .map(|_| 3.0 * random.unit() - 1.5)
        .collect()
}

#[test]
fn value_and_slope_are_those_of_brute_force() {
    let data = sentences(12, 4, 1);
    let layout = Layout::new(&data.0, &data.1);
    let weights = random_weights(&layout, 2);
    let mut slope = vec![0.0; weights.len()];
    let value = Objective::new(&data.0, &data.1, &layout, 0.3, 0.0).evaluate(&weights, &mut slope);
    let exact = objective(&layout, &weights, &data, 0.3);
    assert!((value - exact).abs() < 1e-4, "{value} {exact}");
    for i in 0..weights.len() {
        let at = |step: f32| {
            let mut moved = weights.clone();
            moved[i] += step;
            (objective(&layout, &moved, &data, 0.3), f64::from(moved[i]))
        };
        let ((above, right), (below, left)) = (at(1e-2), at(-1e-2));
        let difference = (above - below) / (right - left);
        let found = f64::from(slope[i]);
        assert!(
            (difference - found).abs() < 2e-3 * (1.0 + difference.abs()),
            "weight {i}: {difference} {found}"
        );
    }
}

#[test]
fn pruning_hardly_changes_value_and_slope() {
    let data = sentences(200, 6, 3);
    let layout = Layout::new(&data.0, &data.1);
    let weights: Vec<f32> = random_weights(&layout, 4).iter().map(|w| 6.0 * w).collect();
    let mut exact = vec![0.0; weights.len()];
    let mut pruned = exact.clone();
    let value = Objective::new(&data.0, &data.1, &layout, 0.1, 0.0).evaluate(&weights, &mut exact);
    let other =
        Objective::new(&data.0, &data.1, &layout, 0.1, PRUNE).evaluate(&weights, &mut pruned);
    assert!((value - other).abs() < 1e-4 * value, "{value} {other}");
    for (a, b) in exact.iter().zip(&pruned) {
        assert!((a - b).abs() < 1e-2, "{a} {b}");
    }
}

#[test]
fn best_sequence_and_marginals_are_those_of_brute_force() {
    let data = sentences(30, 4, 5);
    let layout = Layout::new(&data.0, &data.1);
    let weights = random_weights(&layout, 6);
    let model = Crf::new(layout.clone(), weights.clone());
    let mut memory = Memory::default();
    for s in 0..data.0.len() {
        let tokens = data.0.sentence(s).len();
        let all: Vec<(f64, Vec<u16>)> = paths(4, tokens)
            .into_iter()
            .map(|path| (score(&layout, &weights, &data.0, s, &path), path))
            .collect();
        let best = all.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let found = model.best(&data.0, s, &mut memory);
        let reached = score(&layout, &weights, &data.0, s, &found);
        assert!((reached - best.0).abs() < 1e-4, "{found:?} {best:?}");
        let total: f64 = all.iter().map(|(score, _)| score.exp()).sum();
        model.marginals(&data.0, s, &mut memory);
        for token in 0..tokens {
            let marginals = memory.marginals(token);
            assert!((marginals.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            for (label, &marginal) in (0_u16..).zip(marginals) {
                let with = all.iter().filter(|(_, path)| path[token] == label);
                let exact = with.map(|(score, _)| score.exp()).sum::<f64>() / total;
                assert!(
                    (exact - f64::from(marginal)).abs() < 1e-5,
                    "{exact} {marginal}"
                );
            }
        }
        // The same without the whole table: backwards only after the best sequence is known.
        let marginals: Vec<Vec<f32>> = (0..tokens).map(|t| memory.marginals(t).to_vec()).collect();
        let mut memory = Memory::default();
        model.best(&data.0, s, &mut memory);
        model.look_ahead(&mut memory);
        for (token, marginals) in marginals.iter().enumerate() {
            let two = memory.probability(token, &[0, 2]);
            assert!((two - marginals[0] - marginals[2]).abs() < 1e-5);
        }
    }
}

#[test]
fn training_ends_where_the_slope_is_flat() {
    let data = sentences(60, 3, 7);
    let params = CrfParams::new().l1(0.0).l2(0.5).max_iterations(300);
    let model = params
        .tolerance(0.0)
        .check()
        .unwrap()
        .fit_sequences(&data.0, &data.1, &Control::default())
        .unwrap();
    let mut slope = vec![0.0; model.weights.len()];
    Objective::new(&data.0, &data.1, &model.layout, 0.5, 0.0).evaluate(&model.weights, &mut slope);
    assert!(slope.iter().all(|s| s.abs() < 0.02), "{slope:?}");
}

#[test]
fn an_absolute_penalty_leaves_few_weights() {
    let data = sentences(60, 3, 7);
    let count = |l1: f64| {
        let params = CrfParams::new().l1(l1).check().unwrap();
        let mut model = params
            .fit_sequences(&data.0, &data.1, &Control::default())
            .unwrap();
        model.prune(0.0);
        model.weights.len()
    };
    let (few, many) = (count(30.0), count(0.01));
    assert!(few * 2 < many, "{few} of {many}");
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let data = sentences(900, 4, 9);
    let params = CrfParams::new().check().unwrap();
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| params.fit_sequences(&data.0, &data.1, &Control::default()))
            .unwrap()
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn parts_make_the_same_model_and_damage_is_found() {
    let data = sentences(50, 4, 11);
    let dataset = DatasetBase::new(
        data.0.clone(),
        Array1::from_iter(data.1.iter().map(|&l| l.into())),
    );
    let model = CrfParams::new().fit(&dataset).unwrap();
    let parts = model.to_parts();
    assert_eq!(Crf::from_parts(parts.clone()).unwrap(), model);
    let predicted: Array1<usize> = model.predict(&dataset);
    assert_eq!(predicted.len(), data.1.len());
    let damages: [Damage; 6] = [
        |parts| parts.labels -= 1,
        |parts| parts.feature_starts.swap(0, 1),
        |parts| parts.feature_labels[0] = 99,
        |parts| parts.next_starts.truncate(1),
        |parts| parts.weights.push(0.0),
        |parts| parts.weights[0] = f32::NAN,
    ];
    for damage in damages {
        let mut other = parts.clone();
        damage(&mut other);
        assert!(Crf::from_parts(other).is_err());
    }
}

#[test]
fn degenerate_data_end_in_an_error_or_a_model() {
    let params = CrfParams::new().check().unwrap();
    let nothing = Sequences::default();
    assert!(
        params
            .fit_sequences(&nothing, &[], &Control::default())
            .is_err()
    );
    let (sequences, targets) = sentences(40, 1, 13);
    let model = params
        .fit_sequences(&sequences, &targets, &Control::default())
        .unwrap();
    let mut memory = Memory::default();
    model.marginals(&sequences, 0, &mut memory);
    assert!(
        params
            .fit_sequences(&sequences, &targets[1..], &Control::default())
            .is_err()
    );
    assert!(CrfParams::new().l1(f64::NAN).check().is_err());
    let stop = Control {
        cancelled: Some(&|| true),
        ..Control::default()
    };
    assert!(matches!(
        params.fit_sequences(&sequences, &targets, &stop),
        Err(Error::Cancelled)
    ));
}

/// What crfsuite 0.12 said, L-BFGS to the end with `c1=0`, `c2=0.5` and all states and transitions, of the same
/// sentences: in these every pair of labels occurs.
#[test]
fn marginals_are_those_of_crfsuite() {
    // Features: the word, and one that all words have.
    let fill = |sequences: &mut Sequences, words: &str| {
        for word in words.bytes() {
            sequences.push_feature(u32::from(word - b'a'));
            sequences.push_feature(4);
            sequences.end_token();
        }
        sequences.end_sentence();
    };
    let mut sequences = Sequences::default();
    let mut targets: Vec<u16> = Vec::new();
    for (words, labels) in [
        ("abc", "011"),
        ("ba", "10"),
        ("ccab", "1001"),
        ("aa", "00"),
        ("b", "1"),
        ("dcb", "001"),
        ("cd", "11"),
    ] {
        fill(&mut sequences, words);
        targets.extend(labels.bytes().map(|label| u16::from(label - b'0')));
    }
    let params = CrfParams::new()
        .l1(0.0)
        .l2(0.5)
        .max_iterations(3_000)
        .tolerance(0.0);
    let model = params.check().unwrap();
    let model = model
        .fit_sequences(&sequences, &targets, &Control::default())
        .unwrap();
    for (words, expected) in [
        ("abc", &[0.15306_f32, 0.7702, 0.66079][..]),
        ("da", &[0.43886, 0.19365]),
        ("c", &[0.69663]),
        ("bbda", &[0.82427, 0.78637, 0.40032, 0.19226]),
    ] {
        let mut message = Sequences::default();
        fill(&mut message, words);
        let mut memory = Memory::default();
        model.marginals(&message, 0, &mut memory);
        for (token, expected) in expected.iter().enumerate() {
            let found = memory.marginals(token)[1];
            assert!(
                (found - expected).abs() < 2e-3,
                "{words} {token} {found} {expected}"
            );
        }
    }
}
