//! `bot migrate`: the files of a project of Rasa 2, written as 3.1 by the smallest textual change.

use std::path::{Path, PathBuf};

use super::{
    Change, Paths,
    discover::yaml_files,
    domain,
    edit::Document,
    format::yaml_files_of,
    load::{compare_to_3_1, load},
    migrate::Old,
    read_domain, write_domain,
    write_domain::{form, mapping},
};
use crate::{
    data::{Domain, Slot},
    diagnostic::{Result, Sources},
    files,
    text::{Span, line_start, next_line},
    yaml::{
        Node,
        emit::{self, Layout, fragment},
    },
};

/// What migrating changes.
#[derive(Clone, Debug, Default)]
pub struct Migration {
    /// The files that change.
    pub changes: Vec<Change>,
    /// Files that had to be written anew, so that their comments are lost.
    pub rewritten: Vec<String>,
}

/// Plans the migration of a whole project; files of version 3.1 that say nothing old do not change.
pub fn migration(paths: &Paths, sources: &mut Sources) -> Result<Migration> {
    let merged = load(paths, sources)?.assistant.domain;
    let mut roots = vec![paths.domain.clone()];
    roots.extend(paths.more_domains.iter().cloned());
    roots.retain(|root| root.exists());
    let domains = yaml_files(&roots)?;
    let mut all = yaml_files_of(paths)?;
    all.extend(domains.iter().cloned());
    all.sort();
    all.dedup();
    let mut found = Migration::default();
    for path in all {
        let bytes = files::read(&path)?;
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            continue;
        };
        let Ok(document) = Document::new(&paths.show(&path), &text) else {
            continue;
        };
        let is_domain = domains.contains(&path) && domain::is_domain(document.root());
        let new = if is_domain {
            let (new, is_rewritten) = migrated_domain(&document, &text, &merged);
            if is_rewritten {
                found.rewritten.push(paths.show(&path));
            }
            new
        } else {
            patched(&text, version(document.root(), false).into_iter().collect())
        };
        if new != text {
            found.changes.push(change(&path, paths, bytes, new));
        }
    }
    Ok(found)
}

fn change(path: &Path, paths: &Paths, old: Vec<u8>, new: String) -> Change {
    Change {
        path: path.to_owned(),
        shown: paths.show(path),
        old: Some(old),
        new: new.into_bytes(),
        about: "version 3.1".to_owned(),
    }
}

/// Returns copies of what changes, below a folder of the project.
pub fn kept_originals(changes: &[Change], paths: &Paths, folder: &str) -> Vec<Change> {
    let root: PathBuf = paths.root.join(folder);
    changes
        .iter()
        .filter_map(|change| {
            let path = root.join(&change.shown);
            Some(Change {
                shown: files::show(&path),
                path,
                old: None,
                new: change.old.clone()?,
                about: "as it was".to_owned(),
            })
        })
        .collect()
}

/// A piece of a text and what takes its place.
type Patch = (Span, String);

