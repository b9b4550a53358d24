//! Learning from sparse rows: matrices, TF-IDF, support vector machines, random forests, a small neural
//! network, calibration, metrics; and from sequences of them: conditional random fields.
//!
//! Everything stands on linfa's traits and data sets ([`linfa::traits::Fit`], [`linfa::traits::PredictInplace`],
//! [`linfa::DatasetBase`]) and knows no word of chatbots. The same input and seed give the same bits, whatever the
//! number of threads and whichever instructions the processor has.

mod byte_table;
pub mod calibration;
mod control;
pub mod crf;
mod dense;
mod error;
pub mod forest;
pub mod kernel_svm;
mod lbfgs;
pub mod linear_svm;
pub mod logistic;
pub mod metrics;
pub mod mlp;
pub mod novelty;
pub mod sampling;
pub mod significance;
pub mod sparse;
mod svm_kernel;
#[cfg(test)]
mod testing;
pub mod tfidf;

pub use byte_table::ByteTable;
pub use control::Control;
pub use crf::{Crf, CrfParams, Sequences};
pub use error::Error;
pub use forest::{Forest, ForestParams};
pub use kernel_svm::{Kernel, KernelSvm, KernelSvmParams};
pub use linear_svm::{LinearSvm, LinearSvmParams};
pub use logistic::LogisticParams;
pub use mlp::{Mlp, MlpParams};
pub use sparse::{SparseMatrix, SparseRecords, SparseRow, SparseVector};
pub use tfidf::{Tfidf, TfidfParams};

/// Result of learning.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Returns the position of the largest value, the first among equals; 0 where there is none.
pub fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    let mut largest = f32::NEG_INFINITY;
    for (i, &value) in values.iter().enumerate() {
        if value > largest {
            (best, largest) = (i, value);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::argmax;

    #[test]
    fn argmax_takes_the_first_of_equals_and_survives_nothing() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[]), 0);
        assert_eq!(argmax(&[f32::NAN, -1.0]), 1);
    }
}
