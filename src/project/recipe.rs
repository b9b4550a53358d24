//! Files that let a CI service test a project.

/// Services with a recipe: name, path of the file, its text.
const ALL: [(&str, &str, &str); 2] = [
    (
        "github",
        ".github/workflows/bot.yml",
        include_str!("../../recipes/github.yml"),
    ),
    (
        "gitlab",
        ".gitlab-ci.yml",
        include_str!("../../recipes/gitlab.yml"),
    ),
];

/// Returns path and text of the recipe for a service; `None` if there is none.
pub fn recipe(service: &str) -> Option<(&'static str, &'static str)> {
    ALL.iter()
        .find(|(name, ..)| *name == service)
        .map(|(_, path, text)| (*path, *text))
}
