//! The graph as one HTML page without any network.

use super::svg::svg;
use crate::{diagnostic::count, eval::graph::Graph};

/// Returns the page: the picture, what its colours mean, and how much is tested.
pub fn html(graph: &Graph) -> String {
    let tested = graph.edges.iter().filter(|edge| edge.is_tested).count();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Stories and rules</title>\n\
<style>:root{{color-scheme:light dark}}body{{margin:1rem;font:15px system-ui,sans-serif}}main{{overflow:auto}}</style>\n</head>\n<body>\n\
<h1>Stories and rules</h1>\n<p>{} of {} tested: solid green ones are, dashed red ones no test goes. A way tells its stories where the pointer rests on it.</p>\n\
<main tabindex=\"0\">\n{}</main>\n</body>\n</html>\n",
        tested,
        count(graph.edges.len(), "way"),
        svg(graph)
    )
}
