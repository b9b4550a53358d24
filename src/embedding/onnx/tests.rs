//! ONNX files of tiny models, whole and broken.

use std::path::Path;

use proptest::prelude::*;
use prost::Message;

use super::{
    super::{
        Embedder,
        exporting::{EXPORTS, Export, FLOAT, File, onnx, write_onnx},
        problem::Problem,
        tensors::Weights,
        testing::{bert, put, write},
    },
    Onnx,
    message::{Attribute, Entry, Graph, Model, Node, Tensor},
};
use crate::diagnostic::Diagnostic;

const WORDS: &str = "embeddings.word_embeddings.weight";
const TEXTS: [&str; 3] = ["hello there", "when are you open", "Where is the SHOP?"];

fn open(folder: &Path) -> Result<Embedder, Diagnostic> {
    Embedder::open(folder, 128)
}

fn vectors(folder: &Path) -> Vec<Vec<f32>> {
    let embedder = open(folder).unwrap();
    TEXTS.iter().map(|text| embedder.embed(text)).collect()
}

#[test]
fn a_file_gives_the_same_as_safetensors_of_what_it_says() {
    for export in EXPORTS {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let tables = bert(21);
        let said = write_onnx(one.path(), "onnx/model.onnx", &tables, export);
        write(other.path(), &said);
        assert_eq!(vectors(one.path()), vectors(other.path()), "{export:?}");
        let exact = matches!(export, Export::Plain | Export::Fused | Export::Beside);
        assert_eq!(said == tables, exact, "{export:?}");
    }
}

#[test]
fn safetensors_come_first_then_what_is_rounded_least() {
    let folder = tempfile::tempdir().unwrap();
    let mut seed = 30;
    let mut fingerprints = Vec::new();
    for file in [
        "onnx/model_q4.onnx",
        "onnx/model_quantized.onnx",
        "onnx/model_int8.onnx",
        "onnx/model_fp16.onnx",
        "onnx/model_O1.onnx",
        "model_optimized.onnx",
        "onnx/model.onnx",
        "model.onnx",
    ] {
        seed += 1;
        write_onnx(folder.path(), file, &bert(seed), Export::Plain);
        let alone = tempfile::tempdir().unwrap();
        write(alone.path(), &bert(seed));
        // Of two that are rounded alike the shorter path counts, then the name.
        assert_eq!(vectors(folder.path()), vectors(alone.path()), "{file}");
        fingerprints.push(super::super::fingerprint(folder.path()));
    }
    write(folder.path(), &bert(1));
    let alone = tempfile::tempdir().unwrap();
    write(alone.path(), &bert(1));
    assert_eq!(vectors(folder.path()), vectors(alone.path()));
    let plain = open(folder.path()).unwrap();
    assert_eq!(
        plain.fingerprint(),
        open(alone.path()).unwrap().fingerprint()
    );
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 8);
}

#[test]
fn the_fingerprint_follows_the_file_beside() {
    let folder = tempfile::tempdir().unwrap();
    write_onnx(folder.path(), "model.onnx", &bert(1), Export::Beside);
    let first = open(folder.path()).unwrap();
    let known = super::super::fingerprint(folder.path());
    write_onnx(folder.path(), "model.onnx", &bert(2), Export::Beside);
    assert_ne!(
        open(folder.path()).unwrap().fingerprint(),
        first.fingerprint()
    );
    assert_ne!(super::super::fingerprint(folder.path()), known);
}

/// Puts other bytes in the place of some, wherever they stand or at the first place alone.
fn replace(bytes: &[u8], old: &[u8], new: &[u8], once: bool) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut changed = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = changed[at..].windows(old.len()).position(|w| w == old) {
        at += found;
        changed[at..at + old.len()].copy_from_slice(new);
        at += old.len();
        if once {
            break;
        }
    }
    assert_ne!(changed, bytes);
    changed
}

