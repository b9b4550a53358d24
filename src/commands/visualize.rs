//! `bot visualize`: stories and rules as a picture, with what tests go through.

use std::path::PathBuf;

use super::{Context, has_errors, show_findings};
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
    /// How far back two points must have gone the same way to be one.
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
    let to_stdout = request
        .out
        .as_ref()
        .is_some_and(|out| out.as_os_str() == "-");
    let out = request
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from("graph.html"));
    let form = request.form.unwrap_or_else(|| form_of(&out, to_stdout));
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

fn form_of(out: &std::path::Path, to_stdout: bool) -> Form {
    match out.extension().and_then(|end| end.to_str()) {
        Some("dot" | "gv") => Form::Dot,
        Some("svg") => Form::Svg,
        Some("mmd" | "mermaid" | "md") => Form::Mermaid,
        _ if to_stdout => Form::Mermaid,
        _ => Form::Html,
    }
}
