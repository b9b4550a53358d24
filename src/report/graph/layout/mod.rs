//! Where everything of a picture stands: in layers from top to bottom, so that most ways lead down, few cross, none
//! runs behind a node, and no label lies on another.
//!
//! Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (IEEE SMC 1981):
//! cycles are broken and layers chosen (`rank`), each layer is ordered (`order`), and then placed (`place`). As in
//! Gansner et al., "A technique for drawing directed graphs" (IEEE TSE 1993), a way is a chain of bends, one in each
//! layer it goes through, and its label is a bend with a width.
//!
//! Rules begin anywhere and most ways end somewhere: both are drawn beside each point that they belong to, so that what
//! has nothing in common falls into pieces, which are set in rows. The nodes of a form stand in one piece, in one frame
//! that holds nothing else (`fence`).

mod draw;
mod fence;
mod order;
mod place;
mod rank;
mod tracks;

use std::collections::BTreeMap;

use crate::eval::graph::{Graph, Node};

/// Height of a node.
pub(super) const HEIGHT: f64 = 30.0;
/// Height of a line of a label.
pub(super) const LINE: f64 = 14.0;
/// How far a way from a point to itself goes aside.
pub(super) const LOOP: f64 = 24.0;
/// Space around the picture, and between its pieces.
const MARGIN: f64 = 24.0;
/// Space between the pieces of the picture.
const APART: f64 = 44.0;
/// Least width of a row of pieces.
const ROW: f64 = 1100.0;
/// Most characters of a line of a label.
const WIDEST: usize = 26;
/// Most lines of a label.
const LINES: usize = 6;
/// Most ways between two points that are drawn one by one.
const FEW: usize = 3;

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) shapes: Vec<Shape>,
    pub(super) lines: Vec<Line>,
    pub(super) frames: Vec<Frame>,
    pub(super) size: (f64, f64),
}

/// A node; those where rules begin and ways end are drawn several times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shape {
    /// Its number in the graph.
    pub(super) node: usize,
    /// Its middle.
    pub(super) at: (f64, f64),
    pub(super) width: f64,
}

/// A way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Its number in the graph; all of them where ways that lie side by side are drawn as one.
    pub(super) edges: Vec<usize>,
    /// From the first to the second it bends, then goes straight to the third, bends to the fourth, and so on.
    pub(super) points: Vec<(f64, f64)>,
    /// For each bend the height at which it goes aside; `None` where it has not far to go.
    pub(super) tracks: Vec<Option<f64>>,
    pub(super) label: Option<Label>,
}

/// What is written on a way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Label {
    pub(super) lines: Vec<String>,
    /// Its middle.
    pub(super) at: (f64, f64),
    pub(super) width: f64,
}

/// The frame around the nodes of a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) form: String,
    /// The form's name, with which one of its frames it is where it has several.
    pub(super) name: String,
    pub(super) corner: (f64, f64),
    pub(super) size: (f64, f64),
}

/// A part of the picture that has nothing to do with the rest: numbers of shapes, and ways between them.
#[derive(Clone, Debug, Default)]
struct Piece {
    shapes: Vec<usize>,
    wires: Vec<Wire>,
}

/// A way between two shapes, by their numbers in the piece.
#[derive(Clone, Debug)]
struct Wire {
    edges: Vec<usize>,
    from: usize,
    to: usize,
}

/// Places everything.
pub(super) fn lay_out(graph: &Graph) -> Layout {
    let (shapes, wires) = spread(graph);
    let mut pieces: Vec<(bool, Layout)> = pieces(graph, &shapes, &wires)
        .iter()
        .map(|piece| {
            let nodes: Vec<usize> = piece
                .shapes
                .iter()
                .filter_map(|shape| shapes.get(*shape).copied())
                .collect();
            let is_start = |node: &usize| graph.nodes.get(*node) == Some(&Node::Start);
            let begins = nodes.iter().any(is_start);
            (begins, place::piece(graph, &nodes, &piece.wires))
        })
        .collect();
    // What begins conversations comes first, then what is highest: so rows are even.
    pieces.sort_by(|(a, one), (b, other)| b.cmp(a).then(other.size.1.total_cmp(&one.size.1)));
    let mut row_width = ROW;
    for (_, piece) in &pieces {
        row_width = row_width.max(piece.size.0);
    }
    let mut whole = Layout::default();
    let (mut x, mut y, mut high) = (MARGIN, MARGIN, 0.0_f64);
    for (_, piece) in pieces {
        if x > MARGIN && x + piece.size.0 > MARGIN + row_width {
            (x, y, high) = (MARGIN, y + high + APART, 0.0);
        }
        let (width, height) = piece.size;
        whole.size.0 = whole.size.0.max(x + width + MARGIN);
        whole.size.1 = whole.size.1.max(y + height + MARGIN);
        whole.take(piece, (x, y));
        x += width + APART;
        high = high.max(height);
    }
    whole
}

impl Frame {
    /// Tells whether a point lies in it.
    pub(super) fn holds(&self, (x, y): (f64, f64)) -> bool {
        let within = |at: f64, from: f64, size: f64| (from..from + size).contains(&at);
        within(x, self.corner.0, self.size.0) && within(y, self.corner.1, self.size.1)
    }
}