/// Returns files that are broken, with the code and a part of the message that tell so.
fn broken() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let file = |export| onnx(&bert(40), export, "model.onnx_data").1.bytes();
    let whole = file(Export::Plain);
    let half = file(Export::Rounded);
    let words = |name: &str, shape: &[usize], kind, bytes: &[u8]| {
        let mut file = File::default();
        file.tensor(name, shape, kind, bytes);
        file.bytes()
    };
    vec![
        (
            "embed::damaged",
            "failed to decode",
            whole[..whole.len() - 100].to_vec(),
        ),
        (
            "embed::damaged",
            "failed to decode",
            b"version https://git-lfs".to_vec(),
        ),
        ("embed::damaged", "no graph", Vec::new()),
        (
            "embed::damaged",
            "impossible shape",
            words(WORDS, &[usize::MAX, 12], FLOAT, &[]),
        ),
        (
            "embed::damaged",
            "impossible shape",
            words(WORDS, &[1 << 40, 1 << 40], FLOAT, &[]),
        ),
        (
            "embed::damaged",
            "as many numbers",
            words(WORDS, &[1 << 40, 12], FLOAT, &[]),
        ),
        (
            "embed::damaged",
            "as many numbers",
            words(WORDS, &[16, 12], FLOAT, &[0; 767]),
        ),
        (
            "embed::damaged",
            "no number",
            words(WORDS, &[1, 1], FLOAT, &[0, 0, 0x80, 0x7f]),
        ),
        (
            "embed::unsupported",
            "type 22",
            words(WORDS, &[16, 12], 22, &[0; 96]),
        ),
        (
            "embed::wrong-shape",
            WORDS,
            words(WORDS, &[2, 2], FLOAT, &[0; 16]),
        ),
        // The encoder of T5 has other names.
        (
            "embed::missing-tensor",
            WORDS,
            words("encoder.embed_tokens.weight", &[1], FLOAT, &[0; 4]),
        ),
        (
            "embed::missing-tensor",
            "encoder.layer.1.intermediate.dense.weight",
            replace(
                &whole,
                b"layer.1.intermediate.dense.bias",
                b"layer.1.intermediate.dense.bais",
                false,
            ),
        ),
        (
            "embed::unsupported",
            "MatMulNBits8X",
            replace(&half, b"MatMulInteger", b"MatMulNBits8X", false),
        ),
        (
            "embed::unsupported",
            "not constant",
            replace(
                &half,
                b"onnx::MatMul_14_scale",
                b"onnx::MatMul_14_other",
                true,
            ),
        ),
        (
            "embed::missing-data",
            "model.onnx_data",
            file(Export::Beside),
        ),
    ]
}

#[test]
fn every_mistake_in_a_file_has_its_word() {
    for (code, text, bytes) in broken() {
        let folder = tempfile::tempdir().unwrap();
        write_onnx(folder.path(), "model.onnx", &bert(40), Export::Plain);
        put(folder.path(), "model.onnx", &bytes);
        let problem = open(folder.path()).unwrap_err();
        assert_eq!(problem.code, code, "{problem} {text}");
        assert!(problem.message.contains(text), "{problem}");
        assert!(problem.help.is_some(), "{problem}");
    }
    let folder = tempfile::tempdir().unwrap();
    write_onnx(folder.path(), "model.onnx", &bert(40), Export::Beside);
    put(folder.path(), "model.onnx_data", &[0; 99]);
    let problem = open(folder.path()).unwrap_err();
    assert!(problem.message.contains("beyond the end"), "{problem}");
}

/// Reads one table of a graph of these steps and tables.
fn read(node: Vec<Node>, initializer: Vec<Tensor>, shape: &[usize]) -> Result<Vec<f32>, Problem> {
    let graph = Some(Graph { node, initializer });
    let bytes = Model { graph }.encode_to_vec();
    Onnx::new(bytes, Path::new("model.onnx"), None)?.floats("t", shape)
}

fn node(kind: &str, input: &[&str], output: &str) -> Node {
    Node {
        input: input.iter().map(ToString::to_string).collect(),
        output: vec![output.to_owned()],
        op_type: kind.to_owned(),
        attribute: Vec::new(),
    }
}

fn table(name: &str, dims: &[i64], values: &[f32]) -> Tensor {
    Tensor {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: values.to_vec(),
        ..Tensor::default()
    }
}

