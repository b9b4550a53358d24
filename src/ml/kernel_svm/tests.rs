//! Against the sparse solver, the conditions of the optimum, and shapes that no line parts.

use linfa::traits::Predict;

use super::*;
use crate::ml::{
    sampling::Random,
    testing::{customer, matrix_of},
};

const RBF: Kernel = Kernel::Rbf { gamma: 1.0 };
const SQUARE: Kernel = Kernel::Polynomial {
    gamma: 1.0,
    constant: 1.0,
    degree: 2,
};

/// Points on two rings around the origin; the ring is the label.
fn rings(points: usize) -> (SparseMatrix, Vec<usize>) {
    let mut random = Random::new(5);
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for i in 0..points {
        let (angle, ring) = (random.unit() * std::f32::consts::TAU, i % 2);
        let radius = 0.5 + ring as f32 + 0.2 * random.unit();
        rows.push(vec![(0, radius * angle.cos()), (1, radius * angle.sin())]);
        labels.push(ring);
    }
    (matrix_of(&rows, 2), labels)
}

fn fit(params: KernelSvmParams, rows: &SparseMatrix, labels: &[usize]) -> KernelSvm {
    let params = params.check().unwrap();
    params
        .fit_matrix(rows, labels, &Control::default())
        .unwrap()
}

fn accuracy(model: &KernelSvm, rows: &SparseMatrix, labels: &[usize]) -> f32 {
    let mut margins = Vec::new();
    let right = rows
        .iter()
        .zip(labels)
        .filter(|(row, label)| model.predict_row(*row, &mut margins) == **label)
        .count();
    right as f32 / labels.len() as f32
}

#[test]
fn kernels_separate_rings_that_no_plane_does() {
    let (rows, labels) = rings(300);
    let (test, expected) = rings(600);
    let score = |kernel| {
        let model = fit(
            KernelSvmParams::new().c(10.0).kernel(kernel),
            &rows,
            &labels,
        );
        accuracy(&model, &test, &expected)
    };
    assert!(score(Kernel::Linear) < 0.75);
    assert!(score(RBF) > 0.99);
    assert!(score(SQUARE) > 0.99);
}

#[test]
fn working_sets_reach_the_optimum_of_all_rows() {
    let (rows, labels) = rings(600);
    let params = KernelSvmParams::new().kernel(RBF).check().unwrap();
    let space = Space::new(RBF, &rows);
    let targets: Vec<bool> = labels.iter().map(|&l| l == 1).collect();
    let all: Vec<usize> = (0..rows.rows()).collect();
    let whole = params.solve_dense(&space, &all, &targets).unwrap();
    // All rows seem easy, so that the first working set is as small as can be.
    let rough = vec![2.0; rows.rows()];
    let grown = params
        .solve(&space, &targets, &rough, &Control::default())
        .unwrap();
    for (a, b) in space.margins(&whole).iter().zip(space.margins(&grown)) {
        assert!((a - b).abs() < 0.02, "{a} {b}");
    }
}

