//! The graph as SVG, placed in layers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::layout::{HEIGHT, LINE, LOOP, Label, Line, lay_out};
use crate::eval::graph::{Edge, Graph, Node};
use crate::report::escape;

/// Colours of light and dark, then what has which.
const STYLE: &str = "\
.bot-graph{font:12px system-ui,sans-serif;--ground:#ffffff;--node:#f5f6f8;--form:#eef2fb;--line:#757e8c;--ink:#1b1f24;--soft:#525a67;--good:#1f7a5c;--bad:#b3261e;--mark:#2457c5;background:var(--ground)}\
@media (prefers-color-scheme:dark){.bot-graph{--ground:#14171b;--node:#1d2127;--form:#1a2231;--line:#7d8796;--ink:#e6e9ee;--soft:#a4aebb;--good:#55c79b;--bad:#ff8a80;--mark:#8ab4ff}}\
.bot-graph .node rect{fill:var(--node);stroke:var(--line)}.bot-graph .node text{fill:var(--ink)}\
.bot-graph .form{fill:var(--form);stroke:var(--mark);stroke-dasharray:5 4}.bot-graph .form-name{fill:var(--mark);stroke:var(--form);stroke-width:5px;paint-order:stroke}\
.bot-graph .edge path{fill:none;stroke:var(--bad);stroke-width:1.6;stroke-dasharray:6 4}.bot-graph .edge.tested path{stroke:var(--good);stroke-dasharray:none}\
.bot-graph .edge rect{fill:var(--ground)}.bot-graph .inner rect{fill:var(--form)}.bot-graph .edge text{fill:var(--soft);font-size:11px}.bot-graph marker path{fill:var(--line)}";

/// Returns the graph as one SVG document.
pub fn svg(graph: &Graph) -> String {
    let layout = lay_out(graph);
    let (width, height) = layout.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bot-graph\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"Stories and rules\">\n<style>{STYLE}</style>\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>\n"
    );
    // Writing to a String cannot fail.
    for frame in &layout.frames {
        let ((x, y), (width, height)) = (frame.corner, frame.size);
        let _ = writeln!(
            out,
            "<rect class=\"form\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\"/>"
        );
    }
    let stories = stories(graph);
    for shape in &layout.shapes {
        let Some(node) = graph.nodes.get(shape.node) else {
            continue;
        };
        let ((x, y), width) = (shape.at, shape.width);
        let round = match node {
            Node::Action { .. } => 6.0,
            _ => HEIGHT / 2.0,
        };
        let own = stories.get(&shape.node).into_iter().flatten().copied();
        let own = own.collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            out,
            "<g class=\"node\" data-node=\"{}\"><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" rx=\"{round}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text></g>",
            shape.node,
            escape(&format!("{}: {own}", node.label())),
            x - width / 2.0,
            y - HEIGHT / 2.0,
            y + 4.0,
            escape(node.label())
        );
    }
    // Ways come after points, as they are read, since none runs behind one; what is written comes last, so that no way
    // crosses it.
    let mut labels = String::new();
    for frame in &layout.frames {
        let (x, y) = frame.corner;
        let _ = writeln!(
            labels,
            "<text class=\"form-name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + 8.0,
            y + 15.0,
            escape(&frame.name)
        );
    }
    for line in &layout.lines {
        let own = line.edges.iter();
        let edges: Vec<&Edge> = own.filter_map(|edge| graph.edges.get(*edge)).collect();
        let Some(edge) = edges.first() else {
            continue;
        };
        let path = path(line, edge.from == edge.to);
        let class = if edge.is_tested {
            "edge tested"
        } else {
            "edge"
        };
        let titles: Vec<String> = edges.iter().map(|edge| told(edge)).collect();
        let title = escape(&titles.join("; "));
        let numbers: Vec<String> = line.edges.iter().map(usize::to_string).collect();
        let open = format!(
            "<g class=\"{class}\" data-edges=\"{}\"><title>{title}</title>",
            numbers.join(" ")
        );
        let _ = writeln!(
            out,
            "{open}<path d=\"{path}\" marker-end=\"url(#tip)\"/></g>"
        );
        if let Some(label) = &line.label {
            let is_inner = layout.frames.iter().any(|frame| frame.holds(label.at));
            let class = if is_inner { "label inner" } else { "label" };
            let _ = writeln!(
                labels,
                "{open}<g class=\"{class}\">{}</g></g>",
                written(label)
            );
        }
    }
    out.push_str(&labels);
    out.push_str("</svg>\n");
    out
}

