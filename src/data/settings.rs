//! What a project says about findings: severities under `x-bot:` of its configuration, and `# bot: allow(code)` on a
//! line.

use super::Config;
use crate::{
    diagnostic::{Diagnostic, Sources},
    text::{line_end, line_start},
};

impl Config {
    /// Sets the severities of findings and leaves out what is silenced.
    ///
    /// Findings of files that could not be read (`yaml::`, `file::`) are never changed: what they hide is missing.
    pub fn judge(&self, findings: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
        findings
            .into_iter()
            .filter_map(|mut finding| {
                if finding.code.starts_with("yaml::") || finding.code.starts_with("file::") {
                    return Some(finding);
                }
                match self.severities.get(finding.code) {
                    Some((None, _)) => return None,
                    Some((Some(severity), _)) => finding.severity = *severity,
                    None => {}
                }
                (!is_allowed(&finding, sources)).then_some(finding)
            })
            .collect()
    }
}

/// Tells whether the line of a finding's main place has a comment that allows it.
fn is_allowed(finding: &Diagnostic, sources: &Sources) -> bool {
    let Some(origin) = finding.origin() else {
        return false;
    };
    let Some(source) = sources.get(origin.source) else {
        return false;
    };
    let text = &source.text;
    let at = origin.span.start;
    let line = text
        .get(line_start(text, at)..line_end(text, at))
        .unwrap_or_default();
    let Some((_, comment)) = line.split_once('#') else {
        return false;
    };
    allowed(comment).any(|code| code == finding.code)
}

/// Returns the codes in `bot: allow(code, code)`.
fn allowed(comment: &str) -> impl Iterator<Item = &str> {
    comment
        .split("bot:")
        .nth(1)
        .and_then(|rest| rest.trim_start().strip_prefix("allow("))
        .and_then(|rest| rest.split(')').next())
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_a_comment_are_read() {
        let codes = |comment| allowed(comment).collect::<Vec<_>>();
        assert_eq!(codes(" bot: allow(a::b)"), ["a::b"]);
        assert_eq!(
            codes(" for later; bot: allow(a::b, c::d) so"),
            ["a::b", "c::d"]
        );
        assert_eq!(codes(" allow(a::b)"), [""]);
    }
}
