//! The archive: a tar.gz whose small parts are compressed and whose tensors are stored, so that loading stays fast.
//!
//! `metadata.json` comes first and holds size and CRC-32 of every other part. The archive is two gzip members one after
//! the other, which every tool reads as one file.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

use super::{
    Model,
    metadata::{Checksum, FORMAT, Metadata},
    problem::Problem,
};
use crate::{
    data::Domain,
    diagnostic::{Result, Sources},
    dialogue::Dialogue,
    files,
    nlu::{Pipeline, Unloadable},
    project,
};

const METADATA: &str = "metadata.json";
const CONFIG: &str = "config.yml";
const DOMAIN: &str = "domain.yml";
const NLU: &str = "nlu.json";
const DIALOGUE: &str = "dialogue.json";
const TENSORS: &str = "model.safetensors";
/// Largest content of an archive: more is a bomb.
const LARGEST: u64 = 4 << 30;

/// What goes into an archive beside the metadata.
pub(super) struct Parts {
    pub(super) config: String,
    pub(super) domain: String,
    pub(super) nlu: Vec<u8>,
    pub(super) dialogue: Vec<u8>,
    pub(super) tensors: Vec<u8>,
}

/// Writes an archive atomically and returns its size in bytes.
pub(super) fn write(path: &Path, metadata: &Metadata, parts: &Parts) -> Result<u64> {
    let small: [(&str, &[u8]); 4] = [
        (CONFIG, parts.config.as_bytes()),
        (DOMAIN, parts.domain.as_bytes()),
        (NLU, &parts.nlu),
        (DIALOGUE, &parts.dialogue),
    ];
    let mut metadata = metadata.clone();
    for (name, content) in small
        .iter()
        .copied()
        .chain([(TENSORS, parts.tensors.as_slice())])
    {
        let checksum = Checksum {
            bytes: content.len() as u64,
            crc32: crc32fast::hash(content),
        };
        metadata.parts.insert(name.to_owned(), checksum);
    }
    let mut head = serde_json::to_vec_pretty(&metadata).unwrap_or_default();
    head.push(b'\n');
    files::write_with(path, |file| {
        let mut packed = GzEncoder::new(&mut *file, Compression::default());
        append(&mut packed, METADATA, &head)?;
        for (name, content) in small {
            append(&mut packed, name, content)?;
        }
        packed.finish()?;
        let mut stored = GzEncoder::new(&mut *file, Compression::none());
        append(&mut stored, TENSORS, &parts.tensors)?;
        // A tar ends in two empty blocks.
        stored.write_all(&[0; 1024])?;
        stored.finish()?;
        Ok(())
    })?;
    Ok(std::fs::metadata(path).map_or(0, |meta| meta.len()))
}

fn append(out: &mut impl Write, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name)?;
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    out.write_all(header.as_bytes())?;
    out.write_all(content)?;
    let rest = content.len() % 512;
    if rest > 0 {
        out.write_all(&[0; 512][rest..])?;
    }
    Ok(())
}

/// Reads the metadata alone; `None` where the file is no archive of ours.
pub(super) fn read_metadata(path: &Path) -> Option<Metadata> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(io::BufReader::new(
        File::open(path).ok()?,
    )));
    let first = archive.entries().ok()?.next()?.ok()?;
    if first.path().ok()?.to_str() != Some(METADATA) {
        return None;
    }
    let mut text = String::new();
    first.take(16 << 20).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Reads a whole model, checking everything.
pub(super) fn read(path: &Path) -> Result<Model> {
    let bytes = files::read_limited(path, LARGEST)?;
    load(&bytes, &places(path)).map_err(|problem| problem.at(path))
}

/// Returns the folder below which those that a model names may stand, unless that is where the command was started: the
/// one that holds the folder of models.
fn places(path: &Path) -> Vec<PathBuf> {
    let project = path.canonicalize().ok().and_then(|path| {
        let models = path.parent()?;
        models.parent().map(Path::to_owned)
    });
    project.into_iter().collect()
}

fn load(bytes: &[u8], places: &[PathBuf]) -> Result<Model, Problem> {
    let damaged = |what: &str| Problem::Damaged(what.to_owned());
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(Problem::NotOurs);
    }
    let mut parts = BTreeMap::new();
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes).take(LARGEST));
    let wrong = |error: io::Error| Problem::Damaged(error.to_string());
    let mut first = true;
    for entry in archive.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let name = entry.path().map_err(wrong)?.to_string_lossy().into_owned();
        if first && name != METADATA {
            return Err(Problem::NotOurs);
        }
        first = false;
        let mut content =
            Vec::with_capacity(usize::try_from(entry.size().min(64 << 20)).unwrap_or_default());
        entry.read_to_end(&mut content).map_err(wrong)?;
        parts.insert(name, content);
    }
    let head = parts.remove(METADATA).ok_or(Problem::NotOurs)?;
    let version: serde_json::Value =
        serde_json::from_slice(&head).map_err(|_| damaged("its metadata is no JSON"))?;
    let (Some(bot), Some(format)) = (version["bot"].as_str(), version["format"].as_u64()) else {
        return Err(Problem::NotOurs);
    };
    if format != u64::from(FORMAT) {
        return Err(Problem::OtherFormat {
            bot: bot.to_owned(),
            format: u32::try_from(format).unwrap_or(u32::MAX),
        });
    }
    let metadata: Metadata = serde_json::from_slice(&head)
        .map_err(|error| Problem::Damaged(format!("metadata.json: {error}")))?;
    for (name, checksum) in &metadata.parts {
        let content = parts
            .get(name)
            .ok_or_else(|| Problem::Damaged(format!("`{name}` is missing")))?;
        if content.len() as u64 != checksum.bytes || crc32fast::hash(content) != checksum.crc32 {
            return Err(Problem::Damaged(format!(
                "`{name}` is not what was written"
            )));
        }
    }
    let part = |name: &str| {
        parts
            .get(name)
            .ok_or_else(|| Problem::Damaged(format!("`{name}` is missing")))
    };
    let text = |name: &str| {
        std::str::from_utf8(part(name)?)
            .map_err(|_| Problem::Damaged(format!("`{name}` is no text")))
    };
    let mut sources = Sources::new();
    let config = project::read_config(CONFIG, text(CONFIG)?, &mut sources)
        .map_err(|error| Problem::Damaged(error.to_string()))?;
    let domain: Domain = project::read_domain(DOMAIN, text(DOMAIN)?, &mut sources)
        .map_err(|error| Problem::Damaged(error.to_string()))?;
    let nlu = Pipeline::load(part(NLU)?, part(TENSORS)?, places).map_err(|why| match why {
        Unloadable::Damaged(why) => Problem::Damaged(why),
        Unloadable::Resource(problem) => Problem::Resource(Box::new(problem)),
    })?;
    let dialogue: Dialogue = serde_json::from_slice(part(DIALOGUE)?)
        .map_err(|error| Problem::Damaged(format!("{DIALOGUE}: {error}")))?;
    Ok(Model {
        metadata,
        config,
        domain,
        nlu,
        dialogue,
    })
}
