//! `bot parse`: what is understood of a text, of each line of a file, or of stdin; Rasa's JSON.

use std::{
    io::{BufRead, IsTerminal},
    path::PathBuf,
};

use super::{Context, Format, duckling_url};
use crate::{
    actions::Duckling,
    console::ExitStatus,
    diagnostic::{Diagnostic, Error, Result},
    files,
    model::{Folder, Model},
};

/// What to parse.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// One text.
    pub text: Option<String>,
    /// A file with one text a line; `-` is stdin.
    pub file: Option<PathBuf>,
    /// Model: a file, a folder, or a name in `models/`.
    pub model: Option<PathBuf>,
    /// Also say which words decided.
    pub explain: bool,
}

/// Parses.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let paths = context.project_or_current();
    if request.text.is_none() && request.file.is_none() && std::io::stdin().is_terminal() {
        return Err(Error::cannot(
            Diagnostic::error("parse::nothing", "there is nothing to parse")
                .help("`bot parse \"some text\"`, `bot parse --file FILE`, or pipe lines into it"),
        ));
    }
    let (_, mut model) = Folder::new(&paths.models).load(request.model.as_deref())?;
    let duckling = Duckling::connect(&mut model, duckling_url(&paths));
    let tell = |context: &mut Context| {
        if let Some(note) = duckling.as_ref().and_then(|server| server.note()) {
            context.console.message(format!("warning: {note}"));
        }
    };
    if let Some(text) = &request.text {
        let value = parse(&model, text, request.explain);
        let shown = if context.format == Format::JsonLines {
            value.to_string()
        } else {
            serde_json::to_string_pretty(&value).unwrap_or_default()
        };
        context.console.result(shown)?;
        tell(context);
        return Ok(ExitStatus::Success);
    }
    let from_file = request.file.as_ref().filter(|path| path.as_os_str() != "-");
    if let Some(path) = from_file {
        let bytes = files::read(path)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            context.check_stop()?;
            context
                .console
                .result(parse(&model, line, request.explain).to_string())?;
            tell(context);
        }
        return Ok(ExitStatus::Success);
    }
    let mut line = Vec::new();
    let mut input = context.input();
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line).map_err(|error| {
            Error::cannot(Diagnostic::error(
                "parse::stdin",
                format!("stdin cannot be read: {error}"),
            ))
        })?;
        if read == 0 {
            context.check_stop()?;
            return Ok(ExitStatus::Success);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        context
            .console
            .result(parse(&model, text, request.explain).to_string())?;
        tell(context);
        context.console.flush()?;
    }
}

fn parse(model: &Model, text: &str, explain: bool) -> serde_json::Value {
    let mut value = serde_json::to_value(model.parse(text)).unwrap_or_default();
    if explain
        && let Some(explanation) = model.explain(text)
        && let Some(map) = value.as_object_mut()
    {
        map.insert(
            "explanation".into(),
            serde_json::to_value(&explanation).unwrap_or_default(),
        );
    }
    value
}
