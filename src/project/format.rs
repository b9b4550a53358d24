//! Files in canonical form: how Rasa writes them, with all that stands in them.

use std::path::{Path, PathBuf};

use super::{
    Change, Paths,
    discover::{is_yaml, yaml_files},
    domain,
    meaning::{Meaning, is_lines},
    problem, utf8,
};
use crate::{
    data::Json,
    diagnostic::{Diagnostic, Origin, Result, Severity, SourceId, Sources},
    files,
    text::Span,
    yaml::{self, Limits, Node, NodeKind, Style},
};

/// A file in canonical form, or why it stays as it is.
#[derive(Clone, Debug)]
pub struct Formatted {
    /// Its path as shown to people.
    pub shown: String,
    /// What happens to it; none where it stays as it is although it may not be canonical.
    pub change: Option<Change>,
    /// Why it stays as it is, or what is worth telling.
    pub findings: Vec<Diagnostic>,
}

/// Returns the YAML files of a project: configuration, domain, data, tests, endpoints and credentials.
pub fn yaml_files_of(paths: &Paths) -> Result<Vec<PathBuf>> {
    let single = ["endpoints.yml", "credentials.yml"].map(|name| paths.root.join(name));
    let roots: Vec<PathBuf> = std::iter::once(&paths.config)
        .chain([&paths.domain])
        .chain(&paths.data)
        .chain(&paths.tests)
        .chain(&single)
        .filter(|path| path.exists())
        .cloned()
        .collect();
    yaml_files(&roots)
}

/// Returns canonical forms of files; a folder stands for the YAML files in it.
pub fn format(files: &[PathBuf], sources: &mut Sources) -> Result<Vec<Formatted>> {
    let mut all = Vec::new();
    for path in files {
        if path.is_dir() {
            all.extend(yaml_files(std::slice::from_ref(path))?);
        } else {
            all.push(path.clone());
        }
    }
    all.iter().map(|path| format_file(path, sources)).collect()
}

fn format_file(path: &Path, sources: &mut Sources) -> Result<Formatted> {
    let old = files::read_limited(path, files::PROJECT_LIMIT)?;
    let shown = files::show(path);
    let mut formatted = Formatted {
        shown: shown.clone(),
        change: None,
        findings: Vec::new(),
    };
    let text = match utf8::decode(old.clone(), &shown, sources) {
        Ok(text) => text,
        Err(finding) => {
            formatted.findings.push(finding);
            return Ok(formatted);
        }
    };
    let source = sources.add(shown.clone(), text.clone());
    if !is_yaml(path) && !text.contains(':') {
        return Ok(formatted);
    }
    match format_text(source, &text) {
        Ok((new, told)) => {
            formatted.findings.extend(told);
            formatted.change = Some(Change {
                path: path.to_owned(),
                shown,
                old: Some(old),
                new: new.into_bytes(),
                about: String::new(),
            });
        }
        Err(why) => formatted.findings.push(why),
    }
    Ok(formatted)
}

