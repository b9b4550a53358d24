//! Any bytes are the weights of an embedding or a finding.
#![no_main]

use std::{fs, sync::LazyLock};

use bot::embedding::Embedder;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const CONFIG: &str = r#"{"model_type": "bert", "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 4, "max_position_embeddings": 4, "vocab_size": 2, "type_vocab_size": 1}"#;

const TOKENIZER: &str = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
    "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "hello": 1}, "unk_token": "[UNK]"}}"#;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for the files");
    for (file, text) in [("config.json", CONFIG), ("tokenizer.json", TOKENIZER)] {
        fs::write(folder.path().join(file), text).expect("a file of the folder");
    }
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let folder = FOLDER.path();
    fs::write(folder.join("model.onnx"), bytes).expect("the file of weights");
    if let Ok(embedder) = Embedder::open(folder, 4) {
        embedder.embed("hello");
    }
});
