//! `bot explain`: what a finding's code means, with an example and how to mend it.

use serde_json::json;

use super::{Context, Format};
use crate::{
    check,
    console::ExitStatus,
    diagnostic::{Diagnostic, Error, Result},
};

/// What to explain.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The code; all codes are listed without one.
    pub code: Option<String>,
}

/// Prints the page of a code.
pub fn run(request: &Request, context: &mut Context) -> Result<ExitStatus> {
    let Some(code) = &request.code else {
        if context.format == Format::Json {
            let codes: Vec<&str> = check::codes().collect();
            let list = json!({"bot": env!("CARGO_PKG_VERSION"), "schema": 1, "codes": codes});
            context.console.result(list.to_string())?;
        } else {
            for code in check::codes() {
                context.console.result(code)?;
            }
        }
        return Ok(ExitStatus::Success);
    };
    let page = check::explain(code).map_err(|close| {
        Error::cannot(
            Diagnostic::error(
                "explain::unknown-code",
                format!("there is no code `{code}`"),
            )
            .help(match close {
                Some(close) => format!("did you mean `{close}`?"),
                None => "`bot explain` lists all".to_owned(),
            }),
        )
    })?;
    if context.format == Format::Json {
        let page =
            json!({"bot": env!("CARGO_PKG_VERSION"), "schema": 1, "code": code, "page": page});
        context.console.result(page.to_string())?;
    } else {
        context.console.result(page.trim_start_matches("## "))?;
    }
    Ok(ExitStatus::Success)
}
