//! A folder with a model as the Hugging Face hub keeps them: which files it has, and what they say.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    Kind, LONGEST_TEXT,
    matrix::Layer,
    onnx::Onnx,
    problem::Problem,
    table::Table,
    tensors::{Safetensors, Weights},
    tokenizer::Tokenizer,
    transformer::{Block, Norm, Pooling, Transformer},
};
use crate::files;

const WEIGHTS: &str = "model.safetensors";
const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
/// How tokens become one vector, in folders of sentence-transformers.
const POOLING: &str = "1_Pooling/config.json";
/// How long texts may be, in the same.
const LENGTH: &str = "sentence_bert_config.json";
/// Files of tables that are too large for an ONNX file itself, after the name of that.
const ONNX_DATA: [&str; 2] = ["_data", ".data"];
/// Largest file of weights.
const LARGEST: u64 = 4 << 30;
/// Added to fingerprints: changes whenever the same folder gives other numbers.
const VERSION: &str = "1";

/// The `config.json` of a transformer.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: Option<String>,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    vocab_size: usize,
    type_vocab_size: usize,
    #[serde(default = "gelu")]
    hidden_act: String,
    #[serde(default = "epsilon")]
    layer_norm_eps: f32,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn epsilon() -> f32 {
    1e-12
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// The `config.json` in `1_Pooling`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: Option<bool>,
}

/// How long texts may be.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LengthConfig {
    max_seq_length: Option<usize>,
}

/// What a folder holds.
pub(super) struct Opened {
    pub(super) kind: Kind,
    pub(super) tokenizer: Tokenizer,
    pub(super) fingerprint: String,
}

/// The files of a folder.
struct Folder {
    path: PathBuf,
    /// Of all that was read.
    hash: Sha256,
}

impl Folder {
    /// Reads a file that must be there.
    fn required(&mut self, file: &str) -> Result<Vec<u8>, Problem> {
        self.optional(file)?.ok_or_else(|| Problem::Missing {
            folder: self.path.clone(),
            file: file.to_owned(),
        })
    }

    /// Reads a file that may be there.
    fn optional(&mut self, file: &str) -> Result<Option<Vec<u8>>, Problem> {
        let path = self.path.join(file);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read_limited(&path, LARGEST)?;
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(&bytes);
        Ok(Some(bytes))
    }

    /// Reads the tables beside an ONNX file, where there are such; also returns the name of their file without its
    /// folder.
    fn data_beside(&mut self, file: &str) -> Result<Option<(String, Vec<u8>)>, Problem> {
        for ending in ONNX_DATA {
            let path = format!("{file}{ending}");
            if let Some(content) = self.optional(&path)? {
                let name = Path::new(&path).file_name().unwrap_or_default();
                return Ok(Some((name.to_string_lossy().into_owned(), content)));
            }
        }
        Ok(None)
    }

    /// Reads the JSON of a file.
    fn json<T: for<'de> Deserialize<'de>>(&self, file: &str, bytes: &[u8]) -> Result<T, Problem> {
        serde_json::from_slice(bytes)
            .map_err(|error| Problem::Config(self.path.join(file), error.to_string()))
    }

    fn config_json<T: for<'de> Deserialize<'de> + Default>(
        &mut self,
        file: &str,
    ) -> Result<T, Problem> {
        match self.optional(file)? {
            Some(bytes) => self.json(file, &bytes),
            None => Ok(T::default()),
        }
    }
}

/// Tells whether a folder has the files that it must have, without reading them.
pub(super) fn check(path: &Path) -> Result<(), Problem> {
    find(path).map(drop)
}

/// Returns the file of weights in a folder that has what it must have.
fn find(path: &Path) -> Result<String, Problem> {
    if !path.exists() {
        return Err(files::Problem::Missing(path.to_owned()).into());
    }
    if !path.is_dir() {
        return Err(files::Problem::NotFolder(path.to_owned()).into());
    }
    let missing = |file: &str| Problem::Missing {
        folder: path.to_owned(),
        file: file.to_owned(),
    };
    let Some(weights) = weights_file(path) else {
        return Err(match other_form(path) {
            Some(file) => Problem::OtherForm {
                folder: path.to_owned(),
                file,
            },
            None => missing(WEIGHTS),
        });
    };
    if path.join(TOKENIZER).exists() {
        Ok(weights)
    } else {
        Err(missing(TOKENIZER))
    }
}

/// Returns what names the content of a folder; of one without the files, that it has none.
pub(super) fn fingerprint(path: &Path) -> String {
    let mut folder = Folder {
        path: path.to_owned(),
        hash: Sha256::new_with_prefix(VERSION),
    };
    let weights = weights_file(path).unwrap_or_else(|| WEIGHTS.to_owned());
    for file in [&weights, TOKENIZER, CONFIG, POOLING, LENGTH] {
        if !matches!(folder.optional(file), Ok(Some(_))) {
            folder.hash.update(file);
        }
    }
    if weights != WEIGHTS {
        // What is not there is not a part of the content.
        let _ = folder.data_beside(&weights);
    }
    hex(folder.hash)
}

