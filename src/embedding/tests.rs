//! Embeddings of tiny models, beside the same worked out plainly.

use std::{path::Path, sync::atomic::AtomicBool};

use super::{
    Cache, Embedder,
    testing::{SIZES, Tables, bert, put, table, write},
};
use crate::diagnostic::Diagnostic;

const TEXTS: [&str; 6] = [
    "hello there",
    "when are you open",
    "good morning",
    "shops",
    "Where is the SHOP?",
    "you you you you you you you you you you you you you you you you",
];

fn open(folder: &Path) -> Embedder {
    Embedder::open(folder, 128).unwrap()
}

fn all(embedder: &Embedder, texts: &[&str]) -> Vec<f32> {
    embedder
        .embed_all(texts, &AtomicBool::new(false), &mut |_| {})
        .unwrap()
}

/// The encoder as its papers write it down: double precision, one loop for each sum.
fn plainly(tables: &Tables, tokens: &[usize]) -> Vec<f64> {
    let (width, _, heads, layers, _) = SIZES;
    let get = |name: &str, at: usize| f64::from(tables[name].1[at]);
    let linear = |name: &str, x: &[f64]| -> Vec<f64> {
        let outputs = tables[&format!("{name}.bias")].0[0];
        let product = |o: usize| {
            let terms = x
                .iter()
                .enumerate()
                .map(|(i, x)| x * get(&format!("{name}.weight"), o * x_len(tables, name) + i));
            terms.sum::<f64>() + get(&format!("{name}.bias"), o)
        };
        (0..outputs).map(product).collect()
    };
    let norm = |name: &str, x: &[f64]| -> Vec<f64> {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let one = |(i, v): (usize, &f64)| {
            (v - mean) / (variance + 1e-12).sqrt() * get(&format!("{name}.weight"), i)
                + get(&format!("{name}.bias"), i)
        };
        x.iter().enumerate().map(one).collect()
    };
    let plus = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let of = |name: &str, at: usize| get(&format!("embeddings.{name}.weight"), at);
    let mut rows: Vec<Vec<f64>> = tokens
        .iter()
        .enumerate()
        .map(|(position, token)| {
            let sum = |i: usize| {
                of("word_embeddings", token * width + i)
                    + of("position_embeddings", position * width + i)
                    + of("token_type_embeddings", i)
            };
            norm(
                "embeddings.LayerNorm",
                &(0..width).map(sum).collect::<Vec<_>>(),
            )
        })
        .collect();
    for layer in 0..layers {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let map = |part: &str| -> Vec<Vec<f64>> {
            rows.iter()
                .map(|row| linear(&name(&format!("attention.self.{part}")), row))
                .collect()
        };
        let (queries, keys, values) = (map("query"), map("key"), map("value"));
        let size = width / heads;
        let context: Vec<Vec<f64>> = (0..rows.len())
            .map(|token| {
                let mut out = vec![0.0; width];
                for head in 0..heads {
                    let part = head * size..(head + 1) * size;
                    let weights: Vec<f64> = keys
                        .iter()
                        .map(|key| {
                            let product: f64 =
                                part.clone().map(|i| queries[token][i] * key[i]).sum();
                            (product / (size as f64).sqrt()).exp()
                        })
                        .collect();
                    let sum: f64 = weights.iter().sum();
                    for (weight, value) in weights.iter().zip(&values) {
                        for i in part.clone() {
                            out[i] += weight / sum * value[i];
                        }
                    }
                }
                out
            })
            .collect();
        for (row, context) in rows.iter_mut().zip(&context) {
            let added = linear(&name("attention.output.dense"), context);
            let middle = norm(&name("attention.output.LayerNorm"), &plus(row, &added));
            let inner: Vec<f64> = linear(&name("intermediate.dense"), &middle)
                .into_iter()
                .map(gelu)
                .collect();
            let added = linear(&name("output.dense"), &inner);
            *row = norm(&name("output.LayerNorm"), &plus(&middle, &added));
        }
    }
    let mean = |i: usize| rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64;
    let mean: Vec<f64> = (0..width).map(mean).collect();
    let length = mean.iter().map(|v| v * v).sum::<f64>().sqrt();
    mean.iter().map(|v| v / length).collect()
}

fn x_len(tables: &Tables, name: &str) -> usize {
    tables[&format!("{name}.weight")].0[1]
}

