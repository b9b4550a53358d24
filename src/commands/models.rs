//! `bot models list|show|diff`: what each model was trained on and how good it is.

use std::path::PathBuf;

use serde_json::json;

use super::{Context, Format, train::size};
use crate::{
    console::ExitStatus,
    diagnostic::{Result, count},
    files,
    model::{Folder, Metadata},
};

/// What to show.
#[derive(Clone, Debug)]
pub enum Request {
    /// All models of the project.
    List,
    /// One model.
    Show(Option<PathBuf>),
    /// What differs between two.
    Diff(PathBuf, PathBuf),
}

/// Shows models.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let paths = context.project_or_current();
    let folder = Folder::new(&paths.models);
    match request {
        Request::List => list(&folder, context),
        Request::Show(name) => {
            let (path, model) = folder.load(name.as_deref())?;
            if context.format == Format::Json {
                let report = json!({
                    "bot": env!("CARGO_PKG_VERSION"), "schema": 1, "model": files::show(&path), "metadata": model.metadata,
                });
                context.console.result(report.to_string())?;
            } else {
                context.console.result(files::show(&path))?;
                for (name, value) in facts(&model.metadata) {
                    context.console.result(format!("  {name:<12} {value}"))?;
                }
            }
            Ok(ExitStatus::Success)
        }
        Request::Diff(a, b) => {
            let (a, b) = (folder.load(Some(a))?.1, folder.load(Some(b))?.1);
            let (old, new) = (facts(&a.metadata), facts(&b.metadata));
            if context.format == Format::Json {
                let report = json!({
                    "bot": env!("CARGO_PKG_VERSION"), "schema": 1, "a": a.metadata, "b": b.metadata,
                    "changed_parts": changed_parts(&a.metadata, &b.metadata),
                });
                context.console.result(report.to_string())?;
                return Ok(ExitStatus::Success);
            }
            context.console.result(format!(
                "  {:<12} {:<28} {}",
                "", a.metadata.id, b.metadata.id
            ))?;
            for ((name, old), (_, new)) in old.iter().zip(&new) {
                let mark = if old == new { ' ' } else { '*' };
                context
                    .console
                    .result(format!("{mark} {name:<12} {old:<28} {new}"))?;
            }
            let intents = |model: &crate::model::Model| -> std::collections::BTreeSet<String> {
                model
                    .domain
                    .intents
                    .iter()
                    .map(|intent| intent.name.clone())
                    .collect()
            };
            let (before, after) = (intents(&a), intents(&b));
            for name in after.difference(&before) {
                context.console.result(format!("+ intent {name}"))?;
            }
            for name in before.difference(&after) {
                context.console.result(format!("- intent {name}"))?;
            }
            let parts = changed_parts(&a.metadata, &b.metadata);
            let parts = if parts.is_empty() {
                "no part differs".to_owned()
            } else {
                format!("differ: {}", parts.join(", "))
            };
            context.console.result(parts)?;
            Ok(ExitStatus::Success)
        }
    }
}

fn list(folder: &Folder, context: &mut Context) -> Result<ExitStatus> {
    let (models, others) = folder.list();
    if context.format == Format::Json {
        let models: Vec<_> = models
            .iter()
            .map(|entry| json!({"file": files::show(&entry.path), "bytes": entry.bytes, "metadata": entry.metadata}))
            .collect();
        let report = json!({"bot": env!("CARGO_PKG_VERSION"), "schema": 1, "models": models, "others": others});
        context.console.result(report.to_string())?;
        return Ok(ExitStatus::Success);
    }
    for entry in &models {
        let figures = &entry.metadata.figures;
        let accuracy = figures
            .cross_validated_accuracy
            .map_or(String::new(), |accuracy| {
                format!("  cross-validated {accuracy:.3}")
            });
        context.console.result(format!(
            "{}  {:>7}  {} · {}{accuracy}",
            files::show(&entry.path),
            size(entry.bytes),
            count(figures.intents, "intent"),
            count(figures.examples, "example"),
        ))?;
    }
    if models.is_empty() {
        context.console.say("no models yet; `bot train` makes one");
    }
    if others > 0 {
        context.console.say(format!(
            "{} of other programs left alone",
            count(others, "archive")
        ));
    }
    Ok(ExitStatus::Success)
}

fn facts(metadata: &Metadata) -> Vec<(&'static str, String)> {
    let figures = &metadata.figures;
    vec![
        ("id", metadata.id.clone()),
        ("trained", metadata.trained_at.clone()),
        ("bot", metadata.bot.clone()),
        (
            "assistant",
            metadata.assistant_id.clone().unwrap_or_default(),
        ),
        ("classifier", figures.classifier.clone()),
        ("seed", metadata.seed.to_string()),
        ("intents", figures.intents.to_string()),
        ("examples", figures.examples.to_string()),
        ("features", figures.features.to_string()),
        ("annotations", figures.annotations.to_string()),
        ("stories", figures.stories.to_string()),
        (
            "validated",
            figures
                .cross_validated_accuracy
                .map_or("-".into(), |accuracy| format!("{accuracy:.4}")),
        ),
        ("files", metadata.sources.len().to_string()),
    ]
}

fn changed_parts(a: &Metadata, b: &Metadata) -> Vec<String> {
    let names = a
        .parts
        .keys()
        .chain(b.parts.keys())
        .collect::<std::collections::BTreeSet<_>>();
    names
        .into_iter()
        .filter(|name| a.parts.get(*name) != b.parts.get(*name))
        .cloned()
        .collect()
}
