//! Modules may import only what stands below them in this table.

use std::{fs, path::Path};

/// Each module with the modules it may import, from the bottom up. Modules of one layer do not know each other,
/// save those of the lowest, in the order written.
const LAYERS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("diagnostic", &["text"]),
    ("yaml", &["diagnostic", "text"]),
    ("console", &["diagnostic", "text"]),
    ("ml", &["diagnostic", "text"]),
    ("files", &["diagnostic", "text"]),
    ("data", &["diagnostic", "text"]),
    ("embedding", &["diagnostic", "files", "ml", "text"]),
    ("nlu", &["data", "diagnostic", "embedding", "ml", "text"]),
    ("dialogue", &["data", "diagnostic", "ml", "text"]),
    ("project", &["data", "diagnostic", "files", "text", "yaml"]),
    ("dataset", &["data", "diagnostic", "files", "text"]),
    (
        "check",
        &[
            "data",
            "diagnostic",
            "dialogue",
            "files",
            "nlu",
            "project",
            "text",
        ],
    ),
    (
        "model",
        &[
            "data",
            "diagnostic",
            "dialogue",
            "files",
            "ml",
            "nlu",
            "project",
            "text",
            "yaml",
        ],
    ),
    (
        "agent",
        &["data", "diagnostic", "dialogue", "model", "nlu", "text"],
    ),
    (
        "actions",
        &[
            "agent",
            "data",
            "diagnostic",
            "dialogue",
            "files",
            "model",
            "nlu",
            "text",
        ],
    ),
    (
        "eval",
        &[
            "agent",
            "data",
            "diagnostic",
            "dialogue",
            "ml",
            "model",
            "nlu",
            "text",
        ],
    ),
    (
        "workbench",
        &[
            "actions",
            "agent",
            "check",
            "data",
            "dataset",
            "diagnostic",
            "dialogue",
            "eval",
            "files",
            "model",
            "nlu",
            "project",
            "text",
        ],
    ),
    (
        "report",
        &[
            "console",
            "data",
            "diagnostic",
            "dialogue",
            "eval",
            "model",
            "nlu",
            "text",
            "workbench",
        ],
    ),
    (
        "tui",
        &[
            "console",
            "data",
            "diagnostic",
            "dialogue",
            "eval",
            "model",
            "nlu",
            "text",
            "workbench",
        ],
    ),
    (
        "plain",
        &[
            "agent",
            "console",
            "data",
            "diagnostic",
            "dialogue",
            "eval",
            "model",
            "nlu",
            "text",
            "workbench",
        ],
    ),
    (
        "commands",
        &[
            "actions",
            "agent",
            "check",
            "console",
            "data",
            "dataset",
            "diagnostic",
            "dialogue",
            "embedding",
            "eval",
            "files",
            "model",
            "nlu",
            "plain",
            "project",
            "report",
            "text",
            "tui",
            "workbench",
            "yaml",
        ],
    ),
    (
        "cli",
        &[
            "commands",
            "console",
            "dataset",
            "diagnostic",
            "files",
            "model",
        ],
    ),
];

#[test]
fn imports_point_downward() {
    let mut wrong = Vec::new();
    for (module, allowed) in LAYERS {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for (file, text) in sources(&root.join(module)) {
            for (line, used) in crate_paths(&code(&text)) {
                if used != *module && !allowed.contains(&used) {
                    wrong.push(format!("{file}:{line}: `{module}` imports `{used}`"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the layers:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_module_has_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name != "lib" && name != "main" {
            assert!(
                LAYERS.iter().any(|(module, _)| *module == name),
                "`{name}` is in no layer"
            );
        }
    }
}

/// Returns the text without comments, line for line.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the modules named in code, with their lines: the `x` of every `crate::x` and of `crate::{x, …}`.
fn crate_paths(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, marker) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + marker.len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(top_level_names(list).into_iter().map(|name| (line, name))),
            None => found.extend(word(rest).map(|name| (line, name))),
        }
    }
    found
}

/// Returns the first word of each item of a `{a::b, c::{d, e}, f}` list, up to its closing brace.
fn top_level_names(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (i, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.extend(word(&list[start..i]));
                return found;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(word(&list[start..i]));
                start = i + 1;
            }
            _ => {}
        }
    }
    found.extend(word(&list[start..]));
    found
}

fn word(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0 && text.starts_with(|c: char| c.is_lowercase())).then(|| &text[..end])
}

#[test]
fn crate_paths_sees_single_grouped_and_broken_imports() {
    assert_eq!(crate_paths("use crate::text::Span;"), [(1, "text")]);
    assert_eq!(
        crate_paths("\nuse crate::{\n  data::{Json, Step},\n  text::Span\n};"),
        [(2, "data"), (2, "text")]
    );
    assert_eq!(
        crate_paths(&code("let a = crate::files::read(b); // crate::tui")),
        [(1, "files")]
    );
    assert_eq!(crate_paths("use crate::Thing;"), []);
}

fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    found
}
