//! ONNX files of tiny models, written as exporters and onnxruntime write them: for tests beside the code and of the
//! command line.

use std::path::Path;

use super::testing::{SIZES, Tables, put, write_config};

/// How weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// In full, as an exporter does.
    Plain,
    /// In half precision.
    Half,
    /// As bytes with a scale for each table, as `quantize_dynamic` does.
    Rounded,
    /// As bytes with a scale for each output.
    RoundedByOutput,
    /// As bytes that steps of the graph make numbers of.
    Steps,
    /// In full, with steps that onnxruntime has made one of several.
    Fused,
    /// In full, in a file of their own.
    Beside,
}

/// Every way to write them.
pub(crate) const EXPORTS: [Export; 7] = [
    Export::Plain,
    Export::Half,
    Export::Rounded,
    Export::RoundedByOutput,
    Export::Steps,
    Export::Fused,
    Export::Beside,
];

/// Kinds of numbers.
pub(crate) const FLOAT: u64 = 1;
const UINT8: u64 = 2;
const INT8: u64 = 3;
const FLOAT16: u64 = 10;

/// Writes a number of a message.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn number(out: &mut Vec<u8>, tag: u64, value: u64) {
    varint(out, tag << 3);
    varint(out, value);
}

fn field(out: &mut Vec<u8>, tag: u64, bytes: &[u8]) {
    varint(out, tag << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// A file that is being written.
#[derive(Default)]
pub(crate) struct File {
    graph: Vec<u8>,
    /// Name and content of the file that larger tables go into.
    beside: Option<(String, Vec<u8>)>,
}

impl File {
    /// Adds a table.
    pub(crate) fn tensor(&mut self, name: &str, shape: &[usize], kind: u64, bytes: &[u8]) {
        let mut tensor = Vec::new();
        for side in shape {
            number(&mut tensor, 1, *side as u64);
        }
        number(&mut tensor, 2, kind);
        field(&mut tensor, 8, name.as_bytes());
        match &mut self.beside {
            Some((file, content)) if bytes.len() > 64 => {
                for (key, value) in [
                    ("location", file.clone()),
                    ("offset", content.len().to_string()),
                    ("length", bytes.len().to_string()),
                ] {
                    let mut entry = Vec::new();
                    field(&mut entry, 1, key.as_bytes());
                    field(&mut entry, 2, value.as_bytes());
                    field(&mut tensor, 13, &entry);
                }
                number(&mut tensor, 14, 1);
                content.extend(bytes);
            }
            _ => field(&mut tensor, 9, bytes),
        }
        field(&mut self.graph, 5, &tensor);
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(name, shape, FLOAT, &bytes);
    }

    /// Adds a step; `setting` is one that is a whole number.
    pub(crate) fn step(&mut self, kind: &str, inputs: &[&str], output: &str, setting: &str) {
        let mut node = Vec::new();
        for input in inputs {
            field(&mut node, 1, input.as_bytes());
        }
        field(&mut node, 2, output.as_bytes());
        field(&mut node, 4, kind.as_bytes());
        if !setting.is_empty() {
            let mut attribute = Vec::new();
            field(&mut attribute, 1, setting.as_bytes());
            number(&mut attribute, 3, 1);
            field(&mut node, 5, &attribute);
        }
        field(&mut self.graph, 1, &node);
    }

    /// Returns the content of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut model = Vec::new();
        number(&mut model, 1, 8);
        field(&mut model, 2, b"tests");
        field(&mut model, 7, &self.graph);
        model
    }
}

/// A table as bytes, with what makes numbers of them.
struct Rounded {
    whole: Vec<u8>,
    scales: Vec<f32>,
    /// What the bytes say.
    values: Vec<f32>,
}

/// Rounds to bytes, by a scale for all or for each of `columns`; unsigned ones are 128 more.
fn rounded(values: &[f32], columns: usize, unsigned: bool) -> Rounded {
    let scales: Vec<f32> = (0..columns)
        .map(|column| {
            let of_column = values.iter().skip(column).step_by(columns);
            of_column.fold(0.0_f32, |most, v| most.max(v.abs())) / 127.0
        })
        .collect();
    let wholes = values.iter().enumerate();
    let wholes = wholes.map(|(at, value)| (value / scales[at % columns]).round());
    let shift = if unsigned { 128 } else { 0 };
    Rounded {
        whole: wholes
            .clone()
            .map(|n| ((n as i32 + shift) as i8).cast_unsigned())
            .collect(),
        values: wholes
            .enumerate()
            .map(|(at, n)| n * scales[at % columns])
            .collect(),
        scales,
    }
}

fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| values.iter().skip(column).step_by(columns))
        .copied()
        .collect()
}

