//! One piece of the picture, placed.
//!
//! Each layer is put as near to what its items are linked to as their order allows: isotonic regression by pooling
//! adjacent violators (Barlow et al., "Statistical inference under order restrictions", 1972).

use super::{
    HEIGHT, LINE, LOOP, Label, Layout, Wire,
    fence::Fence,
    labelled,
    order::{Net, Place, order},
    rank, width,
};
use crate::eval::graph::Graph;

/// Sweeps over all layers.
const SWEEPS: usize = 24;
/// Space between neighbours of a layer: two shapes, and two of which one is a bend.
const GAPS: (f64, f64) = (26.0, 14.0);

/// What stands in a layer: a shape, or a bend of a way, which its label makes wide.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) layer: usize,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) is_shape: bool,
    /// Whether it is of a form: a shape, a bend of a way within it, or a side of its frame.
    pub(super) place: Place,
    pub(super) x: f64,
}

impl Item {
    /// Returns how far apart the middles of neighbours are at least.
    pub(super) fn apart(&self, other: &Self) -> f64 {
        let gap = if self.is_shape && other.is_shape {
            GAPS.0
        } else {
            GAPS.1
        };
        f64::midpoint(self.width, other.width) + gap
    }
}

/// A piece while it is made.
pub(super) struct Piece<'g> {
    pub(super) graph: &'g Graph,
    pub(super) nodes: &'g [usize],
    /// The shapes, in the order of the nodes, then sides of frames, then all bends.
    pub(super) items: Vec<Item>,
    net: Net,
    pub(super) layers: Vec<Vec<usize>>,
    pub(super) fences: Vec<Fence<'g>>,
}

/// Places the shapes of some nodes, and the ways between them.
pub(super) fn piece(graph: &Graph, nodes: &[usize], wires: &[Wire]) -> Layout {
    let mut piece = Piece::of(graph, nodes, wires);
    let turned = rank::turned(nodes.len(), wires);
    let ways: Vec<(usize, usize)> = wires
        .iter()
        .zip(&turned)
        .filter(|(wire, _)| wire.from != wire.to)
        .map(|(wire, turned)| match turned {
            true => (wire.to, wire.from),
            false => (wire.from, wire.to),
        })
        .collect();
    let widths: Vec<f64> = piece.items.iter().map(|item| item.width).collect();
    for (item, rank) in piece.items.iter_mut().zip(rank::layers(&widths, &ways)) {
        // Between the layers of shapes lie those of labels.
        item.layer = 2 * rank;
    }
    piece.fence();
    let chains: Vec<Vec<usize>> = wires
        .iter()
        .zip(&turned)
        .map(|(wire, turned)| piece.chain(wire, *turned, &ways))
        .collect();
    piece.stack();
    let places: Vec<Place> = piece.items.iter().map(|item| item.place).collect();
    order(&piece.net, &places, &mut piece.layers);
    piece.place();
    piece.keep_apart();
    piece.straighten(&chains);
    piece.drawn(wires, &turned, &chains)
}

impl<'g> Piece<'g> {
    fn of(graph: &'g Graph, nodes: &'g [usize], wires: &[Wire]) -> Self {
        let mut piece = Self {
            graph,
            nodes,
            items: Vec::new(),
            net: Net::default(),
            layers: Vec::new(),
            fences: Vec::new(),
        };
        for (number, node) in nodes.iter().enumerate() {
            let loops = wires
                .iter()
                .filter(|wire| (wire.from, wire.to) == (number, number));
            // Ways back to the point itself have their labels beside it, under each other.
            let (mut beside, mut high) = (0.0_f64, 0.0_f64);
            for wire in loops {
                let label = piece.label(wire).unwrap_or_default();
                beside = beside.max(label.width + LOOP + 4.0);
                high += label.lines.len() as f64 * LINE;
            }
            let width = width(graph.nodes.get(*node)) + 2.0 * beside;
            piece.add(width, high.max(HEIGHT), true, 0);
        }
        piece
    }

    /// Returns what is written on a way.
    pub(super) fn label(&self, wire: &Wire) -> Option<Label> {
        let edges = wire
            .edges
            .iter()
            .filter_map(|edge| self.graph.edges.get(*edge));
        labelled(&edges.map(|edge| edge.label.as_str()).collect::<Vec<_>>())
    }

