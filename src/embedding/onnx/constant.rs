//! Constants of a graph: tables as they are stored, and what is worked out of them alone.
//!
//! Exporters transpose, round and narrow weights in steps of the graph: a table of bytes is read with the steps that
//! make real numbers of it. Nothing is allocated before a table's size was found to be what the file holds.

use std::path::PathBuf;

use prost::bytes::Bytes;
use rustc_hash::FxHashMap;

use super::{
    super::{
        problem::Problem,
        tensors::{Number, finite, numbers},
    },
    message::{Graph, Node, Tensor},
};

/// Steps that are followed from one value to another.
pub(super) const FAR: usize = 8;

/// Real numbers with a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// The values of a graph by name.
#[derive(Debug)]
pub(super) struct Values {
    /// Tables that are stored.
    stored: FxHashMap<String, Tensor>,
    pub(super) nodes: Vec<Node>,
    /// The step that makes a value.
    made_by: FxHashMap<String, usize>,
    /// Names in the order of the file.
    names: Vec<String>,
    path: PathBuf,
    /// Name and content of the file that holds the numbers of some tables.
    other: Option<(String, Bytes)>,
}

impl Values {
    pub(super) fn new(graph: Graph, path: PathBuf, other: Option<(String, Bytes)>) -> Self {
        let mut values = Self {
            stored: FxHashMap::default(),
            nodes: graph.node,
            made_by: FxHashMap::default(),
            names: Vec::new(),
            path,
            other,
        };
        for mut tensor in graph.initializer {
            let name = std::mem::take(&mut tensor.name);
            values.names.push(name.clone());
            values.stored.insert(name, tensor);
        }
        for (number, node) in values.nodes.iter_mut().enumerate() {
            for output in &node.output {
                values.made_by.insert(output.clone(), number);
                values.names.push(output.clone());
            }
            if let ("Constant", Some(output)) = (node.op_type.as_str(), node.output.first()) {
                let value = node.attribute.iter_mut().find(|a| a.name == "value");
                if let Some(tensor) = value.and_then(|attribute| attribute.t.take()) {
                    values.stored.insert(output.clone(), tensor);
                }
            }
        }
        values
    }

    /// Returns all names of values.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Returns the step that makes a value.
    pub(super) fn maker(&self, name: &str) -> Option<&Node> {
        self.nodes.get(*self.made_by.get(name)?)
    }

    /// Returns what a value is, where it is constant.
    pub(super) fn constant(&self, name: &str) -> Result<Option<Array>, Problem> {
        self.follow(name, FAR)
    }

