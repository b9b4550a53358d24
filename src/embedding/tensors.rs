//! Weights of a folder by name, and those of a file of safetensors, in whichever width of floating point they were
//! written.

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::problem::Problem;

/// Tables of weights, by the names that safetensors of the Hugging Face hub have for them.
pub(super) trait Weights {
    /// Returns what stands before all names.
    fn prefix(&self) -> String;

    /// Returns the numbers of a table that must have this shape.
    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Problem>;
}

/// How a number is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    F64,
    F32,
    F16,
    Bf16,
    I8,
    U8,
}

impl Number {
    /// Returns the bytes of one.
    pub(super) fn width(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }
}

/// Reads numbers that stand one after the other, the low byte first.
pub(super) fn numbers(kind: Number, bytes: &[u8]) -> Vec<f32> {
    match kind {
        Number::F64 => {
            let (all, _) = bytes.as_chunks::<8>();
            all.iter().map(|b| f64::from_le_bytes(*b) as f32).collect()
        }
        Number::F32 => four(bytes).map(f32::from_le_bytes).collect(),
        Number::F16 => two(bytes).map(half).collect(),
        Number::Bf16 => two(bytes)
            .map(|b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))
            .collect(),
        Number::I8 => bytes.iter().map(|b| f32::from(b.cast_signed())).collect(),
        Number::U8 => bytes.iter().map(|b| f32::from(*b)).collect(),
    }
}

/// Refuses a table with infinities or what is no number.
pub(super) fn finite(path: &Path, tensor: &str, numbers: Vec<f32>) -> Result<Vec<f32>, Problem> {
    if numbers.iter().all(|number| number.is_finite()) {
        return Ok(numbers);
    }
    let why = format!("the table `{tensor}` holds what is no number");
    Err(Problem::Damaged(path.to_owned(), why))
}

/// Refuses a table that has not the shape that it must have.
pub(super) fn fitting(
    path: &Path,
    tensor: &str,
    found: &[usize],
    wanted: &[usize],
) -> Result<(), Problem> {
    if found == wanted {
        return Ok(());
    }
    Err(Problem::Shape {
        path: path.to_owned(),
        tensor: tensor.to_owned(),
        found: found.to_vec(),
        wanted: wanted.to_vec(),
    })
}

/// The tables of a file of safetensors.
#[derive(Debug)]
pub(super) struct Safetensors<'a> {
    tensors: SafeTensors<'a>,
    path: PathBuf,
}

impl<'a> Safetensors<'a> {
    /// Reads what stands where in the content of a file.
    pub(super) fn new(bytes: &'a [u8], path: &Path) -> Result<Self, Problem> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| Problem::Damaged(path.to_owned(), error.to_string()))?;
        Ok(Self {
            tensors,
            path: path.to_owned(),
        })
    }

    /// Tells whether there is a table of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    fn get(&self, name: &str) -> Result<TensorView<'a>, Problem> {
        self.tensors
            .tensor(name)
            .map_err(|_| Problem::NoTensor(self.path.clone(), name.to_owned()))
    }

    /// Returns the shape of a table.
    pub(super) fn shape(&self, name: &str) -> Result<Vec<usize>, Problem> {
        Ok(self.get(name)?.shape().to_vec())
    }

    /// Returns a table of whole numbers.
    pub(super) fn places(&self, name: &str, count: usize) -> Result<Vec<u32>, Problem> {
        let tensor = self.get(name)?;
        let bytes = tensor.data();
        let places: Vec<u32> = match tensor.dtype() {
            Dtype::I64 | Dtype::U64 => {
                let (all, _) = bytes.as_chunks::<8>();
                let number =
                    |b: &[u8; 8]| u32::try_from(u64::from_le_bytes(*b)).unwrap_or(u32::MAX);
                all.iter().map(number).collect()
            }
            Dtype::I32 | Dtype::U32 => four(bytes).map(u32::from_le_bytes).collect(),
            other => return Err(self.damaged(format!("the table `{name}` is of kind {other:?}"))),
        };
        if places.len() == count {
            Ok(places)
        } else {
            Err(Problem::Shape {
                path: self.path.clone(),
                tensor: name.to_owned(),
                found: tensor.shape().to_vec(),
                wanted: vec![count],
            })
        }
    }

    /// Says that the file is damaged.
    pub(super) fn damaged(&self, why: impl Into<String>) -> Problem {
        Problem::Damaged(self.path.clone(), why.into())
    }
}