fn hex(hash: Sha256) -> String {
    let mut text = String::new();
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Opens a folder; texts are cut to `max_tokens`.
pub(super) fn open(path: &Path, max_tokens: usize) -> Result<Opened, Problem> {
    let file = find(path)?;
    let mut folder = Folder {
        path: path.to_owned(),
        hash: Sha256::new_with_prefix(VERSION),
    };
    let bytes = folder.required(&file)?;
    let json = folder.required(TOKENIZER)?;
    let weights_path = path.join(&file);
    let (kind, tokenizer) = if file == WEIGHTS {
        let weights = Safetensors::new(&bytes, &weights_path)?;
        if weights.has(EMBEDDINGS) {
            let table = table(&weights)?;
            let tokenizer = Tokenizer::new(json, false, LONGEST_TEXT, &path.join(TOKENIZER))?;
            (Kind::Table(table), tokenizer)
        } else {
            encoder(&mut folder, &weights, json, max_tokens)?
        }
    } else {
        let data = folder.data_beside(&file)?;
        let weights = Onnx::new(bytes, &weights_path, data)?;
        encoder(&mut folder, &weights, json, max_tokens)?
    };
    Ok(Opened {
        kind,
        tokenizer,
        fingerprint: hex(folder.hash),
    })
}

/// Makes a transformer ready, and what cuts texts for it.
fn encoder(
    folder: &mut Folder,
    weights: &dyn Weights,
    tokenizer: Vec<u8>,
    max_tokens: usize,
) -> Result<(Kind, Tokenizer), Problem> {
    let config = folder.required(CONFIG)?;
    let config: Config = folder.json(CONFIG, &config)?;
    let pooling: PoolingConfig = folder.config_json(POOLING)?;
    let length: LengthConfig = folder.config_json(LENGTH)?;
    let transformer = transformer(&folder.path, weights, &config, &pooling)?;
    let longest = [
        Some(max_tokens),
        length.max_seq_length,
        Some(transformer.longest()),
    ];
    let longest = longest.into_iter().flatten().min().unwrap_or(max_tokens);
    folder.hash.update((longest as u64).to_le_bytes());
    let tokenizer = Tokenizer::new(tokenizer, true, longest, &folder.path.join(TOKENIZER))?;
    Ok((Kind::Transformer(transformer), tokenizer))
}

/// Returns the file of a folder that weights are read from: `model.safetensors` before any of ONNX.
fn weights_file(folder: &Path) -> Option<String> {
    if folder.join(WEIGHTS).exists() {
        return Some(WEIGHTS.to_owned());
    }
    let (found, _) = files::walk(folder, &|path| {
        let extension = path.extension();
        extension.is_some_and(|extension| extension == "onnx")
    });
    let relative = found
        .iter()
        .filter_map(|path| path.strip_prefix(folder).ok());
    let first = relative.min_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (roughness(&name), path.components().count(), path.to_owned())
    });
    first.map(files::show)
}

/// Orders ONNX files of a model by how far their weights are rounded, as their names say.
fn roughness(name: &str) -> usize {
    // Blocks of four bits, which are not read, come last.
    const NAMES: [&[&str]; 3] = [
        &["q4", "bnb4", "int4"],
        &["int8", "quantized", "_q8"],
        &["16", "_O4"],
    ];
    if name == "model.onnx" {
        return 0;
    }
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let found = NAMES.iter().position(|words| says(words));
    found.map_or(1, |place| NAMES.len() + 1 - place)
}

/// Returns a file that holds weights in a form that is not read.
fn other_form(folder: &Path) -> Option<String> {
    const FORMS: [&str; 3] = ["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"];
    let known = FORMS.into_iter().find(|file| folder.join(file).is_file());
    known.map(str::to_owned)
}

/// Name of the one table of a static embedding.
pub(super) const EMBEDDINGS: &str = "embeddings";
/// Weights of its tokens, and their rows, where each has not one of its own.
const TOKEN_WEIGHTS: &str = "weights";
const TOKEN_ROWS: &str = "mapping";

