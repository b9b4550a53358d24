//! The question of a node against brute force: of all features the one with the largest Gini gain (Breiman 2001).

use linfa::ParamGuard;

use super::{Columns, ForestParams, Grower};
use crate::ml::{SparseMatrix, SparseVector, sampling::Random};

/// Returns the Gini impurity of weights of classes, times their sum.
fn impurity(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    if sum == 0.0 {
        return 0.0;
    }
    sum * (1.0 - weights.iter().map(|w| (w / sum) * (w / sum)).sum::<f64>())
}

/// Returns by how much a question lessens the impurity of rows; none where all have the feature, or no row has.
fn gain(
    rows: &[u32],
    has: &dyn Fn(u32) -> bool,
    class: &[u32],
    weight: &[u32],
    classes: usize,
) -> Option<f64> {
    let mut sides = [vec![0.0; classes], vec![0.0; classes], vec![0.0; classes]];
    for &row in rows {
        let (class, weight) = (
            class[row as usize] as usize,
            f64::from(weight[row as usize]),
        );
        sides[usize::from(has(row))][class] += weight;
        sides[2][class] += weight;
    }
    let is_empty = |side: &Vec<f64>| side.iter().sum::<f64>() == 0.0;
    if sides[..2].iter().any(is_empty) {
        return None;
    }
    Some(impurity(&sides[2]) - impurity(&sides[0]) - impurity(&sides[1]))
}

proptest::proptest! {
    #[test]
    fn the_best_question_is_that_of_brute_force(seed in 0_u64..u64::MAX, rows in 2_usize..40, columns in 1_usize..12, classes in 2_usize..5) {
        let mut random = Random::new(seed);
        let vectors: Vec<SparseVector> = (0..rows)
            .map(|_| {
                let present = (0..columns as u32).filter(|_| random.below(3) == 0);
                SparseVector::from_pairs(present.map(|column| (column, 1.0)).collect())
            })
            .collect();
        let matrix = SparseMatrix::from_rows(columns, vectors.iter().map(SparseVector::as_row)).unwrap();
        let class: Vec<u32> = (0..rows).map(|_| random.below(classes) as u32).collect();
        // A bootstrap sample, of which a node has a part.
        let mut weights = vec![0_u32; rows];
        (0..rows).for_each(|_| weights[random.below(rows)] += 1);
        let node: Vec<u32> = (0..rows as u32)
            .filter(|row| weights[*row as usize] > 0 && random.below(4) > 0)
            .collect();
        let params = ForestParams::new().max_features(Some(columns)).check().unwrap();
        let by_column = Columns::new(&matrix);
        let mut grower = Grower::new(&params, &matrix, &by_column, &class, classes);
        grower.weights.clone_from(&weights);
        grower.count_classes(&node);
        let found = grower.best_feature(&node, &mut random);
        let gains: Vec<Option<f64>> = (0..columns as u32)
            .map(|column| {
                let has = |row: u32| matrix.row(row as usize).indices.contains(&column);
                gain(&node, &has, &class, &weights, classes)
            })
            .collect();
        let best = gains.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        match found {
            None => assert!(gains.iter().all(Option::is_none), "{gains:?}"),
            Some(feature) => {
                let own = gains[feature as usize].unwrap();
                assert!(own >= best - 1e-9, "{own} {best}");
            }
        }
    }
}
