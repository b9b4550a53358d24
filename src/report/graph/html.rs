//! The graph as one HTML page without any network: the picture, to be moved and enlarged, what each point and way is
//! part of, and all ways as a table.
//!
//! What the page does is in `page/graph.js`.

use super::{json, svg::svg};
use crate::{diagnostic::count, eval::graph::Graph};

const STYLE: &str = include_str!("page/graph.css");
const SCRIPT: &str = include_str!("page/graph.js");

/// Returns the page.
pub fn html(graph: &Graph) -> String {
    let tested = graph.edges.iter().filter(|edge| edge.is_tested).count();
    // `<` inside the data would end the element that holds it.
    let data = json(graph).to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Stories and rules</title>\n\
<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Stories and rules</h1>\n\
<p>{tested} of {} tested: solid green ones are, dashed red ones no test goes. Rules begin anywhere; a point or a way tells its stories when it is chosen.</p>\n\
<div class=\"tools\" role=\"group\" aria-label=\"Size of the picture\"><button type=\"button\" id=\"fit\">Fit</button><button type=\"button\" id=\"larger\" aria-label=\"Larger\">+</button><button type=\"button\" id=\"smaller\" aria-label=\"Smaller\">−</button><button type=\"button\" id=\"full\">100 %</button><span id=\"zoom\" role=\"status\"></span><span class=\"soft\">Drag or arrow keys move; wheel, + and − enlarge; 0 fits. Tab goes on to the points and to the ways, arrow keys from one to the next.</span></div>\n\
<div class=\"sides\">\n<div id=\"view\" tabindex=\"0\" role=\"group\" aria-label=\"Picture: arrow keys move it, plus and minus enlarge it, 0 fits it\">\n{}</div>\n\
<aside id=\"told\" aria-live=\"polite\"><p class=\"soft\">Choose a point or a way.</p></aside>\n</div>\n\
<h2>Every way</h2>\n<div class=\"tools\"><label for=\"filter\">Filter</label><input type=\"search\" id=\"filter\"><span id=\"count\" class=\"soft\" role=\"status\"></span></div>\n\
<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Every way\"><table id=\"ways\"><thead><tr><th scope=\"col\">from</th><th scope=\"col\">said</th><th scope=\"col\">to</th><th scope=\"col\">tested</th><th scope=\"col\">stories and rules</th></tr></thead><tbody></tbody></table></div>\n\
</main>\n<script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        count(graph.edges.len(), "way"),
        svg(graph)
    )
}
