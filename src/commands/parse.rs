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
    nlu::{self, Neighbour, Neighbours},
    project::{self, Paths},
    report,
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
    let domain = model.domain.clone();
    let tell = |context: &mut Context, text: &str| {
        for doubt in nlu::payload_doubts(text, &domain) {
            context.console.message(format!("warning: {doubt}"));
        }
        if let Some(note) = duckling.as_ref().and_then(|server| server.note()) {
            context.console.message(format!("warning: {note}"));
        }
    };
    // Only for explanations; a project that cannot be read has no neighbours to show.
    let examples = request
        .explain
        .then(|| Examples::load(&model, &paths, context));
    let examples = examples.flatten();
    let people = context.for_people
        || (request.explain
            && request.text.is_some()
            && context.format == Format::Human
            && std::io::stdout().is_terminal());
    let (ascii, format) = (context.console.ascii(), context.format);
    let shown = |text: &str| {
        if people {
            let lines = for_people(&model, text, request.explain, examples.as_ref(), ascii);
            match &request.text {
                Some(_) => lines,
                None => format!("{text}\n{lines}\n"),
            }
        } else {
            let value = parse(&model, text, request.explain, examples.as_ref());
            // One text is for reading, lines are one a line.
            if request.text.is_some() && format != Format::JsonLines {
                serde_json::to_string_pretty(&value).unwrap_or_default()
            } else {
                value.to_string()
            }
        }
    };
    if let Some(text) = &request.text {
        let shown = shown(text);
        context.console.result(shown)?;
        tell(context, text);
        return Ok(ExitStatus::Success);
    }
    let from_file = request.file.as_ref().filter(|path| path.as_os_str() != "-");
    if let Some(path) = from_file {
        let bytes = files::read(path)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            context.check_stop()?;
            let shown = shown(line);
            context.console.result(shown)?;
            tell(context, line);
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
        let shown = shown(text);
        context.console.result(shown)?;
        tell(context, text);
        context.console.flush()?;
    }
}

/// The examples of the project, to name those most like a message.
struct Examples {
    neighbours: Neighbours,
    /// Text, intent and place of each.
    all: Vec<(String, String, String)>,
}

/// Neighbours that are named.
const NEAREST: usize = 3;

impl Examples {
    fn load(model: &Model, paths: &Paths, context: &mut Context) -> Option<Self> {
        let loaded = project::load(paths, &mut context.sources).ok()?;
        let mut seen = std::collections::HashSet::new();
        let all: Vec<(String, String, String)> = loaded
            .assistant
            .training
            .examples
            .into_iter()
            .filter(|example| seen.insert((example.text.clone(), example.intent.clone())))
            .map(|example| {
                let place = context.sources.place(example.origin).to_string();
                (example.text, example.intent, place)
            })
            .collect();
        let texts = all.iter().map(|(text, ..)| text.as_str());
        Some(Self {
            neighbours: Neighbours::new(&model.nlu, texts),
            all,
        })
    }

    fn of(&self, model: &Model, text: &str) -> Vec<Neighbour> {
        let found = self.neighbours.of(&model.nlu, text, NEAREST);
        let named = found.into_iter().filter_map(|(at, similarity)| {
            let (text, intent, place) = self.all.get(at)?.clone();
            Some(Neighbour {
                text,
                intent,
                similarity,
                place,
            })
        });
        named.collect()
    }
}

/// Returns what is understood of a message in lines for people.
fn for_people(
    model: &Model,
    text: &str,
    explain: bool,
    examples: Option<&Examples>,
    ascii: bool,
) -> String {
    let nearest = examples.map(|examples| examples.of(model, text));
    let explanation = explain.then(|| model.explain(text)).flatten();
    let decision = explain.then(|| model.decision(text));
    let lines = report::explain::lines(
        &model.parse(text),
        decision.as_ref(),
        explanation.as_ref(),
        &nearest.unwrap_or_default(),
        ascii,
    );
    lines.join("\n")
}

fn parse(
    model: &Model,
    text: &str,
    explain: bool,
    examples: Option<&Examples>,
) -> serde_json::Value {
    let mut value = serde_json::to_value(model.parse(text)).unwrap_or_default();
    if explain && let Some(map) = value.as_object_mut() {
        let decision = serde_json::to_value(model.decision(text));
        map.insert("decision".into(), decision.unwrap_or_default());
    }
    if explain
        && let Some(explanation) = model.explain(text)
        && let Some(map) = value.as_object_mut()
    {
        map.insert(
            "explanation".into(),
            serde_json::to_value(&explanation).unwrap_or_default(),
        );
    }
    if let Some(examples) = examples
        && let Some(map) = value.as_object_mut()
    {
        let nearest = serde_json::to_value(examples.of(model, text));
        map.insert("nearest".into(), nearest.unwrap_or_default());
    }
    value
}