fn patched(text: &str, mut patches: Vec<Patch>) -> String {
    patches.sort_by_key(|(span, _)| *span);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (span, new) in patches {
        if span.start < at {
            continue;
        }
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(&new);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Returns the patch of an old `version`; a domain without one gets it, so that it is held to it from now on.
fn version(root: &Node, needs_one: bool) -> Option<Patch> {
    let quoted = emit::quoted("3.1");
    match root.get("version") {
        Some(node) => {
            let written = node.text()?.trim();
            let is_old = compare_to_3_1(written) == Some(std::cmp::Ordering::Less);
            let is_number = node.number().is_some();
            (is_old || is_number).then_some((node.span, quoted))
        }
        None if needs_one => {
            let first = root.entries()?.first()?.0.span.start;
            Some((Span::new(first, first), format!("version: {quoted}\n\n")))
        }
        None => None,
    }
}

/// Returns a domain file as version 3.1, and whether it had to be written anew.
fn migrated_domain(document: &Document, text: &str, merged: &Domain) -> (String, bool) {
    let root = document.root();
    let mut old = Old::default();
    let own = document.read(|reader| domain::read(reader, root, &mut old));
    if !old.says_something() {
        return (
            patched(text, version(root, false).into_iter().collect()),
            false,
        );
    }
    let expected = Domain {
        slots: own
            .slots
            .iter()
            .filter_map(|slot| merged.slot(&slot.name).cloned())
            .collect(),
        forms: own
            .forms
            .iter()
            .filter_map(|form| merged.form(&form.name).cloned())
            .collect(),
        ..own
    };
    let new = patched(text, patches(root, text, &expected));
    let read = read_domain("", &new, &mut Sources::new());
    let expected = write_domain(&expected);
    match read {
        Ok(read) if write_domain(&read) == expected => (new, false),
        _ => (expected, true),
    }
}

fn patches(root: &Node, text: &str, expected: &Domain) -> Vec<Patch> {
    let mut patches: Vec<Patch> = version(root, true).into_iter().collect();
    if let Some((key, _)) = root.entry("templates") {
        patches.push((key.span, "responses".to_owned()));
    }
    for (key, body) in root
        .get("slots")
        .and_then(Node::entries)
        .unwrap_or_default()
    {
        if let Some(slot) = key.text().and_then(|name| expected.slot(name)) {
            patches.extend(slot_patches(key, body, text, slot));
        }
    }
    if let Some((_, forms)) = root.entry("forms") {
        let new: Vec<_> = expected.forms.iter().map(form).collect();
        let first = forms
            .items()
            .and_then(<[Node]>::first)
            .or_else(|| forms.entries().and_then(<[_]>::first).map(|(key, _)| key));
        if let (Some(first), false) = (first, new.is_empty()) {
            let start = line_start(text, first.span.start);
            let end = after_line(text, last_leaf(forms).span.end);
            let new = fragment(&emit::Node::Map(new), 2, Layout::CANONICAL);
            patches.push((Span::new(start, end), new));
        }
    }
    patches
}

fn slot_patches(key: &Node, body: &Node, text: &str, slot: &Slot) -> Vec<Patch> {
    let mut patches = Vec::new();
    if let Some((auto_fill, value)) = body.entry("auto_fill") {
        let start = line_start(text, auto_fill.span.start);
        patches.push((
            Span::new(start, after_line(text, value.span.end)),
            String::new(),
        ));
    }
    if let Some(kind) = body.get("type")
        && kind
            .text()
            .is_some_and(|kind| kind.to_lowercase().contains("unfeaturized"))
    {
        patches.push((kind.span, "any".to_owned()));
    }
    let first = body.entries().and_then(<[_]>::first).map(|(key, _)| key);
    let indent = first.map_or_else(
        || key.span.start - line_start(text, key.span.start) + 2,
        |first| first.span.start - line_start(text, first.span.start),
    );
    let mappings = slot.mappings.iter().map(mapping).collect();
    let new = emit::Node::Map(vec![("mappings".to_owned(), emit::Node::List(mappings))]);
    let new = fragment(&new, indent, Layout::CANONICAL);
    let span = if let Some((key, value)) = body.entry("mappings") {
        Span::new(
            line_start(text, key.span.start),
            after_line(text, last_leaf(value).span.end),
        )
    } else {
        let end = after_line(text, last_leaf(body).span.end.max(key.span.end));
        Span::new(end, end)
    };
    patches.push((span, new));
    patches
}

/// Returns the last scalar inside a node, whose end is the node's own in the text.
fn last_leaf(node: &Node) -> &Node {
    let inner = node
        .items()
        .and_then(<[Node]>::last)
        .or_else(|| node.entries().and_then(<[_]>::last).map(|(_, value)| value));
    inner.map_or(node, last_leaf)
}

/// Returns the byte after the end of the line; a piece that ends with its line ends there.
fn after_line(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    if at > 0 && bytes.get(at - 1) == Some(&b'\n') {
        return at;
    }
    next_line(text, at)
}