impl Layout {
    /// Adds everything of another picture, moved.
    fn take(&mut self, other: Self, (dx, dy): (f64, f64)) {
        let moved = |(x, y): (f64, f64)| (x + dx, y + dy);
        self.shapes
            .extend(other.shapes.into_iter().map(|shape| Shape {
                at: moved(shape.at),
                ..shape
            }));
        self.lines.extend(other.lines.into_iter().map(|line| Line {
            points: line.points.into_iter().map(moved).collect(),
            tracks: line.tracks.into_iter().map(|y| Some(y? + dy)).collect(),
            label: line.label.map(|label| Label {
                at: moved(label.at),
                ..label
            }),
            ..line
        }));
        self.frames
            .extend(other.frames.into_iter().map(|frame| Frame {
                corner: moved(frame.corner),
                ..frame
            }));
    }
}

/// Returns the node of each shape, and the ways between shapes.
fn spread(graph: &Graph) -> (Vec<usize>, Vec<Wire>) {
    let mut shapes = Vec::new();
    let mut known: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
    let mut shape = |node: usize, other: Option<usize>| {
        let is_spread = matches!(graph.nodes.get(node), Some(Node::Anywhere | Node::End));
        *known
            .entry((node, other.filter(|_| is_spread)))
            .or_insert_with(|| {
                shapes.push(node);
                shapes.len() - 1
            })
    };
    let mut side_by_side: BTreeMap<(usize, usize, bool), Vec<usize>> = BTreeMap::new();
    for (edge, way) in graph.edges.iter().enumerate() {
        let from = shape(way.from, Some(way.to));
        let to = shape(way.to, Some(way.from));
        let own = side_by_side.entry((from, to, way.is_tested)).or_default();
        own.push(edge);
    }
    let wires = side_by_side.into_iter().flat_map(|((from, to, _), edges)| {
        let drawn = if edges.len() > FEW {
            vec![edges]
        } else {
            edges.into_iter().map(|edge| vec![edge]).collect()
        };
        drawn.into_iter().map(move |edges| Wire { edges, from, to })
    });
    let wires: Vec<Wire> = wires.collect();
    for node in 0..graph.nodes.len() {
        let is_apart = graph
            .edges
            .iter()
            .all(|edge| edge.from != node && edge.to != node);
        if is_apart {
            shape(node, None);
        }
    }
    (shapes, wires)
}

/// Divides shapes into pieces without any way between them; each form is in one piece.
fn pieces(graph: &Graph, shapes: &[usize], wires: &[Wire]) -> Vec<Piece> {
    let mut root: Vec<usize> = (0..shapes.len()).collect();
    let mut join = |a: usize, b: usize| {
        let (a, b) = (find(&root, a), find(&root, b));
        if let Some(own) = root.get_mut(a.max(b)) {
            *own = a.min(b);
        }
    };
    for wire in wires {
        join(wire.from, wire.to);
    }
    let mut forms: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, node) in shapes.iter().enumerate() {
        if let Some(form) = graph.nodes.get(*node).and_then(Node::form) {
            join(*forms.entry(form).or_insert(number), number);
        }
    }
    let mut pieces: BTreeMap<usize, Piece> = BTreeMap::new();
    let mut place = vec![0; shapes.len()];
    for (number, place) in place.iter_mut().enumerate() {
        let own = pieces.entry(find(&root, number)).or_default();
        *place = own.shapes.len();
        own.shapes.push(number);
    }
    let at = |shape: usize| place.get(shape).copied().unwrap_or_default();
    for wire in wires {
        let own = pieces.entry(find(&root, wire.from)).or_default();
        own.wires.push(Wire {
            from: at(wire.from),
            to: at(wire.to),
            edges: wire.edges.clone(),
        });
    }
    pieces.into_values().collect()
}

fn find(root: &[usize], of: usize) -> usize {
    let mut at = of;
    while let Some(next) = root.get(at).copied().filter(|next| *next != at) {
        at = next;
    }
    at
}

/// Returns the width of a node.
fn width(node: Option<&Node>) -> f64 {
    let label = node.map_or("", Node::label);
    letters(label) * 7.0 + 22.0
}

/// Returns what is written on ways that are drawn as one: that of a single one in lines, slots under what is said; a
/// line each of several. What is long is cut.
fn labelled(labels: &[&str]) -> Option<Label> {
    let mut lines: Vec<String> = match labels {
        [one] => one.replace(" [", "\n[").split('\n').map(cut).collect(),
        several => several.iter().map(|label| cut(label)).collect(),
    };
    lines.retain(|line| !line.is_empty());
    if lines.len() > LINES {
        let more = lines.len() + 1 - LINES;
        lines.truncate(LINES - 1);
        lines.push(format!("and {more} more"));
    }
    let widest = lines.iter().map(|line| letters(line)).fold(0.0, f64::max);
    (!lines.is_empty()).then_some(Label {
        width: widest * 6.4 + 8.0,
        lines,
        at: (0.0, 0.0),
    })
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDEST {
        return line.to_owned();
    }
    let kept: String = line.chars().take(WIDEST - 1).collect();
    format!("{kept}…")
}

/// Returns how many letters wide a text is; those of Chinese and Japanese count twice.
fn letters(text: &str) -> f64 {
    unicode_width::UnicodeWidthStr::width(text) as f64
}

#[cfg(test)]
mod tests;
