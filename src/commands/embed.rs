//! `bot embed`: what a folder of a sentence embedding holds, and static tables out of transformers.

use std::path::PathBuf;

use super::Context;
use crate::{console::ExitStatus, diagnostic::Result};

/// What to do, and with which folder.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder of an embedding.
    pub folder: PathBuf,
    /// What to do.
    pub what: What,
}

/// What to do with a folder.
#[derive(Clone, Debug)]
pub enum What {
    /// Say what it holds.
    Info,
    /// Make a static table out of it.
    Distill {
        /// Where the table goes.
        output: PathBuf,
        /// Length of its vectors.
        dimensions: usize,
        /// Messages as they will come.
        vocabulary: Option<Vocabulary>,
        /// Whether to replace files that are there.
        force: bool,
    },
}

/// Where messages are taken from.
#[derive(Clone, Debug)]
pub enum Vocabulary {
    /// The project's training data.
    Project,
    /// A file, one a line.
    File(PathBuf),
}

/// Refuses: this `bot` knows no embeddings.
#[cfg(not(feature = "embed"))]
pub fn run(_: &Request, _: &mut Context) -> Result<ExitStatus> {
    let missing = crate::nlu::not_built("`bot embed`");
    Err(crate::diagnostic::Error::cannot(missing))
}

/// Looks at a folder, or makes another out of it.
#[cfg(feature = "embed")]
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    with_embeddings::run(request, context)
}

#[cfg(feature = "embed")]
mod with_embeddings {
    use std::{path::Path, time::Instant};

    use serde_json::json;

    use super::{Request, Vocabulary, What};
    use crate::{
        commands::{Context, Format, train::size},
        console::ExitStatus,
        diagnostic::{Diagnostic, Error, Result, count, thousands},
        embedding::Embedder,
        files, project,
    };

    /// Files of a static table.
    const FILES: [&str; 3] = ["model.safetensors", "tokenizer.json", "config.json"];
    /// Tokens of a text that are looked at.
    const LONGEST: usize = 512;

    pub(super) fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
        let embedder = Embedder::open(&request.folder, LONGEST).map_err(Error::cannot)?;
        match &request.what {
            What::Info => info(&request.folder, &embedder, context)?,
            What::Distill {
                output,
                dimensions,
                vocabulary,
                force,
            } => {
                let texts = match vocabulary {
                    None => Vec::new(),
                    Some(vocabulary) => texts(vocabulary, context)?,
                };
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                distill(&embedder, output, *dimensions, &texts, *force, context)?;
            }
        }
        Ok(ExitStatus::Success)
    }

    fn info(folder: &Path, embedder: &Embedder, context: &mut Context) -> Result<()> {
        let kind = if embedder.is_table() {
            "static table"
        } else {
            "transformer"
        };
        if context.format == Format::Json {
            return context.console.result(
                json!({
                    "bot": env!("CARGO_PKG_VERSION"), "schema": 1, "folder": files::show(folder), "kind": kind,
                    "dimensions": embedder.dimensions(), "vocabulary": embedder.entries(),
                    "layers": embedder.layers(), "fingerprint": embedder.fingerprint(),
                })
                .to_string(),
            );
        }
        let layers = match embedder.layers() {
            0 => String::new(),
            some => format!(" of {}", count(some, "layer")),
        };
        for (name, value) in [
            ("Kind", format!("{kind}{layers}")),
            ("Dimensions", thousands(embedder.dimensions())),
            ("Vocabulary", count(embedder.entries(), "entry")),
            ("Fingerprint", embedder.fingerprint().to_owned()),
        ] {
            context.console.result(format!("{name:<12} {value}"))?;
        }
        Ok(())
    }

    /// Reads messages, one text each.
    fn texts(vocabulary: &Vocabulary, context: &mut Context) -> Result<Vec<String>> {
        let texts: Vec<String> = match vocabulary {
            Vocabulary::Project => {
                let paths = context.project()?;
                let loaded = project::load(&paths, &mut context.sources)?;
                if loaded.has_errors() {
                    return Err(Error::Findings(loaded.findings));
                }
                let examples = loaded.assistant.training.examples.into_iter();
                examples.map(|example| example.text).collect()
            }
            Vocabulary::File(path) => {
                let bytes = files::read(path)?;
                let text = String::from_utf8_lossy(&bytes);
                text.lines().map(str::to_owned).collect()
            }
        };
        if texts.iter().all(|text| text.trim().is_empty()) {
            return Err(Error::cannot(
                Diagnostic::error(
                    "embed::no-messages",
                    "there are no messages to take words from",
                )
                .help("name a file with one message a line, or leave `--vocabulary` out"),
            ));
        }
        Ok(texts)
    }

    fn distill(
        embedder: &Embedder,
        output: &Path,
        dimensions: usize,
        texts: &[&str],
        force: bool,
        context: &mut Context,
    ) -> Result<()> {
        let start = Instant::now();
        let exists = |name: &str| output.join(name).exists();
        if let Some(name) = FILES.into_iter().find(|name| exists(name))
            && !force
        {
            let what = format!("`{}` exists", files::show(&output.join(name)));
            return Err(Error::cannot(
                Diagnostic::error("file::exists", what).help("`--force` overwrites it"),
            ));
        }
        let distilled = {
            let progress = context.console.progress();
            let mut total = 0;
            let made = embedder.distill(dimensions, texts, &context.stop, &mut |done, of| {
                if total == 0 {
                    progress.stage("Vocabulary", Some(of as u64));
                    total = of;
                }
                progress.set(done as u64);
            });
            made?
        };
        let mut bytes = 0;
        for (name, content) in &distilled.files {
            files::write(&output.join(name), content)?;
            bytes += content.len() as u64;
        }
        if context.format == Format::Json {
            return context.console.result(
                json!({
                    "bot": env!("CARGO_PKG_VERSION"), "schema": 1, "folder": files::show(output),
                    "entries": distilled.entries, "dimensions": distilled.dimensions, "bytes": bytes,
                })
                .to_string(),
            );
        }
        context.console.message(format!(
            "Distilled {} of {} dimensions to {} in {:.2} s ({})",
            count(distilled.entries, "vector"),
            thousands(distilled.dimensions),
            files::show(output),
            start.elapsed().as_secs_f64(),
            size(bytes)
        ));
        Ok(())
    }
}
