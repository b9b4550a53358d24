//! What `bot convert` tells: to people on stderr, to programs as JSON on stdout.

use serde_json::{Value, json};

use super::{Context, Outcome};
use crate::{
    console::Role,
    dataset::{self, Roles, Table},
    diagnostic::{Sources, count, thousands},
    files, report,
};

/// Prints the summary for people.
pub(super) fn human(outcome: &Outcome, last: bool, context: &mut Context) {
    let set = &outcome.set;
    for (table, roles) in &set.tables {
        told(table, roles, context);
    }
    let console = &mut context.console;
    let entities = set.entity_types();
    let mut took = count(set.counts().len(), "intent");
    if !entities.is_empty() {
        let kinds = count(entities.len(), "entity");
        took = format!("{took} · {kinds} ({})", entities.join(", "));
    }
    let taken = set.examples.len() + set.held_out.len();
    console.say(format!(
        "{:<9}{:<19}{took}",
        "Took",
        count(taken, "example")
    ));
    if set.intents.iter().any(|intent| intent.label.is_none()) {
        console.say(
            "         rows that share an answer form one intent, named from its first question",
        );
    }
    if !set.held_out.is_empty() {
        console.say(format!(
            "{:<9}{:<19}for testing, from intents with at least {} examples (seed {})",
            "Held out",
            count(set.held_out.len(), "example"),
            dataset::HOLDOUT_NEEDED,
            outcome.seed
        ));
    }
    if !set.left.is_empty() {
        let reasons: Vec<String> = dataset::summary(&set.left)
            .into_iter()
            .map(|(reason, n)| format!("{} {reason}", thousands(n)))
            .collect();
        console.say(format!(
            "{:<9}{:<19}{}",
            "Left",
            count(set.left.len(), "row"),
            reasons.join(" · ")
        ));
        if let Some(list) = &outcome.left_out {
            console.say(format!("         each with its line in {}", list.shown));
        }
    }
    let renamed = set.renamed();
    if !renamed.is_empty() {
        console.say(format!(
            "{:<9}{:<19}because of characters that Rasa or YAML gives a meaning to",
            "Renamed",
            count(renamed.len(), "intent")
        ));
        for (old, new) in renamed {
            console.say(format!("         {old} → {new}"));
        }
    }
    console.say("");
    let width = outcome
        .changes
        .iter()
        .map(|change| change.shown.chars().count())
        .max()
        .unwrap_or_default();
    for change in &outcome.changes {
        console.say(format!(
            "  {:<width$}  {:<11}  {}",
            change.shown,
            change.status(),
            change.about
        ));
    }
    console.say("");
    report::diagnostic::print(console, &context.sources, &set.warnings);
    let console = &mut context.console;
    if outcome.dry_run {
        console.message("Nothing was written (`--dry-run`)");
        return;
    }
    let next = if outcome.root == std::path::Path::new(".") {
        "bot train".to_owned()
    } else {
        format!("bot train --project {}", files::show(&outcome.root))
    };
    let next = if last {
        format!(". Next: {}", console.paint(Role::Name, &next))
    } else {
        String::new()
    };
    console.message(format!(
        "{} in {:.2} s{next}",
        console.paint(Role::Good, "Converted"),
        outcome.seconds,
    ));
}

/// Prints what was found out about a file, with the reasons.
fn told(table: &Table, roles: &Roles, context: &mut Context) {
    let console = &mut context.console;
    console.say(format!(
        "{:<9}{:<18} {}",
        "Read",
        table.name,
        count(table.len(), "row")
    ));
    for (what, found) in [
        ("encoding", &table.encoding),
        ("delimiter", &table.delimiter),
        ("header", &table.header),
    ] {
        let reason = console.paint(Role::Dim, &format!("({})", found.reason));
        console.say(format!("         {what:<19}{} {reason}", found.value));
    }
    console.say(format!("         {:<19}{}", "line ends", table.line_ends));
    let mut first = "Columns";
    for reason in &roles.reasons {
        let name = table
            .columns
            .get(reason.column)
            .map_or("", |column| column.name.as_str());
        let shown: String = name.chars().take(40).collect();
        let why = console.paint(Role::Dim, &format!("({})", reason.why));
        let line = if reason.role == "not used" {
            format!("{first:<9}{shown} is not used {why}")
        } else {
            format!("{first:<9}{shown} → {} {why}", reason.role)
        };
        console.say(line);
        first = "";
    }
}

/// Returns the summary for programs.
pub(super) fn json(outcome: &Outcome, sources: &Sources) -> Value {
    let set = &outcome.set;
    let files: Vec<Value> = set
        .tables
        .iter()
        .map(|(table, roles)| file(table, roles))
        .collect();
    let reasons: serde_json::Map<String, Value> = dataset::summary(&set.left)
        .into_iter()
        .map(|(reason, n)| (reason.to_owned(), n.into()))
        .collect();
    let intents: serde_json::Map<String, Value> = set
        .counts()
        .into_iter()
        .map(|(name, n)| (name.to_owned(), n.into()))
        .collect();
    let renamed: Vec<Value> = set
        .renamed()
        .into_iter()
        .map(|(old, new)| json!({"old": old, "new": new}))
        .collect();
    let written: Vec<Value> = outcome
        .changes
        .iter()
        .chain(&outcome.left_out)
        .map(|change| json!({"file": change.shown, "status": change.status(), "about": change.about}))
        .collect();
    let warnings: Vec<Value> = set
        .warnings
        .iter()
        .map(|warning| report::diagnostic::json(sources, warning))
        .collect();
    json!({
        "bot": env!("CARGO_PKG_VERSION"),
        "schema": 1,
        "dry_run": outcome.dry_run,
        "read": files,
        "examples": set.examples.len(),
        "held_out": set.held_out.len(),
        "seed": outcome.seed,
        "intents": intents,
        "entities": set.entity_types(),
        "renamed": renamed,
        "left_out": {
            "rows": set.left.len(),
            "reasons": reasons,
            "list": outcome.left_out.as_ref().map(|list| list.shown.clone()),
        },
        "files": written,
        "warnings": warnings,
        "seconds": outcome.seconds,
    })
}

fn file(table: &Table, roles: &Roles) -> Value {
    let columns: Vec<Value> = roles
        .reasons
        .iter()
        .map(|reason| {
            let name = table
                .columns
                .get(reason.column)
                .map_or("", |column| column.name.as_str());
            json!({"column": reason.column + 1, "name": name, "role": reason.role, "reason": reason.why})
        })
        .collect();
    let found = |found: &dataset::Found| json!({"value": found.value, "reason": found.reason});
    json!({
        "file": table.name,
        "rows": table.len(),
        "encoding": found(&table.encoding),
        "delimiter": found(&table.delimiter),
        "header": found(&table.header),
        "line_ends": table.line_ends,
        "columns": columns,
    })
}