/// GELU with the error function summed as its series.
fn gelu(x: f64) -> f64 {
    let z = x / 2.0_f64.sqrt();
    let mut term = z;
    let mut sum = z;
    for n in 1..60 {
        term *= -z * z / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    x / 2.0 * (1.0 + sum * 2.0 / std::f64::consts::PI.sqrt())
}

#[test]
fn the_encoder_gives_what_its_papers_say() {
    let folder = tempfile::tempdir().unwrap();
    for seed in [1, 2] {
        let tables = bert(seed);
        write(folder.path(), &tables);
        let embedder = open(folder.path());
        // [CLS] hello there [SEP], and [CLS] shop ##s [SEP].
        for (text, tokens) in [("Hello there", [2, 4, 5, 3]), ("shops", [2, 15, 14, 3])] {
            let found = embedder.embed(text);
            let exact = plainly(&tables, &tokens);
            let cosine: f64 = found
                .iter()
                .zip(&exact)
                .map(|(a, b)| f64::from(*a) * b)
                .sum();
            assert!(cosine > 0.999_99, "{cosine} {found:?} {exact:?}");
        }
    }
}

#[test]
fn a_text_gets_the_same_vector_alone_among_others_and_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for tables in [bert(3), table(3)] {
        write(folder.path(), &tables);
        let embedder = open(folder.path());
        let alone: Vec<f32> = TEXTS.iter().flat_map(|text| embedder.embed(text)).collect();
        let many: Vec<&str> = TEXTS.iter().copied().cycle().take(300).collect();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let found = pool.install(|| all(&embedder, &many));
            assert_eq!(found[..alone.len()], alone);
            assert_eq!(found[294 * embedder.dimensions()..], alone);
        }
    }
}

#[test]
fn nothing_known_gives_nothing_and_much_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    for tables in [bert(4), table(4)] {
        write(folder.path(), &tables);
        let embedder = open(folder.path());
        for text in ["", "  ", "qqqq zzzz", "🎉"] {
            assert!(
                embedder.embed(text).iter().all(|value| *value == 0.0),
                "{text}"
            );
        }
        let long = "hello there, when are you open ".repeat(1 << 12);
        let length: f32 = embedder
            .embed(&long)
            .iter()
            .map(|value| value * value)
            .sum();
        assert!((length - 1.0).abs() < 1e-4);
    }
}

#[test]
fn a_table_is_kept_whole_and_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &table(5));
    let embedder = open(folder.path());
    let parts = embedder.parts().unwrap();
    let again = Embedder::from_parts(parts.clone(), "f".to_owned()).unwrap();
    assert_eq!(all(&again, &TEXTS), all(&embedder, &TEXTS));
    let mut damaged = parts;
    damaged.rows.pop();
    assert!(Embedder::from_parts(damaged.clone(), String::new()).is_err());
    damaged.tokenizer.truncate(9);
    assert!(Embedder::from_parts(damaged, String::new()).is_err());
}

#[test]
fn the_fingerprint_follows_everything_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &bert(6));
    let first = open(folder.path());
    assert_eq!(first.fingerprint(), open(folder.path()).fingerprint());
    let shorter = Embedder::open(folder.path(), 10).unwrap();
    assert_ne!(first.fingerprint(), shorter.fingerprint());
    let known = super::fingerprint(folder.path());
    put(
        folder.path(),
        "1_Pooling/config.json",
        br#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
    );
    let other = open(folder.path());
    assert_ne!(first.fingerprint(), other.fingerprint());
    assert_ne!(known, super::fingerprint(folder.path()));
    assert_ne!(first.embed("hello you"), other.embed("hello you"));
}

#[test]
fn embeddings_are_made_once_and_a_damaged_file_is_told_and_made_anew() {
    let (folder, project) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), &bert(7));
    let embedder = open(folder.path());
    let cache = Cache::new(project.path());
    let run = |texts: &[&str]| {
        let mut done = Vec::new();
        let stop = AtomicBool::new(false);
        let (all, note) = cache
            .embed_all(&embedder, texts, &stop, &mut |count| done.push(count))
            .unwrap();
        (all, note, done)
    };
    let exact = all(&embedder, &TEXTS);
    let (first, note, done) = run(&TEXTS);
    assert_eq!(
        (first, note, done.last()),
        (exact.clone(), None, Some(&TEXTS.len()))
    );
    let twice = [&TEXTS[..], &TEXTS[..2]].concat();
    let (second, note, done) = run(&twice);
    assert_eq!(
        (&second[..exact.len()], note, done.len()),
        (&exact[..], None, 0)
    );
    assert_eq!(second[exact.len()..], exact[..2 * embedder.dimensions()]);
    let path = project.path().join(format!(
        ".bot/embeddings/{}.safetensors",
        embedder.fingerprint()
    ));
    let whole = std::fs::read(&path).unwrap();
    for damage in [
        &whole[..whole.len() / 2],
        b"",
        &[&whole[..whole.len() - 1], b"x"].concat(),
    ] {
        crate::files::write(&path, damage).unwrap();
        let (again, note, _) = run(&TEXTS);
        assert_eq!(again, exact);
        assert_eq!(note.map(|note| note.code), Some("embed::cache-damaged"));
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn learning_stops_between_batches() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &bert(8));
    let stop = AtomicBool::new(true);
    let stopped = open(folder.path()).embed_all(&TEXTS, &stop, &mut |_| {});
    assert!(matches!(
        stopped,
        Err(crate::diagnostic::Error::Interrupted)
    ));
}

