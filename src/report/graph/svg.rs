//! The graph as SVG, placed in layers.

use std::{collections::BTreeMap, fmt::Write as _};

use super::layout::{HEIGHT, place};
use crate::eval::graph::{Graph, Node};
use crate::report::escape;

const STYLE: &str = "\
.bot-graph{font:12px system-ui,sans-serif;background:#fff;color:#1b1f24}\
.bot-graph .node rect{fill:#f5f6f8;stroke:#8a93a1}.bot-graph .node text{fill:#1b1f24}\
.bot-graph .form{fill:#2457c5;fill-opacity:.06;stroke:#2457c5;stroke-dasharray:5 4}.bot-graph .form-name{fill:#2457c5}\
.bot-graph .edge path{fill:none;stroke:#b3261e;stroke-width:1.6;stroke-dasharray:6 4}.bot-graph .edge text{fill:#5a6270;font-size:11px}\
.bot-graph .edge.tested path{stroke:#1f7a5c;stroke-dasharray:none}\
@media (prefers-color-scheme:dark){.bot-graph{background:#14171b;color:#e6e9ee}\
.bot-graph .node rect{fill:#1d2127;stroke:#6b7482}.bot-graph .node text{fill:#e6e9ee}\
.bot-graph .form{fill:#8ab4ff;stroke:#8ab4ff}.bot-graph .form-name{fill:#8ab4ff}\
.bot-graph .edge path{stroke:#ff8a80}.bot-graph .edge text{fill:#9aa4b2}.bot-graph .edge.tested path{stroke:#55c79b}}";

/// Returns the graph as one SVG document.
pub fn svg(graph: &Graph) -> String {
    let layout = place(graph);
    let (width, height) = layout.size;
    let spot = |node: usize| layout.places.get(node).copied().unwrap_or_default();
    let wide = |node: usize| layout.widths.get(node).copied().unwrap_or_default();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bot-graph\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"Stories and rules\">\n<style>{STYLE}</style>\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#8a93a1\"/></marker></defs>\n"
    );
    // Writing to a String cannot fail.
    for (form, members) in graph.forms() {
        let left = members
            .iter()
            .map(|m| spot(*m).0 - wide(*m) / 2.0)
            .fold(f64::MAX, f64::min);
        let right = members
            .iter()
            .map(|m| spot(*m).0 + wide(*m) / 2.0)
            .fold(0.0, f64::max);
        let top = members.iter().map(|m| spot(*m).1).fold(f64::MAX, f64::min);
        let bottom = members.iter().map(|m| spot(*m).1).fold(0.0, f64::max);
        let _ = writeln!(
            out,
            "<rect class=\"form\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\"/><text class=\"form-name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            left - 10.0,
            top - HEIGHT / 2.0 - 20.0,
            right - left + 20.0,
            bottom - top + HEIGHT + 30.0,
            left - 4.0,
            top - HEIGHT / 2.0 - 7.0,
            escape(form)
        );
    }
    let mut labels: BTreeMap<usize, f64> = BTreeMap::new();
    for edge in &graph.edges {
        let ((x1, y1), (x2, y2)) = (spot(edge.from), spot(edge.to));
        let (y1, y2, bend) = if y2 > y1 {
            (y1 + HEIGHT / 2.0, y2 - HEIGHT / 2.0, 0.0)
        } else {
            (y1, y2, f64::midpoint(wide(edge.from), wide(edge.to)) + 40.0)
        };
        let path = if bend > 0.0 {
            let (from, to) = (x1 + wide(edge.from) / 2.0, x2 + wide(edge.to) / 2.0);
            let side = from.max(to) + bend / 2.0;
            format!("M{from:.1} {y1:.1} C{side:.1} {y1:.1} {side:.1} {y2:.1} {to:.1} {y2:.1}")
        } else {
            let middle = f64::midpoint(y1, y2);
            format!("M{x1:.1} {y1:.1} C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {y2:.1}")
        };
        // Labels stand one above the other at the node that they lead to.
        let above = labels.entry(edge.to).or_insert(0.0_f64);
        let (tx, ty) = if bend > 0.0 {
            (x1.max(x2) + bend, f64::midpoint(y1, y2))
        } else {
            (x2 * 0.9 + x1 * 0.1, y2 - 12.0 - *above)
        };
        if bend <= 0.0 && !edge.label.is_empty() {
            *above = (*above + 12.0) % 60.0;
        }
        let stories: Vec<&str> = edge.stories.iter().map(String::as_str).collect();
        let (class, word) = if edge.is_tested {
            ("edge tested", "tested")
        } else {
            ("edge", "not tested")
        };
        let _ = writeln!(
            out,
            "<g class=\"{class}\"><title>{} ({word})</title><path d=\"{path}\" marker-end=\"url(#tip)\"/><text x=\"{tx:.1}\" y=\"{ty:.1}\" text-anchor=\"middle\">{}</text></g>",
            escape(&stories.join(", ")),
            escape(&edge.label)
        );
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let ((x, y), width) = (spot(number), wide(number));
        let round = match node {
            Node::Action { .. } => 6.0,
            _ => HEIGHT / 2.0,
        };
        let _ = writeln!(
            out,
            "<g class=\"node\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" rx=\"{round}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text></g>",
            x - width / 2.0,
            y - HEIGHT / 2.0,
            y + 4.0,
            escape(node.label())
        );
    }
    out.push_str("</svg>\n");
    out
}
