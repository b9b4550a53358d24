//! Graphviz's dot.

use std::fmt::Write as _;

use crate::eval::graph::{Graph, Node};

/// Returns the graph in dot: forms are clusters, tested ways are solid and green, others dashed.
pub fn dot(graph: &Graph) -> String {
    let mut out = "digraph stories {\n  rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n".to_owned();
    let node = |out: &mut String, number: usize, indent: &str| {
        let Some(node) = graph.nodes.get(number) else {
            return;
        };
        let shape = match node {
            Node::Start | Node::End | Node::Anywhere => ", shape=ellipse",
            Node::Checkpoint(_) => ", shape=diamond",
            Node::Action { .. } => "",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{indent}n{number} [label={}{shape}];",
            quoted(node.label())
        );
    };
    let forms = graph.forms();
    for (number, one) in graph.nodes.iter().enumerate() {
        if one.form().is_none() {
            node(&mut out, number, "  ");
        }
    }
    for (at, (form, members)) in forms.iter().enumerate() {
        let _ = writeln!(
            out,
            "  subgraph cluster_{at} {{\n    label={};\n    style=dashed;",
            quoted(form)
        );
        for member in members {
            node(&mut out, *member, "    ");
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        let style = if edge.is_tested {
            "color=\"#1f7a5c\""
        } else {
            "color=\"#b3261e\", style=dashed"
        };
        let _ = writeln!(
            out,
            "  n{} -> n{} [label={}, {style}];",
            edge.from,
            edge.to,
            quoted(&edge.label)
        );
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace(['\n', '\r'], " "))
}
