//! Training data of other formats to a project or to one file, and what is told of it.

use std::{path::PathBuf, time::Instant};

use serde_json::{Value, json};

use super::{Context, Format, Request, folder_name, gather, show_findings, single};
use crate::{
    console::Role,
    data::Assistant,
    diagnostic::{Diagnostic, Error, Result, Severity, Sources, count},
    files::{self, Problem},
    project::{
        self, Change,
        foreign::{self, Import},
    },
    report,
};

/// Converts, writes and tells.
pub(super) fn run(
    request: &Request,
    last: bool,
    start: Instant,
    context: &mut Context,
) -> Result<()> {
    let import = if request.files.iter().all(|path| super::is_foreign(path)) {
        foreign::import(
            &request.files,
            request.language.as_deref(),
            &mut context.sources,
        )?
    } else {
        from_tables(request, context)?
    };
    context.check_stop()?;
    if import.has_errors() {
        return Err(Error::Findings(import.findings));
    }
    let single = request.single();
    let (planned, unsaved) = match &single {
        Some((path, format)) => single::file(path, *format, &import, request.marks)?,
        None => (project_files(request, &import, context)?, None),
    };
    let changes = project::plan_files(planned, request.force)?;
    if !request.dry_run {
        project::apply(&changes)?;
    }
    let outcome = Outcome {
        import,
        changes,
        lost: unsaved,
        root: single.is_none().then(|| request.root(context)),
        dry_run: request.dry_run,
        seconds: start.elapsed().as_secs_f64(),
    };
    if context.format == Format::Json {
        let json = outcome.json(&context.sources);
        return context.console.result(json.to_string());
    }
    outcome.human(last, context);
    Ok(())
}

/// Reads tables for one file of another format.
fn from_tables(request: &Request, context: &mut Context) -> Result<Import> {
    let set = gather(request, context)?;
    let mut assistant = set.assistant("bot");
    // Rules, word lists, and answers where the tables have none, would only be made for a project.
    assistant.stories.clear();
    assistant.training.lookups.clear();
    let mut roles = set.tables.iter().flat_map(|(_, roles)| &roles.reasons);
    let has_answers = roles.any(|reason| reason.role == "response");
    let intents = std::mem::take(&mut assistant.domain.intents);
    let answers = |name: &str| {
        intents
            .iter()
            .any(|intent| name == format!("utter_{}", intent.name))
    };
    let responses = &mut assistant.domain.responses;
    responses.retain(|response| has_answers && answers(&response.name));
    let renamed = retrieval_intents(&mut assistant, &set.renamed());
    let mut import = Import::default();
    import.assistant = assistant;
    import.findings.clone_from(&set.warnings);
    for (table, _) in &set.tables {
        import
            .files
            .push((table.name.clone(), count(table.len(), "row")));
    }
    for (reason, n) in crate::dataset::summary(&set.left) {
        import
            .files
            .push((String::new(), format!("{n} left out: {reason}")));
    }
    for (old, new) in renamed {
        import
            .files
            .push((String::new(), format!("renamed: {old} → {new}")));
    }
    Ok(import)
}

/// Gives intents such as `faq/ask` their names back, which a project of FAQs has no use for: they are retrieval
/// intents, and their answers belong to training data. Returns the intents that stay renamed.
fn retrieval_intents<'a>(
    assistant: &mut Assistant,
    renamed: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut rest = Vec::new();
    for (old, new) in renamed {
        let parts = old.split_once('/').filter(|(group, key)| {
            !group.is_empty() && !key.is_empty() && *new == format!("{group}_{key}")
        });
        let Some((group, _)) = parts else {
            rest.push((*old, *new));
            continue;
        };
        let examples = assistant.training.examples.iter_mut();
        for example in examples.filter(|example| example.intent == *new) {
            group.clone_into(&mut example.intent);
            example.response_key = Some((*old).to_owned());
        }
        let name = format!("utter_{new}");
        let mut responses = assistant.domain.responses.iter_mut();
        if let Some(response) = responses.find(|response| response.name == name) {
            response.name = format!("utter_{old}");
        }
    }
    rest
}

fn project_files(
    request: &Request,
    import: &Import,
    context: &Context,
) -> Result<Vec<(PathBuf, String, String)>> {
    let root = request.root(context);
    if root.is_file() {
        return Err(Problem::NotFolder(root).into());
    }
    let id = folder_name(&root, &context.folder);
    Ok(foreign::project_files(&root, import, &id))
}

struct Outcome {
    import: Import,
    changes: Vec<Change>,
    /// What the format written has no place for.
    lost: Option<String>,
    /// The project, where it is one that was written.
    root: Option<PathBuf>,
    dry_run: bool,
    seconds: f64,
}