    pub(super) fn add(&mut self, width: f64, height: f64, is_shape: bool, layer: usize) -> usize {
        self.items.push(Item {
            layer,
            width,
            height,
            is_shape,
            place: Place::Free,
            x: 0.0,
        });
        self.net.above.push(Vec::new());
        self.net.below.push(Vec::new());
        self.items.len() - 1
    }

    /// Makes the bends of a way, and returns it from the upper end to the lower.
    fn chain(&mut self, wire: &Wire, turned: bool, ways: &[(usize, usize)]) -> Vec<usize> {
        let (upper, lower) = if turned {
            (wire.to, wire.from)
        } else {
            (wire.from, wire.to)
        };
        if upper == lower {
            return vec![upper];
        }
        let layer = |piece: &Self, item: usize| piece.items.get(item).map_or(0, |item| item.layer);
        let (first, last) = (layer(self, upper), layer(self, lower));
        // The label stands where fewer others do.
        let fan = ways.iter().filter(|(from, _)| *from == upper).count();
        let merge = ways.iter().filter(|(_, to)| *to == lower).count();
        let at = if fan > merge {
            last.saturating_sub(1)
        } else {
            first + 1
        };
        let label = self.label(wire);
        // Within a form where both ends are.
        let form = |item: usize| self.items.get(item).map(|item| item.place);
        let place = form(upper).filter(|own| form(lower) == Some(*own));
        let place = place.unwrap_or_default();
        let mut chain = vec![upper];
        for layer in first + 1..last {
            let label = label.as_ref().filter(|_| layer == at);
            let (width, height) = label.map_or((2.0, 0.0), |label| {
                (label.width, label.lines.len() as f64 * LINE)
            });
            let bend = self.add(width, height, false, layer);
            self.set_place(bend, place);
            chain.push(bend);
        }
        chain.push(lower);
        for (above, below) in chain.iter().zip(chain.iter().skip(1)) {
            self.link(*above, *below);
        }
        chain
    }

    pub(super) fn link(&mut self, above: usize, below: usize) {
        if let Some(own) = self.net.below.get_mut(above) {
            own.push(below);
        }
        if let Some(own) = self.net.above.get_mut(below) {
            own.push(above);
        }
    }

    /// Fills the layers, following ways from the top, so that what belongs together stands together.
    fn stack(&mut self) {
        let deepest = self
            .items
            .iter()
            .map(|item| item.layer)
            .max()
            .unwrap_or_default();
        self.layers = vec![Vec::new(); deepest + 1];
        let mut seen = vec![false; self.items.len()];
        let mut roots: Vec<usize> = (0..self.items.len()).collect();
        roots.sort_by_key(|item| self.items.get(*item).map(|item| item.layer));
        for root in roots {
            let mut open = vec![root];
            while let Some(item) = open.pop() {
                if std::mem::replace(seen.get_mut(item).unwrap_or(&mut true), true) {
                    continue;
                }
                let layer = self.items.get(item).map_or(0, |item| item.layer);
                if let Some(own) = self.layers.get_mut(layer) {
                    own.push(item);
                }
                open.extend(self.net.below.get(item).into_iter().flatten().rev());
            }
        }
    }

    /// Places every item in its layer.
    fn place(&mut self) {
        let rows = self.layers.clone();
        for row in &rows {
            self.settle(row, &vec![(0.0, 1.0); row.len()]);
        }
        for sweep in 0..SWEEPS {
            let mut numbers: Vec<usize> = (0..rows.len()).collect();
            if sweep % 2 == 1 {
                numbers.reverse();
            }
            // In the end both sides count.
            let is_late = sweep + 4 >= SWEEPS;
            let (above, below) = (is_late || sweep % 2 == 0, is_late || sweep % 2 == 1);
            for row in numbers.iter().filter_map(|at| rows.get(*at)) {
                let wanted: Vec<(f64, f64)> = row
                    .iter()
                    .map(|item| self.pull(*item, above, below))
                    .collect();
                self.settle(row, &wanted);
            }
        }
    }

