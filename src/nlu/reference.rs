//! `docs/components.md`, written from the registry.

use std::{fmt::Write, fs, path::Path};

use super::registry::{self, Row};

const HEAD: &str = "# Components

Every name that `pipeline:` in config.yml may hold, with its options and their defaults. All take `alias`; what tells
intents also takes `featurizers`, the aliases it reads, and `ranking_length` (10; 0 is all). Written from
`src/nlu/registry.rs` by a test; `BOT_WRITE_DOCS=1 cargo test --lib reference` writes it anew.

";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for Row {
        name,
        does,
        needs,
        gives,
        options,
    } in registry::rows()
    {
        let _ = write!(
            page,
            "## {name}\n\n{does}\n\nNeeds {needs}; gives {gives}.\n"
        );
        if !options.is_empty() {
            page += "\n| Option | Default |\n|---|---|\n";
            for (option, default) in options {
                let _ = writeln!(page, "| `{option}` | {default} |");
            }
        }
        page += "\n";
    }
    page.trim_end().to_owned() + "\n"
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the page is written where its writer asks for it"
)]
fn the_page_of_components_is_what_the_registry_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/components.md");
    if std::env::var_os("BOT_WRITE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    assert!(
        written == page(),
        "docs/components.md is not what the registry says: run with BOT_WRITE_DOCS=1"
    );
}