impl Weights for Safetensors<'_> {
    fn prefix(&self) -> String {
        let known = ["", "bert."].into_iter();
        let has = |prefix: &&str| self.has(&format!("{prefix}embeddings.word_embeddings.weight"));
        known
            .filter(has)
            .map(str::to_owned)
            .next()
            .unwrap_or_default()
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Problem> {
        let tensor = self.get(name)?;
        fitting(&self.path, name, tensor.shape(), shape)?;
        let kind = match tensor.dtype() {
            Dtype::F32 => Number::F32,
            Dtype::F64 => Number::F64,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            Dtype::I8 => Number::I8,
            other => return Err(self.damaged(format!("the table `{name}` is of kind {other:?}"))),
        };
        finite(&self.path, name, numbers(kind, tensor.data()))
    }
}

fn two(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.as_chunks::<2>().0.iter().copied()
}

fn four(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.as_chunks::<4>().0.iter().copied()
}

/// Reads half precision (IEEE 754 binary16).
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, fraction) = (bits >> 15 << 31, bits >> 10 & 0x1f, bits & 0x3ff);
    match exponent {
        0 => f32::from_bits(sign | 0x3f80_0000) * (fraction as f32 * 2.0_f32.powi(-24)),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, kind: Dtype, shape: Vec<usize>, bytes: &[u8]) -> Vec<u8> {
        let view = TensorView::new(kind, shape, bytes).unwrap();
        safetensors::serialize([(name, view)], None).unwrap()
    }

    #[test]
    fn every_width_of_floating_point_is_read() {
        for (bits, value) in [
            (0x3c00_u16, 1.0_f32),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x8000, -0.0),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits.to_le_bytes()).to_bits(), value.to_bits());
        }
        let read = |kind, bytes: &[u8]| {
            let file = file("a", kind, vec![1, 1], bytes);
            Safetensors::new(&file, Path::new("a"))
                .unwrap()
                .floats("a", &[1, 1])
        };
        assert_eq!(
            read(Dtype::BF16, &0x4049_u16.to_le_bytes()).unwrap(),
            [3.140_625]
        );
        assert_eq!(read(Dtype::F32, &3.5_f32.to_le_bytes()).unwrap(), [3.5]);
        assert_eq!(read(Dtype::F64, &3.5_f64.to_le_bytes()).unwrap(), [3.5]);
        assert_eq!(read(Dtype::I8, &[0xfe]).unwrap(), [-2.0]);
        assert!(matches!(
            read(Dtype::F16, &0x7c00_u16.to_le_bytes()),
            Err(Problem::Damaged(..))
        ));
        assert!(matches!(read(Dtype::BOOL, &[1]), Err(Problem::Damaged(..))));
    }

    #[test]
    fn other_shapes_and_names_are_told() {
        let bytes = file("a", Dtype::F32, vec![1], &1.0_f32.to_le_bytes());
        let weights = Safetensors::new(&bytes, Path::new("a")).unwrap();
        assert!(matches!(
            weights.floats("a", &[2]),
            Err(Problem::Shape { .. })
        ));
        assert!(matches!(
            weights.floats("b", &[1]),
            Err(Problem::NoTensor(..))
        ));
        assert!(matches!(weights.places("a", 1), Err(Problem::Damaged(..))));
        let cut = &bytes[..bytes.len() - 1];
        assert!(matches!(
            Safetensors::new(cut, Path::new("a")),
            Err(Problem::Damaged(..))
        ));
    }
}