/// The conditions of Karush, Kuhn and Tucker, from what a model keeps: no multiplier beyond C, their signs those of
/// the rows, their sum nothing, and margins of 1 where a multiplier lies between its bounds.
#[test]
fn multipliers_and_margins_fulfil_the_conditions_of_an_optimum() {
    const C: f32 = 2.0;
    const NEAR: f32 = 0.02;
    let cube = Kernel::Polynomial {
        gamma: 0.5,
        constant: 0.0,
        degree: 3,
    };
    for (kernel, classes) in [(RBF, 2), (RBF, 3), (SQUARE, 2), (SQUARE, 3), (cube, 2)] {
        let (rows, rings) = rings(120);
        let labels: Vec<usize> = (0..)
            .zip(rings)
            .map(|(i, ring): (usize, _)| (ring + i / 50) % classes)
            .collect();
        let model = fit(KernelSvmParams::new().c(C).kernel(kernel), &rows, &labels);
        let KernelSvmParts::Vectors {
            vectors, alphas, ..
        } = model.clone().into_parts()
        else {
            panic!("{kernel:?}")
        };
        let mut margins = vec![0.0; classes];
        let mut sums = vec![0.0_f32; classes];
        let mut between = 0;
        for (row, label) in rows.iter().zip(&labels) {
            let same = |vector: &SparseRow<'_>| {
                (vector.indices, vector.values) == (row.indices, row.values)
            };
            let at = vectors.iter().position(|vector| same(&vector));
            model.decision(row, &mut margins);
            for class in 0..classes {
                let sign = if *label == class { 1.0 } else { -1.0 };
                let alpha = sign * at.map_or(0.0, |at| alphas[at * classes + class]);
                let margin = sign * margins[class];
                sums[class] += sign * alpha;
                assert!((-1e-4..=C + 1e-3).contains(&alpha), "{kernel:?} {alpha}");
                if alpha < C - 1e-3 {
                    assert!(margin >= 1.0 - NEAR, "{kernel:?} {alpha} {margin}");
                }
                if alpha > 1e-3 {
                    assert!(margin <= 1.0 + NEAR, "{kernel:?} {alpha} {margin}");
                    between += usize::from(alpha < C - 1e-3);
                }
            }
        }
        assert!(between > 0, "{kernel:?}");
        assert!(
            sums.iter().all(|sum| sum.abs() < 0.02),
            "{kernel:?} {sums:?}"
        );
    }
}

#[test]
fn the_factor_has_the_products_of_the_rows() {
    let (rows, _) = rings(12);
    let working: Vec<usize> = [0, 1, 2, 1, 5, 7].to_vec();
    let block = Space::new(Kernel::Linear, &rows).block(&working, 1e-6);
    let products = block.dot(&block.t());
    for (a, &i) in working.iter().enumerate() {
        for (b, &j) in working.iter().enumerate() {
            let expected = f64::from(rows.row(i).dot(rows.row(j)));
            // More than the ridge only on the diagonal, where a row depends on others.
            assert!((products[(a, b)] - expected).abs() < 1e-5);
        }
    }
}

#[test]
fn the_linear_kernel_reaches_the_objective_of_the_sparse_solver() {
    let data = customer();
    let ([rows, _], labels) = (data.plain(), data.train.labels);
    let chunked = fit(KernelSvmParams::new(), &rows, &labels);
    // A larger constant feature leaves the bias next to unregularised, as linfa-svm has it.
    let params = LinearSvmParams::new()
        .loss(Loss::Hinge)
        .bias(2.0)
        .epsilon(0.01)
        .check()
        .unwrap();
    let sparse = params
        .fit_matrix(&rows, &labels, &Control::default())
        .unwrap();
    let measure = LinearSvmParams::new().loss(Loss::Hinge).bias(1e6);
    let measure = measure.check().unwrap();
    let primal = |model| measure.primal(model, &rows, &labels).unwrap();
    let (chunked, sparse) = (primal(chunked.as_linear().unwrap()), primal(&sparse));
    assert!(chunked < sparse * 1.001, "{chunked} {sparse}");
    assert!(sparse < chunked * 1.002, "{chunked} {sparse}");
}

#[test]
fn linfas_traits_train_and_predict() {
    let (rows, labels) = rings(100);
    let dataset = DatasetBase::new(SparseRecords(rows), Array1::from(labels));
    let model = KernelSvmParams::new()
        .c(10.0)
        .kernel(RBF)
        .fit(&dataset)
        .unwrap();
    let predicted: Array1<usize> = model.predict(&dataset);
    assert_eq!(predicted, dataset.targets);
    for params in [
        KernelSvmParams::new().c(0.0),
        KernelSvmParams::new().epsilon(f32::NAN),
        KernelSvmParams::new().kernel(Kernel::Rbf { gamma: -1.0 }),
        KernelSvmParams::new().kernel(Kernel::Polynomial {
            gamma: 1.0,
            constant: 0.0,
            degree: 0,
        }),
    ] {
        assert!(matches!(params.fit(&dataset), Err(Error::Parameter { .. })));
    }
}