/// Cuts to the precision of a half, and returns its bits.
fn halved(value: f32) -> (f32, u16) {
    let near = (value * 256.0).round() / 256.0;
    let bits = near.to_bits();
    let half = match near {
        0.0 => 0,
        _ => (bits >> 31 << 15) | ((bits >> 23 & 0xff) - 112) << 10 | bits >> 13 & 0x3ff,
    };
    (near, half as u16)
}

/// Writes a folder with these tables as ONNX, and returns what the file says that they are.
pub(crate) fn write_onnx(folder: &Path, file: &str, tables: &Tables, export: Export) -> Tables {
    let beside = format!("{file}_data");
    let name = beside.rsplit('/').next().unwrap_or_default();
    let (said, written) = onnx(tables, export, name);
    write_config(folder);
    put(folder, file, &written.bytes());
    if let Some((_, content)) = &written.beside {
        put(folder, &beside, content);
    }
    said
}

/// Returns what a file says that these tables are, and the file.
pub(crate) fn onnx(tables: &Tables, export: Export, beside: &str) -> (Tables, File) {
    let mut file = File::default();
    if export == Export::Beside {
        file.beside = Some((beside.to_owned(), Vec::new()));
    }
    let prefix = match export {
        Export::Plain => "0.auto_model.",
        Export::Half | Export::Rounded => "bert.",
        _ => "",
    };
    let mut said = tables.clone();
    let is_matrix = |name: &str| name.starts_with("encoder") && tables[name].0.len() == 2;
    for (name, (shape, values)) in tables.iter().filter(|(name, _)| !is_matrix(name)) {
        let name_there = format!("{prefix}{name}");
        let is_rounded = matches!(export, Export::Rounded | Export::RoundedByOutput);
        if export == Export::Half {
            let halves: Vec<(f32, u16)> = values.iter().map(|v| halved(*v)).collect();
            let bytes: Vec<u8> = halves.iter().flat_map(|h| h.1.to_le_bytes()).collect();
            file.tensor(&name_there, shape, FLOAT16, &bytes);
            said.get_mut(name).unwrap().1 = halves.iter().map(|half| half.0).collect();
        } else if is_rounded && name.contains("word_embeddings") {
            let Rounded {
                whole: bytes,
                scales,
                values,
            } = rounded(values, 1, true);
            file.tensor(&format!("{name_there}_quantized"), shape, UINT8, &bytes);
            file.floats(&format!("{name_there}_scale"), &[], &scales);
            file.tensor(&format!("{name_there}_zero_point"), &[], UINT8, &[128]);
            said.get_mut(name).unwrap().1 = values;
        } else if export == Export::Fused && name.contains("attention.self") {
            // It is a part of the attention.
        } else {
            file.floats(&name_there, shape, values);
        }
    }
    let (width, .., layers, _) = SIZES;
    for layer in 0..layers {
        let of = |what: &str| format!("encoder.layer.{layer}.{what}");
        if export == Export::Fused {
            let parts = ["query", "key", "value"].map(|part| of(&format!("attention.self.{part}")));
            let all = |what: &str| -> Vec<f32> {
                let of_part = |part| tables[&format!("{part}.{what}")].1.clone();
                parts.iter().flat_map(of_part).collect()
            };
            let (weights, biases) = (format!("qkv_weight_{layer}"), format!("qkv_bias_{layer}"));
            file.floats(
                &weights,
                &[width, 3 * width],
                &turned(&all("weight"), width),
            );
            file.floats(&biases, &[3 * width], &all("bias"));
            file.step(
                "Attention",
                &["x", &weights, &biases],
                &of("context"),
                "num_heads",
            );
        }
        for (number, part) in [
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "intermediate.dense",
            "output.dense",
        ]
        .into_iter()
        .enumerate()
        {
            if export == Export::Fused && number < 3 {
                continue;
            }
            let name = of(part);
            let values = matrix(
                &mut file,
                &name,
                tables,
                export,
                prefix,
                10 * layer + number,
            );
            said.get_mut(&format!("{name}.weight")).unwrap().1 = values;
        }
    }
    (said, file)
}

