//! Weights of a BERT encoder out of an ONNX file, by the names that they have in safetensors.
//!
//! Exporters keep the names of embeddings, norms and biases. The tables that rows are multiplied by have lost theirs
//! (`onnx::MatMul_851`): each is found by the bias that is added to its product. Of what onnxruntime fuses, attention
//! holds queries, keys and values in one. Only weights are read: what runs them is the encoder beside.

mod constant;
mod message;
#[cfg(test)]
mod tests;

use std::path::Path;

use prost::{Message, bytes::Bytes};
use rustc_hash::FxHashMap;

use self::{
    constant::{Array, FAR, Values, integer},
    message::{Model, Node},
};
use super::{
    problem::Problem,
    tensors::{Weights, fitting},
};

/// The table whose name tells what stands before all names.
const FIRST: &str = "embeddings.word_embeddings.weight";

/// The weights of a file.
#[derive(Debug)]
pub(super) struct Onnx<'a> {
    values: Values,
    /// Steps that a value goes into.
    used_by: FxHashMap<String, Vec<usize>>,
    /// Steps that are the attention of a layer as a whole, in order.
    attentions: Vec<usize>,
    path: &'a Path,
}

/// A table that rows are multiplied by, as the graph has it.
struct Product<'a> {
    node: &'a Node,
    /// What the product is multiplied by afterwards.
    scale: Option<Factor<'a>>,
}

type Factor<'a> = &'a String;

impl<'a> Onnx<'a> {
    /// Reads the content of a file, and of the one beside it that holds its larger tables.
    pub(super) fn new(
        bytes: Vec<u8>,
        path: &'a Path,
        other: Option<(String, Vec<u8>)>,
    ) -> Result<Self, Problem> {
        let damaged = |why: String| Problem::Damaged(path.to_owned(), why);
        let model =
            Model::decode(Bytes::from(bytes)).map_err(|error| damaged(error.to_string()))?;
        let graph = model
            .graph
            .ok_or_else(|| damaged("it has no graph".to_owned()))?;
        let other = other.map(|(name, bytes)| (name, Bytes::from(bytes)));
        let values = Values::new(graph, path.to_owned(), other);
        let mut used_by: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        let mut attentions = Vec::new();
        for (number, node) in values.nodes.iter().enumerate() {
            for input in &node.input {
                used_by.entry(input.clone()).or_default().push(number);
            }
            if matches!(node.op_type.as_str(), "Attention" | "QAttention") {
                attentions.push(number);
            }
        }
        Ok(Self {
            values,
            used_by,
            attentions,
            path,
        })
    }

    fn missing(&self, name: &str) -> Problem {
        Problem::NoTensor(self.path.to_owned(), name.to_owned())
    }

    fn unsupported(&self, why: String) -> Problem {
        Problem::Unsupported(self.path.to_owned(), why)
    }

    /// Returns a table by which rows are multiplied, a row for each output.
    fn matrix(&self, name: &str) -> Result<Array, Problem> {
        let layer = name.strip_suffix(".weight").unwrap_or(name);
        let bias = format!("{layer}.bias");
        let mut other = None;
        for node in self.users(&bias) {
            if let Some(product) = self.product(node, &bias, &mut other) {
                let array = self.table(name, &product)?;
                return array.transposed().ok_or_else(|| self.missing(name));
            }
        }
        Err(match other {
            Some(step) => self.unsupported(format!(
                "`{name}` is used by the step `{step}`, which is not known"
            )),
            None => self.missing(name),
        })
    }

    /// Returns the steps that a value goes into, also by way of others that leave it as it is.
    fn users(&self, name: &str) -> Vec<&Node> {
        let mut users = Vec::new();
        let mut names = vec![name];
        for _ in 0..FAR {
            let steps: Vec<&Node> = names
                .iter()
                .filter_map(|name| self.used_by.get(*name))
                .flatten()
                .filter_map(|number| self.values.nodes.get(*number))
                .collect();
            names.clear();
            for step in steps {
                match (step.op_type.as_str(), step.output.first()) {
                    ("Identity" | "Cast", Some(output)) => names.push(output),
                    _ => users.push(step),
                }
            }
        }
        users
    }

