//! `bot visualize`: stories and rules as a picture, with what tests go through.

use std::path::PathBuf;

use super::{Context, Format, has_errors, show_findings};
use crate::{
    console::ExitStatus,
    data::StoryKind,
    diagnostic::{Diagnostic, Error, Result, count},
    eval::graph::Graph,
    files, project,
    report::graph,
};

/// Form of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Mermaid.
    Mermaid,
    /// Graphviz's dot.
    Dot,
    /// SVG.
    Svg,
    /// An HTML page.
    Html,
    /// JSON, schema 1.
    Json,
}

/// What to draw.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders in the place of the project's usual ones.
    pub places: super::Places,
    /// Where to; `-` is stdout.
    pub out: Option<PathBuf>,
    /// Form; by default what the file's name says.
    pub form: Option<Form>,
    /// How many steps on from two points must be the same for them to be one.
    pub max_history: usize,
    /// Pieces of the names of stories and rules; without any all are drawn.
    pub names: Vec<String>,
    /// Leave rules out.
    pub no_rules: bool,
    /// Overwrite the file.
    pub force: bool,
}

/// Draws.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let paths = context.project_or_named(&request.places)?;
    let as_json = match context.format {
        // Two of them say how mistakes are shown.
        Format::Human | Format::Concise | Format::Github => false,
        Format::Json => true,
        Format::JsonLines | Format::Junit | Format::Gitlab | Format::Markdown => {
            return Err(unknown_form("`--format` is `json` or left out here"));
        }
    };
    // JSON that is asked for as every command gives it goes to stdout, as every command's.
    let out = request.out.clone().unwrap_or_else(|| {
        let name = if as_json { "-" } else { "graph.html" };
        PathBuf::from(name)
    });
    let to_stdout = out.as_os_str() == "-";
    let form = match request.form.or_else(|| form_of(&out)) {
        Some(form) => form,
        None if as_json => Form::Json,
        None if to_stdout => Form::Mermaid,
        None => {
            let what = format!(
                "the name of {} does not say what to draw",
                files::show(&out)
            );
            return Err(unknown_form(&what));
        }
    };
    if as_json && form != Form::Json {
        return Err(unknown_form(
            "`--json` asks for JSON, the file for something else",
        ));
    }
    if request.out.is_none() && out.exists() && !request.force {
        let what = format!("{} exists", files::show(&out));
        return Err(Error::cannot(
            Diagnostic::error("file::exists", what)
                .help("`--out FILE` names another, `--force` overwrites it"),
        ));
    }
    let loaded = project::load(&paths, &mut context.sources)?;
    let findings = loaded
        .assistant
        .config
        .judge(loaded.findings, &context.sources);
    if has_errors(&findings) {
        return Err(Error::Findings(findings));
    }
    let tests = project::load_tests(&paths.tests, &paths, &mut context.sources)?;
    show_findings(context, &tests.findings);
    let mut stories = loaded.assistant.stories;
    stories.retain(|story| {
        (story.kind == StoryKind::Story || !request.no_rules) && story.is_called(&request.names)
    });
    if stories.is_empty() {
        return Err(Error::Nothing(Box::new(Diagnostic::error(
            "visualize::nothing",
            "there is no story or rule to draw",
        ))));
    }
    let picture = Graph::of(&stories, &tests.stories, request.max_history);
    let text = match form {
        Form::Mermaid => graph::mermaid(&picture),
        Form::Dot => graph::dot(&picture),
        Form::Svg => graph::svg(&picture),
        Form::Html => graph::html(&picture),
        Form::Json => format!("{}\n", graph::json(&picture)),
    };
    if to_stdout {
        context.console.raw(text)?;
        return Ok(ExitStatus::Success);
    }
    files::write(&out, text.as_bytes())?;
    let tested = picture.edges.iter().filter(|edge| edge.is_tested).count();
    context.console.message(format!(
        "Wrote {}: {}, {}, {tested} tested",
        files::show(&out),
        count(picture.nodes.len(), "node"),
        count(picture.edges.len(), "way")
    ));
    Ok(ExitStatus::Success)
}

fn unknown_form(what: &str) -> Error {
    Error::cannot(Diagnostic::error("visualize::unknown-form", what).help(
        "a name ends in .html, .svg, .dot, .gv, .mmd, .mermaid, .md or .json; `--form` names another",
    ))
}

/// Returns the form that the name of a file says, if any.
fn form_of(out: &std::path::Path) -> Option<Form> {
    let end = out.extension()?.to_str()?.to_ascii_lowercase();
    match end.as_str() {
        "html" | "htm" => Some(Form::Html),
        "svg" => Some(Form::Svg),
        "dot" | "gv" => Some(Form::Dot),
        "mmd" | "mermaid" | "md" => Some(Form::Mermaid),
        "json" => Some(Form::Json),
        _ => None,
    }
}
