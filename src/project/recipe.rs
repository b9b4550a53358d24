//! Files that let a CI service test a project.

use std::path::{Path, PathBuf};

use crate::files;

/// Services with a recipe: name, path of the file in the repository, its text with the names of the project left open.
const ALL: [(&str, &str, &str); 2] = [
    (
        "github",
        ".github/workflows/{name}.yml",
        include_str!("../../recipes/github.yml"),
    ),
    (
        "gitlab",
        ".gitlab-ci.yml",
        include_str!("../../recipes/gitlab.yml"),
    ),
];

/// A recipe for one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Where the service looks for it: below the top of the repository.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// The folder of the project in the repository; nothing at its top.
    pub folder: String,
}

impl Recipe {
    /// Tells whether the name of the folder means in shells, patterns and YAML what it says.
    pub fn is_plain(&self) -> bool {
        let plain = |c: char| c.is_alphanumeric() || "._-/ ".contains(c);
        self.folder.chars().all(plain)
    }
}

/// Returns the recipe of a service for the project in a folder, which need not exist yet; `None` if there is none.
///
/// In a repository the file belongs at its top, and names the folder where the project is not that top itself.
pub fn recipe(service: &str, root: &Path) -> Option<Recipe> {
    let (_, path, text) = ALL.iter().find(|(name, ..)| *name == service)?;
    let (top, folder) = repository(root).unwrap_or((root.to_owned(), String::new()));
    let (name, within, mark) = if folder.is_empty() {
        ("bot".to_owned(), String::new(), "bot test".to_owned())
    } else {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = folder.chars().map(plain).collect();
        (
            format!("bot-{name}"),
            format!("{folder}/"),
            format!("bot test {folder}"),
        )
    };
    let here = if folder.is_empty() { "." } else { &folder };
    // Where people are the path reads better without what they know.
    let top = if top == root || files::absolute(root) == files::absolute(&top) {
        root.to_owned()
    } else {
        top
    };
    let text = text
        .replace("{name}", &name)
        .replace("{folder}", here)
        .replace("{in}", &within)
        .replace("{mark}", &mark);
    Some(Recipe {
        path: top.join(path.replace("{name}", &name)),
        text,
        folder,
    })
}

/// Returns the top of the repository that a folder is in, or will be, and its path from there.
fn repository(folder: &Path) -> Option<(PathBuf, String)> {
    let folder = files::absolute(folder)?;
    let there = folder.ancestors().find(|above| above.is_dir())?;
    let (top, inside) = files::in_repository(there)?;
    let rest = files::show(folder.strip_prefix(there).ok()?);
    let parts = [inside, rest];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Some((top, parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_stands_at_the_top_of_the_repository_and_names_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let alone = recipe("github", &top.join("new")).unwrap();
        assert_eq!(alone.path, top.join("new/.github/workflows/bot.yml"));
        assert!(alone.text.contains("working-directory: .\n"));
        std::fs::create_dir(top.join(".git")).unwrap();
        assert_eq!(
            recipe("github", &top).unwrap().path,
            top.join(".github/workflows/bot.yml")
        );
        let inside = recipe("github", &top.join("bots/o k")).unwrap();
        assert_eq!(inside.path, top.join(".github/workflows/bot-bots-o-k.yml"));
        for said in [
            "working-directory: bots/o k\n",
            "path: bots/o k/models\n",
            "hashFiles('bots/o k/bot-test.md')",
            "[//]: # (bot test bots/o k)",
        ] {
            assert!(inside.text.contains(said), "{said}: {}", inside.text);
        }
        let gitlab = recipe("gitlab", &top.join("a")).unwrap();
        assert_eq!(gitlab.path, top.join(".gitlab-ci.yml"));
        assert!(gitlab.text.contains("\nbot-a:\n") && gitlab.text.contains("cd \"a\"\n"));
        assert!(recipe("other", &top).is_none());
    }
}