    /// Returns the product that a step adds a bias to; `other` is what stands in its place and is not known.
    fn product<'b>(
        &'b self,
        node: &'b Node,
        bias: &str,
        other: &mut Option<&'b str>,
    ) -> Option<Product<'b>> {
        if is_product(node) {
            return Some(Product { node, scale: None });
        }
        let inputs = node.input.iter().filter(|input| *input != bias);
        for input in inputs {
            match self.behind(input, FAR) {
                Ok(product) => return Some(product),
                Err(Some(step)) => {
                    other.get_or_insert(step);
                }
                Err(None) => {}
            }
        }
        None
    }

    /// Returns the product that a value is, but for a scale; where it is none, the step that it comes from.
    fn behind<'b>(&'b self, name: &str, far: usize) -> Result<Product<'b>, Option<&'b str>> {
        let node = self.values.maker(name).ok_or(None)?;
        let far = far.checked_sub(1).ok_or(None)?;
        match (node.op_type.as_str(), node.input.as_slice()) {
            _ if is_product(node) => Ok(Product { node, scale: None }),
            ("Identity" | "Cast", [input]) => self.behind(input, far),
            ("Mul", [a, b]) => {
                let (product, factor) = match self.behind(a, far) {
                    Ok(product) => (product, b),
                    Err(step) => (self.behind(b, far).map_err(|other| step.or(other))?, a),
                };
                Ok(Product {
                    scale: self.factor(factor).or(product.scale),
                    ..product
                })
            }
            ("Constant", _) => Err(None),
            (step, _) => Err(Some(step)),
        }
    }

    /// Returns the constant one of a product's scales; that of the rows is worked out for each.
    fn factor<'b>(&'b self, name: &'b String) -> Option<Factor<'b>> {
        let is_constant = |name: &String| matches!(self.values.constant(name), Ok(Some(_)));
        if is_constant(name) {
            return Some(name);
        }
        let node = self.values.maker(name)?;
        if node.op_type != "Mul" {
            return None;
        }
        node.input.iter().find(|input| is_constant(input))
    }

    /// Returns the table of a product, a column for each output.
    fn table(&self, name: &str, product: &Product<'_>) -> Result<Array, Problem> {
        let node = product.node;
        // Where the operator takes the scale and the zero point of its table.
        let (scale, zero) = match node.op_type.as_str() {
            "MatMulInteger" => (product.scale, node.input.get(3)),
            "MatMulIntegerToFloat" => (node.input.get(3), node.input.get(5)),
            "DynamicQuantizeMatMul" => (node.input.get(2), node.input.get(3)),
            _ => (product.scale, None),
        };
        let is_rounded = !matches!(node.op_type.as_str(), "MatMul" | "FusedMatMul" | "Gemm");
        if is_rounded && scale.is_none() {
            return Err(self.unsupported(format!(
                "`{name}` is rounded by a scale that is not constant"
            )));
        }
        let table = node.input.get(1).map(|table| self.values.constant(table));
        let Some(table) = table.transpose()?.flatten() else {
            return Err(self.missing(name));
        };
        let is_scaled = node.attribute.iter().any(|attribute| {
            matches!(attribute.name.as_str(), "alpha" | "beta")
                && (attribute.f - 1.0).abs() > f32::EPSILON
        });
        let is_turned = ["transA", "transBatchA", "transBatchB"]
            .into_iter()
            .any(|side| integer(node, side).unwrap_or_default() != 0);
        if is_scaled || is_turned {
            return Err(self.unsupported(format!("`{name}` is multiplied in an unknown way")));
        }
        let table = if integer(node, "transB").unwrap_or_default() == 0 {
            table
        } else {
            table.transposed().ok_or_else(|| self.missing(name))?
        };
        let columns = table.shape.len().checked_sub(1);
        self.values.scaled(name, table, zero, scale, columns, FAR)
    }

    /// Returns a part of an attention that holds queries, keys and values in one.
    fn attention(&self, name: &str) -> Result<Array, Problem> {
        let missing = || self.missing(name);
        let (number, part, is_bias) = fused(name).ok_or_else(missing)?;
        let node = self
            .attentions
            .get(number)
            .and_then(|number| self.values.nodes.get(*number))
            .ok_or_else(missing)?;
        let is_rounded = node.op_type == "QAttention";
        let operand = node.input.get(if is_bias { 2 } else { 1 });
        let operand = operand.map(|operand| self.values.constant(operand));
        let mut array = operand.transpose()?.flatten().ok_or_else(missing)?;
        if is_rounded && !is_bias {
            let (scale, zero) = (node.input.get(4), node.input.get(7));
            let columns = array.shape.len().checked_sub(1);
            array = self.values.scaled(name, array, zero, scale, columns, FAR)?;
        }
        if !is_bias {
            array = array.transposed().ok_or_else(missing)?;
        }
        let all = array.shape.first_mut().filter(|all| **all % 3 == 0);
        *all.ok_or_else(missing)? /= 3;
        let size = array.values.len() / 3;
        array.values.drain(..part * size);
        array.values.truncate(size);
        Ok(array)
    }
}

impl Weights for Onnx<'_> {
    fn prefix(&self) -> String {
        let before = |name: &'_ str| {
            let name = name.strip_suffix("_quantized").unwrap_or(name);
            name.strip_suffix(FIRST).map(str::to_owned)
        };
        self.values.names().find_map(before).unwrap_or_default()
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Problem> {
        let is_matrix = name.contains(".layer.") && name.ends_with(".weight") && shape.len() == 2;
        let is_fused = !self.attentions.is_empty() && fused(name).is_some();
        let array = if is_fused {
            self.attention(name)?
        } else if is_matrix {
            self.matrix(name)?
        } else {
            let found = self.values.constant(name)?;
            found.ok_or_else(|| self.missing(name))?
        };
        fitting(self.path, name, &array.shape, shape)?;
        Ok(array.values)
    }
}

/// Tells whether a step multiplies rows by a table.
fn is_product(node: &Node) -> bool {
    matches!(
        node.op_type.as_str(),
        "MatMul"
            | "FusedMatMul"
            | "Gemm"
            | "MatMulInteger"
            | "MatMulIntegerToFloat"
            | "DynamicQuantizeMatMul"
    )
}

/// Returns layer and place of queries, keys or values, and whether it is the bias that a name means.
fn fused(name: &str) -> Option<(usize, usize, bool)> {
    let (_, rest) = name.split_once("encoder.layer.")?;
    let (number, rest) = rest.split_once('.')?;
    let (part, what) = rest.strip_prefix("attention.self.")?.split_once('.')?;
    let part = ["query", "key", "value"].iter().position(|p| *p == part)?;
    Some((number.parse().ok()?, part, what == "bias"))
}