    fn follow(&self, name: &str, far: usize) -> Result<Option<Array>, Problem> {
        if let Some(tensor) = self.stored.get(name) {
            return self.read(name, tensor).map(Some);
        }
        let (Some(node), Some(far)) = (self.maker(name), far.checked_sub(1)) else {
            return self.rounded(name);
        };
        let Some(first) = node.input.first() else {
            return Ok(None);
        };
        match node.op_type.as_str() {
            "Identity" | "Cast" => self.follow(first, far),
            "Transpose" => {
                let array = self.follow(first, far)?;
                Ok(array.and_then(|array| array.transposed()))
            }
            "DequantizeLinear" => {
                let Some(array) = self.follow(first, far)? else {
                    return Ok(None);
                };
                let axis = integer(node, "axis").unwrap_or(1);
                let places = usize::try_from(axis.unsigned_abs()).ok();
                let axis = match places {
                    Some(places) if axis < 0 => array.shape.len().checked_sub(places),
                    places => places,
                };
                let (scale, zero) = (node.input.get(1), node.input.get(2));
                self.scaled(name, array, zero, scale, axis, far).map(Some)
            }
            "Mul" => {
                let Some(second) = node.input.get(1) else {
                    return Ok(None);
                };
                for (table, factor) in [(first, second), (second, first)] {
                    if self.stored.contains_key(factor.as_str())
                        && let Some(array) = self.follow(table, far)?
                    {
                        let axis = array.shape.len().checked_sub(1);
                        return self
                            .scaled(name, array, None, Some(factor), axis, far)
                            .map(Some);
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Returns a table that onnxruntime keeps rounded under names made of its own.
    fn rounded(&self, name: &str) -> Result<Option<Array>, Problem> {
        let of = |what: &str| format!("{name}_{what}");
        let Some(tensor) = self.stored.get(&of("quantized")) else {
            return Ok(None);
        };
        let array = self.read(&of("quantized"), tensor)?;
        let axis = array.shape.len().checked_sub(1);
        let zero = of("zero_point");
        let zero = self.stored.contains_key(&zero).then_some(zero);
        self.scaled(name, array, zero.as_ref(), Some(&of("scale")), axis, 0)
            .map(Some)
    }

    /// Takes zero points away and multiplies with scales, of which there is one or one for each place along `axis`;
    /// they are followed `far` steps, so that a circle of steps ends.
    pub(super) fn scaled(
        &self,
        name: &str,
        mut array: Array,
        zero: Option<&String>,
        scale: Option<&String>,
        axis: Option<usize>,
        far: usize,
    ) -> Result<Array, Problem> {
        let operand = |value: Option<&String>,
                       missing: f32|
         -> Result<(usize, Vec<f32>), Problem> {
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                return Ok((1, vec![missing]));
            };
            let Some(operand) = self.follow(value, far)? else {
                return Err(Problem::NoTensor(self.path.clone(), value.clone()));
            };
            if operand.values.len() == 1 {
                return Ok((1, operand.values));
            }
            // A column of numbers belongs to rows, also where nothing is said of the axis.
            let is_column = operand.shape.len() > 1 && operand.shape.last() == Some(&1);
            let axis = if is_column { Some(0) } else { axis };
            let side = axis.and_then(|axis| array.shape.get(axis)).copied();
            let sides = axis.and_then(|axis| array.shape.get(axis + 1..));
            match sides {
                Some(sides) if side == Some(operand.values.len()) && !operand.values.is_empty() => {
                    Ok((sides.iter().product::<usize>().max(1), operand.values))
                }
                _ => Err(Problem::Shape {
                    path: self.path.clone(),
                    tensor: value.clone(),
                    found: operand.shape,
                    wanted: vec![side.unwrap_or(1)],
                }),
            }
        };
        let (zeros, scales) = (operand(zero, 0.0)?, operand(scale, 1.0)?);
        let at = |(stride, values): &(usize, Vec<f32>), place: usize| {
            let number = values.get(place / stride % values.len().max(1));
            number.copied().unwrap_or_default()
        };
        for (place, value) in array.values.iter_mut().enumerate() {
            *value = (*value - at(&zeros, place)) * at(&scales, place);
        }
        array.values = finite(&self.path, name, array.values)?;
        Ok(array)
    }

    /// Reads a table that is stored.
    fn read(&self, name: &str, tensor: &Tensor) -> Result<Array, Problem> {
        let sides = tensor.dims.iter().map(|side| usize::try_from(*side).ok());
        let shape: Option<Vec<usize>> = sides.collect();
        let count = shape
            .as_ref()
            .and_then(|shape| shape.iter().try_fold(1_usize, |a, b| a.checked_mul(*b)));
        let (Some(shape), Some(count)) = (shape, count) else {
            return Err(self.damaged(format!("the table `{name}` has an impossible shape")));
        };
        let kind = match tensor.data_type {
            1 => Number::F32,
            2 => Number::U8,
            3 => Number::I8,
            10 => Number::F16,
            11 => Number::F64,
            16 => Number::Bf16,
            other => {
                let why = format!("the numbers of its table `{name}` are of ONNX's type {other}");
                return Err(Problem::Unsupported(self.path.clone(), why));
            }
        };
        let bytes = if tensor.data_location == 1 {
            self.elsewhere(name, tensor)?
        } else {
            tensor.raw_data.clone()
        };
        let values = if bytes.is_empty() {
            typed(tensor, kind)
        } else if Some(bytes.len()) == count.checked_mul(kind.width()) {
            numbers(kind, &bytes)
        } else {
            Vec::new()
        };
        if values.len() != count {
            return Err(self.damaged(format!(
                "the table `{name}` does not hold as many numbers as its shape says"
            )));
        }
        let values = finite(&self.path, name, values)?;
        Ok(Array { shape, values })
    }

    /// Returns the bytes of a table in the file beside.
    fn elsewhere(&self, name: &str, tensor: &Tensor) -> Result<Bytes, Problem> {
        let setting = |key: &str| {
            let entry = tensor.external_data.iter().find(|entry| entry.key == key);
            entry.map(|entry| entry.value.as_str())
        };
        let location = setting("location").unwrap_or_default();
        let Some((_, content)) = self.other.as_ref().filter(|(file, _)| file == location) else {
            return Err(Problem::NoData {
                path: self.path.clone(),
                file: location.to_owned(),
            });
        };
        let number = |key: &str, missing: usize| match setting(key) {
            Some(text) => text.parse().ok(),
            None => Some(missing),
        };
        let bytes = || {
            let start = number("offset", 0)?;
            let length = number("length", content.len().checked_sub(start)?)?;
            let end = start.checked_add(length)?;
            (end <= content.len()).then(|| content.slice(start..end))
        };
        bytes().ok_or_else(|| {
            self.damaged(format!(
                "the table `{name}` lies beyond the end of `{location}`"
            ))
        })
    }

    /// Says that the file is damaged.
    pub(super) fn damaged(&self, why: String) -> Problem {
        Problem::Damaged(self.path.clone(), why)
    }
}

impl Array {
    /// Returns a table with its rows as columns; nothing of what is no table.
    pub(super) fn transposed(&self) -> Option<Self> {
        let [rows, columns] = *self.shape.as_slice() else {
            return None;
        };
        let column = |column: usize| self.values.iter().skip(column).step_by(columns.max(1));
        Some(Self {
            shape: vec![columns, rows],
            values: (0..columns).flat_map(column).copied().collect(),
        })
    }
}

/// Returns the numbers of a table that stand in fields of their own.
fn typed(tensor: &Tensor, kind: Number) -> Vec<f32> {
    let halves = tensor.int32_data.iter();
    let halves = halves.flat_map(|number| (number.cast_unsigned() as u16).to_le_bytes());
    match kind {
        Number::F32 => tensor.float_data.clone(),
        Number::F64 => tensor.double_data.iter().map(|n| *n as f32).collect(),
        Number::U8 | Number::I8 => tensor.int32_data.iter().map(|n| *n as f32).collect(),
        Number::F16 | Number::Bf16 => numbers(kind, &halves.collect::<Vec<u8>>()),
    }
}

/// Returns a setting that is a whole number.
pub(super) fn integer(node: &Node, name: &str) -> Option<i64> {
    let attribute = node.attribute.iter().find(|a| a.name == name)?;
    Some(attribute.i)
}