impl Outcome {
    /// Returns what could not be mapped, and everything else that was found.
    fn parted(&self) -> (Vec<&Diagnostic>, Vec<Diagnostic>) {
        let (unmapped, rest): (Vec<&Diagnostic>, Vec<&Diagnostic>) = self
            .import
            .findings
            .iter()
            .partition(|finding| finding.code == foreign::NOT_MAPPED);
        (unmapped, rest.into_iter().cloned().collect())
    }

    fn human(&self, last: bool, context: &mut Context) {
        let (unmapped, rest) = self.parted();
        let console = &mut context.console;
        let width = |names: &mut dyn Iterator<Item = &str>| {
            names
                .map(|name| name.chars().count())
                .max()
                .unwrap_or_default()
        };
        let names = width(&mut self.import.files.iter().map(|(name, _)| name.as_str()));
        let mut first = "Read";
        for (name, about) in &self.import.files {
            console.say(format!("{first:<9}{name:<names$}  {about}"));
            first = "";
        }
        if let Some(lost) = &self.lost {
            console.say(format!("{:<9}{lost}", "Left"));
        }
        if !unmapped.is_empty() {
            let things = count(unmapped.len(), "thing");
            let have = if unmapped.len() == 1 { "has" } else { "have" };
            console.say(format!("{:<9}{things} that {have} no counterpart:", "Left"));
            for finding in unmapped {
                let place = place(finding, &context.sources);
                console.say(format!("         {place}  {}", finding.message));
            }
        }
        console.say("");
        let names = width(&mut self.changes.iter().map(|change| change.shown.as_str()));
        for change in &self.changes {
            console.say(format!(
                "  {:<names$}  {:<11}  {}",
                change.shown,
                change.status(),
                change.about
            ));
        }
        console.say("");
        show_findings(context, &rest);
        let console = &mut context.console;
        if self.dry_run {
            console.message("Nothing was written (`--dry-run`)");
            return;
        }
        let next = match &self.root {
            Some(root) if last => {
                let command = if root == std::path::Path::new(".") {
                    "bot train".to_owned()
                } else {
                    format!("bot train --project {}", files::show(root))
                };
                format!(". Next: {}", console.paint(Role::Name, &command))
            }
            _ => String::new(),
        };
        console.message(format!(
            "{} in {:.2} s{next}",
            console.paint(Role::Good, "Converted"),
            self.seconds
        ));
    }

    fn json(&self, sources: &Sources) -> Value {
        let (unmapped, rest) = self.parted();
        let whole = &self.import.assistant;
        let mut intents = serde_json::Map::new();
        let mut entities: Vec<&str> = Vec::new();
        for example in &whole.training.examples {
            let n = intents
                .get(&example.intent)
                .and_then(Value::as_u64)
                .unwrap_or(0);
            intents.insert(example.intent.clone(), (n + 1).into());
            entities.extend(example.entities.iter().map(|entity| entity.entity.as_str()));
        }
        entities.sort_unstable();
        entities.dedup();
        let read: Vec<Value> = self
            .import
            .files
            .iter()
            .map(|(file, about)| json!({"file": file, "about": about}))
            .collect();
        let written: Vec<Value> = self
            .changes
            .iter()
            .map(|change| {
                json!({"file": change.shown, "status": change.status(), "about": change.about})
            })
            .collect();
        let unmapped: Vec<Value> = unmapped
            .into_iter()
            .map(|finding| {
                let place = finding.origin().map(|origin| sources.place(origin));
                json!({
                    "what": finding.message,
                    "file": place.as_ref().map(|place| place.file.clone()),
                    "line": place.map(|place| place.line),
                    "help": finding.help,
                })
            })
            .collect();
        let warnings: Vec<Value> = rest
            .iter()
            .filter(|finding| finding.severity < Severity::Error)
            .map(|finding| report::diagnostic::json(sources, finding))
            .collect();
        json!({
            "bot": env!("CARGO_PKG_VERSION"),
            "schema": 1,
            "dry_run": self.dry_run,
            "read": read,
            "examples": whole.training.examples.len(),
            "intents": intents,
            "entities": entities,
            "synonyms": whole.training.synonyms.len(),
            "regexes": whole.training.patterns.len(),
            "lookups": whole.training.lookups.len(),
            "stories": whole.stories.len(),
            "test_stories": self.import.tests.len(),
            "responses": whole.domain.responses.len(),
            "no_place": self.lost,
            "not_mapped": unmapped,
            "files": written,
            "warnings": warnings,
            "seconds": self.seconds,
        })
    }
}

fn place(finding: &Diagnostic, sources: &Sources) -> String {
    finding
        .origin()
        .map_or_else(String::new, |origin| sources.place(origin).to_string())
}
