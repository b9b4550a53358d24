//! Mermaid, as Markdown pages of GitHub and GitLab draw it.

use std::fmt::Write as _;

use crate::eval::graph::{Graph, Node};

/// Returns the graph as a Mermaid flowchart: forms are sub-graphs, tested ways are solid and green, others dashed.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = "flowchart TD\n".to_owned();
    let node = |out: &mut String, number: usize, indent: &str| {
        let Some(node) = graph.nodes.get(number) else {
            return;
        };
        let label = escape(node.label());
        let text = match node {
            Node::Start | Node::End | Node::Anywhere => format!("([\"{label}\"])"),
            Node::Checkpoint(_) => format!("{{{{\"{label}\"}}}}"),
            Node::Action { .. } => format!("[\"{label}\"]"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{indent}n{number}{text}");
    };
    for (number, one) in graph.nodes.iter().enumerate() {
        if one.form().is_none() {
            node(&mut out, number, "  ");
        }
    }
    for (at, (form, members)) in graph.forms().iter().enumerate() {
        let _ = writeln!(out, "  subgraph f{at} [\"{}\"]", escape(form));
        for member in members {
            node(&mut out, *member, "    ");
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        let arrow = if edge.is_tested { "-->" } else { "-.->" };
        let label = if edge.label.is_empty() {
            String::new()
        } else {
            format!("|\"{}\"|", escape(&edge.label))
        };
        let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    for (tested, color) in [(true, "#1f7a5c"), (false, "#b3261e")] {
        let numbers: Vec<String> = graph
            .edges
            .iter()
            .enumerate()
            .filter(|(_, edge)| edge.is_tested == tested)
            .map(|(number, _)| number.to_string())
            .collect();
        if !numbers.is_empty() {
            let _ = writeln!(out, "  linkStyle {} stroke:{color}", numbers.join(","));
        }
    }
    out
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => "#quot;".to_owned(),
            '<' => "#lt;".to_owned(),
            '>' => "#gt;".to_owned(),
            '#' => "#35;".to_owned(),
            '\n' | '\r' => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