fn table(weights: &Safetensors<'_>) -> Result<Table, Problem> {
    let shape = weights.shape(EMBEDDINGS)?;
    let [rows, width] = *shape.as_slice() else {
        return Err(weights.damaged(format!(
            "the table `{EMBEDDINGS}` has {} sides",
            shape.len()
        )));
    };
    if rows == 0 || width == 0 {
        return Err(weights.damaged(format!("the table `{EMBEDDINGS}` is empty")));
    }
    let values = weights.floats(EMBEDDINGS, &[rows, width])?;
    let places = if weights.has(TOKEN_ROWS) {
        let count = weights.shape(TOKEN_ROWS)?.iter().product();
        let places = weights.places(TOKEN_ROWS, count)?;
        if places.iter().any(|row| *row as usize >= rows) {
            return Err(weights.damaged(format!("`{TOKEN_ROWS}` names rows that are not there")));
        }
        Some(places)
    } else {
        None
    };
    let tokens = places.as_ref().map_or(rows, Vec::len);
    let factors = if weights.has(TOKEN_WEIGHTS) {
        Some(weights.floats(TOKEN_WEIGHTS, &[tokens])?)
    } else {
        None
    };
    Ok(Table::new(width, &values, factors.as_deref(), places))
}

fn transformer(
    folder: &Path,
    weights: &dyn Weights,
    config: &Config,
    pooling: &PoolingConfig,
) -> Result<Transformer, Problem> {
    let unsupported = |why: String| Err(Problem::Unsupported(folder.to_owned(), why));
    match config.model_type.as_deref() {
        Some("bert") | None => {}
        Some(other) => return unsupported(format!("it is of the kind `{other}`, not `bert`")),
    }
    if config.hidden_act != "gelu" {
        return unsupported(format!(
            "its activation is `{}`, not `gelu`",
            config.hidden_act
        ));
    }
    if config.position_embedding_type != "absolute" {
        return unsupported(format!(
            "its positions are `{}`, not `absolute`",
            config.position_embedding_type
        ));
    }
    let (width, inner) = (config.hidden_size, config.intermediate_size);
    if width == 0
        || inner == 0
        || config.num_attention_heads == 0
        || width % config.num_attention_heads != 0
    {
        let why = format!(
            "{} heads cannot share a width of {width}",
            config.num_attention_heads
        );
        return Err(Problem::Config(folder.join(CONFIG), why));
    }
    let pooling = match (
        pooling.pooling_mode_cls_token,
        pooling.pooling_mode_mean_tokens,
    ) {
        (false, None | Some(true)) => Pooling::Mean,
        (true, None | Some(false)) => Pooling::First,
        _ => return unsupported("it pools neither by the mean nor by the first token".to_owned()),
    };
    let read = Read {
        weights,
        prefix: weights.prefix(),
    };
    let words = read.floats(WORDS, &[config.vocab_size, width])?;
    let mut positions = read.floats(
        "embeddings.position_embeddings.weight",
        &[config.max_position_embeddings, width],
    )?;
    let kinds = read.floats(
        "embeddings.token_type_embeddings.weight",
        &[config.type_vocab_size, width],
    )?;
    // Of two sentences only the first is ever there.
    for position in positions.chunks_exact_mut(width) {
        for (position, kind) in position.iter_mut().zip(&kinds) {
            *position += kind;
        }
    }
    let blocks = (0..config.num_hidden_layers).map(|number| {
        let layer = |name: &str, inputs, outputs| {
            read.layer(&format!("encoder.layer.{number}.{name}"), inputs, outputs)
        };
        let norm = |name: &str| read.norm(&format!("encoder.layer.{number}.{name}"), width);
        let (mut all, mut biases) = (Vec::new(), Vec::new());
        for part in ["query", "key", "value"] {
            let name = format!("encoder.layer.{number}.attention.self.{part}");
            all.extend(read.floats(&format!("{name}.weight"), &[width, width])?);
            biases.extend(read.floats(&format!("{name}.bias"), &[width])?);
        }
        Ok(Block {
            attention: Layer::new(&all, &biases, width),
            attention_output: layer("attention.output.dense", width, width)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            inner: layer("intermediate.dense", width, inner)?,
            output: layer("output.dense", inner, width)?,
            norm: norm("output.LayerNorm")?,
        })
    });
    Ok(Transformer {
        width,
        heads: config.num_attention_heads,
        epsilon: config.layer_norm_eps,
        pooling,
        words,
        positions,
        norm: read.norm("embeddings.LayerNorm", width)?,
        blocks: blocks.collect::<Result<_, Problem>>()?,
    })
}

const WORDS: &str = "embeddings.word_embeddings.weight";

/// Reads the layers of an encoder.
struct Read<'a> {
    weights: &'a dyn Weights,
    prefix: String,
}

impl Read<'_> {
    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Problem> {
        self.weights
            .floats(&format!("{}{name}", self.prefix), shape)
    }

    fn layer(&self, name: &str, inputs: usize, outputs: usize) -> Result<Layer, Problem> {
        let weights = self.floats(&format!("{name}.weight"), &[outputs, inputs])?;
        let biases = self.floats(&format!("{name}.bias"), &[outputs])?;
        Ok(Layer::new(&weights, &biases, inputs))
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, Problem> {
        Ok(Norm {
            scales: self.floats(&format!("{name}.weight"), &[width])?,
            offsets: self.floats(&format!("{name}.bias"), &[width])?,
        })
    }
}