impl Formatted {
    /// Tells whether the file is broken.
    pub fn is_broken(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// Tells whether the file is not in canonical form.
    pub fn would_change(&self) -> bool {
        self.change.as_ref().is_some_and(Change::is_change)
    }
}

/// Returns a text in canonical form and what is worth telling of it; or why it must stay as it is.
///
/// The result is read again and says exactly what the text said, apart from a `version` that was a number.
pub fn format_text(
    source: SourceId,
    text: &str,
) -> std::result::Result<(String, Option<Diagnostic>), Diagnostic> {
    let root = yaml::parse(source, text, Limits::default())?;
    let start = Origin::new(source, Span::default());
    let has_lone_return = text.replace("\r\n", "").contains('\r');
    if has_lone_return {
        return Err(problem::not_laid_out(start));
    }
    let mut expected = Meaning::of(&root);
    let (quoted, told) = quote_version(source, text, &root, &mut expected);
    let out = yaml::lay_out(&quoted, &is_lines).ok_or_else(|| problem::not_laid_out(start))?;
    let says = yaml::parse(source, &out, Limits::default()).map(|root| Meaning::of(&root));
    if says.as_ref() != Ok(&expected) || !same_ink(&quoted, &out) {
        return Err(problem::format_would_change(start));
    }
    // What would be laid out otherwise the next time (a second byte-order mark that comes first then) is left alone.
    if yaml::lay_out(&out, &is_lines).as_ref() != Some(&out) {
        return Err(problem::not_laid_out(start));
    }
    Ok((out, told))
}

/// Puts the version of a project's file into double quotes.
fn quote_version(
    source: SourceId,
    text: &str,
    root: &Node,
    expected: &mut Meaning,
) -> (String, Option<Diagnostic>) {
    let unchanged = || (text.to_owned(), None);
    let keys = ["nlu", "stories", "rules", "pipeline", "policies", "recipe"];
    let is_ours = domain::is_domain(root) || keys.iter().any(|key| root.get(key).is_some());
    let Some(version) = root.get("version").filter(|_| is_ours) else {
        return unchanged();
    };
    let NodeKind::Scalar { value, style, .. } = &version.kind else {
        return unchanged();
    };
    let written = version.span.of(text);
    let is_number = version.number().is_some();
    let single = *style == Style::Quoted && written == format!("'{value}'");
    let bare = is_number && written == value.as_ref();
    if !(bare || single) {
        return unchanged();
    }
    let (Some(before), Some(after)) =
        (text.get(..version.span.start), text.get(version.span.end..))
    else {
        return unchanged();
    };
    let told = is_number.then(|| {
        if let Some(said) = expected.get_mut("version") {
            *said = Meaning::Value(Json::String(value.to_string()), false);
        }
        problem::version_quoted(Origin::new(source, version.span))
    });
    (format!("{before}\"{value}\"{after}"), told)
}

/// Tells whether two texts differ in white space only.
fn same_ink(one: &str, other: &str) -> bool {
    let ink = |text: &str| -> String { text.split_whitespace().collect() };
    ink(one) == ink(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str) -> (String, bool) {
        let (once, told) = format_text(SourceId::default(), text).unwrap();
        let (twice, again) = format_text(SourceId::default(), &once).unwrap();
        assert_eq!((&twice, again), (&once, None));
        (once, told.is_some())
    }

    #[test]
    fn a_version_is_a_text_in_double_quotes() {
        assert_eq!(
            out("version: 3.1 # v\nnlu: []\n"),
            ("version: \"3.1\" # v\nnlu: []\n".into(), true)
        );
        assert_eq!(
            out("version: '2.0'\nintents:\n  - a\n"),
            ("version: \"2.0\"\nintents:\n- a\n".into(), false)
        );
        assert_eq!(
            out("version: 3\nservices:\n  a: {}\n").0,
            "version: 3\nservices:\n  a: {}\n"
        );
    }

    #[test]
    fn a_text_that_would_not_stay_as_it_is_laid_out_is_left_alone() {
        // Found by fuzzing: the second byte-order mark would come first.
        let text = "\u{feff}     \u{feff}我م &";
        if let Ok((once, _)) = format_text(SourceId::default(), text) {
            assert_eq!(
                format_text(SourceId::default(), &once),
                Ok((once.clone(), None))
            );
        }
    }

    #[test]
    fn variables_anchors_and_quotes_stay() {
        let text = "a: &x ${HOME}\nb: '${HOME}'\nc: *x\nd:\n  <<: {k: \"v\"}\n";
        assert_eq!(out(text).0, text);
    }

    #[test]
    fn what_cannot_be_laid_out_is_left_alone() {
        for (text, code) in [
            ("? a\n: b\n", "format::left-alone"),
            ("a: 1\rb: 2\n", "format::left-alone"),
            ("a: [\n", "yaml::syntax"),
        ] {
            let why = format_text(SourceId::default(), text).unwrap_err();
            assert_eq!(why.code, code, "{text:?}");
        }
    }
}