#[test]
fn constants_are_worked_out() {
    let table_of = || table("a", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let plain = read(
        vec![node("Transpose", &["a"], "t")],
        vec![table_of()],
        &[3, 2],
    );
    assert_eq!(plain.unwrap(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let mut rounded = node("DequantizeLinear", &["a", "s", "z"], "t");
    let scales = |axis: i64, dims: &[i64], scales: &[f32]| {
        let axis = Attribute {
            name: "axis".to_owned(),
            i: axis,
            ..Attribute::default()
        };
        rounded.attribute = vec![axis];
        let zero = table("z", &[1], &[1.0]);
        let tables = vec![table_of(), table("s", dims, scales), zero];
        read(vec![rounded.clone()], tables, &[2, 3])
    };
    let mut scales = scales;
    assert_eq!(
        scales(0, &[2], &[2.0, 10.0]).unwrap(),
        [0.0, 2.0, 4.0, 30.0, 40.0, 50.0]
    );
    assert_eq!(
        scales(-1, &[3], &[1.0, 2.0, 3.0]).unwrap(),
        [0.0, 2.0, 6.0, 3.0, 8.0, 15.0]
    );
    assert_eq!(
        scales(7, &[], &[2.0]).unwrap(),
        [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    );
    assert!(matches!(
        scales(0, &[3], &[1.0; 3]),
        Err(Problem::Shape { .. })
    ));
    assert!(matches!(
        scales(9, &[3], &[1.0; 3]),
        Err(Problem::Shape { .. })
    ));
    assert!(matches!(
        scales(1, &[1], &[f32::MAX]),
        Err(Problem::Damaged(..))
    ));
    let mut value = node("Constant", &[], "t");
    value.attribute = vec![Attribute {
        name: "value".to_owned(),
        t: Some(table("", &[1], &[7.0])),
        ..Attribute::default()
    }];
    assert_eq!(read(vec![value], vec![], &[1]).unwrap(), [7.0]);
}

#[test]
fn numbers_may_stand_in_fields_of_their_own() {
    for (data_type, whole, wanted) in [(2, 200, 200.0), (3, -3, -3.0), (10, 0x3c00, 1.0)] {
        let tensor = Tensor {
            name: "t".to_owned(),
            dims: vec![1],
            data_type,
            int32_data: vec![whole],
            ..Tensor::default()
        };
        assert_eq!(read(vec![], vec![tensor], &[1]).unwrap(), [wanted]);
    }
}

#[test]
fn only_the_file_beside_is_read() {
    let entry = |key: &str, value: &str| Entry {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    for (location, offset, is_damaged) in [
        ("../model.onnx_data", "0", false),
        ("/etc/passwd", "0", false),
        ("d", "5", true),
        ("d", "18446744073709551615", true),
        ("d", "-4", true),
    ] {
        let tensor = Tensor {
            name: "t".to_owned(),
            dims: vec![1],
            data_type: 1,
            data_location: 1,
            external_data: vec![
                entry("location", location),
                entry("offset", offset),
                entry("length", "4"),
            ],
            ..Tensor::default()
        };
        let graph = Some(Graph {
            node: vec![],
            initializer: vec![tensor],
        });
        let bytes = Model { graph }.encode_to_vec();
        let other = Some(("d".to_owned(), vec![0; 8]));
        let file = Onnx::new(bytes, Path::new("model.onnx"), other).unwrap();
        match file.floats("t", &[1]).unwrap_err() {
            Problem::NoData { .. } => assert!(!is_damaged),
            Problem::Damaged(..) => assert!(is_damaged),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn steps_in_a_circle_come_to_an_end() {
    let circle = vec![node("Mul", &["t", "u"], "u"), node("Mul", &["u", "t"], "t")];
    assert!(matches!(
        read(circle, vec![], &[1]),
        Err(Problem::NoTensor(..))
    ));
    let scaled_by_itself = vec![node("DequantizeLinear", &["a", "t"], "t")];
    let tables = vec![table("a", &[1], &[1.0])];
    assert!(read(scaled_by_itself, tables, &[1]).is_err());
    let mut graph = vec![node("Add", &["encoder.layer.0.x.bias", "p"], "s")];
    graph.extend([node("Mul", &["p", "p"], "p"), node("Cast", &["s"], "s")]);
    let bytes = Model {
        graph: Some(Graph {
            node: graph,
            initializer: vec![],
        }),
    }
    .encode_to_vec();
    let file = Onnx::new(bytes, Path::new("model.onnx"), None).unwrap();
    let found = file.floats("encoder.layer.0.x.weight", &[1, 1]);
    assert!(matches!(found, Err(Problem::NoTensor(..))), "{found:?}");
}

/// Asks for every table of an encoder.
fn ask(bytes: Vec<u8>) {
    let tables = bert(50);
    let Ok(file) = Onnx::new(bytes, Path::new("model.onnx"), None) else {
        return;
    };
    let prefix = file.prefix();
    for (name, (shape, values)) in &tables {
        if let Ok(found) = file.floats(&format!("{prefix}{name}"), shape) {
            assert_eq!(found.len(), values.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_weights_or_a_problem(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        ask(bytes);
    }

    #[test]
    fn a_damaged_file_gives_weights_or_a_problem(
        which in 0..EXPORTS.len(),
        harm in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = onnx(&bert(50), EXPORTS[which], "model.onnx_data").1.bytes();
        for (at, byte) in harm {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        ask(bytes);
    }
}
