//! The graph as JSON, schema 1.

use serde_json::{Value, json};

use crate::eval::graph::{Graph, Node};

/// Returns nodes with their kind and form, and edges by the numbers of their nodes.
pub fn json(graph: &Graph) -> Value {
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| {
            let kind = match node {
                Node::Start => "start",
                Node::Anywhere => "anywhere",
                Node::Action { .. } => "action",
                Node::Checkpoint(_) => "checkpoint",
                Node::End => "end",
            };
            json!({"kind": kind, "label": node.label(), "form": node.form()})
        })
        .collect();
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .map(|edge| {
            json!({
                "from": edge.from, "to": edge.to, "label": edge.label, "tested": edge.is_tested,
                "stories": edge.stories,
            })
        })
        .collect();
    json!({"bot": env!("CARGO_PKG_VERSION"), "schema": 1, "nodes": nodes, "edges": edges})
}