/// Returns the stories that go through each node.
fn stories(graph: &Graph) -> BTreeMap<usize, BTreeSet<&str>> {
    let mut stories: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for edge in &graph.edges {
        for node in [edge.from, edge.to] {
            let own = stories.entry(node).or_default();
            own.extend(edge.stories.iter().map(String::as_str));
        }
    }
    stories
}

/// Returns what is said on a way, its stories, and whether a test goes it.
fn told(edge: &Edge) -> String {
    let stories: Vec<&str> = edge.stories.iter().map(String::as_str).collect();
    let tested = if edge.is_tested {
        "tested"
    } else {
        "not tested"
    };
    let said = if edge.label.is_empty() {
        String::new()
    } else {
        format!("{}: ", edge.label)
    };
    format!("{said}{} ({tested})", stories.join(", "))
}

/// Returns a way through points: it bends between layers, and goes straight through them.
fn path(line: &Line, is_loop: bool) -> String {
    let mut path = String::new();
    for (number, (x, y)) in line.points.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|at| line.points.get(at));
        let track = line.tracks.get(number / 2).copied().flatten();
        // Writing to a String cannot fail.
        let _ = match (before, track) {
            (None, _) => write!(path, "M{x:.1} {y:.1}"),
            (Some((from, top)), _) if is_loop => {
                let side = from + LOOP;
                write!(path, "C{side:.1} {top:.1} {side:.1} {y:.1} {x:.1} {y:.1}")
            }
            (Some(_), _) if number % 2 == 0 => write!(path, "V{y:.1}"),
            (Some((from, top)), Some(track)) => {
                // Round corners: down or up, aside, down or up.
                let round = 5.0_f64.min((track - top).abs()).min((y - track).abs());
                let (aside, on) = (round * (x - from).signum(), round * (y - top).signum());
                write!(
                    path,
                    "V{:.1}Q{from:.1} {track:.1} {:.1} {track:.1}H{:.1}Q{x:.1} {track:.1} {x:.1} {:.1}V{y:.1}",
                    track - on,
                    from + aside,
                    x - aside,
                    track + on
                )
            }
            (Some((from, top)), None) => {
                let middle = f64::midpoint(*top, *y);
                write!(
                    path,
                    "C{from:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}"
                )
            }
        };
    }
    path
}

/// Returns a label on a ground of its own.
fn written(label: &Label) -> String {
    let (x, y) = label.at;
    let height = label.lines.len() as f64 * LINE;
    let mut out = format!(
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
        x - label.width / 2.0,
        y - height / 2.0,
        label.width
    );
    for (number, line) in label.lines.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y - height / 2.0 + (number as f64 + 0.8) * LINE,
            escape(line)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::contrast::{Color, LEAST, contrast};

    #[test]
    fn every_text_can_be_read_in_light_and_dark() {
        let themes: Vec<BTreeMap<&str, Color>> = STYLE
            .split("--ground:")
            .skip(1)
            .map(|rest| {
                let block = rest.split('}').next().unwrap();
                let all = block.split(';').filter_map(|pair| pair.split_once(':'));
                let mut theme: BTreeMap<&str, Color> = all
                    .filter_map(|(name, value)| {
                        Some((name.strip_prefix("--")?, Color::parse(value)?))
                    })
                    .collect();
                theme.insert("ground", Color::parse(&block[..7]).unwrap());
                theme
            })
            .collect();
        assert_eq!(themes.len(), 2);
        for theme in themes {
            for (text, ground) in [
                ("ink", "node"),
                ("soft", "ground"),
                ("mark", "form"),
                ("ink", "ground"),
                ("good", "ground"),
                ("bad", "ground"),
            ] {
                let found = contrast(theme[text], theme[ground]);
                assert!(found >= LEAST, "{text} on {ground}: {found:.2}");
            }
            for (line, ground) in [("line", "node"), ("line", "ground"), ("mark", "ground")] {
                let found = contrast(theme[line], theme[ground]);
                assert!(found >= 3.0, "{line} on {ground}: {found:.2}");
            }
        }
    }

    #[test]
    fn a_way_is_curved_between_layers_and_straight_through_them() {
        let line = Line {
            points: vec![(0.0, 0.0), (10.0, 20.0), (10.0, 40.0), (60.0, 60.0)],
            tracks: vec![None, Some(50.0)],
            ..Line::default()
        };
        assert_eq!(
            path(&line, false),
            "M0.0 0.0C0.0 10.0 10.0 10.0 10.0 20.0V40.0V45.0Q10.0 50.0 15.0 50.0H55.0Q60.0 50.0 60.0 55.0V60.0"
        );
    }
}
