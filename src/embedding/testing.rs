//! Folders of tiny models that tests make themselves: those beside the code, and those of the command line.

use std::{collections::BTreeMap, fs, path::Path};

use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

/// Numbers by chance, always the same (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// Width, inner width, heads, layers and positions of the tiny transformer.
pub(crate) const SIZES: (usize, usize, usize, usize, usize) = (12, 20, 3, 2, 16);

/// Entries of the vocabulary of both.
pub(crate) const WORDS: [&str; 16] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "there", "good", "morning", "see", "you", "when",
    "are", "open", "where", "##s", "shop",
];

/// Tables of a file, each with its shape.
pub(crate) type Tables = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Returns the tables of a transformer with weights by chance.
pub(crate) fn bert(seed: u64) -> Tables {
    let (width, inner, _, layers, positions) = SIZES;
    let mut random = Random::new(seed);
    let mut tables = Tables::new();
    let mut put = |name: String, shape: &[usize], around: f32| {
        let values = (0..shape.iter().product())
            .map(|_| around + (random.unit() - 0.5) * 0.8)
            .collect();
        tables.insert(name, (shape.to_vec(), values));
    };
    let e = |name: &str| format!("embeddings.{name}.weight");
    put(e("word_embeddings"), &[WORDS.len(), width], 0.0);
    put(e("position_embeddings"), &[positions, width], 0.0);
    put(e("token_type_embeddings"), &[2, width], 0.0);
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..layers {
        let of = |name: &str| format!("encoder.layer.{layer}.{name}");
        for (name, inputs, outputs) in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", width, inner),
            ("output.dense", inner, width),
        ] {
            put(of(&format!("{name}.weight")), &[outputs, inputs], 0.0);
            put(of(&format!("{name}.bias")), &[outputs], 0.0);
        }
        norms.extend([of("attention.output.LayerNorm"), of("output.LayerNorm")]);
    }
    for norm in norms {
        put(format!("{norm}.weight"), &[width], 1.0);
        put(format!("{norm}.bias"), &[width], 0.0);
    }
    tables
}

/// Returns a table of vectors by chance.
pub(crate) fn table(seed: u64) -> Tables {
    let mut random = Random::new(seed);
    let values = (0..WORDS.len() * 8).map(|_| random.unit() - 0.5).collect();
    [("embeddings".to_owned(), (vec![WORDS.len(), 8], values))].into()
}

/// Writes what a folder has beside its weights.
pub(crate) fn write_config(folder: &Path) {
    let (width, inner, heads, layers, positions) = SIZES;
    let config = json!({
        "model_type": "bert", "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "max_position_embeddings": positions, "vocab_size": WORDS.len(),
        "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
    });
    put(folder, "config.json", config.to_string().as_bytes());
    put(folder, "tokenizer.json", tokenizer().to_string().as_bytes());
}

/// Writes a folder with these tables as safetensors.
pub(crate) fn write(folder: &Path, tables: &Tables) {
    write_config(folder);
    let bytes: BTreeMap<&String, Vec<u8>> = tables
        .iter()
        .map(|(name, (_, values))| (name, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = tables.iter().map(|(name, (shape, _))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap();
        (name.clone(), view)
    });
    put(
        folder,
        "model.safetensors",
        &safetensors::serialize(views, None).unwrap(),
    );
}

/// Writes a file, and the folders above it.
#[expect(clippy::disallowed_methods, reason = "tests may write files")]
pub(crate) fn put(folder: &Path, file: &str, bytes: &[u8]) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn tokenizer() -> serde_json::Value {
    let vocabulary: serde_json::Map<_, _> = WORDS
        .iter()
        .enumerate()
        .map(|(number, word)| ((*word).to_owned(), number.into()))
        .collect();
    let special = |number: usize| {
        json!({"id": number, "content": WORDS[number], "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false})
    };
    json!({
        "version": "1.0", "truncation": null, "added_tokens": [special(0), special(1), special(2), special(3)],
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]"},
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}
