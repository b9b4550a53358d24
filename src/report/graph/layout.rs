//! Where nodes stand: in layers from top to bottom, so that most ways lead down and few cross.
//!
//! The three steps of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures"
//! (IEEE SMC 1981): cycles are broken, layers chosen by longest paths, and each layer ordered by barycentres.

use crate::eval::graph::{Graph, Node};

/// Sweeps over all layers.
const SWEEPS: usize = 8;
/// Space between nodes of a layer.
const GAP: f64 = 30.0;
/// Height of a layer.
const LAYER: f64 = 110.0;
/// Height of a node.
pub(super) const HEIGHT: f64 = 34.0;

/// Where each node stands: its middle, and its width.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) places: Vec<(f64, f64)>,
    pub(super) widths: Vec<f64>,
    pub(super) size: (f64, f64),
}

/// Places every node.
pub(super) fn place(graph: &Graph) -> Layout {
    let n = graph.nodes.len();
    let forward = without_cycles(graph);
    let mut rank = vec![0_usize; n];
    // Longest paths settle in as many rounds as there are layers.
    for _ in 0..n {
        let mut changed = false;
        for (from, to) in &forward {
            let wanted = rank.get(*from).copied().unwrap_or_default() + 1;
            if let Some(own) = rank.get_mut(*to).filter(|own| **own < wanted) {
                *own = wanted;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let deepest = rank.iter().copied().max().unwrap_or_default();
    for (own, node) in rank.iter_mut().zip(&graph.nodes) {
        if *node == Node::End {
            *own = deepest;
        }
    }
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); deepest + 1];
    for (node, own) in rank.iter().enumerate() {
        if let Some(layer) = layers.get_mut(*own) {
            layer.push(node);
        }
    }
    let mut position: Vec<f64> = vec![0.0; n];
    number(&layers, &mut position);
    for sweep in 0..SWEEPS {
        let order: Vec<usize> = if sweep % 2 == 0 {
            (0..layers.len()).collect()
        } else {
            (0..layers.len()).rev().collect()
        };
        for at in order {
            let down = sweep % 2 == 0;
            let mut keyed: Vec<(f64, usize)> = layers
                .get(at)
                .into_iter()
                .flatten()
                .map(|node| (barycentre(*node, &forward, &position, down), *node))
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            if let Some(layer) = layers.get_mut(at) {
                *layer = keyed.into_iter().map(|(_, node)| node).collect();
            }
            number(&layers, &mut position);
        }
    }
    let widths: Vec<f64> = graph
        .nodes
        .iter()
        .map(|node| node.label().chars().count() as f64 * 7.2 + 24.0)
        .collect();
    let width_of = |node: usize| widths.get(node).copied().unwrap_or_default();
    // Each form has a band of its own, from top to bottom, so that its frame holds nothing else.
    let forms: Vec<&str> = graph.forms().into_keys().collect();
    let bands = std::iter::once(None).chain(forms.into_iter().map(Some));
    let mut places = vec![(0.0, 0.0); n];
    let mut left = 20.0;
    for band in bands {
        let of_band: Vec<Vec<usize>> = layers
            .iter()
            .map(|layer| {
                let own = |node: &&usize| graph.nodes.get(**node).and_then(Node::form) == band;
                layer.iter().filter(own).copied().collect()
            })
            .collect();
        let row_width =
            |row: &Vec<usize>| -> f64 { row.iter().map(|node| width_of(*node) + GAP).sum() };
        let widest = of_band.iter().map(row_width).fold(0.0, f64::max);
        for (number, row) in of_band.iter().enumerate() {
            let mut x = left + (widest - row_width(row)) / 2.0 + GAP / 2.0;
            for node in row {
                let width = width_of(*node);
                if let Some(place) = places.get_mut(*node) {
                    *place = (x + width / 2.0, number as f64 * LAYER + 50.0);
                }
                x += width + GAP;
            }
        }
        left += widest + GAP;
    }
    Layout {
        places,
        widths,
        size: (left + 20.0, layers.len() as f64 * LAYER + 20.0),
    }
}

fn number(layers: &[Vec<usize>], position: &mut [f64]) {
    for layer in layers {
        for (i, node) in layer.iter().enumerate() {
            if let Some(own) = position.get_mut(*node) {
                *own = i as f64 - layer.len() as f64 / 2.0;
            }
        }
    }
}

/// Returns the mean position of the neighbours above, or below; its own where it has none.
fn barycentre(node: usize, edges: &[(usize, usize)], position: &[f64], above: bool) -> f64 {
    let neighbours = edges.iter().filter_map(|(from, to)| match above {
        true if *to == node => position.get(*from),
        false if *from == node => position.get(*to),
        _ => None,
    });
    let (mut sum, mut count) = (0.0, 0.0);
    for neighbour in neighbours {
        sum += neighbour;
        count += 1.0;
    }
    if count > 0.0 {
        sum / count
    } else {
        position.get(node).copied().unwrap_or_default()
    }
}

/// Returns the edges that do not lead back to where a way came from.
fn without_cycles(graph: &Graph) -> Vec<(usize, usize)> {
    let mut onward: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for edge in &graph.edges {
        if let Some(own) = onward.get_mut(edge.from) {
            own.push(edge.to);
        }
    }
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; graph.nodes.len()];
    let mut kept = Vec::new();
    for root in 0..graph.nodes.len() {
        let mut open = vec![(root, 0_usize)];
        if state.get(root) != Some(&0) {
            continue;
        }
        if let Some(own) = state.get_mut(root) {
            *own = 1;
        }
        while let Some((node, next)) = open.pop() {
            let Some(to) = onward.get(node).and_then(|own| own.get(next)).copied() else {
                if let Some(own) = state.get_mut(node) {
                    *own = 2;
                }
                continue;
            };
            open.push((node, next + 1));
            match state.get(to) {
                Some(1) => {}
                Some(0) => {
                    kept.push((node, to));
                    if let Some(own) = state.get_mut(to) {
                        *own = 1;
                    }
                    open.push((to, 0));
                }
                _ => kept.push((node, to)),
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::graph::Edge;

    #[test]
    fn ways_lead_down_and_nodes_do_not_overlap() {
        let action = |name: &str| Node::Action {
            name: name.to_owned(),
            form: None,
        };
        let edge = |from, to| Edge {
            from,
            to,
            label: String::new(),
            is_tested: false,
            stories: std::collections::BTreeSet::new(),
        };
        let graph = Graph {
            nodes: vec![
                Node::Start,
                action("a"),
                action("b"),
                action("c"),
                Node::End,
            ],
            edges: vec![
                edge(0, 1),
                edge(0, 2),
                edge(1, 3),
                edge(2, 3),
                edge(3, 1),
                edge(3, 4),
            ],
        };
        let layout = place(&graph);
        let y = |node: usize| layout.places[node].1;
        assert!(y(0) < y(1) && y(1) < y(3) && y(3) < y(4));
        let (a, b) = (layout.places[1], layout.places[2]);
        assert!((a.0 - b.0).abs() >= f64::midpoint(layout.widths[1], layout.widths[2]));
        assert_eq!(place(&Graph::default()).places, []);
    }
}