    /// Puts as many bends of each way as there is room for under each other, those of long ways first.
    fn straighten(&mut self, chains: &[Vec<usize>]) {
        let mut beside = vec![(None, None); self.items.len()];
        for layer in &self.layers {
            for (left, right) in layer.iter().zip(layer.iter().skip(1)) {
                if let Some(own) = beside.get_mut(*left) {
                    own.1 = Some(*right);
                }
                if let Some(own) = beside.get_mut(*right) {
                    own.0 = Some(*left);
                }
            }
        }
        let mut long: Vec<&[usize]> = chains
            .iter()
            .filter_map(|chain| chain.get(1..chain.len().saturating_sub(1)))
            .filter(|bends| bends.len() > 1)
            .collect();
        long.sort_by_key(|bends| std::cmp::Reverse(bends.len()));
        for bends in long {
            let x = |piece: &Self, item: usize| piece.items.get(item).map_or(0.0, |item| item.x);
            // Room of a bend between its neighbours.
            let room = |piece: &Self, item: usize| {
                let (left, right) = beside.get(item).copied().unwrap_or_default();
                let apart = |other: usize| match (piece.items.get(item), piece.items.get(other)) {
                    (Some(own), Some(other)) => own.apart(other),
                    _ => 0.0,
                };
                let least = left.map_or(f64::MIN, |left| x(piece, left) + apart(left));
                let most = right.map_or(f64::MAX, |right| x(piece, right) - apart(right));
                (least, most)
            };
            let rooms: Vec<(usize, (f64, f64))> = bends
                .iter()
                .map(|item| (*item, room(self, *item)))
                .collect();
            let fits = |at: f64| {
                let own = rooms.iter();
                own.filter(move |(_, (least, most))| *least <= at && at <= *most)
            };
            let places = bends.iter().map(|item| x(self, *item));
            let best = places.max_by_key(|at| fits(*at).count());
            let Some(at) = best else { continue };
            let moved: Vec<usize> = fits(at).map(|(item, _)| *item).collect();
            for item in moved {
                if let Some(item) = self.items.get_mut(item) {
                    item.x = at;
                }
            }
        }
    }

    /// Returns where an item would like to be, and how much: near what it is linked to, with long ways
    /// straight and the nodes of a form together.
    pub(super) fn pull(&self, item: usize, above: bool, below: bool) -> (f64, f64) {
        let mut others: Vec<&usize> = Vec::new();
        for (side, counts) in [(&self.net.above, above), (&self.net.below, below)] {
            if counts {
                others.extend(side.get(item).into_iter().flatten());
            }
        }
        let own = self.items.get(item);
        let (mut sum, mut weights) = (0.0, 0.0);
        for other in others {
            if let (Some(own), Some(other)) = (own, self.items.get(*other)) {
                let is_end = own.is_shape || other.is_shape;
                let is_inner = own.place != Place::Free && other.place != Place::Free;
                let weight = if is_end && !is_inner { 1.0 } else { 4.0 };
                sum += weight * other.x;
                weights += weight;
            }
        }
        if weights > 0.0 {
            (sum / weights, weights)
        } else {
            (own.map_or(0.0, |own| own.x), 0.1)
        }
    }

    /// Puts the items of a row as near as they can be to where they would like to be.
    fn settle(&mut self, row: &[usize], wanted: &[(f64, f64)]) {
        let mut offsets = Vec::with_capacity(row.len());
        let mut at = 0.0;
        let mut before: Option<&Item> = None;
        for item in row.iter().filter_map(|item| self.items.get(*item)) {
            if let Some(before) = before {
                at += before.apart(item);
            }
            offsets.push(at);
            before = Some(item);
        }
        // Blocks: mean, weight, number of items.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        for ((want, weight), offset) in wanted.iter().zip(&offsets) {
            let mut block = (want - offset, *weight, 1);
            while let Some(last) = blocks.last().filter(|last| last.0 > block.0).copied() {
                let weight = last.1 + block.1;
                let mean = (last.0 * last.1 + block.0 * block.1) / weight;
                block = (mean, weight, last.2 + block.2);
                blocks.pop();
            }
            blocks.push(block);
        }
        let means = blocks
            .iter()
            .flat_map(|(mean, _, n)| std::iter::repeat_n(*mean, *n));
        for ((item, mean), offset) in row.iter().zip(means).zip(&offsets) {
            if let Some(item) = self.items.get_mut(*item) {
                item.x = mean + offset;
            }
        }
    }
}
