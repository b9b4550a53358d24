//! Tables of numbers in a model file: safetensors, read with every length checked.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// Collects tensors for writing.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    all: BTreeMap<String, (Dtype, Vec<u8>)>,
}

impl Writer {
    pub(crate) fn f32s(&mut self, name: impl Into<String>, values: &[f32]) {
        self.put(
            name,
            Dtype::F32,
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        );
    }

    pub(crate) fn u32s(&mut self, name: impl Into<String>, values: &[u32]) {
        self.put(
            name,
            Dtype::U32,
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        );
    }

    pub(crate) fn u64s(&mut self, name: impl Into<String>, values: &[u64]) {
        self.put(
            name,
            Dtype::U64,
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        );
    }

    pub(crate) fn i8s(&mut self, name: impl Into<String>, values: &[i8]) {
        self.put(
            name,
            Dtype::I8,
            values.iter().map(|value| value.cast_unsigned()).collect(),
        );
    }

    fn put(&mut self, name: impl Into<String>, kind: Dtype, bytes: Vec<u8>) {
        self.all.insert(name.into(), (kind, bytes));
    }

    /// Returns all tensors as the bytes of one file.
    pub(crate) fn finish(&self) -> Vec<u8> {
        let views = self.all.iter().filter_map(|(name, (kind, bytes))| {
            let width = match kind {
                Dtype::U64 => 8,
                Dtype::I8 => 1,
                _ => 4,
            };
            Some((
                name.clone(),
                TensorView::new(*kind, vec![bytes.len() / width], bytes).ok()?,
            ))
        });
        safetensors::serialize(views, None).unwrap_or_default()
    }
}

/// Tensors of a file, by name.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    tensors: SafeTensors<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, String> {
        SafeTensors::deserialize(bytes)
            .map(|tensors| Self { tensors })
            .map_err(|error| error.to_string())
    }

    pub(crate) fn f32s(&self, name: &str) -> Result<Vec<f32>, String> {
        Ok(self
            .get(name, Dtype::F32)?
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    }

    pub(crate) fn u32s(&self, name: &str) -> Result<Vec<u32>, String> {
        Ok(self
            .get(name, Dtype::U32)?
            .as_chunks()
            .0
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect())
    }

    pub(crate) fn u64s(&self, name: &str) -> Result<Vec<u64>, String> {
        Ok(self
            .get(name, Dtype::U64)?
            .as_chunks()
            .0
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect())
    }

    pub(crate) fn i8s(&self, name: &str) -> Result<Vec<i8>, String> {
        let bytes = self.get(name, Dtype::I8)?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }

    fn get(&self, name: &str, kind: Dtype) -> Result<&'a [u8], String> {
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|_| format!("the tensor `{name}` is missing"))?;
        if tensor.dtype() != kind {
            return Err(format!("the tensor `{name}` is of another kind"));
        }
        Ok(tensor.data())
    }
}
