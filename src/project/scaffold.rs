//! Templates: whole small projects that live in the binary.

use include_dir::{Dir, include_dir};

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// All templates with what they are for, the default first.
pub const ALL: [(&str, &str); 3] = [
    (
        "starter",
        "small talk, jokes, and a coffee ordered in three turns",
    ),
    (
        "support",
        "customer support: order numbers, returns, buttons, fallback",
    ),
    ("faq", "one answer to each question"),
];

/// Returns the files of a template with their paths below the project, sorted; `None` if there is no such template.
///
/// The project's name becomes its `assistant_id`.
pub fn template(template: &str, name: &str) -> Option<Vec<(String, String)>> {
    let folder = TEMPLATES.get_dir(template)?;
    let mut files = Vec::new();
    collect(folder, template, &mut files);
    for (path, text) in &mut files {
        if path == "config.yml" {
            let id = crate::yaml::emit::scalar(name);
            *text = text.replace(
                &format!("assistant_id: {template}\n"),
                &format!("assistant_id: {id}\n"),
            );
        }
    }
    files.sort();
    Some(files)
}

fn collect(folder: &Dir<'_>, template: &str, files: &mut Vec<(String, String)>) {
    for file in folder.files() {
        let path = crate::files::show(file.path());
        let path = path
            .strip_prefix(&format!("{template}/"))
            .unwrap_or(&path)
            .to_owned();
        files.push((path, file.contents_utf8().unwrap_or_default().to_owned()));
    }
    for inner in folder.dirs() {
        collect(inner, template, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_template_and_no_other() {
        let mut names: Vec<String> = TEMPLATES
            .dirs()
            .map(|dir| dir.path().display().to_string())
            .collect();
        names.sort();
        let mut listed: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(names, listed);
    }

    #[test]
    fn a_template_takes_the_name_of_its_project() {
        let files = template("starter", "my bot: 1").unwrap();
        let config = &files
            .iter()
            .find(|(path, _)| path == "config.yml")
            .unwrap()
            .1;
        assert!(
            config.contains("assistant_id: 'my bot: 1'")
                || config.contains("assistant_id: \"my bot: 1\""),
            "{config}"
        );
        assert!(files.iter().any(|(path, _)| path == "data/nlu.yml"));
        assert_eq!(template("none", "x"), None);
    }
}