/// Puts another text in the place of one in a file.
fn change(folder: &Path, file: &str, old: &str, new: &str) {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(old), "{text}");
    put(folder, file, text.replacen(old, new, 1).as_bytes());
}

#[test]
fn every_mistake_in_a_folder_has_its_word() {
    type Harm = fn(&Path);
    let cases: [(&str, Harm); 14] = [
        ("embed::missing-file", |f| {
            std::fs::remove_file(f.join("model.safetensors")).unwrap();
        }),
        ("embed::missing-file", |f| {
            std::fs::remove_file(f.join("tokenizer.json")).unwrap();
        }),
        ("embed::missing-file", |f| {
            std::fs::remove_file(f.join("config.json")).unwrap();
        }),
        ("embed::other-form", |f| {
            std::fs::rename(f.join("model.safetensors"), f.join("pytorch_model.bin")).unwrap();
        }),
        ("embed::bad-config", |f| put(f, "config.json", b"{")),
        ("embed::bad-config", |f| {
            change(
                f,
                "config.json",
                "\"num_attention_heads\":3",
                "\"num_attention_heads\":5",
            );
        }),
        ("embed::bad-config", |f| {
            put(f, "1_Pooling/config.json", b"[1]");
        }),
        ("embed::unsupported", |f| {
            change(f, "config.json", "\"bert\"", "\"mpnet\"");
        }),
        ("embed::unsupported", |f| {
            change(f, "config.json", "\"gelu\"", "\"relu\"");
        }),
        ("embed::unsupported", |f| {
            put(
                f,
                "1_Pooling/config.json",
                br#"{"pooling_mode_mean_tokens": false}"#,
            );
        }),
        ("embed::bad-tokenizer", |f| put(f, "tokenizer.json", b"{}")),
        ("embed::wrong-shape", |f| {
            change(f, "config.json", "\"vocab_size\":16", "\"vocab_size\":17");
        }),
        ("embed::missing-tensor", |f| {
            change(
                f,
                "config.json",
                "\"num_hidden_layers\":2",
                "\"num_hidden_layers\":3",
            );
        }),
        ("embed::damaged", |f| {
            let bytes = std::fs::read(f.join("model.safetensors")).unwrap();
            put(f, "model.safetensors", &bytes[..bytes.len() - 100]);
        }),
    ];
    for (code, harm) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &bert(9));
        harm(folder.path());
        let problem: Diagnostic = Embedder::open(folder.path(), 128).unwrap_err();
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.help.is_some(), "{problem}");
    }
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Embedder::open(&folder.path().join("no"), 128).unwrap_err();
    assert_eq!(nowhere.code, "file::missing");
}

#[test]
fn a_table_that_does_not_fit_is_refused() {
    for (shape, values) in [(vec![16], 16), (vec![0, 8], 0), (vec![2, 2, 4], 16)] {
        let folder = tempfile::tempdir().unwrap();
        let tables = [("embeddings".to_owned(), (shape, vec![0.5; values]))].into();
        write(folder.path(), &tables);
        assert_eq!(
            Embedder::open(folder.path(), 128).unwrap_err().code,
            "embed::damaged"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let mut tables = table(1);
    tables.insert("weights".to_owned(), (vec![3], vec![1.0; 3]));
    write(folder.path(), &tables);
    assert_eq!(
        Embedder::open(folder.path(), 128).unwrap_err().code,
        "embed::wrong-shape"
    );
}

#[test]
fn embedders_of_one_folder_make_each_vector_once() {
    use std::sync::atomic::Ordering::Relaxed;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &bert(77));
    let (one, other) = (open(folder.path()), open(folder.path()));
    let made = |embedder: &Embedder| embedder.memory.as_ref().unwrap().made.load(Relaxed);
    let first = all(&one, &TEXTS[..4]);
    assert_eq!(made(&one), 4);
    // Texts in another order, one twice, three of them known.
    let mixed = [TEXTS[3], TEXTS[5], TEXTS[1], TEXTS[1], TEXTS[0]];
    let second = all(&other, &mixed);
    assert_eq!(made(&other), 5);
    let width = one.dimensions();
    let row = |all: &[f32], at: usize| all[at * width..(at + 1) * width].to_vec();
    for (at, known) in [(0, 3), (2, 1), (3, 1), (4, 0)] {
        assert_eq!(row(&second, at), row(&first, known));
    }
    assert_eq!(other.embed(TEXTS[2]), row(&first, 2));
    assert_eq!(made(&one), 5);
    let alone = one.embed(TEXTS[4]);
    assert_eq!((other.embed(TEXTS[4]), made(&one)), (alone, 6));
    // Another folder, and the same after all have gone, begin anew.
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), &bert(78));
    assert_eq!(made(&open(elsewhere.path())), 0);
    drop((one, other));
    assert_eq!(made(&open(folder.path())), 0);
}