#[test]
fn too_many_rows_are_refused_with_their_number() {
    let (rows, labels) = rings(50);
    for (kernel, limit) in [(RBF, 49), (Kernel::Linear, 10)] {
        let params = KernelSvmParams::new().kernel(kernel).max_rows(Some(limit));
        let refused = params
            .check()
            .unwrap()
            .fit_matrix(&rows, &labels, &Control::default());
        assert!(matches!(refused, Err(Error::TooLarge { found: 50, .. })));
    }
}

#[test]
fn one_class_empty_rows_and_contradictions_are_learned() {
    let one = vec![(0, 1.0)];
    for kernel in [Kernel::Linear, RBF, SQUARE] {
        let params = KernelSvmParams::new().kernel(kernel);
        let same = matrix_of(&[one.clone(), vec![]], 1);
        let model = fit(params.clone(), &same, &[3, 3]);
        assert_eq!(model.predict_row(same.row(0), &mut Vec::new()), 3);
        let empty = matrix_of(&vec![vec![]; 3], 0);
        let model = fit(params.clone(), &empty, &[0, 1, 1]);
        assert_eq!(model.classes(), [0, 1]);
        model.predict_row(SparseRow::default(), &mut Vec::new());
        let twice = matrix_of(&vec![one.clone(); 5], 1);
        let model = fit(params, &twice, &[0, 0, 0, 1, 1]);
        let mut margins = Vec::new();
        model.predict_row(twice.row(0), &mut margins);
        assert!(margins.iter().all(|m| m.is_finite()), "{margins:?}");
    }
}

#[test]
fn a_fit_can_be_stopped() {
    let (rows, labels) = rings(50);
    let control = Control {
        cancelled: Some(&|| true),
        ..Control::default()
    };
    let params = KernelSvmParams::new().check().unwrap();
    let stopped = params.fit_matrix(&rows, &labels, &control);
    assert!(matches!(stopped, Err(Error::Cancelled)));
}

#[test]
fn saved_parts_come_back_and_damaged_ones_are_refused() {
    let (rows, labels) = rings(60);
    let linear = fit(KernelSvmParams::new(), &rows, &labels);
    assert_eq!(
        KernelSvm::from_parts(linear.clone().into_parts()).unwrap(),
        linear
    );
    let model = fit(KernelSvmParams::new().kernel(RBF), &rows, &labels);
    assert!(model.support_vectors() > 0);
    let parts = model.clone().into_parts();
    assert_eq!(KernelSvm::from_parts(parts.clone()).unwrap(), model);
    let KernelSvmParts::Vectors {
        kernel,
        classes,
        vectors,
        alphas,
        intercepts,
    } = parts
    else {
        unreachable!("an RBF model has vectors");
    };
    let damaged = |kernel, classes: &[usize], alphas: &[f32], intercepts: &[f32]| {
        let parts = KernelSvmParts::Vectors {
            kernel,
            classes: classes.to_vec(),
            vectors: vectors.clone(),
            alphas: alphas.to_vec(),
            intercepts: intercepts.to_vec(),
        };
        assert!(KernelSvm::from_parts(parts).is_err());
    };
    damaged(Kernel::Linear, &classes, &alphas, &intercepts);
    damaged(
        Kernel::Rbf { gamma: f32::NAN },
        &classes,
        &alphas,
        &intercepts,
    );
    damaged(kernel, &[1, 0], &alphas, &intercepts);
    damaged(kernel, &[], &[], &[]);
    damaged(kernel, &classes, &alphas[1..], &intercepts);
    damaged(kernel, &classes, &alphas, &[0.0]);
    damaged(kernel, &classes, &alphas, &[f32::NAN, 0.0]);
}
