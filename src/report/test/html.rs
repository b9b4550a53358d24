//! The verdict as one HTML file that needs nothing else: data, styles and script are inside, and no network is used.
//!
//! The page shows the JSON report; what it draws is in `page/report.js`.

use super::json;
use crate::eval::run::TestReport;

const STYLE: &str = include_str!("page/report.css");
const SCRIPT: &str = include_str!("page/report.js");

/// Returns the page.
pub fn page(report: &TestReport) -> String {
    // `<` inside the data would end the element that holds it.
    let data = json::json(report).to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>bot test</title>\n<style>\n{STYLE}</style>\n\
</head>\n<body>\n<noscript>This page draws its figures with a script of its own: let it run to see them.</noscript>\n\
<main id=\"page\"></main>\n<script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}
