//! `bot validate`: every finding in a project's files, in one run.

use std::time::Instant;

use serde_json::json;

use super::{Context, Format, Places, has_errors, show_findings, sort};
use crate::{
    check,
    console::ExitStatus,
    diagnostic::{Result, Severity, count},
    nlu, project, report,
};

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders in the place of the project's usual ones.
    pub places: Places,
    /// Whether warnings are as bad as errors.
    pub fail_on_warnings: bool,
}

/// Checks the project.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let start = Instant::now();
    let paths = context.project_or_named(&request.places)?;
    let loaded = project::load(&paths, &mut context.sources)?;
    let tests = project::load_tests(&paths.tests, &paths, &mut context.sources)?;
    let mut findings = loaded.findings;
    findings.extend(tests.findings);
    if !loaded.domain_is_partial {
        findings.extend(check::project(&check::Subject {
            assistant: &loaded.assistant,
            tests: &tests.stories,
            test_examples: &tests.examples,
            is_whole: !has_errors(&findings),
        }));
    }
    let mut stub_files = 0;
    if let Some((stubs, found)) = project::load_stubs(&paths, &mut context.sources)? {
        stub_files = 1;
        // A variable that is not set matters to whoever uses the file.
        findings.extend(
            found
                .into_iter()
                .filter(|finding| finding.code != "yaml::unset-variable"),
        );
        if !loaded.domain_is_partial {
            findings.extend(check::stubs(&stubs, &loaded.assistant.domain));
        }
    }
    if !has_errors(&findings) {
        let understanding = Some(&nlu::Options::default());
        findings.extend(check::learning(
            &loaded.assistant,
            &context.sources,
            understanding,
            true,
        )?);
    }
    let config = &loaded.assistant.config;
    let mut findings = check::apply_settings(findings, config, &context.sources);
    sort(&mut findings);
    let of = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let files = loaded.files.len() + tests.files.len() + stub_files;
    let failed = errors > 0 || request.fail_on_warnings && warnings > 0;
    if context.format == Format::Json {
        let report = json!({
            "bot": env!("CARGO_PKG_VERSION"), "schema": 1,
            "files": files, "errors": errors, "warnings": warnings,
            "counts": check::counts(&loaded.assistant, &tests.stories),
            "findings": findings.iter().map(|finding| report::diagnostic::json(&context.sources, finding)).collect::<Vec<_>>(),
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
    }
    Ok(if failed {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    })
}
