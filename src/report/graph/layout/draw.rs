//! A piece that was placed, as shapes, ways through points, and frames.

use std::collections::BTreeSet;

use super::{
    HEIGHT, LINE, LOOP, Layout, Line, Shape, Wire,
    fence::{AROUND, NAME},
    place::Piece,
    tracks::Tracks,
    width,
};

/// Space between layers.
const DOWN: f64 = 16.0;
/// Space of a way that goes aside.
const TRACK: f64 = 7.0;

impl Piece<'_> {
    /// Returns where a chain stands in each layer that it goes through; at its ends beside others.
    fn xs(&self, chains: &[Vec<usize>], chain: &[usize]) -> Vec<f64> {
        let last = chain.len() - 1;
        chain
            .iter()
            .enumerate()
            .map(|(place, number)| {
                if place == 0 {
                    self.port(chains, chain, true)
                } else if place == last {
                    self.port(chains, chain, false)
                } else {
                    self.items.get(*number).map_or(0.0, |item| item.x)
                }
            })
            .collect()
    }

    /// Returns top and height of each layer, with so much space below it as its tracks need.
    fn heights(&self, tracks: &[Tracks]) -> Vec<(f64, f64)> {
        let named: BTreeSet<usize> = self.fences.iter().map(|fence| fence.first).collect();
        let mut top = 0.0;
        let mut found = Vec::with_capacity(self.layers.len());
        for (number, layer) in self.layers.iter().enumerate() {
            if named.contains(&number) {
                top += NAME;
            }
            let items = layer.iter().filter_map(|item| self.items.get(*item));
            let height = items.map(|item| item.height).fold(0.0, f64::max);
            found.push((top, height));
            let used = tracks.get(number).map_or(0, Tracks::used);
            top += height + self.foot(number) + DOWN + used as f64 * TRACK;
        }
        found
    }

    /// Returns the space below a layer in which frames end.
    fn foot(&self, layer: usize) -> f64 {
        let ends = self.fences.iter().any(|fence| fence.last == layer);
        if ends { AROUND } else { 0.0 }
    }

    /// Draws what was placed.
    pub(super) fn drawn(&self, wires: &[Wire], turned: &[bool], chains: &[Vec<usize>]) -> Layout {
        let layer = |number: usize| self.items.get(number).map_or(0, |item| item.layer);
        let xs: Vec<Vec<f64>> = chains.iter().map(|chain| self.xs(chains, chain)).collect();
        let mut tracks: Vec<Tracks> = vec![Tracks::default(); self.layers.len()];
        for (number, (chain, xs)) in chains.iter().zip(&xs).enumerate() {
            for (item, (from, to)) in chain.iter().zip(xs.iter().zip(xs.iter().skip(1))) {
                if let Some(own) = tracks.get_mut(layer(*item)) {
                    own.add(number, *from, *to);
                }
            }
        }
        for own in &mut tracks {
            own.assign();
        }
        let heights = self.heights(&tracks);
        let band = |number: usize| heights.get(layer(number)).copied().unwrap_or_default();
        let middle = |number: usize| {
            let (top, height) = band(number);
            let x = self.items.get(number).map_or(0.0, |item| item.x);
            (x, top + height / 2.0)
        };
        let mut layout = Layout::default();
        for (number, node) in self.nodes.iter().enumerate() {
            layout.shapes.push(Shape {
                node: *node,
                at: middle(number),
                width: width(self.graph.nodes.get(*node)),
            });
        }
        for (number, (wire, chain)) in wires.iter().zip(chains).enumerate() {
            let mut line = Line {
                edges: wire.edges.clone(),
                label: self.label(wire),
                ..Line::default()
            };
            if let [only] = chain.as_slice() {
                self.looped(wires, number, middle(*only), &mut line);
                layout.lines.push(line);
                continue;
            }
            let last = chain.len() - 1;
            let own = xs.get(number).into_iter().flatten();
            for (place, (item, x)) in chain.iter().zip(own).enumerate() {
                let (top, height) = band(*item);
                let (at, y) = middle(*item);
                // A way begins and ends at a shape, and goes straight through whatever else is in the layer.
                if place > 0 {
                    line.points
                        .push((*x, if place == last { y - HEIGHT / 2.0 } else { top }));
                }
                if place < last {
                    line.points.push((
                        *x,
                        if place == 0 {
                            y + HEIGHT / 2.0
                        } else {
                            top + height
                        },
                    ));
                    let track = tracks.get(layer(*item)).and_then(|own| own.of(number));
                    let first = top + height + self.foot(layer(*item)) + DOWN / 2.0;
                    line.tracks
                        .push(track.map(|track| first + (track as f64 + 0.5) * TRACK));
                }
                let is_label = self
                    .items
                    .get(*item)
                    .is_some_and(|item| !item.is_shape && item.height > 0.0);
                if let (Some(label), true) = (&mut line.label, is_label) {
                    label.at = (at, y);
                }
            }
            if turned.get(number) == Some(&true) {
                line.points.reverse();
                line.tracks.reverse();
            }
            layout.lines.push(line);
        }
        layout.frames = self.frames(&heights);
        fit(&mut layout);
        layout
    }

    /// Returns where a way leaves a shape below, or reaches it from above: ways stand beside each other, in their
    /// order.
    fn port(&self, chains: &[Vec<usize>], chain: &[usize], is_below: bool) -> f64 {
        let ends = |chain: &[usize]| match (is_below, chain) {
            (true, [end, next, ..]) | (false, [.., next, end]) => Some((*end, *next)),
            _ => None,
        };
        let Some((end, next)) = ends(chain) else {
            return 0.0;
        };
        let x = |item: usize| self.items.get(item).map_or(0.0, |item| item.x);
        let others: Vec<usize> = chains
            .iter()
            .filter_map(|other| ends(other))
            .filter(|(other, _)| *other == end)
            .map(|(_, next)| next)
            .collect();
        let place = others
            .iter()
            .filter(|other| (x(**other), **other) < (x(next), next))
            .count();
        let wide = width(
            self.nodes
                .get(end)
                .and_then(|node| self.graph.nodes.get(*node)),
        );
        let step = (wide * 0.7 / others.len() as f64).min(26.0);
        x(end) + (place as f64 - (others.len() as f64 - 1.0) / 2.0) * step
    }

    /// Draws a way from a point to itself: those of one point have their labels under each other.
    fn looped(&self, wires: &[Wire], number: usize, (x, y): (f64, f64), line: &mut Line) {
        let ends = |wire: &Wire| (wire.from, wire.to);
        let own = wires.get(number).map(ends);
        let node = own.and_then(|(shape, _)| self.nodes.get(shape));
        let side = x + width(node.and_then(|node| self.graph.nodes.get(*node))) / 2.0;
        let (mut above, mut whole, mut bulge) = (0.0, 0.0, 4.0);
        for (other, wire) in wires.iter().enumerate() {
            if Some(ends(wire)) != own {
                continue;
            }
            let lines = self.label(wire).map_or(0, |label| label.lines.len());
            if other < number {
                above += lines as f64 * LINE;
                bulge += 3.0;
            }
            whole += lines as f64 * LINE;
        }
        line.points = vec![(side, y - bulge), (side, y + bulge)];
        if let Some(label) = &mut line.label {
            let half = label.lines.len() as f64 * LINE / 2.0;
            label.at = (
                side + LOOP + label.width / 2.0,
                y - whole / 2.0 + above + half,
            );
        }
    }
}

/// Moves everything so that nothing lies left of or above 0, and works out the size.
fn fit(layout: &mut Layout) {
    let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    let mut hold = |x: f64, y: f64| {
        let [left, top, right, bottom] = bounds;
        bounds = [left.min(x), top.min(y), right.max(x), bottom.max(y)];
    };
    for shape in &layout.shapes {
        let ((x, y), half) = (shape.at, shape.width / 2.0);
        hold(x - half, y - HEIGHT / 2.0);
        hold(x + half, y + HEIGHT / 2.0);
    }
    for frame in &layout.frames {
        hold(frame.corner.0, frame.corner.1);
        hold(frame.corner.0 + frame.size.0, frame.corner.1 + frame.size.1);
    }
    for line in &layout.lines {
        for (x, y) in &line.points {
            hold(*x, *y);
        }
        if let Some(label) = &line.label {
            hold(label.at.0 - label.width / 2.0, label.at.1);
            hold(label.at.0 + label.width / 2.0, label.at.1);
        }
    }
    let [left, top, right, bottom] = bounds;
    if left > right {
        return;
    }
    let whole = std::mem::take(layout);
    layout.size = (right - left, bottom - top);
    layout.take(whole, (-left, -top));
}
