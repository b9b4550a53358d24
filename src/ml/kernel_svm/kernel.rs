//! How alike two rows are.

use crate::ml::{Result, error::require};

/// How alike two rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kernel {
    /// `x·y`; gives a model without support vectors, as small and fast as that of the sparse solver.
    #[default]
    Linear,
    /// `exp(−gamma ‖x − y‖²)`
    Rbf {
        /// How fast likeness falls with distance.
        gamma: f32,
    },
    /// `(gamma x·y + constant)^degree`
    Polynomial {
        /// Factor on the scalar product.
        gamma: f32,
        /// Weight of the lower powers against the higher.
        constant: f32,
        /// The power.
        degree: u32,
    },
}

impl Kernel {
    /// Returns the kernel of two rows from their scalar product and the squares of their lengths.
    pub(super) fn value(self, product: f32, square: f32, other: f32) -> f32 {
        match self {
            Self::Linear => product,
            Self::Rbf { gamma } => (-gamma * (square + other - 2.0 * product).max(0.0)).exp(),
            Self::Polynomial {
                gamma,
                constant,
                degree,
            } => (gamma * product + constant).powi(degree.cast_signed()),
        }
    }

    pub(super) fn check(self) -> Result<()> {
        let positive = |value: f32| value.is_finite() && value > 0.0;
        match self {
            Self::Linear => Ok(()),
            Self::Rbf { gamma } => require(positive(gamma), "gamma", gamma, "above 0"),
            Self::Polynomial {
                gamma,
                constant,
                degree,
            } => {
                require(positive(gamma), "gamma", gamma, "above 0")?;
                let holds = constant.is_finite() && constant >= 0.0;
                require(holds, "constant", constant, "0 or above")?;
                require((1..=16).contains(&degree), "degree", degree, "1 to 16")
            }
        }
    }
}
