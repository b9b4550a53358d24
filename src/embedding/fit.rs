//! Vectors of tokens such that their means come near to vectors of whole texts, those of a transformer.
//!
//! Each dimension by itself is a regression that holds to the vectors there are (ridge regression, Hoerl and Kennard
//! 1970): of tokens that texts do not have, nothing is learnt. It is solved by conjugate gradients on the normal
//! equations (Hestenes and Stiefel 1952), in which only tokens that occur take part.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// How much vectors hold to what they were; chosen by cross-validation on the training part of BANKING77.
const HOLD: f64 = 0.1;
/// Steps of conjugate gradients, and the share of the gradient at which they end.
const STEPS: usize = 100;
const SMALL: f64 = 1e-6;

/// Texts as means of tokens.
struct Means {
    /// Tokens that occur, in the order in which they do.
    tokens: Vec<u32>,
    /// Numbers of the tokens of each text among these.
    texts: Vec<Vec<u32>>,
}

impl Means {
    fn new(texts: &[Vec<u32>]) -> Self {
        let mut numbers = FxHashMap::default();
        let mut tokens = Vec::new();
        let number = |token: &u32| {
            *numbers.entry(*token).or_insert_with(|| {
                tokens.push(*token);
                tokens.len() as u32 - 1
            })
        };
        let mut number = number;
        let texts = texts
            .iter()
            .map(|text| text.iter().map(&mut number).collect())
            .collect();
        Self { tokens, texts }
    }

    /// Returns the mean of the values of each text's tokens.
    fn of(&self, values: &[f64]) -> Vec<f64> {
        let value = |number: &u32| values.get(*number as usize).copied().unwrap_or_default();
        self.texts
            .iter()
            .map(|text| text.iter().map(value).sum::<f64>() / text.len().max(1) as f64)
            .collect()
    }

    /// Returns for each token the sum of its shares in texts, each times the text's value.
    fn back(&self, of_texts: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.tokens.len()];
        for (text, of_text) in self.texts.iter().zip(of_texts) {
            let share = of_text / text.len().max(1) as f64;
            for number in text {
                if let Some(value) = values.get_mut(*number as usize) {
                    *value += share;
                }
            }
        }
        values
    }
}

/// Changes vectors of tokens such that the means of texts come near to `wanted`; both have `width` numbers a row.
pub(super) fn to_texts(rows: &mut [f32], width: usize, texts: &[Vec<u32>], wanted: &[f32]) {
    let means = Means::new(texts);
    let columns: Vec<(Vec<f64>, Vec<f64>)> = (0..width)
        .map(|column| {
            let of = |row: usize, all: &[f32]| {
                let value = all.get(row * width + column);
                f64::from(value.copied().unwrap_or_default())
            };
            let values = means.tokens.iter().map(|token| of(*token as usize, rows));
            let mut targets: Vec<f64> = (0..texts.len()).map(|text| of(text, wanted)).collect();
            let mean = targets.iter().sum::<f64>() / targets.len().max(1) as f64;
            for target in &mut targets {
                *target -= mean;
            }
            (values.collect(), targets)
        })
        .collect();
    // What is there gets the length of what is wanted first.
    let (mut alike, mut length) = (0.0, 0.0);
    for (values, targets) in &columns {
        for (mean, target) in means.of(values).iter().zip(targets) {
            alike += mean * target;
            length += mean * mean;
        }
    }
    let factor = if alike > 0.0 && length > 0.0 {
        alike / length
    } else {
        1.0
    };
    for value in rows.iter_mut() {
        *value *= factor as f32;
    }
    let changes: Vec<Vec<f64>> = columns
        .par_iter()
        .map(|(values, targets)| {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            let rest: Vec<f64> = means
                .of(&scaled)
                .iter()
                .zip(targets)
                .map(|(mean, target)| target - mean)
                .collect();
            solve(&means, &means.back(&rest))
        })
        .collect();
    for (column, changes) in changes.iter().enumerate() {
        for (token, change) in means.tokens.iter().zip(changes) {
            if let Some(value) = rows.get_mut(*token as usize * width + column) {
                *value += *change as f32;
            }
        }
    }
}

/// Returns x such that the back projection of its means plus [`HOLD`] times itself is the right side.
fn solve(means: &Means, right: &[f64]) -> Vec<f64> {
    let mut x = vec![0.0; right.len()];
    let mut rest = right.to_vec();
    let mut direction = rest.clone();
    let mut size = product(&rest, &rest);
    let enough = size * SMALL * SMALL;
    for _ in 0..STEPS {
        if size <= enough {
            break;
        }
        let mut image = means.back(&means.of(&direction));
        for (image, direction) in image.iter_mut().zip(&direction) {
            *image += HOLD * direction;
        }
        let step = size / product(&direction, &image);
        for ((x, rest), (direction, image)) in x
            .iter_mut()
            .zip(&mut rest)
            .zip(direction.iter().zip(&image))
        {
            *x += step * direction;
            *rest -= step * image;
        }
        let smaller = product(&rest, &rest);
        for (direction, rest) in direction.iter_mut().zip(&rest) {
            *direction = rest + smaller / size * *direction;
        }
        size = smaller;
    }
    x
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solution_is_that_of_the_equations_written_out() {
        // Texts {0}, {0, 1}: the matrix is [[1, 0], [1/2, 1/2]], the equations 1.35 x + 0.25 y = 1, 0.25 x + 0.35 y =
        // 2.
        let means = Means::new(&[vec![7], vec![7, 3]]);
        let found = solve(&means, &[1.0, 2.0]);
        let determinant = 1.35 * 0.35 - 0.25 * 0.25;
        let exact = [(0.35 - 0.5) / determinant, (2.7 - 0.25) / determinant];
        for (found, exact) in found.iter().zip(exact) {
            assert!((found - exact).abs() < 1e-9, "{found} {exact}");
        }
    }

    #[test]
    fn texts_come_nearer_and_tokens_that_do_not_occur_keep_their_direction() {
        let texts = [vec![0, 1], vec![1, 2], vec![0, 2], vec![0]];
        let wanted = [1.0, 0.0, 0.0, 1.0, -1.0, 0.5, 0.0, -1.5];
        let mut rows = [0.4, 0.1, 0.3, 0.2, -0.2, 0.1, 3.0, 4.0];
        let apart = |rows: &[f32]| -> f32 {
            let of = |text: &[u32], column: usize| -> f32 {
                let sum: f32 = text.iter().map(|t| rows[*t as usize * 2 + column]).sum();
                sum / text.len() as f32
            };
            (0..8)
                .map(|i| (of(&texts[i / 2], i % 2) - wanted[i]).powi(2))
                .sum()
        };
        let before = apart(&rows);
        to_texts(&mut rows, 2, &texts, &wanted);
        assert!(apart(&rows) < before / 2.0, "{} of {before}", apart(&rows));
        assert!((rows[7] / rows[6] - 4.0 / 3.0).abs() < 1e-5);
    }

    #[test]
    fn nothing_to_fit_to_changes_nothing() {
        let mut rows = [1.0, 2.0];
        to_texts(&mut rows, 2, &[], &[]);
        to_texts(&mut rows, 2, &[vec![]], &[1.0, 1.0]);
        assert!(rows[0].to_bits() == 1.0_f32.to_bits() && rows[1].to_bits() == 2.0_f32.to_bits());
    }
}
