//! The page of each code: `docs/codes.md`, which the binary carries.

use super::problem;
use crate::{
    data::Config,
    diagnostic::{Diagnostic, did_you_mean},
};

const PAGES: &str = include_str!("../../docs/codes.md");

/// Returns the codes that have a page, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    PAGES.lines().filter_map(|line| line.strip_prefix("## "))
}

/// Returns the page of a code: what it means, an example, how to mend it; or the code that was probably meant.
pub fn explain(code: &str) -> Result<&'static str, Option<&'static str>> {
    let head = format!("\n## {code}\n");
    let Some(at) = PAGES.find(&head) else {
        // A name without its area is often all that is remembered.
        let same = names().find(|known| known.split("::").nth(1) == Some(code));
        return Err(same.or_else(|| did_you_mean(code, names())));
    };
    let page = PAGES.get(at + 1..).unwrap_or_default();
    let end = page.find("\n## ").unwrap_or(page.len());
    Ok(page.get(..end).unwrap_or_default().trim_end())
}

/// Checks that every code under `x-bot: severity:` is one.
pub(super) fn check(config: &Config) -> Vec<Diagnostic> {
    config
        .severities
        .iter()
        .filter(|(code, _)| !names().any(|known| known == *code))
        .map(|(code, (_, at))| problem::unknown_code(*at, code, explain(code).err().flatten()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_own_page() {
        for code in names() {
            let page = explain(code).unwrap();
            assert!(page.starts_with(&format!("## {code}\n")), "{code}");
            assert_eq!(page.matches("\n## ").count(), 0, "{code}");
        }
        assert_eq!(
            explain("unknown-intent"),
            Err(Some("check::unknown-intent"))
        );
        assert_eq!(
            explain("check::unknown-intnt"),
            Err(Some("check::unknown-intent"))
        );
        assert_eq!(explain("nothing like it"), Err(None));
    }
}