/// Writes a table that rows are multiplied by, and returns what is said of it.
fn matrix(
    file: &mut File,
    name: &str,
    tables: &Tables,
    export: Export,
    prefix: &str,
    number: usize,
) -> Vec<f32> {
    let (shape, values) = &tables[&format!("{name}.weight")];
    let [outputs, inputs] = shape[..] else {
        unreachable!("it has two sides");
    };
    let (columns, there) = (turned(values, inputs), format!("onnx::MatMul_{number}"));
    let shape = [inputs, outputs];
    let (bias, product) = (format!("{prefix}{name}.bias"), format!("{name}/MatMul"));
    let add = |file: &mut File| file.step("Add", &[&bias, &product], &format!("{name}/Add"), "");
    match export {
        Export::Plain | Export::Beside => {
            file.floats(&there, &shape, &columns);
            file.step("MatMul", &["x", &there], &product, "");
            add(file);
            values.clone()
        }
        Export::Half => {
            let halves: Vec<(f32, u16)> = columns.iter().map(|v| halved(*v)).collect();
            let bytes: Vec<u8> = halves.iter().flat_map(|h| h.1.to_le_bytes()).collect();
            file.tensor(&there, &shape, FLOAT16, &bytes);
            file.step("MatMul", &["x", &there], &product, "");
            file.step("Cast", &[&product], &format!("{name}/Cast"), "to");
            file.step(
                "Add",
                &[&format!("{name}/Cast"), &bias],
                &format!("{name}/Add"),
                "",
            );
            let said: Vec<f32> = halves.iter().map(|half| half.0).collect();
            turned(&said, outputs)
        }
        Export::Rounded | Export::RoundedByOutput => {
            let each = export == Export::RoundedByOutput;
            let scales = if each { outputs } else { 1 };
            let said = rounded(&columns, scales, !each);
            let kind = if each { INT8 } else { UINT8 };
            let of = |what: &str| format!("{there}_{what}");
            let sides: &[usize] = if each { &[outputs] } else { &[] };
            file.tensor(&of("quantized"), &shape, kind, &said.whole);
            file.floats(&of("scale"), sides, &said.scales);
            let zero = if each { 0 } else { 128 };
            file.tensor(&of("zero_point"), sides, kind, &vec![zero; scales]);
            let inputs = ["x_quantized", &of("quantized"), "x_zero", &of("zero_point")];
            file.step("MatMulInteger", &inputs, &of("whole"), "");
            file.step("Cast", &[&of("whole")], &of("cast"), "to");
            file.step("Mul", &["x_scale", &of("scale")], &of("scales"), "");
            file.step("Mul", &[&of("cast"), &of("scales")], &product, "");
            add(file);
            turned(&said.values, outputs)
        }
        Export::Steps => {
            // A row of the table as it was is an output, with a scale of its own.
            let said = rounded(&columns, outputs, false);
            let rows: Vec<f32> = said
                .whole
                .iter()
                .map(|b| f32::from(b.cast_signed()))
                .collect();
            let rows: Vec<u8> = turned(&rows, outputs)
                .iter()
                .map(|v| (*v as i8).cast_unsigned())
                .collect();
            let of = |what: &str| format!("{there}_{what}");
            file.tensor(&of("q"), &[outputs, inputs], INT8, &rows);
            file.floats(&of("factor"), &[outputs, 1], &said.scales);
            file.step("Cast", &[&of("q")], &of("f"), "to");
            file.step("Mul", &[&of("f"), &of("factor")], &of("rows"), "");
            if number.is_multiple_of(2) {
                file.step("Transpose", &[&of("rows")], &there, "");
                file.step("MatMul", &["x", &there], &product, "");
                add(file);
            } else {
                file.step("Gemm", &["x", &of("rows"), &bias], &product, "transB");
            }
            turned(&said.values, outputs)
        }
        Export::Fused => {
            file.floats(&there, &shape, &columns);
            file.step("MatMul", &["x", &there], &product, "");
            let sum = format!("{name}/Add");
            if name.contains("intermediate") {
                file.step("BiasGelu", &[&product, &bias], &sum, "");
            } else {
                let inputs = [product.as_str(), "x", "gamma", "beta", &bias];
                file.step("SkipLayerNormalization", &inputs, &sum, "");
            }
            values.clone()
        }
    }
}
