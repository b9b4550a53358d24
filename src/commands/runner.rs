//! Who runs custom actions, from a project's files.

use std::path::Path;

use super::{Context, show_findings};
use crate::{
    actions::{Runner, Setup},
    data::{Endpoint, Endpoints},
    diagnostic::{Error, Result, Severity},
    files,
    project::{self, Paths},
};

/// Packs what is sent to the action server, as in Rasa.
const COMPRESS: &str = "COMPRESS_ACTION_SERVER_REQUEST";

/// As in Rasa, it wins over the `url` of the component.
const DUCKLING: &str = "RASA_DUCKLING_HTTP_URL";

/// Returns the address of a Duckling server that the environment names, in the place of config.yml's.
pub(super) fn duckling_url(paths: &Paths) -> Option<&str> {
    let url = paths.environment.get(DUCKLING)?;
    (!url.is_empty()).then_some(url)
}

/// Reads `actions.yml` and `endpoints.yml`, or the file named in its stead.
///
/// A mistake in them is shown and told again at the turn of an action that they would have run: talking goes on.
pub(super) fn runner(
    paths: &Paths,
    endpoints: Option<&Path>,
    context: &mut Context,
) -> Result<Runner> {
    let (mut unused, mut findings) = (None, Vec::new());
    let mut stubs = Vec::new();
    if let Some((read, found)) = project::load_stubs(paths, &mut context.sources)? {
        stubs = read;
        findings.extend(found);
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    if !findings.is_empty() {
        unused = Some("actions.yml has mistakes".to_owned());
    }
    let path = match endpoints {
        Some(path) if !path.is_file() => {
            return Err(files::Problem::Missing(path.to_owned()).into());
        }
        Some(path) => path.to_owned(),
        None => paths.root.join("endpoints.yml"),
    };
    let mut servers = Endpoints::default();
    if path.is_file() {
        match project::load_endpoints(&path, paths, &mut context.sources) {
            Ok(read) => servers = read,
            Err(Error::Findings(found)) => {
                findings.extend(found);
                unused = Some(format!("{} has mistakes", paths.show(&path)));
            }
            Err(error) => return Err(error),
        }
    }
    show_findings(context, &findings);
    let section = |name: &str| -> Option<(Endpoint, String)> {
        let endpoint = servers.section(name)?;
        let url = endpoint.url.as_ref()?;
        let place = context.sources.place(url.origin).to_string();
        Some((endpoint.clone(), place))
    };
    let compress = paths.environment.get(COMPRESS);
    Ok(Runner::new(Setup {
        action_endpoint: section("action_endpoint"),
        nlg: section("nlg"),
        stubs,
        unused,
        folder: paths.root.clone(),
        compress: compress.is_some_and(|value| value.eq_ignore_ascii_case("true")),
        describe: project::domain_json,
    }))
}
