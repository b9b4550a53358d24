//! `bot validate`: every finding in a project's files, in one run.

use std::{path::PathBuf, time::Instant};

use serde_json::json;

use super::{Context, Format, Places, has_errors, show_findings, sort};
use crate::{
    check,
    console::ExitStatus,
    data::Assistant,
    diagnostic::{Diagnostic, Result, Severity, Sources, count},
    nlu,
    project::{self, Change, Paths},
    report, yaml,
};

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders in the place of the project's usual ones.
    pub places: Places,
    /// Whether warnings are as bad as errors.
    pub fail_on_warnings: bool,
    /// Whether to mend what can be mended safely.
    pub fix: bool,
    /// Whether to show what would be mended.
    pub diff: bool,
    /// States that tell two points of stories apart; all of them, if none.
    pub max_history: Option<usize>,
}

/// What a check comes to.
struct Checked {
    findings: Vec<Diagnostic>,
    counts: check::Counts,
    files: usize,
}

/// Checks the project, and mends it where that was asked for.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let start = Instant::now();
    let paths = context.project_or_named(&request.places)?;
    let more_configs = request.places.config.get(1..).unwrap_or_default();
    let conversations = check::Conversations {
        max_history: request.max_history,
    };
    let mut checked = check_files(&paths, more_configs, &conversations, context)?;
    if request.fix || request.diff {
        let (changes, fixes) = mended(&checked.findings, &paths, &context.sources);
        for change in &changes {
            let diff = change.diff();
            if context.format == Format::Human {
                context.console.result(diff.trim_end())?;
            } else {
                context.console.picture(diff.trim_end());
            }
        }
        if request.fix && !changes.is_empty() {
            project::apply(&changes)?;
            context.console.message(format!(
                "Mended {} in {}",
                count(fixes, "finding"),
                count(changes.len(), "file")
            ));
            context.sources = Sources::new();
            checked = check_files(&paths, more_configs, &conversations, context)?;
        }
    }
    let Checked {
        findings,
        counts,
        files,
    } = checked;
    let of = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    if context.format == Format::Json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| report::diagnostic::json(&context.sources, finding))
            .collect();
        let report = json!({
            "bot": env!("CARGO_PKG_VERSION"), "schema": 1,
            "files": files, "errors": errors, "warnings": warnings,
            "counts": counts, "findings": findings,
        });
        context.console.result(report.to_string())?;
    } else {
        show_findings(context, &findings);
        context.console.message(format!(
            "Checked {}: {}, {} ({:.2} s)",
            count(files, "file"),
            count(errors, "error"),
            count(warnings, "warning"),
            start.elapsed().as_secs_f64()
        ));
        let fixable = findings.iter().filter(|one| one.fix.is_some()).count();
        if fixable > 0 && !request.fix {
            context.console.message(format!(
                "{fixable} can be mended with `--fix`; `--diff` shows how"
            ));
        }
    }
    let failed = errors > 0 || request.fail_on_warnings && warnings > 0;
    Ok(if failed {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    })
}

fn check_files(
    paths: &Paths,
    more_configs: &[PathBuf],
    conversations: &check::Conversations,
    context: &mut Context,
) -> Result<Checked> {
    let loaded = project::load(paths, &mut context.sources)?;
    let tests = project::load_tests(&paths.tests, paths, &mut context.sources)?;
    let (servers, server_files) = project::check_servers(paths, &mut context.sources)?;
    let config = &loaded.assistant.config;
    let mut findings = loaded.findings;
    findings.extend(tests.findings);
    findings.extend(servers);
    findings = config.judge(findings, &context.sources);
    let subject = check::Subject {
        assistant: &loaded.assistant,
        tests: &tests.stories,
        test_examples: &tests.examples,
        is_whole: !has_errors(&findings),
    };
    let (counts, found) = rayon::join(
        || check::counts(&loaded.assistant, &tests.stories),
        || (!loaded.domain_is_partial).then(|| check::project(&subject)),
    );
    findings.extend(config.judge(found.unwrap_or_default(), &context.sources));
    let mut stub_files = 0;
    if let Some((stubs, mut found)) = project::load_stubs(paths, &mut context.sources)? {
        stub_files = 1;
        // A variable that is not set matters to whoever uses the file.
        found.retain(|finding| finding.code != "yaml::unset-variable");
        if !loaded.domain_is_partial {
            found.extend(check::stubs(&stubs, &loaded.assistant.domain));
        }
        findings.extend(config.judge(found, &context.sources));
    }
    if !has_errors(&findings) {
        let understanding = Some(&nlu::Options::default());
        let learning = check::learning(
            &loaded.assistant,
            &context.sources,
            understanding,
            Some(conversations),
        )?;
        findings.extend(config.judge(learning, &context.sources));
    }
    let is_sound = !has_errors(&findings);
    for path in more_configs {
        let (config, mut found) = project::load_config(path, paths, &mut context.sources)?;
        if is_sound && !has_errors(&found) {
            let assistant = Assistant {
                config: config.clone(),
                ..loaded.assistant.clone()
            };
            let understanding = Some(&nlu::Options::default());
            found.extend(check::configuration(&assistant));
            found.extend(check::learning(
                &assistant,
                &context.sources,
                understanding,
                Some(conversations),
            )?);
            // What is not about the configuration has been told above.
            let of_data = |one: &Diagnostic| findings.iter().any(|known| known == one);
            found.retain(|one| !of_data(one));
        }
        findings.extend(config.judge(found, &context.sources));
    }
    sort(&mut findings);
    Ok(Checked {
        findings,
        counts,
        files: loaded.files.len()
            + tests.files.len()
            + server_files.len()
            + stub_files
            + more_configs.len(),
    })
}

/// Returns where a file shown under that name stands: in the project, or wherever the person named it.
fn place(paths: &Paths, shown: &str) -> PathBuf {
    let inside = paths.root.join(shown);
    if inside.exists() {
        inside
    } else {
        PathBuf::from(shown)
    }
}

/// Returns what mending changes, and how many findings that mends; a file that would no longer parse is left alone.
fn mended(findings: &[Diagnostic], paths: &Paths, sources: &Sources) -> (Vec<Change>, usize) {
    let (mut changes, mut fixes) = (Vec::new(), 0);
    for mended in check::mend(findings, sources) {
        let Some(source) = sources.get(mended.source) else {
            continue;
        };
        let parses = |text: &str| yaml::parse(mended.source, text, yaml::Limits::default()).is_ok();
        if !parses(&mended.text) && parses(&source.text) {
            continue;
        }
        fixes += mended.fixes;
        changes.push(Change {
            path: place(paths, &source.name),
            shown: source.name.clone(),
            old: Some(source.text.as_bytes().to_vec()),
            new: mended.text.into_bytes(),
            about: count(mended.fixes, "finding"),
        });
    }
    (changes, fixes)
}
